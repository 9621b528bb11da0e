"""Exact arithmetic: numbers as written, sums that cannot wrap, one place that rounds, splits that sum.

Law: a number in a text is exact or it is not a number; a sum is exact or it is not given; the parts of a split sum to the whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["RoundingMode", "allocate", "checked_sum", "exact_number", "round_to"]

RoundingMode = Literal["half_up", "half_even", "down", "up"]

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)


def exact_number(text: str) -> Fraction | None:
    """The number a text spells (at most 15 digits before and 9 after the point, ASCII), or None. ``12.5%`` is no bare number."""
    return Fraction(text) if _NUMBER.fullmatch(text) else None


def checked_sum(values: NDArray[np.int64]) -> int:
    """The exact sum of an int64 array: in one pass where it cannot wrap, else in halves joined as Python integers."""
    if not len(values):
        return 0
    largest = max(int(values.max()), -int(values.min()))
    if largest * len(values) < 2**63:
        return int(values.sum())
    # high and low words: each fits with room for 2^31 rows
    high, low = values >> 32, values & 0xFFFF_FFFF
    return (int(high.sum()) << 32) + int(low.sum())


def round_to(value: Fraction, to: Fraction, mode: RoundingMode) -> Fraction:
    """The multiple of ``to`` (> 0) nearest ``value``. Ties of ``half_up`` and all of ``up`` go away from zero."""
    if to <= 0:
        raise ValueError("rounding needs a positive step")
    steps = abs(value) / to
    whole, rest = divmod(steps.numerator, steps.denominator)
    twice = 2 * rest
    match mode:
        case "down":
            grows = False
        case "up":
            grows = rest > 0
        case "half_up":
            grows = twice >= steps.denominator
        case "half_even":
            grows = twice > steps.denominator or (twice == steps.denominator and whole % 2 == 1)
    rounded = (whole + grows) * to
    return -rounded if value < 0 else rounded


def allocate(total: int, weights: Sequence[int | Fraction], step: int = 1) -> tuple[int, ...]:
    """``total`` split by weights into multiples of ``step`` that sum to it: largest remainder first, the earlier of equals.

    A negative total is split as its size is. Raises ValueError for weights that are negative or all zero, and for a total that is no multiple.
    """
    shares = [Fraction(w) for w in weights]
    whole = sum(shares)
    if not shares or whole <= 0 or min(shares) < 0:
        raise ValueError("a split needs weights of at least 0, one of them above")
    steps, rest = divmod(abs(total), step)
    if rest:
        raise ValueError("a split in steps needs a total of whole steps")
    exact = [steps * share / whole for share in shares]
    parts = [part.numerator // part.denominator for part in exact]
    missing = steps - sum(parts)
    by_remainder = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[:missing]:
        parts[i] += 1
    return tuple(-part * step for part in parts) if total < 0 else tuple(part * step for part in parts)
