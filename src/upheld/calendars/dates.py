"""Calendar dates in a zone: months added to days, and the dates on which a calendar is open.

Law: a date is a day of the local wall; the end of a month is clipped (31 January + 1 month is 28 or 29 February).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.values.instant import DAY_US
from upheld.values.spans import Spans
from upheld.values.zone import Zone

__all__ = ["OpenDates", "add_months", "midnight", "open_dates"]

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OpenDates:
    """The dates with open time, whole days of the compiled range only: ``day`` ordinals rising, ``opens`` and ``closes`` µs UTC.

    ``first`` … ``last`` are the whole days looked at, open or not.
    """

    day: I64
    opens: I64
    closes: I64
    first: int
    last: int


def add_months(days: I64, months: int | I64) -> I64:
    """i64[n]: each date that many calendar months later (or earlier), the end of the month clipped."""
    month = days.astype("datetime64[D]").astype("datetime64[M]")
    of_month = days - month.astype("datetime64[D]").astype(np.int64)
    target = month.astype(np.int64) + months
    first = _month_start(target)
    last = _month_start(target + 1) - 1
    clipped: I64 = np.minimum(first + of_month, last)
    return clipped


def _month_start(month: I64) -> I64:
    starts: I64 = month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return starts


def midnight(days: I64, where: Zone) -> I64:
    """i64[n]: the instant each date begins; where the clocks skip midnight, the change; where it comes twice, the first."""
    return where.to_utc(days * DAY_US, "open")


def open_dates(spans: Spans, lo: int, hi: int, where: Zone) -> OpenDates:
    """The dates between ``lo`` and ``hi`` on which the spans leave open time, with their first opening and last closing."""
    start, end = spans
    first, last = -(-where.local(lo) // DAY_US), where.local(hi) // DAY_US - 1
    days = np.arange(first, last + 1, dtype=np.int64)
    begins = midnight(np.arange(first, last + 2, dtype=np.int64), where) if len(days) else np.zeros(1, np.int64)
    if not len(start) or not len(days):
        none = np.zeros(0, np.int64)
        return OpenDates(none, none, none, first, last)
    leading = np.searchsorted(end, begins[:-1], side="right")        # the first span that ends after the day begins
    trailing = np.searchsorted(start, begins[1:], side="left") - 1   # the last span that begins before the day ends
    is_open = leading <= trailing
    leading, trailing = leading[is_open], trailing[is_open]
    opens = np.maximum(start[leading], begins[:-1][is_open])
    closes = np.minimum(end[trailing], begins[1:][is_open])
    return OpenDates(days[is_open], opens, closes, first, last)
