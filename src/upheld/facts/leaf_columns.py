"""Leaves into columns without a look at each row: what ``leaves.batches_of`` gives, some ten times quicker.

Law: equal to ``batches_of`` for every list of leaves: 64-bit integers and texts come back to the bit, in the same batches.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from upheld.facts.batch import Batch
from upheld.facts.codes import codes_of
from upheld.facts.leaves import KIND, OPTIONAL, key_of, numbers_of, texts_of, times_of
from upheld.facts.spec import Shape
from upheld.facts.tables import I64

if TYPE_CHECKING:
    import polars as pl

__all__ = ["batches_in"]

_TEXTS = ("about", "actor", "agreement", "case", "currency", "customer", "event", "file", "id", "kind", "replaces", "series", "shape", "source",
          "subject", "tier", "what", "what_kind")
_NUMBERS = ("at", "end", "good", "known_at", "minor", "rank", "row", "scale", "start", "total", "value", "weight")
_GROUP = ("shape", "source", "file", "scale")


def batches_in(lines: bytes, names: Collection[str]) -> list[Batch]:
    """The facts among leaves laid one a line, as batches. ``names``: every attribute any of them says. Raises ``ValueError``."""
    import polars as pl

    if not lines:
        return []
    schema: dict[str, pl.DataType] = dict.fromkeys(_TEXTS, pl.String())
    schema |= {**dict.fromkeys(_NUMBERS, pl.Int64()), "void": pl.Boolean()}
    if names:
        schema["says"] = pl.Struct(dict.fromkeys(sorted(names), pl.String()))
    try:
        frame = pl.read_ndjson(io.BytesIO(lines), schema=schema)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"what is no leaf lies among the leaves: {str(error).splitlines()[0]}") from None
    frame = frame.filter(pl.col("kind") == KIND)
    said = [pl.col(name).is_not_null().alias(f"\0{name}") for name in sorted(OPTIONAL)]
    groups = frame.with_columns(said).partition_by([*_GROUP, *(f"\0{name}" for name in sorted(OPTIONAL))], maintain_order=True)
    return [_batch(group) for group in groups]


def _batch(frame: pl.DataFrame) -> Batch:
    shape: Shape = frame.item(0, "shape")
    optional = {name for name in OPTIONAL if frame.item(0, f"\0{name}")}
    void = frame.get_column("void").fill_null(value=False).to_numpy()
    ids, replaces = codes_of(frame.get_column("id")), codes_of(frame.get_column("replaces"))
    attributes = {}
    if "says" in frame.columns:
        for column in frame.get_column("says").struct.unnest().iter_columns():
            if column.null_count() < len(column):
                attributes[column.name] = codes_of(column)
    return Batch(
        shape, frame.item(0, "source"), frame.item(0, "file"), _ints(frame, "row"),
        texts={name: codes_of(frame.get_column(key_of(name))) for name in texts_of(shape)},
        times={name: _ints(frame, name) for name in times_of(shape)},
        numbers={name: _ints(frame, name) for name in numbers_of(shape) if name not in OPTIONAL or name in optional},
        scale=frame.item(0, "scale"),
        attributes=attributes,
        known_at=_ints(frame, "known_at") if "known_at" in optional else None,
        ids=ids if ids.names else None,
        replaces=replaces if replaces.names else None,
        void=void if void.any() else None,
        rank=_ints(frame, "rank") if "rank" in optional else None,
    )


def _ints(frame: pl.DataFrame, name: str) -> I64:
    column = frame.get_column(name)
    if column.null_count():
        raise ValueError(f"a leaf lacks its {name}")
    return column.to_numpy().astype(np.int64, copy=False)
