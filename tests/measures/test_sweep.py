"""The sweep against a scan of every instant, and its two paths against each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from upheld.measures import sweep as kernel
from upheld.measures.sweep import Ledger, Ranges, Spans, at_least, complement, intersect, k_of_n, merge, subtract, sweep
from upheld.measures.weigh import weigh, weights_at

span = st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 12))
layer = st.lists(span, max_size=12)


def spans(rows, weights=None):
    column = [np.array(c, np.int64) for c in zip(*rows, strict=True)] if rows else [np.empty(0, np.int64)] * 3
    return Spans(column[0], column[1], column[1] + column[2], None if weights is None else np.array(weights, np.int64))


def instants(rows):
    return {(g, t) for g, a, n in rows for t in range(a, a + n)}


def held(found):
    return {(g, t) for g, a, b in zip(found.group.tolist(), found.start.tolist(), found.end.tolist(), strict=True) for t in range(a, b)}


@given(st.lists(layer, min_size=1, max_size=4))
def test_segments_say_exactly_which_layers_cover(layers):
    found = sweep([spans(rows) for rows in layers])
    told = {(g, t): m for g, a, b, m in zip(found.group.tolist(), found.start.tolist(), found.end.tolist(), found.mask.tolist(), strict=True)
            for t in range(a, b)}
    expected: dict[tuple[int, int], int] = {}
    for i, rows in enumerate(layers):
        for key in instants(rows):
            expected[key] = expected.get(key, 0) | 1 << i
    assert told == expected


@given(st.lists(layer, min_size=1, max_size=4), st.integers(0, 3))
def test_far_apart_stamps_take_the_other_path_with_the_same_segments(layers, shift):
    near = [spans(rows) for rows in layers]
    filled = [kernel._filled(s) for s in near]
    if not any(len(s) for s in filled):
        return
    a, b = sweep(near), kernel._lexsorted(filled)
    for name in ("group", "start", "end", "mask"):
        assert np.array_equal(getattr(a, name), getattr(b, name))
    far = [Spans(s.group * 2**40, s.start * 2**30 * (shift + 1), s.end * 2**30 * (shift + 1)) for s in near]
    c = sweep(far)
    assert np.array_equal(c.start, a.start * 2**30 * (shift + 1))


@given(layer, layer, layer, st.integers(1, 3))
def test_algebra(a, b, c, k):
    A, B, C = instants(a), instants(b), instants(c)
    assert held(merge(spans(a))) == A
    assert held(intersect(spans(a), spans(b))) == A & B
    assert held(subtract(spans(a), spans(b))) == A - B
    everything = {(g, t) for g in range(3) for t in range(60)}
    assert held(complement(spans(a), 3, 0, 60)) == everything - A
    assert held(k_of_n([spans(a), spans(b), spans(c)], k)) == {x for x in A | B | C if (x in A) + (x in B) + (x in C) >= k}
    runs = merge(spans(a))
    assert all(n >= 5 for n in (at_least(runs, 5).end - at_least(runs, 5).start).tolist())
    assert held(at_least(runs, 5, counts_from=True)) <= held(at_least(runs, 5))


@given(layer, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=5))
def test_amounts_in_ranges_that_may_overlap(rows, ranges):
    runs = merge(spans(rows))
    group, first, length = (np.array(c) for c in zip(*ranges, strict=True))
    last = first + length
    book = Ledger(runs, runs.start, runs.end, Ranges(group, first, last, first, last))
    total = book.total(np.ones(len(runs), np.bool_)).tolist()
    assert total == [len({t for g, t in instants(rows) if g == r[0] and r[1] <= t < r[1] + r[2]}) for r in ranges]


@given(st.lists(st.tuples(span, st.integers(1, 9)), max_size=10))
def test_weights(rows):
    plain, weights = [r for r, _ in rows], [w for _, w in rows]
    for overlap in ("highest", "sum"):
        found = weigh(spans(plain, weights), overlap, 10)
        at = np.arange(60)
        for g in range(3):
            open_ = [[w for (h, a, n), w in rows if h == g and a <= t < a + n] for t in range(60)]
            expected = [min(sum(o), 10) if overlap == "sum" else max(o, default=0) for o in open_]
            assert weights_at(found, np.full(60, g), at).tolist() == expected
