"""The world of the simulator: one agreement with every kind of running clock, and a generator of what happens in it.

Law: every arrival comes from the seeded generator; nothing it makes is well-behaved on purpose.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from upheld.facts.arrive import Arrival
from upheld.facts.tables import OPEN
from upheld.values.instant import format_instant, parse_instant

__all__ = ["AGREEMENT", "AMENDED", "BEGIN", "MINUTE", "NAME", "NAME_AMENDED", "SECOND", "World"]

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEGIN = parse_instant("2026-03-02T07:00:00Z")
NAME = "agreements/acme/v1.yaml"
NAME_AMENDED = "agreements/acme/v2.yaml"
AGREEMENT = b"""upheld: 1
agreement: acme
version: 1
effective: {from: 2026-01-01, until: 2028-12-31}
covers: {customer: acme}
timezone: Europe/Berlin
currency: EUR
parties:
  provider: {name: Northwind, contact: desk-lead}
  customer: {name: ACME, language: de}
calendars:
  office: {hours: {mon-fri: [08:00-17:00]}}
states:
  open: {from: opened, until: resolved}
  waiting: {from: asked, until: [replied, resolved]}
  site-down: {where: {kind: site-outage}}
  frozen: {where: {kind: freeze}}
attributes:
  urgency: {by severity: {1: high, else: low}, read: now, on_change: keep_elapsed}
commitments:
  answer:
    {measure: clock, starts: opened, stops: [answered, resolved], hours: office, within: 4h, per: month, target: ">= 80%", escalation: first}
  repair:
    measure: clock
    starts: opened
    stops: resolved
    pauses: [waiting, frozen]
    hours: always
    reopen: 14 days
    within: {by urgency: {high: 8h, low: 16h}}
    per: month
    target: ">= 80%"
    escalation: p1
  updates:
    {measure: clock, starts: opened, stops: updated, again: while open, hours: always, within: 6h, per: month, target: ">= 90%",
     escalation: told}
  review:
    {measure: clock, starts: {every: month, at: start}, stops: reviewed, hours: office, within: 5 days, per: month, target: ">= 100%",
     escalation: told}
contacts:
  anna: {name: Anna Meier, mail: anna@n.example, chat: ops, by: [chat, mail], language: de}
  ben: {mail: ben@n.example}
  boss: {mail: boss@n.example}
  acme-it: {party: customer, mail: it@acme.example}
roles:
  desk-lead: {is: boss}
  on-call: {rota: desk, falls_to: desk-lead}
rotas:
  desk: {members: [anna, ben], each: 12 hours, starts: 2026-01-05, hands_over: 09:00}
playbooks:
  restart: |
    # Restart
    One controller at a time.
escalations:
  first:
    steps:
      - {at: 50%, tell: on-call}
      - {before: 30m, tell: [on-call, desk-lead]}
      - {after: 1h, tell: desk-lead}
    quiet: office
  p1:
    steps:
      - {at: 50%, tell: on-call}
      - {at: 100%, tell: [on-call, customer], decides: desk-lead, playbook: restart}
      - {after: 1h, tell: desk-lead}
    repeat: 2h
    repeats: 3
    acknowledge: 90m
    muted_while: [site-down]
    then: managers
  managers: {steps: [{after: 4h, tell: desk-lead}], until: stopped}
  told: {steps: [{at: 80%, tell: on-call}, {at: 100%, tell: desk-lead}]}
"""

AMENDED = AGREEMENT.replace(b"version: 1", b"version: 2").replace(b"{from: 2026-01-01", b"{from: 2026-03-03").replace(
    b"high: 8h", b"high: 5h").replace(
    b"tell: desk-lead}\n    repeat: 2h", b"tell: desk-lead}\n      - {after: 30m, tell: on-call}\n    repeat: 2h")
"""Another target and a longer ladder, for cases from the second day on; it may come to be known after that."""

_OPS = (
    ("open", 7), ("asked", 12), ("replied", 11), ("answered", 10), ("updated", 14), ("resolved", 12), ("reopened", 3), ("severity", 4),
    ("acknowledged", 8), ("correct", 6), ("void", 3), ("late", 4), ("again", 3), ("conflict", 1), ("stray", 1), ("future", 1),
)
_RARE = (("silence", 4), ("silence ended", 2), ("on duty", 3), ("outage", 3), ("freeze", 2), ("reviewed", 1), ("approval", 2))


class Case:
    """A case as the generator remembers it: the facts said of it."""

    __slots__ = ("facts", "name", "starts", "touched")

    def __init__(self, name: str) -> None:
        self.name, self.facts, self.starts, self.touched = name, [], [], 0
        self.facts: list[Arrival]
        self.starts: list[str]


class World:
    """What happens. ``said``: how often each operation did."""

    def __init__(self, rng: random.Random, alive: int) -> None:
        self.rng, self.alive = rng, alive
        # until somebody says whose a case is, all are acme's; from then on, those that do not say it are nobody's
        self.named_from = rng.randrange(alive * 20) if rng.random() < 0.3 else 2**62
        self.cases: list[Case] = []
        self.count = 0
        self.said: Counter[str] = Counter()
        self.silences: list[str] = []
        self.standing: dict[str, dict[str, Any]] = {}
        self._ops, self._weights = [o for o, _ in _OPS], [w for _, w in _OPS]
        self._rare, self._rare_weights = [o for o, _ in _RARE], [w for _, w in _RARE]

    def operations(self, now: int, count: int) -> list[Arrival]:
        """So many arrivals, about ``now`` by the recorder's clock."""
        rng = self.rng
        chosen = rng.choices(self._ops, self._weights, k=count)
        found = [self._one(op, now) for op in chosen]
        if rng.random() < 0.08 + count / 3000:
            found.append(self._shared(rng.choices(self._rare, self._rare_weights)[0], now))
        return found

    def _id(self) -> str:
        self.count += 1
        return f"e{self.count}"

    def _event(self, case: Case, event: str, at: int, says: dict[str, str] | None = None, **more: Any) -> Arrival:
        columns: dict[str, object] = {"case": case.name, "event": event, "at": at, **more}
        if says:
            columns["says"] = says
        arrival = Arrival("events", "desk", self._id(), case.name, at, columns)
        case.facts.append(arrival)
        return arrival

    def _declared(self, kind: str, about: str, at: int, **says: str) -> Arrival:
        columns: dict[str, object] = {"what_kind": kind, "about": about, "actor": self.rng.choice(("anna", "ben", "boss")), "at": at}
        if says:
            columns["says"] = says
        return Arrival("declarations", "people", self._id(), "", at, columns)

    def _case(self) -> Case:
        rng = self.rng
        if not self.cases:
            return self._opened()
        return self.cases[rng.randrange(len(self.cases))]

    def _opened(self) -> Case:
        case = Case(f"INC-{self.count + 1}")
        if len(self.cases) >= self.alive:
            self.cases[self.rng.randrange(len(self.cases))] = case      # the old one is heard of no more: its clocks run on
        else:
            self.cases.append(case)
        return case

    def _near(self, now: int) -> int:
        """When it happened: mostly just now, sometimes a while ago, with whole minutes often so that things coincide."""
        rng = self.rng
        at = now - (rng.randrange(0, 3 * MINUTE) if rng.random() < 0.8 else rng.randrange(0, 8 * HOUR))
        return at - at % MINUTE if rng.random() < 0.5 else at

    def _one(self, op: str, now: int) -> Arrival:
        rng = self.rng
        self.said[op] += 1
        if op == "open":
            case = self._opened()
            says = {"severity": rng.choice("123")} if rng.random() < 0.95 else {}
            if self.count >= self.named_from:
                says["customer"] = rng.choice(("acme", "acme", "other"))
            arrival = self._event(case, "opened", self._near(now), says)
            case.starts.append(arrival.id)
            return arrival
        case = self._case()
        match op:
            case "asked" | "replied" | "answered" | "updated" | "resolved":
                arrival = self._event(case, op, self._near(now))
                if op == "updated":
                    case.starts.append(arrival.id)
                return arrival
            case "reopened":
                arrival = self._event(case, "opened", self._near(now))
                case.starts.append(arrival.id)
                return arrival
            case "severity":
                return self._event(case, "changed", self._near(now), {"severity": rng.choice("123")})
            case "acknowledged":
                return self._acknowledged(case, now)
            case "correct" | "void":
                return self._corrected(case, now, void=op == "void")
            case "late":
                event = rng.choice(("opened", "asked", "replied", "answered", "updated", "resolved"))
                return self._event(case, event, now - rng.randrange(0, 5 * DAY))
            case "future":
                return self._event(case, rng.choice(("asked", "replied", "resolved")), now + rng.randrange(0, 2 * HOUR))
            case "again":
                return rng.choice(case.facts) if case.facts else self._event(case, "asked", self._near(now))
            case "conflict" if case.facts:
                old = rng.choice(case.facts)
                return Arrival(old.shape, old.source, old.id, old.subject, old.at + SECOND, {**old.columns, "at": old.at + SECOND})
            case _:
                return self._event(case, rng.choice(("called", "noted")), self._near(now))

    def _acknowledged(self, case: Case, now: int) -> Arrival:
        rng = self.rng
        commitment = rng.choice(("repair", "repair", "repair", "answer", "updates", "nothing"))
        cycle = f"desk:{rng.choice(case.starts)}" if case.starts and rng.random() < 0.95 else "desk:e0"
        says = {"until": format_instant(now + rng.randrange(MINUTE, 5 * HOUR))} if rng.random() < 0.3 else {}
        return self._declared("acknowledged", f"acme/{commitment}/{case.name}/{cycle}", self._near(now), **says)

    def _corrected(self, case: Case, now: int, *, void: bool) -> Arrival:
        rng = self.rng
        if not case.facts:
            return self._event(case, "noted", self._near(now))
        old = rng.choice(case.facts)
        event = str(old.columns["event"]) if rng.random() < 0.7 else rng.choice(("opened", "asked", "replied", "resolved", "updated"))
        at = old.at + rng.randrange(-2 * HOUR, 2 * HOUR)
        more: dict[str, object] = {"replaces": old.id}
        if void:
            more["void"] = True
        says = {"severity": rng.choice("123")} if rng.random() < 0.3 else None
        if rng.random() < 0.08:
            case = self._case()               # it was said of the wrong case
        arrival = self._event(case, event, at, says, **more)
        if event == "opened" and not void:
            case.starts.append(arrival.id)
        return arrival

    def _shared(self, op: str, now: int) -> Arrival:
        rng = self.rng
        self.said[op] += 1
        until = now + rng.randrange(MINUTE, 12 * HOUR)
        match op:
            case "silence":
                about = rng.choice(("commitment=repair", "commitment=repair,severity=3", "agreement=acme", "commitment=updates"))
                arrival = self._declared("silence", about, now, **{"from": format_instant(now - MINUTE), "until": format_instant(until),
                                                                   "reason": "planned work"})
                self.silences.append(arrival.id)
                return arrival
            case "silence ended" if self.silences:
                return self._declared("silence ended", rng.choice(self.silences), now)
            case "on duty":
                return self._declared("on duty", "desk", now, who=rng.choice(("anna", "ben", "boss", "nobody")),
                                      **{"from": format_instant(now), "until": format_instant(until)})
            case "outage" | "freeze":
                kind = "site-outage" if op == "outage" else "freeze"
                if self.standing and rng.random() < 0.5:
                    name, columns = self.standing.popitem()       # its end: progress of the same fact
                    return Arrival("intervals", "monitor", name, "", columns["start"], {**columns, "end": max(now, columns["start"] + MINUTE)})
                begun = now - rng.randrange(0, 2 * HOUR) if rng.random() < 0.8 else now + rng.randrange(0, 6 * HOUR)
                columns = {"what_kind": kind, "subject": "site", "start": begun, "end": begun + rng.randrange(MINUTE, 4 * HOUR), "weight": 1}
                name = self._id()
                if rng.random() < 0.4:
                    columns["end"] = OPEN
                    self.standing[name] = columns
                return Arrival("intervals", "monitor", name, "", begun, columns)
            case "reviewed":
                return self._event(Case(f"REV-{self.count}"), "reviewed", now)
            case _:
                return self._declared("approved", f"change/{self.count}", now)
