"""The ledger against the same rules with a token for each minor unit, over any sequence of requests hypothesis finds."""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from ledger_storm import Accountant
from ledger_tokens import Line, Past

from upheld.ledger.answer import Answer, Posted, Refusal
from upheld.ledger.book import Book
from upheld.ledger.commands import Apply, Approve, Command, Decide, Dispute, Expire, Issue, Restate, Reverse, Review, Void
from upheld.ledger.decide import submitted
from upheld.ledger.transfer import LIVE, SIDES, STATES

people = st.sampled_from(["anna", "bob", "carla", "system"])
reasons = st.sampled_from(["as agreed", "as agreed", "as agreed", ""])
much = st.none() | st.integers(1, 12)
side = st.sampled_from([None, None, None, "credit", "reward"])
lives = st.sampled_from(LIVE)
instants = st.none() | st.integers(0, 40)


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.book = Book()
        self.line = Line()
        self.accountant = Accountant()
        self.asked: list[tuple[Command, Answer]] = []

    def head(self, actor: str, reason: str) -> dict[str, object]:
        n = len(self.asked)
        return {"key": f"k{n}", "agreement": "acme", "line": "acme/uptime", "at": n, "actor": actor, "reason": reason}

    def ask(self, command: Command) -> None:
        self.book, answer = submitted(self.book, command)
        expected = self.line.ask(command)
        self.asked.append((command, answer))
        assert (answer.slug if isinstance(answer, Refusal) else "") == expected, answer
        if isinstance(answer, Posted):
            for transfer in answer.transfers:
                self.accountant.post(transfer)
                if isinstance(command, Restate):
                    place = transfer.debit if transfer.credit.startswith("given") else transfer.credit
                    state = place.rpartition(":")[2]
                    # a booking can be named, and is refused: how much of it is left never matters
                    self.line.past[transfer.key] = Past("booked", place.partition(":")[0], "", state, command.actor, transfer.minor)

    @rule(actor=people, reason=reasons, minor=st.integers(-15, 15))
    def restate(self, actor: str, reason: str, minor: int) -> None:
        self.ask(Restate(**self.head(actor, reason), minor=minor, currency="EUR", period="2026-03"))  # type: ignore[arg-type]

    @rule(actor=people, reason=reasons, minor=much, of=side, kind=st.sampled_from([Review, Review, Approve, Approve, Issue, Issue]))
    def onwards(self, actor: str, reason: str, minor: int | None, of: str | None, kind: type) -> None:
        self.ask(kind(**self.head(actor, reason), minor=minor, side=of))

    @rule(actor=people, reason=reasons, minor=much, of=side, kind=st.sampled_from([Apply, Apply, Expire]), expires=instants)
    def use(self, actor: str, reason: str, minor: int | None, of: str | None, kind: type, expires: int | None) -> None:
        self.ask(kind(**self.head(actor, reason), minor=minor, side=of, expires=expires))

    @rule(actor=people, reason=reasons, minor=much, of=side, state=st.sampled_from([*LIVE, *LIVE, "applied", "voided", "disputed-issued"]))
    def void(self, actor: str, reason: str, minor: int | None, of: str | None, state: str) -> None:
        self.ask(Void(**self.head(actor, reason), minor=minor, side=of, state=state))  # type: ignore[arg-type]

    @rule(actor=people, reason=reasons, minor=much, of=side, state=lives, by=instants)
    def dispute(self, actor: str, reason: str, minor: int | None, of: str | None, state: str, by: int | None) -> None:
        self.ask(Dispute(**self.head(actor, reason), minor=minor, side=of, state=state, by=by))  # type: ignore[arg-type]

    @rule(actor=people, reason=reasons, minor=much, of=side, state=lives, verdict=st.sampled_from(["stands", "voided"]))
    def decide(self, actor: str, reason: str, minor: int | None, of: str | None, state: str, verdict: str) -> None:
        self.ask(Decide(**self.head(actor, reason), minor=minor, side=of, state=state, verdict=verdict))  # type: ignore[arg-type]

    @rule(actor=people, reason=reasons, minor=much, pick=st.integers(0, 10**6))
    def reverse(self, actor: str, reason: str, minor: int | None, pick: int) -> None:
        keys = [*self.line.past, "k999#1"]
        self.ask(Reverse(**self.head(actor, reason), minor=minor, transfer=keys[pick % len(keys)]))  # type: ignore[arg-type]

    @precondition(lambda self: self.asked)
    @rule(pick=st.integers(0, 10**6), later=st.integers(0, 100))
    def again(self, pick: int, later: int) -> None:
        command, answer = self.asked[pick % len(self.asked)]
        before = self.book
        assert submitted(self.book, replace(command, at=command.at + later)) == (before, answer)
        other = submitted(self.book, replace(command, actor=command.actor + "2"))[1]
        assert isinstance(other, Refusal)
        assert other.slug == "idempotency"

    @invariant()
    def the_same_money_everywhere(self) -> None:
        sheet = self.book.sheet("acme", "acme/uptime")
        assert (sheet is not None) == self.line.booked
        if sheet is None:
            return
        for of in SIDES:
            for state in STATES:
                assert sheet.held[of, state] == len(self.line.at(of, state))
        self.accountant.whole()
        assert self.book.trial() == {"EUR": 0}
        posted = [t for _, answer in self.asked if isinstance(answer, Posted) for t in answer.transfers]
        assert Book.of(posted).sheets == self.book.sheets


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=int(os.environ.get("UPHELD_MACHINE", "100")), stateful_step_count=40, deadline=None)
