"""The door: who was turned away, how often from where, and what of it is put on record.

Law: whoever holds a good token is let in, whatever else comes from the same address; what is kept of strangers is bounded, in memory and on
the disk, however many come.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from starlette.requests import Request

from upheld.values.instant import format_instant

__all__ = ["Door", "network_of"]

_SECOND_US = 1_000_000
_OTHERS = "others"


@dataclass(slots=True)
class _Seen:
    """What an address has left of its attempts, and when that was reckoned."""

    left: float
    at: int


@dataclass(slots=True)
class _Turned:
    """Refusals of one kind since the last line: how many, the first instant."""

    times: int
    since: int


@dataclass(slots=True)
class Door:
    """``burst``: attempts in a row that an address may fail, then one a ``pause_us``. ``most``: addresses remembered. ``kinds``: lines of the
    audit at most, each time refusals are told; what is beyond is one line more.
    """

    burst: int = 100
    pause_us: int = _SECOND_US
    most: int = 4_096
    kinds: int = 24
    _seen: OrderedDict[str, _Seen] = field(default_factory=OrderedDict)
    _turned: dict[tuple[str, str, str, str], _Turned] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def failed(self, request: Request, at: int) -> int:
        """After how many seconds to come again, having shown no good token; 0: that was one of the attempts everybody has."""
        address = _address(request)
        seen = self._seen.pop(address, None) or _Seen(float(self.burst), at)
        seen.left, seen.at = self._left(seen, at), max(at, seen.at)
        self._seen[address] = seen
        if len(self._seen) > self.most:
            self._seen.popitem(last=False)
        if seen.left < 1:
            return max(1, round((1 - seen.left) * self.pause_us / _SECOND_US))
        seen.left -= 1
        return 0

    def _left(self, seen: _Seen, at: int) -> float:
        return min(float(self.burst), seen.left + max(0, at - seen.at) / self.pause_us)

    # ---- what is told -----------------------------------------------------------------------------------------------

    def turned_away(self, request: Request, what: str, at: int) -> None:
        """Count a refusal. ``what``: its slug."""
        actor = str(request.scope.get("state", {}).get("actor", ""))
        route = getattr(request.scope.get("route"), "path", "") or "other"
        kind = (actor or "nobody", what, route, network_of(request))
        with self._lock:
            if kind not in self._turned and len(self._turned) >= self.kinds:
                kind = (_OTHERS, _OTHERS, _OTHERS, _OTHERS)
            turned = self._turned.setdefault(kind, _Turned(0, at))
            turned.times += 1

    def lines(self) -> list[tuple[str, str, str]]:
        """(actor, what was asked, why and how often) of the refusals since this was last asked, one of a kind."""
        with self._lock:
            told, self._turned = self._turned, {}
        return [(actor, route, f"{what}: {one.times:,} time{'s' if one.times != 1 else ''} from {network} since {format_instant(one.since)}")
                for (actor, what, route, network), one in told.items()]


def _address(request: Request) -> str:
    """What is limited: an address; of IPv6 the network of one customer."""
    host = request.client.host if request.client else ""
    try:
        return host if ipaddress.ip_address(host).version == 4 else str(ipaddress.ip_network((host, 64), strict=False))
    except ValueError:
        return host[:100]


def network_of(request: Request) -> str:
    """What is put on record of an address: its network, as a record that stays must not point at a person."""
    host = request.client.host if request.client else ""
    try:
        return str(ipaddress.ip_network((host, 24 if ipaddress.ip_address(host).version == 4 else 48), strict=False))
    except ValueError:
        return "an unknown address"
