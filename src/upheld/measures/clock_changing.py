"""Cycles in which the case says something else that the promise asks, after its start: new targets, new hours.

Law: on one calendar the stepped path, else the walk; both equal the fast path where nothing changes. What a case says between a stop
and its reopening judges nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I32, I64
from upheld.measures.clock_cycles import Cycles
from upheld.measures.clock_fast import NEVER, Steps, stepped, track
from upheld.measures.clock_frame import Line, Owed, Result, Setting, Work, dates_owed, gathered
from upheld.measures.clock_reading import Moving, Points
from upheld.measures.clock_roles import said_so_far
from upheld.measures.clock_terms import scaled
from upheld.measures.clock_walk import Stretches, walk
from upheld.plans.lookup import UNDECIDED

__all__ = ["change", "which_move"]

Mask = NDArray[np.bool_]


def which_move(work: Work, cycles: Cycles, owed: Owed, moving: Moving) -> Mask | None:
    """bool: the cycles in which the case says something else that the promise asks, after its start."""
    block = work.block
    moves: Mask | None = None
    if not work.setting.fast:
        return np.ones(len(owed.which), np.bool_)
    for name in moving.names:
        if name not in block.attributes:
            continue
        filled = said_so_far(block, name)
        differs = np.zeros(len(filled), np.bool_)
        np.not_equal(filled[1:], filled[:-1], out=differs[1:])
        differs[block.first[block.first < len(filled)]] = False
        rows = np.flatnonzero(differs)
        cycle = np.searchsorted(cycles.begin, rows, side="right") - 1
        inside = cycle >= 0
        rows, cycle = rows[inside], cycle[inside]
        begin = cycles.begin[cycle]
        last = np.minimum(cycles.end[cycle], block.bounds[1:][block.case[begin]] - 1)
        mine = (rows > block.last_of_instant(begin)) & (rows <= block.last_of_instant(last))
        found = np.zeros(len(cycles), np.bool_)
        found[cycle[mine]] = True
        found = found[owed.which]
        moves = found if moves is None else moves | found
    return moves


def change(work: Work, line: Line, owed: Owed, mine: I64, moving: Moving, result: Result) -> None:
    """Cycles whose target or calendar may change at their rows.

    Where nothing but the target can change, only the rows at which the case says something else are looked at.
    """
    if work.setting.fast and work.stood is None and moving.on_change != "restart":
        mine = _change(work, line, owed, mine, moving, result, sparse=True)
    if len(mine):
        _change(work, line, owed, mine, moving, result, sparse=False)


def _change(work: Work, line: Line, owed: Owed, mine: I64, moving: Moving, result: Result, *, sparse: bool) -> I64:
    """Judge the cycles; those that need each of their rows are given back where only some rows were looked at (``sparse``)."""
    setting, terms, block = work.setting, work.terms, work.block
    begin, end = line.begin[mine], line.end[mine]
    last = np.minimum(end, block.bounds[1:][block.case[begin]] - 1)         # the stop's own row is read too
    rows, turn, first = _turning(work, moving, begin, last) if sparse else _all_rows(begin, last)
    # a change that lies ahead is not in force yet
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
    plain = same & (np.maximum.reduceat(terms.dated[w], first) < 2) & (calendar[first] >= 0) & (moving.on_change != "restart")
    if not setting.fast:
        plain[:] = False
    judged: Mask = plain if sparse else np.ones(len(mine), np.bool_)        # the rest is asked again, with all rows
    owed.w[mine[judged]], owed.h[mine[judged]] = w[tail[judged]], h[tail[judged]]   # the row that judges is the last one in force
    for name in np.unique(calendar[first][plain]).tolist():
        chosen = np.flatnonzero(plain & (calendar[first] == name))
        _stepping(work, line, mine[chosen], rows, turn, chosen, w, moving, terms.calendars[name], result)
    if sparse:
        return np.compress(~plain, mine)
    for i in np.flatnonzero(~plain).tolist():
        entry = slice(int(first[i]), int(tail[i]) + 1)
        _walking(work, line, int(mine[i]), rows[entry], w[entry], h[entry], moving, result)
    return mine[:0]


def _all_rows(begin: I64, last: I64) -> tuple[I64, I64, I64]:
    """``(rows, turn, first)``: every row of each cycle, whose it is, and where each cycle's begin."""
    sizes = np.maximum(last - begin + 1, 1)
    first = np.cumsum(sizes) - sizes
    rows = np.repeat(begin - first, sizes) + np.arange(int(sizes.sum()))
    return rows, np.repeat(np.arange(len(begin)), sizes), first


def _turning(work: Work, moving: Moving, begin: I64, last: I64) -> tuple[I64, I64, I64]:
    """The same for the first row of each cycle and the rows whose instant says something else than the row before."""
    block = work.block
    marked = np.zeros(len(block.at), np.bool_)
    for name in moving.names:
        if name in block.attributes:
            said = said_so_far(block, name)
            said = said if block.tail is None else said[block.tail]
            marked[1:] |= said[1:] != said[:-1]
    at = np.flatnonzero(marked)
    low, high = np.searchsorted(at, begin, side="right"), np.searchsorted(at, last, side="right")
    sizes = np.maximum(high - low, 0) + 1
    first = np.cumsum(sizes) - sizes
    place = np.repeat(low - 1 - first, sizes) + np.arange(int(sizes.sum()))
    rows = at.take(place, mode="clip") if len(at) else np.zeros(len(place), np.int64)
    rows[first] = begin
    return rows, np.repeat(np.arange(len(begin)), sizes), first


def _stepping(work: Work, line: Line, mine: I64, rows: I64, turn: I64, chosen: I64, w: I32, moving: Moving, calendar: str,
              result: Result) -> None:
    setting, terms, block = work.setting, work.terms, work.block
    begin, end, start, stop = line.begin[mine], line.end[mine], line.start[mine], line.stop[mine]
    if calendar in work.paths:
        path, at, upto = work.path(calendar), begin, np.maximum(end, begin)
    else:
        taken, at, upto = gathered(begin, np.maximum(end, begin))
        counts = None if work.counts is None else work.counts[taken]
        path = track(setting.grids(calendar), block.at[taken], np.append(at, len(taken)), counts, setting.until, stop)
    place = np.full(int(turn.max()) + 1, -1)
    place[chosen] = np.arange(len(chosen))
    entry = np.flatnonzero(place[turn] >= 0)
    cycle = place[turn[entry]]
    row = at[cycle] + rows[entry] - begin[cycle]
    target = np.where(terms.dated[w[entry]] == 1, terms.amount[w[entry]], NEVER)
    first = np.searchsorted(cycle, np.arange(len(chosen)))
    steps = Steps(row, block.at[rows[entry]], first, target)
    found = stepped(path, steps, at, upto, start, stop, setting.clause.landing, recomputed=moving.recomputed)
    final = target[steps.last]
    promised = (final < NEVER) | found.over
    result.put(mine, found, np.where(final < NEVER, final, 0), promised)


def _walking(work: Work, line: Line, i: int, rows: I64, w: I32, h: I32, moving: Moving, result: Result) -> None:
    setting, terms, block = work.setting, work.terms, work.block
    start, stop = int(line.start[i]), int(line.stop[i])
    at = np.minimum(block.at[rows], max(stop, start))
    counts = np.ones(len(rows), np.bool_) if work.counts is None else work.counts[rows]
    kind = terms.dated[w]
    dates = dates_owed(work, np.full(len(rows), start), w, h, kind == 2)
    begun = dates_owed(work, np.maximum(at, start), w, h, kind == 2) if moving.on_change == "restart" else dates
    names = [terms.calendars[c] if c >= 0 else "" for c in terms.runs_on[w, h].tolist()]
    amount = terms.amount[w]
    if setting.portion is not None and (kind == 2).any():
        amount, kind = _portions(setting, names, amount, kind, start, np.where(moving.on_change == "restart", at, start), dates, begun)
    found = walk(Stretches(tuple(at.tolist()), tuple(counts.tolist()), tuple(names), tuple(kind.tolist()),
                           tuple(amount.tolist()), tuple(dates.tolist()), tuple(begun.tolist())),
                 setting.grids, start, stop, setting.clause.landing, moving.on_change, recomputed=moving.recomputed)
    rows_ = np.array([i])
    target = amount[-1:] if kind[-1] == 1 else np.zeros(1, np.int64)
    promised = np.array([bool(kind[-1] > 0) or bool(found.over[0])])
    if kind[-1] == 2:
        target = np.maximum(setting.grids(names[-1]).elapsed(np.array([start]), dates[-1:]), 0) if names[-1] else target
    result.put(rows_, found, target, promised)


def _portions(setting: Setting, names: list[str], amount: I64, kind: I64, start: int, since: I64, dates: I64, begun: I64) -> tuple[I64, I64]:
    """``(amount, kind)``: dates as open time, the portion asked for; what was reckoned where the terms came into force stays."""
    assert setting.portion is not None
    found = amount.copy()
    for i in np.flatnonzero(kind == 2).tolist():
        if i and kind[i - 1] == 2 and names[i] == names[i - 1] and dates[i] == dates[i - 1]:
            found[i] = found[i - 1]
            continue
        begin, end = (start, int(dates[i])) if not i else (int(since[i]), int(begun[i]))
        passed = int(setting.grids(names[i]).elapsed(np.array([begin]), np.array([end]))[0]) if names[i] else 0
        found[i] = scaled(max(passed, 0), setting.portion)
    return found, np.where(kind == 2, 1, kind)
