"""One clock case as the files of foreign systems give it: calendar, rules, instants.

Law: what a case says is read by its declared fields and words, never by its name or its system. What cannot be read is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from upheld.calendars.grid import Grid, OutOfRange, compile_grid
from upheld.calendars.spec import Always, CalendarSpec, Explicit, HolidayList, Intersection, Weekly
from upheld.values.instant import DAY_US, date_text, day_ordinal, parse_instant
from upheld.values.zone import zone

__all__ = ["Case", "NotComputedError", "first_in_range", "micros", "one"]

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_REACHES = (3, 15, 60)                      # years a calendar is compiled around a case, tried in turn
_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::([0-5][0-9]))?", re.ASCII)
_ROUND_THE_CLOCK = re.compile(r"24\s?[/x×]\s?7|round the clock|always", re.IGNORECASE)


class NotComputedError(Exception):
    """The case asks for something this engine does not compute, or says it in a form it cannot read; the text says what."""


def micros(seconds: Any) -> int:
    """Whole µs of a number of seconds."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | str | Fraction):
        raise NotComputedError(f"{seconds!r} is no number of seconds")
    exact = Fraction(seconds) * 1_000_000
    if exact.denominator != 1:
        raise NotComputedError(f"{seconds} seconds is finer than a microsecond")
    return exact.numerator


def one(instant: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """One instant as the array the kernels take."""
    return np.array([instant], np.int64)


@dataclass(frozen=True, slots=True)
class Case:
    """A case and the boundary it is judged under (``close`` or ``next_open``)."""

    body: Mapping[str, Any]
    boundary: str

    @property
    def kind(self) -> str:
        """What is asked."""
        return str(self.body.get("kind", ""))

    @property
    def calendar(self) -> Mapping[str, Any]:
        """The calendar; a case without one runs round the clock in UTC."""
        found = self.body.get("calendar")
        return found if isinstance(found, dict) else {"tz": "UTC", "weekly": {day: [["00:00", "24:00"]] for day in _WEEKDAYS}}

    @property
    def zone(self) -> str:
        """The zone of the calendar."""
        return str(self.calendar.get("tz") or "UTC")

    @property
    def expected(self) -> Mapping[str, Any]:
        """What the source's own test asserts."""
        found = self.body.get("expected")
        return found if isinstance(found, dict) else {}

    @property
    def events(self) -> Sequence[Mapping[str, Any]]:
        """The timeline."""
        return [event for event in self.body.get("events") or () if isinstance(event, dict)]

    @property
    def targets(self) -> Sequence[Mapping[str, Any]]:
        """The targets."""
        return [target for target in self.body.get("targets") or () if isinstance(target, dict)]

    def rule(self, pattern: str) -> bool:
        """Whether one of the declared rules says something of this form (regular expression, any case)."""
        rules = self.body.get("rules")
        if not isinstance(rules, dict):
            return False
        return any(re.search(pattern, f"{key}: {value}", re.IGNORECASE) for key, value in rules.items())

    def instant(self, *types: str) -> int:
        """The instant of the first event of one of these types."""
        for event in self.events:
            if event.get("type") in types and "at" in event:
                return parse_instant(str(event["at"]))
        raise NotComputedError(f"no event of type {' or '.join(types)}")

    def pauses(self) -> list[tuple[int, int]]:
        """The pauses of the timeline, each from ``pause`` to the next ``resume``; one still open lasts to the last event."""
        found, begun, last = [], None, 0
        for event in self.events:
            if "at" not in event:
                continue
            last = parse_instant(str(event["at"]))
            if event.get("type") == "pause" and "until" in event:
                found.append((last, parse_instant(str(event["until"]))))
            elif event.get("type") == "pause" and begun is None:
                begun = last
            elif event.get("type") == "resume" and begun is not None:
                found.append((begun, last))
                begun = None
        return found if begun is None else [*found, (begun, max(begun, last))]

    def grids(self) -> Iterator[Grid]:
        """The calendar compiled around every instant the case names, wider each time it is asked for again."""
        instants = list(_instants(self.body))
        if not instants:
            raise NotComputedError("the case names no instant")
        year = 366 * DAY_US
        for reach in _REACHES:
            lo, hi = min(instants) - reach * year, max(instants) + reach * year
            yield compile_grid(self.spec(lo, hi), lo, hi)
        raise NotComputedError(f"the answer lies more than {_REACHES[-1]} years away, or the calendar never opens")

    def spec(self, lo: int, hi: int) -> CalendarSpec:
        """The calendar as a spec good for the instants between ``lo`` and ``hi``."""
        if "explicit_periods" in self.calendar:
            pairs = self.calendar["explicit_periods"]
            return Explicit(self.zone, tuple((parse_instant(a), parse_instant(b)) for a, b in pairs))
        weekly = self.calendar.get("weekly") or {}
        if not any(weekly.values()) and self.rule(_ROUND_THE_CLOCK.pattern):
            return Always(self.zone)
        days = self.holidays(lo, hi)
        closed = frozenset(days)
        dates = tuple((day, spans) for day, spans in _dated(self.calendar.get("overrides")) if day not in closed)
        listed = HolidayList(days, lo // DAY_US - 2, hi // DAY_US + 2, name="case")
        hours = Weekly(self.zone, tuple(_spans(weekly.get(day)) for day in _WEEKDAYS), dates, (listed,) if days else ())
        breaks = _dated(self.calendar.get("breaks"))
        if not breaks:
            return hours
        return Intersection(self.zone, (hours,), Weekly(self.zone, ((),) * 7, tuple(breaks)))

    def holidays(self, lo: int, hi: int) -> tuple[int, ...]:
        """The holidays between two instants, as day ordinals: dates, ranges, and those of every year."""
        first, last = lo // DAY_US - 1, hi // DAY_US + 1
        found: set[int] = set()
        for item in self.calendar.get("holidays") or ():
            if isinstance(item, dict):
                found.update(range(day_ordinal(item["from"]), day_ordinal(item["to"]) + 1))
            else:
                found.add(day_ordinal(str(item)))
        yearly = {str(item) for item in self.calendar.get("holidays_yearly") or ()}
        if yearly:
            found.update(day for day in range(first, last + 1) if date_text(day)[5:] in yearly)
        return tuple(sorted(day for day in found if first <= day <= last))

    def breaks_at(self, instant: int) -> bool:
        """Whether the instant lies in a declared break of its date."""
        local = zone(self.zone).local(instant)
        day, second = local // DAY_US, local % DAY_US // 1_000_000
        return any(a <= second < b for when, spans in _dated(self.calendar.get("breaks")) if when == day for a, b in spans)


def _instants(value: Any) -> Iterator[int]:
    """Every instant written anywhere in a case."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _instants(f"{item}+00:00" if key == "wall" and isinstance(item, str) else item)
    elif isinstance(value, list):
        for item in value:
            yield from _instants(item)
    elif isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        try:
            yield parse_instant(value)
        except ValueError:
            return


def _seconds(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    if match is None or int(match[1]) > 24:
        raise NotComputedError(f"{text!r} is no time of day")
    return (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3] or 0)


def _spans(pairs: Any) -> tuple[tuple[int, int], ...]:
    """The spans of one day in seconds; one that ends before it begins runs into the next day."""
    found = []
    for opening, closing in pairs or ():
        a, b = _seconds(opening), _seconds(closing)
        found.append((a, b if b > a else b + 86_400))
    return tuple(sorted(found))


def _dated(value: Any) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
    return sorted((day_ordinal(day), _spans(pairs)) for day, pairs in (value or {}).items())


def first_in_range(case: Case, ask: Any) -> Any:
    """The answer of the narrowest compiled calendar that reaches it."""
    for grid in case.grids():
        try:
            return ask(grid)
        except OutOfRange:
            continue
    raise NotComputedError("the answer lies outside every compiled calendar")
