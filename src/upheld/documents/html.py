"""HTML: one file that needs nothing else, for a screen in light or dark, and for paper.

Law: everything the document says is escaped; there is no script, no font, no picture from elsewhere, and the page itself forbids them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from markupsafe import Markup

from upheld.statements.model import Block, Chart, Document, Heading, Highlights, Pairs, Prose, Table

__all__ = ["html"]

_STYLE = Markup(Path(__file__).with_name("statement.css").read_text(encoding="utf-8"))  # noqa: S704 - a file of ours
_PAGE = Markup(
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">'
    "<title>{title}: {subtitle}, {period}</title><style>{style}</style></head>\n"
    '<body>\n<header>{badge}<h1>{title}</h1><p class="subtitle">{subtitle}</p><p>{parties}</p><p>{period}</p></header>\n'
    "<main>\n{body}</main>\n"
    "<footer>{badge}<p>Figures, SHA-256: <code>{hash}</code></p><p>{proof}</p></footer>\n</body></html>\n")
_CELL = Markup('<{tag}{scope} class="{kind}">{words}</{tag}>')
_WHOLE = re.compile(r"\b[0-9]{4}-[0-9A-Z]+(?:-[0-9]+)?\b|[0-9][0-9,.]* [A-Z]{3}\b|[<>]=? [0-9]+(?:\.[0-9]+)?%?", re.ASCII)
"""Dates, windows, amounts and limits: not broken over lines, as the PDF does not."""


def html(document: Document, draw: Callable[[Chart], str]) -> str:
    """The document as one HTML file; ``draw`` gives a chart's SVG."""
    badge = Markup('<p class="badge">{}</p>').format(document.badge) if document.badge else ""
    body = Markup("").join(part for block in document.blocks for part in _block(block, draw))
    return str(_PAGE.format(title=document.title, subtitle=document.subtitle, parties=document.parties, style=_STYLE, badge=badge,
                            period=document.period, body=body, hash=document.hash, proof=document.proof))


def _block(block: Block, draw: Callable[[Chart], str]) -> Iterator[Markup]:
    match block:
        case Heading(words, level):
            yield Markup("<h{}>{}</h{}>\n").format(level, words, level)
        case Prose(words, tone):
            yield Markup('<p class="{}">{}</p>\n').format(tone, _words(words))
        case Pairs(rows):
            inner = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(k, _words(v)) for k, v in rows)
            yield Markup("<dl>{}</dl>\n").format(inner)
        case Highlights(rows):
            cards = (Markup('<div><span class="label">{}</span><span class="value {}">{}</span><span class="note">{}</span></div>').format(
                label, tone, _words(value), _words(note)) for label, value, note, tone in rows)
            yield Markup('<div class="highlights">{}</div>\n').format(Markup("").join(cards))
        case Table():
            yield _table(block)
        case Chart():
            # the SVG is drawn by us from data; its labels are escaped by the one who draws
            drawing = Markup(draw(block))  # noqa: S704
            yield Markup('<figure><figcaption><b>{}</b> {}</figcaption><div class="wide"><div role="img" aria-label="{}">{}</div></div>'
                         "</figure>\n").format(
                block.title, _words(block.says), f"{block.title}. {block.says}", drawing)


def _table(table: Table) -> Markup:
    def line(i: int, row: tuple[str, ...]) -> Markup:
        tone = table.tones[i] if i < len(table.tones) else "plain"
        depth = table.depths[i] if i < len(table.depths) else 0
        cells = (_cell(words, side, tone if table.toned in (None, j) else "plain", depth if not j else 0, row_head=not j)
                 for j, (words, side) in enumerate(zip(row, table.align, strict=True)))
        return Markup("<tr>{}</tr>\n").format(Markup("").join(cells))

    head = Markup("").join(
        _CELL.format(tag="th", scope=Markup(' scope="col"'), kind="r" if a == "r" else "l", words=h)
        for h, a in zip(table.heads, table.align, strict=True))
    rows = Markup("").join(line(i, row) for i, row in enumerate(table.rows))
    return Markup('<div class="wide"><table aria-label="{}"><thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n').format(
        table.title, head, rows)


def _cell(words: str, side: str, tone: str, depth: int, *, row_head: bool) -> Markup:
    kind = " ".join(part for part in ("r" if side == "r" else "l", tone if tone != "plain" else "", "part" if depth else "") if part)
    tag, scope = ("th", Markup(' scope="row"')) if row_head else ("td", Markup(""))
    return _CELL.format(tag=tag, scope=scope, kind=kind, words=_words(words))


def _words(told: str) -> Markup:
    """The text, escaped; what belongs together is kept on one line."""
    found, at = Markup(""), 0
    for match in _WHOLE.finditer(told):
        found += Markup('{}<span class="whole">{}</span>').format(told[at:match.start()], match[0])
        at = match.end()
    return found + told[at:]
