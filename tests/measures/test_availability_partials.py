"""Facts split by result or by time, measured apart and combined, give the very same figures."""

from __future__ import annotations

import random

import pytest
from fact_rows import WATCHED, D, H, M, at, context, counts, intervals, is_, plan, samples

from upheld.calendars.spec import WindowSpec
from upheld.facts.tables import Facts
from upheld.measures.partial import combine, finish, partial
from upheld.plans.plan import AvailabilityPlan, Head, IntervalState, Slices, ValuesPlan

SINCE, UNTIL = at("2024-01-01"), at("2024-03-01")
HEAD = Head("x", WindowSpec("month"), for_each=("region",))


def whole(commitment, since=SINCE, until=UNTIL, **facts):
    of = plan({"x": commitment}, {"outage": IntervalState(is_("kind", "outage"))}, complete=WATCHED)
    return partial(commitment, context(of, Facts(**facts), since, until))


@pytest.mark.parametrize("value", ["share", "total", "number", "longest", "mean between"])
def test_availability_by_result_and_by_month(value):
    rng = random.Random(value)
    rows = [{"start": (a := SINCE + rng.randrange(60 * 1440) * M), "end": a + rng.randrange(1, 600) * M, "region": rng.choice(["eu", "us"])}
            for _ in range(80)]
    commitment = AvailabilityPlan(HEAD, "outage", "hours", value)
    together = finish(whole(commitment, intervals=intervals(rows)))
    parts = [whole(commitment, intervals=intervals([r for r in rows if r["region"] == region])) for region in ("us", "eu")]
    assert finish(combine(parts)) == together
    edge = at("2024-02-01")
    crossing = [r for r in rows if r["end"] > edge]
    if value in ("share", "total"):
        halves = [whole(commitment, until=edge, intervals=intervals([r for r in rows if r["start"] < edge])),
                  whole(commitment, since=edge, intervals=intervals(crossing))]
        assert finish(combine(halves)) == together


@pytest.mark.parametrize("statistic", ["mean", "sum", "number", "max"])
def test_values_by_result_and_by_time(statistic):
    rng = random.Random(statistic)
    rows = [{"at": SINCE + rng.randrange(60 * 1440) * M, "value": rng.randrange(99), "region": rng.choice(["eu", "us"])} for _ in range(90)]
    commitment = ValuesPlan(HEAD, statistic, "samples")
    together = finish(whole(commitment, samples=samples(rows)))
    edge = SINCE + 12 * D + H
    for pieces in ([[r for r in rows if r["region"] == g] for g in ("eu", "us")],
                   [[r for r in rows if (r["at"] < edge) == early] for early in (True, False)]):
        assert finish(combine([whole(commitment, samples=samples(p)) for p in pieces])) == together


def test_ratios_and_slices():
    rng = random.Random(5)
    rows = [{"start": SINCE + i * 5 * M, "good": rng.randrange(9), "total": 9, "region": rng.choice(["eu", "us"])} for i in range(900)]
    for commitment in (ValuesPlan(HEAD, "ratio", "counts"), ValuesPlan(HEAD, "mean", "counts", slices=Slices(5 * M)),
                       ValuesPlan(HEAD, "share", "counts", slices=Slices(5 * M))):
        together = finish(whole(commitment, counts=counts(rows)))
        parts = [whole(commitment, counts=counts([r for r in rows if r["region"] == g])) for g in ("eu", "us")]
        assert finish(combine(parts)) == together


def test_what_is_no_sum_is_refused():
    with pytest.raises(ValueError, match="whole"):
        whole(ValuesPlan(HEAD, "p95", "samples"))
    rows = [{"start": SINCE, "end": SINCE + H, "region": "eu"}, {"start": SINCE + D, "end": SINCE + D + H, "region": None}]
    with pytest.raises(ValueError, match="undecided"):
        whole(AvailabilityPlan(HEAD, "outage", "hours"), intervals=intervals(rows))
    with pytest.raises(ValueError, match="one statistic"):
        combine([])
