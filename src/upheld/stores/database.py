"""A connection to a store's database, SQLite or PostgreSQL, and its two kinds of transaction.

Law: a writing transaction holds what it decides on until it has written: SQLite's writer is alone, PostgreSQL's holds the rows it read to
change (READ COMMITTED, ``for update``). A reading one sees one state. What is committed is on the disk; references are held.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from upheld.stores.trouble import StoreError, in_words

__all__ = ["Database", "connect"]

_PATIENCE_MS = 30_000
"""How long a writer waits for another, milliseconds."""

_LONGEST_MS = 300_000
"""How long one statement may take on PostgreSQL, milliseconds."""

_JOURNAL = 64 * 2**20
"""What is left of the write-ahead log after a large append, bytes."""

_WRITES = "upheld_writes"

_NOW = {"postgresql": "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
        "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"}

_ONE_STATE = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""How PostgreSQL reads: one state for the whole transaction, and nothing written by mistake."""


@dataclass(frozen=True, slots=True)
class Database:
    """``place``: the file, or server and name, for messages: never a secret. ``joint``: this thread's transaction that several calls share.

    ``watch``: asked first in every transaction that writes; raises ``StoreError`` where this release may write no more.
    """

    place: str
    engine: Engine
    joint: _Joint
    watch: Callable[[Connection], None] | None = None

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Which database it is."""
        return "sqlite" if self.engine.dialect.name == "sqlite" else "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store. Raises ``StoreError``."""
        if self.joint.connection is not None:
            with in_words(self.place):
                yield self.joint.connection
            return
        options: Mapping[str, Any] = _ONE_STATE if self.dialect == "postgresql" else {}
        with in_words(self.place), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it or nothing. Raises ``StoreError``."""
        if self.joint.connection is not None:
            # what failed in part is never committed, even if the caller goes on
            was, self.joint.broken = self.joint.broken, True
            with in_words(self.place):
                yield self.joint.connection
            self.joint.broken = was
            return
        with in_words(self.place), self.engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            if self.watch is not None:
                self.watch(connection)
            yield connection

    def now(self) -> int:
        """What the database's own clock says, µs UTC: the server's, or for a file this machine's. Raises ``StoreError``."""
        with self.reading() as connection:
            return int(connection.scalar(text(_NOW[self.dialect])) or 0)

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
    """The database at a path, or at a ``sqlite:///`` or ``postgresql://`` URL. Nothing is opened yet but a file is looked for.

    Raises ``StoreError`` for another kind, or where ``create`` is False and there is no such file.
    """
    given = str(path_or_url)
    kind, _, rest = given.partition("://")
    if kind in ("postgresql", "postgres", "postgresql+psycopg") and rest:
        return _postgresql(given)
    if rest or "://" in given:
        if kind != "sqlite" or not rest.removeprefix("/"):
            raise StoreError("kind", f"a store at {kind}:// is not supported", "name a file, such as store.db, or a postgresql:// URL")
        given = rest.removeprefix("/")
    path = Path(given)
    if not create and not path.exists():
        raise StoreError("missing", f"there is no store at {path}", "record something first")
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": _PATIENCE_MS / 1000})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return Database(str(path), engine, _Joint())


# ---- SQLite ---------------------------------------------------------------------------------------------------------


def _prepare(connection: Any, _record: object) -> None:
    # transactions are begun by us, in one of two ways; the driver's own habit begins them late
    connection.isolation_level = None
    cursor = connection.cursor()
    # recursive triggers: a row replaced is a row removed, and the triggers must see it
    for pragma in (f"busy_timeout = {_PATIENCE_MS}", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON",
                   "trusted_schema = OFF", f"journal_size_limit = {_JOURNAL}"):
        _set(cursor, pragma)
    cursor.close()


def _set(cursor: Any, pragma: str) -> None:
    """A pragma, waiting for others as long as for any write: the change to WAL asks no busy handler, so two that open a new file may meet."""
    end = time.monotonic() + _PATIENCE_MS / 1000
    while True:
        try:
            cursor.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError as busy:
            if "locked" not in str(busy) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


# ---- PostgreSQL -----------------------------------------------------------------------------------------------------

_SETTINGS = (
    # the session's own word on whatever the server or the role is set to
    "SET TIME ZONE 'UTC'",
    f"SET lock_timeout = {_PATIENCE_MS}",
    f"SET statement_timeout = {_LONGEST_MS}",
    "SET client_encoding = 'UTF8'",
    # a plan kept from when a table was small compares each row with each of a thousand values
    "SET plan_cache_mode = force_custom_plan",
)


def _postgresql(given: str) -> Database:
    try:
        url = make_url(given).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        # not shown: it may hold a password
        raise StoreError("kind", "the address of the database cannot be read",
                         "write postgresql://user:password@host:5432/name, with : / @ # in a password as %3A %2F %40 %23") from None
    try:
        engine = create_engine(
            url, isolation_level="READ COMMITTED", pool_pre_ping=True, pool_size=5, max_overflow=25, pool_timeout=_PATIENCE_MS / 1000,
            connect_args={"connect_timeout": 10, "application_name": "upheld", "keepalives_idle": 30, "tcp_user_timeout": _PATIENCE_MS})
    except (ImportError, NoSuchModuleError):
        raise StoreError("driver", "PostgreSQL needs a driver that is not installed", "pip install 'upheld[server]'") from None
    event.listen(engine, "connect", _settle)
    host = url.host or url.query.get("host") or "localhost"
    return Database(f"postgresql://{host if isinstance(host, str) else ','.join(host)}/{url.database or ''}", engine, _Joint())


def _settle(connection: Any, _record: object) -> None:
    was, connection.autocommit = connection.autocommit, True
    for setting in _SETTINGS:
        connection.execute(setting)
    connection.autocommit = was
