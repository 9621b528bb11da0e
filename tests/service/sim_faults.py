"""The machinery of the simulator: actors that take turns on one thread's worth of time, and eight faults put beneath them.

Law: whoever holds the baton runs, everybody else stands still; every choice comes from one seeded generator. So a seed gives one history.
A killed actor does nothing more: its connections are closed under it, as the operating system would, and every gate it reaches throws it out.
"""

from __future__ import annotations

import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from upheld.stores.store import Store

__all__ = ["FAULTS", "Actor", "Killed", "Stage", "hook"]

FAULTS = ("kill", "crash", "timeout", "half-open", "lock", "slow", "back", "forward")
"""reliability.md P4: kill, database crash, ExecuteAndTimeout, half-open socket, lock timeout, slow disk, clock back, clock forward."""

SECOND = 1_000_000
MINUTE = 60 * SECOND


class Killed(BaseException):
    """The end of an actor: no ``except Exception`` holds it."""


@dataclass(slots=True)
class Stage:
    """The world's time, the database's writer, and whose turn it is. ``taken``: faults that happened; ``turns``: finished turns."""

    rng: random.Random
    now: int
    switching: float = 0.02
    taken: Counter[str] = field(default_factory=Counter)
    writer: Any = None
    down_until: int = 0
    baton: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    actors: list[Actor] = field(default_factory=list)
    running: list[Actor] = field(default_factory=list)
    trace: Callable[[str], None] | None = None

    def say(self, text: str) -> None:
        if self.trace is not None:
            self.trace(f"{self.now} {text}")

    def play(self, jobs: list[tuple[Actor, Callable[[], None]]]) -> None:
        """All jobs, each by its actor, interleaved at their gates; returns when all have ended, and raises what one of them raised."""
        for actor, job in jobs:
            actor.begin(job)
        self.running = [actor for actor, _ in jobs]
        while self.running:
            actor = self.running[self.rng.randrange(len(self.running))] if len(self.running) > 1 else self.running[0]
            actor.turn.release()
            self.baton.acquire()
            if actor.job is None:
                self.running.remove(actor)
        for actor, _ in jobs:
            if actor.error is not None:
                error, actor.error = actor.error, None
                raise error

    def crash(self) -> None:
        """The database goes: every connection is dead, every open transaction rolled back; it is back after a while."""
        self.taken["crash"] += 1
        for actor in self.actors:
            actor.cut_off()
        self.down_until = self.now + self.rng.choice((0, 0, SECOND, 20 * SECOND))

    def close(self) -> None:
        for actor in self.actors:
            actor.leave()


class Actor:
    """A process of the installation: a worker or the server, with its own connections and its own clock."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage, self.name = stage, name
        self.skew = 0
        self.dead = False
        self.fault: str = ""
        self.countdown = 0
        self.job: Callable[[], None] | None = None
        self.error: BaseException | None = None
        self.turn = threading.Semaphore(0)
        self.open: set[GatedConnection] = set()
        self.leaving = False
        stage.actors.append(self)
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.thread.start()

    def now(self) -> int:
        """What this actor's clock says, µs UTC."""
        return self.stage.now + self.skew

    def begin(self, job: Callable[[], None]) -> None:
        self.job, self.dead, self.error = job, False, None

    def leave(self) -> None:
        self.leaving = self.dead = True       # one that stands at a gate is thrown out of it
        self.turn.release()
        self.thread.join(5)
        self.cut_off()

    def cut_off(self) -> None:
        """Its connections are closed under it."""
        for connection in list(self.open):
            connection.die()
        self.open.clear()

    def plan_fault(self, kind: str, after: int) -> None:
        """At the ``after``-th gate from now (a commit, for ``timeout``) this happens."""
        self.fault, self.countdown = kind, after

    def _live(self) -> None:
        while True:
            self.turn.acquire()
            if self.leaving or self.job is None:
                return
            try:
                self.job()
            except Killed:
                pass
            except BaseException as error:
                self.error = error
            self.job = None
            self.fault = ""
            if self.leaving:
                return
            self.stage.baton.release()

    def pause(self) -> None:
        """Let somebody else have a turn."""
        if len(self.stage.running) > 1:
            self.stage.baton.release()
            self.turn.acquire()
            if self.dead:
                raise Killed

    def gate(self, point: str) -> None:
        """Every place at which something can happen to it: ``connect``, ``begin``, ``statement``, ``commit``, ``send``, ``sent``."""
        if self.dead:
            raise Killed
        if self.fault and self.fault != "timeout":
            self.countdown -= 1
            if self.countdown <= 0:
                kind, self.fault = self.fault, ""
                self._happen(kind, point)
        stage = self.stage
        often = 0.5 if point in ("commit", "send", "sent") else stage.switching
        if len(stage.running) > 1 and stage.rng.random() < often:
            self.pause()

    def _happen(self, kind: str, point: str) -> None:
        stage = self.stage
        stage.say(f"{self.name}: {kind} at {point}")
        match kind:
            case "kill":
                stage.taken[kind] += 1
                self.dead = True
                self.cut_off()
                raise Killed
            case "crash":
                stage.crash()
            case "half-open":
                stage.taken[kind] += 1
                self.cut_off()
            case "lock":
                if point in ("begin", "statement"):
                    stage.taken[kind] += 1
                    raise sqlite3.OperationalError("database is locked")
            case "slow":
                stage.taken[kind] += 1
                stage.now += stage.rng.choice((SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE))
            case "back":
                stage.taken[kind] += 1
                self.skew -= stage.rng.choice((SECOND, 10 * SECOND, 5 * MINUTE, 60 * MINUTE))
            case "forward":
                stage.taken[kind] += 1
                self.skew += stage.rng.choice((SECOND, 10 * SECOND, 5 * MINUTE, 60 * MINUTE))
            case _:
                raise AssertionError(kind)


def _lost() -> sqlite3.Error:
    # the words by which the pool knows that a connection is of no more use
    return sqlite3.ProgrammingError("Cannot operate on a closed database.")


class GatedCursor(sqlite3.Cursor):
    """A cursor whose statements pass the gate of their actor."""

    def execute(self, sql: str, *args: Any) -> Any:
        connection: GatedConnection = self.connection  # type: ignore[assignment]
        if sql.startswith("PRAGMA"):
            sql = sql.replace("synchronous = FULL", "synchronous = OFF").replace("busy_timeout = 30000", "busy_timeout = 0")
            return super().execute(sql, *args)
        connection.enter("begin" if sql.startswith("BEGIN") else "statement", sql)
        found = super().execute(sql, *args)
        if sql.startswith("BEGIN IMMEDIATE"):
            connection.actor.stage.writer = connection
        return found

    def executemany(self, sql: str, *args: Any) -> Any:
        connection: GatedConnection = self.connection  # type: ignore[assignment]
        connection.enter("statement", sql)
        return super().executemany(sql, *args)

    def close(self) -> None:
        if not self.connection.gone:  # type: ignore[attr-defined]
            super().close()


class GatedConnection(sqlite3.Connection):
    """A connection that can die under its owner."""

    actor: Actor
    gone: bool = False

    def cursor(self, *args: Any, **more: Any) -> Any:
        if self.gone:
            raise _lost()
        return super().cursor(GatedCursor)

    def enter(self, point: str, sql: str = "") -> None:
        if self.gone and not self.actor.dead:
            raise _lost()
        self.actor.gate(point)
        stage = self.actor.stage
        if sql.startswith("BEGIN IMMEDIATE"):
            while stage.writer is not None and stage.writer is not self:
                self.actor.pause()
        if self.gone:
            raise _lost()

    def commit(self) -> None:
        actor = self.actor
        self.enter("commit")
        stage = actor.stage
        writes = stage.writer is self
        super().commit()
        if writes:
            stage.writer = None
        if writes and actor.fault == "timeout":
            actor.countdown -= 1
            if actor.countdown <= 0:
                # it was done, and whoever asked is told that it was not
                actor.fault = ""
                stage.taken["timeout"] += 1
                stage.say(f"{actor.name}: timeout after commit")
                self.die()
                raise _lost()
        actor.gate("commit")

    def rollback(self) -> None:
        if not self.gone:
            super().rollback()
        if self.actor.stage.writer is self:
            self.actor.stage.writer = None

    def close(self) -> None:
        self.die()

    def die(self) -> None:
        if not self.gone:
            self.gone = True
            self.actor.open.discard(self)
            if self.actor.stage.writer is self:
                self.actor.stage.writer = None
            super().rollback()            # a statement not read to its end would keep the transaction, and its lock, alive
            super().close()


def hook(store: Store, actor: Actor) -> None:
    """From now on the store's connections are this actor's."""
    engine = store.database.engine
    engine.dispose()

    def joined(_dialect: Any, _record: Any, args: Any, named: Any) -> GatedConnection:
        actor.gate("connect")
        if actor.stage.now < actor.stage.down_until:
            raise sqlite3.OperationalError("unable to open database file")
        connection: GatedConnection = sqlite3.connect(*args, **{**named, "factory": GatedConnection, "check_same_thread": False})
        connection.actor = actor
        actor.open.add(connection)
        return connection

    event.listen(engine, "do_connect", joined)
