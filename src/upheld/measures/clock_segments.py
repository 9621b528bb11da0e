"""Segments of a clock: why each stretch of a case counts or not.

Law: from the same outcome as the figure; the counted parts sum to its elapsed time, and that is asserted every time (D20).
"""

from __future__ import annotations

import numpy as np

from upheld.facts.tables import I64, CaseEvents
from upheld.measures import clock_outcomes as out
from upheld.measures.clock_kernel import Setting, cycle_stretches
from upheld.measures.clock_terms import terms_of
from upheld.measures.clock_windows import Counted
from upheld.measures.result import WHY, Context, Segments
from upheld.plans.plan import ClockPlan

__all__ = ["case_name", "case_segments", "list_segments"]

_COUNTED, _PAUSED, _OUTSIDE, _EXCLUDED = (WHY.index(w) for w in ("counted", "paused", "outside", "excluded"))


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


def case_segments(clause: ClockPlan, context: Context, events: CaseEvents | None, table: Counted, members: I64, case: str,
                  setting: Setting) -> Segments:
    """The stretches of all cycles of one case, split where the calendar opens, closes or is suspended."""
    found = table.outcomes
    none = np.empty(0, np.int64)
    pieces: list[tuple[int, int, int, int, str, str, str]] = []
    if events is not None:
        for r in sorted({int(table.row[m]) for m in members.tolist()}):
            if found.level[r] == 0 and case_name(events, int(found.case[r]), clause) == case:
                pieces += _cycle(setting, context, events, table, r)
    start, end, counted, why = (np.array([p[i] for p in pieces], np.int64) for i in range(4)) if pieces else (none, none, none, none)
    texts = [tuple(str(p[i]) for p in pieces) for i in (4, 5, 6)]
    return Segments((case,) * len(pieces), start, end, counted, why.astype(np.int8), texts[0], texts[1], texts[2])


def _cycle(setting: Setting, context: Context, events: CaseEvents, table: Counted, r: int) -> list[tuple[int, int, int, int, str, str, str]]:
    found = table.outcomes
    calendar = terms_of(setting.clause, 0).calendars[found.hours[r]] if found.hours[r] >= 0 else None
    if calendar is None:
        return []
    grid, whole = setting.grids(calendar), setting.whole(calendar)
    pieces: list[tuple[int, int, int, int, str, str, str]] = []
    total = 0
    for begin, end, counts, opened, closed in cycle_stretches(setting, events, int(found.case[r]), int(found.first_row[r]), table_end(found, r, context)):
        inner = [e for s, t in zip(whole.S.tolist(), whole.E.tolist(), strict=True) if s < end and t > begin for e in (s, t)]
        inner += [e for s, t in zip(grid.S.tolist(), grid.E.tolist(), strict=True) if s < end and t > begin for e in (s, t)]
        edges = sorted({begin, end, *(e for e in inner if begin < e < end)})
        for a, b in zip(edges, edges[1:], strict=False):
            open_us = int(grid.elapsed(np.array([a]), np.array([b]))[0])
            base_us = int(whole.elapsed(np.array([a]), np.array([b]))[0])
            why = _OUTSIDE if not base_us else _EXCLUDED if not open_us else _COUNTED if counts else _PAUSED
            us = open_us if why == _COUNTED else 0
            total += us
            clause = calendar if why == _OUTSIDE else "suspended" if why == _EXCLUDED else "" if counts else "pause"
            pieces.append((a, b, us, why, clause, opened if a == begin else "", closed if b == end else ""))
    changed = setting.clause.head.hours.is_constant and not setting.clause.within.is_constant
    assert total == int(found.elapsed_us[r]) or changed, "the segments of a case must sum to its elapsed time"
    return pieces


def table_end(found: out.CaseOutcomes, r: int, context: Context) -> int:
    """Where the cycle's ledger ends: its stop, the end of its duty, or the horizon."""
    return int(found.start[r] + found.wall_us[r]) if found.reason[r] != out.EARLY else int(found.start[r])


def case_name(events: CaseEvents | None, case: int, clause: ClockPlan) -> str:
    scheduled = clause.before is None and not hasattr(clause.starts, "parts") and not hasattr(clause.starts, "attribute")
    return f"#{case + 1}" if events is None or scheduled else str(events.case_names[case])
