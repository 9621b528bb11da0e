"""Clocks seen and taken over HTTP."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from web_world import World, fact

from upheld.stores.live import CLOCK_COLUMNS, WorkerRow, put_clocks, write_beat
from upheld.values.instant import parse_instant

DUE = parse_instant("2026-11-21T14:00:00Z")


def clock(case: str, cycle: str = "desk:1", **more: Any) -> tuple[object, ...]:
    row = {"agreement": "a", "commitment": "restore", "casename": case, "cycle": cycle, "part": 0, "unit": f"case/{case}", "kind": "case",
           "version": "1", "grp": "[]", "ladder": "ops", "start": DUE - 4 * 3_600_000_000, "due": DUE, "stop": None, "missed_at": None,
           "target_us": 14_400_000_000, "elapsed_us": 7_200_000_000, "state": "running", "verdict": "pending", "next_at": DUE, "seq": 1,
           "at": DUE - 7_200_000_000, **more}
    return tuple(row[name] for name in CLOCK_COLUMNS)


@pytest.fixture
def running(world: World) -> World:
    rows = [clock(f"INC-{i}") for i in range(5)]
    rows += [clock("INC/5 %", state="stopped", due=None), clock("INC-1", "desk:0", start=DUE - 10**12, state="stopped")]
    with world.store.database.writing() as connection:
        put_clocks(connection, rows, ())
    return world


def test_pages_and_filters(running: World) -> None:
    def page(query: str) -> Any:
        answer = running.get(f"/api/v1/clocks?{query}", "clocks:read")
        assert answer.status_code == 200, answer.text
        return answer.json()

    seen, after = [], ""
    while True:
        said = page(f"limit=2{after}")
        seen += [(c["case"], c["cycle"]) for c in said["clocks"]]
        if "after" not in said:
            break
        after = f"&after={quote(said['after'])}"
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen)
    assert [c["case"] for c in page("state=stopped&case=INC-1")["clocks"]] == ["INC-1"]
    assert len(page("due_before=2026-11-21T13:00:00Z")["clocks"]) == 0
    assert len(page("due_before=2026-11-21T15:00:00Z&state=running")["clocks"]) == 5
    one = page("case=INC-3")["clocks"][0]
    assert (one["clock"], one["due"], one["elapsed_s"]) == ("a/restore/INC-3/desk:1", "2026-11-21T14:00:00Z", 7200.0)


@pytest.mark.parametrize(("query", "slug"), [
    ("limit=-1", "parameter"), ("limit=1000000000", "parameter"), ("limit=201", "parameter"), ("limit=1&limit=2", "doubled-parameter"),
    ("page=2", "unknown-parameter"), ("after=xyz", "cursor"), ("after=W10=", "cursor"), ("after=Wzk=", "cursor"),
    ("due_before=tomorrow", "parameter"), ("after=WyJcdWQ4MDAiLCJhIiwiYSIsImEiLDBd", "cursor"),
])
def test_a_page_that_is_none(running: World, query: str, slug: str) -> None:
    answer = running.get(f"/api/v1/clocks?{query}", "clocks:read")
    assert (answer.status_code, answer.json()["slug"]) == (400, slug)


def take(world: World, path: str, body: bytes = b"", *scopes: str, **headers: str) -> Any:
    said = {"authorization": f"Bearer {world.token(*(scopes or ('acknowledge',)))}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return world.client.post(f"/api/v1/clocks/{path}/acknowledge", content=body, headers=said)


def test_taking_a_clock_is_a_fact(running: World) -> None:
    answer = take(running, "a/restore/INC-1/desk:1", b'{"until": "2026-11-21T13:00:00Z"}')
    assert answer.status_code == 201, answer.text
    found = running.store.stream.find("upheld", answer.json()["id"])
    assert found is not None
    leaf = json.loads(found.leaf)
    assert (leaf["what_kind"], leaf["about"], leaf["actor"], leaf["says"]) == (
        "acknowledged", "a/restore/INC-1/desk:1", "ann", {"until": "2026-11-21T13:00:00Z"})
    assert running.store.audit.list(action="acknowledge")[0].object == "a/restore/INC-1/desk:1"


def test_taking_it_again_under_the_same_key_is_once(running: World) -> None:
    first, again = (take(running, "a/restore/INC-1/desk:1", idempotency_key="k") for _ in range(2))
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    assert running.store.stream.size() == 1
    assert take(running, "a/restore/INC-2/desk:1", idempotency_key="k").json()["slug"] == "idempotency"


@pytest.mark.parametrize(("path", "body", "status", "slug"), [
    ("a/restore/INC-9/desk:1", b"", 404, "unknown"), ("b/restore/INC-1/desk:1", b"", 404, "unknown"), ("a/restore", b"", 404, "unknown"),
    ("a/restore/INC-1/desk:7", b"", 409, "old-cycle"), ("a/restore/INC-1/desk:0", b"", 409, "stopped"),
    ("a/restore/INC%2F5%20%25/desk:1", b"", 409, "stopped"), (quote("a/restore/INC%2F5 %25/desk:1", safe=""), b"", 409, "stopped"),
    ("a/restore/INC-1/desk:1", b"[]", 422, "form"), ("a/restore/INC-1/desk:1", b'{"for": 3}', 422, "form"),
    ("a/restore/INC-1/desk:1", b"{", 400, "bad-json"), ("a/restore/INC-1/desk:1", b'{"until": "2026-11-21T11:00:00Z"}', 422, "past"),
    ("a/restore/INC-1/desk:1", b'{"until": "later"}', 422, "bad-stamp"),
])
def test_a_clock_that_cannot_be_taken(running: World, path: str, body: bytes, status: int, slug: str) -> None:
    answer = take(running, path, body)
    assert (answer.status_code, answer.json()["slug"]) == (status, slug), answer.text
    if status == 409:
        assert answer.json()["now"]["state"] in ("running", "stopped")
    assert running.store.stream.size() == 0


def test_looking_and_taking_need_their_scopes_and_acts_cannot_be_forged(running: World) -> None:
    assert running.get("/api/v1/clocks", "facts:write").json()["slug"] == "scope"
    assert take(running, "a/restore/INC-1/desk:1", b"", "clocks:read").json()["slug"] == "scope"
    assert running.client.get("/api/v1/clocks/a/restore/INC-1/desk:1/acknowledge").status_code == 405
    for source in ("upheld", "records"):
        assert running.post(fact(source=source)).json()["errors"][0]["slug"] == "foreign-source"


def test_ready_says_what_is_missing(running: World) -> None:
    assert running.client.get("/readyz").status_code == 200
    beat = WorkerRow("w", "1", "4", running.clock.now(), running.clock.now(), "h", 1, "working")
    write_beat(running.store.database, beat)
    assert running.client.get("/readyz").json()["checks"]["worker"] == {"ok": True, "detail": "last heard of 0 seconds ago"}
    running.clock.at += 61_000_000
    answer = running.client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["worker"]["ok"]) == (503, False)
    assert "upheld_worker_heartbeat_age_seconds 61.0" in running.get("/metrics", "metrics:read").text
    assert running.get("/metrics", "clocks:read").status_code == 403


def test_a_token_for_one_agreement_sees_and_takes_its_clocks_only(running: World) -> None:
    with running.store.database.writing() as connection:
        put_clocks(connection, [clock("INC-1", agreement="b c")], ())
    seen = running.get("/api/v1/clocks", "clocks:read:b%20c").json()["clocks"]
    assert [one["agreement"] for one in seen] == ["b c"]
    assert running.get("/api/v1/clocks?agreement=a", "clocks:read:b%20c").json() == {"clocks": []}
    assert len(running.get("/api/v1/clocks", "clocks:read:b%20c", "clocks:read:a").json()["clocks"]) == 8
    assert running.get("/api/v1/clocks", "acknowledge:a").json()["slug"] == "scope"
    foreign, none = (take(running, path, b"", "acknowledge:b%20c") for path in ("a/restore/INC-1/desk:1", "a/restore/none/desk:1"))
    assert (foreign.status_code, none.status_code) == (404, 404)
    assert {k: v for k, v in foreign.json().items() if k != "instance"} == {k: v for k, v in none.json().items() if k != "instance"}
    assert take(running, "b%20c/restore/INC-1/desk:1", b"", "acknowledge:b%20c").status_code == 201
    assert take(running, "a/restore/INC-1/desk:1", b"", "admin").status_code == 201
