"""Cells: statistics of integers by cell (a result in a window), exact, without floating point.

Law: a sum is exact or split until it is; a percentile is one of the values (nearest rank) or an exact fraction between two.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64

__all__ = ["Sorted", "ordered_by_cell", "percent_of", "statistic"]


class Sorted:
    """Values in cell order: ``value`` i64[n], ``bounds`` i64[n_cells + 1]."""

    __slots__ = ("bounds", "value")

    def __init__(self, value: I64, bounds: I64) -> None:
        self.value, self.bounds = value, bounds

    def counts(self) -> I64:
        """i64[n_cells]: values in each cell."""
        return np.diff(self.bounds)

    def sums(self) -> list[int]:
        """The exact sum of each cell."""
        return sums_between(self.value, self.bounds)


def ordered_by_cell(cell: I64, value: I64, n_cells: int) -> Sorted:
    """Values in cell order; data that lie so already are not sorted again."""
    if len(cell) > 1 and bool((cell[1:] < cell[:-1]).any()):
        order = np.argsort(cell, kind="stable")
        cell, value = cell[order], value[order]
    return Sorted(value, np.searchsorted(cell, np.arange(n_cells + 1)))


def sums_between(value: I64, bounds: I64) -> list[int]:
    """The exact sum of ``value[bounds[i]:bounds[i + 1]]`` for each ``i``, as Python ints (ARCHITECTURE D4)."""
    if not len(value):
        return [0] * (len(bounds) - 1)
    most = max(int(value.max()), -int(value.min()), 1)
    longest = int(np.diff(bounds).max(initial=0))
    if most * max(longest, 1) < 2**63:
        return _sums(value, bounds)
    high, low = _sums(value >> 31, bounds), _sums(value & (2**31 - 1), bounds)
    return [(h << 31) + part for h, part in zip(high, low, strict=True)]


def _sums(value: I64, bounds: I64) -> list[int]:
    first, last = bounds[:-1], bounds[1:]
    filled = np.flatnonzero(first < last)
    result = np.zeros(len(first), np.int64)
    if len(filled):
        # cells lie back to back or are empty, so that each filled one ends where the next filled one begins
        result[filled] = np.add.reduceat(value[:int(last[filled[-1]])], first[filled])
    sums: list[int] = result.tolist()
    return sums


def percent_of(statistic_name: str) -> Fraction | None:
    """``p95`` → 95/100, ``p99.9`` → 999/1000; None for other statistics. ``median`` is p50."""
    if statistic_name == "median":
        return Fraction(1, 2)
    return Fraction(statistic_name[1:]) / 100 if statistic_name[:1] == "p" and statistic_name[1:2].isdigit() else None


def statistic(name: str, cell: I64, value: I64, n_cells: int, method: str = "nearest-rank") -> list[Fraction | None]:
    """``mean min max sum number p…`` of the values of each cell, in its unit; None where a cell is empty (``number``: 0)."""
    percent = percent_of(name)
    if percent is not None:
        return _percentiles(percent, cell, value, n_cells, method)
    cells = ordered_by_cell(cell, value, n_cells)
    counts = cells.counts().tolist()
    match name:
        case "number":
            return [Fraction(n) for n in counts]
        case "sum":
            return [Fraction(s) if n else None for s, n in zip(cells.sums(), counts, strict=True)]
        case "mean":
            return [Fraction(s, n) if n else None for s, n in zip(cells.sums(), counts, strict=True)]
        case "min" | "max":
            return _extremes(name, cells, counts)
        case _:
            msg = f"no statistic is called {name!r}"
            raise ValueError(msg)


def _extremes(name: str, cells: Sorted, counts: list[int]) -> list[Fraction | None]:
    filled = np.flatnonzero(cells.counts())
    found: list[Fraction | None] = [None] * len(counts)
    if len(filled):
        pick = np.minimum if name == "min" else np.maximum
        for i, v in zip(filled.tolist(), pick.reduceat(cells.value, cells.bounds[:-1][filled]).tolist(), strict=True):
            found[i] = Fraction(v)
    return found


def _percentiles(percent: Fraction, cell: I64, value: I64, n_cells: int, method: str) -> list[Fraction | None]:
    if method not in ("nearest-rank", "linear"):
        msg = f"no percentile method is called {method!r}: nearest-rank or linear"
        raise ValueError(msg)
    sorted_cells = _sorted_within(cell, value, n_cells)
    bounds, values = sorted_cells.bounds.tolist(), sorted_cells.value
    found: list[Fraction | None] = []
    for first, last in pairwise(bounds):
        found.append(_rank(values, first, last - first, percent, method) if last > first else None)
    return found


def _rank(values: I64, first: int, n: int, percent: Fraction, method: str) -> Fraction:
    if method == "nearest-rank":
        rank = max(-(-percent * n // 1), 1)
        return Fraction(int(values[first + int(rank) - 1]))
    place = percent * (n - 1)
    low = int(place)
    below, above = int(values[first + low]), int(values[first + min(low + 1, n - 1)])
    return below + (above - below) * (place - low)


def _sorted_within(cell: I64, value: I64, n_cells: int) -> Sorted:
    """Values sorted within each cell: one sort of packed keys where they fit, else of two columns."""
    if not len(cell):
        return Sorted(value, np.zeros(n_cells + 1, np.int64))
    lo, hi = int(value.min()), int(value.max())
    bits = (hi - lo).bit_length()
    if bits + max(n_cells - 1, 1).bit_length() <= 63:
        key: NDArray[np.int64] = (cell << bits) | (value - lo)
        key.sort()
        return Sorted((key & ((1 << bits) - 1)) + lo, np.searchsorted(key >> bits, np.arange(n_cells + 1)))
    order = np.lexsort((value, cell))
    return Sorted(value[order], np.searchsorted(cell[order], np.arange(n_cells + 1)))
