"""Look-ups and selectors: columns and single values give one answer, and a missing attribute is a third answer."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.agreement.model.form import quantity_of, selector_of, text_of
from upheld.agreement.model.lookup import contains, overlap, spans_of, table
from upheld.facts.tables import Attribute
from upheld.plans.lookup import NO_ROW, UNDECIDED, Numbers, axes_of, look, pick
from upheld.plans.selector import select
from upheld.values import quantity
from upheld.values.condition import Condition

TABLE = table(text_of)(
    {"by severity": {"1": {"by time of start": {"< 15:00": "a", "else": "b"}}, "2": "none",
                     "else": {"by result": {"< 99%": "c", "< 95%": "d"}}}})


@given(st.sampled_from(["1", "2", "3", None]), st.integers(0, 86_399), st.integers(0, 1000))
def test_columns_and_single_values_agree(severity: str | None, start: int, per_mille: int) -> None:
    codes = {"1": 0, "2": 1, "3": 2, None: -1}[severity]
    columns = {
        "severity": Attribute(np.array([codes], np.int32), ("1", "2", "3")),
        "time of start": Numbers(np.array([start], np.int64)),
        "result": Numbers(np.array([per_mille], np.int64), 1000),
    }
    one = look(TABLE, {"severity": severity, "time of start": Fraction(start), "result": Fraction(per_mille, 1000)})
    assert pick(TABLE, columns.get, 1)[0] == one
    if severity is None:
        assert one == UNDECIDED
    if severity == "3":
        said = None if one == NO_ROW else TABLE.leaves[one]
        assert said == ("d" if per_mille < 950 else "c" if per_mille < 990 else None)


def test_an_attribute_nobody_says_leaves_every_row_undecided() -> None:
    assert pick(TABLE, lambda _: None, 2).tolist() == [UNDECIDED, UNDECIDED]


def test_axes_and_labels() -> None:
    assert axes_of(TABLE) == ("severity", "time of start", "result")
    assert TABLE.labels[0] == "severity 1, time of start < 15:00"


CONDITIONS = st.builds(
    lambda op, a, join, op2, b: f"{op} {a}{join}{op2} {b}",
    st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), st.integers(0, 6), st.sampled_from([", ", " | "]),
    st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), st.integers(0, 6))


def read(text: str) -> Condition:
    found: Condition = quantity_of(quantity.condition)(text)  # type: ignore[arg-type]
    return found


@given(CONDITIONS, CONDITIONS)
def test_intervals_say_what_conditions_say(first: str, second: str) -> None:
    a, b = read(first), read(second)
    halves = [Fraction(n, 2) for n in range(-2, 16)]
    both = overlap(a, b)
    for value in halves:
        inside = any((lo is None or lo < (value, 0)) and (hi is None or (value, 0) < hi) for lo, hi in both)
        assert inside == (a.holds(value) and b.holds(value))
    if contains(a, b):
        assert all(a.holds(v) for v in halves if b.holds(v))
    for one, other in zip(spans_of(a), spans_of(a)[1:], strict=False):
        assert one[1] is not None
        assert other[0] is not None
        assert one[1] < other[0]


@pytest.mark.parametrize(("selector", "yes", "undecided"), [
    ("any", [1, 1, 1], [0, 0, 0]),
    ({"kind": "outage"}, [1, 0, 0], [0, 0, 1]),
    ({"kind": {"not": "outage"}}, [0, 1, 0], [0, 0, 1]),
    ({"kind": {"not": ["outage", "slow"]}}, [0, 0, 0], [0, 0, 1]),
    ({"kind": "any"}, [1, 1, 0], [0, 0, 0]),
    ({"size": "> 5"}, [1, 0, 1], [0, 0, 0]),
    ({"kind": "outage", "size": "> 5"}, [1, 0, 0], [0, 0, 1]),
    ({"kind": "outage", "size": "< 5"}, [0, 0, 0], [0, 0, 0]),
    ([{"kind": "outage"}, {"size": "> 5"}], [1, 0, 1], [0, 0, 0]),
    ({"absent": "x"}, [0, 0, 0], [1, 1, 1]),
])
def test_selectors_know_three_answers(selector: object, yes: list[int], undecided: list[int]) -> None:
    columns = {"kind": Attribute(np.array([0, 1, -1], np.int32), ("outage", "slow")),
               "size": Attribute(np.array([0, 1, 0], np.int32), ("6", "5"))}
    got = select(selector_of(selector), columns.get, 3)
    assert [list(map(int, m)) for m in got] == [yes, undecided]
