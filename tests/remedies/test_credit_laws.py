"""Laws of credits over random agreements and facts: worse service never pays less, charges elsewhere change nothing, order does not matter."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from money_made import DAY, START, charges, month

from upheld.agreement.load import load
from upheld.facts.tables import Attribute, Coverage, Facts, Header, Intervals
from upheld.remedies.settle import settle
from upheld.remedies.settlement import Settlement
from upheld.values.exact import allocate, round_to
from upheld.values.money import show_money

HEAD = """\
upheld: 1
agreement: acme
effective: {{from: 2026-01-01}}
timezone: {zone}
currency: EUR
states: {{outage: {{where: {{kind: outage}}}}}}
commitments:
  uptime:
    measure: availability
    down: outage
    out_of: period
    per: month
    target: ">= {top}%"
    credit: {credit}
{rest}
"""


def facts(outages: list[tuple[int, int]], monthly: int) -> Facts:
    n = len(outages)
    start, end = (np.array([o[i] for o in outages], np.int64) for i in range(2))
    one = Attribute(np.zeros(n, np.int32), ("outage",))
    header = Header(np.arange(n), Attribute(np.zeros(n, np.int32), ("monitor",)), start)
    intervals = Intervals(header, one, one, start, end, np.ones(n, np.int64))
    watched = Coverage(Attribute(np.zeros(1, np.int32), ("monitor",)), Attribute(np.zeros(1, np.int32), ("outage",)),
                       np.array([START - DAY]), np.array([month(11)[1]]), np.zeros(1, np.bool_))
    return Facts(intervals=intervals if n else None, charges=charges([(*month(m), monthly) for m in range(12)]), coverage=watched)


def settled(credit: str, outages: list[tuple[int, int]], monthly: int = 100_000, top: str = "99.9", rest: str = "",
            zone: str = "UTC") -> Settlement:
    text = HEAD.format(credit=credit, top=top, rest=rest, zone=zone)
    loaded = load({"a.yaml": text.encode()}, name="a.yaml")
    assert loaded.plan is not None, loaded.findings
    return settle((loaded.plan,), facts(outages, monthly), None)


CREDITS = (
    '{pay: {by result: {">= 99%, < 99.9%": 10%, ">= 95%, < 99%": 25%, "< 95%": 100%}}, of: fee}',
    "{pay: 5%, of: fee, per: started 30m down, up_to: 100%}",
    "{pay: 5%, of: fee, per: completed 30m down, up_to: 100%}",
    "{pay: 10x, of: fee, per: share down, up_to: 50%}",
    "{pay: 10h of fee, of: fee, per: 1h over}",
    "{greatest of: [{pay: 3%, of: fee}, {pay: 1x, of: fee, per: share down}]}",
    "{sum of: [{pay: 1%, of: fee}, {pay: 1%, of: fee, per: completed 100m down}]}",
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CREDITS), st.integers(1, 20 * 24 * 60), st.integers(0, 10 * 24 * 60), st.integers(1, 10**7))
def test_no_credit_falls_as_service_worsens(credit: str, down: int, more: int, monthly: int) -> None:
    first = START + DAY
    less = settled(credit, [(first, first + down * 60_000_000)], monthly)
    worse = settled(credit, [(first, first + min(down + more, 29 * 24 * 60) * 60_000_000)], monthly)
    assert less.total() <= worse.total()
    assert not less.unknown()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 330), st.integers(1, 3_000)), min_size=1, max_size=6), st.randoms())
def test_the_order_of_facts_changes_nothing(spans: list[tuple[int, int]], rng: object) -> None:
    outages = [(START + d * DAY, START + d * DAY + m * 60_000_000) for d, m in spans]
    shuffled = list(outages)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (settled(CREDITS[0], sorted(o), rest="caps: [{up_to: 20%, of: fee, in: year}]") for o in (outages, shuffled))
    assert one == other


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 31 * 24 * 60), st.integers(1, 10**6))
def test_a_share_down_is_exact(down: int, monthly: int) -> None:
    found = settled("{pay: 1x, of: fee, per: share down}", [(START, START + down * 60_000_000)], monthly, top="100")
    assert found.lines[0].raw == Fraction(down * monthly, 31 * 24 * 60)
    assert found.lines[0].amount == int(round_to(Fraction(down * monthly, 31 * 24 * 60), Fraction(1), "half_even"))


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=9).filter(any))
def test_parts_sum_to_the_whole_and_none_is_a_cent_off(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


def test_money_is_shown_as_people_write_it() -> None:
    assert [show_money(*x) for x in ((0, "EUR"), (5, "EUR"), (-5, "EUR"), (123_456_789, "EUR"), (1_500, "JPY"), (1_234, "KWD"))] == [
        "0.00 EUR", "0.05 EUR", "-0.05 EUR", "1,234,567.89 EUR", "1,500 JPY", "1.234 KWD"]
    assert [show_money(Fraction(*x), "EUR") for x in ((1, 2), (1, 3), (-200, 3), (100, 1), (1001, 10))] == [
        "0.005 EUR", "0.003333… EUR", "-0.666666… EUR", "1.00 EUR", "1.001 EUR"]


def test_a_split_window_is_paid_of_the_fee_of_its_part() -> None:
    """An amendment on 11 January splits the month: ten days under the first version, 21 under the second."""
    base = HEAD.format(credit="{pay: 10%, of: fee}", top="99.9", rest="", zone="UTC")
    first = base.replace("agreement: acme", "agreement: acme\nversion: 1").replace("2026-01-01}", "2026-01-01, until: 2026-01-10}")
    second = base.replace("agreement: acme", "agreement: acme\nversion: 2").replace("2026-01-01}", "2026-01-11}").replace(
        "per: month", "per: month\n    mid_window: split")
    plans = tuple(p for text in (first, second) if (p := load({"a.yaml": text.encode()}, name="a.yaml").plan) is not None)
    outages = [(START + DAY, START + DAY + 3_600_000_000), (START + 20 * DAY, START + 20 * DAY + 3_600_000_000)]
    found = settle(plans, facts(outages, 310_000), None)
    assert [(x.version, x.amount) for x in found.lines] == [("1", 10_000), ("2", 21_000)]
    assert len({x.key for x in found.lines}) == 2
