"""Group commit: threads that record at the same moment share one transaction, so one wait for the disk serves them all.

Law: nobody is answered before what they recorded is on the disk; a failure is told to everyone whose rows were in it, and nothing of it stays.
Nobody waits for company: whoever comes while others write goes with the next.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from upheld.stores.trouble import StoreError

__all__ = ["Group"]

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class _Seat(Generic[_Asked, _Answer]):
    def __init__(self, asked: _Asked) -> None:
        self.asked = asked
        self.answer: list[_Answer] = []
        self.error: BaseException | None = None
        self.leads = False
        self.turn = threading.Event()


class Group(Generic[_Asked, _Answer]):
    """``write``: answers many in one transaction. ``most``: how many go together."""

    def __init__(self, write: Callable[[Sequence[_Asked]], Sequence[_Answer]], most: int = 256) -> None:
        self._write, self._most = write, most
        self._lock = threading.Lock()
        self._waiting: list[_Seat[_Asked, _Answer]] = []
        self._busy = False

    def ask(self, asked: _Asked) -> _Answer:
        """The answer, once it is on the disk. Raises what ``write`` raised."""
        seat: _Seat[_Asked, _Answer] = _Seat(asked)
        with self._lock:
            self._waiting.append(seat)
            seat.leads, self._busy = not self._busy, True
        if not seat.leads:
            seat.turn.wait()
        if seat.leads:
            self._lead()
        if seat.error is not None:
            raise seat.error
        return seat.answer[0]

    def _lead(self) -> None:
        """Write for everybody who waits, then hand over to the first who came meanwhile."""
        with self._lock:
            going, self._waiting = self._waiting[: self._most], self._waiting[self._most:]
        try:
            for seat, answer in zip(going, self._write([seat.asked for seat in going]), strict=True):
                seat.answer.append(answer)
        except StoreError as error:
            for seat in going:
                # each raises its own: a traceback belongs to one thread
                seat.error = StoreError(error.slug, error.what, error.help)
        except BaseException as error:
            for seat in going:
                seat.error = StoreError("broken", f"recording stopped: {type(error).__name__}", "record it again")
            raise
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._busy = following is not None
            for seat in going:
                seat.turn.set()
            if following is not None:
                following.leads = True
                following.turn.set()
