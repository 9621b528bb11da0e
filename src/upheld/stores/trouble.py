"""What can go wrong with a store, in words.

Law: a database's error never reaches a reader raw, nor any secret of its address; whatever was begun is rolled back before it is told.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

__all__ = ["RESTORE", "StoreError", "in_words"]


class StoreError(Exception):
    """A store that cannot do what was asked. ``slug``, ``what`` happened and ``help`` to mend it; nothing was half-written."""

    def __init__(self, slug: str, what: str, help: str = "") -> None:  # noqa: A002 - the word of every finding
        self.slug, self.what, self.help = slug, what, help
        super().__init__(what + (f"\n   help: {help}" if help else ""))


RESTORE = "restore the store from a copy, then verify it against the last bundle"
_AGAIN = "try again with the same key"

_Told = tuple[str, str, str]
"""Slug, what happened, how to mend it."""

_FULL = ("full", "the disk is full: nothing was written", f"free some space and {_AGAIN}")
_DISK = ("disk", "the disk failed while the store was written or read: nothing was half-written", f"look after the disk, then {_AGAIN}")
_BUSY = ("busy", "another process is writing the store and did not end in time", _AGAIN)
_MET = ("busy", "two writers met and this one gave way: nothing was written", _AGAIN)
_DAMAGED = ("damaged", "the store is damaged", RESTORE)
_LOST = ("lost", "the connection to the database was lost: what was not answered may or may not be recorded",
         f"{_AGAIN}: what is recorded already is not recorded twice")
_AWAY = ("lost", "the database cannot be reached", "see that its server runs and that host and port are right, then try again")
_STOPPING = ("lost", "the database is starting or stopping", "try again in a moment")
_WRONG_USER = ("password", "the database refused this user or password", "give the user and password it knows")
_NO_DATABASE = ("missing", "the server has no database of this name", "create it there first: createdb NAME")
_NO_RIGHT = ("rights", "this database user may not do that", "grant what docs/stores.md lists")
_READ_ONLY_SERVER = ("readonly", "the store cannot be written: the database is read-only (a standby?)", "name the server that takes writes")

_WORDS: tuple[tuple[str, _Told], ...] = (
    # what the database says
    ("readonly database", ("readonly", "the store cannot be written: its file or folder is read-only", "let this user write both")),
    ("is full", _FULL),
    ("disk I/O error", _DISK),
    ("database is locked", _BUSY),
    ("unable to open", ("unreadable", "the store cannot be opened", "name a file in a folder that is there and that this user may write")),
    ("not a database", ("foreign", "this file is not a store", "name another file")),
    ("malformed", _DAMAGED),
    ("only ever added", ("added", "what was recorded stays: it cannot be changed or removed", "add a correction instead")),
    ("only grows", ("added", "a log only grows", "add a correction instead")),
    ("during recovery", _READ_ONLY_SERVER),
    # the server's word while connecting has no code
    ("password authentication failed", _WRONG_USER),
    ("no password supplied", _WRONG_USER),
    ("no pg_hba.conf entry", _WRONG_USER),
    ("role \"", _WRONG_USER),
    ("not currently accepting", _STOPPING),
    ("database \"", _NO_DATABASE),
    ("starting up", _STOPPING),
    ("shutting down", _STOPPING),
    ("too many clients", ("busy", "the database has no connection free", "try again, or let it have more connections")),
    ("remaining connection slots", ("busy", "the database has no connection free", "try again, or let it have more connections")),
)

_CODES: tuple[tuple[str, _Told], ...] = (
    # beginnings of PostgreSQL's error codes
    ("28", _WRONG_USER),
    ("3D000", _NO_DATABASE),
    ("25006", _READ_ONLY_SERVER),
    ("42501", _NO_RIGHT),
    ("53100", _FULL),
    ("53300", ("busy", "the database has no connection free", "try again, or let it have more connections")),
    ("53", ("busy", "the database has run out of memory or another resource: nothing was written", _AGAIN)),
    ("55P03", _BUSY),
    ("40", _MET),
    ("57014", ("busy", "the database did not answer in time: nothing was written", _AGAIN)),
    ("57P03", _STOPPING),
    ("57P", _LOST),
    ("08", _LOST),
    ("58", _DISK),
    ("XX", _DAMAGED),
)


@contextmanager
def in_words(place: str) -> Iterator[None]:
    """Turns a database's error within into a ``StoreError`` that names the store."""
    try:
        yield
    except NoneFree as error:
        raise StoreError("busy", f"{place}: all connections of this process are in use", "try again, or ask less at once") from error
    except (DBAPIError, sqlite3.Error) as error:
        raise _told(place, error.orig if isinstance(error, DBAPIError) else error) from error
    except Exception as error:
        # what is copied in bulk goes past SQLAlchemy, so the driver's own error may come
        if isinstance(error, _driver_errors()):
            raise _told(place, error) from error
        raise


def _driver_errors() -> tuple[type[Exception], ...]:
    driver = sys.modules.get("psycopg")
    return (driver.Error,) if driver is not None else ()


def _told(place: str, error: BaseException | None) -> StoreError:
    code, said = str(getattr(error, "sqlstate", None) or ""), str(error)
    for begin, (slug, what, mend) in _CODES:
        if code.startswith(begin):
            return StoreError(slug, f"{place}: {what}", mend)
    for sign, (slug, what, mend) in _WORDS:
        if sign in said:
            return StoreError(slug, f"{place}: {what}", mend)
    if not code and isinstance(error, _driver_errors()) and type(error).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout"):
        slug, what, mend = _AWAY if "connection failed" in said or "resolve" in said or "timeout" in said else _LOST
        return StoreError(slug, f"{place}: {what}", mend)
    first = said.strip().splitlines()[0] if said.strip() else type(error).__name__
    return StoreError("database", f"{place}: the database refused: {first}", "nothing was written")
