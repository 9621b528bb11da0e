"""Published schedules: every folder of examples/published reads without a fault, and its facts give exactly the results reckoned by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from upheld.assessment.assess import assess
from upheld.plans.lookup import look
from upheld.remedies.settle import settle
from upheld.remedies.settlement import Line, Settlement
from upheld.values.instant import parse_instant
from upheld.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[2] / "examples" / "published"
FOLDERS = sorted(p for p in ROOT.iterdir() if (p / "agreements").is_dir()) if ROOT.is_dir() else []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_a_published_schedule_checks_and_gives_what_was_reckoned_by_hand(folder: Path) -> None:
    """No error, no warning that is not accepted, no row refused; every judged outcome, and no other, as in expected.json."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    workspace = open_workspace(folder)
    assert [f"{f.slug}: {f.message}" for f in workspace.findings if f.severity in ("error", "warning")] == []
    facts = workspace.facts()
    assert not facts.refused
    found = {}
    for plans in workspace.plans().values():
        for o in assess(plans, facts, expected.get("as_of_us")).outcomes:
            key = "|".join((o.commitment, o.window, *(f"{k}={v}" for k, v in o.group), *([o.part] if o.part else [])))
            found[key] = [o.shown, o.verdict]
    judged = {key: value for key, value in found.items() if key in expected["results"] or value[1] != "not applicable"}
    assert judged == expected["results"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_what_a_schedule_accepts_is_still_told(folder: Path) -> None:
    """Gaps and overlaps of the published text are found, and stand as notes because they are accepted with a reason."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    assert expected["source"]
    assert isinstance(expected["illustrative"], bool)
    for loaded in open_workspace(folder).agreements:
        accepted = set(loaded.model.accept) if loaded.model is not None else set()
        assert accepted <= {f.slug for f in loaded.findings if f.severity == "note"}


WITH_BANDS = [f for f in FOLDERS if "credits" in json.loads((f / "expected.json").read_text("utf-8"))]


@pytest.mark.parametrize("folder", WITH_BANDS, ids=lambda p: p.name)
def test_each_result_lies_in_the_band_that_the_published_table_gives_it(folder: Path) -> None:
    """``credits`` holds the row of the credit table for each result, as read by hand; ``none`` where the table has no row."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))["credits"]
    workspace = open_workspace(folder)
    tables = {name: c.credit.pay for a in workspace.agreements if a.model for name, c in a.model.commitments.items() if c.credit}
    facts = workspace.facts()
    found = {}
    for plans in workspace.plans().values():
        for o in assess(plans, facts, None).outcomes:
            if o.commitment not in tables:
                continue
            row = look(tables[o.commitment], {"result": o.low})
            key = "|".join((o.commitment, o.window, *(f"{k}={v}" for k, v in o.group)))
            found[key] = tables[o.commitment].leaves[row].text if row >= 0 else "none"
    assert {key: found[key] for key in expected} == expected


WITH_MONEY = [f for f in FOLDERS if "amounts" in json.loads((f / "expected.json").read_text("utf-8"))]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_every_schedule_with_a_credit_has_amounts(folder: Path) -> None:
    """And charges or tickets to reckon them of: no credit clause of a published schedule goes unpaid in its example."""
    paying = [name for a in open_workspace(folder).agreements if a.model for name, c in a.model.commitments.items() if c.credit]
    assert bool(paying) == (folder in WITH_MONEY)


def key_of(line: Line) -> str:
    """As the results have it, with the case of a credit for a case, and what was earned back beside what was given."""
    parts = (line.commitment, line.window, *(f"{k}={v}" for k, v in line.group), line.case, "earned back" if line.kind == "earned back" else "")
    return "|".join(p for p in parts if p)


def found_amounts(settlement: Settlement) -> dict[str, list[object]]:
    """Minor units (of all clauses that pay for one result together; what is given in place of money in words) and the state, by result."""
    found: dict[str, list[object]] = {}
    for line in settlement.lines:
        amount = line.grant or line.amount
        before = found.setdefault(key_of(line), [0 if isinstance(amount, int) else amount, line.state])
        assert before[1] == line.state, f"{line.key} is {line.state}, beside it {before[1]}"
        if isinstance(amount, int) and isinstance(before[0], int):
            before[0] += amount
    return found


@pytest.mark.parametrize("folder", WITH_MONEY, ids=lambda p: p.name)
def test_the_amounts_are_those_of_the_page(folder: Path) -> None:
    """Every line of the settlement, and no other, has the amount and the state that the README reckons by hand."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    workspace = open_workspace(folder)
    facts = workspace.facts()
    found: dict[str, list[object]] = {}
    for plans in workspace.plans().values():
        settlement = settle(plans, facts, parse_instant(expected["settled_at"]))
        assert settlement.notes == tuple(expected.get("notes", ()))
        found |= found_amounts(settlement)
    assert found == expected["amounts"]
