"""Whatever is fed to a reader, it answers with facts, a plan, or findings: never with another exception.

Small here; ``make campaign-fuzz`` runs the same with more examples (``UPHELD_FUZZ`` of each) and prints the seed.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from upheld.agreement.load import load
from upheld.agreement.reader import read
from upheld.calendars.holidays import read_frozen
from upheld.conform import conform_files
from upheld.facts.cut import cut
from upheld.sources.calendar_feed import read_feed
from upheld.sources.files import load as load_facts
from upheld.sources.guess import guess
from upheld.sources.model import read_source
from upheld.values.finding import FindingsError
from upheld.values.finding_format import render

ROOT = Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("UPHELD_FUZZ", "60"))
GOOD = {
    "agreement": [p.read_bytes() for p in sorted((ROOT / "examples").rglob("agreements/**/*.yaml"))],
    "source": [p.read_bytes() for p in sorted((ROOT / "examples").rglob("sources/*.yaml"))],
    "calendar": [p.read_bytes() for p in sorted((ROOT / "examples").rglob("calendars/*.yaml"))] or [b"calendar: X\nfirst: 2026-01-01\n"],
    "cases": [p.read_bytes()[:4000] for p in sorted((ROOT / "tests/conform/cases").glob("*.json"))],
    "csv": [p.read_bytes()[:3000] for p in sorted((ROOT / "examples").rglob("data/*.csv"))],
    "feed": [(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:"
             b"20260105T090000\r\nDURATION:PT8H\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")],
}
CHANGES = b"""upheld: 1
agreement: a
effective: {from: 2026-01-01}
timezone: Europe/Berlin
calendars: {office: {hours: {mon-fri: 09:00-17:00}}}
states: {outage: {where: {kind: outage}}, works: {where: {kind: works}}}
exclusions: {works: {while: works, notice: 72h, effect: leave_out}}
commitments: {uptime: {measure: availability, down: outage, out_of: period, per: month, target: ">= 99%", excluding: works}}
changes:
  notice: {normal: 5 working days in office, emergency: none}
  approval: customer
  windows: office
  freezes:
    - {from: 2026-11-20, until: 2026-12-31 18:00, except: [emergency]}
    - {rule: "FREQ=MONTHLY;BYMONTHDAY=-1", starts: 2026-01-31, for: 24h}
  states: [works]
"""
MOVED = (b"SUMMARY:s\r\nLOCATION:l\r\nSEQUENCE:0\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260102T000000Z\r\nSEQUENCE:1\r\n"
         b"RECURRENCE-ID;TZID=Europe/Berlin:20260112T090000\r\nDTSTART;TZID=Europe/Berlin:20260113T090000\r\n"
         b"DTEND;TZID=Europe/Berlin:20260113T100000\r\nEND:VEVENT\r\n")
GOOD["changes"] = [CHANGES]
GOOD["feed"].append(GOOD["feed"][0].replace(b"END:VEVENT\r\n", MOVED, 1))
PIECES = [b"\n", b"  ", b": ", b"{", b"}", b"[", b"]", b'"', b"&a ", b"*a", b"!!int ", b"---\n", b"\0", b"\xff", b"\xe2\x80\xae", b"9" * 40,
          b"-1", b"1e999", b"NaN", b",", b";", b"\t", b"''", b"none", b"else", b">= ", b"100.1%", b"P1M", b"2026-02-30", b"\xef\xbb\xbf", b"|",
          b"like: ", b"="]
fuzzed = settings(max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def damaged(draw: st.DrawFn, kind: str) -> bytes:
    """A good text with some cuts, doublings and insertions, or plain bytes."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    data = draw(st.sampled_from(GOOD[kind]))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 3)):
            case 0:
                data = data[:at] + data[at + draw(st.integers(1, 30)):]
            case 1:
                data = data[:at] + draw(st.sampled_from(PIECES)) + data[at:]
            case 2:
                upto = at + draw(st.integers(1, 60))
                data = data[:upto] + data[at:upto] + data[upto:]
            case _:
                data = data[:at] + draw(st.binary(min_size=1, max_size=3)) + data[at + 1:]
    return data


@fuzzed
@given(damaged("agreement"))
def test_an_agreement(data: bytes) -> None:
    loaded = load({"a.yaml": data}, name="a.yaml", holidays={}, bases=lambda _a, _v: None)
    assert loaded.plan is not None or loaded.findings
    for form in ("text", "json", "github", "sarif"):
        render(loaded.findings, form)  # type: ignore[arg-type]


@fuzzed
@given(damaged("changes"))
def test_a_changes_clause(data: bytes) -> None:
    loaded = load({"a.yaml": data}, name="a.yaml", holidays={}, bases=lambda _a, _v: None)
    assert loaded.plan is not None or loaded.findings


@fuzzed
@given(damaged("source"))
def test_a_source_file(data: bytes) -> None:
    try:
        read_source("s.yaml", data)
    except FindingsError as problem:
        assert problem.findings  # noqa: PT017 - an answer is as good as a plan


@fuzzed
@given(damaged("calendar"))
def test_a_frozen_calendar(data: bytes) -> None:
    try:
        read_frozen("c.yaml", data)
    except FindingsError as problem:
        assert problem.findings  # noqa: PT017 - an answer is as good as a plan


@fuzzed
@given(damaged("feed"))
def test_a_feed(data: bytes) -> None:
    try:
        read_feed("f.ics", data, "UTC", 20_000, 21_000)
    except FindingsError as problem:
        assert problem.findings  # noqa: PT017 - an answer is as good as a plan


@fuzzed
@given(damaged("feed"), damaged("feed"))
def test_copies_of_a_maintenance_calendar(one: bytes, other: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "sources").mkdir()
        (root / "data").mkdir()
        (root / "sources/c.yaml").write_text("upheld-source: 1\nsource: c\nfiles: [data/*.ics]\nstamps: {zone: Europe/Berlin}\n"
                                             "intervals: {kind: {is: works}, subject: LOCATION, start: START, end: END}\n"
                                             "attributes: {title: SUMMARY}\n")
        (root / "data/1.ics").write_bytes(one)
        (root / "data/2.ics").write_bytes(other)
        facts = load_facts(root)
        assert all(r.slug and r.file for r in facts.refused)
        cut(facts, None)


@fuzzed
@given(damaged("cases"))
def test_clock_cases(data: bytes) -> None:
    assert conform_files([("c.json", data)]).lines()


@fuzzed
@given(damaged("csv"), st.sampled_from(["facts.csv", "facts.jsonl", "facts.parquet", "facts.csv.gz"]))
def test_a_guess(data: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            found = guess(path)
        except FindingsError as problem:
            assert problem.findings  # noqa: PT017 - an answer is as good as a mapping
        else:
            read(name, found.agreement.encode())
            read_source(name, found.source.encode())


@pytest.mark.parametrize("example", ["published/cisco-sntc", "published/odot-rucp"])
@settings(max_examples=max(COUNT // 4, 10), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=damaged("csv"))
def test_a_file_of_facts(example: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "sources").mkdir()
        (root / "data").mkdir()
        (root / "sources/facts.yaml").write_bytes((ROOT / "examples" / example / "sources/facts.yaml").read_bytes())
        (root / "data/facts.csv").write_bytes(data)
        try:
            facts = load_facts(root)
        except FindingsError as problem:
            assert problem.findings  # noqa: PT017 - an answer is as good as a mapping
        else:
            assert all(r.slug and r.file for r in facts.refused)
