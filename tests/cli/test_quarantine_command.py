"""``upheld quarantine``, and the scopes of ``upheld token create``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from upheld.cli.main import cli
from upheld.stores.store import open_store

AT = 1_795_262_400_000_000
BODY = '{"ticket": "Ünlü \\u001b[31m"}\n\x1b[2J'.encode() + b"\xff"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "records").mkdir()
    problems = [{"row": 2, "column": "action", "slug": "unmapped-value", "detail": "exploded is no state"},
                {"row": 3, "column": "", "slug": "x", "detail": "y"}]
    with open_store(tmp_path / "records/store.db") as store:
        for n in range(45):
            store.quarantine.add(AT + n * 1_000_000, "tracker" if n else "pager", f"msg-{n}", json.dumps(problems), BODY)
    return tmp_path


def run(home: Path, *asked: str) -> Any:
    return CliRunner().invoke(cli, [*asked, "-w", str(home)])


def test_list_and_show(home: Path) -> None:
    lines = run(home, "quarantine", "list").output.splitlines()
    assert len(lines) == 45
    assert " ".join(lines[0].split()) == (
        f"1 2026-11-21T12:00:00Z pager {len(BODY)} B row 2, action: exploded is no state (unmapped-value), and 1 more")
    told = json.loads(run(home, "quarantine", "list", "--receiver", "pager", "--format", "json").output)
    assert [(one["id"], one["delivery"], one["bytes"]) for one in told] == [(1, "msg-0", len(BODY))]
    shown = run(home, "quarantine", "show", "45").output
    assert "\x1b" not in shown, "what strangers wrote moves no cursor"
    assert "exploded is no state" in shown
    assert "Ünlü" in shown
    assert run(home, "quarantine", "show", "45", "--body").stdout_bytes == BODY
    assert run(home, "quarantine", "show", "46").exit_code == 2


def test_forget(home: Path) -> None:
    assert run(home, "quarantine", "forget").exit_code == 2
    assert run(home, "quarantine", "forget", "1", "99").exit_code == 2, "all or none"
    assert len(run(home, "quarantine", "list").output.splitlines()) == 45
    assert run(home, "quarantine", "forget", "1", "3").output == "2 bodies deleted\n"
    assert run(home, "quarantine", "forget", "--before", "2026-11-21T12:00:40Z").output == "38 bodies deleted\n"
    assert [one["id"] for one in json.loads(run(home, "quarantine", "list", "--format", "json").output)] == [41, 42, 43, 44, 45]


def test_scopes_that_name_an_agreement(tmp_path: Path) -> None:
    made = run(tmp_path, "token", "create", "--actor", "ann", "--scope", "acknowledge:North wind", "--scope", "clocks:read:acme")
    assert made.exit_code == 0, made.output
    assert "acknowledge:North%20wind, clocks:read:acme" in run(tmp_path, "token", "list").output
    for wrong in ("acknowledge:", "acknowledge:AGREEMENT", "facts:write:SOURCE", "clocks:write:acme"):
        refused = run(tmp_path, "token", "create", "--actor", "ann", "--scope", wrong)
        assert (refused.exit_code, "is no scope" in refused.stderr) == (2, True)
