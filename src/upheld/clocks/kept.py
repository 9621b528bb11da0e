"""Facts kept for a feed: found again by case, a few large batches instead of many small ones.

Law: what one case is judged by are its own rows, those of the cases that corrections and repeated ids tie it to, and all facts that are no
case's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from upheld.clocks.acknowledged import KIND, named
from upheld.facts.batch import Batch, unite
from upheld.facts.tables import I64, Attribute

__all__ = ["Kept", "merged"]


@dataclass(frozen=True, slots=True)
class _Slab:
    """A batch of case events whose cases can be found: ``order`` sorts its rows by case, ``bounds`` delimits them."""

    batch: Batch
    place: dict[str, int]
    order: I64
    bounds: I64


class Kept:
    """All batches of one agreement."""

    def __init__(self, agreement: str) -> None:
        self.agreement = agreement
        self.cases: set[str] = set()
        self._slabs: list[_Slab] = []
        self._shared: list[Batch] = []
        self._spoken: dict[str, frozenset[str]] = {}
        self._home: dict[tuple[str, str], str] = {}
        self._tied: dict[str, set[str]] = {}
        self._awaited: dict[tuple[str, str], set[str]] = {}

    def add(self, batch: Batch) -> tuple[set[str], bool]:
        """``(cases touched, whether all are)``: facts that are no case's, and the first word on anything, concern every case."""
        first_word = self._speaks(batch)
        if batch.shape != "events":
            self._shared.append(batch)
            about = self._acknowledged(batch)
            return (about or set()), first_word or about is None
        names = _texts(batch.texts["case"])
        touched = set(names)
        self.cases |= touched
        self._tie(batch, names)
        self._slabs.append(_slab(batch))
        while len(self._slabs) > 1 and len(self._slabs[-1].batch) * 2 > len(self._slabs[-2].batch) and _alike(self._slabs[-1], self._slabs[-2]):
            later, earlier = self._slabs.pop(), self._slabs.pop()
            self._slabs.append(_slab(merged([earlier.batch, later.batch])))
        return touched, first_word

    def linked(self, cases: Collection[str]) -> set[str]:
        """The cases, and all that are tied to them."""
        found, look = set(cases), [c for c in cases if c in self._tied]
        while look:
            for other in self._tied[look.pop()]:
                if other not in found:
                    found.add(other)
                    look.append(other)
        return found

    def events(self, cases: Sequence[str]) -> list[Batch]:
        """The events of some cases."""
        found = []
        for slab in self._slabs:
            mine = np.array([slab.place[c] for c in cases if c in slab.place], np.int64)
            if len(mine):
                rows = np.concatenate([slab.order[slab.bounds[i]:slab.bounds[i + 1]] for i in mine.tolist()])
                found.append(slab.batch.take(np.sort(rows)))
        return found

    def shared(self) -> list[Batch]:
        """All facts that are no case's."""
        return list(self._shared)

    def spoken(self) -> dict[str, frozenset[str]]:
        """What any row of each shape ever said."""
        return dict(self._spoken)

    def _speaks(self, batch: Batch) -> bool:
        said = frozenset(name for name, column in batch.attributes.items() if (column.codes >= 0).any())
        before = self._spoken.get(batch.shape, frozenset())
        self._spoken[batch.shape] = before | said
        return not said <= before

    def _acknowledged(self, batch: Batch) -> set[str] | None:
        """The cases that acknowledgements are about; None where anything else is said."""
        if batch.shape != "declarations" or any(kind != KIND for kind in _texts(batch.texts["kind"])):
            return None
        clocks = [named(about) for about in _texts(batch.texts["about"])]
        return {c[2] for c in clocks if c is not None and c[0] == self.agreement and c[2] in self.cases}

    def _tie(self, batch: Batch, names: Sequence[str]) -> None:
        if batch.ids is None:
            return
        ids = _texts(batch.ids)
        for case, name in zip(names, ids, strict=True):
            if not name:
                continue
            key = (batch.source, name)
            for other in (self._home.setdefault(key, case), *self._awaited.get(key, ())):
                self._knot(case, other)
        for case, name in zip(names, _texts(batch.replaces), strict=True) if batch.replaces is not None else ():
            if name:
                self._awaited.setdefault((batch.source, name), set()).add(case)
                self._knot(case, self._home.get((batch.source, name), case))

    def _knot(self, one: str, other: str) -> None:
        if one != other:
            self._tied.setdefault(one, set()).add(other)
            self._tied.setdefault(other, set()).add(one)


def merged(batches: Iterable[Batch]) -> Batch:
    """Batches of one shape, source, file and scale as one, their rows one under the other."""
    parts = list(batches)
    one = parts[0]

    def columns(name: str) -> dict[str, Attribute]:
        names = dict.fromkeys(k for b in parts for k in getattr(b, name))
        return {k: unite((getattr(b, name).get(k), len(b)) for b in parts) for k in names}

    def column(name: str) -> Attribute | None:
        found = [getattr(b, name) for b in parts]
        return unite((c, len(b)) for c, b in zip(found, parts, strict=True)) if any(c is not None for c in found) else None

    voids = [b.void if b.void is not None else np.zeros(len(b), np.bool_) for b in parts]
    ranks = [b.rank if b.rank is not None else np.zeros(len(b), np.int64) for b in parts]
    return Batch(
        one.shape, one.source, one.file, np.concatenate([b.rows for b in parts]), columns("texts"),
        {k: np.concatenate([b.times[k] for b in parts]) for k in one.times},
        {k: np.concatenate([b.numbers[k] for b in parts]) for k in one.numbers},
        one.scale, columns("attributes"),
        known_at=np.concatenate([b.times["at"] if b.known_at is None else b.known_at for b in parts]) if "at" in one.times else None,
        ids=column("ids"), replaces=column("replaces"), void=np.concatenate(voids), rank=np.concatenate(ranks),
    )


def _slab(batch: Batch) -> _Slab:
    case = batch.texts["case"]
    order = np.argsort(case.codes, kind="stable")
    bounds = np.searchsorted(case.codes[order], np.arange(len(case.names) + 1)).astype(np.int64)
    return _Slab(batch, {name: i for i, name in enumerate(case.names)}, order, bounds)


def _alike(one: _Slab, other: _Slab) -> bool:
    a, b = one.batch, other.batch
    return (a.source, a.file, a.scale, set(a.numbers)) == (b.source, b.file, b.scale, set(b.numbers))


def _texts(column: Attribute) -> list[str]:
    return [column.names[c] if c >= 0 else "" for c in column.codes.tolist()]
