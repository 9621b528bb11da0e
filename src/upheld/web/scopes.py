"""What a token may be made for.

Law: one list; a scope that is none of these opens nothing.
"""

from __future__ import annotations

import re

__all__ = ["SCOPES", "scope_fault"]

SCOPES = {
    "facts:write": "send facts of any source, and see where they stand",
    "facts:write:SOURCE": "send facts of this source only",
    "facts:backfill": "say when a fact was known (history moved from another system)",
    "clocks:read": "see running clocks",
    "acknowledge": "acknowledge a running clock, which stops its messages",
    "metrics:read": "read /metrics",
    "admin": "all of it",
}

_SOURCE = re.compile(r"facts:write:[!-~]{1,150}")


def scope_fault(scope: str) -> str:
    """Why a scope is none, "" where it is one."""
    if scope in SCOPES and scope != "facts:write:SOURCE":
        return ""
    if _SOURCE.fullmatch(scope) and scope != "facts:write:SOURCE":
        return ""
    return f"{scope!r} is no scope; there are " + ", ".join(SCOPES)
