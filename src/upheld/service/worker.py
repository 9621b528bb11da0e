"""The worker: ticks, delivers, shows signs of life, watches; until it is told to stop.

Law: any number of workers may share a store. A failure of one round never ends the worker: it waits and looks again; only a store of a later
release does, loudly. Stopping lets what is under way end; what is not is found by the next.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from upheld.service import figures
from upheld.service.clock import Clock, RealClock
from upheld.service.config import Config
from upheld.service.deliver import Deliverer
from upheld.service.egress import Egress, EgressError
from upheld.service.feeds import fetch_feeds, keep_feeds, kept_feeds
from upheld.service.letter import Notifier
from upheld.service.log import log
from upheld.service.notifiers import Notifiers
from upheld.service.operator import Alarm
from upheld.service.tick import Ticker
from upheld.service.watch import look
from upheld.stores.live import WorkerRow, probe, write_beat
from upheld.stores.migrate import HEAD, revision_of
from upheld.stores.store import Store, open_store
from upheld.stores.trouble import StoreError

__all__ = ["Running", "Worker", "run", "run_in_thread"]

_RELEASE = importlib.metadata.version("upheld")
_BEAT_S = 10.0
_WATCH_S = 30.0
_FEEDS_S = 900.0
_TROUBLE_S = (1.0, 2.0, 5.0, 15.0, 30.0)


@dataclass(slots=True)
class Worker:
    """A worker of one store. ``stop`` set: it ends after what is under way. ``failing``: the rounds whose last turn failed; while there is one
    the outside watcher is not called.
    """

    store: Store
    config: Config
    clock: Clock = field(default_factory=RealClock)
    notifier: Notifier | None = None
    name: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    feeds: dict[str, bytes] = field(default_factory=dict)
    wrong: str = ""
    failing: set[str] = field(default_factory=set)

    def run(self) -> int:
        """Work until stopped: 0; or until a later release has taken the store over: 4."""
        self.name = self.name or f"{socket.gethostname()}/{os.getpid()}/{threading.get_ident() % 100_000}"
        log().info("worker begins", worker=self.name, release=_RELEASE, database=self.store.database.place)
        rounds = [threading.Thread(target=work, name=f"upheld {what}", daemon=True)
                  for what, work in (("tick", self._ticks), ("deliver", self._deliveries))]
        for thread in rounds:
            thread.start()
        self._signs()
        for thread in rounds:
            thread.join(60)
        try:
            self._beat("stopped")
        except StoreError as trouble:
            log().warning("last sign of life not kept", said=trouble.what)
        log().info("worker ends", worker=self.name, why=self.wrong or "stopped")
        return 4 if self.wrong else 0

    # ---- the rounds --------------------------------------------------------------------------------------------------

    def _ticks(self) -> None:
        ticker = Ticker(self.store, self.clock, self.config.worker.batch, self._alarm(), lambda: self.feeds)

        def once() -> float:
            begun = time.monotonic()
            if not self.feeds:                       # the first tick may come before the first look at the feeds
                self.feeds = kept_feeds(self.store, self.config)
            done = ticker.tick()
            figures.count_tick(done, time.monotonic() - begun)
            if done.units:
                log().info("ticked", units=done.units, clocks=done.clocks, steps=done.steps, messages=done.messages,
                           ms=round((time.monotonic() - begun) * 1000), catching_up=done.reading.catching_up)
            if done.reading.held:
                log().error("clock went backwards", behind_s=done.reading.behind_us // 1_000_000)
            for one in done.poisoned:
                log().error("set aside", unit=one.unit, tries=one.tries, said=one.error)
            return 0.0 if done.more else self._rest(probe(self.store.database).next())

        self._round("tick", once)

    def _deliveries(self) -> None:
        deliverer = Deliverer(self.store, self.clock, self.notifier or Notifiers(self.config, self.clock), self.name, self._alarm(),
                              self.config.notify.attempts, self.config.notify.per_minute, url=self.config.server.url)

        def once() -> float:
            done = deliverer.deliver()
            figures.count_delivery(done)
            if done.took:
                log().info("delivered", sent=done.sent, failed=done.failed, dead=done.dead, quiet=done.quiet, put_off=done.put_off)
            return 0.0 if done.took else self.config.worker.every_us / 1_000_000

        self._round("deliver", once)

    def _round(self, what: str, once: Callable[[], float]) -> None:
        """Again and again; after trouble more slowly."""
        troubles = 0
        while not self.stop.is_set():
            try:
                rest = once()
                troubles = 0
                self.failing.discard(what)
            except StoreError as trouble:
                if trouble.slug == "newer":
                    self._taken_over(trouble.what)
                    return
                figures.failures.labels(what).inc()
                log().error(f"{what} failed", slug=trouble.slug, said=trouble.what, help=trouble.help)
                self.failing.add(what)
                rest = self._after(troubles)
                troubles += 1
            except Exception:
                figures.failures.labels(what).inc()
                log().exception(f"{what} failed: our bug")
                self.failing.add(what)
                rest = self._after(troubles)
                troubles += 1
            if rest > 0:
                self.stop.wait(rest)

    @staticmethod
    def _after(troubles: int) -> float:
        return _TROUBLE_S[min(troubles, len(_TROUBLE_S) - 1)]

    def _rest(self, next_at: int | None) -> float:
        """Seconds until the next clock's instant, at most the longest rest."""
        longest = self.config.worker.every_us
        soon = longest if next_at is None else next_at - self.clock.now()
        return max(min(soon, longest), 1_000) / 1_000_000

    # ---- signs of life -----------------------------------------------------------------------------------------------

    def _signs(self) -> None:
        """The worker's own thread: beat, watch, feeds, the outside watcher; ends the worker where the store is of a later release."""
        due = {"beat": 0.0, "watch": time.monotonic() + 5.0, "feeds": 0.0, "outside": 0.0}
        every = {"beat": _BEAT_S, "watch": _WATCH_S, "feeds": _FEEDS_S, "outside": self.config.heartbeat.every_us / 1_000_000}
        well = True
        while not self.stop.is_set():
            for what, when in tuple(due.items()):
                if time.monotonic() < when:
                    continue
                due[what] = time.monotonic() + every[what]
                try:
                    well = self._sign(what, well=well)
                except StoreError as trouble:
                    well = False
                    log().error(f"{what} failed", slug=trouble.slug, said=trouble.what, help=trouble.help)
                except Exception:
                    well = False
                    log().exception(f"{what} failed: our bug")
            self.stop.wait(0.5)

    def _sign(self, what: str, *, well: bool) -> bool:
        if what == "beat":
            self._same_release()
            self._beat("working")
        elif what == "watch":
            found = look(self.store, self.clock, self._alarm())
            figures.count_watch(found)
            return found.well
        elif what == "feeds" and self.config.feeds:
            fresh = fetch_feeds(self.config)
            self.feeds = self.feeds | fresh
            keep_feeds(self.store, fresh, self.clock.now())
        elif what == "outside" and self.config.heartbeat.url and well and not self.failing:
            try:
                asyncio.run(Egress(self.config.allow).get(self.config.heartbeat.url))
            except EgressError as problem:
                log().warning("heartbeat not heard", said=problem.what)
        return well

    def _same_release(self) -> None:
        try:
            with self.store.database.reading() as connection:
                found = revision_of(connection)
        except StoreError as trouble:
            if trouble.slug != "newer":
                raise
            found = trouble.what
        if found != HEAD:
            self._taken_over(found or "none")

    def _taken_over(self, found: str) -> None:
        if not self.wrong:
            self.wrong = f"the store has been taken over by a later release ({found}); this one reads {HEAD}"
            log().critical("worker stops", why=self.wrong, help="start the worker of that release")
        self.stop.set()

    def _beat(self, state: str) -> None:
        now = self.clock.now()
        write_beat(self.store.database, WorkerRow(self.name, _RELEASE, HEAD, now, now, socket.gethostname(), os.getpid(), state))
        figures.count_beat(now)

    def _alarm(self) -> Alarm:
        return Alarm(self.config.operator.mail, self.config.operator.chat)


def run(database: str, config: Config) -> int:
    """Work on a store until SIGTERM or SIGINT: the exit code. Raises ``StoreError`` where it cannot be opened."""
    with open_store(database) as store:
        worker = Worker(store, config)

        def stop(_signal: int, _frame: FrameType | None) -> None:
            worker.stop.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        if config.worker.metrics_port:
            from prometheus_client import start_http_server

            start_http_server(config.worker.metrics_port, config.server.host, figures.REGISTRY)
        return worker.run()


@dataclass(frozen=True, slots=True)
class Running:
    """A worker in a thread of this process."""

    worker: Worker
    thread: threading.Thread

    def stop(self, seconds: float = 60.0) -> None:
        """Let what is under way end, and wait for it."""
        self.worker.stop.set()
        self.thread.join(seconds)


def run_in_thread(store: Store, config: Config, clock: Clock | None = None, notifier: Notifier | None = None) -> Running:
    """A worker beside whatever this process does, for an installation of one process."""
    worker = Worker(store, config, clock or RealClock(), notifier)
    thread = threading.Thread(target=worker.run, name="upheld worker", daemon=True)
    thread.start()
    return Running(worker, thread)

