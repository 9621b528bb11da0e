"""CloudEvents as the CNCF's own library writes them: structured, batch and binary."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from web_world import World, fact

WHEN = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def event(kind: str, data: Any, **more: Any) -> CloudEvent:
    said = {"id": "ce-1", "source": "/pager", "type": kind, "specversion": "1.0", "time": WHEN, "subject": "INC-9", **more}
    return CloudEvent({k: v for k, v in said.items() if v is not None}, data)


def test_structured(world: World) -> None:
    message = to_structured_event(event("com.example.ticket.opened", {"severity": 1}))
    answer = world.post(message.body, kind=message.headers["content-type"])
    assert answer.status_code == 201, answer.text
    row = answer.json()["rows"][0]
    assert (row["source"], row["id"]) == ("/pager", "ce-1")


def test_binary_is_the_same_fact(world: World) -> None:
    one = to_structured_event(event("com.example.ticket.opened", {"severity": 1}, datacontenttype="application/json"))
    first = world.post(one.body, kind=one.headers["content-type"]).json()["rows"][0]
    two = to_binary_event(event("com.example.ticket.opened", {"severity": 1}, datacontenttype="application/json"))
    headers = {k.lower(): v for k, v in two.headers.items()}
    answer = world.post(two.body, kind=headers.pop("content-type"), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"][0]["index"] == first["index"]


def test_a_fact_of_ours_as_data(world: World) -> None:
    body = {k: v for k, v in fact().items() if k in ("case", "event")}
    message = to_structured_event(event("upheld.event", body, subject=None))
    assert world.post(message.body, kind=message.headers["content-type"]).status_code == 201
    sample = to_structured_event(event("upheld.sample", {"series": "latency", "value": "1.5"}, id="ce-2"))
    assert world.post(sample.body, kind=sample.headers["content-type"]).status_code == 201


def test_a_batch(world: World) -> None:
    events = [json.loads(to_structured_event(event("opened", {}, id=f"b-{i}")).body) for i in range(5)]
    answer = world.post(events, kind="application/cloudevents-batch+json")
    assert answer.json()["recorded"] == 5


def test_what_is_wrong_is_told_in_the_envelopes_words(world: World) -> None:
    def told(body: dict[str, Any]) -> set[tuple[str, str]]:
        answer = world.post(body, kind="application/cloudevents+json")
        assert answer.status_code == 422, answer.text
        return {(e["pointer"], e["slug"]) for e in answer.json()["errors"]}

    good = {"id": "x", "source": "s", "type": "opened", "specversion": "1.0", "subject": "INC-1", "time": "2026-11-21T10:00:00Z"}
    assert world.post(good, kind="application/cloudevents+json").status_code == 201
    good["id"] = "y"
    assert told({**good, "specversion": "0.3"}) == {("/specversion", "specversion")}
    assert told({"type": "opened"}) == {("/id", "missing-value"), ("/source", "missing-value"), ("/specversion", "missing-value")}
    assert told({**good, "subject": None, "time": "today"}) == {("/subject", "missing-value"), ("/time", "bad-stamp")}
    assert told({**good, "data": {"a": [1]}}) == {("/data/a", "type")}
    assert told({**good, "data_base64": "AA=="}) == {("/data_base64", "binary-data")}
    assert told({**good, "type": "upheld.sample", "data": {"series": "s"}}) == {("/data/value", "missing-value")}
    assert told({**good, "type": "upheld.nothing", "data": {}}) == {("/type", "unknown-shape")}
    assert told({**good, "type": "upheld.event", "data": {"shape": "sample"}}) == {("/data/shape", "contradiction")}
    assert told({**good, "type": "upheld.event", "data": 3}) == {("/data", "no-object")}


def _binary(world: World, body: bytes, kind: str | None, *more: tuple[str, bytes]) -> Any:
    said = {"ce-id": b"h-1", "ce-source": b"/s", "ce-type": b"opened", "ce-specversion": b"1.0", "ce-subject": b"INC-1",
            "ce-time": b"2026-11-21T10:00:00Z"}
    headers = [(name.encode(), text) for name, text in said.items() if name not in {n for n, _ in more}]
    headers += [(name.encode(), text) for name, text in more] + [(b"authorization", f"Bearer {world.token()}".encode())]
    return world.client.post("/api/v1/facts", content=body, headers=[*headers, *([(b"content-type", kind.encode())] if kind else [])])


def test_a_binary_event_without_data_needs_no_type_of_data(world: World) -> None:
    assert _binary(world, b"", None).status_code == 201
    assert _binary(world, b"", "application/json").status_code == 200, "the same fact"
    assert _binary(world, b"{}", None, ("ce-id", b"h-2")).json()["slug"] == "content-type"


def test_headers_of_an_event_are_taken_as_they_are_meant_or_not_at_all(world: World) -> None:
    said = _binary(world, b"", None, ("ce-id", b"Gr%C3%B6%C3%9Fe%20%25"))
    assert said.json()["rows"][0]["id"] == "Gr\u00f6\u00dfe %"
    for more, slug in (((("ce-id", b"a"), ("ce-id", b"b")), "doubled-header"), ((("ce-id", b"a%FF"),), "encoding"),
                       ((("ce-id", b"a%zz"),), "encoding"), ((("ce-id", b"a%"),), "encoding"), ((("ce-id", "\u00f6".encode()),), "encoding")):
        answer = _binary(world, b"", None, *more)
        assert (answer.status_code, answer.json()["slug"]) == (400, slug), more
    assert world.store.stream.size() == 1
