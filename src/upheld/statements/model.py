"""The document model: what a statement looks like before it is any kind of file.

Law: data only; a renderer may lay it out, never add to it or leave out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Block", "Chart", "Document", "Heading", "Pairs", "Prose", "Table", "Tone"]

Tone = Literal["plain", "good", "bad", "warn", "quiet"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 3."""

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
class Table:
    """A table: heads, alignment by column (``l`` or ``r``), rows of texts, a tone a row for the cell of ``toned`` (None: the whole row),
    relative widths.
    """

    heads: tuple[str, ...]
    align: str
    rows: tuple[tuple[str, ...], ...]
    tones: tuple[Tone, ...] = ()
    widths: tuple[int, ...] = ()
    toned: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as data. ``strip``: rows (label, start, end, why) between ``start`` and ``end``; ``trend``: rows (series, window, value, target);
    ``burn``: rows (instant, used, allowed). Numbers are texts of exact decimals; ``says`` tells in words what the picture shows.
    """

    kind: Literal["strip", "trend", "burn"]
    title: str
    says: str
    rows: tuple[tuple[str, ...], ...]
    start: str = ""
    end: str = ""
    unit: str = ""


Block = Heading | Prose | Pairs | Table | Chart


@dataclass(frozen=True, slots=True)
class Document:
    """A statement as a document. ``badge``: PROVISIONAL, REVISION 2, or nothing; ``hash``: of the figures it renders."""

    title: str
    subtitle: str
    badge: str
    blocks: tuple[Block, ...]
    hash: str
    period: str
    stamp: str
