"""Exact arithmetic: numbers as written, sums that cannot wrap, one place that rounds.

Law: a number in a text is exact or it is not a number; a sum is exact or it is not given.
"""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["exact_number"]

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)


def exact_number(text: str) -> Fraction | None:
    """The number a text spells (at most 15 digits before and 9 after the point, ASCII), or None. ``12.5%`` is no bare number."""
    return Fraction(text) if _NUMBER.fullmatch(text) else None
