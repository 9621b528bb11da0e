"""The rule at the foot of a zone file: ``CET-1CEST,M3.5.0,M10.5.0/3`` laid out year by year.

Law: the rule is the standard's own (POSIX TZ, extended by RFC 8536: hours from -167 to 167); years are laid out as arrays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Change", "PosixRule", "read_posix_rule"]

I64 = NDArray[np.int64]

_NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)"
_TIME = r"[+-]?[0-9]{1,3}(?::[0-9]{2}){0,2}"
_DATE = r"(?:M[0-9]{1,2}\.[1-5]\.[0-6]|J[0-9]{1,3}|[0-9]{1,3})"
_RULE = re.compile(
    rf"{_NAME}(?P<std>{_TIME})(?:{_NAME}(?P<dst>{_TIME})?,(?P<on>{_DATE})(?:/(?P<on_at>{_TIME}))?"
    rf",(?P<off>{_DATE})(?:/(?P<off_at>{_TIME}))?)?", re.ASCII,
)
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Change:
    """One yearly change: ``date`` as the rule writes it, ``at`` seconds of the local day before the change."""

    date: str
    at: int

    def days(self, years: I64) -> I64:
        """i64[n]: the day ordinal of the change in each year."""
        if self.date.startswith("M"):
            month, week, weekday = (int(part) for part in self.date[1:].split("."))
            first = _month_start(years, month)
            # 1970-01-01 was a Thursday; POSIX counts Sunday as 0.
            day = first + (weekday - (first + 4) % 7) % 7 + 7 * (week - 1)
            last: I64 = day - 7 * (day >= _month_start(years, month + 1))
            return last
        january: I64 = _month_start(years, 1)
        if not self.date.startswith("J"):
            return january + int(self.date)
        day = january + int(self.date[1:]) - 1          # Jn never counts 29 February
        leap = _month_start(years, 3) - _month_start(years, 2) == 29
        after: I64 = day + (leap & (int(self.date[1:]) >= 60))
        return after


@dataclass(frozen=True, slots=True)
class PosixRule:
    """Offsets in seconds east of UTC; ``changes`` are to summer and back, or none."""

    standard: int
    summer: int
    changes: tuple[Change, Change] | None

    def lay_out(self, first_year: int, last_year: int) -> tuple[I64, I64]:
        """Seconds i64[m] UTC of every change in these years, rising, and the offset i64[m] that holds after each."""
        if self.changes is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        years = np.arange(first_year, last_year + 1, dtype=np.int64)
        on, off = self.changes
        moments = np.concatenate([on.days(years) * _DAY + on.at - self.standard, off.days(years) * _DAY + off.at - self.summer])
        after = np.repeat(np.array([self.summer, self.standard], np.int64), len(years))
        order = np.argsort(moments, kind="stable")
        return moments[order], after[order]


def read_posix_rule(text: str) -> PosixRule:
    """The rule a footer spells. Raises ValueError for one that is not of the standard's form."""
    match = _RULE.fullmatch(text)
    if match is None:
        raise ValueError(f"no POSIX zone rule: {text!r}")
    standard = -_seconds(match["std"])
    if match["on"] is None:
        return PosixRule(standard, standard, None)
    summer = -_seconds(match["dst"]) if match["dst"] else standard + 3600
    on = Change(match["on"], _seconds(match["on_at"] or "2"))
    off = Change(match["off"], _seconds(match["off_at"] or "2"))
    return PosixRule(standard, summer, (on, off))


def _seconds(text: str) -> int:
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    value = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    return -value if text.startswith("-") else value


def _month_start(years: I64, month: int) -> I64:
    months = (years - 1970) * 12 + month - 1
    days: I64 = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days
