"""Periods a statement closes: a month, a quarter, a half-year, a year, a week, a day, or from one date to another.

Law: a period begins and ends at local midnight of the agreement's zone; its label names it the same way everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from upheld.calendars.dates import add_months
from upheld.values.instant import DAY_US, date_text, day_ordinal
from upheld.values.zone import OutOfRange, zone

__all__ = ["Period", "PeriodError", "period_of"]


class PeriodError(ValueError):
    """A text that names no period; the message says how one is written."""


@dataclass(frozen=True, slots=True)
class Period:
    """``label`` as written, ``start`` and ``end`` µs UTC, half-open, at local midnights of ``zone``."""

    label: str
    start: int
    end: int
    zone: str

    @property
    def dates(self) -> str:
        """``2026-01-01 to 2026-03-31``: both days included, on the wall of the zone."""
        home = zone(self.zone)
        first, last = home.local(self.start) // DAY_US, home.local(self.end) // DAY_US - 1
        return f"{date_text(first)} to {date_text(last)}"


_FORMS = "2026-03, 2026-Q1, 2026-H1, 2026, 2026-W09, 2026-03-15 or 2026-01-01..2026-03-31"
_MONTHS = {"Q": 3, "H": 6}


def period_of(text: str, zone_name: str) -> Period:
    """The period a text names. Raises PeriodError."""
    try:
        first, beyond = _days(text)
    except ValueError:
        raise PeriodError(f"`{text}` is no period: write {_FORMS}") from None
    home = zone(zone_name)
    try:
        return Period(text, home.utc(first * DAY_US, "open"), home.utc(beyond * DAY_US, "open"), zone_name)
    except OutOfRange as problem:
        raise PeriodError(f"`{text}` cannot be stated: {problem}") from None


def _days(text: str) -> tuple[int, int]:
    """The first day of a period and the one after its last, as day ordinals."""
    if ".." in text:
        first, last = (day_ordinal(part) for part in text.split("..", 1))
        if last < first:
            raise ValueError(text)
        return first, last + 1
    if found := re.fullmatch(r"([0-9]{4})-([QH])([1-4])", text, re.ASCII):
        months = _MONTHS[found[2]]
        if int(found[3]) * months > 12:
            raise ValueError(text)
        return _months(int(found[1]), (int(found[3]) - 1) * months + 1, months)
    if found := re.fullmatch(r"([0-9]{4})-W([0-9]{2})", text, re.ASCII):
        return _week(int(found[1]), int(found[2]))
    if found := re.fullmatch(r"([0-9]{4})-([0-9]{2})", text, re.ASCII):
        return _months(int(found[1]), int(found[2]), 1)
    if re.fullmatch(r"[0-9]{4}", text, re.ASCII):
        return _months(int(text), 1, 12)
    day = day_ordinal(text)
    return day, day + 1


def _months(year: int, month: int, count: int) -> tuple[int, int]:
    import numpy as np

    first = day_ordinal(f"{year:04d}-{month:02d}-01")
    return first, int(add_months(np.array([first]), count)[0])


def _week(year: int, week: int) -> tuple[int, int]:
    """An ISO week: week 1 holds the year's first Thursday."""
    fourth = day_ordinal(f"{year:04d}-01-04")
    monday = fourth - (fourth + 3) % 7 + 7 * (week - 1)
    last = day_ordinal(f"{year:04d}-12-28")
    if week < 1 or monday > last:
        raise ValueError(week)
    return monday, monday + 7
