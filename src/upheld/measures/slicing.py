"""Slices: a window cut into equal stretches, one value in each, then their mean or the share of good ones.

Law (ARCHITECTURE D5): the value of a slice is an integer in 10⁻⁹, half up, and a mean of slices their sum over their number.
Slices are laid from the window's own start. An empty slice (or one below its minimum sample) is good, bad or left out, as agreed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64
from upheld.measures.cells import statistic, sums_between
from upheld.measures.pieces import BILLION, ratio_of
from upheld.measures.readings import Rows, is_in
from upheld.measures.spells import Spells
from upheld.measures.sweep import Spans
from upheld.plans.plan import Slices, ValuesPlan

__all__ = ["Sliced", "laid", "slice_figures", "slice_sums", "sliced"]

_BLOCK = 1 << 15

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sliced:
    """One entry a filled slice, in (cell, slot) order: its value in 10⁻⁹ by the worst and the best reading, and how many
    facts.
    """

    cell: I64
    start: I64
    low: I64
    high: I64
    n: I64


def sliced(plan: ValuesPlan, slices: Slices, rows: Rows, spells: Spells, scale: int) -> Sliced:
    """The filled slices. Slices whose total is below ``sample`` count as empty."""
    begin = spells.windows.start[spells.index]
    origin = begin[rows.cell % len(spells)] if len(begin) else np.zeros(len(rows), np.int64)
    slot = (rows.at - origin) // slices.each_us
    if len(rows) > 1:
        later = (rows.cell[1:] > rows.cell[:-1]) | ((rows.cell[1:] == rows.cell[:-1]) & (slot[1:] >= slot[:-1]))
        if not later.all():
            order = np.lexsort((slot, rows.cell))
            rows, slot, origin = rows.take(order), slot[order], origin[order]
    fresh = np.ones(len(rows), np.bool_)
    fresh[1:] = (rows.cell[1:] != rows.cell[:-1]) | (slot[1:] != slot[:-1])
    alone = bool(fresh.all())
    first = np.flatnonzero(fresh)
    n = np.ones(len(rows), np.int64) if alone else np.diff(np.append(first, len(rows)))
    total = rows.total if alone else np.add.reduceat(rows.total, first)
    if plan.shape == "samples" and slices.statistic != "ratio":
        low, high = _statistics(slices.statistic, rows, first, n, scale, plan.method)
    else:
        low, high, total = _ratios(rows, first, alone=alone)
    enough = (total > 0) & (total >= slices.sample)
    found = Sliced(rows.cell[first], origin[first] + slot[first] * slices.each_us, low, high, n)
    if enough.all():
        return found
    return Sliced(*(getattr(found, name)[enough] for name in ("cell", "start", "low", "high", "n")))


def _ratios(rows: Rows, first: I64, *, alone: bool) -> tuple[I64, I64, I64]:
    """``(low, high, total)`` of each slice; rows that may count are taken as they hurt most, and as they help most."""
    def summed(column: I64) -> I64:
        return column if alone else np.add.reduceat(column, first)

    if bool(rows.sure.all()):
        total = summed(rows.total)
        low = ratio_of(summed(rows.good), np.maximum(total, 1))
        same = rows.good is rows.good_most or np.array_equal(rows.good, rows.good_most)
        return low, low if same else ratio_of(summed(rows.good_most), np.maximum(total, 1)), total
    sure = rows.sure
    hurt = summed(np.where(sure, rows.total, rows.total - rows.good))
    helped = summed(np.where(sure, rows.total, rows.good_most))
    low = ratio_of(summed(np.where(sure, rows.good, 0)), np.maximum(hurt, 1))
    high = ratio_of(summed(rows.good_most), np.maximum(helped, 1))
    return low, np.where(helped > 0, np.maximum(low, high), low), np.maximum(hurt, helped)


def _statistics(name: str, rows: Rows, first: I64, n: I64, scale: int, method: str) -> tuple[I64, I64]:
    """A statistic of the samples of each slice in 10⁻⁹, half up. Undecided samples: with all of them, and with none."""
    slot = np.repeat(np.arange(len(first)), n)
    everything = _billionths(statistic(name, slot, rows.value, len(first), method), scale)
    if rows.sure.all():
        return everything, everything
    sure = rows.sure
    certain = _billionths(statistic(name, slot[sure], rows.value[sure], len(first), method), scale, everything)
    return np.minimum(everything, certain), np.maximum(everything, certain)


def _billionths(values: list[Fraction | None], scale: int, otherwise: I64 | None = None) -> I64:
    half = Fraction(1, 2)
    return np.array([(int(otherwise[i]) if otherwise is not None else 0) if v is None else int((v * BILLION / scale + half) // 1)
                     for i, v in enumerate(values)], np.int64)


def slice_sums(good: I64, total: I64, bounds: I64) -> list[tuple[int, int]]:
    """``(Σ ratio in 10⁻⁹, slices)`` of each run of rows ``bounds[i] … bounds[i + 1]``, a row a slice with something in it.

    The kernel of the mean of slices, in blocks that stay in cache; rows without a total count as no slice.
    """
    value = np.empty(len(good), np.int64)
    for first in range(0, len(good), _BLOCK):
        block = slice(first, first + _BLOCK)
        value[block] = ratio_of(good[block], np.maximum(total[block], 1))
    filled = total > 0
    if filled.all():
        return list(zip(sums_between(value, bounds), np.diff(bounds).tolist(), strict=True))
    value[~filled] = 0
    return list(zip(sums_between(value, bounds), sums_between(filled.astype(np.int64), bounds), strict=True))


def laid(slices: Slices, spells: Spells, n_groups: int, out: Spans | None) -> I64:
    """i64[n_groups × windows]: how many slices each cell has in all, those beginning inside ``out`` (left out) not counted."""
    begin = spells.windows.start[spells.index]
    first = (spells.first - begin) // slices.each_us
    last = -((begin - spells.last) // slices.each_us)
    counts = np.tile(np.maximum(last - first, 0), n_groups)
    if out is None or not len(out):
        return counts
    for w in range(len(spells)):
        starts = begin[w] + np.arange(int(first[w]), int(last[w])) * slices.each_us
        for g in range(n_groups):
            counts[g * len(spells) + w] -= int(is_in(out, np.full(len(starts), g), starts).sum())
    return counts


@dataclass(frozen=True, slots=True)
class SliceFigure:
    """The ends of one cell's figure and what it is made of."""

    low: Fraction | None
    high: Fraction | None
    detail: dict[str, int]


def slice_figures(plan: ValuesPlan, slices: Slices, found: Sliced, laid_out: I64) -> list[SliceFigure]:
    """One figure a cell from its slices: ``mean``, ``share`` of good ones, ``number`` of bad ones, or another statistic of
    them.
    """
    n_cells = len(laid_out)
    bounds = np.searchsorted(found.cell, np.arange(n_cells + 1))
    filled = np.diff(bounds)
    empty = np.maximum(laid_out - filled, 0)
    counted = np.where(empty > 0, empty, 0) if slices.empty != "left out" else np.zeros(n_cells, np.int64)
    is_ratio = plan.shape != "samples" or slices.statistic == "ratio"
    if plan.statistic in ("share", "number"):
        return _good_slices(plan, slices, found, bounds, counted, is_ratio=is_ratio)
    if plan.statistic not in ("mean", "ratio"):
        values = [statistic(plan.statistic, found.cell, v, n_cells, plan.method) for v in (found.low, found.high)]
        return [SliceFigure(_over(a), _over(b), {"slices": int(n)}) for a, b, n in zip(*values, filled.tolist(), strict=True)]
    lows = sums_between(found.low, bounds)
    highs = lows if found.high is found.low else sums_between(found.high, bounds)
    extra = BILLION if slices.empty == "good" and is_ratio else 0
    figures = []
    for low, high, n, e in zip(lows, highs, filled.tolist(), counted.tolist(), strict=True):
        empties = e if is_ratio else 0        # an empty slice of readings has no value to be good or bad with
        slices_n, bonus = n + empties, empties * extra
        detail = {"slices": slices_n, "empty": empties, "sum_billionths": low + bonus}
        if not slices_n:
            figures.append(SliceFigure(None, None, detail))
            continue
        ends = [Fraction(end + bonus, slices_n * BILLION) for end in (low, high)]
        figures.append(SliceFigure(ends[0], ends[1], detail))
    return figures


def _over(value: Fraction | None) -> Fraction | None:
    return None if value is None else value / BILLION


def _good_slices(plan: ValuesPlan, slices: Slices, found: Sliced, bounds: I64, counted: I64, *,
                 is_ratio: bool) -> list[SliceFigure]:
    """Bad is tested on the bad share of a ratio (1 − value), on the value itself of a statistic."""
    if slices.bad is None:
        bad_low = bad_high = np.zeros(len(found.cell), np.bool_)
    elif is_ratio:
        bad_low, bad_high = (slices.bad.mask(BILLION - v, BILLION) for v in (found.low, found.high))
    else:
        bad_low, bad_high = (slices.bad.mask(v, BILLION) for v in (found.low, found.high))
    # a condition may be two-sided: what is bad in one reading and good in another is open
    surely, possibly = (sums_between((m).astype(np.int64), bounds) for m in (bad_low & bad_high, bad_low | bad_high))
    figures = []
    for sure, most, n, e in zip(surely, possibly, np.diff(bounds).tolist(), counted.tolist(), strict=True):
        empty_bad = e if slices.empty == "bad" else 0
        slices_n = n + e
        detail = {"slices": slices_n, "empty": e, "bad": sure + empty_bad}
        if plan.statistic == "number":
            figures.append(SliceFigure(Fraction(sure + empty_bad), Fraction(most + empty_bad), detail))
        elif slices_n:
            shares = [1 - Fraction(bad + empty_bad, slices_n) for bad in (most, sure)]
            figures.append(SliceFigure(shares[0], shares[1], detail))
        else:
            figures.append(SliceFigure(None, None, detail))
    return figures
