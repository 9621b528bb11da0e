"""A real day replayed: the incident log of examples/helpdesk, one working day of it, played at speed through the HTTP API.

    python campaigns/replay.py [SECONDS] [SEED]

SECONDS: how long the day takes (default 240). SEED chooses the day. What was known before the day is on record; what became known during it
is posted over HTTP when its time comes, while the real worker moves the clocks and sends to a real mail server and a real webhook receiver
on this machine. At the end every clock, every step and every miss is held against one batch run, and every message against what was received.
"""

from __future__ import annotations

import base64
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import uvicorn
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from upheld.assessment.assess import contexts
from upheld.clocks.agenda import agenda
from upheld.clocks.table import STATES, VERDICTS, step_key
from upheld.evidence.signing import Key
from upheld.facts.batch import Batch
from upheld.facts.record import record
from upheld.measures.clock import case_table
from upheld.measures.clock_outcomes import MISSED
from upheld.plans.plan import ClockPlan
from upheld.service.clock import FakeClock
from upheld.service.config import read_config
from upheld.service.tick import Ticker
from upheld.service.worker import run_in_thread
from upheld.sources.files import gather
from upheld.stores.live import probe
from upheld.stores.live_schema import clocks, outbox, steps
from upheld.stores.store import Store, open_store
from upheld.values.instant import format_instant, parse_instant
from upheld.web.app import make_app, make_parts
from upheld.workspace import open_workspace

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/service"))
from service_sinks import MailSink, Receiver  # noqa: E402 - the servers of the tests

DAY_US = 86_400_000_000
DAYS = ("2016-03-09", "2016-04-12", "2016-05-03", "2016-03-22", "2016-04-20")
SECRET = "whsec_" + base64.b64encode(b"a secret of this campaign alone!").decode()
AGREEMENT = """upheld: 1
agreement: replay
title: Incident handling, replayed
version: 1
effective: {from: 2016-02-01, until: 2017-12-31}
timezone: UTC
parties:
  provider: {name: the helpdesk}
  customer: {name: the company it serves, contact: client}
covers: any
calendars:
  desk: {hours: {mon-fri: [14:00-23:00]}}
attributes:
  urgent: {by priority: {1 - Critical: critical, 2 - High: high, 3 - Moderate: moderate, 4 - Low: low}, read: now, after_miss: recomputed,
           on_change: from_start}
contacts:
  ann: {mail: ann@helpdesk.example}
  bea: {webhook: pager}
  client: {mail: client@customer.example, language: de}
roles:
  desk-lead: {contacts: [ann]}
  manager: {contacts: [bea]}
escalations:
  ladder:
    steps:
      - {at: 50%, tell: desk-lead}
      - {at: 80%, tell: [desk-lead, manager]}
      - {at: 100%, tell: [manager, customer], decides: manager}
      - {after: 2h, tell: manager}
commitments:
  working: {measure: clock, starts: opened, stops: resolved, hours: desk, per: month,
            within: {by urgent: {critical: 4h, high: 8h, moderate: 30h, low: 60h}}, target: ">= 60%", escalation: ladder}
  answered: {measure: clock, starts: opened, stops: worked, hours: always, within: {by urgent: {critical: 15m, high: 30m, else: 2h}},
             per: month, target: ">= 60%", escalation: ladder}
"""


@dataclass(slots=True)
class Scaled:
    """The machine's clock, made faster from the moment it has ``begun``."""

    start: int
    speed: float
    begun: int = 0

    def now(self) -> int:
        """µs UTC."""
        if not self.begun:
            return self.start
        return self.start + int((time.time_ns() // 1000 - self.begun) * self.speed)


def known_at(batch: Batch) -> np.ndarray[Any, np.dtype[np.int64]]:
    """When each row came to be known, µs."""
    return batch.known_at if batch.known_at is not None else batch.times["at"]


def told(batch: Batch) -> Iterator[tuple[int, dict[str, object]]]:
    """(when it is known, the fact as it is posted) of each row."""
    names = {name: (column.codes.tolist(), column.names) for name, column in batch.attributes.items()}
    case, event = batch.texts["case"], batch.texts["event"]
    known = known_at(batch).tolist()
    for i, (row, at) in enumerate(zip(batch.rows.tolist(), batch.times["at"].tolist(), strict=True)):
        what = event.names[event.codes[i]]
        said = {name: texts[codes[i]] for name, (codes, texts) in names.items() if codes[i] >= 0}
        body: dict[str, object] = {"shape": "event", "source": batch.source, "id": f"{row}-{what}", "case": case.names[case.codes[i]],
                                   "event": what, "at": format_instant(at)}
        if said:
            body["says"] = said
        if batch.rank is not None:
            body["rank"] = int(batch.rank[i])
        yield known[i], body


def play(port: int, secret: str, facts: Sequence[tuple[int, dict[str, object]]], clock: Scaled) -> tuple[int, int]:
    """Post each fact when its time has come: (facts, requests)."""
    at = posted = 0
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {secret}"}, timeout=60) as client:
        while at < len(facts):
            now, upto = clock.now(), at
            while upto < len(facts) and facts[upto][0] <= now and upto - at < 500:
                upto += 1
            if upto == at:
                time.sleep(0.02)
                continue
            lines = b"".join(json.dumps(body, ensure_ascii=False).encode() + b"\n" for _, body in facts[at:upto])
            answer = client.post("/api/v1/facts", content=lines, headers={"content-type": "application/x-ndjson"})
            if answer.status_code not in (200, 201):
                raise RuntimeError(f"{answer.status_code}: {answer.text[:800]}")
            at, posted = upto, posted + 1
    return at, posted


def compared(store: Store, plans: Sequence[Any], begins: int, at: int) -> dict[str, object]:
    """Every clock, step and miss that the worker kept, against one batch run over all facts."""
    facts = record(store.stream.batches(), store.stream.watched())
    batch = agenda(plans, facts, at)
    table = batch.clocks

    def fields(i: int) -> tuple[object, ...]:
        return (STATES[table.state[i]], VERDICTS[table.verdict[i]], int(table.start[i]), int(table.due[i]) if table.has_due[i] else None,
                int(table.stop[i]) if table.has_stop[i] else None, int(table.missed_at[i]) if table.has_miss[i] else None, table.version[i])

    wanted = {tuple(key): fields(i) for i, key in enumerate(table.key)}
    with store.database.reading() as connection:
        kept = {tuple(row)[:5]: tuple(row)[5:] for row in connection.execute(select(
            clocks.c.agreement, clocks.c.commitment, clocks.c.casename, clocks.c.cycle, clocks.c.part, clocks.c.state, clocks.c.verdict,
            clocks.c.start, clocks.c.due, clocks.c.stop, clocks.c.missed_at, clocks.c.version).where(clocks.c.kind == "case"))}
        fired = {row.key: (row.at, row.fired_at) for row in connection.execute(select(steps.c.key, steps.c.at, steps.c.fired_at))}
    differ = [key for key in wanted.keys() | kept.keys() if wanted.get(key) != kept.get(key)]
    due = {step_key(row.key, row.step): row.at for row in batch.rows()}
    today = {key for key, (instant, _) in fired.items() if instant >= begins}
    # what a later fact took back or moved was due by what was known when it fired
    taken_back = sorted(key for key in today if key not in due)
    moved = sorted(key for key in due.keys() & fired.keys() if fired[key][0] != due[key])

    def founded(key: str) -> bool:
        instant, when = fired[key]
        return any(step_key(r.key, r.step) == key and r.at == instant for r in agenda(plans, facts, when).rows())

    unfounded = [key for key in (*taken_back, *moved) if not founded(key)]
    missed = {(name, str(case)) for name, case in misses(plans, facts, at)}
    live_missed = {(key[1], key[2]) for key, row in kept.items() if row[1] == "missed"}
    return {
        "clocks": len(kept), "clocks that differ": len(differ), "steps fired": len(fired), "of them in the day": len(today),
        "steps of the batch that did not fire": len(due.keys() - fired.keys()),
        "fired, then moved by a later fact": len(moved), "fired, then taken back by a later fact": len(taken_back),
        "of them unfounded": len(unfounded),
        "missed, live": len(live_missed), "missed, batch assessment": len(missed), "missed in one only": len(missed ^ live_missed),
        "first that differ": differ[:5],
    }


def misses(plans: Sequence[Any], facts: Any, at: int) -> Iterator[tuple[str, str]]:
    """(commitment, case) of the batch assessment's misses."""
    for name, clause in plans[-1].commitments.items():
        if isinstance(clause, ClockPlan):
            for context in contexts(plans, facts, at, name):
                table = case_table(clause, context)
                for case in np.unique(table.case[table.verdict == MISSED]).tolist():
                    yield name, context.facts.events.case_names[case]


def received(mails: MailSink, hooks: Receiver) -> tuple[Counter[str], Counter[str]]:
    """The keys of what arrived, each as often as it came. A webhook whose signature does not hold is none."""
    seal = Webhook(SECRET)
    keys: Counter[str] = Counter()
    for call in hooks.calls:
        # the worker's clock is not this machine's: the signature is held against the stamp it bears
        stamp = datetime.fromtimestamp(int(call.headers["webhook-timestamp"]), UTC)
        if seal.sign(call.headers["webhook-id"], stamp, call.body.decode()) in call.headers["webhook-signature"].split(" "):
            keys[call.headers["webhook-id"]] += 1
    return Counter(str(mail["Message-ID"]) for mail in mails.mails), keys


def messages(store: Store, mails: Counter[str], hooks: Counter[str]) -> dict[str, object]:
    """The outbox against what was received."""
    with store.database.reading() as connection:
        rows = connection.execute(select(outbox.c.key, outbox.c.channel, outbox.c.state)).all()
    states = Counter(row.state for row in rows)
    return {"messages": len(rows), **{f"messages {state}": n for state, n in sorted(states.items())},
            "sent by mail": sum(row.state == "sent" and row.channel == "mail" for row in rows), "mails received": len(mails),
            "sent by webhook": sum(row.state == "sent" and row.channel == "webhook" for row in rows), "webhooks received": len(hooks),
            "received twice": sum(n > 1 for n in (*mails.values(), *hooks.values()))}


def replay(seconds: float, day: str) -> dict[str, object]:
    """The figures of one day."""
    begins = parse_instant(f"{day}T00:00:00Z")
    with tempfile.TemporaryDirectory(prefix="upheld-replay-") as name, MailSink() as mails, Receiver([204]) as hooks:
        root = Path(name)
        (root / "agreements").mkdir()
        text = AGREEMENT
        (root / "agreements/replay.yaml").write_text(text)
        workspace = open_workspace(root)
        plans = workspace.plans().get("replay")
        if plans is None:
            raise RuntimeError("\n".join(str(f) for f in workspace.findings))
        batches = [b for b in gather(ROOT / "examples/helpdesk").batches if b.shape == "events"]
        today = [b.take(np.flatnonzero((known_at(b) >= begins) & (known_at(b) < begins + DAY_US))) for b in batches]
        day_of = sorted((row for b in today for row in told(b)), key=lambda pair: pair[0])
        config = read_config(f"""
[mail]
host = "127.0.0.1"
port = {mails.port}
from = "Upheld <sla@helpdesk.example>"
tls = "none"
[webhook.pager]
url = "http://127.0.0.1:{hooks.port}/pager"
secret = "${{env:UPHELD_REPLAY_SECRET}}"
[egress]
allow = ["127.0.0.1"]
[worker]
every = "100ms"
[notify]
per_minute = 100000
""".encode(), root, os.environ)
        with open_store(root / "store.db") as store:
            store.texts.put("agreements/replay.yaml", text.encode(), "replay", begins)
            store.stream.record_batches([b.take(np.flatnonzero(known_at(b) < begins)) for b in batches], {}, "replay", begins)
            _, secret = store.tokens.create("replay", ["facts:write"], begins)
            clock = Scaled(begins, DAY_US / 1e6 / seconds)
            parts = make_parts(store, Key.made("replay", os.urandom(32)), config, clock=clock)
            server = uvicorn.Server(uvicorn.Config(make_app(parts), port=0, log_level="warning"))
            threading.Thread(target=server.run, daemon=True).start()
            while not server.started:
                time.sleep(0.05)
            port = server.servers[0].sockets[0].getsockname()[1]
            worker = run_in_thread(store, config, clock)
            settle(store, messages=False)
            clock.begun = time.time_ns() // 1000
            print(f"replay {day}: {len(day_of):,} facts in {seconds:.0f} s, {clock.speed:.0f} times as fast", flush=True)
            posted, requests = play(port, secret, day_of, clock)
            while clock.now() < begins + DAY_US:
                time.sleep(0.2)
            settle(store, messages=True)
            worker.stop()
            server.should_exit = True
            ends = FakeClock(clock.now())
            ticker = Ticker(store, ends)
            while ticker.tick().units:
                pass
            return {"day": day, "facts posted": posted, "requests": requests, **compared(store, plans, begins, ends.at),
                    **messages(store, *received(mails, hooks))}


def settle(store: Store, *, messages: bool) -> None:
    """Wait until nothing recorded waits to be worked out, and (``messages``) nothing waits to be sent."""
    quiet, last = 0, time.monotonic() + 300
    while quiet < 10 and time.monotonic() < last:
        with store.database.reading() as connection:
            waiting = messages and connection.execute(
                select(outbox.c.key).where(outbox.c.state.in_(("waiting", "leased"))).limit(1)).first() is not None
        quiet = quiet + 1 if probe(store.database).touch is None and not waiting else 0
        time.sleep(0.2)


def main() -> int:
    """Replay, print, keep the report; 1 where live and batch part."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 240.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    os.environ["UPHELD_REPLAY_SECRET"] = SECRET
    begun = time.monotonic()
    found = replay(seconds, DAYS[seed % len(DAYS)])
    took = time.monotonic() - begun
    lines = "".join(f"- {name}: {value}\n" for name, value in found.items())
    print(lines)
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    (ROOT / "docs/reports/replay.md").write_text(
        "# Campaign replay: a real day through the HTTP API\n\n"
        f"- command: `make campaign-replay COUNT={seconds:.0f} SEED={seed}` (seconds the day takes; the day)\n- commit: {commit}\n"
        f"- machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
        f"- took: {took:.0f} s\n{lines}", "utf-8")
    bad = ("clocks that differ", "steps of the batch that did not fire", "of them unfounded", "missed in one only", "received twice")
    return 1 if any(found[name] for name in bad) else 0


if __name__ == "__main__":
    sys.exit(main())
