"""Triggers that refuse what only a mistake would do: change or remove what was recorded. Against malice stand the signed roots.

Law: a released revision makes the same triggers for ever, so what is here is never edited, only added to.
"""

from collections.abc import Mapping, Sequence

from alembic import op

__all__ = ["guard_added", "guard_growth", "guard_kept"]


def guard_added(tables: Mapping[str, Sequence[str]]) -> None:
    """Rows of these tables (name → columns of the key) are never changed or removed."""
    for table, key in tables.items():
        if op.get_context().dialect.name == "sqlite":
            refusal = f"SELECT RAISE(ABORT, '{table} are only ever added')"
            for act in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} BEGIN {refusal}; END")
            # INSERT OR REPLACE removes a row without a DELETE
            same = " AND ".join(f"{c} = NEW.{c}" for c in key)
            op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "  # noqa: S608
                       f"BEGIN {refusal}; END")
        else:
            _refuse(table, f"{table} are only ever added", "UPDATE OR DELETE OR TRUNCATE", "STATEMENT")


def guard_growth(table: str, value: str, same: Sequence[str], message: str) -> None:
    """Of a row of this table only ``value`` changes, and only upwards; ``same`` stay; no row is removed."""
    wrong = " OR ".join((f"NEW.{value} < OLD.{value}", *(f"NEW.{c} <> OLD.{c}" for c in same)))
    guard_kept(table)
    if op.get_context().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {table}_only_grow BEFORE UPDATE ON {table} WHEN {wrong} BEGIN SELECT RAISE(ABORT, '{message}'); END")
    else:
        _refuse(table, message, "UPDATE", "ROW", f"WHEN ({wrong})")


def guard_kept(table: str) -> None:
    """Rows of this table are never removed."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} are only ever added'); END")
    else:
        _refuse(table, f"{table} are only ever added", "DELETE OR TRUNCATE", "STATEMENT")


def _refuse(table: str, message: str, acts: str, each: str, when: str = "") -> None:
    """PostgreSQL calls a function: one a message."""
    name = f"{table}_{'grow' if each == 'ROW' else 'stay'}"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{message}'; END $$")
    op.execute(f"CREATE TRIGGER {name} BEFORE {acts} ON {table} FOR EACH {each} {when} EXECUTE FUNCTION {name}()")
