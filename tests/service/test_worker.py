"""Workers as they run: threads and processes on a real clock, a real mail server, a real chat; stopping, a later release, an auditor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from service_sinks import MailSink, Receiver
from sqlalchemy import text
from world import AGREEMENT, Sent, World

from upheld.cli.main import cli
from upheld.facts.arrive import Arrival
from upheld.service import figures
from upheld.service.clock import FakeClock, RealClock
from upheld.service.config import Chat, Config, Mail
from upheld.service.operator import Alarm
from upheld.service.watch import look
from upheld.service.worker import run_in_thread
from upheld.stores.live import read_workers
from upheld.stores.outbox import queues, recent
from upheld.stores.store import Store, open_store

ALWAYS = AGREEMENT.replace("hours: office", "hours: always")


def until(what: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "this never came"
        time.sleep(0.05)


def opened(store: Store, *cases: str, hours: float = 3.2) -> None:
    """Cases opened so long ago that three quarters of their time are used."""
    now = RealClock().now()
    at = now - int(hours * 3_600_000_000)
    said = {"event": "opened", "at": at, "says": {"customer": "Acme"}}
    store.stream.record([Arrival("events", "desk", f"{case}/o", case, at, {"case": case, **said}) for case in cases], "desk", now)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_workers_tell_each_person_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place = str(tmp_path / "store.db") if kind == "sqlite" else str(request.getfixturevalue("postgres_url"))
    cases = [f"INC-{i}" for i in range(12)]
    with MailSink() as sink, Receiver() as receiver, open_store(place) as store, open_store(place) as another:
        host = f"localhost:{receiver.port}"
        config = Config(mail=Mail("127.0.0.1", "sla@northwind.example", sink.port, tls="none"), allow=(host,),
                        chats={"ops": Chat("ops", f"http://{host}/hook")})
        store.texts.put("agreements/acme.yaml", ALWAYS.replace("mail: ben@northwind.example, chat: ops", "chat: ops").encode(), "ops",
                        RealClock().now())
        workers = [run_in_thread(store, config), run_in_thread(another, config)]
        for case in cases:
            opened(store, case)
        until(lambda: queues(store.database).get("sent", 0) and not any(queues(store.database).get(s) for s in ("waiting", "leased")) and
              sum(queues(store.database).values()) == 3 * len(cases))
        for worker in workers:
            worker.stop()
        assert [row.state for row in read_workers(store.database)] == ["stopped", "stopped"]
    told = "".join(mail["Subject"] + mail.get_content() for mail in sink.mails)
    assert all(told.count(f"{case} (Acme)") >= 1 for case in cases)
    assert {mail["X-Rcpt"] for mail in sink.mails} == {"ann@northwind.example"}
    assert len({mail["Message-ID"] for mail in sink.mails}) == len(sink.mails)
    said = "".join(json.loads(call.body)["text"] for call in receiver.calls)
    assert all(f"{case} (Acme)" in said for case in cases)
    assert b"upheld_steps_total" in __import__("prometheus_client").generate_latest(figures.REGISTRY)


def test_a_worker_of_an_older_release_stops_loudly(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as store:
        with store.database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
        running = run_in_thread(store, Config())
        running.thread.join(20)
        assert not running.thread.is_alive()
        assert "later release" in running.worker.wrong


def test_a_worker_of_an_older_release_does_nothing_more_from_that_moment_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.service import worker

    monkeypatch.setattr(worker, "_BEAT_S", 3600.0)                 # it does not wait for its next sign of life
    sent = Sent()
    with open_store(tmp_path / "store.db") as store:
        store.texts.put("agreements/acme.yaml", ALWAYS.encode(), "ops", RealClock().now())
        running = run_in_thread(store, Config(), notifier=sent)
        until(lambda: read_workers(store.database))
        with store.together(), store.database.writing() as connection:
            opened(store, "INC-1")
            connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
        running.thread.join(60)
        assert not running.thread.is_alive()
        assert "later release" in running.worker.wrong
    assert sent.letters == []


def test_the_auditor_asks_the_store_not_the_worker(tmp_path: Path) -> None:
    world = World(tmp_path / "store.db")
    world.at("2026-03-03 09:00").open("INC-1").work()
    assert look(world.store, world.clock).well
    late = FakeClock(world.instant("2026-03-03 11:02"))
    found = look(world.store, late, Alarm("ops@northwind.example"))
    assert (found.overdue, found.first[0].case, found.well) == (1, "INC-1", False)
    look(world.store, late, Alarm("ops@northwind.example"))
    assert [m.subject for m in recent(world.store.database) if m.recipient == "operator"] == ["Upheld: Steps or messages are overdue"]
    world.resolve("INC-1").work()
    world.clock.at = late.at
    world.work().expect("operator: overdue").close()


def test_a_webhook_that_is_gone_is_switched_off_and_its_owner_told(tmp_path: Path) -> None:
    from upheld.service.letter import Outcome

    world = World(tmp_path / "store.db", AGREEMENT.replace("ann: {mail: ann@northwind.example}", "ann: {webhook: crm}"))
    world.at("2026-03-03 09:00").open("INC-1")
    world.sent.answers = [Outcome("gone", "410")]
    world.at("2026-03-03 11:00").expect("operator: was switched off", "owner@acme.example: was switched off")
    world.at("2026-03-03 12:00").expect("ben: 75%")
    assert [(m.step, m.state, m.attempts) for m in world.messages(recipient="ann")] == [("1", "dead", 1), ("2", "dead", 0)]
    world.resolve("INC-1").work().close()


def test_the_process_from_the_manual(tmp_path: Path) -> None:
    """``upheld worker`` with a settings file: tells of a case, stops on SIGTERM, and ``upheld doctor`` says how it stands."""
    with MailSink() as sink, Receiver() as chat:
        (tmp_path / "agreements").mkdir()
        (tmp_path / "agreements/acme.yaml").write_text(ALWAYS)
        (tmp_path / "upheld.toml").write_text(f"""
[mail]
host = "127.0.0.1"
port = {sink.port}
from = "sla@northwind.example"
tls = "none"
[chat.ops]
url = "http://localhost:{chat.port}/hook"
[operator]
mail = "ops@northwind.example"
[egress]
allow = ["localhost:{chat.port}"]
""")
        (tmp_path / "records").mkdir()
        with open_store(tmp_path / "records/store.db") as store:
            store.texts.put("agreements/acme.yaml", ALWAYS.encode(), "ops", RealClock().now())
            opened(store, "INC-1")
        process = subprocess.Popen([sys.executable, "-c", "from upheld.cli.main import cli; cli()", "worker"], cwd=tmp_path,
                                   env={**os.environ}, stderr=subprocess.PIPE, text=True)
        try:
            until(lambda: sink.mails, 40)
            doctor = CliRunner().invoke(cli, ["doctor", "-w", str(tmp_path), "--send-test"])
            assert "ok   workers: " in doctor.output, doctor.output
            assert "ok   trial by mail to ops@northwind.example: sent" in doctor.output
            assert "ok   trial by chat to ops: sent" in doctor.output
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said
        lines = [json.loads(line) for line in said.splitlines()]
        assert [lines[0]["event"], lines[-1]["event"]] == ["worker begins", "worker ends"]
        assert "ann@" not in said
        doctor = CliRunner().invoke(cli, ["doctor", "-w", str(tmp_path)])
        assert doctor.exit_code == 1
        assert "BAD  no worker is at work" in doctor.output


def test_a_notifier_that_fails_as_a_whole_loses_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as store:
        store.texts.put("agreements/acme.yaml", ALWAYS.encode(), "ops", RealClock().now())
        opened(store, "INC-1")
        sent = Sent(answers=[ValueError("a bug")])
        running = run_in_thread(store, Config(), notifier=sent)
        until(lambda: queues(store.database).get("leased"))
        running.stop()
        assert queues(store.database) == {"folded": 1, "leased": 2}
