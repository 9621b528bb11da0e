"""A budget: how much may still go wrong in one window before its target is missed.

Law: ``used`` and ``base`` are those of the assessed figure at the same cut, so that the figure is ``1 − used ÷ base`` of a share and ``used``
itself of an amount; ``allowed`` is what the target leaves of the whole window, the time still to come included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from upheld.clocks.allowance import Limit
from upheld.clocks.burn import Burn
from upheld.clocks.current import Now
from upheld.clocks.forecast import Forecast
from upheld.clocks.use import ServiceTime, Use
from upheld.values.condition import Condition

__all__ = ["Budget", "By", "Side", "Spent", "State", "Unit"]

Unit = Literal["time", "runs", "slices", "events", "cases"]
State = Literal["used up", "kept", "open"]
By = Literal["used", "outage", "rate", ""]


@dataclass(frozen=True, slots=True)
class Side:
    """One reading of what is not known. Time in µs. ``base``: what the use so far is a share of; ``whole``: the same of the whole window, the
    time to come included (None: the target is no share).
    """

    used: Fraction
    allowed: Fraction
    base: Fraction | None = None
    whole: Fraction | None = None

    @property
    def left(self) -> Fraction:
        """What may still be used; negative: more was used than is allowed."""
        return self.allowed - self.used


@dataclass(frozen=True, slots=True)
class Spent:
    """What one kind of measure says of one window: both readings, and the use over time (by the best reading).

    ``fixed``: what is allowed does not depend on what is still to come. ``unsettled``: use that may still be undone (the running slice).
    ``most_more``: the most that can still be used (None: nobody knows). ``going_on``: when the use reaches an amount if what holds now goes on.
    ``grows_at``: the next instant at which the use may grow though no fact arrives (a case falls due, an empty slice begins). ``silence``: what
    nobody reports is down.
    """

    best: Side
    worst: Side
    unit: Unit
    use: Use
    hours: ServiceTime
    fixed: bool
    unsettled: Fraction = Fraction(0)
    most_more: Fraction | None = None
    going_on: Callable[[Fraction], int | None] | None = None
    longest: bool = False
    ongoing: bool = False
    grows_at: int | None = None
    silence: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget at one instant. ``part`` names the part of a promise of several, ``number`` is its place. Times µs UTC.

    ``best`` and ``worst`` read what is not known for and against whoever promised; equal where everything is known.
    ``state``: ``used up`` (the target can no longer be met), ``kept`` (it can no longer be missed), else ``open``.
    ``runs_out``: when the budget was or will be used up; ``by``: ``used`` (it was), ``outage`` (exact, if what is down now stays down),
    ``rate`` (at the rate of the long stretch), or "" where it will not within the window. ``reasons``: why it is not final yet, in words.
    """

    agreement: str
    version: str
    commitment: str
    group: tuple[tuple[str, str], ...]
    part: str
    number: int
    window: Now
    unit: Unit
    target: Condition
    limit: Limit
    says: str
    best: Side
    worst: Side
    state: State
    short: Burn
    long: Burn
    forecast: Forecast
    runs_out: int | None
    by: By
    ongoing: bool
    ladder: str
    reasons: tuple[str, ...] = ()

    @property
    def used_share(self) -> Fraction | None:
        """The share of the budget that is used for certain; None where nothing is allowed and something was used."""
        if self.best.allowed > 0:
            return self.best.used / self.best.allowed
        return None if self.best.used else Fraction(0)

    def figure(self, side: Side) -> Fraction | None:
        """The figure so far by one reading, as the assessment measures it."""
        if side.base is None:
            return side.used
        return 1 - side.used / side.base if side.base > 0 else None

    def figure_at_end(self, use: Fraction, side: Side) -> Fraction | None:
        """The figure if so much is used by the window's end."""
        if side.whole is None:
            return use
        return 1 - use / side.whole if side.whole > 0 else None
