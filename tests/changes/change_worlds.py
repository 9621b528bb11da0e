"""Small worlds for the tests of the change calendar: one agreement, facts written down as records are."""

from __future__ import annotations

from collections.abc import Sequence

from upheld.agreement.load import load
from upheld.facts.leaves import batches_of
from upheld.facts.record import record
from upheld.facts.tables import Facts
from upheld.plans.plan import Plan
from upheld.sources.records import record_line
from upheld.values.instant import parse_instant

HOUR, DAY = 3_600_000_000, 86_400_000_000


def at(text: str) -> int:
    return parse_instant(text if "T" in text else f"{text.replace(' ', 'T')}:00Z")


def load_plan(clauses: str, *, zone: str = "UTC", version: str = "1", since: str = "2026-01-01") -> Plan:
    text = f"""
upheld: 1
agreement: acme
version: {version}
effective: {{from: {since}}}
timezone: {zone}
currency: EUR
parties: {{provider: {{name: Northwind}}, customer: {{name: ACME}}}}
calendars:
  office: {{hours: {{mon-fri: [09:00-17:00]}}}}
  nights: {{hours: {{sat: "22:00-30:00"}}}}
{clauses}
"""
    loaded = load({"a.yaml": text.encode()}, name="a.yaml")
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


def plan_of(exclusion: str, *, commitment: str = "", clause: str = "", hours: str = "always", zone: str = "UTC", version: str = "1",
            since: str = "2026-01-01") -> Plan:
    promised = f'down: outage, out_of: hours, hours: {hours}, per: month, target: ">= 99.9%", excluding: [maintenance]{commitment}'
    return load_plan(f"""
states:
  outage: {{where: {{kind: outage}}}}
  maintenance: {{where: {{kind: maintenance}}}}
exclusions: {{maintenance: {exclusion}}}
commitments: {{uptime: {{measure: availability, {promised}}}}}
{clause}
""", zone=zone, version=version, since=since)


class Book:
    """Facts as they are written down, a line each, known when they are written."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def interval(self, kind: str, start: int, end: int, known: int, name: str = "", replaces: str = "", void: bool = False, **says: str) -> str:
        row = len(self.lines) + 1
        name = name or f"M-{row}"
        numbers = {"start": start, "end": end, "known_at": known} | ({"void": True} if void else {})
        texts = {"kind": kind, "subject": "array", "id": name, "replaces": replaces}
        self.lines.append(record_line("intervals", row, texts, numbers, says))
        return name

    def says(self, kind: str, about: str, actor: str, when: int) -> None:
        row = len(self.lines) + 1
        self.lines.append(record_line("declarations", row, {"kind": kind, "about": about, "actor": actor, "id": f"A-{row}"}, {"at": when}, {}))

    def facts(self, until: int, extra: Sequence[bytes] = ()) -> Facts:
        return record(batches_of([*self.lines, *extra]), {"records": (at("2026-01-01 00:00"), until)})
