"""The clock kernel: events and calendars in, what became of each case out.

Law: pure; cases never look at each other; the same rows give the same outcome in any block, on any number of threads. One calendar
a cycle and a fixed target take the fast path, changing targets the stepped one, changing calendars the walk; equal by law.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.deadlines import date_deadline
from upheld.calendars.grid import Grid
from upheld.calendars.spec import CalendarSpec
from upheld.facts.tables import I32, I64, CaseEvents, Subscriptions
from upheld.measures import clock_outcomes as out
from upheld.measures.clock_cycles import Cycles, find_cycles
from upheld.measures.clock_fast import NEVER, Steps, Timed, stepped, timed, track
from upheld.measures.clock_outcomes import CaseOutcomes, joined
from upheld.measures.clock_reading import Moving, Points, Reader, moving, raw_names
from upheld.measures.clock_roles import Block, Roles, block_of, fold, held
from upheld.measures.clock_terms import Terms, terms_of
from upheld.measures.clock_walk import Stretches, walk
from upheld.plans.lookup import UNDECIDED, axes_of
from upheld.plans.plan import ClockPlan, Plan, StatusState
from upheld.plans.selector import attributes_of

__all__ = ["Setting", "all_levels", "cycle_stretches", "kernel", "no_outcomes"]

Mask = NDArray[np.bool_]
_ROWS_A_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything the kernel needs besides events: the clause under its plan, the roles, the calendars, the horizon.

    ``grids`` by calendar name, spans that suspend the clock already taken out; ``whole`` the same calendars untouched, on which
    dates are found. ``numbers`` i64[n_cases]: the number of cases each case is counted among, where a look-up asks for it. ``only``: the
    cases (bool[n_cases]) that each of the roles' pauses concerns, None: all. ``fast`` False sends every cycle on the walk.
    """

    plan: Plan
    clause: ClockPlan
    roles: Roles
    grids: Callable[[str], Grid]
    whole: Callable[[str], Grid]
    until: int
    subscriptions: Subscriptions | None = None
    numbers: I64 | None = None
    only: tuple[Mask | None, ...] = ()
    fast: bool = True


def kernel(setting: Setting, events: CaseEvents, level: int = 0, threads: int = 2) -> CaseOutcomes:
    """The outcomes of all cases at one share level, in (case, cycle, leaf) order. Raises OutOfRange where a calendar is too short."""
    terms = terms_of(setting.clause, level)
    for name in terms.calendars:                       # compiled before threads ask for them
        setting.grids(name)
        setting.whole(name)
    names = _names(setting)
    change = moving(setting.plan, setting.clause)
    n_cases = len(events.bounds) - 1
    cuts = np.unique(np.append(np.searchsorted(events.bounds, np.arange(0, len(events), _ROWS_A_BLOCK), side="left"), n_cases))
    cuts = cuts[cuts <= n_cases]
    pairs = list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))

    def one(pair: tuple[int, int]) -> CaseOutcomes:
        return _block(setting, events, pair[0], pair[1], terms, change, names)

    if threads > 1 and len(pairs) > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(one, pairs))
    else:
        parts = [one(pair) for pair in pairs]
    return _stacked(parts) if parts else no_outcomes()


def _stacked(parts: list[CaseOutcomes]) -> CaseOutcomes:
    from dataclasses import fields

    if len(parts) == 1:
        return parts[0]
    return CaseOutcomes(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(CaseOutcomes)))


def _names(setting: Setting) -> frozenset[str]:
    plan, clause = setting.plan, setting.clause
    names = frozenset().union(*(raw_names(plan, a) for a in (*axes_of(clause.within), *axes_of(clause.head.hours), "customer", "tier")))
    states = (*setting.roles.pauses, *([setting.roles.again] if setting.roles.again is not None else []))
    return names.union(*(attributes_of(rule.where) for rule, _ in states if isinstance(rule, StatusState)))


@dataclass(frozen=True, slots=True)
class _Work:
    """One block on its way: what every step needs."""

    setting: Setting
    block: Block
    reader: Reader
    terms: Terms
    counts: Mask | None
    paused: Mask | None
    stood: Mask | None
    row0: int
    case0: int


def _block(setting: Setting, events: CaseEvents, low: int, high: int, terms: Terms, change: Moving, names: frozenset[str]) -> CaseOutcomes:
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
    work = _Work(setting, block, reader, terms, counts, paused, stood, row0, low)
    return _outcomes(work, cycles, change)


def _zone(setting: Setting) -> str:
    hours = setting.clause.head.hours
    spec: CalendarSpec | None = setting.plan.calendars.get(hours.leaves[0] or "") if hours.is_constant else None
    return setting.plan.zone if spec is None else spec.zone


def _outcomes(work: _Work, cycles: Cycles, change: Moving) -> CaseOutcomes:
    setting, block, terms = work.setting, work.block, work.terms
    number = None if setting.numbers is None else setting.numbers[work.case0 + block.case[cycles.begin]]
    points = Points(_last_known(work, cycles) if change.names else cycles.begin, cycles.begin, np.arange(len(cycles)), number)
    w, h = work.reader.leaf(setting.clause.within, points), work.reader.leaf(setting.clause.head.hours, points)
    which, w, sure = _spread(w, len(terms.within))
    owed = _Owed(which, w, h[which], sure)
    start = block.at[cycles.begin[which]]
    stopped, ended = cycles.stopped[which], cycles.ended[which]
    end = cycles.end[which]
    stop = np.maximum(start, setting.until)
    closed = np.flatnonzero(stopped | ended)
    stop[closed] = block.at[end[closed]]
    line = _Line(cycles.begin[which], end, start, stop)
    calendar = terms.runs_on[owed.w, np.maximum(owed.h, -1)]
    moves = _moving(work, cycles, owed, change)
    result = _Result.empty(len(which))
    fixed = np.ones(len(which), np.bool_) if moves is None else ~moves
    for number_ in np.unique(calendar[fixed]).tolist():
        mine = np.flatnonzero(fixed & (calendar == number_))
        if number_ >= 0:
            _fixed(work, line, owed, mine, terms.calendars[number_], result)
    if moves is not None and moves.any():
        _changing(work, cycles, line, owed, np.flatnonzero(moves), change, result)
    return _table(work, cycles, line, owed, calendar, result)


def _last_known(work: _Work, cycles: Cycles) -> I64:
    """The last row of each cycle that is not ahead of the horizon; its start at least. The row of the stop belongs to it."""
    block = work.block
    last = np.minimum(cycles.end, block.bounds[1:][block.case[cycles.begin]] - 1)
    ahead = np.flatnonzero(block.at > work.setting.until)
    if len(ahead):
        ahead = np.append(ahead, len(block.at))
        last = np.minimum(last, ahead[np.searchsorted(ahead, cycles.begin)] - 1)
    return np.maximum(last, cycles.begin)


@dataclass(frozen=True, slots=True)
class _Owed:
    """Cycles as they are owed, one entry for each row of the promise they may belong to."""

    which: I64
    w: I32
    h: I32
    sure: Mask

    def take(self, rows: I64) -> _Owed:
        return _Owed(self.which[rows], self.w[rows], self.h[rows], self.sure[rows])


@dataclass(frozen=True, slots=True)
class _Line:
    begin: I64
    end: I64
    start: I64
    stop: I64

    def take(self, rows: I64) -> _Line:
        return _Line(self.begin[rows], self.end[rows], self.start[rows], self.stop[rows])


@dataclass(frozen=True, slots=True)
class _Result:
    elapsed: I64
    paused: I64
    due: I64
    over: Mask
    missed_at: I64
    shortened: Mask
    never: Mask
    target: I64
    promised: Mask

    @classmethod
    def empty(cls, n: int) -> _Result:
        def zero() -> I64:
            return np.zeros(n, np.int64)

        def no() -> Mask:
            return np.zeros(n, np.bool_)

        return cls(zero(), zero(), zero(), no(), zero(), no(), no(), zero(), no())

    def put(self, rows: I64, found: Timed, target: I64, promised: Mask) -> None:
        """Set the entries of some cycles."""
        if len(rows) == len(self.elapsed):
            rows = slice(None)  # type: ignore[assignment]
        for name in ("elapsed", "paused", "due", "over", "missed_at", "shortened", "never"):
            getattr(self, name)[rows] = getattr(found, name)
        self.target[rows] = target
        self.promised[rows] = promised
        self.over[rows] &= promised


def _spread(w: I32, n_leaves: int) -> tuple[I64, I32, Mask]:
    """A cycle that does not say what the promise asks is owed by every row of it, unsure."""
    unsure = w == UNDECIDED
    if not unsure.any():
        return np.arange(len(w)), np.maximum(w, -1), np.ones(len(w), np.bool_)
    times = np.where(unsure, n_leaves, 1)
    which = np.repeat(np.arange(len(w)), times)
    turn = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    return which, np.where(unsure[which], turn, np.maximum(w[which], -1)).astype(np.int32), ~unsure[which]


def _fixed(work: _Work, line: _Line, owed: _Owed, mine: I64, calendar: str, result: _Result) -> None:
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
        dates = _dates(work, start, w, owed.h, dated)
        target[dated] = grid.elapsed(start[dated], dates[dated])
        np.maximum(target, 0, out=target)
    if every:
        path = track(grid, block.at, block.bounds, work.counts, setting.until)
        at, upto = begin, end
    else:
        rows, at, upto = _gathered(begin, end)
        bounds = np.append(at, len(rows))
        path = track(grid, block.at[rows], bounds, None if work.counts is None else work.counts[rows], setting.until,
                     stop)
    found = timed(path, at, upto, start, stop, target, (dated, dates) if dated.any() else None, setting.clause.landing)
    result.put(mine, found, target, kind > 0)


def _gathered(begin: I64, end: I64) -> tuple[I64, I64, I64]:
    """``(rows, at, upto)``: the rows of cycles side by side (at least one each), and where each begins and ends among them."""
    sizes = np.maximum(end - begin, 1)
    at = np.cumsum(sizes) - sizes
    rows = np.repeat(begin - at, sizes) + np.arange(int(sizes.sum()))
    return rows, at, at + (end - begin)


def _dates(work: _Work, start: I64, w: I32, h: I32, dated: Mask) -> I64:
    """The dates owed, found on calendars that nothing suspends."""
    dates = start.copy()
    for leaf, within in enumerate(work.terms.within):
        if within is None or within.unit == "time":
            continue
        on = work.terms.dated_on[leaf, h]
        for calendar in np.unique(on[dated & (w == leaf)]).tolist():
            mine = np.flatnonzero(dated & (w == leaf) & (on == calendar))
            if calendar >= 0:
                grid = work.setting.whole(work.terms.calendars[calendar])
                dates[mine] = date_deadline(grid, start[mine], within.unit, within.amount, within.at, work.setting.clause.landing)
    return dates


def _moving(work: _Work, cycles: Cycles, owed: _Owed, change: Moving) -> Mask | None:
    """bool: the cycles in which the case says something else that the promise asks, after its start."""
    block = work.block
    moves: Mask | None = None
    if not work.setting.fast:
        return np.ones(len(owed.which), np.bool_)
    for name in change.names:
        column = block.attributes.get(name)
        if column is None:
            continue
        said = np.flatnonzero(column.codes >= 0)
        if not len(said):
            continue
        differs = np.ones(len(said), np.bool_)
        differs[1:] = (column.codes[said[1:]] != column.codes[said[:-1]]) | (block.case[said[1:]] != block.case[said[:-1]])
        changes = said[differs]
        first = block.last_of_instant(cycles.begin)
        last = np.minimum(cycles.end, block.bounds[1:][block.case[cycles.begin]] - 1)
        last = block.last_of_instant(last)
        found = (np.searchsorted(changes, last, side="right") > np.searchsorted(changes, first, side="right"))[owed.which]
        moves = found if moves is None else moves | found
    return moves


def _changing(work: _Work, cycles: Cycles, line: _Line, owed: _Owed, mine: I64, change: Moving, result: _Result) -> None:
    """Cycles whose target or calendar may change at their rows."""
    setting, terms, block = work.setting, work.terms, work.block
    begin, end = line.begin[mine], line.end[mine]
    last = np.minimum(end, block.bounds[1:][block.case[begin]] - 1)         # the stop's own row is read too
    # a change that lies ahead is not in force yet
    sizes = np.maximum(last - begin + 1, 1)
    first = np.cumsum(sizes) - sizes
    rows = np.repeat(begin - first, sizes) + np.arange(int(sizes.sum()))
    turn = np.repeat(np.arange(len(mine)), sizes)
    ahead = (block.at[rows] > setting.until) & (rows > begin[turn])
    if ahead.any():
        rows, turn = rows[~ahead], turn[~ahead]
        first = np.searchsorted(turn, np.arange(len(mine)))
    number = None if setting.numbers is None else setting.numbers[work.case0 + block.case[rows]]
    points = Points(rows, begin[turn], turn, number)
    w = work.reader.leaf(setting.clause.within, points)
    h = work.reader.leaf(setting.clause.head.hours, points)
    # what is not said yet promises nothing yet; what is never said is owed by every row
    w = np.where(w == UNDECIDED, np.where(owed.sure[mine], -1, owed.w[mine])[turn], np.maximum(w, -1)).astype(np.int32)
    h = np.maximum(h, -1)
    if work.stood is not None:
        # what a case says between a stop and its reopening judges nothing: what was in force at the stop goes on
        entries = np.maximum.accumulate(np.where(work.stood[rows], 0, np.arange(len(rows))))
        w, h = w[entries], h[entries]
    calendar = terms.runs_on[w, h]
    same = np.minimum.reduceat(calendar, first) == np.maximum.reduceat(calendar, first)
    tail = np.append(first[1:], len(rows)) - 1
    owed.w[mine], owed.h[mine] = w[tail], h[tail]                           # the row that judges is the last one in force
    plain = same & (np.maximum.reduceat(terms.dated[w], first) < 2) & (calendar[first] >= 0) & (change.on_change != "restart")
    if not setting.fast:
        plain[:] = False
    for name in np.unique(calendar[first][plain]).tolist():
        chosen = np.flatnonzero(plain & (calendar[first] == name))
        _stepping(work, line, mine[chosen], rows, turn, chosen, w, change, terms.calendars[name], result)
    for i in np.flatnonzero(~plain).tolist():
        entry = slice(int(first[i]), int(tail[i]) + 1)
        _walking(work, line, int(mine[i]), rows[entry], w[entry], h[entry], change, result)


def _stepping(work: _Work, line: _Line, mine: I64, rows: I64, turn: I64, chosen: I64, w: I32, change: Moving, calendar: str, result: _Result) -> None:
    setting, terms, block = work.setting, work.terms, work.block
    begin, end, start, stop = line.begin[mine], line.end[mine], line.start[mine], line.stop[mine]
    grid = setting.grids(calendar)
    taken, at, upto = _gathered(begin, np.maximum(end, begin))
    path = track(grid, block.at[taken], np.append(at, len(taken)), None if work.counts is None else work.counts[taken], setting.until, stop)
    place = np.full(int(turn.max()) + 1, -1)
    place[chosen] = np.arange(len(chosen))
    entry = np.flatnonzero(place[turn] >= 0)
    cycle = place[turn[entry]]
    row = at[cycle] + rows[entry] - begin[cycle]
    target = np.where(terms.dated[w[entry]] == 1, terms.amount[w[entry]], NEVER)
    first = np.searchsorted(cycle, np.arange(len(chosen)))
    steps = Steps(row, block.at[rows[entry]], first, target)
    found = stepped(path, steps, at, upto, start, stop, setting.clause.landing, recomputed=change.recomputed)
    final = target[steps.last]
    promised = (final < NEVER) | found.over
    result.put(mine, found, np.where(final < NEVER, final, 0), promised)


def _walking(work: _Work, line: _Line, i: int, rows: I64, w: I32, h: I32, change: Moving, result: _Result) -> None:
    setting, terms, block = work.setting, work.terms, work.block
    start, stop = int(line.start[i]), int(line.stop[i])
    at = np.minimum(block.at[rows], max(stop, start))
    counts = np.ones(len(rows), np.bool_) if work.counts is None else work.counts[rows]
    kind = terms.dated[w]
    dates = _dates(work, np.full(len(rows), start), w, h, kind == 2)
    begun = _dates(work, np.maximum(at, start), w, h, kind == 2) if change.on_change == "restart" else dates
    names = [terms.calendars[c] if c >= 0 else "" for c in terms.runs_on[w, h].tolist()]
    found = walk(Stretches(tuple(at.tolist()), tuple(counts.tolist()), tuple(names), tuple(kind.tolist()),
                           tuple(terms.amount[w].tolist()), tuple(dates.tolist()), tuple(begun.tolist())),
                 setting.grids, start, stop, setting.clause.landing, change.on_change, recomputed=change.recomputed)
    rows_ = np.array([i])
    target = terms.amount[w[-1:]] if kind[-1] == 1 else np.zeros(1, np.int64)
    promised = np.array([bool(kind[-1] > 0) or bool(found.over[0])])
    if kind[-1] == 2:
        target = np.maximum(setting.grids(names[-1]).elapsed(np.array([start]), dates[-1:]), 0) if names[-1] else target
    result.put(rows_, found, target, promised)


def _table(work: _Work, cycles: Cycles, line: _Line, owed: _Owed, calendar: I64, found: _Result) -> CaseOutcomes:
    setting, block, which = work.setting, work.block, owed.which
    n = len(which)
    stopped, ended = cycles.stopped[which].copy(), cycles.ended[which]
    stop = np.where(stopped, line.stop, 0)
    promised = found.promised
    state = np.where(stopped, out.STOPPED, out.RUNNING).astype(np.uint8)
    state[ended] = out.ENDED
    open_ = np.flatnonzero(~stopped & ~ended)
    if work.paused is not None and len(open_):
        state[open_[work.paused[line.end[open_] - 1]]] = out.PAUSED
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
    from dataclasses import fields

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


def cycle_stretches(setting: Setting, events: CaseEvents, case: int, first_row: int, end: int) -> list[tuple[int, int, bool, str, str]]:
    """``(begin, end, counts, opened by, closed by)`` of each stretch between the rows of one cycle, up to ``end``."""
    block, tie = block_of(events, case, case + 1, _names(setting))
    row0 = int(events.bounds[case])
    bits = fold(setting.roles.bits(events, row0, row0 + len(block.at)), tie)
    counts = np.ones(len(block.at), np.bool_)
    for (rule, shift), only in zip(setting.roles.pauses, setting.only or (None,) * len(setting.roles.pauses), strict=True):
        if only is None or only[case]:
            counts &= ~held(block, rule, shift, bits, setting.until)
    cycles = find_cycles(block, bits, setting.clause.reopen_us, None, setting.until) if setting.roles.again is None else None
    if cycles is not None and cycles.gaps is not None:
        for stop, begin in zip(cycles.gaps[0].tolist(), cycles.gaps[1].tolist(), strict=True):
            counts[stop:begin] = False
    names = [events.event.names[c] if c >= 0 else "" for c in events.event.codes[row0:row0 + len(block.at)].tolist()]
    found = []
    for i in range(first_row - row0, len(block.at)):
        begin = int(block.at[i])
        last = i + 1 == len(block.at)
        close = end if last else min(int(block.at[i + 1]), end)
        if close > begin:
            found.append((begin, close, bool(counts[i]), names[i], "" if last else names[i + 1]))
    return found
