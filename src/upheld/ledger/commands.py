"""What can be asked of the ledger: one frozen value per act, with the key that makes a retry harmless.

Law: the same key with the same content is the same request, whenever it arrives; with another content it is refused. The content is
everything but ``key`` and ``at``: a retry is stamped later, and asks for the same.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from typing import Literal

from upheld.ledger.transfer import Side, State

__all__ = ["SYSTEM", "Apply", "Approve", "Command", "Decide", "Dispute", "Expire", "Issue", "Move", "Request", "Restate", "Reverse", "Review",
           "Void", "is_system", "request_hash"]

SYSTEM = "system"
"""The actor of what the program does by itself; ``system:<part>`` is the system too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What every act says. ``key``: made by the asker, one for each attempt meant; ``at``: µs UTC, when it is recorded; ``actor``: who."""

    key: str
    agreement: str
    line: str
    at: int
    actor: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restate(Request):
    """What a line comes to now, in minor units: above 0 the provider owes, below 0 the customer does. Books new less old, new lines whole.

    ``ends``: when the period ends (µs UTC); before it its figures are provisional and nothing is booked.
    """

    minor: int
    currency: str
    period: str
    ends: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Request):
    """An act that moves a line's money to its next state. ``minor``: how much, None for all; ``side``: None for the one that has money."""

    minor: int | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Move):
    """computed → reviewed: a person looked at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(Move):
    """reviewed → approved: a second person, who reviewed nothing of this line, agrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue(Move):
    """approved → issued: the other party is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply(Move):
    """issued → applied: on an invoice, or paid. ``expires``: the last instant at which it may be used (µs UTC)."""

    expires: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire(Move):
    """issued → expired: not used by ``expires`` (µs UTC)."""

    expires: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(Move):
    """``state`` → voided, by a person with a reason: it is not owed after all."""

    state: State = "issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute(Move):
    """``state`` → disputed beside it, by a person with a reason. ``by``: the last instant for it (µs UTC)."""

    state: State = "issued"
    by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide(Move):
    """Ends a dispute of money that was in ``state``: ``stands`` puts it back there, ``voided`` voids it. A person with a reason."""

    verdict: Literal["stands", "voided"]
    state: State = "issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse(Request):
    """Takes a transfer of this line back, ``minor`` of it or what remains of it: a person with a reason."""

    transfer: str
    minor: int | None = None


Command = Restate | Review | Approve | Issue | Apply | Expire | Void | Dispute | Decide | Reverse


def is_system(actor: str) -> bool:
    """Whether the actor is the program itself, not a person."""
    return actor.strip().casefold().split(":")[0] == SYSTEM


def request_hash(command: Command) -> str:
    """SHA-256 (hex) of what the command asks: its name and content, without ``key`` and ``at``.

    What is at its default is left out, so that an act may get further options and a retry across releases is still the same request.
    """
    content = {f.name: value for f in fields(command) if f.name not in ("key", "at") and (value := getattr(command, f.name)) != f.default}
    body = json.dumps({"command": type(command).__name__, **content}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()
