"""Codes: a column of text becomes small numbers into its sorted distinct texts.

Law: the codes are the ranks of the texts, so the same facts give the same codes whatever order they came in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from upheld.facts.tables import Attribute

if TYPE_CHECKING:
    import polars as pl

__all__ = ["codes_of"]

_MANY = 100_000


def codes_of(series: pl.Series, nulls: frozenset[str] = frozenset()) -> Attribute:
    """i32 codes of a column; null and every text in ``nulls`` is -1. Numbers are read as the text they print as.

    A column sorted by its value (a log kept case by case) is looked at once a run, not once a row.
    """
    import polars as pl

    n = len(series)
    if n > _MANY and _turns(series.head(_MANY // 2)) < _MANY // 6:
        turns = (series != series.shift(1)).fill_null(value=True)
        turns[0] = True
        first = turns.arg_true().to_numpy()
        if len(first) < n // 3:
            short = _codes(series.gather(first), nulls)
            return Attribute(np.repeat(short.codes, np.diff(first, append=n)), short.names)
    if series.dtype == pl.Null:
        return Attribute(np.full(n, -1, np.int32), ())
    return _codes(series, nulls)


def _turns(series: pl.Series) -> int:
    """How often the value changes from one row to the next."""
    return int((series != series.shift(1)).sum())


def _codes(series: pl.Series, nulls: frozenset[str]) -> Attribute:
    import polars as pl

    distinct = series.unique().drop_nulls()
    texts = distinct.cast(pl.String)
    table = pl.DataFrame({"key": distinct, "text": texts}).filter(~pl.col("text").is_in(list(nulls))).sort("text")
    names = tuple(table.get_column("text").to_list())
    if series.dtype == pl.String and names:
        ranks = series.cast(pl.Enum(table.get_column("text")), strict=False).to_physical().cast(pl.Int32).fill_null(-1)
    else:
        place = pl.DataFrame({"key": table.get_column("key"), "rank": pl.Series(range(len(names)), dtype=pl.Int32)})
        joined = pl.DataFrame({"key": series}).join(place, on="key", how="left", maintain_order="left")
        ranks = joined.get_column("rank").fill_null(-1)
    return Attribute(ranks.to_numpy(), names)
