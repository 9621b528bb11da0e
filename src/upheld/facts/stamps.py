"""Stamps: the time a row was written down, read exactly or refused with the reason.

Law: one declared form, every byte accounted for, no guess. A stamp that names no zone, one that a clock change skipped or
repeated, a leap second, 24:00 and years outside 1900 … 2199 are refused by name; nothing is clamped, rounded up or wrapped.
Calendar arithmetic is proleptic Gregorian on int64 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64

if TYPE_CHECKING:
    from upheld.values.zone import Zone

__all__ = ["PROBLEMS", "StampForm", "parse_form", "read_epochs", "read_stamps", "to_utc"]

U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Fold = Literal["refuse", "earlier", "later"]

PROBLEMS: Final = {
    1: ("bad-stamp", "is not a stamp of the form {form}"),
    2: ("naive-stamp", "names no zone, and the source declares none"),
    3: ("no-such-day", "names a day or a time of day that does not exist"),
    4: ("leap-second", "is a leap second; send second 59.999999"),
    5: ("midnight-24", "is 24:00; send 00:00 of the next day"),
    6: ("stamp-range", "lies outside the years 1900 to 2199"),
    7: ("skipped-time", "does not exist in {zone}: the clocks were put forward over it"),
    8: (
        "repeated-time",
        "occurs twice in {zone}: the clocks were put back over it; declare fold: earlier or later, or send an offset",
    ),
}
"""What can be wrong with a stamp: code → (slug, what is said after the text)."""

_DAY = 86_400_000_000
_FIRST = -70 * 365 - 17  # 1900-01-01 as days since 1970-01-01
_LAST = 84_005  # 2199-12-31
_DIRECTIVES = {
    "Y": "year",
    "m": "month",
    "d": "day",
    "H": "hour",
    "I": "hour12",
    "M": "minute",
    "S": "second",
    "f": "fraction",
    "z": "offset",
    "p": "half",
}
_EPOCHS = {"s": 1_000_000, "ms": 1_000, "us": 1, "µs": 1}
_EPOCH = re.compile(r"epoch (s|ms|us|µs)")


@dataclass(frozen=True, slots=True)
class StampForm:
    """A compiled form. ``tokens``: ("year" … "offset", "") or ("text", literal); ``epoch_us``: µs a unit, 0 where it is no epoch.

    ``iso``: RFC 3339, the seconds, their fraction and the offset may be left out (an offset left out needs a zone).
    """

    text: str
    tokens: tuple[tuple[str, str], ...] = ()
    epoch_us: int = 0
    iso: bool = False


def parse_form(text: str) -> StampForm | str:
    """The form ``ISO``, ``epoch s|ms|us`` or a strptime pattern such as ``%d/%m/%Y %H:%M`` spells, or what is wrong with it."""
    if text.lower() in {"iso", "rfc 3339", "rfc3339"}:
        date = [
            ("year", ""),
            ("text", "-"),
            ("month2", ""),
            ("text", "-"),
            ("day2", ""),
            ("T", ""),
            ("hour2", ""),
            ("text", ":"),
            ("minute", ""),
        ]
        return StampForm(text, (*date, ("seconds?", ""), ("offset?", "")), iso=True)
    if found := _EPOCH.fullmatch(text.lower()):
        return StampForm(text, epoch_us=_EPOCHS[found[1]])
    tokens: list[tuple[str, str]] = []
    i = 0
    while i < len(text):
        if text[i] != "%":
            tokens.append(("text", text[i]))
            i += 1
            continue
        letter = text[i + 1 : i + 2]
        if letter not in _DIRECTIVES or not letter:
            return f"%{letter} is not one of %Y %m %d %H %I %p %M %S %f %z"
        tokens.append((_DIRECTIVES[letter], ""))
        i += 2
    names = [t for t, _ in tokens if t != "text"]
    if not {"year", "month", "day"} <= set(names):
        return "the form needs %Y, %m and %d, or is ISO, epoch s, epoch ms or epoch us"
    if len(set(names)) != len(names):
        return "a part of the stamp appears twice"
    if ("hour12" in names) != ("half" in names):
        return "%I and %p go together"
    return StampForm(text, tuple(tokens))


def read_stamps(texts: Sequence[str], form: StampForm, zone: Zone | None, fold: Fold = "refuse") -> tuple[I64, U8]:
    """``(µs UTC i64[n], problem u8[n])``: 0 where the stamp was read, else a key of ``PROBLEMS``.

    A stamp with an offset needs no ``zone``; one without is local time of ``zone``.
    """
    n = len(texts)
    if form.epoch_us:
        return _epoch_texts(texts, form.epoch_us)
    if n == 0:
        return np.empty(0, np.int64), np.empty(0, np.uint8)
    try:
        raw = np.array(texts, dtype="S")
    except UnicodeEncodeError:
        raw = np.array([t if t.isascii() else "?" for t in texts], dtype="S")
    width = raw.dtype.itemsize
    # two zero columns at the end: a field may look one byte past the text without leaving the array
    table = np.zeros((n, width + 12), np.uint8)
    table[:, :width] = raw.view(np.uint8).reshape(n, width)
    fields, bad, has_offset = _walk(table, form)
    local, problem = _assemble(fields, bad)
    utc = local - fields["offset"] * 60_000_000
    naive = ~has_offset & (problem == 0)
    if naive.any():
        if zone is None:
            problem[naive] = 2
        else:
            utc[naive], problem[naive] = to_utc(local[naive], zone, fold)
    utc[problem > 0] = 0
    return utc, problem


def to_utc(local: I64, zone: Zone, fold: Fold = "refuse") -> tuple[I64, U8]:
    """``(µs UTC, problem)`` for wall-clock µs of a zone: skipped and repeated times are problems unless ``fold`` chooses."""
    problem = np.zeros(len(local), np.uint8)
    days = np.floor_divide(local, _DAY)
    problem[(days < _FIRST) | (days > _LAST)] = 6
    safe = np.where(problem == 0, local, 0)
    first, second = zone.to_utc(safe, "open"), zone.to_utc(safe, "close")
    gap = (zone.to_local(first) != safe) & (problem == 0)
    twice = (first != second) & ~gap & (problem == 0)
    problem[gap] = 7
    if fold == "refuse":
        problem[twice] = 8
    result = second if fold == "later" else first
    return result, problem


def read_epochs(values: I64, unit_us: int) -> tuple[I64, U8]:
    """``(µs UTC, problem)`` for whole seconds, milliseconds or microseconds since 1970."""
    low, high = _FIRST * _DAY // unit_us, (_LAST + 1) * _DAY // unit_us
    problem = np.where((values < low) | (values >= high), np.uint8(6), np.uint8(0))
    return np.where(problem == 0, values, 0) * unit_us, problem


def _epoch_texts(texts: Sequence[str], unit_us: int) -> tuple[I64, U8]:
    number = re.compile(r"-?[0-9]{1,18}", re.ASCII)
    good = [number.fullmatch(t) is not None for t in texts]
    values = np.array([int(t) if g else 0 for t, g in zip(texts, good, strict=True)], np.int64)
    us, problem = read_epochs(values, unit_us)
    problem[~np.array(good, np.bool_)] = 1
    return us, problem


class _Cursor:
    """Reads bytes of every row at its own position; while all positions agree it is one number, and columns are slices."""

    def __init__(self, table: U8) -> None:
        self.table = table
        self.rows = np.arange(len(table))
        self.at: int | NDArray[np.intp] = 0
        self.bad = np.zeros(len(table), np.bool_)

    def peek(self, ahead: int = 0) -> U8:
        if isinstance(self.at, int):
            return self.table[:, min(self.at + ahead, self.table.shape[1] - 1)]
        byte: U8 = self.table[self.rows, np.minimum(self.at + ahead, self.table.shape[1] - 1)]
        return byte

    def move(self, by: int | Mask | NDArray[np.intp]) -> None:
        if isinstance(by, int):
            self.at = self.at + by
            return
        steps = self.at + by.astype(np.intp)
        self.at = int(steps[0]) if (steps == steps[0]).all() else steps

    def digits(self, fewest: int, most: int) -> I64:
        value = np.zeros(len(self.table), np.int64)
        reading = np.ones(len(self.table), np.bool_)
        taken = np.zeros(len(self.table), np.intp)
        for k in range(most):
            digit = self.peek(k) - np.uint8(48)  # wraps for bytes below "0", which is then > 9
            reading = reading & (digit <= 9)
            value = np.where(reading, value * 10 + digit, value)
            taken += reading
        self.bad |= taken < fewest
        self.move(most if fewest == most else taken)
        return value

    def literal(self, character: str) -> None:
        self.bad |= self.peek() != ord(character) if character.isascii() else True
        self.move(1)


def _walk(table: U8, form: StampForm) -> tuple[dict[str, I64], Mask, Mask]:
    n = len(table)
    cursor = _Cursor(table)
    fields = {name: np.zeros(n, np.int64) for name in ("hour", "minute", "second", "fraction", "offset")}
    has_offset = np.zeros(n, np.bool_)
    half: U8 | None = None
    for name, literal in form.tokens:
        match name:
            case "text":
                cursor.literal(literal)
            case "T":
                mark = cursor.peek()
                cursor.bad |= ~((mark == ord("T")) | (mark == ord("t")) | (mark == ord(" ")))
                cursor.move(1)
            case "year":
                fields["year"] = cursor.digits(4, 4)
            case "month2" | "day2" | "hour2":
                fields[name[:-1]] = cursor.digits(2, 2)
            case "month" | "day" | "hour":
                fields[name] = cursor.digits(1, 2)
            case "hour12":
                fields["hour"] = cursor.digits(1, 2)
            case "minute" | "second":
                fields[name] = cursor.digits(2, 2)
            case "fraction":
                fields["fraction"] = _fraction(cursor, np.ones(n, np.bool_))
            case "half":
                half = cursor.peek() & np.uint8(0xDF)
                cursor.bad |= ((half != ord("A")) & (half != ord("P"))) | ((cursor.peek(1) & np.uint8(0xDF)) != ord("M"))
                cursor.move(2)
            case "seconds?":
                _optional_seconds(cursor, fields)
            case _:
                fields["offset"], has_offset = _offset(cursor, optional=name == "offset?")
    cursor.bad |= cursor.peek() != 0  # something is left over
    if half is not None:
        hour = fields["hour"]
        cursor.bad |= (hour < 1) | (hour > 12)
        fields["hour"] = hour % 12 + np.where(half == ord("P"), 12, 0)
    return fields, cursor.bad, has_offset


def _optional_seconds(cursor: _Cursor, fields: dict[str, I64]) -> None:
    there = cursor.peek() == ord(":")
    if not there.any():
        return
    before, bad = cursor.at, cursor.bad.copy()
    cursor.move(1)
    fields["second"] = np.where(there, cursor.digits(2, 2), 0)
    cursor.bad = np.where(there, cursor.bad, bad)
    if not there.all():
        after = cursor.at
        cursor.at = 0
        cursor.move(np.where(there, after, before))
    dot = (cursor.peek() == ord(".")) & there
    if dot.any():
        cursor.move(dot)
        fields["fraction"] = _fraction(cursor, dot)


def _fraction(cursor: _Cursor, there: Mask) -> I64:
    """µs of one to nine digits after the point; finer than a microsecond is cut, never rounded up."""
    value = np.zeros(len(there), np.int64)
    taken = np.zeros(len(there), np.intp)
    reading = there.copy()
    for k in range(9):
        digit = cursor.peek(k) - np.uint8(48)
        reading = reading & (digit <= 9)
        taken += reading
        if k < 6:
            value = value * 10 + np.where(reading, digit, 0)
    cursor.bad |= there & (taken == 0)
    cursor.move(taken)
    return value


def _offset(cursor: _Cursor, *, optional: bool) -> tuple[I64, Mask]:
    """Minutes east of UTC, and where one was said: ``Z``, ``+02:00`` or ``+0200``."""
    mark = cursor.peek()
    utc = (mark == ord("Z")) | (mark == ord("z"))
    signed = (mark == ord("+")) | (mark == ord("-"))
    nothing = mark == 0
    cursor.bad |= ~(utc | signed | (nothing & optional))
    cursor.move(utc | signed)
    minutes = np.zeros(len(mark), np.int64)
    if signed.any():
        bad, start = cursor.bad.copy(), cursor.at
        hours = cursor.digits(2, 2)
        cursor.move(cursor.peek() == ord(":"))
        rest = cursor.digits(2, 2)
        wrong = cursor.bad | (hours > 23) | (rest > 59)
        cursor.bad = np.where(signed, wrong, bad)
        minutes = np.where(signed, (hours * 60 + rest) * np.where(mark == ord("-"), -1, 1), 0)
        if not signed.all():
            after = cursor.at
            cursor.at = 0
            cursor.move(np.where(signed, after, start))
    return minutes, utc | signed


def _assemble(fields: dict[str, I64], bad: Mask) -> tuple[I64, U8]:
    year, month, day = fields["year"], fields["month"], fields["day"]
    hour, minute, second = fields["hour"], fields["minute"], fields["second"]
    problem = np.zeros(len(year), np.uint8)
    problem[(year < 1900) | (year > 2199)] = 6
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    in_year = (month >= 1) & (month <= 12)
    length = lengths[np.where(in_year, month, 0)] + ((month == 2) & leap)
    problem[~in_year | (day < 1) | (day > length) | (hour > 24) | (minute > 59) | (second > 60)] = 3
    problem[(problem == 0) & (second == 60)] = 4
    problem[(problem == 0) & (hour == 24)] = 5
    problem[bad] = 1
    year = np.where(problem == 0, year, 1970)
    month = np.where(problem == 0, month, 1)
    shifted = year - (month <= 2)
    era, of_era = shifted // 400, shifted % 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + np.where(problem == 0, day, 1) - 1
    days = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    seconds = hour * 3600 + minute * 60 + second
    return np.where(problem == 0, days * _DAY + seconds * 1_000_000 + fields["fraction"], 0), problem
