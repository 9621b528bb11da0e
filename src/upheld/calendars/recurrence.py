"""RFC 5545 recurrences on the wall clock: "the second Sunday of each month, 02:00 for four hours".

Law: a rule is laid out in local time, so that 02:00 stays 02:00 when the clocks change; a rule without end costs no more
than the span asked for.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import numpy as np
from dateutil.rrule import rrule, rruleset, rrulestr
from numpy.typing import NDArray

from upheld.calendars.spec import Recurring
from upheld.values.instant import DAY_US, day_ordinal
from upheld.values.zone import zone

__all__ = ["RecurrenceError", "occurrences"]

I64 = NDArray[np.int64]
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time has no zone
_MICRO = timedelta(microseconds=1)
_MOST = 200_000
_UNTIL_UTC = re.compile(r"UNTIL=([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z", re.ASCII | re.IGNORECASE)
_RULE = re.compile(r"(RRULE:)?[A-Z]+=[A-Z0-9,+:-]+(;[A-Z]+=[A-Z0-9,+:-]+)*", re.ASCII | re.IGNORECASE)
_FREQ = re.compile(r"FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY)\b", re.ASCII | re.IGNORECASE)


class RecurrenceError(ValueError):
    """The rule is not one of RFC 5545 that hours are made of, or it gives more occurrences than can be meant."""


def occurrences(spec: Recurring, low: int, high: int) -> I64:
    """i64[n]: the starts of a rule between two wall times (local µs, inclusive) less excepted days. Raises RecurrenceError."""
    begins = _EPOCH + timedelta(days=spec.start_day, seconds=spec.start_second)
    if not _RULE.fullmatch(spec.rule) or not _FREQ.search(spec.rule):
        raise RecurrenceError(f"not a recurrence of hours, days, weeks, months or years: {spec.rule!r}")
    try:
        rule = rrulestr(_UNTIL_UTC.sub(lambda found: _local_until(found, spec.zone), spec.rule), dtstart=begins)
    except (ValueError, TypeError, KeyError) as error:
        raise RecurrenceError(f"the rule {spec.rule!r} cannot be read: {error}") from error
    first, last = _EPOCH + low * _MICRO, _EPOCH + high * _MICRO
    starts = np.array([(at - _EPOCH) // _MICRO for at in _between(rule, first, last)], np.int64)
    return starts[~np.isin(starts // DAY_US, np.array(spec.except_days, np.int64))]


def _between(rule: rrule | rruleset, first: datetime, last: datetime) -> list[datetime]:
    found: list[datetime] = []
    for at in rule.xafter(first, inc=True):
        if at > last:
            break
        found.append(at)
        if len(found) > _MOST:
            raise RecurrenceError(f"the rule gives more than {_MOST:,} occurrences")
    return found


def _local_until(found: re.Match[str], zone_name: str) -> str:
    """An end given in UTC, on the wall: RFC 5545 wants it in UTC, the layout is local."""
    day = day_ordinal(f"{found[1]}-{found[2]}-{found[3]}")
    instant = day * DAY_US + ((int(found[4]) * 60 + int(found[5])) * 60 + int(found[6])) * 1_000_000
    return "UNTIL=" + (_EPOCH + zone(zone_name).local(instant) * _MICRO).strftime("%Y%m%dT%H%M%S")
