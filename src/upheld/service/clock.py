"""The clock of the service: the one place that asks what time it is, so that a test can answer instead.

Law: times are µs UTC. Nothing is ever due at "now plus a delay": a clock only says which due instants have passed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol

from upheld.values.instant import parse_instant

__all__ = ["BACKWARDS_US", "WAS_AHEAD_US", "Clock", "FakeClock", "Reading", "RealClock", "read_clock"]

BACKWARDS_US = 2_000_000
"""Clocks of several machines differ by so much without anybody being alarmed, µs."""

WAS_AHEAD_US = 7_200_000_000
"""A clock that stands further behind what was acted on or recorded last than this is right, and the one before it was wrong, µs."""

FORWARD_US = 300_000_000
"""After a gap of so long, what fell due meanwhile is told as one message a clock and person, µs."""


class Clock(Protocol):
    """Says the time."""

    def now(self) -> int:
        """µs UTC."""
        ...


@dataclass(frozen=True, slots=True)
class RealClock:
    """The machine's."""

    def now(self) -> int:
        """µs UTC."""
        return time.time_ns() // 1000


@dataclass(slots=True)
class FakeClock:
    """A test's: moves only when told."""

    at: int = field(default=0)

    @classmethod
    def of(cls, text: str) -> FakeClock:
        """The clock at an RFC 3339 stamp."""
        return cls(parse_instant(text))

    def now(self) -> int:
        """µs UTC."""
        return self.at


@dataclass(frozen=True, slots=True)
class Reading:
    """``at``: the instant to act on, never before one acted on already. ``behind_us``: how far the clock stands before that (0: it does not).
    ``gap_us``: how long nobody acted before it. ``catching_up``: the gap is long.
    """

    at: int
    behind_us: int
    gap_us: int

    @property
    def held(self) -> bool:
        """The clock went backwards: time is held at the latest instant until it has caught up."""
        return self.behind_us > BACKWARDS_US

    @property
    def was_ahead(self) -> bool:
        """So far backwards that what was acted on before was acted on by a clock that was ahead."""
        return self.behind_us > WAS_AHEAD_US

    @property
    def catching_up(self) -> bool:
        """Nobody acted for long: what fell due meanwhile is folded."""
        return self.gap_us > FORWARD_US


def read_clock(now: int, mark: int | None) -> Reading:
    """What a clock that says ``now`` means, given the latest instant acted on (None: nobody ever did)."""
    if mark is None:
        return Reading(now, 0, 0)
    return Reading(max(now, mark), max(0, mark - now), max(0, now - mark))
