"""Scope of a clock: which pauses stop it, which cases it is about, and what the exclusions do to them (LANGUAGE §3).

Law: ``where`` takes the case, ``while`` pauses the clock. States of the case itself become roles of its events; all other states
are subtracted from the calendars before the kernel (ARCHITECTURE D16). What is undecided is asked both ways.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.grid import Grid
from upheld.calendars.windows import Windows, windows
from upheld.facts.tables import I64, OPEN, CaseEvents
from upheld.measures.clock_reading import Points, Reader
from upheld.measures.exclusions import GIVEN, REFUSED, Judged, accepted, noticed, spend
from upheld.measures.groups import Groups
from upheld.measures.hours import Hours, hours_of
from upheld.measures.pieces import Pieces, View
from upheld.measures.result import Context
from upheld.measures.states import Cut, States, World
from upheld.measures.sweep import NOTHING, Spans, concat, flatten, intersect, merge
from upheld.plans.plan import CalendarState, ClockPlan, Combination, EventState, ExclusionRule, StateRule, StatusState
from upheld.plans.selector import select

__all__ = ["Suspension", "approved_cases", "chosen_cases", "own_states", "rules_of", "standing", "suspended_grids", "suspensions"]

Mask = NDArray[np.bool_]
_AHEAD_US = 400 * 86_400_000_000


def rules_of(context: Context, clause: ClockPlan) -> tuple[ExclusionRule, ...]:
    """The exclusions the clause names that change its figure, in order (``no_credit`` keeps it)."""
    named = (context.plan.exclusions[name] for name in clause.head.excluding)
    return tuple(rule for rule in named if rule.effect != "no_credit")


def own_states(context: Context, names: tuple[str, ...]) -> tuple[tuple[StateRule, ...], tuple[str, ...]]:
    """``(states of the case itself, names of all other states)``; an ``any`` of states is taken apart.

    Raises ``ValueError`` for a state that combines the case's own states with others in another way than ``any``.
    """
    own: list[StateRule] = []
    other: list[str] = []
    for name in names:
        rule = context.plan.states[name]
        if isinstance(rule, EventState | StatusState):
            own.append(rule)
        elif not isinstance(rule, Combination) or not _speaks_of_cases(context, name):
            other.append(name)
        elif rule.at_least == 1 and not rule.negate and not rule.at_least_us:
            inner = own_states(context, rule.of)
            own += inner[0]
            other += inner[1]
        else:
            msg = f"state {name!r} combines states of a case with others: a clock can be paused by any of them, not by this combination"
            raise ValueError(msg)
    return tuple(own), tuple(other)


def _speaks_of_cases(context: Context, name: str) -> bool:
    rule = context.plan.states[name]
    if isinstance(rule, Combination):
        return any(_speaks_of_cases(context, part) for part in rule.of)
    return isinstance(rule, EventState | StatusState)


@dataclass(frozen=True, slots=True)
class Suspension:
    """Spans a group in which its clocks stand still. ``differs``: whether the two readings of undecided facts differ."""

    spans: Spans
    groups: Groups

    def of_group(self, group: int) -> tuple[I64, I64]:
        """The starts and ends of one result's spans."""
        mine = self.spans.group == group
        return self.spans.start[mine], self.spans.end[mine]


def suspensions(context: Context, clause: ClockPlan, groups: Groups, names: tuple[str, ...], rules: tuple[ExclusionRule, ...], lo: int,
                hi: int, *, undecided: bool) -> Suspension:
    """The time of the states ``names`` and of the exclusions ``rules`` that pause by states outside the case."""
    states = States(View(context, groups, lo, hi))
    world = World(undecided=undecided)
    found = [_known(context, name, flatten(states.hold(name, world))) for name in names]
    if rules:
        hours = hours_of(context, clause.head.hours, groups) if clause.head.hours.is_constant else _always(groups)
        laid = windows(clause.head.window, lo, hi, (min(context.in_force[0], lo), None)) if not clause.head.window.before else _no_windows()
        judged = Judged(context, states, hours, laid)
        found += [_known(context, rule.during or "", _time(judged, rule, world)) for rule in rules]
    spans = merge(concat(*found)) if any(len(s) for s in found) else NOTHING
    return Suspension(spans, groups)


def standing(context: Context, clause: ClockPlan, groups: Groups, names: tuple[str, ...], rules: tuple[ExclusionRule, ...], lo: int,
             hi: int) -> tuple[Mask, I64]:
    """``(bool[n_groups], i64[n_groups])``: whether the clocks of each result stand still at the horizon itself by such states, and the next
    instant at which that may change with no fact arriving (``OPEN``: none). States that are calendars are hours, and neither.
    """
    timed = tuple(n for n in names if not isinstance(context.plan.states[n], CalendarState))
    ruled = tuple(r for r in rules if not isinstance(context.plan.states[r.during or ""], CalendarState))
    held, ahead = np.zeros(len(groups), np.bool_), np.full(len(groups), OPEN)
    if not timed and not ruled:
        return held, ahead
    until = context.until

    def seen(at: int) -> Spans:
        return suspensions(replace(context, until=at), clause, groups, timed, ruled, lo, hi, undecided=False).spans

    now, after = seen(until), seen(until + 1)
    ends_now = {int(g) for g in now.group[now.end >= until].tolist()}
    covers = (after.start <= until) & (after.end > until)
    for one, start in zip(after.group[covers].tolist(), after.start[covers].tolist(), strict=True):
        held[one] |= start >= until or one in ends_now
    later = seen(min(until + _AHEAD_US, hi))                          # if nothing more is said: allowances used up, readings grown old
    edges, group = np.concatenate([later.start, later.end]), np.concatenate([later.group, later.group])
    within = edges < min(until + _AHEAD_US, hi)
    least = {0, *(us for n in context.plan.states for us in (getattr(context.plan.states[n], "at_least_us", 0),))}
    for us in least:
        beyond = within & (edges + us > until)
        np.minimum.at(ahead, group[beyond], edges[beyond] + us)
    return held, ahead


def _known(context: Context, name: str, spans: Spans) -> Spans:
    """What is known of a state: calendars run on, all else ends at the horizon (a due beyond it is the due if nothing more happens)."""
    rule = context.plan.states[name]
    return spans if isinstance(rule, CalendarState) else spans.clip(-(2**62), context.until)


def _no_windows() -> Windows:
    """Approvals then have no deadline but the horizon."""
    none = np.empty(0, np.int64)
    return Windows(none, none, none, none, ())


def _always(groups: Groups) -> Hours:
    return Hours(("always",), (None,), np.zeros(len(groups), np.int64))


def _time(judged: Judged, rule: ExclusionRule, world: World) -> Spans:
    """The time of a ``while``, by the facts that ``where`` chooses and that were announced and approved as agreed."""
    assert rule.during is not None
    held = flatten(judged.states.hold(rule.during, world))
    if rule.where is not None or rule.notice is not None or rule.needs is not None:

        def out_of_order(pieces: Pieces) -> Mask:
            fine = np.ones(len(pieces.spans), np.bool_)
            if rule.where is not None and pieces.table is not None:
                yes, maybe = select(rule.where, pieces.columns, len(pieces.table))
                fine &= pieces.flags(yes | maybe if world.undecided else yes)
            if rule.notice is not None:
                fine &= noticed(judged, rule.notice, pieces)
            if rule.needs is not None:
                fine &= accepted(judged, rule, pieces)
            return ~fine

        held = intersect(held, flatten(judged.states.attested(rule.during, world, [Cut(out_of_order)])))
    return spend(judged, rule, held)


def suspended_grids(context: Context, suspension: Suspension | None, group: int) -> Callable[[str], Grid]:
    """The calendars of one result, the suspended time taken out."""
    if suspension is None:
        return context.grid
    start, end = suspension.of_group(group)
    made: dict[str, Grid] = {}

    def grid(name: str) -> Grid:
        if name not in made:
            whole = context.grid(name)
            inside = (end > whole.lo) & (start < whole.hi)
            made[name] = whole.without(np.maximum(start[inside], whole.lo), np.minimum(end[inside], whole.hi)) if inside.any() else whole
        return made[name]

    return grid


def approved_cases(context: Context, events: CaseEvents, rule: ExclusionRule, deadline: I64 | None) -> Mask:
    """bool[n_cases]: whether every party asked approved leaving the case out; the last word of each party counts.

    A declaration is about a case (its name) or about the exclusion by name; ``deadline`` i64[n_cases]: what comes later has lapsed.
    """
    n = len(events.bounds) - 1
    if rule.needs is None:
        return np.ones(n, np.bool_)
    said = context.facts.declarations
    if said is None:
        return np.zeros(n, np.bool_)
    parties = ("provider", "customer") if rule.needs == "both" else (rule.needs,)
    wanted = set(said.about.names)
    place: dict[str, list[int]] = {}                     # one case may stand there several times, as it stood then and then
    for i, name in enumerate(events.case_names):
        if str(name) in wanted:
            place.setdefault(str(name), []).append(i)
    fine = np.ones(n, np.bool_)
    for party in parties:
        agreed = np.zeros(n, np.bool_)
        for i in np.argsort(said.at, kind="stable").tolist():
            kind, about, actor = (c.names[c.codes[i]] if c.codes[i] >= 0 else "" for c in (said.kind, said.about, said.actor))
            if actor != party or kind not in GIVEN + REFUSED:
                continue
            meant = np.ones(n, np.bool_) if about == rule.name else np.zeros(n, np.bool_)
            if about in place:
                meant[place[about]] = True
            if deadline is not None:
                meant &= int(said.at[i]) <= deadline
            agreed[meant] = kind in GIVEN
        fine &= agreed
    return fine


def chosen_cases(events: CaseEvents, reader: Reader, rule: ExclusionRule) -> tuple[Mask, Mask]:
    """``(yes, maybe)`` bool[n_cases]: the cases a ``where`` chooses, by what each said last."""
    last = np.maximum(events.bounds[1:] - 1, 0)
    points = Points(last, last, np.arange(len(last)))
    assert rule.where is not None
    return select(rule.where, reader.attributes(points), len(last))
