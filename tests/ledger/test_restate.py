"""What a restatement books, told as stories; splits; the entry's leaf; what a fold refuses."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.ledger.answer import Posted
from upheld.ledger.book import Book, HistoryError, Sheet
from upheld.ledger.commands import Apply, Approve, Command, Decide, Dispute, Expire, Issue, Restate, Reverse, Review, Void
from upheld.ledger.decide import submitted
from upheld.ledger.split import cut_to, split
from upheld.ledger.transfer import SIDES, Transfer, entry_bytes, entry_of
from upheld.values.money import show_money

HEAD = {"agreement": "acme", "line": "acme/uptime", "at": 0}


class Story:
    """One line, told step by step."""

    def __init__(self, currency: str = "EUR") -> None:
        self.book = Book()
        self.currency = currency
        self.keys = (f"k{n}" for n in itertools.count())
        self.last: tuple[Transfer, ...] = ()

    def does(self, kind: type, **more: object) -> Story:
        command: Command = kind(**{"key": next(self.keys), "actor": "anna", "reason": "r", **HEAD, **more})
        self.book, answer = submitted(self.book, command)
        assert isinstance(answer, Posted), answer
        self.last = answer.transfers
        assert not any(self.book.trial().values())
        return self

    def comes_to(self, minor: int) -> Story:
        return self.does(Restate, minor=minor, currency=self.currency, period="2026-03", actor="system")

    def until(self, state: str, **more: object) -> Story:
        for kind, actor in ((Review, "anna"), (Approve, "bob"), (Issue, "system"), (Apply, "system")):
            self.does(kind, actor=actor, **more)
            if self.last[0].kind == state:
                return self
        raise AssertionError(state)

    @property
    def sheet(self) -> Sheet:
        sheet = self.book.sheet("acme", "acme/uptime")
        assert sheet
        return sheet

    @property
    def stands(self) -> dict[str, int]:
        """Each state with money; that of the reward side is `back`."""
        return {f"{state}" if side == "credit" else f"{state} back": minor for side in SIDES for (of, state), minor in self.sheet.held.items()
                if of == side and minor}


def test_a_credit_from_computed_to_applied() -> None:
    story = Story().comes_to(10000)
    assert story.stands == {"computed": 10000}
    assert story.until("issued").stands == {"issued": 10000}
    assert story.book.due("acme") == {"EUR": 10000}
    assert story.does(Apply, minor=2500).does(Apply).stands == {"applied": 10000}
    assert story.book.due("acme") == {}
    assert story.book.given == {("acme", "EUR"): -10000}


def test_a_period_may_be_booked_from_its_very_end() -> None:
    assert Story().does(Restate, minor=5, currency="EUR", period="2026-03", ends=0).stands == {"computed": 5}


def test_the_same_amount_again_books_nothing() -> None:
    story = Story().comes_to(10000).until("approved").comes_to(10000)
    assert story.last == ()
    assert Story().comes_to(0).book.sheets == {}


def test_a_rise_enters_where_every_credit_does() -> None:
    assert Story().comes_to(10000).until("applied").comes_to(12000).stands == {"computed": 2000, "applied": 10000}


def test_a_fall_takes_what_is_not_issued_the_latest_state_first() -> None:
    story = Story().comes_to(90).does(Review, minor=60).does(Approve, minor=30, actor="bob")
    assert story.stands == {"computed": 30, "reviewed": 30, "approved": 30}
    assert story.comes_to(70).stands == {"computed": 30, "reviewed": 30, "approved": 10}
    assert story.comes_to(50).stands == {"computed": 30, "reviewed": 20}
    assert story.comes_to(5).stands == {"computed": 5}
    assert [t.kind for t in story.last] == ["restated", "restated"]


def test_what_is_issued_or_applied_is_clawed_back_by_a_line_of_the_other_sign() -> None:
    story = Story().comes_to(100).until("issued").does(Apply, minor=60)
    story.comes_to(70)
    assert story.stands == {"issued": 40, "applied": 60, "computed back": 30}
    assert [(t.kind, t.debit, t.credit, t.minor) for t in story.last] == [
        ("claw-back", "reward:acme:acme/uptime:computed", "given:acme", 30)]
    story.until("issued")
    assert story.book.due("acme") == {"EUR": 10}, "40 to apply less 30 to take back"
    assert story.does(Apply).stands == {"applied": 100, "applied back": 30}


def test_a_rise_takes_back_a_claw_back_that_is_not_issued() -> None:
    story = Story().comes_to(100).until("issued").comes_to(70)
    assert story.comes_to(90).stands == {"issued": 100, "computed back": 10}
    assert story.comes_to(120).stands == {"computed": 20, "issued": 100}
    assert [t.kind for t in story.last] == ["restated", "restated"]


def test_what_was_voided_or_lapsed_gives_way_first() -> None:
    story = Story().comes_to(100).until("issued").does(Void, minor=30)
    # the facts are mended to what was decided: nothing is taken twice
    assert story.comes_to(70).stands == {"issued": 70}
    story = Story().comes_to(100).until("issued").does(Apply, minor=60).does(Expire)
    assert story.comes_to(70).stands == {"applied": 60, "expired": 10}
    assert story.comes_to(50).stands == {"applied": 60, "computed back": 10}


def test_a_restatement_settles_as_much_of_a_dispute() -> None:
    story = Story().comes_to(100).until("issued").does(Dispute, minor=40)
    assert story.comes_to(70).stands == {"issued": 60, "disputed-issued": 10}
    assert story.does(Decide, verdict="stands").stands == {"issued": 70}


def test_a_dispute_stands_beside_each_state_and_ends_by_a_decision() -> None:
    story = Story().comes_to(100).does(Review, minor=80).does(Approve, minor=60, actor="bob").does(Issue, minor=40)
    for state in ("computed", "reviewed", "approved", "issued"):
        story.does(Dispute, state=state, minor=10)
    assert story.stands == {"computed": 10, "reviewed": 10, "approved": 10, "issued": 30, "disputed-computed": 10, "disputed-reviewed": 10,
                            "disputed-approved": 10, "disputed-issued": 10}
    story.does(Decide, state="approved", verdict="stands", minor=4).does(Decide, state="approved", verdict="voided")
    assert story.last[0].reason == "r"
    assert story.stands["approved"] == 14
    assert story.stands["voided"] == 6


def test_rewards_are_the_same_with_the_sides_turned() -> None:
    story = Story().comes_to(-100)
    assert [(t.debit, t.credit) for t in story.last] == [("reward:acme:acme/uptime:computed", "given:acme")]
    assert story.until("issued").book.due("acme") == {"EUR": -100}
    assert story.comes_to(-80).stands == {"computed": 20, "issued back": 100}
    assert story.last[0].kind == "claw-back"
    assert story.comes_to(-130).stands == {"computed back": 30, "issued back": 100}
    assert story.book.totals("acme") == {"EUR": {"issued": -100, "computed": -30}}


def test_a_credit_that_turns_into_a_reward() -> None:
    story = Story().comes_to(100).until("applied").comes_to(-50)
    assert story.stands == {"applied": 100, "computed back": 150}
    assert [(t.kind, t.minor) for t in story.last] == [("claw-back", 100), ("restated", 50)]


def test_only_what_was_issued_is_clawed_back() -> None:
    story = Story().comes_to(100).does(Review, minor=40).does(Approve, actor="bob").does(Issue)
    assert story.comes_to(-50).stands == {"issued": 40, "computed back": 90}
    assert [(t.kind, t.minor) for t in story.last] == [("restated", 60), ("claw-back", 40), ("restated", 50)]
    assert story.sheet.clawed == {"credit": 0, "reward": 40}
    # of the 50 that are left, 40 still take back what was issued
    assert story.comes_to(-10).stands == {"issued": 40, "computed back": 50}
    assert story.sheet.clawed["reward"] == 40
    assert story.comes_to(10).stands == {"issued": 40, "computed back": 30}
    assert story.sheet.clawed["reward"] == 30


def test_what_was_waived_of_a_claw_back_may_be_voided_with_the_credit() -> None:
    story = Story().comes_to(100).until("issued").comes_to(70).until("issued", side="reward")
    story.does(Void, side="reward", minor=10).does(Apply, side="reward")
    assert story.stands == {"issued": 100, "applied back": 20, "voided back": 10}
    # 20 were taken back: as much of the credit stays
    assert story.does(Void, side="credit", minor=80).stands == {"issued": 20, "voided": 80, "applied back": 20, "voided back": 10}


def test_a_reward_beside_a_credit_is_no_claw_back() -> None:
    story = Story().comes_to(100).does(Review).does(Void, state="reviewed")
    story.comes_to(-30).until("issued")
    assert story.sheet.clawed == {"credit": 0, "reward": 0}
    assert story.comes_to(10).stands == {"computed": 40, "issued back": 30}
    assert story.sheet.clawed["credit"] == 30
    assert story.does(Void, state="computed", minor=5).stands == {"computed": 35, "voided": 5, "issued back": 30}


def test_a_reviewer_who_took_the_review_back_may_approve() -> None:
    story = Story().comes_to(100).does(Review, actor="anna")
    review = story.last[0].key
    story.does(Reverse, transfer=review, actor="anna").does(Review, actor="bob").does(Approve, actor="anna")
    assert story.stands == {"approved": 100}


def test_the_last_instant_is_in_time() -> None:
    story = Story().comes_to(100).until("issued").does(Dispute, by=7, at=7, minor=10).does(Apply, expires=7, at=7, minor=10)
    assert story.does(Expire, expires=7, at=8).stands == {"disputed-issued": 10, "applied": 10, "expired": 80}


def test_a_book_folded_from_transfers_knows_the_requests_that_made_them() -> None:
    story = Story().comes_to(90).until("issued").comes_to(-20)
    again = Book.of(t for _, answer in story.book.answers.values() if isinstance(answer, Posted) for t in answer.transfers)
    assert again == story.book
    retried = Restate(key="k4", **HEAD, actor="system", reason="r", minor=-20, currency="EUR", period="2026-03")  # type: ignore[arg-type]
    assert submitted(again, retried) == (again, Posted(story.last))


def test_totals_are_of_one_agreement_and_if_asked_of_one_period() -> None:
    book = Book()
    booked = [("acme", "a", "2026-03", 5), ("acme", "b", "2026-04", -3), ("globex", "a", "2026-03", 7)]
    for n, (agreement, line, period, minor) in enumerate(booked):
        book, _ = submitted(book, Restate(key=f"k{n}", agreement=agreement, line=line, at=0, actor="system", minor=minor, currency="EUR",
                                          period=period))
    assert book.totals("acme") == {"EUR": {"computed": 2}}
    assert book.totals("acme", "2026-03") == {"EUR": {"computed": 5}}
    assert book.totals("acme", "2026-05") == {}
    assert book.totals("globex") == {"EUR": {"computed": 7}}


def test_a_reversal_in_parts() -> None:
    story = Story().comes_to(100).until("issued")
    issue = story.last[0].key
    story.does(Reverse, transfer=issue, minor=30)
    assert [(t.kind, t.reverses) for t in story.last] == [("reversed", issue)]
    assert (story.sheet.remains[issue], story.sheet.remains[story.last[0].key]) == (70, 0)
    assert story.does(Reverse, transfer=issue).stands == {"approved": 100}


currencies = st.sampled_from(["EUR", "JPY", "KWD"])


states = st.sampled_from(["computed", "reviewed", "approved", "issued", "applied"])


@given(st.lists(st.tuples(st.integers(-500, 500), states), max_size=8), currencies)
def test_new_less_old_is_booked_whatever_became_of_the_old(steps: list[tuple[int, str]], currency: str) -> None:
    story, booked = Story(currency), 0
    for minor, state in steps:
        before = story.book.given.get(("acme", currency), 0)
        story.comes_to(minor)
        assert before - story.book.given.get(("acme", currency), 0) == minor - booked
        booked = minor
        sheet = story.book.sheet("acme", "acme/uptime")
        if sheet and state != "computed" and any(sheet.held[side, "computed"] for side in SIDES):
            story.until(state)
    sheet = story.book.sheet("acme", "acme/uptime")
    assert (sheet.comes_to if sheet else 0) == booked


# ---- splits (row 53) ------------------------------------------------------------------------------------------------

WHOLE = Restate(key="pool", minor=210, currency="EUR", period="2026-03", agreement="acme", line="", at=0, actor="system")


def test_the_parts_of_a_split_sum_to_the_whole() -> None:
    # 2.10 over 1.99, 2.17 and 0.82: rounding each gives 2.11
    parts = split(WHOLE, {"a": 199, "b": 217, "c": 82})
    assert [(p.key, p.line, p.minor) for p in parts] == [("pool/1", "a", 84), ("pool/2", "b", 91), ("pool/3", "c", 35)]
    assert sum(p.minor for p in parts) == 210
    assert [p.minor for p in split(replace(WHOLE, minor=-100), dict.fromkeys("abc", Fraction(1, 3)))] == [-34, -33, -33]
    assert [p.minor for p in split(WHOLE, {"a": 1, "b": 0})] == [210, 0]
    with pytest.raises(ValueError, match="weights"):
        split(WHOLE, {"a": 0})


def test_a_cap_cuts_pro_rata_and_no_part_grows() -> None:
    assert cut_to(100, [30, 70]) == (30, 70)
    assert cut_to(100, [100, 100, 100]) == (34, 33, 33)
    assert cut_to(0, [5, 0]) == (0, 0)
    with pytest.raises(ValueError, match="at least 0"):
        cut_to(-1, [5])


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_a_cut_sums_to_the_cap(cap: int, amounts: list[int]) -> None:
    cut = cut_to(cap, amounts)
    assert sum(cut) == min(cap, sum(amounts))
    assert all(0 <= c <= a for c, a in zip(cut, amounts, strict=True))


# ---- transfers and their leaves -------------------------------------------------------------------------------------

TRANSFER = Transfer("k#1", "given:acme", "credit:acme:l:computed", 5, "EUR", "computed", "acme", "l", "2026-03", 7, "anna", "", "", "00")


def test_the_leaf_of_a_transfer_is_canonical_and_read_back() -> None:
    assert entry_bytes(TRANSFER) == (
        b'{"actor":"anna","agreement":"acme","at":7,"credit":"credit:acme:l:computed","currency":"EUR","debit":"given:acme","key":"k#1",'
        b'"kind":"entry","line":"l","minor":5,"period":"2026-03","request_hash":"00","what_kind":"computed"}')
    for transfer in (TRANSFER, replace(TRANSFER, reason="für \"uns\"", reverses="x#1")):
        assert entry_of(entry_bytes(transfer)) == transfer


@pytest.mark.parametrize("leaf", [b"{}", b"[]", b'{"kind":"fact"}', b'{"kind":"entry"}', entry_bytes(TRANSFER).replace(b":5,", b": 5,"),
                                  entry_bytes(TRANSFER).replace(b'"at":7', b'"at":7,"more":1'),
                                  entry_bytes(TRANSFER).replace(b'"minor":5', b'"minor":5.0'), b"not json"])
def test_another_leaf_is_no_entry(leaf: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        entry_of(leaf)


@pytest.mark.parametrize("change", [{"minor": 0}, {"minor": -1}, {"minor": 1.0}, {"minor": True}, {"minor": 2**63}, {"currency": "eur"},
                                    {"currency": "XXX"}, {"credit": "given:acme"}, {"kind": "given"}])
def test_no_transfer_can_be_wrong(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="transfer k#1"):
        replace(TRANSFER, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(("second", "told"), [
    ({}, "transfer k#1 is there twice"),
    ({"key": "b#1", "currency": "JPY"}, "its line of 2026-03 in EUR"),
    ({"key": "b#1", "line": "m", "currency": "JPY", "credit": "credit:acme:m:computed"}, "in JPY, its period 2026-03 in EUR"),
    ({"key": "b#1", "period": "2026-04"}, "is of 2026-04"),
    ({"key": "b#1", "credit": "credit:acme:other:computed"}, "which is no account of line l"),
    ({"key": "b#1", "debit": "credit:acme:l:computed", "credit": "credit:acme:l:issued", "minor": 6}, "leaves -1 minor units"),
    ({"key": "b#1", "reverses": "z#1"}, "which is no transfer that can be reversed"),
    ({"key": "b#1", "debit": "credit:acme:l:computed", "credit": "credit:acme:l:issued", "reverses": "k#1"}, "what does not remain of it"),
])
def test_a_fold_refuses_a_history_that_cannot_be(second: dict[str, object], told: str) -> None:
    with pytest.raises(HistoryError, match=told):
        Book.of([TRANSFER, replace(TRANSFER, **second)])  # type: ignore[arg-type]


def test_money_is_shown_by_its_currency() -> None:
    assert [show_money(1234567, c) for c in ("EUR", "JPY", "KWD")] == ["12,345.67 EUR", "1,234,567 JPY", "1,234.567 KWD"]
    assert show_money(-5, "EUR") == "-0.05 EUR"
