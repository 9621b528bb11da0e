"""What is known when a tick looks: the facts of its cases, and the facts everybody shares, kept from tick to tick.

Law: the stream has no gaps and commits in order, so what was read up to a size never changes: only what came after is read again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from upheld.facts.batch import Batch
from upheld.facts.record import record
from upheld.facts.spec import Shape
from upheld.facts.tables import Attribute, Coverage, Facts, Refused
from upheld.service.reads import ALL_SHARED
from upheld.stores.store import Store

__all__ = ["Knowledge"]

_PIECES = 64
"""A shape read in more pieces than this is read anew in one."""


@dataclass(slots=True)
class Knowledge:
    """The shared facts of a store up to ``size`` leaves, as batches and, a shape, as tables."""

    size: int = 0
    batches: dict[Shape, list[Batch]] = field(default_factory=dict)
    tables: dict[Shape, Facts] = field(default_factory=dict)
    complete: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)
    spoken: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def catch_up(self, store: Store, size: int) -> None:
        """Read the shared facts recorded since the last time, up to ``size`` leaves."""
        if size == self.size:
            return
        new = store.stream.batches(shapes=sorted(ALL_SHARED), after=self.size - 1, upto=size)
        for batch in new:
            self.batches.setdefault(batch.shape, []).append(batch)
            self.tables.pop(batch.shape, None)
        crowded = [shape for shape, found in self.batches.items() if len(found) > _PIECES]
        if crowded:
            for shape in crowded:
                self.batches[shape] = list(store.stream.batches(shapes=[shape], after=-1, upto=size))
        complete = store.stream.watched()
        if any(batch.shape == "coverage" for batch in new) or complete != self.complete:
            self.tables.clear()
        self.complete, self.spoken, self.size = complete, store.stream.spoken(), size

    def facts(self, events: Sequence[Batch], shapes: Collection[Shape]) -> Facts:
        """The facts of some cases together with the shared ones of these shapes, recorded."""
        parts = [self._table(shape) for shape in sorted(shapes) if shape != "coverage" and shape in self.batches]
        if events:
            parts.append(self._recorded(list(events)))
        whole: dict[str, Any] = {}
        refused: list[Refused] = []
        for part in parts:
            whole |= {name: table for name in _TABLES if (table := getattr(part, name)) is not None}
            refused += part.refused
        covered = [part.coverage for part in parts if part.coverage is not None]
        return Facts(**whole, coverage=_joined(covered), refused=tuple(refused), spoken=self.spoken)

    def together(self, shared: Facts, alone: Facts) -> Coverage | None:
        """What the sources of both watched."""
        return _joined([part.coverage for part in (shared, alone) if part.coverage is not None])

    def _table(self, shape: Shape) -> Facts:
        if shape not in self.tables:
            self.tables[shape] = self._recorded(self.batches[shape])
        return self.tables[shape]

    def _recorded(self, batches: list[Batch]) -> Facts:
        """One shape recorded, with the rows that declare who watched it."""
        found = record([*batches, *self.batches.get("coverage", ())], self.complete)
        return replace(found, refused=tuple(dict.fromkeys(found.refused)))


_TABLES = ("events", "intervals", "samples", "counts", "subscriptions", "charges", "declarations")


def _joined(parts: Sequence[Coverage]) -> Coverage | None:
    """All rows of several tables of coverage, each once."""
    rows = sorted({row for part in parts for row in _rows(part)})
    if not rows:
        return None
    sources, whats = tuple(sorted({r[0] for r in rows})), tuple(sorted({r[1] for r in rows}))
    source, what = {s: i for i, s in enumerate(sources)}, {w: i for i, w in enumerate(whats)}
    return Coverage(
        Attribute(np.array([source[r[0]] for r in rows], np.int32), sources), Attribute(np.array([what[r[1]] for r in rows], np.int32), whats),
        np.array([r[2] for r in rows], np.int64), np.array([r[3] for r in rows], np.int64), np.array([r[4] for r in rows], np.bool_))


def _rows(part: Coverage) -> list[tuple[str, str, int, int, bool]]:
    return [(part.source.names[s], part.what.names[w], a, b, c) for s, w, a, b, c in zip(
        part.source.codes.tolist(), part.what.codes.tolist(), part.start.tolist(), part.end.tolist(), part.assumed.tolist(), strict=True)]
