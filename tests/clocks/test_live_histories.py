"""Live equals batch: random histories fed event by event, in batches, late and out of order (campaign ``live``).

At every instant asked for, the feed's rows are those of one batch run over everything recorded by then, and every step it has told is in the
union of the batch runs at those instants. Each case of a world is one history.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from agenda_world import SLOT, at
from live_histories import SPAN, batches_of, world_of

from upheld.clocks.agenda import agenda
from upheld.clocks.feed import Feed, rows_of
from upheld.facts.record import record

HISTORIES = int(os.environ.get("UPHELD_CAMPAIGN", "400"))
SEED = int(os.environ.get("UPHELD_SEED", "20261121"))
SIZE = 2_500 if HISTORIES >= 50_000 else 100
TICKS = 14 if HISTORIES >= 50_000 else 24


def instants(rng, ticks: int) -> list[int]:
    """Instants in order: some at the very slot, some a moment after it (a miss is more than the time), some between."""
    slots = np.sort(rng.choice(np.arange(1, 3 * SPAN // 2 // SLOT), ticks, replace=False))
    return [at(int(s) * SLOT) + int(rng.choice([0, 1, 7_000_000])) for s in slots]


def told_apart(a, b) -> str:
    """The first rows that differ, for who mends it."""
    mine, other = ({r.key: r for r in rows} for rows in (a, b))
    if mine.keys() == other.keys() and all(r[:-1] == other[key][:-1] for key, r in mine.items()):
        return ""                                                  # next_at, the last, may be early
    for key in sorted(set(mine) | set(other)):
        if key not in mine or key not in other:
            return f"{key}: feed {mine.get(key)} batch {other.get(key)}"
        one, two = mine[key]._replace(next_at=0), other[key]._replace(next_at=0)
        if one != two:
            return "\n".join(str((f, x, y)) for f, x, y in zip(one._fields, one, two, strict=True) if x != y or f == "key")
    return ""


def run(seed: int, cases: int, ticks: int) -> int:
    """One world; gives how many steps were told."""
    world = world_of(seed, cases)
    rng = np.random.default_rng([seed, 1])
    feed, batches, union = Feed(world.plans), [], set()
    slots = sorted(world.deliveries)
    for now in instants(rng, ticks):
        arrived = [s for s in slots if at(s) <= now]
        slots = slots[len(arrived):]
        new = batches_of([row for s in arrived for row in world.deliveries[s]])
        batches += new
        fresh = feed.take(new, now)
        assert len({(s.key, s.step) for s in fresh}) == len(fresh)
        whole = agenda(world.plans, record(batches), now)
        apart = told_apart(feed.all_rows(), rows_of(whole))
        assert not apart, f"seed {seed} at {(now - at(0)) / 60e6} min: {apart}"
        union.update(whole.names())
        apart = sorted(union ^ feed.told.keys())
        assert not apart, f"seed {seed} at {(now - at(0)) / 60e6} min: told by one only {apart[:3]}"
    return len(union)


@pytest.mark.parametrize("number", range(max(HISTORIES // SIZE, 1)))
def test_the_feed_equals_batch_at_every_instant(number):
    assert run(SEED * 1_000 + number, SIZE, TICKS) > 0              # no world twice under neighbouring seeds


def test_event_by_event_and_at_every_instant_of_its_own():
    """The same, with the clocks asked at exactly the instants they name, and each fact by itself."""
    world = world_of(SEED, 8)
    feed, batches, union, now = Feed(world.plans), [], set(), at(0)
    for slot in sorted(world.deliveries):
        while feed.next_at < at(slot):
            assert feed.next_at > now
            now = feed.next_at
            feed.advance(now)
            whole = agenda(world.plans, record(batches), now)
            assert not told_apart(feed.all_rows(), rows_of(whole))
            union.update(whole.names())
        now = at(slot)
        for row in world.deliveries[slot]:
            new = batches_of([row])
            batches += new
            feed.take(new, now)
            whole = agenda(world.plans, record(batches), now)
            assert not told_apart(feed.all_rows(), rows_of(whole)), (row, told_apart(feed.all_rows(), rows_of(whole)))
            union.update(whole.names())
            assert union == feed.told.keys()
