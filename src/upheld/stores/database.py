"""A connection to a store's database, and its two kinds of transaction.

Law: a writing transaction takes the write lock before it reads, so that what it decides on is still so when it writes; what is committed is on
the disk (WAL, synchronous FULL); references are held.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from upheld.stores.trouble import StoreError, in_words

__all__ = ["Database", "connect"]

_PATIENCE_MS = 30_000
"""How long a writer waits for another, milliseconds."""

_JOURNAL = 64 * 2**20
"""What is left of the write-ahead log after a large append, bytes."""

_WRITES = "upheld_writes"


@dataclass(frozen=True, slots=True)
class Database:
    """``place``: the file, for messages. ``joint``: this thread's transaction that several calls share, if there is one."""

    place: str
    engine: Engine
    joint: _Joint

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store. Raises ``StoreError``."""
        if self.joint.connection is not None:
            with in_words(self.place):
                yield self.joint.connection
            return
        with in_words(self.place), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that alone writes: all of it or nothing. Raises ``StoreError``."""
        if self.joint.connection is not None:
            # what failed in part is never committed, even if the caller goes on
            was, self.joint.broken = self.joint.broken, True
            with in_words(self.place):
                yield self.joint.connection
            self.joint.broken = was
            return
        with in_words(self.place), self.engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            yield connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything this thread reads and writes within is one transaction: all of it or nothing. Raises ``StoreError``."""
        if self.joint.connection is not None:
            yield
            return
        with self.writing() as connection:
            self.joint.connection, self.joint.broken = connection, False
            try:
                yield
                if self.joint.broken:
                    raise StoreError("broken", f"{self.place}: a step of this transaction failed", "let its error through: nothing was written")
            finally:
                self.joint.connection = None


class _Joint(threading.local):
    """A thread's own: ``broken`` once a step of the joint transaction failed."""

    connection: Connection | None = None
    broken: bool = False


def connect(path_or_url: str | Path, *, create: bool) -> Database:
    """The database at a path or ``sqlite:///`` URL. Raises ``StoreError`` for another kind, or where ``create`` is False and there is none."""
    text = str(path_or_url)
    if "://" in text:
        kind, _, rest = text.partition("://")
        if kind != "sqlite" or not rest.removeprefix("/"):
            raise StoreError("kind", f"a store at {kind}:// is not supported", "name a file, such as store.db")
        text = rest.removeprefix("/")
    path = Path(text)
    if not create and not path.exists():
        raise StoreError("missing", f"there is no store at {path}", "record something first")
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": _PATIENCE_MS / 1000})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return Database(str(path), engine, _Joint())


def _prepare(connection: Any, _record: object) -> None:
    # transactions are begun by us, in one of two ways; the driver's own habit begins them late
    connection.isolation_level = None
    cursor = connection.cursor()
    # recursive triggers: a row replaced is a row removed, and the triggers must see it
    for pragma in (f"busy_timeout = {_PATIENCE_MS}", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON",
                   "trusted_schema = OFF", f"journal_size_limit = {_JOURNAL}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")
