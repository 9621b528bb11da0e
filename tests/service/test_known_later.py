"""A fact on record that is known only later, by another machine's clock: whom it concerns is looked at again then."""

from __future__ import annotations

from pathlib import Path

from world import AGREEMENT, World

from upheld.facts.arrive import Arrival
from upheld.facts.leaves import batches_of
from upheld.facts.record import record
from upheld.facts.tables import OPEN
from upheld.service.evaluate import _later

ROWS = (("A", "opened", 0, None), ("A", "resolved", 5, None), ("B", "resolved", 50, "e1"))


def test_a_case_that_will_lose_a_row_to_another_is_looked_at_when_that_is_known():
    leaves = [Arrival("events", "desk", f"e{i}", case, 0, {"case": case, "event": event, "at": 1, **({"replaces": old} if old else {})},
                      known_at=known).leaf(i + 1, 0) for i, (case, event, known, old) in enumerate(ROWS)]
    events = record(batches_of(leaves)).events
    assert events is not None
    wakes: dict[str, int] = {}
    _later(events, 30, wakes)
    assert wakes == {"case/A": 50, "case/B": 50}


def test_what_is_known_before_it_happens_is_looked_at_when_it_is_known():
    """The steps before an agreed date fall due before it."""
    leaf = Arrival("events", "desk", "e1", "A", 0, {"case": "A", "event": "change-begins", "at": 90}, known_at=50).leaf(1, 0)
    events = record(batches_of([leaf])).events
    assert events is not None
    wakes: dict[str, int] = {}
    _later(events, 30, wakes)
    assert wakes == {"case/A": 50}


TERMS = AGREEMENT.replace("attributes:\n", """exclusions:
  agreed: {while: works, needs: approval by customer, until: 2 working days after window, effect: leave_out}
attributes:
""").replace("  waiting:", "  works: {where: {kind: works}, at_least: 90m}\n  waiting:")
TERMS = TERMS.replace("per: month,", "per: month, excluding: [agreed],")


def _works(world: World, name: str, first: str, last: str, known: str | None = None) -> None:
    start, end = world.instant(first), world.instant(last)
    world.store.stream.record([Arrival("intervals", "desk", name, "", start, {"what_kind": "works", "subject": "x", "start": start, "end": end},
                                       None if known is None else world.instant(known))], "desk", world.clock.now())


def test_an_approval_of_what_is_over_concerns_cases_that_stopped_before_it(tmp_path: Path):
    world = World(tmp_path / "store.db", TERMS)
    world.at("2026-03-03 09:00").open("A").work()
    _works(world, "M-1", "2026-03-03 09:30", "2026-03-03 12:30")
    world.at("2026-03-03 14:00").resolve("A").work()
    world.sent.letters.clear()
    assert world.clocks("A")[0].verdict == "missed"
    world.at("2026-03-04 10:00").declare("approval", "M-1", "customer").work()
    assert world.clocks("A")[0].verdict == "met"
    world.close()


def test_a_run_that_now_lasts_long_enough_concerns_cases_that_stopped_in_it(tmp_path: Path):
    world = World(tmp_path / "store.db", TERMS)
    world.at("2026-03-03 09:00").open("A").declare("approval", "agreed", "customer").work()
    _works(world, "M-1", "2026-03-03 12:00", "2026-03-03 13:05")
    world.at("2026-03-03 13:01").resolve("A").work()
    world.sent.letters.clear()
    assert world.clocks("A")[0].verdict == "missed"
    world.at("2026-03-03 15:00")
    _works(world, "M-2", "2026-03-03 13:05", "2026-03-03 14:00")
    world.work()
    assert world.clocks("A")[0].verdict == "met"
    world.close()


def test_of_facts_recorded_together_each_is_seen_when_it_is_known(tmp_path: Path):
    world = World(tmp_path / "store.db")
    world.at("2026-03-03 09:00").open("A").work()
    now = world.clock.now()
    rows = [("F-1", "2026-03-03 09:00", None), ("F-2", "2026-03-03 17:00", world.instant("2026-03-03 12:00"))]
    world.store.stream.record([Arrival("intervals", "desk", name, "", world.instant(first), {
        "what_kind": "freeze", "subject": "x", "start": world.instant(first), "end": OPEN}, known) for name, first, known in rows], "desk", now)
    world.work()
    assert world.clocks("A")[0].state == "paused"
    world.at("2026-03-03 11:30").silent()
    world.close()
