"""Makes docs/findings.md from the bad files in tests/findings: each page is a file that was really read and what was said.

Run ``python docs/build_findings.py`` after a finding has changed; a test holds the page to it.
"""

from __future__ import annotations

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
    files = sorted(path for path in BAD_FILES.glob("*.yaml") if path.with_suffix(".txt").exists())
    groups = [(slug, list(group)) for slug, group in groupby(files, key=slug_of)]
    index = " · ".join(f"[{slug}](#{slug})" for slug, _ in groups)
    return "\n".join([HEAD, index, "", *(section(slug, group) for slug, group in groups)])


def slug_of(path: Path) -> str:
    """``syntax`` of ``syntax.tab.yaml``."""
    return path.name.split(".")[0]


def section(slug: str, files: list[Path]) -> str:
    """One finding: each of its bad files and what is said."""
    return "\n".join([f"## {slug}", "", *(example(path) for path in files)])


def example(path: Path) -> str:
    """A bad file, its first comment as prose above it, and the output."""
    text = path.read_bytes().decode("utf-8", "replace")
    prose, body = "", text
    if text.startswith("# ") and "\n" in text:
        first, rest = text.split("\n", 1)
        if rest.strip():
            prose, body = first[2:], rest
    shown = re.sub(r"[^\n\x20-\x7e\u00a1-\u200a\u2010-\u2027\u2030-\u205e\u3000-\ufaff\ufffd]", spelt, body).rstrip()
    said = path.with_suffix(".txt").read_text(encoding="utf-8").rstrip()
    return "\n".join([*([prose, ""] if prose else []), "```yaml", shown, "```", "", "```text", said, "```", ""])


def spelt(match: re.Match[str]) -> str:
    """A character that cannot be printed, as an escape."""
    return match[0].encode("unicode_escape").decode()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
