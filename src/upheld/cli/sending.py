"""Facts sent to a server, in parts, until each part is answered.

Law: a part is sent under the same key until it is answered, so that whatever is lost on the way is recorded once; nothing is called sent that
was not acknowledged.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

__all__ = ["Part", "RefusedError", "Sender", "UnreachableError", "parts_of_rows"]

_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))
_LONGEST_S = 30.0


class UnreachableError(Exception):
    """The server could not be brought to an answer."""


class RefusedError(Exception):
    """The server answered that it will not do it: a problem (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail", f"status {status}"))
        self.status, self.problem = status, problem


@dataclass(frozen=True, slots=True)
class Part:
    """``places``: where each row came from (``file:row``). ``body``: the rows as JSON lines."""

    places: Sequence[str]
    body: bytes

    @property
    def key(self) -> str:
        """What names it: the same rows have the same key."""
        return "upheld-" + hashlib.sha256(self.body).hexdigest()[:40]


def parts_of_rows(rows: Iterable[tuple[str, bytes]], size: int) -> Iterator[Part]:
    """Rows (place, JSON) in parts of at most ``size``."""
    places: list[str] = []
    lines: list[bytes] = []
    for place, line in rows:
        places.append(place)
        lines.append(line)
        if len(lines) == size:
            yield Part(tuple(places), b"\n".join(lines))
            places, lines = [], []
    if lines:
        yield Part(tuple(places), b"\n".join(lines))


@dataclass(slots=True)
class Sender:
    """``patience_s``: how long one part is tried. ``told``: called with a sentence when something has to be tried again."""

    address: str
    token: str
    partial: bool = False
    patience_s: float = 300.0
    told: Callable[[str], None] = lambda _: None
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=60.0, follow_redirects=False))

    def send(self, part: Part) -> dict[str, Any]:
        """The answer, once there is one. Raises RefusedError, UnreachableError."""
        end = time.monotonic() + self.patience_s
        pause = 0.5
        while True:
            try:
                answer = self._ask(part)
                said, after = _said(answer), answer.headers.get("retry-after", "")
                wait = float(after) if after.isdecimal() else 0.0
                if answer.status_code < 300:
                    return said
                if answer.status_code not in _AGAIN and said.get("slug") != "in-flight":
                    raise RefusedError(answer.status_code, said)
                why = str(said.get("detail") or f"status {answer.status_code}")
            except httpx2.TransportError as error:
                why, wait = f"{type(error).__name__}: {error}", 0.0
            rest = min(max(wait, pause), _LONGEST_S)
            if time.monotonic() + rest > end:
                raise UnreachableError(why)
            self.told(f"{why}; trying again in {rest:g} s")
            time.sleep(rest)
            pause = min(pause * 2, _LONGEST_S)

    def _ask(self, part: Part) -> httpx2.Response:
        how = {"receipts": "false"} | ({"partial": "true"} if self.partial else {})
        return self.client.post(f"{self.address.rstrip('/')}/api/v1/facts", content=part.body, params=how, headers={
            "authorization": f"Bearer {self.token}", "content-type": "application/x-ndjson",
            "idempotency-key": part.key + ("-partial" if self.partial else "")})


def _said(answer: httpx2.Response) -> dict[str, Any]:
    try:
        said = json.loads(answer.content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
