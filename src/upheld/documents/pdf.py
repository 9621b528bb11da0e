"""PDF by typst.

Law: the template is fixed and the document comes as data, so no fact is ever markup; nothing is fetched; the fonts are those the typesetter
carries; the same document gives the same bytes (its stamp is the end of its period). Only letters that these fonts do not have are taken
from the fonts of the machine, where it has them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import typst

from upheld.statements.model import Block, Chart, Document, Heading, Highlights, Pairs, Prose, Table
from upheld.values.instant import parse_instant

__all__ = ["pdf", "typeset"]

_FONTS = ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono")
"""What the typesetter carries."""

_WIDE = re.compile(r'<svg[^>]*? width="([0-9.]+)"')
"""A picture's own width, in points: it is set in it, so that its type is as large as it says."""

_CARRIED = ((0x20, 0x24F), (0x250, 0x3FF), (0x400, 0x52F), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x20A0, 0x20BF), (0xFFFD, 0xFFFD))
"""The letters that these fonts have: Latin, Greek, Cyrillic, punctuation, signs of currencies."""


def pdf(document: Document, draw: Callable[[Chart], str]) -> bytes:
    """The document as a PDF; ``draw`` gives a chart's SVG."""
    found = typeset(document, draw, "pdf")
    return found if isinstance(found, bytes) else b"".join(found)


def typeset(document: Document, draw: Callable[[Chart], str], form: Literal["pdf", "png"]) -> bytes | list[bytes]:
    """The document as PDF, or its pages as PNG."""
    data = {
        "title": document.title, "subtitle": document.subtitle, "badge": document.badge, "period": document.period, "hash": document.hash,
        "parties": document.parties, "proof": document.proof, "fonts": list(_FONTS),
        "blocks": [_block(block, draw) for block in document.blocks],
    }
    template = Path(__file__).with_name("statement.typ").read_bytes()
    told = json.dumps(data, ensure_ascii=False)
    found: bytes | list[bytes] = typst.compile(
        template, format=form, sys_inputs={"document": told}, ignore_system_fonts=_carried(told),
        timestamp=parse_instant(document.stamp) // 1_000_000)
    return found


def _carried(words: str) -> bool:
    """Whether the typesetter has all the letters."""
    return words.isascii() or all(any(lo <= ord(c) <= hi for lo, hi in _CARRIED) for c in set(words))


def _block(block: Block, draw: Callable[[Chart], str]) -> dict[str, Any]:
    match block:
        case Heading(words, level):
            return {"kind": "heading", "text": words, "level": level}
        case Prose(words, tone):
            return {"kind": "prose", "text": words, "tone": tone}
        case Pairs(rows):
            return {"kind": "pairs", "rows": [list(row) for row in rows]}
        case Highlights(rows):
            return {"kind": "highlights", "rows": [list(row) for row in rows]}
        case Table():
            tones = [block.tones[i] if i < len(block.tones) else "plain" for i in range(len(block.rows))]
            depths = [block.depths[i] if i < len(block.depths) else 0 for i in range(len(block.rows))]
            widths = list(block.widths) or [1] * len(block.heads)
            return {"kind": "table", "heads": list(block.heads), "align": list(block.align), "rows": [list(r) for r in block.rows],
                    "tones": tones, "depths": depths, "widths": widths, "toned": block.toned}
        case Chart():
            drawing = draw(block)
            found = _WIDE.search(drawing)
            return {"kind": "chart", "title": block.title, "says": block.says, "svg": drawing, "width": float(found[1]) if found else 470.0}
