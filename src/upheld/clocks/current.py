"""The current window of a commitment: the one that holds an instant, and the part of it that one version judges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from upheld.assessment.assess import Stage
from upheld.measures.versions import Versions, pieces

__all__ = ["Now", "current"]


@dataclass(frozen=True, slots=True)
class Now:
    """``start``, ``end``: the window; ``first``, ``last``: what of it is in force under this version; ``until``: what is known of it (never
    after ``last``). ``index``: into the windows measured. µs UTC.
    """

    index: int
    label: str
    start: int
    end: int
    first: int
    last: int
    until: int


def current(stage: Stage, at: int) -> Now | None:
    """The window that holds ``at``; of rolling ones the first to end. None: there is none, or another version judges it."""
    w = stage.measured.windows
    inside = np.flatnonzero((w.start <= at) & (at < w.end))
    if not len(inside):
        return None
    i = int(inside[np.argmin(w.end[inside])])
    mine, first, last = pieces(stage.context.versions or Versions(), w.in_force_start[i:i + 1], w.in_force_end[i:i + 1])
    begins, ends = int(first[0]), int(last[0])
    if not mine[0] or not begins <= at < ends:
        return None
    return Now(i, w.label[i], int(w.start[i]), int(w.end[i]), begins, ends, max(begins, min(stage.context.until, ends)))
