"""The feed of changes: stable names, growing sequence, cancelled events kept, the same bytes for the same facts; and read in again."""

from __future__ import annotations

from pathlib import Path

from change_worlds import DAY, HOUR, Book, at, plan_of
from icalendar import Calendar

from upheld.changes.feed import to_ics
from upheld.changes.outlook import outlook
from upheld.facts.cut import cut
from upheld.sources.files import load

SAT, UNTIL = at("2026-03-14 22:00"), at("2026-07-01 00:00")
PLAN = plan_of("{while: maintenance, notice: 72h, effect: leave_out}", zone="Europe/Berlin")


def world() -> Book:
    book = Book()
    first = book.interval("maintenance", SAT, SAT + 6 * HOUR, SAT - 10 * DAY, title="Firmware, a long night; with signs", change="CHG-1")
    book.interval("maintenance", SAT + DAY, SAT + DAY + 6 * HOUR, SAT - 5 * DAY, replaces=first, title="Firmware", change="CHG-1")
    gone = book.interval("maintenance", SAT + 7 * DAY, SAT + 7 * DAY + HOUR, SAT - 4 * DAY, title="Cabling")
    book.interval("maintenance", SAT + 7 * DAY, SAT + 7 * DAY + HOUR, SAT - 3 * DAY, replaces=gone, void=True)
    return book


def feed(when: int, freezes: tuple[tuple[int, int, str], ...] = ()) -> bytes:
    return to_ics(outlook([PLAN], world().facts(UNTIL), when), "acme", "Storage", "Europe/Berlin", freezes, at("2026-01-01 00:00"))


def events(data: bytes) -> dict[str, tuple[str, int, str]]:
    return {str(e["UID"]): (str(e["STATUS"]), int(e["SEQUENCE"]), e["DTSTART"].dt.isoformat()) for e in Calendar.from_ical(data).walk("VEVENT")}


def test_a_moved_event_keeps_its_name_and_a_cancelled_one_stays() -> None:
    assert events(feed(SAT - 9 * DAY)) == {"M-1.records.acme@upheld": ("CONFIRMED", 0, "2026-03-14T22:00:00+00:00")}
    assert events(feed(SAT - 2 * DAY)) == {
        "M-1.records.acme@upheld": ("CONFIRMED", 1, "2026-03-15T22:00:00+00:00"),
        "M-3.records.acme@upheld": ("CANCELLED", 1, "2026-03-21T22:00:00+00:00"),
    }


def test_the_same_facts_give_the_same_bytes() -> None:
    assert feed(SAT - 2 * DAY) == feed(SAT - 2 * DAY)
    assert b"\r\n" in feed(SAT - 2 * DAY)
    assert all(len(line) <= 75 for line in feed(SAT - 9 * DAY).split(b"\r\n"))


def test_a_freeze_of_whole_days_is_an_all_day_event() -> None:
    berlin = at("2026-03-26T23:00:00Z"), at("2026-04-01T22:00:00Z")
    text = feed(SAT - 9 * DAY, ((*berlin, "quarter end"), (berlin[0] + HOUR, berlin[1], ""))).decode()
    assert "DTSTART;VALUE=DATE:20260327\r\nDTEND;VALUE=DATE:20260402" in text
    assert "SUMMARY:Freeze: quarter end" in text
    assert "DTSTART:20260327T000000Z" in text


def test_what_goes_out_comes_in_again(tmp_path: Path) -> None:
    for folder in ("sources", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "sources" / "c.yaml").write_text(
        "upheld-source: 1\nsource: c\nfiles: [data/*.ics]\nintervals: {kind: {is: maintenance}, subject: LOCATION, start: START, end: END}\n"
        "attributes: {title: SUMMARY}\n")
    (tmp_path / "data" / "1.ics").write_bytes(feed(SAT - 9 * DAY))
    (tmp_path / "data" / "2.ics").write_bytes(feed(SAT - 2 * DAY))
    facts = load(tmp_path)
    assert not facts.refused
    table = cut(facts, None).intervals
    assert table is not None
    assert (table.start.tolist(), table.end.tolist(), table.header.known_at.tolist()) == (
        [SAT + DAY], [SAT + DAY + 6 * HOUR], [SAT - 5 * DAY])
    before = cut(facts, SAT - 6 * DAY).intervals
    assert before is not None
    assert before.start.tolist() == [SAT]
