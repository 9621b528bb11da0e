"""PDF by typst.

Law: the template is fixed and the document comes as data, so no fact is ever markup; nothing is fetched; the fonts are those the typesetter
carries; the same document gives the same bytes (its stamp is the end of its period). Only letters that these fonts do not have are taken
from the fonts of the machine; where it has none either, their codes are set, so that no two names ever look alike. The file is made to
be kept and to be read aloud: PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1).
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

_FOREIGN = re.compile("[^ -~\u00a0-\u04ff\u1e00-\u200a\u2010-\u2027\u202f-\u205f\u20a0-\u20c0\u2190-\u22ff\ufffd]+")
"""What these fonts may lack: all but Latin, Greek, Cyrillic, punctuation, currencies, arrows, signs of mathematics."""

_SURE = re.compile("[^ -~\u00a0-\u00ff\ufffd]+")
"""What they may lack in the worst case: there are code points without a letter in every range."""


_CODES = {"kind": "prose", "tone": "quiet", "text": "Letters for which this file has no font stand in brackets as their Unicode codes, "
          "such as [U+00E9]; the HTML and text of this statement hold them as they are."}


def pdf(document: Document, draw: Callable[[Chart], str]) -> bytes:
    """The document as a PDF; ``draw`` gives a chart's SVG."""
    found = typeset(document, draw, "pdf")
    return found if isinstance(found, bytes) else b"".join(found)


def typeset(document: Document, draw: Callable[[Chart], str], form: Literal["pdf", "png"]) -> bytes | list[bytes]:
    """The document as PDF, or its pages as PNG."""
    blocks = [_block(block, draw) for block in document.blocks]
    data: dict[str, Any] = {
        "title": document.title, "subtitle": document.subtitle, "badge": document.badge, "period": document.period, "hash": document.hash,
        "parties": document.parties, "proof": document.proof, "fonts": list(_FONTS),
        "blocks": blocks,
    }
    told, stamp = json.dumps(data, ensure_ascii=False), parse_instant(document.stamp) // 1_000_000
    for lacking in (_FOREIGN, _SURE):
        try:
            return _compiled(told, form, stamp)
        except typst.TypstError:
            data["blocks"] = [*blocks[:1], _CODES, *blocks[1:]]
            told = lacking.sub(lambda run: f"[{' '.join(f'U+{ord(c):04X}' for c in run[0])}]", json.dumps(data, ensure_ascii=False))
    return _compiled(told, form, stamp)


def _compiled(told: str, form: Literal["pdf", "png"], stamp: int) -> bytes | list[bytes]:
    """Raises ``TypstError`` for letters that no font has, among other things."""
    template = Path(__file__).with_name("statement.typ").read_bytes()
    found: bytes | list[bytes] = typst.compile(
        template, format=form, sys_inputs={"document": told}, ignore_system_fonts=_FOREIGN.search(told) is None, timestamp=stamp,
        pdf_standards=["a-2a", "ua-1"] if form == "pdf" else [])
    return found


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
