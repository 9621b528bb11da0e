"""Announced: ends that lie ahead and were told beforehand.

Law: the cut hides every end after its instant, because an outage that ran on then had no end yet. What was told before it began (planned
maintenance) had one: it is known how long that will be left out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from upheld.facts.tables import OPEN, Facts
from upheld.measures.result import Context

__all__ = ["announced"]


def announced(context: Context, facts: Facts, at: int) -> Context:
    """The context with the announced ends of its intervals. ``facts``: as recorded, before the cut at ``at``."""
    cut, whole = context.facts.intervals, facts.intervals
    if cut is None or whole is None:
        return context
    rows = np.flatnonzero(cut.end == OPEN)
    place = np.searchsorted(whole.header.seq, cut.header.seq[rows]) if _in_order(whole.header.seq) else None
    if place is None:
        by_seq = {seq: i for i, seq in enumerate(whole.header.seq.tolist())}
        place = np.array([by_seq[seq] for seq in cut.header.seq[rows].tolist()], np.int64)
    told = whole.header.known_at[place] < whole.start[place]
    if whole.end_known_at is not None:
        told &= whole.end_known_at[place] <= at
    if not told.any():
        return context
    end = cut.end.copy()
    end[rows[told]] = whole.end[place[told]]
    return replace(context, facts=replace(context.facts, intervals=replace(cut, end=end)))


def _in_order(seq: np.ndarray) -> bool:
    return bool((seq[1:] > seq[:-1]).all())
