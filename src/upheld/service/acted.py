"""The latest instant any worker has acted on, kept in the store; and that it was wrong, where it was.

Law: marks only rise. An instant that a clock far ahead has left there is not lowered: a new count begins, under the next number.
"""

from __future__ import annotations

from dataclasses import dataclass

from upheld.service.clock import WAS_AHEAD_US, Reading, read_clock
from upheld.stores.store import Store

__all__ = ["Acted", "acted_on"]

_MARK = "clock"
_COUNT = "clock/counts"


@dataclass(frozen=True, slots=True)
class Acted:
    """``at``: the latest instant acted on in the count that holds, µs UTC; None: nobody ever did. ``count``: how many have been begun anew."""

    store: Store
    count: int
    at: int | None

    def reading(self, now: int) -> Reading:
        """What a clock that says ``now`` means."""
        return read_clock(now, self.at)

    def wrong(self, now: int) -> bool:
        """Whether this instant was acted on by a clock that was hours ahead. On PostgreSQL the server's clock has to say so too: that of one
        worker may itself be what is wrong. Raises ``StoreError``.
        """
        if self.at is None or not self.reading(now).was_ahead:
            return False
        return self.store.database.dialect == "sqlite" or self.at - self.store.database.now() > WAS_AHEAD_US

    def raise_to(self, at: int) -> None:
        """Somebody acts on ``at``. Raises ``StoreError``."""
        self.store.marks.raise_to(_name(self.count), at)

    def begin_anew(self, now: int) -> None:
        """Go by ``now`` from here on, whatever was acted on before. Raises ``StoreError``."""
        self.store.marks.raise_to(_COUNT, self.count + 1)
        self.store.marks.raise_to(_name(self.count + 1), now)


def acted_on(store: Store) -> Acted:
    """How far this store's workers have come. Raises ``StoreError``."""
    count = store.marks.get(_COUNT) or 0
    return Acted(store, count, store.marks.get(_name(count)))


def _name(count: int) -> str:
    return f"{_MARK}/{count}" if count else _MARK
