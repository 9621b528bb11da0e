"""What a token may be made for.

Law: one list; a scope that is none of these opens nothing.
"""

from __future__ import annotations

import re
from urllib.parse import quote

__all__ = ["SCOPES", "escaped", "scope_fault"]

SCOPES = {
    "facts:write": "send facts of any source, and see where they stand",
    "facts:write:SOURCE": "send facts of this source only",
    "facts:backfill": "say when a fact was known (history moved from another system)",
    "clocks:read": "see running clocks of any agreement",
    "clocks:read:AGREEMENT": "see running clocks of this agreement only",
    "acknowledge": "acknowledge a running clock of any agreement, so that its repeats wait",
    "acknowledge:AGREEMENT": "acknowledge a running clock of this agreement only",
    "metrics:read": "read /metrics",
    "admin": "all of it",
}

_NAMED = re.compile(r"facts:write:[!-~]{1,150}|(clocks:read|acknowledge):[!-~]{1,180}")
_PATTERNS = frozenset(scope for scope in SCOPES if scope.rpartition(":")[2].isupper())
"""Scopes in which a name stands for the word in capitals."""


def escaped(scope: str) -> str:
    """A scope as it is kept: the name of an agreement may have spaces, and then is escaped as in an address."""
    for start in ("clocks:read:", "acknowledge:"):
        if scope.startswith(start) and "%" not in scope:
            return start + quote(scope.removeprefix(start), safe="!$&'()*+,/:;=@")
    return scope


def scope_fault(scope: str) -> str:
    """Why a scope is none, "" where it is one."""
    if (scope in SCOPES or _NAMED.fullmatch(scope)) and scope not in _PATTERNS:
        return ""
    return f"{scope!r} is no scope; there are " + ", ".join(SCOPES)
