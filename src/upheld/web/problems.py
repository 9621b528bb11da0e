"""Problems: what is said when a request cannot be done (RFC 9457), in the same words as every finding.

Law: a slug that stays, a sentence, where it stands, how to mend it; never a trace, a secret, or a name the asker may not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from upheld.facts.arrive_json import Fault
from upheld.stores.trouble import StoreError

__all__ = ["LISTED", "Problem", "fault_errors", "problem_response", "store_problem"]

LISTED = 1_000
"""Faults told one by one; the rest is one line with their number."""

_SAYS: Mapping[str, str] = {
    "full": "the disk of this server is full", "readonly": "the store of this server cannot be written now",
    "disk": "the disk of this server failed", "busy": "the store of this server is busy",
    "lost": "the database of this server cannot be reached",
}


class Problem(Exception):  # noqa: N818 - the RFC's word
    """``status``: of HTTP. ``slug``: its stable name. ``detail``: one sentence. ``errors``: one a fault. ``retry_s``: when to come again."""

    def __init__(self, status: int, slug: str, detail: str, help: str = "", *,  # noqa: A002 - the word of every finding
                 errors: Sequence[Mapping[str, Any]] = (), retry_s: int = 0, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.slug, self.detail, self.help, self.errors = status, slug, detail, help, errors
        self.headers = {**(headers or {}), **({"Retry-After": str(retry_s)} if retry_s else {})}
        self.more = more


def problem_response(problem: Problem, instance: str = "") -> Response:
    """The answer, as ``application/problem+json``."""
    body: dict[str, Any] = {"type": f"urn:upheld:problem:{problem.slug}", "title": HTTPStatus(problem.status).phrase, "status": problem.status,
                            "slug": problem.slug, "detail": problem.detail}
    body |= {k: v for k, v in (("help", problem.help), ("instance", f"urn:upheld:request:{instance}" if instance else "")) if v} | problem.more
    if problem.errors:
        body["errors"] = list(problem.errors)
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(data, problem.status, problem.headers, "application/problem+json")


def fault_errors(faults: Iterable[Fault], *, many: bool) -> list[dict[str, Any]]:
    """Faults as entries of ``errors``; ``many``: rows of an array, so that a pointer begins with the row."""
    told: list[dict[str, Any]] = []
    for n, f in enumerate(faults):
        if n < LISTED:
            entry = {"row": f.row, "pointer": f"/{f.row}{f.pointer}" if many else f.pointer, "slug": f.slug, "detail": f.message}
            told.append(entry | ({"help": f.help} if f.help else {}))
        elif n == LISTED:
            told.append({"row": f.row, "pointer": f"/{f.row}" if many else "", "slug": "more", "detail": "and more faults from this row on"})
            break
    return told


def store_problem(error: StoreError) -> Problem:
    """What a store that cannot do its work means for who asked: nothing was recorded, come again."""
    said = _SAYS.get(error.slug, "the store of this server cannot do this now")
    return Problem(503, f"store-{error.slug}" if error.slug in _SAYS else "store", f"{said}: nothing was recorded",
                   "send the same again later; nothing is recorded twice", retry_s=5)
