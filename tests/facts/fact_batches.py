"""Random batches of every shape, and what makes two batches equal."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from upheld.facts.batch import Batch
from upheld.facts.leaves import numbers_of, texts_of, times_of
from upheld.facts.spec import Shape
from upheld.facts.tables import OPEN, Attribute

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=0, max_size=6) | st.sampled_from(
    ["", '"', "\\", 'a"b\\', "\n\r\t\b\f\x01\x1f\x7f", "é", "ß\u2028", "𝔘", "null", "1e5", "-0", "true", "{}",
     '"row":1,', '"says":{', '"file":"x",'])
INT = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, -1, OPEN, 2**53 + 1, -(2**53) - 1])
SHAPES: tuple[Shape, ...] = ("events", "intervals", "samples", "counts", "subscriptions", "charges", "declarations", "coverage")


def coded(values: list[str | None]) -> Attribute:
    names = sorted({v for v in values if v is not None})
    return Attribute(np.array([names.index(v) if v is not None else -1 for v in values], np.int32), tuple(names))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    shape = draw(st.sampled_from(SHAPES))
    n = draw(st.integers(1, 5))

    def ints(values: st.SearchStrategy[int] = INT) -> np.ndarray:
        return np.array([draw(values) for _ in range(n)], np.int64)

    def texts() -> Attribute:
        return coded([draw(st.none() | TEXT) for _ in range(n)])

    numbers = {name: ints() for name in numbers_of(shape) if name not in ("weight", "good") or draw(st.booleans())}
    return Batch(
        shape, draw(TEXT), draw(TEXT), np.arange(1, n + 1) if draw(st.booleans()) else ints(st.integers(0, 10**9)),
        texts={name: texts() for name in texts_of(shape)}, times={name: ints() for name in times_of(shape)}, numbers=numbers,
        scale=draw(st.sampled_from([1, 1000, 10**9])), attributes={name: texts() for name in draw(st.sets(TEXT, max_size=3))},
        known_at=ints() if draw(st.booleans()) else None, ids=texts() if draw(st.booleans()) else None,
        replaces=texts() if draw(st.booleans()) else None,
        void=np.array([draw(st.booleans()) for _ in range(n)]) if draw(st.booleans()) else None, rank=ints() if draw(st.booleans()) else None)


def shown(batch: Batch) -> tuple[object, ...]:
    """Everything a batch says, comparable."""

    def one(value: object) -> object:
        if isinstance(value, Attribute):
            return (value.codes.dtype.str, value.codes.tolist(), value.names)
        if isinstance(value, np.ndarray):
            return (value.dtype.str, value.tolist())
        if isinstance(value, dict):
            return {k: one(v) for k, v in value.items()}
        return value

    return tuple(one(getattr(batch, name)) for name in Batch.__dataclass_fields__)
