"""Values against naive statistics, and the rules of slices, exclusions and undecided facts."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import oracle_values as naive
import pytest
from fact_rows import WATCHED, D, H, M, at, context, counts, events, intervals, is_, plan, samples
from hypothesis import given
from hypothesis import strategies as st

from upheld.calendars.spec import Explicit, WindowSpec
from upheld.facts.tables import Facts
from upheld.measures import values
from upheld.measures.cells import ordered_by_cell, statistic
from upheld.measures.pieces import ratio_of
from upheld.measures.slicing import slice_sums
from upheld.plans.lookup import constant
from upheld.plans.plan import ExclusionRule, Head, IntervalState, Slices, ValuesPlan
from upheld.plans.selector import Every, Key, Meets, NoneOf, OneOf
from upheld.values.condition import Comparison, Condition

SINCE, UNTIL = at("2024-01-01"), at("2024-03-01")
MONTH = WindowSpec("month")
BAD = Condition(((Comparison(">", 5, 100),),), "share")


def values_plan(statistic_name, shape, good=None, total=None, slices=None, method="nearest-rank", **head):
    return ValuesPlan(Head("v", MONTH, **head), statistic_name, shape, good, total, slices, method)


def measured(commitment, exclusions=None, calendars=None, until=UNTIL, complete=WATCHED, **facts):
    states = {"maintenance": IntervalState(is_("kind", "maintenance"))}
    of = plan({"v": commitment}, states, exclusions, calendars, complete)
    ctx = context(of, Facts(**facts), SINCE, until)
    return ctx, values.measure(commitment, ctx)


@pytest.mark.parametrize("name", ["mean", "min", "max", "sum", "number", "p50", "p95", "p99.9"])
def test_statistics_equal_the_oracle(name):
    rng = random.Random(name)
    rows = [{"at": SINCE + rng.randrange(60 * 1440) * M, "value": rng.randrange(-500, 500), "site": rng.choice("ab")} for _ in range(300)]
    _, result = measured(values_plan(name, "samples", for_each=("site",)), samples=samples(rows, 10))
    for part in result.parts:
        start, end = int(result.windows.start[part.window]), int(result.windows.end[part.window])
        mine = [r["value"] for r in rows if r["site"] == part.group[0] and start <= r["at"] < end]
        expected = naive.statistic(name, mine)
        assert expected is not None
        assert part.agreed.low == part.agreed.high == expected / (1 if name == "number" else 10)


@given(st.lists(st.integers(-9, 9), max_size=6), st.lists(st.integers(-9, 9), min_size=1, max_size=4),
       st.sampled_from(["mean", "min", "max", "sum", "number", "p50", "p90"]))
def test_undecided_values_are_counted_both_ways(certain, open_, name):
    rows = [{"at": SINCE + i * M, "value": v, "site": "a"} for i, v in enumerate(certain)]
    rows += [{"at": SINCE + H + i * M, "value": v, "site": None} for i, v in enumerate(open_)]
    rows.append({"at": UNTIL - M, "value": 0, "site": "a"})
    _, result = measured(values_plan(name, "samples", of=is_("site", "a")), samples=samples(rows))
    figure = result.parts[0].agreed
    assert (figure.low, figure.high) == naive.both_ways(name, certain, open_)
    assert figure.undecided == len(open_)


@pytest.mark.parametrize("seed", range(20))
def test_slices_equal_the_oracle(seed):
    rng = random.Random(seed)
    n, empty = 31 * 24 * 12, rng.choice(["good", "bad", "left out"])
    chosen = sorted(rng.sample(range(n), rng.choice([0, 5, 400])))
    slices = {i: (rng.randrange(0, 50), 50 + rng.randrange(9)) for i in chosen}
    rows = [{"start": SINCE + i * 5 * M, "good": g, "total": t} for i, (g, t) in slices.items()]
    rows = [part for r in rows for part in ([r] if rng.random() < 0.7 else [{**r, "good": 0, "total": 5}, {**r, "total": r["total"] - 5}])]
    rng.shuffle(rows)
    commitment = values_plan("mean", "counts", slices=Slices(5 * M, empty=empty))
    _, result = measured(commitment, counts=counts(rows), until=at("2024-02-01"))
    if result.parts:
        assert result.parts[0].agreed.low == naive.mean_of_slices(slices, n, empty)
        share = values_plan("share", "counts", slices=Slices(5 * M, empty=empty, bad=BAD))
        _, shared = measured(share, counts=counts(rows), until=at("2024-02-01"))
        bad = sum(1 for g, t in slices.values() if 10**9 - int(Fraction(g * 10**9, t) + Fraction(1, 2)) > 50_000_000)
        empties = 0 if empty == "left out" else n - len(slices)
        if len(slices) + empties:
            assert shared.parts[0].agreed.low == 1 - Fraction(bad + (empties if empty == "bad" else 0), len(slices) + empties)


def test_slices_of_samples_left_out_time_and_small_samples():
    rows = [{"at": SINCE + i * M, "value": i} for i in range(20)] + [{"at": SINCE + H, "value": 1000}]
    each = Slices(10 * M, statistic="mean", bad=Condition(((Comparison(">", 10),),)))
    for name, expected in (("mean", (Fraction(9, 2) + Fraction(29, 2) + 1000) / 3), ("share", Fraction(1, 3)), ("number", 2), ("max", 1000)):
        _, result = measured(values_plan(name, "samples", slices=each), samples=samples(rows), until=at("2024-02-01"))
        assert result.parts[0].agreed.low == expected
    counted = [{"start": SINCE, "good": 0, "total": 5}, {"start": SINCE + 5 * M, "good": 50, "total": 100}]
    maintained = intervals([{"kind": "maintenance", "start": SINCE + H, "end": at("2024-02-01")}])
    rules = {"m": ExclusionRule("m", "leave_out", during="maintenance")}
    commitment = values_plan("mean", "counts", slices=Slices(5 * M, empty="good", sample=10), excluding=("m",))
    _, result = measured(commitment, rules, counts=counts(counted), intervals=maintained, until=at("2024-02-01"))
    assert result.parts[0].agreed.low == (Fraction(1, 2) + 11) / 12
    office = values_plan("mean", "counts", slices=Slices(5 * M, empty="bad"), hours=constant("office"))
    ten_minutes = {"office": Explicit("UTC", ((SINCE, SINCE + 10 * M),))}
    _, result = measured(office, counts=counts(counted), calendars=ten_minutes, until=at("2024-02-01"))
    assert result.parts[0].agreed.low == Fraction(1, 4)
    assert result.parts[0].agreed.n == 2


def test_ratio_of_counts_by_selectors_and_exclusions():
    rows = [{"start": SINCE, "total": 90, "status": "200"}, {"start": SINCE, "total": 6, "status": "500"},
            {"start": SINCE + H, "total": 4, "status": "503"}]
    good = Key("status", NoneOf(OneOf(("500", "503"))))
    _, result = measured(values_plan("ratio", "counts", good=good), counts=counts(rows))
    assert result.parts[0].agreed.low == Fraction(9, 10)
    assert result.unit == "share"
    for effect, expected in (("leave_out", Fraction(90, 96)), ("count_as_good", Fraction(94, 100)), ("no_credit", Fraction(9, 10))):
        rules = {"x": ExclusionRule("x", effect, where=is_("status", "503"))}
        ctx, result = measured(values_plan("ratio", "counts", good=good, excluding=("x",)), rules, counts=counts(rows))
        part = result.parts[0]
        assert (part.agreed.low, part.bare.low) == (expected, Fraction(9, 10))
        ledger = values.segments(values_plan("ratio", "counts", good=good, excluding=("x",)), ctx, (), 0)
        assert int(ledger.counted_us.sum()) == part.agreed.detail["good"]
    rows.append({"start": SINCE, "total": 10, "status": None})
    _, result = measured(values_plan("ratio", "counts", good=good), counts=counts(rows))
    assert (result.parts[0].agreed.low, result.parts[0].agreed.high) == (Fraction(90, 110), Fraction(100, 110))


def test_ratio_of_cases_and_of_readings():
    rows = [{"case": "1", "at": SINCE, "event": "opened"}, {"case": "1", "at": SINCE + H, "event": "resolved", "outcome": "ok"},
            {"case": "2", "at": SINCE, "event": "opened"}, {"case": "2", "at": SINCE + H, "event": "resolved", "outcome": "bad"},
            {"case": "3", "at": SINCE, "event": "opened", "outcome": "ok"}]
    _, result = measured(values_plan("ratio", "cases", good=is_("outcome", "ok"), total=is_("event", "resolved")), events=events(rows))
    assert result.parts[0].agreed.low == Fraction(1, 2)
    _, result = measured(values_plan("number", "cases", of=is_("outcome", "ok")), events=events(rows))
    assert result.parts[0].agreed.low == 2
    read = [{"at": SINCE + i * M, "value": v} for i, v in enumerate([15, 25, 35, 45])]
    warm = Key("value", Meets(Condition(((Comparison("<=", 3),),))))
    _, result = measured(values_plan("share", "samples", good=warm), samples=samples(read, 10))
    assert result.parts[0].agreed.low == Fraction(2, 4)


def test_nothing_to_measure_and_unwatched_windows():
    row = [{"at": SINCE + D, "value": 1}]
    _, result = measured(values_plan("mean", "samples", of=is_("series", "s")), samples=samples(row))
    assert [p.agreed.low for p in result.parts] == [1, None]
    assert [p.agreed.unknown_us for p in result.parts] == [0, 0]
    _, result = measured(values_plan("mean", "samples", of=is_("series", "s")), samples=samples(row),
                         complete=(("probe", SINCE, SINCE + 10 * D),))
    assert [p.agreed.unknown_us for p in result.parts] == [21 * D, 29 * D]
    _, empty = measured(values_plan("mean", "samples", for_each=("site",)))
    assert empty.parts == ()
    with pytest.raises(KeyError):
        values.segments(values_plan("mean", "samples"), context(plan({}), Facts(samples=samples(row)), SINCE, UNTIL), ("x",), 0)
    with pytest.raises(ValueError, match="no statistic"):
        measured(values_plan("mode", "samples"), samples=samples(row))
    with pytest.raises(ValueError, match="no percentile method"):
        measured(values_plan("p50", "samples", method="guess"), samples=samples(row))


def test_sums_and_ratios_beyond_int64_are_exact():
    big = np.full(10, 2**62, np.int64)
    assert ordered_by_cell(np.zeros(10, np.int64), big, 1).sums() == [10 * 2**62]
    assert statistic("mean", np.array([1, 0, 1]), np.array([2**62, 5, -(2**62)]), 2) == [5, 0]
    assert ratio_of(np.array([2**61]), np.array([2**62])).tolist() == [500_000_000]
    assert statistic("p50", np.array([0, 0]), np.array([-(2**62), 2**62 - 1]), 1) == [-(2**62)]
    assert statistic("median", np.array([0, 0]), np.array([1, 2]), 1, "linear") == [Fraction(3, 2)]


def test_rolling_windows_count_a_fact_in_each():
    rows = [{"at": SINCE + i * D, "value": 1} for i in range(20)]
    rolling = ValuesPlan(Head("v", WindowSpec("day", 3, rolling=True, every="day"), of=Every(())), "sum", "samples")
    _, result = measured(rolling, samples=samples(rows), until=SINCE + 10 * D)
    assert max(p.agreed.low for p in result.parts) == 3


def test_the_bare_kernel_of_slices_agrees():
    rng = random.Random(3)
    rows = [(rng.randrange(9), 9 + rng.randrange(9)) if rng.random() < 0.9 else (0, 0) for _ in range(200)]
    good, total = (np.array(c, np.int64) for c in zip(*rows, strict=True))
    found = slice_sums(good, total, np.array([0, 120, 200]))
    for (summed, n), part in zip(found, (rows[:120], rows[120:]), strict=True):
        assert Fraction(summed, n * 10**9) == naive.mean_of_slices(dict(enumerate(part)), len(part), "left out")
    assert slice_sums(good + 1, total + 1, np.array([0, 200]))[0][1] == 200


def test_a_count_longer_than_the_slice_stands_for_each_slice_it_covers():
    rows = [{"start": SINCE, "end": SINCE + 10 * M, "good": 5, "total": 10}, {"start": SINCE + 10 * M, "good": 10, "total": 10}]
    _, result = measured(values_plan("mean", "counts", slices=Slices(5 * M)), counts=counts(rows))
    assert result.parts[0].agreed.low == Fraction(2, 3)
    assert result.parts[0].agreed.n == 3
