"""More than can be written is turned away with a time to come again; who sends too slowly is let go."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

from web_world import World, fact

from upheld.web.app import make_app
from upheld.web.body import Limits


def test_who_waits_too_much_and_a_full_queue(world: World) -> None:
    gate, begun = threading.Event(), threading.Event()
    mine, other = world.token(), world.token("facts:write", actor="bob")
    for token in (mine, other):
        world.get("/api/v1/facts/desk/none", token=token)  # that a token was used is written down once a minute, and the writer is held here

    def hold(_: int) -> None:
        begun.set()
        gate.wait(10)

    world.parts.intake.most = 10
    world.parts.intake.hand_in(hold, 1, "somebody")
    begun.wait(10)
    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(world.post([fact(f"w-{i}") for i in range(5)], token=mine)))
    waiting.start()
    for _ in range(500):
        if world.parts.intake.waiting == 6:
            break
        threading.Event().wait(0.01)
    own = world.post([fact("own")], token=mine)
    assert (own.status_code, own.json()["slug"], own.headers["retry-after"]) == (429, "too-fast", "1")
    full = world.post([fact(f"f-{i}") for i in range(5)], token=other)
    assert (full.status_code, full.json()["slug"], full.headers["retry-after"]) == (503, "overloaded", "2")
    gate.set()
    waiting.join()
    assert [a.status_code for a in answers] == [201]
    assert world.store.stream.size() == 5, "nothing of what was turned away"
    assert world.post([fact("own")], token=mine).status_code == 201


def test_who_sends_too_slowly_is_let_go(tmp_path: Path) -> None:
    with World(tmp_path, Limits(pause_s=0.1)) as world:
        sent: list[Any] = []

        async def ask() -> None:
            pieces = iter([{"type": "http.request", "body": b'[{"shape": "event"', "more_body": True}])

            async def receive() -> Any:
                piece = next(pieces, None)
                if piece is None:
                    await asyncio.sleep(30)
                return piece

            async def send(message: Any) -> None:
                sent.append(message)

            headers = [(b"host", b"testserver"), (b"authorization", f"Bearer {world.token()}".encode()), (b"content-type", b"application/json")]
            await make_app(world.parts)({
                "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/api/v1/facts",
                "query_string": b"",
                "raw_path": b"/api/v1/facts", "headers": headers, "client": ("127.0.0.1", 1), "server": ("testserver", 80), "scheme": "http",
                "root_path": ""}, receive, send)

        asyncio.run(ask())
        assert sent[0]["status"] == 408
        assert b"too-slow" in sent[1]["body"]
        assert world.store.stream.size() == 0


def test_a_server_that_stops_takes_nothing_more(world: World) -> None:
    token = world.token()
    world.parts.intake.stop()
    answer = world.post(fact(), token=token)
    assert (answer.status_code, answer.json()["slug"]) == (503, "stopping")
    assert world.client.get("/readyz").status_code == 503
