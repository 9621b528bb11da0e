"""PDF by typst.

Law: the template is fixed and the document comes as data, so no fact is ever markup; nothing is fetched; the fonts are those the typesetter
carries; the same document gives the same bytes (its stamp is the end of its period).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import typst

from upheld.statements.model import Block, Chart, Document, Heading, Pairs, Prose, Table
from upheld.values.instant import parse_instant

__all__ = ["pdf", "typeset"]


def pdf(document: Document, draw: Callable[[Chart], str]) -> bytes:
    """The document as a PDF; ``draw`` gives a chart's SVG."""
    found = typeset(document, draw, "pdf")
    return found if isinstance(found, bytes) else b"".join(found)


def typeset(document: Document, draw: Callable[[Chart], str], form: Literal["pdf", "png"]) -> bytes | list[bytes]:
    """The document as PDF, or its pages as PNG."""
    data = {
        "title": document.title, "subtitle": document.subtitle, "badge": document.badge, "period": document.period, "hash": document.hash,
        "blocks": [_block(block, draw) for block in document.blocks],
    }
    template = Path(__file__).with_name("statement.typ").read_bytes()
    inputs = {"document": json.dumps(data, ensure_ascii=False)}
    found: bytes | list[bytes] = typst.compile(
        template, format=form, sys_inputs=inputs, ignore_system_fonts=True, timestamp=parse_instant(document.stamp) // 1_000_000)
    return found


def _block(block: Block, draw: Callable[[Chart], str]) -> dict[str, Any]:
    match block:
        case Heading(words, level):
            return {"kind": "heading", "text": words, "level": level}
        case Prose(words, tone):
            return {"kind": "prose", "text": words, "tone": tone}
        case Pairs(rows):
            return {"kind": "pairs", "rows": [list(row) for row in rows]}
        case Table():
            tones = [block.tones[i] if i < len(block.tones) else "plain" for i in range(len(block.rows))]
            widths = list(block.widths) or [1] * len(block.heads)
            return {"kind": "table", "heads": list(block.heads), "align": list(block.align), "rows": [list(r) for r in block.rows],
                    "tones": tones, "widths": widths, "toned": block.toned}
        case Chart():
            return {"kind": "chart", "title": block.title, "says": block.says, "svg": draw(block)}
