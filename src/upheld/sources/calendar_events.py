"""iCalendar feeds read as rows: each occurrence of each event a row, each change of it a correction.

Law: an occurrence is named by its UID and the wall time it was first laid out at, so that a moved one corrects itself and a cancelled one is
retracted, from the moment the feed says so. The same event in a later copy of the feed is the same row. Recurrences are laid out in wall time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from upheld.calendars.feed import laid_out, parsed, wall_of
from upheld.calendars.recurrence import RecurrenceError
from upheld.facts.spec import SourceSpec, columns_of
from upheld.facts.tables import Refused
from upheld.sources.table import Unreadable, suggest
from upheld.values.finding import FindingsError
from upheld.values.instant import DAY_US, date_text, format_instant
from upheld.values.zone import UnknownZone, zone

__all__ = ["OWN", "CalendarRows", "calendar_rows", "with_names"]

OWN = ("ID", "REPLACES", "VOID", "START", "END", "KNOWN")
"""Columns made of an event: its name among facts, what it corrects, whether it retracts, its span, and when it came to be known."""

KNOWN_AS = ("LAST-MODIFIED", "CREATED", "DTSTAMP")
_STANDARD = ("UID", "SUMMARY", "DESCRIPTION", "LOCATION", "CATEGORIES", "STATUS", "URL", "SEQUENCE", "TRANSP", "ORGANIZER", "PRIORITY", "CLASS")
_AHEAD_DAYS = 366
_FIRST_DAY = -25_567                       # 1900-01-01: facts have no earlier stamps
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time has no zone
_MICRO = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class CalendarRows:
    """The rows of one file: texts by column (rows in order, "" where a row says nothing), and the number of the event each comes from."""

    file: str
    columns: Mapping[str, tuple[str, ...]]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Version:
    """One event as one file says it. ``spans``: by wall time of the occurrence, µs UTC; None for all: it is cancelled."""

    file: int
    row: int
    uid: str
    sequence: int
    stamp: int
    says: Mapping[str, str]
    spans: Mapping[str, tuple[int, int]] | None
    only: str | None                     # the occurrence an exception is about


def with_names(spec: SourceSpec) -> SourceSpec:
    """The mapping with the names a feed gives by itself: id, what a row corrects, whether it retracts, when it came to be known."""
    return replace(spec, id=spec.id or "ID", replaces=spec.replaces or "REPLACES", void=spec.void or "VOID", known_at=spec.known_at or "KNOWN")


def calendar_rows(spec: SourceSpec, files: Sequence[tuple[str, bytes]]) -> tuple[tuple[CalendarRows, ...], tuple[Refused, ...]]:
    """The rows of all copies of a feed, oldest file first, and the events that could not be read.

    A row that nothing repeats without end is laid out to ``repeats_until``, else a year beyond the last stamp. Raises Unreadable for a column
    no event can have.
    """
    events: list[tuple[int, int, Any]] = []
    refused: list[Refused] = []
    for number, (name, data) in enumerate(files):
        try:
            events += [(number, row, event) for row, event in enumerate(parsed(name, data), 1)]
        except FindingsError as error:
            refused += [Refused(name, 0, "", f.slug, "", f.message) for f in error.findings]
    last = _last_day(spec, [event for _, _, event in events])
    versions: list[_Version] = []
    for number, row, event in events:
        try:
            versions.append(_version(spec, number, row, event, last))
        except (RecurrenceError, UnknownZone, ValueError, TypeError, AttributeError, OverflowError) as error:
            named = str(event.get("SUMMARY") or event.get("UID") or "an event without a name")
            refused.append(Refused(files[number][0], row, "", "calendar-feed", named, str(error)))
    own = with_names(spec)
    wanted = tuple(c for c in columns_of(own) if c not in OWN)
    known = {*_STANDARD, *KNOWN_AS, *(k for v in versions for k in v.says)}
    missing = [c for c in wanted if c not in known and not c.startswith("X-")]
    if missing:
        raise Unreadable("unknown-column", "; ".join(suggest(c, sorted({*known, *OWN})) for c in missing))
    made = [line for uid in dict.fromkeys(v.uid for v in versions) for line in _lines([v for v in versions if v.uid == uid], wanted)]
    result = []
    for number, (name, _) in enumerate(files):
        mine = [line for line in made if line[0] == number]
        columns = {c: tuple(line[2].get(c, "") for line in mine) for c in (*OWN, *wanted)}
        result.append(CalendarRows(name, columns, tuple(line[1] for line in mine)))
    return tuple(result), tuple(refused)


# ---- one event as one file says it ----------------------------------------------------------------------------------


def _version(spec: SourceSpec, file: int, row: int, event: Any, last: int) -> _Version:
    # the library sets aside what it cannot parse: an event read in part is not read
    if event.errors:
        raise ValueError("; ".join(f"{name}: {error}" for name, error in event.errors))
    home = spec.zone_name if spec.zone is not None else ""
    begins = event["DTSTART"].dt if "DTSTART" in event else None
    floating = begins is not None and (not isinstance(begins, datetime) or (begins.tzinfo is None and "TZID" not in event["DTSTART"].params))
    if floating and not home:
        raise ValueError("its times name no zone, and the source declares none: add stamps: {zone: Europe/Berlin}")
    home = home or "UTC"
    uid = str(event.get("UID", ""))
    if not uid:
        raise ValueError("it has no UID, so no later word about it could be told from another event")
    only = _wall_text(wall_of(home, event["RECURRENCE-ID"]).local) if "RECURRENCE-ID" in event else None
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    spans: dict[str, tuple[int, int]] = {}
    if not cancelled:
        laid = laid_out(home, event, _FIRST_DAY, last)
        if laid.length <= 0:
            raise ValueError("it takes no time: it has no end, or one that is no later than its start")
        where = zone(laid.begins.zone)
        repeats = "RRULE" in event or "RDATE" in event
        for local in laid.starts:
            start, end = where.utc(local, "open"), where.utc(local + laid.length, "close")
            if end > start:                  # an occurrence that the clocks skip whole is no time
                spans[only if only is not None else _wall_text(local) if repeats else ""] = start, end
    says = {str(k).upper(): _said(v) for k, v in event.property_items(recursive=False) if str(k).upper() not in ("BEGIN", "END")}
    stamps = {k: _stamp(event.get(k)) for k in KNOWN_AS}
    says |= {k: format_instant(us) for k, us in stamps.items() if us is not None}
    known = next((us for k in KNOWN_AS if (us := stamps[k]) is not None), None)
    if known is not None:
        says["KNOWN"] = format_instant(known)
    return _Version(file, row, uid, int(event.get("SEQUENCE", 0)), known or 0, says, None if cancelled else spans, only)


def _said(value: Any) -> str:
    one = value[0] if isinstance(value, list) and value else value
    if hasattr(one, "cats"):
        return ", ".join(str(c) for c in one.cats)
    raw = one.to_ical() if not isinstance(one, str) and hasattr(one, "to_ical") else str(one)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)


def _stamp(value: Any) -> int | None:
    moment = getattr(value, "dt", None)
    if not isinstance(moment, datetime):
        return None
    utc = moment.utcoffset()
    return (moment.replace(tzinfo=None) - _EPOCH) // _MICRO - (utc // _MICRO if utc is not None else 0)


def _wall_text(local: int) -> str:
    day, of_day = divmod(local, DAY_US)
    seconds = of_day // 1_000_000
    return f"{date_text(day)}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def _last_day(spec: SourceSpec, events: Iterable[Any]) -> int:
    """The last day to lay out: as the source says, else a year beyond the last stamp anywhere in the feed."""
    if spec.repeats_until is not None:
        return spec.repeats_until // DAY_US
    found = [0]
    for event in (e for e in events if not e.errors):
        for key in (*KNOWN_AS, "DTSTART", "RECURRENCE-ID"):
            moment = getattr(event.get(key), "dt", None)
            if isinstance(moment, date):
                found.append(moment.toordinal() - _EPOCH.toordinal())
    return max(found) + _AHEAD_DAYS


# ---- what became of it ----------------------------------------------------------------------------------------------


def _lines(versions: Sequence[_Version], wanted: Sequence[str]) -> list[tuple[int, int, dict[str, str]]]:
    """``(file, event, row)`` of every occurrence of one UID: first word, corrections, retraction, in the order they were said."""
    ordered = sorted(versions, key=lambda v: (v.sequence, v.only is not None, v.stamp, v.file, v.row))
    keys = dict.fromkeys(key for v in ordered for key in (v.spans or {}))
    found = []
    for key in keys:
        bare = ordered[0].uid + (f"/{key}" if key else "")
        current: tuple[str, tuple[object, ...], tuple[int, int]] | None = None
        count = 0
        planned, excepted = None, False          # where the series lays it, and whether an exception has spoken since
        for v in ordered:
            if v.only is not None and v.only != key:
                continue
            span = (v.spans or {}).get(key)
            if v.only is None:
                if excepted and span is not None and span == planned:
                    continue                     # the series says what it said before: the exception stands
                planned, excepted = span, False
            else:
                excepted = True
            if span is None:
                if current is not None:
                    count += 1
                    found.append((v.file, v.row, _row(v, current[2], f"{bare}#{count}", current[0], void=True)))
                    current = None
                continue
            body = (span, *(v.says.get(c, "") for c in wanted if c not in (*KNOWN_AS, "SEQUENCE")))
            if current is not None and current[1] == body:
                continue
            name = bare if not count and current is None else f"{bare}#{count + 1}"
            count += current is not None or name != bare
            found.append((v.file, v.row, _row(v, span, name, current[0] if current else "", void=False)))
            current = name, body, span
    return found


def _row(version: _Version, span: tuple[int, int], name: str, replaces: str, *, void: bool) -> dict[str, str]:
    return {**version.says, "ID": name, "REPLACES": replaces, "VOID": "true" if void else "", "START": format_instant(span[0]),
            "END": format_instant(span[1])}
