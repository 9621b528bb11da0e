"""Segments of a clock: why each stretch of a case counts or not.

Law: from the same outcome as the figure; the counted parts sum to its elapsed time, and that is asserted every time (D20).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from upheld.facts.tables import I64, CaseEvents
from upheld.measures import clock_outcomes as out
from upheld.measures.clock_frame import Setting
from upheld.measures.clock_rows import case_rows, in_force_at
from upheld.measures.clock_terms import terms_of
from upheld.measures.clock_windows import Counted
from upheld.measures.result import WHY, Context, Segments
from upheld.plans.plan import ClockPlan, Schedule

__all__ = ["case_name", "case_segments", "list_segments"]

_COUNTED, _PAUSED, _OUTSIDE, _EXCLUDED, _OTHER = (WHY.index(w) for w in ("counted", "paused", "outside", "excluded", "other"))
_WORDS = {_PAUSED: "pause", _OTHER: "before the clock began again"}
Piece = tuple[int, int, int, int, str, str, str]
"""Start, end, counted µs, why, clause, opened by, closed by."""


def list_segments(clause: ClockPlan, context: Context, events: CaseEvents | None, table: Counted, members: I64) -> Segments:
    """One row an outcome: from start to stop (or the horizon), 1 where it counts as met; the verdict and its reason as the clause."""
    rows = table.row[members]
    found = table.outcomes
    rows_in_order = np.lexsort((found.level[rows], found.start[rows]))
    members, rows = members[rows_in_order], rows[rows_in_order]
    good = table.good[members] | (found.verdict[rows] == out.MET)
    left = table.left[members]
    counted = (good & ~left).astype(np.int64)
    if clause.value not in ("share", "number"):
        counted = np.where(left | ~found.has_stop[rows], 0, found.elapsed_us[rows])
    subject = tuple(case_name(events, int(found.case[r]), clause) for r in rows.tolist())
    words = []
    for member, r in zip(members.tolist(), rows.tolist(), strict=True):
        word = "left out" if table.left[member] else "counted as good" if table.good[member] else out.VERDICTS[found.verdict[r]]
        reason = out.REASONS[found.reason[r]]
        words.append(f"{word}: {reason}" if reason else word)
    why = np.where(left, _EXCLUDED, _COUNTED).astype(np.int8)
    end = np.where(found.has_stop[rows], found.stop[rows], np.maximum(context.until, found.start[rows]))
    nothing = ("",) * len(rows)
    return Segments(subject, found.start[rows], end, counted, why, tuple(words), nothing, nothing)


def case_segments(clause: ClockPlan, events: CaseEvents | None, table: Counted, members: I64, case: str, setting: Setting) -> Segments:
    """The stretches of all cycles of one case, split where the calendar opens, closes or is suspended."""
    found = table.outcomes
    none = np.empty(0, np.int64)
    pieces: list[Piece] = []
    if events is not None:
        for r in sorted({int(table.row[m]) for m in members.tolist()}):
            if found.level[r] == 0 and case_name(events, int(found.case[r]), clause) == case:
                pieces += _cycle(setting, events, table, r)
    start, end, counted, why = (np.array([p[i] for p in pieces], np.int64) for i in range(4)) if pieces else (none, none, none, none)
    texts = [tuple(str(p[i]) for p in pieces) for i in (4, 5, 6)]
    return Segments((case,) * len(pieces), start, end, counted, why.astype(np.int8), texts[0], texts[1], texts[2])


def _cycle(setting: Setting, events: CaseEvents, table: Counted, r: int) -> list[Piece]:
    found = table.outcomes
    pieces: list[Piece] = []
    for stretch in _stretches(setting, events, found, r):
        if stretch.calendar:
            pieces += _split(setting, stretch)
    total = sum(p[2] for p in pieces)
    assert total == int(found.elapsed_us[r]), f"the segments of a case must sum to its elapsed time: {total} {int(found.elapsed_us[r])}"
    return pieces


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A span of a case: whether its open time counts, on which calendar, why not if not, and the events at its ends."""

    begin: int
    end: int
    counts: bool
    calendar: str
    why: int = _PAUSED
    opened: str = ""
    closed: str = ""


def _split(setting: Setting, stretch: _Stretch) -> list[Piece]:
    """The stretch cut where its calendar opens, closes or is suspended."""
    grid, whole = setting.grids(stretch.calendar), setting.whole(stretch.calendar)
    begin, end = stretch.begin, stretch.end
    inner = [e[(e > begin) & (e < end)] for g in (grid, whole) for e in (g.S, g.E)]
    edges = np.unique(np.concatenate([np.array([begin, end]), *inner]))
    a, b = edges[:-1], edges[1:]
    open_us, base_us = grid.elapsed(a, b).tolist(), whole.elapsed(a, b).tolist()
    pieces: list[Piece] = []
    for i, (first, last) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        why = _OUTSIDE if not base_us[i] else _EXCLUDED if not open_us[i] else _COUNTED if stretch.counts else stretch.why
        clause = stretch.calendar if why == _OUTSIDE else "suspended" if why == _EXCLUDED else "" if why == _COUNTED else _WORDS[why]
        pieces.append((first, last, open_us[i] if why == _COUNTED else 0, why, clause, stretch.opened if first == begin else "",
                       stretch.closed if last == end else ""))
    return pieces


def _stretches(setting: Setting, events: CaseEvents, found: out.CaseOutcomes, r: int) -> list[_Stretch]:
    """The spans between the rows of one cycle, up to where its ledger ends."""
    clause, start = setting.clause, int(found.start[r])
    calendars = terms_of(clause, 0).calendars
    own = calendars[found.hours[r]] if found.hours[r] >= 0 else ""
    if found.reason[r] == out.EARLY:
        return []
    if clause.before is not None:
        return [_Stretch(int(found.stop[r]), start, True, own)] if found.has_stop[r] and found.stop[r] < start else []
    end = start + int(found.wall_us[r])
    if isinstance(clause.starts, Schedule):
        return [_Stretch(start, end, True, own)] if start < end else []
    case = int(found.case[r])
    block, counts = case_rows(setting, events, case)
    row0 = int(events.bounds[case])
    first = int(found.first_row[r]) - row0
    rows = np.arange(first, max(first + 1, int(np.searchsorted(block.at, end, side="left"))))
    calendar, since = in_force_at(setting, block, rows, own)
    names = [events.event.names[c] if c >= 0 else "" for c in events.event.codes[row0:row0 + len(block.at)].tolist()]
    stretches: list[_Stretch] = []
    for k, i in enumerate(rows.tolist()):
        begin, last = int(block.at[i]), i + 1 == len(block.at)
        close = end if last else min(int(block.at[i + 1]), end)
        if close > begin:
            used = k >= since
            stretches.append(_Stretch(begin, close, bool(counts[i]) and used, calendar[k], _PAUSED if used else _OTHER, names[i],
                                      "" if last else names[i + 1]))
    return stretches


def case_name(events: CaseEvents | None, case: int, clause: ClockPlan) -> str:
    """The name of a case; the virtual cases of a schedule are numbered from 1."""
    scheduled = clause.before is None and isinstance(clause.starts, Schedule)
    return f"#{case + 1}" if events is None or scheduled else str(events.case_names[case])
