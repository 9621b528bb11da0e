"""The boards of the examples, as pages: what ``upheld clocks`` prints of their histories at one instant of each.

``pytest tests/clocks/test_board_examples.py --update-cases`` writes them anew.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from upheld.cli.main import cli

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PAGES = sorted((HERE / "boards").glob("*.txt"))


def run(*arguments: str):
    return CliRunner().invoke(cli, ["clocks", *arguments], catch_exceptions=False)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_the_board_of_an_example(path: Path, monkeypatch: pytest.MonkeyPatch, update_cases: bool) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("COLUMNS", raising=False)
    text = path.read_text(encoding="utf-8")
    command = text.splitlines()[0]
    result = run(*shlex.split(command.removeprefix("$ upheld clocks ")))
    assert result.exit_code == 0
    shown = command + "\n" + "".join(line.rstrip() + "\n" for line in (result.stdout + result.stderr).splitlines())
    if update_cases:
        path.write_text(shown, encoding="utf-8")
    assert shown == text or update_cases


def test_json_and_markdown_tell_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    asked = ("-w", "examples/hardware", "--agreement", "northwind-acme", "--at", "2026-02-20T12:00:00Z")
    document = json.loads(run(*asked, "--format", "json").stdout)
    assert (document["schema"], document["version"]) == ("upheld/clocks", 1)
    (board,) = document["boards"]
    markdown = run(*asked, "--format", "md").stdout
    rows = [line for line in markdown.splitlines() if line.startswith("| ") and "promise" not in line]
    assert len(rows) == len(board["clocks"]) + len(board["budgets"])
    assert len(run(*asked, "--format", "csv").stdout.splitlines()) == 1 + len(rows)
    every = json.dumps(board)
    assert "e+" not in every
    assert all(isinstance(b["best"]["used"], str) for b in board["budgets"])


def test_exit_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    asked = ("-w", "examples/github", "--at", "2026-02-10T12:00:00Z")
    assert run(*asked, "--fail-on", "missed").exit_code == 1
    assert run(*asked, "--for", "component=Visit www", "--fail-on", "warning").exit_code == 0
    assert run(*asked, "no-such").exit_code == 2
    assert run("-w", "examples/github", "--agreement", "nobody").exit_code == 2
    early = run("-w", "examples/github", "--at", "2020-01-01")
    assert early.exit_code == 0
    assert "nothing runs then; the facts end at" in early.stdout
