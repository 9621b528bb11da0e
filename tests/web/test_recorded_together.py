"""Many requests at the same moment: one bulk write, each one's answer kept apart; whatever comes together gives what it gives one by one."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_world import NOW, World, fact

from upheld.facts.arrive import Arrival
from upheld.facts.arrive_json import arrival_of
from upheld.stores.rows import rows_of_arrivals
from upheld.stores.store import Store, open_store
from upheld.stores.stream import Stream
from upheld.stores.taking import Call
from upheld.values.instant import parse_instant
from upheld.web.intake import Acts, Facts

AT = parse_instant(NOW)


def arrival(own: str, **more: object) -> Arrival:
    said = arrival_of(fact(own, **more), AT)
    assert isinstance(said, Arrival), said
    return said


def answered(world: World, asked: list[tuple[list[Arrival], bool]]) -> list[list[tuple[str, int | None]]]:
    """What the writer tells of calls that waited together."""
    def then(_: int, taken: Any, acts: Acts) -> list[tuple[str, int | None]]:
        return [(one.state, one.seq) for one in taken]

    world.parts.intake.stop()
    world.parts.intake._open = True
    futures = [world.parts.intake.hand_in(Facts(arrivals, f"actor {n}", then, strict), len(arrivals), f"actor {n}")
               for n, (arrivals, strict) in enumerate(asked)]
    world.parts.intake.start()
    return [future.result(60) for future in futures]


def test_each_ones_answer_is_apart(world: World) -> None:
    batches: list[int] = []
    was = Stream._take

    def counted(self: Stream, calls: Any) -> Any:
        batches.append(len(calls))
        return was(self, calls)

    Stream._take = counted  # type: ignore[method-assign]
    try:
        told = answered(world, [
            ([arrival("a")], True),
            ([arrival("b"), arrival("a", event="closed")], True),       # refused whole: `a` says something else
            ([arrival("b", event="closed")], True),                     # so this `b` is the first
            ([arrival("c"), arrival("b")], False),                      # the good one of these
            ([arrival("a")], True),                                     # the same as the first
            ([arrival("d"), arrival("e", replaces="d"), arrival("f", replaces="d")], True),
            ([arrival("d", event="closed"), arrival("e", replaces="d", event="closed")], True),  # neither was taken before
            ([arrival("e2", replaces="d", event="x")], True),
        ])
    finally:
        Stream._take = was  # type: ignore[method-assign]
    assert batches == [8], "one write"
    assert told == [
        [("new", 0)], [("new", None), ("conflict", 0)], [("new", 1)], [("new", 2), ("conflict", 1)], [("same", 0)],
        [("new", None), ("new", None), ("superseded", None)], [("new", 3), ("new", 4)], [("superseded", 4)]]
    assert world.store.stream.size() == 5
    assert world.store.check() == ()


def test_requests_at_once_over_http(world: World) -> None:
    world.post(fact("there"))
    bad = {**fact("bad"), "at": "yesterday"}

    async def go() -> list[Any]:
        from httpx2 import ASGITransport, AsyncClient

        said = {"authorization": f"Bearer {world.token()}"}
        async with AsyncClient(transport=ASGITransport(world.client.app), base_url="http://testserver", headers=said) as client:
            return await asyncio.gather(*(client.post("/api/v1/facts", json=body) for n in range(12) for body in (
                fact(f"n-{n}"), [fact(f"m-{n}"), fact("there", event="closed")], fact("there"), bad)))

    answers = asyncio.run(go())
    assert [a.status_code for a in answers] == [201, 409, 200, 422] * 12
    assert world.store.stream.size() == 13
    assert [line.detail for line in world.store.audit.list(action="record")] == ["1 of 1 rows"] * 13
    assert answers[1].json()["errors"][0]["first"]["index"] == 0
    assert world.store.check() == ()


NAMES = st.sampled_from("abc")
FACT = st.builds(lambda own, event, replaces: (own, event, replaces if replaces != own else None), NAMES, st.sampled_from(["opened", "closed"]),
                 st.none() | st.none() | NAMES)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(Path(tmp_path_factory.mktemp("together")) / "store.db") as opened:
        yield opened


COUNT = itertools.count()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(calls=st.lists(st.tuples(st.lists(FACT, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=6))
def test_together_is_one_by_one(store: Store, calls: list[tuple[list[tuple[str, str, str | None]], bool]]) -> None:
    found = []
    for together in (True, False):
        source, base = f"s{next(COUNT)}", store.stream.size()
        asked = [Call(rows_of_arrivals([arrival(own, source=source, event=event, **({"replaces": replaces} if replaces else {}))
                                        for own, event, replaces in rows], AT), "ann", AT, strict) for rows, strict in calls]
        groups = [asked] if together else [[call] for call in asked]
        told = [[(one.state, None if one.seq is None else one.seq - base) for one in taken]
                for group in groups for taken in store.stream.record_each(group)]
        written = [(said["id"], said["event"], said["row"] - base) for said in map(json.loads, (
            leaf.data for leaf in store.logs.leaves("stream", base)))]
        found.append((told, written))
    assert found[0] == found[1]


def test_what_was_recorded_so_is_whole(store: Store) -> None:
    assert store.check() == ()


def test_a_clock_that_is_set_back_is_held_at_the_last_fact(world: World) -> None:
    def when(own: str) -> int:
        world.post(fact(own, at="2026-11-21T08:00:00Z"))
        found = world.store.stream.find("desk", own)
        assert found is not None
        return found.recorded_at - AT

    assert when("1") == 0
    world.clock.at -= 1_000
    assert when("2") == 0, "a little"
    world.clock.at -= 3_600_000_000
    assert when("3") == 0
    assert when("4") == 0
    assert [line["event"] for line in map(json.loads, world.logged.getvalue().splitlines())].count("clock") == 1
    world.clock.at = AT + 5
    assert when("5") == 5
    world.clock.at = AT - 3 * 3_600_000_000
    assert when("6") == -3 * 3_600_000_000, "it is the one before that was wrong"
