"""The first page: what is said of the money and of the promises, in each of the ways it can stand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from made import MARCH, figures, line, outcome

from upheld.measures.result import Figure
from upheld.remedies.settlement import Duty, Line, OpenRight
from upheld.statements.compose import compose
from upheld.statements.details import MOST
from upheld.statements.model import Highlights, Pairs, Prose, Table, seen
from upheld.statements.summary import promises_of, summary_of
from upheld.values.instant import parse_instant

BY = parse_instant("2026-04-30T22:00:00Z")       # midnight after 30 April in Berlin
REWARD = {"kind": "reward", "payer": "customer", "payee": "provider"}


def said(*lines: Line, **more: Any) -> list[str]:
    """The sentences about the money."""
    blocks = list(summary_of(figures([outcome()], list(lines), **more)))
    return [b.text for b in blocks if isinstance(b, Prose)][1:]


def credit_card(*lines: Line) -> tuple[str, ...]:
    highlights = next(b for b in summary_of(figures([outcome()], list(lines))) if isinstance(b, Highlights))
    return next(row[1:] for row in highlights.rows if row[0] == "Credit for the period")


def test_nothing_owed() -> None:
    assert said() == ["No credit follows from the results of this period."]
    assert credit_card() == ("0.00 EUR", "nothing is owed", "plain")


def test_an_agreement_without_money_has_no_amount() -> None:
    found = figures([outcome()], [])
    found["totals"]["currency"] = ""
    highlights = next(b for b in summary_of(found) if isinstance(b, Highlights))
    assert highlights.rows[1] == ("Credit for the period", "none", "nothing is owed", "plain")


def test_owed_without_a_claim() -> None:
    assert said(line("a", 5000), line("b", 250)) == ["Northwind owes ACME 52.50 EUR."]
    assert credit_card(line("a", 5000)) == ("50.00 EUR", "owed", "bad")


def test_to_be_claimed_by_several_days_with_what_is_still_to_come() -> None:
    later = BY + 30 * 86_400_000_000
    lines = (line("a", 5000, "claimable", claim_by=BY, missing=("logs", "dates")), line("b", 250, "claimable", claim_by=BY),
             line("c", 100, "claimable", claim_by=later))
    assert said(*lines) == [
        "52.50 EUR is to be claimed by the end of 2026-04-30, with dates and logs; what is not claimed in time lapses.",
        "1.00 EUR is to be claimed by the end of 2026-05-30; what is not claimed in time lapses."]
    card = next(b for b in summary_of(figures([outcome()], list(lines))) if isinstance(b, Highlights)).rows[2]
    assert card == ("Claim by", "2026-04-30", "52.50 EUR, with dates and logs; then 1 later claim", "warn")


def test_lapsed() -> None:
    assert said(line("a", 5000, "lapsed")) == ["50.00 EUR would have been owed to ACME, was not claimed in time, and has lapsed."]
    assert credit_card(line("a", 5000, "lapsed")) == ("0.00 EUR", "50.00 EUR lapsed, not claimed in time", "plain")


def test_rewards_and_what_was_earned_back_stand_apart() -> None:
    assert said(line("a", 5000), line("b", -700, **REWARD), line("c", -1000, **REWARD | {"kind": "earned back"})) == [
        "Northwind owes ACME 50.00 EUR.",
        "ACME owes Northwind a reward of 7.00 EUR.",
        "10.00 EUR of earlier credits is earned back and no longer owed by Northwind to ACME."]
    assert credit_card(line("b", -700, **REWARD)) == ("-7.00 EUR", "in favour of Northwind", "plain")


def test_what_is_not_known_is_a_range_or_said_to_be_open() -> None:
    known = line("a", None, "unknown", low=0, high=5000)
    assert said(known) == ["1 line cannot be known yet; the working says why, and what may come of it."]
    assert credit_card(known, line("b", 100)) == ("1.00 to 51.00 EUR", "1.00 EUR owed; 1 line not known yet", "warn")
    assert credit_card(line("a", None, "unknown")) == ("0.00 EUR", "1 line not known yet", "warn")


def test_what_may_be_chosen_or_is_no_money() -> None:
    assert said(line("a", 5000, "to choose", grant="10 days", claim_by=BY)) == [
        "Northwind owes ACME 50.00 EUR, which may be chosen in another form."]
    assert said(line("a", 0, kind="extension", grant="10 days")) == ["Northwind owes ACME 10 days."]


def test_what_is_not_owed_is_said_too() -> None:
    assert said(line("a", 5, "not owed"), line("b", 7, "not owed")) == ["2 lines came to something that is not owed; the working says why."]


@pytest.mark.parametrize(("verdicts", "sentence"), [
    (["met"], "Of 1 promise measured in this period, 1 was kept."),
    (["breached"], "Of 1 promise measured in this period, 1 was breached (p0)."),
    (["met", "met", "deviation", "unknown", "unknown"],
     "Of 5 promises measured in this period, 2 were kept, 1 was missed without being a breach (p2) and 2 are not known (p3 and p4)."),
    (["not applicable"], "Of 1 promise measured in this period, 1 had nothing to be judged by."),
    (["breached"] * 8, "Of 8 promises measured in this period, 8 were breached (p0, p1, p2, p3, p4, p5 and 2 more)."),
])
def test_the_promises_in_a_sentence(verdicts: list[str], sentence: str) -> None:
    found = figures([outcome()], [])
    one = found["commitments"][0]
    found["commitments"] = [one | {"id": f"p{i}", "verdict": v} for i, v in enumerate(verdicts)]
    assert next(b.text for b in summary_of(found) if isinstance(b, Prose)) == sentence


def promises(*outcomes: Any) -> list[tuple[tuple[str, ...], int]]:
    table = next(b for b in promises_of(figures(list(outcomes), [])) if isinstance(b, Table))
    return list(zip(table.rows, table.depths, strict=True))


def test_a_promise_of_many_results_shows_those_that_were_missed() -> None:
    good = [outcome(f"good {i}") for i in range(30)]
    bad = [outcome(f"bad {i}", value=Fraction(1, 2), verdict="breached") for i in range(10)]
    rows = promises(*good, *bad)
    assert rows[0] == (("uptime: It runs.", ">= 99.9%", "30 of 40 met", "breached"), 0)
    assert rows[1] == (("site bad 0", ">= 99.9%", "50.000%", "breached"), 1)
    assert rows[-1] == (("and 2 more that were not met", "", "", ""), 1)
    assert len(rows) == 10


def test_nothing_excluded_has_a_column_where_it_makes_a_difference() -> None:
    (cells, _), = promises(outcome(shown_without="98.000%", bare=Figure(Fraction(98, 100), Fraction(98, 100))))
    assert cells == ("uptime: It runs.", ">= 99.9%", "100.000%", "met", "98.000%")


def document(found: dict[str, Any], **more: Any) -> Any:
    envelope = {"agreement": "acme", "period": "2026-03", "revision": 1, "previous": None, "as_of": None, "facts_until": "2026-04-01T00:00:00Z",
                "engine": "upheld", "semantics": 1, "figures_sha256": "0" * 64, "changes": []}
    return compose(envelope | more, found)


def test_rights_and_duties_with_their_days_on_the_wall_of_the_zone() -> None:
    right = OpenRight("terminate", "customer", "three in a row", "rights", MARCH.end, BY, "open")
    duty = Duty("report", "provider", "then", "uptime", (("site", "Bonn"),), "2026-03", MARCH.end, BY, MARCH.end + 1, "done")
    found = figures([outcome()], [], rights=(right,), duties=(duty,))
    tables = {b.title: b.rows for b in document(found).blocks if isinstance(b, Table)}
    assert tables["Rights"] == (("customer may terminate", "three in a row", "2026-04-30", "open"),)
    assert tables["Duties"] == (("report (uptime, site Bonn, 2026-03)", "provider", "2026-04-30", "done, done on 2026-04-01"),)


def test_more_lines_than_anyone_reads_are_counted() -> None:
    found = figures([outcome()], [line(f"s{i}", i + 1) for i in range(MOST + 5)])
    blocks = document(found).blocks
    table = next(b for b in blocks if isinstance(b, Table) and b.title == "Credits")
    assert len(table.rows) == MOST + 1
    assert table.rows[-1] == ("Together", "", "owed or owed if claimed", "822.15 EUR")
    assert any(isinstance(b, Prose) and b.text == "The 400 largest of 405 lines are listed; all are in statement.json." for b in blocks)


def test_the_hash_stands_in_the_document() -> None:
    pairs = [row for b in document(figures([outcome()], [])).blocks if isinstance(b, Pairs) for row in b.rows]
    assert ("Figures, SHA-256", "0" * 64) in pairs


@pytest.mark.parametrize(("text", "shown"), [
    ("a\nb\t c", "a b c"), ("K\u00f6ln \u6771\u4eac", "K\u00f6ln \u6771\u4eac"), ("\x1b[31mred", "\ufffd[31mred"), ("a\u202eb", "a\ufffdb"),
    ("\ud800", "\ufffd"),
    ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"), ("a\u00a0b", "a b"), ("zero\u200bwidth", "zero\ufffdwidth")])
def test_what_a_reader_would_not_see_is_marked(text: str, shown: str) -> None:
    assert seen(text) == shown
