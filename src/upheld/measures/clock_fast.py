"""The clock on one calendar: elapsed time, due instant and miss of many cycles from one running total of working time.

Law: ``elapsed`` is open time in which the cycle runs and no pause holds; ``due`` is the first instant at which it reaches the
target, ``missed_at`` the first at which it exceeds the target then in force. A pause after the due instant changes nothing.

Idea: the table is sorted by case, so that one cumulative sum over all rows serves every cycle; elapsed time is a difference of two
of its entries, and the row in which a target is used up is found by bisection in it (background: prefix sums, Blelloch 1990).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.grid import Grid, Landing, OutOfRange
from upheld.facts.tables import I64

__all__ = ["NEVER", "Steps", "Timed", "Track", "stepped", "timed", "track"]

Mask = NDArray[np.bool_]
NEVER = 2**61
"""The target of rows without a promise."""
_LONG_AGO = -(2**62)


@dataclass(frozen=True, slots=True)
class Track:
    """Rows on one calendar. ``at``: where each row's stretch begins, cut at the horizon; ``work``: open time before it;
    ``total`` i64[n+1]: counted open time before each row, over all rows.
    """

    grid: Grid
    until: int
    at: I64
    work: I64
    total: I64


@dataclass(frozen=True, slots=True)
class Timed:
    """One entry a cycle. ``over``: the target is exceeded, from ``missed_at`` on; ``shortened``: by a change of the target.
    ``never``: the calendar does not hold enough open time ever to be due.
    """

    elapsed: I64
    paused: I64
    due: I64
    over: Mask
    missed_at: I64
    shortened: Mask
    never: Mask


def track(grid: Grid, at: I64, bounds: I64, counts: Mask | None, until: int, close: I64 | None = None) -> Track:
    """The running totals of all rows; ``bounds`` delimits stretches of rows, each followed to ``close`` (i64 each; None: to
    ``until``). ``counts``: where time counts.
    """
    n = len(at)
    known = at if not n or int(at.max()) <= until else np.minimum(at, until)
    work = grid.work(known)
    total = np.zeros(n + 1, np.int64)
    amounts = total[1:]
    np.subtract(work[1:], work[:-1], out=amounts[:-1])
    filled = np.diff(bounds) > 0
    last = bounds[1:][filled] - 1
    amounts[last] = (int(grid.work(np.array([until]))[0]) if close is None else grid.work(np.minimum(close, until))[filled]) - work[last]
    if counts is not None:
        np.multiply(amounts, counts, out=amounts)
    np.cumsum(amounts, out=amounts)
    return Track(grid, until, known, work, total)


def timed(line: Track, begin: I64, end: I64, start: I64, stop: I64, target: I64, deadline: tuple[Mask, I64] | None, landing: Landing) -> Timed:
    """The cycles from row ``begin`` to row ``end`` (exclusive), ``start`` to ``stop`` (instants; the horizon while they run).

    ``target`` µs; ``deadline``: which cycles owe a date instead (their target is the open time until then) and the dates.
    """
    used_before = line.total[begin]
    elapsed = line.total[end] - used_before
    paused = line.grid.work(np.minimum(stop, line.until))
    paused -= line.work[begin]
    paused -= elapsed
    left = target - elapsed
    over = left < 0
    hit = left <= 0
    from_, ahead = stop, left
    rows = np.flatnonzero(hit)
    crossed = np.empty(0, np.int64)
    if len(rows):
        crossed, rest = _crossing(line, begin[rows], used_before[rows] + target[rows], "left")
        from_, ahead = stop.copy(), left
        from_[rows] = np.maximum(line.at[crossed], start[rows])
        ahead[rows] = rest
    due, never = _reached(line.grid, from_, ahead, landing)
    missed_at = due.copy()
    exceeded = np.flatnonzero(over)
    if len(exceeded):
        row, rest = _crossing(line, begin[exceeded], used_before[exceeded] + target[exceeded], "right")
        missed_at[exceeded] = line.grid.due(line.at[row], rest, "next_open")
    if deadline is not None:
        _dated(line, begin, stop, paused, rows, crossed, deadline, due, over, missed_at, never)
    return Timed(elapsed, paused, due, over, missed_at, np.zeros(len(begin), np.bool_), never)


def _reached(grid: Grid, start: I64, amount: I64, landing: Landing) -> tuple[I64, Mask]:
    """When the open time is used up, and which entries it never is: a calendar may be suspended until it ends."""
    never = np.zeros(len(start), np.bool_)
    try:
        return grid.due(start, amount, landing), never
    except OutOfRange:
        # the last opening must lie behind the start too, for a landing there
        never = grid.work(start) + np.maximum(amount, 1) > grid.total - (landing == "next_open")
        due = start.copy()
        due[~never] = grid.due(start[~never], amount[~never], landing)
        return due, never


def _crossing(line: Track, begin: I64, wanted: I64, side: str) -> tuple[I64, I64]:
    """The row in whose stretch the total reaches (left) or leaves (right) ``wanted``, and how much of the stretch that takes."""
    row = np.searchsorted(line.total, wanted, side="left" if side == "left" else "right") - 1
    row = np.maximum(row, begin)
    return row, wanted - line.total[row]


def _dated(line: Track, begin: I64, stop: I64, paused: I64, rows: I64, crossed: I64, deadline: tuple[Mask, I64],
           due: I64, over: Mask, missed_at: I64, never: Mask) -> None:
    """Dates stand unless the clock was paused before them; then they move by the paused open time. Late is later than the date."""
    dated, date = deadline
    before = paused.copy()
    before[rows] = line.work[crossed] - line.work[begin[rows]] - (line.total[crossed] - line.total[begin[rows]])
    stands = dated & (before == 0)
    never[stands] = False
    due[stands] = date[stands]
    over[dated] = stop[dated] > due[dated]
    missed_at[dated] = due[dated]


# ---- targets that change while the clock runs -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Steps:
    """The rows of some cycles, the stop's own row last: ``row`` in order, ``at`` their instants, ``first`` i64[n_cycles] delimits
    them, ``target`` is in force from each row on.
    """

    row: I64
    at: I64
    first: I64
    target: I64

    @property
    def last(self) -> I64:
        """The last entry of each cycle."""
        return np.append(self.first[1:], len(self.row)) - 1


def stepped(line: Track, steps: Steps, begin: I64, end: I64, start: I64, stop: I64, landing: Landing, *,
            recomputed: bool) -> Timed:
    """The cycles under targets that change at rows. A miss stands, unless ``recomputed``: then the last target judges alone.

    Where a change makes the target shorter than what is already used, the case is missed and due at the change.
    """
    final = steps.target[steps.last]
    promised = final < NEVER
    plain = timed(line, begin, end, start, stop, np.where(promised, final, 0), None, landing)
    plain.over[~promised] = False
    if recomputed:
        return plain
    cycle = np.repeat(np.arange(len(begin)), np.diff(np.append(steps.first, len(steps.row))))
    before = line.total[begin][cycle]
    # each target is in force until the next step of its cycle, the last one until the end
    upto = end[cycle]
    follows = np.flatnonzero(cycle[1:] == cycle[:-1])
    upto[follows] = np.minimum(steps.row[follows + 1], upto[follows])
    exceeds = line.total[upto] - before > steps.target
    position = np.arange(len(steps.row))
    where = np.minimum.reduceat(np.where(exceeds, position, len(position)), steps.first)
    over = where < len(position)
    changed = np.ones(len(position), np.bool_)
    changed[1:] = steps.target[1:] != steps.target[:-1]
    changed[steps.first] = True
    since = np.maximum.accumulate(np.where(changed, position, 0))
    # what was in force at the miss, or at the end, and since when; a due is never before that
    judged = np.where(over, where, steps.last)
    in_force = np.where(since[judged] == steps.first, _LONG_AGO, steps.at[since[judged]])
    due, missed_at = np.maximum(plain.due, in_force), plain.missed_at
    late = np.flatnonzero(over)
    shortened = np.zeros(len(begin), np.bool_)
    if len(late):
        entry = where[late]
        row, goal = steps.row[entry], steps.target[entry]
        already = line.total[row] - before[entry] > goal
        used = line.total[begin[late]] + goal
        reached, rest = _crossing(line, begin[late], used, "left")
        reached_at = line.grid.due(line.at[reached], np.where(already, 0, rest), landing)
        left, over_by = _crossing(line, begin[late], used, "right")
        left_at = line.grid.due(line.at[left], np.where(already, 0, over_by), "next_open")
        due[late] = np.where(already, steps.at[entry], np.maximum(reached_at, in_force[late]))
        missed_at[late] = np.where(already, steps.at[entry], left_at)
        shortened[late] = already
    return Timed(plain.elapsed, plain.paused, due, over, missed_at, shortened, plain.never & ~over)

