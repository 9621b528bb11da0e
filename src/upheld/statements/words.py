"""Words: how a statement says instants, durations, money and lists.

Law: one way for each thing; instants stand on the wall of the agreement's zone, with their offset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from upheld.assessment.show import show_duration
from upheld.values.instant import format_instant, parse_instant
from upheld.values.money import show_money

__all__ = ["counted", "day", "duration", "last_day", "length", "listed", "local", "money"]


def local(stamp: str, zone: str) -> str:
    """``2026-03-18 22:00+01:00``: an instant of the figures on the wall of the zone; seconds only where it has some."""
    text = format_instant(parse_instant(stamp), zone).replace("T", " ", 1)
    return text[:16] + text[19:] if text[16:19] == ":00" and text[19:20] != "." else text


def day(stamp: str, zone: str) -> str:
    """The local day of an instant."""
    return format_instant(parse_instant(stamp), zone)[:10]


def last_day(stamp: str, zone: str) -> str:
    """The last local day before a deadline: deadlines end with a day, or within it."""
    return format_instant(parse_instant(stamp) - 1, zone)[:10]


def length(start: str, end: str) -> str:
    """How long it is from one instant to the other."""
    return duration(parse_instant(end) - parse_instant(start))


def duration(us: int) -> str:
    """Wall time in words."""
    return show_duration(us, days=True)


def money(minor: int, figures: Mapping[str, Any]) -> str:
    """An amount in the currency of the statement."""
    return show_money(minor, figures["totals"]["currency"])


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def counted(n: int, noun: str) -> str:
    """``1 line``, ``2 lines``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
