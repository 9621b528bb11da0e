"""The terms of one clock, laid out as small tables: row of the promise × row of the hours → calendar, target, date.

Law: a kernel sees numbers only; every name of a calendar is resolved here, once. A duration in s, m, h runs on the calendar it
names, else on the commitment's hours; a date is found on the calendar it names, else on the hours, and pauses always count on the
hours (LANGUAGE §4).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from upheld.facts.tables import I64
from upheld.plans.plan import ClockPlan, Share, Within

__all__ = ["Terms", "scaled", "terms_of"]

NO_CALENDAR = -1


@dataclass(frozen=True, slots=True)
class Terms:
    """``within[w]`` is the duration of row ``w`` (None: no promise). ``runs_on[w, h]`` and ``dated_on[w, h]`` index ``calendars``;
    the last row and column serve rows of the look-ups that do not exist (index -1), with no promise.
    """

    level: int
    within: tuple[Within | None, ...]
    calendars: tuple[str, ...]
    runs_on: I64
    dated_on: I64
    amount: I64
    dated: I64

    @property
    def owes_a_moment(self) -> bool:
        """True where some row owes an agreed date: nothing after its start (``within: 0h``)."""
        return any(w is not None and w.unit == "time" and w.amount == 0 for w in self.within)


def terms_of(clause: ClockPlan, level: int, portion: Fraction | None = None) -> Terms:
    """The terms of one share level (0 for a bare duration). Rows of the promise with fewer shares have none at this level.

    ``portion``: the part of each duration that is asked for (50% of 4h is 2h); dates are divided where the start is known.
    """
    within: list[Within | None] = []
    for promise in clause.within.leaves:
        share: Share | None = promise[level] if promise is not None and level < len(promise) else None
        within.append(share.within if share is not None else None)
    hours = clause.head.hours.leaves
    names: dict[str, int] = {}
    shape = (len(within) + 1, len(hours) + 1)
    runs_on, dated_on = np.full(shape, NO_CALENDAR), np.full(shape, NO_CALENDAR)
    for w, promised in enumerate([*within, None]):
        for h, own in enumerate([*hours, None]):
            named = promised.calendar if promised is not None else ""
            timed = promised is not None and promised.unit == "time"
            runs = named or own if timed else own
            dates = named or own
            if runs:
                runs_on[w, h] = names.setdefault(runs, len(names))
            if dates:
                dated_on[w, h] = names.setdefault(dates, len(names))
    owed = [0 if w is None else w.amount if portion is None or w.unit != "time" else scaled(w.amount, portion) for w in (*within, None)]
    amount = np.array(owed, np.int64)
    dated = np.array([0 if w is None else 1 if w.unit == "time" else 2 for w in (*within, None)], np.int64)
    return Terms(level, tuple(within), tuple(names), runs_on, dated_on, amount, dated)


def scaled(amount: int, portion: Fraction) -> int:
    """µs: a portion of an amount, rounded up, so that a step never falls before its share is used."""
    return -(-amount * portion.numerator // portion.denominator)
