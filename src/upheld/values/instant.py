"""Instants as text: strict RFC 3339 in, the same out; days as ordinals.

Law: an instant without an offset is no instant. Times are int64 microseconds since 1970-01-01T00:00Z.
"""

from __future__ import annotations

import re
from datetime import date

import numpy as np
from numpy.typing import NDArray

from upheld.values.zone import zone

__all__ = ["DAY_US", "date_text", "day_of", "day_ordinal", "format_instant", "parse_instant"]

I64 = NDArray[np.int64]

DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?(?:(Z)|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))",
    re.ASCII,
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def parse_instant(text: str) -> int:
    """µs UTC of an RFC 3339 stamp with an offset. Raises ValueError, also for what is finer than a microsecond."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 instant with an offset: {text!r}")
    fraction = (match[5] or "").ljust(6, "0")
    if fraction[6:].strip("0"):
        raise ValueError(f"finer than a microsecond: {text!r}")
    offset = 0 if match[6] else (int(match[8]) * 60 + int(match[9])) * 60
    seconds = day_ordinal(match[1]) * 86_400 + int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4])
    return (seconds - (-offset if match[7] == "-" else offset)) * 1_000_000 + int(fraction[:6])


def format_instant(us: int, zone_name: str = "UTC") -> str:
    """The instant on the wall of a zone, with its offset: ``2026-03-01T09:00:00+01:00``; in UTC ``Z``; a fraction if it has one.

    Offsets that are no whole minutes (local mean time) cannot be written in RFC 3339: such an instant is given in UTC.
    """
    offset = 0 if zone_name == "UTC" else zone(zone_name).local(us) - us
    minutes, rest = divmod(offset, 60_000_000)
    if rest:
        offset, minutes, zone_name = 0, 0, "UTC"
    day, of_day = divmod(us + offset, DAY_US)
    second, micro = divmod(of_day, 1_000_000)
    fraction = f".{micro:06d}".rstrip("0") if micro else ""
    mark = "Z" if zone_name == "UTC" else f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return f"{date_text(day)}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}{fraction}{mark}"


def day_ordinal(text: str) -> int:
    """Days since 1970-01-01 of an ISO date ``YYYY-MM-DD``. Raises ValueError."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"not a date YYYY-MM-DD: {text!r}")
    return date.fromisoformat(text).toordinal() - _EPOCH


def date_text(day: int) -> str:
    """The ISO date of a day ordinal. Raises ValueError outside the years 1 to 9999."""
    ordinal = int(day) + _EPOCH
    if not 1 <= ordinal <= date.max.toordinal():
        raise ValueError(f"day {day} has no date")
    return date.fromordinal(ordinal).isoformat()


def day_of(us: I64, zone_name: str = "UTC") -> I64:
    """i64[n]: the day ordinal of each instant on the wall of a zone."""
    return zone(zone_name).to_local(us) // DAY_US
