"""Makes docs/findings.md from the bad files in tests/findings: each page is a file that was really read and what was said.

Run ``python docs/build_findings.py`` after a finding has changed; a test holds the page to it.
"""

from __future__ import annotations

import importlib.util
import re
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BAD_FILES = ROOT / "tests" / "findings"
PAGE = ROOT / "docs" / "findings.md"

HEAD = """\
# Findings

What can be wrong in an agreement, one tiny file each, and exactly what is said about it: where, what, and how to mend it.
Findings are shown all at once. `upheld check --format json | github | sarif` gives them to programs.

This page is made by `docs/build_findings.py` from `tests/findings/`.
"""


def page() -> str:
    """The whole page as Markdown."""
    groups = [(slug, list(group)) for slug, group in groupby(bad_files(), key=slug_of)]
    index = " · ".join(f"[{slug}](#{slug})" for slug, _ in groups)
    return "\n".join([HEAD, index, "", *(section(slug, group) for slug, group in groups)])


def bad_files() -> list[Path]:
    """Every output kept: beside its file, in the folder of files read together, or of a file that is made; by finding."""
    alone = (path for path in BAD_FILES.glob("*.txt"))
    together = (path for path in BAD_FILES.glob("together/*/said.txt"))
    return sorted((*alone, *together), key=lambda path: (slug_of(path), name_of(path)))


def name_of(said: Path) -> str:
    """``syntax.tab`` of ``syntax.tab.txt``; of files read together, their folder's name."""
    return said.parent.name if said.name == "said.txt" else said.name.removesuffix(".txt")


def slug_of(said: Path) -> str:
    """``syntax`` of ``syntax.tab.txt``."""
    return name_of(said).split(".")[0]


def section(slug: str, files: list[Path]) -> str:
    """One finding: each of its bad files and what is said."""
    return "\n".join([f"## {slug}", "", *(example(said) for said in files)])


def example(said: Path) -> str:
    """A bad file (or several), its first comment as prose above it, and the output."""
    parts: list[str] = []
    if said.name == "said.txt":
        for path in sorted(said.parent.glob("*.yaml")):
            parts += shown(path, f"`{path.name}`")
    elif said.with_suffix(".yaml").exists():
        parts += shown(said.with_suffix(".yaml"))
    else:
        parts += [made()[name_of(said)][0], ""]
    return "\n".join([*parts, "```text", said.read_text(encoding="utf-8").rstrip(), "```", ""])


def shown(path: Path, caption: str = "") -> list[str]:
    """A file as a block, below its first comment or the caption."""
    text = path.read_bytes().decode("utf-8", "replace")
    prose, body = caption, text
    if text.startswith("# ") and "\n" in text:
        first, rest = text.split("\n", 1)
        if rest.strip():
            prose, body = first[2:], rest
    printable = re.sub(r"[^\n\x20-\x7e\u00a1-\u200a\u2010-\u2027\u2030-\u205e\u3000-\ufaff\ufffd]", spelt, body).rstrip()
    return [*([prose, ""] if prose else []), "```yaml", printable, "```", ""]


def made() -> dict[str, tuple[str, object]]:
    """The files that are made, each with a sentence."""
    spec = importlib.util.spec_from_file_location("made_findings", BAD_FILES / "made_findings.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, tuple[str, object]] = module.MADE
    return found


def spelt(match: re.Match[str]) -> str:
    """A character that cannot be printed, as an escape."""
    return match[0].encode("unicode_escape").decode()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
