"""Moments and lengths in the words of the change calendar."""

from __future__ import annotations

from upheld.assessment.show import show_duration
from upheld.calendars.spec import WindowSpec
from upheld.values.instant import date_text
from upheld.values.zone import zone

__all__ = ["length", "moment", "on_calendar", "span"]

_DAY_US = 86_400_000_000
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def length(us: int) -> str:
    """A length of wall time: ``4 h``, ``2 d 3 h``."""
    return show_duration(us, days=True)


def moment(us: int, zone_name: str) -> str:
    """``Sat 2026-03-28 22:00`` on the wall of a zone; seconds only where there are any."""
    day, of_day = divmod(zone(zone_name).local(us), _DAY_US)
    seconds = of_day // 1_000_000
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}" + (f":{seconds % 60:02d}" if seconds % 60 else "")
    return f"{_DAYS[(day + 3) % 7]} {date_text(day)} {clock}"


def span(start: int, end: int | None, zone_name: str) -> str:
    """``Sat 2026-03-28 22:00 to Sun 2026-03-29 06:00``, the second date only where it is another."""
    first = moment(start, zone_name)
    if end is None:
        return f"{first}, open"
    last = moment(end, zone_name)
    return f"{first} to {last[15:] if last[:14] == first[:14] else last}"


def on_calendar(spec: WindowSpec) -> str:
    """``per month``."""
    return f"per {spec.text or spec.unit}"
