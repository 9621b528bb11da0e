"""Published schedules: every folder of examples/published reads without a fault, and its facts give exactly the results reckoned by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from upheld.assessment.assess import assess
from upheld.plans.lookup import look
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
            row = look(tables[o.commitment], {"result": o.low})
            key = "|".join((o.commitment, o.window, *(f"{k}={v}" for k, v in o.group)))
            found[key] = tables[o.commitment].leaves[row].text if row >= 0 else "none"
    assert {key: found[key] for key in expected} == expected
