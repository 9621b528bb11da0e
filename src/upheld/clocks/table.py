"""The agenda as columns: one row a running or ended clock, and one a step that has fallen due.

Law: a row is a pure function of (agreement, facts known, instant); a step is named by the fact that started its cycle, never counted,
so that the same step found twice is the same step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64

__all__ = ["KINDS", "NEVER", "STATES", "VERDICTS", "Agenda", "ClockKey", "ClockTable", "StepRow", "StepTable", "step_key"]

NEVER = np.iinfo(np.int64).max
"""``next_at`` of a clock at which nothing changes any more by itself."""

KINDS = ("case", "schedule", "budget")
STATES = ("running", "paused", "stopped", "not begun", "ended")
VERDICTS = ("met", "missed", "pending", "left out", "unknown", "no promise")


class ClockKey(NamedTuple):
    """What names a clock. ``case``: the case, "" for a schedule, the group for a budget. ``cycle``: ``source:id`` of the fact that started
    it (``file:row`` where it has no id), or the window's label. ``part``: 0, or the place of the share (``{95%: 4h, 100%: 8h}`` has two).
    """

    agreement: str
    commitment: str
    case: str
    cycle: str
    part: int


def step_key(key: ClockKey, step: str) -> str:
    """``agreement/commitment/case/cycle/part/step``: the name a step fires under once. A slash or percent sign within is escaped."""
    texts = (key.agreement, key.commitment, key.case, key.cycle)
    return "/".join((*(t.replace("%", "%25").replace("/", "%2F") for t in texts), str(key.part), step))


@dataclass(frozen=True, slots=True)
class ClockTable:
    """One entry a clock in every column. Times µs UTC, durations µs; what is not known is masked by ``has_``, never a magic value.

    ``next_at``: the next instant after ``at`` at which a step falls due, the promise is missed or a state changes with no fact arriving
    (``NEVER``: none); the opening and closing of hours is no such instant. ``kind``, ``state``, ``verdict`` index ``KINDS``, ``STATES``,
    ``VERDICTS``. ``version`` judges the clock. ``ladder`` "": it has none. ``target_us``, ``elapsed_us``: of a budget, what may be and is
    used; no target is known (0) of a clock that stands still before a date, or was over while states outside its case might have moved it.
    """

    key: tuple[ClockKey, ...]
    kind: NDArray[np.uint8]
    version: tuple[str, ...]
    group: tuple[tuple[tuple[str, str], ...], ...]
    ladder: tuple[str, ...]
    start: I64
    due: I64
    has_due: NDArray[np.bool_]
    stop: I64
    has_stop: NDArray[np.bool_]
    missed_at: I64
    has_miss: NDArray[np.bool_]
    target_us: I64
    elapsed_us: I64
    state: NDArray[np.uint8]
    verdict: NDArray[np.uint8]
    next_at: I64

    def __len__(self) -> int:
        return len(self.key)


class StepRow(NamedTuple):
    """A step that has fallen due. ``at``: its own instant (never when it was noticed). ``step``: its place in the ladder from 1 and, for a
    repeat, which one (``3r2``); the steps of a ladder that follows are prefixed with its name (``managers:1``).
    """

    key: ClockKey
    version: str
    ladder: str
    step: str
    at: int


@dataclass(frozen=True, slots=True)
class StepTable:
    """``clock`` i64[n] indexes the clocks; ``ladder`` and ``step`` as in ``StepRow``; ``at`` i64[n] µs."""

    clock: I64
    ladder: tuple[str, ...]
    step: tuple[str, ...]
    at: I64

    def __len__(self) -> int:
        return len(self.clock)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What holds at ``at``: all clocks of the facts given, and every step due at or before ``at``."""

    at: int
    clocks: ClockTable
    steps: StepTable

    def rows(self, told: Collection[tuple[ClockKey, str]] = ()) -> Iterator[StepRow]:
        """The steps due, in the order of their instants, then of their names; without those ``told``."""
        rows = [self._row(i) for i, name in enumerate(self.names()) if name not in told] if told else map(self._row, range(len(self.steps)))
        yield from sorted(rows, key=lambda row: (row.at, row.key, row.step))

    def names(self) -> Iterator[tuple[ClockKey, str]]:
        """The clock and the name of each step due."""
        return zip([self.clocks.key[c] for c in self.steps.clock.tolist()], self.steps.step, strict=True)

    def _row(self, i: int) -> StepRow:
        c = int(self.steps.clock[i])
        return StepRow(self.clocks.key[c], self.clocks.version[c], self.steps.ladder[i], self.steps.step[i], int(self.steps.at[i]))
