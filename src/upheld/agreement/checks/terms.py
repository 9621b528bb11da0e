"""Checks of dates, calendars, and names nobody uses.

Law: what is declared is used, what is used is declared, and time runs forward.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from upheld.agreement.checks.tables import credits_of, exact
from upheld.agreement.compile import Compiled
from upheld.agreement.compile_calendars import years
from upheld.agreement.model.form import Path, Problem
from upheld.agreement.model.money import Claim
from upheld.calendars.spec import Intersection, Weekly
from upheld.calendars.spec import Union as Joined
from upheld.plans.lookup import Lookup, axes_of
from upheld.plans.plan import Breached, CalendarState, Combination
from upheld.values.quantity import Duration, show_day

__all__ = ["CHECKS"]

_HOUR_US = 3_600_000_000


def dates(compiled: Compiled) -> Iterator[Problem]:
    """The agreement ends before it begins."""
    effective = compiled.desk.model.effective
    if effective.until is not None and effective.until < effective.start:
        yield Problem(
            ("effective", "until"),
            "dates-reversed",
            f"it ends on {show_day(effective.until)}, before it begins on {show_day(effective.start)}",
            "exchange the two dates",
        )


def empty_weeks(compiled: Compiled) -> Iterator[Problem]:
    """A calendar that never opens."""
    for name, spec in compiled.desk.calendars.items():
        if isinstance(spec, Weekly) and not any(spec.week) and not any(spans for _, spans in spec.dates):
            yield Problem(("calendars", name), "empty-week", f"calendar `{name}` is never open", "add hours: {mon-fri: 08:00-17:00}", True)


def holidays_end(compiled: Compiled) -> Iterator[Problem]:
    """A holiday list that does not reach over the agreement."""
    effective = compiled.desk.model.effective
    last_needed = effective.until if effective.until is not None else effective.start
    for name, spec in compiled.desk.calendars.items():
        lists = spec.holidays if isinstance(spec, Weekly) else ()
        by_name: dict[str, list[tuple[int, int]]] = {}
        for one in lists:
            by_name.setdefault(one.name, []).append((one.first, one.last))
        for listed, spans in by_name.items():
            first, last = min(a for a, _ in spans), max(b for _, b in spans)
            place: Path = ("calendars", name, "holidays")
            whole = min(first, effective.start), max(last, last_needed)
            freeze = (
                f"upheld calendar freeze {listed} {years(*(int(show_day(d)[:4]) for d in whole))} --force"
                if listed and listed != "dates"
                else "add the missing years' dates"
            )
            if last < last_needed:
                yield Problem(
                    place,
                    "holidays-end",
                    f"the holidays of `{listed}` are known until {show_day(last)}, but the agreement runs until {show_day(last_needed)}",
                    freeze,
                )
            if first > effective.start:
                yield Problem(
                    place,
                    "holidays-begin",
                    f"the holidays of `{listed}` are known from {show_day(first)}, but the agreement begins on {show_day(effective.start)}",
                    freeze,
                )


def unused(compiled: Compiled) -> Iterator[Problem]:
    """Declared, and referred to by nothing."""
    desk = compiled.desk
    if compiled.plan is None:
        return
    used = set(desk.used)
    axes: set[str] = set()
    for commitment in compiled.plan.commitments.values():
        for table in (
            commitment.head.target,
            commitment.head.breach,
            commitment.head.hours,
            commitment.head.points,
            getattr(commitment, "within", None),
        ):
            axes |= set(axes_of(table)) if table is not None else set()
    axes |= _mentioned(compiled)
    for rule in compiled.plan.states.values():
        if isinstance(rule, CalendarState):
            used.add(("calendar", rule.calendar))
        if isinstance(rule, Combination):
            used |= {("state", s) for s in rule.of}
        if isinstance(rule, Breached):
            used.add(("commitment", rule.commitment))
    model = desk.model
    said = [c.hours for c in model.contacts.values()] + [r.hours for r in model.rotas.values()] + [t.hours for t in model.tiers.values()]
    used |= {("calendar", h) for h in said if h}
    for kind, names in (("calendar", model.calendars), ("state", model.states), ("exclusion", model.exclusions)):
        for name in names:
            if (kind, name) not in used:
                yield Problem(
                    (f"{kind}s", name), f"unused-{kind}", f"{kind} `{name}` is used by nothing", "use it, or take it out", True, "warning"
                )
    for name in model.attributes:
        if name not in axes:
            yield Problem(
                ("attributes", name), "unused-attribute", f"attribute `{name}` is used by nothing", "use it, or take it out", True, "warning"
            )


def unused_amounts(compiled: Compiled) -> Iterator[Problem]:
    """An amount by name that nothing is paid of."""
    model = compiled.desk.model
    named = {cap.of.name for cap in model.caps if cap.of is not None}
    for name, written in model.commitments.items():
        for credit, _ in credits_of(written.credit, ("commitments", name, "credit")):
            named |= {base.name for base in (credit.of, credit.up_to_of) if base is not None}
    named |= {amount.of.name for amount in model.amounts.values() if amount.of is not None}
    for name in model.amounts:
        if name not in named:
            yield Problem(
                ("amounts", name),
                "unused-amount",
                f"amount `{name}` is used by nothing",
                f"write of: {name} in a credit, or take it out",
                True,
                "warning",
            )


def unit_traps(compiled: Compiled) -> Iterator[Problem]:
    """A period in which people act, in minutes: ``1m`` is a minute, and a month was meant."""
    for path, span in _periods(compiled):
        if span is not None and span.unit == "time" and span.amount < _HOUR_US:
            count = span.text.split("m", maxsplit=1)[0].strip()
            minutes = span.amount % 60_000_000 == 0
            yield Problem(
                path,
                "unit-trap",
                f"`{span.text}` is {exact(Fraction(span.amount, 60_000_000))} minute{'s' if count != '1' else ''}, in which nobody can act",
                f"write {count} month{'s' if count != '1' else ''}" if minutes and count.isdigit() else "write hours, days or months",
                severity="warning",
            )


def working_days(compiled: Compiled) -> Iterator[Problem]:
    """A period in working days that no calendar says: every day counts as one."""
    commitments = compiled.desk.model.commitments
    paying = [name for name, written in commitments.items() if written.credit is not None]
    for path, span in _periods(compiled):
        if span is None or span.unit != "working days" or span.calendar not in ("", "always") or path[0] == "exclusions":
            continue
        about = paying if path[0] == "claim" else [str(path[1])] if path[0] == "commitments" else []
        if not span.calendar and any(_on_hours(commitments[name].hours) for name in about):
            continue
        yield Problem(path, "working-days-without-calendar",
                      f"`{span.text}`: no calendar says which days are working days, so each day counts as one",
                      "write in <calendar>", severity="warning")


def _on_hours(hours: Lookup[str] | None) -> bool:
    return hours is not None and any(h not in (None, "always") for h in hours.leaves)


def _periods(compiled: Compiled) -> Iterator[tuple[Path, Duration | None]]:
    model = compiled.desk.model
    if model.claim is not None:
        yield ("claim", "by"), model.claim.by
    for name, written in model.commitments.items():
        if isinstance(written.claim, Claim):
            yield ("commitments", name, "claim", "by"), written.claim.by
    for i, right in enumerate(model.rights):
        yield ("rights", i, "use_within"), right.use_within
    for name, dispute in model.disputes.items():
        yield ("disputes", name, "until"), dispute.until
    for name, exclusion in model.exclusions.items():
        yield ("exclusions", name, "until"), exclusion.until
    for name, written in model.commitments.items():
        yield from ((("commitments", name, "then", i, "within"), task.within) for i, task in enumerate(written.then))
    for key, clause in (("renewal", model.renewal), ("termination", model.termination)):
        if clause is not None:
            yield (key, "notice"), clause.notice


def _mentioned(compiled: Compiled) -> set[str]:
    """Attributes named in selectors, groups and credits."""
    from upheld.agreement.checks.tables import tables_of
    from upheld.plans.selector import Either, Every, Key, attributes_of

    found: set[str] = set()
    for name, written in compiled.desk.model.commitments.items():
        found |= set(written.for_each) | attributes_of(written.of)
        for _, _, lookup in tables_of(written, ("commitments", name)):
            found |= set(axes_of(lookup))
        for credit in (written.credit,):
            where = getattr(credit, "where", None)
            found |= attributes_of(where) if where is not None else frozenset()
        for event in (getattr(written, key, None) for key in ("starts", "stops", "before")):
            found |= attributes_of(event) if isinstance(event, Key | Every | Either) else frozenset()
        ratio = getattr(written, "ratio", None)
        for selector in (ratio.good, ratio.total) if ratio is not None else ():
            found |= attributes_of(selector) if selector is not None else frozenset()
    for other in compiled.desk.model.attributes.values():
        found |= set(axes_of(other.table)) if other.table is not None else set()
    for state in compiled.desk.states.values():
        for selector in (getattr(state, key, None) for key in ("where", "begins", "ends")):
            found |= attributes_of(selector) if selector is not None else frozenset()
        found |= set(getattr(state, "same", ()))
    for exclusion in compiled.desk.model.exclusions.values():
        found |= attributes_of(exclusion.where) if exclusion.where is not None else frozenset()
    return found


def joined(compiled: Compiled) -> Iterator[Problem]:
    """A calendar of others that says none."""
    for name, spec in compiled.desk.calendars.items():
        if isinstance(spec, Joined | Intersection) and not spec.parts:
            yield Problem(("calendars", name), "empty-week", f"calendar `{name}` is made of nothing", "name a calendar", True)


CHECKS = (dates, empty_weeks, holidays_end, unused, unused_amounts, unit_traps, working_days, joined)
