"""Lateness: how late a case is, and how many steps of a duration that makes.

Law: a step runs on its own calendar, else on the clock's own hours. Started steps count once begun, completed ones once full, a step
without a word in proportion. Dates (days, working days, months) are counted on the local calendar from the due instant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from upheld.assessment.show import show_duration
from upheld.calendars.deadlines import DateUnit, date_deadline
from upheld.calendars.grid import Grid
from upheld.measures.missed import MissedCase
from upheld.plans.remedies import PerWhat
from upheld.values.instant import DAY_US
from upheld.values.quantity import Duration
from upheld.values.zone import Zone

__all__ = ["Late", "Lateness"]

_MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late, µs, and in words."""

    us: int
    text: str


@dataclass(frozen=True, slots=True)
class Late:
    """Counts lateness for one clock: ``grid`` compiles a calendar by name, ``hours`` is the clock's own where it has just one."""

    grid: Callable[[str], Grid]
    hours: str
    home: Zone

    def of(self, case: MissedCase) -> Lateness:
        """The lateness on the clock's own hours; of a date deadline, on the wall."""
        open_time = case.over_us is not None and case.over_us > 0
        # a date deadline is missed by time on the wall, even while nothing is open
        us = case.over_us if case.over_us is not None and open_time else self._end(case) - case.due
        tail = "" if case.stop is not None else " so far"
        return Lateness(us, show_duration(us, days=not open_time) + tail)

    def case_steps(self, per: PerWhat, case: MissedCase, whole_days: bool) -> tuple[Fraction, str]:
        """How many steps late a case is, with the words for it."""
        step = per.step
        assert step is not None
        if whole_days:
            return self.steps(per, Fraction(self._wall(case)), whole_days)
        if step.unit == "time":
            if step.calendar:
                late = int(self.grid(step.calendar).elapsed(np.array([case.due]), np.array([self._end(case)]))[0])
            else:
                late = self.of(case).us
            return self.steps(per, Fraction(late), whole_days)
        if step.unit == "days":
            return self.steps(per, Fraction(self._wall(case)), whole_days)
        return self._dates(per, step, case)

    def steps(self, per: PerWhat, us: Fraction, whole_days: bool) -> tuple[Fraction, str]:
        """How many steps a length of time makes."""
        step = per.step
        assert step is not None
        length = step.amount if step.unit == "time" else step.amount * DAY_US
        words = show_duration(us, days=step.unit != "time" or us >= 3 * DAY_US)
        if whole_days:
            us = Fraction(-(-us // DAY_US) * DAY_US)
            words = f"{us // DAY_US} whole days"
        exact = us / length
        whole = exact.numerator // exact.denominator
        if per.counted == "started":
            count = Fraction(whole + (exact > whole))
        elif per.counted == "completed":
            count = Fraction(whole)
        else:
            return exact, f"{words} {per.of} / {step.text}"
        return count, f"{count} {per.counted} {step.text} of {words} {per.of}"

    def _dates(self, per: PerWhat, step: Duration, case: MissedCase) -> tuple[Fraction, str]:
        """Working days and months: the steps whose deadlines, counted from the due instant, have passed."""
        grid, end = self.grid(step.calendar or self.hours), self._end(case)
        passed = 0
        while passed < _MOST_STEPS:
            unit: DateUnit = "months" if step.unit == "months" else "working days"
            deadline = int(date_deadline(grid, np.array([case.due]), unit, step.amount * (passed + 1), step.at)[0])
            if deadline > end:
                started = passed + 1
                break
            passed += 1
            if deadline == end:
                started = passed
                break
        count = started if per.counted == "started" else passed
        word = per.counted if per.counted != "proportional" else "completed"
        return Fraction(count), f"{count} {word} {step.text} late"

    def _wall(self, case: MissedCase) -> int:
        """The lateness on the local wall, so that every date has 24 hours."""
        return self.home.local(self._end(case)) - self.home.local(case.due)

    @staticmethod
    def _end(case: MissedCase) -> int:
        return case.stop if case.stop is not None else max(case.until, case.due)
