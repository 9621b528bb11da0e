"""Every refusal, word for word: what, how to mend it, and for money the state and the balance looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from upheld.ledger.answer import Answer, Posted, Refusal, answer_bytes, answer_of
from upheld.ledger.book import Book
from upheld.ledger.commands import Apply, Approve, Command, Decide, Dispute, Expire, Issue, Restate, Reverse, Review, Void, request_hash
from upheld.ledger.decide import decide, submitted
from upheld.ledger.transfer import STATES

DAY = 86_400_000_000
HEAD = {"agreement": "acme", "line": "acme/uptime", "actor": "anna", "at": 0}
RESTATE = Restate(key="k", minor=10000, currency="EUR", period="2026-03", **HEAD)  # type: ignore[arg-type]


def told(*commands: Command, book: Book | None = None) -> tuple[Book, Answer]:
    """The commands one after the other under keys c0, c1 …: the last answer. All but the last must be done."""
    book = book or Book()
    for n, command in enumerate(commands):
        book, answer = submitted(book, replace(command, key=f"c{n}"))
        assert isinstance(answer, Posted) or n == len(commands) - 1, answer
    return book, answer


def of(kind: type, **more: object) -> Command:
    return kind(**{"key": "x", **HEAD, **more})


BOOKED = (RESTATE,)
REVIEWED = (*BOOKED, of(Review))
APPROVED = (*REVIEWED, of(Approve, actor="bob"))
ISSUED = (*APPROVED, of(Issue, actor="system"))
APPLIED = (*ISSUED, of(Apply, actor="system", minor=6000))
CLAWED = (*APPLIED, replace(RESTATE, minor=7000))
WHO = "let a person do it under their own name"
WHY = ("reason", "what a person decides about money needs a reason", "say why, in a sentence")

CASES = {
    # form: the request itself
    "no key": ((replace(RESTATE, key=""),), ("form", "key is empty", "give the same key again for a retry, a new one for a new attempt")),
    "no line": ((of(Review, line=" "),), ("form", "line is empty", "")),
    "colon": ((of(Review, agreement="acme:x"),), ("form", "the agreement `acme:x` has a colon in its id", "name the agreement by its id")),
    "padded": ((of(Review, actor="anna "),), ("form", "actor `anna ` begins or ends with a space", "leave it out")),
    "long": ((of(Review, actor="a" * 201),), ("form", "actor has 201 characters, at most 200 are kept", "")),
    "nul": ((of(Void, reason="a\0b"),), ("form", "reason holds the character U+0000, which no reader sees", "leave it out")),
    "surrogate": ((of(Void, reason="\ud800"),), ("form", "reason holds the character U+D800, which no reader sees", "leave it out")),
    "escape": ((of(Void, actor="a\x1b[31m"),), ("form", "actor holds the character U+001B, which no reader sees", "leave it out")),
    "bidi": ((of(Void, actor="a\u202eb"),), ("form", "actor holds the character U+202E, which no reader sees", "leave it out")),
    "at": ((of(Review, at=1.5),), ("form", "at is 1.5, not an instant of the years 1 to 9999", "give microseconds UTC as a whole number")),
    "by": ((of(Dispute, by=2**63),), ("form", "by is 9223372036854775808, not an instant of the years 1 to 9999",
                                       "give microseconds UTC as a whole number")),
    "state": ((of(Void, state="lost"),), (
        "form", "`lost` is not a state", f"write one of {', '.join(STATES)}")),
    "side": ((of(Review, side="left"),), ("form", "`left` is not a side", "write credit or reward")),
    "verdict": ((of(Decide, verdict="maybe"),), ("form", "a dispute is decided as `stands` or `voided`", "")),
    "not a text": ((of(Review, line=7),), ("form", "line is 7, not a text", "")),
    # amount and currency (rows 54 and 55)
    "zero": ((*BOOKED, of(Review, minor=0)), (
        "amount", "0 minor units cannot be moved", "give an amount above 0; the side and the act say which way it goes")),
    "negative": ((*BOOKED, of(Review, minor=-5)), (
        "amount", "-5 minor units cannot be moved", "give an amount above 0; the side and the act say which way it goes")),
    "float": ((replace(RESTATE, minor=0.1),), (
        "amount", "0.1 is not an amount", "give whole minor units (25000 for 250.00 EUR): no fraction, no float, at most 64 bits")),
    "bool": ((of(Review, minor=True),), (
        "amount", "True is not an amount", "give whole minor units (25000 for 250.00 EUR): no fraction, no float, at most 64 bits")),
    "too large": ((replace(RESTATE, minor=2**63),), (
        "amount", "9223372036854775808 is not an amount",
        "give whole minor units (25000 for 250.00 EUR): no fraction, no float, at most 64 bits")),
    "too large together": ((replace(RESTATE, minor=2**63 - 1), of(Review), of(Approve, actor="bob"), of(Issue),
                            replace(RESTATE, minor=-(2**63 - 1))), (
        "amount", "the accounts of line acme/uptime cannot hold that much", "an account holds at most 64 bits of minor units")),
    "lower case": ((replace(RESTATE, currency="eur"),), ("currency", "`eur` is not a currency code in use", "write EUR")),
    "no currency": ((replace(RESTATE, currency=""),), (
        "currency", "`` is not a currency code in use", "write an ISO 4217 code, such as EUR")),
    "unknown currency": ((replace(RESTATE, currency="XXX"),), (
        "currency", "`XXX` is not a currency code in use", "write an ISO 4217 code, such as EUR")),
    "line in another": ((*BOOKED, replace(RESTATE, currency="JPY")), (
        "currency", "line acme/uptime is in EUR, not in JPY", "a line keeps its currency: book another line")),
    "mixed in one period": ((*BOOKED, replace(RESTATE, currency="JPY", line="acme/errors")), (
        "currency", "period 2026-03 of acme is settled in EUR, not in JPY", "one period is settled in one currency")),
    "another period": ((*BOOKED, replace(RESTATE, period="2026-04")), (
        "period", "line acme/uptime belongs to period 2026-03, not 2026-04", "name its own period")),
    # windows (rows 58 and 59)
    "unfinished period": ((replace(RESTATE, ends=DAY, at=DAY - 1),), (
        "window", "period 2026-03 ends 1970-01-02T00:00:00Z: before that its figures are provisional", "book it when the period has ended")),
    "late dispute": ((*ISSUED, of(Dispute, by=DAY, at=DAY + 1, reason="r")), (
        "window", "line acme/uptime could be disputed until 1970-01-02T00:00:00Z, and this is 1970-01-02T00:00:00.000001Z",
        "what both parties agree on later is a restatement")),
    "not expired yet": ((*ISSUED, of(Expire, expires=DAY, at=DAY)), (
        "window", "line acme/uptime may be used until 1970-01-02T00:00:00Z: it has not expired at 1970-01-02T00:00:00Z", "")),
    "expired": ((*ISSUED, of(Apply, expires=DAY, at=DAY + 1)), (
        "window", "line acme/uptime could be used until 1970-01-02T00:00:00Z, and this is 1970-01-02T00:00:00.000001Z",
        "book that it expired")),
    # persons
    "system reviews": ((*BOOKED, of(Review, actor="system")), ("person", "`system` is the system: a person reviews", WHO)),
    "system approves": ((*REVIEWED, of(Approve, actor="System:nightly")), ("person", "`System:nightly` is the system: a person approves", WHO)),
    "system voids": ((*ISSUED, of(Void, actor="system", reason="r")), ("person", "`system` is the system: a person voids", WHO)),
    "system disputes": ((*ISSUED, of(Dispute, actor="system", reason="r")), ("person", "`system` is the system: a person disputes", WHO)),
    "system decides": ((*ISSUED, of(Decide, actor="system", verdict="stands", reason="r")), (
        "person", "`system` is the system: a person decides", WHO)),
    "system reverses": ((*ISSUED, of(Reverse, actor="system", transfer="c1#1", reason="r")), (
        "person", "`system` is the system: a person reverses", WHO)),
    "same person": ((*REVIEWED, of(Approve)), (
        "person", "anna reviewed line acme/uptime and cannot approve it", "let a second person approve")),
    "same person in capitals": ((*REVIEWED, of(Approve, actor="\uff21NNA")), (
        "person", "\uff21NNA reviewed line acme/uptime and cannot approve it", "let a second person approve")),
    "same person for a cent": ((*BOOKED, of(Review, minor=1), of(Review, actor="carla"), of(Approve)), (
        "person", "anna reviewed line acme/uptime and cannot approve it", "let a second person approve")),
    "the approver voids": ((*ISSUED, of(Void, actor="bob", reason="r")), (
        "person", "bob approved line acme/uptime and cannot void what is issued of it", "let a second person void it")),
    "the approver voids in capitals": ((*ISSUED, of(Void, actor="BOB", minor=1, reason="r")), (
        "person", "BOB approved line acme/uptime and cannot void what is issued of it", "let a second person void it")),
    "the approver voids before it is issued": ((*REVIEWED, of(Approve, actor="bob"), of(Void, actor="bob", state="approved", reason="r")), (
        "person", "bob approved line acme/uptime and cannot void what is approved of it", "let a second person void it")),
    "the approver takes the issue back and voids": ((*ISSUED, of(Reverse, actor="bob", transfer="c3#1", reason="r"),
                                                    of(Void, actor="bob", state="approved", reason="r")), (
        "person", "bob approved line acme/uptime and cannot void what is approved of it", "let a second person void it")),
    "the approver decides a dispute as void": ((*ISSUED, of(Dispute, reason="r"), of(Decide, actor="bob", verdict="voided", reason="r")), (
        "person", "bob approved line acme/uptime and cannot void what is issued of it", "let a second person void it")),
    "void without reason": ((*ISSUED, of(Void)), WHY),
    "dispute without reason": ((*ISSUED, of(Dispute, reason="  ")), WHY),
    "decision without reason": ((*ISSUED, of(Decide, verdict="voided")), WHY),
    "reversal without reason": ((*ISSUED, of(Reverse, transfer="c1#1")), WHY),
    # what is not there (row 58: another's line)
    "unknown line": ((of(Review),), ("unknown", "agreement acme has no line acme/uptime", "name a line that was booked")),
    "another's line": ((*ISSUED, of(Dispute, agreement="globex", reason="r")), (
        "unknown", "agreement globex has no line acme/uptime", "name a line that was booked")),
    "unknown transfer": ((*BOOKED, of(Reverse, transfer="c9#1", reason="r")), (
        "unknown", "line acme/uptime has no transfer c9#1", "name a transfer of this line")),
    "reversal on an unknown line": ((of(Reverse, transfer="c9#1", reason="r"),), (
        "unknown", "agreement acme has no line acme/uptime", "name a line that was booked")),
    # money (row 56)
    "more than stands": ((*APPLIED, of(Apply, minor=5000)), (
        "ledger", "50.00 EUR of line acme/uptime cannot be applied: 40.00 EUR stands issued",
        "the line's money: 40.00 EUR issued, 60.00 EUR applied", "issued", 4000)),
    "nothing stands": ((*BOOKED, of(Approve, actor="bob")), (
        "ledger", "nothing of line acme/uptime can be approved: 0.00 EUR stands reviewed",
        "the line's money: 100.00 EUR computed", "reviewed", 0)),
    "nothing on that side": ((*BOOKED, of(Review, side="reward")), (
        "ledger", "nothing of line acme/uptime can be reviewed: 0.00 EUR stands computed", "the line has no money on that side",
        "computed", 0)),
    "no money at all": ((*BOOKED, replace(RESTATE, minor=0), of(Review)), (
        "ledger", "nothing of line acme/uptime can be reviewed: 0.00 EUR stands computed", "the line has no money", "computed", 0)),
    "void an applied credit": ((*APPLIED, of(Void, state="applied", reason="r")), (
        "ledger", "what is applied cannot be voided: 60.00 EUR of line acme/uptime stands applied",
        "reverse the transfer that put it there, or restate the line", "applied", 6000)),
    "dispute an expired credit": ((*ISSUED, of(Expire), of(Dispute, state="expired", reason="r")), (
        "ledger", "what is expired cannot be disputed: 100.00 EUR of line acme/uptime stands expired",
        "reverse the transfer that put it there, or restate the line", "expired", 10000)),
    "void a disputed credit": ((*ISSUED, of(Dispute, reason="r"), of(Void, state="disputed-issued", reason="r")), (
        "ledger", "what is disputed-issued cannot be voided: 100.00 EUR of line acme/uptime stands disputed-issued",
        "decide the dispute: name the state the money came from", "disputed-issued", 10000)),
    "decide what is not disputed": ((*ISSUED, of(Decide, verdict="voided", reason="r")), (
        "ledger", "nothing of line acme/uptime can be voided: 0.00 EUR stands disputed-issued", "the line's money: 100.00 EUR issued",
        "disputed-issued", 0)),
    "void what is clawed back": ((*CLAWED, of(Void, minor=3000, reason="r")), (
        "ledger", "line acme/uptime has a claw-back of 30.00 EUR open on its reward side: what is issued would be taken twice",
        "apply or void the claw-back first", "issued", 4000)),
    "void what was clawed back": ((*CLAWED, of(Review), of(Approve, actor="bob"), of(Issue), of(Apply, side="reward"),
                                   of(Reverse, transfer="c4#1", reason="r"), of(Void, minor=8000, reason="r")), (
        "ledger", "30.00 EUR of line acme/uptime was clawed back already: 80.00 EUR issued would be taken twice",
        "apply as much as was clawed back first", "issued", 10000)),
    "void what was clawed back in part": ((*ISSUED, replace(RESTATE, minor=7000), of(Review), of(Approve, actor="bob"), of(Issue),
                                           of(Void, side="reward", minor=1000, reason="r"), of(Apply, side="reward"),
                                           of(Void, minor=8001, reason="r")), (
        "ledger", "20.00 EUR of line acme/uptime was clawed back already: 80.01 EUR issued would be taken twice",
        "apply as much as was clawed back first", "issued", 10000)),
    "both ways": ((*CLAWED, of(Review), of(Approve, actor="bob"), of(Issue), of(Apply, minor=10)), (
        "side", "line acme/uptime has money issued both ways: 40.00 EUR credit, 30.00 EUR reward",
        "say which side: credit or reward", "issued")),
    "reversed twice": ((*ISSUED, of(Reverse, transfer="c3#1", reason="r"), of(Reverse, transfer="c3#1", reason="r")), (
        "ledger", "transfer c3#1 was reversed already: by c4#1", "a transfer is reversed once", "issued", 0)),
    "reverse more than remains": ((*ISSUED, of(Reverse, transfer="c3#1", minor=6000, reason="r"),
                                   of(Reverse, transfer="c3#1", minor=5000, reason="r")), (
        "ledger", "50.00 EUR of transfer c3#1 cannot be reversed: 40.00 EUR of its 100.00 EUR remains",
        "reverse at most 40.00 EUR", "issued", 4000)),
    "reverse what moved on": ((*APPLIED, of(Reverse, transfer="c3#1", reason="r")), (
        "ledger", "100.00 EUR of transfer c3#1 cannot be reversed: it moved on, and 40.00 EUR stands issued",
        "the line's money: 40.00 EUR issued, 60.00 EUR applied", "issued", 4000)),
    "reverse a reversal": ((*ISSUED, of(Reverse, transfer="c3#1", reason="r"), of(Reverse, transfer="c4#1", reason="r")), (
        "ledger", "transfer c4#1 is itself a reversal, of c3#1", "take the step anew instead", "reversed", 0)),
    "reverse a booking": ((*BOOKED, of(Reverse, transfer="c0#1", reason="r")), (
        "ledger", "transfer c0#1 booked what the line comes to (computed)", "restate the line instead", "computed", 10000)),
}


@pytest.mark.parametrize(("commands", "refusal"), CASES.values(), ids=CASES)
def test_a_refusal_says_what_and_how_to_mend_it(commands: tuple[Command, ...], refusal: tuple[object, ...]) -> None:
    if commands[-1].key == "":
        answer = decide(Book(), commands[-1])
    else:
        before, _ = told(*commands[:-1]) if commands[:-1] else (Book(), None)
        after, answer = submitted(before, replace(commands[-1], key="last"))
        assert after.sheets == before.sheets
    assert answer == Refusal(*refusal)  # type: ignore[arg-type]
    if refusal[0] != "form":
        assert answer_of(answer_bytes(answer), ()) == answer


def test_a_key_used_for_another_request_is_refused() -> None:
    book, first = submitted(Book(), RESTATE)
    refusal = Refusal("idempotency", "key k was used for another request", "give the first request again unchanged, or a new key")
    for other in (replace(RESTATE, minor=1), replace(RESTATE, actor="bob"), replace(RESTATE, reason="r"), replace(RESTATE, line="other"),
                  replace(RESTATE, agreement="globex"), replace(RESTATE, ends=-1), of(Review, key="k")):
        assert submitted(book, other) == (book, refusal)
    assert submitted(book, replace(RESTATE, at=DAY)) == (book, first), "a retry comes later and is the same request"


def test_the_hash_of_a_request_is_the_same_in_every_release() -> None:
    # written down once: a change here makes every retry across the release a refusal
    assert request_hash(RESTATE) == "52e68e1432e90918c4efd174efdda2b6429253e655c832e4dbb743c9327cde76"
    assert request_hash(of(Review)) == "6ed816778eaaf456cceccd4de0ee49f6b33089007651e650f3d618c7f08b004f"
    assert request_hash(of(Review, minor=None, at=7, key="z", reason="")) == request_hash(of(Review))
    assert len({request_hash(c) for c in (of(Review), of(Approve), of(Review, minor=1), of(Review, minor=2), of(Void),
                                          of(Void, state="computed"), of(Decide, verdict="stands"), of(Decide, verdict="voided"))}) == 8


def test_a_refusal_is_an_answer_and_is_given_again() -> None:
    book, _ = told(*BOOKED)
    early = of(Approve, key="early", actor="bob")
    book, refusal = submitted(book, early)
    book, _ = submitted(book, of(Review, key="later"))
    assert submitted(book, early) == (book, refusal)
    assert isinstance(submitted(book, replace(early, key="anew"))[1], Posted)


def test_a_refusal_reads_like_a_finding() -> None:
    _, answer = told(*APPLIED, of(Void, state="applied", reason="r"))
    assert str(answer) == ("refused[ledger]: what is applied cannot be voided: 60.00 EUR of line acme/uptime stands applied\n"
                           "   help: reverse the transfer that put it there, or restate the line")
    assert str(Refusal("form", "line is empty")) == "refused[form]: line is empty"


def test_the_largest_and_longest_is_taken() -> None:
    book, answer = told(replace(RESTATE, minor=2**63 - 1), of(Review, minor=2**63 - 1, actor="a" * 200))
    assert isinstance(answer, Posted)
    for at in (-62_135_596_800_000_000, 253_402_300_799_999_999):
        assert isinstance(decide(book, of(Approve, actor="bob", at=at)), Posted)
    for at in (-62_135_596_800_000_001, 253_402_300_800_000_000):
        assert isinstance(decide(book, of(Approve, actor="bob", at=at)), Refusal)


def test_an_answer_and_its_transfers_belong_together() -> None:
    _, answer = told(*BOOKED)
    assert isinstance(answer, Posted)
    assert answer_of(answer_bytes(answer), answer.transfers) == answer
    with pytest.raises(ValueError, match="the request made 1 transfers, and 0 are kept"):
        answer_of(answer_bytes(answer), ())
    with pytest.raises(ValueError, match="the request made 0 transfers, and 1 are kept"):
        answer_of(answer_bytes(Refusal("form", "line is empty")), answer.transfers)
