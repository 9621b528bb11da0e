"""Whether a tool's answer is right: small cases with the oracle's answer, by kind.

Law: the expected value comes from ``oracle`` alone, never from the product or a peer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speed import inputs, oracle
from upheld.calendars.spec import Weekly

__all__ = ["DUE", "ELAPSED", "Family", "calendar_arrays", "score"]


@dataclass(frozen=True, slots=True)
class Family:
    """Cases of one kind on one calendar: starts, ends or targets (µs), and the expected µs."""

    name: str
    spec: Weekly
    start: NDArray[np.int64]
    other: NDArray[np.int64]
    expected: NDArray[np.int64]


def _elapsed(name: str, spec: Weekly, *pairs: str) -> Family:
    spans = [[oracle.local_us(text.strip(), spec.zone) for text in pair.split("to")] for pair in pairs]
    start, end = np.array(spans, np.int64).T
    return Family(name, spec, start, end, np.array([oracle.elapsed_us(spec, a, b) for a, b in spans], np.int64))


def _due(name: str, spec: Weekly, *asks: tuple[str, int]) -> Family:
    spans = [(oracle.local_us(text, spec.zone), hours * inputs.HOUR) for text, hours in asks]
    start, target = np.array(spans, np.int64).T
    return Family(name, spec, start, target, np.array([oracle.due_at(spec, a, b) for a, b in spans], np.int64))


ELAPSED = (
    _elapsed(
        "day",
        inputs.OFFICE,
        "2025-03-03 09:00 to 2025-03-03 11:30",
        "2025-03-03 11:00 to 2025-03-03 14:15",
        "2025-03-03 16:00 to 2025-03-04 09:00",
        "2025-03-07 17:00 to 2025-03-10 08:30",
        "2025-03-03 06:00 to 2025-03-03 20:00",
        "2025-03-01 10:00 to 2025-03-02 12:00",
        "2025-03-01 10:00 to 2025-03-03 08:10",
        "2025-03-03 12:10 to 2025-03-03 12:50",
        "2025-03-03 08:00 to 2025-03-14 17:30",
        "2025-03-28 15:00 to 2025-03-31 10:00",
        "2025-10-24 15:00 to 2025-10-27 10:00",
        "2025-02-03 13:37 to 2025-02-28 09:01",
        "2025-03-04 17:30 to 2025-03-05 08:00",
        "2025-03-05 08:00 to 2025-03-05 12:00",
    ),
    _elapsed(
        "holiday",
        inputs.OFFICE,
        "2025-04-17 16:00 to 2025-04-22 09:00",
        "2024-12-24 10:00 to 2024-12-27 10:00",
        "2025-05-01 09:00 to 2025-05-01 15:00",
        "2025-09-29 09:00 to 2025-10-06 09:00",
    ),
    _elapsed(
        "night",
        inputs.NIGHT,
        "2025-03-29 21:00 to 2025-03-30 08:00",
        "2025-10-25 21:00 to 2025-10-26 08:00",
        "2025-02-04 23:30 to 2025-02-05 05:30",
        "2025-02-05 00:00 to 2025-02-06 23:00",
    ),
)
DUE = (
    _due(
        "day",
        inputs.OFFICE,
        ("2025-03-03 09:00", 2),
        ("2025-03-03 16:00", 4),
        ("2025-03-07 17:00", 9),
        ("2025-03-01 10:00", 1),
        ("2025-03-03 12:10", 6),
        ("2025-02-03 13:37", 40),
        ("2025-03-04 19:00", 3),
    ),
    _due("at closing", inputs.OFFICE, ("2025-03-03 08:00", 4), ("2025-03-03 10:00", 2), ("2025-03-04 13:30", 4)),
    _due("holiday", inputs.OFFICE, ("2025-04-17 16:00", 3), ("2024-12-24 10:00", 12), ("2025-05-01 09:00", 2)),
    _due(
        "night", inputs.NIGHT, ("2025-03-29 21:00", 6), ("2025-10-25 21:00", 8), ("2025-02-05 00:00", 7), ("2025-02-04 23:00", 2)
    ),
)


def calendar_arrays(spec: Weekly) -> dict[str, object]:
    """A weekly calendar as plain arrays, for another process."""
    week = [(day, start, end) for day, spans in enumerate(spec.week) for start, end in spans]
    return {
        "zone": spec.zone,
        "week": np.array(week, np.int64),
        "closed": np.array([day for each in spec.holidays for day in each.days], np.int64),
    }


def score(expected: NDArray[np.int64], seconds: NDArray[np.float64]) -> tuple[int, int]:
    """How many answers (in seconds) are right to a tenth of a second, and how many to the hour."""
    gap = np.abs(seconds - expected / 1e6)
    return int((gap < 0.1).sum()), int((gap < 3600).sum())
