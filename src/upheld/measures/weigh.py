"""Weights: how much of a result a span concerns, where spans overlap.

Law: ``highest`` is the largest weight of the spans that hold, ``sum`` their sum, at most the whole; exact integers.
"""

from __future__ import annotations

import heapq
from typing import Literal

import numpy as np

from upheld.facts.tables import I64
from upheld.measures.sweep import NOTHING, Spans, at_least, merge, positions_in

__all__ = ["weigh", "weighed_at_least", "weights_at"]


def weigh(spans: Spans, overlap: Literal["highest", "sum"], scale: int) -> Spans:
    """Merged spans of constant weight (0 < weight ≤ ``scale``), touching spans of one weight joined."""
    assert spans.weight is not None
    used = spans.take((spans.start < spans.end) & (spans.weight > 0))
    if not len(used) or used.weight is None:
        return Spans(NOTHING.group, NOTHING.start, NOTHING.end, NOTHING.start, merged=True)
    n = len(used)
    group, at = np.tile(used.group, 2), np.concatenate([used.start, used.end])
    change = np.concatenate([used.weight, -used.weight])
    order = np.lexsort((at, group))
    group, at, change = group[order], at[order], change[order]
    level = np.minimum(np.cumsum(change), scale) if overlap == "sum" else _highest(change, order, n)
    settled = np.append((at[1:] != at[:-1]) | (group[1:] != group[:-1]), True)
    group, at, level = group[settled], at[settled], level[settled]
    changed = np.append(True, level[1:] != level[:-1])
    group, at, level = group[changed], at[changed], level[changed]
    rows = np.flatnonzero(level)
    return Spans(group[rows], at[rows], at[rows + 1], level[rows], merged=True)


def _highest(change: I64, order: I64, n: int) -> I64:
    """The largest open weight after each edge: one heap over the edges, closed spans dropped when they come up."""
    closed = np.zeros(n, np.bool_)
    heap: list[tuple[int, int]] = []
    level = np.empty(len(change), np.int64)
    for i, (delta, edge) in enumerate(zip(change.tolist(), order.tolist(), strict=True)):
        if delta > 0:
            heapq.heappush(heap, (-delta, edge))
        else:
            closed[edge - n] = True
        while heap and closed[heap[0][1]]:
            heapq.heappop(heap)
        level[i] = -heap[0][0] if heap else 0
    return level


def weighed_at_least(spans: Spans, shortest_us: int, *, counts_from: bool) -> Spans:
    """``at_least`` on the whole run of any weight; the weights stay."""
    if shortest_us <= 0 or not len(spans):
        return spans
    runs = at_least(merge(Spans(spans.group, spans.start, spans.end)), shortest_us, counts_from=counts_from)
    if not len(runs):
        return spans.take(np.zeros(len(spans), np.bool_))
    # each constant-weight span lies in one run, or in one that was too short
    run = np.maximum(positions_in(runs, spans.group, spans.end) - 1, 0)
    inside = (runs.group[run] == spans.group) & (runs.end[run] >= spans.end) & (runs.start[run] < spans.end)
    start = np.maximum(spans.start, runs.start[run])
    return Spans(spans.group, start, spans.end, spans.weight, merged=True).take(inside)


def weights_at(spans: Spans, group: I64, at: I64) -> I64:
    """i64: the weight in force at instants of groups, 0 where no span of the merged ``spans`` holds."""
    if not len(spans) or spans.weight is None:
        return np.zeros(len(at), np.int64)
    row = np.maximum(positions_in(spans, group, at + 1) - 1, 0)
    held = (spans.group[row] == group) & (spans.start[row] <= at) & (at < spans.end[row])
    return np.where(held, spans.weight[row], 0)
