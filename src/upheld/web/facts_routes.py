"""``/api/v1/facts``: facts in, receipts out.

Law: by default all rows of a request are recorded or none; each row is answered; the same fact sent again is told where it stands already.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from upheld.facts.arrive import Arrival
from upheld.facts.arrive_json import SHAPES
from upheld.service.clock import BACKWARDS_US, WAS_AHEAD_US
from upheld.stores.answers import Answer
from upheld.stores.taking import Taken
from upheld.stores.trouble import StoreError
from upheld.values.instant import format_instant
from upheld.web.access import Holder, asker
from upheld.web.handing import first_answer, handed_in, key_of
from upheld.web.intake import Acts, Facts
from upheld.web.parts import Parts, parts_of
from upheld.web.problems import LISTED, Problem, fault_errors, store_problem
from upheld.web.query import flag, known_only, path_parts
from upheld.web.reading import Rows, read_rows, refuse_foreign
from upheld.web.schemas import FACTS_BODY, FACTS_RESPONSES

__all__ = ["router"]

router = APIRouter()

_STATUS: Mapping[str, tuple[int, str, str]] = {
    # what the store says of a row: status, and what is told where it was not taken
    "new": (201, "", ""), "same": (200, "", ""),
    "conflict": (409, "is the id of a recorded fact that says something else", "a correction has an id of its own, and replaces: the old id"),
    "superseded": (409, "replaces a fact that was corrected already", "replace the latest correction"),
    "unknown": (404, "replaces a fact this source never sent", "send that fact first, or leave replaces out"),
}
_POINTER = {"conflict": "/id", "superseded": "/replaces", "unknown": "/replaces"}


@router.post("/api/v1/facts", status_code=201, openapi_extra=FACTS_BODY, responses=FACTS_RESPONSES)
async def record_facts(request: Request) -> Response:
    """Record one fact, an array, an NDJSON stream, or CloudEvents. ``?partial=true`` records the good rows; ``?receipts=false`` leaves out
    the receipts. ``Idempotency-Key`` makes the whole request repeatable.
    """
    parts, holder = parts_of(request), await asker(request)
    if not holder.writes:
        holder.need("facts:write")
    known_only(request, ("partial", "receipts"))
    partial, receipts = flag(request, "partial"), flag(request, "receipts", default=True)
    key = key_of(request)
    asked = (holder.actor, key)
    if key and asked in parts.asked:
        raise Problem(409, "in-flight", "a request with this Idempotency-Key is being done", "wait for its answer", retry_s=1)
    if key:
        parts.asked.add(asked)
    try:
        rows, body = await read_rows(request, parts.limits, parts.clock.now())
        asked_hash = _asked(request, rows, body)
        if key and (first := await first_answer(parts, holder.actor, key, asked_hash)) is not None:
            return first
        refuse_foreign(rows, holder)
        if any(fault.slug == "future" for fault in rows.faults):
            await _clock_is_right(parts)
        for fault in rows.faults:
            parts.metrics.refused.labels(fault.slug).inc()
        if rows.faults and not (partial and rows.arrivals):
            raise _wrong(rows)
        return await _recorded(parts, holder, rows, strict=not partial, receipts=receipts, key=key, asked_hash=asked_hash)
    finally:
        parts.asked.discard(asked)


async def _clock_is_right(parts: Parts) -> None:
    """Raises ``Problem`` 503 where the clock here stands before what was recorded last: then it is no judge of what lies ahead."""
    now = parts.clock.now()
    try:
        last = await to_thread.run_sync(parts.store.stream.last_recorded)
    except StoreError as error:
        raise store_problem(error) from None
    if last is not None and BACKWARDS_US < last - now <= WAS_AHEAD_US:
        raise Problem(503, "clock", "the clock of this server was set back, so it cannot tell what lies ahead: nothing was recorded",
                      "send the same again later; nothing is recorded twice", retry_s=60)


def _asked(request: Request, rows: Rows, body: bytes) -> bytes:
    """What was asked, as a hash: the body (of a stream: its facts), and how it was to be done."""
    said = hashlib.sha256(f"{request.url.query}\n{request.headers.get('content-type', '')}\n".encode())
    said.update(body or b"".join(arrival.digest for arrival in rows.arrivals.values()) + str(rows.faults).encode("utf-8", "replace"))
    return said.digest()


def _wrong(rows: Rows) -> Problem:
    n = len({fault.row for fault in rows.faults})
    slug = rows.faults[0].slug if n == 1 and len(rows.faults) == 1 else "facts"
    status = 403 if all(f.slug in ("foreign-source", "backfill") for f in rows.faults) else 422
    what = "this fact cannot be recorded" if not rows.many else f"{n:,} of {rows.count:,} facts cannot be recorded, so none was"
    help_ = "mend the rows named, or send ?partial=true to record the others" if rows.many else ""
    return Problem(status, slug, what, help_, errors=fault_errors(rows.faults, many=rows.many))


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a request. ``body``: the answer, where it had to be kept in the same transaction."""

    at: int
    taken: Sequence[Taken]
    body: bytes = b""


async def _recorded(parts: Parts, holder: Holder, rows: Rows, *, strict: bool, receipts: bool, key: str, asked_hash: bytes) -> Response:
    def then(at: int, taken: Sequence[Taken], acts: Acts) -> _Done:
        if strict and not all(map(_stands, taken)):
            return _Done(at, taken)
        fresh = [one.seq for one in taken if one.state == "new" and one.seq is not None]
        if fresh:
            acts.audit.append((holder.actor, "record", f"stream {fresh[0]}-{fresh[-1]}", "done", at, f"{len(fresh)} of {rows.count} rows"))
        if not key:
            return _Done(at, taken)
        body = _answer(parts, rows, taken, at, receipts)
        acts.answers.append((holder.actor, key, Answer(asked_hash, at, _status(taken, rows), body)))
        return _Done(at, taken, body)

    facts = Facts(list(rows.arrivals.values()), holder.actor, then, strict)
    done = await handed_in(parts, facts, len(rows.arrivals), holder.actor)
    if strict and not all(map(_stands, done.taken)):
        raise _refused(parts, rows, done.taken)
    for one in done.taken:
        parts.metrics.facts.labels(one.state).inc()
    few = len(done.taken) <= _FEW and not any(one.state == "same" for one in done.taken)
    body = done.body or (_answer(parts, rows, done.taken, done.at, receipts) if few else
                         await to_thread.run_sync(_answer, parts, rows, done.taken, done.at, receipts))
    return Response(body, _status(done.taken, rows), media_type="application/json")


_FEW = 8
"""Receipts that are signed sooner than another thread is asked."""


def _stands(one: Taken) -> bool:
    return one.state in ("new", "same")


def _status(taken: Sequence[Taken], rows: Rows) -> int:
    if rows.faults or not all(map(_stands, taken)):
        return 207
    return 201 if any(one.state == "new" for one in taken) else 200


def _refused(parts: Parts, rows: Rows, taken: Sequence[Taken]) -> Problem:
    errors: list[dict[str, Any]] = []
    statuses: set[int] = set()
    for (row, arrival), one in zip(rows.arrivals.items(), taken, strict=True):
        if _stands(one):
            continue
        status, detail, help_ = _STATUS[one.state]
        parts.metrics.refused.labels(one.state).inc()
        statuses.add(status)
        errors.append({"row": row, "pointer": (f"/{row}" if rows.many else "") + _POINTER[one.state], "slug": one.state, "detail": detail,
                       "help": help_} | ({"first": _standing(arrival, one)} if one.leaf_hash else {}))
    only = {str(entry["slug"]) for entry in errors}
    what = f"{len(errors):,} of {rows.count:,} facts cannot be recorded, so none was" if rows.many else "this fact cannot be recorded"
    return Problem(statuses.pop() if len(statuses) == 1 else 409, only.pop() if len(only) == 1 else "facts", what, errors=errors[:LISTED])


def _standing(arrival: Arrival, one: Taken) -> dict[str, Any]:
    return {"source": arrival.source, "id": arrival.id, "index": one.seq, "leaf_hash": base64.b64encode(one.leaf_hash).decode()}


def _answer(parts: Parts, rows: Rows, taken: Sequence[Taken], at: int, receipts: bool) -> bytes:
    again = [one.seq for one in taken if one.state == "same" and one.seq is not None] if receipts else []
    # a fact that was there already gets the receipt it got then, byte for byte
    when = parts.store.stream.recorded_at(again) if again else {}
    told: dict[int, dict[str, Any]] = {}
    for (row, arrival), one in zip(rows.arrivals.items(), taken, strict=True):
        status, detail, help_ = _STATUS[one.state]
        entry: dict[str, Any] = {"row": row, "status": status, "state": one.state}
        if one.leaf_hash:
            entry |= _standing(arrival, one)
        if detail:
            entry["errors"] = [{"pointer": _POINTER[one.state], "slug": one.state, "detail": detail, "help": help_}]
        elif receipts and one.seq is not None:
            entry["receipt"] = parts.signer.receipt(one.seq, one.leaf_hash, when.get(one.seq, at))
        if one.state == "new" and arrival.at > at and arrival.shape in _PAST:
            entry["ahead_us"] = arrival.at - at
        told[row] = entry
    for fault in fault_errors(rows.faults, many=False):
        entry = told.setdefault(fault["row"], {"row": fault["row"], "status": 422, "state": "refused", "errors": []})
        entry["errors"].append({k: v for k, v in fault.items() if k != "row"})
    new, same = (sum(one.state == state for one in taken) for state in ("new", "same"))
    body = {"log": parts.signer.origin, "recorded": new, "same": same, "refused": rows.count - new - same,
            "rows": [told[row] for row in sorted(told)]}
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


_PAST = frozenset(form.shape for form in SHAPES.values() if form.past)


@router.get("/api/v1/facts/{source}/{id:path}", responses=FACTS_RESPONSES)
async def one_fact(request: Request) -> Response:
    """Where a fact stands, with its receipt again; 404 where this token's sources have none such."""
    parts, holder = parts_of(request), await asker(request)
    known_only(request, ())
    names = path_parts(request, "/api/v1/facts/")
    if len(names) != 2:
        raise _nothing()
    if not holder.may_write(names[0]):
        parts.door.turned_away(request, "another source", parts.clock.now())
        raise _nothing()
    parts.signer.refresh()
    try:
        found = await to_thread.run_sync(parts.store.stream.find, names[0], names[1])
    except StoreError as error:
        raise store_problem(error) from None
    if found is None:
        raise _nothing()
    body = {"source": names[0], "id": names[1], "log": parts.signer.origin, "index": found.seq,
            "leaf_hash": base64.b64encode(found.leaf_hash).decode(),
            "recorded_at": format_instant(found.recorded_at), "receipt": parts.signer.receipt(found.seq, found.leaf_hash, found.recorded_at)}
    return Response(json.dumps(body, ensure_ascii=False).encode(), media_type="application/json")


def _nothing() -> Problem:
    return Problem(404, "unknown", "there is no such fact")
