"""Examples that cannot be worked out say why; those that can are compared in the unit they are written in."""

from __future__ import annotations

import pytest

from upheld.agreement.load import load
from upheld.assessment.examples import example_findings

TEXT = """upheld: 1
agreement: a
version: 1
effective: {from: 2026-01-01}
timezone: UTC
states:
  outage: {where: {kind: outage}, weight: weight}
  both: {any: [outage, outage]}
  open: {from: opened, until: closed}
commitments:
  up:
    measure: availability
    for_each: [site]
    down: outage
    out_of: period
    per: month
    target: {by site: {x: ">= 99%", else: ">= 90%"}}
  lost: {measure: availability, down: both, out_of: period, value: total, per: month, target: "<= 4h"}
  few: {measure: clock, starts: opened, stops: done, hours: always, within: {50%: 1h, all but 1: 4h}, per: month}
  bare: {measure: clock, starts: opened, stops: done, hours: always, within: 1h, value: longest, target: "<= 2h", per: month}
  again: {measure: clock, starts: opened, stops: told, again: while open, hours: always, within: 1h, per: month}
  review: {measure: clock, starts: {every: month, at: end}, stops: held, hours: always, within: 3 days, per: month}
  mean: {measure: values, of: {series: s}, value: mean, per: month, target: "<= 4"}
examples:
  - EXAMPLE
"""

SPAN = "{from: 2026-02-01 00:00, until: 2026-02-01 06:43:12, site: x}"        # 6:43:12 h are 1% of February's 672 h

HOLD = [
    "{commitment: up, given: {result: 99%, site: x}, expect: met}",
    "{commitment: up, given: {result: 98.9%, site: x}, expect: breached}",
    "{commitment: up, given: {result: 98.9%, site: y}, expect: met}",
    "{commitment: up, given: {down: [" + SPAN + "], window: 2026-02, site: x}, expect: {verdict: met, value: 99%}}",
    ("{commitment: up, given: {down: [{from: 2026-02-01 00:00, until: 2026-02-01 13:26:24, site: x, weight: 0.5}], window: 2026-02}, "
    "expect: {value: 99.0%}}"),
    "{commitment: lost, given: {result: 4h}, expect: {verdict: met, value: 4h}}",
    ("{commitment: lost, given: {down: [{kind: outage, from: 2026-02-01 00:00, until: 2026-02-01 06:00}], window: 2026-02}, "
    "expect: {verdict: breached, value: 6h}}"),
    "{commitment: few, given: {result: 50%, number of cases: 3}, expect: breached}",
    "{commitment: few, given: {result: 70%, number of cases: 3}, expect: met}",
    "{commitment: few, given: {opened: 2026-02-01 09:00, done: 2026-02-01 11:00}, expect: missed}",
    "{commitment: bare, given: {result: 3h}, expect: breached}",
    "{commitment: again, given: {opened: 2026-02-01 09:00, told: [2026-02-01 09:30, 2026-02-01 10:20], closed: 2026-02-01 11:00}, expect: met}",
    "{commitment: mean, given: {result: 3.5}, expect: {verdict: met, value: 3.5}}",
    ("{commitment: few, given: {opened: '2026-02-01T09:00:00+01:00', done: '2026-02-01T08:30:00Z'}, "
    "expect: {verdict: met, elapsed: 30m, due: 2026-02-01 09:00}}"),
]
FAIL = [
    ("{commitment: gone, given: {result: 1%}, expect: met}", "there is no commitment 'gone'"),
    ("{given: {result: 1%}, expect: met}", "does not say of which commitment"),
    ("{commitment: mean, given: {site: x}, expect: met}", "give a result"),
    ("{commitment: up, given: {result: lots}, expect: met}", "is no value"),
    ("{commitment: up, given: {down: [{from: 2026-02-02 00:00, until: 2026-02-01 00:00}], window: 2026-02}, expect: met}", "before it begins"),
    ("{commitment: up, given: {down: [" + SPAN + "], window: 2031-02}, expect: met}", "there is no window 2031-02"),
    ("{commitment: few, given: {down: [" + SPAN + "], window: 2026-02}, expect: met}", "for availability only"),
    ("{commitment: few, given: {opened: yesterday}, expect: met}", "is no time"),
    ("{commitment: few, given: {done: 2026-02-01 09:00}, expect: met}", "counts no such case"),
    ("{commitment: review, given: {opened: 2026-02-01 09:00}, expect: met}", "no event of the clause is given; it asks for held"),
    ("{commitment: up, given: {result: 99%, site: x}, expect: {elapsed: 1h}}", "it has no elapsed"),
    ("{commitment: lost, given: {result: 4h}, expect: {value: 5h}}", "expected value 5h"),
    ("{commitment: few, given: {opened: 2026-02-01 09:00, done: 2026-02-01 10:00}, expect: {elapsed: 2h}}", "expected elapsed 2h, found 1 h"),
]


def findings(example: str) -> list[str]:
    loaded = load({"a.yaml": TEXT.replace("EXAMPLE", example).encode()}, name="a.yaml")
    assert loaded.plan is not None, loaded.findings
    return [f.message for f in example_findings(loaded)]


@pytest.mark.parametrize("example", HOLD)
def test_it_holds(example: str) -> None:
    assert findings(example) == []


@pytest.mark.parametrize(("example", "said"), FAIL, ids=lambda v: str(v)[:40])
def test_it_fails_and_says_why(example: str, said: str) -> None:
    (message,) = findings(example)
    assert said in message


def test_nothing_is_worked_out_where_the_agreement_has_errors() -> None:
    assert example_findings(load({"a.yaml": b"upheld: 1\n"}, name="a.yaml")) == ()
