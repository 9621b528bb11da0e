"""The compiled calendar: open time as sorted spans with running totals, and the two questions asked of it a million times.

Law: ``elapsed`` and ``due`` are an exact inverse pair; ``elapsed(a, c) = elapsed(a, b) + elapsed(b, c)``. Instants outside the
compiled range, and targets not used up inside it, are refused, never clamped.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.bucket import Bucket, Scratch, bucket
from upheld.calendars.layout import known_until, lay_out
from upheld.calendars.spec import CalendarSpec
from upheld.values.spans import Spans, subtract, union
from upheld.values.zone import TZDATA_VERSION, OutOfRange

__all__ = ["Grid", "Landing", "OutOfRange", "compile_grid"]

I64 = NDArray[np.int64]
Landing = Literal["close", "next_open"]

_BLOCK = 16_384


@dataclass(frozen=True, eq=False)
class Grid:
    """Open spans ``[S, E)`` i64[n] µs UTC in ``[lo, hi]``; ``C`` i64[n+1] open µs before each span (``C[n]``: all of it).

    ``zone`` is where its days begin; ``known_until`` the end of its holiday lists, at most ``hi``; ``hash`` names spec, zone
    database and range.
    """

    S: I64
    E: I64
    C: I64
    lo: int
    hi: int
    zone: str
    hash: str
    known_until: int

    def work(self, t: I64, out: I64 | None = None) -> I64:
        """i64[n]: open µs in ``[lo, t)``. Raises OutOfRange."""
        out = np.empty(len(t), np.int64) if out is None else out
        scratch = Scratch.of(min(len(t), _BLOCK))
        for at in _blocks(len(t)):
            self._work(t[at], out[at], scratch)
        return out

    def elapsed(self, a: I64, b: I64, out: I64 | None = None) -> I64:
        """i64[n]: open µs in ``[a, b)``; negative where ``b`` lies before ``a``. Raises OutOfRange."""
        out = np.empty(len(a), np.int64) if out is None else out
        scratch = Scratch.of(min(len(a), _BLOCK))
        for at in _blocks(len(a)):
            before = scratch.c[: len(out[at])]
            self._work(a[at], before, scratch)
            self._work(b[at], out[at], scratch)
            np.subtract(out[at], before, out=out[at])
        return out

    def due(self, start: I64, target: I64, landing: Landing = "close", out: I64 | None = None) -> I64:
        """i64[n]: the instant at which ``target`` µs of open time after ``start`` are used up.

        Used up exactly at closing: ``close`` is that closing, ``next_open`` the opening after it. A target of 0 is due at the
        start, or at the next opening where the start is outside hours. Raises OutOfRange where the grid ends first, ValueError
        for a negative target.
        """
        out = np.empty(len(start), np.int64) if out is None else out
        scratch = Scratch.of(min(len(start), _BLOCK))
        for at in _blocks(len(start)):
            self._due(start[at], target[at], landing, out[at], scratch)
        return out

    def due_before(self, end: I64, target: I64, landing: Landing = "close") -> I64:
        """i64[n]: the latest start with ``target`` µs of open time before ``end``: ``due`` turned round.

        Used up exactly at an opening: that opening (``close``) or the closing before it (``next_open``). A target of 0 is the
        end itself, or the closing before it where the end is outside hours. Raises OutOfRange, ValueError as ``due`` does.
        """
        left = self.work(end) - _checked(target)
        if len(left) and int(left.min()) < 0:
            raise OutOfRange("the time before is not used up inside the compiled calendar")
        span = np.searchsorted(self.C, left, side="right") - 1
        if landing == "next_open":
            span -= (self.C[span] == left) & (span > 0) & (target > 0)
        inside = np.minimum(span, max(len(self.S) - 1, 0))
        result = left - self.C[inside] + self.S[inside] if len(self.S) else end.copy()
        none = np.flatnonzero(target == 0)
        result[none] = self.prev_open(end[none])
        return result

    def is_open(self, t: I64) -> NDArray[np.bool_]:
        """bool[n]: whether each instant lies in an open span; a closing instant does not. Raises OutOfRange."""
        self._refuse_outside(t)
        span = np.searchsorted(self.S, t, side="right") - 1
        return (span >= 0) & (t < self._at(self.E, span, self.lo))

    def next_open(self, t: I64) -> I64:
        """i64[n]: the first open instant at or after each. Raises OutOfRange where there is none."""
        self._refuse_outside(t)
        span = np.searchsorted(self.E, t, side="right")
        if len(t) and int(span.max()) >= len(self.S):
            raise OutOfRange("the compiled calendar does not open again")
        return np.maximum(t, self._at(self.S, span, self.lo))

    def next_close(self, t: I64) -> I64:
        """i64[n]: the first closing after each instant. Raises OutOfRange where there is none."""
        self._refuse_outside(t)
        span = np.searchsorted(self.E, t, side="right")
        if len(t) and int(span.max()) >= len(self.S):
            raise OutOfRange("the compiled calendar does not close again")
        return self._at(self.E, span, self.lo)

    def prev_open(self, t: I64) -> I64:
        """i64[n]: the last instant at or before each that open time leads up to: itself, or the closing before it.

        Raises OutOfRange where there is none.
        """
        self._refuse_outside(t)
        span = np.searchsorted(self.S, t, side="left") - 1
        if len(t) and int(span.min()) < 0:
            raise OutOfRange("the compiled calendar is not open before")
        return np.minimum(t, self._at(self.E, span, self.lo))

    def spans(self) -> Spans:
        """The open spans ``(S, E)``."""
        return self.S, self.E

    def without(self, starts: I64, ends: I64) -> Grid:
        """The grid less the time of any spans (states that suspend clocks)."""
        taken = union(starts, ends)
        mark = hashlib.sha256(self.hash.encode("ascii") + b"without" + taken[0].tobytes() + taken[1].tobytes()).hexdigest()
        return _grid(subtract((self.S, self.E), taken), (self.lo, self.hi), self.zone, mark, self.known_until)

    @cached_property
    def total(self) -> int:
        """All open time of the grid, µs."""
        return int(self.C[-1])

    @cached_property
    def _by_time(self) -> tuple[Bucket, I64, I64]:
        """Which span has begun; the end of span i-1 and what to add to an instant in it (span -1: nothing before the first)."""
        ends = np.concatenate([[self.lo], self.E]).astype(np.int64)
        shift = np.concatenate([[-self.lo], self.C[:-1] - self.S]).astype(np.int64)
        return bucket(self.S, self.lo, self.hi), ends, shift

    @cached_property
    def _by_work(self) -> tuple[Bucket, I64]:
        """Which span an amount of open time is used up in: marks lie 1 µs above each total, which so belongs to its closing."""
        shift = np.concatenate([self.S - self.C[:-1], [0]]).astype(np.int64)
        return bucket(self.C[1:] + 1, 0, self.total + 1), shift

    def _work(self, t: I64, out: I64, scratch: Scratch) -> None:
        self._refuse_outside(t)
        index, ends, shift = self._by_time
        span, x = scratch.a[: len(t)], scratch.b[: len(t)]
        index.find(t, span, scratch)
        ends.take(span, out=x, mode="clip")
        np.minimum(t, x, out=x)
        shift.take(span, out=span, mode="clip")
        np.add(x, span, out=out)

    def _due(self, start: I64, target: I64, landing: Landing, out: I64, scratch: Scratch) -> None:
        used = scratch.c[: len(start)]
        self._work(start, used, scratch)
        np.add(used, _checked(target), out=used)
        if int(used.max()) > self.total or int(used.min()) < 0:
            raise OutOfRange("the target is not used up inside the compiled calendar")
        index, shift = self._by_work
        span, x = scratch.a[: len(start)], scratch.b[: len(start)]
        index.find(used, span, scratch)
        shift.take(span, out=x, mode="clip")
        if landing == "next_open":
            self._move_on(used, span, x)
        np.add(used, x, out=out)
        if int(target.min()) == 0:
            none = np.flatnonzero(target == 0)
            out[none] = self.next_open(start[none])

    def _move_on(self, used: I64, span: I64, shift: I64) -> None:
        """Turn landings at a closing into the opening after it."""
        at_close = np.flatnonzero((used > 0) & (used == self.C[np.minimum(span + 1, len(self.S))]))
        following = span[at_close] + 1
        if len(following) and int(following.max()) >= len(self.S):
            raise OutOfRange("the compiled calendar does not open again after the target is used up")
        shift[at_close] = self.S[following] - self.C[following]

    def _at(self, edges: I64, span: NDArray[np.intp], otherwise: int) -> I64:
        return edges.take(span, mode="clip") if len(edges) else np.full(len(span), otherwise, np.int64)

    def _refuse_outside(self, t: I64) -> None:
        if len(t) and (int(t.min()) < self.lo or int(t.max()) > self.hi):
            raise OutOfRange("an instant lies outside the compiled calendar")


def compile_grid(spec: CalendarSpec, lo: int, hi: int) -> Grid:
    """The calendar compiled for ``[lo, hi]`` (µs UTC). Raises ValueError, UnknownZone, OutOfRange, RecurrenceError."""
    if hi < lo:
        raise ValueError("a calendar cannot end before it begins")
    mark = hashlib.sha256(f"{spec!r} tzdata {TZDATA_VERSION} {lo} {hi}".encode()).hexdigest()
    return _grid(lay_out(spec, lo, hi), (lo, hi), spec.zone, mark, known_until(spec, hi))


def _grid(spans: Spans, span: tuple[int, int], zone: str, mark: str, known: int) -> Grid:
    start, end = spans
    lo, hi = span
    before = np.concatenate([[0], np.cumsum(end - start)]).astype(np.int64)
    for array in (start, end, before):
        array.setflags(write=False)
    return Grid(start, end, before, lo, hi, zone, mark, known)


def _blocks(n: int) -> list[slice]:
    return [slice(at, at + _BLOCK) for at in range(0, n, _BLOCK)]


def _checked(target: I64) -> I64:
    if len(target) and int(target.min()) < 0:
        raise ValueError("a target is not negative: due_before looks back")
    return target
