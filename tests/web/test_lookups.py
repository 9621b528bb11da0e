"""Tokens looked up for many at once: one question at a time, and none that was asked before the request came."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from web_world import World, fact

from upheld.stores.tokens import Token
from upheld.stores.trouble import StoreError
from upheld.web.lookups import Lookups


def token(n: int) -> Token:
    return Token(n, f"actor {n}", ("facts:write",), 1, "", None, None, None)


def test_many_who_ask_meanwhile_go_together_with_the_next() -> None:
    asked: list[list[str]] = []
    gate = threading.Event()

    def ask(secrets: Sequence[str]) -> Mapping[str, Token]:
        asked.append(sorted(secrets))
        if len(asked) == 1:
            gate.wait(30)
        return {secret: token(len(secret)) for secret in secrets if secret != "wrong"}

    async def go() -> list[Any]:
        lookups = Lookups(ask)
        first = asyncio.create_task(lookups.check("a"))
        while not asked:
            await asyncio.sleep(0.001)
        others = [asyncio.create_task(lookups.check(secret)) for secret in ("a", "bb", "wrong", "a", "bb")]
        await asyncio.sleep(0)
        others[0].cancel()
        gate.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    found = asyncio.run(go())
    assert asked == [["a"], ["a", "bb", "wrong"]], "who came while a question was under way was not answered by it"
    assert isinstance(found[1], asyncio.CancelledError)
    assert [None if one is None else one.id for one in (found[0], *found[2:])] == [1, 2, None, 1, 2]


def test_a_store_that_fails_is_told_to_all_and_asked_again() -> None:
    answers: list[Any] = [StoreError("lost", "away"), {"a": token(1)}]

    def ask(_: Sequence[str]) -> Mapping[str, Token]:
        said = answers.pop(0)
        if isinstance(said, Exception):
            raise said
        return said  # type: ignore[no-any-return]

    async def go() -> None:
        lookups = Lookups(ask)
        failed = await asyncio.gather(lookups.check("a"), lookups.check("b"), return_exceptions=True)
        assert [type(one) for one in failed] == [StoreError, StoreError]
        found = await lookups.check("a")
        assert found is not None
        assert found.id == 1

    asyncio.run(go())


def test_a_token_that_is_revoked_is_good_no_more_from_the_next_request_on(world: World) -> None:
    for n in range(20):
        secret = world.token("facts:write", actor=f"actor {n}")
        assert world.post(fact(f"r-{n}"), token=secret).status_code == 201
        world.store.tokens.revoke(world.store.tokens.list()[-1].id, world.clock.now())
        assert world.post(fact(f"r-{n}"), token=secret).status_code == 401


def test_that_a_token_was_used_is_kept_though_nobody_waits_for_it(world: World) -> None:
    world.post(fact(), token=world.token())
    for _ in range(3_000):
        if world.store.tokens.list()[0].used_at == world.clock.now():
            return
        time.sleep(0.01)
    raise AssertionError("not kept")
