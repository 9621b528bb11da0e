import json
from pathlib import Path

import pytest

from upheld.conform import conform_files, run

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("*.json"))
WEEK = {"tz": "Europe/Berlin", "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}, "holidays": []}
START = "2026-03-06T16:00:00+01:00"


def case(kind="add", expected=None, check="agree", **more):
    body = {"id": "x", "kind": kind, "calendar": WEEK, "events": [{"type": "start", "at": START}], "expected": expected or {},
            "targets": [{"metric": "duration", "seconds": 3600}], "check": {"status": check}, **more}
    return run([body])[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_case_ends_as_its_file_claims(path):
    report = conform_files([(path.name, path.read_bytes())])
    assert [c for c in report.agreements if not c.is_as_claimed] == []
    assert report.ok
    assert all(c.status == "differs" and c.reason for c in report.agreements if c.claim == "differs")
    assert all(c.status == "not computed" for c in report.agreements if c.claim == "not_checked")
    assert len(report.agreements) == len(json.loads(path.read_bytes())["cases"])


def test_the_last_line_counts():
    report = conform_files([(p.name, p.read_bytes()) for p in FILES])
    assert report.lines()[-1] == "284 agree, 4 differ, 7 not computed"


def test_a_case_that_disagrees_says_both_values():
    found = case(expected={"due": "2026-03-06T16:59:00+01:00"})
    assert (found.status, found.is_as_claimed) == ("differs", False)
    report = conform_files([("x.json", json.dumps({"cases": [{"id": "y", "kind": "open_at", "calendar": WEEK, "check": {"status": "agree"},
                            "events": [{"type": "query", "at": START}], "expected": {"open": False}}]}).encode())])
    assert not report.ok
    assert report.lines() == ("y: differs: the source says open no, computed open yes", "0 agree, 1 differ, 0 not computed")


def test_the_declared_boundary_decides():
    monday, friday = "2026-03-09T09:00:00+01:00", "2026-03-06T17:00:00+01:00"
    assert case(expected={"due": friday}).status == "agree"
    assert case(expected={"due": monday}).status == "differs"
    assert case(expected={"due": monday}, rules={"boundary": "next_open"}).status == "agree"
    assert case(expected={"due": monday}, check="agree(boundary=next_open)").boundary == "next_open"
    assert case(expected={"due": friday}, rules={"boundary": "sideways"}).boundary == "close"


@pytest.mark.parametrize(("more", "reason"), [
    ({"kind": "seance"}, "kind 'seance'"),
    ({"kind": "ticket"}, "states no clock"),
    ({"kind": "ticket", "measures": [{"metric": "a", "due": START}]}, "no start"),
    ({"kind": "ticket", "measures": [{"metric": "a", "start": START, "elapsed_seconds": 1}]}, "no stop"),
    ({"kind": "ticket", "measures": [{"metric": "a", "start": START, "due": START}]}, "no target"),
    ({"kind": "ticket", "measures": [{"start": START, "stop": START, "elapsed_seconds": 0, "rounding": "astral"}]}, "unknown rounding"),
    ({"kind": "ticket", "measures": [{"start": START, "target_days": 1, "due": START, "unit_rule": "by mood"}]}, "unknown reading"),
    ({"kind": "ticket", "measures": [{"start": START, "target_seconds": 1, "escalation": {"offset": {"moons": 1}}}]}, "offset"),
    ({"kind": "add_days"}, "no target in days"),
    ({"kind": "add_days", "targets": [{"days": 1, "unit_rule": "1 day = the hours of one business day"}]}, "not a date"),
    ({"kind": "add", "targets": []}, "no target"),
    ({"kind": "add", "targets": [{"seconds": -5}]}, "negative"),
    ({"kind": "add", "targets": [{"seconds": "soon"}]}, "cannot be read"),
    ({"kind": "add", "targets": [{"seconds": True}]}, "no number of seconds"),
    ({"kind": "add", "targets": [{"seconds": 10**12}]}, "years away"),
    ({"kind": "add", "events": []}, "no event"),
    ({"kind": "add", "events": [{"type": "start", "at": "yesterday"}]}, "cannot be read"),
    ({"kind": "add", "calendar": {"tz": "Mars/Base", "weekly": {}}}, "Mars/Base"),
    ({"kind": "add", "calendar": {**WEEK, "weekly": {"mon": [["9am", "5pm"]]}}}, "no time of day"),
    ({"kind": "add", "calendar": {**WEEK, "weekly": {}}}, "never opens"),
    ({"kind": "add", "calendar": {**WEEK, "holidays": [{"from": "2026-03-01"}]}}, "cannot be read"),
    ({"kind": "local_to_instant"}, "no wall time"),
    ({"kind": "periods", "events": []}, "no query"),
    ({"kind": "add", "expected": {"mood": 1}}, "asserts mood"),
])
def test_what_cannot_be_computed_is_said(more, reason):
    found = case(**{"expected": {"time": START}, **more})
    assert found.status == "not computed"
    assert reason in found.reason


@pytest.mark.parametrize("body", [None, 3, [], {}, {"kind": "add"}, {"kind": None, "check": 3, "rules": 7, "expected": []},
                                  {"kind": "ticket", "measures": [3, None]}, {"kind": "add", "events": 3}])
def test_no_case_stops_the_run(body):
    assert [c.status for c in run([body])] == ["not computed"]


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"{}", b'{"cases": {}}', b'{"format": "other/2", "cases": []}', b"[" * 100_000,
                                  b" " * (65 * 1024 * 1024)])
def test_files_that_cannot_be_read_are_findings(data):
    good = FILES[0]
    report = conform_files([("bad.json", data), (good.name, good.read_bytes())])
    assert not report.ok
    assert [f.slug for f in report.findings] == ["conform-file"]
    assert len(report.agreements) == 67
    assert any(line.startswith("bad.json: error[conform-file]") for line in report.lines())


def test_declared_rules():
    ticket = {"start": START, "stop": "2026-03-06T17:00:00+01:00", "target_seconds": 3600}
    assert case("ticket", measures=[{**ticket, "breached": False}]).status == "agree"
    assert case("ticket", measures=[{**ticket, "breached": True}], rules={"breached": "now >= due"}).status == "agree"
    closed = {"tz": "UTC", "weekly": {}}
    due = {"due": "2026-03-06T17:00:00+01:00"}
    assert case(expected=due, calendar=closed, rules={"no hours": "falls back to 24/7"}).status == "agree"
    assert case(expected=due, calendar=None).status == "agree"
    rounded = {**ticket, "stop": "2026-03-06T16:00:30+01:00"}
    for rounding, seconds in (("floor_minute", 0), ("ceil_minute", 60), ("round_minute", 60), ("none", 30), ("floor_hour", 0)):
        assert case("ticket", measures=[{**rounded, "elapsed_seconds": seconds, "rounding": rounding}]).status == "agree"


def test_pauses_of_a_timeline_and_overnight_hours():
    nights = {"tz": "UTC", "weekly": {"mon": [["22:00", "06:00"]]}}
    events = [{"type": "start", "at": "2026-03-09T21:00:00Z"}, {"type": "pause", "at": "2026-03-09T23:00:00Z"}, {"type": "note"},
              {"type": "resume", "at": "2026-03-10T01:00:00Z"}, {"type": "pause", "at": "2026-03-10T05:00:00Z"},
              {"type": "stop", "at": "2026-03-10T09:00:00Z"}]
    assert case("elapsed", {"elapsed_seconds": 5 * 3600, "elapsed_minutes": 300}, calendar=nights, events=events).status == "agree"
    events = [{"type": "start", "at": START}, {"type": "pause", "at": START, "until": "2026-03-06T16:30:00+01:00"}]
    assert case("add", {"due": "2026-03-09T09:30:00+01:00"}, events=events).status == "agree"
    assert case("add", {"due": "2026-03-06T17:00:00+01:00"}, events=events, rules={"clock": "wall"}).status == "agree"


def test_pauses_in_a_state_history():
    events = [{"type": "pause", "at": "2026-03-09T09:30:00Z"}, {"type": "note"}, {"type": "resume", "at": "2026-03-09T10:00:00Z"},
              {"type": "state", "state": "pending close", "at": "2026-03-09T11:00:00Z"}, {"type": "tick", "at": "2026-03-09T11:15:00Z"}]
    windows = {"2026-03-09": [["10:30", "11:00"], ["12:00", "12:15"]]}
    assert case("pause_windows", {"windows": windows}, events=events).status == "agree"


def test_a_deadline_in_days_that_is_paused():
    measure = {"start": START, "target_days": 1, "unit_rule": "same clock time N working days away (start day not counted)",
               "pauses": [["2026-03-09T15:00:00+01:00", "2026-03-09T16:30:00+01:00"]], "due": "2026-03-10T09:30:00+01:00"}
    assert case("ticket", measures=[measure]).computed == "0 due 2026-03-10T08:30:00Z"
