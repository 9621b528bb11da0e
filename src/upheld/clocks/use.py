"""Use: how much of a budget was used by each instant of a window, and when it reached an amount.

Law: use never falls; ``reach`` is the first instant at which ``used`` is at least the amount (exact, in whole microseconds).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Protocol

import numpy as np

from upheld.calendars.grid import Grid, OutOfRange
from upheld.facts.tables import I64

__all__ = ["Events", "Longest", "ServiceTime", "Stretches", "Use"]


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """The commitment's own hours for one result; None: always."""

    grid: Grid | None = None

    def works(self, at: I64) -> I64:
        """i64: running totals of open µs at each instant."""
        return at if self.grid is None else self.grid.work(at)

    def between(self, start: int, end: int) -> int:
        """Open µs in ``[start, end)``; 0 where the end lies before."""
        if end <= start:
            return 0
        work = self.works(np.array([start, end], np.int64))
        return int(work[1] - work[0])

    def after(self, start: int, amount: int) -> int | None:
        """When ``amount`` µs of open time after ``start`` are used up; None where the calendar ends first."""
        if self.grid is None:
            return start + amount
        try:
            return int(self.grid.due(np.array([start], np.int64), np.array([amount], np.int64))[0])
        except OutOfRange:
            return None

    def before(self, end: int, amount: int) -> int | None:
        """The latest instant with ``amount`` µs of open time between it and ``end``."""
        if self.grid is None:
            return end - amount
        try:
            return int(self.grid.due_before(np.array([end], np.int64), np.array([amount], np.int64))[0])
        except OutOfRange:
            return None


class Use(Protocol):
    """Use over time, in the budget's own unit."""

    def used(self, at: int) -> Fraction:
        """How much was used before ``at`` (µs)."""

    def reach(self, amount: Fraction) -> int | None:
        """The first instant at which so much was used; of 0: at which anything was. None: never."""


class Stretches:
    """Stretches of down time, each weighing ``weight / scale``, counted on service time."""

    __slots__ = ("_amounts", "_before", "_hours", "_scale", "_starts", "_weights")

    def __init__(self, hours: ServiceTime, start: I64, end: I64, weight: I64 | None = None, scale: int = 1) -> None:
        amounts = hours.works(end) - hours.works(start)
        keep = amounts > 0 if weight is None else (amounts > 0) & (weight > 0)
        self._hours, self._scale = hours, scale
        self._starts: list[int] = start[keep].tolist()
        self._amounts: list[int] = amounts[keep].tolist()
        self._weights: list[int] = [scale] * len(self._starts) if weight is None else weight[keep].tolist()
        self._before = [0, *accumulate(a * w for a, w in zip(self._amounts, self._weights, strict=True))]

    def used(self, at: int) -> Fraction:
        """µs used before ``at``."""
        row = bisect_left(self._starts, at) - 1
        if row < 0:
            return Fraction(0)
        last = min(self._hours.between(self._starts[row], at), self._amounts[row])
        return Fraction(self._before[row] + last * self._weights[row], self._scale)

    def reach(self, amount: Fraction) -> int | None:
        """The first whole µs at which ``amount`` was used."""
        if not self._starts:
            return None
        wanted = -(-(amount * self._scale).numerator // (amount * self._scale).denominator)
        if wanted <= 0:
            return self._hours.after(self._starts[0], 0)      # nothing may be used: the first open instant of down time
        row = bisect_left(self._before, wanted) - 1
        if row >= len(self._starts):
            return None
        rest = -(-(wanted - self._before[row]) // self._weights[row])
        return self._hours.after(self._starts[row], rest)


class Longest:
    """The longest of several runs: it grows while the longest goes on."""

    __slots__ = ("_first", "_runs")

    def __init__(self, runs: Sequence[Stretches], first: int) -> None:
        self._runs, self._first = runs, first

    def used(self, at: int) -> Fraction:
        """The longest run up to ``at``."""
        return max((run.used(at) for run in self._runs), default=Fraction(0)) if at > self._first else Fraction(0)

    def reach(self, amount: Fraction) -> int | None:
        """When some run was so long; not before the window began."""
        found = [at for run in self._runs if (at := run.reach(amount)) is not None]
        return max(min(found), self._first) if found else None


class Events:
    """What is used at single instants: bad slices, events, cases missed, runs."""

    __slots__ = ("_at", "_sums")

    def __init__(self, used: Sequence[tuple[int, Fraction]]) -> None:
        ordered = sorted(u for u in used if u[1] > 0)
        self._at = [at for at, _ in ordered]
        self._sums = list(accumulate((amount for _, amount in ordered), initial=Fraction(0)))

    def used(self, at: int) -> Fraction:
        """What was used at or before ``at``."""
        return self._sums[bisect_right(self._at, at)]

    def reach(self, amount: Fraction) -> int | None:
        """The instant whose use brought it to ``amount``."""
        if not self._at or amount > self._sums[-1]:
            return None
        return self._at[max(bisect_left(self._sums, amount) - 1, 0)]
