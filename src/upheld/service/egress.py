"""Egress: the one way by which the service calls an address somebody gave it.

Law: https to ports 443 and 8443, or exactly what the operator allows by name. A name is resolved once, every address it has is judged, and the
connection goes to the address judged; no redirect is followed; no more than 64 KB and 15 seconds are spent on an answer.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from upheld.service.addresses import refused_address

__all__ = ["Answer", "Egress", "EgressError", "Target", "target_of"]

_LONGEST = 2_048
_PORTS = (443, 8443)
_MOST = 64 * 1024
_SECONDS = 15.0
_RETRY_MOST = 86_400
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class EgressError(Exception):
    """A call that is not made, or was not answered. ``sent``: the other side may have got it all the same."""

    def __init__(self, slug: str, what: str, *, sent: bool = False) -> None:
        self.slug, self.what, self.sent = slug, what, sent
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be called. ``free``: the operator allows this host, wherever it is."""

    scheme: str
    host: str
    port: int
    path: str
    free: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the first bytes, and how long the other side asks us to wait (seconds, at most a day)."""

    status: int
    text: str
    retry_after: int = 0


def target_of(url: str, allow: Sequence[str] = ()) -> Target:
    """The parts of an address that may be called. Raises ``EgressError`` in words. ``allow``: ``host`` or ``host:port`` of the operator."""
    if len(url) > _LONGEST or not url.isprintable() or any(c in url for c in " \\#"):
        raise EgressError("url", "this is no plain address of at most 2,048 characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise EgressError("url", f"{url!r} is no address") from None
    host = _host(parts)
    allowed = {a.lower() for a in allow}
    free = host in allowed or f"{host}:{port or (443 if parts.scheme == 'https' else 80)}" in allowed
    if parts.scheme != "https" and not (free and parts.scheme == "http"):
        raise EgressError("scheme", f"{parts.scheme or 'nothing'}:// is not called: only https (or a host under [egress] allow)")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise EgressError("userinfo", "an address with a user or password in it is not called")
    if not free and (":" in host or _NUMERIC.fullmatch(host)):
        raise EgressError("numeric", f"{host} is a number, not a name: name the host")
    number = port or (443 if parts.scheme == "https" else 80)
    if not free and number not in _PORTS:
        raise EgressError("port", f"port {number} is not called: only 443 and 8443")
    return Target(parts.scheme, host, number, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), free)


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    try:
        # full-width dots and digits become plain ones here, before they are judged
        named = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise EgressError("host", f"{host!r} is no host") from None
    if not named or (":" not in named and not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", named)):
        raise EgressError("host", f"{host!r} is no host")
    return named


async def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a host, in the order in which they would be tried."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return tuple(dict.fromkeys(str(info[4][0]) for info in found))


@dataclass(frozen=True, slots=True)
class Egress:
    """``allow``: hosts that may be called without https, on any port, at any address: tests and intranets.

    ``most``: bytes read of an answer.
    """

    allow: tuple[str, ...] = ()
    resolve: Resolve = resolve
    seconds: float = _SECONDS
    most: int = _MOST

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer to a POST. Raises ``EgressError``: refused before anything was sent, or unanswered (then it may have arrived)."""
        return await self.call("POST", url, body, headers)

    async def get(self, url: str) -> Answer:
        """The answer to a GET; as ``post``."""
        return await self.call("GET", url, b"", {})

    async def call(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer to a call; as ``post``."""
        target = target_of(url, self.allow)
        try:
            async with asyncio.timeout(self.seconds):
                return await self._sent(method, target, await self._address(target), body, headers)
        except TimeoutError:
            raise EgressError("slow", f"{target.host} did not answer within {self.seconds:g} s", sent=True) from None

    async def _address(self, target: Target) -> str:
        """The one address the call goes to. A host with a single inner address among outer ones is refused whole."""
        try:
            found = await self.resolve(target.host, target.port)
        except OSError as problem:
            raise EgressError("unresolved", f"{target.host} has no address: {problem.strerror or problem}") from None
        if not found:
            raise EgressError("unresolved", f"{target.host} has no address")
        for address in found:
            why = "" if target.free else refused_address(address)
            if why:
                raise EgressError("private", f"{target.host} is at {address}, which is {why}: it is not called")
        return found[0]

    async def _sent(self, method: str, target: Target, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        import httpx2

        where = f"[{address}]" if ":" in address else address
        named = f"[{target.host}]" if ":" in target.host else target.host
        standard = target.port == (443 if target.scheme == "https" else 80)
        request = httpx2.Request(
            method, f"{target.scheme}://{where}:{target.port}{target.path}", content=body,
            headers={**headers, "Host": named if standard else f"{named}:{target.port}", "User-Agent": "upheld", "Connection": "close",
                     "Accept-Encoding": "identity"},
            extensions={"sni_hostname": target.host, "timeout": {"connect": 5.0, "read": self.seconds, "write": self.seconds, "pool": 5.0}})
        transport = httpx2.AsyncHTTPTransport(trust_env=False)
        try:
            response = await transport.handle_async_request(request)
            self._connected(target, response)
            text = await _first(response, self.most)
            await response.aclose()
        except httpx2.ConnectError as problem:
            raise EgressError("unreachable", f"{target.host} cannot be reached: {_said(problem)}") from None
        except httpx2.ConnectTimeout:
            raise EgressError("unreachable", f"{target.host} does not take connections") from None
        except httpx2.HTTPError as problem:
            raise EgressError("unanswered", f"{target.host} did not answer: {_said(problem)}", sent=True) from None
        finally:
            await transport.aclose()
        return Answer(response.status_code, text, _retry_after(response.headers.get("retry-after", "")))

    @staticmethod
    def _connected(target: Target, response: object) -> None:
        """The address the answer really came from, judged once more."""
        stream = getattr(response, "extensions", {}).get("network_stream")
        peer = stream.get_extra_info("server_addr") if stream is not None else None
        why = refused_address(str(peer[0])) if peer and not target.free else ""
        if peer and why:
            raise EgressError("private", f"{target.host} answered from {peer[0]}, which is {why}", sent=True)


async def _first(response: object, most: int) -> str:
    """As much of the body as is worth reading; the rest is not waited for."""
    got = b""
    async for part in response.aiter_raw():  # type: ignore[attr-defined]
        got += part
        if len(got) >= most:
            break
    return got[:most].decode("utf-8", "replace")


def _retry_after(text: str) -> int:
    return min(int(text), _RETRY_MOST) if text.isascii() and text.isdigit() and len(text) < 9 else (_RETRY_MOST if text.isdigit() else 0)


def _said(problem: Exception) -> str:
    return str(problem).split("\n", maxsplit=1)[0][:200] or type(problem).__name__
