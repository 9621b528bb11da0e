"""A maintenance calendar as facts: recurrences in wall time, moved and cancelled occurrences as corrections, copies of a feed read together."""

from __future__ import annotations

from pathlib import Path

import pytest

from upheld.facts.cut import cut
from upheld.facts.tables import OPEN, Facts, Intervals
from upheld.sources.files import load
from upheld.values.instant import format_instant, parse_instant

SOURCE = """\
upheld-source: 1
source: calendar
files: [data/*.ics]
format: ics
stamps: {zone: Europe/Berlin}
intervals: {kind: {is: maintenance}, subject: LOCATION, start: START, end: END}
attributes: {title: SUMMARY}
repeats_until: 2026-12-31
"""
SERIES = """\
UID:weekly
DTSTAMP:20260201T080000Z
SEQUENCE:0
SUMMARY:Weekly window
LOCATION:array
DTSTART;TZID=Europe/Berlin:20260321T220000
DTEND;TZID=Europe/Berlin:20260322T040000
RRULE:FREQ=WEEKLY;COUNT=4
"""


def feed(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\n{event}END:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{body}END:VCALENDAR\n".replace("\n", "\r\n")


def facts_of(root: Path, *copies: str, source: str = SOURCE) -> Facts:
    for folder in ("sources", "data"):
        (root / folder).mkdir(exist_ok=True)
    (root / "sources" / "calendar.yaml").write_text(source)
    for number, text in enumerate(copies):
        (root / "data" / f"{number}.ics").write_text(text, newline="")
    return load(root)


def windows(table: Intervals | None) -> list[tuple[str, str]]:
    assert table is not None
    ends = ["open" if end == OPEN else format_instant(end) for end in table.end.tolist()]      # no end that has not come is known
    return sorted(zip(map(format_instant, table.start.tolist()), ends, strict=True))


def test_a_weekly_window_keeps_its_wall_time_when_the_clocks_change(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, feed(SERIES))
    assert not facts.refused
    assert windows(cut(facts, None).intervals) == [
        ("2026-03-21T21:00:00Z", "2026-03-22T03:00:00Z"),
        ("2026-03-28T21:00:00Z", "2026-03-29T02:00:00Z"),      # five hours: the clocks are put forward in it
        ("2026-04-04T20:00:00Z", "2026-04-05T02:00:00Z"),
        ("2026-04-11T20:00:00Z", "2026-04-12T02:00:00Z"),
    ]


def test_in_autumn_the_night_has_an_hour_more(tmp_path: Path) -> None:
    event = SERIES.replace("20260321T", "20261024T").replace("20260322T", "20261025T").replace("COUNT=4", "COUNT=2")
    assert windows(cut(facts_of(tmp_path, feed(event)), None).intervals) == [
        ("2026-10-24T20:00:00Z", "2026-10-25T03:00:00Z"), ("2026-10-31T21:00:00Z", "2026-11-01T03:00:00Z")]


def test_a_series_without_end_is_laid_out_as_far_as_the_source_says(tmp_path: Path) -> None:
    table = cut(facts_of(tmp_path, feed(SERIES.replace(";COUNT=4", ""))), None).intervals
    assert table is not None
    assert len(table) == 41
    assert windows(table)[-1][0] == "2026-12-26T21:00:00Z"
    shorter = cut(facts_of(tmp_path, feed(SERIES.replace(";COUNT=4", "")), source=SOURCE.replace("repeats_until: 2026-12-31\n", "")), None)
    assert windows(shorter.intervals)[-1][0] == "2027-03-20T21:00:00Z"       # a year beyond the last stamp of the feed


MOVED = """\
UID:weekly
DTSTAMP:20260320T080000Z
SEQUENCE:1
SUMMARY:Weekly window
LOCATION:array
RECURRENCE-ID;TZID=Europe/Berlin:20260404T220000
DTSTART;TZID=Europe/Berlin:20260405T230000
DTEND;TZID=Europe/Berlin:20260406T030000
"""
CANCELLED = """\
UID:weekly
DTSTAMP:20260325T080000Z
SEQUENCE:1
STATUS:CANCELLED
SUMMARY:Weekly window
LOCATION:array
RECURRENCE-ID;TZID=Europe/Berlin:20260411T220000
DTSTART;TZID=Europe/Berlin:20260411T220000
DTEND;TZID=Europe/Berlin:20260412T040000
"""


def test_a_moved_and_a_cancelled_occurrence_are_corrections(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, feed(SERIES, MOVED, CANCELLED))
    assert not facts.refused
    before = windows(cut(facts, parse_instant("2026-03-19T00:00:00Z")).intervals)
    assert len(before) == 4
    table = cut(facts, parse_instant("2026-03-21T00:00:00Z")).intervals
    assert table is not None
    assert len(table) == 4
    moved = [i for i in range(4) if format_instant(int(table.start[i])) == "2026-04-05T21:00:00Z"]
    assert [format_instant(int(table.header.known_at[i])) for i in moved] == ["2026-03-20T08:00:00Z"]
    assert [s for s, _ in windows(cut(facts, parse_instant("2026-03-26T00:00:00Z")).intervals)] == [
        "2026-03-21T21:00:00Z", "2026-03-28T21:00:00Z", "2026-04-05T21:00:00Z"]


def test_copies_of_a_feed_are_read_together(tmp_path: Path) -> None:
    one = "UID:single\nDTSTAMP:{0}\nSEQUENCE:{1}\nSUMMARY:{3}\nLOCATION:array\nDTSTART:{2}T200000Z\nDTEND:{2}T230000Z\n"
    first = feed(one.format("20260201T080000Z", 0, "20260401", "Cabling"))
    again = feed(one.format("20260208T080000Z", 0, "20260401", "Cabling"))                  # the same, exported anew
    later = feed(one.format("20260301T080000Z", 1, "20260408", "Cabling"))
    ended = feed(one.format("20260305T080000Z", 2, "20260408", "Cabling") + "STATUS:CANCELLED\n")
    facts = facts_of(tmp_path, first, again, later, ended)
    assert not facts.refused
    assert facts.intervals is not None
    assert len(facts.intervals) == 3
    table = cut(facts, parse_instant("2026-02-10T00:00:00Z")).intervals
    assert table is not None
    assert format_instant(int(table.header.known_at[0])) == "2026-02-01T08:00:00Z"
    assert windows(cut(facts, parse_instant("2026-03-02T00:00:00Z")).intervals) == [("2026-04-08T20:00:00Z", "open")]
    assert windows(cut(facts, None).intervals) == []


@pytest.mark.parametrize(("event", "said"), [
    ("UID:a\nDTSTAMP:20260201T080000Z\nSUMMARY:s\nDTSTART;TZID=Mars/Base:20260401T200000\n", "Mars/Base"),
    ("DTSTAMP:20260201T080000Z\nSUMMARY:s\nDTSTART:20260401T200000Z\nDTEND:20260401T210000Z\n", "no UID"),
    ("UID:a\nDTSTAMP:20260201T080000Z\nSUMMARY:s\nDTSTART:20260401T200000Z\nRRULE:FREQ=SECONDLY\n", "recurrence"),
    ("UID:a\nDTSTAMP:20260201T080000Z\nSUMMARY:s\nDTSTART:20260401T200000Z\nDTEND:20260401T190000Z\n", "takes no time"),
    ("UID:a\nDTSTAMP:20260201T080000Z\nSEQUENCE:x\nSUMMARY:s\nDTSTART:20260401T200000Z\nDTEND:20260401T210000Z\n", "SEQUENCE"),
    ("UID:a\nSUMMARY:s\nLOCATION:x\nDTSTART:20260401T200000Z\nDTEND:20260401T210000Z\n", "known_at"),
])
def test_what_cannot_be_read_is_told(tmp_path: Path, event: str, said: str) -> None:
    facts = facts_of(tmp_path, feed(event))
    assert any(said in f"{r.text} {r.message}" for r in facts.refused), facts.refused


def test_a_floating_time_needs_a_zone_and_a_column_must_be_one(tmp_path: Path) -> None:
    floating = feed("UID:a\nDTSTAMP:20260201T080000Z\nSUMMARY:s\nDTSTART:20260401T200000\nDTEND:20260401T210000\n")
    facts = facts_of(tmp_path, floating, source=SOURCE.replace("stamps: {zone: Europe/Berlin}\n", ""))
    assert "name no zone" in facts.refused[0].message
    facts = facts_of(tmp_path, feed(SERIES), source=SOURCE.replace("LOCATION", "LOCATON"))
    assert "LOCATION" in facts.refused[0].message
    cut_off = facts_of(tmp_path, feed(SERIES)[:-20])
    assert cut_off.refused[0].slug == "calendar-feed"


def test_a_whole_day_lies_between_local_midnights(tmp_path: Path) -> None:
    day = feed("UID:a\nDTSTAMP:20260201T080000Z\nSUMMARY:s\nDTSTART;VALUE=DATE:20260329\nDTEND;VALUE=DATE:20260330\n")
    assert windows(cut(facts_of(tmp_path, day), None).intervals) == [("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]
