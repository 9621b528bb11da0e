"""A worker whose disk is full, whose store is read-only, whose database goes away: it waits, tells the outside, and goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from service_sinks import Receiver
from sqlalchemy import event, make_url, text
from test_worker import ALWAYS, opened, until
from world import Sent

from upheld.service import worker
from upheld.service.clock import RealClock
from upheld.service.config import Config, Heartbeat
from upheld.stores.outbox import queues
from upheld.stores.store import Store, open_store


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with nothing to do finds out at its next sign of life: here that comes soon."""
    monkeypatch.setattr(worker, "_BEAT_S", 0.3)


def _silent(outside: Receiver) -> int:
    """How often it was called when nobody called it any more for five beats; a call under way may still come."""
    begun = time.monotonic()
    while True:
        heard = len(outside.calls)
        time.sleep(1.5)
        if len(outside.calls) == heard:
            return heard
        assert time.monotonic() - begun < 30, "the outside watcher is called while nothing works"


def _keeps_on(store: Store, fail: Callable[[], None], heal: Callable[[], None]) -> None:
    """While it fails nobody is told and the outside watcher hears nothing; healed, each person is told once."""
    store.texts.put("agreements/acme.yaml", ALWAYS.encode(), "ops", RealClock().now())
    opened(store, "INC-1")
    sent = Sent()
    with Receiver() as outside:
        host = f"localhost:{outside.port}"
        config = Config(heartbeat=Heartbeat(f"http://{host}/alive", 300_000), allow=(host,))
        running = worker.run_in_thread(store, config, notifier=sent)
        try:
            until(lambda: len(sent.letters) >= 2 and outside.calls)
            fail()
            heard = _silent(outside)               # its silence is the alarm
            heal()
            opened(store, "INC-2")
            until(lambda: len(sent.letters) >= 4)
            until(lambda: len(outside.calls) > heard)
        finally:
            running.stop()
    assert set(sent.taken.values()) == {1}
    assert set(queues(store.database)) <= {"sent", "folded"}


def _heavy(self: worker.Worker, _state: str) -> None:
    with self.store.database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS ballast (x)")
        connection.exec_driver_sql("INSERT INTO ballast VALUES (zeroblob(20000))")


@pytest.mark.parametrize(("broken", "whole"), [("max_page_count = 1", "max_page_count = 1000000"), ("query_only = ON", "query_only = OFF")])
def test_a_full_disk_and_a_read_only_store(broken: str, whole: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "page" in broken:
        # a beat takes no new page: whether a tick can write is what is asked here
        monkeypatch.setattr(worker.Worker, "_beat", _heavy)
    with open_store(tmp_path / "store.db") as store:
        said = [whole]
        event.listen(store.database.engine, "checkout", lambda connection, *_: connection.execute(f"PRAGMA {said[0]}"))
        _keeps_on(store, lambda: said.__setitem__(0, broken), lambda: said.__setitem__(0, whole))


def test_a_database_that_refuses_everybody_for_a_while(postgres_url: str) -> None:
    from sqlalchemy import create_engine

    name = make_url(postgres_url).database
    admin = create_engine(make_url(postgres_url).set(database="postgres", drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")

    def run(*statements: str) -> None:
        with admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    with open_store(postgres_url) as store:
        _keeps_on(
            store,
            lambda: run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
                        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
            lambda: run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.dispose()
