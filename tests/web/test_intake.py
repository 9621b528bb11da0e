"""The queue before the store: what waits is bounded, what fails harms nobody else, what is undone leaves nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from upheld.service.clock import FakeClock
from upheld.web.intake import FullError, Intake, StoppingError, Undo


class Book:
    """Lines that are kept only when their transaction ends well."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.open: list[str] = []
        self.transactions = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        self.open = []
        yield
        self.transactions += 1
        self.lines += self.open

    def write(self, line: str) -> Callable[[int], str]:
        def work(at: int) -> str:
            self.open.append(line)
            if line.startswith("bad"):
                raise OSError(line)
            if line.startswith("undo"):
                raise Undo(f"not {line}")
            return f"{line} at {at}"
        return work


def test_what_fails_harms_nobody_else() -> None:
    book = Book()
    intake = Intake(book, FakeClock(7))
    intake._open = True
    futures = [intake.hand_in(book.write(line), 1, "ann") for line in ("a", "bad b", "c", "undo d", "e")]
    intake.start()
    intake.stop()
    assert book.lines == ["a", "c", "e"]
    assert [f.exception() is None for f in futures] == [True, False, True, True, True]
    assert futures[3].result() == "not undo d"
    assert futures[4].result() == "e at 7"
    assert intake.waiting == 0


def test_what_waits_is_committed_together() -> None:
    book = Book()
    intake = Intake(book, FakeClock(7))
    intake._open = True
    futures = [intake.hand_in(book.write(str(i)), 1, "ann") for i in range(50)]
    intake.start()
    intake.stop()
    assert book.transactions == 1
    assert all(f.done() for f in futures)


def test_a_full_queue_says_so_and_one_actor_cannot_fill_it() -> None:
    book, gate = Book(), threading.Event()
    intake = Intake(book, FakeClock(7), most=100, group=1)
    intake.start()
    intake.hand_in(lambda _: gate.wait(), 1, "x")
    intake.hand_in(book.write("a"), 50, "ann")
    with pytest.raises(FullError) as full:
        intake.hand_in(book.write("b"), 1, "ann")
    assert full.value.own
    intake.hand_in(book.write("c"), 45, "bob")
    with pytest.raises(FullError) as full:
        intake.hand_in(book.write("d"), 10, "eve")
    assert not full.value.own
    gate.set()
    intake.stop()
    assert book.lines == ["a", "c"]
    with pytest.raises(StoppingError):
        intake.hand_in(book.write("e"), 1, "ann")
