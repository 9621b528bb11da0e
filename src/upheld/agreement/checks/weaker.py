"""Weaker than the base: what an agreement takes back of what it is based on, where the order is known.

Law: a base may be bettered in silence; it may be worsened only in sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from upheld.agreement.merge import Override
from upheld.agreement.model.form import Problem
from upheld.agreement.nodes import Node, Text
from upheld.values import quantity
from upheld.values.condition import Condition
from upheld.values.quantity import Duration

__all__ = ["weaker"]


def weaker(overrides: tuple[Override, ...]) -> Iterator[Problem]:
    """A target, a duration, a cap or a claim period that is weaker than the base's; a commitment removed."""
    for override in overrides:
        if override.by != "based_on" or not override.path:
            continue
        removed = isinstance(override.own, Text) and override.own.text == "none"
        if removed and override.path[0] == "commitments" and len(override.path) == 2:
            yield Problem(
                override.path,
                "weaker-than-base",
                f"`{override.path[1]}` is promised by the base and taken out here",
                "take the line out to keep the promise",
                severity="warning",
            )
            continue
        worse = _worse(override)
        if worse:
            yield Problem(
                override.path,
                "weaker-than-base",
                f"{worse} than the base's `{_text(override.base)}`",
                "keep the base's value, or accept it with a reason",
                severity="warning",
            )


def _text(node: Node) -> str:
    return node.text if isinstance(node, Text) else "table"


def _worse(override: Override) -> str:
    key = next((p for p in reversed(override.path) if p in ("target", "within", "by", "up_to")), None)
    if key is None or not isinstance(override.own, Text) or not isinstance(override.base, Text):
        return ""
    own, base = override.own.text, override.base.text
    if key == "target":
        a, b = quantity.condition(own), quantity.condition(base)
        if isinstance(a, Condition) and isinstance(b, Condition) and a.unit == b.unit and len(a.anyof) == len(b.anyof) == 1:
            x, y = a.anyof[0][0], b.anyof[0][0]
            up = x.op[0] == y.op[0] == ">"
            down = x.op[0] == y.op[0] == "<"
            if (up and x.limit < y.limit) or (down and x.limit > y.limit):
                return f"`{own}` promises less"
        return ""
    if key == "within" or (key == "by" and "claim" in override.path):
        c, d = quantity.duration(own), quantity.duration(base)
        if isinstance(c, Duration) and isinstance(d, Duration) and c.unit == d.unit and c.calendar == d.calendar and c.amount != d.amount:
            if key == "within" and c.amount > d.amount:
                return f"`{own}` takes longer"
            if key == "by" and c.amount < d.amount:
                return f"`{own}` leaves less time"
        return ""
    e, f = quantity.share(own), quantity.share(base)
    return f"`{own}` pays less" if isinstance(e, Fraction) and isinstance(f, Fraction) and e < f else ""
