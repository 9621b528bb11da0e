"""Caps, minimums and one cause paid once: each rule at its edge."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from money_made import START, cap, charges, euro, fees, line, month, plan, share

from upheld.agreement.load import load
from upheld.plans.remedies import Base, MoneyRounding, PaysOnce
from upheld.remedies.fees import Fees
from upheld.remedies.limits import capped, paid_once
from upheld.remedies.settlement import Opening
from upheld.values.exact import round_to


def amounts(lines: object) -> list[int | None]:
    return [x.amount for x in lines]  # type: ignore[attr-defined]


def test_what_reaches_the_cap_is_whole_and_a_cent_more_is_cut() -> None:
    at = [line(0, 30_000)]
    assert amounts(capped(at, [cap(share(30), "month")], fees(), (), ())) == [30_000]
    over = capped([line(0, 30_001)], [cap(share(30), "month")], fees(), (), ())
    assert amounts(over) == [30_000]
    assert [(c.clause, c.period, c.limit, c.minor) for c in over[0].cuts] == [("caps.0", "2026-01", 30_000, 1)]
    assert over[0].cuts[0].text == "capped at 30% of the fee for 2026-01, 1,000.00 EUR in 2026-01 = 300.00 EUR"


def test_exactly_the_cap_is_no_cut_and_one_cent_can_be_cut() -> None:
    assert capped([line(0, 30_000), line(0, 0, "speed")], [cap(share(30), "month")], fees(), (), ()) == [line(0, 30_000), line(0, 0, "speed")]
    found = capped([line(0, 1), line(0, 0, "speed")], [cap(euro(0), "month")], fees(), (), ())
    assert [(x.amount, [c.minor for c in x.cuts]) for x in found] == [(0, [1]), (0, [])]


def test_a_cap_names_its_period() -> None:
    def told(within: str, **more: object) -> str:
        own = Fees(plan(), charges([(*month(m), 100_000) for m in range(24)]), (START, month(11)[1]))
        found = capped([line(1, 50_000, **more)], [cap(euro(10), within)], own, (), ())  # type: ignore[arg-type]
        return found[0].cuts[0].period

    assert told("case", case="c1") == "the case c1"
    assert told("case") == "the result of 2026-02"
    assert told("result") == "the result of uptime 2026-02"
    assert told("window") == "2026-02"
    assert told("month") == "2026-02"
    assert told("quarter") == "2026-01-01 to 2026-03-31"
    assert told("any 12 months") == "the 12 months to 2026-02-28"
    assert told("term") == "the term"


def test_the_term_ends_with_the_agreement_and_a_cap_can_change_with_the_date() -> None:
    two = Fees(plan(), charges([(*month(m), 100_000) for m in range(24)]), (START, month(1)[1]))
    assert amounts(capped([line(1, 50_000)], [cap(share(10), "term")], two, (), ())) == [20_000]
    text = b"""upheld: 1
agreement: acme
effective: {from: 2026-01-01}
timezone: UTC
currency: EUR
commitments: {}
caps: [{up_to: {by date: {"< 2026-02-01": 10%, "< 2026-03-01": 20%}}, of: fee, in: month}]
"""
    found = load({"a.yaml": text}, name="a.yaml").plan
    assert found is not None
    own = Fees(found, charges([(*month(m), 100_000) for m in range(24)]), (START, None))
    lines = capped([line(0, 50_000), line(1, 50_000), line(2, 50_000)], found.remedies.caps, own, (), ())
    assert amounts(lines) == [10_000, 20_000, None]
    assert lines[2].reason == "the cap in 2026-03 is not known: no row is agreed for this date"


def test_a_window_of_another_zone_belongs_to_its_own_month() -> None:
    """A month in UTC ends at one in the morning of a London summer: it is June's all the same."""
    text = b"""upheld: 1
agreement: acme
effective: {from: 2026-01-01}
timezone: Europe/London
currency: EUR
states: {outage: {where: {kind: outage}}}
commitments:
  uptime: {measure: availability, down: outage, out_of: period, per: {each: month, zone: UTC}, target: ">= 99%"}
"""
    found = load({"a.yaml": text}, name="a.yaml").plan
    assert found is not None
    own = Fees(found, charges([(*month(m), 100_000 + m) for m in range(24)]), (START, None))
    assert capped([line(5, 50_000)], [cap(euro(10), "month")], own, (), ())[0].cuts[0].period == "2026-06"


def test_results_of_several_groups_are_results_of_their_own() -> None:
    eu, us = (("region", "eu"),), (("region", "us"),)
    for within in ("result", "case"):
        lines = [line(0, 40_000, group=eu, case="c"), line(0, 40_000, group=us, case="c")]
        assert amounts(capped(lines, [cap(euro(30_000), within)], fees(), (), ())) == [30_000, 30_000]


def test_the_limit_is_rounded_as_all_money() -> None:
    assert amounts(capped([line(0, 500)], [cap(share(33), "month")], fees(1_001), (), ())) == [330]       # 330.33


def test_a_cut_is_shared_pro_rata_by_largest_remainder() -> None:
    lines = [line(0, 200), line(0, 217, "speed"), line(0, 82, "errors")]
    assert amounts(capped(lines, [cap(euro(210), "month")], fees(), (), ())) == [84, 91, 35]
    assert sum(x.cuts[0].minor for x in capped(lines, [cap(euro(210), "month")], fees(), (), ())) == 499 - 210


def rounds_to(step: int) -> Fees:
    """1,000.00 a month, under an agreement that rounds money to ``step`` cents."""
    made = plan()
    return fees(own=replace(made, remedies=replace(made.remedies, rounding=MoneyRounding("half_up", Fraction(step)))))


def test_a_cut_keeps_the_step_that_money_is_rounded_to() -> None:
    """0.25 for 0.20 and 0.15 that end together are 0.1429 and 0.1071: 0.15 and 0.10 in steps of 0.05, 0.14 and 0.11 in cents."""
    lines = [line(0, 20), line(0, 15, "speed")]
    rule = [cap(euro(25), "month")]
    assert amounts(capped(lines, rule, rounds_to(5), (), ())) == [15, 10]
    assert amounts(capped(lines, rule, rounds_to(1), (), ())) == [14, 11]
    # in steps of 0.02 the cap is 0.26: of 0.20 and 0.14 that is 0.1529 and 0.1071, so 0.16 and 0.10
    assert amounts(capped([line(0, 20), line(0, 14, "speed")], rule, rounds_to(2), (), ())) == [16, 10]


def test_a_cut_of_what_has_no_whole_steps_is_in_cents() -> None:
    """0.03 of a cap of 0.10 were given before the facts begin, so 0.07 are left for 0.05 and 0.05: 0.04 and 0.03. Where the next cap leaves
    0.05 of these, 2.86 and 2.14 cents are 0.03 and 0.02: a step of 0.05 would give the first more than it had."""
    january, _ = month(0)
    lines = [line(0, 5), line(0, 5, "speed")]
    first, then = cap(euro(10), "month"), replace(cap(euro(5), "window"), path="caps.1")
    assert amounts(capped(lines, [first], rounds_to(5), (Opening(january - 1, 3),), ())) == [5, 5]
    assert amounts(capped(lines, [first], rounds_to(5), (Opening(january, 3),), ())) == [4, 3]
    found = capped([line(0, 4), line(0, 3, "speed")], [then], rounds_to(5), (), ())
    assert [(x.amount, [c.minor for c in x.cuts]) for x in found] == [(3, [1]), (2, [1])]


def test_months_are_counted_apart_and_a_quarter_together() -> None:
    lines = [line(0, 50_000), line(1, 50_000), line(3, 50_000)]
    assert amounts(capped(lines, [cap(share(30), "month")], fees(), (), ())) == [30_000, 30_000, 30_000]
    # what ended first is paid first: a later credit takes nothing back
    assert amounts(capped(lines, [cap(share(30), "quarter")], fees(), (), ())) == [50_000, 40_000, 50_000]
    assert amounts(capped(lines, [cap(share(10), "year")], fees(), (), ())) == [50_000, 50_000, 20_000]
    assert amounts(capped(list(reversed(lines)), [cap(share(10), "contract year")], fees(), (), ())) == [20_000, 50_000, 50_000]
    assert amounts(capped([*lines, line(12, 50_000)], [cap(share(10), "term")], fees(months=13), (), ())) == [50_000, 50_000, 30_000, 0]
    both = [line(0, 50_000), line(1, 60_000), line(1, 30_000, "speed")]
    assert amounts(capped(both, [cap(share(30), "quarter")], fees(), (), ())) == [50_000, 26_667, 13_333]


def test_a_window_belongs_to_the_period_its_end_lies_in() -> None:
    start, _ = month(0)
    longer = replace(line(2, 50_000), start=start)          # a quarter's result, ending with March
    lines = [line(1, 50_000), longer]
    assert amounts(capped(lines, [cap(share(30), "month")], fees(), (), ())) == [30_000, 30_000]
    assert amounts(capped([line(2, 50_000), longer], [cap(share(30), "month")], fees(), (), ())) == [15_000, 15_000]


def test_a_window_that_ends_a_moment_after_midnight_ends_in_the_new_day() -> None:
    """A day's first microsecond is of that day: it is in its month, and in the twelve months that it ends."""
    later = replace(line(0, 50_000), end=month(0)[1] + 1)
    assert capped([later], [cap(euro(10), "any 12 months")], fees(), (), ())[0].cuts[0].period == "the 12 months to 2026-02-01"
    assert capped([later], [cap(euro(10), "month")], fees(), (), ())[0].cuts[0].period == "2026-02"
    assert amounts(capped([later, line(1, 50_000)], [cap(share(60), "month")], fees(), (), ())) == [50_000, 10_000]


def test_any_twelve_months_roll() -> None:
    lines = [line(0, 60_000), line(11, 60_000), line(12, 60_000)]
    # December: all of 2026 counts; January 2027: the twelve months from February on, so the first credit has left
    found = capped(lines, [cap(euro(100_000), "any 12 months")], fees(), (), ())
    assert amounts(found) == [60_000, 40_000, 60_000]
    assert found[1].cuts[0].text.endswith("600.00 EUR of it given before")


def test_any_twelve_months_count_what_was_left_by_the_cuts_before() -> None:
    lines = [line(0, 90_000), line(1, 90_000), line(2, 90_000)]
    assert amounts(capped(lines, [cap(euro(100_000), "any 12 months")], fees(), (), ())) == [90_000, 10_000, 0]


def test_opening_balances_count_where_they_fall() -> None:
    january, _ = month(0)
    given = (Opening(january, 20_000),)
    rule = [cap(euro(30_000), "month")]
    assert amounts(capped([line(0, 25_000)], rule, fees(), given, ())) == [10_000]
    assert amounts(capped([line(1, 25_000)], rule, fees(), given, ())) == [25_000]
    assert amounts(capped([line(0, 25_000)], rule, fees(), (Opening(january - 1, 20_000),), ())) == [25_000]
    assert amounts(capped([line(0, 25_000)], rule, fees(), (Opening(january, 40_000),), ())) == [0]
    assert amounts(capped([line(0, 25_000)], rule, fees(), (Opening(month(1)[0], 20_000),), ())) == [25_000]
    # twelve months to the end of January 2027 begin after the end of January 2026
    edge = month(0)[1]
    rolling = [cap(euro(30_000), "any 12 months")]
    assert amounts(capped([line(12, 25_000)], rolling, fees(), (Opening(edge - 1, 20_000),), ())) == [25_000]
    assert amounts(capped([line(12, 25_000)], rolling, fees(), (Opening(edge, 20_000),), ())) == [10_000]


def test_opening_balances_of_a_commitment_or_a_group() -> None:
    january, _ = month(0)
    rule = [cap(euro(30_000), "month", commitments=("speed",))]
    assert amounts(capped([line(0, 25_000, "speed")], rule, fees(), (Opening(january, 20_000, "uptime"),), ())) == [25_000]
    assert amounts(capped([line(0, 25_000, "speed")], rule, fees(), (Opening(january, 20_000, "speed"),), ())) == [10_000]
    assert amounts(capped([line(0, 25_000, "speed")], rule, fees(), (Opening(january, 20_000),), ())) == [10_000]
    by_region = [cap(euro(30_000), "month", for_each=("region",))]
    here = line(0, 25_000, group=(("region", "eu"),))
    assert amounts(capped([here], by_region, fees(), (Opening(january, 20_000, "", (("region", "us"),)),), ())) == [25_000]
    assert amounts(capped([here], by_region, fees(), (Opening(january, 20_000, "", (("region", "eu"),)),), ())) == [10_000]
    assert amounts(capped([here], by_region, fees(), (Opening(january, 20_000),), ())) == [10_000]


def test_for_each_counts_apart() -> None:
    eu, us = (("region", "eu"), ("class", "a")), (("region", "us"), ("class", "a"))
    lines = [line(0, 40_000, group=eu), line(0, 40_000, group=us)]
    assert amounts(capped(lines, [cap(euro(50_000), "month")], fees(), (), ())) == [25_000, 25_000]
    assert amounts(capped(lines, [cap(euro(50_000), "month", for_each=("region",))], fees(), (), ())) == [40_000, 40_000]


def test_a_result_a_window_a_case() -> None:
    lines = [line(0, 40_000, case="c1"), line(0, 40_000, case="c2"), line(0, 40_000, "speed")]
    assert amounts(capped(lines, [cap(euro(30_000), "case")], fees(), (), ())) == [30_000, 30_000, 30_000]
    assert amounts(capped(lines, [cap(euro(30_000), "result")], fees(), (), ())) == [15_000, 15_000, 30_000]
    assert amounts(capped(lines, [cap(euro(30_000), "window")], fees(), (), ())) == [10_000, 10_000, 10_000]


def test_only_the_commitments_named() -> None:
    lines = [line(0, 40_000), line(0, 40_000, "speed")]
    assert amounts(capped(lines, [cap(euro(30_000), "month", commitments=("speed",))], fees(), (), ())) == [40_000, 30_000]


def test_caps_work_in_order_on_what_the_one_before_left() -> None:
    lines = [line(0, 40_000), line(1, 40_000)]
    found = capped(lines, [cap(euro(30_000), "month"), replace(cap(euro(50_000), "year"), path="caps.1")], fees(), (), ())
    assert amounts(found) == [30_000, 20_000]
    assert [[(c.clause, c.minor) for c in x.cuts] for x in found] == [[("caps.0", 10_000)], [("caps.0", 10_000), ("caps.1", 10_000)]]


def test_what_does_not_count_is_neither_cut_nor_counted() -> None:
    lines = [
        line(0, 30_000), line(0, 30_000, "lapsed", state="lapsed"), line(0, None, "unknown", state="unknown"),
        line(0, 0, "none", state="not owed"), line(0, -5_000, "reward", kind="reward"),
        line(0, 20_000, "claimable", state="claimable"), line(0, 10_000, "choice", state="to choose"),
    ]
    assert amounts(capped(lines, [cap(euro(30_000), "month")], fees(), (), ())) == [15_000, 30_000, None, 0, -5_000, 10_000, 5_000]


def test_lines_of_other_versions_count_and_are_not_cut() -> None:
    before = [replace(line(0, 25_000), version="1")]
    found = capped([replace(line(0, 25_000, "speed"), version="2")], [cap(euro(30_000), "month")], fees(), (), before)
    assert amounts(found) == [5_000]
    assert amounts(capped([line(1, 25_000)], [cap(euro(30_000), "month")], fees(), (), before)) == [25_000]
    only = [cap(euro(30_000), "month", commitments=("speed",))]
    assert amounts(capped([line(0, 25_000, "speed")], only, fees(), (), before)) == [25_000]
    lapsed = [replace(line(0, 25_000), state="lapsed")]
    assert amounts(capped([line(0, 25_000, "speed")], [cap(euro(30_000), "month")], fees(), (), lapsed)) == [25_000]


def test_a_cap_of_one_case_result_or_window_counts_only_its_own() -> None:
    start, end = month(0)
    mine = line(0, 25_000, case="c1")
    alike = replace(mine, version="1")
    earlier = replace(alike, end=end - 1)               # ends within the time of the other, and is not it
    shorter = replace(alike, start=start + 1)
    for within in ("case", "result", "window"):
        rule = [cap(euro(30_000), within)]
        assert amounts(capped([mine], rule, fees(), (), [alike])) == [5_000], within
        assert amounts(capped([mine], rule, fees(), (), [replace(alike, amount=2_000), replace(alike, amount=3_000)])) == [25_000], within
        assert amounts(capped([mine], rule, fees(), (), [replace(alike, amount=4_000), replace(alike, amount=3_000)])) == [23_000], within
        assert amounts(capped([mine], rule, fees(), (), [earlier, shorter])) == [25_000], within
        assert amounts(capped([mine], rule, fees(), (Opening(start, 20_000),), [replace(alike, amount=1_000)])) == [9_000], within
        assert amounts(capped([mine], rule, fees(), (), [replace(alike, kind="reward")])) == [25_000], within
    assert amounts(capped([mine], [cap(euro(30_000), "case")], fees(), (), [replace(alike, case="c2")])) == [25_000]
    assert amounts(capped([mine], [cap(euro(30_000), "result")], fees(), (), [replace(alike, commitment="speed")])) == [25_000]
    assert amounts(capped([mine], [cap(euro(30_000), "window")], fees(), (), [replace(alike, commitment="speed")])) == [5_000]


def test_what_ends_first_is_paid_first_whatever_the_order_of_the_lines() -> None:
    lines = [line(2, 90_000), line(1, 90_000), line(0, 90_000)]
    assert amounts(capped(lines, [cap(euro(100_000), "any 12 months")], fees(), (), ())) == [0, 10_000, 90_000]
    # January 2027 looks back on what the cap left of February 2026, not on what February would have been
    lines = [line(12, 90_000), line(1, 90_000), line(0, 90_000)]
    assert amounts(capped(lines, [cap(euro(100_000), "any 12 months")], fees(), (), ())) == [90_000, 10_000, 90_000]
    # a cap that is not known in one quarter does not count there, and the quarter before it is cut all the same
    assert amounts(capped([line(3, 50_000), line(0, 50_000)], [cap(share(10), "quarter")], fees(months=3), (), ())) == [None, 30_000]


def test_a_minimum_is_of_all_that_falls_in_its_period() -> None:
    rule = [cap(None, "quarter", least=euro(10_000))]
    assert amounts(capped([line(0, 6_000), line(1, 4_000)], rule, fees(), (), ())) == [6_000, 4_000]
    assert amounts(capped([line(0, 6_000), line(1, 3_999)], rule, fees(), (), ())) == [0, 0]
    assert amounts(capped([line(2, 6_000), line(3, 6_000)], rule, fees(), (), ())) == [0, 0]


def test_a_minimum_of_the_sum() -> None:
    rule = [cap(None, "month", least=euro(10_000))]
    low = capped([line(0, 5_000), line(0, 4_999, "speed")], rule, fees(), (), ())
    assert [(x.state, x.amount, x.reason) for x in low] == [("not owed", 0, "below the minimum of 100.00 EUR in 2026-01")] * 2
    assert amounts(capped([line(0, 5_000), line(0, 5_000, "speed")], rule, fees(), (), ())) == [5_000, 5_000]
    assert amounts(capped([line(0, 1)], rule, fees(), (), ())) == [0]
    assert [x.state for x in capped([line(0, 0)], rule, fees(), (), ())] == ["owed"]
    of_fee = [cap(None, "month", Base("fee", window="month"), least=share(10))]
    assert [amounts(capped([line(0, n)], of_fee, fees(), (), ())) for n in (9_999, 10_000)] == [[0], [10_000]]
    of_quarter = [cap(None, "month", Base("fee", window="quarter"), least=share(10))]
    assert [amounts(capped([line(0, n)], of_quarter, fees(), (), ())) for n in (29_999, 30_000)] == [[0], [30_000]]
    both = [cap(euro(9_000), "month", least=euro(10_000))]
    assert amounts(capped([line(0, 20_000)], both, fees(), (), ())) == [9_000]


def test_a_cap_of_what_was_never_charged_leaves_the_credit_open() -> None:
    nothing = Fees(plan(), None, (START, None))
    found = capped([line(0, 1), line(0, 0, "none")], [cap(share(30), "month")], nothing, (), ())
    assert [(x.state, x.amount, x.low, x.high) for x in found] == [("unknown", None, 0, 1), ("owed", 0, None, None)]
    assert found[0].reason == "the cap in 2026-01 is not known: no charges are recorded"


def test_the_base_of_a_cap_is_the_fee_of_its_own_time() -> None:
    own = Fees(plan(), charges([(*month(0), 100_000), (*month(1), 200_000)]), (START, None))
    assert amounts(capped([line(1, 90_000)], [cap(share(30), "month")], own, (), ())) == [60_000]
    assert amounts(capped([line(1, 99_000)], [cap(share(30), "quarter")], own, (), ())) == [90_000]
    assert amounts(capped([line(1, 99_000)], [cap(share(30), "quarter", Base("fee", window="month"))], own, (), ())) == [None]


ONCE = [PaysOnce(("uptime", "speed"))]


def test_the_commitment_that_pays_most_pays() -> None:
    found = paid_once([line(0, 20_000), line(0, 25_000, "speed"), line(0, 9_000, "errors")], ONCE, "EUR")
    assert [(x.state, x.amount) for x in found] == [("not owed", 0), ("owed", 25_000), ("owed", 9_000)]
    assert found[0].reason == "paid once for one cause: `speed` pays 250.00 EUR"


def test_equal_amounts_are_paid_by_the_first_named() -> None:
    assert amounts(paid_once([line(0, 20_000, "speed"), line(0, 20_000)], ONCE, "EUR")) == [0, 20_000]


def test_windows_and_shared_groups_are_causes_of_their_own() -> None:
    assert amounts(paid_once([line(0, 20_000), line(1, 25_000, "speed")], ONCE, "EUR")) == [20_000, 25_000]
    eu, us = (("region", "eu"),), (("region", "us"),)
    lines = [line(0, 20_000, group=eu), line(0, 10_000, group=us), line(0, 15_000, "speed", (*eu, ("class", "a"))),
             line(0, 15_000, "speed", (*us, ("class", "a")))]
    assert amounts(paid_once(lines, ONCE, "EUR")) == [20_000, 0, 0, 15_000]
    several = [line(0, 20_000, group=eu), line(0, 15_000, "speed", (*eu, ("class", "a"))), line(0, 15_000, "speed", (*eu, ("class", "b")))]
    assert amounts(paid_once(several, ONCE, "EUR")) == [0, 15_000, 15_000]


def test_what_lapsed_does_not_keep_another_from_paying() -> None:
    lines = [line(0, 20_000), line(0, 25_000, "speed", state="lapsed"), line(0, -4, "speed", kind="reward")]
    assert amounts(paid_once(lines, ONCE, "EUR")) == [20_000, 25_000, -4]


def test_what_a_rule_does_not_name_is_passed_over() -> None:
    assert paid_once([line(0, 5, "errors")], ONCE, "EUR") == [line(0, 5, "errors")]
    lines = [line(0, 5, "errors"), line(1, 7, state="lapsed"), line(0, 20_000), line(0, 25_000, "speed")]
    assert amounts(paid_once(lines, ONCE, "EUR")) == [5, 7, 0, 25_000]


def test_no_rule_changes_nothing() -> None:
    lines = [line(0, 20_000), line(0, 25_000, "speed")]
    assert paid_once(lines, (), "EUR") == lines
    assert capped(lines, (), fees(), (), ()) == lines


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 14), st.integers(0, 70_000), st.sampled_from(["uptime", "speed"]), st.sampled_from(["eu", "us"])),
             max_size=12),
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(
        ["month", "quarter", "year", "any 12 months", "contract year", "term", "window", "result"])), max_size=3),
)
def test_no_cap_is_exceeded_and_no_line_grows(rows: list[tuple[int, int, str, str]], rules: list[tuple[int, str]]) -> None:
    lines = [line(m, amount, name, (("region", region),)) for m, amount, name, region in rows]
    found = capped(lines, [cap(share(p), within) for p, within in rules], fees(), (), ())
    assert [x.key for x in found] == [x.key for x in lines]
    for was, now in zip(lines, found, strict=True):
        assert 0 <= (now.amount or 0) <= (was.amount or 0)
        assert (was.amount or 0) - (now.amount or 0) == sum(c.minor for c in now.cuts)
    for percent, within in rules:
        if within == "month":
            for m in range(15):
                given = sum(x.amount or 0 for x in found if x.end == month(m)[1])
                assert given <= percent * 1_000
        if within == "any 12 months":
            for m in range(15):
                inside = [x for x in found if month(m)[1] - 365 * 86_400_000_000 < x.end <= month(m)[1]]
                assert sum(x.amount or 0 for x in inside) <= percent * 1_000 * min(m + 1, 12) or any(x.end < month(m)[1] for x in inside)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=1, max_size=4), st.integers(0, 20), st.sampled_from([1, 2, 5, 10]),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["month", "term", "window"])), min_size=1, max_size=3),
)
def test_in_whatever_steps_no_line_grows_and_all_that_is_left_is_given(
        rows: list[tuple[int, int]], before: int, step: int, rules: list[tuple[int, str]]) -> None:
    lines, book, opening = [line(m, amount, f"c{i}") for i, (m, amount) in enumerate(rows)], rounds_to(step), (Opening(START, before),)
    for was, now in zip(lines, capped(lines, [cap(euro(n), within) for n, within in rules], book, opening, ()), strict=True):
        assert 0 <= (now.amount or 0) <= (was.amount or 0)
        assert all(c.minor >= 0 for c in now.cuts)
    limit = int(round_to(Fraction(30), Fraction(step), "half_up"))
    given_ = sum(x.amount or 0 for x in capped(lines, [cap(euro(30), "term")], book, opening, ()))
    assert given_ == min(max(limit - before, 0), sum(amount for _, amount in rows))


@pytest.mark.parametrize("total", [0, 1, 7, 99, 210, 498, 499])
def test_every_split_sums(total: int) -> None:
    lines = [line(0, 200), line(0, 217, "speed"), line(0, 82, "errors")]
    assert sum(x.amount or 0 for x in capped(lines, [cap(euro(total), "month")], fees(), (), ())) == total
