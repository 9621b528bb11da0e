"""Deadlines counted in dates: working days, calendar days, months, with the time of day they end at (LANGUAGE §4).

Law: the start's own date is day 0, open or not. ``n working days`` is the nth later date with open time in the calendar, at the
same local time moved into that date's opening; ``days`` and ``months`` are calendar dates at the same local time.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.dates import OpenDates, add_months, open_dates
from upheld.calendars.grid import Grid, Landing, OutOfRange
from upheld.values.instant import DAY_US
from upheld.values.zone import Zone, zone

__all__ = ["At", "DateUnit", "date_deadline"]

I64 = NDArray[np.int64]
DateUnit = Literal["working days", "days", "months"]
At = int | Literal["open", "close"] | None


def date_deadline(
    grid: Grid, start: I64, unit: DateUnit, count: int, at: At = None, landing: Landing = "close",
) -> I64:
    """i64[n]: the instant a deadline of ``count`` dates after each start falls on; a negative count looks back.

    ``at``: seconds of the local day (86,400: its end), ``open`` or ``close`` of that date (of the next open date where it is
    closed), None: the start's local time. ``landing`` says whether working days that end on a closing end there or at the next
    opening. A count of 0 working days from a closed date is the next open date. Raises OutOfRange where the calendar ends first.
    """
    where = zone(grid.zone)
    local = where.to_local(start)
    day, of_day = local // DAY_US, local % DAY_US
    if unit == "working days":
        dates = open_dates(grid.spans(), grid.lo, grid.hi, where)
        rows = _nth(dates, day, count)
        target = dates.day[rows]
        if at is None:
            due = _moved_in(grid, dates, rows, where.to_utc(target * DAY_US + of_day, "close"), landing)
            # 0 working days from a closed date: the next open date stands in for it, and begins at its opening
            due = np.where((count == 0) & (target != day), dates.opens[rows], due)
        else:
            due = _at(dates, rows, target, at, where)
    else:
        target = day + count if unit == "days" else add_months(day, count)
        if at in ("open", "close"):
            dates = open_dates(grid.spans(), grid.lo, grid.hi, where)
            due = _at(dates, _not_before(dates, target), target, at, where)
        else:
            due = where.to_utc(target * DAY_US + (of_day if at is None else int(at) * 1_000_000), "close")
    if len(due) and (int(due.min()) < grid.lo or int(due.max()) > grid.hi):
        raise OutOfRange("a deadline lies outside the compiled calendar")
    return due


def _nth(dates: OpenDates, day: I64, count: int) -> NDArray[np.intp]:
    """The row of the nth open date after (count > 0), before (count < 0), or not before (0) each day."""
    if len(day) and (int(day.min()) < dates.first - 1 or int(day.max()) > dates.last + 1):
        raise OutOfRange("a start lies outside the compiled calendar")
    if count > 0:
        rows = np.searchsorted(dates.day, day, side="right") + count - 1
    else:
        rows = np.searchsorted(dates.day, day, side="left") + count
    if len(rows) and (int(rows.min()) < 0 or int(rows.max()) >= len(dates.day)):
        raise OutOfRange("the working days are not used up inside the compiled calendar")
    return rows


def _not_before(dates: OpenDates, day: I64) -> NDArray[np.intp]:
    if len(day) and int(day.min()) < dates.first:
        raise OutOfRange("a deadline lies before the compiled calendar")
    rows = np.searchsorted(dates.day, day, side="left")
    if len(rows) and int(rows.max()) >= len(dates.day):
        raise OutOfRange("the compiled calendar does not open again")
    return rows


def _at(dates: OpenDates, rows: NDArray[np.intp], target: I64, at: At, where: Zone) -> I64:
    match at:
        case "open":
            return dates.opens[rows]
        case "close":
            return dates.closes[rows]
        case _:
            return where.to_utc(target * DAY_US + int(at or 0) * 1_000_000, "close")


def _moved_in(grid: Grid, dates: OpenDates, rows: NDArray[np.intp], t: I64, landing: Landing) -> I64:
    """The same local time, moved into the opening of its date: before it, to the opening; after it, to the closing; in a break,
    to the end of the break.
    """
    if not len(t):
        return t
    t = np.clip(t, dates.opens[rows], dates.closes[rows])
    S, E = grid.spans()
    span = np.searchsorted(E, t, side="left")          # the first span that ends at or after t: it holds t, or opens next
    inside = np.maximum(t, S[np.minimum(span, len(S) - 1)])
    if landing == "close":
        return inside
    at_close = np.flatnonzero(~grid.is_open(inside))
    inside[at_close] = grid.next_open(inside[at_close])
    return inside
