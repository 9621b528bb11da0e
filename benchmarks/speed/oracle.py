"""Slow and plain second opinions: a calendar walked date by date with the standard library, outages tested at every point.

Law: shares nothing with the product but the description of a calendar; small inputs only.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo

from upheld.calendars.spec import Weekly

__all__ = ["clock_verdict", "due_at", "elapsed_us", "from_us", "local_us", "month_edges", "monthly_down", "opening", "to_us"]

UTC = dt.UTC
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = dt.date(1970, 1, 1)


@cache
def _zone(name: str) -> ZoneInfo:
    """From the pinned tzdata package, not from the machine."""
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def to_us(moment: dt.datetime) -> int:
    """An aware datetime as µs UTC."""
    gone = moment - EPOCH
    return (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds


def from_us(us: int) -> dt.datetime:
    """µs UTC as an aware datetime."""
    return EPOCH + dt.timedelta(microseconds=us)


def local_us(text: str, zone: str, fold: int = 0) -> int:
    """A local wall time ``2025-03-30 01:00`` as µs UTC."""
    return to_us(dt.datetime.fromisoformat(text).replace(tzinfo=_zone(zone), fold=fold))


def _edge(day: dt.date, second: int, zone: ZoneInfo, *, closing: bool) -> int:
    """A wall time as an instant: a gap gives the transition, a fold its first time as opening, its second as closing."""
    naive = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=second)
    moment = naive.replace(tzinfo=zone, fold=int(closing))
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive:
        return to_us(moment)
    early, late = (to_us(naive.replace(tzinfo=UTC) - naive.replace(tzinfo=zone, fold=f).utcoffset()) for f in (1, 0))
    before = from_us(early).astimezone(zone).utcoffset()
    while late - early > 1:
        middle = (early + late) // 2
        if from_us(middle).astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late


def opening(spec: Weekly, first: dt.date, last: dt.date) -> list[tuple[int, int]]:
    """The open spans that begin on ``first`` … ``last``, merged, as µs UTC."""
    zone = _zone(spec.zone)
    closed = {day for each in spec.holidays for day in each.days}
    spans = []
    day = first
    while day <= last:
        if (day - FIRST_DAY).days not in closed:
            for start, end in spec.week[day.weekday()]:
                spans.append((_edge(day, start, zone, closing=False), _edge(day, end, zone, closing=True)))
        day += dt.timedelta(days=1)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def elapsed_us(spec: Weekly, start: int, end: int) -> int:
    """Open µs in [start, end)."""
    spans = opening(spec, from_us(start).date() - dt.timedelta(days=2), from_us(end).date() + dt.timedelta(days=2))
    return sum(max(0, min(e, end) - max(s, start)) for s, e in spans)


def due_at(spec: Weekly, start: int, target: int) -> int:
    """The instant at which ``target`` µs of open time are used up; exactly at closing it is the closing."""
    left, day = target, from_us(start).date() - dt.timedelta(days=2)
    for s, e in opening(spec, day, day + dt.timedelta(days=120)):
        begin = max(s, start)
        if e - begin >= left:
            return begin + left
        left -= max(0, e - begin)
    raise OverflowError("the target is not used up within 120 days")


def month_edges(zone: str, lo: int, hi: int) -> list[int]:
    """First instants of the local months that meet [lo, hi), clipped to it, and ``hi``."""
    tz = _zone(zone)
    first = from_us(lo).astimezone(tz)
    edges, year, month = [lo], first.year, first.month
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        edge = to_us(dt.datetime(year, month, 1, tzinfo=tz))
        if edge >= hi:
            return [*edges, hi]
        edges.append(edge)


def monthly_down(
    down: Sequence[tuple[int, int]],
    planned: Sequence[tuple[int, int]],
    open_spans: Sequence[tuple[int, int]],
    edges: Sequence[int],
) -> list[int]:
    """Open µs per month in which something was down and nothing was planned: membership tested between all break points."""
    points = sorted({p for spans in (down, planned, open_spans) for span in spans for p in span} | set(edges))
    points = [p for p in points if edges[0] <= p <= edges[-1]]
    starts = [s for s, _ in open_spans]
    found = [0] * (len(edges) - 1)
    for a, b in pairwise(points):
        if any(s <= a < e for s, e in down) and not any(s <= a < e for s, e in planned):
            i = bisect_right(starts, a) - 1
            if i >= 0 and a < open_spans[i][1]:
                found[bisect_right(edges, a) - 1] += b - a
    return found


def clock_verdict(
    rows: Sequence[tuple[int, str, int | None]],
    stops: frozenset[str],
    targets: Sequence[int],
    until: int,
    spans: Sequence[tuple[int, int]],
    pausing: tuple[str, frozenset[str]] | None,
) -> tuple[str, int]:
    """One case under one clock, row by row: the verdict and the open µs used up to its stop (or to ``until``).

    ``rows``: (at, event, severity or None) in order, the first opens the case. The target is that of the severity last said; a
    change judges from the start; a miss is the first instant at which the time used exceeds the target in force, and it stands.
    """
    starts = [s for s, _ in spans]

    def opened(a: int, b: int) -> int:
        found, i = 0, max(bisect_right(starts, a) - 1, 0)
        while i < len(spans) and spans[i][0] < b:
            found += max(0, min(spans[i][1], b) - max(spans[i][0], a))
            i += 1
        return found

    used, target, is_paused, is_missed = 0, 0, False, False
    for (at, event, severity), following in zip(rows, [*[row[0] for row in rows[1:]], until], strict=True):
        if event in stops:
            return ("missed" if is_missed else "met"), used
        if severity is not None:
            target = targets[severity]
        if pausing is not None:
            is_paused = event == pausing[0] or (is_paused and event not in pausing[1])
        is_missed |= used > target
        if not is_paused:
            used += opened(at, following)
        is_missed |= used > target
    return ("missed" if is_missed else "pending"), used
