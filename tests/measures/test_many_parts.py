"""More parts than one sweep has layers: a hundred series, each watched on its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.measures.sweep import Spans, _many_of, k_of_n

span = st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(0, 20))
part = st.lists(span, max_size=4)


def spans(rows):
    group, start, end = np.array(rows, np.int64).reshape(-1, 3).T
    return Spans(group, start, end)


def as_rows(found):
    return list(zip(found.group.tolist(), found.start.tolist(), found.end.tolist(), strict=True))


@given(st.lists(part, min_size=1, max_size=6), st.integers(0, 6))
def test_counting_gives_what_the_sweep_gives(parts, k):
    layers = [spans(rows) for rows in parts]
    assert as_rows(_many_of(layers, k)) == as_rows(k_of_n(layers, k))


@pytest.mark.parametrize(("k", "expected"), [(100, [(0, 99, 200)]), (99, [(0, 98, 201)]), (1, [(0, 0, 299)])])
def test_a_hundred_parts(k, expected):
    assert as_rows(k_of_n([spans([(0, i, 200 + i)]) for i in range(100)], k)) == expected
