"""Plain text and Markdown.

Law: facts are untrusted: nothing they say is markup, and no control character reaches a terminal (the document holds none).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby

from upheld.assessment.show import show_decimal
from upheld.statements.model import Block, Chart, Document, Heading, Highlights, Pairs, Prose, Table
from upheld.values.instant import parse_instant

__all__ = ["markdown", "text"]

_LEAST = 12
"""A column gives way to the page down to this width."""


def text(document: Document, width: int = 100) -> str:
    """As a terminal shows it, ``width`` columns at most where words allow it."""
    lines = [document.title, document.subtitle, document.parties, document.period]
    if document.badge:
        lines.insert(0, f"*** {document.badge} ***")
    for block in document.blocks:
        lines += ["", *_lines(block, width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _lines(block: Block, width: int) -> Iterator[str]:
    match block:
        case Heading(words, level):
            yield words.upper() if level == 2 else words
            if level == 2:
                yield "-" * _columns(words)
        case Prose(words):
            yield from _wrap(words, width)
        case Pairs(rows):
            label = min(max((_columns(k) for k, _ in rows), default=0), 44)
            for key, value in rows:
                yield from _row((key, value), [label, max(width - label - 2, 30)], "ll")
        case Highlights(rows):
            widths = [max((_columns(row[i]) for row in rows), default=0) for i in (0, 1)]
            for name, value, note, _ in rows:
                yield from _row((name, value, note), [*widths, max(width - sum(widths) - 4, 30)], "lll")
        case Table():
            yield from _table(block, width)
        case Chart():
            yield from _wrap(f"{block.title}. {block.says}", width)
            yield from _strip(block, width) if block.kind == "strip" else ()
            for name, told in _trend(block):
                yield from _row((name, told), [28, max(width - 30, 30)], "ll")


_MARKS = {"down": "#", "unknown": "?", "left out": "-", "up": "."}


def _strip(chart: Chart, width: int) -> Iterator[str]:
    """Each bar in letters: ``#`` where any of its stretch was down, ``?`` not watched, ``-`` left out, ``.`` up."""
    start, end = parse_instant(chart.start), parse_instant(chart.end)
    labels = list(dict.fromkeys(row[0] for row in chart.rows))
    label = min(max(_columns(name) for name in labels), width // 2)
    room = max(min(width - label - 2, 62), 10)
    for name in labels:
        cells = [" "] * room
        for why, mark in reversed(_MARKS.items()):
            for a, b in ((parse_instant(r[1]), parse_instant(r[2])) for r in chart.rows if r[0] == name and r[3] == why):
                first, last = (a - start) * room // (end - start), -(-(b - start) * room // (end - start))
                cells[first:max(last, first + 1)] = mark * (max(last, first + 1) - first)
        yield from _row((name, "".join(cells[:room])), [label, room], "ll")
    yield f"{'':<{label}}  # down  - left out  ? not watched  . up"


def _trend(chart: Chart) -> Iterator[tuple[str, str]]:
    """The panels of a trend as lines: the promise, then window by window."""
    rows = chart.rows if chart.kind == "trend" else ()
    for name, panel in groupby(rows, key=lambda row: row[0]):
        own = list(panel)
        told = ", ".join(f"{window} {_short(value)}{unit if unit == '%' and value else ''}" for _, _, window, value, _, unit in own)
        yield name, f"{own[0][1]}: {told}" if own[0][1] else told


def _short(value: str) -> str:
    """At most three decimals, as drawn; ``-`` where there was nothing to measure."""
    return show_decimal(Fraction(value), 3).rstrip("0").rstrip(".") if "." in value else value or "-"


def _table(table: Table, width: int) -> Iterator[str]:
    rows = [_indented(table, i, row) for i, row in enumerate(table.rows)]
    natural = [max([_columns(head), *(_columns(row[i]) for row in rows)]) for i, head in enumerate(table.heads)]
    widths = _fitted(natural, width - 2 * (len(natural) - 1))
    yield from _row(table.heads, widths, table.align)
    yield "  ".join("-" * w for w in widths)
    for row in rows:
        yield from _row(row, widths, table.align)


def _indented(table: Table, i: int, row: tuple[str, ...]) -> tuple[str, ...]:
    depth = table.depths[i] if i < len(table.depths) else 0
    return (f"{'- ' * depth}{row[0]}", *row[1:])


def _fitted(natural: list[int], room: int) -> list[int]:
    """Widths that fit: the widest columns give way first, down to twelve."""
    widths = list(natural)
    while sum(widths) > room and max(widths) > _LEAST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _row(cells: tuple[str, ...], widths: list[int], align: str) -> Iterator[str]:
    wrapped = [_wrap(cell, w) for cell, w in zip(cells, widths, strict=True)]
    for i in range(max(len(w) for w in wrapped)):
        parts = [w[i] if i < len(w) else "" for w in wrapped]
        padded = [(p, " " * max(w - _columns(p), 0)) for p, w in zip(parts, widths, strict=True)]
        yield "  ".join(gap + p if a == "r" else p + gap for (p, gap), a in zip(padded, align, strict=True))


def _wrap(words: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns; a word that is longer is broken."""
    lines, line, used = [], "", 0
    for word in words.split(" "):
        for piece in _pieces(word, width):
            size = _columns(piece)
            if line and used + 1 + size > width:
                lines.append(line)
                line, used = piece, size
            else:
                line, used = (f"{line} {piece}", used + 1 + size) if line else (piece, size)
    return [*lines, line]


def _pieces(word: str, width: int) -> Iterator[str]:
    while _columns(word) > width:
        cut, used = 0, 0
        while used + _columns(word[cut]) <= width or not cut:
            used += _columns(word[cut])
            cut += 1
        yield word[:cut]
        word = word[cut:]
    yield word


def _columns(words: str) -> int:
    """How many columns a terminal gives a text: wide letters take two, marks over letters none."""
    if words.isascii():
        return len(words)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in words)


# ---- Markdown -------------------------------------------------------------------------------------------------------


def markdown(document: Document) -> str:
    """As Markdown (CommonMark with tables)."""
    lines = [f"# {_md(document.title)}", "", f"**{_md(document.subtitle)}**", "", f"{_md(document.parties)}, {_md(document.period)}"]
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
            yield from _grid(("", ""), "ll", rows)
        case Highlights(rows):
            yield from _grid(("", "", ""), "lll", tuple((label, value, note) for label, value, note, _ in rows))
        case Table():
            yield from _grid(block.heads, block.align, tuple(_indented(block, i, row) for i, row in enumerate(block.rows)))
        case Chart():
            yield f"*{_md(block.title)}.* {_md(block.says)}"
            for i, (name, told) in enumerate(_trend(block)):
                yield f"{'' if i else chr(10)}- {_md(name)}: {_md(told)}"


def _grid(heads: tuple[str, ...], align: str, rows: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    yield "| " + " | ".join(_md(h) for h in heads) + " |"
    yield "|" + "|".join("---:" if a == "r" else "---" for a in align) + "|"
    yield from ("| " + " | ".join(_md(c) for c in row) + " |" for row in rows)


# everything that opens a mark anywhere, and what would be made a link of; at the start of a line also what opens a list or a heading
_SPECIAL = re.compile(r"[\\`*_\[\]<>|#&~$]|(?<=:)/(?=/)|(?<=www)\.")
_OPENING = re.compile(r"^(?:(?=[-+=])|([0-9]+)(?=[.)](?:\s|$)))")


def _md(words: str) -> str:
    escaped = _SPECIAL.sub(lambda m: f"\\{m[0]}", words)
    return _OPENING.sub(lambda m: f"{m[1] or ''}\\", escaped, count=1)
