"""``/api/v1/clocks``: what runs, and taking it.

Law: looking changes nothing; an acknowledgement is a fact like any other, and one about a cycle that is over is refused with what holds now.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from upheld.clocks.acknowledged import KIND, clock_name
from upheld.facts.arrive import Arrival
from upheld.facts.arrive_values import instant_of
from upheld.facts.json_text import Doubled, JsonError, read_json
from upheld.stores.answers import Answer
from upheld.stores.clock_pages import Name, clocks_of_case, page_of_clocks
from upheld.stores.trouble import StoreError
from upheld.values.instant import format_instant
from upheld.web.access import ACTS, Holder, asker
from upheld.web.body import whole_body
from upheld.web.handing import first_answer, handed_in, key_of
from upheld.web.parts import Parts, parts_of
from upheld.web.problems import Problem, store_problem
from upheld.web.query import known_only, path_parts, whole
from upheld.web.schemas import problems

__all__ = ["router"]

router = APIRouter()

_ONLY = {"agreement": "agreement", "commitment": "commitment", "case": "casename", "state": "state", "verdict": "verdict", "kind": "kind"}
_OVER = ("stopped", "ended")
_SECURED: dict[str, Any] = {"security": [{"token": []}]}


@router.get("/api/v1/clocks", responses=problems(400, 401, 403, 503), openapi_extra=_SECURED)
async def list_clocks(request: Request) -> Response:
    """Clocks as the worker last worked them out, by name. Filters: agreement, commitment, case, state, verdict, kind, due_before; ``limit``
    at most 200; ``after``: the cursor of the page before. A token made for some agreements sees theirs only.
    """
    parts, holder = parts_of(request), await asker(request)
    holder.need("clocks:read")
    known_only(request, (*_ONLY, "due_before", "limit", "after"))
    limit = whole(request, "limit", 50, 1, 200)
    only = {column: request.query_params[name] for name, column in _ONLY.items() if name in request.query_params}
    before = request.query_params.get("due_before")
    due, wrong = instant_of(before) if before is not None else (None, None)
    if wrong is not None:
        raise Problem(400, "parameter", f"due_before {wrong[1]}", wrong[2])
    after = _cursor(request.query_params["after"]) if "after" in request.query_params else None
    try:
        own = holder.agreements("clocks:read")
        rows = await to_thread.run_sync(page_of_clocks, parts.store.database, only, due, after, limit + 1, own)
    except StoreError as error:
        raise store_problem(error) from None
    body: dict[str, Any] = {"clocks": [_shown(row) for row in rows[:limit]]}
    if len(rows) > limit:
        last = rows[limit - 1]
        name = [last[column] for column in ("agreement", "commitment", "casename", "cycle", "part")]
        body["after"] = base64.urlsafe_b64encode(json.dumps(name).encode()).decode()
    return Response(json.dumps(body, ensure_ascii=False).encode(), media_type="application/json")


def _cursor(text: str) -> Name:
    try:
        agreement, commitment, case, cycle, part = json.loads(base64.b64decode(text[:4_000], altchars=b"-_", validate=True))
        whole_name = "\n".join((agreement, commitment, case, cycle))
        whole_name.encode()
        good = "\0" not in whole_name and type(part) is int and 0 <= part < 2**31
    except (binascii.Error, ValueError, TypeError, RecursionError):
        good = False
    if not good:
        raise Problem(400, "cursor", "after is no cursor of a page before", "leave it out to begin again")
    return agreement, commitment, case, cycle, part


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A clock as it is told: instants as RFC 3339, durations in seconds."""
    told: dict[str, Any] = {
        "clock": clock_name(row["agreement"], row["commitment"], row["casename"], row["cycle"]), "part": row["part"],
        "agreement": row["agreement"], "commitment": row["commitment"], "case": row["casename"], "cycle": row["cycle"],
        "kind": row["kind"], "version": row["version"], "group": json.loads(row["grp"] or "[]"), "ladder": row["ladder"],
        "state": row["state"], "verdict": row["verdict"], "target_s": row["target_us"] / 1_000_000, "elapsed_s": row["elapsed_us"] / 1_000_000,
    }
    for name in ("start", "due", "stop", "missed_at", "next_at"):
        told[name] = None if row[name] is None else format_instant(row[name])
    return told | {"as_of": format_instant(row["at"])}


@router.post("/api/v1/clocks/{clock:path}/acknowledge", status_code=201, responses=problems(400, 401, 403, 404, 409, 422, 503),
             openapi_extra=_SECURED)
async def acknowledge(request: Request) -> Response:
    """Take a clock (``agreement/commitment/case/cycle``, each name escaped): what repeats waits, it runs on. ``{"until": time}`` says how
    long; without, as long as its ladder says.
    """
    parts, holder = parts_of(request), await asker(request)
    holder.need("acknowledge")
    known_only(request, ())
    names = path_parts(request, "/api/v1/clocks/", "/acknowledge")
    if len(names) == 1:
        names = [part.replace("%2F", "/").replace("%25", "%") for part in names[0].split("/")]  # the whole name was escaped once more
    if len(names) != 4:
        raise Problem(404, "unknown", "there is no such clock", "write AGREEMENT/COMMITMENT/CASE/CYCLE, each name escaped")
    body = await whole_body(request, parts.limits, 4_096)
    until = _until(body, parts.clock.now())
    key = key_of(request)
    asked = hashlib.sha256("\n".join(names).encode("utf-8", "replace") + b"\n" + body).digest()
    if key and (first := await first_answer(parts, holder.actor, f"acknowledge {key}", asked)) is not None:
        return first
    own = holder.agreements("acknowledge")
    if own is not None and names[0] not in own:
        parts.door.turned_away(request, "another agreement", parts.clock.now())
        raise Problem(404, "unknown", "there is no such clock")
    parts.signer.refresh()
    try:
        rows = await to_thread.run_sync(clocks_of_case, parts.store.database, names[0], names[1], names[2])
    except StoreError as error:
        raise store_problem(error) from None
    _still_runs(rows, names[3])
    return await _taken(parts, holder, clock_name(*names), until, key, asked)


def _until(body: bytes, now: int) -> int | None:
    if not body.strip():
        return None
    try:
        said = read_json(body)
    except JsonError as error:
        raise Problem(400, error.slug, f"the body {error.message}") from None
    if not isinstance(said, dict) or isinstance(said, Doubled) or set(said) - {"until"}:
        raise Problem(422, "form", "the body has not the form that is needed", 'send {"until": "2026-11-21T13:00:00Z"}, or nothing')
    if said.get("until") is None:
        return None
    until, wrong = instant_of(said["until"])
    if until is None or until <= now:
        slug, what, help_ = wrong or ("past", "lies in the past: it would hold no time", "give a later time")
        told = {"pointer": "/until", "slug": slug, "detail": what, "help": help_}
        raise Problem(422, slug, "the acknowledgement cannot be recorded", errors=[told])
    return until


def _still_runs(rows: Sequence[Mapping[Any, Any]], cycle: str) -> None:
    own = [row for row in rows if row["cycle"] == cycle]
    if not rows:
        raise Problem(404, "unknown", "there is no such clock")
    if not own:
        raise Problem(409, "old-cycle", "this is no cycle of the clock that is kept now", "acknowledge the one that runs", now=_shown(rows[-1]))
    if all(row["state"] in _OVER for row in own):
        raise Problem(409, "stopped", "this clock does not run any more: nobody is told of it", now=_shown(rows[-1]))


async def _taken(parts: Parts, holder: Holder, clock: str, until: int | None, key: str, asked: bytes) -> Response:
    own = "ack-" + (hashlib.sha256(f"{holder.actor}\n{key}".encode()).hexdigest()[:24] if key else secrets.token_hex(12))
    says = {} if until is None else {"says": {"until": format_instant(until)}}

    def work(at: int) -> bytes:
        columns: dict[str, object] = {"what_kind": KIND, "about": clock, "actor": holder.actor, "at": at, **says}
        [one] = parts.store.stream.record([Arrival("declarations", ACTS, own, "", at, columns)], holder.actor, at)
        assert one.seq is not None
        parts.store.audit.add(holder.actor, "acknowledge", clock, "done", at)
        told = {"clock": clock, "actor": holder.actor, "at": format_instant(at), "until": None if until is None else format_instant(until),
                "source": ACTS, "id": own, "index": one.seq, "receipt": parts.signer.receipt(one.seq, one.leaf_hash, at)}
        answer = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
        if key:
            parts.store.answers.keep(holder.actor, f"acknowledge {key}", Answer(asked, at, 201, answer))
        return answer

    return Response(await handed_in(parts, work, 1, holder.actor), 201, media_type="application/json")
