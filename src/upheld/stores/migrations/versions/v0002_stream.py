"""Revision 0002: the stream of facts with its index, the texts in force, tokens, the audit of requests, marks.

Law: written out, not taken from ``schema``: a released revision makes the same tables for ever.
"""

import sqlalchemy as sa
from alembic import op

from upheld.stores.migrations.guards import guard_added, guard_growth, guard_kept

__all__ = ["downgrade", "upgrade"]

revision = "0002"
down_revision = "0001"

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables and what guards them."""
    _stream()
    _service()
    guard_added({"facts": ("seq",), "watches": ("seq",), "spoken": ("shape", "name"), "texts": ("seq",), "audit": ("seq",)})
    guard_growth("marks", "value", ("name",), "a mark only grows")
    guard_kept("tokens")
    op.execute("INSERT INTO logs (name, origin, size) VALUES ('stream', 'stream', 0)")


def downgrade() -> None:
    """There is no way back: what was recorded is not dropped."""
    raise RuntimeError("revision 0002 holds facts: a store is not emptied")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _int(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _stream() -> None:
    op.create_table(
        "facts", sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False), _text("source"), _text("id"), _int("step"),
        _bytes("digest"), _text("shape"), _text("subject"), _int("at"), _int("recorded_at"), _text("actor"), _text("replaces", null=True),
        _text("was", null=True), sa.UniqueConstraint("source", "id", "step"),
    )
    op.create_index("facts_subject", "facts", ["subject", "seq"])
    op.create_index("facts_shape", "facts", ["shape", "seq"])
    for name, columns, unique in (("replaces", ["source", "replaces"], True), ("was", ["was"], False)):
        # few rows correct another: the index holds those only
        said = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"facts_{name}", "facts", columns, unique=unique, sqlite_where=said, postgresql_where=said)
    op.create_table(
        "watches", sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False), _text("source"), _int("start"),
        _int("end", null=True),
    )
    op.create_table("spoken", _text("shape"), _text("name"), sa.PrimaryKeyConstraint("shape", "name"))
    op.create_table("touched", sa.Column("id", _COUNTED, primary_key=True), _text("kind"), _text("name"), _int("seq"))
    op.create_index("touched_kind", "touched", ["kind", "id"])


def _service() -> None:
    op.create_table(
        "texts", sa.Column("seq", _COUNTED, primary_key=True), _text("name"), _bytes("bytes"), _bytes("hash"), _int("at"), _text("actor"),
    )
    op.create_index("texts_name", "texts", ["name", "seq"])
    op.create_table(
        "tokens", sa.Column("id", _COUNTED, primary_key=True), _text("actor"), _text("scopes"), _bytes("hash"), _int("created_at"),
        _text("created_by"), _int("expires_at", null=True), _int("revoked_at", null=True), _int("used_at", null=True),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "audit", sa.Column("seq", _COUNTED, primary_key=True), _text("actor"), _text("action"), _text("object"), _text("outcome"),
        _int("at"), _text("detail"),
    )
    op.create_index("audit_at", "audit", ["at"])
    op.create_table("marks", sa.Column("name", sa.Text, primary_key=True), _int("value"))
