"""Whether this process lives, whether it can do its work, and what it counts.

Law: ``/healthz`` asks nobody; ``/readyz`` says in words what is missing; both name nothing that is not everybody's.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from prometheus_client import generate_latest
from starlette.responses import Response

from upheld.stores.live import read_workers
from upheld.stores.migrate import HEAD, revision_of
from upheld.stores.outbox import queues
from upheld.stores.trouble import StoreError
from upheld.web.access import asker
from upheld.web.parts import Parts, parts_of

__all__ = ["router"]

router = APIRouter()

_FRESH_S = 60
"""How old the last sign of life of a worker may be, seconds."""


@router.get("/healthz", summary="Whether the process lives")
async def healthz() -> Response:
    """Always fine while requests are answered."""
    return Response(b'{"status": "ok"}', media_type="application/json")


@router.get("/readyz", summary="Whether it can do its work", responses={503: {"description": "it cannot"}})
async def readyz(request: Request) -> Response:
    """The store answers, the intake takes, a worker gave a sign of life."""
    parts = parts_of(request)
    said = await to_thread.run_sync(_checks, parts)
    ready = all(one["ok"] for one in said.values())
    return Response(json.dumps({"status": "ok" if ready else "unready", "checks": said}).encode(), 200 if ready else 503,
                    media_type="application/json")


@router.get("/metrics", summary="Counters for Prometheus")
async def metrics(request: Request) -> Response:
    """The text format of Prometheus."""
    parts, holder = parts_of(request), await asker(request)
    holder.need("metrics:read")
    await to_thread.run_sync(_measure, parts)
    # where a worker runs in this process, its figures too
    service = sys.modules.get("upheld.service.figures")
    own = generate_latest(service.REGISTRY) if service else b""
    return Response(parts.metrics.text() + own, media_type="text/plain; version=0.0.4; charset=utf-8")


def _checks(parts: Parts) -> dict[str, dict[str, Any]]:
    said: dict[str, dict[str, Any]] = {}
    try:
        with parts.store.database.reading() as connection:
            found = revision_of(connection)
        said["store"] = {"ok": found == HEAD, "detail": "answers" if found == HEAD else f"is at revision {found}, this release reads {HEAD}"}
    except StoreError as error:
        said["store"] = {"ok": False, "detail": f"does not answer ({error.slug})"}
    said["worker"] = _worker(parts) if said["store"]["ok"] else {"ok": False, "detail": "is not known"}
    room = parts.intake.waiting < parts.intake.most
    said["intake"] = {"ok": parts.intake.taking and room, "detail": "takes facts" if room else "is full"}
    return said


def _worker(parts: Parts) -> dict[str, Any]:
    """Some worker must have given a sign of life lately; where there never was one, facts are recorded all the same."""
    alive = [row for row in read_workers(parts.store.database) if row.state != "stopped"]
    if not alive:
        return {"ok": True, "detail": "none works here: clocks are not kept"}
    age = max(0, parts.clock.now() - alive[0].beat) // 1_000_000
    return {"ok": age <= _FRESH_S, "detail": f"last heard of {age} seconds ago"}


def _measure(parts: Parts) -> None:
    parts.metrics.queue.set(parts.intake.waiting)
    try:
        parts.metrics.log_size.set(parts.store.stream.size())
        parts.metrics.quarantine.set(parts.store.quarantine.count())
        for state, count in queues(parts.store.database).items():
            parts.metrics.outbox.labels(state).set(count)
        beats = [row.beat for row in read_workers(parts.store.database) if row.state != "stopped"]
        if beats:
            parts.metrics.workers.set(max(0, parts.clock.now() - max(beats)) / 1_000_000)
    except StoreError as error:
        parts.log.warning("metrics", slug=error.slug)
