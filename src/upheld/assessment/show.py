"""Exact values as people read them.

Law: what is shown never contradicts the verdict. A value is rounded for show only, half up, and where rounding would carry it
onto or over a limit it is compared with, more digits are shown.
"""

from __future__ import annotations

from fractions import Fraction

from upheld.measures.result import Unit
from upheld.values.condition import Condition

__all__ = ["show_condition", "show_decimal", "show_duration", "show_value"]

_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def show_decimal(value: Fraction, places: int) -> str:
    """The value with ``places`` decimals, half up (away from zero at the half)."""
    sign = "-" if value < 0 else ""
    scaled = abs(value) * 10**places
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    if units == 0:
        sign = ""
    digits = str(units).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else sign + digits


def show_duration(us: Fraction | int, *, days: bool = False) -> str:
    """Microseconds as ``62 h``, ``3 h 10 min``, ``4 min 12 s``, ``0.25 s``, to the second; exact below a minute.

    ``days`` writes two days and more of wall time as ``2 d 3 h``. Service time is never written in days: nobody could tell
    whether a day of 24 hours or a working day is meant.
    """
    value = Fraction(us)
    sign = "-" if value < 0 else ""
    value = abs(value)
    if value < _MINUTE:
        seconds = value / 1_000_000
        text = show_decimal(seconds, 6).rstrip("0").rstrip(".")
        return f"{sign}{text} s"
    seconds_whole = (2 * value.numerator + value.denominator * 1_000_000) // (2 * value.denominator * 1_000_000)
    if not days or value < 2 * _DAY:
        hours, rest = divmod(seconds_whole, 3600)
        minutes, seconds_left = divmod(rest, 60)
        parts = [(hours, "h"), (minutes, "min"), (seconds_left, "s")]
    else:
        minutes_whole = (seconds_whole + 30) // 60
        whole_days, rest = divmod(minutes_whole, 1440)
        hours, minutes = divmod(rest, 60)
        parts = [(whole_days, "d"), (hours, "h"), (minutes, "min")]
    return sign + " ".join(f"{n} {unit}" for n, unit in parts if n)


def show_value(value: Fraction, unit: Unit, against: Condition | None = None) -> str:
    """A figure in its unit. ``against``: the condition it was judged by; digits are added until both tell the same."""
    if unit == "duration":
        return show_duration(value)
    scale, places, suffix = (100, 3, "%") if unit == "share" else (1, 3, "")
    if unit != "share" and value.denominator == 1:
        return f"{value}"
    while True:
        text = show_decimal(value * scale, places)
        if against is None or places >= 12 or against.holds(Fraction(text) / scale) == against.holds(value):
            break
        places += 1
    if unit != "share":
        text = text.rstrip("0").rstrip(".")
    return text + suffix


def show_condition(condition: Condition | None) -> str:
    """A target as it was written, or a dash where there is none."""
    return condition.text if condition else "-"
