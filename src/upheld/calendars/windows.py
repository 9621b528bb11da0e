"""Windows: the periods a figure is judged over (LANGUAGE §5), laid out in a zone.

Law: periods are half-open and tile; months and days begin at local midnight. What the agreement covers of a window stands beside
it and never moves its edges. Rolling windows overlap: a fact can lie in many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.dates import add_months, midnight
from upheld.calendars.spec import WindowSpec
from upheld.values.instant import DAY_US, date_text, day_ordinal, format_instant
from upheld.values.zone import Zone, zone

__all__ = ["Windows", "windows", "windows_before"]

I64 = NDArray[np.int64]

_MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12, "contract-year": 12}
_DAYS = {"day": 1, "week": 7}
_MONDAY = 4                                            # 1970-01-05


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """i64[n] µs UTC, by end then start: the window and the part of it in force; ``label`` is what a person reads."""

    start: I64
    end: I64
    in_force_start: I64
    in_force_end: I64
    label: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def overlap(self) -> bool:
        """True for rolling windows, of which several may hold one instant."""
        return bool((self.start[1:] < self.end[:-1]).any())

    def index_of(self, t: I64) -> NDArray[np.int32]:
        """i32[n]: the window each instant lies in, -1 outside all. Raises ValueError where windows overlap: ask ``members``."""
        if self.overlap:
            raise ValueError("rolling windows overlap: an instant lies in several")
        if not len(self.start):
            return np.full(len(t), -1, np.int32)
        row = np.searchsorted(self.start, t, side="right") - 1
        inside = (row >= 0) & (t < self.end[np.maximum(row, 0)])
        return np.where(inside, row, -1).astype(np.int32)

    def members(self, t: I64) -> tuple[I64, I64]:
        """(row i64[m], window i64[m]): every pair of an instant and a window that holds it, by row then window."""
        first = np.searchsorted(self.end, t, side="right")
        beyond = np.maximum(np.searchsorted(self.start, t, side="right"), first)
        counts = beyond - first
        row = np.repeat(np.arange(len(t), dtype=np.int64), counts)
        within = np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
        return row, np.repeat(first, counts) + within


def windows(spec: WindowSpec, lo: int, hi: int, in_force: tuple[int, int | None]) -> Windows:
    """The windows that touch ``[lo, hi)`` and the time in force, in time order.

    ``case``: one window over all of it. Rolling windows end at each ``every`` in ``(lo, hi]`` and at the one after ``hi``.
    Raises ValueError for windows before an event (``windows_before``) and for what is no window.
    """
    begins, until = in_force
    lo, hi = max(lo, begins), hi if until is None else min(hi, until)
    if spec.before:
        raise ValueError("windows before an event need its instants: windows_before")
    if hi <= lo:
        return _finish(spec, np.zeros(0, np.int64), np.zeros(0, np.int64), in_force, ())
    if spec.unit == "case":
        return _finish(spec, np.array([lo], np.int64), np.array([hi], np.int64), in_force, ("case",))
    where = zone(spec.zone)
    if spec.rolling:
        return _rolling(spec, lo, hi, in_force, where)
    days = _edges(spec, (lo, hi), begins, where)
    at = midnight(days, where)
    touching = np.flatnonzero((at[:-1] < hi) & (at[1:] > lo))
    label = tuple(_label(spec, int(days[i]), int(days[i + 1])) for i in touching)
    return _finish(spec, at[touching], at[touching + 1], in_force, label)


def windows_before(spec: WindowSpec, events: I64, in_force: tuple[int, int | None]) -> Windows:
    """One window before each event: ``last 365 days, before: claim`` ends at the event, at the same local time it began."""
    where = zone(spec.zone)
    end = np.unique(events)
    local = where.to_local(end)
    start = where.to_utc(_back(spec, local // DAY_US) * DAY_US + local % DAY_US, "open")
    start = np.minimum(start, end)
    plural = "" if spec.count == 1 else "s"
    label = tuple(f"{spec.count} {spec.unit}{plural} before {format_instant(int(at), spec.zone)}" for at in end)
    return _finish(spec, start, end, in_force, label)


def _rolling(spec: WindowSpec, lo: int, hi: int, in_force: tuple[int, int | None], where: Zone) -> Windows:
    ends = _edges(replace(spec, unit=spec.every or "day", count=1), (lo, hi), in_force[0], where)
    starts = _back(spec, ends)
    end, start = midnight(ends, where), midnight(starts, where)
    last = np.searchsorted(end, hi, side="left")       # the end at or after hi: the window still running
    real = np.flatnonzero((end > lo) & (np.arange(len(end)) <= last))
    label = tuple(_between(int(starts[i]), int(ends[i])) for i in real)
    return _finish(spec, start[real], end[real], in_force, label)


def _back(spec: WindowSpec, days: I64) -> I64:
    if spec.unit in _DAYS:
        return days - spec.count * _DAYS[spec.unit]
    return add_months(days, -spec.count * _months(spec.unit))


def _edges(spec: WindowSpec, span: tuple[int, int], begins: int, where: Zone) -> I64:
    """The day ordinals at which periods begin, from one at or before ``lo`` to one after ``hi``."""
    unit, count = spec.unit, spec.count
    if count < 1:
        raise ValueError("a window is at least one unit long")
    first, last = where.local(span[0]) // DAY_US, where.local(span[1]) // DAY_US + 1
    anchor = where.local(begins) // DAY_US
    if unit in _DAYS:
        step = _DAYS[unit] * count
        base = _MONDAY if unit == "week" else 0
        if count > 1:                                  # several days or weeks are counted from the day the agreement began
            base = anchor - (anchor - base) % _DAYS[unit]
        return np.arange(base + (first - base) // step * step, last + step + 1, step, dtype=np.int64)
    step = _months(unit) * count
    if unit == "contract-year":
        base_day = anchor
    else:
        year = int(np.datetime64(int(anchor), "D").astype("datetime64[Y]").astype(np.int64)) + 1970
        # day 31 in a month that is shorter is clipped below; January has it, so the anchor month is shifted instead
        base_day = day_ordinal(f"{year:04d}-01-01") + spec.day - 1
    months_between = (_month(first) - _month(base_day)) - (0 if unit == "contract-year" else spec.month - 1)
    index = months_between // step - 1
    count_of = (_month(last) - _month(first)) // step + 4
    shift = 0 if unit == "contract-year" else spec.month - 1
    months = (index + np.arange(count_of, dtype=np.int64)) * step + shift
    return add_months(np.full(len(months), base_day, np.int64), months)


def _months(unit: str) -> int:
    if unit not in _MONTHS:
        raise ValueError(f"{unit!r} is not a window")
    return _MONTHS[unit]


def _month(day: int) -> int:
    return int(np.datetime64(int(day), "D").astype("datetime64[M]").astype(np.int64))


def _finish(spec: WindowSpec, start: I64, end: I64, in_force: tuple[int, int | None], label: tuple[str, ...]) -> Windows:
    begins, until = in_force
    from_us = np.maximum(start, begins)
    until_us = end if until is None else np.minimum(end, until)
    kept = until_us > from_us
    if spec.first == "next full":
        kept &= start >= begins
    return Windows(start[kept], end[kept], from_us[kept], until_us[kept],
                   tuple(text for text, keep in zip(label, kept.tolist(), strict=True) if keep))


def _label(spec: WindowSpec, first: int, beyond: int) -> str:
    day = date_text(first)
    plain = spec.count == 1 and spec.month == 1 and spec.day == 1
    match spec.unit:
        case "day" if spec.count == 1:
            return day
        case "week" if spec.count == 1:
            thursday = first + 3                       # ISO 8601: a week belongs to the year of its Thursday
            year = date_text(thursday)[:4]
            return f"{year}-W{(thursday - day_ordinal(f'{year}-01-01')) // 7 + 1:02d}"
        case "month" if plain:
            return day[:7]
        case "quarter" if plain:
            return f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"
        case "half-year" if plain:
            return f"{day[:4]}-H{(int(day[5:7]) + 5) // 6}"
        case "year" if plain:
            return day[:4]
        case _:
            return _between(first, beyond)


def _between(first: int, beyond: int) -> str:
    return f"{date_text(first)} to {date_text(beyond - 1)}"
