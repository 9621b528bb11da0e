"""What the clocks of an agreement read besides their own case: so that a fact about something else wakes nobody in vain.

Law: what is in doubt is read. Leaving out what is not read changes no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from upheld.clocks.agenda import hangs_together
from upheld.facts.spec import Shape
from upheld.facts.tables import CaseEvents
from upheld.plans.plan import (
    Breached,
    CalendarState,
    ClockPlan,
    Combination,
    EventState,
    IntervalState,
    Plan,
    RatioState,
    SampleState,
    Schedule,
    StatusState,
    ValuesPlan,
)
from upheld.plans.selector import Selector, select

__all__ = ["ALL_SHARED", "Reads", "reads_of", "stopping"]

ALL_SHARED: frozenset[Shape] = frozenset(("intervals", "samples", "counts", "subscriptions", "charges", "declarations", "coverage"))
_LIGHT: frozenset[Shape] = frozenset(("intervals", "subscriptions", "declarations", "coverage"))


@dataclass(frozen=True, slots=True)
class Reads:
    """``wakes``: shapes of which a new fact may change a running clock; ``given``: shapes the clocks are given. ``stops``: what may stop a
    schedule. ``budgets``: promises whose ladder is climbed by their budget (a clock's is climbed by its cases); ``cases``: some count cases.
    ``together``: one case's clock may hang on others: all are worked out at once. ``reach_us``: how far behind its own instant a shared fact
    may change what counts: a run that now lasts long enough counts from its beginning, a slice as a whole.
    """

    wakes: frozenset[Shape]
    given: frozenset[Shape]
    schedules: bool
    stops: tuple[Selector, ...]
    budgets: tuple[str, ...]
    cases: bool
    together: bool
    reach_us: int = 0


def reads_of(plans: Sequence[Plan]) -> Reads:
    """What the clocks of all versions of an agreement read."""
    wakes: set[Shape] = set()
    muting: set[Shape] = set()          # what mutes messages changes no clock, so it wakes nobody; but it is read when a step fires
    stops: list[Selector] = []
    budgets: list[str] = []
    schedules = cases = False
    for plan in plans:
        muting |= {shape for ladder in plan.people.ladders.values() for name in ladder.muted_while if name in plan.states
                   for shape in _state(plan, name, ())}
        tiers = any(rule.read == "tier" for rule in plan.attributes.values())
        for commitment in plan.commitments.values():
            if isinstance(commitment, ClockPlan):
                wakes |= _clock(plan, commitment)
                if tiers:
                    wakes.add("subscriptions")
                if isinstance(commitment.starts, Schedule):
                    schedules = True
                    stops.append(commitment.stops)
            elif commitment.head.ladder:
                budgets.append(commitment.head.id)
                cases |= isinstance(commitment, ValuesPlan) and commitment.shape == "cases"
    given = frozenset(wakes | muting) | _LIGHT
    return Reads(frozenset(wakes), given, schedules, tuple(dict.fromkeys(stops)), tuple(dict.fromkeys(budgets)), cases, hangs_together(plans),
                 max((sum(map(_reach, plan.states.values())) for plan in plans), default=0))


def _reach(state: object) -> int:
    return int(getattr(state, "at_least_us", 0)) + int(getattr(state, "each_us", 0))


def _clock(plan: Plan, clause: ClockPlan) -> set[Shape]:
    found: set[Shape] = set()
    names = [*clause.pauses, *((clause.again,) if clause.again else ())]
    for exclusion in clause.head.excluding:
        rule = plan.exclusions[exclusion]
        if rule.during:
            names.append(rule.during)
        if rule.where is not None:
            found.add("intervals")
        if rule.needs or rule.notice:
            found.add("declarations")
    for name in names:
        found |= set(_state(plan, name, ()))
    return found


def _state(plan: Plan, name: str, above: tuple[str, ...]) -> Iterator[Shape]:
    rule = plan.states.get(name)
    match rule:
        case IntervalState():
            yield from ("intervals", "coverage")
        case SampleState():
            yield from ("samples", "coverage")
        case RatioState():
            yield from ("counts", "coverage")
        case Combination():
            for inner in rule.of:
                if inner not in above:
                    yield from _state(plan, inner, (*above, name))
        case Breached():
            yield from ALL_SHARED
        case EventState() | StatusState() | CalendarState():
            pass
        case None:
            yield from ALL_SHARED


def stopping(events: CaseEvents, stops: Iterable[Selector]) -> set[str]:
    """The cases with an event that one of the selectors may mean."""
    chosen = np.zeros(len(events), np.bool_)
    for selector in stops:
        yes, maybe = select(selector, lambda name: events.event if name == "event" else events.attributes.get(name), len(events))
        chosen |= yes | maybe
    return {str(events.case_names[c]) for c in np.unique(events.case[chosen]).tolist()}
