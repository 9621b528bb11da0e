"""What became of each case under one clock, as columns.

Law: one row a (case, cycle, share level, row of the promise). What is not known is masked, never a magic value: ``has_stop``,
``has_due``, ``has_miss``, ``has_target`` say which entries of ``stop``, ``due``, ``missed_at``, ``target_us`` mean anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I32, I64

__all__ = ["LEFT_OUT", "MET", "MISSED", "NO_PROMISE", "PENDING", "REASONS", "STATES", "UNKNOWN", "VERDICTS", "CaseOutcomes", "joined"]

Mask = NDArray[np.bool_]
U8 = NDArray[np.uint8]

VERDICTS = ("met", "missed", "pending", "left out", "unknown", "no promise")
MET, MISSED, PENDING, LEFT_OUT, UNKNOWN, NO_PROMISE = range(6)

STATES = ("running", "paused", "stopped", "not begun", "ended")
RUNNING, PAUSED, STOPPED, NOT_BEGUN, ENDED = range(5)

REASONS = (
    "",
    "the start lies ahead",
    "no row of the promise is for this case",
    "the case does not say what the promise asks",
    "done before the agreed date",
    "the duty ended before it was due",
    "left out by an exclusion",
    "counted as good by an exclusion",
    "the target became shorter than the time already used",
)
(PLAIN, AHEAD, NO_ROW_FOR_IT, NOT_SAID, EARLY, DUTY_ENDED, EXCLUDED, GOOD, SHORTENED) = range(9)


@dataclass(frozen=True, slots=True)
class CaseOutcomes:
    """All arrays have one entry an outcome, ordered by (case, cycle, level, leaf). Times are µs UTC, durations µs.

    ``case`` indexes ``CaseEvents.case_names`` (a schedule's virtual cases: the window). ``elapsed_us`` is open time counted,
    ``paused_us`` open time between start and end not counted, ``wall_us`` the time on the wall from the start to the stop (or
    to the horizon). ``leaf`` is the row of ``within`` (-1: none), ``level`` the share in it. ``sure`` is False where the case
    does not say an attribute, so that this row is one of several it may belong to. ``first_row``/``last_row`` point into the
    event table: the row that started the cycle and the last one that it rests on. ``hours`` indexes the clock's calendars.
    """

    case: I32
    cycle: NDArray[np.int16]
    start: I64
    stop: I64
    has_stop: Mask
    due: I64
    has_due: Mask
    missed_at: I64
    has_miss: Mask
    target_us: I64
    has_target: Mask
    elapsed_us: I64
    paused_us: I64
    wall_us: I64
    state: U8
    verdict: U8
    reason: NDArray[np.uint16]
    leaf: I32
    level: NDArray[np.int16]
    hours: NDArray[np.int16]
    sure: Mask
    first_row: I64
    last_row: I64

    def __len__(self) -> int:
        return len(self.case)

    def take(self, rows: I64 | Mask) -> CaseOutcomes:
        """The outcomes chosen, in the order of ``rows``."""
        return CaseOutcomes(*(getattr(self, f.name)[rows] for f in fields(self)))

    @property
    def decided(self) -> tuple[I64, Mask]:
        """The deciding instants and which rows have one: the earlier of valid stop and due; a miss has its due."""
        end = np.where(self.has_stop, self.stop, self.due)
        first = np.where(self.has_due & self.has_stop, np.minimum(self.stop, self.due), end)
        instant = np.where((self.verdict == MISSED) & self.has_due, self.due, first)
        return instant, (self.verdict != PENDING) & (self.has_stop | self.has_due)


def joined(parts: Sequence[CaseOutcomes]) -> CaseOutcomes:
    """Several tables as one, in the order (case, cycle, level, leaf)."""
    if len(parts) == 1:
        return parts[0]
    whole = CaseOutcomes(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(CaseOutcomes)))
    return whole.take(np.lexsort((whole.leaf, whole.level, whole.cycle, whole.case)))
