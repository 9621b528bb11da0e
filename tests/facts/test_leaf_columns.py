"""Law: leaves read in bulk are the batches that reading one by one gives, to the bit."""

from __future__ import annotations

import json

import pytest
from fact_batches import batches, shown
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.facts.batch import Batch
from upheld.facts.leaf_columns import batches_in
from upheld.facts.leaves import batches_of, content_of, leaves_of, watched_leaf


@settings(max_examples=300, deadline=None)
@given(st.lists(batches(), max_size=4))
def test_bulk_is_row_by_row(found: list[Batch]) -> None:
    leaves = [leaf for batch in found for leaf in leaves_of(batch)]
    leaves.insert(len(leaves) // 2, watched_leaf("desk", 1, None))
    names = {name for batch in found for name, column in batch.attributes.items() if (column.codes >= 0).any()}
    assert [shown(b) for b in batches_in(b"\n".join(leaves), names)] == [shown(b) for b in batches_of(leaves)]


@settings(max_examples=200, deadline=None)
@given(batches())
def test_content_is_the_leaf_without_its_place_and_day(batch: Batch) -> None:
    for leaf in leaves_of(batch):
        body = json.loads(leaf)
        for key in ("file", "kind", "known_at", "row"):
            body.pop(key, None)
        assert content_of(leaf) == json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("line", [b"{", b'{"kind":"fact","shape":"events"}', b'{"kind":"fact","row":"x"}', b"null\n{"])
def test_what_is_no_leaf_is_told(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        batches_in(line, ())
