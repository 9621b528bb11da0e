"""Revision 0001: logs and leaves, checkpoints and cosignatures, requests and transfers, statements; what was added stays.

Law: written out, not taken from ``schema``: a released revision makes the same tables for ever.
"""

import sqlalchemy as sa
from alembic import op

from upheld.stores.migrations.guards import guard_added, guard_growth

__all__ = ["downgrade", "upgrade"]

revision = "0001"
down_revision = None

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ONLY_ADDED = {
    # table: what tells one row from another
    "leaves": ("log", "idx"),
    "requests": ("key",),
    "transfers": ("key",),
    "checkpoints": ("log", "size"),
    "cosignatures": ("log", "size", "name"),
    "statements": ("agreement", "period", "revision"),
}


def upgrade() -> None:
    """Make the tables and what guards them."""
    _logs()
    _ledger()
    _signed()
    guard_added(_ONLY_ADDED)
    guard_growth("logs", "size", ("id", "name", "origin"), "a log only grows")


def downgrade() -> None:
    """There is no way back: evidence is not dropped."""
    raise RuntimeError("revision 0001 is the first: a store is not emptied")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _logs() -> None:
    op.create_table(
        "logs", sa.Column("id", _COUNTED, primary_key=True), _text("name"), _text("origin"), _int("size"),
        sa.UniqueConstraint("name"), sa.UniqueConstraint("origin"), sa.CheckConstraint("size >= 0", name="size"),
    )
    op.create_table(
        "leaves", _int("log"), _int("idx"), _text("kind"), _bytes("bytes"), _bytes("hash"),
        sa.ForeignKeyConstraint(["log"], ["logs.id"]), sa.PrimaryKeyConstraint("log", "idx"),
    )


def _ledger() -> None:
    op.create_table(
        "requests", sa.Column("key", sa.Text, primary_key=True), _text("request_hash"), _text("agreement"), _text("line"), _text("actor"),
        _int("at"), _bytes("answer"),
    )
    op.create_table(
        "transfers", sa.Column("seq", _COUNTED, primary_key=True), _text("key"), _text("request"), _text("debit"), _text("credit"),
        _int("minor"), _text("currency"), _text("kind"), _text("agreement"), _text("line"), _text("period"), _int("at"), _text("actor"),
        _text("reason"), sa.Column("reverses", sa.Text), _text("request_hash"), _int("log"), _int("idx"),
        sa.UniqueConstraint("key"), sa.ForeignKeyConstraint(["request"], ["requests.key"]),
        sa.ForeignKeyConstraint(["reverses"], ["transfers.key"]), sa.CheckConstraint("minor > 0", name="minor"),
        sa.CheckConstraint("debit <> credit", name="accounts"), sa.UniqueConstraint("log", "idx"),
        sa.ForeignKeyConstraint(["log", "idx"], ["leaves.log", "leaves.idx"]), sqlite_autoincrement=True,
    )
    op.create_index("transfers_line", "transfers", ["agreement", "line"])
    op.create_index("transfers_period", "transfers", ["agreement", "period"])
    op.create_index("transfers_request", "transfers", ["request"])


def _signed() -> None:
    op.create_table(
        "checkpoints", _int("log"), _int("size"), _text("note"), sa.ForeignKeyConstraint(["log"], ["logs.id"]),
        sa.PrimaryKeyConstraint("log", "size"),
    )
    op.create_table(
        "cosignatures", _int("log"), _int("size"), _text("name"), _text("signature"), sa.PrimaryKeyConstraint("log", "size", "name"),
        sa.ForeignKeyConstraint(["log", "size"], ["checkpoints.log", "checkpoints.size"]),
    )
    op.create_table(
        "statements", _text("agreement"), _text("period"), _int("revision"), _bytes("hash"), _int("log"), _int("idx"),
        sa.PrimaryKeyConstraint("agreement", "period", "revision"), sa.UniqueConstraint("log", "idx"),
        sa.ForeignKeyConstraint(["log", "idx"], ["leaves.log", "leaves.idx"]), sa.CheckConstraint("revision > 0", name="revision"),
    )
