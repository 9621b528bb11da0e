"""Schedules whose window ends with the claim, whose invoice comes after, or whose two clauses pay for one event."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from made_facts import D, M, Made
from test_edges import plans_of

from upheld.remedies.settle import settle
from upheld.values.instant import parse_instant

F = Fraction


def at(text: str) -> int:
    return parse_instant(text + "T00:00:00Z")


MONTHS = [at(f"{2024 + m // 12}-{m % 12 + 1:02d}-01") for m in range(9, 12 * 6)]


def fee_before(claimed: int, days: int, monthly: int) -> Fraction:
    """The charges of the days before a claim, each month's in proportion to its days."""
    start = claimed - days * D
    return sum((F(max(min(b, claimed) - max(a, start), 0), b - a) * monthly for a, b in pairwise(MONTHS)), F(0))


@pytest.mark.parametrize(("periods", "pays"), [(0, False), (52, False), (53, True), (54, True), (8_640, True), (105_120, True)])
def test_ec2_of_2008_pays_a_tenth_of_the_bill_when_a_year_of_five_minute_periods_falls_below(periods: int, pays: bool) -> None:
    """aws-ec2-2008, https://ro.scribd.com/document/51509289/Amazon-EC2-SLA: below 99.95% of the 105,120 periods of the 365 days before
    the claim (52.56 may be down), 10% of the bill for the eligible credit period, here the thirty days before the claim.
    """
    claimed, monthly = at("2026-05-12"), 93_001
    made = Made()
    first = claimed - 365 * D
    starts = range(claimed - periods * 5 * M, claimed, 5 * M)
    made.requests = [(zone, t, t + 5 * M, 0, 1, {}) for t in starts for zone in ("zone-a", "zone-b")]
    made.fees = [(a, b, monthly, {}) for a, b in pairwise(MONTHS)]
    made.acts = [("claim", "region", claimed, {})]
    made.watched = [(zone, first, claimed) for zone in ("zone-a", "zone-b", "zone-c")]
    plans = plans_of("aws-ec2-2008")
    lines = settle(plans, made.facts(plans[0].customer, plans[0].currency), claimed + D).lines
    assert [(line.amount, line.state) for line in lines] == ([(round(F(1, 10) * fee_before(claimed, 30, monthly)), "owed")] if pays else [])


@pytest.mark.parametrize(("errors", "pays"), [(0, False), (8_639_999, False), (8_640_000, False), (8_640_001, True), (86_400_000, True),
                                              (8_640_000_000, True)])
def test_r2_pays_of_the_thirty_days_before_the_claim(errors: int, pays: bool) -> None:
    """cloudflare-r2-queues: below 99.9% on the average of 8,640 intervals of 30 days; the fees of the 30 days preceding the claim. The
    percentage (10%) is illustrative, because the published table was cut off. ``errors`` are millionths of an interval's rate.
    """
    claimed, monthly = at("2026-03-05"), 86_811
    made, first = Made(), at("2026-03-05") - 30 * D
    whole, rest = divmod(errors, 10**6)
    made.requests = [("requests", t, t + 5 * M, 0, 20, {"status": "503"}) for t in range(first, first + whole * 5 * M, 5 * M)]
    if rest:
        t = first + whole * 5 * M
        made.requests += [("requests", t, t + 5 * M, 10**6 - rest, 10**6, {"status": "503"})]
    made.fees = [(a, b, monthly, {}) for a, b in pairwise(MONTHS)]
    made.acts = [("claim", "R2", claimed, {})]
    made.watched = [("requests", first, claimed)]
    plans = plans_of("cloudflare-r2-queues")
    lines = settle(plans, made.facts(plans[0].customer, plans[0].currency), claimed + D).lines
    assert [(line.amount, line.state) for line in lines] == ([(round(F(1, 10) * fee_before(claimed, 30, monthly)), "owed")] if pays else [])


def test_each_claim_is_paid_of_the_days_before_itself() -> None:
    """Two claims half a year apart, with fees that rise: each is paid of its own thirty days, never of the other's."""
    made = Made()
    claims = (at("2026-01-31"), at("2026-07-31"))
    for claimed, status in ((claims[0], "500"), (claims[1], "502")):
        made.requests += [("requests", claimed - 5 * M * (i + 1), claimed - 5 * M * i, 0, 20, {"status": status}) for i in range(90)]
    made.fees = [(a, b, 31_000 + 7_000 * i, {}) for i, (a, b) in enumerate(pairwise(MONTHS))]
    made.acts = [("claim", "errors", claimed, {}) for claimed in claims]
    made.watched = [("requests", at("2025-12-01"), claims[1])]
    plans = plans_of("cloudflare-r2-queues")
    lines = settle(plans, made.facts(plans[0].customer, plans[0].currency), claims[1] + D).lines
    fees = {a: minor for a, _, minor, _ in made.fees}
    # both claims come on the last midnight of a month of 31 days: the thirty days before it lie in that month
    assert [line.amount for line in lines] == [round(F(1, 10) * F(30, 31) * fees[at(month)]) for month in ("2026-01-01", "2026-07-01")]


@pytest.mark.parametrize("invoice", [1, 12_345, 12_346, 12_347, 123_457])
@pytest.mark.parametrize("folder", ["atlassian-premium", "atlassian-enterprise"])
def test_the_cap_is_the_invoice_that_the_credit_is_applied_to(folder: str, invoice: int) -> None:
    """atlassian: at most 100% of the invoice the credit is applied to, not of the month of the outage: 10% of 1,234.57 is 123.46."""
    made, start, end, after = Made(), at("2025-04-01"), at("2025-05-01"), at("2025-06-01")
    made.requests = [("requests", t, t + M, 94, 100, {"product": "jira", "experience": "browser"}) for t in range(start, start + 60 * M, M)]
    made.fees = [(start, end, 123_457, {"product": "jira"}), (end, after, invoice, {"product": "jira"})]
    made.acts = [("claim", "uptime", end + 3 * D, {"window": "2025-04"})]
    made.watched = [("requests", at("2025-01-01"), end)]
    plans = plans_of(folder)
    lines = settle(plans, made.facts(plans[0].customer, plans[0].currency), after + 40 * D).lines
    assert [(line.amount, line.rounded, bool(line.cuts)) for line in lines] == [(min(12_346, invoice), 12_346, invoice < 12_346)]


@pytest.mark.parametrize(("instance", "region", "paid"), [
    (0, 5, ("region", 61_728)), (220, 0, ("instance", 2_000)), (220, 5, ("region", 61_728)), (460, 460, ("region", 185_186)),
    (2_500, 5, ("region", 61_728)), (2_500, 2_500, ("region", 617_285)), (43_200, 0, ("instance", 20_000)),
])
def test_one_event_is_paid_once(instance: int, region: int, paid: tuple[str, int]) -> None:
    """aws-ec2-instance and aws-ec2-region: no double recovery. The fees: 200.00 for the instance, 6,172.85 for the region with it."""
    made, start, end = Made(), at("2025-04-01"), at("2025-05-01")
    says = {"region": "eu-central-1", "cause": "provider"}
    made.outages = [(kind, start, start + minutes * M, says | ({"instance": "i-1"} if kind == "instance-down" else {}))
                    for kind, minutes in (("instance-down", instance), ("region-down", region)) if minutes]
    made.fees = [(start, end, 20_000, {"region": "eu-central-1", "instance": "i-1"}),
                 (start, end, 597_285, {"region": "eu-central-1", "instance": "i-2"})]
    made.acts = [("claim", name, end + D, {}) for name in ("instance", "region")]
    made.watched = [(kind, at("2025-01-01"), end) for kind in ("instance-down", "region-down")]
    plans = plans_of("aws-ec2-instance")
    lines = settle(plans, made.facts(plans[0].customer, plans[0].currency), end + 2 * D).lines
    assert [(line.commitment, line.amount) for line in lines if line.state == "owed"] == [paid]
    assert all(line.state == "not owed" and line.amount == 0 for line in lines if line.commitment != paid[0])
