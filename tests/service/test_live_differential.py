"""Ticks on a real store against one batch run: agreements in which much else than the case's own events moves a clock.

Tiers, allowances, notices and approvals, series and ratios that hold a clock, dated deadlines over the change to summer time, versions that
open cases follow, two agreements that claim one case. After every look: the clocks kept are those of the batch run, every step due has fired
at its own instant, and none fired that the batch run at that instant does not know.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from world import World

from upheld.clocks.agenda import agenda
from upheld.clocks.budgets import budget_agenda
from upheld.clocks.table import KINDS, STATES, VERDICTS, Agenda, step_key
from upheld.facts.arrive import Arrival
from upheld.facts.record import record
from upheld.facts.tables import OPEN
from upheld.stores.live import probe
from upheld.stores.live_schema import clocks, outbox, steps

WORLDS = max(int(os.environ.get("UPHELD_CAMPAIGN", "400")) // 130, 1)
SEED = int(os.environ.get("UPHELD_SEED", "20261121"))
MINUTE = 60_000_000

HEAD = """\
upheld: 1
agreement: {name}
version: {version}
effective: {{from: {start}}}
adopted: {adopted}
timezone: Europe/Berlin
parties:
  provider: {{name: Northwind}}
  customer: {{name: Acme}}
{covers}calendars:
  office: {{hours: {{mon-fri: [08:00-12:00, 13:00-18:00]}}}}
  late: {{hours: {{mon-sat: 06:00-22:00}}}}
states:
  waiting: {{from: asked, until: [replied, resolved]}}
  open: {{from: opened, until: resolved}}
  frozen: {{where: {{kind: freeze}}{lasts}}}
  works: {{where: {{kind: works}}}}
  hot: {{series: inlet, value: "> 27", holds: 30m, at_least: 20m, same: []}}
  erring: {{ratio: requests, each: 10m, value: "> 10%", same: []}}
  outage: {{where: {{kind: outage}}}}
  stuck: {{any: [frozen, waiting]}}
exclusions:
  works: {{while: works, notice: 4h, up_to: 3h per month, effect: leave_out}}
  agreed: {{while: works, needs: approval by customer, until: 2 working days after window, effect: leave_out}}
  theirs: {{where: {{cause: customer}}, effect: count_as_good}}
attributes:
  severity: {{read: now, on_change: {change}}}
  level: {{read: start}}
roles:
  desk: {{contacts: [ann]}}
  chief: {{rota: turns, falls_to: desk}}
rotas:
  turns: {{members: [ann, ben], each: 1 day, starts: 2026-03-01, hands_over: 02:30}}
contacts:
  ann: {{mail: ann@example.org}}
  ben: {{mail: ben@example.org}}
escalations:
  warn:
    steps: [{{at: 50%, tell: desk}}, {{before: 30m, tell: desk}}, {{at: 100%, tell: [desk, chief]}}, {{after: 1h, tell: chief}}]
    repeat: 45m
    repeats: 3
    acknowledge: 2h
    then: bosses
  bosses:
    steps: [{{at: 75%, tell: desk}}, {{after: 90m, tell: chief}}]
  plain:
    steps: [{{at: 50%, tell: desk}}, {{at: 75%, tell: desk}}, {{at: 100%, tell: desk}}]
  early:
    steps: [{{before: 3h, tell: desk}}, {{at: 100%, tell: chief}}, {{after: 30m, tell: desk}}]
commitments:
"""
POOL = """\
  tiered: {measure: clock, starts: opened, stops: [answered, resolved], hours: {by tier: {gold: always, else: office}},
           within: {by tier: {gold: 2h, silver: 4h, else: 8h}}, per: month, target: ">= 80%", escalation: warn}
---
  allowed: {measure: clock, starts: opened, stops: resolved, hours: late, within: 6h, per: month, target: ">= 80%", excluding: [works, theirs],
            escalation: warn}
---
  approved: {measure: clock, starts: opened, stops: resolved, hours: office, within: 5h, per: month, target: ">= 80%", excluding: [agreed],
             escalation: plain}
---
  cooled: {measure: clock, starts: opened, stops: resolved, pauses: hot, hours: always, within: 7h, per: month, target: ">= 80%",
           escalation: plain}
---
  counted: {measure: clock, starts: opened, stops: resolved, pauses: erring, hours: always, within: 5h, per: month, target: ">= 80%",
            escalation: warn}
---
  notice: {measure: clock, before: change-begins, stops: change-announced, hours: office, within: 1 working days, per: month,
           target: ">= 80%", escalation: early}
---
  dated: {measure: clock, starts: opened, stops: resolved, hours: office, pauses: frozen, within: 1 working days at 16:00, per: month,
          target: ">= 80%", escalation: warn}
---
  cutoff: {measure: clock, starts: opened, stops: resolved, hours: office,
           within: {by time of start: {"< 12:00": 0 days at close, else: 1 working days at close}}, per: month, target: ">= 80%",
           escalation: early}
---
  night: {measure: clock, starts: opened, stops: resolved, hours: always, within: 1 days at 02:30, per: week, target: ">= 80%",
          escalation: plain}
---
  again: {measure: clock, starts: opened, stops: [answered, replied], again: while open, pauses: waiting, hours: always, within: 3h,
          per: month, target: ">= 80%", escalation: warn}
---
  final: {measure: clock, starts: opened, stops: resolved, reopen: final, pauses: stuck, hours: late, within: 4h, per: month,
          target: ">= 80%", escalation: warn}
---
  anew: {measure: clock, starts: opened, stops: resolved, reopen: new cycle, hours: late, for_each: [severity], counted: started,
         within: {by severity: {1: 2h, 2: 6h}}, per: month, target: ">= 80%", escalation: plain FOLLOW}
---
  held: {measure: clock, starts: opened, stops: resolved, reopen: 1 day, counted: stopped, for_each: [site], pauses: frozen, hours: office,
         within: {50%: 2h, 90%: 1 working days}, per: month, escalation: plain FOLLOW}
---
  agreed-date: {measure: clock, starts: change-begins, stops: resolved, hours: always, within: 0h, per: month, target: ">= 80%",
                escalation: early}
---
  cause: {measure: clock, of: {severity: 1}, starts: resolved, stops: cause-published, hours: office, within: 1 working days, per: month,
          target: ">= 80%", escalation: warn}
---
  review: {measure: clock, starts: {every: day, at: end}, stops: review-held, hours: office, within: 3h, per: month, target: ">= 80%",
           escalation: warn}
---
  uptime: {measure: availability, down: outage, out_of: hours, hours: late, excluding: [works], per: month, target: ">= 99%",
           escalation: bosses}
"""
CLAUSES = POOL.split("---\n")
EVENTS = ("asked", "replied", "answered", "resolved", "opened", "noted", "change-announced", "cause-published", "review-held", "change-begins")


class Play:
    """One world from a seed."""

    def __init__(self, where: Path, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.world = World(where, "")
        self.world.at("2026-03-27 07:00" if self.chance(0.7) else "2026-03-02 07:00")
        self.names: list[str] = []
        self._agreements()
        self.count = 0
        self.opened: dict[str, str] = {}
        self.sent: list[Arrival] = []
        self.seen: set[str] = set()

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def pick(self, *of: Any) -> Any:
        return of[self.rng.integers(0, len(of))]

    def minutes(self, low: int, high: int) -> int:
        return int(self.rng.integers(low // 5, high // 5)) * 5 * MINUTE

    def _agreements(self) -> None:
        chosen = self.rng.permutation(len(CLAUSES))
        cut = int(self.rng.integers(2, 6))
        follow = ", open_cases: follow" if self.chance(0.5) else ""
        lasts = self.pick("", ", at_least: 20m", ", at_least: 90m")
        change = self.pick("from_start", "keep_elapsed")
        covers = self.pick("", "covers: {team: north}\n")

        def put(name: str, version: int, start: str, adopted: str, which: Any, cover: str = covers) -> None:
            head = HEAD.format(name=name, version=version, start=start, adopted=adopted, covers=cover, lasts=lasts, change=change)
            text = head + "".join(CLAUSES[i] for i in sorted(which)).replace(" FOLLOW", follow)
            self.world.agreement(text, f"agreements/{name}/v{version}.yaml")

        put("acme", 1, "2026-01-01", "2025-12-01", chosen[:cut])
        if self.chance(0.5):
            put("acme", 2, self.pick("2026-03-28", "2026-03-03"), self.pick("2026-03-01", "2026-03-29"), [*chosen[: cut - 1], chosen[cut]])
        if self.chance(0.4):
            put("ola", 1, "2026-01-01", "2025-12-01", chosen[cut: cut + 2], "covers: {team: north}\n")

    # ---- facts -------------------------------------------------------------------------------------------------------

    def record(self, *arrivals: Arrival) -> None:
        self.sent += arrivals
        taken = self.world.store.stream.record(list(arrivals), "desk", self.world.clock.now())
        assert {t.state for t in taken} <= {"new", "same", "conflict", "unknown", "superseded"}

    def arrival(self, shape: str, subject: str, first: int, /, **columns: Any) -> Arrival:
        self.count += 1
        known = None
        if self.chance(0.15):
            known = self.world.clock.now() + self.minutes(-120, 240)
        return Arrival(shape, "desk", f"f{self.count}", subject, first, columns, known)

    def event(self) -> Arrival:
        now = self.world.clock.now()
        known = list(self.opened)
        case = self.pick(*known) if known and not (len(known) < 8 and self.chance(0.35)) else f"C{len(known)}"
        at = now + (0 if self.chance(0.6) else self.minutes(-300, 180))
        says: dict[str, str] = {}
        name = self.pick(*EVENTS)
        if case not in self.opened:
            name = self.pick("opened", "opened", "opened", "change-begins")
            at += 0 if name == "opened" else self.minutes(0, 3000)
            all_ = (("severity", "1", "2", "9"), ("site", "a", "b"), ("team", "north", "south"), ("customer", "acme", "Acme", "beta"),
                    ("cause", "customer", "wear"))
            says = {k: self.pick(*values) for k, *values in all_ if self.chance(0.8)}
        elif self.chance(0.2):
            says = {"severity": self.pick("1", "2")}
        found = self.arrival("events", case, at, case=case, event=name, at=at, says=says)
        self.opened.setdefault(case, found.id)
        return found

    def corrected(self) -> Arrival | None:
        mine = [a for a in self.sent if a.shape in ("events", "intervals")]
        if not mine:
            return None
        old = self.pick(*mine)
        columns = dict(old.columns)
        columns.pop("void", None)
        columns["replaces"] = old.id
        kind = self.pick("void", "later", "case", "end")
        if kind == "void":
            columns["void"] = True
        elif old.shape == "events":
            columns["at"] = int(str(columns["at"])) + self.minutes(-200, 200)
            if kind == "case" and self.opened:
                columns["case"] = self.pick(*self.opened)
        else:
            columns["start"] = int(str(columns["start"])) + self.minutes(-60, 30)
            columns["end"] = int(str(columns["start"])) + self.minutes(60, 300)
        return self.arrival(old.shape, str(columns.get("case", "")), int(str(columns.get("at", columns.get("start")))), **columns)

    def interval(self) -> Arrival:
        start = self.world.clock.now() + self.minutes(-240, 600)
        end = OPEN if self.chance(0.3) else start + self.minutes(5, 300)
        says = {"site": self.pick("a", "b")} if self.chance(0.3) else {}
        kind = self.pick("freeze", "works", "works", "outage")
        return self.arrival("intervals", "", start, what_kind=kind, subject="x", start=start, end=end, says=says)

    def declaration(self) -> Arrival | None:
        now = self.world.clock.now()
        works = [a.id for a in self.sent if a.shape == "intervals"]
        if works and self.chance(0.5):
            return self.arrival("declarations", "", now, what_kind="approval", about=self.pick(*works), actor="customer", at=now, says={})
        if not self.opened:
            return None
        case = self.pick(*self.opened)
        clause = self.pick("tiered", "allowed", "counted", "dated", "again", "final", "cause", "held")
        says = {"until": self.world.now()[:10] + "T23:00:00Z"} if self.chance(0.3) else {}
        about = f"{self.pick('acme', 'ola')}/{clause}/{case}/desk:{self.opened[case]}"
        return self.arrival("declarations", "", now, what_kind="acknowledged", about=about, actor="ann", at=now, says=says)

    def sample(self) -> Arrival:
        at = self.world.clock.now() + self.minutes(-60, 10)
        return self.arrival("samples", "", at, series="inlet", at=at, value=int(self.rng.integers(20, 35)), says={})

    def counts(self) -> Arrival:
        start = self.world.clock.now() + self.minutes(-60, 10)
        good = int(self.rng.integers(80, 101))
        return self.arrival("counts", "", start, series="requests", start=start, end=start + 5 * MINUTE, good=good, total=100, says={})

    def subscription(self) -> Arrival:
        start = self.world.clock.now() + self.minutes(-600, 600)
        end = OPEN if self.chance(0.5) else start + self.minutes(60, 3000)
        customer, tier = self.pick("acme", "Acme", "beta"), self.pick("gold", "silver")
        return self.arrival("subscriptions", "", start, customer=customer, agreement="acme", tier=tier, start=start, end=end, says={})

    def fact(self) -> Arrival | None:
        kind = self.rng.random()
        if kind < 0.55:
            return self.event()
        for share, made in ((0.65, self.interval), (0.72, self.corrected), (0.82, self.declaration), (0.89, self.sample), (0.96, self.counts)):
            if kind < share:
                return made()
        return self.subscription()

    # ---- time, and what must hold ------------------------------------------------------------------------------------

    def play(self, turns: int) -> int:
        for _ in range(turns):
            now = self.world.clock.now()
            if self.chance(0.6):
                self.record(*[a for _ in range(self.rng.integers(1, 4)) if (a := self.fact()) is not None])
            then = now + self.minutes(5, 240) + self.pick(0, 0, 1)
            self.look()
            while (soon := probe(self.world.store.database).next()) is not None and soon <= then:
                assert soon > self.world.clock.at
                self.world.clock.at = soon
                self.look()
            self.world.clock.at = then
        self.look()
        return len(self.seen)

    def look(self) -> None:
        for _ in range(60):
            done = self.world.ticker.tick()
            assert not done.poisoned, done.poisoned
            if not done.units and not done.more:
                break
        else:
            raise AssertionError("this never ends")
        self.compare()

    def compare(self) -> None:
        at, agreements = self.world.clock.now(), self.world.ticker.terms.agreements
        facts = record(self.world.store.stream.batches(), self.world.store.stream.watched())
        owed: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        due: dict[str, int] = {}
        for agreement in agreements.values():
            names = agreement.reads.budgets
            for found in (agenda(agreement.plans, facts, at), *([budget_agenda(agreement.plans, facts, at, names)] if names else [])):
                owed |= shown(found)
                due |= {step_key(row.key, row.step): row.at for row in found.rows()}
        with self.world.store.database.reading() as connection:
            rows = connection.execute(clocks.select()).mappings().all()
            fired = {r["key"]: r for r in connection.execute(steps.select()).mappings()}
            told = {f"{m.clock}/{m.step}" for m in connection.execute(outbox.select())}
        kept = {(r["agreement"], r["commitment"], r["casename"], r["cycle"], r["part"]): (
            r["kind"], r["version"], r["ladder"], r["start"], r["due"], r["stop"], r["missed_at"], r["target_us"], r["state"], r["verdict"])
            for r in rows}
        late = {k: (kept.get(k), owed.get(k)) for k in kept.keys() | owed.keys() if not same(kept.get(k), owed.get(k))}
        assert not late, (self.world.now(), late)
        missing = {k: v for k, v in due.items() if k not in fired}
        assert not missing, (self.world.now(), missing)
        new = fired.keys() - self.seen
        wrong = {k: (fired[k]["at"], due.get(k)) for k in new if fired[k]["at"] != due.get(k)}
        assert not wrong, (self.world.now(), wrong)
        assert not {k for k in new if not fired[k]["untold"] and k not in told}
        self.seen |= new


def same(kept: tuple[Any, ...] | None, owed: tuple[Any, ...] | None) -> bool:
    if kept is None or owed is None:
        return False
    if kept[0] == "budget":                      # what runs is used up from look to look
        return kept[:4] == owed[:4]
    if kept[8] == owed[8] == "paused":           # the open time up to a date shrinks while the clock stands still
        return kept[:7] == owed[:7] and kept[9] == owed[9]
    return kept == owed


def shown(found: Agenda) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    t = found.clocks
    return {tuple(t.key[i]): (
        KINDS[t.kind[i]], t.version[i], t.ladder[i], int(t.start[i]), int(t.due[i]) if t.has_due[i] else None,
        int(t.stop[i]) if t.has_stop[i] else None, int(t.missed_at[i]) if t.has_miss[i] else None, int(t.target_us[i]), STATES[t.state[i]],
        VERDICTS[t.verdict[i]]) for i in range(len(t))}


@pytest.mark.parametrize("number", range(WORLDS))
def test_a_store_looked_at_again_and_again_is_one_batch_run(number: int, tmp_path: Path) -> None:
    play = Play(tmp_path / "store.db", SEED * 1000 + number)
    play.play(20)
    play.world.store.close()


def test_open_time_that_passes_while_a_clock_stands_still_is_taken_from_a_date(tmp_path: Path) -> None:
    # a freeze over a promise of one working day: batch gives it a due instant while it still holds
    play = Play(tmp_path / "store.db", 303)
    play.play(25)
    play.world.store.close()
