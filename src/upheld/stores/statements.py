"""The statements issued, and what was signed: revisions without gaps, one note a size.

Law: a statement once issued keeps its hash; another content is another revision. A checkpoint once signed for a size is the only one for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from upheld.stores.database import Database
from upheld.stores.logs import add_leaves, locked, looked_up
from upheld.stores.many import alone
from upheld.stores.schema import checkpoints, cosignatures, logs, statements
from upheld.stores.trouble import StoreError

__all__ = ["Checkpoint", "Checkpoints", "StatementRow", "Statements"]


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement issued. ``hash``: SHA-256 of the signed bytes; ``log``, ``index``: the leaf that says so."""

    agreement: str
    period: str
    revision: int
    hash: bytes
    log: str
    index: int


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of a store."""

    database: Database

    def record(self, agreement: str, period: str, revision: int, statement_hash: bytes, log: str, leaf: bytes) -> StatementRow:
        """Adds the statement and its leaf (kind ``statement``) in one transaction: where it is kept.

        The same revision with the same hash is kept already and adds nothing. Raises ``StoreError`` for the same revision with another hash,
        a revision that is not the next, or a hash that is no SHA-256.
        """
        if len(statement_hash) != 32:
            raise StoreError("form", f"a statement's hash has 32 bytes, not {len(statement_hash)}")
        with self.database.writing() as connection:
            # before the log's row, as the ledger does: a statement and what it books are often one transaction
            alone(connection, "ledger")
            kept = _kept(connection, agreement, period)
            same = next((s for s in kept if s.revision == revision), None)
            if same is not None:
                if same.hash != statement_hash:
                    raise StoreError("conflict", f"revision {revision} of {agreement} for {period} is issued with another content",
                                     f"issue the new content as revision {kept[-1].revision + 1}")
                return same
            if revision != len(kept) + 1:
                raise StoreError("revision", f"the next revision of {agreement} for {period} is {len(kept) + 1}, not {revision}",
                                 "revisions have no gaps")
            row = locked(connection, log)
            index = add_leaves(connection, row, [("statement", [leaf])])[0]
            connection.execute(insert(statements).values(
                agreement=agreement, period=period, revision=revision, hash=statement_hash, log=row.id, idx=index))
            return StatementRow(agreement, period, revision, statement_hash, log, index)

    def revisions(self, agreement: str, period: str) -> tuple[StatementRow, ...]:
        """All revisions of a period, the first one first."""
        with self.database.reading() as connection:
            return _kept(connection, agreement, period)

    def get(self, agreement: str, period: str, revision: int | None = None) -> StatementRow | None:
        """One revision (None: the last one), or None where there is none."""
        kept = self.revisions(agreement, period)
        if revision is None:
            return kept[-1] if kept else None
        return next((s for s in kept if s.revision == revision), None)

    def periods(self, agreement: str) -> tuple[str, ...]:
        """The periods with a statement, in the order of their first."""
        with self.database.reading() as connection:
            return tuple(connection.execute(select(statements.c.period).where(statements.c.agreement == agreement, statements.c.revision == 1)
                                            .order_by(statements.c.log, statements.c.idx)).scalars())


def _kept(connection: Connection, agreement: str, period: str) -> tuple[StatementRow, ...]:
    asked = (select(statements.c.agreement, statements.c.period, statements.c.revision, statements.c.hash, logs.c.name, statements.c.idx)
             .join(logs, logs.c.id == statements.c.log).where(statements.c.agreement == agreement, statements.c.period == period)
             .order_by(statements.c.revision))
    return tuple(StatementRow(*row) for row in connection.execute(asked))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed note of a log at a size, with the cosignatures it has, by key name."""

    log: str
    size: int
    note: str
    cosignatures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The checkpoints of a store. They are made and verified above: here each size has one."""

    database: Database

    def put(self, log: str, size: int, note: str) -> Checkpoint:
        """Keeps a note. The same note again adds nothing. Raises ``StoreError`` for another note of the size, a size beyond the log or below
        its last checkpoint.
        """
        with self.database.writing() as connection:
            row = locked(connection, log)
            kept = connection.scalar(select(checkpoints.c.note).where(checkpoints.c.log == row.id, checkpoints.c.size == size))
            if kept is not None and kept != note:
                raise StoreError("conflict", f"log `{log}` has another checkpoint of size {size}", "one size is signed once")
            last = connection.scalar(select(func.max(checkpoints.c.size)).where(checkpoints.c.log == row.id))
            if kept is None:
                if not (last or 0) <= size <= row.size:
                    raise StoreError("range", f"log `{log}` has {row.size} leaves and a checkpoint of {last or 0}: none can be of {size}",
                                     "sign what is there, and only onwards")
                connection.execute(insert(checkpoints).values(log=row.id, size=size, note=note))
            return _with_cosignatures(connection, row.id, log, size, note)

    def get(self, log: str, size: int | None = None) -> Checkpoint | None:
        """The checkpoint of a size (None: the last one), or None where there is none."""
        with self.database.reading() as connection:
            row = looked_up(connection, log)
            asked = select(checkpoints.c.size, checkpoints.c.note).where(checkpoints.c.log == row.id)
            if size is not None:
                asked = asked.where(checkpoints.c.size == size)
            found = connection.execute(asked.order_by(checkpoints.c.size.desc()).limit(1)).one_or_none()
            return None if found is None else _with_cosignatures(connection, row.id, log, found.size, found.note)

    def cosign(self, log: str, size: int, name: str, signature: str) -> Checkpoint:
        """Keeps the signature line of a key on a checkpoint. The same line again adds nothing; another of the same key is refused."""
        with self.database.writing() as connection:
            row = locked(connection, log)
            note = connection.scalar(select(checkpoints.c.note).where(checkpoints.c.log == row.id, checkpoints.c.size == size))
            if note is None:
                raise StoreError("unknown", f"log `{log}` has no checkpoint of size {size}", "cosign one that is kept here")
            mine = (cosignatures.c.log == row.id, cosignatures.c.size == size, cosignatures.c.name == name)
            kept = connection.scalar(select(cosignatures.c.signature).where(*mine))
            if kept is None:
                connection.execute(insert(cosignatures).values(log=row.id, size=size, name=name, signature=signature))
            elif kept != signature:
                raise StoreError("conflict", f"{name} has cosigned size {size} of log `{log}` with another signature", "keep the first")
            return _with_cosignatures(connection, row.id, log, size, note)


def _with_cosignatures(connection: Connection, log_id: int, log: str, size: int, note: str) -> Checkpoint:
    found = connection.execute(select(cosignatures.c.name, cosignatures.c.signature)
                               .where(cosignatures.c.log == log_id, cosignatures.c.size == size).order_by(cosignatures.c.name))
    return Checkpoint(log, size, note, tuple((name, signature) for name, signature in found))
