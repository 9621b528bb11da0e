"""What the manual, the findings and our own help tell people to type can be typed: each option is one of its command."""

from __future__ import annotations

import importlib
import re
from functools import cache
from pathlib import Path

import click
import pytest

from upheld.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("README.md"),
                *(ROOT / "tests/findings").glob("*.txt"), *(ROOT / "src").rglob("*.py")])
SAID = re.compile(r"\bupheld ([a-z]+)\b([^`\"'|#&;()\n]*)")
OPTION = re.compile(r"(?<!\S)(--[a-z][a-z-]+)")


@cache
def options(name: str) -> frozenset[str]:
    found = {"--help"}
    asked: list[click.Command] = [importlib.import_module(f"upheld.cli.{name}_command").command]
    while asked:
        one = asked.pop()
        found |= {option for parameter in one.params for option in (*parameter.opts, *parameter.secondary_opts)}
        asked += one.commands.values() if isinstance(one, click.Group) else ()
    return frozenset(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_option_is_mentioned_that_there_is_not(page: Path) -> None:
    said = [(name, option) for name, rest in SAID.findall(page.read_text("utf-8")) if name in COMMANDS for option in OPTION.findall(rest)]
    assert not [f"upheld {name} {option}" for name, option in said if option not in options(name)]
