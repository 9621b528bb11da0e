"""Checks of money: what all credits can sum to."""

from __future__ import annotations

import pytest

from upheld.agreement.load import load

TEXT = """upheld: 1
agreement: a
effective: {from: 2025-01-01}
timezone: UTC
currency: EUR
parties: {provider: {name: P}, customer: {name: C}}
states: {down: {where: {kind: outage}}}
commitments:
  one:
    measure: availability
    down: down
    out_of: period
    per: month
    target: ">= 99%"
    credit: {pay: {by result: {"< 99%": 80%}}, of: fee}
  two:
    like: one
    credit: {pay: {by result: {"< 99%": 70%}}, of: fee}
"""


@pytest.mark.parametrize(("once", "told"), [("", ["150%"]), ("pays_once: [{highest_of: [one, two], per: window}]\n", [])])
def test_of_commitments_that_pay_once_only_the_highest_can_sum_up(once: str, told: list[str]) -> None:
    """80% and 70% sum to 150% and want a cap; where only the highest is paid they are 80%."""
    findings = load({"a.yaml": (TEXT + once).encode()}, name="a.yaml").findings
    sums = [f.message for f in findings if f.slug == "cap-missing"]
    assert len(sums) == len(told)
    assert all(t in m for t, m in zip(told, sums, strict=True))


def told(more: str, slug: str) -> list[tuple[str, str]]:
    loaded = load({"a.yaml": (TEXT + more).encode()}, name="a.yaml")
    found = [f for f in loaded.findings if f.slug == slug]
    assert (loaded.plan is None) == bool(found)
    return [(f.message, f.help) for f in found]


@pytest.mark.parametrize("more", [
    "caps: [{up_to: 100 USD, in: month}]\n", "caps: [{up_to: 50%, of: fee, from: 100 USD, in: month}]\n",
    "caps: [{up_to: 50%, of: risk, in: month}]\namounts: {risk: {pay: 100 USD}}\n",
])
def test_a_limit_in_another_currency_is_refused(more: str) -> None:
    """100 USD would have been 100 EUR."""
    assert told(more, "currency") == [("`100 USD` is paid in an agreement in EUR", "write it in EUR")]
    assert told(more.replace("USD", "EUR"), "currency") == []


def test_what_a_credit_may_reach_and_begins_at_is_in_its_currency_too() -> None:
    credit = "credit: {pay: {by result: {\"< 99%\": 70%}}, of: fee, up_to: 9 USD, from: 1 CHF}"
    text = TEXT.replace('credit: {pay: {by result: {"< 99%": 70%}}, of: fee}', credit)
    found = load({"a.yaml": text.encode()}, name="a.yaml").findings
    assert [f.message for f in found if f.slug == "currency"] == [f"`{what}` is paid in an agreement in EUR" for what in ("9 USD", "1 CHF")]


def test_a_step_of_rounding_is_in_the_currency_of_the_agreement() -> None:
    """5 JPY are five minor units, as 0.05 EUR are."""
    assert told("rounding: {to: 5 JPY}\n", "currency") == [
        ("money in EUR is rounded to a step in JPY", "write the step in EUR, or cent")]
    for step in ("cent", "0.05 EUR"):
        assert told(f"rounding: {{to: {step}}}\n", "currency") == []


@pytest.mark.parametrize(("amounts", "messages"), [
    ("{a: {pay: 10%, of: a}}", ["an amount is a part of itself: `a` of `a`"]),
    ("{a: {pay: 10%, of: b}, b: {pay: 10%, of: a}}",
     ["an amount is a part of itself: `a` of `b` of `a`", "an amount is a part of itself: `b` of `a` of `b`"]),
    ("{a: {pay: 10%, of: b}, b: {pay: 10%, of: b}}", ["an amount is a part of itself: `b` of `b`"]),
    ("{a: {pay: 10%, of: b}, b: {pay: 10%, of: ab}}", ["there is no amount `ab`"]),
    ("{a: {pay: 10%, of: b}, b: {pay: 10%, of: fee}}", []),
])
def test_an_amount_is_of_something_else(amounts: str, messages: list[str]) -> None:
    assert [message for message, _ in told(f"amounts: {amounts}\ncaps: [{{up_to: 50%, of: a, in: month}}]\n", "fee-base")] == messages
