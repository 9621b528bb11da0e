"""A small world for laws: one agreement with every measure, and facts made from rows in minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from upheld.agreement.load import load
from upheld.facts.batch import Batch
from upheld.facts.record import record
from upheld.facts.tables import Attribute, Facts
from upheld.plans.plan import Plan
from upheld.values.instant import parse_instant

MINUTE = 60_000_000
DAY = 1440
BEGIN = parse_instant("2026-01-01T00:00:00Z")
UNTIL_DAY = 120
"""Days watched, from ``BEGIN``."""

HEAD = """
upheld: 1
agreement: acme
version: {version}
effective: {{from: {start}}}
timezone: UTC
calendars:
  office: {{hours: {{mon-fri: [08:00-12:00, 13:00-17:00]}}}}
states:
  outage: {{where: {{kind: outage, severity: [1, 2]}}, at_least: 2m}}
  maintenance: {{where: {{kind: maintenance}}}}
  waiting: {{from: asked, until: [replied, resolved]}}
exclusions:
  maintenance: {{while: maintenance, up_to: 8h per month, effect: leave_out}}
attributes:
  urgency: {{by severity: {{1: high, else: low}}, read: now, on_change: keep_elapsed}}
commitments:
"""

CLAUSES = """
  uptime: {measure: availability, for_each: [site], down: outage, out_of: period, per: month, target: ">= 99%",
           excluding: [maintenance], mid_window: MID}
  lost: {measure: availability, down: outage, out_of: hours, hours: office, value: total, per: month, target: "<= 4h", mid_window: MID}
  response: {measure: clock, starts: opened, stops: [answered, resolved], hours: office, within: 4h, per: month,
             target: ">= 80%", mid_window: MID}
  resolution:
    {measure: clock, starts: opened, stops: resolved, pauses: waiting, hours: office, within: {by urgency: {high: 8h, low: 16h}}, per: month,
     target: ">= 80%", mid_window: MID}
  shares: {measure: clock, starts: opened, stops: resolved, hours: always, within: {50%: 24h, 100%: 96h}, per: month, mid_window: MID}
  good: {measure: values, ratio: {good: {severity: [1, 2]}, total: any}, facts: cases, per: month, target: ">= 10%", mid_window: MID}
  both: {measure: combine, all of: [lost, response], per: month, target: ">= 100%", mid_window: MID}
"""


def plan_of(version: str = "1", start: str = "2026-01-01", clauses: str = CLAUSES, mid: str = "next") -> Plan:
    text = HEAD.format(version=version, start=start) + clauses.replace("MID", mid)
    loaded = load({"acme.yaml": text.encode()}, name="acme.yaml")
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


Row = dict[str, Any]


def column(texts: Sequence[str | None]) -> Attribute:
    names = sorted({t for t in texts if t is not None})
    return Attribute(np.array([-1 if t is None else names.index(t) for t in texts], np.int32), tuple(names))


def times(minutes: Iterable[int]) -> np.ndarray:
    return np.array([BEGIN + m * MINUTE for m in minutes], np.int64)


def batch_of(shape: str, rows: Sequence[Row]) -> Batch:
    """Rows of one shape; ``known`` in minutes or None for all; ids are given to all or none."""
    texts = ("case", "event") if shape == "events" else ("kind", "subject")
    stamps = ("at",) if shape == "events" else ("start", "end")
    kept = {*texts, *stamps, "id", "replaces", "known", "void"}
    names = sorted({k for r in rows for k in r} - kept)
    said = [r.get("known") for r in rows]
    return Batch(
        shape, "desk", f"{shape}.csv", np.arange(1, len(rows) + 1), {t: column([r[t] for r in rows]) for t in texts},   # type: ignore[arg-type]
        {s: times([r[s] for r in rows]) for s in stamps}, attributes={n: column([r.get(n) for r in rows]) for n in names},
        known_at=times(said) if rows and all(k is not None for k in said) else None,
        ids=column([r["id"] for r in rows]), replaces=column([r.get("replaces") for r in rows]),
    )


def facts_of(events: Sequence[Row], intervals: Sequence[Row]) -> Facts:
    batches = [batch_of(shape, rows) for shape, rows in (("events", events), ("intervals", intervals)) if rows]
    return recorded(batches)


def recorded(batches: Sequence[Batch]) -> Facts:
    """The batches as facts; the desk watched cases, outages and maintenance for the whole time."""
    what = ["cases", "maintenance", "outage"]
    watched = Batch("coverage", "desk", "coverage.csv", np.arange(1, 4), {"what": column(what)},
                    {"start": times([0] * 3), "end": times([UNTIL_DAY * DAY] * 3)})
    return record([*batches, watched])


def shuffled(batch: Batch, order: Sequence[int]) -> Batch:
    """The rows of a batch in another order; each keeps its number."""
    at = np.array(order, np.int64)

    def moved(value: Any) -> Any:
        if isinstance(value, Attribute):
            return value.take(at)
        if isinstance(value, np.ndarray):
            return value[at]
        return {k: moved(v) for k, v in value.items()} if isinstance(value, dict) else value

    return replace(batch, **{f.name: moved(getattr(batch, f.name)) for f in fields(batch)})


def _case(draw: Any, number: int) -> list[Row]:
    start = draw(st.integers(0, 100 * DAY))
    steps = draw(st.lists(st.tuples(st.sampled_from(["asked", "replied", "answered", "resolved", "noise"]), st.integers(0, 3000)), max_size=5))
    severity = draw(st.sampled_from(["1", "2", None]))
    rows = [{"case": f"T-{number}", "event": "opened", "at": start, "severity": severity, "site": "a"}]
    at = start
    for event, gap in steps:
        at += gap
        later = draw(st.sampled_from([None, None, "1", "2"]))
        rows.append({"case": f"T-{number}", "event": event, "at": at, "severity": later, "site": None})
    return rows


@st.composite
def event_rows(draw: Any, most: int = 6) -> list[Row]:
    """Events of some cases, with severities that change or are never said."""
    found = [row for number in range(draw(st.integers(1, most))) for row in _case(draw, number)]
    return [{**row, "id": f"e{i}"} for i, row in enumerate(found)]


@st.composite
def interval_rows(draw: Any, most: int = 8) -> list[Row]:
    """Outages and maintenance at two sites, some with corrections."""
    rows: list[Row] = []
    for i in range(draw(st.integers(0, most))):
        start = draw(st.integers(0, 100 * DAY))
        row = {"id": f"i{i}", "kind": draw(st.sampled_from(["outage", "outage", "maintenance"])), "subject": "x", "start": start,
               "end": start + draw(st.integers(1, 3000)), "severity": draw(st.sampled_from(["1", "3", None])),
               "site": draw(st.sampled_from(["a", "b"])), "replaces": None}
        rows.append(row)
        if draw(st.booleans()):
            rows.append({**row, "id": f"c{i}", "replaces": f"i{i}", "end": row["start"] + draw(st.integers(1, 3000))})
    return rows
