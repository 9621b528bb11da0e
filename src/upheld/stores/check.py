"""Looks through a whole store: does it still say what was recorded?

Law: everything that is kept twice is compared (leaf and hash, leaf and transfer, counter and leaves, fact and index); nothing is mended. It
finds damage and clumsy hands; who may edit the store may edit all of it, and against that stand the signed roots outside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import and_, func, select, text

from upheld.facts.arrive import STREAM
from upheld.facts.leaves import KIND, content_of
from upheld.ledger.book import Book
from upheld.ledger.transfer import Transfer, entry_bytes
from upheld.stores.database import Database
from upheld.stores.ledger import Ledger
from upheld.stores.logs import LogRow, Logs, leaf_hash
from upheld.stores.schema import facts, leaves, logs, texts, transfers
from upheld.stores.trouble import StoreError

__all__ = ["troubles"]

_CHUNK = 20_000

_MOST = 100
"""How many troubles are told; a damaged store has as many as rows."""


def troubles(database: Database) -> tuple[str, ...]:
    """What is wrong with a store, at most 100 sentences; empty where all is well. Reads every leaf. Raises ``StoreError`` if it cannot read."""
    return tuple(islice(_all(database), _MOST))


def _all(database: Database) -> Iterator[str]:
    yield from _file(database)
    posted: dict[tuple[str, int], Transfer] = {}
    with database.reading() as connection:
        agreements = connection.execute(select(transfers.c.agreement).distinct().order_by(transfers.c.agreement)).scalars().all()
    for agreement in agreements:
        entries = Ledger(database).entries(agreement)
        posted |= {(entry.log, entry.index): entry.transfer for entry in entries}
        try:
            book = Book.of(entry.transfer for entry in entries)
        except ValueError as wrong:
            yield f"the ledger of {agreement} does not add up: {wrong}"
        else:
            yield from (f"the ledger of {agreement} is {minor} minor units of {currency} apart"
                        for currency, minor in book.trial().items() if minor)
    for log in Logs(database).all():
        yield from _log(database, log, posted)
    yield from (f"transfer {transfer.key} has no leaf that is an entry" for transfer in posted.values())
    yield from _stream(database)
    yield from _texts(database)


def _stream(database: Database) -> Iterator[str]:
    """The index of the stream against its leaves."""
    log = select(logs.c.id).where(logs.c.name == STREAM).scalar_subquery()
    facing = and_(leaves.c.log == log, leaves.c.idx == facts.c.seq, leaves.c.kind == KIND)
    lost = select(facts.c.seq).select_from(facts).outerjoin(leaves, facing).where(leaves.c.idx.is_(None)).order_by(facts.c.seq).limit(_MOST)
    unlisted = select(leaves.c.idx).select_from(leaves).outerjoin(facts, facts.c.seq == leaves.c.idx).where(
        leaves.c.log == log, leaves.c.kind == KIND, facts.c.seq.is_(None)).order_by(leaves.c.idx).limit(_MOST)
    with database.reading() as connection:
        yield from (f"fact {seq} of the stream has no leaf" for seq in connection.execute(lost).scalars().all())
        yield from (f"leaf {seq} of the stream is a fact that is not in its index" for seq in connection.execute(unlisted).scalars().all())
    after = -1
    asked = select(facts.c.seq, facts.c.digest, leaves.c.bytes).select_from(facts).join(leaves, facing).order_by(facts.c.seq).limit(_CHUNK)
    while True:
        with database.reading() as connection:
            found = connection.execute(asked.where(facts.c.seq > after)).all()
        yield from (f"fact {seq} of the stream says something else than its index" for seq, digest, data in found
                    if hashlib.sha256(content_of(data)).digest() != digest)
        if len(found) < _CHUNK:
            return
        after = found[-1].seq


def _texts(database: Database) -> Iterator[str]:
    with database.reading() as connection:
        found = connection.execute(select(texts.c.name, texts.c.bytes, texts.c.hash).order_by(texts.c.seq)).all()
    yield from (f"text {name} does not have the hash it was given" for name, data, own in found if hashlib.sha256(data).digest() != own)


def _file(database: Database) -> Iterator[str]:
    with database.reading() as connection:
        if connection.dialect.name != "sqlite":
            return
        said = connection.execute(text("PRAGMA integrity_check")).scalars().all()
        lost = connection.execute(text("PRAGMA foreign_key_check")).all()
    yield from (f"the file is damaged: {line}" for line in said if line != "ok")
    yield from (f"a row of {row[0]} refers to a row of {row[2]} that is not there" for row in lost)


def _log(database: Database, log: LogRow, posted: dict[tuple[str, int], Transfer]) -> Iterator[str]:
    """Each leaf against its hash, each entry against its transfer; what is found is taken from ``posted``."""
    with database.reading() as connection:
        last = connection.scalar(select(func.max(leaves.c.idx)).where(leaves.c.log == log.id))
    if last is not None and last >= log.size:
        yield f"log {log.name} has a leaf {last}, beyond its size of {log.size}"
    try:
        for leaf in Logs(database).leaves(log.name):
            if leaf_hash(leaf.data) != leaf.hash:
                yield f"leaf {leaf.idx} of log {log.name} does not have the hash it was given"
            if leaf.kind == "entry":
                transfer = posted.pop((log.name, leaf.idx), None)
                if transfer is None or entry_bytes(transfer) != leaf.data:
                    yield f"leaf {leaf.idx} of log {log.name} is an entry, and its transfer is not there or says otherwise"
    except StoreError as missing:
        yield missing.what
