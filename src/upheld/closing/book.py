"""Book: the credits of a closed period enter the ledger, new less old.

Law: only what is owed is booked (what may yet be claimed is not); a line that is no longer owed is restated to nothing; the same revision
booked again adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from upheld.ledger.answer import Refusal
from upheld.ledger.commands import SYSTEM, Restate
from upheld.statements.period import Period
from upheld.stores.store import Store
from upheld.stores.trouble import StoreError

__all__ = ["book_credits"]

_BOOKED = ("owed", "to choose")


def book_credits(store: Store, agreement: str, period: Period, figures: Mapping[str, Any], revision: str, at: int) -> int:
    """Book what each line of the figures comes to: the change of what is owed in the ledger, minor units. Raises StoreError."""
    wanted = {c["key"]: (c["amount_minor"] if c["state"] in _BOOKED else 0) or 0 for c in figures["credits"]}
    book = store.ledger.book(agreement)
    known = {line: sheet for (_, line), sheet in book.sheets.items() if sheet.period == period.label}
    currency = figures["agreement"]["currency"]
    commands = []
    change = 0
    for line in sorted({*wanted, *known}):
        sheet = known.get(line)
        was, now = sheet.comes_to if sheet is not None else 0, wanted.get(line, 0)
        change += now - was
        if now != was:
            commands.append(Restate(key=f"{agreement}/{line}/{revision}", agreement=agreement, line=line, at=at, actor=SYSTEM,
                                    reason=f"statement {revision}", minor=now, currency=sheet.currency if sheet is not None else currency,
                                    period=period.label, ends=period.end))
    for answer in store.ledger.submit_all(commands):
        if isinstance(answer, Refusal):
            raise StoreError(answer.slug, answer.what, answer.help)
    return change
