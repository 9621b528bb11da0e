"""Coverage: who watched what from when to when, as declared, or assumed from the first and last stamp and marked so (D12)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from upheld.facts.gathered import Gathered
from upheld.facts.spec import Shape
from upheld.facts.tables import OPEN, Attribute, Coverage

__all__ = ["coverage_of"]

_WHAT: dict[Shape, tuple[str, str, str]] = {
    "events": ("", "at", "at"),
    "intervals": ("kind", "start", "end"),
    "samples": ("series", "at", "at"),
    "counts": ("series", "start", "end"),
}


def coverage_of(tables: Mapping[Shape, Gathered], complete: Mapping[str, tuple[int, int | None]]) -> Coverage | None:
    """Who watched what from when to when: declared by rows, declared by the source, else assumed from first to last stamp."""
    rows: list[tuple[str, str, int, int, bool]] = []
    declared = tables.get("coverage")
    told: set[tuple[str, str]] = set()
    if declared is not None:
        for i in range(len(declared)):
            source = declared.source.names[declared.source.codes[i]]
            what = declared.texts["what"].names[declared.texts["what"].codes[i]]
            told.add((source, what))
            rows.append((source, what, int(declared.times["start"][i]), int(declared.times["end"][i]), False))
    for shape, (by, begin, finish) in _WHAT.items():
        table = tables.get(shape)
        if table is None:
            continue
        for source, what, first, last in _spans(table, by, begin, finish):
            if (source, what) in told:
                continue
            if source in complete:
                start, end = complete[source]
                rows.append((source, what, start, last if end is None else end, False))
            else:
                rows.append((source, what, first, last, True))
    if not rows:
        return None
    rows.sort()
    sources, whats = tuple(sorted({r[0] for r in rows})), tuple(sorted({r[1] for r in rows}))
    return Coverage(
        Attribute(np.array([sources.index(r[0]) for r in rows], np.int32), sources),
        Attribute(np.array([whats.index(r[1]) for r in rows], np.int32), whats),
        np.array([r[2] for r in rows], np.int64),
        np.array([r[3] for r in rows], np.int64),
        np.array([r[4] for r in rows], np.bool_),
    )


def _spans(table: Gathered, by: str, begin: str, finish: str) -> list[tuple[str, str, int, int]]:
    """``(source, what, first stamp, last stamp)``; the end of an interval still open is no stamp."""
    names = table.texts[by].names if by else ("cases",)
    start, end = table.times[begin], table.times[finish]
    last = np.where(end == OPEN, start, end) if finish != begin else end
    if table.shape == "intervals" and (table.known_at < start).any():
        # what was announced ahead is a plan: somebody spoke when it came to be known, nobody has watched what is to come
        ahead = table.known_at < start
        start, last = np.where(ahead, table.known_at, start), np.where(ahead, table.known_at, last)
    if len(names) == 1 and len(table.source.names) == 1:
        return [(table.source.names[0], names[0], int(start.min()), int(last.max()))]
    codes = table.texts[by].codes if by else np.zeros(len(table), np.int32)
    group = table.source.codes.astype(np.int64) * len(names) + codes
    found, inverse = np.unique(group, return_inverse=True)
    low, high = np.full(len(found), OPEN), np.full(len(found), -OPEN)
    np.minimum.at(low, inverse, start)
    np.maximum.at(high, inverse, last)
    return [
        (table.source.names[g // len(names)], names[g % len(names)], int(a), int(b))
        for g, a, b in zip(found.tolist(), low.tolist(), high.tolist(), strict=True)
    ]
