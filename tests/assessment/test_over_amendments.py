"""One figure over an amendment: what adds is added and judged by the window's version, what does not add keeps a row a version."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from upheld.agreement.load import load
from upheld.assessment.assess import assess, contexts
from upheld.assessment.explain import NotFoundError, explain
from upheld.assessment.order import order_of
from upheld.assessment.pool import aligned
from upheld.facts.batch import Batch
from upheld.facts.record import record
from upheld.facts.tables import Attribute, Facts
from upheld.measures.table import measure
from upheld.plans.plan import Plan
from upheld.values.instant import parse_instant

HOUR = 3_600_000_000
CASES = (("T-1", "2026-01-10", 1, "1"), ("T-2", "2026-01-20", 3, "2"), ("T-3", "2026-02-20", 5, "1"), ("T-4", "2026-03-01", 11, "2"),
         ("T-5", "2026-04-02", 2, "1"))


def plan(version: str, start: str, clause: str, per: str = "quarter", adopted: str = "") -> Plan:
    text = (f"upheld: 1\nagreement: a\nversion: {version}\neffective: {{from: {start}}}\n{adopted}timezone: UTC\ncommitments:\n"
            f"  c: {{measure: clock, starts: opened, stops: done, hours: always, per: {per}, {clause}}}\n")
    loaded = load({"a.yaml": text.encode()}, name="a.yaml")
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


def column(texts: list[str | None]) -> Attribute:
    names = sorted({t for t in texts if t is not None})
    return Attribute(np.array([-1 if t is None else names.index(t) for t in texts], np.int32), tuple(names))


def facts(cases=CASES) -> Facts:
    rows = [(name, event, parse_instant(f"{day}T08:00:00Z") + (hours * HOUR if event == "done" else 0), severity)
            for name, day, hours, severity in cases for event in ("opened", "done")]
    texts = {"case": column([r[0] for r in rows]), "event": column([r[1] for r in rows])}
    batch = Batch("events", "desk", "desk.csv", np.arange(1, len(rows) + 1), texts,
                  {"at": np.array([r[2] for r in rows])}, attributes={"severity": column([r[3] for r in rows])})
    return record([batch], {"desk": (parse_instant("2026-01-01T00:00:00Z"), parse_instant("2026-07-01T00:00:00Z"))})


def told(one: str, two: str, cases=CASES):
    found = assess([plan("1", "2026-01-01", one), plan("2", "2026-02-15", two)], facts(cases), None).outcomes
    return [(o.version, o.window, o.part, o.low, o.high, o.figure.n, o.verdict) for o in found if o.window in ("2026-Q1", "2026-Q2")]


@pytest.mark.parametrize(("value", "q1"), [("mean", Fraction(20 * HOUR, 4)), ("longest", Fraction(11 * HOUR)), ("number", Fraction(4))])
def test_statistics_that_add_are_one_figure(value: str, q1: Fraction) -> None:
    target = '"<= 9"' if value == "number" else '"<= 6h"'
    clause = f"within: 4h, value: {value}, target: {target}"
    assert next(row[:2] + row[3:6] for row in told(clause, clause)) == ("1", "2026-Q1", q1, q1, 4)
    assert len(told(clause, clause)) == 2


def test_a_percentile_does_not_add_and_keeps_a_row_a_version() -> None:
    clause = 'within: 4h, value: p90, target: "<= 6h"'
    rows = told(clause, clause)
    assert [(r[0], r[3]) for r in rows if r[1] == "2026-Q1"] == [("1", 3 * HOUR), ("2", 11 * HOUR)]


def test_rows_of_the_promise_are_matched_by_name_and_judged_by_the_window_s_own() -> None:
    rows = told("within: {by severity: {1: {50%: 2h}, 2: {50%: 4h}}}", "within: {by severity: {1: {90%: 6h}, 2: {90%: 6h}, 3: {90%: 6h}}}")
    first = {r[2]: r for r in rows if r[1] == "2026-Q1"}
    assert {k: (r[0], r[3], r[5], r[6]) for k, r in first.items()} == {
        "severity 1: 50% in 2h": ("1", Fraction(1), 2, "met"), "severity 2: 50% in 4h": ("1", Fraction(1, 2), 2, "met")}
    assert [r[2] for r in rows if r[1] == "2026-Q2"] == ["severity 1: 90% in 6h"]


def test_a_row_only_the_later_version_has_keeps_its_own_version() -> None:
    rows = told("within: {by severity: {1: {50%: 2h}, else: none}}", "within: {by severity: {1: {50%: 2h}, 2: {50%: 6h}, else: none}}")
    assert [(r[0], r[2], r[3]) for r in rows if r[1] == "2026-Q1"] == [
        ("1", "severity 1: 50% in 2h", Fraction(1, 2)), ("2", "severity 2: 50% in 6h", Fraction(0))]


def test_ranges_add_end_by_end() -> None:
    cases = (("T-1", "2026-01-10", 3, None), ("T-2", "2026-01-20", 9, "1"), ("T-3", "2026-02-20", 3, None), ("T-4", "2026-03-01", 1, "1"))
    clause = 'within: {by severity: {1: 2h, else: 4h}}, target: ">= 10%"'
    (row,) = (r for r in told(clause, clause, cases) if r[1] == "2026-Q1")
    assert row[3:] == (Fraction(1, 4), Fraction(3, 4), 2, "met")


def test_all_but_one_counts_the_cases_of_both_versions() -> None:
    clause = "within: {all but 1: 4h}"
    (row,) = (r for r in told(clause, clause) if r[1] == "2026-Q1")
    assert row[3:] == (Fraction(1, 2), Fraction(1, 2), 4, "breached")


def test_another_kind_of_window_begins_with_its_version() -> None:
    quarterly = plan("1", "2026-01-01", 'within: 4h, target: ">= 50%"')
    monthly = plan("2", "2026-02-15", "within: 4h", per="month")
    found = [(o.version, o.window, o.figure.n) for o in assess([quarterly, monthly], facts(), None).outcomes if o.figure.n]
    assert found == [("1", "2026-Q1", 2), ("2", "2026-02", 1), ("2", "2026-03", 1), ("2", "2026-04", 1)]


def test_windows_of_different_horizons_are_numbered_alike() -> None:
    plans = [plan("1", "2026-01-01", "within: 4h")]
    (context,) = contexts(plans, facts(), None, "c")
    (short,) = contexts(plans, facts(), parse_instant("2026-03-01T00:00:00Z"), "c")
    both = aligned([measure(plans[0].commitments["c"], c) for c in (context, short)])
    assert both[0].windows.label == both[1].windows.label
    assert {p.window: p.agreed.n for p in both[1].parts}[0] == 3


def test_one_case_is_explained_under_its_own_version() -> None:
    plans = [plan("1", "2026-01-01", "within: 4h"), plan("2", "2026-02-15", "within: 12h")]
    ledger = explain(plans, facts(), None, "c", "2026-Q1", case="T-4")
    assert ledger.context.plan.version == "2"
    assert [c.verdict for c in ledger.cases or ()] == ["met"]
    assert {c.case for c in explain(plans, facts(), None, "c", "2026-Q1").cases or ()} == {"T-1", "T-2", "T-3", "T-4"}


@pytest.mark.parametrize(("asked", "message"), [
    ({"commitment": "d"}, "no commitment 'd' in .*; there are: c"), ({"commitment": "c", "window": "2025-Q1"}, "no window 2025-Q1"),
    ({"commitment": "c", "case": "T-9"}, "no case 'T-9'"), ({"commitment": "c", "group": {"site": "x"}}, "no result for"),
])
def test_what_is_not_there_is_named(asked: dict, message: str) -> None:
    with pytest.raises(NotFoundError, match=message):
        explain([plan("1", "2026-01-01", "within: 4h")], facts(), None, **asked)


def test_nothing_is_explained_before_anybody_agreed() -> None:
    later = plan("1", "2026-01-01", "within: 4h", adopted="adopted: 2026-05-01\n")
    with pytest.raises(NotFoundError, match="adopted"):
        explain([later], facts(), parse_instant("2026-03-01T00:00:00Z"), "c")


def test_the_order_follows_duties_and_parts() -> None:
    text = b"""upheld: 1
agreement: a
effective: {from: 2026-01-01}
timezone: UTC
parties: {provider: {name: p}, customer: {name: c}}
states: {outage: {where: {kind: outage}}, late: {any: [breached(duty), outage]}, waiting: {from: asked, until: told}}
exclusions: {late: {while: late, effect: leave_out}}
commitments:
  whole: {measure: combine, all of: [up, fix], per: month, target: ">= 100%"}
  up: {measure: availability, down: outage, out_of: period, per: month, target: ">= 99%", excluding: [late]}
  fix: {measure: clock, starts: opened, stops: done, pauses: [waiting, late], hours: always, within: 4h, per: month}
  duty: {measure: clock, promised_by: customer, to: provider, starts: asked, stops: told, hours: always, within: 1h, per: month}
"""
    loaded = load({"a.yaml": text}, name="a.yaml")
    assert loaded.plan is not None, loaded.findings
    order = order_of([loaded.plan])
    assert order.index("duty") < order.index("up") < order.index("whole")
    assert order.index("duty") < order.index("fix") < order.index("whole")
    assert order_of([loaded.plan], ["up"]) == ("duty", "up")
