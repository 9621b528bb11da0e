"""The ledger's one decision: what a request adds to the book, or why it adds nothing.

Law: pure; the same book and request give the same answer. A key that was answered is answered the same again, and with another content it is
refused: never a second credit (Stripe, TigerBeetle: the key is the asker's, and is kept for ever).
"""

from __future__ import annotations

from upheld.ledger.answer import Answer, Posted, Refusal
from upheld.ledger.book import Book
from upheld.ledger.commands import Command, Restate, Reverse, request_hash
from upheld.ledger.form import wrong_form
from upheld.ledger.moves import moved, reversed_
from upheld.ledger.restate import Entry, restated
from upheld.ledger.transfer import Transfer

__all__ = ["another_content", "decide", "submitted"]


def decide(book: Book, command: Command) -> Answer:
    """The transfers to add (perhaps none), or a refusal. The book is not changed: see ``submitted``."""
    wrong = wrong_form(command)
    if wrong is not None:
        return wrong
    asked = request_hash(command)
    if command.key in book.answers:
        first, answer = book.answers[command.key]
        return answer if first == asked else another_content(command)
    found = _entries(book, command)
    if isinstance(found, Refusal):
        return found
    sheet = book.sheet(command.agreement, command.line)
    of = command if isinstance(command, Restate) else sheet
    assert of is not None
    return Posted(tuple(
        Transfer(f"{command.key}#{n}", debit, credit, minor, of.currency, kind, command.agreement, command.line, of.period, command.at,
                 command.actor, command.reason, reverses, asked)
        for n, (kind, debit, credit, minor, reverses) in enumerate(found, 1)))


def submitted(book: Book, command: Command) -> tuple[Book, Answer]:
    """The book after the request, and its answer. Requests of wrong form, and keys used with another content, leave no trace."""
    answer = decide(book, command)
    if command.key in book.answers or wrong_form(command) is not None:
        return book, answer
    return book.after(command.key, request_hash(command), answer), answer


def another_content(command: Command) -> Refusal:
    """What is answered to a key that was used for another request."""
    return Refusal("idempotency", f"key {command.key} was used for another request", "give the first request again unchanged, or a new key")


def _entries(book: Book, command: Command) -> list[Entry] | Refusal:
    if isinstance(command, Restate):
        return restated(book, command)
    if isinstance(command, Reverse):
        return reversed_(book, command)
    return moved(book, command)
