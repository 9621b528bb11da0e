"""Marks: how far something has come, so that it is not done twice and time does not run back.

Law: a mark only rises, whoever raises it and in whatever order.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from upheld.stores.database import Database
from upheld.stores.schema import marks

__all__ = ["Marks"]


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a store: 64-bit numbers by name."""

    database: Database

    def get(self, name: str) -> int | None:
        """Where the mark stands, None where there is none."""
        with self.database.reading() as connection:
            return connection.scalar(select(marks.c.value).where(marks.c.name == name))

    def raise_to(self, name: str, value: int) -> int:
        """Where the mark stands now: at ``value``, or higher if it was."""
        insert = postgresql.insert if self.database.dialect == "postgresql" else sqlite.insert
        row = insert(marks).values(name=name, value=value)
        risen = row.on_conflict_do_update(index_elements=["name"], set_={"value": value}, where=marks.c.value < value)
        with self.database.writing() as connection:
            connection.execute(risen)
            return int(connection.execute(select(marks.c.value).where(marks.c.name == name)).scalar_one())
