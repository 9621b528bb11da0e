"""Seeded inputs of the benchmarks: instants, case logs, outages, slices.

Law: the same size gives the same numbers on every machine (numpy's PCG64, seed fixed per input), so that a row can be run
again and a peer gets byte for byte what we got. All times are int64 µs UTC.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import holidays
import numpy as np
from numpy.typing import NDArray

from upheld.calendars.spec import HolidayList, Weekly

__all__ = [
    "EVENTS",
    "FROM_YEAR",
    "HOUR",
    "LAST_YEAR",
    "MINUTE",
    "NIGHT",
    "OFFICE",
    "SERVICE",
    "SEVERITIES",
    "CaseLog",
    "Outages",
    "Slices",
    "case_log",
    "instants",
    "outages",
    "slices",
    "utc_us",
]

I64 = NDArray[np.int64]
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FROM_YEAR, LAST_YEAR = 2018, 2029  # ten years of instants (2019 … 2028) and a year of slack on both sides


def utc_us(year: int, month: int = 1, day: int = 1) -> int:
    """Midnight UTC of a date, in µs."""
    return (dt.date(year, month, day) - dt.date(1970, 1, 1)).days * DAY


def _ordinal(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days


def _holidays() -> HolidayList:
    days = holidays.country_holidays("DE", subdiv="BE", years=range(FROM_YEAR - 1, LAST_YEAR + 2))
    return HolidayList(
        tuple(sorted(_ordinal(day) for day in days)),
        _ordinal(dt.date(FROM_YEAR - 1, 1, 1)),
        _ordinal(dt.date(LAST_YEAR + 1, 12, 31)),
        name="DE-BE",
        library=f"holidays {holidays.__version__}",
    )


def _hours(text: str) -> tuple[tuple[int, int], ...]:
    spans = []
    for span in text.split():
        (h0, m0), (h1, m1) = (part.split(":") for part in span.split("-"))
        start, end = int(h0) * 3600 + int(m0) * 60, int(h1) * 3600 + int(m1) * 60
        spans.append((start, end if end > start else end + 86_400))
    return tuple(spans)


_OFFICE_DAY = _hours("08:00-12:00 13:00-17:30")
OFFICE = Weekly("Europe/Berlin", (_OFFICE_DAY,) * 5 + ((), ()), holidays=(_holidays(),))
NIGHT = Weekly("Europe/Berlin", (_hours("22:00-06:00"),) * 7)
SERVICE = Weekly("Europe/Berlin", (_hours("06:00-22:00"),) * 6 + ((),), holidays=(_holidays(),))


def instants(n: int) -> tuple[I64, I64, I64]:
    """``n`` random starts over ten years, ends up to sixty days later, and targets up to forty hours (none zero)."""
    rng = np.random.default_rng(1)
    start = rng.integers(utc_us(FROM_YEAR + 1), utc_us(LAST_YEAR), n)
    return start, start + rng.integers(0, 60 * DAY, n), rng.integers(1, 40 * HOUR, n)


EVENTS = ("opened", "assigned", "severity-changed", "answered", "asked-customer", "customer-replied", "updated", "resolved")
SEVERITIES = ("1", "2", "3", "4")
_OPENED, _CHANGED, _ANSWERED, _UPDATED, _RESOLVED = 0, 2, 3, 6, 7


@dataclass(frozen=True, slots=True)
class CaseLog:
    """A log in time order, as a helpdesk writes it. ``severity`` is −1 on rows that do not say it."""

    case: NDArray[np.int32]
    event: NDArray[np.int16]
    at: I64
    severity: NDArray[np.int32]
    cases: int


def case_log(cases: int, *, years: int = 1) -> CaseLog:
    """Eight events a case: opened, two to four severities, a pause, an answer (97 %), a solution (95 %), in mixed order."""
    rng = np.random.default_rng(2)
    opened = rng.integers(utc_us(2025), utc_us(2025 + years), cases)
    event = np.tile(np.array([_OPENED, 1, _ANSWERED, _CHANGED, 4, 5, _UPDATED, _RESOLVED], np.int16), (cases, 1))
    late = rng.random(cases) < 0.2  # a fifth is answered only after the customer was asked
    event[late, 2:6] = [4, 5, _CHANGED, _ANSWERED]
    event[rng.random(cases) < 0.05, 7] = _UPDATED  # never solved
    unanswered = rng.random(cases) < 0.03
    event[unanswered] = np.where(event[unanswered] == _ANSWERED, _UPDATED, event[unanswered])
    gaps = (rng.exponential(6 * HOUR, (cases, 8)) * rng.lognormal(0, 0.5, (cases, 1))).astype(np.int64) // 1000 * 1000
    gaps[:, 0] = 0
    at = opened[:, None] + np.cumsum(gaps, axis=1)
    severity = np.full((cases, 8), -1, np.int32)
    severity[:, 0] = rng.choice(4, cases, p=[0.05, 0.2, 0.5, 0.25])
    changed = event == _CHANGED
    severity[changed] = rng.integers(0, 4, int(changed.sum()))
    order = np.argsort(at.ravel(), kind="stable")  # one case's events keep their order, ties or not
    case = np.repeat(np.arange(cases, dtype=np.int32), 8)
    return CaseLog(case[order], event.ravel()[order], at.ravel()[order], severity.ravel()[order], cases)


@dataclass(frozen=True, slots=True)
class Outages:
    """Outages and maintenance windows of ``services``, in time order, all within ``lo`` … ``hi``."""

    service: NDArray[np.int32]
    start: I64
    end: I64
    m_service: NDArray[np.int32]
    m_start: I64
    m_end: I64
    services: int
    lo: int
    hi: int


def outages(n: int, services: int, year: int = 2025) -> Outages:
    """``n`` overlapping outages (a median of 12 minutes, some of days) and 15 % maintenance windows of one to four hours."""
    rng = np.random.default_rng(3)
    lo, hi = utc_us(year) - HOUR, utc_us(year + 1) - HOUR  # midnight in Berlin: twelve local months

    def spans(k: int, length: I64) -> tuple[NDArray[np.int32], I64, I64]:
        start = np.sort(rng.integers(lo, hi - MINUTE, k)) // 1000 * 1000
        return rng.integers(0, services, k).astype(np.int32), start, np.minimum(start + length, hi)

    down = spans(
        n, np.maximum(np.minimum(rng.lognormal(np.log(12), 1.4, n), 5000) * MINUTE, MINUTE).astype(np.int64) // 1000 * 1000
    )
    k = n * 15 // 100
    planned = spans(k, rng.integers(60, 240, k) * MINUTE)
    return Outages(*down, *planned, services, lo, hi)


@dataclass(frozen=True, slots=True)
class Slices:
    """Five-minute slices of each series in turn: ``good`` of ``total`` requests; a slice without requests has total 0."""

    series: NDArray[np.int32]
    start: I64
    good: I64
    total: I64
    count: int


def slices(n: int, year: int = 2025) -> Slices:
    """``n`` slices: as many series as needed, each a year long (105,120 slices) at most."""
    rng = np.random.default_rng(4)
    a_year = 105_120
    row = np.arange(n, dtype=np.int64)
    total = rng.poisson(40, n)
    total[rng.random(n) < 0.02] = 0
    good = total - np.minimum(rng.poisson(0.02, n), total)
    return Slices((row // a_year).astype(np.int32), utc_us(year) + row % a_year * 5 * MINUTE, good, total, -(-n // a_year))
