"""``upheld backtest`` and ``upheld assess --what-if``: what they take, what they refuse, how they leave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from upheld.cli.main import cli

HARDWARE = Path(__file__).resolve().parents[2] / "examples" / "hardware"
V1, V2 = (HARDWARE / "agreements" / "northwind-acme" / f"v{n}.yaml" for n in (1, 2))


def run(*arguments: object):
    return CliRunner().invoke(cli, [str(a) for a in arguments], catch_exceptions=False)


def body(*arguments: object):
    found = run("backtest", *arguments, "--against", HARDWARE, "--format", "json")
    assert found.exit_code == 0, found.stderr
    return json.loads(found.stdout)["backtest"]


def test_both_sides_and_their_versions():
    found = body(V2)
    assert (found["before"]["versions"], found["after"]["versions"]) == (["1", "2"], ["2"])
    assert (found["before"]["total"]["credit_minor"], found["after"]["total"]["credit_minor"]) == (222_000, 280_000)
    assert found["notes"][0].startswith("version 2 judges from 2025-10-01 on; here its dates are moved")
    assert [m["month"] for m in found["months"]][:2] == ["2025-01", "2025-02"]


def test_months_from_and_until():
    found = body(V2, "--from", "2025-02", "--until", "2025-03")
    assert [m["month"] for m in found["months"]] == ["2025-02", "2025-03"]


def test_only_what_was_known_then():
    early = body(V2, "--as-of", "2025-06-01")
    assert [m["month"] for m in early["months"]][-1] == "2025-05"
    assert early["before"]["versions"] == ["1", "2"]


def test_the_same_bytes_every_time():
    one, other = (run("backtest", V2, "--against", HARDWARE, "--format", "json").stdout for _ in range(2))
    assert one == other


@pytest.mark.parametrize("form", ["text", "md", "csv"])
def test_the_other_forms(form):
    found = run("backtest", V2, "-w", HARDWARE, "--format", form)
    assert found.exit_code == 0
    assert "uptime" in found.stdout


def test_an_agreement_that_is_not_in_force_stands_alone(tmp_path):
    (tmp_path / "new.yaml").write_text(
        'upheld: 1\nagreement: new\nversion: 1\neffective: {from: 2027-01-01}\ntimezone: Europe/Berlin\ncovers: {customer: acme}\n'
        'states: {outage: {where: {kind: outage}}}\ncommitments:\n'
        '  uptime: {measure: availability, down: outage, out_of: period, per: month, target: ">= 99%"}\n')
    found = run("backtest", tmp_path / "new.yaml", "--against", HARDWARE)
    assert found.exit_code == 0, found.stderr
    assert "new has no terms in force here" in found.stderr
    assert "proposed" in found.stdout
    assert "it judges from 2024-12-01 on" in found.stdout or "it judges from 2025-01-01 on" in found.stdout


@pytest.mark.parametrize(("arguments", "code", "said"), [
    (["backtest", V2, "--against", HARDWARE, "--from", "2025"], 2, "--from 2025 is no month"),
    (["backtest", V2, "--against", HARDWARE, "--until", "2025-13"], 2, "--until 2025-13 is no month"),
    (["backtest", V2, "--against", HARDWARE, "--from", "2025-05", "--until", "2025-04"], 2, "lies before"),
    (["backtest", "nowhere.yaml", "--against", HARDWARE], 2, "does not exist"),
    (["backtest", V2, "--against", HARDWARE, "--as-of", "2020-01-01"], 2, "adopted by then"),
    (["assess", "-w", HARDWARE, "northwind-standard", "--what-if", V2], 2, "is a version of northwind-acme"),
    (["assess", "-w", HARDWARE, "northwind-acme", "nothing", "--what-if", V2], 2, "no commitment 'nothing'"),
    (["assess", "-w", HARDWARE, "--what-if", V2, "--as-of", "2020-01-01"], 2, "adopted by then"),
])
def test_what_cannot_be_done_is_said(arguments, code, said):
    found = run(*arguments)
    assert found.exit_code == code
    assert said in found.stderr


def test_a_proposal_with_findings_shows_them(tmp_path):
    (tmp_path / "bad.yaml").write_text(V2.read_text().replace("breach:", "breech:"))
    ways = (["backtest", tmp_path / "bad.yaml", "--against", HARDWARE], ["assess", "-w", HARDWARE, "--what-if", tmp_path / "bad.yaml"])
    for found in (run(*way) for way in ways):
        assert found.exit_code == 3
        assert "breech" in found.stderr


def test_a_draft_that_lies_elsewhere_is_read_with_the_bases_of_the_workspace(tmp_path):
    (tmp_path / "draft.yaml").write_text(V2.read_text())
    text = [run("backtest", path, "--against", HARDWARE).stdout for path in (V2, tmp_path / "draft.yaml")]
    assert text[0] == text[1]
    assert run("assess", "-w", HARDWARE, "--what-if", tmp_path / "draft.yaml").exit_code == 0
    assert "no difference in meaning" in run("diff", V2, tmp_path / "draft.yaml", "-w", HARDWARE).stdout


# ---- what if -----------------------------------------------------------------------------------------------------------


def test_the_document_of_what_if_has_both_sides():
    found = run("assess", "-w", HARDWARE, "northwind-acme", "uptime", "--what-if", V1, "--format", "json")
    told = json.loads(found.stdout)
    assert told["schema"] == "upheld/what-if"
    first = next(d for d in told["differences"] if d["window"] == "2026-01")
    assert (first["verdict_in_force"], first["verdict_what_if"]) == ("deviation", "met")
    assert {o["commitment"] for o in told["outcomes"]} == {"uptime"}
    assert "stood in the place of version 2" in told["said"]


def test_what_if_in_the_other_forms():
    assert "| uptime | 2026-01 |" in run("assess", "-w", HARDWARE, "--what-if", V1, "--format", "md").stdout
    table = run("assess", "-w", HARDWARE, "--what-if", V1, "--format", "csv")
    assert table.stdout.startswith("agreement,version,")
    assert "verdicts differ" in table.stderr
    assert "no verdict differs" in run("assess", "-w", HARDWARE, "--what-if", V2).stdout


def test_what_if_fails_on_the_proposal_verdicts():
    arguments = ("assess", "-w", HARDWARE, "northwind-acme", "uptime", "--period", "2026-01", "--fail-on", "deviation")
    assert run(*arguments).exit_code == 1
    assert run(*arguments, "--what-if", V1).exit_code == 0
