"""Webhooks in: who may send, what becomes a fact, what is kept for a person."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from web_world import World

from upheld.service.config import Config, Receiver
from upheld.stores.store import open_store
from upheld.values.finding import FindingsError

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SOURCE = b"""upheld-source: 1
source: tracker
files: [none.jsonl]
format: jsonl
id: delivery
case: ticket.key
events: {state: {column: action, at: at, map: {created: opened, closed: solved}, ignore: [commented]}}
attributes: {severity: ticket.severity}
"""


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[World]:
    with open_store(tmp_path / "store.db") as store:
        store.texts.put("sources/tracker.yaml", SOURCE, "test", 1)
    receivers = {"tracker": Receiver("tracker", SECRET, "tracker"), "plain": Receiver("plain", "s3cret", "tracker")}
    config = Config(root=tmp_path, receivers=receivers)
    with World(tmp_path, config=config) as world:
        yield world


def body(delivery: str = "d-1", action: str = "created", **more: Any) -> bytes:
    return json.dumps({"delivery": delivery, "action": action, "at": "2026-11-21T10:00:00Z",
                       "ticket": {"key": "T-1", "severity": 1}, "unknown": {"a": [1]}, **more}).encode()


def signed(data: bytes, own: str = "msg-1", at: int = 0, secret: str = SECRET) -> dict[str, str]:
    when = at or int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())
    return {"webhook-id": own, "webhook-timestamp": str(when),
            "webhook-signature": Webhook(secret).sign(own, datetime.fromtimestamp(when, UTC), data.decode())}


def send(world: World, data: bytes, headers: dict[str, str], name: str = "tracker") -> Any:
    return world.client.post(f"/hooks/{name}", content=data, headers={"content-type": "application/json", **headers})


def test_a_delivery_becomes_a_fact(hooked: World) -> None:
    answer = send(hooked, body(), signed(body()))
    assert (answer.status_code, answer.json()["recorded"]) == (200, 1), answer.text
    found = hooked.store.stream.find("tracker", "d-1")
    assert found is not None
    leaf = json.loads(found.leaf)
    assert (leaf["case"], leaf["event"], leaf["says"]) == ("T-1", "opened", {"severity": "1"})
    assert found.actor == "hook:tracker"
    assert leaf["known_at"] == hooked.clock.now(), "known when it came"


def test_the_same_delivery_again_does_nothing(hooked: World) -> None:
    first = send(hooked, body(), signed(body()))
    hooked.clock.at += 60_000_000
    again = send(hooked, body(), signed(body(), at=hooked.clock.now() // 1_000_000))
    assert (again.status_code, again.content) == (200, first.content)
    other = send(hooked, body(), signed(body(), own="msg-2"))
    assert (other.json()["recorded"], other.json()["same"]) == (0, 1)


def test_what_cannot_be_mapped_is_told_and_kept(hooked: World) -> None:
    rows = (body("a"), body("b", action="exploded"), body("c", at="yesterday"), body("d", action="commented"))
    data = b"[" + b",\n".join(rows) + b"]"
    answer = send(hooked, data, signed(data))
    assert (answer.status_code, answer.json()["recorded"], answer.json()["kept"]) == (202, 1, 2), answer.text
    assert {p["slug"] for p in answer.json()["problems"]} == {"unmapped-value", "bad-stamp"}
    [kept] = hooked.store.quarantine.list()
    assert (kept.receiver, kept.delivery, kept.body) == ("tracker", "msg-1", data)
    assert "upheld_quarantined 1.0" in hooked.get("/metrics", "metrics:read").text


def test_what_could_not_be_mapped_is_read_anew_when_it_comes_again(hooked: World) -> None:
    data = b"[" + body("a") + b"," + body("b", action="exploded") + b"]"
    send(hooked, data, signed(data))
    again = send(hooked, data, signed(data))
    assert (again.status_code, again.json()["same"], again.json()["kept"], hooked.store.quarantine.count()) == (202, 1, 1, 1)
    hooked.store.quarantine.settle("tracker", "msg-1", b"another body")
    assert hooked.store.quarantine.count() == 1
    hooked.store.quarantine.settle("tracker", "msg-1", data)
    assert hooked.store.quarantine.count() == 0


@pytest.mark.parametrize("data", [
    b"{", b"\xff", b"[1, 2]", b"3", b"[]", body(at="2027-01-01T00:00:00Z"), b'{"delivery": 1, "delivery": 2}', b"[" * 5_000])
def test_whatever_is_truly_sent_is_kept(hooked: World, data: bytes) -> None:
    name = "plain"
    answer = send(hooked, data, {"x-hub-signature-256": "sha256=" + hmac.new(b"s3cret", data, hashlib.sha256).hexdigest()}, name)
    assert (answer.status_code, answer.json()["recorded"]) == (202, 0), answer.text
    assert [q.body for q in hooked.store.quarantine.list()] == [data]


def test_a_conflict_is_kept_too(hooked: World) -> None:
    send(hooked, body(), signed(body()))
    answer = send(hooked, body(action="closed"), signed(body(action="closed"), own="msg-2"))
    assert (answer.status_code, answer.json()["problems"][0]["slug"]) == (202, "conflict")


GOOD = signed(body())
BAD: dict[str, dict[str, str]] = {
    "nothing": {}, "another secret": signed(body(), secret="whsec_" + base64.b64encode(bytes(32)).decode()),
    "old": signed(body(), at=int(datetime(2026, 11, 21, 11, 54, 59, tzinfo=UTC).timestamp())),
    "ahead": signed(body(), at=int(datetime(2026, 11, 21, 12, 5, 1, tzinfo=UTC).timestamp())),
    "another body": signed(body("other")), "another id": {**GOOD, "webhook-id": "msg-2"},
    "no id": {k: v for k, v in GOOD.items() if k != "webhook-id"},
    "a word for a time": {**GOOD, "webhook-timestamp": "now"}, "a float for a time": {**GOOD, "webhook-timestamp": "1e9"},
    "junk": {**GOOD, "webhook-signature": "v1,@@@ v1 ,, v2," + GOOD["webhook-signature"][3:]},
    "five hundred": {**GOOD, "webhook-signature": "v1,AAAA " * 500 + GOOD["webhook-signature"]},
    "the weaker scheme": {"x-hub-signature-256": "sha256=" + hmac.new(SECRET.encode(), body(), hashlib.sha256).hexdigest()},
}


@pytest.mark.parametrize("name", BAD)
def test_who_does_not_sign_is_not_heard(hooked: World, name: str) -> None:
    answer = send(hooked, body(), BAD[name])
    assert (answer.status_code, answer.json()["slug"], answer.json().get("help")) == (401, "signature", None)
    assert hooked.store.stream.size() == 0
    assert hooked.store.quarantine.count() == 0


def test_one_good_signature_among_others_is_enough(hooked: World) -> None:
    headers = {**GOOD, "webhook-signature": "v1,AAAA v1a,xyz " + GOOD["webhook-signature"]}
    assert send(hooked, body(), headers).status_code == 200


def test_a_receiver_nobody_has(hooked: World) -> None:
    assert send(hooked, body(), GOOD, "nobody").status_code == 404
    assert send(hooked, b" " * (2**20 + 1), GOOD).status_code == 413


def test_a_store_that_cannot_write_asks_to_come_again(hooked: World) -> None:
    with hooked.failing("full"):
        answer = send(hooked, body(), GOOD)
        assert (answer.status_code, answer.json()["slug"]) == (503, "store-full")
    assert send(hooked, body(), GOOD).json()["recorded"] == 1


def test_another_body_under_a_name_that_was_used_is_not_passed_over(hooked: World) -> None:
    assert send(hooked, body(), GOOD).json()["recorded"] == 1
    other = body("d-2")
    answer = send(hooked, other, signed(other))
    assert (answer.status_code, answer.json()["recorded"]) == (200, 1), answer.text
    assert send(hooked, other, signed(other)).content == answer.content
    assert send(hooked, body(), GOOD).headers["idempotent-replay"] == "true"
    wrong = body("d-3", action="exploded")
    assert send(hooked, wrong, signed(wrong)).status_code == 202
    assert [kept.body for kept in hooked.store.quarantine.list()] == [wrong]
    assert hooked.store.stream.size() == 2


def test_the_same_delivery_twice_at_once_is_answered_to_both(hooked: World) -> None:
    import asyncio

    async def both() -> list[Any]:
        from httpx2 import ASGITransport, AsyncClient

        async with AsyncClient(transport=ASGITransport(hooked.client.app), base_url="http://testserver") as client:
            return await asyncio.gather(*(client.post("/hooks/tracker", content=body(), headers=GOOD) for _ in range(6)))

    answers = asyncio.run(both())
    assert [a.status_code for a in answers] == [200] * 6
    assert sum(a.json()["recorded"] for a in answers if "idempotent-replay" not in a.headers) == 1


def test_a_mapping_says_which_events_may_lie_ahead(hooked: World) -> None:
    ahead = body("d-1", "due", at="2026-12-01T10:00:00Z")
    mapped = SOURCE.replace(b"closed: solved", b"closed: solved, due: delivery-due")
    hooked.store.texts.put("sources/tracker.yaml", mapped, "test", 2)
    answer = send(hooked, ahead, signed(ahead))
    assert (answer.status_code, answer.json()["problems"][0]["slug"]) == (202, "future")
    hooked.store.texts.put("sources/tracker.yaml", mapped + b"planned: [delivery-due]\n", "test", 3)
    answer = send(hooked, ahead, signed(ahead))                                # sent again: it is read anew
    assert (answer.status_code, answer.json()["recorded"]) == (200, 1)
    late = body("d-2", "created", at="2026-12-01T10:00:00Z")
    assert send(hooked, late, signed(late, "msg-2")).json()["problems"][0]["slug"] == "future"
    far = body("d-3", "due", at="2050-12-01T10:00:00Z")
    assert send(hooked, far, signed(far, "msg-3")).json()["problems"][0]["detail"] == "d-3 lies more than ten years in the future"


@pytest.mark.parametrize(("new", "old"), [("n3w", "s3cret"), ("whsec_" + base64.b64encode(bytes(32)).decode(), SECRET)])
def test_while_a_secret_is_exchanged_both_hold(tmp_path: Path, new: str, old: str) -> None:
    with open_store(tmp_path / "store.db") as store:
        store.texts.put("sources/tracker.yaml", SOURCE, "test", 1)

    def headers(data: bytes, secret: str) -> dict[str, str]:
        if secret.startswith("whsec_"):
            return signed(data, "msg", secret=secret)
        return {"x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()}

    config = Config(root=tmp_path, receivers={"tracker": Receiver("tracker", new, "tracker", (old,))})
    with World(tmp_path, config=config) as world:
        assert send(world, body(), headers(body(), old)).json()["recorded"] == 1
        again = send(world, body(), headers(body(), new))
        assert again.headers["idempotent-replay"] == "true"          # the same delivery, whichever secret signs it
        assert send(world, body("d-2"), headers(body("d-2"), new)).json()["recorded"] == 1
        assert send(world, body("d-3"), headers(body("d-3"), "whsec_" + "B" * 44 if old == SECRET else "other")).status_code == 401


def test_a_weak_secret_is_refused_beside_a_good_one_too(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as store:
        store.texts.put("sources/tracker.yaml", SOURCE, "test", 1)
    with pytest.raises(FindingsError, match="weak-secret"):
        World(tmp_path, config=Config(root=tmp_path, receivers={"t": Receiver("t", SECRET, "tracker", ("whsec_AAAA",))}))
