"""The cut: facts as they were known at one instant.

Law: a row known later does not exist; an end that came later has not come; a correction known later does not apply yet.
A later cut of a cut is the earlier of the two; with everything known, a cut only applies the corrections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import (
    I64,
    OPEN,
    Attribute,
    CaseEvents,
    Charges,
    Counts,
    Coverage,
    Declarations,
    Facts,
    Header,
    Intervals,
    Samples,
    Subscriptions,
)

__all__ = ["cut"]

Mask = NDArray[np.bool_]
T = TypeVar("T", Intervals, Samples, Counts, Subscriptions, Charges, Declarations)


def cut(facts: Facts, as_of: int | None) -> Facts:
    """The facts known at ``as_of`` (µs UTC, inclusive; None: all that is known), with corrections applied.

    The result has no corrected, correcting-only or retracted rows; ``header.disputed`` marks rows disputed by then.
    Intervals that end after ``as_of`` are open. What the sources watched ends at ``as_of``.
    """
    return replace(
        facts,
        events=_events(facts.events, as_of) if facts.events is not None else None,
        intervals=_intervals(facts.intervals, as_of) if facts.intervals is not None else None,
        samples=_plain(facts.samples, as_of) if facts.samples is not None else None,
        counts=_plain(facts.counts, as_of) if facts.counts is not None else None,
        subscriptions=_plain(facts.subscriptions, as_of) if facts.subscriptions is not None else None,
        charges=_plain(facts.charges, as_of) if facts.charges is not None else None,
        declarations=_plain(facts.declarations, as_of) if facts.declarations is not None else None,
        coverage=_coverage(facts.coverage, as_of) if facts.coverage is not None else None,
    )


def _alive(header: Header, as_of: int | None) -> Mask | None:
    """Which rows exist at the cut; None where all do."""
    known = None if as_of is None or not (header.known_at > as_of).any() else header.known_at <= as_of
    if header.replaces is None and header.void is None:
        return known
    alive = np.ones(len(header.seq), np.bool_) if known is None else known.copy()
    if header.replaces is not None:
        correcting = header.replaces >= 0 if known is None else (header.replaces >= 0) & known
        alive[header.replaces[correcting]] = False
    if header.void is not None:
        alive &= ~header.void
    return None if alive.all() else alive


def _header(header: Header, at: I64 | None, as_of: int | None) -> Header:
    disputed, since = header.disputed, header.disputed_at
    if since is not None:
        since = since if as_of is None else np.where(since <= as_of, since, OPEN)
        disputed = since != OPEN
    cleaned = replace(header, replaces=None, void=None, disputed=disputed, disputed_at=since)
    if at is None:
        return cleaned
    return replace(
        cleaned,
        seq=header.seq[at],
        source=_take(header.source, at),
        known_at=header.known_at[at],
        recorded_at=None if header.recorded_at is None else header.recorded_at[at],
        ids=None if header.ids is None else header.ids.take(at),
        disputed=None if disputed is None else disputed[at],
        disputed_at=None if since is None else since[at],
    )


def _take(column: Attribute, at: I64) -> Attribute:
    if column.codes.strides == (0,) and len(column.codes):
        return Attribute(np.broadcast_to(column.codes[0], len(at)), column.names)
    return column.take(at)


def _all(columns: Mapping[str, Attribute], at: I64) -> dict[str, Attribute]:
    return {name: _take(column, at) for name, column in columns.items()}


def _events(table: CaseEvents, as_of: int | None) -> CaseEvents:
    alive = _alive(table.header, as_of)
    if alive is None:
        return replace(table, header=_header(table.header, None, as_of))
    at = np.flatnonzero(alive)
    bounds = np.concatenate(([0], np.cumsum(alive)))[table.bounds]
    case, names = table.case[at], table.case_names
    begun = bounds[1:] > bounds[:-1]
    if not begun.all():  # a case nobody knows of yet is none
        bounds = np.append(bounds[:-1][begun], bounds[-1])
        case = (np.cumsum(begun) - 1).astype(np.int32)[case]
        names = names[begun] if isinstance(names, np.ndarray) else tuple(n for n, b in zip(names, begun.tolist(), strict=True) if b)
    return replace(
        table,
        header=_header(table.header, at, as_of),
        case=case,
        case_names=names,
        event=_take(table.event, at),
        at=table.at[at],
        rank=table.rank[at],
        bounds=bounds.astype(np.int64),
        attributes=_all(table.attributes, at),
    )


def _intervals(table: Intervals, as_of: int | None) -> Intervals:
    result = _plain(table, as_of)
    if as_of is None:
        return result
    unknown = result.end > as_of
    if result.end_known_at is not None:
        unknown |= result.end_known_at > as_of
    return replace(result, end=np.where(unknown, OPEN, result.end))


def _plain(table: T, as_of: int | None) -> T:
    """Any table without bounds: each of its columns for the rows that exist."""
    alive = _alive(table.header, as_of)
    if alive is None:
        return replace(table, header=_header(table.header, None, as_of))
    at = np.flatnonzero(alive)
    changed: dict[str, object] = {"header": _header(table.header, at, as_of), "attributes": _all(table.attributes, at)}
    for name in table.__dataclass_fields__:
        column = getattr(table, name)
        if name not in changed and isinstance(column, np.ndarray):
            changed[name] = column[at]
        elif isinstance(column, Attribute):
            changed[name] = _take(column, at)
    return replace(table, **changed)  # type: ignore[arg-type]


def _coverage(table: Coverage, as_of: int | None) -> Coverage:
    if as_of is None:
        return table
    at = np.flatnonzero(table.start < as_of)
    return Coverage(table.source.take(at), table.what.take(at), table.start[at], np.minimum(table.end[at], as_of), table.assumed[at])
