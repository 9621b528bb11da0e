"""Slow walkers: the calendar as a person would count it, from the standard library alone.

``listed`` lists the windows of every local date touched and turns each edge into an instant with zoneinfo; ``minutes`` asks of
every single minute what the wall clock shows. Neither shares a line with the kernels.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo  # noqa: TID251 - the oracle reads the same files by another reader

from upheld.calendars.spec import Weekly

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_ZERO = date(1970, 1, 1)

ZONES = ("Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Tehran",
         "America/Santiago", "Europe/Dublin", "Asia/Beirut", "Pacific/Apia", "Australia/Sydney", "America/St_Johns",
         "Africa/Cairo")


@lru_cache
def load(name: str) -> ZoneInfo:
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def us(t: datetime) -> int:
    d = t - EPOCH
    return (d.days * 86_400 + d.seconds) * 1_000_000 + d.microseconds


def at(x: int) -> datetime:
    return EPOCH + timedelta(microseconds=x)


def wall_to_us(day: date, seconds: int, tz: ZoneInfo, *, closing: bool) -> int:
    naive = datetime.combine(day, datetime.min.time()) + timedelta(seconds=seconds)
    aware = naive.replace(tzinfo=tz, fold=1 if closing else 0)
    if aware.astimezone(UTC).astimezone(tz).replace(tzinfo=None) == naive:
        return us(aware.astimezone(UTC))
    one, two = naive.replace(tzinfo=tz, fold=0).utcoffset(), naive.replace(tzinfo=tz, fold=1).utcoffset()
    low, high = (us((naive - offset).replace(tzinfo=UTC)) for offset in (max(one, two), min(one, two)))
    before = at(low).astimezone(tz).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if at(middle).astimezone(tz).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def hours_on(spec: Weekly, day: date) -> tuple[tuple[int, int], ...]:
    ordinal = (day - DAY_ZERO).days
    for own, spans in spec.dates:
        if own == ordinal:
            return spans
    if any(ordinal in listed.days for listed in spec.holidays):
        return ()
    return spec.week[day.weekday()]


def windows(spec: Weekly, first: date, last: date) -> list[tuple[int, int]]:
    tz, found, day = load(spec.zone), [], first
    while day <= last:
        for opening, closing in hours_on(spec, day):
            start, end = wall_to_us(day, opening, tz, closing=False), wall_to_us(day, closing, tz, closing=True)
            if end > start:
                found.append((start, end))
        day += timedelta(days=1)
    merged: list[list[int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([start, end])
    return [(a, b) for a, b in merged]


def listed(spec: Weekly, a: int, b: int) -> int:
    tz = load(spec.zone)
    first, last = at(a).astimezone(tz).date() - timedelta(days=2), at(b).astimezone(tz).date() + timedelta(days=2)
    return sum(max(0, min(end, b) - max(start, a)) for start, end in windows(spec, first, last))


def minutes(spec: Weekly, a: int, b: int) -> int:
    tz, total, t, stop = load(spec.zone), 0, at(a), at(b)
    while t < stop:
        local = t.astimezone(tz)
        second, day = local.hour * 3600 + local.minute * 60, local.date()
        yesterday = day - timedelta(days=1)
        total += (any(x <= second < y for x, y in hours_on(spec, day))
                  or any(x <= second + 86_400 < y for x, y in hours_on(spec, yesterday)))
        t += timedelta(minutes=1)
    return total * 60_000_000


def due(spec: Weekly, start: int, target: int) -> int:
    day = at(start).astimezone(load(spec.zone)).date() - timedelta(days=2)
    for begin, end in windows(spec, day, day + timedelta(days=40)):
        open_from = max(begin, start)
        if end > open_from:
            if end - open_from >= target:
                return open_from + target
            target -= end - open_from
    raise AssertionError("the oracle looked forty days ahead only")
