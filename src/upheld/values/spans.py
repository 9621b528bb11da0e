"""Sets of time: sorted, disjoint, half-open spans ``[start, end)`` as two int64 arrays.

Law: what comes out is sorted and disjoint, touching spans are joined, empty spans are gone. ``union`` alone takes any spans;
the others take what these functions gave.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spans", "clip", "complement", "intersect", "k_of_n", "subtract", "total", "union"]

I64 = NDArray[np.int64]
Spans = tuple[I64, I64]


def union(start: I64, end: I64) -> Spans:
    """The time covered by at least one of any spans, in any order; ends before starts count as empty."""
    real = end > start
    if not real.all():
        start, end = start[real], end[real]
    if not len(start):
        return _nothing()
    if (start[1:] < start[:-1]).any():
        order = np.argsort(start, kind="stable")
        start, end = start[order], end[order]
    reach = np.maximum.accumulate(end)
    begins = np.flatnonzero(np.concatenate([[True], start[1:] > reach[:-1]]))
    return start[begins], reach[np.concatenate([begins[1:] - 1, [len(start) - 1]])]


def k_of_n(k: int, *sets: Spans) -> Spans:
    """The time covered by at least ``k`` of the sets (each sorted and disjoint). ``k`` below 1 is refused: it is all time."""
    if k < 1:
        raise ValueError("at least 0 of the sets is all time, which has no spans")
    if len(sets) < k:
        return _nothing()
    at = np.concatenate([edge for pair in sets for edge in pair])
    step = np.concatenate([np.repeat(np.array([1, -1], np.int64), [len(s), len(e)]) for s, e in sets])
    order = np.lexsort((-step, at))       # at one instant starts come first, so that touching spans join
    at, depth = at[order], np.cumsum(step[order])
    inside = depth >= k
    before = np.concatenate([[False], inside[:-1]])
    return union(at[inside & ~before], at[~inside & before])


def intersect(a: Spans, b: Spans) -> Spans:
    """The time in both."""
    return k_of_n(2, a, b)


def subtract(a: Spans, b: Spans) -> Spans:
    """The time in ``a`` that is not in ``b``."""
    if not len(a[0]) or not len(b[0]):
        return a
    lo, hi = min(int(a[0][0]), int(b[0][0])), max(int(a[1][-1]), int(b[1][-1]))
    return intersect(a, complement(b, lo, hi))


def complement(a: Spans, lo: int, hi: int) -> Spans:
    """The time of ``[lo, hi)`` not in ``a``."""
    start, end = clip(a, lo, hi)
    starts, ends = np.concatenate([[lo], end]).astype(np.int64), np.concatenate([start, [hi]]).astype(np.int64)
    real = ends > starts
    return starts[real], ends[real]


def clip(a: Spans, lo: int, hi: int) -> Spans:
    """The part of ``a`` in ``[lo, hi)``."""
    start, end = np.maximum(a[0], lo), np.minimum(a[1], hi)
    real = end > start
    return start[real], end[real]


def total(a: Spans) -> int:
    """The length of all spans together, in µs, as an exact int."""
    if not len(a[0]):
        return 0
    span = int(a[1][-1]) - int(a[0][0])      # disjoint: the sum cannot exceed it
    return int((a[1] - a[0]).sum()) if span < 2**63 else sum((a[1].astype(object) - a[0].astype(object)).tolist())


def _nothing() -> Spans:
    return np.zeros(0, np.int64), np.zeros(0, np.int64)
