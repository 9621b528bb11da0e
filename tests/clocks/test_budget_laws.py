"""Laws of budgets: they agree with the assessment, never shrink back, and what they foretell comes true to the microsecond."""

from __future__ import annotations

import os
from fractions import Fraction
from functools import cache

from budget_world import D, H, M, agreement, facts, laddered, us
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.assessment.assess import assess
from upheld.clocks.allowance import limit_of
from upheld.clocks.budgets import budget_agenda, budgets
from upheld.plans.plan import Rounding
from upheld.values.condition import Comparison, Condition
from upheld.values.exact import round_to

FIRST, LAST = us("01-01"), us("02-01")
COUNT = int(os.environ.get("UPHELD_CAMPAIGN", "25"))
EXCLUSIONS = "exclusions:\n  maintenance: {while: maintenance, effect: leave_out, up_to: 8h per month}\n"
CLAUSES = tuple(f"c: {{measure: availability, per: month, {rest}}}" for rest in (
    'down: outage, out_of: period, target: ">= 99.5%"',
    'down: outage, out_of: hours, hours: office, target: ">= 98%"',
    'down: long, out_of: period, target: ">= 99%"',
    'down: outage, out_of: hours, target: ">= 99%", excluding: [maintenance]',
    'down: outage, out_of: period, target: ">= 99%", unknown: down',
    'down: outage, out_of: period, value: total, target: "<= 6h"',
    'down: long, out_of: period, value: longest, target: "<= 3h"',
    'down: outage, out_of: hours, hours: office, value: longest, target: "<= 3h"',
    'down: outage, out_of: period, value: number, target: "<= 4"',
))

minutes = st.integers(0, 31 * 1440 - 1)
spans = st.lists(st.tuples(minutes, st.integers(1, 400)), max_size=8)


def placed(rows, until):
    return [(FIRST + a * M, min(FIRST + (a + n) * M, until)) for a, n in rows if FIRST + a * M < until]


@st.composite
def worlds(draw):
    """A clause, an instant, and facts of which none tells of later times."""
    clause = draw(st.sampled_from(CLAUSES))
    at = FIRST + draw(st.integers(181, 31 * 1440 - 1)) * M + draw(st.integers(0, 1)) * 7
    down = placed(draw(spans), at)
    planned = [(a, a + n * M) for a, n in ((FIRST + a * M, n) for a, n in draw(spans))]
    since = FIRST + draw(st.sampled_from((0, 0, 3))) * H
    return clause, at, down, planned, since


@cache
def terms(clause: str):
    return agreement(clause, EXCLUSIONS)


def world_facts(down, planned, since=FIRST):
    return facts(down, planned, watched=(since, us("12-31")))


def outcome(plan, known, as_of, inside):
    return next((o for o in assess((plan,), known, as_of).outcomes if o.start <= inside < o.end), None)


@settings(max_examples=COUNT, deadline=None)
@given(worlds())
def test_a_budget_is_the_assessed_figure(world) -> None:
    clause, at, down, planned, since = world
    plan = terms(clause)
    known = world_facts(down, planned, since)
    o = outcome(plan, known, at, at)
    for b in budgets((plan,), known, at):
        assert o is not None
        if o.figure.low is not None:
            assert sorted((b.figure(b.best), b.figure(b.worst))) == [o.figure.low, o.figure.high]
            assert b.figure(b.best) == (o.figure.high if b.limit.least else o.figure.low)
        assert b.worst.left <= b.best.left
        assert b.forecast.low <= b.forecast.mid <= b.forecast.high


@settings(max_examples=COUNT, deadline=None)
@given(worlds(), st.integers(0, 20 * 1440))
def test_use_never_falls_as_time_passes(world, later) -> None:
    clause, at, down, planned, since = world
    plan = terms(clause)
    after = min(at + later * M, LAST - 1)
    known = world_facts([*down, (at, None)], planned, since)
    for one, two in zip(budgets((plan,), known, at), budgets((plan,), known, after), strict=True):
        assert one.best.used <= two.best.used
        assert one.best.allowed == two.best.allowed


@settings(max_examples=COUNT, deadline=None)
@given(worlds(), st.integers(0, 90))
def test_when_it_is_foretold_it_is_used_up(world, ago) -> None:
    clause, at, down, planned, since = world
    plan = terms(clause)
    known = world_facts([*down, (max(at - ago * M, FIRST), None)], planned, since)
    for b in budgets((plan,), known, at):
        if b.by != "outage" or b.runs_out is None:
            continue
        then = budgets((plan,), known, b.runs_out)[0] if b.runs_out < LAST else None
        if then is not None:
            assert then.best.used >= then.best.allowed
            if b.unit == "time" and "long" not in str(plan.commitments["c"].down):
                assert then.best.used - then.best.allowed < 1
        before = budgets((plan,), known, b.runs_out - 1)[0]
        assert before.best.used < before.best.allowed
        assert then is None or then.runs_out == b.runs_out or then.unit == "runs" or plan.commitments["c"].down == "long"


@settings(max_examples=COUNT, deadline=None)
@given(worlds())
def test_used_up_is_what_can_no_longer_be_met(world) -> None:
    clause, at, down, planned, since = world
    plan = terms(clause)
    known = world_facts(down, planned, since)
    found = budgets((plan,), known, at)
    # from here on all is well and watched: what can be met is met, if what nobody watched was well too
    end = outcome(plan, world_facts(down, planned), None, at)
    for b in found:
        if plan.commitments["c"].head.unknown == "down" or (b.unit == "runs" and since > FIRST):
            continue                # what nobody watched was no good time then, or may have joined the runs beside it
        assert (b.state == "used up") == (end.verdict == "breached")
        assert (b.best.left < 0) == (end.verdict == "breached")


@settings(max_examples=COUNT, deadline=None)
@given(worlds())
def test_kept_is_what_can_no_longer_be_missed(world) -> None:
    clause, at, down, planned, since = world
    plan = terms(clause)
    found = budgets((plan,), world_facts(down, planned, since), at)
    lost = [(since, since)] if since == FIRST else [(FIRST, since)]
    worst = outcome(plan, world_facts([*(s for s in lost if s[0] < s[1]), *down, (at, LAST)], planned), None, at)
    for b in found:
        if b.state == "kept":
            assert worst.verdict == "met"


@settings(max_examples=COUNT, deadline=None)
@given(worlds(), st.integers(1, 100))
def test_a_step_falls_where_the_use_reached_it(world, percent) -> None:
    clause, at, down, planned, since = world
    plan = terms(clause)
    plan = laddered(plan, percent)
    known = world_facts(down, planned, since)
    (b,) = budgets((plan,), known, at) or (None,)
    for row in budget_agenda((plan,), known, at).rows():
        assert row.at <= at
        if row.at <= since:             # at that cut nobody had said yet what was watched
            continue
        wanted = b.best.allowed * percent / 100
        then, before = budgets((plan,), known, row.at)[0], budgets((plan,), known, max(row.at - 1, FIRST))[0]
        if plan.commitments["c"].down == "outage" and b.unit == "time":
            assert then.best.used - wanted < 1
            assert then.best.used >= wanted
            assert before.best.used < wanted or row.at == FIRST
    if b is not None:
        fired = any(True for _ in budget_agenda((plan,), known, at).rows())
        assert fired == (b.best.used >= b.best.allowed * percent / 100 and b.best.used > 0)


@settings(max_examples=COUNT * 8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from((">=", ">", "<=", "<")), st.integers(0, 100), st.sampled_from((1, 3, 10)),
       st.sampled_from(("half_up", "half_even", "up", "down")))
def test_a_limit_before_rounding_is_the_target_after_it(value, op, limit, step, mode) -> None:
    target = Condition(((Comparison(op, limit, 100),),), "number", "")
    rounding = Rounding(Fraction(step, 200), mode)
    found, exact = limit_of(target, rounding), Fraction(value, 8000)
    assert found is not None
    assert found.holds(exact) == target.holds(round_to(exact, rounding.to, mode))


@settings(max_examples=COUNT, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8927), st.integers(0, 20), st.integers(0, 20)), max_size=30, unique_by=lambda r: r[0]),
       st.integers(1, 31 * 288 - 1), st.sampled_from((
           "", "slices: {each: 5m}, value: mean, ", "slices: {each: 5m, empty: good}, value: mean, ",
           'slices: {each: 5m, empty: good, bad: ">= 50%"}, value: share, ', 'slices: {each: 5m, empty: bad, bad: ">= 50%"}, value: share, ')))
def test_budgets_of_counts_are_the_assessed_figure(rows, at, how) -> None:
    plan = laddered(agreement(f'c: {{measure: values, ratio: hits, {how}per: month, target: ">= 90%"}}'), 10, 100)
    instant = FIRST + at * 5 * M + 1
    known = facts(counts=[(FIRST + i * 5 * M, min(a, b), max(a, b)) for i, a, b in rows] or [(FIRST, 1, 1)])
    o = outcome(plan, known, instant, instant)
    for b in budgets((plan,), known, instant):
        assert (b.figure(b.best), b.figure(b.worst)) == (o.figure.high, o.figure.low)
        assert b.best.whole >= b.best.base
    for row in budget_agenda((plan,), known, instant).rows():
        assert FIRST <= row.at <= instant


@settings(max_examples=COUNT, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 31 * 24), st.integers(1, 12)), max_size=12), st.integers(1, 31 * 24 - 1),
       st.sampled_from(("within: {90%: 4h}", "within: {all but 1: 4h}", "within: 4h")))
def test_budgets_of_cases_are_the_assessed_figure(rows, at, within) -> None:
    plan = agreement(f"c: {{measure: clock, starts: opened, stops: done, hours: always, {within}, per: month}}")
    known = facts(cases=[(f"T-{i}", FIRST + a * H, FIRST + (a + n) * H) for i, (a, n) in enumerate(rows)] or [("T", FIRST - D, FIRST - D + 1)])
    instant = FIRST + at * H
    o = outcome(plan, known, instant, instant)
    for b in budgets((plan,), known, instant):
        assert b.best.used == b.worst.used == o.figure.detail.get("missed", 0)
        assert (b.state == "used up") == (b.best.left < 0 and "90%" not in within)
        if b.best.base:
            assert b.figure(b.best) == o.figure.low


STEPPED = (*CLAUSES, "c: {measure: clock, starts: opened, stops: done, hours: office, within: {90%: 4h}, per: month}",
           "c: {measure: clock, starts: opened, stops: done, hours: always, within: 4h, per: month}",
           'c: {measure: values, ratio: hits, slices: {each: 1h, empty: bad, bad: ">= 50%"}, value: share, per: month, target: ">= 90%"}')


@settings(max_examples=COUNT, deadline=None)
@given(st.sampled_from(STEPPED), spans, spans, st.integers(181, 31 * 1440 - 2), st.integers(0, 10**6),
       st.lists(st.integers(1, 120), max_size=3))
def test_no_step_falls_due_before_the_next_instant_told(clause, down, planned, minute, where, percents) -> None:
    """Facts of later times are on record too: until ``next_at`` an agenda asked later tells the same steps."""
    plan, at = laddered(terms(clause), *percents), FIRST + minute * M
    hits = [(FIRST + a * M // H * H, min(n, 200), 200) for a, n in down]
    known = facts(placed(down, LAST), placed(planned, LAST), hits,
                  cases=[(f"T-{i}", FIRST + a * M, FIRST + (a + n) * M) for i, (a, n) in enumerate(down)], slice_us=H)
    now = budget_agenda((plan,), known, at)
    if not len(now.clocks):
        return
    ends = int(now.clocks.next_at.min())
    assert at < ends <= LAST
    later = at + (ends - 1 - at) * where // 10**6
    assert list(budget_agenda((plan,), known, later).rows()) == list(now.rows())
