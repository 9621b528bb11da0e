"""The ledger of an availability: every stretch of one window with why it counts or not, and the facts at its ends.

Law: it is read from the very sweep the figure was read from; its counted time adds up to the figure's, which is asserted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64, Attribute, Intervals
from upheld.measures.account import Reading, Taken, names_of, read_accounts, swept_reading
from upheld.measures.availability import Setting, readings_of, setting_of
from upheld.measures.groups import Table
from upheld.measures.pieces import Pieces
from upheld.measures.readings import is_in
from upheld.measures.result import WHY, Context, Segments
from upheld.measures.states import States
from upheld.measures.sweep import Spans, positions_in
from upheld.plans.plan import AvailabilityPlan, IntervalState

__all__ = ["fact_name", "segments"]


def segments(plan: AvailabilityPlan, context: Context, group: tuple[str, ...], window: int) -> Segments:
    """The whole window (as far as it is known) in disjoint stretches; ``counted_us`` is the down time that counts for certain.

    Weighted time is shown in whole µs that add up to the weighted sum, cut off once. Raises ``KeyError`` for no such figure.
    """
    setting = setting_of(plan, context)
    if group not in setting.groups.names or window not in setting.spells.index.tolist():
        raise KeyError((group, window))
    g, w = setting.groups.names.index(group), setting.spells.index.tolist().index(window)
    reading, _ = readings_of(setting, excluded=True)
    taken = swept_reading(setting, reading, (setting.down.view.lo, setting.down.view.hi))
    open_spans = _open(setting, g)
    cuts = _cuts(setting, taken, open_spans, g, w)
    start, end = cuts[:-1], cuts[1:]
    why, clause, row = _why(setting, taken, open_spans, (g, w), start)
    weight = _weight(taken, row)
    fresh = np.append(True, (why[1:] != why[:-1]) | (clause[1:] != clause[:-1]) | (weight[1:] != weight[:-1]))
    first = np.flatnonzero(fresh[:len(start)])
    start, end = start[first], np.append(start[first[1:]], end[-1:])
    why, clause, row = why[first], clause[first], row[first]
    counted = _counted(setting, reading, taken, g, (start, end, why, row))
    figure = read_accounts(setting, reading)[0][g * len(setting.spells) + w]
    assert int(counted.sum()) == int(figure.down), "the ledger must add up to its figure"
    names = (*names_of(reading), "")
    opened, closed = _named_ends(setting, g)
    return Segments(group, start, end, counted, why, tuple(names[c] if c >= 0 else "" for c in clause.tolist()),
                    tuple(opened.get(t, "") for t in start.tolist()), tuple(closed.get(t, "") for t in end.tolist()))


def _open(setting: Setting, group: int) -> Spans | None:
    """The open time of the result's hours, or None round the clock."""
    number = int(setting.hours.of_group[group])
    grid = setting.hours.grids[number] if number >= 0 else None
    if grid is None:
        return None
    start, end = grid.spans()
    return Spans(np.full(len(start), group), start, end, None, merged=True)


def _cuts(setting: Setting, taken: Taken, open_spans: Spans | None, group: int, window: int) -> I64:
    spells = setting.spells
    lo, hi = int(spells.whole_first[window]), int(spells.whole_last[window])
    mine = taken.swept.group == group
    points = [np.array([lo, hi, spells.first[window], spells.last[window]]), taken.swept.start[mine], taken.swept.end[mine]]
    if open_spans is not None:
        points += [open_spans.start, open_spans.end]
    every = np.unique(np.concatenate(points))
    cuts: I64 = every[(every >= lo) & (every <= hi)]
    return cuts


def _why(setting: Setting, taken: Taken, open_spans: Spans | None, at: tuple[int, int],
         start: I64) -> tuple[NDArray[np.int8], I64, I64]:
    """``(why, clause, row of the swept segment or -1)`` of each stretch."""
    group, window = at
    own = np.full(len(start), group)
    swept = taken.swept
    spans = Spans(swept.group, swept.start, swept.end, None, merged=True)
    row = np.where(is_in(spans, own, start), positions_in(spans, own, start + 1) - 1, -1)
    found, safe = row >= 0, np.maximum(row, 0)
    if not len(spans):
        taken_by, down, unknown, promised = np.full(len(start), -1), *(np.zeros(len(start), np.bool_),) * 3
    else:
        taken_by = np.where(found, taken.clause[safe], -1)
        down, unknown, promised = (found & m[safe] for m in (taken.down, taken.unknown, taken.promised))
    why = np.full(len(start), WHY.index("up"), np.int8)
    why[unknown & ~down] = WHY.index("unknown")
    why[down] = WHY.index("counted")
    why[taken_by >= 0] = WHY.index("excluded")
    if setting.plan.out_of not in ("hours", "period"):
        why[~promised] = WHY.index("other")
    if open_spans is not None:
        why[~is_in(open_spans, own, start)] = WHY.index("outside")
    spells = setting.spells
    why[(start < spells.first[window]) | (start >= spells.last[window])] = WHY.index("not in force")
    clause = np.where(why == WHY.index("excluded"), taken_by, -1)
    return why, clause, row


def _weight(taken: Taken, row: I64) -> I64:
    if taken.weight is None or not len(taken.weight):
        return np.zeros(len(row), np.int64)
    return np.where(row >= 0, taken.weight[np.maximum(row, 0)], 0)


def _counted(setting: Setting, reading: Reading, taken: Taken, group: int,
             stretch: tuple[I64, I64, NDArray[np.int8], I64]) -> I64:
    start, end, why, row = stretch
    own = np.full(len(start), group)
    amount = setting.hours.work(own, end) - setting.hours.work(own, start)
    mine = why == WHY.index("counted")
    if taken.weight is None:
        return np.where(mine, amount, 0)
    running, shown, before = 0, [], 0
    for us, weight, counts in zip(amount.tolist(), _weight(taken, row).tolist(), mine.tolist(), strict=True):
        running += us * weight if counts else 0
        shown.append(running // reading.scale - before)
        before = running // reading.scale
    return np.array(shown, np.int64)


def _named_ends(setting: Setting, group: int) -> tuple[dict[int, str], dict[int, str]]:
    """The facts that begin, and that end, at each instant of one result."""
    opened: dict[int, str] = {}
    closed: dict[int, str] = {}
    sides: list[tuple[States, str]] = [(setting.down, setting.plan.down)]
    during = (setting.context.plan.exclusions[x].during for x in setting.plan.head.excluding)
    sides += [(setting.other, name) for name in during if name]
    for states, name in sides:
        for leaf in states.leaves(name):
            pieces = states.pieces(leaf)
            for i in np.flatnonzero(pieces.spans.group == group).tolist() if pieces.table is not None else ():
                said = _said(states, leaf, pieces, i)
                opened.setdefault(int(pieces.spans.start[i]), said)
                closed.setdefault(int(pieces.spans.end[i]), said)
    return opened, closed


def _said(states: States, leaf: str, pieces: Pieces, i: int) -> str:
    assert pieces.table is not None
    row = int(pieces.rows[i] if pieces.firsts is None else pieces.rows[pieces.firsts[i]])
    kind = pieces.table.kind if isinstance(pieces.table, Intervals) and isinstance(states.rule(leaf), IntervalState) else None
    return f"{_text(kind, row) or leaf} {fact_name(pieces.table, row)}"


def _text(column: Attribute | None, row: int) -> str:
    return column.names[column.codes[row]] if column is not None and column.codes[row] >= 0 else ""


def fact_name(table: Table, row: int) -> str:
    """A fact as people find it again: its id, else its position in its source."""
    return _text(table.header.ids, row) or f"row {int(table.header.seq[row]) + 1}"
