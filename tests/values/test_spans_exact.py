from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.values.exact import allocate, checked_sum, exact_number, round_to
from upheld.values.spans import clip, complement, intersect, k_of_n, subtract, total, union

TOP = 60


def spans_of(points):
    pairs = [tuple(sorted(p)) for p in points]
    return union(np.array([a for a, _ in pairs], np.int64), np.array([b for _, b in pairs], np.int64))


def covered(spans):
    return {t for a, b in zip(*spans, strict=True) for t in range(a, b)}


SETS = st.lists(st.tuples(st.integers(0, TOP), st.integers(0, TOP)), max_size=8).map(spans_of)


@given(st.lists(st.tuples(st.integers(0, TOP), st.integers(0, TOP)), max_size=10))
def test_union_covers_what_its_parts_cover(points):
    start, end = spans_of(points)
    assert covered((start, end)) == {t for p in points for t in range(min(p), max(p))}
    assert (start < end).all()
    assert (start[1:] > end[:-1]).all()                 # disjoint, and touching spans are one


@given(SETS, SETS)
def test_set_laws(a, b):
    assert covered(intersect(a, b)) == covered(a) & covered(b)
    assert covered(subtract(a, b)) == covered(a) - covered(b)
    assert covered(complement(a, 0, TOP)) == set(range(TOP)) - covered(a)
    assert covered(clip(a, 10, 40)) == covered(a) & set(range(10, 40))
    assert total(intersect(a, b)) + total(k_of_n(1, a, b)) == total(a) + total(b)
    assert total(a) == len(covered(a))


@given(st.lists(SETS, min_size=1, max_size=5), st.integers(1, 6))
def test_k_of_n(sets, k):
    assert covered(k_of_n(k, *sets)) == {t for t in range(TOP) if sum(t in covered(s) for s in sets) >= k}


def test_edges_of_spans():
    nothing = np.zeros(0, np.int64)
    assert [len(x) for x in union(nothing, nothing)] == [0, 0]
    assert total((nothing, nothing)) == 0
    assert len(k_of_n(3, (nothing, nothing))[0]) == 0
    with pytest.raises(ValueError, match="all time"):
        k_of_n(0, (nothing, nothing))
    far = (np.array([-2**62]), np.array([2**62 + 5]))
    assert total(far) == 2**63 + 5
    backwards = union(np.array([5, 1]), np.array([3, 2]))
    assert covered(backwards) == {1}


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50))
def test_sums_do_not_wrap(values):
    assert checked_sum(np.array(values, np.int64)) == sum(values)


MODES = st.sampled_from(["half_up", "half_even", "down", "up"])


@given(st.fractions(), st.fractions(min_value=Fraction(1, 1000), max_value=10), MODES)
def test_rounding(value, to, mode):
    rounded = round_to(value, to, mode)
    assert (rounded / to).denominator == 1
    assert abs(rounded - value) < to
    if mode == "down":
        assert abs(rounded) <= abs(value)
    elif mode == "up":
        assert abs(rounded) >= abs(value)
    else:
        assert abs(rounded - value) <= to / 2


@pytest.mark.parametrize(("value", "mode", "rounded"), [
    ("0.5", "half_up", 1), ("-0.5", "half_up", -1), ("0.5", "half_even", 0), ("1.5", "half_even", 2), ("2.5", "half_even", 2),
    ("0.5", "down", 0), ("-0.1", "up", -1), ("0.4999", "half_up", 0), ("3", "up", 3),
])
def test_ties(value, mode, rounded):
    assert round_to(Fraction(value), Fraction(1), mode) == rounded


def test_a_step_is_positive():
    with pytest.raises(ValueError, match="positive step"):
        round_to(Fraction(1), Fraction(0), "down")


@given(st.integers(-10**12, 10**12), st.lists(st.integers(0, 1000), min_size=1).filter(any))
def test_splits_sum(amount, weights):
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount) * weight / sum(weights)) < 1
    assert allocate(-amount, weights) == tuple(-p for p in parts)
    assert allocate(amount * 5, weights, 5) == tuple(p * 5 for p in parts)


def test_the_earlier_of_equals_gets_the_cent():
    assert allocate(100, [1, 1, 1]) == (34, 33, 33)
    for weights in ([], [0, 0], [2, -1]):
        with pytest.raises(ValueError, match="weights"):
            allocate(1, weights)


def test_numbers_as_written():
    assert exact_number("12.50") == Fraction(25, 2)
    assert exact_number("-3") == -3
    for text in ("12.5%", "1e3", "", "1.", "١", "0x1"):
        assert exact_number(text) is None
