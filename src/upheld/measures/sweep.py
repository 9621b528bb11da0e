"""The sweep: spans of many groups and layers cut into elementary segments by one sort of packed integers.

Law: a segment carries, as bits, exactly the layers that cover it; segments of one group are disjoint and in time order;
nothing is summed in floating point. The packed path and the lexsort path give the same segments.

An edge is one int64, ``group << t | offset << y | type``: sorting keys alone is eight times faster than sorting positions, and a
running count a layer says afterwards which layers are open (background: interval sweep, Bentley 1977).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64

__all__ = [
    "NOTHING", "Ledger", "Ranges", "Spans", "Swept", "at_least", "complement", "concat", "flatten", "intersect", "joined", "k_of_n",
    "merge", "positions_in", "subtract", "sweep", "time_left",
]

_BLOCK = 1 << 16
_KEY_BITS = 63
_MOST_LAYERS = 62


@dataclass(frozen=True, slots=True)
class Spans:
    """Half-open spans ``[start, end)`` in µs, each of a ``group``; any order, may overlap unless ``merged``.

    ``weight`` (i64, or None: all whole) is how much of its group each span concerns, times a scale that the holder keeps.
    ``merged``: sorted by (group, start) and disjoint, touching spans joined where their weights agree.
    """

    group: I64
    start: I64
    end: I64
    weight: I64 | None = None
    merged: bool = False

    def __len__(self) -> int:
        return len(self.start)

    def take(self, chosen: NDArray[np.bool_] | I64) -> Spans:
        """The spans chosen (a mask, or positions in ascending order)."""
        weight = None if self.weight is None else self.weight[chosen]
        return Spans(self.group[chosen], self.start[chosen], self.end[chosen], weight, self.merged)

    def clip(self, lo: int, hi: int) -> Spans:
        """What lies in ``[lo, hi)``."""
        start, end = np.maximum(self.start, lo), np.minimum(self.end, hi)
        clipped = Spans(self.group, start, end, self.weight, self.merged)
        keep = start < end
        return clipped if keep.all() else clipped.take(keep)


_EMPTY = np.empty(0, np.int64)
NOTHING = Spans(_EMPTY, _EMPTY, _EMPTY, None, merged=True)
"""No span at all."""


@dataclass(frozen=True, slots=True)
class Swept:
    """Elementary segments in (group, start) order, neighbours differ; ``mask`` has bit ``i`` where layer ``i`` covers the
    segment.
    """

    group: I64
    start: I64
    end: I64
    mask: I64

    def where(self, chosen: NDArray[np.bool_]) -> Spans:
        """The segments chosen, as spans (not joined)."""
        return Spans(self.group[chosen], self.start[chosen], self.end[chosen])


def sweep(layers: Sequence[Spans]) -> Swept:
    """The elementary segments covered by at least one layer (at most 62 layers). Empty spans count for nothing."""
    if len(layers) > _MOST_LAYERS:
        msg = f"a sweep takes at most {_MOST_LAYERS} layers"
        raise ValueError(msg)
    layers = [_filled(layer) for layer in layers]
    used = [layer for layer in layers if len(layer)]
    if not used:
        return Swept(_EMPTY, _EMPTY, _EMPTY, _EMPTY)
    lo = min(int(layer.start.min()) for layer in used)
    hi = max(int(layer.end.max()) for layer in used)
    top = max(int(layer.group.max()) for layer in used)
    type_bits = (2 * len(layers) - 1).bit_length()
    time_bits = (hi - lo).bit_length() + type_bits
    if top.bit_length() + time_bits > _KEY_BITS:
        return _lexsorted(layers)
    return _scan(_packed(layers, lo, type_bits, time_bits), len(layers), lo, type_bits, time_bits)


def _filled(layer: Spans) -> Spans:
    keep = layer.start < layer.end
    return layer if keep.all() else layer.take(keep)


def _packed(layers: Sequence[Spans], lo: int, type_bits: int, time_bits: int) -> I64:
    """Sorted edges: type ``2 × layer`` ends a span, ``2 × layer + 1`` starts one."""
    key = np.empty(2 * sum(len(layer) for layer in layers), np.int64)
    at = 0
    for i, layer in enumerate(layers):
        if not len(layer):
            continue
        n = len(layer)
        group = layer.group.astype(np.int64) << time_bits
        for stamps, kind in ((layer.start, 2 * i + 1), (layer.end, 2 * i)):
            part = key[at:at + n]
            np.subtract(stamps, lo, out=part)
            np.left_shift(part, type_bits, out=part)
            part |= group
            part |= kind
            at += n
    key.sort()
    return key


def _scan(key: I64, n_layers: int, lo: int, type_bits: int, time_bits: int) -> Swept:
    """Walk the sorted edges block by block. Buffers are used again and again: fresh pages cost more than the arithmetic."""
    where, masks = np.empty(len(key), np.int64), np.empty(len(key), np.int64)
    filled = 0
    size = min(len(key), _BLOCK)
    buffers, flags = np.empty((3, size), np.int64), np.empty(size, np.bool_)
    depths = _Depths(n_layers, size)
    before = 0                                # the mask in force at the block's first edge
    for first in range(0, len(key), _BLOCK):
        block = key[first:first + _BLOCK]
        m = len(block)
        mask, place, now = (buffer[:m] for buffer in buffers)
        flag = flags[:m]
        np.bitwise_and(block, (1 << type_bits) - 1, out=place)
        depths.follow(place, mask, flag)
        np.right_shift(block, type_bits, out=place)
        following = int(key[first + m]) >> type_bits if first + m < len(key) else -1
        np.not_equal(place[1:], place[:-1], out=flag[:-1])     # the last edge of an instant says what holds from there on
        flag[-1] = int(place[-1]) != following
        rows = np.flatnonzero(flag)
        if not len(rows):
            continue
        now = mask.take(rows, out=now[:len(rows)], mode="clip")
        changed = flag[:len(rows)]
        np.not_equal(now[1:], now[:-1], out=changed[1:])
        changed[0] = int(now[0]) != before
        before = int(now[-1])
        rows = rows[changed]
        upto = filled + len(rows)
        place.take(rows, out=where[filled:upto], mode="clip")
        mask.take(rows, out=masks[filled:upto], mode="clip")
        filled = upto
    return _segments(where[:filled], masks[:filled], lo, time_bits - type_bits)


class _Depths:
    """How many spans of each layer are open, carried from block to block."""

    __slots__ = ("_bits", "_carry", "_deltas", "_depth")

    def __init__(self, n_layers: int, size: int) -> None:
        self._deltas = np.zeros((n_layers, 2 * n_layers), np.int32)
        for i in range(n_layers):
            self._deltas[i, 2 * i], self._deltas[i, 2 * i + 1] = -1, 1
        self._carry = [0] * n_layers
        self._depth, self._bits = np.empty(size, np.int32), np.empty(size, np.int64)

    def follow(self, kind: I64, mask: I64, flag: NDArray[np.bool_]) -> None:
        """Into ``mask``: the layers open after each edge of the block; ``flag`` is scratch."""
        depth, bits = self._depth[:len(kind)], self._bits[:len(kind)]
        mask[:] = 0
        for i, deltas in enumerate(self._deltas):
            deltas.take(kind, out=depth, mode="clip")
            np.cumsum(depth, out=depth)
            depth += self._carry[i]
            self._carry[i] = int(depth[-1])
            np.greater(depth, 0, out=flag)
            np.copyto(bits, flag)
            bits <<= i
            mask |= bits


def _segments(where: I64, masks: I64, lo: int, offset_bits: int) -> Swept:
    """The stretches between the edges that change something, where any layer is open."""
    open_ = np.flatnonzero(masks)             # each is followed by the edge that changes it, in the same group
    mask, start = masks[open_], where[open_]
    open_ += 1
    end = where[open_]
    group = np.right_shift(start, offset_bits, out=open_)
    start &= (1 << offset_bits) - 1
    start += lo
    end &= (1 << offset_bits) - 1
    end += lo
    return Swept(group, start, end, mask)


def _lexsorted(layers: Sequence[Spans]) -> Swept:
    """The same segments by sorting columns, for stamps too far apart or groups too many to be packed."""
    group, at, layer, sign = _edges(layers)
    order = np.lexsort((at, group))
    group, at, layer, sign = group[order], at[order], layer[order], sign[order]
    mask = np.zeros(len(at), np.int64)
    for i in range(len(layers)):
        mask |= (np.cumsum(np.where(layer == i, sign, 0)) > 0).astype(np.int64) << i
    settled = np.append((at[1:] != at[:-1]) | (group[1:] != group[:-1]), True)
    group, at, mask = group[settled], at[settled], mask[settled]
    changed = np.append(True, mask[1:] != mask[:-1])
    group, at, mask = group[changed], at[changed], mask[changed]
    rows = np.flatnonzero(mask)
    return Swept(group[rows], at[rows], at[rows + 1], mask[rows])


def _edges(layers: Sequence[Spans]) -> tuple[I64, I64, I64, I64]:
    number = np.repeat(np.arange(len(layers)), [2 * len(layer) for layer in layers])
    sign = np.concatenate([np.repeat(np.array([1, -1]), len(layer)) for layer in layers])
    at = np.concatenate([np.concatenate([layer.start, layer.end]) for layer in layers])
    group = np.concatenate([np.concatenate([layer.group, layer.group]) for layer in layers])
    return group, at, number, sign


# ---- the algebra of grouped spans -----------------------------------------------------------------------------------


def concat(*parts: Spans) -> Spans:
    """All spans together, as they are. Whole spans beside weighted ones are not mixed: callers weigh first."""
    filled = [p for p in parts if len(p)]
    if len(filled) <= 1:
        return filled[0] if filled else NOTHING
    weights = [p.weight for p in filled if p.weight is not None]
    weight = np.concatenate(weights) if weights else None
    group, start, end = (np.concatenate([getattr(p, name) for p in filled]) for name in ("group", "start", "end"))
    return Spans(group, start, end, weight)


def flatten(spans: Spans) -> Spans:
    """The same spans without weights: where anything holds at all."""
    if spans.weight is None:
        return spans
    return merge(Spans(spans.group, spans.start, spans.end))


def merge(spans: Spans) -> Spans:
    """The union a group, touching spans joined."""
    if spans.merged:
        return spans
    swept = sweep([spans])
    return Spans(swept.group, swept.start, swept.end, None, merged=True)


def joined(swept: Swept, chosen: NDArray[np.bool_]) -> Spans:
    """The segments chosen, neighbours joined."""
    group, start, end = swept.group[chosen], swept.start[chosen], swept.end[chosen]
    if not len(group):
        return NOTHING
    fresh = np.append(True, (group[1:] != group[:-1]) | (start[1:] != end[:-1]))
    first = np.flatnonzero(fresh)
    last = np.append(first[1:] - 1, len(group) - 1)
    return Spans(group[first], start[first], end[last], None, merged=True)


def intersect(a: Spans, b: Spans) -> Spans:
    """Where both hold."""
    if not len(a) or not len(b):
        return NOTHING
    swept = sweep([a, b])
    return joined(swept, swept.mask == 3)


def subtract(a: Spans, b: Spans) -> Spans:
    """Where the first holds and the second does not."""
    if not len(b):
        return merge(a)
    swept = sweep([a, b])
    return joined(swept, swept.mask == 1)


def k_of_n(parts: Sequence[Spans], k: int) -> Spans:
    """Where at least ``k`` of the parts hold."""
    if len(parts) > _MOST_LAYERS:
        return _many_of(parts, k)
    swept = sweep(list(parts))
    return joined(swept, np.bitwise_count(swept.mask) >= k)


def _many_of(parts: Sequence[Spans], k: int) -> Spans:
    """The same by counting how many hold: more parts than one sweep has layers (a hundred series, each watched on its own)."""
    group, at, _, sign = _edges([_filled(merge(part)) for part in parts])
    order = np.lexsort((at, group))
    group, at, depth = group[order], at[order], np.cumsum(sign[order])
    settled = np.append((at[1:] != at[:-1]) | (group[1:] != group[:-1]), np.ones(min(len(at), 1), np.bool_))
    group, at, holds = group[settled], at[settled], depth[settled] >= max(k, 1)
    rows = np.flatnonzero(holds)          # every span ends in its own group, so that the row after one that holds is of the same group
    return joined(Swept(group[rows], at[rows], at[rows + 1], np.ones(len(rows), np.int64)), np.ones(len(rows), np.bool_))


def complement(spans: Spans, n_groups: int, lo: int, hi: int) -> Spans:
    """Where nothing holds, in ``[lo, hi)`` of each of the groups ``0 … n_groups − 1``."""
    groups = np.arange(n_groups, dtype=np.int64)
    return subtract(Spans(groups, np.full(n_groups, lo), np.full(n_groups, hi)), spans)


def at_least(runs: Spans, shortest_us: int, *, counts_from: bool = False) -> Spans:
    """The runs (merged spans) that last ``shortest_us`` or longer, whole; with ``counts_from`` only what lies beyond."""
    if shortest_us <= 0:
        return runs
    long = runs.take(runs.end - runs.start >= shortest_us)
    if not counts_from:
        return long
    start = long.start + shortest_us
    return Spans(long.group, start, long.end, long.weight, merged=True).take(start < long.end)


# ---- sums -----------------------------------------------------------------------------------------------------------


def positions_in(spans: Spans, group: I64, at: I64) -> I64:
    """i64: how many spans of the merged ``spans`` begin before (group, instant): of earlier groups all, of its own those
    before.
    """
    if not len(spans) or not len(at):
        return np.zeros(len(at), np.int64)
    lo = min(int(spans.start[0]), int(spans.start.min()), int(at.min()))
    bits = (max(int(spans.start.max()), int(at.max())) - lo).bit_length()
    if max(int(spans.group[-1]), int(group.max())).bit_length() + bits <= _KEY_BITS:
        return np.searchsorted((spans.group << bits) | (spans.start - lo), (group << bits) | (at - lo))
    bounds = np.searchsorted(spans.group, np.arange(int(group.max()) + 2))
    result = np.empty(len(at), np.int64)
    for g in np.unique(group).tolist():
        mine = group == g
        result[mine] = bounds[g] + np.searchsorted(spans.start[bounds[g]:bounds[g + 1]], at[mine])
    return result


@dataclass(frozen=True, slots=True)
class Ranges:
    """Where amounts are asked for: ``group``, ``first``, ``last`` of each range, and the running amount at both ends."""

    group: I64
    first: I64
    last: I64
    work_first: I64
    work_last: I64


class Ledger:
    """Amounts of disjoint sorted spans in ranges, by differences of running sums.

    Sums run modulo 2^64: the difference of two of them is exact as long as one range holds less than 2^63, although the total
    over all groups may wrap. Ranges may overlap (rolling windows).
    """

    __slots__ = ("_after", "_before", "_tail_after", "_tail_before", "amount")

    def __init__(self, spans: Spans, work_start: I64, work_end: I64, ranges: Ranges) -> None:
        self.amount = work_end - work_start
        self._before, self._tail_before = self._cut(spans, work_start, work_end, ranges.group, ranges.first, ranges.work_first)
        self._after, self._tail_after = self._cut(spans, work_start, work_end, ranges.group, ranges.last, ranges.work_last)

    @staticmethod
    def _cut(spans: Spans, work_start: I64, work_end: I64, group: I64, at: I64, work: I64) -> tuple[I64, I64]:
        """How many spans begin before the instant, and how much of the last of them lies after it."""
        row = positions_in(spans, group, at)
        if not len(spans):
            return row, np.zeros(len(at), np.int64)
        previous = np.maximum(row - 1, 0)
        beyond = (row > 0) & (spans.group[previous] == group) & (spans.end[previous] > at)
        return row, np.where(beyond, work_end[previous] - np.maximum(work, work_start[previous]), 0)

    def total(self, chosen: NDArray[np.bool_], factor: I64 | None = None) -> I64:
        """i64[n_ranges]: the amount of the spans chosen in each range; with ``factor`` each span's amount times its own."""
        each = np.where(chosen, 1 if factor is None else factor, 0)
        sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.amount * each)])
        return self._at(sums, each, self._after, self._tail_after) - self._at(sums, each, self._before, self._tail_before)

    @staticmethod
    def _at(sums: I64, each: I64, row: I64, tail: I64) -> I64:
        if not len(each):
            return np.zeros(len(row), np.int64)
        return sums[row] - tail * each[np.maximum(row - 1, 0)]


def time_left(held: Spans, taken: Spans, ranges: Ranges) -> I64:
    """i64[n_ranges]: wall µs of each range in which ``held`` holds and ``taken`` does not: outages less maintenance, in one sort.

    The kernel of the share of time by result and window, without the evidence; what ``measure`` gives agrees with it by law.
    """
    swept = sweep([held, taken])
    rows = np.flatnonzero(swept.mask == 1)
    left = Spans(swept.group[rows], swept.start[rows], swept.end[rows], None, merged=True)
    return Ledger(left, left.start, left.end, ranges).total(np.ones(len(rows), np.bool_))
