"""Checks of money: what all credits can sum to."""

from __future__ import annotations

import pytest

from upheld.agreement.load import load

TEXT = """upheld: 1
agreement: a
effective: {from: 2025-01-01}
timezone: UTC
currency: EUR
parties: {provider: {name: P}, customer: {name: C}}
states: {down: {where: {kind: outage}}}
commitments:
  one:
    measure: availability
    down: down
    out_of: period
    per: month
    target: ">= 99%"
    credit: {pay: {by result: {"< 99%": 80%}}, of: fee}
  two:
    like: one
    credit: {pay: {by result: {"< 99%": 70%}}, of: fee}
"""


@pytest.mark.parametrize(("once", "told"), [("", ["150%"]), ("pays_once: [{highest_of: [one, two], per: window}]\n", [])])
def test_of_commitments_that_pay_once_only_the_highest_can_sum_up(once: str, told: list[str]) -> None:
    """80% and 70% sum to 150% and want a cap; where only the highest is paid they are 80%."""
    findings = load({"a.yaml": (TEXT + once).encode()}, name="a.yaml").findings
    sums = [f.message for f in findings if f.slug == "cap-missing"]
    assert len(sums) == len(told)
    assert all(t in m for t, m in zip(told, sums, strict=True))
