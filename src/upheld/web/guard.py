"""Around every request: which host was meant, what it is called, what is said of it afterwards.

Law: a request has one id, one line in the log and no secret in it; an answer bears the same guarding headers whatever went wrong.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from upheld.stores.trouble import StoreError
from upheld.web.parts import Parts
from upheld.web.problems import Problem, problem_response

__all__ = ["Guard"]

_LIFE, _COUNT = secrets.token_hex(6), itertools.count()
"""What requests are called: this process, and how many came before."""

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TOKEN = re.compile(rb"uph_[A-Za-z0-9_-]{20,}|%75%70%68%5[fF]", re.IGNORECASE)
_WHOLE = re.compile(rb"uph_[A-Za-z0-9_-]{43}")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"), (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"), (b"cross-origin-resource-policy", b"same-origin"),
]


class Guard:
    """The outermost layer of an application."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self.app, self.parts = app, parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, seen = time.monotonic(), {"status": 500}
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        request_id = given if _ID.fullmatch(given) else f"{_LIFE}{next(_COUNT):08x}"
        scope.setdefault("state", {})["request_id"] = request_id

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                message["headers"] = [*message["headers"], *_HEADERS, (b"x-request-id", request_id.encode())]
            await send(message)

        problem = self._refused(request)
        try:
            if problem is not None:
                if problem.slug == "token-in-address":
                    await to_thread.run_sync(self._revoke, request)
                await problem_response(problem, request_id)(scope, receive, sending)
            else:
                await self.app(scope, receive, sending)
        finally:
            self._tell(request, request_id, seen["status"], time.monotonic() - begun)

    def _refused(self, request: Request) -> Problem | None:
        hosts = request.headers.getlist("host")
        name = re.sub(r":[0-9]{1,5}$", "", hosts[0]).lower() if len(hosts) == 1 else ""
        if name not in self.parts.hosts:
            return Problem(421, "host", "this server does not answer to that host", "name it under [server] url in upheld.toml")
        raw: bytes = request.scope.get("raw_path", b"") + b"?" + request.scope.get("query_string", b"")
        if _TOKEN.search(raw):
            return Problem(400, "token-in-address", "a token stands in the address, where logs and proxies keep it",
                           "revoke that token (upheld token revoke), make another and send it as Authorization: Bearer")
        if b"%00" in raw or len(raw) > 8_192:
            return Problem(400, "address", "the address holds a NUL or is too long")
        if sum(len(name) + len(value) for name, value in request.scope["headers"]) > _HEAD:
            return Problem(431, "head-too-large", "the headers are too large", "send less in headers")
        return None

    def _revoke(self, request: Request) -> None:
        """A token that stood in an address is known to whoever reads logs: it is good no more."""
        raw: bytes = request.scope.get("raw_path", b"") + b"?" + request.scope.get("query_string", b"")
        now = self.parts.clock.now()
        try:
            for secret in {found.decode() for found in _WHOLE.findall(raw)}:
                token = self.parts.store.tokens.check(secret, now)
                if token is not None:
                    self.parts.store.tokens.revoke(token.id, now)
                    self.parts.store.audit.add(token.actor, "token in an address", f"token {token.id}", "revoked", now)
                    self.parts.log.warning("token revoked", token=token.id, actor=token.actor, why="it stood in an address")
        except StoreError as error:
            self.parts.log.error("token not revoked", slug=error.slug)

    def _tell(self, request: Request, request_id: str, status: int, seconds: float) -> None:
        scope: Any = request.scope
        route = getattr(scope.get("route"), "path", "") or "other"
        self.parts.metrics.requests.labels(route, request.method if request.method in _METHODS else "other", str(status)).inc()
        self.parts.metrics.seconds.labels(route).observe(seconds)
        if route in ("/healthz", "/readyz", "/metrics") and status < 400:
            return
        self.parts.log.info("request", id=request_id, method=request.method, route=route, status=status, ms=round(seconds * 1000, 1),
                            actor=scope["state"].get("actor", ""))


_HEAD = 32_768
"""Bytes of all headers."""

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
