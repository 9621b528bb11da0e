"""An arrival: one fact on its way into a store's stream, and the bytes it becomes there (ARCHITECTURE D23).

Law: the same (source, id) with the same content is the same fact, whenever it comes; the leaf is made once, when it is recorded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from upheld.facts.leaves import KIND, content_of
from upheld.facts.spec import Shape

__all__ = ["STREAM", "Arrival"]

STREAM = "stream"
"""The ``file`` of facts that came without one; their row is their place in the log, from 1."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """``subject``: the case of an event, "" for other shapes. ``at``: its first instant, µs UTC. ``columns``: the leaf's own columns: texts
    (``case``, ``event``, ``what_kind`` …), times (µs), numbers, ``scale``, ``replaces``, ``void``, ``rank``, and ``says`` (attributes).
    ``known_at`` None: known when it is recorded.
    """

    shape: Shape
    source: str
    id: str
    subject: str
    at: int
    columns: Mapping[str, object] = field(default_factory=dict)
    known_at: int | None = None

    @property
    def digest(self) -> bytes:
        """SHA-256 of what it says: equal for two arrivals of one fact."""
        return hashlib.sha256(content_of(self.leaf(1, 0))).digest()

    def leaf(self, row: int, recorded_at: int) -> bytes:
        """The fact's leaf at its place in the log (``row`` from 1), recorded at µs UTC."""
        known = recorded_at if self.known_at is None else self.known_at
        return _canonical({"scale": 1, **self.columns, "file": STREAM, "id": self.id, "kind": KIND, "known_at": known, "row": row,
                           "shape": self.shape, "source": self.source})


def _canonical(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
