"""Texts: the agreements, calendars and source files an installation goes by, as they were given.

Law: a text is only ever added; the last of a name is in force, and every earlier one stays to be looked up.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import func, insert, select

from upheld.stores.database import Database
from upheld.stores.many import alone
from upheld.stores.schema import texts
from upheld.stores.trouble import StoreError

__all__ = ["Text", "Texts"]

_FOLDERS = ("agreements/", "calendars/", "sources/", "feeds/")


@dataclass(frozen=True, slots=True)
class Text:
    """One text as it was given. ``hash``: SHA-256 of ``data``; ``at``: µs UTC."""

    seq: int
    name: str
    data: bytes
    hash: bytes
    at: int
    actor: str


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a store, by names such as ``agreements/northwind/v3.yaml``."""

    database: Database

    def put(self, name: str, data: bytes, actor: str, at: int) -> bool:
        """Whether it is new: the bytes that are in force already add nothing. Raises ``StoreError`` for a name of no such file."""
        _named(name)
        own = hashlib.sha256(data).digest()
        with self.database.writing() as connection:
            alone(connection, "texts")
            last = connection.scalar(select(texts.c.hash).where(texts.c.name == name).order_by(texts.c.seq.desc()).limit(1))
            if last is not None and bytes(last) == own:
                return False
            connection.execute(insert(texts).values(name=name, bytes=data, hash=own, at=at, actor=actor))
            return True

    def last(self) -> int:
        """The place of the newest text, 0 where there is none: where it has not moved, nothing has changed."""
        with self.database.reading() as connection:
            return int(connection.scalar(select(func.max(texts.c.seq))) or 0)

    def current(self, prefix: str = "") -> dict[str, bytes]:
        """The texts in force whose names begin with ``prefix``, by name."""
        last = select(func.max(texts.c.seq)).where(texts.c.name.startswith(prefix, autoescape=True)).group_by(texts.c.name)
        asked = select(texts.c.name, texts.c.bytes).where(texts.c.seq.in_(last)).order_by(texts.c.name)
        with self.database.reading() as connection:
            # a path is compared as it is written: SQLite's LIKE knows no capitals
            return {name: bytes(data) for name, data in connection.execute(asked) if name.startswith(prefix)}

    def first_put(self, prefix: str = "") -> dict[str, int]:
        """When each of the texts whose names begin with ``prefix`` was put for the first time, µs UTC."""
        asked = select(texts.c.name, func.min(texts.c.at)).where(texts.c.name.startswith(prefix, autoescape=True)).group_by(texts.c.name)
        with self.database.reading() as connection:
            return {name: at for name, at in connection.execute(asked) if name.startswith(prefix)}

    def history(self, name: str) -> tuple[Text, ...]:
        """Every text of this name, the first one first."""
        asked = select(texts.c.seq, texts.c.name, texts.c.bytes, texts.c.hash, texts.c.at, texts.c.actor).where(texts.c.name == name)
        with self.database.reading() as connection:
            return tuple(Text(*row) for row in connection.execute(asked.order_by(texts.c.seq)))


def _named(name: str) -> None:
    parts = name.split("/")
    if not name.startswith(_FOLDERS) or any(part in ("", ".", "..") for part in parts) or not name.isprintable() or "\\" in name:
        raise StoreError("form", f"{name!r} names no text of a workspace", f"begin it with {', '.join(_FOLDERS)} and no .. within")
