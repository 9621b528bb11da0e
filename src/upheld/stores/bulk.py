"""Many rows in one statement, on both databases: columns of texts and 64-bit integers in, no loop over rows on the way.

Law: a row that is there under its key is left, or takes the new values: it is never doubled.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, Table

__all__ = ["delete_rows", "put_rows"]


def put_rows(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[object]], *,
             update: Sequence[str] = ()) -> None:
    """Adds rows (values in the order of ``names``). One that is there under its primary key is left, or takes the columns of ``update``."""
    if not rows:
        return
    key = ", ".join(c.name for c in table.primary_key.columns)
    moved = ", ".join(f"{c} = excluded.{c}" for c in update)
    conflict = f"ON CONFLICT ({key}) DO " + (f"UPDATE SET {moved}" if update else "NOTHING")
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    if connection.dialect.name == "postgresql":
        kinds = ["bigint" if isinstance(table.c[n].type, BigInteger) else "text" for n in names]
        arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
        connection.exec_driver_sql(f"{into} SELECT * FROM unnest({arrays}) {conflict}", _turned(rows))  # noqa: S608 - names of our own tables
        return
    marks = ", ".join("?" for _ in names)
    connection.exec_driver_sql(f"{into} VALUES ({marks}) {conflict}", [tuple(row) for row in rows])


def delete_rows(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Takes away the rows whose columns ``names`` have these values."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        kinds = ["bigint" if isinstance(table.c[n].type, BigInteger) else "text" for n in names]
        arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
        same = " AND ".join(f"{table.name}.{n} = gone.{n}" for n in names)
        connection.exec_driver_sql(f"DELETE FROM {table.name} USING unnest({arrays}) AS gone({', '.join(names)}) WHERE {same}",  # noqa: S608
                                   _turned(rows))
        return
    same = " AND ".join(f"{n} = ?" for n in names)
    connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {same}", [tuple(row) for row in rows])  # noqa: S608


def _turned(rows: Sequence[Sequence[object]]) -> tuple[list[object], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
