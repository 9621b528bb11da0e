"""Source files, receivers and the key, changed while a server runs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Any

import pytest
from web_world import World, fact

from upheld.closing.keys import make_key, read_key, rotate_key
from upheld.evidence.signing import Key
from upheld.service.config import CONFIG, Receiver, load_config
from upheld.stores.store import open_store
from upheld.values.finding import FindingsError
from upheld.web.receivers import mappings_of

SOURCE = b"""upheld-source: 1
source: tracker
files: [none.jsonl]
format: jsonl
id: delivery
case: key
events: {state: {column: action, at: at, map: {created: opened}}}
"""
RECEIVERS = '[receiver.tracker]\nsecret = "${env:TRACKER}"\nsource = "tracker"\n'


def deliver(world: World, action: str, own: str, secret: str = "s3cret", name: str = "tracker") -> Any:
    body = json.dumps({"delivery": own, "action": action, "at": "2026-11-21T10:00:00Z", "key": "T-1"}).encode()
    said = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return world.client.post(f"/hooks/{name}", content=body, headers={"content-type": "application/json", "x-hub-signature-256": said})


def test_a_source_file_that_is_mended_holds_from_the_next_delivery_on(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TRACKER", "s3cret")
    (tmp_path / CONFIG).write_text(RECEIVERS)
    with open_store(tmp_path / "store.db") as store:
        store.texts.put("sources/tracker.yaml", SOURCE, "test", 1)
    with World(tmp_path, config=load_config(tmp_path)) as world:
        assert deliver(world, "created", "1").json()["recorded"] == 1
        assert deliver(world, "closed", "2").json()["kept"] == 1
        world.store.texts.put("sources/tracker.yaml", SOURCE.replace(b"opened}", b"opened, closed: solved}"), "test", 2)
        again = deliver(world, "closed", "2").json()
        assert (again["recorded"], again["kept"], world.store.quarantine.count()) == (1, 0, 0)
        world.store.texts.put("sources/tracker.yaml", b"upheld-source: 1\nsource: [", "test", 3)
        assert deliver(world, "closed", "3").json()["recorded"] == 1, "what cannot be read does not replace what could"
        assert '"event": "receivers"' in world.logged.getvalue()


def test_receivers_and_secrets_of_upheld_toml_change_without_a_start(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TRACKER", "s3cret")
    monkeypatch.setenv("OTHER", "an0ther")
    with open_store(tmp_path / "store.db") as store:
        store.texts.put("sources/tracker.yaml", SOURCE, "test", 1)
    path = tmp_path / CONFIG

    def write(text: str, n: int) -> None:
        path.write_text(text)
        os.utime(path, ns=(n, n))

    write("", 1)
    with World(tmp_path, config=load_config(tmp_path)) as world:
        assert deliver(world, "created", "1").status_code == 404
        write(RECEIVERS, 2)
        assert deliver(world, "created", "1").json()["recorded"] == 1
        write(RECEIVERS.replace("TRACKER", "OTHER"), 3)
        assert deliver(world, "created", "2").status_code == 401
        assert deliver(world, "created", "2", "an0ther").json()["recorded"] == 1
        write(RECEIVERS.replace("TRACKER", "NOT_THERE"), 4)
        assert deliver(world, "created", "3", "an0ther").json()["recorded"] == 1
        write(RECEIVERS.replace("[receiver.tracker]", "[receiver.other]"), 5)
        assert deliver(world, "created", "4").status_code == 404
        assert deliver(world, "created", "4", name="other").json()["recorded"] == 1


def number(answer: Any) -> bytes:
    """The key's number in the receipt of the first row."""
    line = str(answer.json()["rows"][0]["receipt"]).rstrip("\n").rpartition("\n")[2]
    return base64.b64decode(line.rpartition(" ")[2])[:4]


def own(key: Key) -> bytes:
    return base64.b64decode(key.line(bytes(64)).rpartition(" ")[2])[:4]


def test_a_key_that_was_handed_over_signs_no_more(tmp_path: Path) -> None:
    path = tmp_path / "records/log.key"
    first = make_key(path, "northwind", 1)
    with World(tmp_path, key_path=path) as world:
        assert number(world.post(fact("1"))) == own(first)
        rotate_key(tmp_path, world.store, "20261121T120000Z")
        second = read_key(path)
        assert number(world.post(fact("2"))) == own(second) != own(first)
        path.write_text("no key")
        answer = world.post(fact("3"))
        assert (answer.status_code, answer.json()["slug"], world.store.stream.size()) == (503, "key", 2)
        path.write_text(second.text + "\n")
        assert number(world.post(fact("3"))) == own(second)


@pytest.mark.parametrize(("secret", "word"), [("whsec_", "has 0 bytes"), ("whsec_AAAA", "has 3 bytes"), ("whsec_@@@", "is no base64")])
def test_a_secret_that_keeps_nobody_out_is_refused(tmp_path: Path, secret: str, word: str) -> None:
    with open_store(tmp_path / "store.db") as store:
        store.texts.put("sources/tracker.yaml", SOURCE, "test", 1)
        with pytest.raises(FindingsError, match=word):
            mappings_of(store, {"tracker": Receiver("tracker", secret, "tracker")})
