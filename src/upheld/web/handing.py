"""Handing work to the intake and waiting for it; first answers to requests that are asked again.

Law: an answer is given when its work is on the disk; the same key with the same request gets the first answer, whatever was done since.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from upheld.service.clock import BACKWARDS_US, WAS_AHEAD_US
from upheld.stores.store import Store
from upheld.stores.taking import Call, Taken
from upheld.stores.trouble import StoreError
from upheld.web.intake import Acts, Facts, FullError, StoppingError
from upheld.web.parts import Parts
from upheld.web.problems import Problem, store_problem
from upheld.web.receipts import Signer

__all__ = ["Kept", "RacedError", "first_answer", "handed_in", "key_of"]

_MINUTE_US = 60_000_000
_KEY = re.compile(r"[!-~]{1,200}")

T = TypeVar("T")


class RacedError(Exception):
    """Another process is doing the same request."""


@dataclass(slots=True)
class Kept:
    """A store as the intake writes to it, and the key that will sign for it. ``log``: a bound structlog logger."""

    store: Store
    signer: Signer
    log: Any
    told: int = 0

    def held(self, now: int) -> int:
        """The instant at which what comes now is recorded, µs UTC: a clock that was set back is held at the last fact, and the log says so,
        else what was stated as of a moment between would change afterwards.
        """
        last = self.store.stream.last_recorded()
        if last is None or not now < last <= now + WAS_AHEAD_US:
            return now
        if last - now > BACKWARDS_US and abs(now - self.told) > _MINUTE_US:
            self.log.error("clock", behind_s=(last - now) // 1_000_000, help="the clock of this machine was set back: set it right")
            self.told = now
        return last

    def record_each(self, calls: Sequence[Call]) -> list[list[Taken]]:
        """What came of each row of each call. Raises ``Problem`` 503 where nobody could sign for it."""
        self.signer.refresh()
        return self.store.stream.record_each(calls)

    def write(self, acts: Acts) -> None:
        """The audit and the first answers. Raises RacedError where another process answered first: then all is to be done again."""
        if acts.audit:
            self.store.audit.add_many(acts.audit)
        if acts.answers and not self.store.answers.keep_many(acts.answers):
            raise RacedError
        self.store.answers.keep_many(acts.spare)


async def handed_in(parts: Parts, work: Callable[[int], T] | Facts[T], rows: int, actor: str) -> T:
    """The answer of work that was committed. Raises ``Problem`` 429, 503."""
    try:
        return await asyncio.wrap_future(parts.intake.hand_in(work, rows, actor))
    except FullError as full:
        if full.own:
            raise Problem(429, "too-fast", "more facts of this token wait than may: nothing of this request was recorded",
                          "send fewer at once, the same again later", retry_s=1) from None
        raise Problem(503, "overloaded", "too many facts wait to be written: nothing of this request was recorded",
                      "send the same again later", retry_s=2) from None
    except StoppingError:
        raise Problem(503, "stopping", "this server is going down: nothing of this request was recorded",
                      "send the same again", retry_s=5) from None
    except RacedError:
        raise Problem(409, "in-flight", "a request with this Idempotency-Key was done at the same moment", "ask again", retry_s=1) from None
    except StoreError as error:
        parts.log.error("store", slug=error.slug, what=error.what)
        raise store_problem(error) from None


def key_of(request: Request) -> str:
    """The Idempotency-Key, "" where there is none. Raises ``Problem`` 400."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return ""
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Problem(400, "idempotency-key", "the Idempotency-Key is not one text of at most 200 visible characters", "a UUID is best")
    return given[0]


async def first_answer(parts: Parts, who: str, key: str, asked_hash: bytes) -> Response | None:
    """What this request was answered the first time. Raises ``Problem`` 422 where the key was used for another."""
    try:
        answer = await to_thread.run_sync(parts.store.answers.get, who, key)
    except StoreError as error:
        raise store_problem(error) from None
    if answer is None:
        return None
    if answer.hash != asked_hash:
        raise Problem(422, "idempotency", "this Idempotency-Key was used for another request", "take a new key for a new request")
    return Response(answer.body, answer.status, {"Idempotent-Replay": "true"}, "application/json")
