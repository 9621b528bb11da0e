"""The sweep walks its edges in blocks: the segments do not depend on where a block ends."""

import numpy as np
import pytest

from upheld.measures import sweep as kernel
from upheld.measures.sweep import Spans, sweep


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64])
def test_any_block_gives_the_same_segments(monkeypatch, block):
    rng = np.random.default_rng(block)
    monkeypatch.setattr(kernel, "_BLOCK", block)
    for _ in range(60):
        layers = []
        for _ in range(rng.integers(1, 5)):
            start = rng.integers(0, 40, rng.integers(1, 30))
            layers.append(Spans(rng.integers(0, 4, len(start)), start, start + rng.integers(1, 15, len(start))))
        found, expected = sweep(layers), kernel._lexsorted(layers)
        for name in ("group", "start", "end", "mask"):
            assert getattr(found, name).tolist() == getattr(expected, name).tolist()
