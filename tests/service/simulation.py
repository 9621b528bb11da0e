"""A simulator of a whole installation: a server that records, three workers, a receiver, a clock that is ours, and eight faults beneath.

Law: one 64-bit seed is one history; a history that breaks an invariant is told with its seed and the number of its round, and comes again
from the seed alone. It drives the code that runs in earnest: store, tick, deliver, agenda, notices.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim_checks import ENDED, Broken, Oracle, require
from sim_faults import FAULTS, Actor, Killed, Stage, hook
from sim_receiver import Receiver
from sim_world import AGREEMENT, AMENDED, BEGIN, HOUR, MINUTE, NAME, NAME_AMENDED, SECOND, World

from upheld.clocks.table import ClockKey, step_key
from upheld.facts.arrive import Arrival
from upheld.service.acted import acted_on
from upheld.service.deliver import Deliverer
from upheld.service.terms import terms_of
from upheld.service.tick import Ticker
from upheld.stores import live
from upheld.stores.live_schema import clocks, outbox
from upheld.stores.store import Store, open_store
from upheld.stores.trouble import StoreError

__all__ = ["Simulation", "Tally", "simulate", "template"]

WORKERS = 3
CATCH_UP_US = 5 * MINUTE


@dataclass(slots=True)
class Tally:
    """What was done. A step is an operation recorded, a worker's turn (a tick, a delivery) or a fault."""

    operations: int = 0
    turns: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    worlds: int = 0
    fired: int = 0
    sent: int = 0
    resent: int = 0
    looks: int = 0
    recomputed: int = 0
    downtimes: int = 0

    @property
    def steps(self) -> int:
        return self.operations + self.turns + sum(self.faults.values())

    def add(self, other: Tally) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(other, name)
            if isinstance(value, Counter):
                getattr(self, name).update(value)
            else:
                setattr(self, name, getattr(self, name) + value)

    def line(self) -> str:
        faults = ", ".join(f"{self.faults[kind]:,} {kind}" for kind in FAULTS)
        return (f"{self.steps:,} steps in {self.worlds:,} histories ({self.operations:,} operations, {self.turns:,} turns of workers, "
                f"{sum(self.faults.values()):,} faults: {faults}); {self.fired:,} steps of ladders fired, {self.sent:,} messages received, "
                f"{self.resent:,} of them again under their key; {self.looks:,} times compared with the batch run, {self.recomputed:,} bases "
                f"recomputed, {self.downtimes:,} times down for a day")


def template(folder: Path) -> Path:
    """A store with the agreement in it, to be copied for each history."""
    path = folder / "template.db"
    with open_store(path) as store:
        store.texts.put(NAME, AGREEMENT, "sim", BEGIN)
    return path


class Worker:
    """One worker process: it has a store, a ticker and a deliverer until it is killed; then it starts anew."""

    def __init__(self, simulation: Simulation, name: str) -> None:
        self.simulation = simulation
        self.actor = Actor(simulation.stage, name)
        self.number = 0
        self.store: Store | None = None

    def start(self) -> None:
        self.number += 1
        simulation = self.simulation
        self.store = open_store(simulation.path)
        hook(self.store, self.actor)
        self.ticker = Ticker(self.store, self.actor, batch=simulation.batch)
        self.deliverer = Deliverer(self.store, self.actor, simulation.receiver.notifier(self.actor), f"{self.actor.name}.{self.number}")

    def drop(self) -> None:
        self.actor.cut_off()
        if self.store is not None:
            self.store.database.engine.dispose()
        self.store = None

    def turn(self) -> None:
        """What a worker does again and again: tick, deliver; a store that fails is tried again at the next turn."""
        try:
            if self.store is None:
                self.start()
            for _ in range(8):
                if not self.tick():
                    break
            for _ in range(4):
                self.simulation.tally.turns += 1
                if not self.deliverer.deliver().took:
                    break
        except StoreError as error:
            self.simulation.stage.say(f"{self.actor.name}: {error.slug}")

    def tick(self) -> bool:
        """One tick; whether there is more to do."""
        self.simulation.tally.turns += 1
        done = self.ticker.tick()
        require(not done.poisoned, "every case can be worked out", done.poisoned[:3])
        return done.more

    def play(self) -> None:
        try:
            self.turn()
        except Killed:
            self.drop()
            raise


class Simulation:
    """One history."""

    def __init__(self, seed: int, folder: Path, template: Path, *, operations: int = 20_000, alive: int = 400, batch: int = 300,
                 trouble: float = 0.45, downs: float = 0.006, kinds: Sequence[str] = FAULTS,
                 trace: Callable[[str], None] | None = None) -> None:
        self.seed, self.target, self.batch, self.kinds = seed, operations, batch, kinds
        self.trouble, self.downs = trouble, downs
        self.rng = random.Random(seed)
        random.seed(seed)                     # the pause after a failure is drawn from the common generator
        self.path = folder / f"{seed:016x}.db"
        shutil.copy(template, self.path)
        self.stage = Stage(self.rng, BEGIN, trace=trace)
        self.world = World(self.rng, alive)
        self.tally = Tally(worlds=1)
        self.receiver = Receiver(self)
        self.server = Actor(self.stage, "server")
        self.recorder = open_store(self.path)
        hook(self.recorder, self.server)
        self.observer = open_store(self.path)
        self.plans, self.amended = (
            [p for a in terms_of(texts).agreements.values() for p in a.plans]
            for texts in ({NAME: AGREEMENT}, {NAME: AGREEMENT, NAME_AMENDED: AMENDED}))
        self.oracle = Oracle(self.observer, self.plans)
        self.workers = [Worker(self, f"w{n}") for n in range(1, WORKERS + 1)]
        self.amended_from = self.rng.randrange(1, operations) if self.rng.random() < 0.3 else 2**62
        self.unsent: list[Arrival] = []
        self.stamped = 0

    # ---- recording ---------------------------------------------------------------------------------------------------

    def _record(self) -> None:
        """The server's turn: what came in is recorded in one or several transactions; what was not acknowledged is sent again later."""
        rng = self.rng
        if self.tally.operations >= self.amended_from and not self._amend():
            return
        while self.unsent:
            some = self.unsent[:rng.randrange(1, 200)]
            at = self.server.now()
            self.stamped = max(self.stamped, at)
            names = [(one.source, one.id, one.digest) for one in some]
            for name in names:
                self.oracle.tried_at[name].add(at)
            try:
                taken = self.recorder.stream.record(some, "desk", at)
            except StoreError as error:
                self.stage.say(f"server: {error.slug}")
                return
            require(len(taken) == len(some), "every arrival is answered", len(taken))
            for name, one, answer in zip(names, some, taken, strict=True):
                if answer.state in ("new", "same"):
                    self.oracle.acknowledge(name, one, answer.seq, answer.leaf_hash)
            del self.unsent[:len(some)]

    def _amend(self) -> bool:
        """Put the agreement's second version; False where the store failed."""
        if len(self.oracle.plans) == 1:
            self.oracle.plans.append({p.version: p for p in self.amended})
        try:
            self.recorder.texts.put(NAME_AMENDED, AMENDED, "sim", self.server.now())
        except StoreError as error:
            self.stage.say(f"server: {error.slug}")
            return False
        self.amended_from = 2**62
        return True

    def _serve(self) -> None:
        try:
            self._record()
        except Killed:
            self.server.cut_off()
            raise

    # ---- a round -----------------------------------------------------------------------------------------------------

    def round(self) -> None:
        """Operations, turns, faults, and time going by."""
        rng, stage = self.rng, self.stage
        count = rng.choice((2, 20, 200, 1000, 2500)) if self.target > 5000 else rng.choice((2, 20, 60, 120))
        arrivals = self.world.operations(self.server.now(), count)
        self.tally.operations += len(arrivals)
        self.unsent += arrivals
        jobs: list[tuple[Actor, Callable[[], None]]] = [(self.server, self._serve)]
        jobs += [(worker.actor, worker.play) for worker in self.workers if rng.random() < 0.75]
        rng.shuffle(jobs)
        for actor, _ in jobs:
            if rng.random() < self.trouble:
                kind = rng.choice(self.kinds)
                actor.plan_fault(kind, rng.choice((1, 1, 2, 3)) if kind == "timeout" else rng.randrange(1, rng.choice((6, 30, 90, 90))))
        stage.play(jobs)
        for worker in self.workers:
            if worker.actor.dead:
                worker.store = None
        stage.now += rng.choice((SECOND, 10 * SECOND, MINUTE, MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE))
        for actor in stage.actors:
            if actor.skew and rng.random() < 0.15:
                actor.skew = 0                # somebody set its clock
            else:
                actor.skew = max(-HOUR, min(HOUR, actor.skew))

    # ---- at rest -----------------------------------------------------------------------------------------------------

    def rest(self) -> None:
        """No faults, and the clocks right, until nobody finds anything to do; then everything is compared with the batch run."""
        stage = self.stage
        # what a clock that is ahead has stamped comes to be known when the others get there
        stage.now = max(stage.now, stage.down_until, self._mark(), self.stamped, *(actor.now() for actor in stage.actors))
        for actor in stage.actors:
            actor.skew, actor.fault = 0, ""
        for _ in range(3):                    # a connection that died is only noticed by using it
            stage.play([(self.server, self._serve)])
        require(not self.unsent, "the server records when nothing is wrong")
        worker = self.workers[self.rng.randrange(WORKERS)]
        for _ in range(200):
            stage.play([(worker.actor, lambda: self._tick(worker))])
            if not live.probe(self.observer.database).due(stage.now):
                break
        else:
            raise Broken("the worker comes to rest", str(live.probe(self.observer.database)))
        self.oracle.check(stage.now)
        self.receiver.check()

    def _tick(self, worker: Worker) -> None:
        for more in (True, True, False):
            try:
                if worker.store is None:
                    worker.start()
                while worker.tick():
                    pass
            except StoreError:
                if not more:
                    raise

    def _mark(self) -> int:
        return acted_on(self.observer).at or 0

    def settle(self) -> None:
        """After a rest: time goes by without facts until every message has ended."""
        stage = self.stage
        for _ in range(400):
            stage.play([(worker.actor, worker.play) for worker in self.workers])
            with self.observer.database.reading() as connection:
                states = Counter(connection.execute(outbox.select().with_only_columns(outbox.c.state)).scalars())
            stage.now += 30 * MINUTE
            if not set(states) - set(ENDED):
                return
        raise Broken("every message ends", str(states))

    def down(self) -> None:
        """All workers stand still for a day; facts come in all the while."""
        self.rest()
        self.tally.downtimes += 1
        stage = self.stage
        for worker in self.workers:
            worker.drop()
        before, tried = set(self.receiver.effects), self._tried()
        for _ in range(6):
            arrivals = self.world.operations(stage.now, self.rng.choice((5, 60)))
            self.tally.operations += len(arrivals)
            self.unsent += arrivals
            stage.play([(self.server, self._serve)])
            stage.now += 4 * HOUR
        self.rest()
        stopped = self._stopped()
        told: dict[tuple[str, str], list[str]] = defaultdict(list)
        mark = stage.now
        stage.play([(worker.actor, worker.play) for worker in self.workers])
        for key in sorted(self.receiver.effects.keys() - before - tried):
            effect = self.receiver.effects[key]
            for clock in {"/".join(one.split("/")[:5]) for one in (key, *effect.also)}:
                told[clock, effect.recipient].append(key)
                require(clock not in stopped, "nothing for stopped clocks", f"{key} with {effect.also} at {mark}")
        twice = [keys for keys in told.values() if len(keys) > 1]
        require(not twice, "one message a clock and person after being down", twice[:3])

    def _stopped(self) -> set[str]:
        with self.observer.database.reading() as connection:
            every = connection.execute(clocks.select()).mappings().all()
        return {step_key(ClockKey(r["agreement"], r["commitment"], r["casename"], r["cycle"], r["part"]), "")[:-1]
                for r in every if r["state"] in ("stopped", "ended")}

    def _tried(self) -> set[str]:
        """Messages of which nobody knows whether they arrived: they come again, whatever became of their clocks."""
        with self.observer.database.reading() as connection:
            return set(connection.execute(outbox.select().with_only_columns(outbox.c.key).where(outbox.c.attempts > 0)).scalars())

    # ---- all of it ---------------------------------------------------------------------------------------------------

    def run(self) -> Tally:
        """The whole history. Raises ``Broken`` with the seed in its text."""
        number = 0
        try:
            while self.tally.operations < self.target:
                number += 1
                self.round()
                if self.rng.random() < 0.06:
                    self.rest()
                if self.rng.random() < self.downs:
                    self.down()
            self.rest()
            if self.rng.random() < 0.3 or self.target < 5000:
                self.settle()
                self.rest()
            troubles = self.observer.check()
            require(not troubles, "the store is whole", troubles)
        except Broken as broken:
            raise Broken(broken.name, f"{broken} [seed {self.seed}, round {number}]") from broken
        finally:
            if not getattr(self, "kept", False):
                self.close()
        self.tally.faults.update(self.stage.taken)
        self.tally.said.update(self.world.said)
        self.tally.looks, self.tally.recomputed = self.oracle.looked, self.oracle.recomputed
        self.tally.fired = len(self.oracle.union)
        self.tally.sent, self.tally.resent = self.receiver.count()
        return self.tally

    def close(self) -> None:
        self.stage.close()
        self.recorder.close()
        self.observer.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)


def simulate(seed: int, folder: Path, template: Path, **more: Any) -> Tally:
    """One history from its seed."""
    return Simulation(seed, folder, template, **more).run()
