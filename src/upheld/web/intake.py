"""The intake: a bounded queue before the store, and one writer that commits what waits together.

Law: nothing is acknowledged before its transaction is on the disk; who finds the queue full is told when to come again; work that fails or
takes itself back leaves nothing behind and harms nobody else's. The facts of all who wait are one bulk write, each one's answer kept apart.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from upheld.facts.arrive import Arrival
from upheld.service.clock import Clock
from upheld.stores.answers import Answer
from upheld.stores.rows import rows_of_arrivals
from upheld.stores.taking import Call, Taken

__all__ = ["Acts", "Facts", "FullError", "Intake", "Keeper", "StoppingError", "Undo"]

T = TypeVar("T")


class Undo(Exception, Generic[T]):  # noqa: N818 - no error: a way out of the transaction with an answer
    """Raised by work that takes itself back: its transaction leaves nothing, and ``answer`` is what the waiting one gets."""

    def __init__(self, answer: T) -> None:
        super().__init__("undone")
        self.answer = answer


class FullError(Exception):
    """The queue is full (``own``: with work of this same actor)."""

    def __init__(self, own: bool) -> None:
        super().__init__("the queue is full")
        self.own = own


class StoppingError(Exception):
    """No more work is taken: this process is going down."""


@dataclass(slots=True)
class Acts:
    """What is written beside the facts of a transaction, in one go: lines of the audit (actor, action, object, outcome, at, detail), first
    answers (asker, key, answer); ``spare``: such that stay as they are where there is one already.
    """

    audit: list[tuple[str, str, str, str, int, str]] = field(default_factory=list)
    answers: list[tuple[str, str, Answer]] = field(default_factory=list)
    spare: list[tuple[str, str, Answer]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Facts(Generic[T]):
    """Facts to record. ``strict``: all of them or none. ``then``: within the transaction, what came of each becomes the answer."""

    arrivals: Sequence[Arrival]
    actor: str
    then: Callable[[int, Sequence[Taken], Acts], T]
    strict: bool = False


class Joint(Protocol):
    """What can hold several pieces of work in one transaction."""

    def together(self) -> AbstractContextManager[None]:
        """One transaction."""
        ...


class Keeper(Protocol):
    """What facts are recorded in."""

    def held(self, now: int) -> int:
        """The instant at which what comes now is recorded: never before what was recorded last."""
        ...

    def record_each(self, calls: Sequence[Call]) -> list[list[Taken]]:
        """What came of each row of each call."""
        ...

    def write(self, acts: Acts) -> None:
        """What goes with them."""
        ...


@dataclass(slots=True, eq=False)
class _Piece:
    """``work``: called in the transaction, or facts."""

    work: Callable[[int], Any] | Facts[Any]
    rows: int
    actor: str
    done: Future[Any] = field(default_factory=Future)


@dataclass(slots=True)
class Intake:
    """``most``: rows that may wait; one actor at most half of them. ``group``: rows committed together. ``keeper``: where facts go."""

    store: Joint
    clock: Clock
    most: int = 40_000
    group: int = 5_000
    waiting: int = 0
    keeper: Keeper | None = None
    _queue: queue.SimpleQueue[_Piece | None] = field(default_factory=queue.SimpleQueue)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _of: Counter[str] = field(default_factory=Counter)
    _open: bool = False
    _thread: threading.Thread | None = None

    @property
    def taking(self) -> bool:
        """Whether work is taken and written."""
        return self._open and self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin to write what is handed in."""
        self._open = True
        self._thread = threading.Thread(target=self._write, name="upheld-intake", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more, write what waits, and end."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    def hand_in(self, work: Callable[[int], T] | Facts[T], rows: int, actor: str) -> Future[T]:
        """The answer of ``work(at)`` or of facts, once its transaction is committed; ``at`` is when it is recorded, µs.

        The work runs in the writer's thread, within a transaction that others share, and may run a second time if that had to be taken back.
        Raises FullError, StoppingError.
        """
        piece = _Piece(work, rows, actor)
        with self._lock:
            if not self._open:
                raise StoppingError
            if self.waiting and self.waiting + rows > self.most:
                raise FullError(own=False)
            if self._of[actor] and self._of[actor] + rows > self.most // 2:
                raise FullError(own=True)
            self.waiting += rows
            self._of[actor] += rows
            self._queue.put(piece)
        return piece.done

    def _write(self) -> None:
        end = False
        while not end:
            first = self._queue.get()
            if first is None:
                return
            pieces, rows = [first], first.rows
            while rows < self.group:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    end = True
                    break
                pieces.append(more)
                rows += more.rows
            # who has gone away meanwhile was told nothing, so nothing need be kept
            gone = [piece for piece in pieces if not piece.done.set_running_or_notify_cancel()]
            self._forget(gone)
            if alive := [piece for piece in pieces if piece not in gone]:
                self._commit(alive)

    def _commit(self, pieces: list[_Piece]) -> None:
        answers: list[tuple[_Piece, Any]] = []
        failure: BaseException | None = None
        try:
            with self.store.together():
                now = self.clock.now()
                answers = self._done(pieces, now if self.keeper is None else self.keeper.held(now))
        except Undo as undone:
            answers = [(pieces[0], undone.answer)]
            failure = undone
        except Exception as error:
            failure = error
        if failure is not None and len(pieces) > 1:
            for piece in pieces:  # one of them cannot be done: each for itself, so that it harms no other
                self._commit([piece])
            return
        self._forget(pieces)
        if failure is not None and not isinstance(failure, Undo):
            pieces[0].done.set_exception(failure)
            return
        for piece, answer in answers:
            piece.done.set_result(answer)

    def _done(self, pieces: list[_Piece], at: int) -> list[tuple[_Piece, Any]]:
        answers: list[tuple[_Piece, Any]] = []
        facts: list[tuple[_Piece, Facts[Any]]] = []
        for piece in pieces:
            if isinstance(piece.work, Facts):
                facts.append((piece, piece.work))
            else:
                answers.append((piece, piece.work(at)))
        if facts:
            assert self.keeper is not None
            acts = Acts()
            calls = [Call(rows_of_arrivals(one.arrivals, at), one.actor, at, one.strict) for _, one in facts]
            for (piece, one), taken in zip(facts, self.keeper.record_each(calls), strict=True):
                answers.append((piece, one.then(at, taken, acts)))
            self.keeper.write(acts)
        return answers

    def _forget(self, pieces: list[_Piece]) -> None:
        with self._lock:
            for piece in pieces:
                self.waiting -= piece.rows
                self._of[piece.actor] -= piece.rows
                if self._of[piece.actor] <= 0:
                    del self._of[piece.actor]
