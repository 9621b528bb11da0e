"""Two look-ups compared cell by cell, against asking both of them everywhere."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.agreement.model.form import text_of
from upheld.agreement.model.lookup import table
from upheld.foresight.cells import cells
from upheld.plans.lookup import Lookup, look

READ = table(text_of)
LEAVES = st.sampled_from(["a", "b", "c", "none"])
BOUNDS = st.sampled_from(["90", "95", "95.5", "99", "100"])
ROWS = st.one_of(
    st.builds(lambda op, n: f"{op} {n}%", st.sampled_from(["<", "<=", ">", ">="]), BOUNDS),
    st.builds(lambda a, b: f">= {a}%, < {b}%", BOUNDS, BOUNDS),
    st.just("else"),
)
SEVERITIES = st.sampled_from(["1", "2", "3", "else"])
BANDS = st.dictionaries(ROWS, LEAVES, min_size=1, max_size=4).map(lambda rows: {"by result": rows})
NAMED = st.dictionaries(SEVERITIES, st.one_of(LEAVES, BANDS), min_size=1, max_size=3).map(lambda rows: {"by severity": rows})
TABLES = st.one_of(LEAVES, BANDS, NAMED).map(READ)
VALUES = [Fraction(n, 2000) for n in range(1780, 2010)]


def meant(one: Lookup[str], values: dict[str, str | Fraction | None]) -> str | None:
    """What a table says: a leaf, "nothing" for none, None without a row."""
    index = look(one, values)
    return None if index < 0 else one.leaves[index] or "nothing"


def compared(one: Lookup[str], other: Lookup[str]):
    a, b = ([leaf or "nothing" for leaf in t.leaves] for t in (one, other))
    firsts = tuple({i: leaves.index(leaf) for i, leaf in enumerate(leaves)} for leaves in (a, b))
    return cells(one, other, lambda i, j: i == j if min(i, j) < 0 else a[i] == b[j], firsts)


@given(TABLES, TABLES)
@settings(max_examples=300, deadline=None)
def test_the_cells_are_where_the_tables_differ(one, other):
    differs = any(
        meant(one, {"severity": severity, "result": value}) != meant(other, {"severity": severity, "result": value})
        for severity in ("1", "2", "3", "4") for value in VALUES
    )
    found = compared(one, other)
    if differs:
        assert found
    for cell in found:
        assert (cell.before, cell.after) != (-1, -1)
    if found and not differs:
        # only what holds for a severity that is not said
        assert all("not said" in cell.label for cell in found)


@given(TABLES)
def test_a_table_has_no_cell_with_itself(one):
    assert compared(one, one) == ()


@given(TABLES, TABLES)
@settings(max_examples=200, deadline=None)
def test_the_cells_going_back_are_the_same(one, other):
    there, back = compared(one, other), compared(other, one)
    assert [(c.label, c.before, c.after) for c in there] == [(c.label, c.after, c.before) for c in back]


def test_rows_side_by_side_are_told_together():
    before = READ({"by severity": {"1": "4h", "2": "4h", "else": "8h"}})
    after = READ({"by severity": {"1": "2h", "2": "2h", "else": "8h"}})
    assert [c.label for c in compared(before, after)] == ["severity 1 or 2"]
    bands = READ({"by result": {"< 99%": "10", ">= 99%, < 99.5%": "5"}}), READ({"by result": {"< 99.9%": "20"}})
    assert [c.label for c in compared(*bands)] == ["result < 99%", "result >= 99%, < 99.5%", "result >= 99.5%, < 99.9%"]


def test_dates_counts_and_times_are_told_as_they_are_written():
    before = READ({"by date": {"< 2026-07-01": "1", "else": "2"}})
    after = READ({"by date": {"< 2026-10-01": "1", "else": "2"}})
    assert [c.label for c in compared(before, after)] == ["date >= 2026-07-01, < 2026-10-01"]
    counts = READ({"by number of cases": {"< 10": "1", "else": "2"}}), READ({"by number of cases": {"<= 9": "1", "else": "2"}})
    assert compared(*counts) == ()   # there is no number between
    times = READ({"by time of start": {"< 15:00": "1", "else": "2"}}), READ({"by time of start": {"< 13:30": "1", "else": "2"}})
    assert [c.label for c in compared(*times)] == ["time of start >= 13:30, < 15:00"]
