"""Naive statistics of values: lists and plain fractions, one fact at a time."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations


def statistic(name: str, values: list[int]) -> Fraction | None:
    if name == "number":
        return Fraction(len(values))
    if not values:
        return None
    if name.startswith("p"):
        percent = Fraction(name[1:])
        ordered = sorted(values)
        rank = next(k for k in range(1, len(ordered) + 1) if Fraction(k, len(ordered)) * 100 >= percent)
        return Fraction(ordered[rank - 1])
    return {"mean": Fraction(sum(values), len(values)), "sum": Fraction(sum(values)), "min": Fraction(min(values)),
            "max": Fraction(max(values))}[name]


def both_ways(name: str, certain: list[int], open_: list[int]) -> tuple[Fraction | None, Fraction | None]:
    """The statistic over every choice of the undecided values: its lowest and highest."""
    found = [statistic(name, [*certain, *chosen]) for k in range(len(open_) + 1) for chosen in combinations(open_, k)]
    if name == "sum":
        found = [Fraction(0) if f is None else f for f in found]   # if none of the undecided count, they add nothing
    known = [f for f in found if f is not None]
    return min(known, default=None), max(known, default=None)


def mean_of_slices(slices: dict[int, tuple[int, int]], n_slices: int, empty: str) -> Fraction | None:
    """``slices``: number → (good, total); the ratio of each in 10⁻⁹, half up; the mean over those that count."""
    values = []
    for i in range(n_slices):
        good, total = slices.get(i, (0, 0))
        if total:
            exact = Fraction(good * 10**9, total)
            values.append(int(exact + Fraction(1, 2)))
        elif empty != "left out":
            values.append(10**9 if empty == "good" else 0)
    return Fraction(sum(values), len(values) * 10**9) if values else None
