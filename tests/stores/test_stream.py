"""The stream on both databases: what is new, the same, refused; what is read back; what is left to be looked at."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from upheld.facts.arrive import Arrival
from upheld.facts.batch import Batch
from upheld.facts.leaves import batches_of
from upheld.facts.record import record
from upheld.facts.tables import OPEN, Attribute
from upheld.stores.logs import leaf_hash
from upheld.stores.schema import touched
from upheld.stores.store import Store, open_store
from upheld.stores.trouble import StoreError

sys.path.insert(0, str(Path(__file__).parent.parent / "facts"))
from fact_batches import batches, shown

NOW = 1_790_000_000_000_000


def event(name: str, case: str = "C1", at: int = 5, **more: object) -> Arrival:
    return Arrival("events", "desk", name, case, at, {"case": case, "event": "opened", "at": at, **more})


def outage(name: str, end: int, start: int = 1) -> Arrival:
    return Arrival("intervals", "probe", name, "", start, {"what_kind": "down", "subject": "web", "start": start, "end": end})


def states(store: Store, *arrivals: Arrival) -> list[str]:
    return [taken.state for taken in store.stream.record(arrivals, "anna", NOW)]


def marks(store: Store) -> list[tuple[str, str, int]]:
    with store.database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(touched.c.kind, touched.c.name, touched.c.seq).order_by(touched.c.id))]


def test_a_fact_is_recorded_once_and_answered_with_its_first_place(store: Store) -> None:
    first, second = store.stream.record([event("a"), event("b")], "anna", NOW)
    assert (first.state, first.seq, second.state, second.seq) == ("new", 0, "new", 1)
    again = store.stream.record([event("b"), event("c"), event("c")], "bob", NOW + 1)
    assert again[0] == ("same", 1, second.leaf_hash)
    assert [(taken.state, taken.seq) for taken in again[1:]] == [("new", 2), ("same", 2)]
    assert again[1].leaf_hash == again[2].leaf_hash
    kept = list(store.logs.leaves("stream"))
    assert [leaf.data for leaf in kept] == [event("a").leaf(1, NOW), event("b").leaf(2, NOW), event("c").leaf(3, NOW + 1)]
    assert [leaf.hash for leaf in kept] == [first.leaf_hash, second.leaf_hash, again[1].leaf_hash]
    assert store.stream.size() == 3
    assert store.stream.record([], "anna", NOW) == []
    assert store.check() == ()


def test_another_body_for_one_id_is_refused_and_the_others_are_not(store: Store) -> None:
    first = store.stream.record([event("a")], "anna", NOW)[0]
    taken = store.stream.record([event("a", at=6), event("b"), event("b", "C2"), event("a", says={"p": "1"})], "anna", NOW)
    assert [t.state for t in taken] == ["conflict", "new", "conflict", "conflict"]
    assert taken[0] == ("conflict", 0, first.leaf_hash)
    assert taken[2] == ("conflict", 1, taken[1].leaf_hash)
    assert store.stream.size() == 2
    # another source's id is another fact; when it came to be known is not what it says
    assert states(store, replace(event("a"), source="other"), replace(event("a"), known_at=3)) == ["new", "same"]


def test_a_correction_names_a_row_that_is_there_and_not_corrected_yet(store: Store) -> None:
    assert states(store, event("a"), event("b")) == ["new", "new"]
    taken = store.stream.record([event("c", at=9, replaces="a"), event("d", at=9, replaces="nobody"), event("e", at=9, replaces="a"),
                                 event("f", at=9, replaces="f"), replace(event("g", replaces="b"), source="other"),
                                 event("h", at=10, replaces="c")], "anna", NOW)
    assert [t.state for t in taken] == ["new", "unknown", "superseded", "unknown", "unknown", "new"]
    assert taken[2] == ("superseded", 2, taken[0].leaf_hash)
    assert taken[1] == ("unknown", None, b"")
    assert states(store, event("i", at=9, replaces="a"), event("c", at=9, replaces="a")) == ["superseded", "same"]
    assert states(store, Arrival("samples", "desk", "s", "", 1, {"series": "x", "at": 1, "value": 2, "replaces": "b"})) == ["unknown"]
    assert states(store, event("v", void=True, replaces="b")) == ["new"]
    assert store.check() == ()


def test_a_correction_may_stand_before_its_row(store: Store) -> None:
    assert states(store, event("c", at=3, replaces="b"), event("b", at=2, replaces="a"), event("a")) == ["new"] * 3
    assert states(store, event("x", replaces="y"), event("y", replaces="x")) == ["unknown", "unknown"]
    assert [leaf.idx for leaf in store.logs.leaves("stream")] == [0, 1, 2]


def test_the_end_of_an_open_interval_is_progress(store: Store) -> None:
    assert states(store, outage("o", OPEN)) == ["new"]
    assert states(store, outage("o", 9)) == ["new"]
    again = (outage("o", 9), outage("o", OPEN), outage("o", 8), outage("o", OPEN, start=2))
    assert states(store, *again) == ["same", "same", "conflict", "conflict"]
    assert states(store, outage("p", 9), outage("p", OPEN)) == ["new", "conflict"]
    assert states(store, outage("q", OPEN), outage("q", 4)) == ["new", "new"]
    intervals = record(store.stream.batches()).intervals
    assert intervals is not None
    assert sorted(intervals.end.tolist()) == [4, 9, 9]
    found = store.stream.find("probe", "o")
    assert found is not None
    assert found.seq == 1
    assert store.check() == ()


def test_what_is_left_to_be_looked_at(store: Store) -> None:
    store.stream.record([event("a"), event("b"), event("c", "C2"), outage("o", 9)], "anna", NOW)
    assert marks(store) == [("case", "C1", 0), ("case", "C2", 2), ("shared", "intervals", 3)]
    store.stream.record([event("a"), event("b", at=7)], "anna", NOW)
    assert len(marks(store)) == 3, "nothing new, nothing to look at"
    store.stream.record([event("d", "C3", replaces="a")], "anna", NOW)
    assert marks(store)[3:] == [("case", "C3", 4), ("case", "C1", 4)], "the case it left and the case it came to"


def test_cases_are_read_with_those_a_correction_joins_them_to(store: Store) -> None:
    store.stream.record([event("a"), event("b", "C2"), event("c", "C3"), outage("o", 9), event("d", "C4")], "anna", NOW)
    store.stream.record([event("e", "C2", replaces="a"), event("f", "C3", replaces="b")], "anna", NOW)

    def cases(*asked: str) -> set[str]:
        return {name for batch in store.stream.batches(cases=asked, shapes=["events"]) for name in batch.texts["case"].names}

    assert cases("C1") == cases("C3") == {"C1", "C2", "C3"}
    assert cases("C4") == {"C4"}
    assert cases("never") == set()
    assert {batch.shape for batch in store.stream.batches(cases=["C4"])} == {"events", "intervals"}
    assert {batch.shape for batch in store.stream.batches(cases=["C4"], shapes=["intervals"])} == {"intervals"}
    assert store.stream.batches(cases=["C4"], shapes=[]) == store.stream.batches(shapes=[]) == []


def test_a_part_of_the_stream(store: Store) -> None:
    store.stream.record([event(f"e{n}", f"C{n}") for n in range(10)], "anna", NOW)

    def rows(**asked: object) -> list[int]:
        return [row for batch in store.stream.batches(**asked) for row in batch.rows.tolist()]  # type: ignore[arg-type]

    assert rows() == list(range(1, 11))
    assert rows(after=3) == [5, 6, 7, 8, 9, 10]
    assert rows(after=3, upto=6) == rows(after=3, upto=6, shapes=["events"]) == [5, 6]
    assert rows(after=9) == rows(upto=0) == []
    assert rows(upto=99, cases=["C7", "C3"]) == [4, 8]


def test_what_was_ever_said(store: Store) -> None:
    assert store.stream.spoken() == {}
    store.stream.record([event("a", says={"priority": "1"}), event("b"), event("a", says={"refused": "x"})], "anna", NOW)
    store.stream.record([event("c", says={"group": "", "priority": "2"})], "anna", NOW)
    assert store.stream.spoken() == {"events": frozenset({"priority", "group"})}


def test_who_watched(store: Store) -> None:
    assert store.stream.watched() == {}
    assert store.stream.record_batches([], {"probe": (1, None), "desk": (2, 9)}, "anna", NOW) == []
    assert store.stream.record_batches([], {"probe": (1, None), "desk": (2, 12)}, "anna", NOW) == []
    assert store.stream.watched() == {"probe": (1, None), "desk": (2, 12)}
    assert [leaf.kind for leaf in store.logs.leaves("stream")] == ["watched"] * 3
    assert marks(store) == [("shared", "coverage", 0), ("shared", "coverage", 2)]
    assert store.stream.batches() == []
    assert store.check() == ()


def rows_of_file(*cases: str, events: tuple[str, ...] = ("opened",)) -> Batch:
    n = len(cases) * len(events)
    names, kinds = tuple(sorted(set(cases))), tuple(sorted(set(events)))
    return Batch("events", "desk", "data/tickets.csv", np.repeat(np.arange(1, len(cases) + 1), len(events)),
                 {"case": Attribute(np.array([names.index(c) for c in cases for _ in events], np.int32), names),
                  "event": Attribute(np.array([kinds.index(e) for _ in cases for e in events], np.int32), kinds)},
                 {"at": np.arange(n)})


def test_a_fact_without_an_id_is_its_file_and_row(store: Store) -> None:
    batch = rows_of_file("A", "B", events=("opened", "closed"))
    assert [t.state for t in store.stream.record_batches([batch], {}, "anna", NOW)] == ["new"] * 4
    assert [t.state for t in store.stream.record_batches([batch], {}, "anna", NOW + 9)] == ["same"] * 4
    found = store.stream.find("desk", "data/tickets.csv:2#closed")
    assert found is not None
    assert (found.seq, found.subject, found.actor, found.recorded_at) == (3, "B", "anna", NOW)
    assert found.leaf_hash == leaf_hash(found.leaf)
    changed = rows_of_file("A", "C", events=("opened", "closed"))
    assert [t.state for t in store.stream.record_batches([changed], {}, "anna", NOW)] == ["same", "same", "conflict", "conflict"]
    assert [shown(b) for b in store.stream.batches()] == [shown(batch)]
    assert store.stream.find("desk", "never") is None


def test_a_fact_over_the_wire_and_in_a_file_is_one(store: Store) -> None:
    batch = replace(rows_of_file("A"), ids=Attribute(np.array([0], np.int32), ("x1",)))
    wire = Arrival("events", "desk", "x1", "A", 0, {"case": "A", "event": "opened", "at": 0})
    assert states(store, wire) == ["new"]
    assert [t.state for t in store.stream.record_batches([batch], {}, "anna", NOW)] == ["same"]


def test_many_threads_are_each_answered_for_their_own(store: Store) -> None:
    answers: dict[int, list[tuple[str, int | None]]] = {}

    def go(thread: int) -> None:
        answers[thread] = [(t.state, t.seq) for n in range(25)
                           for t in store.stream.record([event(f"{thread}/{n}"), event("shared")], f"thread {thread}", NOW)]

    threads = [threading.Thread(target=go, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own = sorted(seq for said in answers.values() for state, seq in said[::2] if state == "new" and seq is not None)
    first = [seq for said in answers.values() for state, seq in said[1::2] if state == "new"]
    assert len(own) == 200
    assert len(first) == 1
    assert {seq for said in answers.values() for _, seq in said[1::2]} == set(first)
    assert sorted(own + first) == list(range(201))  # type: ignore[operator]
    for thread, said in answers.items():
        found = store.stream.find("desk", f"{thread}/24")
        assert found is not None
        assert (found.seq, found.actor) == (said[-2][1], f"thread {thread}")
    assert store.check() == ()


def test_recording_within_a_joint_transaction_stands_or_falls_with_it(store: Store) -> None:
    def interrupted() -> None:
        with store.together():
            assert states(store, event("a", says={"p": "1"})) == ["new"]
            # what this transaction wrote is read in it
            assert sum(map(len, store.stream.batches())) == 1
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError):
        interrupted()
    assert store.stream.size() == 0
    assert store.stream.spoken() == {}
    with store.together():
        states(store, event("a"))
        store.audit.add("anna", "record", "desk/a", "done", NOW)
    assert store.stream.size() == len(store.audit.list()) == 1


def test_what_cannot_be_written_down_is_refused_before_anybody_waits(store: Store) -> None:
    for wrong in (event("\ud800"), event("nul\0"), replace(event("a"), source="de\0sk"), event("a", "C\0"), event("a", at=object())):
        with pytest.raises(StoreError, check=lambda error: error.slug == "form"):
            store.stream.record([event("good"), wrong], "anna", NOW)
    assert store.stream.size() == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(batches(), max_size=4))
def test_what_is_read_back_is_what_was_recorded(place: str, found: list[Batch]) -> None:
    with open_store(place) as store:
        before = store.stream.size()
        store.stream.record_batches(found, {}, "anna", NOW)
        leaves = [leaf.data for leaf in store.logs.leaves("stream", before)]
        assert [shown(b) for b in store.stream.batches(after=before - 1)] == [shown(b) for b in batches_of(leaves)]
