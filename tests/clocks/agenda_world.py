"""A small world of running clocks: agreements of every kind of clock and ladder, and facts in minutes that become known when they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from upheld.agreement.load import load
from upheld.facts.batch import Batch
from upheld.facts.record import record
from upheld.facts.tables import Attribute, Facts
from upheld.plans.plan import Plan
from upheld.values.instant import format_instant, parse_instant

MINUTE = 60_000_000
DAY = 1440
BEGIN = parse_instant("2026-03-02T00:00:00Z")          # a Monday
SLOT = 15
"""Minutes between the instants at which anything is said in made histories."""

HEAD = """
upheld: 1
agreement: acme
version: {version}
effective: {{from: {start}}}
adopted: {adopted}
timezone: UTC
calendars:
  office: {{hours: {{mon-fri: [08:00-12:00, 13:00-17:00]}}}}
states:
  waiting: {{from: asked, until: [replied, resolved]{lasts}}}
  open: {{from: opened, until: resolved}}
  freeze: {{where: {{kind: freeze}}{lasts}}}
  works: {{where: {{kind: works}}}}
exclusions:
  works: {{while: works, up_to: 3h per month, effect: leave_out}}
attributes:
  severity: {{read: now}}
roles:
  desk: {{contacts: [ann]}}
contacts:
  ann: {{mail: ann@example.org}}
"""

LADDERS = """
escalations:
  warn:
    steps: [{at: 50%, tell: desk}, {before: 30m, tell: desk}, {at: 100%, tell: desk}, {after: 1h, tell: desk}]
    repeat: 45m
    repeats: 3
    acknowledge: 2h
    then: bosses
  bosses:
    steps: [{at: 75%, tell: desk}, {after: 90m, tell: desk}]
  plain:
    steps: [{at: 50%, tell: desk}, {at: 75%, tell: desk}, {at: 100%, tell: desk}]
"""

CLAUSES = """
commitments:
  response: {measure: clock, for_each: [site], starts: opened, stops: [answered, resolved], pauses: freeze, hours: office, within: 4h,
             per: month, target: ">= 80%", escalation: warn OPEN}
  resolution: {measure: clock, starts: opened, stops: resolved, pauses: waiting, hours: office, reopen: 1 day,
               within: {by severity: {1: 2h, 2: 8h}}, per: month, target: ">= 80%", escalation: plain OPEN}
  shares: {measure: clock, starts: opened, stops: resolved, hours: always, within: {50%: 12h, 100%: 2 working days in office at 16:00},
           per: month, escalation: plain}
  updates: {measure: clock, starts: opened, stops: [answered, updated], again: while open, hours: always, within: 6h, per: month,
            target: ">= 80%", escalation: warn}
"""


def plan_of(version: str = "1", start: str = "2026-01-01", clauses: str = CLAUSES, adopted: str = "2025-12-01", follow: bool = False,
            ladders: str = LADDERS, lasts: str = "") -> Plan:
    """One version; ``lasts``: how long its states must. Raises AssertionError with the findings where the text does not compile."""
    opened = ", open_cases: follow" if follow else ""
    text = HEAD.format(version=version, start=start, adopted=adopted, lasts=lasts) + ladders + clauses.replace(" OPEN", opened)
    loaded = load({"acme.yaml": text.encode()}, name="acme.yaml")
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


Row = dict[str, Any]


def at(minute: float) -> int:
    return BEGIN + int(minute * MINUTE)


def stamp(minute: float) -> str:
    return format_instant(at(minute))


def column(texts: Sequence[str | None]) -> Attribute:
    names = sorted({t for t in texts if t is not None})
    place = {name: i for i, name in enumerate(names)}
    return Attribute(np.array([-1 if t is None else place[t] for t in texts], np.int32), tuple(names))


def times(minutes: Iterable[float]) -> np.ndarray:
    return np.array([at(m) for m in minutes], np.int64)


TEXTS = {"events": ("case", "event"), "intervals": ("kind", "subject"), "declarations": ("kind", "about", "actor")}
STAMPS = {"events": ("at",), "intervals": ("start", "end"), "declarations": ("at",)}


def batch_of(shape: str, rows: Sequence[Row]) -> Batch:
    """Rows of one shape, stamps in minutes; ``known`` (default: its stamp) is when each became known."""
    kept = {*TEXTS[shape], *STAMPS[shape], "id", "replaces", "known", "void"}
    names = sorted({k for r in rows for k in r if r[k] is not None} - kept)
    stamps = {s: times([r[s] for r in rows if r[s] is not None]) if all(r[s] is not None for r in rows) else
              np.array([np.iinfo(np.int64).max if r[s] is None else at(r[s]) for r in rows]) for s in STAMPS[shape]}
    return Batch(
        shape, "desk", f"{shape}.csv", np.arange(1, len(rows) + 1), {t: column([r.get(t, "") for r in rows]) for t in TEXTS[shape]},
        stamps, attributes={n: column([r.get(n) for r in rows]) for n in names},
        known_at=times([r.get("known", r[STAMPS[shape][0]]) for r in rows]),
        ids=column([r["id"] for r in rows]), replaces=column([r.get("replaces") for r in rows]),
        void=np.array([bool(r.get("void")) for r in rows]),
    )


def facts_of(events: Sequence[Row] = (), intervals: Sequence[Row] = (), declarations: Sequence[Row] = ()) -> Facts:
    shapes = (("events", events), ("intervals", intervals), ("declarations", declarations))
    return record([batch_of(shape, rows) for shape, rows in shapes if rows])


def event(number: int, case: str, name: str, minute: float, **more: Any) -> Row:
    return {"id": f"e{number}", "case": case, "event": name, "at": minute, **more}


def story(case: str, *steps: tuple[Any, ...]) -> list[Row]:
    """``(minute, event, {attributes})`` of one case; ids are the case and a number."""
    return [{"id": f"{case}-{i}", "case": case, "event": s[1], "at": s[0], **(s[2] if len(s) > 2 else {})} for i, s in enumerate(steps)]
