"""``/hooks/{name}``: what other systems send by themselves, mapped by a source file.

Law: nothing that was truly sent is lost: what becomes a fact is recorded, what does not is told in the answer and its body kept for a person.
The same delivery again does nothing and is answered as before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from upheld.facts.arrive import Arrival
from upheld.facts.arrive_batch import arrivals_of
from upheld.facts.arrive_json import AHEAD_US, FURTHEST_US, SHAPES
from upheld.facts.json_text import JsonError, read_json
from upheld.facts.spec import SourceSpec
from upheld.facts.tables import Refused
from upheld.sources.files import read_data
from upheld.sources.table import Limits as FileLimits
from upheld.stores.answers import Answer
from upheld.stores.taking import Taken
from upheld.stores.trouble import StoreError
from upheld.web.access import too_often
from upheld.web.body import whole_body
from upheld.web.handing import handed_in
from upheld.web.intake import Acts, Facts
from upheld.web.parts import Parts, parts_of
from upheld.web.problems import Problem, store_problem
from upheld.web.query import known_only
from upheld.web.schemas import problems
from upheld.web.signatures import delivery_of

__all__ = ["router"]

router = APIRouter()

_MOST = 1_000
"""Objects of one delivery."""

_LISTED = 100


@router.post("/hooks/{name}", responses={202: {"description": "what did not become a fact is kept"}, **problems(401, 404, 408, 413, 503)})
async def receive(request: Request, name: str) -> Response:
    """Receive a signed webhook: one JSON object, or an array of them, mapped by the source file of the receiver."""
    parts = parts_of(request)
    known_only(request, ())
    try:
        found = await to_thread.run_sync(parts.receivers.of, name)
    except StoreError as error:
        raise store_problem(error) from None
    if found is None:
        raise Problem(404, "unknown", "there is nothing here")
    receiver, spec = found
    body = await whole_body(request, parts.limits, 2**20)
    now = parts.clock.now()
    # each is tried, so that how long it takes says nothing of which it was
    named = [delivery_of(secret, request.headers, body, now) for secret in receiver.secrets]
    delivery = next((one for one in named if one is not None), None)
    if delivery is None:
        raise too_often(request) or Problem(401, "signature", "this is not signed as it should be")
    request.state.actor = actor = f"hook:{name}"
    asked = hashlib.sha256(body).digest()
    first = await _first(parts, actor, delivery)
    if first is not None and first.hash != asked:
        # another body under a name that was used: whoever signs it sent it, so it is not passed over
        delivery = f"{delivery}~{asked.hex()[:16]}"
        first = await _first(parts, actor, delivery)
    if first is not None:
        return Response(first.body, first.status, {"Idempotent-Replay": "true"}, "application/json")
    arrivals, wrong = await to_thread.run_sync(_mapped, spec, body, f"hooks/{name}/{delivery}", parts.clock.now())

    def then(at: int, taken: Sequence[Taken], acts: Acts) -> tuple[int, bytes]:
        told = [*wrong, *(_lost(arrival, one.state) for arrival, one in zip(arrivals, taken, strict=True) if one.state not in ("new", "same"))]
        # sent again after the source file was mended it is read anew; what is a fact already is the same fact
        parts.store.quarantine.settle(name, delivery, body)
        if told:
            parts.store.quarantine.add(at, name, delivery, json.dumps(told[:_LISTED], ensure_ascii=False), body)
        states = [one.state for one in taken]
        answer = {"delivery": delivery, "recorded": states.count("new"), "same": states.count("same"), "kept": len(told),
                  "problems": told[:_LISTED]}
        said = Answer(asked, at, 202 if told else 200, json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
        if not told:
            acts.spare.append((actor, delivery, said))
        return said.status, said.body

    status, answer = await handed_in(parts, Facts(arrivals, actor, then), len(arrivals) or 1, actor)
    return Response(answer, status, media_type="application/json")


async def _first(parts: Parts, actor: str, delivery: str) -> Answer | None:
    try:
        return await to_thread.run_sync(parts.store.answers.get, actor, delivery)
    except StoreError as error:
        raise store_problem(error) from None


def _mapped(spec: SourceSpec, body: bytes, file: str, now: int) -> tuple[list[Arrival], list[dict[str, Any]]]:
    """The facts the body gives, and what in it gives none."""
    try:
        lines = _lines(body)
    except JsonError as error:
        return [], [{"row": 0, "column": "", "slug": error.slug, "detail": f"the body {error.message}"}]
    batches, refused = read_data(spec, lines, "jsonl", file, FileLimits(bytes=2**20, columns=500, cell_bytes=4_096), sparse=True)
    told = [_told(one) for one in refused]
    arrivals = []
    for arrival in (arrival for batch in batches for arrival in arrivals_of(batch)):
        planned = arrival.shape == "events" and arrival.columns.get("event") in spec.planned
        if arrival.shape in _PAST and arrival.at > now + (FURTHEST_US if planned else AHEAD_US):
            far = "ten years" if planned else "two minutes"
            told.append({"row": 0, "column": "id", "slug": "future", "detail": f"{arrival.id} lies more than {far} in the future"})
        else:
            arrivals.append(arrival)
    if not arrivals and not told:
        return [], [{"row": 0, "column": "", "slug": "no-fact", "detail": f"nothing in it is a fact by the source {spec.name}"}]
    return arrivals, told


_PAST = {form.shape for form in SHAPES.values() if form.past}


def _lines(body: bytes) -> bytes:
    """The objects of a body, one a line, with the digits they came with. Raises JsonError."""
    value = read_json(body)
    if isinstance(value, list):
        if len(value) > _MOST:
            raise JsonError("too-many", f"has more than {_MOST:,} objects")
        try:
            rows = [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]
        except msgspec.MsgspecError as error:
            raise JsonError("bad-json", f"is no JSON that can be taken apart: {error}") from None
    else:
        rows = [body]
    # a line break is only ever white space here: inside a text JSON escapes it
    return b"\n".join(row.replace(b"\r", b" ").replace(b"\n", b" ") for row in rows)


def _told(one: Refused) -> dict[str, Any]:
    return {"row": one.row, "column": one.column, "slug": one.slug, "detail": one.message}


_LOST: Mapping[str, str] = {
    "conflict": "is the id of a recorded fact that says something else", "superseded": "replaces a fact that was corrected already",
    "unknown": "replaces a fact this source never sent",
}


def _lost(arrival: Arrival, state: str) -> dict[str, Any]:
    return {"row": 0, "column": "id", "slug": state, "detail": f"{arrival.id} {_LOST[state]}"}
