import pytest

from upheld.calendars.holidays import Frozen, diff, read_frozen, write_frozen
from upheld.sources.calendar_feed import read_feed
from upheld.sources.calendar_freeze import UnknownCountryError, freeze, frozen_of
from upheld.values.finding import FindingsError
from upheld.values.instant import date_text, day_ordinal, format_instant

D = day_ordinal
TEXT = """# agreed on 2025-11-03
calendar: DE-BE
library: holidays 0.108
categories: public
first: 2026-01-01
last: 2026-12-31
from: 2026-01-01
until: 2026-12-31
days:
  2026-01-01: "New Year's Day"
  2026-12-25: Christmas Day
"""


def test_a_frozen_list_is_read_and_written():
    frozen = read_frozen("de-be.yaml", TEXT.encode())
    assert frozen == Frozen("DE-BE", ((D("2026-01-01"), "New Year's Day"), (D("2026-12-25"), "Christmas Day")), D("2026-01-01"),
                            D("2026-12-31"), D("2026-01-01"), D("2026-12-31"), "holidays 0.108", ("public",))
    assert read_frozen("again", write_frozen(frozen).encode()) == frozen
    assert frozen.holidays.days == (D("2026-01-01"), D("2026-12-25"))
    assert (frozen.holidays.name, frozen.holidays.until_day) == ("DE-BE", D("2026-12-31"))


@pytest.mark.parametrize(("old", "new", "message", "line"), [
    ("first: 2026-01-01", "first: 2026-13-01", "month must be in 1..12", 5),
    ("first: 2026-01-01\n", "", "does not say its 'first'", 0),
    ("last: 2026-12-31", "last: 2025-12-31", "ends before it begins", 6),
    ("  2026-12-25: Christmas Day", "  2027-12-25: Christmas Day", "2027-12-25 lies outside", 0),
    ("  2026-12-25: Christmas Day", "  2026-01-01: Twice", "2026-01-01 is listed twice", 11),
    ("  2026-12-25: Christmas Day", "  25.12.2026: Christmas Day", "cannot be read", 11),
    ("  2026-12-25: Christmas Day", '  2026-12-25: "Christmas', "cannot be read", 11),
    ("  2026-12-25: Christmas Day", "  2026-02-30: x", "cannot be read", 11),
    ("categories: public", "kinds: public", "no key 'kinds'", 4),
    ("categories: public", "library: public", "'library' is said twice", 4),
])
def test_what_is_wrong_in_a_frozen_list(old, new, message, line):
    with pytest.raises(FindingsError) as caught:
        read_frozen("de-be.yaml", TEXT.replace(old, new).encode())
    finding = next(f for f in caught.value.findings if message in f.message)
    assert (finding.slug, finding.place.line) == ("frozen-calendar", line)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"x" * 5_000_000, b"", b"days:\n  2026-01-01: x\n"])
def test_files_that_are_no_list(data):
    with pytest.raises(FindingsError):
        read_frozen("x", data)


def test_freezing_asks_the_library_once():
    frozen = frozen_of("DE", "BE", [2026, 2028])
    text = freeze("DE", "BE", [2028, 2026])
    assert read_frozen("de-be.yaml", text.encode()) == frozen
    assert (frozen.name, date_text(frozen.first), date_text(frozen.last)) == ("DE-BE", "2026-01-01", "2028-12-31")
    assert frozen.library.startswith("holidays ")
    assert (D("2027-03-08"), "Women's Day") in frozen.days
    assert D("2026-03-08") not in frozen_of("DE", "", [2026]).holidays.days       # Berlin's own
    assert frozen_of("US", "", [2026]).name == "US"


@pytest.mark.parametrize(("country", "part", "kinds", "message"), [
    ("XX", "", (), "no country"), ("holidays", "", (), "no country"), ("DE", "ZZ", (), "no part of DE"),
    ("DE", "", ("lunar",), "no category 'lunar'"),
])
def test_countries_the_library_does_not_know(country, part, kinds, message):
    with pytest.raises(UnknownCountryError, match=message):
        freeze(country, part, [2026], kinds)
    with pytest.raises(ValueError, match="at least one year"):
        freeze("DE", "", [])


def test_what_changed_between_two_lists():
    old = Frozen("DE", ((1, "a"), (5, "b"), (9, "c")), 0, 10)
    new = Frozen("DE", ((1, "a"), (5, "B"), (7, "d"), (12, "e")), 0, 20)
    changed = diff(old, new)
    assert (changed.added, changed.removed, changed.renamed) == (((7, "d"),), ((9, "c"),), ((5, "b", "B"),))
    assert not changed.is_same
    assert diff(old, old).is_same


# ---- iCalendar feeds -------------------------------------------------------------------------------------------------

def feed(*events, zone="Europe/Berlin"):
    body = "".join(f"BEGIN:VEVENT\r\n{event.strip()}\r\nEND:VEVENT\r\n".replace("\n", "\r\n").replace("\r\r", "\r") for event in events)
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{body}END:VCALENDAR\r\n"
    return read_feed("team.ics", text.encode(), zone, D("2026-01-01"), D("2026-12-31"))


def shown(found):
    return [tuple(format_instant(t, "Europe/Berlin")[:19] for t in pair) for pair in found.spans.spans]


def test_whole_days():
    found = feed("UID:1\nSUMMARY:Shutdown\nDTSTART;VALUE=DATE:20251230\nDTEND;VALUE=DATE:20260103",
                 "UID:2\nSUMMARY:Founders\nDTSTART;VALUE=DATE:20200510\nRRULE:FREQ=YEARLY")
    assert [(date_text(day), name) for day, name in found.days.days] == [
        ("2026-01-01", "Shutdown"), ("2026-01-02", "Shutdown"), ("2026-05-10", "Founders")]
    assert found.spans.spans == ()
    assert found.days.holidays.last == D("2026-12-31")


def test_recurrence_with_exceptions_and_a_moved_instance():
    found = feed(
        "UID:1\nDTSTART;TZID=W. Europe Standard Time:20260301T020000\nDTEND;TZID=W. Europe Standard Time:20260301T060000\n"
        "RRULE:FREQ=WEEKLY;COUNT=6\nEXDATE:20260308T010000Z\nRDATE;TZID=Europe/Berlin:20260501T020000",
        "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20260315T020000\nDTSTART;TZID=/example.org/Europe/Berlin:20260316T020000\nDURATION:PT1H",
        "UID:3\nSTATUS:CANCELLED\nDTSTART:20260401T020000Z",
        "UID:4\nDTSTART:20260402T020000\nDTEND:20260402T030000",
        "UID:5\nDTSTART:20260403T020000Z")
    assert shown(found) == [
        ("2026-03-01T02:00:00", "2026-03-01T06:00:00"), ("2026-03-16T02:00:00", "2026-03-16T03:00:00"),
        ("2026-03-22T02:00:00", "2026-03-22T06:00:00"),
        ("2026-03-29T03:00:00", "2026-03-29T06:00:00"),      # 02:00 is skipped: from the change on
        ("2026-04-02T02:00:00", "2026-04-02T03:00:00"), ("2026-04-05T02:00:00", "2026-04-05T06:00:00"),
        ("2026-05-01T02:00:00", "2026-05-01T06:00:00")]


@pytest.mark.parametrize(("event", "message"), [
    ("UID:1\nSUMMARY:Patch\nDTSTART;TZID=Mars/Base:20260301T020000\nDTEND;TZID=Mars/Base:20260301T030000", "Patch: the time zone"),
    ("UID:7\nSUMMARY:", "7: the event has no DTSTART"),
    ("UID:1\nSUMMARY:Half\nDTSTART:20260301T020000Z\nDTEND:noon", "Half: DTEND:"),
    ("DTSTART:20260301T020000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY", "an event without a name: not a recurrence"),
])
def test_events_that_cannot_be_read(event, message):
    with pytest.raises(FindingsError) as caught:
        feed(event)
    assert caught.value.findings[0].message.startswith(message)
    assert caught.value.findings[0].slug == "calendar-feed"


@pytest.mark.parametrize("data", [b"", b"hello", b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", b"\x00\xff", b"x" * (17 * 1024 * 1024)])
def test_files_that_are_no_feed(data):
    with pytest.raises(FindingsError):
        read_feed("x.ics", data, "UTC", 0, 10)
