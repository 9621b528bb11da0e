"""Facts on their way into the stream: each with its bytes, its name and what it says, worked out before anybody has to wait for it.

Law: a fact is named by (source, id). One that came without an id is named by its file, its row and what it tells of.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from upheld.facts.arrive import Arrival
from upheld.facts.batch import Batch
from upheld.facts.leaves import content_of, leaves_of, times_of
from upheld.facts.tables import Attribute
from upheld.stores.trouble import StoreError

__all__ = ["Row", "known_as", "rows_of_arrivals", "rows_of_batches"]

_SUBJECT = {"events": "case"}
_TOLD_OF = {"events": "event", "intervals": "kind", "samples": "series", "counts": "series", "subscriptions": "customer", "charges": "customer",
            "declarations": "kind", "coverage": "what"}
"""What tells the facts of one row of a file apart."""

_ROW_ONE = b'"row":1,'


class Row(NamedTuple):
    """``numbered``: the leaf bears its place in the log as its row. ``own``: the id is the fact's own. ``at``: its first instant, µs UTC."""

    leaf: bytes
    numbered: bool
    digest: bytes
    source: str
    id: str
    own: bool
    shape: str
    subject: str
    at: int
    replaces: str | None
    says: frozenset[str]

    def placed(self, index: int) -> bytes:
        """The leaf at its place in the log."""
        # the keys before `row` hold no object, so this is the fact's own
        return self.leaf.replace(_ROW_ONE, b'"row":%d,' % (index + 1), 1) if self.numbered else self.leaf


def rows_of_arrivals(arrivals: Sequence[Arrival], at: int) -> list[Row]:
    """The arrivals, recorded at µs UTC. Raises ``StoreError`` for one that cannot be written down."""
    found = []
    for arrival in arrivals:
        try:
            leaf = arrival.leaf(1, at)
        except (UnicodeEncodeError, TypeError, ValueError) as wrong:
            raise StoreError("form", f"fact {arrival.id!r} of {arrival.source!r} cannot be written down: {wrong}") from wrong
        replaces, says = arrival.columns.get("replaces"), arrival.columns.get("says")
        found.append(_checked(Row(
            leaf, True, hashlib.sha256(content_of(leaf)).digest(), arrival.source, arrival.id, True, arrival.shape,
            arrival.subject if arrival.shape == "events" else "", arrival.at, str(replaces) if replaces else None,
            frozenset(says) if isinstance(says, dict) else frozenset())))
    return found


def rows_of_batches(batches: Sequence[Batch]) -> list[Row]:
    """The rows of batches, in order; all batches of a file belong together. Raises ``StoreError`` for one that cannot be written down."""
    return [row for batch, ids in zip(batches, known_as(batches), strict=True) for row in _rows(batch, ids)]


def _rows(batch: Batch, ids: Sequence[str]) -> list[Row]:
    n = len(batch)
    subjects = _texts(batch.texts.get(_SUBJECT.get(batch.shape, "")), n)
    named = [False] * n if batch.ids is None else (batch.ids.codes >= 0).tolist()
    replaces = _texts(batch.replaces, n) if batch.replaces is not None else [None] * n
    return [_checked(Row(leaf, False, hashlib.sha256(content_of(leaf)).digest(), batch.source, id_, own, batch.shape, subject or "", at,
                         other, says))
            for leaf, id_, own, subject, at, other, says in zip(
                leaves_of(batch), ids, named, subjects, batch.times[times_of(batch.shape)[0]].tolist(), replaces, _says(batch), strict=True)]


def _checked(row: Row) -> Row:
    # PostgreSQL's texts cannot hold it, and no name means anything by it
    if "\0" in row.id or "\0" in row.source or "\0" in row.subject:
        raise StoreError("form", f"fact {row.id!r} of {row.source!r}: a name holds a NUL character", "take it out")
    return row


def _texts(column: Attribute | None, n: int) -> Sequence[str | None]:
    if column is None:
        return [None] * n
    names = [*column.names, None]
    return [names[code] for code in column.codes.tolist()]


def known_as(batches: Sequence[Batch]) -> list[list[str]]:
    """The id each row is known by: its own, or file, row and what it tells of; one told several times is counted."""
    seen: Counter[tuple[str, str]] = Counter()
    return [_named(batch, seen) for batch in batches]


def _named(batch: Batch, seen: Counter[tuple[str, str]]) -> list[str]:
    n = len(batch)
    told = _texts(batch.texts.get(_TOLD_OF[batch.shape]), n)
    ids = []
    for mine, row, what in zip(_texts(batch.ids, n), batch.rows.tolist(), told, strict=True):
        if mine is None:
            key = (batch.source, f"{batch.file}:{row}#{what or batch.shape}")
            seen[key] += 1
            ids.append(key[1] if seen[key] == 1 else f"{key[1]}/{seen[key]}")
        else:
            ids.append(mine)
    return ids


def _says(batch: Batch) -> list[frozenset[str]]:
    """The attributes each row says; rows that say the same ones share the set."""
    pattern = np.zeros(len(batch), np.int64)
    patterns: list[frozenset[str]] = [frozenset()]
    for name in sorted(batch.attributes):
        grown, pattern = np.unique(pattern * 2 + (batch.attributes[name].codes >= 0), return_inverse=True)
        patterns = [patterns[p >> 1] | {name} if p & 1 else patterns[p >> 1] for p in grown.tolist()]
    return [patterns[p] for p in pattern.tolist()]
