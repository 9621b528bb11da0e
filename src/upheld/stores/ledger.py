"""The ledger kept: a request is checked, decided, posted and logged in one transaction.

Law: two requests with one key make one transfer, whenever and from wherever they come; every transfer is a leaf; an answer once given is
given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, RowMapping, insert, select

from upheld.ledger.answer import Answer, Posted, answer_bytes, answer_of
from upheld.ledger.book import Book
from upheld.ledger.commands import Command, Restate, request_hash
from upheld.ledger.decide import another_content, decide
from upheld.ledger.form import wrong_form
from upheld.ledger.transfer import Transfer, entry_bytes
from upheld.stores.database import Database
from upheld.stores.logs import add_leaves, locked
from upheld.stores.many import alone
from upheld.stores.schema import logs, requests, transfers
from upheld.stores.trouble import RESTORE, StoreError

__all__ = ["Entry", "Ledger"]

_OWN = tuple(name for name in Transfer.__dataclass_fields__ if name != "reverses")


@dataclass(frozen=True, slots=True)
class Entry:
    """A transfer as kept: with the log and index of its leaf."""

    transfer: Transfer
    log: str
    index: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of a store. ``log``: the log the entries go to, which must be there; by default that named like the agreement."""

    database: Database

    def submit(self, command: Command, log: str | None = None) -> Answer:
        """The answer to a request, the first one if it was answered before: its transfers, or a refusal. Raises ``StoreError``."""
        return self.submit_all((command,), log)[0]

    def submit_all(self, commands: Sequence[Command], log: str | None = None) -> tuple[Answer, ...]:
        """The answers to requests, in order, in one transaction: each is answered for itself, a refusal does not stop the next."""
        with self.database.writing() as connection:
            # a key that nobody used has no row to hold
            alone(connection, "ledger")
            session = _Session(connection)
            return tuple(session.answer(command, log or command.agreement) for command in commands)

    def answer(self, key: str) -> Answer | None:
        """What was answered to the request of this key; None where none was."""
        with self.database.reading() as connection:
            return _first_answer(connection, key)[1]

    def book(self, agreement: str) -> Book:
        """The book of an agreement: a fold over all its transfers."""
        with self.database.reading() as connection:
            return _book(connection, agreement=agreement)

    def entries(self, agreement: str, line: str | None = None) -> tuple[Entry, ...]:
        """The transfers of an agreement, or of one line of it, in the order posted, with their leaves."""
        asked = select(transfers, logs.c.name).join(logs, logs.c.id == transfers.c.log).where(transfers.c.agreement == agreement)
        if line is not None:
            asked = asked.where(transfers.c.line == line)
        with self.database.reading() as connection:
            rows = connection.execute(asked.order_by(transfers.c.seq)).mappings().all()
        return tuple(Entry(_transfer(row), row["name"], row["idx"]) for row in rows)


class _Session:
    """One transaction's work: the lines it touched are read once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.books: dict[tuple[str, str], Book] = {}

    def answer(self, command: Command, log: str) -> Answer:
        wrong = wrong_form(command)
        if wrong is not None:
            return wrong
        asked = request_hash(command)
        first, found = _first_answer(self.connection, command.key)
        if found is not None:
            return found if first == asked else another_content(command)
        book = self._book(command)
        answer = decide(book, command)
        self._keep(command, asked, answer, log)
        self.books[command.agreement, command.line] = book.after(command.key, asked, answer)
        return answer

    def _book(self, command: Command) -> Book:
        place = (command.agreement, command.line)
        if place not in self.books:
            self.books[place] = _book(self.connection, agreement=command.agreement, line=command.line)
        book = self.books[place]
        if isinstance(command, Restate):
            settled_in = self.connection.scalar(select(transfers.c.currency).where(
                transfers.c.agreement == command.agreement, transfers.c.period == command.period).limit(1))
            if settled_in is not None:
                book = replace(book, currencies={**book.currencies, (command.agreement, command.period): settled_in})
        return book

    def _keep(self, command: Command, asked: str, answer: Answer, log: str) -> None:
        # the log is looked up for refusals too: a request must not fail for it only on its second way
        row = locked(self.connection, log)
        self.connection.execute(insert(requests).values(
            key=command.key, request_hash=asked, agreement=command.agreement, line=command.line, actor=command.actor, at=command.at,
            answer=answer_bytes(answer)))
        if isinstance(answer, Posted) and answer.transfers:
            given = add_leaves(self.connection, row, [("entry", [entry_bytes(t) for t in answer.transfers])])
            self.connection.execute(insert(transfers), [
                {**{name: getattr(t, name) for name in _OWN}, "reverses": t.reverses or None, "request": command.key, "log": row.id,
                 "idx": index}
                for t, index in zip(answer.transfers, given, strict=True)])


def _first_answer(connection: Connection, key: str) -> tuple[str, Answer | None]:
    """The hash and the answer of the request of this key; None where there was none."""
    row = connection.execute(select(requests.c.request_hash, requests.c.answer).where(requests.c.key == key)).one_or_none()
    if row is None:
        return "", None
    try:
        return row.request_hash, answer_of(row.answer, tuple(_transfers(connection, request=key)))
    except ValueError as wrong:
        raise StoreError("damaged", f"request {key}: {wrong}", RESTORE) from wrong


def _book(connection: Connection, **where: str) -> Book:
    try:
        return Book.of(_transfers(connection, **where))
    except ValueError as wrong:
        raise StoreError("damaged", str(wrong), RESTORE) from wrong


def _transfers(connection: Connection, **where: str) -> Iterable[Transfer]:
    asked = select(transfers).filter_by(**where).order_by(transfers.c.seq)
    return [_transfer(row) for row in connection.execute(asked).mappings()]


def _transfer(row: RowMapping) -> Transfer:
    return Transfer(**{name: row[name] for name in _OWN}, reverses=row["reverses"] or "")
