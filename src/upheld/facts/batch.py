"""Batches: the facts of one rule from one file, as columns, before they are recorded.

Law: a batch says exactly what its rows said. Order, repetition and correction are decided later, over all batches together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from upheld.facts.spec import Shape
from upheld.facts.tables import I64, Attribute, Refused

__all__ = ["Batch", "compact", "refuse_rows", "unite"]

SHOWN = 1_000
"""How many rows of one file, column and reason are listed one by one; the rest is one line with their number."""


@dataclass(frozen=True, slots=True)
class Batch:
    """``rows``: data rows in the file, from 1. ``texts``, ``times``, ``numbers``: the shape's own columns.

    ``scale``: the numbers are the readings times this. ``known_at`` None: known when it occurred.
    """

    shape: Shape
    source: str
    file: str
    rows: I64
    texts: Mapping[str, Attribute]
    times: Mapping[str, I64]
    numbers: Mapping[str, I64] = field(default_factory=dict)
    scale: int = 1
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    known_at: I64 | None = None
    ids: Attribute | None = None
    replaces: Attribute | None = None
    void: NDArray[np.bool_] | None = None
    rank: I64 | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, at: I64) -> Batch:
        """The rows at the positions given."""
        return Batch(
            self.shape, self.source, self.file, self.rows[at],
            {k: compact(v.take(at)) for k, v in self.texts.items()}, {k: v[at] for k, v in self.times.items()},
            {k: v[at] for k, v in self.numbers.items()}, self.scale, {k: compact(v.take(at)) for k, v in self.attributes.items()},
            known_at=None if self.known_at is None else self.known_at[at],
            ids=None if self.ids is None else compact(self.ids.take(at)),
            replaces=None if self.replaces is None else compact(self.replaces.take(at)),
            void=None if self.void is None else self.void[at],
            rank=None if self.rank is None else self.rank[at],
        )


def unite(columns: Iterable[tuple[Attribute | None, int]]) -> Attribute:
    """One column from many, one under the other: ``(column or None for all absent, rows)``. Names sorted, each once.

    Sorted names make the codes of two arrivals of the same facts equal.
    """
    parts = list(columns)
    if len(parts) == 1 and (only := parts[0][0]) is not None:
        rising = sorted(only.names)  # one look where they are in order already
        if len(rising) < 2 or (rising == list(only.names) and len(set(rising)) == len(rising)):
            return only
    names = sorted({name for column, _ in parts if column is not None for name in column.names})
    place = {name: i for i, name in enumerate(names)}
    codes: list[NDArray[np.int32]] = []
    for column, n in parts:
        if column is None:
            codes.append(np.full(n, -1, np.int32))
        elif len(column.names) == len(names):
            codes.append(column.codes if column.names == tuple(names) else _recode(column, place))
        else:
            codes.append(_recode(column, place))
    return Attribute(codes[0] if len(codes) == 1 else np.concatenate(codes), tuple(names))


def compact(column: Attribute) -> Attribute:
    """The column without names that no row bears any more: a case whose rows were all refused is no case."""
    borne = np.zeros(len(column.names) + 1, np.bool_)
    borne[column.codes] = True
    if borne[:-1].all():
        return column
    moved = np.append(np.where(borne[:-1], np.cumsum(borne[:-1]) - 1, -1), -1).astype(np.int32)
    return Attribute(moved[column.codes], tuple(n for n, b in zip(column.names, borne[:-1].tolist(), strict=True) if b))


def _recode(column: Attribute, place: Mapping[str, int]) -> NDArray[np.int32]:
    table = np.array([*(place[name] for name in column.names), -1], np.int32)
    return table[column.codes]


def refuse_rows(
    file: str,
    rows: I64,
    column: str,
    slug: str,
    text: Callable[[int], str],
    message: Callable[[int], str],
    severity: str = "error",
) -> list[Refused]:
    """One entry a row (``text`` and ``message`` by position in ``rows``), at most ``SHOWN``, then one that counts the rest."""
    listed = [Refused(file, int(rows[i]), column, slug, text(i), message(i), severity) for i in range(min(len(rows), SHOWN))]
    if len(rows) > SHOWN:
        more = f"and {len(rows) - SHOWN:,} more rows like these, from row {int(rows[SHOWN])} to row {int(rows[-1])}"
        listed.append(Refused(file, int(rows[SHOWN]), column, slug, "", more, severity))
    return listed
