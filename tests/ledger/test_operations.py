"""Random operations: debits = credits at every step, splits that sum, retries that return the first answer.

Small here; ``make campaign-ledger COUNT=1000000`` runs more (``UPHELD_LEDGER`` operations, seed ``UPHELD_LEDGER_SEED``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import ledger_storm
import pytest
from ledger_storm import run

from upheld.ledger.answer import Answer, Posted
from upheld.ledger.book import Book, HistoryError
from upheld.ledger.commands import Command, Issue, Restate
from upheld.ledger.decide import submitted

COUNT = int(os.environ.get("UPHELD_LEDGER", "6000"))
SEED = os.environ.get("UPHELD_LEDGER_SEED", "20261121")


def test_random_operations_never_drift(tmp_path: Path) -> None:
    tally = run(COUNT, SEED, tmp_path, every=10)
    assert tally.operations == COUNT
    assert tally.retries > COUNT // 4
    assert tally.splits
    # the storm reaches every act and every refusal
    assert set(tally.kinds) == {"computed", "restated", "claw-back", "reviewed", "approved", "issued", "applied", "voided", "expired",
                                "disputed", "upheld", "reversed"}
    assert set(tally.refused) >= {"form", "amount", "currency", "period", "window", "person", "reason", "unknown", "ledger"}


def test_the_same_seed_gives_the_same_run(tmp_path: Path) -> None:
    assert run(400, "a seed", tmp_path) == run(400, "a seed", tmp_path)


# ---- canaries: a storm that finds nothing wrong with a wrong ledger would prove nothing --------------------------------


def off_by_one(book: Book, command: Command) -> tuple[Book, Answer]:
    """A ledger that issues a minor unit too little."""
    if isinstance(command, Issue) and command.minor is None:
        sheet = book.sheet(command.agreement, command.line)
        stands = sheet.held["credit", "approved"] if sheet else 0
        command = replace(command, minor=stands - 1) if stands > 1 else command
    return submitted(book, command)


def forgetful(book: Book, command: Command) -> tuple[Book, Answer]:
    """A ledger that decides anew about a key it knows."""
    return submitted(replace(book, answers={}), command)


def drifting(book: Book, command: Command) -> tuple[Book, Answer]:
    """A ledger that restates to a minor unit beside."""
    return submitted(book, replace(command, minor=command.minor + 1) if isinstance(command, Restate) and command.minor == 7 else command)


def half_booked(book: Book, command: Command) -> tuple[Book, Answer]:
    """A ledger that tells of transfers it did not post."""
    after, answer = submitted(book, command)
    return (book if isinstance(answer, Posted) and len(answer.transfers) > 1 else after), answer


def unlost(whole: Restate, weights: Mapping[str, int]) -> tuple[Restate, ...]:
    """A split that rounds each part for itself."""
    total = sum(weights.values())
    return tuple(replace(whole, key=f"{whole.key}/{n}", line=line, minor=round(whole.minor * weight / total))
                 for n, (line, weight) in enumerate(weights.items()))


@pytest.mark.parametrize(("name", "wrong"), [("submitted", off_by_one), ("submitted", forgetful), ("submitted", drifting),
                                             ("submitted", half_booked), ("split", unlost)], ids=lambda x: getattr(x, "__name__", ""))
def test_the_storm_finds_a_ledger_that_is_wrong(name: str, wrong: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_storm, name, wrong)
    with pytest.raises((AssertionError, HistoryError)):
        run(20_000, "canary", tmp_path, every=10**9)
