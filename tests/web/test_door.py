"""Who is turned away: attempts are slowed, good tokens are let in all the same, and the audit tells of it in few lines."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from web_world import World, fact

from upheld.stores.audit import Audit
from upheld.stores.trouble import StoreError
from upheld.web.door import Door
from upheld.web.upkeep import see_to

WRONG = "uph_" + "x" * 43


def wrong(n: int) -> str:
    return f"uph_{n:043d}"


def refusals(world: World) -> list[tuple[str, str, str]]:
    see_to(world.parts)
    return [(line.actor, line.object, line.detail) for line in world.store.audit.list(action="refused")]


def test_who_tries_again_and_again_is_told_to_wait_and_good_tokens_are_let_in(world: World) -> None:
    burst = world.parts.door.burst
    told = [world.post(fact(), token=wrong(n)) for n in range(burst + 3)]
    assert {a.json()["slug"] for a in told[:burst]} == {"token"}
    assert [(a.status_code, a.json()["slug"], a.headers["retry-after"]) for a in told[burst:]] == [(429, "too-many-attempts", "1")] * 3
    assert world.post(fact()).status_code == 201, "a token this address never showed before"
    assert world.post(fact(), token=WRONG).status_code == 429
    world.clock.at += 1_000_000
    assert [world.post(fact(), token=WRONG).status_code for _ in range(2)] == [401, 429]
    world.clock.at -= 3_600_000_000
    assert world.post(fact(), token=WRONG).status_code == 429, "a clock that goes back gives nothing"


def test_refusals_are_on_record_in_one_line_each(world: World) -> None:
    for n in range(30):
        world.post(fact(), token=wrong(n))
    world.post(fact(), token=world.token("clocks:read", actor="eve"))
    world.post(fact(), token=world.token("facts:write:pager", actor="eve"))
    world.get("/api/v1/facts/desk/x", token=world.token("facts:write:pager", actor="eve"))
    world.client.post("/hooks/nobody", content=b"{}")
    assert sorted(refusals(world)) == [
        ("eve", "/api/v1/facts", "foreign-source: 1 time from an unknown address since 2026-11-21T12:00:00Z"),
        ("eve", "/api/v1/facts", "scope: 1 time from an unknown address since 2026-11-21T12:00:00Z"),
        ("eve", "/api/v1/facts/{source}/{id:path}", "another source: 1 time from an unknown address since 2026-11-21T12:00:00Z"),
        ("nobody", "/api/v1/facts", "token: 30 times from an unknown address since 2026-11-21T12:00:00Z"),
    ]
    assert len(refusals(world)) == 4, "told once"


def asked(host: str, route: str = "") -> Request:
    return Request({"type": "http", "client": (host, 1), "headers": [], "state": {"actor": route}})


def test_a_flood_from_everywhere_is_bounded_in_memory_and_on_the_disk() -> None:
    door = Door(most=50, kinds=5)
    for n in range(2_000):
        own = asked(f"10.{n // 250}.{n % 250}.1")
        door.failed(own, 0)
        door.turned_away(own, "token", 0)
    assert len(door._seen) == 50
    told = door.lines()
    assert len(told) == 6
    assert told[0][2] == "token: 1 time from 10.0.0.0/24 since 1970-01-01T00:00:00Z"
    assert told[-1][:2] == ("others", "others")
    assert "1,995 times" in told[-1][2]
    assert door.lines() == []


def test_an_address_of_version_6_is_its_network() -> None:
    door = Door(burst=2)
    waits = [door.failed(asked(f"2001:db8:1:2::{n}"), 0) for n in range(4)]
    assert waits == [0, 0, 1, 1]
    assert door.failed(asked("2001:db8:1:3::1"), 0) == 0
    door.turned_away(asked("2001:db8:1:3::1"), "token", 0)
    assert "2001:db8:1::/48" in door.lines()[0][2]


def test_first_answers_are_forgotten_while_the_server_runs(world: World) -> None:
    def keyed(own: str) -> Any:
        return world.post(fact(own), headers={"idempotency-key": "k"})

    assert keyed("a").status_code == 201
    world.clock.at += 6 * 86_400_000_000
    see_to(world.parts)
    assert keyed("b").json()["slug"] == "idempotency"
    world.clock.at += 2 * 86_400_000_000
    see_to(world.parts)
    assert keyed("b").status_code == 201


def test_refusals_a_store_cannot_take_are_in_the_log(world: World, monkeypatch: Any) -> None:
    def fails(*_: object) -> None:
        raise StoreError("readonly", "no")

    monkeypatch.setattr(Audit, "add_many", fails)
    world.post(fact(), token=WRONG)
    see_to(world.parts)
    last = json.loads(world.logged.getvalue().splitlines()[-1])
    assert (last["event"], last["slug"], last["refused"][0][0]) == ("upkeep", "readonly", "nobody")
