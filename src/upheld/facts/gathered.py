"""The rows of one shape from all batches, side by side, on their way to a table.

Law: one owner at a time; what is settled here is never edited again once it has become a table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.facts.spec import Shape
from upheld.facts.tables import I64, Attribute, Origin

__all__ = ["Gathered"]

Mask = NDArray[np.bool_]


@dataclass
class Gathered:
    """All rows of one shape, in the order of arrival."""

    shape: Shape
    texts: dict[str, Attribute]
    times: dict[str, I64]
    numbers: dict[str, I64]
    scales: I64
    attributes: dict[str, Attribute]
    source: Attribute
    known_at: I64
    end_known_at: I64 | None
    rank: I64
    ids: Attribute | None
    replaces: I64 | None
    void: Mask | None
    disputed_at: I64 | None
    origin: Origin
    seq: I64

    def __len__(self) -> int:
        return len(self.seq)
