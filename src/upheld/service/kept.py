"""Clocks kept: what the store knows of cases that are not looked at now, asked for where one case may mute another.

Law: read within the tick's own transaction, once for each promise that mutes; nothing is asked where nothing is muted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from upheld.clocks.silence import Parent
from upheld.facts.tables import OPEN
from upheld.stores import live

__all__ = ["kept_clocks"]

_BACK_US = 7 * 86_400_000_000
"""Steps that fell due longer ago are muted by nobody any more, µs."""


def kept_clocks(connection: Connection, at: int) -> Callable[[str, str], Sequence[Parent]]:
    """Gives the clocks kept of an agreement's commitment that were open in the week before ``at`` (µs UTC), as parents."""
    read: dict[tuple[str, str], tuple[Parent, ...]] = {}

    def of(agreement: str, commitment: str) -> Sequence[Parent]:
        if (agreement, commitment) not in read:
            rows = live.open_clocks(connection, agreement, commitment, at - _BACK_US)
            read[agreement, commitment] = tuple(
                Parent(commitment, case, cycle, tuple(json.loads(group).items()), missed if kind == "budget" and missed is not None else start,
                       OPEN if stop is None else stop)
                for case, cycle, group, kind, start, stop, missed in rows if kind != "budget" or missed is not None)
        return read[agreement, commitment]

    return of
