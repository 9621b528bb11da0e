"""Texts, tokens, the audit and marks, on both databases."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from upheld.stores.store import Store
from upheld.stores.trouble import StoreError

NOW = 1_790_000_000_000_000


def test_the_last_text_of_a_name_is_in_force_and_the_others_stay(store: Store) -> None:
    assert store.texts.put("agreements/a.yaml", b"one", "anna", NOW)
    assert not store.texts.put("agreements/a.yaml", b"one", "bob", NOW + 1)
    assert store.texts.put("agreements/a.yaml", b"two", "bob", NOW + 2)
    assert store.texts.put("agreements/a.yaml", b"one", "bob", NOW + 3), "back to what it was is a change too"
    store.texts.put("calendars/x_y.yaml", b"\x00\xff", "anna", NOW)
    store.texts.put("calendars/xzy.yaml", b"", "anna", NOW)
    assert store.texts.current() == {"agreements/a.yaml": b"one", "calendars/x_y.yaml": b"\x00\xff", "calendars/xzy.yaml": b""}
    assert store.texts.current("calendars/x_") == {"calendars/x_y.yaml": b"\x00\xff"}
    assert [(t.data, t.actor, t.at) for t in store.texts.history("agreements/a.yaml")] == [
        (b"one", "anna", NOW), (b"two", "bob", NOW + 2), (b"one", "bob", NOW + 3)]


@pytest.mark.parametrize("name", ["a.yaml", "agreements/", "agreements/../x", "agreements//x", "sources/a\n", "/agreements/a", "agreements\\a"])
def test_a_text_has_a_name_of_a_workspace(store: Store, name: str) -> None:
    with pytest.raises(StoreError, check=lambda error: error.slug == "form"):
        store.texts.put(name, b"x", "anna", NOW)


def test_a_token_is_good_until_it_is_revoked_or_has_expired(store: Store) -> None:
    token, secret = store.tokens.create("desk", ["record", "read", "record"], NOW, by="anna", expires_at=NOW + 100)
    assert token.scopes == ("read", "record")
    assert secret.startswith("uph_")
    found = store.tokens.check(secret, NOW + 1)
    assert found is not None
    assert (found.id, found.actor, found.scopes) == (token.id, "desk", ("read", "record"))
    assert store.tokens.check(secret, NOW + 100) is None
    for wrong in (secret[:-1], secret + "\n", secret[:-1] + ("A" if secret[-1] != "A" else "B"), "", "uph_", secret.upper()):
        assert store.tokens.check(wrong, NOW) is None
    other, second = store.tokens.create("probe", ["record"], NOW)
    assert store.tokens.revoke(other.id, NOW + 5).revoked_at == NOW + 5
    assert store.tokens.revoke(other.id, NOW + 9).revoked_at == NOW + 5
    assert store.tokens.check(second, NOW + 6) is None
    assert [(t.actor, t.used_at) for t in store.tokens.list()] == [("desk", NOW + 1), ("probe", None)]
    with store.database.reading() as connection:
        kept = str(connection.execute(text("SELECT * FROM tokens")).all())
    assert secret not in kept
    with pytest.raises(StoreError, match="there is no token 99"):
        store.tokens.revoke(99, NOW)
    for scopes in ([], ["Record"], ["a b"]):
        with pytest.raises(StoreError, match="a token needs"):
            store.tokens.create("desk", scopes, NOW)


def test_the_audit_is_listed_from_its_end(store: Store) -> None:
    for n in range(5):
        store.audit.add("anna" if n % 2 else "bob", "record", f"fact {n}\0", "done", NOW + n, "")
    assert [line.object for line in store.audit.list(2)] == ["fact 4\ufffd", "fact 3\ufffd"]
    assert [line.at for line in store.audit.list(actor="anna")] == [NOW + 3, NOW + 1]
    last = store.audit.list(1)[0]
    assert [line.at for line in store.audit.list(1, before=last.seq)] == [NOW + 3]
    assert store.audit.list(action="never") == store.audit.list(object="never") == ()


def test_a_mark_only_rises_whoever_raises_it(store: Store) -> None:
    assert store.marks.get("clock") is None
    reached: list[int] = []

    def raise_it(start: int) -> None:
        reached.extend(store.marks.raise_to("clock", start + n) for n in range(10))

    threads = [threading.Thread(target=raise_it, args=(n * 5,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.marks.get("clock") == max(reached) == 24
    assert store.marks.raise_to("clock", -(2**63)) == 24
    assert store.marks.raise_to("clock", 2**63 - 1) == 2**63 - 1
