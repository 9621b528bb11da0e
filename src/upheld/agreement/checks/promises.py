"""Checks of what is promised: targets that cannot be, clocks that cannot run, exclusions that do not fit.

Law: a promise that can never be kept, never be broken or never be measured is told before it is signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from upheld.agreement.checks.tables import exact
from upheld.agreement.compile import Compiled
from upheld.agreement.model.commitment import Availability, Clock
from upheld.agreement.model.form import Problem
from upheld.agreement.model.state import WhereState
from upheld.calendars.spec import Weekly
from upheld.plans.plan import ClockPlan
from upheld.plans.selector import Key, OneOf, Selector
from upheld.values.condition import Condition

__all__ = ["CHECKS"]


def target_range(compiled: Compiled) -> Iterator[Problem]:
    """A share that no result can have."""
    for name, written in compiled.desk.model.commitments.items():
        for key in ("target", "breach"):
            for condition in _conditions(getattr(written, key)):
                for comparison in (c for group in condition.anyof for c in group):
                    if condition.unit == "share" and not 0 <= comparison.limit <= 1:
                        yield Problem(
                            ("commitments", name, key),
                            "target-range",
                            f"{exact(comparison.limit * 100) if comparison.limit >= 0 else 'less than 0'}% is not from 0% to 100%",
                            "write a percent from 0% to 100%",
                        )


def _conditions(lookup: object) -> list[Condition]:
    return [leaf for leaf in getattr(lookup, "leaves", ()) if isinstance(leaf, Condition)]


def target_missing(compiled: Compiled) -> Iterator[Problem]:
    """A credit that nothing can trigger, as there is no target."""
    for name, written in compiled.desk.model.commitments.items():
        shares = isinstance(written, Clock) and written.within is not None
        if (
            written.credit is not None
            and written.target is None
            and written.breach is None
            and not shares
            and written.measure != "combine"
            and not _pays_by_result(written)
        ):
            yield Problem(
                ("commitments", name, "credit"),
                "credit-without-target",
                "a credit is agreed, but no target whose breach would earn it",
                'add target: ">= 99.9%"',
                True,
            )


def _pays_by_result(written: object) -> bool:
    from upheld.agreement.checks.tables import credits_of
    from upheld.plans.lookup import axes_of

    return any("result" in axes_of(c.pay) for c, _ in credits_of(getattr(written, "credit", None), ()))


def hidden_outages(compiled: Compiled) -> Iterator[Problem]:
    """100% is promised, but short outages never count."""
    model = compiled.desk.model
    for name, written in model.commitments.items():
        if not isinstance(written, Availability):
            continue
        state = model.states.get(written.down)
        whole = [c for c in _conditions(written.target) if any(x.limit == 1 and x.op in (">=", "=") for g in c.anyof for x in g)]
        if whole and isinstance(state, WhereState) and state.at_least:
            yield Problem(
                ("commitments", name, "target"),
                "target-unreachable",
                f"100% is promised, but `{written.down}` shorter than {exact(Fraction(state.at_least, 1_000_000))}s never counts",
                "promise less than 100%, or take at_least out of the state",
                severity="warning",
                related=((("states", written.down), "the state"),),
            )


def same_event(compiled: Compiled) -> Iterator[Problem]:
    """A clock without a stop of its own: what starts it stops it."""
    for name, written in compiled.desk.model.commitments.items():
        if isinstance(written, Clock) and written.before is None and written.starts is not None:
            both = _events(written.starts) & _events(written.stops)
            if both and written.again is None:
                yield Problem(
                    ("commitments", name, "stops"),
                    "clock-without-stop",
                    f"`{min(both)}` starts this clock and stops it",
                    "name another event that stops it",
                )


def _events(selector: object) -> set[str]:
    if isinstance(selector, Key) and selector.attribute == "event" and isinstance(selector.test, OneOf):
        return set(selector.test.texts)
    return set()


def good_time_on_a_clock(compiled: Compiled) -> Iterator[Problem]:
    """``while`` with ``count_as_good`` says nothing on a clock."""
    model = compiled.desk.model
    for name, written in model.commitments.items():
        for excluded in written.excluding if isinstance(written, Clock) else ():
            rule = model.exclusions.get(excluded)
            if rule is not None and rule.during is not None and rule.effect == "count_as_good":
                yield Problem(
                    ("commitments", name, "excluding"),
                    "good-time-on-clock",
                    f"`{excluded}` counts time as good, and a clock has no good time",
                    "use effect: leave_out, which pauses the clock",
                    related=((("exclusions", excluded), "the exclusion"),),
                )


def working_days_on_always(compiled: Compiled) -> Iterator[Problem]:
    """Working days counted on a calendar that is always open."""
    if compiled.plan is None:
        return
    for name, commitment in compiled.plan.commitments.items():
        if not isinstance(commitment, ClockPlan):
            continue
        open_always = all(h == "always" for h in commitment.head.hours.leaves if h is not None)
        for leaf in commitment.within.leaves:
            for share in leaf or ():
                if share.within.unit == "working days" and (share.within.calendar or ("always" if open_always else "")) == "always":
                    yield Problem(
                        ("commitments", name, "within"),
                        "working-days-without-calendar",
                        f"`{share.within.text}`: no calendar says which days are working days",
                        "add hours: <calendar>, or write in <calendar>",
                    )
                    return


def long_targets(compiled: Compiled) -> Iterator[Problem]:
    """A time target many times longer than any day of its short calendar."""
    if compiled.plan is None:
        return
    for name, commitment in compiled.plan.commitments.items():
        if not isinstance(commitment, ClockPlan):
            continue
        hours = {h for h in commitment.head.hours.leaves if h is not None}
        for share in (s for leaf in commitment.within.leaves for s in leaf or ()):
            for calendar in {share.within.calendar} if share.within.calendar else hours:
                spec = compiled.plan.calendars.get(calendar)
                day = max((sum(b - a for a, b in spans) for spans in spec.week), default=0) if isinstance(spec, Weekly) else 0
                if share.within.unit == "time" and 0 < day < 4 * 3600 and share.within.amount >= 4 * day * 1_000_000:
                    yield Problem(
                        ("commitments", name, "within"),
                        "target-long",
                        f"`{share.within.text}` takes {share.within.amount // (day * 1_000_000)} days: "
                        f"`{calendar}` is open {exact(Fraction(day, 3600))}h a day at most",
                        "write working days, or another calendar",
                        severity="warning",
                    )


def attributes_are_known(compiled: Compiled) -> Iterator[Problem]:
    """An event of a selector is nothing: a clock on no events."""
    for name, written in compiled.desk.model.commitments.items():
        if isinstance(written, Clock) and not _named(written.stops):
            yield Problem(("commitments", name, "stops"), "clock-without-stop", "no event stops this clock", "add event: <name>")


def _named(selector: Selector) -> bool:
    from upheld.plans.selector import attributes_of

    return "event" in attributes_of(selector)


def circles(compiled: Compiled) -> Iterator[Problem]:
    """Commitments made of themselves."""
    if compiled.plan is None:
        return
    parts = {name: getattr(c, "parts", ()) for name, c in compiled.plan.commitments.items()}

    def circle(name: str, inside: tuple[str, ...]) -> tuple[str, ...]:
        for part in parts.get(name, ()):
            if part == inside[0]:
                return (*inside, part)
            if part not in inside and (found := circle(part, (*inside, part))):
                return found
        return ()

    for name in parts:
        if (found := circle(name, (name,))) and name == min(found):
            yield Problem(
                ("commitments", name), "commitment-circle", f"`{name}` is made of itself: {' -> '.join(found)}", "take one of them out", True
            )


CHECKS = (
    target_range,
    target_missing,
    hidden_outages,
    same_event,
    good_time_on_a_clock,
    working_days_on_always,
    long_targets,
    attributes_are_known,
    circles,
)
