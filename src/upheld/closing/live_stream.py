"""An act that was put on record in the workspace's files goes into its store too, so that running clocks know of it at once.

Law: the file says it first; the same row in the file and in the stream is one fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from upheld.facts.leaves import batches_of
from upheld.stores.place import is_there, place_of
from upheld.stores.store import open_store

__all__ = ["into_stream"]


def into_stream(root: Path, lines: Sequence[bytes], actor: str, at: int) -> bool:
    """Record the lines in the stream of the workspace's store, ``at`` µs UTC; False where no agreement is kept there, so no clock runs.

    Raises ``StoreError``.
    """
    place = place_of(root)
    if not is_there(place):
        return False
    with open_store(place, create=False) as store:
        if not store.texts.first_put("agreements/"):
            return False
        store.stream.record_batches(batches_of(lines), {}, actor, at)
        return True
