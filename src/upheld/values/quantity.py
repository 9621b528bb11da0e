"""Quantities as people write them: durations, deadlines, percents, money, dates, hours, conditions; read exactly or not at all.

Law: a text is understood wholly or refused with a reason and a help; nothing is guessed, nothing is a float, nothing raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as _date
from fractions import Fraction
from typing import Literal

from upheld.values.condition import Comparison, Condition, Op
from upheld.values.exact import exact_number

__all__ = [
    "DAY_US",
    "Duration",
    "Money",
    "Wrong",
    "condition",
    "date",
    "duration",
    "hours",
    "is_condition",
    "minor_digits",
    "money",
    "number",
    "open_time",
    "share",
    "show_day",
    "time_of_day",
    "weekdays",
    "whole",
]

DAY_US = 86_400_000_000
_EPOCH = _date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a text is no quantity, and what to write instead. ``slug`` names the finding."""

    reason: str
    help: str = ""
    slug: str = "quantity"


# ---- numbers -------------------------------------------------------------------------------------------------------

_NUMBER_HELP = "write digits with a point, such as 99.95: at most 15 before it and 9 after, no exponent, no comma"


def number(text: str) -> Fraction | Wrong:
    """The exact number a text spells."""
    found = exact_number(text)
    return found if found is not None else Wrong(f"`{text}` is not a number", _NUMBER_HELP, "number")


def whole(text: str) -> int | Wrong:
    """A whole number, 0 or more."""
    found = exact_number(text)
    if found is None or found.denominator != 1 or found < 0:
        return Wrong(f"`{text}` is not a whole number", "write digits only, such as 3", "number")
    return int(found)


def share(text: str) -> Fraction | Wrong:
    """A percent as a share of one: ``99.95%`` is 1999/2000. May exceed 100% or lie below 0: the place decides."""
    found = exact_number(text[:-1].rstrip()) if text.endswith("%") else None
    if found is not None:
        return found / 100
    if exact_number(text) is not None:
        return Wrong(f"`{text}` has no percent sign", f"write {text}%", "percent")
    return Wrong(f"`{text}` is not a percent", "write a number and a percent sign, such as 99.95%", "percent")


# ---- money ---------------------------------------------------------------------------------------------------------

_DIGITS = dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0)
_DIGITS |= dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)
_DIGITS |= dict.fromkeys(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP "
    "DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD "
    "LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
    "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW".split(),
    2,
)


def minor_digits(currency: str) -> int | None:
    """How many digits the minor unit of an ISO 4217 code has (EUR 2, JPY 0, KWD 3); None for a code that is not in use."""
    return _DIGITS.get(currency)


@dataclass(frozen=True, slots=True)
class Money:
    """``minor`` units of ``currency``: 250 EUR is 25,000 minor units. May be negative."""

    minor: int
    currency: str


_MONEY = re.compile(r"(-?[0-9.]+) ([A-Z]{3})", re.ASCII)


def money(text: str) -> Money | Wrong:
    """``250 EUR``: an amount that the currency's minor unit can hold exactly."""
    found = _MONEY.fullmatch(text)
    amount = exact_number(found[1]) if found else None
    if not found or amount is None:
        return Wrong(f"`{text}` is not an amount of money", "write a number, a space and a currency code, such as 250 EUR", "money")
    digits = minor_digits(found[2])
    if digits is None:
        return Wrong(f"{found[2]} is not a currency code in use", "write an ISO 4217 code, such as EUR", "money")
    minor = amount * 10**digits
    if minor.denominator != 1:
        return Wrong(f"`{text}` is finer than the currency's smallest unit", f"{found[2]} has {digits} digits after the point", "money")
    return Money(int(minor), found[2])


# ---- dates, times, hours -------------------------------------------------------------------------------------------

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})", re.ASCII)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def date(text: str) -> int | Wrong:
    """``2026-01-31`` as a day ordinal (days since 1970-01-01)."""
    found = _DATE.fullmatch(text)
    try:
        if found:
            return _date(int(found[1]), int(found[2]), int(found[3])).toordinal() - _EPOCH
    except ValueError:
        return Wrong(f"there is no date {text}", "write a date of the calendar as 2026-01-31", "date")
    return Wrong(f"`{text}` is not a date", "write year, month and day as 2026-01-31", "date")


def show_day(day: int) -> str:
    """The date of a day ordinal, as it is written."""
    return _date.fromordinal(day + _EPOCH).isoformat()


def time_of_day(text: str) -> int | Wrong:
    """``15:00`` as seconds of the local day; ``24:00`` is its end."""
    found = _TIME.fullmatch(text)
    if found:
        hour, minute = int(found[1]), int(found[2])
        if minute < 60 and (hour < 24 or (hour == 24 and minute == 0)):
            return hour * 3600 + minute * 60
        return Wrong(f"there is no time {text}", "write 00:00 to 24:00", "time")
    return Wrong(f"`{text}` is not a time of day", "write hours and minutes as 08:30", "time")


def hours(text: str) -> tuple[int, int] | Wrong:
    """``08:00-12:00`` as seconds of the local day; ``22:00-06:00 overnight`` (or ``22:00-30:00``) closes on the next day.

    A close at or before the opening is refused unless it says ``overnight``: it is more often a slip than a night.
    """
    body, _, night = text.partition(" ")
    first, dash, second = body.partition("-")
    if not dash or night not in ("", "overnight"):
        return Wrong(f"`{text}` are no opening hours", "write from-to, such as 08:00-12:00", "hours")
    opens = time_of_day(first)
    if isinstance(opens, Wrong):
        return Wrong(opens.reason, opens.help, "hours")
    closes = _close(second)
    if isinstance(closes, Wrong):
        return closes
    if night:
        if closes > opens:
            return Wrong(f"{body} closes on the same day, so it is not overnight", f"write {body}", "hours")
        return opens, closes + 86_400
    if closes == opens:
        return Wrong(f"{text} is open for no time at all", "write 00:00-24:00 for a whole day", "hours")
    if closes < opens:
        return Wrong(f"{text} closes before it opens", f"if it closes on the next day, write {text} overnight", "hours")
    if opens >= 86_400 or closes - opens > 86_400:
        return Wrong(f"{text} is longer than a day or begins after it", "write one span for each day", "hours")
    return opens, closes


def _close(text: str) -> int | Wrong:
    found = _TIME.fullmatch(text)
    if found and int(found[1]) <= 48 and int(found[2]) < 60:
        return int(found[1]) * 3600 + int(found[2]) * 60
    return Wrong(f"`{text}` is not a closing time", "write hours and minutes as 17:30 (30:00 is 06:00 on the next day)", "hours")


def weekdays(text: str) -> tuple[int, ...] | Wrong:
    """``mon-fri``, ``sat`` or ``mon, wed, fri`` as weekday numbers, Monday 0; ``sat-mon`` goes over the week's end."""
    found: list[int] = []
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        last = last or first
        if first not in _DAYS or last not in _DAYS:
            return Wrong(f"`{text}` are no weekdays", "write mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri", "weekdays")
        a, b = _DAYS.index(first), _DAYS.index(last)
        found += [d % 7 for d in range(a, (b if b >= a else b + 7) + 1)]
    if len(set(found)) < len(found):
        return Wrong(f"`{text}` names a weekday twice", "name each weekday once", "weekdays")
    return tuple(found)


# ---- durations and deadlines ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Duration:
    """How long (LANGUAGE §4). ``time``: ``amount`` µs; else ``amount`` working days, days or months (weeks are 7 days).

    ``calendar`` as named ("" = the clause's own hours). ``at``: seconds of the local day, ``open``, ``close`` or None.
    ``after`` or ``before`` name what it counts from (window, incident, statement, start, …).
    """

    unit: Literal["time", "working days", "days", "months"]
    amount: int
    calendar: str = ""
    at: int | Literal["open", "close"] | None = None
    after: str = ""
    before: str = ""
    text: str = ""


_TIME_US = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
_WORDS: dict[str, tuple[Literal["working days", "days", "months"], int]] = {
    "working day": ("working days", 1),
    "day": ("days", 1),
    "week": ("days", 7),
    "month": ("months", 1),
    "quarter": ("months", 3),
    "year": ("months", 12),
}
_UNITS = "s, m, h, working days, days, weeks, months, quarters or years"
_DURATION = re.compile(
    r"(?P<n>-?[0-9.]+) ?(?P<unit>working days?|[^\W\d]+)(?: in (?P<calendar>[^\s]+))?(?: at (?P<at>[^\s]+))?"
    r"(?: (?P<way>after|before) (?P<from>[^\s].*))?"
)
_SLIPS = {
    "d": "write 1 working day, or 1 day for a calendar date, or 24h for elapsed time",
    "M": "m is minutes; write 1 month for a month",
    "min": "write m for minutes",
    "mins": "write m for minutes",
    "minute": "write m for minutes",
    "minutes": "write m for minutes",
    "hour": "write h for hours",
    "hours": "write h for hours",
    "hr": "write h for hours",
    "hrs": "write h for hours",
    "H": "write h for hours",
    "S": "write s for seconds",
    "sec": "write s for seconds",
    "seconds": "write s for seconds",
    "second": "write s for seconds",
    "w": "write weeks",
    "W": "write weeks",
    "y": "write years",
    "Y": "write years",
    "mo": "write months",
    "bd": "write working days",
    "am": "write the time of day as 09:00",
    "pm": "write the time of day as 15:00",
    "ms": "the smallest unit is s; write 0.001s for a millisecond",
}


def duration(text: str) -> Duration | Wrong:
    """A duration or deadline in any form of LANGUAGE §4."""
    found = _DURATION.fullmatch(text)
    amount = exact_number(found["n"]) if found else None
    if not found or amount is None:
        return Wrong(f"`{text}` is not a duration", f"write a number and {_UNITS}, such as 4h or 5 working days in office", "duration")
    if amount < 0:
        return Wrong(f"`{text}` is a negative duration", "turn the clause round: before: <event> counts backwards", "duration")
    at = _landing(found["at"])
    if isinstance(at, Wrong):
        return at
    after, before = (found["from"] or "" if found["way"] == way else "" for way in ("after", "before"))
    calendar, unit = found["calendar"] or "", found["unit"]
    if unit in _TIME_US:
        scaled = amount * _TIME_US[unit]
        if scaled.denominator != 1:
            return Wrong(f"`{text}` is finer than a microsecond", "write whole microseconds", "duration")
        if at is not None:
            return Wrong(f"`{text}`: hours and minutes end when they end, not at a time of day", "leave out 'at', or count days", "duration")
        return Duration("time", int(scaled), calendar, None, after, before, text)
    word = _WORDS.get(unit.removesuffix("s"))
    if word is None:
        return Wrong(f"`{unit}` is not a unit of time", _SLIPS.get(unit, f"write {_UNITS}"), "unit")
    if amount.denominator != 1:
        return Wrong(f"`{text}`: dates are counted whole", "write whole days, or hours for a part of a day", "duration")
    return Duration(word[0], int(amount) * word[1], calendar, at, after, before, text)


def _landing(text: str | None) -> int | Literal["open", "close"] | Wrong | None:
    if text is None or text in {"open", "close"}:
        return text  # type: ignore[return-value]
    return time_of_day(text)


def open_time(text: str) -> int | Wrong:
    """A plain length of time in µs: s, m or h, or whole days and weeks of 24 hours; no calendar, no time of day."""
    found = duration(text)
    if isinstance(found, Wrong):
        return found
    if found.calendar or found.at is not None or found.after or found.before or found.unit in ("working days", "months"):
        return Wrong(f"`{text}` is not a plain length of time", "write s, m or h, such as 60s or 8h", "duration")
    return found.amount if found.unit == "time" else found.amount * DAY_US


# ---- conditions ----------------------------------------------------------------------------------------------------

_OPS: tuple[Op, ...] = ("<=", ">=", "!=", "<", ">", "=")
_Unit = Literal["number", "share", "duration", "date", "time", "money"]


def is_condition(text: str) -> bool:
    """Whether a text begins with a comparison, so that it means values rather than itself."""
    return text.startswith(("<", ">", "=", "!="))


def condition(text: str) -> Condition | Wrong:
    """``>= 99.0%, < 99.9% | 100%``: comparisons joined by ``,`` (and) and ``|`` (or), all of one unit."""
    groups: list[tuple[Comparison, ...]] = []
    units: dict[_Unit, str] = {}
    for group in text.split("|"):
        comparisons: list[Comparison] = []
        for position, part in enumerate(group.split(",")):
            if position and not is_condition(part.strip()):
                return Wrong(
                    f"`{text}`: a comma joins two comparisons, and `{part.strip()}` is none",
                    "write decimals with a point, such as 99.9%, and a sign before each limit",
                    "condition",
                )
            found = _comparison(part.strip())
            if isinstance(found, Wrong):
                return found
            unit, comparison = found
            units.setdefault(unit, part.strip())
            comparisons.append(comparison)
        groups.append(tuple(comparisons))
    if len(units) > 1:
        a, b = list(units.values())[:2]
        return Wrong(f"`{a}` and `{b}` are of different units", "write all limits of a condition in one unit", "condition-units")
    return Condition(tuple(groups), next(iter(units)), text)


def _comparison(text: str) -> tuple[_Unit, Comparison] | Wrong:
    op = next((o for o in _OPS if text.startswith(o)), None)
    value = text[len(op) :].strip() if op else text
    unit = _unit_of(value)
    if unit is None:
        return Wrong(
            f"`{value}` is nothing to compare with" if value else "a comparison has nothing after its sign",
            'write a sign and a value, such as ">= 99.9%", "< 15:00", "> 27" or "<= 4h"',
            "condition",
        )
    limit = _LIMITS[unit](value)
    if isinstance(limit, Wrong):
        return limit
    exact = Fraction(limit)
    return unit, Comparison(op or "=", exact.numerator, exact.denominator)


def _unit_of(value: str) -> _Unit | None:
    if value.endswith("%"):
        return "share"
    if _DATE.fullmatch(value):
        return "date"
    if _TIME.fullmatch(value):
        return "time"
    if _MONEY.fullmatch(value):
        return "money"
    if exact_number(value) is not None:
        return "number"
    return "duration" if value[:1].isdigit() and not value[-1:].isdigit() else None


def _amount(value: str) -> Fraction | Wrong:
    found = money(value)
    return found if isinstance(found, Wrong) else Fraction(found.minor, 10 ** (minor_digits(found.currency) or 0))


_LIMITS: dict[_Unit, Callable[[str], Fraction | int | Wrong]] = {
    "share": share,
    "date": date,
    "time": time_of_day,
    "money": _amount,
    "number": number,
    "duration": open_time,
}
