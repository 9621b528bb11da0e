"""Facts over HTTP: what is answered, what is on record afterwards."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from web_world import World, fact

from upheld.evidence.verify import read_receipt, signed_by


def problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert (said["slug"], said["status"], said["type"]) == (slug, status, f"urn:upheld:problem:{slug}")
    return dict(said)


def test_one_fact_is_recorded_and_receipted(world: World) -> None:
    answer = world.post(fact())
    assert answer.status_code == 201, answer.text
    [row] = answer.json()["rows"]
    text, signatures, origin, index, digest = read_receipt(row["receipt"].encode())
    assert (origin, index) == (world.parts.signer.origin, row["index"])
    assert signed_by(text, signatures, world.key.verifier) is not None
    found = world.store.stream.find("desk", "e-1")
    assert (found.seq, found.leaf_hash) == (index, digest)


def test_the_same_fact_again_is_the_same(world: World) -> None:
    first = world.post(fact()).json()["rows"][0]
    world.clock.at += 1_000_000
    again = world.post(fact(at="2026-11-21T11:00:00+01:00"))
    assert again.status_code == 200
    assert again.json()["rows"][0]["state"] == "same"
    assert {k: again.json()["rows"][0][k] for k in ("index", "receipt")} == {k: first[k] for k in ("index", "receipt")}
    assert world.store.stream.size() == first["index"] + 1


def test_the_same_id_with_another_body_is_a_conflict(world: World) -> None:
    first = world.post(fact()).json()["rows"][0]
    said = problem(world.post(fact(event="solved")), 409, "conflict")
    assert said["errors"][0]["pointer"] == "/id"
    assert said["errors"][0]["first"]["index"] == first["index"]


def test_all_rows_or_none(world: World) -> None:
    before = world.store.stream.size()
    said = problem(world.post([fact("a"), fact("b", at="yesterday"), fact("c", case=...), 7]), 422, "facts")
    assert [(e["row"], e["pointer"], e["slug"]) for e in said["errors"]] == [
        (1, "/1/at", "bad-stamp"), (2, "/2/case", "missing-value"), (3, "/3", "no-object")]
    assert world.store.stream.size() == before
    world.post(fact("a"))
    said = problem(world.post([fact("x"), fact("a", event="solved")]), 409, "conflict")
    assert said["errors"][0]["pointer"] == "/1/id"
    assert world.store.stream.find("desk", "x") is None


def test_partial_records_the_good_rows(world: World) -> None:
    world.post(fact("a"))
    answer = world.post([fact("n"), fact("b", at="yesterday"), fact("a", event="solved"), fact("a")], path="/api/v1/facts?partial=true")
    assert answer.status_code == 207
    assert [(r["status"], r["state"]) for r in answer.json()["rows"]] == [(201, "new"), (422, "refused"), (409, "conflict"), (200, "same")]
    assert world.store.stream.find("desk", "n") is not None
    assert world.store.stream.find("desk", "b") is None


def test_a_correction_of_nothing(world: World) -> None:
    said = problem(world.post(fact("b", replaces="never")), 404, "unknown")
    assert said["errors"][0]["pointer"] == "/replaces"


def test_an_ndjson_stream(world: World) -> None:
    lines = b"\n".join(json.dumps(fact(f"s-{i}")).encode() for i in range(40)) + b"\n\n"
    answer = world.post(lines, kind="application/x-ndjson")
    assert answer.status_code == 201
    assert answer.json()["recorded"] == 40
    packed = world.post(gzip.compress(lines), kind="application/x-ndjson", headers={"content-encoding": "gzip"})
    assert packed.json()["same"] == 40
    said = problem(world.post(lines + b"{nonsense\n" + b'{"a":1}', kind="application/x-ndjson"), 422, "facts")
    assert said["errors"][0]["row"] == 40
    assert said["errors"][0]["slug"] == "bad-json"


def test_an_idempotency_key(world: World) -> None:
    key = {"idempotency-key": "k-1"}
    first = world.post([fact("i")], headers=key)
    world.clock.at += 60_000_000
    again = world.post([fact("i")], headers=key)
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    assert again.headers["idempotent-replay"] == "true"
    problem(world.post([fact("j")], headers=key), 422, "idempotency")
    assert world.post([fact("j")], headers=key, token=world.token("facts:write", actor="bob")).status_code == 201, "a key is its actor's own"


def test_what_was_refused_does_not_use_up_its_key(world: World) -> None:
    key = {"idempotency-key": "k-2"}
    problem(world.post([fact("i", at="x")], headers=key), 422, "bad-stamp")
    assert world.post([fact("i")], headers=key).status_code == 201


def test_where_a_fact_stands(world: World) -> None:
    row = world.post(fact("a/b c", source="p/q")).json()["rows"][0]
    answer = world.get("/api/v1/facts/p%2Fq/a%2Fb%20c", "facts:write")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["index"], answer.json()["receipt"]) == (row["index"], row["receipt"])
    problem(world.get("/api/v1/facts/p%2Fq/none", "facts:write"), 404, "unknown")


@pytest.mark.parametrize("slug", ["full", "readonly", "busy", "lost", "disk", "database"])
def test_a_store_that_cannot_write_acknowledges_nothing_and_recovers(world: World, slug: str) -> None:
    with world.failing(slug):
        answer = world.post(fact())
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "secret" not in answer.text
    assert world.store.stream.find("desk", "e-1") is None
    assert world.post(fact()).status_code == 201


@pytest.mark.parametrize(("pragma", "back", "slug"), [
    ("max_page_count = 1", "max_page_count = 1000000", "store-full"), ("query_only = ON", "query_only = OFF", "store-readonly")])
def test_a_full_disk_and_a_read_only_database(world: World, pragma: str, back: str, slug: str) -> None:
    said = [pragma]
    token = world.token()
    world.post(fact("before"))
    event.listen(world.store.database.engine, "checkout", lambda connection, *_: connection.execute(f"PRAGMA {said[0]}"))
    big = [fact(f"big-{i}", says={"note": "x" * 2_000}) for i in range(200)]
    problem(world.post(big, token=token), 503, slug)
    assert world.get("/api/v1/facts/desk/before", token=token).status_code == 200, "what is on record can be asked for all the while"
    said[0] = back
    assert world.store.stream.size() == 1
    assert world.post(big, token=token).json()["recorded"] == 200


def test_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    with World(tmp_path, database=postgres_url) as world:
        assert world.post([fact(f"p-{i}") for i in range(120)], headers={"idempotency-key": "k"}).json()["recorded"] == 120
        assert world.post([fact(f"p-{i}") for i in range(120)], headers={"idempotency-key": "k"}).headers["idempotent-replay"] == "true"
        first = world.post(fact("p-0"))
        assert first.json()["same"] == 1
        assert first.json()["rows"][0]["receipt"] == world.get("/api/v1/facts/desk/p-0", token=world.token()).json()["receipt"]
        problem(world.post([fact("new"), fact("p-1", event="solved")]), 409, "conflict")
        assert world.store.stream.find("desk", "new") is None
        problem(world.post(fact("z", says={"a": "\u0000"})), 422, "control-character")
        assert world.client.get("/readyz").status_code == 200


def test_parameters_of_the_content_type(world: World) -> None:
    for kind in ("application/json; profile=x; charset=utf-8", 'application/json;charset="UTF-8"; x=1', "application/json; version=1"):
        assert world.post(fact(), kind=kind).status_code in (200, 201), kind
    assert world.post(fact(), headers={"content-encoding": ""}).status_code == 200


def test_while_the_clock_here_is_known_to_be_behind_nothing_is_refused_as_lying_ahead(world: World) -> None:
    world.post(fact())
    world.clock.at -= 3_600_000_000                                # set back by an hour
    for query in ("", "?partial=true"):
        answer = world.post([fact("e-2", at="2026-11-21T12:01:00Z"), fact("e-3")], path=f"/api/v1/facts{query}")
        problem(answer, 503, "clock")                              # 422 would tell the sender to give up
        assert int(answer.headers["retry-after"]) > 0
    assert world.post(fact("e-3")).status_code == 201              # what does not hang on it is recorded
    world.clock.at += 3_600_000_000
    assert world.post(fact("e-2", at="2026-11-21T12:01:00Z")).status_code == 201
    problem(world.post(fact("e-4", at="2026-11-21T13:01:00Z")), 422, "future")
