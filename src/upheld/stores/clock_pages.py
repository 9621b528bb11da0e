"""Running clocks as they are shown: a page at a time, by name, of what the worker last worked out.

Law: a page begins after the last name of the one before, so none is left out or shown twice while clocks come and go between.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import RowMapping, select, tuple_

from upheld.stores.database import Database
from upheld.stores.live_schema import clocks

__all__ = ["Name", "clocks_of_case", "page_of_clocks"]

Name = tuple[str, str, str, str, int]
"""Agreement, commitment, case, cycle, part."""

_NAME = (clocks.c.agreement, clocks.c.commitment, clocks.c.casename, clocks.c.cycle, clocks.c.part)


def page_of_clocks(database: Database, only: Mapping[str, str], due_before: int | None, after: Name | None, limit: int,
                   agreements: Collection[str] | None = None) -> Sequence[RowMapping]:
    """At most ``limit`` clocks after a name, in the order of names. ``only``: columns and their values; ``agreements``: of these only, None: of
    all. Raises ``StoreError``.
    """
    asked = select(clocks).order_by(*_NAME).limit(limit)
    if agreements is not None:
        asked = asked.where(clocks.c.agreement.in_(sorted(agreements)))
    for name, value in only.items():
        asked = asked.where(clocks.c[name] == value)
    if due_before is not None:
        asked = asked.where(clocks.c.due < due_before)
    if after is not None:
        asked = asked.where(tuple_(*_NAME) > tuple_(*after))
    with database.reading() as connection:
        return connection.execute(asked).mappings().all()


def clocks_of_case(database: Database, agreement: str, commitment: str, case: str) -> Sequence[RowMapping]:
    """The clocks of a case under a commitment, every cycle and part, the latest cycle last. Raises ``StoreError``."""
    asked = select(clocks).where(clocks.c.agreement == agreement, clocks.c.commitment == commitment, clocks.c.casename == case)
    with database.reading() as connection:
        return connection.execute(asked.order_by(clocks.c.start, clocks.c.part)).mappings().all()
