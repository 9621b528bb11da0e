"""Availability against a minute-by-minute oracle, and the laws it must keep."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import oracle_time as naive
import pytest
from fact_rows import WATCHED, D, H, M, at, context, coverage, declarations, intervals, is_, plan

from upheld.calendars.spec import Explicit, WindowSpec
from upheld.facts.tables import Facts
from upheld.measures import availability, ledger
from upheld.plans.lookup import constant
from upheld.plans.plan import (
    AvailabilityPlan,
    Breached,
    CalendarState,
    Combination,
    ExclusionRule,
    Head,
    IntervalState,
    Within,
)

SINCE, UNTIL = at("2024-01-01"), at("2024-03-01")
MONTH = WindowSpec("month")


def uptime(down="outage", out_of="hours", value="share", **head):
    return AvailabilityPlan(Head("up", MONTH, **head), down, out_of, value)


def measured(commitment, rows, states=None, exclusions=None, calendars=None, complete=WATCHED, since=SINCE, until=UNTIL, **facts):
    states = {"outage": IntervalState(is_("kind", "outage")), "maintenance": IntervalState(is_("kind", "maintenance")), **(states or {})}
    of = plan({"up": commitment}, states, exclusions, calendars, complete)
    there = Facts(intervals=intervals(rows) if rows is not None else None, **facts)
    return context(of, there, since, until), availability.measure(commitment, context(of, there, since, until))


def random_rows(rng, n, days=60):
    rows = []
    for i in range(n):
        start = SINCE + rng.randrange(-2 * 1440, days * 1440) * M
        row = {"kind": rng.choice(["outage", "outage", "maintenance"]), "start": start, "end": start + rng.randrange(1, 900) * M, "id": f"f{i}",
               "region": rng.choice(["eu", "us"]), "cause": rng.choice(["customer", "provider", "power"])}
        rows.append(row)
    return rows


@pytest.mark.parametrize("seed", range(25))
def test_equals_the_oracle(seed):
    rng = random.Random(seed)
    rows = random_rows(rng, rng.randrange(0, 60))
    least, beyond, period = rng.choice([0, 0, 5, 300]), rng.random() < 0.3, rng.random() < 0.4
    effects = [rng.choice(["leave_out", "count_as_good"]) for _ in range(3)]
    hours = [(SINCE + d * D + 8 * H, SINCE + d * D + 18 * H) for d in range(-3, 63)] if rng.random() < 0.5 else [(SINCE - 3 * D, UNTIL + D)]
    exclusions = {
        "m": ExclusionRule("m", effects[0], during="maintenance"),
        "c": ExclusionRule("c", effects[1], where=is_("cause", "customer")),
        "p": ExclusionRule("p", effects[2], where=is_("cause", "power"), during="maintenance"),
    }
    order = rng.sample(["m", "c", "p"], rng.randrange(0, 4))
    commitment = uptime(out_of="period" if period else "hours", for_each=("region",), hours=constant("shop"), excluding=tuple(order))
    ctx, result = measured(commitment, rows, {"outage": IntervalState(is_("kind", "outage"), least * M, beyond)}, exclusions,
                           {"shop": Explicit("UTC", tuple(hours))})
    open_ = naive.union([{"start": a, "end": b} for a, b in hours])
    assert len(result.parts) == 2 * len({r["region"] for r in rows})
    for part in result.parts:
        mine = [r for r in rows if r["region"] == part.group[0]]
        maintained = naive.union([r for r in mine if r["kind"] == "maintenance"])
        clauses = {"m": ("while", effects[0], maintained), "c": ("where", effects[1], lambda f: f["cause"] == "customer", None),
                   "p": ("where", effects[2], lambda f: f["cause"] == "power", maintained)}
        window = naive.minutes({"start": int(result.windows.start[part.window]), "end": int(result.windows.end[part.window])})
        outages = [r for r in mine if r["kind"] == "outage"]
        how = {"least": max(least, 1), "period": period, "beyond": beyond and least > 0}
        expected, detail = naive.share(outages, [clauses[x] for x in order], window, open_, **how)
        assert (part.agreed.low, part.agreed.high) == (expected, expected)
        assert part.agreed.detail["base_us"] == detail["base"] * M
        assert part.agreed.detail["down_us"] == detail["down"] * M
        assert [part.agreed.left_out_us[x] for x in order] == [detail["left"][j] * M for j in range(len(order))]
        plain, _ = naive.share(outages, [], window, open_, **how)
        assert part.bare.low == plain
        segments = ledger.segments(commitment, ctx, part.group, part.window)
        assert int(segments.counted_us.sum()) == part.agreed.detail["down_us"]
        assert (segments.start[1:] == segments.end[:-1]).all()


def test_number_longest_and_total_take_the_whole_run_where_it_ends():
    edge = at("2024-02-01")
    rows = [{"start": edge - 2 * H, "end": edge + H},
            {"start": edge + 5 * H, "end": edge + 6 * H}, {"start": edge + 6 * H, "end": edge + 7 * H}]
    expected = {"number": (0, 2), "longest": (0, 3 * H), "total": (2 * H, 3 * H)}
    for value, ends in expected.items():
        _, result = measured(uptime(value=value), rows)
        assert tuple(p.agreed.low for p in result.parts) == ends
    _, result = measured(uptime(value="mean between"), rows)
    assert result.parts[0].agreed.low is None
    assert result.parts[1].agreed.low == Fraction(29 * D - 3 * H, 2)


def test_unwatched_time_makes_a_range_or_what_the_clause_says():
    rows = [{"start": SINCE, "end": SINCE + 10 * H}]
    watched = coverage([("outage", SINCE, SINCE + 21 * D)])
    month, dark = 31 * D, 10 * D
    ranges = {"unknown": (1 - Fraction(10 * H + dark, month), 1 - Fraction(10 * H, month)), "up": (1 - Fraction(10 * H, month),) * 2,
              "down": (1 - Fraction(10 * H + dark, month),) * 2, "left out": (1 - Fraction(10 * H, month - dark),) * 2}
    for choice, expected in ranges.items():
        _, result = measured(uptime(unknown=choice), rows, complete=(), until=at("2024-02-01"), coverage=watched)
        figure = result.parts[0].agreed
        assert (figure.low, figure.high) == expected, choice
    assert figure.left_out_us["unknown"] == dark


def test_silence_without_any_declaration_is_not_up():
    _, result = measured(uptime(), [{"start": SINCE + D, "end": SINCE + 2 * D}], complete=(), until=at("2024-02-01"))
    figure = result.parts[0].agreed
    assert figure.unknown_us == 30 * D
    assert result.notes
    assert (figure.low, figure.high) == (0, Fraction(30, 31))
    _, nothing = measured(uptime(), None, complete=(), until=at("2024-02-01"))
    assert (nothing.parts[0].agreed.low, nothing.parts[0].agreed.high) == (0, 1)


def test_a_missing_attribute_is_counted_both_ways():
    rows = [{"start": SINCE, "end": SINCE + D, "region": "eu"}, {"start": SINCE + 2 * D, "end": SINCE + 3 * D, "region": None},
            {"start": SINCE, "end": SINCE + H, "region": "us"}]
    _, result = measured(uptime(for_each=("region",)), rows, until=at("2024-02-01"))
    eu, us = result.parts
    assert (eu.agreed.low, eu.agreed.high) == (Fraction(29, 31), Fraction(30, 31))
    assert (us.agreed.low, us.agreed.high) == (1 - Fraction(25 * H, 31 * D), 1 - Fraction(H, 31 * D))
    assert eu.agreed.undecided == 1


def test_an_undecided_exclusion_is_counted_both_ways():
    rows = [{"start": SINCE, "end": SINCE + D, "cause": "customer"}, {"start": SINCE + 2 * D, "end": SINCE + 3 * D, "cause": None}]
    exclusions = {"c": ExclusionRule("c", "count_as_good", where=is_("cause", "customer"))}
    _, result = measured(uptime(excluding=("c",)), rows, exclusions=exclusions, until=at("2024-02-01"))
    assert (result.parts[0].agreed.low, result.parts[0].agreed.high) == (Fraction(30, 31), 1)
    assert (result.parts[0].bare.low, result.parts[0].bare.high) == (Fraction(29, 31), Fraction(29, 31))
    assert result.parts[0].agreed.n_left_out in (1, 2)


def test_weights_highest_and_sum():
    rows = [{"start": SINCE, "end": SINCE + 10 * H, "share": "0.5"}, {"start": SINCE + 5 * H, "end": SINCE + 15 * H, "share": "70%"}]
    for overlap, amount in (("highest", Fraction(1, 2) * 5 + Fraction(7, 10) * 10), ("sum", Fraction(1, 2) * 5 + 5 + Fraction(7, 10) * 5)):
        state = IntervalState(is_("kind", "outage"), weight="share", overlap=overlap)
        ctx, result = measured(uptime(value="total"), rows, {"outage": state}, until=at("2024-02-01"))
        assert result.parts[0].agreed.low == amount * H
        assert int(ledger.segments(uptime(value="total"), ctx, (), 0).counted_us.sum()) == amount * H
    own = IntervalState(is_("kind", "outage"), weight="", at_least_us=20 * H)
    _, result = measured(uptime(value="total"), [{"start": SINCE, "end": SINCE + 10 * H, "weight": 25}], {"outage": own})
    assert result.parts[0].agreed.low == 0
    named = IntervalState(is_("kind", "outage"), weight="weight")       # as agreements name what sources map as the weight
    _, result = measured(uptime(value="total"), [{"start": SINCE, "end": SINCE + 10 * H, "weight": 25}], {"outage": named})
    assert result.parts[0].agreed.low == Fraction(10 * H, 4)
    missing = IntervalState(is_("kind", "outage"), weight="size")
    _, result = measured(uptime(value="total"), rows, {"outage": missing})
    assert (result.parts[0].agreed.low, result.parts[0].agreed.high) == (0, 15 * H)


def test_notice_allowance_and_approval():
    rows = [{"start": SINCE + D, "end": SINCE + D + 6 * H, "kind": "maintenance", "known": SINCE - 5 * D, "id": "a"},
            {"start": SINCE + 3 * D, "end": SINCE + 3 * D + 6 * H, "kind": "maintenance", "known": SINCE, "id": "b"},
            {"start": SINCE + 9 * D, "end": SINCE + 9 * D + 6 * H, "kind": "maintenance", "known": SINCE + 8 * D, "id": "c"},
            {"start": SINCE, "end": SINCE + 12 * D, "kind": "outage"}]

    def left(rule, **facts):
        _, result = measured(uptime(excluding=("m",)), rows, exclusions={"m": rule}, until=at("2024-02-01"), **facts)
        return result.parts[0].agreed.left_out_us["m"]

    assert left(ExclusionRule("m", "leave_out", during="maintenance", notice=Within("time", 72 * H))) == 12 * H
    assert left(ExclusionRule("m", "leave_out", during="maintenance", notice=Within("days", 2, "always"))) == 12 * H
    eight = ExclusionRule("m", "leave_out", during="maintenance", allowance_us=8 * H, allowance_per=MONTH)
    assert left(eight) == 8 * H
    needs = ExclusionRule("m", "leave_out", during="maintenance", needs="both", until=Within("days", 10, "always"))
    said = [("approved", "a", "customer", SINCE + 2 * D), ("approved", "a", "provider", SINCE + 2 * D),
            ("approved", "b", "customer", SINCE + 4 * D), ("rejected", "b", "provider", SINCE + 4 * D)]
    assert left(needs) == 0
    assert left(needs, declarations=declarations(said)) == 6 * H
    by_name = [("approved", "m", who, SINCE + 2 * D) for who in ("customer", "provider")]
    assert left(needs, declarations=declarations(by_name)) == 18 * H
    where = ExclusionRule("m", "count_as_good", where=is_("kind", "outage"), allowance_us=H, allowance_per=MONTH)
    assert left(where) == H
    credit = ExclusionRule("m", "no_credit", during="maintenance")
    _, result = measured(uptime(excluding=("m",)), rows, exclusions={"m": credit}, until=at("2024-02-01"))
    assert result.parts[0].agreed.low == result.parts[0].bare.low


def test_combinations_calendars_and_breaches():
    rows = [{"start": SINCE, "end": SINCE + 4 * H, "zone": "a"}, {"start": SINCE + 2 * H, "end": SINCE + 6 * H, "zone": "b"}]
    states = {"a": IntervalState(is_("zone", "a")), "b": IntervalState(is_("zone", "b")), "both": Combination(("a", "b"), 2),
              "any": Combination(("a", "b"), 1), "fine": Combination(("any",), 1, negate=True), "shop": CalendarState("shop"),
              "duty": Breached("duty"), "long": Combination(("a", "b"), 2, at_least_us=3 * H)}
    calendars = {"shop": Explicit("UTC", ((SINCE, SINCE + 10 * H),))}

    def total(down, out_of="hours"):
        commitment = uptime(down=down, out_of=out_of, value="total")
        of = plan({"up": commitment}, states, {}, calendars, WATCHED)
        ctx = context(of, Facts(intervals=intervals(rows)), SINCE, at("2024-02-01"),
                      breached=lambda _: (np.array([SINCE]), np.array([SINCE + H])))
        return availability.measure(commitment, ctx).parts[0].agreed.low

    assert [total(s) for s in ("both", "any", "fine", "shop", "duty", "long")] == [2 * H, 6 * H, 31 * D - 6 * H, 10 * H, H, 0]
    _, result = measured(uptime(down="a", out_of="shop"), rows, states, calendars=calendars, until=at("2024-02-01"))
    assert result.parts[0].agreed.low == Fraction(6, 10)


def test_an_open_outage_is_measured_to_the_horizon_and_provisional():
    _, result = measured(uptime(value="total"), [{"start": SINCE + D, "end": None}], until=SINCE + 3 * D)
    assert result.parts[0].provisional
    assert result.parts[0].agreed.low == 2 * D


@pytest.mark.parametrize("seed", range(6))
def test_laws(seed):
    rng = random.Random(100 + seed)
    rows = random_rows(rng, 40)
    good = {"c": ExclusionRule("c", "count_as_good", where=is_("cause", "customer"))}
    _, first = measured(uptime(for_each=("region",), excluding=("c",)), rows, exclusions=good)
    mixed = rows.copy()
    rng.shuffle(mixed)
    _, second = measured(uptime(for_each=("region",), excluding=("c",)), mixed, exclusions=good)
    assert first.parts == second.parts                                      # facts in any order
    other = [*rows, {"kind": "staffing", "start": SINCE, "end": UNTIL, "region": "eu", "cause": "power"}]
    _, third = measured(uptime(for_each=("region",), excluding=("c",)), other, exclusions=good)
    assert first.parts == third.parts                                       # an unrelated fact
    assert all(p.agreed.low >= p.bare.low for p in first.parts)             # what counts as good never hurts
    for group in {p.group for p in first.parts}:                            # windows sum
        whole = AvailabilityPlan(Head("up", WindowSpec("year"), for_each=("region",)), "outage", "hours", "total")
        _, year = measured(whole, rows)
        assert sum(p.bare.detail["down_us"] for p in first.parts if p.group == group) == year.by_key[group, 0][0].agreed.low
