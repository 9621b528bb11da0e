"""The climb: when each step of a ladder falls due on each clock.

Law: an instant follows from the agreement and the facts, never from when somebody looked. A step at a share of the target, or before the
due instant, is always told; what comes after it on the wall waits while somebody has acknowledged. A stop at the very instant wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.clocks.acknowledged import Hold, moved
from upheld.clocks.table import NEVER
from upheld.facts.tables import I64
from upheld.plans.people import Ladder, LadderStep

__all__ = ["Climbed", "Pace", "climb", "ladders_of", "portions_of"]

Mask = NDArray[np.bool_]
_WEEK_US = 7 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """What a ladder is climbed by, one entry a clock. ``floor``: no step before it. ``close``: when it stood still for good (``NEVER``: it has
    not). ``silent``: it promises nothing, so nobody is told. ``portions``: when each share of the target is used, and where that is known.
    ``holds``: by the place of a clock, when it was acknowledged and until when that was said to hold. ``passed``: by how long before the due
    instant, when a clock that changed afterwards was first so near to it (``NEVER``: it was not).
    """

    due: I64
    has_due: Mask
    floor: I64
    close: I64
    silent: Mask
    portions: Mapping[Fraction, tuple[I64, Mask]]
    holds: Mapping[int, tuple[Hold, ...]] = field(default_factory=dict)
    passed: Mapping[int, I64] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Climbed:
    """The steps due by ``at``, one entry each, and the next instant at which one falls due, one entry a clock (``NEVER``: none)."""

    clock: I64
    ladder: tuple[str, ...]
    step: tuple[str, ...]
    at: I64
    next_at: I64


def portions_of(ladders: Mapping[str, Ladder], name: str) -> tuple[Fraction, ...]:
    """The shares of the target that a ladder, and those that follow it, ask for."""
    return tuple(dict.fromkeys(s.at for ladder in ladders_of(ladders, name) for s in ladder.steps if s.at is not None))


def climb(ladders: Mapping[str, Ladder], name: str, pace: Pace, at: int) -> Climbed:
    """Every step due at or before ``at`` on each clock, over the ladder and those that follow it."""
    walk = _Walk(pace, at)
    begins: tuple[I64, Mask] | None = None
    for ladder in ladders_of(ladders, name):
        begins = walk.ladder(ladder, "" if begins is None else f"{ladder.name}:", begins)
    return walk.found()


def ladders_of(ladders: Mapping[str, Ladder], name: str) -> list[Ladder]:
    """The ladder of this name and those that follow it, each once: a circle ends where it closes. None of that name: none."""
    found: dict[str, Ladder] = {}
    while name in ladders and name not in found:
        found[name] = ladders[name]
        name = ladders[name].then
    return list(found.values())


class _Walk:
    """The steps one after the other, all clocks together."""

    def __init__(self, pace: Pace, at: int) -> None:
        self.pace, self.at = pace, at
        self.next_at = np.full(len(pace.due), NEVER)
        self.clocks: list[I64] = []
        self.ladders: list[str] = []
        self.steps: list[str] = []
        self.times: list[I64] = []

    def ladder(self, ladder: Ladder, prefix: str, begins: tuple[I64, Mask] | None) -> tuple[I64, Mask]:
        """One ladder from its first step; ``begins``: when the one before it was through. Gives when this one is."""
        before = begins if begins is not None else (self.pace.due, self.pace.has_due)
        for i, step in enumerate(ladder.steps, 1):
            before = self._step(ladder, step, before, begins)
            self._told(*before, ladder.name, f"{prefix}{i}")
        if ladder.repeat_us and ladder.steps:
            through = self._repeats(ladder, before, f"{prefix}{len(ladder.steps)}r")
            before = through if ladder.repeats else before
        return before

    def found(self) -> Climbed:
        """All of it as columns."""
        clock = np.concatenate(self.clocks) if self.clocks else np.empty(0, np.int64)
        at = np.concatenate(self.times) if self.times else np.empty(0, np.int64)
        return Climbed(clock, tuple(self.ladders), tuple(self.steps), at, self.next_at)

    def _step(self, ladder: Ladder, step: LadderStep, before: tuple[I64, Mask], begins: tuple[I64, Mask] | None) -> tuple[I64, Mask]:
        """``(instant, whether it comes)``: it does where it is known and the clock has not stood still by then."""
        pace = self.pace
        if step.after_us is not None:
            at, known = _after(*before, step.after_us)
            at = self._held(ladder, at, known)
        else:
            if step.at is not None:
                at, known = pace.portions[step.at]
            else:
                at, known = self._before(step.before_us or 0)
            if begins is not None:                     # what lies behind it falls due when the ladder takes over
                at, known = np.maximum(at, begins[0]), known & begins[1]
        return at, known & (at < pace.close) & ~pace.silent

    def _before(self, lead_us: int) -> tuple[I64, Mask]:
        """So long before the due instant, or before the one that stood when it was first so near."""
        pace = self.pace
        at, known = np.maximum(pace.due - lead_us, pace.floor), pace.has_due
        if lead_us not in pace.passed:
            return at, known
        was = pace.passed[lead_us] < NEVER
        return np.where(was, pace.passed[lead_us], at), known | was

    def _held(self, ladder: Ladder, at: I64, known: Mask) -> I64:
        """The instants moved behind the acknowledgements they fall into."""
        at = at.copy() if self.pace.holds else at
        for clock, holds in self.pace.holds.items():
            if known[clock]:
                at[clock] = moved(int(at[clock]), holds, ladder.acknowledge_us)
        return at

    def _told(self, at: I64, comes: Mask, ladder: str, step: str) -> None:
        due = np.flatnonzero(comes & (at <= self.at))
        self._add(due, at[due], ladder, [step] * len(due))
        ahead = np.flatnonzero(comes & (at > self.at))
        self.next_at[ahead] = np.minimum(self.next_at[ahead], at[ahead])

    def _add(self, clock: I64, at: I64, ladder: str, steps: Sequence[str]) -> None:
        self.clocks.append(clock)
        self.times.append(at)
        self.ladders.extend([ladder] * len(clock))
        self.steps.extend(steps)

    def _repeats(self, ladder: Ladder, last: tuple[I64, Mask], name: str) -> tuple[I64, Mask]:
        """The last step again and again; gives the instant of the last repeat."""
        each = ladder.repeat_us or 1
        most = ladder.repeats or _WEEK_US // each
        at, comes = last
        held = np.zeros(len(at), np.bool_)
        held[list(self.pace.holds)] = True
        free = np.flatnonzero(comes & ~held)
        begun, close = at[free], self.pace.close[free]
        times = np.clip((np.minimum(self.at, close - 1) - begun) // each, 0, most)
        number = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times) + 1
        self._add(np.repeat(free, times), np.repeat(begun, times) + number * each, ladder.name, [f"{name}{k}" for k in number.tolist()])
        following = begun + (times + 1) * each
        ahead = (begun <= self.at) & (times < most) & (following < close)
        self.next_at[free[ahead]] = np.minimum(self.next_at[free[ahead]], following[ahead])
        through, done = at + most * each if ladder.repeats else at, comes.copy()
        for clock in np.flatnonzero(comes & held).tolist():
            through[clock], done[clock] = self._repeated(ladder, clock, int(at[clock]), each, most, name)
        return through, done & (through < self.pace.close)

    def _repeated(self, ladder: Ladder, clock: int, at: int, each: int, most: int, name: str) -> tuple[int, bool]:
        """The repeats of one clock that somebody has acknowledged: ``(the last one's instant, whether it comes)``."""
        close = int(self.pace.close[clock])
        looked = False
        for k in range(1, most + 1):
            at = moved(at + each, self.pace.holds[clock], ladder.acknowledge_us)
            if at >= close:
                return at, False
            if at <= self.at:
                self._add(np.array([clock]), np.array([at]), ladder.name, [f"{name}{k}"])
            elif not looked:
                looked = True
                self.next_at[clock] = min(int(self.next_at[clock]), at)
                if not ladder.repeats:
                    break
        return at, True


def _after(at: I64, known: Mask, after_us: int) -> tuple[I64, Mask]:
    return np.where(known, at, 0) + after_us, known
