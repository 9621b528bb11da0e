"""Who asks, and what they may: a bearer token, its actor and scopes, looked up for every request.

Law: a token that is missing, wrong or revoked looks the same; what a token may not see is not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.requests import Request

from upheld.stores.trouble import StoreError
from upheld.web.parts import parts_of
from upheld.web.problems import Problem, store_problem

__all__ = ["ACTS", "Holder", "asker", "too_often"]

_BEARER = re.compile(r"[Bb]earer (uph_[A-Za-z0-9_-]{20,128})")
_WRITE = "facts:write"
ACTS = "upheld"
"""The source of acts done through this interface."""

_OURS = frozenset((ACTS, "records"))
"""Sources in which only Upheld itself writes."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the token of a request."""

    actor: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the token was made for it."""
        return scope in self.scopes or "admin" in self.scopes

    def may_write(self, source: str) -> bool:
        """Whether facts of this source are the holder's to send and see."""
        if source in _OURS:
            return self.may("admin")
        return self.may(_WRITE) or f"{_WRITE}:{source}" in self.scopes

    @property
    def writes(self) -> bool:
        """Whether there is any source the holder may send facts of."""
        return self.may(_WRITE) or any(scope.startswith(f"{_WRITE}:") for scope in self.scopes)

    def agreements(self, scope: str) -> frozenset[str] | None:
        """Of which agreements the holder may do what a scope opens; None: of all."""
        return None if self.may(scope) else frozenset(unquote(s.removeprefix(f"{scope}:")) for s in self.scopes if s.startswith(f"{scope}:"))

    def need(self, scope: str) -> None:
        """Raises ``Problem`` 403 where the token was not made for it, nor for any agreement of it."""
        if self.agreements(scope) == frozenset():
            raise Problem(403, "scope", f"this token was not made for {scope}", f"upheld token create --scope {scope}")


async def asker(request: Request) -> Holder:
    """Who asks. Raises ``Problem`` 401, 503."""
    given = request.headers.getlist("authorization")
    match = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    if match is not None:
        parts = parts_of(request)
        try:
            token = await parts.lookups.check(match[1])
        except StoreError as error:
            raise store_problem(error) from None
        if token is not None:
            request.state.actor = token.actor
            return Holder(token.actor, frozenset(token.scopes))
    raise too_often(request) or Problem(
        401, "token", "a valid token is needed", "send Authorization: Bearer uph_…; upheld token create makes one",
        headers={"WWW-Authenticate": 'Bearer realm="upheld"'})


def too_often(request: Request) -> Problem | None:
    """What is told instead of 401 to an address that shows no good token or signature again and again; None where it is not so many yet."""
    parts = parts_of(request)
    wait = parts.door.failed(request, parts.clock.now())
    if not wait:
        return None
    return Problem(429, "too-many-attempts", "too many requests without a valid token came from this address",
                   "send a valid token: it is let in at once; upheld token create makes one", retry_s=wait)
