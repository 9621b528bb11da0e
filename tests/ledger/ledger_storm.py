"""A storm of random requests on a ledger, and an accountant who believes nothing but the transfers.

The accountant keeps debits and credits of each account by name, without knowing what states or sides are; what a line comes to is kept from the
requests. Both are compared with the book after every operation. Nothing here uses the ledger's own arithmetic.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from upheld.ledger.answer import Answer, Posted, Refusal
from upheld.ledger.book import Book
from upheld.ledger.commands import (
    Apply,
    Approve,
    Command,
    Decide,
    Dispute,
    Expire,
    Issue,
    Restate,
    Reverse,
    Review,
    Void,
)
from upheld.ledger.decide import submitted
from upheld.ledger.split import cut_to, split
from upheld.ledger.transfer import ENDED, LIVE, SIDES, STATES, Transfer
from upheld.stores.store import open_store

CURRENCIES = {"2026-03": "EUR", "2026-04": "JPY", "2026-05": "KWD"}
PEOPLE = ("anna", "bob", "Anna", "carla", "dora", "emil") * 5 + ("system", "system:billing")
STARTS: dict[type, str] = {Review: "computed", Approve: "reviewed", Issue: "approved", Apply: "issued", Expire: "issued"}
SEGMENT = 400
"""Operations on one ledger; then a new one begins."""


@dataclass
class Accountant:
    """Debits and credits by account and currency, added up from transfers one by one."""

    debits: Counter[tuple[str, str]] = field(default_factory=Counter)
    credits: Counter[tuple[str, str]] = field(default_factory=Counter)
    sums: dict[str, list[int]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def post(self, transfer: Transfer) -> None:
        assert transfer.key not in self.keys, f"{transfer.key} twice"
        assert transfer.minor > 0
        self.keys.add(transfer.key)
        self.debits[transfer.debit, transfer.currency] += transfer.minor
        self.credits[transfer.credit, transfer.currency] += transfer.minor
        sums = self.sums.setdefault(transfer.currency, [0, 0])
        sums[0] += transfer.minor
        sums[1] += transfer.minor
        for name in (transfer.debit, transfer.credit):
            self.sound(name, transfer.currency)
        assert sums[0] == sums[1]

    def balance(self, name: str, currency: str) -> int:
        return self.credits[name, currency] - self.debits[name, currency]

    def sound(self, name: str, currency: str) -> None:
        """A credit account never owes, a reward account is never owed."""
        kind, _, _ = name.partition(":")
        balance = self.balance(name, currency)
        assert kind in ("credit", "reward", "given"), name
        assert kind == "given" or (balance >= 0 if kind == "credit" else balance <= 0), f"{name}: {balance}"

    def whole(self) -> None:
        """Debits = credits in each currency, added up anew over all accounts."""
        for currency in self.sums:
            debits = sum(v for (_, c), v in self.debits.items() if c == currency)
            credits_ = sum(v for (_, c), v in self.credits.items() if c == currency)
            assert debits == credits_ == self.sums[currency][0], currency
            assert sum(self.balance(name, c) for name, c in {*self.debits, *self.credits} if c == currency) == 0


@dataclass
class Tally:
    """What a run did."""

    operations: int = 0
    retries: int = 0
    splits: int = 0
    stored: int = 0
    transfers: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.operations += other.operations
        self.retries += other.retries
        self.splits += other.splits
        self.stored += other.stored
        self.transfers += other.transfers
        self.kinds.update(other.kinds)
        self.refused.update(other.refused)

    def line(self) -> str:
        kinds = ", ".join(f"{name} {n:,}" for name, n in sorted(self.kinds.items()))
        refused = ", ".join(f"{slug} {n:,}" for slug, n in sorted(self.refused.items()))
        return (f"{self.operations:,} operations, {self.splits:,} splits, {self.retries:,} retries, {self.stored:,} operations through SQLite "
                f"too, 0 drift; {self.transfers:,} transfers ({kinds}); {self.refused.total():,} refusals ({refused})")


class Segment:
    """One ledger from empty, some hundred operations long."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.book = Book()
        self.accountant = Accountant()
        self.tally = Tally()
        self.comes_to: dict[tuple[str, str], int] = {}
        self.first: dict[str, tuple[Command, Answer]] = {}
        self.asked: list[tuple[Command, Answer]] = []
        self.lines = [(agreement, f"{agreement}/up:time/{n}", period) for agreement in ("acme", "globex")
                      for n, period in enumerate(self.random.choices(list(CURRENCIES), k=6))]

    def run(self, operations: int) -> Tally:
        made = self._requests()
        for _ in range(operations):
            self._submit(next(made))
            self.tally.operations += 1
            if self.random.random() < 0.2:
                self._retry()
        self.accountant.whole()
        posted = [t for _, answer in self.asked if isinstance(answer, Posted) for t in answer.transfers]
        again = Book.of(posted)
        assert (again.sheets, again.given, again.currencies) == (self.book.sheets, self.book.given, self.book.currencies)
        self.tally.transfers += len(posted)
        return self.tally

    # ---- one operation ----------------------------------------------------------------------------------------------

    def _submit(self, command: Command) -> None:
        before = self.book
        self.book, answer = submitted(before, command)
        self.asked.append((command, answer))
        self.first.setdefault(command.key, (command, answer))
        if isinstance(answer, Refusal):
            assert answer.what
            assert self.book.sheets is before.sheets, "a refusal moved money"
            self.tally.refused[answer.slug] += 1
            return
        for transfer in answer.transfers:
            self.tally.kinds[transfer.kind] += 1
            self.accountant.post(transfer)
        if isinstance(command, Restate):
            self.comes_to[command.agreement, command.line] = command.minor
        else:
            asked = command.minor
            assert answer.transfers
            assert asked is None or sum(t.minor for t in answer.transfers) == asked
        self._compare(command)
        if isinstance(command, Approve):
            assert not command.actor.startswith("system")

    def _compare(self, command: Command) -> None:
        """The book says of the line what the accountant says of its accounts, and it comes to what was last said of it."""
        sheet = self.book.sheet(command.agreement, command.line)
        said = self.comes_to.get((command.agreement, command.line), 0)
        if sheet is None:
            assert said == 0
            return
        assert sheet.comes_to == said
        for side, sign in (("credit", 1), ("reward", -1)):
            for state in STATES:
                name = f"{side}:{command.agreement}:{command.line}:{state}"
                assert sheet.held[side, state] == sign * self.accountant.balance(name, sheet.currency), name  # type: ignore[index]
        assert not any(self.book.trial().values())

    def _retry(self) -> None:
        """Three times the same request, later: the first answer. Once another one under its key: refused."""
        command, answer = self.first[self.random.choice(list(self.first))]
        for late in range(1, 4):
            before = self.book
            self.book, again = submitted(before, replace(command, at=command.at + late))
            assert again == answer, command
            assert self.book is before
            self.tally.retries += 1
        if not (isinstance(answer, Refusal) and answer.slug in ("form", "amount", "currency")):
            before = self.book
            self.book, again = submitted(before, replace(command, reason=command.reason + "!"))
            assert isinstance(again, Refusal)
            assert again.slug == "idempotency"
            assert self.book is before

    # ---- what is asked ----------------------------------------------------------------------------------------------

    def _requests(self) -> Iterator[Command]:
        makers: list[tuple[int, Callable[[], list[Command]]]] = [
            (9, self._restate), (1, self._split), (1, self._cap), (14, lambda: self._move(Review)), (18, lambda: self._move(Approve)),
            (14, lambda: self._move(Issue)), (8, lambda: self._move(Apply)), (3, lambda: self._move(Expire)), (3, lambda: self._move(Void)),
            (7, lambda: self._move(Dispute)), (7, lambda: self._move(Decide)), (8, self._reverse), (2, self._wrong)]
        weights = [weight for weight, _ in makers]
        for line in self.lines:
            yield Restate(**self._head(line), minor=self._amount(), currency=CURRENCIES[line[2]], period=line[2])  # type: ignore[arg-type]
        while True:
            yield from self.random.choices(makers, weights)[0][1]()

    def _head(self, line: tuple[str, str, str] | None = None) -> dict[str, object]:
        agreement, name, _ = line or self.random.choice(self.lines)
        n = len(self.asked)
        return {"key": f"k{n}-{self.random.getrandbits(24)}", "agreement": agreement, "line": name, "at": n,
                "actor": self.random.choice(PEOPLE),
                "reason": self.random.choice(("because", "as agreed", "the decision of 3 March") * 5 + ("",))}

    def _amount(self) -> int:
        r = self.random.random()
        size = self.random.randint(0, 2**62) if r < 0.01 else self.random.randint(0, 40) if r < 0.3 else self.random.randint(0, 1_000_000)
        return -size if self.random.random() < 0.2 else size

    def _restate(self) -> list[Command]:
        line = self.random.choice(self.lines)
        minor = self._amount()
        if self.random.random() < 0.4:
            # near what it came to: corrections are small
            minor = self.comes_to.get(line[:2], 0) + self.random.randint(-50, 50)
        return [Restate(**self._head(line), minor=minor, currency=CURRENCIES[line[2]], period=line[2])]  # type: ignore[arg-type]

    def _split(self) -> list[Command]:
        """One amount over the lines of an agreement's period, by weights."""
        line = self.random.choice(self.lines)
        mine = [name for agreement, name, period in self.lines if (agreement, period) == (line[0], line[2])]
        whole = Restate(**self._head(line), minor=self._amount(), currency=CURRENCIES[line[2]], period=line[2])  # type: ignore[arg-type]
        weights = {name: self.random.randint(0, 10**self.random.randint(1, 9)) for name in mine}
        weights[mine[0]] += 1
        parts = split(whole, weights)
        assert sum(part.minor for part in parts) == whole.minor
        assert len({part.key for part in parts}) == len(parts)
        total = sum(weights.values())
        for part, weight in zip(parts, weights.values(), strict=True):
            # no part is a whole minor unit away from its exact share
            assert abs(part.minor * total - whole.minor * weight) < total
        self.tally.splits += 1
        return list(parts)

    def _cap(self) -> list[Command]:
        """The lines of a period cut to a cap, pro rata."""
        line = self.random.choice(self.lines)
        mine = [(a, n, p) for a, n, p in self.lines if (a, p) == (line[0], line[2])]
        amounts = [abs(self._amount()) for _ in mine]
        cap = self.random.randint(0, max(1, sum(amounts)))
        cut = cut_to(cap, amounts)
        assert sum(cut) == min(cap, sum(amounts))
        assert all(0 <= c <= a for c, a in zip(cut, amounts, strict=True))
        self.tally.splits += 1
        heads = [{**self._head(each), "key": f"cap{len(self.asked)}-{i}-{self.random.getrandbits(24)}"} for i, each in enumerate(mine)]
        return [Restate(**head, minor=minor, currency=CURRENCIES[each[2]], period=each[2])  # type: ignore[arg-type]
                for head, each, minor in zip(heads, mine, cut, strict=True)]

    def _where(self, kind: type) -> tuple[str, str, str] | None:
        """Mostly a line that has money for the step."""
        start = STARTS.get(kind)
        fit = [sheet for sheet in self.book.sheets.values()
               if any(minor for (_, state), minor in sheet.held.items()
                      if (state == start if start else state.startswith("disputed") is (kind is Decide)))]
        if not fit or self.random.random() < 0.15:
            return None
        sheet = self.random.choice(fit)
        return sheet.agreement, sheet.line, sheet.period

    def _move(self, kind: type) -> list[Command]:
        head = self._head(self._where(kind))
        sheet = self.book.sheet(str(head["agreement"]), str(head["line"]))
        more: dict[str, object] = {}
        if kind is Approve and sheet and self.random.random() < 0.7:
            head["actor"] = self.random.choice([who for who in PEOPLE if not sheet.reviewed_by.get(who.lower())])
        if kind in (Void, Dispute, Decide):
            states = LIVE if self.random.random() < 0.95 else ENDED
            beside = "disputed-" if kind is Decide else ""
            held = [s for s in LIVE if sheet and any(sheet.held[side, beside + s] for side in SIDES)]  # type: ignore[index]
            more["state"] = self.random.choice(held) if held and self.random.random() < 0.8 else self.random.choice(states)
        if kind is Decide:
            more["verdict"] = self.random.choice(("stands", "voided"))
        if kind in (Apply, Expire) and self.random.random() < 0.3:
            more["expires"] = self.random.randint(0, 400)
        if kind is Dispute and self.random.random() < 0.3:
            more["by"] = self.random.randint(0, 400)
        if self.random.random() < 0.35:
            beside = "disputed-" if kind is Decide else ""
            start = beside + str(more.get("state", STARTS.get(kind, "")))
            there = [sheet.held[side, start] for side in SIDES if sheet.held.get((side, start))] if sheet else []  # type: ignore[index]
            # mostly a part of what is there, now and then all of it, a little more, or anything
            top = max(there, default=10) + (2 if self.random.random() < 0.1 else 0)
            more["minor"] = self.random.randint(1, min(2**63 - 1, top))
        if self.random.random() < 0.1:
            more["side"] = self.random.choice(SIDES)
        return [kind(**head, **more)]

    def _reverse(self) -> list[Command]:
        head = self._head(self._where(Reverse))
        sheet = self.book.sheet(str(head["agreement"]), str(head["line"]))
        keys: Sequence[str] = list(sheet.transfers) if sheet else ["nothing#1"]
        if sheet and self.random.random() < 0.7:
            keys = [k for k in keys if sheet.remains[k] and "given:" not in sheet.transfers[k].debit + sheet.transfers[k].credit][-3:] or keys
        minor = None if self.random.random() < 0.6 else self.random.randint(1, 1000)
        return [Reverse(**head, transfer=self.random.choice(keys), minor=minor)]  # type: ignore[arg-type]

    def _wrong(self) -> list[Command]:
        """What no ledger should take."""
        line = self.random.choice(self.lines)
        head = self._head(line)
        other = next(c for p, c in CURRENCIES.items() if p != line[2])
        good = Restate(**head, minor=5, currency=CURRENCIES[line[2]], period=line[2])  # type: ignore[arg-type]
        return [self.random.choice([
            replace(good, currency="eur"), replace(good, currency=other), replace(good, minor=2**63), replace(good, minor=0.1),  # type: ignore[arg-type]
            replace(good, key=""), replace(good, agreement="a:b"), replace(good, period="2027"), replace(good, ends=good.at + 1),
            Review(**{**head, "minor": 0}), Review(**{**head, "line": "never booked"}), Reverse(**head, transfer="never#1")])]  # type: ignore[arg-type]


def run(count: int, seed: str, folder: Path, *, every: int = 20, progress: Callable[[Tally], None] | None = None) -> Tally:
    """``count`` operations from ``seed``, in segments; each ``every``-th segment's requests also through a store in ``folder``."""
    tally = Tally()
    for number in range((count + SEGMENT - 1) // SEGMENT):
        segment = Segment(f"{seed}/{number}")
        done = segment.run(min(SEGMENT, count - number * SEGMENT))
        if number % every == 0:
            store_too(segment, folder / f"{seed.replace('/', '-')}-{number}.db")
            done.stored += len(segment.asked)
        tally.add(done)
        if progress is not None:
            progress(tally)
    return tally


def store_too(segment: Segment, path: Path) -> None:
    """The same requests to a store, singly and in groups, with retries: the same answers, the same book, a leaf for each transfer."""
    with open_store(path) as store:
        for agreement in ("acme", "globex"):
            store.logs.create(agreement, f"test.example/{agreement}")
        asked = segment.asked
        at = 0
        while at < len(asked):
            group = asked[at:at + segment.random.choice((1, 1, 1, 30))]
            commands = [command for command, _ in group]
            answers = store.ledger.submit_all(commands) if len(group) > 1 else (store.ledger.submit(commands[0]),)
            assert answers == tuple(answer for _, answer in group)
            at += len(group)
            if segment.random.random() < 0.1:
                command, answer = segment.first[segment.random.choice([c.key for c, _ in asked[:at]])]
                assert store.ledger.submit(replace(command, at=command.at + 1)) == answer
        posted = 0
        for agreement in ("acme", "globex"):
            book = store.ledger.book(agreement)
            mine = {place: sheet for place, sheet in segment.book.sheets.items() if place[0] == agreement}
            assert book.sheets == mine
            assert not any(book.trial().values())
            assert store.logs.size(agreement) == len(store.ledger.entries(agreement))
            posted += store.logs.size(agreement)
        assert posted == len(segment.accountant.keys)
        assert store.check() == ()
    for left in path.parent.glob(path.name + "*"):
        left.unlink()
