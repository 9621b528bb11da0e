"""From a spec to spans of instants: every form of calendar laid out on the wall and carried to UTC at once.

Law: hours follow the local wall. An opening that a clock change skips is the change itself, one that comes twice is the first;
a closing that comes twice is the second (LANGUAGE §4).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.recurrence import occurrences
from upheld.calendars.spec import Always, CalendarSpec, Explicit, HolidayList, Intersection, Recurring, Union, Weekly
from upheld.values.instant import DAY_US
from upheld.values.spans import Spans, clip, k_of_n, subtract, union
from upheld.values.zone import zone

__all__ = ["holidays_known_until", "known_until", "lay_out"]

I64 = NDArray[np.int64]
_SECOND = 1_000_000
_EVER = 2**40


def lay_out(spec: CalendarSpec, lo: int, hi: int) -> Spans:
    """The open time of a calendar in ``[lo, hi)`` as sorted disjoint spans, i64 µs UTC.

    Raises UnknownZone, OutOfRange (from 2200 on), RecurrenceError.
    """
    match spec:
        case Weekly():
            return clip(_weekly(spec, lo, hi), lo, hi)
        case Always():
            zone(spec.zone)
            return clip((np.array([lo], np.int64), np.array([hi], np.int64)), lo, hi)
        case Explicit():
            pairs = np.array(spec.spans, np.int64).reshape(-1, 2)
            return clip(union(pairs[:, 0], pairs[:, 1]), lo, hi)
        case Recurring():
            return clip(_recurring(spec, lo, hi), lo, hi)
        case Union():
            return k_of_n(1, *(lay_out(part, lo, hi) for part in spec.parts))
        case Intersection():
            parts = [lay_out(part, lo, hi) for part in spec.parts] or [lay_out(Always(spec.zone), lo, hi)]
            both = k_of_n(len(parts), *parts)
            return both if spec.minus is None else subtract(both, lay_out(spec.minus, lo, hi))


def _weekly(spec: Weekly, lo: int, hi: int) -> Spans:
    where = zone(spec.zone)
    first = where.local(lo) // DAY_US - 2          # a span that began yesterday or the day before may still be open
    last = where.local(hi) // DAY_US + 1
    days = np.arange(first, last + 1, dtype=np.int64)
    plain = np.ones(len(days), np.bool_)
    for listed in spec.holidays:
        _strike(plain, first, _judged(listed, first, last))
    _strike(plain, first, np.array([day for day, _ in spec.dates if first <= day <= last], np.int64))
    bases, opens, closes = [], [], []
    for weekday, spans in enumerate(spec.week):
        begin = (weekday - (first + 3)) % 7         # 1970-01-01 was a Thursday
        mine = days[begin::7][plain[begin::7]]
        for opening, closing in spans:
            bases.append(mine)
            opens.append(opening)
            closes.append(closing)
    for day, spans in spec.dates:
        if first <= day <= last:
            for opening, closing in spans:
                bases.append(np.array([day], np.int64))
                opens.append(opening)
                closes.append(closing)
    if not bases:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    sizes = [len(base) for base in bases]
    midnight = np.concatenate(bases) * DAY_US
    opening_us = midnight + np.repeat(np.array(opens, np.int64) * _SECOND, sizes)
    closing_us = midnight + np.repeat(np.array(closes, np.int64) * _SECOND, sizes)
    order = np.argsort(opening_us, kind="stable")
    return union(where.to_utc(opening_us[order], "open"), where.to_utc(closing_us[order], "close"))


def _judged(listed: HolidayList, first: int, last: int) -> I64:
    """The holidays of a list that lie in ``first`` … ``last`` and in the dates this version of the list judges."""
    low = first if listed.from_day is None else max(first, listed.from_day)
    high = last if listed.until_day is None else min(last, listed.until_day)
    days = np.array(listed.days, np.int64)
    return days[(days >= low) & (days <= high)]


def _strike(plain: NDArray[np.bool_], first: int, days: I64) -> None:
    plain[days - first] = False


def _recurring(spec: Recurring, lo: int, hi: int) -> Spans:
    where = zone(spec.zone)
    length = spec.seconds * _SECOND
    starts = occurrences(spec, where.local(lo) - length - DAY_US, where.local(hi) + DAY_US)
    return union(where.to_utc(starts, "open"), where.to_utc(starts + length, "close"))


def known_until(spec: CalendarSpec, hi: int) -> int:
    """The instant (at most ``hi``) up to which the holidays of a calendar are known."""
    match spec:
        case Weekly():
            day = holidays_known_until(spec.holidays)
            where = zone(spec.zone)
            return hi if day is None or (day + 1) * DAY_US > where.local(hi) else min(hi, where.utc((day + 1) * DAY_US))
        case Union():
            return min((known_until(part, hi) for part in spec.parts), default=hi)
        case Intersection():
            parts = spec.parts if spec.minus is None else (*spec.parts, spec.minus)
            return min((known_until(part, hi) for part in parts), default=hi)
        case _:
            return hi


def holidays_known_until(lists: Sequence[HolidayList]) -> int | None:
    """The last day (ordinal) on which every named list is known; None without lists.

    Lists of one name continue each other; a list that stops judging (``until_day``) before it ends leaves nothing unknown.
    """
    ends = []
    for listed in lists:
        same = [other for other in lists if other.name == listed.name]
        end, moved = listed.last, True
        while moved and end < _until(listed):
            nexts = [min(o.last, _until(o)) for o in same if max(o.first, _from(o)) <= end + 1 <= min(o.last, _until(o))]
            moved = bool(nexts) and max(nexts) > end
            end = max(nexts) if moved else end
        if end < _until(listed):
            ends.append(end)
    return min(ends, default=_EVER) if lists else None


def _from(listed: HolidayList) -> int:
    return -_EVER if listed.from_day is None else listed.from_day


def _until(listed: HolidayList) -> int:
    return _EVER if listed.until_day is None else listed.until_day
