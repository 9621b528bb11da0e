"""A real server in a process of its own: facts in, an end in order, and an end without warning."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from web_server import Served
from web_world import fact

from upheld.stores.store import open_store


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Served(Path(tmp_path_factory.mktemp("serve"))) as server:
        yield server


def test_facts_in_all_forms(served: Served) -> None:
    with served.client() as client:
        assert client.post("/api/v1/facts", json=fact("one")).status_code == 201
        assert client.post("/api/v1/facts", json=[fact(f"many-{i}") for i in range(100)]).json()["recorded"] == 100

        def lines() -> Any:
            for i in range(300):
                yield json.dumps(fact(f"line-{i}")).encode() + b"\n"

        streamed = client.post("/api/v1/facts", content=lines(), headers={"content-type": "application/x-ndjson"})
        assert streamed.json()["recorded"] == 300
        packed = client.post("/api/v1/facts", content=gzip.compress(json.dumps(fact("packed")).encode()),
                             headers={"content-type": "application/json", "content-encoding": "gzip"})
        assert packed.status_code == 201
        assert client.get("/api/v1/facts/desk/line-7").json()["index"] == streamed.json()["rows"][7]["index"]
        assert client.get("/readyz").json()["checks"]["store"]["ok"]
        assert client.get("/healthz").status_code == 200
        assert 'upheld_facts_total{state="new"} 402' in client.get("/metrics").text
        assert client.get("/openapi.json").json()["paths"]["/api/v1/facts"]["post"]


def test_the_same_facts_from_many_at_once_are_recorded_once(served: Served) -> None:
    batch = [fact(f"together-{i}") for i in range(20)]
    answers: list[Any] = []

    def send(key: str) -> None:
        with served.client() as client:
            answers.append(client.post("/api/v1/facts", json=batch, headers={"idempotency-key": key}))

    threads = [threading.Thread(target=send, args=(f"same-{n % 2}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [a for a in answers if a.status_code < 300]
    assert done
    assert all(a.status_code == 409 and a.json()["slug"] == "in-flight" and a.headers["retry-after"] for a in answers if a not in done)
    assert len({json.dumps([r["receipt"] for r in a.json()["rows"]]) for a in done}) == 1, "everybody holds the first receipts"
    assert sum(a.json()["recorded"] for a in done if "idempotent-replay" not in a.headers) == 20


def test_a_body_that_is_cut_off_records_nothing(served: Served) -> None:
    where = urlsplit(served.url)
    body = json.dumps([fact(f"cut-{i}") for i in range(50)]).encode()
    with socket.create_connection((str(where.hostname), where.port or 0)) as raw:
        raw.sendall(f"POST /api/v1/facts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {served.token}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:2_000])
    with served.client() as client:
        assert client.get("/api/v1/facts/desk/cut-0").status_code == 404


@pytest.mark.parametrize("sent", [
    b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"GET /healthz HTTP/1.1\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    b"POST /api/v1/facts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/facts HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"GET //healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
])
def test_what_is_no_request_is_refused(served: Served, sent: bytes) -> None:
    where = urlsplit(served.url)
    with socket.create_connection((str(where.hostname), where.port or 0), timeout=10) as raw:
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        answer = raw.recv(65_536)
    assert answer.split(b" ")[1][:1] == b"4", answer[:200]


def test_killed_without_warning_everything_acknowledged_is_there(tmp_path: Path) -> None:
    server, acknowledged, sent = Served(tmp_path), set(), 0
    for life in range(2):
        if life:
            server.start()
        stop = threading.Event()

        def send(life: int = life, stop: threading.Event = stop) -> None:
            nonlocal sent
            with server.client() as client:
                for n in range(10_000):
                    names = [f"{life}-{n}-{i}" for i in range(25)]
                    sent += 25
                    try:
                        answer = client.post("/api/v1/facts", json=[fact(name) for name in names])
                    except httpx2.TransportError:
                        return
                    if answer.status_code == 201:
                        acknowledged.update(names)
                    if stop.is_set():
                        return

        thread, before = threading.Thread(target=send), len(acknowledged)
        thread.start()
        _until(lambda before=before: len(acknowledged) > before)
        time.sleep(0.11 * life)
        server.kill()
        stop.set()
        thread.join()
    with open_store(server.database) as store:
        assert acknowledged
        assert [name for name in sorted(acknowledged) if store.stream.find("desk", name) is None] == []
        assert len(acknowledged) <= store.stream.size() <= sent
        assert store.check() == ()


def test_stopped_in_order_what_was_taken_is_answered(tmp_path: Path) -> None:
    server = Served(tmp_path)
    answers: list[int] = []

    def send(n: int) -> None:
        with server.client() as client:
            for k in range(10_000):
                try:
                    answers.append(client.post("/api/v1/facts", json=[fact(f"{n}-{k}-{i}") for i in range(300)]).status_code)
                except httpx2.TransportError:      # it was not taken any more
                    return

    threads = [threading.Thread(target=send, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    _until(lambda: answers)
    assert server.stop() == 0
    for thread in threads:
        thread.join()
    assert set(answers) <= {201, 503}
    with open_store(server.database) as store:
        assert store.stream.size() == 300 * answers.count(201)


def _until(holds: Callable[[], object]) -> None:
    """Waits for it, a minute at most: a busy machine takes its time."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < 60
        time.sleep(0.005)


def test_what_is_told_to_listen_listens_and_stops_in_order_from_then_on(tmp_path: Path) -> None:
    for n in range(3):
        server = Served(tmp_path / str(n))
        where = urlsplit(server.url)
        with socket.create_connection((str(where.hostname), where.port or 0), timeout=30):
            pass
        assert server.stop() == 0
        assert "upheld: stopped in order\n" in server.told
