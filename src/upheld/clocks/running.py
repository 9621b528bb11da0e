"""One clause's clocks under one version, as they stand at an instant: columns made from the kernel's outcomes.

Law: equal to the batch outcomes of the same cycles at the same knowledge. A clock that stands still has no due instant of its own any
more, unless it had used up its time before; a case that does not say what the promise asks is warned of by its earliest possible due.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.clocks.table import NEVER
from upheld.facts.tables import I64, OPEN
from upheld.measures import clock_outcomes as out
from upheld.measures.clock_general import schedule_starts, scheduled_outcomes, stopping_rows
from upheld.measures.clock_outcomes import CaseOutcomes
from upheld.measures.clock_terms import terms_of
from upheld.measures.clock_worlds import Worlds
from upheld.measures.result import Context
from upheld.measures.versions import Versions, judged_by
from upheld.plans.lookup import look
from upheld.values.zone import OutOfRange

__all__ = ["Running", "earliest", "notice_portion", "portion_of", "running"]

Mask = NDArray[np.bool_]
_DAY_US = 86_400_000_000
_WINDOWS_US = tuple(days * _DAY_US for days in (2, 40, 400, 1600))


@dataclass(frozen=True, slots=True)
class Running:
    """One entry a clock: ``outcomes`` (one row each), the state and verdict told, whether its due instant stands (``has_due``), when it
    stood still for good (``close``, ``NEVER``: it has not), whether nothing is promised (``silent``), and the next instant at which its
    state or verdict changes with no fact arriving.
    """

    outcomes: CaseOutcomes
    state: NDArray[np.uint8]
    verdict: NDArray[np.uint8]
    has_due: Mask
    close: I64
    silent: Mask
    next_at: I64


def running(worlds: Worlds, at: int, shared_next: int) -> Running:
    """All clocks of one clause in one context. ``shared_next``: when facts that are no case's change next by themselves."""
    found = worlds.running()
    if worlds.scheduled:
        found = _with_next(worlds, found, at)
    found = earliest(found)
    n = len(found)
    state, verdict = found.state.copy(), found.verdict.copy()
    left, good = worlds.taken(found)
    verdict[~found.sure] = out.UNKNOWN
    verdict[left & ~good], verdict[good] = out.LEFT_OUT, out.MET
    stands, edge = _standing(worlds, found)
    state[stands & (state == out.RUNNING)] = out.PAUSED
    close = np.where(found.has_stop, found.stop, np.where(state == out.ENDED, found.start + found.wall_us, NEVER))
    # a due instant reckoned ahead stands only while nothing moves it: pauses do, and behind a stop the states outside the case
    moving = state == out.PAUSED if worlds.outside(agreed=True) == ((), ()) else (state == out.PAUSED) | (close < NEVER)
    has_due = found.has_due & ~(moving & ~found.has_miss & (found.elapsed_us < found.target_us))
    silent = left | good | ~found.has_target
    next_at = np.full(n, NEVER)
    awaits = (close == NEVER) & has_due & ~found.has_miss & (state != out.PAUSED)
    next_at[awaits] = _misses(worlds, found, awaits, at)
    if worlds.outside(agreed=True) != ((), ()):
        lapses = any(getattr(s, "at_least_us", 0) for s in worlds.context.plan.states.values())
        moves = np.ones(n, np.bool_) if lapses else close == NEVER
        next_at[moves] = np.minimum(next_at[moves], np.minimum(edge, shared_next)[moves])
    still = (close == NEVER) & (state == out.PAUSED) & found.has_target & ~found.has_miss
    next_at[still] = np.minimum(next_at[still], _shrunk(worlds, found, still, at))
    if not worlds.scheduled:
        next_at = np.minimum(next_at, _rows_ahead(worlds, at)[found.case]) if n else next_at
    if worlds.numbered or any(r.needs is not None and r.until is not None for r in worlds.rules):
        next_at = np.minimum(next_at, worlds.window_end(at))     # what a window holds decides: approvals lapse, cases are numbered
    if worlds.scheduled:
        ahead = stopping_rows(worlds.clause, worlds.context, worlds.events)[1]
        next_at = np.minimum(next_at, min(ahead[ahead > at].tolist(), default=NEVER))
        coming = state == out.NOT_BEGUN
        next_at[coming] = np.minimum(next_at[coming], found.start[coming])
    moving = ((close < NEVER) | (state == out.PAUSED)) & ~has_due
    return Running(_without_length(worlds, found, moving), state, verdict, has_due, close, silent, next_at)


def _without_length(worlds: Worlds, found: CaseOutcomes, moving: Mask) -> CaseOutcomes:
    """Of a clock that stands still before a date, or was over while its date might move, nobody knows how much time it will have had: 0.
    Else it would have less with each moment that passes, and what holds others now would change a clock that is over.
    """
    target = found.target_us
    for level in np.unique(found.level[moving]).tolist():
        dated = terms_of(worlds.clause, level).dated
        target = np.where(moving & (found.level == level) & (found.leaf >= 0) & (dated[np.maximum(found.leaf, 0)] == 2), 0, target)
    return found if target is found.target_us else replace(found, target_us=target)


def portion_of(worlds: Worlds, base: Running, portion: Fraction) -> tuple[I64, Mask]:
    """When this part of each clock's target is used up (µs), and where that is known; never after the due instant where it is a part."""
    found, mine = worlds.running(portion), base.outcomes
    if worlds.scheduled and len(mine) and base.state[-1] == out.NOT_BEGUN:
        found = _following(worlds, found, int(mine.start[-1]), portion)
    found = earliest(found)
    key, own = _keys(found, mine)
    place = np.minimum(np.searchsorted(key, own), max(len(key) - 1, 0))
    same = key[place] == own if len(key) else np.zeros(len(own), np.bool_)
    if not len(key):
        return np.zeros(len(own), np.int64), same
    at, used = found.due[place], found.elapsed_us[place] >= found.target_us[place]
    known = same & found.has_due[place] & (used | found.has_miss[place] | (base.state != out.PAUSED))
    if portion < 1:
        at = np.where(base.has_due, np.minimum(at, mine.due), at)
    return at, known


def notice_portion(worlds: Worlds, base: Running, begun: I64, portion: Fraction) -> tuple[I64, Mask]:
    """The same of notice owed before an event: when this part of the open time from ``begun`` until the notice is due has passed (µs). Where
    there was none (it came to be known too late) that is the due instant.
    """
    mine = base.outcomes
    terms = terms_of(worlds.clause, 0)
    hours = np.maximum(look(worlds.clause.head.hours, {"customer": worlds.context.plan.customer or None}), -1)
    at = mine.due.copy()
    for leaf in np.unique(mine.leaf[mine.leaf >= 0]).tolist():
        grid = worlds.context.grid(terms.calendars[terms.runs_on[leaf, hours]])
        rows = np.flatnonzero((mine.leaf == leaf) & (begun < mine.due))
        if not len(rows):
            continue
        given = grid.elapsed(begun[rows], mine.due[rows])
        asked = np.array([-(-(int(g) * portion.numerator) // portion.denominator) for g in given.tolist()], np.int64)
        try:
            at[rows] = np.maximum(grid.due(begun[rows], asked), begun[rows])
        except OutOfRange:
            continue
    return np.minimum(at, mine.due) if portion < 1 else np.maximum(at, mine.due), base.has_due


def _keys(a: CaseOutcomes, b: CaseOutcomes) -> tuple[I64, I64]:
    """One number a clock for two tables: case, cycle, level."""
    levels = 1 + max((int(t.level.max()) for t in (a, b) if len(t)), default=0)
    cycles = 1 + max((int(t.cycle.max()) for t in (a, b) if len(t)), default=0)
    first, second = ((t.case.astype(np.int64) * cycles + t.cycle) * levels + t.level for t in (a, b))
    return first, second


def earliest(found: CaseOutcomes) -> CaseOutcomes:
    """Of the rows a case may be owed by, the one that is due first; in (case, cycle, level) order."""
    key, _ = _keys(found, found)
    if len(key) < 2 or (key[1:] > key[:-1]).all():
        return found
    order = np.lexsort((np.where(found.has_due, found.due, OPEN), key))
    fresh = np.append(True, key[order][1:] != key[order][:-1])
    return found.take(order[fresh])


def _with_next(worlds: Worlds, found: CaseOutcomes, at: int) -> CaseOutcomes:
    """The clocks of a schedule, and the next one to begin."""
    context, clause = worlds.context, worlds.clause
    ends = context.in_force[1]
    for span in _WINDOWS_US:
        start, _ = schedule_starts(clause, context, worlds.events, at + span)
        ahead = start[start > at]
        if len(ahead):
            begins = int(ahead[0])
            mine = _judges(context, begins) and (ends is None or begins < ends)
            return _following(worlds, found, begins, None) if mine else found
    return found


def _following(worlds: Worlds, found: CaseOutcomes, begins: int, portion: Fraction | None) -> CaseOutcomes:
    """The table with the clock that begins at an instant ahead: not begun, nothing used."""
    later = replace(worlds.context, until=begins)
    grids = worlds.context.grid if worlds.reader is None else worlds.setting((), agreed=True).grids
    last = scheduled_outcomes(worlds.clause, later, None, grids, portion)
    last = last.take(last.start == begins)
    if not len(last):
        return found
    place, _ = schedule_starts(worlds.clause, worlds.context, worlds.events, begins)
    last = replace(last, case=np.full(1, len(place) - 1, np.int32), state=np.full(1, out.NOT_BEGUN, np.uint8))
    return _under(found, last)


def _under(above: CaseOutcomes, below: CaseOutcomes) -> CaseOutcomes:
    names = CaseOutcomes.__dataclass_fields__
    return CaseOutcomes(*(np.concatenate([getattr(above, f), getattr(below, f)]) for f in names))


def _judges(context: Context, start: int) -> bool:
    versions = context.versions or Versions()
    one = np.array([start])
    return int(judged_by(versions, one, one, np.zeros(1, np.bool_), context.until)[0]) == versions.own


def _standing(worlds: Worlds, found: CaseOutcomes) -> tuple[Mask, I64]:
    """Which clocks stand still by states outside their case, and when that may change by itself."""
    if not any(worlds.outside(agreed=True)) or not len(found):
        return np.zeros(len(found), np.bool_), np.full(len(found), NEVER)
    if worlds.scheduled or not worlds.groups.axes:
        held, edge = worlds.standing(((),))
        return np.full(len(found), bool(held.any())), np.full(len(found), int(edge.min()))
    home, names = worlds.homes(found)
    held, edge = worlds.standing(names)
    return held[home[found.case]], edge[home[found.case]]


def _misses(worlds: Worlds, found: CaseOutcomes, awaits: Mask, at: int) -> I64:
    """The first instant at which each of these clocks is missed if nothing happens: open time goes on after its time is used up."""
    rows = np.flatnonzero(awaits)
    due = found.due[rows]
    result = np.maximum(due, at) + 1
    if worlds.clause.before is not None:
        return result
    hours = max(look(worlds.clause.head.hours, {"customer": worlds.context.plan.customer or None}), -1)
    for level in np.unique(found.level[rows]).tolist():
        terms = terms_of(worlds.clause, level)
        mine = (found.level[rows] == level) & (terms.dated[found.leaf[rows]] == 1)
        on = terms.runs_on[found.leaf[rows], hours] if worlds.scheduled else found.hours[rows].astype(np.int64)
        for calendar in np.unique(on[mine]).tolist():
            chosen = np.flatnonzero(mine & (on == calendar))
            result[chosen] = _opening(worlds, terms.calendars[calendar], np.maximum(due[chosen], at)) + 1
    return result


def _shrunk(worlds: Worlds, found: CaseOutcomes, still: Mask, at: int) -> I64:
    """When each of these clocks, which stand still, will owe a date (or a share of the time until it) that lies no further off than the time
    it has used: open time that passes while a state outside the case holds it is taken from what was owed. ``NEVER`` for lengths of time.
    """
    rows = np.flatnonzero(still)
    result = np.full(len(rows), NEVER)
    shares = _shares(worlds)
    for level in np.unique(found.level[rows]).tolist():
        terms = terms_of(worlds.clause, level)
        mine = (found.leaf[rows] >= 0) & (found.level[rows] == level)
        mine &= terms.dated[np.maximum(found.leaf[rows], 0)] == 2
        for hours in np.unique(found.hours[rows][mine]).tolist():
            grid = worlds.context.grid(terms.calendars[hours]) if hours >= 0 else worlds.context.grid("always")
            chosen = np.flatnonzero(mine & (found.hours[rows] == hours))
            target, used = found.target_us[rows[chosen]], found.elapsed_us[rows[chosen]]
            for share in shares:
                # a moment early is looked at again, a moment late is not
                left = target - -(-used * share.denominator // share.numerator)
                ahead = chosen[left > 0]
                if len(ahead):
                    try:
                        when = grid.due(np.full(len(ahead), at), left[left > 0])
                    except OutOfRange:
                        continue
                    result[ahead] = np.minimum(result[ahead], np.maximum(when, at + 1))
    return result


def _shares(worlds: Worlds) -> tuple[Fraction, ...]:
    """The shares of its time at which a clock of the clause may tell somebody, and the whole."""
    ladders, found = worlds.context.plan.people.ladders, {Fraction(1)}
    name, seen = worlds.clause.head.ladder, set[str]()
    while name in ladders and name not in seen:
        seen.add(name)
        found |= {step.at for step in ladders[name].steps if step.at}
        name = ladders[name].then
    return tuple(sorted(found))


def _opening(worlds: Worlds, calendar: str, at: I64) -> I64:
    grid = worlds.context.grid(calendar)
    try:
        return grid.next_open(at)
    except OutOfRange:
        return at


def _rows_ahead(worlds: Worlds, at: int) -> I64:
    """i64[n_cases]: the next instant at which what is known of each case speaks: a row ahead, or a state that has lasted long enough."""
    events = worlds.events
    assert events is not None
    result = np.full(len(events.bounds) - 1, NEVER)
    for us in (0, *_thresholds(worlds)):
        rows = np.flatnonzero(events.at + us > at)
        first = np.full(len(result), NEVER)
        np.minimum.at(first, events.case[rows], events.at[rows] + us)
        result = np.minimum(result, first)
    return result


def _thresholds(worlds: Worlds) -> Sequence[int]:
    """How long the states of a case itself must last, where the clock asks for any."""
    clause, plan = worlds.clause, worlds.context.plan
    during = [r.during for r in worlds.rules if r.during is not None]
    asked = (*clause.pauses, *([clause.again] if clause.again else []), *during)
    return sorted({us for us in (getattr(plan.states[n], "at_least_us", 0) for n in plan.states) if us}) if asked else ()
