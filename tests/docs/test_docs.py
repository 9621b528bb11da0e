"""Every command in the manual is run, and prints what the manual says.

A page is a story in an empty folder: fenced blocks with ``file=NAME`` are written there, ``console`` blocks are run line by line
(``$ upheld …``), and what they print must stand below them. ``pytest tests/docs --update-docs`` rewrites what they print.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from upheld.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(p for p in (ROOT / "docs").rglob("*.md") if "```console" in p.read_text("utf-8"))
_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def run_page(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page with the output of every console block as it comes out now."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "110")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("published"))

    def block(found: re.Match[str]) -> str:
        info, body = found["info"], found["body"]
        name = re.search(r"file=(\S+)", info)
        if name:
            path = folder / name[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, "utf-8")
        if info.split(" ")[0] != "console":
            return found[0]
        shown = "".join(_run(line[2:]) for line in body.splitlines() if line.startswith("$ "))
        return f"```{info}\n{shown}```"

    return _FENCE.sub(block, text)


def _run(command: str) -> str:
    program, *args = shlex.split(command)
    assert program == "upheld", f"only upheld is run in the manual, not {program}"
    result = CliRunner().invoke(cli, args, catch_exceptions=False)
    output = "\n".join(line.rstrip() for line in result.output.splitlines())
    code = f"[exit {result.exit_code}]\n" if result.exit_code not in (0, 1) else ""
    return f"$ {command}\n{output}\n{code}" if output else f"$ {command}\n{code}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_the_manual_says_what_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_docs: bool) -> None:
    text = page.read_text("utf-8")
    now = run_page(text, tmp_path, monkeypatch)
    if update_docs:
        page.write_text(now, "utf-8")
    else:
        assert now == text, "run with --update-docs and read what changed"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text("utf-8")
    missing = [p.name for p in (ROOT / "docs").glob("*.md") if p.name != "README.md" and f"({p.name})" not in index]
    assert missing == []


@pytest.mark.parametrize("script", ["build_clocks.py", "build_cases.py", "build_cli.py", "build_language.py"])
def test_generated_pages_are_what_the_product_gives_now(script: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "docs" / script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
