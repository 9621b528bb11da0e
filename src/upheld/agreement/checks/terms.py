"""Checks of dates, calendars, names nobody uses, escalations.

Law: what is declared is used, what is used is declared, and time runs forward.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from upheld.agreement.checks.tables import credits_of, exact
from upheld.agreement.compile import Compiled
from upheld.agreement.model.form import Path, Problem
from upheld.agreement.suggest import did_you_mean
from upheld.calendars.spec import Intersection, Weekly
from upheld.calendars.spec import Union as Joined
from upheld.plans.lookup import axes_of
from upheld.plans.plan import Breached, CalendarState, Combination
from upheld.values.quantity import Duration, show_day

__all__ = ["CHECKS"]

_YEAR_US = 366 * 86_400_000_000
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
            freeze = (
                f"upheld calendar freeze {listed} --years {show_day(effective.start)[:4]}-{show_day(last_needed)[:4]}"
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
    escalated = {c.escalation for c in model.commitments.values()} | {e.then for e in model.escalations.values()}
    for name in model.escalations:
        if name not in escalated:
            yield Problem(
                ("escalations", name),
                "unused-escalation",
                f"escalation `{name}` is started by nothing",
                f"write escalation: {name} in a commitment, or take it out",
                True,
                "warning",
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


def _periods(compiled: Compiled) -> Iterator[tuple[Path, Duration | None]]:
    model = compiled.desk.model
    if model.claim is not None:
        yield ("claim", "by"), model.claim.by
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


def escalations(compiled: Compiled) -> Iterator[Problem]:
    """Steps nobody hears, unknown people, circles, no delay."""
    model = compiled.desk.model
    people = {*model.roles, *model.contacts, *model.rotas, *model.parties, "customer", "provider"}
    declared = bool(model.roles or model.contacts or model.rotas)
    for name, written in model.escalations.items():
        for i, step in enumerate(written.steps):
            path: Path = ("escalations", name, "steps", i)
            if not step.tell:
                yield Problem(path, "escalation-nobody", f"step {i + 1} of `{name}` tells nobody", "add tell: <role>")
            for who in (*step.tell, *((step.decides,) if step.decides else ())) if declared else ():
                if who not in people:
                    yield Problem(
                        (*path, "tell" if who in step.tell else "decides"),
                        "unknown-role",
                        f"there is no role or contact `{who}`",
                        did_you_mean(who, sorted(people)),
                    )
            yield from _when(step.share, step.after, path, name, i)
        if written.repeat == 0:
            yield Problem(("escalations", name, "repeat"), "escalation-delay", "repeated without a pause, it would never end", "write 15m")
        if written.then is not None and written.then not in model.escalations:
            yield Problem(
                ("escalations", name, "then"),
                "unknown-escalation",
                f"there is no escalation `{written.then}`",
                did_you_mean(written.then, model.escalations),
            )
        chain = [name]
        following = written.then
        while following is not None and following in model.escalations and following not in chain:
            chain.append(following)
            following = model.escalations[following].then
        if following == name == min(chain):
            yield Problem(
                ("escalations", name, "then"), "escalation-circle", f"it comes back to itself: {' -> '.join((*chain, name))}", "take one out"
            )
    for name, commitment in model.commitments.items():
        if commitment.escalation is not None and model.escalations and commitment.escalation not in model.escalations:
            yield Problem(
                ("commitments", name, "escalation"),
                "unknown-escalation",
                f"there is no escalation `{commitment.escalation}`",
                did_you_mean(commitment.escalation, model.escalations),
            )
    for name, role in model.roles.items():
        chain = [name]
        stands_in = role.falls_to
        while stands_in is not None and stands_in in model.roles and stands_in not in chain:
            chain.append(stands_in)
            stands_in = model.roles[stands_in].falls_to
        if stands_in == name == min(chain):
            yield Problem(
                ("roles", name, "falls_to"), "escalation-circle", f"it comes back to itself: {' -> '.join((*chain, name))}", "take one out"
            )


def _when(share: Fraction | None, after: int | None, path: Path, name: str, i: int) -> Iterator[Problem]:
    if share is None and after is None:
        yield Problem(path, "escalation-delay", f"step {i + 1} of `{name}` does not say when", "add at: 50%, or after: 2h")
    if after is not None and after == 0:
        yield Problem((*path, "after"), "escalation-delay", "a delay of nothing is no delay", "leave the step out, or write after: 15m")
    if after is not None and after > _YEAR_US:
        yield Problem((*path, "after"), "escalation-delay", "a delay of more than a year is no escalation", "write a shorter delay")
    if share is not None and not 0 < share <= 10:
        yield Problem((*path, "at"), "escalation-delay", "a step is at more than 0% and at most 1000% of the target", "write at: 50%")


def joined(compiled: Compiled) -> Iterator[Problem]:
    """A calendar of others that says none."""
    for name, spec in compiled.desk.calendars.items():
        if isinstance(spec, Joined | Intersection) and not spec.parts:
            yield Problem(("calendars", name), "empty-week", f"calendar `{name}` is made of nothing", "name a calendar", True)


CHECKS = (dates, empty_weeks, holidays_end, unused, unused_amounts, unit_traps, escalations, joined)
