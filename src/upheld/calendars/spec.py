"""What a calendar says, before it is compiled: pure descriptions in local wall time.

Law: a spec holds no instant of a zone with rules; only compiling (``grid.compile_grid``) turns wall time into instants.
Days are ordinals since 1970-01-01 (int), times of day are seconds of the local wall (0 … 86,400; a close beyond 86,400 is
the next day's wall time: an overnight span).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Always", "CalendarSpec", "Explicit", "HolidayList", "Intersection", "Recurring", "Union", "Weekly", "WindowSpec"]

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class HolidayList:
    """Days closed, known for ``first`` … ``last`` (day ordinals, inclusive); outside them nothing is known.

    ``from_day``/``until_day`` bound the dates on which this version of the list judges (None = unbounded).
    ``name`` and ``library`` tell where it came from (``DE-BE``, ``holidays 0.108``).
    """

    days: tuple[int, ...]
    first: int
    last: int
    from_day: int | None = None
    until_day: int | None = None
    name: str = ""
    library: str = ""


@dataclass(frozen=True, slots=True)
class Weekly:
    """Opening hours by weekday (Monday first), ``dates`` with their own hours, and holidays.

    A date in ``dates`` keeps its own hours even on a holiday (half days). ``zone`` is an IANA name or ``+HH:MM``.
    """

    zone: str
    week: tuple[tuple[Span, ...], ...]
    dates: tuple[tuple[int, tuple[Span, ...]], ...] = ()
    holidays: tuple[HolidayList, ...] = ()


@dataclass(frozen=True, slots=True)
class Always:
    """24x7: every instant. Its days have 23, 24 or 25 hours when the clocks change."""

    zone: str


@dataclass(frozen=True, slots=True)
class Explicit:
    """Spans given as instants outright, int64 microseconds UTC, half-open (feeds, printed schedules)."""

    zone: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Recurring:
    """An RFC 5545 recurrence laid out in local wall time: ``start_day``/``start_second`` local, ``seconds`` long on the wall."""

    zone: str
    rule: str
    start_day: int
    start_second: int
    seconds: int
    except_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Union:
    """Open when any part is open."""

    zone: str
    parts: tuple[CalendarSpec, ...]


@dataclass(frozen=True, slots=True)
class Intersection:
    """Open when all parts are open and ``minus`` (if any) is not."""

    zone: str
    parts: tuple[CalendarSpec, ...]
    minus: CalendarSpec | None = None


CalendarSpec = Weekly | Always | Explicit | Recurring | Union | Intersection


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """Which periods a figure is judged over (LANGUAGE §5). ``zone`` is where days and months begin.

    ``unit`` and ``count``: a repeating period (``quarter`` × 1). ``month`` and ``day`` shift its start: a fiscal year from
    1 February is (year, month=2), a billing cycle from the 15th is (month, day=15). ``contract year`` counts from the day the
    agreement came into force. ``case``: each case is its own window. ``rolling``: ``count`` × ``unit`` back from each
    ``every`` (a unit), or from an event (``before``); ``once``: time used by one claim is spent;
    ``if_breached``: by one that found the promise breached, and by no other.
    ``first``: what becomes of a window the agreement only partly covers.
    """

    unit: str                       # day week month quarter half-year year contract-year case
    count: int = 1
    month: int = 1
    day: int = 1
    zone: str = "UTC"
    rolling: bool = False
    every: str = ""
    before: str = ""
    once: bool = False
    if_breached: bool = False
    first: str = "whole"            # whole | next full | pro rata
    text: str = ""
