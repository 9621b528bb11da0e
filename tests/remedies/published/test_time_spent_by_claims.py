"""Time that a claim uses up: of every claim, or only of one that found a breach; each result for itself; claims of other promises none."""

from __future__ import annotations

from itertools import product

import pytest
from made_facts import D, H, Made

from upheld.agreement.load import load
from upheld.assessment.assess import assess
from upheld.assessment.explain import explain
from upheld.plans.plan import Plan
from upheld.remedies.settle import settle
from upheld.values.instant import parse_instant

TEXT = """upheld: 1
agreement: a
effective: {{from: 2024-01-01}}
timezone: UTC
currency: EUR
parties: {{provider: {{name: P}}, customer: {{name: C}}}}
states: {{down: {{where: {{kind: outage}}}}}}
commitments:
  uptime: {{measure: availability, {each}down: down, out_of: period, value: total, target: "<= 10h",
    per: {{last: 100 days, before: claim, once: {once}}}, credit: {{pay: 1 EUR, per: 1h down}}}}
  other: {{measure: availability, down: down, out_of: period, per: month, target: ">= 0%", credit: {{pay: 1 EUR}}}}
claim: {{by: 30 days after window}}
"""
DAY0 = parse_instant("2026-01-01T00:00:00Z")


def plan(once: str, each: str = "") -> Plan:
    loaded = load({"a.yaml": TEXT.format(once=once, each=each).encode()}, name="a.yaml")
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


def hours(once: str, outages: list[tuple[int, int]], claims: list[int]) -> list[int]:
    """The hours each claim counts. ``outages``: day and hours down; ``claims``: days."""
    made = Made(outages=[("outage", DAY0 + d * D, DAY0 + d * D + h * H, {}) for d, h in outages],
                acts=[("claim", "a", DAY0 + d * D, {}) for d in claims], watched=[("outage", DAY0 - 200 * D, DAY0 + 200 * D)])
    found = assess([plan(once)], made.facts("C", "EUR"), None, ("uptime",)).outcomes
    return [int(o.low // H) for o in found if o.low is not None]


def by_hand(once: str, outages: list[tuple[int, int]], claims: list[int]) -> list[int]:
    """Claim after claim: a plain loop over days."""
    found, since = [], -1000
    for claim in claims:
        used = sum(h for d, h in outages if max(claim - 100, since) <= d < claim)
        found.append(used)
        if once == "yes" or (once == "when breached" and used > 10):
            since = claim
    return found


@pytest.mark.parametrize("once", ["yes", "no", "when breached"])
def test_the_fold_of_claims_is_the_plain_loop(once: str) -> None:
    for sizes in product((0, 6, 11), repeat=4):
        outages = [(10, sizes[0]), (20, sizes[1]), (30, sizes[2]), (40, sizes[3])]
        assert hours(once, [o for o in outages if o[1]] or [(199, 1)], [15, 25, 35, 45]) == by_hand(once, outages, [15, 25, 35, 45])


def test_a_claim_spends_the_time_of_its_own_result_only() -> None:
    """eu is breached by the first claim and its time is spent; us had 6 h then, and counts 12 h by the second."""
    made = Made(outages=[("outage", DAY0 + d * D, DAY0 + d * D + h * H, {"region": region})
                         for d, h, region in ((10, 11, "eu"), (10, 6, "us"), (20, 6, "eu"), (20, 6, "us"))],
                acts=[("claim", "a", DAY0 + d * D, {}) for d in (15, 25)], watched=[("outage", DAY0 - 200 * D, DAY0 + 200 * D)])
    mine, facts = plan("when breached", "for_each: [region], "), made.facts("C", "EUR")
    found = {(dict(o.group)["region"], int(o.low // H)) for o in assess([mine], facts, None, ("uptime",)).outcomes if o.low is not None}
    assert found == {("eu", 11), ("eu", 6), ("us", 6), ("us", 12)}
    why = explain([mine], facts, None, "uptime", group={"region": "us"}, window="100 days before 2026-01-26T00:00:00Z")
    assert why.segments is not None
    assert int(why.segments.counted_us.sum()) == 12 * H


def test_a_claim_about_another_promise_opens_no_window_here() -> None:
    """The claim on `other` of the 15th neither opens a window for uptime, nor uses its time up."""
    made = Made(outages=[("outage", DAY0 + 10 * D, DAY0 + 10 * D + 11 * H, {})], fees=[(DAY0, DAY0 + 31 * D, 31_000, {})],
                acts=[("claim", "other", DAY0 + 15 * D, {}), ("claim", "uptime", DAY0 + 25 * D, {})],
                watched=[("outage", DAY0 - 200 * D, DAY0 + 200 * D)])
    lines = settle([plan("yes")], made.facts("C", "EUR"), DAY0 + 40 * D).lines
    assert [(line.window, line.amount) for line in lines if line.commitment == "uptime"] == [("100 days before 2026-01-26T00:00:00Z", 1_100)]


@pytest.mark.parametrize(("about", "says", "paid"), [
    ("a", {}, {"eu": 1_100, "us": 1_200}), ("eu", {}, {"eu": 1_100}), ("uptime", {"region": "us"}, {"us": 1_200})])
def test_a_claim_of_one_result_pays_no_other(about: str, says: dict[str, str], paid: dict[str, int]) -> None:
    made = Made(outages=[("outage", DAY0 + 10 * D, DAY0 + 10 * D + h * H, {"region": region}) for h, region in ((11, "eu"), (12, "us"))],
                acts=[("claim", about, DAY0 + 15 * D, says)], watched=[("outage", DAY0 - 200 * D, DAY0 + 200 * D)])
    lines = settle([plan("no", "for_each: [region], ")], made.facts("C", "EUR"), DAY0 + 40 * D).lines
    assert {dict(line.group)["region"]: line.amount for line in lines if line.commitment == "uptime"} == paid
