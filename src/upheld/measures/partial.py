"""Partials: what parts of the facts add to each figure, so that parts measured apart give the very same figures (ARCHITECTURE D17).

Law: ``combine`` is associative and commutative, and ``finish(combine(partial(a), partial(b))) = finish(partial(a ∪ b))`` for facts
split by result, or by stretches of time that no run, slice or window straddles (sums of time: any stretches). Only partials are
cached; targets, points, caps are always worked out whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from upheld.measures import availability, values
from upheld.measures.cells import percent_of
from upheld.measures.result import Context, Figure
from upheld.plans.plan import AvailabilityPlan, ValuesPlan

__all__ = ["Cell", "Partial", "combine", "finish", "partial"]

Key = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one part of the facts knows of one (result, window label). ``sums`` add, ``most`` is a maximum."""

    sums: Mapping[str, Fraction] = field(default_factory=dict)
    most: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Partial:
    """The cells of one part of the facts under one plan; ``statistic`` says how they are finished."""

    statistic: str
    cells: Mapping[Key, Cell]


def partial(plan: AvailabilityPlan | ValuesPlan, context: Context) -> Partial:
    """The partial of the facts in ``context``. What is no sum (percentiles, ranges) raises ``ValueError``: measure it whole."""
    if isinstance(plan, ValuesPlan) and (percent_of(plan.statistic) is not None or plan.statistic == "min"):
        msg = f"{plan.statistic} is measured whole, not from partials"
        raise ValueError(msg)
    measured = availability.measure(plan, context) if isinstance(plan, AvailabilityPlan) else values.measure(plan, context)
    cells: dict[Key, Cell] = {}
    for part in measured.parts:
        figure = part.agreed
        if figure.low != figure.high:
            msg = "an undecided figure is measured whole, not from partials"
            raise ValueError(msg)
        made = _of_time(figure) if isinstance(plan, AvailabilityPlan) else _of_values(plan, figure)
        cells[part.group, measured.windows.label[part.window]] = made
    return Partial(plan.value if isinstance(plan, AvailabilityPlan) else f"values {_kind(plan)}", cells)


def _kind(plan: ValuesPlan) -> str:
    if plan.slices is not None and plan.statistic in ("mean", "ratio"):
        return "slices"
    if plan.slices is not None and plan.statistic == "share":
        return "good slices"
    if plan.shape == "counts" or plan.statistic in ("ratio", "share"):
        return "ratio" if plan.statistic not in ("number", "sum") else "sum"
    return plan.statistic if plan.statistic in ("mean", "max") else "sum"


def _of_time(figure: Figure) -> Cell:
    detail = figure.detail
    down = Fraction(detail["down_us"]) if "down_us" in detail else Fraction(detail["down_weighted_us"], detail["weight_scale"])
    sums = {"base": Fraction(detail["base_us"]), "down": down, "runs": Fraction(detail["runs"])}
    return Cell(sums, {"longest": Fraction(detail["longest_us"])})


def _of_values(plan: ValuesPlan, figure: Figure) -> Cell:
    known = figure.low or Fraction(0)
    match _kind(plan):
        case "slices":
            return Cell({"sum": Fraction(figure.detail["sum_billionths"], 10**9), "n": Fraction(figure.detail["slices"])})
        case "good slices":
            good = figure.detail["slices"] - figure.detail["bad"]
            return Cell({"sum": Fraction(good), "n": Fraction(figure.detail["slices"])})
        case "ratio":
            return Cell({"sum": Fraction(figure.detail["good"]), "n": Fraction(figure.detail["total"])})
        case "mean":
            return Cell({"sum": known * figure.n, "n": Fraction(figure.n)})
        case "max":
            return Cell({"n": Fraction(figure.n)}, {} if figure.low is None else {"max": figure.low})
        case _:
            empty = plan.statistic == "sum" and figure.low is None
            return Cell({"sum": known, "n": Fraction(0 if empty else 1)})


def combine(parts: Iterable[Partial]) -> Partial:
    """The partial of all facts together. Raises ``ValueError`` without a part, or for parts of different statistics."""
    parts = tuple(parts)
    if len({p.statistic for p in parts}) != 1:
        msg = "only partials of one statistic combine"
        raise ValueError(msg)
    sums: dict[Key, dict[str, Fraction]] = {}
    most: dict[Key, dict[str, Fraction]] = {}
    for part in parts:
        for key, cell in part.cells.items():
            own, tops = sums.setdefault(key, {}), most.setdefault(key, {})
            for name, amount in cell.sums.items():
                own[name] = own.get(name, Fraction(0)) + amount
            for name, amount in cell.most.items():
                tops[name] = max(tops.get(name, amount), amount)
    return Partial(parts[0].statistic, {key: Cell(sums[key], most[key]) for key in sums})


def finish(whole: Partial) -> dict[Key, Fraction | None]:
    """The exact figure of each (result, window label)."""
    return {key: _finished(whole.statistic, cell) for key, cell in whole.cells.items()}


def _finished(statistic: str, cell: Cell) -> Fraction | None:
    sums = cell.sums
    match statistic:
        case "share":
            return 1 - sums["down"] / sums["base"] if sums["base"] > 0 else None
        case "mean between":
            return (sums["base"] - sums["down"]) / sums["runs"] if sums["runs"] and sums["base"] > 0 else None
        case "total" | "number" | "longest":
            found = {"total": sums["down"], "number": sums["runs"], "longest": cell.most["longest"]}[statistic]
            return found if sums["base"] > 0 else None
        case "values max":
            return cell.most.get("max")
        case "values sum":
            return sums["sum"] if sums["n"] else None
        case _:
            return sums["sum"] / sums["n"] if sums["n"] else None
