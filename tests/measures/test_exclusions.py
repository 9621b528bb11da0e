"""Exclusions on values, hours that differ by result, windows of several versions, ledgers by the table of measures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from fact_rows import WATCHED, D, H, at, context, counts, declarations, intervals, is_, plan, samples

from upheld.calendars.spec import Explicit, WindowSpec
from upheld.facts.tables import Facts
from upheld.measures import table
from upheld.measures.sweep import Ranges, Spans, positions_in, time_left
from upheld.plans.lookup import Branch, Else, Exact, Leaf, Lookup, constant
from upheld.plans.plan import AvailabilityPlan, ExclusionRule, Head, IntervalState, Slices, ValuesPlan, Within

SINCE, FEB, UNTIL = at("2024-01-01"), at("2024-02-01"), at("2024-03-01")
MONTH = WindowSpec("month")
STATES = {"outage": IntervalState(is_("kind", "outage")), "maintenance": IntervalState(is_("kind", "maintenance"))}
OUTAGES = [{"start": SINCE + D + 6 * H, "end": SINCE + D + 12 * H, "site": "x"}, {"start": SINCE + 40 * D, "end": SINCE + 41 * D, "site": "y"}]


def measured(commitment, exclusions=None, calendars=None, until=UNTIL, since=SINCE, changed=None, **facts):
    of = plan({"up": commitment}, STATES, exclusions, calendars, WATCHED)
    ctx = replace(context(of, Facts(**facts), since, until), **(changed or {}))
    return ctx, table.measure(commitment, ctx)


def uptime(value="total", window=MONTH, **head):
    return AvailabilityPlan(Head("up", window, **head), "outage", "hours", value)


def test_values_in_maintenance_are_not_counted_or_count_as_good():
    rows = [{"start": SINCE + i * H, "good": 5, "total": 10} for i in range(4)]
    time = [{"kind": "maintenance", "start": SINCE + H, "end": SINCE + 2 * H, "known": SINCE - 9 * D},
            {"kind": "maintenance", "start": SINCE + 3 * H, "end": SINCE + 4 * H, "known": SINCE}]
    for effect, notice, expected in (("leave_out", None, Fraction(10, 20)), ("count_as_good", None, Fraction(30, 40)),
                                     ("count_as_good", Within("time", D), Fraction(25, 40))):
        rule = ExclusionRule("m", effect, during="maintenance", notice=notice)
        commitment = ValuesPlan(Head("up", MONTH, excluding=("m",)), "ratio", "counts")
        ctx, result = measured(commitment, {"m": rule}, counts=counts(rows), intervals=intervals(time), until=FEB)
        assert result.parts[0].agreed.low == expected
        ledger = table.segments(commitment, ctx, (), 0)
        assert len(ledger.start) == 4
        assert int(ledger.counted_us.sum()) == result.parts[0].agreed.detail["good"]


def test_a_where_on_values_needs_its_notice_and_approval():
    rows = [{"at": SINCE + H, "value": 5, "cause": "test", "known": SINCE - 5 * D, "id": "a"}, {"at": SINCE + D, "value": 1, "cause": "test",
            "known": SINCE + D, "id": "b"}, {"at": SINCE + 2 * D, "value": 3, "cause": "real", "id": "c"}]
    base = {"where": is_("cause", "test")}
    said = declarations([("approved", "b", "customer", SINCE + 3 * D)])
    for extra, expected in (({}, 3), ({"notice": Within("time", 72 * H)}, 2), ({"needs": "customer"}, 4)):
        rule = ExclusionRule("t", "leave_out", **base, **extra)
        commitment = ValuesPlan(Head("up", MONTH, excluding=("t",)), "mean", "samples")
        ctx, result = measured(commitment, {"t": rule}, samples=samples(rows), declarations=said, until=FEB)
        assert result.parts[0].agreed.low == expected
        assert int(table.segments(commitment, ctx, (), 0).counted_us.sum()) == expected * result.parts[0].agreed.n
    sliced = ValuesPlan(Head("up", MONTH), "mean", "samples", slices=Slices(D, statistic="max"))
    ctx, result = measured(sliced, samples=samples(rows), until=FEB)
    assert result.parts[0].agreed.low == 3
    assert table.segments(sliced, ctx, (), 0).counted_us.tolist() == [5 * 10**9, 10**9, 3 * 10**9]


def test_hours_differ_by_result():
    hours = Lookup(Branch("site", ((Exact("x"), Leaf(0)), (Else(), Leaf(1)))), ("shop", "always"), ("", ""))
    calendars = {"shop": Explicit("UTC", tuple((SINCE + d * D + 8 * H, SINCE + d * D + 10 * H) for d in range(60)))}
    _, result = measured(uptime(for_each=("site",), hours=hours), calendars=calendars, intervals=intervals(OUTAGES))
    assert [(p.group[0], p.agreed.low) for p in result.parts] == [("x", 2 * H), ("x", 0), ("y", 0), ("y", D)]
    ledger_ctx, _ = measured(uptime(for_each=("site",), hours=hours), calendars=calendars, intervals=intervals(OUTAGES))
    found = table.segments(uptime(for_each=("site",), hours=hours), ledger_ctx, ("x",), 0)
    assert int(found.counted_us.sum()) == 2 * H
    assert found.opened_by[int(np.flatnonzero(found.counted_us)[0])] == ""
    with pytest.raises(KeyError):
        table.segments(uptime(for_each=("site",), hours=hours), ledger_ctx, ("z",), 0)


@pytest.mark.parametrize(("rule", "first", "second"), [("next", [0], [1]), ("new", [], [0, 1]), ("split", [0], [0, 1])])
def test_a_version_that_takes_effect_inside_a_window(rule, first, second):
    middle = SINCE + 10 * D
    rows = intervals([{"start": SINCE + 9 * D, "end": SINCE + 12 * D}])
    _, old = measured(uptime(mid_window=rule), changed={"until_us": middle, "from_us": SINCE}, intervals=rows)
    _, new = measured(uptime(mid_window=rule), changed={"from_us": middle}, intervals=rows)
    assert ([p.window for p in old.parts], [p.window for p in new.parts]) == (first, second)
    if rule == "split":
        assert (old.parts[0].agreed.low, new.parts[0].agreed.low) == (D, 2 * D)


def test_a_window_before_a_claim_spends_its_time_once():
    claims = declarations([("claim", "", "customer", SINCE + 30 * D), ("claim", "", "customer", SINCE + 45 * D)])
    rows = intervals([{"start": SINCE + 20 * D, "end": SINCE + 21 * D}])
    for once, expected in ((False, [D, D]), (True, [D, 0])):
        window = WindowSpec("day", 29, rolling=True, before="claim", once=once)
        _, result = measured(uptime(window=window), intervals=rows, declarations=claims)
        assert [p.agreed.low for p in result.parts] == expected


def test_runs_in_rolling_windows_count_in_each():
    window = WindowSpec("day", 3, rolling=True, every="day")
    rows = intervals([{"start": SINCE + 5 * D, "end": SINCE + 5 * D + H}])
    _, result = measured(uptime("number", window), intervals=rows, until=SINCE + 10 * D)
    assert sum(p.agreed.low for p in result.parts) == 3


def test_a_disputed_fact_is_undecided():
    rows = intervals(OUTAGES)
    rows = replace(rows, header=replace(rows.header, disputed=np.array([True, False])))
    _, result = measured(uptime(), intervals=rows)
    assert [(p.agreed.low, p.agreed.high) for p in result.parts] == [(0, 6 * H), (D, D)]


def test_stamps_too_far_apart_to_pack_give_the_same_positions():
    runs = Spans(np.array([0, 1]), np.array([0, 2**62]), np.array([5, 2**62 + 5]), None, merged=True)
    assert positions_in(runs, np.array([0, 1, 3]), np.array([1, 2**62 + 1, 0])).tolist() == [1, 2, 2]


def test_the_bare_kernel_agrees_with_the_measure():
    rows = [*OUTAGES, {"kind": "maintenance", "start": SINCE + D + 8 * H, "end": SINCE + D + 9 * H, "site": "x"}]
    rule = {"m": ExclusionRule("m", "leave_out", during="maintenance")}
    _, result = measured(uptime(for_each=("site",), excluding=("m",)), rule, intervals=intervals(rows))
    held = Spans(np.array([0, 1]), np.array([r["start"] for r in OUTAGES]), np.array([r["end"] for r in OUTAGES]))
    taken = Spans(np.array([0]), np.array([rows[2]["start"]]), np.array([rows[2]["end"]]))
    group, first, last = np.array([0, 0, 1, 1]), np.array([SINCE, FEB] * 2), np.array([FEB, UNTIL] * 2)
    assert time_left(held, taken, Ranges(group, first, last, first, last)).tolist() == [int(p.agreed.low) for p in result.parts]


def test_an_allowance_is_cut_inside_open_hours():
    rows = intervals([{"kind": "maintenance", "start": SINCE, "end": SINCE + 2 * D}, {"start": SINCE, "end": SINCE + 2 * D}])
    calendars = {"shop": Explicit("UTC", tuple((SINCE + d * D + 8 * H, SINCE + d * D + 18 * H) for d in range(-5, 60)))}
    rule = {"m": ExclusionRule("m", "count_as_good", during="maintenance", allowance_us=12 * H, allowance_per=MONTH,
                               notice=Within("working days", 1, "shop"))}
    _, result = measured(uptime(excluding=("m",), hours=constant("shop")), rule, calendars, intervals=rows)
    assert (result.parts[0].agreed.low, result.parts[0].bare.low) == (8 * H, 20 * H)
