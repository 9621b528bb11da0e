"""The application: its parts put together, its life, and how whatever goes wrong is told.

Law: bad input is never our error: a 5xx means that this server could not do its work, and then nothing was acknowledged.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from upheld.evidence.signing import Key
from upheld.service.clock import Clock, RealClock
from upheld.service.config import Config
from upheld.stores.store import Store
from upheld.stores.trouble import StoreError
from upheld.web import clock_page, clock_routes, facts_routes, health, hooks
from upheld.web.body import Limits
from upheld.web.guard import Guard
from upheld.web.handing import Kept
from upheld.web.intake import Intake
from upheld.web.lookups import Lookups
from upheld.web.metrics import Metrics
from upheld.web.parts import Parts, parts_of
from upheld.web.problems import Problem, problem_response, store_problem
from upheld.web.receipts import Signer
from upheld.web.receivers import Receivers
from upheld.web.upkeep import see_to, seen_to

__all__ = ["hosts_of", "json_log", "make_app", "make_parts"]

def json_log(out: TextIO = sys.stderr) -> Any:
    """A logger that writes one JSON object a line."""
    return structlog.wrap_logger(structlog.PrintLogger(out), processors=[
        structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()])


def hosts_of(config: Config, more: Iterable[str] = ()) -> frozenset[str]:
    """The names a server answers to: this machine's own, where it listens, and the address people know it by."""
    named = urlsplit(config.server.url).hostname if config.server.url else None
    own = config.server.host if config.server.host not in ("0.0.0.0", "::") else None  # noqa: S104 - no name to answer to
    return frozenset(h.lower() for h in ("localhost", "127.0.0.1", "[::1]", own, named, *more) if h)


def make_parts(store: Store, key: Key, config: Config, *, clock: Clock | None = None, log: Any = None, limits: Limits | None = None,
               hosts: Iterable[str] = (), key_path: Path | None = None) -> Parts:
    """The parts of an application on an open store. ``key_path``: where the key lies, to see when it is handed over.

    Raises ``StoreError``, and ``FindingsError`` for a receiver without a source file.
    """
    own, said = clock or RealClock(), log or json_log()
    signer = Signer(key, store.logs.get("stream").origin, key_path)
    lookups = Lookups(lambda secrets: store.tokens.check_many(secrets, own.now()), lambda used: store.tokens.mark_used(used, own.now()))
    return Parts(store, config, own, signer, Intake(store, own, keeper=Kept(store, signer, said)), Metrics(), said, hosts_of(config, hosts),
                 Receivers(store, config, said), lookups, limits=limits or Limits())


def make_app(parts: Parts) -> ASGIApp:
    """The application of these parts. The store is closed by who opened it."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        parts.intake.start()
        see_to(parts)
        keeping = asyncio.create_task(seen_to(parts))
        try:
            yield
        finally:
            keeping.cancel()
            parts.intake.stop()
            see_to(parts)

    app = FastAPI(title="Upheld", version=version("upheld"), lifespan=life, docs_url=None, redoc_url=None, redirect_slashes=False,
                  description="Facts in, receipts out; running clocks.")
    app.state.parts = parts
    for router in (facts_routes.router, clock_routes.router, clock_page.router, health.router, hooks.router):
        app.include_router(router)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StoreError, _store)
    app.add_exception_handler(Exception, _bug)
    return Guard(app, parts)


_TURNED_AWAY = (401, 403, 429)


def _id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if error.status in _TURNED_AWAY:
        parts = parts_of(request)
        parts.door.turned_away(request, error.slug, parts.clock.now())
    return problem_response(error, _id(request))


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    slug = {404: "unknown", 405: "method"}.get(error.status_code, "request")
    what = {404: "there is nothing here", 405: "this cannot be done here"}.get(error.status_code, "the request cannot be read")
    return problem_response(Problem(error.status_code, slug, what, headers=error.headers), _id(request))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [{"pointer": "/" + "/".join(str(p) for p in one["loc"][1:]), "slug": str(one["type"]), "detail": str(one["msg"])}
              for one in error.errors()]
    return problem_response(Problem(422, "form", "the request has not the form that is needed", errors=errors), _id(request))


async def _store(request: Request, error: Exception) -> Response:
    assert isinstance(error, StoreError)
    return problem_response(store_problem(error), _id(request))


async def _bug(request: Request, error: Exception) -> Response:
    request.app.state.parts.log.error("bug", id=_id(request), kind=type(error).__name__, what=str(error)[:500])
    return problem_response(Problem(500, "bug", "this is our error, not yours; what was not acknowledged may be sent again"), _id(request))
