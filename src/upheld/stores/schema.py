"""The tables of a store: 64-bit integers, texts and bytes, so that one schema serves SQLite and PostgreSQL (ARCHITECTURE D28).

Law: what is recorded is only ever added: facts, leaves, requests, transfers, statements, checkpoints, cosignatures, texts, audit. Only a
log's size and a mark grow; a token is used and revoked; ``touched`` is taken away by whoever has seen to it. Times are µs UTC, money is
whole minor units, hashes are SHA-256.
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
    text,
)

__all__ = ["METADATA", "audit", "checkpoints", "cosignatures", "facts", "leaves", "logs", "marks", "requests", "spoken", "statements", "texts",
           "tokens", "touched", "transfers", "watches"]

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

facts = Table(
    "facts", METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("shape", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("replaces", Text),
    Column("was", Text),
    UniqueConstraint("source", "id", "step"),
    Index("facts_subject", "subject", "seq"),
    Index("facts_shape", "shape", "seq"),
    Index("facts_replaces", "source", "replaces", unique=True, sqlite_where=text("replaces IS NOT NULL"),
          postgresql_where=text("replaces IS NOT NULL")),
    Index("facts_was", "was", sqlite_where=text("was IS NOT NULL"), postgresql_where=text("was IS NOT NULL")),
)
"""The index of the log ``stream``: ``seq`` is the leaf's index there. ``id``: the fact's own, or ``file:row#what``. ``step``: 1 where the end
of an open interval came to be known, else 0. ``replaces``: the id of the row it corrects; ``was``: that row's subject, where it is another."""

watches = Table(
    "watches", METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger),
)
"""What sources declared to have watched, by the leaf that says so; the last word of each holds."""

spoken = Table(
    "spoken", METADATA, Column("shape", Text, nullable=False), Column("name", Text, nullable=False), PrimaryKeyConstraint("shape", "name"),
)
"""The attributes that any fact of a shape ever said."""

touched = Table(
    "touched", METADATA,
    Column("id", _COUNTED, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Index("touched_kind", "kind", "id"),
)
"""What was recorded and nobody has looked at yet: ``case`` and its name, or ``shared`` and the shape;
``seq``: the first of its leaves."""

texts = Table(
    "texts", METADATA,
    Column("seq", _COUNTED, primary_key=True),
    Column("name", Text, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Index("texts_name", "name", "seq"),
)
"""Agreements, calendars and source files as they were given; the last of a name is in force. ``hash``: SHA-256 of the bytes."""

tokens = Table(
    "tokens", METADATA,
    Column("id", _COUNTED, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)
"""Who may talk to the server: ``hash`` is SHA-256 of the secret, which is kept nowhere. ``scopes``: words, sorted, a space between."""

audit = Table(
    "audit", METADATA,
    Column("seq", _COUNTED, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_at", "at"),
)
"""Who asked for what, and what came of it."""

marks = Table(
    "marks", METADATA, Column("name", Text, primary_key=True), Column("value", BigInteger, nullable=False),
)
"""How far something has come: a number that only rises."""
