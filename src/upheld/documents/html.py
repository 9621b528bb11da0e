"""HTML: one file that needs nothing else, for a screen in light or dark, and for paper.

Law: everything the document says is escaped; there is no script, no font, no picture from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from markupsafe import Markup, escape

from upheld.statements.model import Block, Chart, Document, Heading, Pairs, Prose, Table

__all__ = ["html"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1f; --quiet: #63636b; --line: #d8d8dc; --bad: #b3261e; --good: #2d6a3a; --warn: #8a5a00; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --quiet: #a5a5ad; --line: #3a3a40; --bad: #ff8a80; --good: #7fcf92; --warn: #ffc46b;
  --paper: #17171a; } figure svg { background: #f4f4f6; border-radius: 6px; } }
body { font: 16px/1.5 Georgia, "Libertinus Serif", serif; color: var(--ink); background: var(--paper); max-width: 54rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); } h3 { font-size: 1.02rem; margin: 1.6rem 0 .3rem; }
header p { margin: .2rem 0; color: var(--quiet); } .badge { color: var(--warn); font-weight: bold; letter-spacing: .06em; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 1rem; font-size: .92rem; } th { text-align: left; color: var(--quiet); font-weight: normal; }
th, td { padding: .28rem .6rem .28rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; } .r { text-align: right; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: minmax(9rem, 15rem) 1fr; gap: .2rem 1rem; margin: .6rem 0; } dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
.bad { color: var(--bad); } .good { color: var(--good); } .warn { color: var(--warn); } .quiet { color: var(--quiet); } figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; }
figcaption { font-size: .88rem; color: var(--quiet); } footer { margin-top: 3rem; font-size: .8rem; color: var(--quiet); overflow-wrap: anywhere; }
@media print { body { max-width: none; margin: 0; font-size: 10.5pt; } h2, h3 { break-after: avoid; } tr, figure { break-inside: avoid; } thead { display: table-header-group; } }
"""


def html(document: Document, draw: Callable[[Chart], str]) -> str:
    """The document as one HTML file; ``draw`` gives a chart's SVG."""
    badge = Markup('<p class="badge">{}</p>').format(document.badge) if document.badge else ""
    body = Markup("").join(part for block in document.blocks for part in _block(block, draw))
    return str(Markup(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>{title}: {subtitle}</title><style>{style}</style></head>\n<body><header>{badge}<h1>{title}</h1><p>{subtitle}</p><p>{period}</p></header>\n"
        "<main>{body}</main>\n<footer>Figures, SHA-256: {hash}. The signed figures are the proof; this page only renders them.</footer></body></html>\n",
    ).format(title=document.title, subtitle=document.subtitle, style=Markup(_STYLE), badge=badge, period=document.period, body=body, hash=document.hash))


def _block(block: Block, draw: Callable[[Chart], str]) -> Iterator[Markup]:
    match block:
        case Heading(words, level):
            yield Markup(f"<h{level}>{{}}</h{level}>\n").format(words)  # noqa: S704 - the level is a number of ours
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
    def cell(tag: str, words: str, side: str) -> Markup:
        return Markup(f"<{tag}{' class=r' if side == 'r' else ''}>{{}}</{tag}>").format(words)  # noqa: S704 - tag and class are ours

    head = Markup("").join(cell("th", h, a) for h, a in zip(table.heads, table.align, strict=True))
    rows = Markup("").join(
        Markup("<tr class={}>{}</tr>").format(escape(table.tones[i] if i < len(table.tones) else "plain"),
                                              Markup("").join(cell("td", c, a) for c, a in zip(row, table.align, strict=True)))
        for i, row in enumerate(table.rows))
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>\n").format(head, rows)
