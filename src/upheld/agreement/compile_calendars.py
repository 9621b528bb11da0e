"""Calendars compiled to their specs: zones and holiday lists resolved, unions and intersections put together.

Law: a holiday is a date in a list that was frozen; a country's name alone closes nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from upheld.agreement.desk import Desk
from upheld.agreement.model.calendar import AlwaysCalendar, JoinedCalendar, RecurringCalendar, WeeklyCalendar
from upheld.calendars.spec import Always, CalendarSpec, HolidayList, Intersection, Recurring, Weekly
from upheld.calendars.spec import Union as Joined
from upheld.values.quantity import show_day

__all__ = ["compile_calendars", "years"]

_EPOCH = date(1970, 1, 1).toordinal()


def compile_calendars(desk: Desk) -> None:
    """Fills ``desk.calendars``; says what does not resolve."""
    desk.calendars["always"] = Always(desk.model.timezone)
    for name in desk.model.calendars:
        _calendar(desk, name, ())


def _calendar(desk: Desk, name: str, inside: tuple[str, ...]) -> CalendarSpec:
    if name in desk.calendars:
        return desk.calendars[name]
    written: Any = desk.model.calendars[name]
    path = ("calendars", name)
    zone = written.zone or desk.model.timezone
    if written.zone:
        desk.zone(written.zone, (*path, "zone"))
    spec: CalendarSpec
    match written:
        case AlwaysCalendar():
            spec = Always(zone)
        case WeeklyCalendar():
            spec = Weekly(zone, written.hours, tuple(sorted(written.dates.items())), _holidays(desk, written, name))
        case RecurringCalendar():
            spec = Recurring(zone, written.rule, *written.starts, written.length // 1_000_000, tuple(sorted(written.but)))
        case JoinedCalendar():
            spec = _joined(desk, written, name, zone, (*inside, name))
        case _:
            raise TypeError(type(written))
    desk.calendars[name] = spec
    return spec


def _joined(desk: Desk, written: JoinedCalendar, name: str, zone: str, inside: tuple[str, ...]) -> CalendarSpec:
    def parts(key: str, names: tuple[str, ...]) -> tuple[CalendarSpec, ...]:
        found: list[CalendarSpec] = []
        for other in names:
            path = ("calendars", name, key)
            if other in inside:
                desk.say(
                    path, "calendar-circle", f"calendar `{name}` is made of itself: {' -> '.join((*inside, other))}", "take one of them out"
                )
            elif desk.calendar(other, path):
                found.append(_calendar(desk, other, inside))
        return tuple(found)

    anyone, everyone, but = parts("any", written.any_of), parts("all", written.all_of), parts("not", written.but)
    joined = (Joined(zone, anyone),) if anyone else ()
    minus = but[0] if len(but) == 1 else Joined(zone, but) if but else None
    whole = (*everyone, *joined) or (Always(zone),)
    return joined[0] if joined and not everyone and minus is None else Intersection(zone, whole, minus)


def years(first: int, last: int) -> str:
    """Years as ``upheld calendar freeze`` takes them."""
    return f"{first}..{last}" if last > first else str(first)


def _holidays(desk: Desk, written: WeeklyCalendar, name: str) -> tuple[HolidayList, ...]:
    dates = sorted(h for h in written.holidays if isinstance(h, int))
    found: list[HolidayList] = []
    effective = desk.model.effective
    for listed in (h for h in written.holidays if isinstance(h, str)):
        if listed in desk.holidays:
            found += desk.holidays[listed]
            continue
        first = int(show_day(effective.start)[:4])
        last = int(show_day(effective.until)[:4]) if effective.until is not None else first + 2
        desk.say(
            ("calendars", name, "holidays"),
            "holidays-not-frozen",
            f"the holidays of `{listed}` are not frozen to a file yet",
            f"upheld calendar freeze {listed} {years(first, last)}",
        )
    if dates:
        # dates alone are the whole list of the years they name; beside a frozen list they only add to what that list knows
        first, last = (date.fromordinal(d + _EPOCH).year for d in (dates[0], dates[-1]))
        known = [(h.first, h.last) for h in found] or [(date(first, 1, 1).toordinal() - _EPOCH, date(last, 12, 31).toordinal() - _EPOCH)]
        found.append(HolidayList(tuple(dates), min(a for a, _ in known), max(b for _, b in known), name="dates"))
    return tuple(found)
