"""An agreement with people, and declarations about them, for the tests of the live side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from upheld.agreement.load import load
from upheld.clocks.table import NEVER, Agenda, ClockKey, ClockTable, StepTable
from upheld.facts.leaves import batches_of
from upheld.facts.record import record
from upheld.facts.tables import Facts
from upheld.plans.plan import Plan
from upheld.sources.records import record_line
from upheld.values.instant import parse_instant

AGREEMENT = """upheld: 1
agreement: acme
title: Storage support for ACME
effective: {from: 2026-01-01, until: 2028-12-31}
timezone: Europe/Berlin
currency: EUR
parties:
  provider: {name: Northwind, contact: duty-manager}
  customer: {name: ACME Bank, contact: acme-it, language: de}
  field: {name: Fieldserv, role: partner, contact: fieldserv, language: fr}
calendars:
  office: {hours: {mon-fri: [08:00-17:00]}}
attributes:
  severity: {by impact: {high: 1, low: 2}}
states:
  site-down: {where: {kind: site-outage}, same: [site]}
commitments:
  restore:
    says: The service runs again within four hours.
    measure: clock
    starts: opened
    stops: solved
    within: 4h
    per: month
    escalation: p1
  answer:
    says: An engineer answers.
    measure: clock
    starts: opened
    stops: [answered, solved]
    hours: office
    within: {by severity: {1: 1h, else: 4h}}
    per: month
    escalation: calm
contacts:
  anna: {name: Anna Meier, mail: anna@northwind.example, phone: "+49 30 1234567", by: [phone, mail], language: de}
  ben: {name: Ben Fink, mail: ben@northwind.example, chat: ops}
  chris: {name: Chris Roy, mail: chris@northwind.example, hours: office}
  dora: {name: Dora Vos, mail: dora@northwind.example, language: nl}
  acme-it: {name: IT desk, party: customer, mail: it@acme.example, language: de}
  fieldserv: {name: Poste de garde, party: field, mail: garde@fieldserv.example, language: fr}
roles:
  on-call: {title: Engineer on call, rota: desk, falls_to: duty-manager}
  office-desk: {rota: day, falls_to: on-call}
  second: {contacts: chris}
  duty-manager: {title: Duty manager, contacts: dora, authority: may fail over to the second site}
  paging: {rota: tool}
rotas:
  desk: {members: [anna, ben, chris], each: 1 week, starts: 2026-01-05, hands_over: 09:00}
  day: {members: [anna, ben], each: 1 days, starts: 2026-01-05, hands_over: 08:00, hours: office}
  tool: {feed: pager}
playbooks:
  restart: |
    ## Restart the array
    One controller at a time. [Runbook](https://wiki.northwind.example/restart)
escalations:
  p1:
    steps:
      - {at: 50%, tell: on-call, decides: duty-manager, says: Look at it now.}
      - {at: 100%, tell: [duty-manager, customer, field], by: mail, decides: duty-manager}
      - {after: 2h, tell: duty-manager}
    repeat: 15m
    repeats: 3
    acknowledge: 30m
    muted_while: site-down
    playbook: restart
  calm: {steps: [{at: 75%, tell: [second, paging, office-desk]}], quiet: office, muted_while: restore}
"""


def at(text: str) -> int:
    """µs UTC of an RFC 3339 instant."""
    return parse_instant(text)


def plan_of(text: str = AGREEMENT) -> Plan:
    """The plan; the agreement has no errors."""
    loaded = load({"a.yaml": text.encode()}, name="a.yaml")
    assert [f for f in loaded.findings if f.severity == "error"] == []
    assert loaded.plan is not None
    return loaded.plan


def said(kind: str, about: str, actor: str, when: str, known: str = "", **says: str) -> tuple[str, str, str, str, str, dict[str, str]]:
    """One declaration, to be made a fact by ``facts_of``. ``from_`` is written ``from``."""
    return kind, about, actor, when, known or when, {k.rstrip("_"): v for k, v in says.items()}


def facts_of(*declarations: tuple[str, str, str, str, str, dict[str, str]], events: Sequence[tuple[str, str, str, dict[str, str]]] = (),
             intervals: Sequence[tuple[str, str, str, dict[str, str]]] = ()) -> Facts:
    """Facts: declarations; ``events`` as (case, event, at, says); ``intervals`` as (kind, start, end, says)."""
    lines: list[bytes] = []
    for case, event, when, says in events:
        lines.append(record_line("events", len(lines) + 1, {"case": case, "event": event, "id": f"e{len(lines) + 1}"},
                                 {"at": at(when), "known_at": at(when)}, says))
    for kind, start, end, says in intervals:
        lines.append(record_line("intervals", len(lines) + 1, {"kind": kind, "subject": "", "id": f"i{len(lines) + 1}"},
                                 {"start": at(start), "end": at(end), "known_at": at(start)}, says))
    for kind, about, actor, when, known, says in declarations:
        name = f"{kind[0].upper()}-{len(lines) + 1}"
        lines.append(record_line("declarations", len(lines) + 1, {"kind": kind, "about": about, "actor": actor, "id": name},
                                 {"at": at(when), "known_at": at(known)}, says))
    return record(batches_of(lines))


HOUR = 3_600_000_000


def agenda_of(*rows: dict[str, Any], now: str) -> Agenda:
    """An agenda by hand: one clock a row (commitment, case, cycle, start, due, target, elapsed, stop, missed, group, kind, steps)."""
    n = len(rows)

    def times(name: str) -> tuple[Any, Any]:
        given = [row.get(name) for row in rows]
        return np.array([0 if g is None else at(g) for g in given], np.int64), np.array([g is not None for g in given])

    start, _ = times("start")
    (due, has_due), (stop, has_stop), (missed, has_miss) = times("due"), times("stop"), times("missed")
    keys = tuple(ClockKey("acme", r["commitment"], r.get("case", ""), r.get("cycle", "desk:1"), 0) for r in rows)
    next_at = np.array([at(r["next"]) if "next" in r else NEVER for r in rows], np.int64)
    clocks = ClockTable(
        keys, np.array([r.get("kind", 0) for r in rows], np.uint8), ("1",) * n, tuple(r.get("group", ()) for r in rows),
        tuple(r.get("ladder", "p1") for r in rows), start, due, has_due, stop, has_stop, missed, has_miss,
        np.array([r.get("target", 4 * HOUR) for r in rows], np.int64), np.array([r.get("elapsed", 0) for r in rows], np.int64),
        np.array([r.get("state", 0) for r in rows], np.uint8), np.full(n, 2, np.uint8), next_at)
    steps = [(i, step, at(when)) for i, r in enumerate(rows) for step, when in r.get("steps", {}).items()]
    table = StepTable(np.array([i for i, _, _ in steps], np.int64), tuple(rows[i].get("ladder", "p1") for i, _, _ in steps),
                      tuple(step for _, step, _ in steps), np.array([when for _, _, when in steps], np.int64))
    return Agenda(at(now), clocks, table)
