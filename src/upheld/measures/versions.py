"""Versions: which version of an agreement judges a window, and which one a case (LANGUAGE §5, ARCHITECTURE D14).

Law: over an amendment no window and no case is judged twice, and none is lost. The version that takes effect says what becomes of
the window it falls into (``mid_window``) and of the cases that are open then (``open_cases``), so that one rule speaks for both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Change", "Versions", "judged_by", "pieces"]

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Change:
    """The next version takes effect at ``at`` (µs). ``follow``: cases open then are judged by it."""

    at: int
    mid_window: Literal["next", "split", "new"] = "next"
    follow: bool = False


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that share one promise: ``changes[i]`` lies between version ``i`` and ``i + 1``; ``own`` is the one that asks.

    ``earlier``, ``later``: what lies before or after the time in force of this promise is another's, not this one's.
    """

    own: int = 0
    changes: tuple[Change, ...] = ()
    earlier: bool = False
    later: bool = False


def pieces(versions: Versions, first: I64, last: I64) -> tuple[NDArray[np.bool_], I64, I64]:
    """``(mine bool[n], from i64[n], until i64[n])``: what of each window ``[first, last)`` this version judges."""
    mine = np.zeros(len(first), np.bool_)
    begins, ends = first.copy(), last.copy()
    for i, (lo, hi) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        for begin, end, version in _divided(versions.changes, lo, hi):
            if version == versions.own:
                mine[i], begins[i], ends[i] = True, begin, end
    return mine, begins, ends


def _divided(changes: tuple[Change, ...], lo: int, hi: int) -> list[tuple[int, int, int]]:
    """A window as ``(from, until, version)``: whole, or in parts where a version that took effect in it splits it."""
    found = [(lo, hi, sum(1 for c in changes if c.at <= lo))]
    for version, change in enumerate(changes, 1):
        if not lo < change.at < hi:
            continue
        if change.mid_window == "new":
            found = [(lo, hi, version)]
        elif change.mid_window == "split":
            begin, _, judge = found[-1]
            found[-1:] = [(begin, change.at, judge), (change.at, hi, version)]
    return found


def judged_by(versions: Versions, start: I64, stop: I64, has_stop: NDArray[np.bool_], until: int) -> I64:
    """i64[n]: the version that judges each case: the one in force at its start, or a later one that open cases follow.

    ``until``: the horizon; nobody knows yet which cases will be open when a version takes effect after it.
    """
    judge = np.searchsorted(np.array([c.at for c in versions.changes], np.int64), start, side="right")
    for version, change in enumerate(versions.changes, 1):
        if change.follow and change.at <= until:
            judge[(judge < version) & (start < change.at) & ~(has_stop & (stop <= change.at))] = version
    return judge
