"""Laws of facts: arrival does not matter, a cut is what was known, any bytes give facts or reasons."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.facts.batch import SHOWN, Batch, refuse_rows, unite
from upheld.facts.cut import cut
from upheld.facts.order import order_of
from upheld.facts.record import record
from upheld.facts.tables import OPEN, Attribute, CaseEvents, Facts, Header, Intervals
from upheld.sources.files import load, read_file
from upheld.sources.model import read_source

SOURCE = read_source(
    "s",
    b"""upheld-source: 1
source: s
files: [x.csv]
id: id
replaces: replaces
void: void
known_at: known
rank: rank
stamps: {format: epoch s}
case: case
events: {state: {column: event, at: at}}
intervals: {kind: {column: event}, subject: case, start: at, end: end}
samples: {series: {column: case}, at: at, value: value}
counts: {series: {column: event}, start: at, each: 5m, total: rank}
attributes: [colour]
""",
)
HEADER = "id,replaces,void,known,rank,case,event,at,end,value,colour\n"

small = st.integers(0, 6)
lines = st.lists(
    st.builds(
        lambda i, r, v, k, n, c, e, a, d, x, q: (
            f"i{i},{f'i{r}' if r < 3 else ''},{v},{1000 + k},{n},c{c % 3},e{e % 2},{1000 + a},{1000 + a + d},{x}.{x},{q}"
        ),
        small,
        st.integers(0, 9),
        st.sampled_from(["", "", "true"]),
        small,
        st.integers(0, 1),
        small,
        small,
        small,
        small,
        small,
        st.sampled_from(["", "red", "blue"]),
    ),
    max_size=12,
)


def facts_of(rows: list[str]) -> Facts:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_text(HEADER + "\n".join(rows) + "\n")
        batches, _ = read_file(SOURCE, path, "x.csv")
    return record(batches)


def shown(value: object) -> object:
    """A table as plain values, without the places it was read from."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Attribute):
        return [value.names[c] if c >= 0 else None for c in value.codes.tolist()]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        hidden = {"seq", "origin"}
        return {f.name: shown(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name not in hidden}
    if isinstance(value, dict):
        return {k: shown(v) for k, v in value.items()}
    return value


def bare(facts: Facts) -> object:
    """The facts without the reasons: which of two contradicting rows is named in a reason depends on the file."""
    return shown(dataclasses.replace(facts, refused=()))


@settings(max_examples=150, deadline=None)
@given(lines, st.randoms(use_true_random=False))
def test_arrival_does_not_matter(rows: list[str], random: object) -> None:
    other = list(rows)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert bare(cut(facts_of(rows), None)) == bare(cut(facts_of(other), None))


@settings(max_examples=150, deadline=None)
@given(lines, st.integers(999, 1010), st.integers(999, 1010))
def test_a_cut_of_a_cut_is_the_earlier_cut(rows: list[str], a: int, b: int) -> None:
    facts = facts_of(rows)
    early, late = sorted((a * 1_000_000, b * 1_000_000))
    once = cut(facts, early)
    events = once.events
    if events is not None:
        assert (events.header.known_at <= early).all()
        assert events.bounds[-1] == len(events)
        assert (np.diff(events.bounds) >= 0).all()
        for i in range(len(events.case_names)):
            assert (events.case[events.bounds[i] : events.bounds[i + 1]] == i).all()
    if once.intervals is not None:
        assert ((once.intervals.end <= early) | (once.intervals.end == OPEN)).all()
    assert bare(cut(once, late)) == bare(once)


@settings(max_examples=100, deadline=None)
@given(lines, st.integers(999, 1010))
def test_a_cut_is_what_would_have_been_loaded_then(rows: list[str], at: int) -> None:
    def kept(facts: Facts) -> object:
        table = cut(facts, at * 1_000_000).samples
        return (
            None
            if table is None or not len(table)
            else [shown(table.at), shown(table.value), shown(table.series), shown(table.header.disputed)]
        )

    def plain(row: str) -> bool:
        parts = row.split(",")
        return parts[1] == "" and parts[2] == ""

    own = [r for r in rows if plain(r)]
    known = [r for r in own if int(r.split(",")[3]) <= at]
    late, then = kept(facts_of(own)), kept(facts_of(known))
    if late is None or then is None:
        assert late is then
    else:
        assert late[:3] == then[:3]  # type: ignore[index]


@settings(max_examples=100, deadline=None)
@given(lines)
def test_recording_twice_changes_nothing(rows: list[str]) -> None:
    assert bare(cut(facts_of(rows), None)) == bare(cut(facts_of(rows + rows), None))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["x.csv", "x.csv.gz", "x.jsonl", "x.jsonl.gz", "x.parquet"]), st.booleans())
def test_any_bytes_give_facts_or_reasons(data: bytes, name: str, headed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes((HEADER.encode() if headed else b"") + data)
        batches, refused = read_file(SOURCE, path, name)
    facts = record(batches)
    assert refused or sum(map(len, batches)) >= 0
    assert cut(facts, 0) is not None


cells = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["1000", "c", "true", "1.5", "", "-1", '"', ","])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(cells, min_size=9, max_size=12), max_size=6))
def test_any_cells_give_a_fact_or_a_reason_for_every_row(table: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_text(HEADER + "\n".join(",".join(r) for r in table) + "\n", encoding="utf-8", newline="")
        batches, refused = read_file(SOURCE, path, "x.csv")
    record(batches)
    told = {r.row for r in refused}
    assert all(r.file == "x.csv" for r in refused)
    if 0 not in told:
        given_rows = {int(x) for b in batches for x in b.rows}
        last = max(given_rows | told, default=0)
        assert given_rows | told == set(range(1, last + 1))


# ---- pieces ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 2**40)), min_size=1, max_size=40))
def test_order_is_stable_and_lexicographic(pairs: list[tuple[int, int]]) -> None:
    keys = [np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])]
    order = order_of(keys)
    got = list(range(len(pairs))) if order is None else order.tolist()
    assert got == sorted(range(len(pairs)), key=lambda i: (*pairs[i], i))


def test_order_of_wide_keys() -> None:
    keys = [np.array([2**62, -(2**62), 0]), np.array([0, 0, 0])]
    order = order_of(keys)
    assert order is not None
    assert order.tolist() == [1, 2, 0]


def test_columns_are_united_by_name() -> None:
    one, two = Attribute(np.array([0, 1, -1], np.int32), ("b", "a")), Attribute(np.array([0], np.int32), ("c",))
    joined = unite([(one, 3), (None, 2), (two, 1)])
    assert joined.names == ("a", "b", "c")
    assert joined.codes.tolist() == [1, 0, -1, -1, -1, 2]
    assert unite([(one, 3)]).names == ("a", "b")


def test_many_refusals_are_counted_not_lost() -> None:
    rows = np.arange(1, SHOWN + 11)
    told = refuse_rows("f", rows, "c", "s", str, lambda _: "m")
    assert len(told) == SHOWN + 1
    assert told[-1].message == f"and 10 more rows like these, from row {SHOWN + 1} to row {SHOWN + 10}"


def test_two_sources_in_one_table_with_their_own_scales_and_coverage() -> None:
    def batch(source: str, value: int, scale: int) -> Batch:
        return Batch(
            "samples",
            source,
            source,
            np.array([1]),
            {"series": Attribute(np.zeros(1, np.int32), ("t",))},
            {"at": np.array([5])},
            {"value": np.array([value])},
            scale,
        )

    facts = record([batch("b", 15, 10), batch("a", 125, 100)], {"a": (0, 9)})
    assert facts.samples is not None
    assert facts.samples.value.tolist() == [125, 150]
    assert facts.samples.scales == (100,)
    assert facts.coverage is not None
    assert list(zip(facts.coverage.start.tolist(), facts.coverage.end.tolist(), facts.coverage.assumed.tolist(), strict=True)) == [
        (0, 9, False),
        (5, 5, True),
    ]


def test_weights_come_to_one_scale() -> None:
    def batch(source: str, weight: dict[str, np.ndarray], scale: int) -> Batch:  # type: ignore[type-arg]
        texts = {"kind": Attribute(np.zeros(1, np.int32), ("outage",))}
        return Batch("intervals", source, source, np.array([1]), texts, {"start": np.array([5]), "end": np.array([OPEN])}, weight, scale)

    facts = record([batch("a", {"weight": np.array([5])}, 10), batch("b", {}, 1)])
    assert facts.intervals is not None
    assert (facts.intervals.weight.tolist(), facts.intervals.weight_scale) == ([5, 10], 10)


def test_hand_built_tables_can_be_cut() -> None:
    header = Header(np.arange(2), Attribute(np.zeros(2, np.int32), ("s",)), np.array([1, 5]), recorded_at=np.array([1, 5]))
    column = Attribute(np.zeros(2, np.int32), ("x",))
    events = CaseEvents(header, np.array([0, 1], np.int32), ("a", "b"), column, np.array([1, 5]), np.zeros(2, np.int32), np.array([0, 1, 2]))
    spans = Intervals(header, column, column, np.array([1, 5]), np.array([4, 9]), np.ones(2, np.int64))
    facts = cut(Facts(events=events, intervals=spans), 3)
    assert facts.events is not None
    assert facts.intervals is not None
    assert (facts.events.bounds.tolist(), facts.events.case_names) == ([0, 1], ("a",))
    assert facts.intervals.end.tolist() == [OPEN]
    assert cut(Facts(), 3) == Facts()


@pytest.mark.parametrize("example", ["github", "helpdesk"])
def test_examples_read_without_a_refusal(example: str) -> None:
    facts = load(Path(__file__).parents[2] / "examples" / example)
    assert {r.slug for r in facts.refused if r.severity == "error"} == set()
