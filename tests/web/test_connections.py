"""Connections of those who send slowly, nonsense, or for ever: each is told in the words of a problem and let go; nothing is recorded."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from web_world import World, fact

from upheld.web.app import make_app
from upheld.web.body import Limits
from upheld.web.connection import Waits, connection_of

LIMITS = Limits(body=200_000, pause_s=20, whole_s=0.5, pace=100)
LONG = 60.0
SERVERS: dict[int, uvicorn.Server] = {}
QUICK = Waits(head=LONG, rest=0.4)


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, int]]:
    with serving(tmp_path_factory.mktemp("connections"), QUICK) as both:
        yield both


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, int]]:
    with serving(tmp_path_factory.mktemp("heads"), Waits(head=2.0)) as both:
        yield both


@contextmanager
def serving(folder: Path, waits: Waits) -> Iterator[tuple[World, int]]:
    world = World(folder, LIMITS)
    world.token()  # made before anybody connects: a busy disk takes its time
    with socket.create_server(("127.0.0.1", 0)) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)  # else the system takes megabytes in for who takes none
        config = uvicorn.Config(make_app(world.parts), log_config=None, ws="none", http=connection_of(waits),
                                h11_max_incomplete_event_size=32_768)
        server = SERVERS[own.getsockname()[1]] = uvicorn.Server(config)
        running = threading.Thread(target=server.run, kwargs={"sockets": [own]})
        running.start()
        try:
            yield world, own.getsockname()[1]
        finally:
            server.should_exit = True
            running.join()
            world.store.close()


@contextmanager
def opened(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=LONG) as raw:
        yield raw


def head(world: World, *more: str, path: str = "/api/v1/facts", token: str = "") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token or world.token()}", "Content-Type: application/json",
             *more]
    return "\r\n".join([*lines, "", ""]).encode()


def all_of(raw: socket.socket) -> bytes:
    """What is told until the other side lets go."""
    told = b""
    while True:
        try:
            piece = raw.recv(65_536)
        except ConnectionError:
            return told
        if not piece:
            return told
        told += piece


def problem(told: bytes) -> tuple[int, str]:
    start, _, body = told.partition(b"\r\n\r\n")
    assert b"application/problem+json" in start, told
    return int(start.split(b" ")[1]), json.loads(body)["slug"]


def trickled(raw: socket.socket, stop: threading.Event) -> threading.Thread:
    """A byte now and then, for as long as it is taken."""
    def go() -> None:
        while not stop.is_set():
            try:
                raw.sendall(b" ")
            except OSError:
                return
            time.sleep(0.05)

    sending = threading.Thread(target=go)
    sending.start()
    return sending


@pytest.mark.parametrize("how", ["Content-Length: 150000", "Transfer-Encoding: chunked"])
def test_a_byte_now_and_then_holds_nothing_for_ever(listening: tuple[World, int], how: str) -> None:
    world, port = listening
    before = world.store.stream.size()
    with opened(port) as raw:
        raw.sendall(head(world, how))
        stop = threading.Event()
        sending = trickled(raw, stop) if how.startswith("Content") else None
        if sending is None:
            raw.sendall(b"1\r\n[\r\n")
        told = all_of(raw)
        stop.set()
        if sending is not None:
            sending.join()
    assert problem(told) == (408, "too-slow")
    assert world.store.stream.size() == before


def test_who_was_answered_and_goes_on_sending_is_let_go(listening: tuple[World, int]) -> None:
    world, port = listening
    with opened(port) as raw:
        raw.sendall(head(world, "Content-Length: 150000", token="uph_" + "x" * 43))
        stop = threading.Event()
        sending = trickled(raw, stop)
        told = all_of(raw)
        stop.set()
        sending.join()
    assert problem(told) == (401, "token")


@pytest.mark.parametrize(("sent", "status"), [(b"", 0), (b"POST /api/v1/facts HTTP/1.1\r\nHost: local", 408)])
def test_a_head_that_never_ends(hasty: tuple[World, int], sent: bytes, status: int) -> None:
    _, port = hasty
    with opened(port) as raw:
        raw.sendall(sent)
        told = all_of(raw)
    assert (problem(told) if told else (0, "")) == ((status, "too-slow") if status else (0, ""))


def test_a_second_head_that_never_ends(hasty: tuple[World, int]) -> None:
    _, port = hasty
    with opened(port) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health")
        told = all_of(raw)
    assert told.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 408" in told


@pytest.mark.parametrize(("sent", "status", "slug"), [
    (b"nonsense\r\n\r\n", 400, "no-http"),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", 431, "head-too-large"),
    (b"POST /api/v1/facts HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400, "no-http"),
])
def test_what_is_no_http_is_told_as_a_problem(listening: tuple[World, int], sent: bytes, status: int, slug: str) -> None:
    _, port = listening
    with opened(port) as raw:
        raw.sendall(sent)
        assert problem(one_of(raw)) == (status, slug)


def one_of(raw: socket.socket) -> bytes:
    """One answer, whole; the connection stays."""
    told = b""
    while b"\r\n\r\n" not in told:
        told += raw.recv(65_536)
    start, _, body = told.partition(b"\r\n\r\n")
    length = int(next(line for line in start.lower().split(b"\r\n") if line.startswith(b"content-length")).partition(b":")[2])
    while len(body) < length:
        body += raw.recv(65_536)
    return start + b"\r\n\r\n" + body


def test_who_sends_too_much_gets_to_read_why(tmp_path: Path) -> None:
    body = b" " * 1_000_000
    with serving(tmp_path, Waits(rest=LONG)) as (world, port), opened(port) as raw:
        raw.sendall(head(world, f"Content-Length: {len(body)}") + body)
        assert problem(one_of(raw)) == (413, "too-large")
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert one_of(raw).startswith(b"HTTP/1.1 200"), "the same connection goes on"


def test_a_body_that_comes_slowly_but_at_its_pace_is_taken(listening: tuple[World, int]) -> None:
    world, port = listening
    body = json.dumps([fact("slow")]).encode() + b" " * 60_000
    with opened(port) as raw:
        raw.sendall(head(world, f"Content-Length: {len(body)}") + body[:6_100])
        for first in range(6_100, len(body), 6_100):
            time.sleep(0.1)
            raw.sendall(body[first:first + 6_100])
        assert one_of(raw).startswith(b"HTTP/1.1 201"), "longer than half a second, and quicker than its pace"


def test_who_takes_no_answer_in_is_let_go_and_the_facts_are_there(tmp_path: Path) -> None:
    lines = b"\n".join(json.dumps(fact(f"unread-{n}")).encode() for n in range(3_000))
    with serving(tmp_path, Waits(taken=0.3)) as (world, port), socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        raw.settimeout(LONG)
        raw.connect(("127.0.0.1", port))
        raw.sendall(head(world, f"Content-Length: {len(lines)}").replace(b"application/json", b"application/x-ndjson") + lines)
        begun = time.monotonic()
        while world.store.stream.size() < 3_000 or SERVERS[port].server_state.connections:
            assert time.monotonic() - begun < LONG
            time.sleep(0.02)
        assert len(all_of(raw)) < 3_000 * 300, "the whole answer is longer"
