"""Plain text and Markdown.

Law: facts are untrusted: nothing they say is markup, and no control character reaches a terminal.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from upheld.statements.model import Block, Chart, Document, Heading, Pairs, Prose, Table

__all__ = ["markdown", "text"]


def text(document: Document, width: int = 100) -> str:
    """As a terminal shows it, ``width`` columns at most where words allow it."""
    lines = [document.title, document.subtitle, document.period]
    if document.badge:
        lines.insert(0, f"*** {document.badge} ***")
    for block in document.blocks:
        lines += ["", *_lines(block, width)]
    return "\n".join(_safe(line).rstrip() for line in lines) + "\n"


def _safe(line: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in line)


def _lines(block: Block, width: int) -> Iterator[str]:
    match block:
        case Heading(words, level):
            yield words.upper() if level == 2 else words
            if level == 2:
                yield "-" * len(words)
        case Prose(words):
            yield from textwrap.wrap(words, width) or [""]
        case Pairs(rows):
            label = min(max((len(k) for k, _ in rows), default=0), 44)
            for key, value in rows:
                first, *more = textwrap.wrap(value, max(width - label - 2, 30)) or [""]
                yield f"{key:<{label}}  {first}"
                yield from (f"{'':<{label}}  {line}" for line in more)
        case Table():
            yield from _table(block, width)
        case Chart():
            yield f"[{block.title}: {block.says}]"


def _table(table: Table, width: int) -> Iterator[str]:
    columns = len(table.heads)
    natural = [max([len(table.heads[i]), *(len(row[i]) for row in table.rows)]) for i in range(columns)]
    widths = _fitted(natural, width - 2 * (columns - 1))
    yield from _row(table.heads, widths, table.align)
    yield "  ".join("-" * w for w in widths)
    for row in table.rows:
        yield from _row(row, widths, table.align)


def _fitted(natural: list[int], room: int) -> list[int]:
    """Widths that fit: the widest columns give way first, down to twelve."""
    widths = list(natural)
    while sum(widths) > room and max(widths) > 12:
        widths[widths.index(max(widths))] -= 1
    return widths


def _row(cells: tuple[str, ...], widths: list[int], align: str) -> Iterator[str]:
    wrapped = [textwrap.wrap(cell, w) or [""] for cell, w in zip(cells, widths, strict=True)]
    for i in range(max(len(w) for w in wrapped)):
        parts = [w[i] if i < len(w) else "" for w in wrapped]
        yield "  ".join(f"{p:>{w}}" if a == "r" else f"{p:<{w}}" for p, w, a in zip(parts, widths, align, strict=True))


def markdown(document: Document) -> str:
    """As Markdown (CommonMark with tables)."""
    lines = [f"# {_md(document.title)}", "", f"**{_md(document.subtitle)}**  ", _md(document.period)]
    if document.badge:
        lines += ["", f"**{document.badge}**"]
    for block in document.blocks:
        lines += ["", *_markdown(block)]
    return "\n".join(lines) + "\n"


def _markdown(block: Block) -> Iterator[str]:
    match block:
        case Heading(words, level):
            yield f"{'#' * level} {_md(words)}"
        case Prose(words):
            yield _md(words)
        case Pairs(rows):
            yield "| | |"
            yield "|---|---|"
            yield from (f"| {_md(k)} | {_md(v)} |" for k, v in rows)
        case Table():
            yield "| " + " | ".join(_md(h) for h in block.heads) + " |"
            yield "|" + "|".join("---:" if a == "r" else "---" for a in block.align) + "|"
            yield from ("| " + " | ".join(_md(c) for c in row) + " |" for row in block.rows)
        case Chart():
            yield f"*{_md(block.title)}: {_md(block.says)}*"


_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#"})


def _md(words: str) -> str:
    return _safe(words.replace("\n", " ")).translate(_SPECIAL)
