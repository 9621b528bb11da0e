"""The book: balances as a fold over transfers, and nothing else.

Law: a balance is a view; folding the same transfers gives the same book. The fold refuses a history that cannot be: an amount that was not
there, a line in two currencies, a reversal of more than remains.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from upheld.ledger.answer import Answer, Posted
from upheld.ledger.transfer import ENDED, GREATEST, SIDES, STATES, Side, State, Transfer, account, counter

__all__ = ["Book", "HistoryError", "Sheet", "person", "request_of"]


class HistoryError(ValueError):
    """Raised by the fold for transfers that no ledger can have made: names the transfer and what is wrong."""


def person(actor: str) -> str:
    """The form in which two spellings of one actor are the same: ``Anna`` and ``anna `` are one person."""
    return unicodedata.normalize("NFKC", actor).strip().casefold()


def request_of(transfer: str) -> str:
    """The key of the request that made the transfer of this key."""
    return transfer.rpartition("#")[0]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One line: what stands in each state of each side (minor units, never below 0), and its transfers with what is not reversed of them.

    ``reviewed_by``, ``approved_by``: net amount reviewed and approved, by person. ``clawed``: what was booked on a side as claw-back of the
    other, as far as no restatement took it back.
    """

    agreement: str
    line: str
    period: str
    currency: str
    held: Mapping[tuple[Side, State], int]
    places: Mapping[str, tuple[Side, State]]
    transfers: Mapping[str, Transfer] = field(default_factory=dict)
    remains: Mapping[str, int] = field(default_factory=dict)
    reviewed_by: Mapping[str, int] = field(default_factory=dict)
    approved_by: Mapping[str, int] = field(default_factory=dict)
    clawed: Mapping[Side, int] = field(default_factory=dict)

    @staticmethod
    def new(agreement: str, line: str, period: str, currency: str) -> Sheet:
        """A line without transfers."""
        places = {account(side, agreement, line, state): (side, state) for side in SIDES for state in STATES}
        return Sheet(agreement, line, period, currency, dict.fromkeys(places.values(), 0), places)

    def entered(self, side: Side) -> int:
        """All that was booked on a side, whatever became of it, minor units."""
        return sum(self.held[side, state] for state in STATES)

    def open(self, side: Side) -> int:
        """What is still on its way on a side: neither applied, voided nor expired, minor units."""
        return sum(self.held[side, state] for state in STATES if state not in ENDED)

    def lasting(self, side: Side) -> int:
        """What is, or may yet be, applied on a side: all but what was voided or expired, minor units."""
        return self.open(side) + self.held[side, "applied"]

    @property
    def comes_to(self) -> int:
        """What the line comes to by its last restatement, minor units: credits less rewards and claw-backs."""
        return self.entered("credit") - self.entered("reward")

    def posted(self, transfer: Transfer) -> Sheet:
        """The line after one more transfer. Raises ``HistoryError``."""
        if transfer.key in self.transfers:
            raise HistoryError(f"transfer {transfer.key} is there twice")
        if (transfer.currency, transfer.period) != (self.currency, self.period):
            raise HistoryError(f"transfer {transfer.key} is of {transfer.period} in {transfer.currency}, its line of {self.period} in "
                               f"{self.currency}")
        held = dict(self.held)
        for name, sign in ((transfer.debit, -1), (transfer.credit, 1)):
            if name == counter(self.agreement):
                continue
            place = self.places.get(name)
            if place is None:
                raise HistoryError(f"transfer {transfer.key} moves money of {name}, which is no account of line {self.line}")
            held[place] += sign * transfer.minor * (1 if place[0] == "credit" else -1)
            if not 0 <= held[place] <= GREATEST:
                raise HistoryError(f"transfer {transfer.key} leaves {held[place]} minor units in {name}")
        remains = {**self.remains, transfer.key: transfer.minor}
        # a reversal takes back what the person of the first transfer did
        act = self._reversed(transfer, remains) if transfer.reverses else transfer
        named = _named(act, -transfer.minor if transfer.reverses else transfer.minor)
        return replace(self, held=held, remains=remains, clawed=self._clawed(transfer, held),
                       transfers={**self.transfers, transfer.key: transfer}, reviewed_by=named(self.reviewed_by, "reviewed"),
                       approved_by=named(self.approved_by, "approved"))

    def _clawed(self, transfer: Transfer, held: Mapping[tuple[Side, State], int]) -> Mapping[Side, int]:
        if transfer.kind not in ("claw-back", "restated"):
            return self.clawed
        side, _ = self.places[transfer.debit if transfer.debit in self.places else transfer.credit]
        clawed = self.clawed.get(side, 0) + (transfer.minor if transfer.kind == "claw-back" else 0)
        # what a side owes for itself goes before what it takes back: that is in excess as long as the other side stands
        return {**self.clawed, side: min(clawed, sum(held[side, state] for state in STATES))}

    def _reversed(self, transfer: Transfer, remains: dict[str, int]) -> Transfer:
        """The transfer taken back; ``remains`` says less of it from here on."""
        first = self.transfers.get(transfer.reverses)
        if first is None or first.reverses:
            raise HistoryError(f"transfer {transfer.key} reverses {transfer.reverses}, which is no transfer that can be reversed")
        remains[first.key] -= transfer.minor
        if remains[first.key] < 0 or (transfer.debit, transfer.credit) != (first.credit, first.debit):
            raise HistoryError(f"transfer {transfer.key} takes back from {first.key} what does not remain of it")
        remains[transfer.key] = 0
        return first


def _named(act: Transfer, minor: int) -> Callable[[Mapping[str, int], str], Mapping[str, int]]:
    """Adds what a person did to the amounts by person, where the act is of that kind."""
    who = person(act.actor)
    return lambda by, kind: {**by, who: by.get(who, 0) + minor} if act.kind == kind else by


@dataclass(frozen=True, slots=True)
class Book:
    """Lines by (agreement, line); the counter accounts by (agreement, currency), credits less debits; the currency of each (agreement,
    period); the answers given, by request key with the request's hash.
    """

    sheets: Mapping[tuple[str, str], Sheet] = field(default_factory=dict)
    given: Mapping[tuple[str, str], int] = field(default_factory=dict)
    currencies: Mapping[tuple[str, str], str] = field(default_factory=dict)
    answers: Mapping[str, tuple[str, Answer]] = field(default_factory=dict)

    @staticmethod
    def of(transfers: Iterable[Transfer]) -> Book:
        """The book these transfers make, in their order, with the answers of the requests that made them. Raises ``HistoryError``."""
        by_request: dict[str, list[Transfer]] = {}
        sheets: dict[tuple[str, str], Sheet] = {}
        given: dict[tuple[str, str], int] = {}
        currencies: dict[tuple[str, str], str] = {}
        for transfer in transfers:
            by_request.setdefault(request_of(transfer.key), []).append(transfer)
            _post(transfer, sheets, given, currencies)
        answers: dict[str, tuple[str, Answer]] = {key: (made[0].request_hash, Posted(tuple(made))) for key, made in by_request.items()}
        return Book(sheets, given, currencies, answers)

    def sheet(self, agreement: str, line: str) -> Sheet | None:
        """The line, or None where nothing was booked on it."""
        return self.sheets.get((agreement, line))

    def after(self, key: str, request_hash: str, answer: Answer) -> Book:
        """The book after a request was answered: its transfers posted, its answer remembered. Raises ``HistoryError``."""
        answers = {**self.answers, key: (request_hash, answer)}
        if not isinstance(answer, Posted) or not answer.transfers:
            return replace(self, answers=answers)
        sheets, given, currencies = dict(self.sheets), dict(self.given), dict(self.currencies)
        for transfer in answer.transfers:
            _post(transfer, sheets, given, currencies)
        return Book(sheets, given, currencies, answers)

    def trial(self) -> dict[str, int]:
        """Credits less debits over all accounts, by currency: 0 in each, or the book is broken."""
        found: dict[str, int] = {}
        for (_, currency), minor in self.given.items():
            found[currency] = found.get(currency, 0) + minor
        for sheet in self.sheets.values():
            found[sheet.currency] = found.get(sheet.currency, 0) + sheet.comes_to
        return found

    def totals(self, agreement: str, period: str | None = None) -> dict[str, dict[State, int]]:
        """By currency and state: what stands there for the customer less what stands there against it, minor units; states with money only."""
        found: dict[str, dict[State, int]] = {}
        for sheet in self.sheets.values():
            if sheet.agreement == agreement and period in (None, sheet.period):
                states = found.setdefault(sheet.currency, {})
                for (side, state), minor in sheet.held.items():
                    if minor:
                        states[state] = states.get(state, 0) + (minor if side == "credit" else -minor)
        return found

    def due(self, agreement: str) -> dict[str, int]:
        """What is issued and not yet applied, by currency: above 0 for the customer; claw-backs and rewards are netted."""
        return {currency: states["issued"] for currency, states in self.totals(agreement).items() if "issued" in states}


def _post(
    transfer: Transfer, sheets: dict[tuple[str, str], Sheet], given: dict[tuple[str, str], int], currencies: dict[tuple[str, str], str],
) -> None:
    """One transfer onto the maps of a book being made."""
    place = (transfer.agreement, transfer.line)
    sheet = sheets.get(place) or Sheet.new(*place, transfer.period, transfer.currency)
    sheets[place] = sheet.posted(transfer)
    known = currencies.setdefault((transfer.agreement, transfer.period), transfer.currency)
    if known != transfer.currency:
        raise HistoryError(f"transfer {transfer.key} is in {transfer.currency}, its period {transfer.period} in {known}")
    pot = (transfer.agreement, transfer.currency)
    # credits less debits of the counter account, whichever side it stood on
    moved = (transfer.credit == counter(transfer.agreement)) - (transfer.debit == counter(transfer.agreement))
    given[pot] = given.get(pot, 0) + moved * transfer.minor
