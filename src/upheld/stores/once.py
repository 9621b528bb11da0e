"""Facts that lie in files and are on record too count once.

Law: what was recorded stays. A row of a file that is on record as it is adds nothing; one that is on record with another content is told
and left out. Facts with an id of their own are left to ``facts.record``, which knows them by it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from upheld.facts.arrive import STREAM
from upheld.facts.batch import Batch
from upheld.facts.leaves import leaves_of
from upheld.facts.tables import Refused
from upheld.stores.rows import known_as

__all__ = ["once"]


def once(files: Sequence[Batch], recorded: Sequence[Batch]) -> tuple[list[Batch], list[Refused]]:
    """All facts of both, each once, and the rows of files that say something else than their record."""
    from_files = {batch.file for batch in recorded} - {STREAM}
    if not from_files:
        return [*files, *recorded], []
    # a fact on record, by the file it came from and the name it is known by there
    known: dict[tuple[str, str, str], bytes] = {}
    of_files = [batch for batch in recorded if batch.file in from_files]
    for batch, names in zip(of_files, known_as(of_files), strict=True):
        known |= {(batch.source, batch.file, name): leaf for name, leaf in zip(names, leaves_of(batch), strict=True)}
    kept: list[Batch] = []
    refused: list[Refused] = []
    for batch, names in zip(files, known_as(files), strict=True):
        if batch.file not in from_files:
            kept.append(batch)
            continue
        own = np.zeros(len(batch), np.bool_) if batch.ids is None else batch.ids.codes >= 0
        mine = np.ones(len(batch), np.bool_)
        for at, (name, leaf) in enumerate(zip(names, leaves_of(batch), strict=True)):
            said = known.get((batch.source, batch.file, name))
            if said is None or (own[at] and said != leaf):
                continue
            mine[at] = False
            if said != leaf:
                refused.append(Refused(batch.file, int(batch.rows[at]), "", "recorded-otherwise", name,
                                       "is on record with another content: put it back, and correct it with a new row"))
        if mine.all():
            kept.append(batch)
        elif mine.any():
            kept.append(batch.take(np.flatnonzero(mine)))
    return [*kept, *recorded], refused
