"""Restatement: what a line comes to changes, and new less old is booked.

Law: after a restatement the line comes to the new amount, whatever became of the old one. A fall takes first what was never paid and never
will be (voided, expired), then what is not issued yet, the latest state first, then what is issued and in dispute; what is issued or
applied else is not touched: its excess is a claw-back, booked on the line's other side and netted when both are applied. A rise takes back
a claw-back not issued yet, then enters at ``computed``.
"""

from __future__ import annotations

from collections.abc import Iterator

from upheld.ledger.answer import Refusal
from upheld.ledger.book import Book, Sheet
from upheld.ledger.commands import Restate
from upheld.ledger.transfer import GREATEST, OTHER, Kind, Side, State, account, counter
from upheld.values.instant import format_instant

__all__ = ["restated"]

_GIVES_WAY: tuple[State, ...] = ("voided", "expired", "approved", "reviewed", "computed", "disputed-approved", "disputed-reviewed",
                                 "disputed-computed", "disputed-issued")
"""In this order a side gives way. What was voided or expired is not owed already: taking it from elsewhere would take it twice. What was issued
and is in dispute is not used yet: the restatement settles that much of the dispute."""

Entry = tuple[Kind, str, str, int, str]
"""Kind, debit, credit, minor units, the transfer reversed."""


def restated(book: Book, command: Restate) -> list[Entry] | Refusal:
    """The entries that bring a line to its new amount; none where it comes to that already."""
    if command.ends is not None and command.at < command.ends:
        return Refusal("window", f"period {command.period} ends {format_instant(command.ends)}: before that its figures are provisional",
                       "book it when the period has ended")
    sheet = book.sheet(command.agreement, command.line)
    if sheet is not None and sheet.currency != command.currency:
        return Refusal("currency", f"line {command.line} is in {sheet.currency}, not in {command.currency}", "a line keeps its currency: book "
                       "another line")
    if sheet is not None and sheet.period != command.period:
        return Refusal("period", f"line {command.line} belongs to period {sheet.period}, not {command.period}", "name its own period")
    known = book.currencies.get((command.agreement, command.period), command.currency)
    if known != command.currency:
        return Refusal("currency", f"period {command.period} of {command.agreement} is settled in {known}, not in {command.currency}",
                       "one period is settled in one currency")
    first = sheet is None
    sheet = sheet or Sheet.new(command.agreement, command.line, command.period, command.currency)
    change = command.minor - sheet.comes_to
    rising: Side = "credit" if change > 0 else "reward"
    entries = list(_entries(sheet, rising, abs(change), first=first)) if change else []
    if sheet.entered(rising) + abs(change) > GREATEST:
        return Refusal("amount", f"the accounts of line {command.line} cannot hold that much",
                       "an account holds at most 64 bits of minor units")
    return entries


def _entries(sheet: Sheet, rising: Side, rest: int, *, first: bool) -> Iterator[Entry]:
    """``rest`` minor units towards side ``rising``: first out of the other side, what is left into this one."""
    pot, falling = counter(sheet.agreement), OTHER[rising]
    left = sheet.entered(falling)
    for state in _GIVES_WAY:
        taken = min(rest, sheet.held[falling, state])
        if taken:
            yield _sided("restated", falling, account(falling, sheet.agreement, sheet.line, state), pot, taken)
            rest, left = rest - taken, left - taken
    # what is left on the other side is issued or applied; of that, what is not set off already is in excess
    back = min(rest, max(0, left - sheet.entered(rising)))
    into = account(rising, sheet.agreement, sheet.line, "computed")
    if back:
        yield _sided("claw-back", rising, pot, into, back)
    if rest - back:
        yield _sided("computed" if first else "restated", rising, pot, into, rest - back)


def _sided(kind: Kind, side: Side, out_of: str, into: str, minor: int) -> Entry:
    """Money from ``out_of`` to ``into`` on a side: a credit is a liability (debit what it leaves), a reward turns debit and credit."""
    return (kind, out_of, into, minor, "") if side == "credit" else (kind, into, out_of, minor, "")
