"""Conditions: ``>= 99.0%, < 99.9% | 100%`` as exact comparisons.

Law: values and limits are compared as integers by cross-multiplication; nothing is rounded to be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Comparison", "Condition", "Op", "compare"]

Op = Literal["<", "<=", ">", ">=", "=", "!="]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``op`` and the limit ``num``/``den`` (den > 0)."""

    op: Op
    num: int
    den: int = 1

    @property
    def limit(self) -> Fraction:
        """The limit as an exact fraction."""
        return Fraction(self.num, self.den)


@dataclass(frozen=True, slots=True)
class Condition:
    """An ``or`` of ``and``s. ``unit`` says what the limits are: a bare number, a share (99.9% is 0.999), µs, a day ordinal,
    or seconds of the local day. ``text`` is what was written.
    """

    anyof: tuple[tuple[Comparison, ...], ...]
    unit: Literal["number", "share", "duration", "date", "time", "money"] = "number"
    text: str = ""

    def holds(self, value: Fraction | int) -> bool:
        """Whether the value, in ``unit``, fulfils the condition."""
        value = Fraction(value)
        return any(all(compare(value, c.op, c.limit) for c in group) for group in self.anyof)

    def mask(self, num: NDArray[np.int64], den: int = 1) -> NDArray[np.bool_]:
        """bool[n]: which of the values ``num``/``den`` fulfil the condition; exact as long as limits fit int64."""
        result = np.zeros(len(num), np.bool_)
        for group in self.anyof:
            every = np.ones(len(num), np.bool_)
            for c in group:
                every &= _mask(num, den, c)
            result |= every
        return result


def compare(value: Fraction, op: Op, limit: Fraction) -> bool:
    """One exact comparison."""
    match op:
        case "<":
            return value < limit
        case "<=":
            return value <= limit
        case ">":
            return value > limit
        case ">=":
            return value >= limit
        case "=":
            return value == limit
        case "!=":
            return value != limit


def _mask(num: NDArray[np.int64], den: int, c: Comparison) -> NDArray[np.bool_]:
    # num/den op limit  <=>  num op limit*den; the right side is rounded towards the side that keeps integers exact.
    scaled = c.limit * den
    floor = scaled.numerator // scaled.denominator
    whole = scaled.denominator == 1
    match c.op:
        case "<":
            return num < floor if whole else num <= floor
        case "<=":
            return num <= floor
        case ">":
            return num > floor
        case ">=":
            return num >= floor if whole else num > floor
        case "=":
            return num == floor if whole else np.zeros(len(num), np.bool_)
        case "!=":
            return num != floor if whole else np.ones(len(num), np.bool_)
