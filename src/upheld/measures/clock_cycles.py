"""Cycles: from the roles of rows to the stretches in which a clock is owed, one after the other in each case.

Law: a case without a start is no case. What stops before the start, and what starts while the clock runs, is ignored. After a
stop: ``final`` keeps the first stop; within ``reopen`` a new start makes the stopped time a pause and moves the case to its new
stop; later, or with ``new cycle``, a new cycle begins. ``again``: each stop opens the next cycle as long as its state holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I32, I64
from upheld.measures.clock_roles import START, STOP, Bits, Block

__all__ = ["Cycles", "find_cycles"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cycles:
    """One entry a cycle, in row order: rows of a block.

    ``begin``: the starting row. ``end``: the row at which the clock stands still for good (its last stop, or the end of the duty),
    or the end of the case's rows while it runs. ``stopped``/``ended`` tell which. ``early``: a stop before the start, or -1 (only
    for clocks that owe an agreed date). ``gaps``: pairs of rows between which a reopened cycle stood still, None without any.
    """

    begin: I64
    end: I64
    number: NDArray[np.int16]
    stopped: Mask
    ended: Mask
    early: I64
    gaps: tuple[I64, I64] | None

    def __len__(self) -> int:
        return len(self.begin)


def find_cycles(block: Block, bits: Bits, reopen_us: int | None, again: Mask | None, until: int) -> Cycles:
    """The cycles of all cases of the block. ``bits`` are folded; ``again``: bool[n], where the state that repeats holds."""
    known = block.at <= until
    if not known.all():
        bits = np.where(known, bits, bits & START)
    if again is not None:
        return _repeating(block, bits, again, known)
    rows = np.flatnonzero((bits & (START | STOP)) != 0)
    case = block.case[rows]
    starts, stops = (bits[rows] & START) > 0, (bits[rows] & STOP) > 0
    rows, case, starts, stops, early = _from_first_start(rows, case, starts, stops, len(block.first))
    fresh = _fresh(case)
    live = _shifted(~stops, fresh)                                   # running just before the row
    begins = np.flatnonzero(starts & ~live & (fresh | ~stops) & (fresh | known[rows]))
    ends = np.flatnonzero(stops & (live | fresh))
    first, last, stopped = _runs(begins, ends, rows, case, block.bounds)
    return _cycles(block, first, last, stopped, case[begins], early, reopen_us)


def _from_first_start(rows: I64, case: I32, starts: Mask, stops: Mask, n_cases: int) -> tuple[I64, I32, Mask, Mask, I64]:
    """The rows from each case's first start on, and each case's first stop before it (-1)."""
    begun = np.cumsum(starts)
    fresh = np.flatnonzero(_fresh(case))
    before = np.zeros(len(rows), begun.dtype)
    if len(fresh):
        before = np.repeat((begun - starts)[fresh], np.diff(np.append(fresh, len(rows))))
    seen = begun > before
    early = np.full(n_cases, -1, np.int64)
    if not seen.all():
        lost = np.flatnonzero(~seen & stops)[::-1]
        early[case[lost]] = rows[lost]
        rows, case, starts, stops = rows[seen], case[seen], starts[seen], stops[seen]
    return rows, case, starts, stops, early


def _fresh(case: I32) -> Mask:
    fresh = np.ones(len(case), np.bool_)
    np.not_equal(case[1:], case[:-1], out=fresh[1:])
    return fresh


def _shifted(after: Mask, fresh: Mask) -> Mask:
    before = np.zeros(len(after), np.bool_)
    before[1:] = after[:-1]
    return before & ~fresh


def _runs(begins: I64, ends: I64, rows: I64, case: I32, bounds: I64) -> tuple[I64, I64, Mask]:
    """Each run's first row and the row that stops it, or the end of the case."""
    nxt = np.searchsorted(ends, begins)
    stop = ends.take(nxt, mode="clip") if len(ends) else np.zeros(len(begins), np.int64)
    stopped = (nxt < len(ends)) & (case[stop] == case[begins]) if len(rows) else np.zeros(0, np.bool_)
    last = np.where(stopped, rows[stop], bounds[1:][case[begins]]) if len(rows) else np.zeros(0, np.int64)
    return rows[begins], last, stopped


def _cycles(block: Block, first: I64, last: I64, stopped: Mask, case: I32, early: I64, reopen_us: int | None) -> Cycles:
    fresh = _fresh(case)
    gaps = None
    if not fresh.all() and reopen_us is not None:
        if reopen_us == 0:
            first, last, stopped, case = first[fresh], last[fresh], stopped[fresh], case[fresh]
            fresh = np.ones(len(first), np.bool_)
        else:
            # a run that begins soon enough after the stop before it goes on with that cycle
            goes_on = ~fresh
            goes_on[1:] &= block.at[first[1:]] - block.at[np.minimum(last[:-1], len(block.at) - 1)] <= reopen_us
            again = np.flatnonzero(goes_on)
            if len(again):
                gaps = last[again - 1], first[again]
            head = np.flatnonzero(~goes_on)
            tail = np.append(head[1:] - 1, len(first) - 1)
            first, last, stopped, case = first[head], last[tail], stopped[tail], case[head]
            fresh = _fresh(case)
    number = _numbered(fresh)
    return Cycles(first, last, number, stopped, np.zeros(len(first), np.bool_), np.where(fresh, early[case], -1), gaps)


def _numbered(fresh: Mask) -> NDArray[np.int16]:
    position = np.arange(len(fresh))
    return (position - np.maximum.accumulate(np.where(fresh, position, 0))).astype(np.int16)


def _repeating(block: Block, bits: Bits, holds: Mask, known: Mask) -> Cycles:
    """``again``: a start begins while the state holds; each stop ends a cycle and begins the next; the state's end ends the last."""
    n = len(bits)
    holds = holds[block.last_of_instant(np.arange(n))]            # what holds once everything of the instant is said
    if not known.all():
        bits, holds = _not_yet(block, bits, holds, known)
    before = np.zeros(n, np.bool_)
    before[1:] = holds[:-1]
    before[block.first[block.first < n]] = False
    rows = np.flatnonzero((bits & (START | STOP) > 0) | (before & ~holds))
    case = block.case[rows]
    starts, stops = (bits[rows] & START) > 0, (bits[rows] & STOP) > 0
    rows, case, starts, stops, _ = _from_first_start(rows, case, starts, stops, len(block.first))
    fresh = _fresh(case)
    # running after a row: the last start under the state, unless the state has ended since
    says = np.where(starts & holds[rows], 1, np.where(~holds[rows], 0, -1))
    says[fresh & (says < 0)] = 0
    latch = np.maximum.accumulate(np.where(says >= 0, 2 * np.arange(len(says)) + says, 0)) & 1
    running = latch > 0
    live = _shifted(running, fresh)
    cut = np.flatnonzero(live & (stops | ~running))               # a cycle ends here
    begins = np.flatnonzero(running & (~live | stops))
    following = np.searchsorted(cut, begins, side="right")
    inside = cut.take(following, mode="clip") if len(cut) else np.zeros(len(begins), np.int64)
    closed = (following < len(cut)) & (case[inside] == case[begins]) if len(begins) else np.zeros(0, np.bool_)
    stopped = closed & stops[inside] if len(begins) else closed
    end = np.where(closed, rows[inside], block.bounds[1:][case[begins]]) if len(begins) else np.zeros(0, np.int64)
    number = _numbered(_fresh(case[begins]))
    none = np.full(len(begins), -1, np.int64)
    return Cycles(rows[begins], end, number, stopped, closed & ~stopped, none, None)


def _not_yet(block: Block, bits: Bits, holds: Mask, known: Mask) -> tuple[Bits, Mask]:
    """Rows ahead of the horizon speak for a first start only: what holds at the last row known, or at that start, goes on."""
    n, rows = len(bits), np.arange(len(bits))
    starts = (bits & START) > 0
    begun = np.bincount(block.case[starts & known], minlength=len(block.first)) > 0
    speaks = known.copy()
    ahead = np.flatnonzero(starts & ~known & ~begun[block.case])
    speaks[ahead[_fresh(block.case[ahead])]] = True
    last = np.maximum.accumulate(np.where(speaks, rows, -1))
    own = last >= block.first[block.case]
    return np.where(speaks, bits, 0).astype(bits.dtype), np.where(own, holds[np.maximum(last, 0)], np.zeros(n, np.bool_))
