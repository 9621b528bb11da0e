"""Looks through a whole store: does it still say what was recorded?

Law: everything that is kept twice is compared (leaf and hash, leaf and transfer, counter and leaves); nothing is mended. It finds damage and
clumsy hands; who may edit the file may edit all of it, and against that stand the signed roots outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import func, select, text

from upheld.ledger.book import Book
from upheld.ledger.transfer import Transfer, entry_bytes
from upheld.stores.database import Database
from upheld.stores.ledger import Ledger
from upheld.stores.logs import LogRow, Logs, leaf_hash
from upheld.stores.schema import leaves, transfers
from upheld.stores.trouble import StoreError

__all__ = ["troubles"]

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
