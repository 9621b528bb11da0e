"""Receipts: who hands something in holds our signed word that it is on record, and where.

Law: a receipt is given for a leaf that is in the log already. A later log without it is a broken word that can be proved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from upheld.closing.keys import LOG_KEY, read_key
from upheld.evidence.signing import receipt
from upheld.facts.leaves import KIND
from upheld.stores.place import is_there, place_of
from upheld.stores.store import open_store
from upheld.values.instant import format_instant

__all__ = ["give_receipts"]


def give_receipts(root: Path, agreement: str, name: str, lines: Sequence[bytes], at: int) -> list[Path]:
    """Record the lines in the agreement's log and write a receipt for each: their files; none where the agreement has no log yet.

    ``at``: when they were taken in, µs UTC. Raises StoreError, KeyFileError, OSError.
    """
    place = place_of(root)
    if not is_there(place) or not (root / LOG_KEY).exists():
        return []
    with open_store(place, create=False) as store:
        row = next((log for log in store.logs.all() if log.name == agreement), None)
        if row is None:
            return []
        taken = store.logs.append(agreement, KIND, lines)
    key, written = read_key(root / LOG_KEY), []
    (root / "records/receipts").mkdir(exist_ok=True)
    for number, (index, line) in enumerate(zip(taken, lines, strict=True)):
        path = root / "records/receipts" / (f"{agreement}-{name}.txt" if number == 0 else f"{agreement}-{name}-{number + 1}.txt")
        path.write_bytes(receipt(key, row.origin, index, hashlib.sha256(b"\x00" + line).digest(), format_instant(at)))
        written.append(path)
    return written
