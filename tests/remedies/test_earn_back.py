"""Earn-back: when it comes, how much, and what breaks it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from money_made import line, month

from upheld.assessment.outcome import Verdict
from upheld.plans.remedies import EarnBack, MoneyRounding
from upheld.remedies.earn_back import earned_back
from upheld.remedies.results import Result

HALVES = (EarnBack(2, Fraction(1, 2), path="earn_back.0"), EarnBack(4, Fraction(1, 2), path="earn_back.1"))


def results(verdicts: list[Verdict], commitment: str = "uptime", provisional: int | None = None) -> list[Result]:
    found = []
    for m, verdict in enumerate(verdicts):
        start, end = month(m)
        found.append(Result("acme", "1", commitment, (), f"2026-{m + 1:02d}", start, end, (start, end), (), verdict, m == provisional, 0))
    return found


def told(lines: object, row: list[Result], rules: tuple[EarnBack, ...]) -> list[tuple[str, int, str]]:
    return [(x.window, x.amount or 0, x.clause) for x in earned_back(lines, row, rules)]  # type: ignore[arg-type]


def test_two_halves_in_the_windows_that_earn_them() -> None:
    row = results(["breached", "met", "met", "met", "met"])
    assert told([line(0, 10_001)], row, HALVES) == [("2026-03", -5_000, "earn_back.0"), ("2026-05", -5_000, "earn_back.1")]
    group = (("region", "eu"),)
    mine = [replace(r, group=group) for r in row]
    whole = earned_back([line(0, 10_001, group=group, case="c1")], mine, HALVES)[0]
    assert (whole.agreement, whole.commitment, whole.group, whole.currency, whole.case) == ("acme", "uptime", group, "EUR", "c1")
    found = earned_back([line(0, 10_001)], row, HALVES)[0]
    assert (found.kind, found.state, found.reverses, found.payer, found.payee, found.rounded) == (
        "earned back", "owed", line(0, 1).key, "customer", "provider", -5_000)
    assert found.working == ("kept 2 windows in a row since 2026-01: 50.00 EUR goes back",)
    assert (found.start, found.end, found.version) == (*month(2), "1")
    assert found.key == line(0, 1).key + "/earn_back.0"


def test_parts_never_exceed_what_was_given() -> None:
    row = results(["breached", "met", "met", "met", "met"])
    thrice = tuple(EarnBack(n, Fraction(2, 5), path=str(n)) for n in (1, 2, 3))
    assert [a for _, a, _ in told([line(0, 101)], row, thrice)] == [-40, -40, -21]
    assert [a for _, a, _ in told([line(0, 1)], row, (EarnBack(1, Fraction(1, 2)),))] == []       # half a cent, to even: nothing
    assert [a for _, a, _ in told([line(0, 2)], row, (EarnBack(1, Fraction(1, 2)),))] == [-1]
    assert [a for _, a, _ in told([line(0, 9)], row, (EarnBack(1, Fraction(0)), EarnBack(2, Fraction(1))))] == [-9]
    assert [a for _, a, _ in told([line(0, 3)], row, (EarnBack(1, Fraction(1, 2)),))] == [-2]     # one and a half, to even


def test_rules_work_in_the_order_of_their_windows() -> None:
    row = results(["breached", "met", "met", "met"])
    assert [w for w, _, _ in told([line(0, 100)], row, (EarnBack(3, Fraction(1, 2)), EarnBack(1, Fraction(1, 2))))] == ["2026-02", "2026-04"]


def test_a_breach_a_deviation_or_what_is_not_known_breaks_the_row() -> None:
    for verdict in ("breached", "deviation", "unknown"):
        assert told([line(0, 100)], results(["breached", "met", verdict, "met", "met"]), (EarnBack(2, Fraction(1)),)) == []  # type: ignore[list-item]


def test_a_window_with_nothing_to_measure_neither_counts_nor_breaks() -> None:
    row = results(["breached", "met", "not applicable", "met"])
    assert told([line(0, 100)], row, (EarnBack(2, Fraction(1), path="p"),)) == [("2026-04", -100, "p")]


def test_windows_that_have_not_ended_do_not_count() -> None:
    row = results(["breached", "met", "met"], provisional=2)
    assert told([line(0, 100)], row, (EarnBack(2, Fraction(1)),)) == []
    assert [w for w, _, _ in told([line(0, 100)], row, (EarnBack(1, Fraction(1)),))] == ["2026-02"]


def test_windows_before_the_credit_do_not_count() -> None:
    row = results(["met", "met", "breached", "met"])
    assert told([line(2, 100)], row, (EarnBack(2, Fraction(1)),)) == []


def test_only_its_own_promise_and_commitment() -> None:
    row = results(["breached", "met"]) + results(["met", "breached"], "speed")
    assert told([line(0, 100, "speed")], row, (EarnBack(1, Fraction(1)),)) == []
    assert told([line(0, 100)], row, (EarnBack(1, Fraction(1), commitment="speed"),)) == []
    assert len(told([line(0, 100)], row, (EarnBack(1, Fraction(1), commitment="uptime"),))) == 1
    assert told([line(0, 100, group=(("r", "eu"),))], row, (EarnBack(1, Fraction(1)),)) == []


def test_what_was_not_given_does_not_come_back() -> None:
    row = results(["breached", "met"])
    rule = (EarnBack(1, Fraction(1)),)
    others = (line(0, 100, state="lapsed"), line(0, 0), line(0, None, state="unknown"), line(0, -5, kind="reward"),
              line(0, 0, kind="extension"))
    for other in others:
        assert told([other], row, rule) == []
    for state in ("owed", "claimable", "to choose"):
        assert len(told([replace(line(0, 100), state=state)], row, rule)) == 1
    assert len(told([line(0, 100, state="lapsed"), line(0, 100)], row, rule)) == 1


def test_what_goes_back_is_rounded_as_the_agreement_rounds() -> None:
    """Half of 100.01 is 50.005: with half_up 50.01 goes back, and 50.00 by what is left; in steps of 0.05 CHF 50.00 and 50.00."""
    row = results(["breached", "met", "met", "met", "met"])
    up, steps = ({"1": MoneyRounding("half_up", Fraction(to))} for to in (1, 5))
    assert [x.amount for x in earned_back([line(0, 10_001)], row, HALVES, up)] == [-5_001, -5_000]
    assert [x.amount for x in earned_back([line(0, 10_001)], row, HALVES, steps)] == [-5_000, -5_000]
