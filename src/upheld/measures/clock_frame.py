"""What one block of cases carries through the kernel: its setting, its rows, the cycles owed, and the results being filled.

Law: arrays of one owner; only the kernel's own steps write into ``Result``, each entry once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.deadlines import date_deadline
from upheld.calendars.grid import Grid
from upheld.facts.tables import I32, I64, Subscriptions
from upheld.measures.clock_fast import Timed, Track, track
from upheld.measures.clock_reading import Reader
from upheld.measures.clock_roles import Block, Roles
from upheld.measures.clock_terms import Terms
from upheld.plans.plan import ClockPlan, Plan

__all__ = ["Line", "Owed", "Result", "Setting", "Work", "dates_owed", "gathered"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything the kernel needs besides events: the clause under its plan, the roles, the calendars, the horizon.

    ``grids`` by calendar name, spans that suspend the clock already taken out; ``whole`` the same calendars untouched, on which
    dates are found. ``numbers`` i64[n_cases]: the number of cases each case is counted among, where a look-up asks for it. ``only``: the
    cases (bool[n_cases]) that each of the roles' pauses concerns, None: all. ``fast`` False sends every cycle on the walk. ``portion``:
    the part of every target that is asked for (None: all of it): when half of the time was used, under whatever pauses and changes.
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
    portion: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Work:
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
    paths: dict[str, Track] = field(default_factory=dict)

    def path(self, calendar: str) -> Track:
        """The running totals of the whole block on a calendar, worked out once for all cycles that run on it."""
        if calendar not in self.paths:
            grid = self.setting.grids(calendar)
            self.paths[calendar] = track(grid, self.block.at, self.block.bounds, self.counts, self.setting.until)
        return self.paths[calendar]


@dataclass(frozen=True, slots=True)
class Owed:
    """Cycles as they are owed, one entry for each row of the promise they may belong to."""

    which: I64
    w: I32
    h: I32
    sure: Mask

    def take(self, rows: I64) -> Owed:
        """Some of them."""
        return Owed(self.which[rows], self.w[rows], self.h[rows], self.sure[rows])


@dataclass(frozen=True, slots=True)
class Line:
    """Where each runs: rows ``begin`` to ``end``, instants ``start`` to ``stop`` (the horizon while it runs)."""

    begin: I64
    end: I64
    start: I64
    stop: I64

    def take(self, rows: I64) -> Line:
        """Some of them."""
        return Line(self.begin[rows], self.end[rows], self.start[rows], self.stop[rows])


@dataclass(frozen=True, slots=True)
class Result:
    """What is found of each: the columns of ``Timed``, the target, and whether anything is promised."""

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
    def empty(cls, n: int) -> Result:
        """Room for ``n`` entries."""
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


def gathered(begin: I64, end: I64) -> tuple[I64, I64, I64]:
    """``(rows, at, upto)``: the rows of cycles side by side (at least one each), and where each begins and ends among them."""
    sizes = np.maximum(end - begin, 1)
    at = np.cumsum(sizes) - sizes
    rows = np.repeat(begin - at, sizes) + np.arange(int(sizes.sum()))
    return rows, at, at + (end - begin)


def dates_owed(work: Work, start: I64, w: I32, h: I32, dated: Mask) -> I64:
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


