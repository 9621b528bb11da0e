"""What can go wrong with a store, in words.

Law: a database's error never reaches a reader raw; whatever was begun is rolled back before it is told.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

__all__ = ["RESTORE", "StoreError", "in_words"]


class StoreError(Exception):
    """A store that cannot do what was asked. ``slug``, ``what`` happened and ``help`` to mend it; nothing was half-written."""

    def __init__(self, slug: str, what: str, help: str = "") -> None:  # noqa: A002 - the word of every finding
        self.slug, self.what, self.help = slug, what, help
        super().__init__(what + (f"\n   help: {help}" if help else ""))


RESTORE = "restore the store from a copy, then verify it against the last bundle"

_WORDS = (
    # what SQLite says, slug, what happened, how to mend it
    ("readonly database", "readonly", "the store cannot be written: its file or folder is read-only", "let this user write both"),
    ("is full", "full", "the disk is full: nothing was written", "free some space and try again with the same key"),
    ("disk I/O error", "disk", "the disk failed while the store was written or read: nothing was half-written",
     "look after the disk, then try again with the same key"),
    ("database is locked", "busy", "another process is writing the store and did not end in time", "try again with the same key"),
    ("unable to open", "unreadable", "the store cannot be opened", "name a file in a folder that is there and that this user may write"),
    ("not a database", "foreign", "this file is not a store", "name another file"),
    ("malformed", "damaged", "the store is damaged", RESTORE),
    ("only ever added", "added", "what was recorded stays: it cannot be changed or removed", "add a correction instead"),
    ("only grows", "added", "a log only grows", "add a correction instead"),
)


@contextmanager
def in_words(place: str) -> Iterator[None]:
    """Turns a database's error within into a ``StoreError`` that names the store."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        for sign, slug, what, mend in _WORDS:
            if sign in said:
                raise StoreError(slug, f"{place}: {what}", mend) from error
        raise StoreError("database", f"{place}: the database refused: {said}", "nothing was written") from error
