"""The document model: what a statement looks like before it is any kind of file.

Law: data only; a renderer may lay it out, never add to it or leave out of it. Texts are of one line and hold no character that a reader
does not see.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Block", "Chart", "Document", "Heading", "Highlights", "Pairs", "Prose", "Table", "Tone", "seen"]

Tone = Literal["plain", "good", "bad", "warn", "quiet"]

# controls, lone surrogates, line separators, and what turns the reading direction or is not seen at all (joiners of scripts stay)
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")


def seen(text: str) -> str:
    """The text in one line, with a mark in place of each character that a reader would not see."""
    return _UNSEEN.sub("\ufffd", " ".join(text.split()))


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 2 or 3 (the title of the document is level 1)."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labels and what they say."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Highlights:
    """What matters most, side by side: label, value, what it means, tone of the value."""

    rows: tuple[tuple[str, str, str, Tone], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what it shows, heads, alignment by column (``l`` or ``r``), rows of texts, a tone a row for the cell of ``toned``
    (None: the whole row), relative widths, and the depth of each row (1: a part of the row above).
    """

    title: str
    heads: tuple[str, ...]
    align: str
    rows: tuple[tuple[str, ...], ...]
    tones: tuple[Tone, ...] = ()
    widths: tuple[int, ...] = ()
    toned: int | None = None
    depths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as data; ``says`` tells in words what the picture shows.

    ``strip``: rows (label, start, end, why), those that are ``up`` being the ground of a bar; ``burn``: rows (instant, used, allowed).
    Instants are those of the wall in the agreement's zone, written as if it were UTC; ``start`` and ``end`` bound the picture.
    ``trend``: rows (panel, result, window, value, limit, unit), ``""`` where there is none. Numbers are texts of exact decimals.
    """

    kind: Literal["strip", "trend", "burn"]
    title: str
    says: str
    rows: tuple[tuple[str, ...], ...]
    start: str = ""
    end: str = ""
    unit: str = ""


Block = Heading | Prose | Pairs | Highlights | Table | Chart


@dataclass(frozen=True, slots=True)
class Document:
    """A statement as a document. ``badge``: PROVISIONAL, REVISION 2, or nothing; ``hash``: of the figures it renders; ``proof``: what a
    page must say of itself; ``stamp``: the end of the period, RFC 3339, UTC.
    """

    title: str
    subtitle: str
    parties: str
    badge: str
    blocks: tuple[Block, ...]
    hash: str
    period: str
    stamp: str
    proof: str
