"""Allowance: the one limit a target sets, and on which side of it a value must lie.

Law: a value meets the limit exactly when, rounded as the clause says, it meets the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from upheld.plans.plan import Rounding
from upheld.values.condition import Condition

__all__ = ["Limit", "limit_of"]


@dataclass(frozen=True, slots=True)
class Limit:
    """``least``: the value must be at least ``value`` (else: at most); ``strict``: and not ``value`` itself."""

    value: Fraction
    least: bool
    strict: bool

    def holds(self, value: Fraction) -> bool:
        """Whether an unrounded value lies on the good side."""
        if value == self.value:
            return not self.strict
        return (value > self.value) == self.least


def limit_of(target: Condition | None, rounding: Rounding | None) -> Limit | None:
    """The limit on the value before it is rounded; None where the target is no single limit (bands, ``!=``, none at all)."""
    if target is None or len(target.anyof) != 1 or len(target.anyof[0]) != 1:
        return None
    only = target.anyof[0][0]
    op = only.op
    if op == "=" and target.unit == "share" and only.limit == 1:
        op = ">="
    if op == "=" and only.limit == 0:
        op = "<="
    if op in ("=", "!="):
        return None
    least, strict = op in (">", ">="), op in ("<", ">")
    return Limit(only.limit, least, strict) if rounding is None else _unrounded(only.limit, rounding, least=least, strict=strict)


def _unrounded(limit: Fraction, rounding: Rounding, *, least: bool, strict: bool) -> Limit:
    """The limit on values of 0 and more whose rounded value meets ``limit``."""
    to = rounding.to
    steps = limit / to
    floor, ceiling = steps.numerator // steps.denominator, -(-steps.numerator // steps.denominator)
    if least:
        last = floor + 1 if strict else ceiling          # the lowest multiple that is good enough
        edge = {"down": Fraction(last), "up": Fraction(last - 1)}.get(rounding.mode, last - Fraction(1, 2))
        open_ = {"down": False, "up": True, "half_up": False, "half_even": last % 2 == 1}[rounding.mode]
    else:
        last = ceiling - 1 if strict else floor          # the highest
        edge = {"down": Fraction(last + 1), "up": Fraction(last)}.get(rounding.mode, last + Fraction(1, 2))
        open_ = {"down": True, "up": False, "half_up": True, "half_even": last % 2 == 1}[rounding.mode]
    return Limit(edge * to, least, open_)
