"""Clocks of other make: notice before an event, and clocks that the calendar starts.

Law: the same outcomes in the same table. ``before``: the stop must lie so early that the whole duration fits between it and the
event. A schedule makes a virtual case of every window: it starts with the window's start or end, and the first matching event
until the next start stops it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.deadlines import date_deadline
from upheld.calendars.grid import Grid
from upheld.calendars.windows import windows
from upheld.facts.tables import I32, I64, CaseEvents
from upheld.measures import clock_outcomes as out
from upheld.measures.clock_frame import Setting
from upheld.measures.clock_kernel import no_outcomes
from upheld.measures.clock_outcomes import CaseOutcomes
from upheld.measures.clock_reading import Points, Reader, raw_names
from upheld.measures.clock_roles import START, STOP, block_of, fold
from upheld.measures.clock_terms import Terms, scaled, terms_of
from upheld.measures.groups import columns_of
from upheld.measures.result import Context
from upheld.plans.lookup import axes_of, look
from upheld.plans.plan import ClockPlan, Schedule, Within
from upheld.plans.selector import Every, select

__all__ = ["notice_outcomes", "schedule_starts", "scheduled_outcomes", "stopping_rows"]

Mask = NDArray[np.bool_]


def _table(case: I32, start: I64, stop: I64, stopped: Mask, due: I64, over: Mask, elapsed: I64, target: I64, until: int, w: I32,
           first_row: I64, last_row: I64) -> CaseOutcomes:
    n = len(case)
    promised = w >= 0
    verdict = np.where(over, out.MISSED, np.where(stopped, out.MET, out.PENDING)).astype(np.uint8)
    verdict[~promised] = out.NO_PROMISE
    state = np.where(stopped, out.STOPPED, out.RUNNING).astype(np.uint8)
    ahead = ~stopped & (start > until)
    reason = np.where(ahead, out.AHEAD, out.PLAIN).astype(np.uint16)
    over = over & promised
    wall = np.where(stopped, np.abs(stop - start), np.maximum(until - start, 0))
    return CaseOutcomes(
        case=case, cycle=np.zeros(n, np.int16), start=start, stop=np.where(stopped, stop, 0), has_stop=stopped, due=due, has_due=promised,
        missed_at=np.where(over, due, 0), has_miss=over, target_us=target, has_target=promised, elapsed_us=elapsed,
        paused_us=np.zeros(n, np.int64), wall_us=wall, state=state, verdict=verdict, reason=reason, leaf=w, level=np.zeros(n, np.int16),
        hours=np.zeros(n, np.int16), sure=np.ones(n, np.bool_), first_row=first_row, last_row=last_row,
    )


def notice_outcomes(setting: Setting, events: CaseEvents) -> CaseOutcomes:
    """``before`` clocks: a case has one where the event it looks to is known, even ahead of the horizon.

    ``start`` is that event's instant, ``due`` the last instant at which the stop is early enough, ``elapsed_us`` the open time of
    notice given.
    """
    clause, terms = setting.clause, terms_of(setting.clause, 0)
    names = frozenset().union(*(raw_names(setting.plan, a) for a in (*axes_of(clause.within), *axes_of(clause.head.hours), "tier", "customer")))
    n_cases = len(events.bounds) - 1
    block, tie = block_of(events, 0, n_cases, names)
    bits = fold(setting.roles.bits(events, 0, len(events)), tie)
    looked_to = np.flatnonzero(bits & START)
    case, first = np.unique(block.case[looked_to], return_index=True)
    begin = looked_to[first]
    if not len(begin):
        return no_outcomes()
    told = np.flatnonzero((bits & STOP > 0) & (block.at <= setting.until))
    teller, firsts = np.unique(block.case[told], return_index=True)
    place = np.searchsorted(teller, case)
    stopped = (place < len(teller)) & (teller.take(place, mode="clip") == case) if len(teller) else np.zeros(len(case), np.bool_)
    row = np.where(stopped, told[firsts].take(place, mode="clip") if len(told) else 0, begin)
    start = block.at[begin]
    stop = np.where(stopped, block.at[row], start)
    points = Points(begin, begin, np.arange(len(begin)))
    reader = Reader(setting.plan, block, setting.subscriptions, setting.plan.zone)
    w, h = (np.maximum(reader.leaf(t, points), -1) for t in (clause.within, clause.head.hours))
    due, elapsed, target = start.copy(), np.zeros(len(start), np.int64), np.zeros(len(start), np.int64)
    for i in range(len(start)):
        within = terms.within[w[i]] if w[i] >= 0 else None
        if within is None:
            w[i] = -1
            continue
        grid = setting.grids(terms.calendars[terms.runs_on[w[i], h[i]]])
        dates = setting.whole(terms.calendars[terms.dated_on[w[i], h[i]]])
        due[i] = _latest(grid, dates, within, int(start[i]), clause.landing)
        target[i] = within.amount if within.unit == "time" else max(_open(grid, int(due[i]), int(start[i])), 0)
        elapsed[i] = max(_open(grid, int(stop[i]), int(start[i])), 0) if stopped[i] else 0
    over = np.where(stopped, stop, np.maximum(setting.until, 0)) > due
    return _table(case.astype(np.int32), start, stop, stopped, due, over, elapsed, target, setting.until, w.astype(np.int32), begin, row)


def _open(grid: Grid, begin: int, end: int) -> int:
    return int(grid.elapsed(np.array([begin]), np.array([end]))[0])


def _latest(grid: Grid, dates: Grid, within: Within, event: int, landing: str) -> int:
    """The last instant from which the duration ends at or before the event; bisected, since deadlines never fall as starts rise."""
    def ends(at: int) -> int:
        if within.unit == "time":
            return int(grid.due(np.array([at]), np.array([within.amount]), "next_open" if landing == "next_open" else "close")[0])
        return int(date_deadline(dates, np.array([at]), within.unit, within.amount, within.at, "close")[0])

    step = 86_400_000_000
    low = event
    while ends(low) > event:
        low, step = max(low - step, grid.lo), step * 2
        if low == grid.lo:
            break
    high = event + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if ends(middle) <= event else (low, middle)
    return low


def scheduled_outcomes(clause: ClockPlan, context: Context, events: CaseEvents | None, grids: Callable[[str], Grid],
                       portion: Fraction | None = None) -> CaseOutcomes:
    """A virtual case for each window of the schedule that begins (or ends) in force and by the horizon, numbered in time order.

    ``portion``: the part of the duration that is asked for (None: all of it).
    """
    schedule = clause.starts
    assert isinstance(schedule, Schedule)
    start, _ = schedule_starts(clause, context, events, context.until)
    n = len(start)
    if not n:
        return no_outcomes()
    rows, at = stopping_rows(clause, context, events)
    following = np.append(start[1:], np.iinfo(np.int64).max)
    place = np.searchsorted(at, start, side="left")
    found = at.take(place, mode="clip") if len(at) else np.zeros(n, np.int64)
    stopped = (place < len(at)) & (found < following) & (found <= context.until)
    row = np.where(stopped, rows.take(place, mode="clip") if len(rows) else 0, 0)
    stop = np.where(stopped, found, np.maximum(context.until, start))
    terms: Terms = terms_of(clause, 0)
    w = max(look(clause.within, {"customer": context.plan.customer or None}), -1)
    h = max(look(clause.head.hours, {"customer": context.plan.customer or None}), -1)
    within = terms.within[w] if w >= 0 else None
    due, elapsed, target = start.copy(), np.zeros(n, np.int64), np.zeros(n, np.int64)
    over = np.zeros(n, np.bool_)
    if within is not None:
        grid = grids(terms.calendars[terms.runs_on[w, h]])
        elapsed = grid.elapsed(start, stop)
        if within.unit == "time" or portion is not None:
            target[:] = within.amount
            if within.unit != "time":
                dates = context.grid(terms.calendars[terms.dated_on[w, h]])
                until = date_deadline(dates, start, within.unit, within.amount, within.at, clause.landing)
                target = np.maximum(grid.elapsed(start, until), 0)
            if portion is not None:
                target = np.array([scaled(amount, portion) for amount in target.tolist()], np.int64)
            due = grid.due(start, target, clause.landing)
            over = elapsed > target
        else:
            dates = context.grid(terms.calendars[terms.dated_on[w, h]])
            due = date_deadline(dates, start, within.unit, within.amount, within.at, clause.landing)
            target = np.maximum(grid.elapsed(start, due), 0)
            over = stop > due
    leaf = np.full(n, w if within is not None else -1, np.int32)
    return _table(np.arange(n, dtype=np.int32), start, stop, stopped, due, over, elapsed, target, context.until, leaf, row, row)


def schedule_starts(clause: ClockPlan, context: Context, events: CaseEvents | None, until: int) -> tuple[I64, tuple[str, ...]]:
    """When the windows of a schedule start its clock in force by ``until``, in time order, and what each window is called."""
    schedule = clause.starts
    assert isinstance(schedule, Schedule)
    begins, ends = context.in_force
    first = begins if begins > 0 or events is None or not len(events) else int(events.at.min())
    laid = windows(schedule.every, first, max(until + 1, first + 1), (first, ends))
    start = laid.start if schedule.at == "start" else laid.end
    inside = (start >= first) & (start <= until)
    if ends is not None:
        inside &= start <= ends
    return start[inside], tuple(laid.label[i] for i in np.flatnonzero(inside).tolist())


def stopping_rows(clause: ClockPlan, context: Context, events: CaseEvents | None) -> tuple[I64, I64]:
    """The rows that stop the clock, by time, of any case in scope."""
    if events is None or not len(events):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    columns = columns_of(context.plan, events)
    yes, _ = select(Every((clause.stops, clause.head.of)), columns, len(events))
    rows = np.flatnonzero(yes)
    rows = rows[np.argsort(events.at[rows], kind="stable")]
    return rows, events.at[rows]
