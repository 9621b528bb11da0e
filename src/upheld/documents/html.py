"""HTML: one file that needs nothing else, for a screen in light or dark, and for paper.

Law: everything the document says is escaped; there is no script, no font, no picture from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from markupsafe import Markup

from upheld.statements.model import Block, Chart, Document, Heading, Pairs, Prose, Table

__all__ = ["html"]

_STYLE = Markup(Path(__file__).with_name("statement.css").read_text(encoding="utf-8"))  # noqa: S704 - a file of ours
_PAGE = Markup(
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>{title}: {subtitle}</title><style>{style}</style></head>\n"
    "<body><header>{badge}<h1>{title}</h1><p>{subtitle}</p><p>{period}</p></header>\n<main>{body}</main>\n"
    "<footer>Figures, SHA-256: {hash}. The signed figures are the proof; this page only renders them.</footer></body></html>\n")
_CELLS = {"th": Markup('<th class="{}{}">{}</th>'), "td": Markup('<td class="{}{}">{}</td>')}


def html(document: Document, draw: Callable[[Chart], str]) -> str:
    """The document as one HTML file; ``draw`` gives a chart's SVG."""
    badge = Markup('<p class="badge">{}</p>').format(document.badge) if document.badge else ""
    body = Markup("").join(part for block in document.blocks for part in _block(block, draw))
    return str(_PAGE.format(title=document.title, subtitle=document.subtitle, style=_STYLE, badge=badge, period=document.period, body=body,
                            hash=document.hash))


def _block(block: Block, draw: Callable[[Chart], str]) -> Iterator[Markup]:
    match block:
        case Heading(words, level):
            yield Markup("<h{}>{}</h{}>\n").format(level, words, level)
        case Prose(words, tone):
            yield Markup('<p class="{}">{}</p>\n').format(tone, words)
        case Pairs(rows):
            inner = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(k, v) for k, v in rows)
            yield Markup("<dl>{}</dl>\n").format(inner)
        case Table():
            yield _table(block)
        case Chart():
            # the SVG is drawn by us from data; its labels are escaped by the one who draws
            yield Markup('<figure role="img" aria-label="{}">{}<figcaption>{}. {}</figcaption></figure>\n').format(
                f"{block.title}. {block.says}", Markup(draw(block)), block.title, block.says)  # noqa: S704


def _table(table: Table) -> Markup:
    def cell(tag: str, words: str, side: str, tone: str = "plain") -> Markup:
        return _CELLS[tag].format("r " if side == "r" else "", tone, words)

    def line(i: int, row: tuple[str, ...]) -> Markup:
        tone = table.tones[i] if i < len(table.tones) else "plain"
        cells = (cell("td", c, a, tone if table.toned in (None, j) else "plain") for j, (c, a) in enumerate(zip(row, table.align, strict=True)))
        return Markup("<tr>{}</tr>").format(Markup("").join(cells))

    head = Markup("").join(cell("th", h, a) for h, a in zip(table.heads, table.align, strict=True))
    rows = Markup("").join(line(i, row) for i, row in enumerate(table.rows))
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>\n").format(head, rows)
