"""Budgets of the examples: whole histories, versions and parts, held against the assessment at the same cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from upheld.assessment.assess import assess
from upheld.clocks.budgets import budgets
from upheld.values.instant import parse_instant
from upheld.workspace import open_workspace

ROOT = Path(__file__).parents[2]
INSTANTS = (("github", "2025-11-30T23:59:00Z"), ("hardware", "2025-10-07T09:00:00Z"), ("hardware", "2026-02-27T16:00:00Z"),
            ("helpdesk", "2016-04-02T12:00:00Z"))


@pytest.mark.parametrize(("example", "text"), INSTANTS)
def test_every_budget_is_the_assessed_figure(example: str, text: str) -> None:
    workspace, at = open_workspace(ROOT / "examples" / example), parse_instant(text)
    facts = workspace.facts()
    told = 0
    for plans in workspace.plans().values():
        outcomes = {o.key: o for o in assess(plans, facts, at).outcomes}
        for b in budgets(plans, facts, at):
            o = outcomes[b.agreement, b.commitment, b.group, b.window.start, b.part]
            told += 1
            if o.figure.low is None:
                assert not b.best.used
                continue
            assert sorted((b.figure(b.best), b.figure(b.worst))) == [o.figure.low, o.figure.high]
            if b.state == "used up":
                assert o.verdict in ("breached", "deviation", "unknown")
            if b.state == "kept":
                assert o.verdict in ("met", "not applicable")
            assert b.window.first <= at < b.window.last
            assert b.runs_out is None or b.window.first <= b.runs_out <= b.window.last
    assert told
