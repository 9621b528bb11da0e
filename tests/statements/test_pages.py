"""Pages: a workspace, and its statement word for word, as text and as Markdown.

A fenced block that names a file is that file. A ``text`` or ``markdown`` block that names a period (``2026-03``, with ``as-of=`` and
``revises=``) holds the statement of it. ``pytest tests/statements --update-cases`` writes them anew: work the figures out before.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from stated import stated, write_files

from upheld.documents.plain import markdown, text
from upheld.statements.compose import compose

PAGES = sorted((Path(__file__).parent / "pages").glob("*.md"))
FENCE = re.compile(
    r"^(?P<fence>`{3,4})(?P<language>\w+) (?P<name>\S+)(?: (?P<more>[^\n]*))?\n(?P<body>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
RENDERERS = {"text": text, "markdown": markdown}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_page_holds(path: Path, tmp_path: Path, update_cases: bool) -> None:
    page = path.read_text(encoding="utf-8")
    blocks = list(FENCE.finditer(page))
    write_files(tmp_path, {b["name"]: b["body"] for b in blocks if b["language"] not in RENDERERS})
    shown = page
    expected = [b for b in blocks if b["language"] in RENDERERS]
    assert expected, "a page holds at least one statement"
    for block in reversed(expected):
        options = dict(option.split("=", 1) for option in (block["more"] or "").split())
        statement = stated(tmp_path, block["name"], options.get("as-of"), options.get("revises"))
        made = RENDERERS[block["language"]](compose(*statement))
        shown = shown[:block.start("body")] + made + shown[block.end("body"):]
    if update_cases:
        path.write_text(shown, encoding="utf-8")
    assert shown == page or update_cases
