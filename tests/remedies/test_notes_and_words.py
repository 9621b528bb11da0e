"""What a settlement says besides its lines: the note about caps of fees, and the amounts a customer may choose from."""

from __future__ import annotations

import pytest
from published.made_facts import D, H, Made

from upheld.agreement.load import load
from upheld.remedies.settle import settle
from upheld.values.instant import parse_instant

TEXT = """upheld: 1
agreement: a
effective: {{from: 2026-01-01}}
timezone: UTC
currency: EUR
parties: {{provider: {{name: P}}, customer: {{name: C}}}}
states: {{down: {{where: {{kind: outage}}}}}}
commitments:
  uptime: {{measure: availability, down: down, out_of: period, per: month, target: ">= 99.9%", credit: {credit}}}
{more}
"""
START, END = parse_instant("2026-03-01T00:00:00Z"), parse_instant("2026-04-01T00:00:00Z")
FACTS = Made(outages=[("outage", START + D, START + D + 2 * H, {})], fees=[(START, END, 10_001, {})],
             watched=[("outage", parse_instant("2026-01-01T00:00:00Z"), END)]).facts("C", "EUR")


@pytest.mark.parametrize(("cap", "notes"), [("4 EUR", 0), ("4%", 1)])
def test_only_a_cap_of_fees_rises_with_them(cap: str, notes: int) -> None:
    more = f"caps: [{{up_to: {cap}, of: fee, in: year}}]"
    loaded = load({"a.yaml": TEXT.format(credit="{pay: 10%, of: fee}", more=more).encode()}, name="a.yaml")
    assert loaded.plan is not None
    assert len(settle([loaded.plan], FACTS, END + D).notes) == notes


def test_a_customer_chooses_between_amounts_as_they_would_be_paid() -> None:
    """10% of 100.01 is 10.001: 10.00 is offered."""
    credit = "{choice of customer: [{pay: 10%, of: fee}, {extend: 7 days}]}"
    loaded = load({"a.yaml": TEXT.format(credit=credit, more="").encode()}, name="a.yaml")
    assert loaded.plan is not None
    (line,) = settle([loaded.plan], FACTS, END + D).lines
    assert (line.amount, line.reason) == (1_000, "the customer may choose: 1: 10.00 EUR; 2: the term extended by 7 days")


@pytest.mark.parametrize(("more", "amounts"), [("", [20, 15]), ("caps: [{up_to: 0.25 CHF, in: month}]", [15, 10])])
def test_a_split_keeps_the_step_that_money_is_rounded_to(more: str, amounts: list[int]) -> None:
    """Two times 1/6 of 1.00 CHF are 0.333..., with a step of 0.05 CHF 0.35: 0.20 and 0.15; of 0.25 CHF 0.15 and 0.10. Never 0.18 and 0.17."""
    credit = "{sum of: [{pay: 16.6666667%, of: fee}, {pay: 16.6666667%, of: fee}]}"
    text = TEXT.replace("currency: EUR", "currency: CHF").format(credit=credit, more=f"{more}\nrounding: {{money: half_up, to: 0.05 CHF}}")
    loaded = load({"a.yaml": text.encode()}, name="a.yaml")
    assert loaded.plan is not None
    facts = Made(outages=[("outage", START + D, START + D + 2 * H, {})], fees=[(START, END, 100, {})],
                 watched=[("outage", parse_instant("2026-01-01T00:00:00Z"), END)]).facts("C", "CHF")
    assert [line.amount for line in settle([loaded.plan], facts, END + D).lines] == amounts
