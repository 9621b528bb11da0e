"""The parts one application is made of: nothing is global, so that several can live in one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from upheld.service.clock import Clock
from upheld.service.config import Config
from upheld.stores.store import Store
from upheld.web.body import Limits
from upheld.web.door import Door
from upheld.web.intake import Intake
from upheld.web.lookups import Lookups
from upheld.web.metrics import Metrics
from upheld.web.receipts import Signer
from upheld.web.receivers import Receivers

__all__ = ["Parts", "parts_of"]


@dataclass(frozen=True, slots=True)
class Parts:
    """``log``: a bound structlog logger. ``hosts``: names this server answers to. ``asked``: keys of
    requests in flight.
    """

    store: Store
    config: Config
    clock: Clock
    signer: Signer
    intake: Intake
    metrics: Metrics
    log: Any
    hosts: frozenset[str]
    receivers: Receivers
    lookups: Lookups
    door: Door = field(default_factory=Door)
    limits: Limits = field(default_factory=Limits)
    asked: set[tuple[str, str]] = field(default_factory=set)


def parts_of(request: Request) -> Parts:
    """The parts of the application that was asked."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts
