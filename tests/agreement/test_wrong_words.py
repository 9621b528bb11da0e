"""One wrong word a line, in an agreement that is right otherwise: the finding names it, and nothing else is said."""

from __future__ import annotations

import pytest

from upheld.agreement.load import load

WHOLE = {
    "calendars": "{office: {hours: {mon-fri: [09:00-17:00]}}}",
    "attributes": "{severity: {by priority: {high: 1, else: 2}}}",
    "states": "{outage: {where: {kind: outage}}}",
    "exclusions": "{maintenance: {while: outage, effect: leave_out}}",
    "commitments": "{up: {measure: availability, down: outage, out_of: period, per: month}}",
}
UP = "{up: {measure: availability, down: outage, out_of: period, per: month, %s}}"
FIX = "{fix: {measure: clock, starts: opened, stops: done, within: 4h, per: month, %s}}"
VALUES = "{v: {measure: values, per: month, %s}}"
SUM = "{up: {measure: availability, down: outage, out_of: period, per: month}, c: {measure: combine, per: month, %s}}"

WRONG = [
    ("calendars", "{office: {hours: {mon-fri: [09:00-17:00, 16:00-18:00]}}}", "hours-overlap"),
    ("calendars", "{office: {hours: {mon-fri: closed, fri: always}}}", "weekday-twice"),
    ("calendars", "{office: {hours: {funday: [09:00-17:00]}}}", "weekdays"),
    ("calendars", "{office: {hours: 9 to 5}}", "shape"),
    ("calendars", "{office: {hours: {mon: always}, dates: {2026-02-30: closed}}}", "date"),
    ("calendars", "{office: {hours: always, holidays: [2026-13-01]}}", "date"),
    ("attributes", "{severity: {read: sometimes}}", "read"),
    ("attributes", "{severity: {read: 24h after incident}}", "read"),
    ("attributes", "{severity: {read: 2 working days before start}}", "duration"),
    ("exclusions", "{x: {while: outage, effect: leave_out, up_to: 8h}}", "allowance"),
    ("exclusions", "{x: {while: outage, effect: leave_out, needs: a nod}}", "needs"),
    ("exclusions", "{x: {effect: leave_out}}", "missing-key"),
    ("commitments", UP % "round: {to: 0%}", "round"),
    ("commitments", UP % "round: {to: a bit}", "number"),
    ("commitments", UP % "binding: perhaps", "flag"),
    ("commitments", "{up: {measure: availability, down: outage, out_of: period, per: fortnight}}", "window"),
    ("commitments", "{up: {measure: availability, down: outage, out_of: period, per: {each: month, from: noon}}}", "window"),
    ("commitments", "{up: {measure: availability, down: outage, out_of: period, per: {last: 30 days}}}", "window"),
    ("commitments", "{up: {measure: availability, down: outage, out_of: period, per: {every: month}}}", "window"),
    ("commitments", "{up: {measure: availability, down: outage, out_of: period, per: {each: month, first: half}}}", "window"),
    ("commitments", "{up: {measure: availability, down: outage, out_of: period, per: {each: month, since: 3}}}", "unknown-key"),
    ("commitments", FIX % "again: open", "again"),
    ("commitments", FIX % "value: p101", "statistic"),
    ("commitments", FIX % "reopen: soon", "duration"),
    ("commitments", "{fix: {measure: clock, starts: {every: month, when: end}, stops: done, within: 4h, per: month}}", "starts"),
    ("commitments", "{fix: {measure: clock, starts: opened, stops: done, within: {150%: 4h}, per: month}}", "share-range"),
    ("commitments", "{fix: {measure: clock, starts: opened, stops: done, within: {all but some: 4h}, per: month}}", "number"),
    ("commitments", VALUES % "ratio: {good: {a: 1}, bad: {a: 2}}", "unknown-key"),
    ("commitments", VALUES % "ratio: {total: any}", "missing-key"),
    ("commitments", SUM % "k of n: {of: [up]}", "shape"),
    ("commitments", SUM % "weighted: [up]", "shape"),
    ("commitments", SUM % "expression: up +", "expression"),
    ("commitments", SUM % "expression: (up * 2", "expression"),
    ("commitments", SUM % "expression: up up", "expression"),
    ("commitments", SUM % "expression: up ? 2", "expression"),
    ("commitments", SUM % "expression: \"* up\"", "expression"),
    ("commitments", SUM % "expression: \"min(up, 2\"", "expression"),
    ("commitments", UP % "examples: [{given: {result: 1%}}]", "missing-key"),
    ("commitments", UP % "examples: [{given: much, expect: met}]", "shape"),
    ("commitments", UP % "examples: [{given: {down: []}, expect: met}]", "shape"),
    ("commitments", UP % "examples: [{given: {down: [{from: 2026-01-01 00:00}], window: 2026-01}, expect: met}]", "missing-key"),
    ("commitments", UP % "examples: [{given: {result: 1%}, expect: {colour: red}}]", "unknown-key"),
    ("commitments", UP % "examples: [{given: {result: 1%}, expect: {}}]", "shape"),
    ("commitments", UP % "examples: [{given: {result: 1%}, when: now, expect: met}]", "unknown-key"),
]


@pytest.mark.parametrize(("part", "text", "slug"), WRONG, ids=lambda v: str(v)[:48])
def test_a_wrong_word_is_named(part: str, text: str, slug: str) -> None:
    parts = {**WHOLE, part: text}
    head = "upheld: 1\nagreement: a\nversion: 1\neffective: {from: 2026-01-01}\ntimezone: UTC\n"
    source = head + "".join(f"{name}: {body}\n" for name, body in parts.items())
    loaded = load({"a.yaml": source.encode()}, name="a.yaml")
    errors = [f for f in loaded.findings if f.severity == "error"]
    assert [f.slug for f in errors] == [slug], errors
    assert loaded.plan is None
    assert errors[0].place.line == source.splitlines().index(f"{part}: {text}") + 1


@pytest.mark.parametrize(("key", "value"), [
    ("version", "two"), ("based_on", "northwind@"), ("complete", "{source: pager}"), ("timezone", "Mars/Olympus"),
])
def test_a_wrong_word_of_the_head_is_named(key: str, value: str) -> None:
    head = {"upheld": "1", "agreement": "a", "version": "1", "effective": "{from: 2026-01-01}", "timezone": "UTC", key: value}
    loaded = load({"a.yaml": "".join(f"{k}: {v}\n" for k, v in head.items()).encode()}, name="a.yaml")
    assert {f.place.line for f in loaded.findings if f.severity == "error"} == {list(head).index(key) + 1}
