"""Progress for people who wait: on stderr, on a terminal only, and only when it takes longer than a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from upheld.cli.text import console

__all__ = ["counting", "reading", "steps"]

_PATIENCE_S = 1.0


@contextmanager
def reading() -> Iterator[Callable[[str, int, int], None]]:
    """Told ``(what, done, of)`` while files are read; shows a bar once a second has passed."""
    err = console(stderr=True)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=err, transient=True)
    begun = time.monotonic()
    task = bar.add_task("reading facts", total=None)
    shown = False

    def told(what: str, done: int, of: int) -> None:
        nonlocal shown
        if not shown and err.is_terminal and time.monotonic() - begun > _PATIENCE_S:
            bar.start()
            shown = True
        bar.update(task, description=f"reading {what}", completed=done, total=of or None)

    try:
        yield told
    finally:
        if shown:
            bar.stop()


@contextmanager
def counting(what: str, of: int) -> Iterator[Callable[[int], None]]:
    """Told how many more are done of ``of``; shows a bar on a terminal."""
    err = console(stderr=True)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=err, transient=True)
    task = bar.add_task(what, total=of)
    if err.is_terminal:
        bar.start()
    try:
        yield lambda n: bar.advance(task, n)
    finally:
        if err.is_terminal:
            bar.stop()


@contextmanager
def steps(what: str) -> Iterator[Callable[[str], None]]:
    """Told the name of each step begun; shows a spinner with it on a terminal."""
    err = console(stderr=True)
    bar = Progress(SpinnerColumn(), TextColumn("{task.description}"), console=err, transient=True)
    task = bar.add_task(what)
    if err.is_terminal:
        bar.start()
    try:
        yield lambda name: bar.update(task, description=f"{what}: {name}")
    finally:
        if err.is_terminal:
            bar.stop()
