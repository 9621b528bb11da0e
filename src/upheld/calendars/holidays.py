"""Frozen holiday lists: the dates a calendar name meant when it was frozen, with the library that said so.

Law: a list says what it knows and until when; nothing is added when it is read. The form is a small part of YAML, one line a
date, so that two parties can read it, compare two of them line by line, and keep it beside their agreement.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from upheld.calendars.spec import HolidayList
from upheld.values.finding import Finding, FindingsError, Place
from upheld.values.instant import date_text, day_ordinal

__all__ = ["Difference", "Frozen", "diff", "read_frozen", "write_frozen"]

_KEY = re.compile(r"([a-z]+): (.+)", re.ASCII)
_DAY = re.compile(r"  ([0-9]{4}-[0-9]{2}-[0-9]{2}): (.+)")
_KNOWN = ("calendar", "library", "first", "last", "from", "until", "categories")
_NEEDED = ("calendar", "first", "last")
_LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frozen:
    """One version of a named list: ``days`` (ordinal, name) rising, known for ``first`` … ``last`` inclusive.

    ``from_day``/``until_day``: the dates this version judges (None: unbounded). ``library`` and ``categories`` say where from.
    """

    name: str
    days: tuple[tuple[int, str], ...]
    first: int
    last: int
    from_day: int | None = None
    until_day: int | None = None
    library: str = ""
    categories: tuple[str, ...] = ()

    @property
    def holidays(self) -> HolidayList:
        """What the calendars compile."""
        days = tuple(day for day, _ in self.days)
        return HolidayList(days, self.first, self.last, self.from_day, self.until_day, self.name, self.library)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a newer list says otherwise, on the dates both know: (day, name), and (day, old name, new name)."""

    added: tuple[tuple[int, str], ...]
    removed: tuple[tuple[int, str], ...]
    renamed: tuple[tuple[int, str, str], ...]

    @property
    def is_same(self) -> bool:
        """True where no date differs: a new name alone changes no figure."""
        return not self.added and not self.removed


def diff(old: Frozen, new: Frozen) -> Difference:
    """What ``new`` says otherwise than ``old``, on the dates both know."""
    first, last = max(old.first, new.first), min(old.last, new.last)
    before = {day: name for day, name in old.days if first <= day <= last}
    after = {day: name for day, name in new.days if first <= day <= last}
    return Difference(
        tuple((day, after[day]) for day in sorted(after.keys() - before.keys())),
        tuple((day, before[day]) for day in sorted(before.keys() - after.keys())),
        tuple((day, before[day], after[day]) for day in sorted(after.keys() & before.keys()) if before[day] != after[day]),
    )


def write_frozen(frozen: Frozen) -> str:
    """The list as text; ``read_frozen`` gives it back."""
    lines = [f"calendar: {frozen.name}"]
    if frozen.library:
        lines.append(f"library: {frozen.library}")
    if frozen.categories:
        lines.append(f"categories: {', '.join(frozen.categories)}")
    lines += [f"first: {date_text(frozen.first)}", f"last: {date_text(frozen.last)}"]
    bounds = (("from", frozen.from_day), ("until", frozen.until_day))
    lines += [f"{key}: {date_text(day)}" for key, day in bounds if day is not None]
    lines.append("days:")
    lines += [f"  {date_text(day)}: {json.dumps(name, ensure_ascii=False)}" for day, name in frozen.days]
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class _Reading:
    """The state of one reading: what was found so far, and what is wrong."""

    file: str
    keys: dict[str, str] = field(default_factory=dict)
    lines: dict[str, Place] = field(default_factory=dict)
    days: dict[int, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    in_days: bool = False

    def place(self, number: int, line: str) -> Place:
        return Place(self.file, number, 1, max(len(line), 1), line)

    def wrong(self, place: Place, message: str, help_text: str = "") -> None:
        self.findings.append(Finding("frozen-calendar", message, place, help_text))

    def read(self, key: str, of: Callable[[str], int]) -> int | None:
        if key not in self.keys:
            return None
        try:
            return of(self.keys[key])
        except ValueError as error:
            self.wrong(self.lines[key], str(error), "write the date as 2026-12-31")
            return None


def read_frozen(file: str, data: bytes) -> Frozen:
    """The list in a file. Raises FindingsError with everything that is wrong in it, each at its line."""
    reading = _Reading(file)
    if len(data) > _LARGEST:
        raise FindingsError([Finding("frozen-calendar", "the file is larger than 4 MiB", Place(file))])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FindingsError([Finding("frozen-calendar", f"the file is not UTF-8: {error.reason}", Place(file))]) from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            _read_line(reading, reading.place(number, line), line.rstrip())
    for key in _NEEDED:
        if key not in reading.keys:
            reading.wrong(Place(file), f"the list does not say its '{key}'", "write it again with upheld calendar freeze")
    first, last = reading.read("first", day_ordinal), reading.read("last", day_ordinal)
    from_day, until_day = reading.read("from", day_ordinal), reading.read("until", day_ordinal)
    if first is not None and last is not None:
        _check_days(reading, first, last)
    if reading.findings or first is None or last is None:
        raise FindingsError(reading.findings)
    categories = tuple(part.strip() for part in reading.keys.get("categories", "").split(",") if part.strip())
    return Frozen(reading.keys["calendar"], tuple(sorted(reading.days.items())), first, last, from_day, until_day,
                  reading.keys.get("library", ""), categories)


def _read_line(reading: _Reading, place: Place, line: str) -> None:
    if line == "days:":
        reading.in_days = True
        return
    match = (_DAY if reading.in_days else _KEY).fullmatch(line)
    if match is None:
        form = '  2026-12-25: "Christmas Day"' if reading.in_days else "first: 2026-01-01"
        reading.wrong(place, "this line cannot be read", f"write it as {form}")
        return
    key, value = match[1], match[2].strip()
    if not reading.in_days:
        if key not in _KNOWN:
            reading.wrong(place, f"a frozen list has no key {key!r}", f"known keys: {', '.join(_KNOWN)}, days")
        elif key in reading.keys:
            reading.wrong(place, f"{key!r} is said twice")
        reading.keys[key], reading.lines[key] = value.strip('"'), place
        return
    try:
        day = day_ordinal(key)
        name = str(json.loads(value)) if value.startswith('"') else value
    except ValueError as error:
        reading.wrong(place, f"this line cannot be read: {error}", 'write it as   2026-12-25: "Christmas Day"')
        return
    if day in reading.days:
        reading.wrong(place, f"{key} is listed twice", "leave it once; join the names")
    reading.days[day] = name


def _check_days(reading: _Reading, first: int, last: int) -> None:
    if last < first:
        reading.wrong(reading.lines["last"], "the list ends before it begins")
        return
    for day in reading.days:
        if not first <= day <= last:
            reading.wrong(Place(reading.file), f"{date_text(day)} lies outside the dates the list knows",
                          f"the list says first {date_text(first)}, last {date_text(last)}")
