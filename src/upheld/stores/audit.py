"""The audit: who asked for what, and what came of it.

Law: a line is only ever added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select

from upheld.stores.database import Database
from upheld.stores.many import add_rows
from upheld.stores.schema import audit

__all__ = ["Audit", "Line"]


@dataclass(frozen=True, slots=True)
class Line:
    """One act. ``at``: µs UTC; ``outcome``: ``done``, ``refused`` …; ``detail``: whatever explains it, never a secret."""

    seq: int
    actor: str
    action: str
    object: str
    outcome: str
    at: int
    detail: str


_COLUMNS = (audit.c.seq, audit.c.actor, audit.c.action, audit.c.object, audit.c.outcome, audit.c.at, audit.c.detail)


_NAMES = ("actor", "action", "object", "outcome", "at", "detail")


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of a store."""

    database: Database

    def add(self, actor: str, action: str, object: str, outcome: str, at: int, detail: str = "") -> int:  # noqa: A002 - the word of an act
        """Put an act on record: its place. Within ``store.together()`` it stands or falls with the act."""
        kept = dict(zip(_NAMES, _shown((actor, action, object, outcome, at, detail)), strict=True))
        with self.database.writing() as connection:
            return int(connection.execute(insert(audit).values(**kept).returning(audit.c.seq)).scalar_one())

    def add_many(self, acts: Sequence[tuple[str, str, str, str, int, str]]) -> None:
        """Put acts on record: (actor, action, object, outcome, at, detail) each, in order."""
        with self.database.writing() as connection:
            add_rows(connection, audit, _NAMES, [_shown(act) for act in acts])

    def list(self, limit: int = 100, before: int | None = None, actor: str | None = None, action: str | None = None,
             object: str | None = None) -> tuple[Line, ...]:  # noqa: A002 - the word of an act
        """The last lines, the newest first: at most ``limit``, ``before`` this place, of this actor, action and object."""
        asked = select(*_COLUMNS).order_by(audit.c.seq.desc()).limit(limit)
        if before is not None:
            asked = asked.where(audit.c.seq < before)
        for column, wanted in ((audit.c.actor, actor), (audit.c.action, action), (audit.c.object, object)):
            if wanted is not None:
                asked = asked.where(column == wanted)
        with self.database.reading() as connection:
            return tuple(Line(*row) for row in connection.execute(asked))


def _shown(act: Sequence[str | int]) -> tuple[str | int, ...]:
    # PostgreSQL's texts cannot hold a NUL or half a character, and what strangers sent may
    return tuple(value.replace("\0", "\ufffd").encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in act)
