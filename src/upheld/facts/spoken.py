"""Spoken: what the whole stream ever said, where only some of its rows are at hand.

Law: which cases are given changes no case's answer. Wherever it matters that no fact says an attribute at all, a column stands for
"somebody says it"; so some of the rows are given the columns that all of them have.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from upheld.facts.tables import Attribute, Facts

__all__ = ["as_spoken"]

_SHAPES = ("events", "intervals", "samples", "counts", "subscriptions", "charges", "declarations")


def as_spoken(facts: Facts) -> Facts:
    """The facts, with a column in which nothing is said for each attribute that ``facts.spoken`` has and the rows at hand have not."""
    if facts.spoken is None:
        return facts
    changed: dict[str, Any] = {}
    for shape in _SHAPES:
        table = getattr(facts, shape)
        missing = sorted(facts.spoken.get(shape, frozenset()) - set(table.attributes)) if table is not None else []
        if missing:
            silent = Attribute(np.broadcast_to(np.int32(-1), len(table.header.seq)), ())
            changed[shape] = replace(table, attributes={**table.attributes, **dict.fromkeys(missing, silent)})
    return replace(facts, **changed) if changed else facts
