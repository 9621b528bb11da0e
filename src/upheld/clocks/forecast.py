"""Forecast: what a budget will have been used for at the window's end, as a band of three plain ways of going on.

Law: each way is arithmetic anybody can repeat on the figures shown; nothing is fitted and nothing is random. The ways: at the rate of the long
stretch, at the rate of the whole window so far, and as much a share of service time as the earlier windows took (up to six, their mean).
The middle is their median; the band reaches from the least to the most. What is not known counts as good at its lower end, as bad at its upper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from upheld.clocks.burn import Burn

__all__ = ["EARLIER", "Forecast", "forecast", "longest_forecast"]

EARLIER = 6
"""So many earlier windows are looked back on."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Use at the window's end, in the budget's unit. ``ways``: each way's name and what it comes to, before anything unknown."""

    low: Fraction
    mid: Fraction
    high: Fraction
    ways: tuple[tuple[str, Fraction], ...]


def forecast(used: tuple[Fraction, Fraction], long: Burn, elapsed_us: int, left_us: int, earlier: Sequence[Fraction],
             most_more: Fraction | None) -> Forecast:
    """``used``: the least and the most so far. ``earlier``: what ended windows used, oldest first. ``most_more``: no more can be used."""
    ways: list[tuple[str, Fraction]] = []
    if long.within_us:
        ways.append(("as in the long stretch", long.used / long.within_us * left_us))
    if elapsed_us:
        ways.append(("as in the window so far", used[0] / elapsed_us * left_us))
    if earlier and elapsed_us + left_us:
        past = list(earlier)[-EARLIER:]
        ways.append(("as in earlier windows", sum(past, Fraction(0)) / len(past) * Fraction(left_us, elapsed_us + left_us)))
    more = [add if most_more is None else min(add, most_more) for _, add in ways] or [Fraction(0)]
    shown = tuple((name, used[0] + add) for (name, _), add in zip(ways, more, strict=False))
    return Forecast(used[0] + min(more), used[0] + median(more), used[1] + max(more), shown)


def longest_forecast(used: tuple[Fraction, Fraction], earlier: Sequence[Fraction]) -> Forecast:
    """A longest run has no rate: it stays as it is, or becomes as long as in earlier windows (the median, the most)."""
    past = list(earlier)[-EARLIER:]
    if not past:
        return Forecast(used[0], used[0], used[1], ())
    mid, high = max(used[0], median(past)), max(used[1], *past)
    return Forecast(used[0], mid, high, (("as in earlier windows", mid),))
