"""The clock: from a start to a stop on the promise's own hours, judged case by case, counted by window (LANGUAGE §6, Clock).

Law: every case of the agreement is met, missed, pending, left out or without promise; figures, lists and segments come from the
same outcomes. A version judges the cycles that start in its span. Each figure is given as agreed and with nothing excluded.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.windows import Windows, windows
from upheld.facts.tables import I64
from upheld.measures import clock_outcomes as out
from upheld.measures.clock_outcomes import CaseOutcomes
from upheld.measures.clock_segments import case_segments, list_segments
from upheld.measures.clock_windows import Counted, counted_at, ends_of, figures, part_rows, parts
from upheld.measures.clock_worlds import Worlds, clock
from upheld.measures.result import Context, Figure, Measured, Segments, Unit
from upheld.measures.versions import pieces
from upheld.plans.plan import ClockPlan

__all__ = ["CaseOutcomes", "Worlds", "case_table", "clock", "measure", "members", "segments", "windows_of"]

Mask = NDArray[np.bool_]
Figures = dict[tuple[int, int, int], Figure]


def case_table(plan: ClockPlan, context: Context) -> CaseOutcomes:
    """The cases as agreed: exclusions applied (left out, counted as good), cases of other agreements, versions or scopes left away."""
    world = Worlds(plan, context)
    table = world.table(agreed=True, lenient=False)
    left, good = np.zeros(len(table.outcomes), np.bool_), np.zeros(len(table.outcomes), np.bool_)
    left[table.row[table.left]] = True
    good[table.row[table.good]] = True
    verdict, reason = table.outcomes.verdict.copy(), table.outcomes.reason.copy()
    verdict[good], reason[good] = out.MET, out.GOOD
    verdict[left], reason[left] = out.LEFT_OUT, out.EXCLUDED
    outcomes = replace(table.outcomes, verdict=verdict, reason=reason)
    return outcomes.take(np.unique(table.row))


def measure(plan: ClockPlan, context: Context) -> Measured:
    """All figures of the clock: shares of cases met, or a statistic of their elapsed times, by group, window and part."""
    world = Worlds(plan, context)
    readings = (False, True) if world.undecided else (False,)
    agreed = [world.table(agreed=True, lenient=lenient) for lenient in readings]
    bare = [world.table(agreed=False, lenient=lenient) for lenient in readings]
    laid, asked = windows_of(plan, context, [*agreed, *bare], world)
    rows, of = part_rows(plan)
    both = []
    for tables in (agreed, bare):
        found = [_figures(plan, context, t, laid, of, len(rows)) for t in tables]
        both.append(found[0] if len(found) == 1 else _widest(found))
    unit: Unit = "share" if plan.value == "share" else "number" if plan.value == "number" else "duration"
    listed = parts(plan, laid, both[0], both[1], rows, world.groups.names, asked, context.until)
    return Measured(plan.head.id, unit, laid, listed, tuple(world.notes))


def segments(plan: ClockPlan, context: Context, group: tuple[str, ...], window: int, case: str | None) -> Segments:
    """The ledger of one case (spans counted, paused, outside, excluded: they sum to its elapsed time), or without ``case`` the
    cases of a group and window, one row each (``counted_us`` 1 where met, so that they sum to the figure's numerator).
    """
    world = Worlds(plan, context)
    table = world.table(agreed=True, lenient=False)
    laid, _ = windows_of(plan, context, [table], world)
    wanted = world.groups.names.index(group) if group in world.groups.names else -1
    mine = table.group == wanted
    if case is None:
        member, place = laid.members(counted_at(plan, table.outcomes, context.until)[table.row])
        inside = np.zeros(len(table.row), np.bool_)
        inside[member[place == window]] = True
        return list_segments(plan, context, world.events, table, np.flatnonzero(mine & inside))
    return case_segments(plan, world.events, table, np.flatnonzero(mine), case, world.setting(group, agreed=True))


def windows_of(plan: ClockPlan, context: Context, tables: list[Counted], world: Worlds) -> tuple[Windows, frozenset[int]]:
    """The windows laid out, and those this version must answer for even if nothing fell into them."""
    if plan.head.window.unit == "case":
        return _one_each(tables[0], world, context), frozenset()
    earliest = min((int(t.outcomes.start.min()) for t in tables if len(t.outcomes)), default=context.until)
    begins, ends = context.in_force
    lo = begins if begins > 0 else min(earliest, context.until)
    laid = windows(plan.head.window, lo, max(context.until + 1, lo + 1), (lo, ends))
    if context.versions is not None:
        mine, first, _ = pieces(context.versions, laid.in_force_start, laid.in_force_end)
        return laid, frozenset(np.flatnonzero(mine & (first <= context.until)).tolist())
    beyond = context.until_us if context.until_us is not None else np.iinfo(np.int64).max
    mine = (laid.in_force_start < beyond) & (laid.in_force_start <= context.until)
    if context.from_us > begins:
        mine &= laid.in_force_start >= context.from_us
    return laid, frozenset(np.flatnonzero(mine).tolist())


def _one_each(table: Counted, world: Worlds, context: Context) -> Windows:
    """``per: case``: each case is its own window, named by the case."""
    found = table.outcomes
    first = np.flatnonzero(np.append(True, found.case[1:] != found.case[:-1])) if len(found) else np.empty(0, np.int64)
    names = world.events.case_names if world.events is not None else ()
    start = found.start[first]
    label = tuple(str(names[c]) for c in found.case[first].tolist())
    return Windows(start, np.maximum(np.where(found.has_stop[first], found.stop[first], context.until), start + 1), start, start + 1, label)


def _figures(plan: ClockPlan, context: Context, table: Counted, laid: Windows, of: I64, n_parts: int) -> Figures:
    part = of[table.outcomes.leaf[table.row], table.outcomes.level[table.row]]
    pairs, place = members(plan, context, table, laid)
    taken = Counted(table.outcomes, *(getattr(table, f.name)[pairs] for f in fields(Counted) if f.name != "outcomes"))
    return figures(plan, taken, part[pairs], place, n_parts, max(len(laid), 1))


def members(plan: ClockPlan, context: Context, table: Counted, laid: Windows) -> tuple[I64, I64]:
    """(position i64[m], window i64[m]): each member of a result in each window that counts it."""
    if plan.head.window.unit == "case":
        _, window = np.unique(table.outcomes.case, return_inverse=True)
        return np.arange(len(table.row)), window[table.row].astype(np.int64)
    at = counted_at(plan, table.outcomes, context.until)[table.row]
    if context.in_force[1] is not None:
        at = np.minimum(at, context.in_force[1] - 1)
    return laid.members(at)


def _widest(found: list[Figures]) -> Figures:
    """Two readings of what is undecided as one range."""
    result = dict(found[0])
    for place, other in found[1].items():
        mine = result.get(place, Figure(None, None))
        lows = [v for v in (mine.low, other.low) if v is not None]
        highs = [v for v in (mine.high, other.high) if v is not None]
        low, high = min(lows, default=None), max(highs, default=None)
        lowest, highest = (ends_of(mine if v == side else other) for v, side in ((low, mine.low), (high, mine.high)))
        detail = (mine if place in found[0] else other).detail
        if (low, high) != (mine.low, mine.high) and "total" in detail:
            detail = {**detail, "low_met": lowest[0], "low_total": lowest[1], "high_met": highest[2], "high_total": highest[3]}
        result[place] = replace(mine if place in found[0] else other, low=low, high=high, detail=detail,
                                undecided=max(mine.undecided, other.undecided, 1 if (mine.low, mine.high) != (other.low, other.high) else 0))
    return result
