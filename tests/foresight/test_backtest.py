"""The backtest against the evaluator it stands on, over the examples."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest
from foresight_world import HARDWARE, ROOT, workspace

from upheld.assessment.assess import assess
from upheld.foresight import backtest_report
from upheld.foresight.backtest import NOTHING, Backtest, backtest, side_by_side, worst_month
from upheld.foresight.what_if import in_place_of_latest, otherwise
from upheld.remedies.settle import settle

WORKSPACES = [ROOT / "examples" / name for name in ("hardware", "github", "helpdesk")]
WORKSPACES += [ROOT / "examples" / "published" / name for name in ("aws-ec2-region", "uk-model-services", "openreach-sml", "slack-quarter",
                                                                  "bank-of-baroda", "verizon-pip", "ebt-liquidated")]
ALL = [(root, name) for root in WORKSPACES for name in workspace(root).plans()]


@cache
def facts(root):
    return workspace(root).facts()


def proposed_again(root, name) -> Backtest:
    """The terms in force proposed anew."""
    plans = workspace(root).plans(name)[name]
    return backtest(plans, plans[-1], facts(root))


@pytest.mark.parametrize(("root", "name"), ALL, ids=[name for _, name in ALL])
def test_the_terms_in_force_come_to_what_assess_finds(root, name):
    plans = workspace(root).plans(name)[name]
    found = backtest(plans, plans[-1], facts(root))
    outcomes = [o for o in assess(plans, facts(root), None).outcomes if not o.provisional]
    for promise in found.promises:
        mine = [o.verdict for o in outcomes if o.commitment == promise.name]
        tally = promise.before
        assert tally is not None
        counted = (tally.met, tally.deviation, tally.breached, tally.unknown, tally.not_applicable)
        assert counted == tuple(mine.count(v) for v in ("met", "deviation", "breached", "unknown", "not applicable"))
        assert tally.attainment == (Fraction(tally.met, tally.judged) if tally.judged else None)
    assert found.before is not None
    assert list(found.before.assessment.outcomes) == list(assess(plans, facts(root), None).outcomes)


@pytest.mark.parametrize(("root", "name"), ALL, ids=[name for _, name in ALL])
def test_credits_are_those_of_settle_were_each_claimed(root, name):
    plans = workspace(root).plans(name)[name]
    free = [replace(p, remedies=replace(p.remedies, claim=None)) for p in plans]
    lines = [x for x in settle(free, facts(root), None).lines if not x.provisional and x.kind != "extension" and x.counts]
    found = backtest(plans, plans[-1], facts(root))
    assert found.total_before.credit == sum(x.amount for x in lines)
    for promise in found.promises:
        assert promise.before is not None
        assert promise.before.credit == sum(x.amount for x in lines if x.commitment == promise.name)


@pytest.mark.parametrize(("root", "name"), [a for a in ALL if len(workspace(a[0]).plans(a[1])[a[1]]) == 1], ids=lambda v: str(v)[-20:])
def test_one_version_proposed_anew_is_no_difference(root, name):
    found = proposed_again(root, name)
    assert found.total_before == found.total_after
    for month in found.months:
        assert month.before == month.after
    assert not any("dates are moved" in note for note in found.notes)


@pytest.mark.parametrize(("root", "name"), ALL, ids=[name for _, name in ALL])
def test_months_and_commitments_sum_to_the_whole(root, name):
    found = proposed_again(root, name)
    for pick, total in ((lambda m: m.before, found.total_before), (lambda m: m.after, found.total_after)):
        assert sum(pick(m).credit for m in found.months) == total.credit
        assert sum(pick(m).met for m in found.months) == total.met
        assert sum(pick(m).breached for p in found.promises for m in p.months) == total.breached
        assert sum(pick(m).credit for p in found.promises for m in p.months) == total.credit
    worst = worst_month(found.months, lambda m: m.before)
    assert worst is None or worst.before.credit == max(m.before.credit for m in found.months)


def hardware(**changes) -> Backtest:
    plans = workspace(HARDWARE).plans("northwind-acme")["northwind-acme"]
    return backtest(plans, replace(plans[-1], **changes), facts(HARDWARE))


def test_the_later_version_over_all_the_facts():
    found = hardware()
    uptime = found.promises[0]
    assert (uptime.name, uptime.before.breached, uptime.after.breached) == ("uptime", 4, 6)
    assert (uptime.before.credit, uptime.after.credit) == (222_000, 280_000)
    assert found.notes[0] == "version 2 judges from 2025-10-01 on; here its dates are moved, and it judges from 2025-01-01 on"
    assert {o.version for o in found.after.assessment.outcomes} == {"2"}
    assert {o.version for o in found.before.assessment.outcomes} == {"1", "2"}


def test_terms_alone_where_none_are_in_force():
    plan = workspace(HARDWARE).plans("northwind-acme")["northwind-acme"][-1]
    found = backtest((), plan, facts(HARDWARE))
    assert found.before is None
    assert found.total_before == NOTHING
    assert found.total_after.met
    assert "in force" not in backtest_report.to_text(found)
    assert json.loads(backtest_report.to_json(found))["backtest"]["before"] is None


def test_both_versions_beside_each_other():
    one, other = workspace(HARDWARE).plans("northwind-acme")["northwind-acme"]
    there, back = side_by_side(one, other, facts(HARDWARE)), side_by_side(other, one, facts(HARDWARE))
    assert (there.total_before, there.total_after) == (back.total_after, back.total_before)
    assert there.total_after == hardware().total_after
    assert there.total_before.credit != there.total_after.credit


def test_only_windows_that_end_between_two_months():
    from upheld.values.instant import parse_instant

    plans = workspace(HARDWARE).plans("northwind-acme")["northwind-acme"]
    span = parse_instant("2025-04-01T00:00:00+02:00"), parse_instant("2025-07-01T00:00:00+02:00")
    found = backtest(plans, plans[-1], facts(HARDWARE), since=span[0], until=span[1])
    assert [m.label for m in found.months] == ["2025-04", "2025-05", "2025-06"]
    whole = {m.label: m for m in hardware().months}
    assert all(whole[m.label] == m for m in found.months)


def test_every_form_says_the_same_figures():
    found = hardware()
    body = json.loads(backtest_report.to_json(found))["backtest"]
    assert body["after"]["total"]["credit_minor"] == found.total_after.credit
    rows = list(csv.DictReader(io.StringIO(backtest_report.to_csv(found))))
    assert sum(int(r["credit_minor"]) for r in rows if r["side"] == "proposed") == found.total_after.credit
    assert sum(int(r["met"]) for r in rows if r["side"] == "in force") == found.total_before.met
    for text in (backtest_report.to_text(found), backtest_report.to_markdown(found)):
        assert "2,220.00 EUR" in text
        assert "2,800.00 EUR" in text


def test_holidays_that_are_not_known_for_the_past_are_said():
    from upheld.calendars.spec import HolidayList, Weekly
    from upheld.values.quantity import date

    plan = workspace(HARDWARE).plans("northwind-acme")["northwind-acme"][-1]
    late = Weekly(plan.zone, (((28_800, 64_800),),) * 5 + ((), ()), holidays=(HolidayList((), date("2026-01-01"), date("2026-12-31")),))
    found = hardware(calendars={**plan.calendars, "office": late})
    assert "the holidays of calendar office are known from 2026-01-01 on; earlier ones count as open" in found.notes


# ---- what if -----------------------------------------------------------------------------------------------------------


def test_a_version_in_its_own_place_changes_no_verdict():
    plans = workspace(HARDWARE).plans("northwind-acme")["northwind-acme"]
    instead, latest = in_place_of_latest(plans, plans[-1], None)
    assert latest is plans[-1]
    assert otherwise(assess(plans, facts(HARDWARE), None), assess(instead, facts(HARDWARE), None)) == ()


def test_the_first_version_in_the_place_of_the_second():
    plans = workspace(HARDWARE).plans("northwind-acme")["northwind-acme"]
    instead, _ = in_place_of_latest(plans, plans[0], None)
    found = otherwise(assess(plans, facts(HARDWARE), None), assess(instead, facts(HARDWARE), None))
    told = [(o.commitment, o.window, *o.verdicts) for o in found]
    assert told
    assert ("uptime", "2026-01", "deviation", "met") in told
    assert all(window >= "2025-10" for _, window, _, _ in told)


def test_a_promise_that_is_dropped_is_told():
    plans = workspace(HARDWARE).plans("northwind-acme")["northwind-acme"]
    less = replace(plans[-1], commitments={k: v for k, v in plans[-1].commitments.items() if k != "review"})
    instead, _ = in_place_of_latest(plans[-1:], less, None)
    found = otherwise(assess(plans[-1:], facts(HARDWARE), None), assess(instead, facts(HARDWARE), None))
    assert {o.commitment for o in found} == {"review"}
    assert {o.verdicts[1] for o in found} == {None}


def test_no_version_known_by_then_is_refused():
    plans = workspace(HARDWARE).plans("northwind-acme")["northwind-acme"]
    with pytest.raises(ValueError, match="adopted by then"):
        in_place_of_latest(plans, plans[-1], 0)
    with pytest.raises(ValueError, match="adopted by then"):
        backtest(plans, plans[-1], facts(HARDWARE), 0)
