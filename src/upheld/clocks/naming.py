"""Names of clocks: by the fact that started each cycle, never by a number, so that the same cycle found again is the same cycle.

Law: a fact that corrects another keeps its name: a corrected opening is not a new clock, and nobody is told twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64, CaseEvents, Header
from upheld.measures.clock_outcomes import CaseOutcomes
from upheld.measures.clock_reading import Points
from upheld.measures.clock_roles import START, STOP
from upheld.measures.clock_worlds import Worlds

__all__ = ["Group", "Roots", "case_names", "cycle_names", "first_known", "groups_of", "roots_of"]

Group = tuple[tuple[str, str], ...]
Roots = Mapping[int, str]
"""The name of the fact first told, by the ``seq`` of each fact that corrects it."""


def roots_of(events: CaseEvents | None) -> Roots:
    """The names that corrections keep, from facts that have not been cut yet."""
    return {seq: fact_names(events.header, np.array([root]))[0] for seq, root in _corrected(events)} if events is not None else {}


def first_known(events: CaseEvents | None) -> Mapping[int, int]:
    """When the fact first told came to be known (µs), by the ``seq`` of each fact that corrects it; from facts that have not been cut yet."""
    return {seq: int(events.header.known_at[root]) for seq, root in _corrected(events)} if events is not None else {}


def _corrected(events: CaseEvents) -> Iterator[tuple[int, int]]:
    """``(seq, row of the fact first told)`` of each fact that corrects another."""
    replaces, seq = events.header.replaces, events.header.seq
    if replaces is None:
        return
    for row in np.flatnonzero(replaces >= 0).tolist():
        root = row
        while replaces[root] >= 0:
            root = int(replaces[root])
        yield int(seq[row]), root


def fact_names(header: Header, rows: I64) -> list[str]:
    """``source:id`` of each row; ``file:row`` where it has no id."""
    source = [header.source.names[c] if c >= 0 else "" for c in header.source.codes[rows].tolist()]
    codes = header.ids.codes[rows].tolist() if header.ids is not None else [-1] * len(rows)
    names = header.ids.names if header.ids is not None else ()
    return [f"{s}:{names[c]}" if c >= 0 else _placed(header, int(r)) for s, c, r in zip(source, codes, rows.tolist(), strict=True)]


def _placed(header: Header, row: int) -> str:
    seq = int(header.seq[row])
    if header.origin is None:
        return f"fact:{seq}"
    file, place = header.origin.locate(seq)
    return f"{file}:{place}"


def cycle_names(worlds: Worlds, found: CaseOutcomes, roots: Roots) -> list[str]:
    """The name of each cycle of a case: that of the row which began it, of all that were said at that instant."""
    events = worlds.events
    if events is None or not len(found):
        return []
    rows = _starting(worlds, found, events)
    names = fact_names(events.header, rows)
    if roots:
        for i, seq in enumerate(events.header.seq[rows].tolist()):
            names[i] = roots.get(seq, names[i])
    return names


def _starting(worlds: Worlds, found: CaseOutcomes, events: CaseEvents) -> I64:
    first = found.first_row.astype(np.int64)
    shared = (first + 1 < len(events)) & (events.at.take(first + 1, mode="clip") == events.at[first])
    tied = np.flatnonzero(shared & (events.case.take(first + 1, mode="clip") == events.case[first]))
    if not len(tied):
        return first
    group = worlds.groups.names[0] if worlds.groups.names else ()
    bits = worlds.setting(group, agreed=True).roles.bits(events, 0, len(events))
    rows = first.copy()
    later = worlds.clause.again is not None
    wanted = np.where(later & (found.cycle[tied] > 0), STOP, START)
    rows[tied] = _first_with(events, bits, first[tied], wanted)
    return rows


def _first_with(events: CaseEvents, bits: NDArray[np.int32], first: I64, wanted: NDArray[np.int64]) -> I64:
    """The first row of the instant that has the role, else one that has the other of the two, else its first row."""
    found = np.full(len(first), -1, np.int64)
    for role in (wanted, START + STOP - wanted):
        at, looking = first.copy(), found < 0
        while looking.any():
            hit = looking & (bits[at] & role > 0)
            found[hit] = at[hit]
            following = np.minimum(at + 1, len(events) - 1)
            same = (events.at[following] == events.at[at]) & (events.case[following] == events.case[at]) & (following > at)
            looking &= ~hit & same
            at = np.where(looking, following, at)
    return np.where(found < 0, first, found)


def case_names(events: CaseEvents, found: CaseOutcomes) -> list[str]:
    """The case of each clock."""
    names = events.case_names
    return [str(names[c]) for c in found.case.tolist()]


def groups_of(worlds: Worlds, found: CaseOutcomes) -> list[Group]:
    """What each clock's case says of ``for_each``; what it does not say is not there."""
    axes = worlds.clause.head.for_each
    if not axes or worlds.scheduled or worlds.reader is None:
        return [()] * len(found)
    columns = worlds.reader.attributes(Points(found.last_row, found.first_row, np.arange(len(found))))
    key = np.zeros(len(found), np.int64)
    said = []
    for axis in axes:
        column = columns(axis)
        if column is not None:
            said.append((axis, column))
            _, key = np.unique(key * (len(column.names) + 1) + column.codes + 1, return_inverse=True)
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    distinct = [tuple((axis, c.names[c.codes[i]]) for axis, c in said if c.codes[i] >= 0) for i in first.tolist()]
    return [distinct[i] for i in place.tolist()]
