"""iCalendar feeds: the events of a feed laid out between two days, each with its name and its people.

Law: all-day events are whole local days, timed events are spans laid out by our own zone database; recurrences, exceptions and moved
instances are resolved for the dates asked, and what cannot be read is a finding, never skipped.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from upheld.calendars.recurrence import RecurrenceError, occurrences
from upheld.calendars.spec import Recurring
from upheld.values.finding import Finding, FindingsError, Place
from upheld.values.instant import DAY_US, day_ordinal
from upheld.values.zone import UnknownZone, zone

__all__ = ["FeedEvent", "Laid", "Wall", "feed_events", "laid_out", "parsed", "wall_of"]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time has no zone
_MICRO = timedelta(microseconds=1)
_LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One occurrence: ``start`` … ``end`` µs UTC (of a whole day: in the feed's zone). ``first_day`` … ``last_day``: the local days of an
    all-day event (None: a timed one). ``people``: the names and mail addresses of its attendees, else of its organizer.
    """

    uid: str
    summary: str
    start: int
    end: int
    first_day: int | None
    last_day: int | None
    people: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    file: str
    zone: str
    first: int
    last: int
    events: list[FeedEvent] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Laid:
    """An event's occurrences: ``begins`` as written, ``length`` µs on the wall, ``starts`` local µs, rising, exceptions taken out."""

    begins: Wall
    length: int
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wall:
    """A stamp of the feed: local µs, its zone, and whether it is a whole day."""

    local: int
    zone: str
    whole_day: bool


def feed_events(file: str, data: bytes, zone_name: str, first: int, last: int) -> tuple[FeedEvent, ...]:
    """The events that touch the days from ``first`` to ``last`` (ordinals, inclusive), by start. ``zone_name`` is where stamps without a
    zone are meant. Raises FindingsError.
    """
    events = parsed(file, data)
    reading = _Reading(file, zone_name, first, last)
    moved: list[tuple[str, Wall]] = []
    for event in (e for e in events if "RECURRENCE-ID" in e and not e.errors):
        try:
            moved.append((str(event.get("UID", "")), wall_of(zone_name, event["RECURRENCE-ID"])))
        except (UnknownZone, ValueError, TypeError, AttributeError) as error:
            reading.findings.append(_finding(reading, event, str(error)))
    for event in events:
        replaced = [] if "RECURRENCE-ID" in event else [wall for uid, wall in moved if uid == str(event.get("UID", ""))]
        # the library sets aside what it cannot parse: an event read in part is not read
        if event.errors:
            reading.findings += [_finding(reading, event, f"{name}: {error}") for name, error in event.errors]
            continue
        try:
            _event(reading, event, replaced)
        except (RecurrenceError, UnknownZone, ValueError, TypeError, AttributeError, OverflowError) as error:
            reading.findings.append(_finding(reading, event, str(error)))
    if reading.findings:
        raise FindingsError(reading.findings)
    return tuple(sorted(reading.events, key=lambda e: (e.start, e.end, e.uid, e.summary)))


def parsed(file: str, data: bytes) -> list[Any]:
    """The events of a feed as the library reads them. Raises FindingsError for what is no feed, or not a whole one."""
    from icalendar import Calendar

    if len(data) > _LARGEST:
        raise FindingsError([Finding("calendar-feed", "the feed is larger than 16 MiB", Place(file))])
    if not data.rstrip().endswith(b"END:VCALENDAR"):
        cut = "the feed does not end with END:VCALENDAR: it was cut short or is no feed"
        raise FindingsError([Finding("calendar-feed", cut, Place(file))])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")     # the library guesses at zones; ours are looked up below
            feed = Calendar.from_ical(data)
        return list(feed.walk("VEVENT"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise FindingsError([Finding("calendar-feed", f"the feed is not iCalendar: {error}", Place(file))]) from error


def _event(reading: _Reading, event: Any, replaced: list[Wall]) -> None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    laid = laid_out(reading.zone, event, reading.first, reading.last, replaced)
    begins, length = laid.begins, laid.length
    where, people = zone(begins.zone), _people(event)
    for local in laid.starts:
        # a span the clocks skip whole, or an event of no length, is no time
        start, end = where.utc(local, "open"), where.utc(local + length, "close")
        first, last = (local // DAY_US, (local + length - 1) // DAY_US) if begins.whole_day else (None, None)
        uid, summary = (str(event.get(key, "")) for key in ("UID", "SUMMARY"))
        reading.events.append(FeedEvent(uid, summary, start, max(end, start), first, last, people))


def laid_out(home: str, event: Any, first: int, last: int, replaced: Iterable[Wall] = ()) -> Laid:
    """The occurrences of an event that touch the days from ``first`` to ``last`` (ordinals), without those ``replaced`` and excepted.

    ``home``: the zone of stamps that name none. Raises ValueError (RecurrenceError, UnknownZone) for what cannot be laid out.
    """
    if "DTSTART" not in event:
        raise ValueError("the event has no DTSTART")
    begins = wall_of(home, event["DTSTART"])
    length = _length(home, event, begins)
    low, high = first * DAY_US - length, (last + 1) * DAY_US
    starts = [begins.local]
    if "RRULE" in event:
        day, of_day = divmod(begins.local, DAY_US)
        rules = event["RRULE"] if isinstance(event["RRULE"], list) else [event["RRULE"]]
        starts = []
        for rule in rules:
            spec = Recurring(begins.zone, rule.to_ical().decode("ascii"), day, of_day // 1_000_000, length // 1_000_000)
            starts += occurrences(spec, low, high).tolist()
    starts += [_local(wall, begins) for wall in _dates(home, event.get("RDATE"))]
    left_out = {_local(wall, begins) for wall in (*replaced, *_dates(home, event.get("EXDATE")))}
    return Laid(begins, length, tuple(local for local in sorted(set(starts) - left_out) if low <= local < high))


def _people(event: Any) -> tuple[str, ...]:
    """Names and addresses of the attendees who have not declined, else of the organizer."""
    found: list[str] = []
    for key in ("ATTENDEE", "ORGANIZER"):
        value = event.get(key)
        for one in value if isinstance(value, list) else [value] if value is not None else []:
            if str(one.params.get("PARTSTAT", "")).upper() == "DECLINED":
                continue
            address = str(one)
            found += [str(one.params.get("CN", "")), address[7:] if address.lower().startswith("mailto:") else address]
        if found:
            break
    return tuple(dict.fromkeys(text for text in found if text))


def _length(home: str, event: Any, begins: Wall) -> int:
    """How long the event lasts on the wall, µs (RFC 5545: without an end a date lasts a day, an instant no time)."""
    if "DTEND" in event:
        return max(_local(wall_of(home, event["DTEND"]), begins) - begins.local, 0)
    if "DURATION" in event:
        return max(int(event["DURATION"].dt // _MICRO), 0)
    return DAY_US if begins.whole_day else 0


def _local(wall: Wall, like: Wall) -> int:
    """The stamp on the wall of another: feeds mix UTC and zones."""
    if wall.whole_day or wall.zone == like.zone:
        return wall.local
    return zone(like.zone).local(zone(wall.zone).utc(wall.local))


def _dates(home: str, value: Any) -> Iterable[Wall]:
    for listed in value if isinstance(value, list) else [value] if value is not None else []:
        for stamp in listed.dts:
            yield _of(home, stamp.dt, listed.params.get("TZID") or stamp.params.get("TZID"))


def wall_of(home: str, stamp: Any) -> Wall:
    """A stamp of an event on its wall; ``home``: the zone of stamps that name none."""
    return _of(home, stamp.dt, stamp.params.get("TZID"))


def _of(home: str, moment: Any, tzid: str | None) -> Wall:
    if not isinstance(moment, datetime):
        if not isinstance(moment, date):
            raise ValueError(f"{moment!r} is neither a date nor an instant")
        return Wall(day_ordinal(moment.isoformat()) * DAY_US, home, whole_day=True)
    local = (moment.replace(tzinfo=None) - _EPOCH) // _MICRO
    if tzid:
        return Wall(local, _olson(str(tzid)), whole_day=False)
    return Wall(local, home if moment.tzinfo is None else "UTC", whole_day=False)


def _olson(tzid: str) -> str:
    """The region of a TZID: itself, what Windows calls it, or what follows a vendor's prefix (``/example.org/Europe/Berlin``)."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    known = str(WINDOWS_TO_OLSON.get(tzid, tzid))
    parts = known.strip("/").split("/")
    for name in (known, "/".join(parts[-2:]), "/".join(parts[-3:])):
        try:
            zone(name)
        except UnknownZone:
            continue
        return name
    raise UnknownZone(f"the time zone {tzid!r} of the feed is no region of the zone database")


def _finding(reading: _Reading, event: Any, message: str) -> Finding:
    named = str(event.get("SUMMARY") or event.get("UID") or "an event without a name")
    return Finding("calendar-feed", f"{named}: {message}", Place(reading.file))
