"""Whether this process lives, whether it can do its work, and what it counts.

Law: ``/healthz`` asks nobody; ``/readyz`` says in words what is missing; both name nothing that is not everybody's.
"""

from __future__ import annotations

import json
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from upheld.stores.trouble import StoreError
from upheld.web.access import asker
from upheld.web.parts import Parts, parts_of

__all__ = ["router"]

router = APIRouter()


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
    return Response(parts.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _checks(parts: Parts) -> dict[str, dict[str, Any]]:
    said: dict[str, dict[str, Any]] = {}
    try:
        parts.store.stream.size()
        said["store"] = {"ok": True, "detail": "answers"}
    except StoreError as error:
        said["store"] = {"ok": False, "detail": f"does not answer ({error.slug})"}
    room = parts.intake.waiting < parts.intake.most
    said["intake"] = {"ok": parts.intake.taking and room, "detail": "takes facts" if room else "is full"}
    return said


def _measure(parts: Parts) -> None:
    parts.metrics.queue.set(parts.intake.waiting)
    try:
        parts.metrics.log_size.set(parts.store.stream.size())
        parts.metrics.quarantine.set(parts.store.quarantine.count())
    except StoreError as error:
        parts.log.warning("metrics", slug=error.slug)
