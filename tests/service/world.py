"""A world to tell stories in: real ticks and deliveries on a real store, with a clock that moves only when told.

``world.at("2026-03-27 16:50").open("INC-1").advance("4h").expect("INC-1", "1", "2")``. Whatever is sent and not asked for fails the story.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from upheld.facts.arrive import Arrival
from upheld.facts.tables import OPEN
from upheld.service.clock import FakeClock
from upheld.service.deliver import Deliverer
from upheld.service.letter import Letter, Outcome
from upheld.service.operator import Alarm
from upheld.service.tick import Ticked, Ticker
from upheld.stores.live import probe
from upheld.stores.live_schema import clocks, outbox, steps
from upheld.stores.outbox import next_due
from upheld.stores.store import Store, open_store
from upheld.values.instant import format_instant
from upheld.values.zone import zone

AGREEMENT = """\
upheld: 1
agreement: acme
version: 1
effective: {from: 2026-01-01}
adopted: 2025-12-01
timezone: Europe/Berlin
parties:
  provider: {name: Northwind}
  customer: {name: Acme}
calendars:
  office: {hours: {mon-fri: [08:00-18:00]}}
states:
  waiting: {from: asked, until: [replied, resolved]}
  frozen: {where: {kind: freeze}}
attributes:
  severity: {read: now}
commitments:
  fix: {measure: clock, starts: opened, stops: resolved, pauses: [waiting, frozen], hours: office, within: 4h, per: month,
        target: ">= 80%", escalation: p1}
contacts:
  ann: {mail: ann@northwind.example}
  ben: {mail: ben@northwind.example, chat: ops}
roles:
  desk: {contacts: [ann]}
  chief: {contacts: [ben]}
escalations:
  p1:
    steps:
      - {at: 50%, tell: desk, says: Look at it.}
      - {at: 75%, tell: [desk, chief]}
      - {at: 100%, tell: [desk, chief]}
      - {after: 1h, tell: chief}
    repeat: 30m
    repeats: 2
    acknowledge: 2h
"""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(text: str) -> float:
    found = re.fullmatch(r"([0-9.]+) ?([smhd])", text)
    assert found, text
    return float(found[1]) * _UNITS[found[2]]


@dataclass
class Sent:
    """A notifier that keeps letters. ``answers``: what becomes of the next ones (an outcome, or an exception to raise); then all are sent."""

    letters: list[Letter] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        found = []
        for letter in letters:
            answer = self.answers.pop(0) if self.answers else Outcome("sent", provider="sink")
            if isinstance(answer, BaseException):
                raise answer
            if answer.state in ("sent", "unknown"):
                self.letters.append(letter)
                self.taken[letter.key] = self.taken.get(letter.key, 0) + 1
            found.append(answer)
        return found

    def place(self, channel: str, address: str) -> str:
        return f"{channel}/{address}"

    def owner(self, channel: str, address: str) -> str:
        return "owner@acme.example" if channel == "webhook" else ""


class World:
    def __init__(self, where: str | Path, text: str = AGREEMENT, *, batch: int = 1000, per_minute: int = 1000, attempts: int = 12,
                 mail: str = "ops@northwind.example", chat: str = "") -> None:
        self.store: Store = open_store(where)
        self.clock = FakeClock.of("2026-03-02T08:00:00Z")
        self.sent = Sent()
        alarm = Alarm(mail, chat)
        self.ticker = Ticker(self.store, self.clock, batch, alarm)
        self.deliverer: Any = Deliverer(self.store, self.clock, self.sent, "w1", alarm, attempts, per_minute)
        self.zone = "Europe/Berlin"
        self.count = 0
        self.ticks: list[Ticked] = []
        if text:
            self.agreement(text)

    def agreement(self, text: str, name: str = "agreements/acme.yaml") -> World:
        self.store.texts.put(name, text.encode(), "ops", self.clock.now())
        return self

    # ---- time ----

    def at(self, text: str) -> World:
        """Moves to a local time, everything on the way happening."""
        return self._to(self.instant(text))

    def instant(self, text: str) -> int:
        wall = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000
        guess = wall - (zone(self.zone).local(wall) - wall)
        return wall - (zone(self.zone).local(guess) - guess)

    def advance(self, text: str) -> World:
        return self._to(self.clock.at + int(seconds(text) * 1_000_000))

    def sleep(self, text: str) -> World:
        """Time passes and nobody works; then somebody does."""
        self.clock.at += int(seconds(text) * 1_000_000)
        return self.work()

    def jump(self, text: str) -> World:
        """The clock goes wrong: by so much, back if it begins with a minus."""
        back = text.startswith("-")
        self.clock.at += int(seconds(text.lstrip("-")) * 1_000_000) * (-1 if back else 1)
        return self

    def _to(self, until: int) -> World:
        self.work()
        while True:
            soon = [t for t in (probe(self.store.database).next(), next_due(self.store.database)) if t is not None and t > self.clock.at]
            if not soon or min(soon) > until:
                break
            self.clock.at = min(soon)
            self.work()
        self.clock.at = max(until, self.clock.at)
        return self.work()

    def work(self) -> World:
        """Ticks and deliveries until there is nothing to do at this instant."""
        for _ in range(200):
            done = self.ticker.tick()
            self.ticks.append(done)
            sent = self.deliverer.deliver()
            if not done.units and not sent.took and not done.more:
                return self
        raise AssertionError("this never ends")

    # ---- facts ----

    def _record(self, shape: str, subject: str, first: int, /, **columns: Any) -> str:
        self.count += 1
        name = columns.pop("id", f"f{self.count}")
        (taken,) = self.store.stream.record([Arrival(shape, "desk", name, subject, first, columns)], "desk", self.clock.now())
        assert taken.state in ("new", "same"), taken
        return name

    def event(self, case: str, event: str, *, ago: str = "0s", **says: str) -> World:
        at = self.clock.at - int(seconds(ago) * 1_000_000)
        more = {k: says.pop(k) for k in ("id", "replaces", "void") if k in says}
        self._record("events", case, at, case=case, event=event, at=at, says={"customer": "Acme", **says}, **more)
        return self

    def open(self, *cases: str, **says: str) -> World:
        for case in cases:
            self.event(case, "opened", **says)
        return self

    def resolve(self, *cases: str, ago: str = "0s") -> World:
        for case in cases:
            self.event(case, "resolved", ago=ago)
        return self

    def interval(self, kind: str, lasts: str | None = None, *, ago: str = "0s", **says: str) -> World:
        start = self.clock.at - int(seconds(ago) * 1_000_000)
        end = OPEN if lasts is None else start + int(seconds(lasts) * 1_000_000)
        self._record("intervals", "", start, what_kind=kind, subject="x", start=start, end=end, says={"customer": "Acme", **says})
        return self

    def declare(self, kind: str, about: str, actor: str = "ann", **says: str) -> World:
        self._record("declarations", "", self.clock.at, what_kind=kind, about=about, actor=actor, at=self.clock.at, says=says)
        return self

    def acknowledge(self, case: str) -> World:
        with self.store.database.reading() as connection:
            row = connection.execute(select(clocks).where(clocks.c.casename == case)).first()
        assert row is not None
        return self.declare("acknowledged", f"{row.agreement}/{row.commitment}/{case}/{row.cycle}".replace("%", "%25"))

    # ---- what was seen ----

    def expect(self, *told: str) -> World:
        """Exactly these letters were sent since the last time: ``who: subject part`` in any order."""
        got = [f"{letter.recipient}: {letter.subject}" for letter in self.sent.letters]
        self.sent.letters.clear()
        left = list(got)
        missing = []
        for wanted in told:
            who, _, what = wanted.partition(": ")
            found = next((g for g in left if g.startswith(f"{who}: ") and what in g), None)
            if found is None:
                missing.append(wanted)
            else:
                left.remove(found)
        assert (missing, left) == ([], []), f"not told: {missing}; told and not expected: {left}"
        return self

    def silent(self) -> World:
        return self.expect()

    def steps(self, case: str) -> dict[str, str]:
        with self.store.database.reading() as connection:
            rows = connection.execute(select(steps.c.step, steps.c.at).where(steps.c.casename == case).order_by(steps.c.at, steps.c.step))
            return {row.step: self.local(row.at) for row in rows}

    def clocks(self, case: str) -> list[Any]:
        with self.store.database.reading() as connection:
            return list(connection.execute(select(clocks).where(clocks.c.casename == case).order_by(clocks.c.start)))

    def messages(self, **where: str) -> list[Any]:
        with self.store.database.reading() as connection:
            asked = select(outbox).order_by(outbox.c.step_at, outbox.c.key)
            for name, value in where.items():
                asked = asked.where(outbox.c[name] == value)
            return list(connection.execute(asked))

    def local(self, us: int) -> str:
        return format_instant(us, self.zone)[5:16].replace("T", " ")

    def now(self) -> str:
        return format_instant(self.clock.at)

    def close(self) -> None:
        left = [f"{letter.recipient}: {letter.subject}" for letter in self.sent.letters]
        self.store.close()
        assert not left, f"told and not expected: {left}"
