"""The agenda: what every clock of an agreement shows at an instant, and every step that has fallen due by then.

Law: a pure function of (versions, facts known, instant), by the same kernels as batch figures: state at (instant, basis) equals batch, and
which cases are given changes no case's answer. Nothing here knows what was told before: a step is named, and told once under its name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upheld.assessment.assess import Walk
from upheld.assessment.order import breached_in
from upheld.clocks.acknowledged import Hold, holds_of
from upheld.clocks.climb import Climbed, Pace, climb, ladders_of, portions_of
from upheld.clocks.naming import Group, Roots, case_names, cycle_names, first_known, groups_of, roots_of
from upheld.clocks.passed import leads_of, passed
from upheld.clocks.running import Running, notice_portion, portion_of, running
from upheld.clocks.table import KINDS, NEVER, Agenda, ClockKey, ClockTable, StepTable
from upheld.facts.tables import I64, OPEN, CaseEvents, Facts
from upheld.measures.clock_general import schedule_starts
from upheld.measures.clock_worlds import Worlds
from upheld.measures.groups import columns_of
from upheld.measures.result import Context
from upheld.plans.lookup import axes_of
from upheld.plans.plan import ClockPlan, Plan, Schedule
from upheld.plans.selector import select
from upheld.plans.terms import in_force

__all__ = ["CASES", "SCHEDULES", "agenda", "hangs_together", "stoppers"]

CASES, SCHEDULES = KINDS[0], KINDS[1]
_LONG_AGO = -(2**62)
Mask = NDArray[np.bool_]


def agenda(plans: Iterable[Plan], facts: Facts, at: int, kinds: Collection[str] = (CASES, SCHEDULES)) -> Agenda:
    """All clocks of one agreement (all its versions in ``plans``) at ``at`` (µs UTC), and every step due by then.

    ``facts``: as recorded, corrections not applied; of some cases or of all (then ``Facts.spoken`` says what the others speak of), but all
    facts that are no case's. A schedule's clock may be stopped by any case: ask for it with the facts of all that do (``kinds`` leaves
    either sort out). What was known later than ``at`` does not exist. No version known by then: an empty agenda.
    """
    known = tuple(plans)
    if not in_force(known, at):
        return _assembled(at, [])
    walk = Walk.begin(known, facts, at, live=True)
    changes = [i for p in known for i in (p.adopted_us, p.from_us, p.until_us) if i is not None and i > at]
    shared, versions, spoken = shared_next(facts, at), min(changes, default=NEVER), _spoken_next(facts, at)
    roots, late, told = roots_of(facts.events), _known_later(facts, at), first_known(facts.events)
    events = walk.known.events
    holds = holds_of(walk.known.declarations, walk.terms[-1].plan.agreement, {"", *(map(str, events.case_names) if events is not None else ())})
    sheets = []
    for name in dict.fromkeys(name for term in walk.terms for name in term.plan.commitments):
        wanted = [SCHEDULES if _scheduled(c) else CASES for t in walk.terms if isinstance(c := t.plan.commitments.get(name), ClockPlan)]
        if not wanted or wanted[-1] not in kinds:
            continue
        for context in walk.seen(name):
            clause = context.plan.commitments[name]
            if isinstance(clause, ClockPlan):
                ends = min(versions, spoken) if _asks_of_people(context.plan, clause) else versions
                sheets.append(_sheet(Worlds(clause, context, counts=False), at, shared, ends, roots, late, told, holds.get(name, {})))
    return _assembled(at, [s for s in sheets if len(s.running.outcomes)])


def hangs_together(plans: Iterable[Plan]) -> bool:
    """Whether one case's clock may hang on other cases (the number of cases in a window, a breach by other cases): then all cases must be
    given, and are to be asked again, together.
    """
    return any(
        isinstance(c, ClockPlan) and ("number of cases" in (*axes_of(c.within), *axes_of(c.head.hours)) or breached_in(plan, c))
        for plan in plans for c in plan.commitments.values()
    )


def stoppers(plans: Iterable[Plan], facts: Facts) -> set[str]:
    """The cases among these that may stop the clock of a schedule: whose facts such a clock is to be asked with."""
    events = facts.events
    found: set[str] = set()
    for plan in plans if events is not None else ():
        assert events is not None
        for clause in plan.commitments.values():
            if isinstance(clause, ClockPlan) and _scheduled(clause):
                yes, maybe = select(clause.stops, columns_of(plan, events), len(events))
                found |= {str(events.case_names[c]) for c in np.unique(events.case[yes | maybe]).tolist()}
    return found


def _scheduled(clause: ClockPlan) -> bool:
    return isinstance(clause.starts, Schedule) and clause.before is None


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The clocks of one commitment under one version, with their steps."""

    context: Context
    clause: ClockPlan
    running: Running
    case: Sequence[str]
    cycle: Sequence[str]
    group: Sequence[Group]
    climbed: Climbed
    next_at: I64


def _sheet(worlds: Worlds, at: int, shared: int, ends: int, roots: Roots, late: dict[str, int], told: Mapping[int, int],
           held: Mapping[tuple[str, str], tuple[Hold, ...]]) -> _Sheet:
    context, clause = worlds.context, worlds.clause
    found = running(worlds, at, shared)
    rows = found.outcomes
    if worlds.scheduled:
        last = int(rows.start.max()) if len(rows) else at
        _, labels = schedule_starts(clause, context, worlds.events, max(at, last))
        case, cycle = [""] * len(rows), [labels[c] for c in rows.case.tolist()]
    else:
        case = case_names(worlds.events, rows) if worlds.events is not None else []
        cycle = cycle_names(worlds, rows, roots)
    holds: dict[int, tuple[Hold, ...]] = {}
    if held:
        cases = {name for name, _ in held}
        holds = {i: held[c, cycle[i]] for i, c in enumerate(case) if c in cases and (c, cycle[i]) in held}
    ladders = context.plan.people.ladders
    portions = {p: (rows.due, found.has_due) if p == 1 else _portion(worlds, found, p, told) for p in portions_of(ladders, clause.head.ladder)}
    floor = _floor(worlds, found, told)
    early = passed(worlds, found, leads_of(ladders_of(ladders, clause.head.ladder)), floor)
    pace = Pace(rows.due, found.has_due, floor, found.close, found.silent, portions, holds, early)
    climbed = climb(ladders, clause.head.ladder, pace, at)
    next_at = np.minimum(np.minimum(found.next_at, climbed.next_at), ends)
    if worlds.scheduled:
        next_at = np.minimum(next_at, min(late.values(), default=NEVER))
    for i, name in enumerate(case) if late else ():
        next_at[i] = min(int(next_at[i]), late.get(name, NEVER))
    return _Sheet(context, clause, found, case, cycle, groups_of(worlds, rows), climbed, next_at)


def _portion(worlds: Worlds, found: Running, portion: Fraction, told: Mapping[int, int]) -> tuple[I64, Mask]:
    """When this part of each clock's time is used. Of notice owed before an event that is the time there was to give it: from when the event
    first came to be known until the notice was due.
    """
    if worlds.clause.before is None:
        return portion_of(worlds, found, portion)
    if worlds.events is None or not len(found.outcomes):
        return found.outcomes.due, found.has_due
    begun = _known(worlds.events, found.outcomes.first_row, told)
    return notice_portion(worlds, found, begun, portion)


def _floor(worlds: Worlds, found: Running, told: Mapping[int, int]) -> I64:
    """Before which instant no step that comes before the due instant falls due: the start, or an agreed date that was known ahead, when it
    came to be known.
    """
    rows = found.outcomes
    if worlds.clause.before is not None:
        return np.full(len(rows), _LONG_AGO)
    if worlds.scheduled or worlds.events is None or not len(rows):
        return rows.start
    return np.minimum(rows.start, np.where(rows.cycle == 0, _known(worlds.events, rows.first_row, told), rows.start))


def _known(events: CaseEvents, rows: I64, told: Mapping[int, int]) -> I64:
    """When what each of these rows says first came to be known (µs), whatever corrected it since."""
    known = events.header.known_at[rows].copy()
    if told:
        known = np.array([told.get(s, k) for s, k in zip(events.header.seq[rows].tolist(), known.tolist(), strict=True)], np.int64)
    return known


def _assembled(at: int, sheets: Sequence[_Sheet]) -> Agenda:
    """All sheets as one table, commitments and versions in their order."""
    sizes = [len(s.running.outcomes) for s in sheets]
    first = np.cumsum([0, *sizes[:-1]]).astype(np.int64)

    def column(get: Callable[[_Sheet], NDArray[Any]], dtype: type = np.int64) -> NDArray[Any]:
        return np.concatenate([get(s) for s in sheets]).astype(dtype, copy=False) if sheets else np.empty(0, dtype)

    clocks = ClockTable(
        key=tuple(key for s in sheets for key in _keys(s)),
        kind=column(lambda s: np.full(len(s.case), KINDS.index(SCHEDULES if _scheduled(s.clause) else CASES)), np.uint8),
        version=tuple(s.context.plan.version for s, n in zip(sheets, sizes, strict=True) for _ in range(n)),
        group=tuple(g for s in sheets for g in s.group),
        ladder=tuple(s.clause.head.ladder for s, n in zip(sheets, sizes, strict=True) for _ in range(n)),
        start=column(lambda s: s.running.outcomes.start),
        due=column(lambda s: np.where(s.running.has_due, s.running.outcomes.due, 0)),
        has_due=column(lambda s: s.running.has_due, np.bool_),
        stop=column(lambda s: s.running.outcomes.stop),
        has_stop=column(lambda s: s.running.outcomes.has_stop, np.bool_),
        missed_at=column(lambda s: s.running.outcomes.missed_at),
        has_miss=column(lambda s: s.running.outcomes.has_miss, np.bool_),
        target_us=column(lambda s: s.running.outcomes.target_us),
        elapsed_us=column(lambda s: s.running.outcomes.elapsed_us),
        state=column(lambda s: s.running.state, np.uint8),
        verdict=column(lambda s: s.running.verdict, np.uint8),
        next_at=column(lambda s: s.next_at),
    )
    steps = StepTable(
        clock=np.concatenate([s.climbed.clock + f for s, f in zip(sheets, first.tolist(), strict=True)]) if sheets else np.empty(0, np.int64),
        ladder=tuple(x for s in sheets for x in s.climbed.ladder),
        step=tuple(x for s in sheets for x in s.climbed.step),
        at=column(lambda s: s.climbed.at),
    )
    return Agenda(at, clocks, steps)


def _keys(sheet: _Sheet) -> Iterator[ClockKey]:
    n = len(sheet.case)
    agreement, commitment = [sheet.context.plan.agreement] * n, [sheet.clause.head.id] * n
    return map(ClockKey._make, zip(agreement, commitment, sheet.case, sheet.cycle, sheet.running.outcomes.level.tolist(), strict=True))


def shared_next(facts: Facts, at: int) -> int:
    """When facts that are no case's speak next by themselves: an interval known ahead begins, one whose end is set ends, or a fact that is
    there already comes to be known.
    """
    found = [NEVER]
    headers = [t.header for t in (facts.intervals, facts.samples, facts.counts, facts.subscriptions, facts.declarations) if t is not None]
    for header in headers:
        later = header.known_at[header.known_at > at]
        found += [int(later.min())] if len(later) else []
    if facts.intervals is not None:
        table = facts.intervals
        ends = table.end if table.end_known_at is None else np.maximum(table.end, table.end_known_at)
        for edges in (table.start, ends[table.end < OPEN]):
            found += [int(edges[edges > at].min())] if (edges > at).any() else []
    return min(found)


def _spoken_next(facts: Facts, at: int) -> int:
    """When a subscription or an approval that is on record comes to be known."""
    headers = [t.header for t in (facts.subscriptions, facts.declarations) if t is not None]
    return min((int(h.known_at[h.known_at > at].min()) for h in headers if (h.known_at > at).any()), default=NEVER)


def _asks_of_people(plan: Plan, clause: ClockPlan) -> bool:
    """Whether a clock hangs on who subscribed to what, or on what somebody approved."""
    return any(rule.read == "tier" for rule in plan.attributes.values()) or any(plan.exclusions[x].needs for x in clause.head.excluding)


def _known_later(facts: Facts, at: int) -> dict[str, int]:
    """When more of a case comes to be known that is on record already."""
    events = facts.events
    if events is None:
        return {}
    found: dict[str, int] = {}
    later = np.flatnonzero(events.header.known_at > at)
    replaces = events.header.replaces
    for row in later.tolist():
        corrected = row if replaces is None or replaces[row] < 0 else int(replaces[row])     # which may be another case's
        for case in {int(events.case[row]), int(events.case[corrected])}:
            name = str(events.case_names[case])
            found[name] = min(found.get(name, NEVER), int(events.header.known_at[row]))
    return found
