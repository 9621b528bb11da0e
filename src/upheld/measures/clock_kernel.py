"""The clock kernel: events and calendars in, what became of each case out.

Law: pure; cases never look at each other; the same rows give the same outcome in any block, on any number of threads. One calendar
a cycle and a fixed target take the fast path, changing targets the stepped one, changing calendars the walk; equal by law.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.spec import CalendarSpec
from upheld.facts.tables import I32, I64, CaseEvents
from upheld.measures import clock_outcomes as out
from upheld.measures.clock_changing import change as change_cycles
from upheld.measures.clock_changing import which_move
from upheld.measures.clock_cycles import Cycles, find_cycles
from upheld.measures.clock_fast import timed, track
from upheld.measures.clock_frame import Line, Owed, Result, Setting, Work, dates_owed, gathered
from upheld.measures.clock_outcomes import CaseOutcomes, joined
from upheld.measures.clock_reading import Moving, Points, Reader, moving, raw_names
from upheld.measures.clock_roles import block_of, fold, held
from upheld.measures.clock_terms import Terms, scaled, terms_of
from upheld.plans.lookup import UNDECIDED, axes_of
from upheld.plans.plan import StatusState
from upheld.plans.selector import attributes_of

__all__ = ["Setting", "all_levels", "kernel", "names_read", "no_outcomes"]

Mask = NDArray[np.bool_]
_ROWS_A_BLOCK = 262_144
_MANY = 4
"""Where a quarter of the cases run on a calendar, the totals of the whole block cost less than gathering their rows."""


def kernel(setting: Setting, events: CaseEvents, level: int = 0, threads: int = 2) -> CaseOutcomes:
    """The outcomes of all cases at one share level, in (case, cycle, leaf) order. Raises OutOfRange where a calendar is too short."""
    terms = terms_of(setting.clause, level, setting.portion)
    for name in terms.calendars:                       # compiled before threads ask for them
        setting.grids(name)
        setting.whole(name)
    names = names_read(setting)
    moves_by = moving(setting.plan, setting.clause)
    n_cases = len(events.bounds) - 1
    cuts = np.unique(np.append(np.searchsorted(events.bounds, np.arange(0, len(events), _ROWS_A_BLOCK), side="left"), n_cases))
    cuts = cuts[cuts <= n_cases]
    pairs = list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))

    def one(pair: tuple[int, int]) -> CaseOutcomes:
        return _block(setting, events, pair[0], pair[1], terms, moves_by, names)

    if threads > 1 and len(pairs) > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(one, pairs))
            columns = pool.map(lambda f: np.concatenate([getattr(p, f.name) for p in parts]), fields(CaseOutcomes))
            return CaseOutcomes(*columns)
    parts = [one(pair) for pair in pairs]
    if len(parts) > 1:
        return CaseOutcomes(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(CaseOutcomes)))
    return parts[0] if len(parts) == 1 else no_outcomes()


def names_read(setting: Setting) -> frozenset[str]:
    """The raw attributes that the promise, the hours and the states of the case are read from."""
    plan, clause = setting.plan, setting.clause
    names = frozenset().union(*(raw_names(plan, a) for a in (*axes_of(clause.within), *axes_of(clause.head.hours), "customer", "tier")))
    states = (*setting.roles.pauses, *([setting.roles.again] if setting.roles.again is not None else []))
    return names.union(*(attributes_of(rule.where) for rule, _ in states if isinstance(rule, StatusState)))


def _block(setting: Setting, events: CaseEvents, low: int, high: int, terms: Terms, moves_by: Moving, names: frozenset[str]) -> CaseOutcomes:
    block, tie = block_of(events, low, high, names)
    row0 = int(events.bounds[low])
    bits = fold(setting.roles.bits(events, row0, row0 + len(block.at)), tie)
    paused: Mask | None = None
    for (rule, shift), only in zip(setting.roles.pauses, setting.only or (None,) * len(setting.roles.pauses), strict=True):
        state = held(block, rule, shift, bits, setting.until)
        if only is not None:
            state &= only[low + block.case]
        paused = state if paused is None else paused | state
    again = None
    if setting.roles.again is not None:
        again = held(block, setting.roles.again[0], setting.roles.again[1], bits, setting.until)
    cycles = find_cycles(block, bits, setting.clause.reopen_us, again, setting.until)
    if not len(cycles):
        return no_outcomes()
    counts = ~paused if paused is not None else None
    stood: Mask | None = None
    if cycles.gaps is not None:
        depth = np.zeros(len(block.at) + 1, np.int32)
        depth[cycles.gaps[0]] += 1
        depth[cycles.gaps[1]] -= 1
        stood = np.cumsum(depth[:-1]) > 0
        counts = ~stood if counts is None else counts & ~stood
        stood[cycles.gaps[0]] = False                    # at the stop itself the case is still judged
    reader = Reader(setting.plan, block, setting.subscriptions, _zone(setting))
    work = Work(setting, block, reader, terms, counts, paused, stood, row0, low)
    return _outcomes(work, cycles, moves_by)


def _zone(setting: Setting) -> str:
    hours = setting.clause.head.hours
    spec: CalendarSpec | None = setting.plan.calendars.get(hours.leaves[0] or "") if hours.is_constant else None
    return setting.plan.zone if spec is None else spec.zone


def _outcomes(work: Work, cycles: Cycles, moves_by: Moving) -> CaseOutcomes:
    setting, block, terms = work.setting, work.block, work.terms
    number = None if setting.numbers is None else setting.numbers[work.case0 + block.case[cycles.begin]]
    points = Points(_last_known(work, cycles) if moves_by.names else cycles.begin, cycles.begin, np.arange(len(cycles)), number)
    w, h = work.reader.leaf(setting.clause.within, points), work.reader.leaf(setting.clause.head.hours, points)
    which, w, sure = _spread(w, len(terms.within))
    owed = Owed(which, w, h[which], sure)
    start = block.at[cycles.begin[which]]
    stopped, ended = cycles.stopped[which], cycles.ended[which]
    end = cycles.end[which]
    stop = np.maximum(start, setting.until)
    closed = np.flatnonzero(stopped | ended)
    stop[closed] = block.at[end[closed]]
    line = Line(cycles.begin[which], end, start, stop)
    calendar = terms.runs_on[owed.w, np.maximum(owed.h, -1)]
    moves = which_move(work, cycles, owed, moves_by)
    result = Result.empty(len(which))
    fixed = np.ones(len(which), np.bool_) if moves is None else ~moves
    for number_ in np.unique(calendar[fixed]).tolist():
        mine = np.flatnonzero(fixed & (calendar == number_))
        if number_ >= 0:
            _fixed(work, line, owed, mine, terms.calendars[number_], result)
    if moves is not None and moves.any():
        change_cycles(work, line, owed, np.flatnonzero(moves), moves_by, result)
    return _table(work, cycles, line, owed, terms.runs_on[owed.w, np.maximum(owed.h, -1)], result)


def _last_known(work: Work, cycles: Cycles) -> I64:
    """The last row of each cycle that is not ahead of the horizon; its start at least. The row of the stop belongs to it."""
    block = work.block
    return _not_ahead(work, cycles.begin, np.minimum(cycles.end, block.bounds[1:][block.case[cycles.begin]] - 1))


def _not_ahead(work: Work, begin: I64, last: I64) -> I64:
    """The rows ``last``, or those before them that are not ahead of the horizon; ``begin`` at least."""
    block = work.block
    ahead = np.flatnonzero(block.at > work.setting.until)
    if len(ahead):
        ahead = np.append(ahead, len(block.at))
        last = np.minimum(last, ahead[np.searchsorted(ahead, begin)] - 1)
    return np.maximum(last, begin)


def _spread(w: I32, n_leaves: int) -> tuple[I64, I32, Mask]:
    """A cycle that does not say what the promise asks is owed by every row of it, unsure."""
    unsure = w == UNDECIDED
    if not unsure.any():
        return np.arange(len(w)), np.maximum(w, -1), np.ones(len(w), np.bool_)
    times = np.where(unsure, n_leaves, 1)
    which = np.repeat(np.arange(len(w)), times)
    turn = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    return which, np.where(unsure[which], turn, np.maximum(w[which], -1)).astype(np.int32), ~unsure[which]


def _fixed(work: Work, line: Line, owed: Owed, mine: I64, calendar: str, result: Result) -> None:
    """Cycles that run on one calendar to one target."""
    setting, terms, block = work.setting, work.terms, work.block
    grid = setting.grids(calendar)
    every = len(mine) == len(owed.w)
    if not every:
        line, owed = line.take(mine), owed.take(mine)
    begin, end, start, stop, w = line.begin, line.end, line.start, line.stop, owed.w
    kind = terms.dated[w]
    target = np.where(kind == 1, terms.amount[w], 0)
    dated, dates = kind == 2, start
    if dated.any():
        dates = dates_owed(work, start, w, owed.h, dated)
        target[dated] = grid.elapsed(start[dated], dates[dated])
        np.maximum(target, 0, out=target)
        if setting.portion is not None:                # a part of the open time until the date
            target[dated] = [scaled(amount, setting.portion) for amount in target[dated].tolist()]
            dated = np.zeros(len(dated), np.bool_)
    if every or calendar in work.paths or _MANY * len(mine) >= len(work.block.bounds):
        path, at, upto = work.path(calendar), begin, end
    else:
        rows, at, upto = gathered(begin, end)
        bounds = np.append(at, len(rows))
        path = track(grid, block.at[rows], bounds, None if work.counts is None else work.counts[rows], setting.until,
                     stop)
    found = timed(path, at, upto, start, stop, target, (dated, dates) if dated.any() else None, setting.clause.landing)
    result.put(mine, found, target, kind > 0)


def _table(work: Work, cycles: Cycles, line: Line, owed: Owed, calendar: I64, found: Result) -> CaseOutcomes:
    setting, block, which = work.setting, work.block, owed.which
    n = len(which)
    stopped, ended = cycles.stopped[which].copy(), cycles.ended[which]
    stop = np.where(stopped, line.stop, 0)
    promised = found.promised
    state = np.where(stopped, out.STOPPED, out.RUNNING).astype(np.uint8)
    state[ended] = out.ENDED
    open_ = np.flatnonzero(~stopped & ~ended)
    if work.paused is not None and len(open_):
        state[open_[work.paused[_not_ahead(work, line.begin[open_], line.end[open_] - 1)]]] = out.PAUSED
    ahead = ~stopped & (line.start > setting.until)
    state[ahead] = out.NOT_BEGUN
    verdict = np.where(found.over, out.MISSED, np.where(stopped, out.MET, out.PENDING)).astype(np.uint8)
    reason = np.zeros(n, np.uint16)
    reason[ahead] = out.AHEAD
    reason[found.shortened] = out.SHORTENED
    over = ended & ~found.over
    verdict[over], reason[over] = out.LEFT_OUT, out.DUTY_ENDED
    verdict[~promised] = out.NO_PROMISE
    reason[~promised & (owed.w < 0)] = out.NO_ROW_FOR_IT
    reason[~owed.sure] = out.NOT_SAID
    wall = line.stop - line.start
    early = cycles.early[which]
    moment = np.flatnonzero((early >= 0) & promised & (work.terms.dated[owed.w] == 1) & (found.target == 0) & (cycles.number[which] == 0))
    if len(moment):
        stop[moment], stopped[moment] = block.at[early[moment]], True
        found.elapsed[moment], found.paused[moment], wall[moment] = 0, 0, 0
        found.due[moment], found.over[moment] = line.start[moment], False
        verdict[moment], state[moment], reason[moment] = out.MET, out.STOPPED, out.EARLY
    due_known = promised & ~found.never
    final = np.minimum(np.where(cycles.stopped[which] | ended, line.end, line.end - 1), len(block.at) - 1)
    return CaseOutcomes(
        case=(work.case0 + block.case[line.begin]).astype(np.int32), cycle=cycles.number[which], start=line.start, stop=stop,
        has_stop=stopped, due=np.where(due_known, found.due, 0), has_due=due_known, missed_at=np.where(found.over, found.missed_at, 0),
        has_miss=found.over, target_us=found.target, has_target=promised, elapsed_us=found.elapsed, paused_us=found.paused, wall_us=wall,
        state=state, verdict=verdict, reason=reason, leaf=owed.w, level=np.full(n, work.terms.level, np.int16),
        hours=calendar.astype(np.int16), sure=owed.sure, first_row=work.row0 + line.begin, last_row=work.row0 + final,
    )


def no_outcomes() -> CaseOutcomes:
    """A table without any case."""
    kinds = {"case": np.int32, "cycle": np.int16, "state": np.uint8, "verdict": np.uint8, "reason": np.uint16, "leaf": np.int32,
             "level": np.int16, "hours": np.int16, "has_stop": np.bool_, "has_due": np.bool_, "has_miss": np.bool_,
             "has_target": np.bool_, "sure": np.bool_}
    return CaseOutcomes(*(np.zeros(0, kinds.get(f.name, np.int64)) for f in fields(CaseOutcomes)))


def all_levels(setting: Setting, events: CaseEvents, threads: int = 2) -> CaseOutcomes:
    """The outcomes at every share level of the promise, together."""
    most = max((len(p) for p in setting.clause.within.leaves if p is not None), default=1)
    found = [kernel(setting, events, level, threads) for level in range(max(most, 1))]
    kept = [found[0], *(f.take(f.has_target) for f in found[1:])]
    return joined(kept)
