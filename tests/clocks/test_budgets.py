"""Budgets worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from budget_world import HEAD, D, H, M, agreement, facts, laddered, us

from upheld.assessment.assess import assess
from upheld.clocks.budgets import budget_agenda, budgets
from upheld.clocks.table import ClockKey
from upheld.plans.people import Ladder, LadderStep, People

UPTIME = 'c: {measure: availability, down: outage, out_of: period, per: month, target: ">= 99.9%"}'


def one(clause: str, known, at: str, more: str = ""):
    found = budgets((agreement(clause, more),), known, us(at))
    assert len(found) == 1
    return found[0]


def test_a_month_of_three_nines() -> None:
    # January has 744 h: 0.1% of them is 44 min 38.4 s. 10 min were used on the 5th.
    b = one(UPTIME, facts([(us("01-05 10:00"), us("01-05 10:10"))]), "01-16 12:00")
    assert (b.unit, b.best.allowed, b.best.used, b.worst, b.state) == ("time", Fraction(744 * H, 1000), 10 * M, b.best, "open")
    assert b.best.left == 34 * M + 38_400_000
    assert b.used_share == Fraction(10 * M, 44 * M + 38_400_000)
    assert (b.runs_out, b.by, b.short.rate, b.long.rate) == (None, "", 0, 0)
    # half of the month is over: 10 min more at the pace of the whole window, none at that of the last 6 h
    assert (b.forecast.low, b.forecast.mid, b.forecast.high) == (10 * M, 15 * M, 20 * M)
    assert b.figure(b.best) == 1 - Fraction(10 * M, int(15.5 * D))
    assert b.reasons == ("the window has not ended",)


def test_an_outage_that_goes_on_uses_it_up_at_an_exact_instant() -> None:
    b = one(UPTIME, facts([(us("01-05 10:00"), us("01-05 10:10")), (us("01-16 11:50"), None)]), "01-16 12:00")
    assert (b.best.used, b.by, b.ongoing) == (20 * M, "outage", True)
    assert b.runs_out == us("01-16 12:00") + 24 * M + 38_400_000
    # 10 min of the last hour: 10 / 44.64 of the budget in 1 / 744 of the window
    assert b.short.rate == Fraction(10 * M, 60 * M) / Fraction(1, 1000)
    assert b.long.rate == b.short.rate / 6


def test_on_office_hours_an_outage_uses_it_up_on_another_day() -> None:
    # January 2026 has 22 working days of 10 h; 2% of 220 h is 4 h 24 min. Down since Friday 16:00: 2 h by the evening, 2 h 24 min on Monday.
    clause = 'c: {measure: availability, down: outage, out_of: hours, hours: office, per: month, target: ">= 98%"}'
    b = one(clause, facts([(us("01-16 16:00"), None)]), "01-16 17:00")
    assert (b.best.allowed, b.best.used, b.runs_out, b.by) == (4 * H + 24 * M, 1 * H, us("01-19 10:24"), "outage")


def test_maintenance_known_ahead_leaves_the_base_and_does_not_use_the_budget() -> None:
    exclusions = "exclusions:\n  maintenance: {while: maintenance, effect: leave_out}\n"
    clause = 'c: {measure: availability, down: outage, out_of: period, per: month, target: ">= 99%", excluding: [maintenance]}'
    known = facts([(us("01-16 11:00"), None)], [(us("01-16 13:00"), us("01-17 13:00"))])
    b = one(clause, known, "01-16 12:00", exclusions)
    # 720 h remain of 744: 7 h 12 min. 1 h used; 1 h until the maintenance, which does not count, 5 h 12 min after it.
    assert (b.best.allowed, b.best.whole, b.best.used) == (7 * H + 12 * M, 720 * H, 1 * H)
    assert b.runs_out == us("01-17 18:12")


def test_used_up_and_kept() -> None:
    used = one(UPTIME, facts([(us("01-05 10:00"), us("01-05 11:00"))]), "01-16 12:00")
    assert (used.state, used.by, used.runs_out) == ("used up", "used", us("01-05 10:44") + 38_400_000)
    assert used.best.left < 0
    kept = one(UPTIME, facts([]), "01-31 23:30")
    assert kept.state == "kept"
    assert one(UPTIME, facts([]), "01-31 23:10").state == "open"


def test_what_nobody_watched_is_a_range() -> None:
    b = one(UPTIME, facts([(us("01-05 10:00"), us("01-05 10:10"))], watched=(us("01-01 02:00"), us("12-31"))), "01-16 12:00")
    assert (b.best.used, b.worst.used, b.state) == (10 * M, 2 * H + 10 * M, "open")
    assert b.reasons == ("the window has not ended", "nobody watched some of the time")


def test_total_number_and_longest() -> None:
    base = "measure: availability, down: outage, out_of: period, per: month"
    known = facts([(us("01-05 10:00"), us("01-05 11:00")), (us("01-07 10:00"), us("01-07 12:00")), (us("01-16 11:30"), None)])
    total = one(f'c: {{{base}, value: total, target: "<= 4h"}}', known, "01-16 12:00")
    assert (total.best.used, total.best.left, total.runs_out) == (3 * H + 30 * M, 30 * M, us("01-16 12:30"))
    longest = one(f'c: {{{base}, value: longest, target: "<= 4h"}}', known, "01-16 12:00")
    assert (longest.best.used, longest.runs_out, longest.short.rate) == (2 * H, us("01-16 15:30"), None)
    number = one(f'c: {{{base}, value: number, target: "<= 3"}}', known, "01-16 12:00")
    assert (number.unit, number.best.used, number.best.left, number.by, number.runs_out) == ("runs", 3, 0, "used", us("01-16 11:30"))
    assert number.state == "open"       # three are allowed; a fourth would miss it


def test_a_run_too_short_to_count_yet_counts_whole_when_it_is_long_enough() -> None:
    clause = 'c: {measure: availability, down: long, out_of: period, per: month, value: total, target: "<= 5m"}'
    b = one(clause, facts([(us("01-16 11:57"), None)]), "01-16 12:00")
    assert (b.best.used, b.runs_out, b.by) == (0, us("01-16 12:07"), "outage")


def test_bad_events_among_those_expected() -> None:
    # 11,000 of 12,000 in half of January: 24,000 are expected in all of it, 10% of which may be bad; the worst hour crossed half of it
    rows = [(us("01-02") + i * D, 500, 500) for i in range(8)] + [(us("01-10"), 7000, 8000)]
    clause = 'c: {measure: values, ratio: hits, per: month, target: ">= 90%"}'
    b = one(clause, facts(counts=rows), "01-16 12:00")
    assert (b.unit, b.best.used, b.best.base, b.best.whole, b.best.allowed) == ("events", 1000, 12000, 24000, 2400)
    assert b.state == "open"            # more traffic may always come
    agenda = budget_agenda((laddered(agreement(clause), 25, 75),), facts(counts=rows), us("01-16 12:00"))
    assert [(r.step, r.at) for r in agenda.rows()] == [("1", us("01-10 00:05"))]


@pytest.mark.parametrize(("empty", "allowed", "whole"), [("left out", Fraction(8928, 100), 8928), ("good", Fraction(8928, 100), 8928)])
def test_the_mean_of_slices_loses_parts_of_slices(empty: str, allowed: Fraction, whole: int) -> None:
    # January has 8,928 slices of 5 min; every slice until noon on the 16th is filled; two of them lost a quarter and a half
    first, half = us("01-01"), 4464
    rows = [(first + i * 5 * M, 75 if i == 10 else 50 if i == 20 else 100, 100) for i in range(half)]
    clause = f'c: {{measure: values, ratio: hits, slices: {{each: 5m, empty: {empty}}}, value: mean, per: month, target: ">= 99%"}}'
    b = one(clause, facts(counts=rows), "01-16 12:00")
    assert (b.unit, b.best.used, b.best.allowed, b.best.whole) == ("slices", Fraction(3, 4), allowed, whole)


def test_cases_that_may_still_be_missed() -> None:
    cases = [(f"T-{i}", us(f"01-{2 + i:02d} 09:00"), us(f"01-{2 + i:02d} {'15' if i < 2 else '10'}:00")) for i in range(10)]
    cases.append(("T-x", us("01-16 11:00"), None))
    b = one("c: {measure: clock, starts: opened, stops: done, hours: always, within: {90%: 4h}, per: month}", facts(cases=cases), "01-16 12:00")
    # 10 decided in half a month: 20 are expected; 2 may be missed and 2 were, the second at 13:00 on the 3rd
    assert (b.unit, b.best.used, b.best.allowed, b.state, b.by, b.runs_out) == ("cases", 2, 2, "open", "used", us("01-03 13:00"))
    assert b.reasons[-1] == "1 case is open"
    every = one("c: {measure: clock, starts: opened, stops: done, hours: always, within: 4h, per: month}", facts(cases=cases), "01-16 12:00")
    assert (every.best.allowed, every.state) == (0, "used up")


def test_earlier_windows_are_a_way_of_the_forecast() -> None:
    known = facts([(us("01-05 10:00"), us("01-05 10:40")), (us("02-03 10:00"), us("02-03 10:20"))])
    b = one(UPTIME, known, "02-08 00:00")
    # a quarter of February is over: three quarters of 40 min, thrice 20 min, nothing
    assert b.forecast.ways == (("as in the long stretch", 20 * M), ("as in the window so far", 80 * M), ("as in earlier windows", 50 * M))
    assert (b.forecast.low, b.forecast.mid, b.forecast.high) == (20 * M, 50 * M, 80 * M)


def test_the_agenda_of_a_budget() -> None:
    plan = laddered(agreement(UPTIME), 50, 100)
    known = facts([(us("01-05 10:00"), us("01-05 10:10")), (us("01-16 11:40"), None)])
    agenda = budget_agenda((plan,), known, us("01-16 12:00"))
    assert agenda.clocks.key == (ClockKey("acme", "c", "", "2026-01", 0),)
    # 22 min 19.2 s are half of it: 10 min on the 5th, the rest on the 16th; the whole would be used up by 12:14:38.4
    assert [(r.step, r.at) for r in agenda.rows()] == [("1", us("01-16 11:52") + 19_200_000)]
    assert agenda.clocks.next_at.tolist() == [us("01-16 12:14") + 38_400_000]
    assert (agenda.clocks.target_us.tolist(), agenda.clocks.elapsed_us.tolist()) == ([44 * M + 38_400_000], [30 * M])
    later = budget_agenda((plan,), known, us("01-16 13:00"))
    assert [(r.step, r.at) for r in later.rows()] == [("1", us("01-16 11:52") + 19_200_000), ("2", us("01-16 12:14") + 38_400_000)]
    assert later.clocks.next_at.tolist() == [us("02-01")]
    assert later.clocks.verdict.tolist() == [1]


def test_no_budget_where_no_limit_is_set() -> None:
    for clause in ("c: {measure: availability, down: outage, out_of: period, per: month}",
                   'c: {measure: availability, down: outage, out_of: period, per: month, value: mean between, target: ">= 100h"}'):
        assert budgets((agreement(clause),), facts([]), us("01-16 12:00")) == ()


def test_no_budget_before_the_agreement() -> None:
    assert budgets((agreement(UPTIME),), facts([]), us("01-01") - 1) == ()


def test_a_budget_names_what_assess_measured() -> None:
    known = facts([(us("01-05 10:00"), us("01-05 10:10"))])
    plan, at = agreement(UPTIME), us("01-16 12:00")
    b = budgets((plan,), known, at)[0]
    o = next(o for o in assess((plan,), known, at).outcomes if o.start <= at < o.end)
    assert (b.figure(b.best), b.figure(b.worst)) == (o.figure.high, o.figure.low)


def test_live_an_open_outage_runs_to_now_and_silence_is_unknown() -> None:
    known = facts([(us("01-16 11:50"), None)], watched=(us("01-01"), us("01-16 11:55")))
    plan, at = laddered(agreement(UPTIME), 20), us("01-16 12:00")
    then, live = budgets((plan,), known, at)[0], budgets((plan,), known, at, live=True)[0]
    assert (then.best.used, then.worst.used, then.window.until) == (5 * M, 5 * M, us("01-16 11:55"))
    assert (live.best.used, live.worst.used, live.window.until) == (10 * M, 10 * M, at)
    assert then.runs_out == live.runs_out == us("01-16 11:50") + 44 * M + 38_400_000
    # a fifth of the budget, 8 min 55.68 s, was used by then
    assert [(r.step, r.at) for r in budget_agenda((plan,), known, at).rows()] == [("1", us("01-16 11:58") + 55_680_000)]


def test_the_first_minute_of_a_month_nobody_has_reported_on() -> None:
    known = facts([(us("01-05 10:00"), us("01-05 10:10"))], watched=(us("01-01"), us("01-31 12:00")))
    b = budgets((agreement(UPTIME),), known, us("02-01 00:01"), live=True)[0]
    assert (b.window.label, b.best.used, b.worst.used, b.best.allowed) == ("2026-02", 0, 1 * M, Fraction(672 * H, 1000))


def test_a_ladder_goes_on_after_the_budget_is_used_up() -> None:
    plan = agreement(UPTIME)
    ladder = Ladder("alarm", (LadderStep(at=Fraction(1)), LadderStep(after_us=1 * H)), repeat_us=2 * H, repeats=1)
    clause = replace(plan.commitments["c"], head=replace(plan.commitments["c"].head, ladder="alarm"))
    plan = replace(plan, commitments={"c": clause}, people=People(ladders={"alarm": ladder}))
    known = facts([(us("01-05 10:00"), us("01-05 11:00"))])
    used = us("01-05 10:44") + 38_400_000
    assert [(r.step, r.at) for r in budget_agenda((plan,), known, us("01-05 14:00")).rows()] == [
        ("1", used), ("2", used + 1 * H), ("2r1", used + 3 * H)]


def test_no_version_known_yet_is_an_empty_agenda() -> None:
    head = HEAD.replace("effective:", "adopted: 2025-12-01\neffective:")
    assert not len(budget_agenda((agreement(UPTIME, head=head),), facts([]), us("01-01") - 300 * D).clocks)
