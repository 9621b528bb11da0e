"""Splits: one amount over several lines, and lines cut to a cap.

Law: the parts sum to the whole, to the minor unit; the largest remainder first, the earlier line of equals (values.exact.allocate).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from upheld.ledger.commands import Restate
from upheld.values.exact import allocate

__all__ = ["cut_to", "split"]


def split(whole: Restate, weights: Mapping[str, int | Fraction]) -> tuple[Restate, ...]:
    """One request a line, in the order of ``weights``, that share ``whole``'s amount by weight; keys ``<key>/<n>``. A line without a part is
    restated to 0. Raises ``ValueError`` for weights that are negative or all zero.
    """
    parts = allocate(whole.minor, list(weights.values()))
    return tuple(replace(whole, key=f"{whole.key}/{n}", line=line, minor=part)
                 for n, (line, part) in enumerate(zip(weights, parts, strict=True), 1))


def cut_to(cap: int, amounts: Sequence[int]) -> tuple[int, ...]:
    """The amounts (minor units, at least 0) as they are if they sum to ``cap`` or less, else cut pro rata so that they sum to it.

    No part is above its amount. Raises ``ValueError`` for a negative cap or amount.
    """
    if cap < 0 or any(amount < 0 for amount in amounts):
        raise ValueError("a cap and what it cuts are amounts of at least 0")
    return tuple(amounts) if sum(amounts) <= cap else allocate(cap, amounts)
