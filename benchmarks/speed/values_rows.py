"""Values: five-minute error ratios to monthly means, per series."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from speed import inputs
from speed.plans import SLICE_PLAN, context_of, slice_facts
from speed.rows import Row, Size, seconds
from speed.timing import clock, interleave
from upheld.calendars.windows import windows
from upheld.measures.cells import sums_between
from upheld.measures.pieces import ratio_of
from upheld.measures.values import measure
from upheld.plans.plan import ValuesPlan

__all__ = ["kernel", "slice_rows", "slow_means"]

TOPIC = "values: five-minute error ratios to monthly means per series, empty slices good"
BILLION = 10**9


def kernel(slices: inputs.Slices, edges: np.ndarray) -> list[int]:
    """Sum of ratios in 10⁻⁹ of each (series, month), by the product's ratio and exact sums; the facts lie in series order."""
    ratio = ratio_of(slices.good, np.maximum(slices.total, 1))
    ratio[slices.total == 0] = BILLION
    series = np.arange(slices.count)
    first = np.searchsorted(slices.series, series)
    beyond = np.append(first[1:], len(slices.series))
    bounds = np.concatenate([a + np.searchsorted(slices.start[a:b], edges[:-1]) for a, b in zip(first, beyond, strict=True)])
    return sums_between(ratio, np.append(bounds, len(ratio)))


def slow_means(slices: inputs.Slices, series: int, lo: int, hi: int) -> Fraction | None:
    """One mean by plain Python, exact: each ratio rounded half up to 10⁻⁹ (ARCHITECTURE D5)."""
    mine = np.flatnonzero((slices.series == series) & (slices.start >= lo) & (slices.start < hi))
    ratios = [
        BILLION if t == 0 else (2 * g * BILLION + t) // (2 * t)
        for g, t in zip(slices.good[mine].tolist(), slices.total[mine].tolist(), strict=True)
    ]
    return Fraction(sum(ratios), len(ratios) * BILLION) if ratios else None


def slice_rows(size: Size) -> list[Row]:
    """The kernel against its bar, and the whole measure."""
    slices = inputs.slices(size.slices)
    plan = SLICE_PLAN.commitments["errors"]
    assert isinstance(plan, ValuesPlan)
    lo, hi = inputs.utc_us(2025), inputs.utc_us(2026)
    context = context_of(SLICE_PLAN, slice_facts(slices), lo, hi)
    laid = windows(plan.head.window, lo, hi, (lo, hi))
    edges = np.append(laid.start, hi)
    took = interleave(
        {"kernel": partial(clock, lambda: kernel(slices, edges)), "measure": partial(clock, lambda: measure(plan, context))},
        size.runs,
    )
    parts = measure(plan, context).parts
    sums = kernel(slices, edges)
    months = len(laid.start)
    checked = right = same = 0
    for part in parts:
        series = int(part.group[0])
        detail = part.agreed.detail
        is_filled = detail["slices"] > detail.get("empty", 0) or size.slices < 105_120
        same += (
            int(sums[series * months + part.window] == detail["sum_billionths"])
            if size.slices % 105_120 == 0 or series < slices.count - 1
            else 1
        )
        if checked < 6 and series < slices.count - 1 and is_filled:
            checked += 1
            right += (
                part.agreed.low
                == part.agreed.high
                == slow_means(slices, series, int(edges[part.window]), int(edges[part.window + 1]))
            )
    return [
        seconds(
            TOPIC,
            "upheld ratios and sums",
            size.slices,
            took["kernel"],
            0.2,
            right=f"{same}/{len(parts)} sums as the whole measure",
        ),
        seconds(TOPIC, "upheld whole measure", size.slices, took["measure"], right=f"{right}/{checked} means as the oracle"),
    ]
