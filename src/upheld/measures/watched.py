"""Watched time: when somebody was looking (ARCHITECTURE D12).

Law: silence is no evidence. Time that no source watched is unknown, never up; where nobody declared what was watched, the
first and last stamp of the facts stand in, and the result says so.
"""

from __future__ import annotations

import numpy as np

from upheld.facts.tables import I64, OPEN, Attribute, CaseEvents, Counts, Intervals, Samples
from upheld.measures.groups import Table
from upheld.measures.result import Context
from upheld.measures.sweep import Spans, complement, concat, k_of_n, merge
from upheld.plans.selector import Either, Every, Key, OneOf, Selector

__all__ = ["ASSUMED", "is_assumed", "names_chosen", "stamps_of", "unwatched"]

ASSUMED = "nobody declared what was watched: taken as watched from the first to the last stamp of the facts"


def is_assumed(context: Context) -> bool:
    """Whether the stamps of the data stand in for a declaration of what was watched."""
    return context.facts.coverage is None and not context.plan.complete


def names_chosen(selector: Selector, attribute: str) -> frozenset[str] | None:
    """The texts of an attribute outside which the selector cannot hold, or None where it does not say."""
    match selector:
        case Key(name, OneOf(texts)) if name == attribute:
            return frozenset(texts)
        case Every(parts):
            said = [n for p in parts if (n := names_chosen(p, attribute)) is not None]
            return frozenset.intersection(*said) if said else None
        case Either(parts):
            each = [names_chosen(p, attribute) for p in parts]
            return None if None in each or not each else frozenset().union(*(n for n in each if n is not None))
        case _:
            return None


def stamps_of(table: Table | None) -> tuple[int, int] | None:
    """The first and last stamp of a table in µs, or None without rows; open ends do not count."""
    if table is None or not len(table):
        return None
    if isinstance(table, CaseEvents | Samples):
        return int(table.at.min()), int(table.at.max())
    ends = table.end[table.end < OPEN]
    return int(table.start.min()), max(int(table.start.max()), int(ends.max()) if len(ends) else 0)


def unwatched(context: Context, table: Table | None, whats: frozenset[str], lo: int, hi: int) -> Spans:
    """Merged spans of the one group 0 in ``[lo, hi)`` in which not every one of ``whats`` was watched.

    A kind, series (or ``cases``) is watched while some source that reports it watches. One that no source speaks of at all does
    not count against its fellows, unless none is spoken of.
    """
    if is_assumed(context):
        found = stamps_of(table)
        seen = [] if found is None else [_spans(np.array([found[0]]), np.array([found[1]]))]
    else:
        seen = [s for what in sorted(whats) if len(s := _watched(context, table, what))]
    if not seen:
        return complement(_spans(np.empty(0, np.int64), np.empty(0, np.int64)), 1, lo, hi)
    return complement(seen[0] if len(seen) == 1 else k_of_n(seen, len(seen)), 1, lo, hi)


def _watched(context: Context, table: Table | None, what: str) -> Spans:
    parts = []
    rows = context.facts.coverage
    if rows is not None and what in rows.what.names:
        mine = rows.what.codes == rows.what.names.index(what)
        parts.append(_spans(rows.start[mine], rows.end[mine]))
    for source, start, end in context.plan.complete:
        if _may_report(table, source, what):
            parts.append(_spans(np.array([start]), np.array([end])))
    return merge(concat(*parts))


def _may_report(table: Table | None, source: str, what: str) -> bool:
    """A declared source speaks of a kind that it reports; of any kind if its facts tell nothing against it."""
    if table is None or source not in table.header.source.names:
        return True
    own = table.header.source.codes == table.header.source.names.index(source)
    kinds = _kinds(table)
    if kinds is None or what not in kinds.names or not own.any():
        return True
    rows = kinds.codes == kinds.names.index(what)
    return bool((rows & own).any()) or not bool(rows.any())


def _kinds(table: Table) -> Attribute | None:
    match table:
        case Intervals():
            return table.kind
        case Samples() | Counts():
            return table.series
        case _:
            return None


def _spans(start: I64, end: I64) -> Spans:
    return Spans(np.zeros(len(start), np.int64), start, end)
