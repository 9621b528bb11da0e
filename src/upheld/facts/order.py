"""Order: the one sequence of rows that every reader of facts may rely on.

Law: sorted by the keys given, stable, whatever the size; a log already in order costs one look and no copy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64

__all__ = ["order_of", "starts_of"]


def order_of(keys: Sequence[NDArray[np.signedinteger]]) -> I64 | None:
    """Positions that put the rows in order of the keys, first key first; rows equal in all keep their order. None: already so."""
    n = len(keys[0])
    if _sorted(keys):
        return None
    head, *rest = keys
    low, high = int(head.min()), int(head.max())
    within = _by(rest) if rest else None
    if (high - low + 1) * n < 2**62:
        # sorting bare int64 is eight times as quick as argsort: the position rides along in the low bits
        bits = n.bit_length()
        if (high - low + 1) << bits < 2**62:
            packed = (head if within is None else head[within]).astype(np.int64) - low
            packed <<= bits
            packed |= np.arange(n)
            packed.sort()
            packed &= (1 << bits) - 1
            return packed if within is None else within[packed]
    return np.lexsort(tuple(reversed(keys)))


def _by(keys: Sequence[NDArray[np.signedinteger]]) -> I64 | None:
    """Order by the later keys alone; None where they are in order as they stand (a log in time order)."""
    if _sorted(keys):
        return None
    if len(keys) == 1:
        return np.argsort(keys[0], kind="stable")
    return np.lexsort(tuple(reversed(keys)))


def _sorted(keys: Sequence[NDArray[np.signedinteger]]) -> bool:
    """Whether the rows are in lexicographic order of the keys as they stand."""
    if len(keys[0]) < 2:
        return True
    tied = np.ones(len(keys[0]) - 1, np.bool_)
    for key in keys:
        if key.strides == (0,):
            continue
        before, after = key[:-1], key[1:]
        if (tied & (after < before)).any():
            return False
        tied &= after == before
        if not tied.any():
            return True
    return True


def starts_of(codes: NDArray[np.signedinteger], n_codes: int) -> I64:
    """i64[n_codes + 1]: where each code's rows begin in a column sorted by code."""
    return np.searchsorted(codes, np.arange(n_codes + 1), side="left").astype(np.int64)
