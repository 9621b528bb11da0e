"""First answers: what a request with a key was told, so that its repetition is told the same; and bodies that could not be read whole.

Law: an answer is kept in the transaction of what it tells of, or not at all. Both may be deleted again: they are no evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from upheld.stores.database import Database
from upheld.stores.schema import METADATA

__all__ = ["Answer", "Answers", "Quarantine", "Quarantined"]

_answers = Table(
    "answers", METADATA,
    Column("asker", Text, nullable=False), Column("key", Text, nullable=False), Column("hash", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False), Column("status", BigInteger, nullable=False), Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("asker", "key"), Index("answers_at", "at"),
)

_quarantine = Table(
    "quarantine", METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True), Column("at", BigInteger, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("delivery", Text, nullable=False), Column("problems", Text, nullable=False), Column("body", LargeBinary, nullable=False),
)


class Answer(NamedTuple):
    """``hash``: SHA-256 of what was asked. ``at``: µs UTC."""

    hash: bytes
    at: int
    status: int
    body: bytes


class Quarantined(NamedTuple):
    """A body of which not all became facts. ``problems``: JSON."""

    id: int
    at: int
    receiver: str
    delivery: str
    problems: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answers:
    """First answers by asker and key. Every method raises ``StoreError``."""

    database: Database

    def get(self, asker: str, key: str) -> Answer | None:
        """The first answer, if one was given."""
        columns = (_answers.c.hash, _answers.c.at, _answers.c.status, _answers.c.body)
        with self.database.reading() as connection:
            row = connection.execute(select(*columns).where(_answers.c.asker == asker, _answers.c.key == key)).one_or_none()
        return Answer(*row) if row else None

    def keep(self, asker: str, key: str, answer: Answer) -> bool:
        """Keeps it; False where there is one already (another process was quicker)."""
        with self.database.writing() as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            kept = insert(_answers).values(asker=asker, key=key, **answer._asdict()).on_conflict_do_nothing().returning(_answers.c.key)
            return connection.execute(kept).first() is not None

    def keep_many(self, kept: Sequence[tuple[str, str, Answer]]) -> bool:
        """Keeps (asker, key, answer) each; False where there is one already of any of them: then the transaction is to be given up."""
        with self.database.writing() as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            rows = [{"asker": asker, "key": key, **answer._asdict()} for asker, key, answer in kept]
            added = connection.execute(insert(_answers).on_conflict_do_nothing().returning(_answers.c.key), rows).all() if rows else []
        return len(added) == len(kept)

    def forget(self, before: int) -> None:
        """Deletes the answers given before µs UTC."""
        with self.database.writing() as connection:
            connection.execute(delete(_answers).where(_answers.c.at < before))


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Bodies of which not all became facts, kept for a person. Every method raises ``StoreError``."""

    database: Database

    def add(self, at: int, receiver: str, delivery: str, problems: str, body: bytes) -> None:
        """Keeps a body."""
        with self.database.writing() as connection:
            connection.execute(_quarantine.insert().values(at=at, receiver=receiver, delivery=delivery, problems=problems, body=body))

    def count(self) -> int:
        """How many are kept."""
        with self.database.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(_quarantine)) or 0)

    def list(self, after: int = 0, limit: int = 100) -> tuple[Quarantined, ...]:
        """The oldest first, after the id given."""
        with self.database.reading() as connection:
            found = connection.execute(select(_quarantine).where(_quarantine.c.id > after).order_by(_quarantine.c.id).limit(limit)).all()
        return tuple(Quarantined(*row) for row in found)

    def settle(self, receiver: str, delivery: str, body: bytes) -> None:
        """Deletes what is kept of this delivery: it has come again."""
        mine = (_quarantine.c.receiver == receiver, _quarantine.c.delivery == delivery, _quarantine.c.body == body)
        with self.database.writing() as connection:
            connection.execute(delete(_quarantine).where(*mine))

    def remove(self, ids: Sequence[int]) -> None:
        """Deletes those that were seen to."""
        with self.database.writing() as connection:
            connection.execute(delete(_quarantine).where(_quarantine.c.id.in_(ids)))
