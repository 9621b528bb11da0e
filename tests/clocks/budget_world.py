"""A small agreement and its outages, counts and cases, to reckon budgets in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from upheld.agreement.load import load
from upheld.facts.batch import Batch
from upheld.facts.record import record
from upheld.facts.tables import OPEN, Attribute, Facts
from upheld.plans.people import Ladder, LadderStep, People
from upheld.plans.plan import Plan
from upheld.values.instant import parse_instant

M = 60_000_000
H = 60 * M
D = 24 * H
HEAD = """upheld: 1
agreement: acme
version: 1
effective: {from: 2026-01-01}
timezone: UTC
calendars:
  office: {hours: {mon-fri: 08:00-18:00}}
states:
  outage: {where: {kind: outage}}
  long: {where: {kind: outage}, at_least: 10m}
  maintenance: {where: {kind: maintenance}}
"""


def us(text: str) -> int:
    """``01-05 10:00`` of 2026."""
    return parse_instant(f"2026-{text.replace(' ', 'T')}:00Z" if ":" in text else f"2026-{text}T00:00:00Z")


def agreement(commitments: str, more: str = "", head: str = HEAD) -> Plan:
    text = head + more + "commitments:\n" + "".join(f"  {line}\n" for line in commitments.strip().splitlines())
    loaded = load({"acme.yaml": text.encode()}, name="acme.yaml")
    assert loaded.plan is not None, "\n".join(f.message for f in loaded.findings)
    return loaded.plan


def laddered(plan: Plan, *percents: int) -> Plan:
    """The plan with a ladder of these percents on each of its commitments."""
    ladder = Ladder("alarm", tuple(LadderStep(at=Fraction(p, 100)) for p in percents))
    clauses = {name: replace(c, head=replace(c.head, ladder="alarm")) for name, c in plan.commitments.items()}
    return replace(plan, commitments=clauses, people=People(ladders={"alarm": ladder}))


def column(texts: Sequence[str | None]) -> Attribute:
    names = sorted({t for t in texts if t is not None})
    return Attribute(np.array([-1 if t is None else names.index(t) for t in texts], np.int32), tuple(names))


def facts(outages: Sequence[tuple[int, int | None]] = (), maintenance: Sequence[tuple[int, int]] = (),
          counts: Sequence[tuple[int, int, int]] = (), cases: Sequence[tuple[str, int, int | None]] = (),
          watched: tuple[int, int] = (us("01-01"), us("12-31")), slice_us: int = 5 * M) -> Facts:
    """``counts``: (start, good, total); ``cases``: (name, opened, done). Everything is known when it happened."""
    batches = []
    spans = [("outage", a, b) for a, b in outages] + [("maintenance", a, b) for a, b in maintenance]
    spans.append(("outage", watched[0] - D, watched[0] - D + 1))
    start, end = np.array([s[1] for s in spans]), np.array([OPEN if s[2] is None else s[2] for s in spans])
    batches.append(Batch("intervals", "probe", "probe.csv", np.arange(1, len(spans) + 1),
                         {"kind": column([s[0] for s in spans]), "subject": column(["web"] * len(spans))}, {"start": start, "end": end},
                         known_at=np.where(np.array([s[0] for s in spans]) == "maintenance", us("01-01") - D, start)))
    if counts:
        at = np.array([c[0] for c in counts])
        batches.append(Batch("counts", "meter", "meter.csv", np.arange(1, len(counts) + 1), {"series": column(["hits"] * len(counts))},
                             {"start": at, "end": at + slice_us}, {"good": np.array([c[1] for c in counts]),
                                                                   "total": np.array([c[2] for c in counts])}))
    rows = [(name, event, at) for name, opened, done in cases for event, at in (("opened", opened), ("done", done)) if at is not None]
    if rows:
        batches.append(Batch("events", "desk", "desk.csv", np.arange(1, len(rows) + 1),
                             {"case": column([r[0] for r in rows]), "event": column([r[1] for r in rows])},
                             {"at": np.array([r[2] for r in rows])}))
    return record(batches, {"probe": watched, "meter": watched, "desk": watched})
