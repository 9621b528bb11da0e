"""Logs of leaves: exact bytes in an order without gaps, hashed as they are added.

Law: an index is given once, in the transaction that adds the leaf, from the log's own counter; a leaf never changes; all leaves of one call
are added or none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select, update

from upheld.stores.database import Database
from upheld.stores.many import add_rows, alone
from upheld.stores.schema import leaves, logs
from upheld.stores.trouble import RESTORE, StoreError

__all__ = ["Leaf", "LogRow", "Logs", "add_hashed", "add_leaves", "leaf_hash", "locked", "looked_up"]

_ROW = select(logs.c.id, logs.c.name, logs.c.origin, logs.c.size)

_COLUMNS = ("log", "idx", "kind", "bytes", "hash")

_CHUNK = 20_000
"""Leaves written or read in one go."""


class Leaf(NamedTuple):
    """A leaf as kept. ``hash``: SHA-256(0x00 || data)."""

    idx: int
    kind: str
    data: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class LogRow:
    """A log: its key in the store, its name here, its origin in checkpoints, how many leaves it has."""

    id: int
    name: str
    origin: str
    size: int


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data): the leaf hash of RFC 6962 section 2.1."""
    return hashlib.sha256(b"\0" + data).digest()


def locked(connection: Connection, name: str) -> LogRow:
    """The log's counter row, held until the transaction ends. Raises ``StoreError`` for a log that is not there."""
    # SQLite's writer is alone already; PostgreSQL holds the row
    return _row(connection, _ROW.where(logs.c.name == name).with_for_update(), name)


def looked_up(connection: Connection, name: str) -> LogRow:
    """The log's counter row as it is now; nobody waits for it. Raises ``StoreError`` for a log that is not there."""
    return _row(connection, _ROW.where(logs.c.name == name), name)


def _row(connection: Connection, asked: Select[Any], name: str) -> LogRow:
    row = connection.execute(asked).one_or_none()
    if row is None:
        raise StoreError("unknown", f"there is no log `{name}`", "create it with its origin first")
    return LogRow(*row)


def add_leaves(connection: Connection, log: LogRow, groups: Sequence[tuple[str, Sequence[bytes]]]) -> range:
    """Adds groups of (kind, leaves) at the end of a locked log and moves its counter: the indices they were given."""
    at = log.size
    written = 0
    for kind, data in groups:
        for first in range(0, len(data), _CHUNK):
            chunk = data[first:first + _CHUNK]
            add_rows(connection, leaves, _COLUMNS, [(log.id, at + written + i, kind, body, leaf_hash(body)) for i, body in enumerate(chunk)])
            written += len(chunk)
    if written:
        _grow(connection, log, at + written)
    return range(at, at + written)


def add_hashed(connection: Connection, log: LogRow, rows: Sequence[tuple[object, ...]]) -> None:
    """Adds leaves (log, index, kind, bytes, hash), indexed on from a locked log's size, and moves its counter."""
    add_rows(connection, leaves, _COLUMNS, rows)
    _grow(connection, log, log.size + len(rows))


def _grow(connection: Connection, log: LogRow, size: int) -> None:
    connection.execute(update(logs).where(logs.c.id == log.id).values(size=size))


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs of a store. Every method raises ``StoreError`` for a log that is not there."""

    database: Database

    def create(self, name: str, origin: str) -> LogRow:
        """A log of this name and origin, empty; the one that is there if both are the same. Raises ``StoreError`` if only one is."""
        if not name.strip() or not origin.strip() or not (name + origin).isprintable():
            raise StoreError("form", "a log needs a name and an origin, each on one line")
        with self.database.writing() as connection:
            alone(connection, "logs")
            found = connection.execute(_ROW.where((logs.c.name == name) | (logs.c.origin == origin))).all()
            if not found:
                connection.execute(logs.insert().values(name=name, origin=origin, size=0))
                found = connection.execute(_ROW.where(logs.c.name == name)).all()
        row = LogRow(*found[0])
        if len(found) > 1 or (row.name, row.origin) != (name, origin):
            raise StoreError("conflict", f"log `{row.name}` has origin {row.origin}: it is not `{name}` with {origin}",
                             "a log keeps its name and origin")
        return row

    def all(self) -> tuple[LogRow, ...]:
        """Every log, in order of creation."""
        with self.database.reading() as connection:
            return tuple(LogRow(*row) for row in connection.execute(_ROW.order_by(logs.c.id)))

    def get(self, log: str) -> LogRow:
        """The log of this name."""
        with self.database.reading() as connection:
            return looked_up(connection, log)

    def size(self, log: str) -> int:
        """How many leaves the log has."""
        return self.get(log).size

    def append(self, log: str, kind: str, data: Sequence[bytes], *, expected: int | None = None) -> range:
        """Adds leaves of one kind at the end, all or none: the indices they were given. ``expected``: as in ``append_groups``."""
        return self.append_groups(log, [(kind, data)], expected=expected)

    def append_groups(self, log: str, groups: Sequence[tuple[str, Sequence[bytes]]], *, expected: int | None = None) -> range:
        """Adds groups of (kind, leaves) in one transaction: their indices. ``expected``: the size the log must have, so that what was read
        before is still all there is; else ``StoreError``.
        """
        with self.database.writing() as connection:
            row = locked(connection, log)
            if expected is not None and row.size != expected:
                raise StoreError("moved", f"log `{log}` has {row.size} leaves, not {expected}: something was recorded meanwhile",
                                 "read it again")
            return add_leaves(connection, row, groups)

    def leaves(self, log: str, start: int = 0, stop: int | None = None) -> Iterator[Leaf]:
        """The leaves from ``start`` up to ``stop`` (None: all there are now), in order. Raises ``StoreError`` if one is missing."""
        row = self.get(log)
        columns = (leaves.c.idx, leaves.c.kind, leaves.c.bytes, leaves.c.hash)
        for first in range(start, end := _end(row, start, stop), _CHUNK):
            upto = min(first + _CHUNK, end)
            with self.database.reading() as connection:
                found = connection.execute(select(*columns).where(leaves.c.log == row.id, leaves.c.idx >= first, leaves.c.idx < upto)
                                           .order_by(leaves.c.idx)).all()
            _whole(row, len(found), first, upto)
            yield from (Leaf(*each) for each in found)

    def hashes(self, log: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The leaf hashes from ``start`` up to ``stop``, in order: what a tree is made of, without reading the leaves."""
        row = self.get(log)
        for first in range(start, end := _end(row, start, stop), _CHUNK):
            upto = min(first + _CHUNK, end)
            with self.database.reading() as connection:
                found = connection.execute(select(leaves.c.hash).where(leaves.c.log == row.id, leaves.c.idx >= first, leaves.c.idx < upto)
                                           .order_by(leaves.c.idx)).scalars().all()
            _whole(row, len(found), first, upto)
            yield from found


def _end(row: LogRow, start: int, stop: int | None) -> int:
    end = row.size if stop is None else stop
    if not 0 <= start <= end <= row.size:
        raise StoreError("range", f"log `{row.name}` has leaves 0 to {row.size}, not {start} to {end}", "ask within its size")
    return end


def _whole(row: LogRow, found: int, first: int, upto: int) -> None:
    if found != upto - first:
        raise StoreError("damaged", f"log `{row.name}` lacks {upto - first - found} of its leaves {first} to {upto - 1}", RESTORE)
