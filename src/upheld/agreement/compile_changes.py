"""The changes clause compiled: what of it is a rule, with calendars and states resolved; prose is left to the document."""

from __future__ import annotations

from typing import Any

from upheld.agreement.desk import Desk
from upheld.agreement.model.change import APPROVERS, NoticeRule
from upheld.agreement.model.change import Freeze as Written
from upheld.agreement.model.form import Path
from upheld.agreement.suggest import nearest
from upheld.calendars.recurrence import RecurrenceError, occurrences
from upheld.calendars.spec import CalendarSpec, Explicit, Recurring
from upheld.plans.changes import NO_CHANGE_RULES, NORMAL, ChangeRules, Freeze
from upheld.plans.plan import Within
from upheld.values.quantity import DAY_US
from upheld.values.zone import OutOfRange, zone

__all__ = ["compile_changes"]


def compile_changes(desk: Desk) -> ChangeRules:
    """The rules of the clause; none where it is absent or all prose."""
    written = desk.model.changes
    if written is None:
        return NO_CHANGE_RULES
    notice = _notice(desk, written.notice)
    for i, name in enumerate(written.states):
        desk.known("state", name, desk.model.states, ("changes", "states", i))
    approval: Any = written.approval if written.approval in APPROVERS else ""
    return ChangeRules(
        notice=notice,
        approval=approval,
        windows=_windows(desk, written.windows),
        freezes=_freezes(desk, written.freezes),
        rollback=written.rollback in ("required", "yes"),
        states=written.states,
    )


def _notice(desk: Desk, written: Any) -> dict[str, Within | None]:
    if not isinstance(written, NoticeRule):
        return {}
    several = len(written.by_class) > 1 or NORMAL not in written.by_class
    found: dict[str, Within | None] = {}
    for name, span in written.by_class.items():
        path: Path = ("changes", "notice", name) if several else ("changes", "notice")
        found[name] = None if span is None else desk.within(span, path)
        if span is not None and span.unit == "working days" and not span.calendar:
            desk.say(path, "change-notice-calendar", f"`{span.text}`: whose working days are not said",
                     "name the calendar: 5 working days in office")
    return found


def _windows(desk: Desk, written: Any) -> str:
    if not isinstance(written, str) or not written:
        return ""
    there = ("always", *desk.model.calendars)
    if written in there:
        desk.used.add(("calendar", written))
        return written
    if meant := nearest(written, there):
        desk.say(("changes", "windows"), "change-windows", f"there is no calendar `{written}`", f"did you mean `{meant}`?")
    return ""


def _freezes(desk: Desk, written: Any) -> tuple[Freeze, ...]:
    if not isinstance(written, tuple) or not all(isinstance(w, Written) for w in written):
        return ()
    found = []
    for i, one in enumerate(written):
        spec = _when(desk, one, ("changes", "freezes", i))
        if spec is not None:
            found.append(Freeze(spec, one.says, one.but))
    return tuple(found)


def _when(desk: Desk, one: Written, path: Path) -> CalendarSpec | None:
    home = desk.model.timezone
    if one.calendar is not None:
        return desk.calendars.get(one.calendar) if desk.calendar(one.calendar, (*path, "calendar")) else None
    if one.starts is not None and one.length is not None:
        spec = Recurring(home, one.rule, *one.starts, one.length // 1_000_000)
        try:
            occurrences(spec, spec.start_day * DAY_US, (spec.start_day + 366) * DAY_US)
        except (RecurrenceError, OverflowError) as error:
            desk.say((*path, "rule"), "freeze-rule", str(error), "write a rule as iCalendar does: FREQ=MONTHLY;BYMONTHDAY=-1")
            return None
        return spec
    if one.start is None or one.until is None:
        return None
    begins, ends = (day * DAY_US + second * 1_000_000 for day, second in (one.start, one.until))
    if ends <= begins:
        desk.say((*path, "until"), "freeze-dates", "the freeze ends before it begins", "exchange the two dates")
        return None
    where = zone(home)
    try:
        return Explicit(home, ((where.utc(begins, "open"), where.utc(ends, "close")),))
    except OutOfRange:
        desk.say((*path, "until"), "freeze-dates", "the freeze lies outside the years for which zone rules are known",
                 "write a year before 2200")
        return None
