"""Commands about an installation that is not there: said, and nothing made."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from upheld.cli.main import cli


@pytest.mark.parametrize("asked", [("worker",), ("serve",), ("token", "list"), ("token", "revoke", "1"), ("token", "create", "--actor", "a",
                                                                                                    "--scope", "clocks:read")])
def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path, asked: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli, [*asked, "-w", str(tmp_path / "nowhere")])
    assert (shown.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "there is no folder" in shown.stderr


def test_no_store_is_made_only_to_be_looked_at(tmp_path: Path) -> None:
    shown = CliRunner().invoke(cli, ["token", "list", "-w", str(tmp_path)])
    assert (shown.exit_code, list(tmp_path.iterdir())) == (4, [])
    assert "there is no store" in shown.stderr
