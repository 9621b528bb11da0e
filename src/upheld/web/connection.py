"""A connection, and how long it may keep us waiting: for the head of a request, for a body nobody reads any more, for an answer to be taken.

Law: whoever sends a byte now and then holds nothing for ever; what is no HTTP is told in the words of every problem. How long a body may take
is the business of ``body``, which can say so.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from upheld.web.problems import Problem, problem_response

__all__ = ["Connection", "Waits", "connection_of"]


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds. ``head``: from the first byte of a request to the end of its headers, and until a new connection says anything. ``rest``: for
    what still comes of a body after its answer was given. ``taken``: until an answer has left, while nobody takes any of it in.
    """

    head: float = 20.0
    rest: float = 10.0
    taken: float = 120.0


class Connection(H11Protocol):
    """One connection of a server."""

    waits: ClassVar[Waits] = Waits()
    _waiting: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None
    _what = ""

    def connection_made(self, transport: Any) -> None:
        """Somebody has come."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """They have gone."""
        self._let_go()
        self._taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes: a timer that runs goes on running, however many come."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """An answer was given; the rest of its body may still be on the way."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """The other side takes nothing in."""
        super().pause_writing()
        if self._stuck is None:
            self._stuck = self.loop.call_later(self.waits.taken, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        self._taken()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - we have words of our own
        """What came is no HTTP, or its head is too large."""
        error = sys.exc_info()[1]
        too_large = isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431
        self._refuse(Problem(431, "head-too-large", "the address and headers are too large", "send less in headers") if too_large else
                     Problem(400, "no-http", "this is no HTTP request that can be read"))

    # ---- waiting ----------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """See what is waited for now: the head of a request, the rest of an answered body, or nothing."""
        if self.transport is None or self.transport.is_closing():
            self._let_go()
            return
        state, answered = self.conn.their_state, self.conn.our_state in (h11.DONE, h11.MUST_CLOSE)
        begun = self.cycle is None or bool(self.conn.trailing_data[0])
        if state is h11.IDLE and begun:
            self._wait("head", self.waits.head)
        elif state is h11.SEND_BODY and answered:
            self._wait("rest", self.waits.rest)
        else:
            self._let_go()

    def _wait(self, what: str, seconds: float) -> None:
        if self._what != what:
            self._let_go()
            self._what, self._waiting = what, self.loop.call_later(seconds, self._late)

    def _let_go(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting, self._what = None, ""

    def _taken(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _late(self) -> None:
        self._waiting = None
        if self._what == "head" and self.conn.trailing_data[0]:
            self._refuse(Problem(408, "too-slow", f"the head of the request was not whole within {self.waits.head:g} seconds"))
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        response = problem_response(problem)
        headers = [*response.raw_headers, (b"connection", b"close")]
        try:
            sent = [self.conn.send(event) for event in (h11.Response(status_code=problem.status, headers=headers),
                                                        h11.Data(data=bytes(response.body)), h11.EndOfMessage())]
            self.transport.write(b"".join(one for one in sent if one))
        except h11.LocalProtocolError:
            pass  # an answer is under way already: it is cut off
        self.transport.close()


def connection_of(waits: Waits) -> type[Connection]:
    """Connections that wait so long."""
    return type("Connection", (Connection,), {"waits": waits})
