"""Cases as pages: an agreement, facts, a command and exactly what it prints, each readable by whoever answers for the service.

A fenced block that names a file (```` ```yaml agreements/acme.yaml ````) is that file of a fresh workspace. A ``console`` block holds
commands (``$ upheld …``), each followed by its output, and by ``[exit 1]`` where it does not end with 0.
``pytest tests/cases --update-cases`` writes the outputs anew; work the figures out by hand before they are kept.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from upheld.cli.main import cli

HERE = Path(__file__).parent
PAGES = sorted(path for path in HERE.rglob("*.md") if path.name != "README.md")
FENCE = re.compile(r"^```(?P<language>\w+)(?: (?P<name>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """``files``: name and text of each; ``consoles``: the blocks of commands, each with its span in the page."""

    text: str
    files: tuple[tuple[str, str], ...]
    consoles: tuple[tuple[int, int, str], ...]


def read_page(path: Path) -> Page:
    text = path.read_text(encoding="utf-8")
    blocks = list(FENCE.finditer(text))
    files = tuple((b["name"], b["body"]) for b in blocks if b["name"])
    consoles = tuple((b.start("body"), b.end("body"), b["body"]) for b in blocks if b["language"] == "console")
    return Page(text, files, consoles)


def played(console: str) -> str:
    """The block as it reads when its commands are run now."""
    lines: list[str] = []
    for line in console.splitlines():
        if not line.startswith("$ "):
            continue
        program, *arguments = shlex.split(line[2:])
        assert program == "upheld"
        result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        lines += [line, *(text.rstrip() for text in (result.stdout + result.stderr).splitlines())]
        if result.exit_code:
            lines.append(f"[exit {result.exit_code}]")
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(HERE).with_suffix("").as_posix())
def test_the_page_holds(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_cases: bool) -> None:
    page = read_page(path)
    assert page.consoles, "a page runs at least one command"
    for name, body in page.files:
        target = tmp_path / name
        assert target.resolve().is_relative_to(tmp_path.resolve())
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(body, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    shown = page.text
    for start, end, body in reversed(page.consoles):
        shown = shown[:start] + played(body) + shown[end:]
    if update_cases:
        path.write_text(shown, encoding="utf-8")
    assert shown == page.text or update_cases


def test_every_page_says_what_it_is_about() -> None:
    assert len(PAGES) >= 30
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# "), path
        assert "By hand:" in text, f"{path} does not work its figure out"
