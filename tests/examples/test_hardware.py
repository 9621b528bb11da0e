"""The hardware example: its facts are what its generator makes, and what it promises is measured without a gap."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

from upheld.cli.main import cli
from upheld.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[2] / "examples/hardware"


def test_the_same_seed_gives_the_same_bytes() -> None:
    made = runpy.run_path(str(ROOT / "generate.py"))["files"]
    first = made()
    assert first == made()
    assert {name: (ROOT / "data" / name).read_bytes() for name in first} == first
    assert made(7) != first


def test_the_agreements_are_in_order_and_every_row_is_read() -> None:
    workspace = open_workspace(ROOT)
    assert [f.slug for f in workspace.findings if f.severity == "error"] == []
    facts = workspace.facts()
    assert facts.refused == ()
    assert facts.events is not None
    assert sum(name.startswith("C-") for name in facts.events.case_names) == 3_000


@pytest.mark.parametrize("agreement", ["northwind-standard", "northwind-acme", "fieldserv"])
def test_met_and_missed_are_both_there(agreement: str) -> None:
    result = CliRunner().invoke(cli, ["assess", "-w", str(ROOT), agreement], catch_exceptions=False)
    assert " met" in result.output
    assert " breached" in result.output
    assert "unknown" not in result.output


def test_the_amendment_judges_from_october() -> None:
    windows = ["uptime", "--period", "2025-09", "--period", "2025-10"]
    result = CliRunner().invoke(cli, ["assess", "-w", str(ROOT), "northwind-acme", *windows], catch_exceptions=False)
    rows = {line[:7]: line for line in result.output.splitlines() if line.startswith("2025-")}
    assert ">= 99.9% " in rows["2025-09"]
    assert ">= 99.95%" in rows["2025-10"]


def test_a_red_month_is_explained() -> None:
    result = CliRunner().invoke(cli, ["explain", "-w", str(ROOT), "northwind-acme", "uptime", "2025-12"], catch_exceptions=False)
    assert "breached" in result.output
    assert "maintenance" in result.output
