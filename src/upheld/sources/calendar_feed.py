"""iCalendar feeds read as closed days or as spans of instants.

Law: all-day events are days, timed events are spans; what cannot be read is a finding, never skipped (``upheld.calendars.feed``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from upheld.calendars.feed import feed_events
from upheld.calendars.holidays import Frozen
from upheld.calendars.spec import Explicit
from upheld.values.spans import union

__all__ = ["Feed", "read_feed"]


@dataclass(frozen=True, slots=True)
class Feed:
    """All-day events as a frozen list, timed events as explicit spans; either may be empty."""

    days: Frozen
    spans: Explicit


def read_feed(file: str, data: bytes, zone_name: str, first: int, last: int) -> Feed:
    """The events between two days (ordinals, inclusive). ``zone_name`` is where stamps without a zone are meant.

    Raises FindingsError.
    """
    events = feed_events(file, data, zone_name, first, last)
    days: dict[int, str] = {}
    for event in events:
        if event.first_day is not None and event.last_day is not None:
            days.update(dict.fromkeys(range(max(event.first_day, first), min(event.last_day, last) + 1), event.summary))
    timed = [event for event in events if event.first_day is None]
    joined = union(np.array([e.start for e in timed], np.int64), np.array([e.end for e in timed], np.int64))
    spans = tuple(zip(joined[0].tolist(), joined[1].tolist(), strict=True))
    return Feed(Frozen(file, tuple(sorted(days.items())), first, last, library="iCalendar"), Explicit(zone_name, spans))
