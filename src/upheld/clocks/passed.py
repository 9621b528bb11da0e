"""Passed: when a step so long before the due instant first fell due, though what came afterwards moved the due instant away.

Law: such a step falls due at the first instant at which the clock, by what had happened to it until then, was to be due so soon: whoever asks
later, or was down meanwhile, finds the same instant. A change at the very instant wins, as a stop does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from upheld.clocks.running import Running, earliest
from upheld.clocks.table import NEVER
from upheld.facts.tables import I64, Attribute, CaseEvents
from upheld.measures import clock_outcomes as out
from upheld.measures.clock_outcomes import CaseOutcomes
from upheld.measures.clock_reading import raw_names
from upheld.measures.clock_worlds import Worlds
from upheld.plans.lookup import axes_of
from upheld.plans.people import Ladder
from upheld.plans.plan import Combination, StatusState
from upheld.plans.selector import attributes_of

__all__ = ["leads_of", "passed"]

Mask = NDArray[np.bool_]
_LONG_AGO = -(2**62)


def leads_of(ladders: Sequence[Ladder]) -> tuple[int, ...]:
    """How long before the due instant the steps of these ladders fall due, µs, each once."""
    return tuple(dict.fromkeys(step.before_us for ladder in ladders for step in ladder.steps if step.before_us is not None))


def passed(worlds: Worlds, found: Running, leads: Sequence[int], floor: I64) -> Mapping[int, I64]:
    """For each of ``leads``: when it was first so long until each clock was due, as it stood before its last change (``NEVER``: it was not).
    ``floor``: no clock before it, µs.

    Clocks whose promise hangs on how many cases there are, those that states stop which must last a while (what they did shows only later),
    and clocks without cases have none.
    """
    first = {lead: np.full(len(found.outcomes), NEVER) for lead in leads}
    no_case = worlds.events is None or worlds.scheduled or worlds.clause.before is not None
    if not leads or no_case or worlds.numbered or _lasting(worlds):
        return {}
    own = found.outcomes
    for past in _pasts(worlds, found):
        rows = past.outcomes
        until = np.where(rows.has_stop, np.minimum(past.until[rows.case], rows.stop), past.until[rows.case])
        place, same = _places(own, replace(rows, case=past.case[rows.case].astype(np.int32)))
        for lead, when in first.items():
            at = np.maximum(rows.due - lead, floor[place])
            hits = np.flatnonzero(past.stands & same & (at < until))
            hits = hits[when[place[hits]] == NEVER][::-1]            # of several pasts the first: written last
            when[place[hits]] = at[hits]
    return first


def _places(own: CaseOutcomes, rows: CaseOutcomes) -> tuple[I64, Mask]:
    """Where each of ``rows`` stands among ``own``, by case, cycle and share, and whether it does."""
    both = [t for t in (own, rows) if len(t)]
    cycles, levels = 1 + max((int(t.cycle.max()) for t in both), default=0), 1 + max((int(t.level.max()) for t in both), default=0)
    key, asked = ((t.case.astype(np.int64) * cycles + t.cycle) * levels + t.level for t in (own, rows))
    place = np.minimum(np.searchsorted(key, asked), len(key) - 1)
    return place, key[place] == asked


@dataclass(frozen=True, slots=True)
class _Past:
    """Clocks as they stood: of each case of its table, which one it was (``case``) and until when it stood so (``until``, µs)."""

    outcomes: CaseOutcomes
    stands: Mask
    case: I64
    until: I64


def _lasting(worlds: Worlds) -> bool:
    """Whether a state that the clock is stopped by must last before it counts."""
    clause, states = worlds.clause, worlds.context.plan.states
    asked = [*clause.pauses, *([clause.again] if clause.again else []), *(rule.during for rule in worlds.rules if rule.during)]
    seen: set[str] = set()
    while asked:
        name = asked.pop()
        rule = states.get(name)
        if getattr(rule, "at_least_us", 0):
            return True
        if isinstance(rule, Combination) and name not in seen:
            asked += rule.of
        seen.add(name)
    return False


def _pasts(worlds: Worlds, found: Running) -> Iterator[_Past]:
    """How the cases stood before each of their changes, in the order of time: each as a case of its own, cut off there."""
    events, context = worlds.events, worlds.context
    assert events is not None
    cases, place = np.unique(found.outcomes.case[found.outcomes.has_target], return_index=True)
    if not len(cases):
        return
    begun = found.outcomes.start[found.outcomes.has_target][place]
    since = np.full(len(events.bounds) - 1, NEVER)
    since[cases] = begun
    changes = _changes(worlds, events) & (events.at > since[events.case])
    fresh = np.ones(len(events), np.bool_)                     # the first row of each instant of a case
    fresh[1:] = (events.at[1:] != events.at[:-1]) | (events.case[1:] != events.case[:-1])
    head = np.maximum.accumulate(np.where(fresh, np.arange(len(events)), 0))
    before = _LONG_AGO
    for edge in (*(e for e in _holds(worlds) if int(begun.min()) < e <= context.until), context.until + 1):
        ends = np.unique(head[changes & (events.at >= before) & (events.at < edge)])
        case, until = events.case[ends].astype(np.int64), events.at[ends]
        if edge <= context.until:                              # and as they stood when a state outside them began to hold them
            held = cases[begun < edge].astype(np.int64)
            case, until = np.append(case, held), np.append(until, np.full(len(held), edge))
            ends = np.append(ends, [int(b + np.searchsorted(events.at[b:e], edge)) for b, e in zip(
                events.bounds[held].tolist(), events.bounds[held + 1].tolist(), strict=True)]).astype(np.int64)
        before = edge
        if len(case):
            order = np.lexsort((until, case))
            yield _stood(worlds, events, case[order], ends[order], until[order], edge - 1)


def _changes(worlds: Worlds, events: CaseEvents) -> Mask:
    """bool[n_rows]: which rows may move a due instant: those with a role, and those that say what the promise asks."""
    group = worlds.groups.names[0] if worlds.groups.names else ()
    roles = worlds.setting(group, agreed=True).roles
    changes: Mask = roles.bits(events, 0, len(events)) != 0
    plan, clause = worlds.context.plan, worlds.clause
    asked = {*axes_of(clause.within), *axes_of(clause.head.hours), "tier", "customer"}
    for rule, _ in roles.pauses:
        asked |= attributes_of(rule.where) if isinstance(rule, StatusState) else set()
    for name in frozenset().union(*(raw_names(plan, a) for a in asked)):
        column: Attribute | None = events.attributes.get(name)
        if column is not None:
            changes |= column.codes >= 0
    return changes


def _holds(worlds: Worlds) -> list[int]:
    """When states outside the cases began to hold clocks still, for any result."""
    suspended = worlds.suspended()
    return [] if suspended is None else sorted({int(start) for start in suspended.spans.start.tolist()})


def _stood(worlds: Worlds, events: CaseEvents, case: I64, last: I64, until: I64, at: int) -> _Past:
    """The clocks of cases cut off before the rows ``last``, at the horizon ``at``."""
    first = events.bounds[case]
    sizes = last - first
    bounds = np.append(0, np.cumsum(sizes))
    rows = np.repeat(first - bounds[:-1], sizes) + np.arange(int(bounds[-1]))
    header = events.header
    none = np.full(len(rows), -1, np.int32)
    table = CaseEvents(
        header=replace(header, seq=header.seq[rows], source=header.source.take(rows), known_at=header.known_at[rows], recorded_at=None,
                       ids=None, disputed=None if header.disputed is None else header.disputed[rows], replaces=None, void=None,
                       disputed_at=None),
        case=np.repeat(np.arange(len(case), dtype=np.int32), sizes), case_names=tuple(str(events.case_names[c]) for c in case.tolist()),
        event=events.event.take(rows), at=events.at[rows], rank=events.rank[rows], bounds=bounds,
        attributes={name: column.take(rows) if len(column.codes) else Attribute(none, ()) for name, column in events.attributes.items()},
    )
    context = worlds.context
    past = Worlds(worlds.clause, replace(context, facts=replace(context.facts, events=table), until=at), counts=False)
    found = earliest(past.running())
    # where it was paused the due instant before the pause decides, and that is another past
    return _Past(found, found.has_due & (found.state != out.PAUSED), case, until)
