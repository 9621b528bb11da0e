"""Bands and rounding at their edges: what a wrong sign, a wrong step or a wrong tie would change."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from upheld.values.condition import Comparison, Condition, compare
from upheld.values.exact import allocate, checked_sum, exact_number, round_to

THIRD = Fraction(1, 3)


@pytest.mark.parametrize(("op", "below", "at", "above"), [
    ("<", True, False, False), ("<=", True, True, False), (">", False, False, True), (">=", False, True, True), ("=", False, True, False),
    ("!=", True, False, True),
])
def test_each_comparison_below_at_and_above_its_limit(op: str, below: bool, at: bool, above: bool) -> None:
    limit = Fraction(999, 1000)
    tiny = Fraction(1, 10**12)
    assert [compare(limit + d, op, limit) for d in (-tiny, 0, tiny)] == [below, at, above]  # type: ignore[arg-type]
    condition = Condition(((Comparison(op, 999, 1000),),))  # type: ignore[arg-type]
    assert [condition.holds(limit + d) for d in (-tiny, 0, tiny)] == [below, at, above]
    # the same as columns, with the limit between two integers and on one
    values = np.array([998, 999, 1000])
    assert condition.mask(values, 1000).tolist() == [below, at, above]
    assert condition.mask(np.array([0, 1, 2]), 1).tolist() == [compare(Fraction(v), op, limit) for v in (0, 1, 2)]  # type: ignore[arg-type]
    between = Condition(((Comparison(op, 7, 2),),))  # type: ignore[arg-type]
    assert between.mask(np.array([3, 4])).tolist() == [compare(Fraction(v), op, Fraction(7, 2)) for v in (3, 4)]  # type: ignore[arg-type]
    negative = Condition(((Comparison(op, -7, 2),),))  # type: ignore[arg-type]
    assert negative.mask(np.array([-4, -3])).tolist() == [compare(Fraction(v), op, Fraction(-7, 2)) for v in (-4, -3)]  # type: ignore[arg-type]


def test_columns_are_compared_exactly_beyond_what_floats_hold() -> None:
    large = 2**60 + 1
    assert Condition(((Comparison("<=", large),),)).mask(np.array([large - 1, large, large + 1])).tolist() == [True, True, False]
    assert Condition(((Comparison(">=", large),),)).mask(np.array([large - 1, large, large + 1])).tolist() == [False, True, True]


def test_a_comparison_has_an_exact_limit() -> None:
    assert Comparison(">=", 5).limit == 5
    assert Comparison(">=", 5).den == 1
    assert Comparison("<", 999, 1000).limit == Fraction(999, 1000)


def test_all_of_a_group_and_any_of_the_groups() -> None:
    band = Condition(((Comparison(">=", 99, 100), Comparison("<", 999, 1000)), (Comparison("=", 1),)))
    assert [band.holds(Fraction(x, 1000)) for x in (989, 990, 998, 999, 1000)] == [False, True, True, False, True]
    assert band.mask(np.array([989, 990, 998, 999, 1000]), 1000).tolist() == [False, True, True, False, True]
    assert band.holds(1)
    assert not Condition(()).holds(1)
    assert Condition(()).mask(np.array([1])).tolist() == [False]
    assert Condition(((),)).mask(np.array([1])).tolist() == [True]
    assert (Condition(()).unit, Condition(()).text) == ("number", "")


@pytest.mark.parametrize(("mode", "rounded"), [
    ("half_up", [0, 0, 1, 1, 1, 1, 2, 2]), ("half_even", [0, 0, 0, 1, 1, 1, 2, 2]),
    ("down", [0, 0, 0, 0, 1, 1, 1, 1]), ("up", [0, 1, 1, 1, 1, 2, 2, 2]),
])
def test_rounding_around_its_ties(mode: str, rounded: list[int]) -> None:
    values = [Fraction(0), THIRD, Fraction(1, 2), Fraction(2, 3), Fraction(1), Fraction(4, 3), Fraction(3, 2), Fraction(5, 3)]
    assert [round_to(v, Fraction(1), mode) for v in values] == rounded  # type: ignore[arg-type]
    assert [round_to(-v, Fraction(1), mode) for v in values] == [-r for r in rounded]  # type: ignore[arg-type]
    assert [round_to(v * 5, Fraction(5), mode) for v in values] == [5 * r for r in rounded]  # type: ignore[arg-type]
    assert [round_to(v / 20, Fraction(1, 20), mode) for v in values] == [Fraction(r, 20) for r in rounded]  # type: ignore[arg-type]


def test_ties_to_even_go_both_ways() -> None:
    assert [round_to(Fraction(n, 2), Fraction(1), "half_even") for n in (1, 3, 5, 7, -1, -3)] == [0, 2, 2, 4, 0, -2]
    assert [round_to(Fraction(n, 2), Fraction(1), "half_up") for n in (1, 3, 5, 7, -1, -3)] == [1, 2, 3, 4, -1, -2]
    # just beside a tie nothing is a tie
    near = Fraction(1, 10**9)
    assert [round_to(Fraction(5, 2) + d, Fraction(1), m) for d in (-near, near) for m in ("half_up", "half_even")] == [2, 2, 3, 3]  # type: ignore[arg-type]


@pytest.mark.parametrize("step", [Fraction(0), Fraction(-1)])
def test_a_step_that_is_none(step: Fraction) -> None:
    with pytest.raises(ValueError, match=r"^rounding needs a positive step$"):
        round_to(Fraction(1), step, "down")


def test_splits_by_largest_remainder() -> None:
    assert allocate(210, [199, 217, 82]) == (84, 91, 35)
    assert allocate(1, [1, 1]) == (1, 0)                      # the earlier of equals
    assert allocate(2, [1, 1, 1]) == (1, 1, 0)
    assert allocate(10, [1, 2, 3, 0]) == (2, 3, 5, 0)
    assert allocate(-7, [1, 1]) == (-4, -3)
    assert allocate(0, [5, 5]) == (0, 0)
    assert allocate(5, [Fraction(1, 3), Fraction(2, 3)]) == (2, 3)
    assert allocate(7, [5]) == (7,)
    for weights in ([], [0, 0], [1, -1], [2, -1]):
        with pytest.raises(ValueError, match=r"^a split needs weights of at least 0, one of them above$"):
            allocate(5, weights)


def test_splits_in_steps() -> None:
    """0.35 in halves, in coins of 0.05: 0.20 and 0.15."""
    assert allocate(35, [1, 1], 5) == (20, 15)
    assert allocate(-35, [1, 1], 5) == (-20, -15)
    assert allocate(30, [1, 1, 1], 10) == (10, 10, 10)
    assert allocate(0, [1, 1], 5) == (0, 0)
    assert allocate(6, [Fraction(1, 3), Fraction(2, 3)], 2) == (2, 4)
    for total in (36, -34):
        with pytest.raises(ValueError, match=r"^a split in steps needs a total of whole steps$"):
            allocate(total, [1, 1], 5)


def test_sums_at_the_edge_of_64_bits() -> None:
    top = 2**63 - 1
    assert checked_sum(np.array([], np.int64)) == 0
    assert checked_sum(np.array([top], np.int64)) == top
    assert checked_sum(np.array([top, top], np.int64)) == 2 * top
    assert checked_sum(np.array([-top, -top, 5], np.int64)) == 5 - 2 * top
    assert checked_sum(np.array([-(2**63), -(2**63)], np.int64)) == -(2**64)
    assert checked_sum(np.array([2**62, 2**62], np.int64)) == 2**63
    assert checked_sum(np.array([-(2**62), -(2**62), 1], np.int64)) == 1 - 2**63
    assert checked_sum(np.array([1, 2, 3], np.int64)) == 6
    assert isinstance(checked_sum(np.array([1], np.int64)), int)


def test_numbers_are_exact_or_none() -> None:
    assert exact_number("0.10") == Fraction(1, 10)
    assert exact_number("-12.5") == Fraction(-25, 2)
    assert exact_number("1" * 15 + "." + "1" * 9) is not None
    for text in ("", "1" * 16, "1." + "1" * 10, "1.", ".5", "1e3", "+1", "1,5", " 1", "1 ", "٣", "--1", "nan"):
        assert exact_number(text) is None, text
