"""The walk: one cycle, stretch by stretch, where its calendar, its kind of target or its reading of a change asks for it.

Law: equal to the fast and the stepped path wherever they apply. ``from_start``: at a change the time used is counted anew on the
new calendar from the start. ``keep_elapsed``: what is used stays used. ``restart``: the clock begins again at the change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from upheld.calendars.grid import Grid, Landing, OutOfRange
from upheld.measures.clock_fast import Timed

__all__ = ["Stretches", "walk"]

NONE, TIME, DATE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Stretches:
    """One entry a row of the cycle, the stop's own row last if it stopped: where it begins, whether time counts, the calendar
    ("": none), the kind of target (none, open time, a date), the open time, the date from the start, the date from this row.
    """

    at: tuple[int, ...]
    counts: tuple[bool, ...]
    calendar: tuple[str, ...]
    kind: tuple[int, ...]
    amount: tuple[int, ...]
    date: tuple[int, ...]
    date_from_here: tuple[int, ...]

    def terms(self, i: int) -> tuple[str, int, int]:
        """What is in force in a stretch."""
        return self.calendar[i], self.kind[i], self.amount[i] if self.kind[i] == TIME else self.date[i]


@dataclass(slots=True)
class _Clock:
    """The state of the walk."""

    start: int = 0
    used: int = 0
    paused: int = 0
    since: int = 0                      # the stretch from which the time counts
    changed_at: int | None = None
    date: int = 0
    due: int | None = None
    missed_at: int | None = None
    shortened: bool = False


def walk(stretches: Stretches, grids: Callable[[str], Grid], start: int, stop: int, landing: Landing, on_change: str, *,
         recomputed: bool) -> Timed:
    """The cycle from ``start`` to ``stop`` (or the horizon), as arrays of one entry."""
    ends = (*stretches.at[1:], max(stop, stretches.at[-1]))
    clock = _Clock(start, date=stretches.date[0])
    last = len(stretches.at) - 1
    for i, end in enumerate(ends):
        begin = stretches.at[i]
        if i and stretches.terms(i) != stretches.terms(i - 1):
            _change(clock, stretches, i, grids, on_change)
        if begin == end and i < last:
            continue
        _stretch(clock, stretches, i, begin, end, grids, landing, silent=recomputed or clock.missed_at is not None)
    if recomputed:
        _last_alone(clock, stretches, ends, grids, landing)
    due, over = clock.due, clock.missed_at is not None
    if due is None:
        try:
            due = _projected(clock, stretches, max(stop, start), grids, landing)
        except OutOfRange:
            due = None
    known = due if due is not None else 0
    missed_at = clock.missed_at if clock.missed_at is not None else known
    return Timed(_one(clock.used), _one(clock.paused), _one(known), np.array([over]), _one(missed_at), np.array([clock.shortened]),
                 np.array([due is None]))


def _one(value: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([value], np.int64)


def _open(grids: Callable[[str], Grid], name: str, begin: int, end: int) -> int:
    if not name or end <= begin:
        return 0
    return int(grids(name).elapsed(np.array([begin]), np.array([end]))[0])


def _after(grids: Callable[[str], Grid], name: str, begin: int, amount: int, landing: Landing) -> int:
    return int(grids(name).due(np.array([begin]), np.array([amount]), landing)[0])


def _change(clock: _Clock, stretches: Stretches, i: int, grids: Callable[[str], Grid], on_change: str) -> None:
    clock.changed_at = stretches.at[i]
    clock.date = stretches.date[i]
    if clock.missed_at is None:
        clock.due = None
    if on_change == "restart":
        clock.used, clock.paused, clock.since, clock.start = 0, 0, i, stretches.at[i]
        clock.date = stretches.date_from_here[i]
    elif on_change == "from_start":
        clock.used, clock.paused = _recounted(stretches, i, grids)


def _recounted(stretches: Stretches, upto: int, grids: Callable[[str], Grid]) -> tuple[int, int]:
    """Time used and paused before a row, counted on the calendar in force there."""
    name = stretches.calendar[upto]
    amounts = [_open(grids, name, stretches.at[j], stretches.at[j + 1]) for j in range(upto)]
    used = sum(a for j, a in enumerate(amounts) if stretches.counts[j])
    return used, sum(amounts) - used


def _stretch(clock: _Clock, stretches: Stretches, i: int, begin: int, end: int, grids: Callable[[str], Grid], landing: Landing, *,
             silent: bool) -> None:
    name, kind, amount = stretches.terms(i)
    passed = _open(grids, name, begin, end)
    counts = stretches.counts[i]
    if kind == TIME and not silent:
        _towards(clock, name, begin, passed if counts else 0, amount, grids, landing)
    if kind == DATE and not silent:
        date = _moved(clock, clock.date, clock.paused, name, grids, landing)
        if not counts and date > begin and _open(grids, name, begin, min(end, date)):
            date = _moved(clock, clock.date, clock.paused + passed, name, grids, landing)
        if end > date:
            clock.due, clock.missed_at = date, date
    clock.used += passed if counts else 0
    clock.paused += 0 if counts else passed


def _moved(clock: _Clock, date: int, paused: int, name: str, grids: Callable[[str], Grid], landing: Landing) -> int:
    """The date with the paused open time added; never before the change that brought it."""
    moved = _after(grids, name, date, paused, landing) if paused and name else date
    return moved if clock.changed_at is None else max(moved, clock.changed_at)


def _towards(clock: _Clock, name: str, begin: int, passed: int, target: int, grids: Callable[[str], Grid], landing: Landing) -> None:
    """Whether the target is reached or exceeded in a stretch of ``passed`` counted time."""
    if clock.used > target:
        clock.due = clock.missed_at = begin
        clock.shortened = True
        return
    if clock.used + passed >= target and clock.due is None:
        # used up before this stretch: due where the change says so; a target of nothing is due when the start's hours open
        left = max(target - clock.used, 0)
        reached = begin if target and not left else _after(grids, name, begin if target else clock.start, left, landing)
        clock.due = reached if clock.changed_at is None else max(reached, clock.changed_at)
    if clock.used + passed > target:
        clock.missed_at = _after(grids, name, begin, target - clock.used, "next_open")


def _last_alone(clock: _Clock, stretches: Stretches, ends: tuple[int, ...], grids: Callable[[str], Grid], landing: Landing) -> None:
    """Judge by the last terms as if they had always been in force."""
    last = len(stretches.at) - 1
    name, kind, amount = stretches.terms(last)
    fresh = _Clock(clock.start, date=clock.date)
    for i in range(clock.since, last + 1):
        silent = fresh.missed_at is not None
        own = Stretches(stretches.at, stretches.counts, (name,) * (last + 1), (kind,) * (last + 1), (amount,) * (last + 1),
                        (clock.date,) * (last + 1), (clock.date,) * (last + 1))
        _stretch(fresh, own, i, stretches.at[i], ends[i], grids, landing, silent=silent)
    clock.due, clock.missed_at = fresh.due, fresh.missed_at


def _projected(clock: _Clock, stretches: Stretches, stop: int, grids: Callable[[str], Grid], landing: Landing) -> int:
    """When it would be due if the clock ran on from the stop or the horizon."""
    name, kind, amount = stretches.terms(len(stretches.at) - 1)
    if kind == NONE or not name:
        return stop
    if kind == TIME:
        due = _after(grids, name, stop, max(amount - clock.used, 0), landing)
    else:
        due = _moved(clock, clock.date, clock.paused, name, grids, landing)
    return max(due, clock.changed_at) if clock.changed_at is not None else due
