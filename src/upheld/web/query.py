"""What stands in an address: parameters that are known and said once, and names between slashes.

Law: a parameter nobody knows or that is said twice is wrong; a name may hold a slash, escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from starlette.requests import Request

from upheld.web.problems import Problem

__all__ = ["flag", "known_only", "path_parts", "whole"]


def known_only(request: Request, names: Sequence[str]) -> None:
    """Raises ``Problem`` 400 for a parameter that is not one of these, or comes twice."""
    said = [name for name, _ in request.query_params.multi_items()]
    for name in said:
        if name not in names:
            raise Problem(400, "unknown-parameter", f"{name[:40]!r} is no parameter here", "known: " + (", ".join(names) or "none"))
        if said.count(name) > 1:
            raise Problem(400, "doubled-parameter", f"{name} is said twice")


def flag(request: Request, name: str, *, default: bool = False) -> bool:
    """A parameter that is ``true`` or ``false``."""
    text = request.query_params.get(name)
    if text not in (None, "true", "false"):
        raise Problem(400, "parameter", f"{name} is neither true nor false", f"write ?{name}=true")
    return default if text is None else text == "true"


def whole(request: Request, name: str, default: int, low: int, high: int) -> int:
    """A parameter that is a whole number within bounds."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 18 or not low <= int(text) <= high:
        raise Problem(400, "parameter", f"{name} is no whole number from {low:,} to {high:,}", f"write ?{name}={default}")
    return int(text)


def path_parts(request: Request, start: str, end: str = "") -> list[str]:
    """The names between ``start`` and ``end`` of the path, as they were before they were escaped. Raises ``Problem`` 404."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    text = raw.decode("ascii", "replace").partition("?")[0]
    if not text.startswith(start) or not text.endswith(end):
        raise Problem(404, "unknown", "there is nothing here")
    try:
        return [unquote(part, errors="strict") for part in text[len(start):len(text) - len(end)].split("/")]
    except UnicodeDecodeError:
        raise Problem(404, "unknown", "there is nothing here") from None
