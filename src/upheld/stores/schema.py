"""The tables of a store: 64-bit integers, texts and bytes, so that one schema serves SQLite and PostgreSQL (ARCHITECTURE D28).

Law: rows of transfers, requests, leaves, checkpoints, cosignatures and statements are only ever added; only a log's size grows. Times are µs
UTC, money is whole minor units, hashes are SHA-256.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["METADATA", "checkpoints", "cosignatures", "leaves", "logs", "requests", "statements", "transfers"]

METADATA = MetaData()

_COUNTED = BigInteger().with_variant(Integer, "sqlite")
"""A key the database counts: SQLite counts only what it calls INTEGER, which holds 64 bits too."""

logs = Table(
    "logs", METADATA,
    Column("id", _COUNTED, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("origin", Text, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    CheckConstraint("size >= 0", name="size"),
)
"""A log per audience; ``size`` is the counter row: the next leaf's index, taken in the transaction that adds the leaf."""

leaves = Table(
    "leaves", METADATA,
    Column("log", BigInteger, ForeignKey("logs.id"), nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("log", "idx"),
)
"""``idx`` from 0 without a gap; ``hash`` = SHA-256(0x00 || bytes), the leaf hash of RFC 6962."""

requests = Table(
    "requests", METADATA,
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),
)
"""Each request of the ledger with its first answer, kept for ever."""

transfers = Table(
    "transfers", METADATA,
    Column("seq", _COUNTED, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("request", Text, ForeignKey("requests.key"), nullable=False),
    Column("debit", Text, nullable=False),
    Column("credit", Text, nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reverses", Text, ForeignKey("transfers.key")),
    Column("request_hash", Text, nullable=False),
    Column("log", BigInteger, nullable=False),
    Column("idx", BigInteger, nullable=False),
    CheckConstraint("minor > 0", name="minor"),
    CheckConstraint("debit <> credit", name="accounts"),
    UniqueConstraint("log", "idx"),
    ForeignKeyConstraint(["log", "idx"], ["leaves.log", "leaves.idx"]),
    Index("transfers_line", "agreement", "line"),
    Index("transfers_period", "agreement", "period"),
    Index("transfers_request", "request"),
    sqlite_autoincrement=True,
)
"""In the order they were posted (``seq``); each is a leaf too, at (``log``, ``idx``)."""

checkpoints = Table(
    "checkpoints", METADATA,
    Column("log", BigInteger, ForeignKey("logs.id"), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    PrimaryKeyConstraint("log", "size"),
)
"""The signed note of a log at a size: one a size, so that no second root can be signed for it."""

cosignatures = Table(
    "cosignatures", METADATA,
    Column("log", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("signature", Text, nullable=False),
    PrimaryKeyConstraint("log", "size", "name"),
    ForeignKeyConstraint(["log", "size"], ["checkpoints.log", "checkpoints.size"]),
)
"""The counterparty's signature line on a checkpoint, by the name of its key."""

statements = Table(
    "statements", METADATA,
    Column("agreement", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("log", BigInteger, nullable=False),
    Column("idx", BigInteger, nullable=False),
    PrimaryKeyConstraint("agreement", "period", "revision"),
    UniqueConstraint("log", "idx"),
    ForeignKeyConstraint(["log", "idx"], ["leaves.log", "leaves.idx"]),
    CheckConstraint("revision > 0", name="revision"),
)
"""The statements issued: the hash of what was signed, and the leaf that says so."""
