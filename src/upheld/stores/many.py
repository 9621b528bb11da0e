"""Many rows in one statement, on both databases.

Law: a row is written once or not at all; a question about many values is one question, whatever their number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, LargeBinary, String, Table, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

__all__ = ["add_rows", "alone", "among"]

_OURS = 0x5550484C
"""The first half of our advisory locks' keys (``UPHL``), so that nobody else's are met."""

_KEYS = {"schema": 1, "logs": 2, "ledger": 3, "texts": 4}

_COPIED = 50
"""From so many rows on, PostgreSQL's COPY is quicker than statements sent one behind the other."""


def alone(connection: Connection, what: str) -> None:
    """From here to the end of the transaction nobody else is in this part of the store: what is not there yet has no row to hold."""
    # SQLite's writer is alone already
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (_OURS, _KEYS[what]))


def among(connection: Connection, column: ColumnElement[Any], values: Iterable[str] | Iterable[int]) -> ColumnElement[bool]:
    """``column IN values`` for any number of values: one parameter, so that no limit of parameters is met."""
    wanted = list(values)
    if connection.dialect.name == "postgresql":
        kind = BigInteger() if isinstance(column.type, BigInteger) else String()
        return column == func.any(bindparam(None, wanted, type_=ARRAY(kind)))
    each = func.json_each(json.dumps(wanted)).table_valued("value")
    return column.in_(select(each.c.value).where(true()))


def add_rows(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """Adds rows, their values in the order of ``names``. Raises the driver's error where one of them is there already."""
    if not rows:
        return
    columns = ", ".join(f'"{name}"' for name in names)
    if connection.dialect.name != "postgresql":
        marks = ", ".join("?" for _ in names)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", list(rows))  # noqa: S608 - our own names
    elif len(rows) < _COPIED:
        marks = ", ".join("%s" for _ in names)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", list(rows))  # noqa: S608 - our own names
    else:
        driver: Any = connection.connection.driver_connection
        with driver.cursor().copy(f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([_kind(table.c[name].type) for name in names])
            for row in rows:
                copy.write_row(row)


def _kind(own: object) -> str:
    return "int8" if isinstance(own, BigInteger) else "bytea" if isinstance(own, LargeBinary) else "text"
