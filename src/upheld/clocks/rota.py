"""Rotas: whose turn it is, by local time.

Law: turns tile the time from the first hand-over on, each instant in exactly one; a hand-over at 09:00 is at 09:00 on the wall, also
when the clocks change. Instants µs UTC, spans half-open.
"""

from __future__ import annotations

from dataclasses import dataclass

from upheld.plans.people import Rota
from upheld.values.instant import DAY_US
from upheld.values.zone import zone

__all__ = ["Turn", "first_turn", "turn_at", "turns"]

_UNIT_US = {"hours": DAY_US // 24, "days": DAY_US, "weeks": 7 * DAY_US}
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Turn:
    """``member`` from ``start`` until ``end``, µs UTC."""

    member: str
    start: int
    end: int


def first_turn(rota: Rota) -> int:
    """The instant of the first hand-over, µs UTC."""
    return _handover(rota, 0)


def turn_at(rota: Rota, at: int) -> Turn | None:
    """The turn that holds the instant; None before the first one, or where the rota has no members."""
    if not rota.members or at < _handover(rota, 0):
        return None
    where = zone(rota.zone)
    k = max((where.local(at) - _first_local(rota)) // _length(rota), 0)
    # the wall may have been turned back over a hand-over, or not have reached it: the instants decide
    while _handover(rota, k) > at:
        k -= 1
    while _handover(rota, k + 1) <= at:
        k += 1
    return Turn(rota.members[k % len(rota.members)], _handover(rota, k), _handover(rota, k + 1))


def turns(rota: Rota, start: int, end: int) -> tuple[Turn, ...]:
    """The turns that touch ``[start, end)``, clipped to it, in order. Raises ValueError for more than 100,000."""
    found: list[Turn] = []
    at = max(start, _handover(rota, 0)) if rota.members else end
    while at < end:
        turn = turn_at(rota, at)
        assert turn is not None
        found.append(Turn(turn.member, at, min(turn.end, end)))
        at = turn.end
        if len(found) > _MOST:
            raise ValueError(f"rota {rota.name} has more than {_MOST:,} turns in the time asked for")
    return tuple(found)


def _first_local(rota: Rota) -> int:
    return rota.starts_day * DAY_US + rota.at_s * 1_000_000


def _length(rota: Rota) -> int:
    return rota.every * _UNIT_US[rota.unit]


def _handover(rota: Rota, k: int) -> int:
    """The instant of the k-th hand-over: its local time, the first where that comes twice, the change itself where it is skipped."""
    return zone(rota.zone).utc(_first_local(rota) + k * _length(rota), "open")
