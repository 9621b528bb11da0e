"""Times, numbers and money that come from outside as JSON, read exactly or refused by name.

Law: one grammar each, by a regular expression over ASCII, before anything is computed; what a float would round, a text keeps.
"""

from __future__ import annotations

import re
from datetime import date

from upheld.facts.arrive_texts import Wrong
from upheld.facts.currency import MINOR_DIGITS
from upheld.facts.json_text import NotNumber, Number

__all__ = ["amount_of", "currency_fault", "decimal_of", "instant_of", "literal_of", "minor_of", "whole_of"]

_STAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:(Z)|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))", re.ASCII,
)
_NAIVE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?", re.ASCII)
_NUMBER = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,9}))?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_EPOCH = date(1970, 1, 1).toordinal()
_LARGEST = 10**15
_EXAMPLE = "write 2026-11-21T09:00:00Z or 2026-11-21T10:00:00+01:00"
_DIGITS = "at most 15 digits and 9 decimals, no exponent"


def instant_of(given: object) -> tuple[int | None, Wrong | None]:
    """µs UTC of an RFC 3339 stamp with an offset; what is finer than a microsecond is cut."""
    if type(given) is not str:
        return None, ("bad-stamp", "is no RFC 3339 text", _EXAMPLE)
    match = _STAMP.fullmatch(given)
    if match is None:
        if _NAIVE.fullmatch(given):
            return None, ("naive-stamp", "names no offset from UTC, so it is no instant", _EXAMPLE)
        return None, ("bad-stamp", "is no RFC 3339 stamp", _EXAMPLE)
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    if not 1900 <= year <= 2199:
        return None, ("stamp-range", "lies outside the years 1900 to 2199", "")
    if second == 60:
        return None, ("leap-second", "is a leap second", "send second 59.999999")
    if hour == 24:
        return None, ("midnight-24", "is 24:00", "send 00:00 of the next day")
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None, ("no-such-day", "names a day that does not exist", "")
    if hour > 23 or minute > 59 or second > 59:
        return None, ("no-such-day", "names a time of day that does not exist", "")
    offset = 0 if match[8] else (int(match[10]) * 3600 + int(match[11]) * 60) * (-1 if match[9] == "-" else 1)
    micro = int((match[7] or "").ljust(6, "0")[:6])
    return (days * 86_400 + hour * 3600 + minute * 60 + second - offset) * 1_000_000 + micro, None


def decimal_of(given: object) -> tuple[tuple[int, int] | None, Wrong | None]:
    """(integer, scale) of a number or of a text that spells one: the value is integer ÷ scale, in lowest decimal form; −0 is 0."""
    if type(given) is int:
        return ((given, 1), None) if abs(given) < _LARGEST else (None, ("bad-number", "is too large", _DIGITS))
    match = _NUMBER.fullmatch(given) if isinstance(given, str) and not isinstance(given, NotNumber) else None
    if match is None:
        return None, ("bad-number", "is no number in plain decimal digits", _DIGITS)
    fraction = (match[3] or "").rstrip("0")
    number = int(match[2] + fraction)
    return (-number if match[1] else number, 10 ** len(fraction)), None


def whole_of(given: object) -> tuple[int | None, Wrong | None]:
    """A whole number."""
    read, wrong = decimal_of(given)
    if read is None:
        return None, wrong
    return (read[0], None) if read[1] == 1 else (None, ("bad-number", "is no whole number", ""))


def minor_of(given: object) -> tuple[int | None, Wrong | None]:
    """Whole minor units, as a JSON integer."""
    if type(given) is int and abs(given) < _LARGEST:
        return given, None
    if isinstance(given, Number) and "." in given:
        return None, ("float-money", "is money as a floating-point number", "send whole minor units, or amount as a text")
    return None, ("bad-number", "is no whole number of minor units", "19.90 EUR are 1990")


def amount_of(given: object, currency: str) -> tuple[int | None, Wrong | None]:
    """Minor units of an amount given as a text, by the decimals of its currency."""
    if type(given) is not str:
        if isinstance(given, Number) and "." in given:
            return None, ("float-money", "is money as a floating-point number", f'write it as a text: "{given}"')
        return None, ("float-money", "is money as a number: units or cents?", 'write a text ("19.90"), or whole minor units under minor')
    read, wrong = decimal_of(given)
    if read is None:
        return None, wrong
    number, scale = read
    digits = MINOR_DIGITS.get(currency, 2)
    if 10**digits % scale:
        return None, ("finer-than-scale", f"has more than the {digits} decimals of its currency", "round it where it is made")
    return number * (10**digits // scale), None


def currency_fault(given: str) -> Wrong | None:
    """Why a text is no currency."""
    return None if _CURRENCY.fullmatch(given) else ("bad-currency", "is no ISO 4217 code", 'write "EUR"')


def literal_of(given: object) -> tuple[str, Wrong | None]:
    """An attribute's value as text: numbers keep the digits they were written with, true and false are words."""
    if type(given) is str:
        return given, None
    if isinstance(given, bool):
        return ("true" if given else "false"), None
    if isinstance(given, int | Number):
        read, wrong = decimal_of(given)
        if read is None:
            return "", wrong
        return ("0" if read[0] == 0 else str(given)), None
    if isinstance(given, NotNumber):
        return "", ("bad-number", f"is {given}, which is no number", "leave the key out")
    return "", ("type", "is a list or an object; one text, number, true or false is needed", "one attribute says one thing")
