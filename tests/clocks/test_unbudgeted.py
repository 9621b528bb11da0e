"""Every promise has a budget, or is told to have none and why."""

from __future__ import annotations

import pytest

from upheld.agreement.load import load
from upheld.clocks.unbudgeted import unbudgeted
from upheld.values.instant import parse_instant

HEAD = """upheld: 1
agreement: acme
effective: {from: 2026-01-01, until: 2026-12-31}
timezone: UTC
parties: {provider: {name: Northwind}, customer: {name: ACME}}
states: {outage: {where: {kind: outage}}}
contacts: {ann: {mail: a@n.example}}
escalations: {burn: {steps: [{at: 50%, tell: ann}]}}
commitments:
"""
AT = parse_instant("2026-03-02T00:00:00Z")


def of(*clauses: str, at: int = AT, known: tuple[str, ...] = ()) -> dict[str, str]:
    loaded = load({"a.yaml": (HEAD + "".join(f"  p{i}: {c}\n" for i, c in enumerate(clauses))).encode()}, name="a.yaml")
    assert loaded.plan is not None, loaded.findings
    return {one.commitment: one.says for one in unbudgeted([loaded.plan], at, known)}


@pytest.mark.parametrize(("clause", "why"), [
    ('{measure: values, of: {series: s}, value: mean, per: month, target: "<= 200"}', "the mean of the values is no amount that is used up"),
    ('{measure: values, of: {series: s}, value: p95, per: month, target: "<= 200"}', "the p95 of the values is no amount"),
    ('{measure: values, of: {series: s}, value: p95, per: month, target: "<= 200", escalation: burn}', "though it has an escalation"),
    ('{measure: availability, down: outage, out_of: period, value: mean between, per: month, target: ">= 10h"}', "time between failures"),
    ('{measure: availability, down: outage, out_of: period, per: month}', "it has no target"),
    ('{measure: values, of: {series: s}, ratio: {good: any, total: any}, per: month, target: "<= 5%"}', "the most a share may be"),
    ('{measure: availability, down: outage, out_of: period, value: number, per: month, target: ">= 3"}', "least a number may be"),
    ('{measure: clock, starts: opened, stops: closed, hours: always, within: 1h, value: median, per: month, target: "<= 30m"}', "the median"),
])
def test_a_promise_without_a_budget_says_why(clause: str, why: str) -> None:
    assert why in of(clause)["p0"]


def test_a_combination_names_its_parts() -> None:
    part = '{measure: availability, down: outage, out_of: period, per: month, target: ">= 99%"}'
    found = of(part, "{measure: combine, all of: [p0], per: month}", known=("p0",))
    assert found == {"p1": "it is made of p0: the budgets are theirs"}


def test_what_can_have_one_and_has_none_yet_is_told_too_and_nothing_of_a_time_without_terms() -> None:
    clause = '{measure: clock, starts: opened, stops: closed, hours: always, within: 1h, per: month, target: ">= 90%", escalation: burn}'
    assert of(clause) == {"p0": "there is nothing it could be measured on yet in the window that runs now"}
    assert of(clause, at=parse_instant("2027-06-01T00:00:00Z")) == {}
