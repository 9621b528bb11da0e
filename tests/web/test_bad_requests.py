"""Requests that cannot be done: each is told by status and slug, none is a 5xx, none leaves anything behind."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_world import World, fact

from upheld.web.body import Limits

GOOD = json.dumps(fact()).encode()
SMALL = Limits(body=20_000, stream=40_000, line=2_000, rows=20, stream_rows=30)

Ask = Callable[[World], Any]
BAD: dict[str, tuple[Ask, int, str]] = {
    "no type": (lambda w: w.post(GOOD, kind=""), 415, "content-type"),
    "a form": (lambda w: w.post(b"fact=1", kind="application/x-www-form-urlencoded"), 415, "content-type"),
    "plain text": (lambda w: w.post(GOOD, kind="text/plain"), 415, "content-type"),
    "latin": (lambda w: w.post(GOOD, kind="application/json; charset=latin-1"), 415, "content-type"),
    "latin after another parameter": (lambda w: w.post(GOOD, kind="application/json; profile=x; charset=latin-1"), 415, "content-type"),
    "negative weight": (lambda w: w.post({"shape": "interval", "source": "m", "id": "i", "kind": "down", "start": "2026-11-21T10:00:00Z",
                                          "weight": -1}), 422, "bad-number"),
    "packed oddly": (lambda w: w.post(GOOD, headers={"content-encoding": "br"}), 415, "content-encoding"),
    "no gzip": (lambda w: w.post(GOOD, headers={"content-encoding": "gzip"}), 400, "bad-gzip"),
    "half a gzip": (lambda w: w.post(gzip.compress(GOOD)[:-4], headers={"content-encoding": "gzip"}), 400, "bad-gzip"),
    "a gzip bomb": (lambda w: w.post(gzip.compress(b" " * 50_000_000), headers={"content-encoding": "gzip"}), 413, "too-large"),
    "no json": (lambda w: w.post(b"{"), 400, "bad-json"),
    "nothing": (lambda w: w.post(b""), 400, "bad-json"),
    "utf-16": (lambda w: w.post(GOOD.decode().encode("utf-16")), 400, "encoding"),
    "a mark": (lambda w: w.post(b"\xef\xbb\xbf" + GOOD), 400, "encoding"),
    "deep": (lambda w: w.post(b"[" * 9_000 + b"]" * 9_000), 400, "too-deep"),
    "large": (lambda w: w.post(b" " * 20_001), 413, "too-large"),
    "a long stream": (lambda w: w.post((GOOD + b"\n") * 400, kind="application/x-ndjson"), 413, "too-large"),
    "many rows": (lambda w: w.post([1] * 21), 413, "too-many"),
    "many lines": (lambda w: w.post(b"1\n" * 31, kind="application/x-ndjson"), 413, "too-many"),
    "a long line": (lambda w: w.post(GOOD + b"\n" + b"x" * 2_001 + b"\n", kind="application/x-ndjson"), 422, "too-long"),
    "doubled key": (lambda w: w.post(GOOD[:-1] + b', "id": "e-2"}'), 422, "doubled-key"),
    "nan in an array": (lambda w: w.post(b'[{"shape": "sample", "source": "s", "id": "x", "series": "s", "at": "2026-11-21T10:00:00Z", '
                                         b'"value": NaN}]'), 422, "bad-number"),
    "unknown parameter": (lambda w: w.post(GOOD, path="/api/v1/facts?partail=true"), 400, "unknown-parameter"),
    "doubled parameter": (lambda w: w.post(GOOD, path="/api/v1/facts?partial=true&partial=false"), 400, "doubled-parameter"),
    "odd parameter": (lambda w: w.post(GOOD, path="/api/v1/facts?partial=1"), 400, "parameter"),
    "odd key": (lambda w: w.post(GOOD, headers={"idempotency-key": "two words"}), 400, "idempotency-key"),
    "long key": (lambda w: w.post(GOOD, headers={"idempotency-key": "k" * 201}), 400, "idempotency-key"),
    "no token": (lambda w: w.client.post("/api/v1/facts", content=GOOD, headers={"content-type": "application/json"}), 401, "token"),
    "wrong token": (lambda w: w.post(GOOD, token="uph_" + "x" * 43), 401, "token"),
    "a long token": (lambda w: w.post(GOOD, token="uph_" + "x" * 4300), 401, "token"),
    "padded token": (lambda w: w.client.post("/api/v1/facts", content=GOOD, headers={"authorization": f"Bearer {w.token()}x"}), 401, "token"),
    "another scheme": (lambda w: w.client.post("/api/v1/facts", content=GOOD, headers={"authorization": f"Basic {w.token()}"}), 401, "token"),
    "token in the address": (lambda w: w.client.post(f"/api/v1/facts?token=uph_{'x' * 43}", content=GOOD), 400, "token-in-address"),
    "another scope": (lambda w: w.post(GOOD, token=w.token("clocks:read")), 403, "scope"),
    "another source": (lambda w: w.post(GOOD, token=w.token("facts:write:pager")), 403, "foreign-source"),
    "backfill": (lambda w: w.post(fact(known_at="2026-01-01T00:00:00Z")), 403, "backfill"),
    "another host": (lambda w: w.post(GOOD, headers={"host": "evil.example"}), 421, "host"),
    "no such path": (lambda w: w.get("/api/v1/fact"), 404, "unknown"),
    "no such method": (lambda w: w.client.delete("/api/v1/facts"), 405, "method"),
    "a nul in the path": (lambda w: w.get("/api/v1/facts/desk/%00"), 400, "address"),
    "overlong utf-8": (lambda w: w.get("/api/v1/facts/desk/%c0%ae"), 404, "unknown"),
    "dots": (lambda w: w.get("/api/v1/facts/%2e%2e/%2e%2e"), 404, "unknown"),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with World(Path(tmp_path_factory.mktemp("web")), SMALL) as world:
        yield world


@pytest.mark.parametrize("name", BAD)
def test_a_bad_request(small: World, name: str) -> None:
    ask, status, slug = BAD[name]
    before = small.store.stream.size()
    answer = ask(small)
    assert (answer.status_code, answer.json()["slug"]) == (status, slug), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["instance"] == f"urn:upheld:request:{answer.headers['x-request-id']}"
    assert small.store.stream.size() == before


def test_a_foreign_fact_is_not_there(world: World) -> None:
    world.post(fact("secret"))
    foreign, none = (world.get(f"/api/v1/facts/desk/{name}", "facts:write:pager") for name in ("secret", "none"))
    assert (foreign.status_code, none.status_code) == (404, 404)
    assert {k: v for k, v in foreign.json().items() if k != "instance"} == {k: v for k, v in none.json().items() if k != "instance"}


def test_a_token_in_an_address_is_revoked_and_the_log_holds_no_secret(world: World) -> None:
    world.post(fact())
    world.client.get(f"/api/v1/facts?token={world.token()}")
    assert world.post(fact()).status_code == 401
    assert world.store.audit.list(action="token in an address")[0].outcome == "revoked"
    lines = [json.loads(line) for line in world.logged.getvalue().splitlines()]
    assert [line["status"] for line in lines if line["event"] == "request"] == [201, 400, 401]
    assert lines[0]["actor"] == "ann"
    assert "uph_" not in world.logged.getvalue()


WORD = st.text(max_size=8) | st.sampled_from(["event", "desk", "2026-11-21T10:00:00Z", "NaN", "\ud800", "\x00", "9" * 40])
ANY = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | WORD, lambda inner: st.lists(inner, max_size=3)
                   | st.dictionaries(st.sampled_from(["shape", "source", "id", "case", "event", "at", "says", "x"]) | WORD, inner, max_size=6),
                   max_leaves=8)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=ANY.map(lambda v: json.dumps(v).encode()) | st.binary(max_size=80), kind=st.sampled_from(
    ["application/json", "application/x-ndjson", "application/cloudevents+json", "application/cloudevents-batch+json"]),
    partial=st.sampled_from(["", "?partial=true"]))
def test_whatever_is_sent_is_never_our_error(small: World, body: bytes, kind: str, partial: str) -> None:
    answer = small.post(body, kind=kind, path=f"/api/v1/facts{partial}")
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["slug"]
