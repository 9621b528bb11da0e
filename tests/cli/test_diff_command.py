"""``upheld diff``: what it takes, what it refuses, how it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from upheld.cli.main import cli

HARDWARE = Path(__file__).resolve().parents[2] / "examples" / "hardware"
FOLDER = HARDWARE / "agreements" / "northwind-acme"


def diff(*arguments: str):
    return CliRunner().invoke(cli, ["diff", *map(str, arguments)], catch_exceptions=False)


def test_versions_of_a_workspace_and_their_files_are_the_same_difference():
    by_name = diff("northwind-acme@1", "northwind-acme@2", "-w", HARDWARE, "--format", "json")
    by_file = diff(FOLDER / "v1.yaml", FOLDER / "v2.yaml", "--format", "json")
    told = [[(c["sentence"], c["direction"]) for c in json.loads(r.stdout)["changes"]] for r in (by_name, by_file)]
    assert told[0] == told[1]
    assert (by_name.exit_code, by_file.exit_code) == (0, 0)


def test_the_document_says_both_versions_and_counts():
    body = json.loads(diff(FOLDER / "v1.yaml", FOLDER / "v2.yaml", "--format", "json").stdout)
    assert (body["schema"], body["version"], body["same_meaning"]) == ("upheld/difference", 1, False)
    assert (body["better"], body["worse"], body["different"]) == (5, 0, 0)
    assert body["after"]["from"] == "2025-10-01"
    assert body["changes"][0]["after_place"].endswith("v2.yaml:23:5")
    assert "on_facts" not in body


def test_the_exit_code_only_where_it_is_asked_for():
    assert diff(FOLDER / "v1.yaml", FOLDER / "v2.yaml").exit_code == 0
    assert diff(FOLDER / "v1.yaml", FOLDER / "v2.yaml", "--exit-code").exit_code == 1
    assert diff(FOLDER / "v1.yaml", FOLDER / "v1.yaml", "--exit-code").exit_code == 0


def test_with_facts_it_is_told_in_money_too():
    text = diff(FOLDER / "v1.yaml", FOLDER / "v2.yaml", "--facts", HARDWARE)
    assert text.exit_code == 0
    assert "before: version 1" in text.stdout
    assert "credits" in text.stdout
    body = json.loads(diff(FOLDER / "v1.yaml", FOLDER / "v2.yaml", "--facts", HARDWARE, "--format", "json").stdout)
    totals = [body["on_facts"][side]["total"]["credit_minor"] for side in ("before", "after")]
    assert totals[1] == 280_000
    assert totals[0] < totals[1]
    assert "## Month by month" in diff(FOLDER / "v1.yaml", FOLDER / "v2.yaml", "--facts", HARDWARE, "--format", "md").stdout


@pytest.mark.parametrize(("arguments", "code", "said"), [
    (["nowhere.yaml", "also.yaml"], 2, "no agreement file nowhere.yaml"),
    (["northwind-acme@9", "northwind-acme@2", "-w", str(HARDWARE)], 2, "there are: northwind-acme@1, northwind-acme@2"),
    (["other@1", "northwind-acme@2", "-w", str(HARDWARE)], 2, "no version other@1 here"),
])
def test_what_is_not_there_is_said(arguments, code, said):
    found = diff(*arguments)
    assert found.exit_code == code
    assert said in found.stderr
    assert not found.stdout


def test_a_version_without_a_workspace_is_said(tmp_path):
    found = diff("acme@1", "acme@2", "-w", tmp_path)
    assert found.exit_code == 2
    assert "no agreements/ folder" in found.stderr


def test_a_file_that_cannot_be_read_shows_its_findings(tmp_path):
    (tmp_path / "bad.yaml").write_text((FOLDER / "v1.yaml").read_text().replace("breach:", "breech:"))
    found = diff(tmp_path / "bad.yaml", FOLDER / "v2.yaml", "-w", HARDWARE)
    assert found.exit_code == 3
    assert "breech" in found.stderr
    assert not found.stdout
