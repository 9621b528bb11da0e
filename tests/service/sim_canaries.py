"""Bugs planted on purpose: a simulator that does not find each of them is none.

Law: a canary changes only what the workers do, never what they are measured by.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
from sqlalchemy import delete, select

from upheld.clocks.table import NEVER, STATES, Agenda
from upheld.facts.tables import Facts
from upheld.service import deliver, evaluate, fold, tick
from upheld.service.fold import New
from upheld.service.letter import Letter
from upheld.stores import live, outbox
from upheld.stores.outbox import Message

__all__ = ["CANARIES"]


def _told_twice(stack: ExitStack) -> None:
    """Nothing remembers that a step has fired, and its message has no key of its own."""
    real = fold._row
    stack.enter_context(patch.object(live, "fired", lambda _connection, _units: set()))
    stack.enter_context(patch.object(fold, "_row", lambda notice, at, *a, **k: real(notice, at, *a, **k)._replace(key=f"{notice.key}#{at}")))


def _marks_first(stack: ExitStack) -> None:
    """What was recorded is struck off the list before it is read, in a transaction of its own."""
    real_tick, real_candidates, real_due = tick.Ticker.tick, live.candidates, live.Probe.due
    mine = threading.local()

    def hasty(self: Any) -> Any:
        with self.store.database.writing() as connection:
            names = list(connection.execute(select(live.touched.c.name).where(live.touched.c.kind == "case")).scalars())
            connection.execute(delete(live.touched).where(live.touched.c.kind == "case"))
        mine.units = [live.case_unit(name) for name in dict.fromkeys(names)]
        try:
            return real_tick(self)
        finally:
            mine.units = []

    def units() -> list[str]:
        return list(getattr(mine, "units", []))

    def candidates(connection: Any, at: int, most: int) -> list[str]:
        return list(dict.fromkeys((*units(), *real_candidates(connection, at, most))))

    stack.enter_context(patch.object(live, "candidates", candidates))
    stack.enter_context(patch.object(live.Probe, "due", lambda self, at: bool(units()) or real_due(self, at)))
    stack.enter_context(patch.object(tick.Ticker, "tick", hasty))


def _new_key(stack: ExitStack) -> None:
    """A message that is tried again goes under another key."""
    real = deliver.Deliverer.deliver
    tries: Counter[str] = Counter()

    class Rekeyed:
        def __init__(self, notifier: Any) -> None:
            self.notifier = notifier

        def send(self, letters: Sequence[Letter]) -> Sequence[Any]:
            tries.update(letter.key for letter in letters)
            return self.notifier.send([replace(x, key=f"{x.key}#{tries[x.key]}") if tries[x.key] > 1 else x for x in letters])

        def place(self, channel: str, address: str) -> str:
            return str(self.notifier.place(channel, address))

    stack.enter_context(patch.object(deliver.Deliverer, "deliver", lambda self: real(replace(self, notifier=Rekeyed(self.notifier)))))


def _now_plus_delay(stack: ExitStack) -> None:
    """A step's instant is when somebody noticed it."""
    real = evaluate.agenda

    def agenda(plans: Any, facts: Facts, at: int, *more: Any) -> Agenda:
        found = real(plans, facts, at, *more)
        return replace(found, steps=replace(found.steps, at=np.full(len(found.steps), at)))

    stack.enter_context(patch.object(evaluate, "agenda", agenda))


def _acknowledged_stops(stack: ExitStack) -> None:
    """Whoever acknowledges stops the clock."""
    real = evaluate.agenda

    def agenda(plans: Any, facts: Facts, at: int, *more: Any) -> Agenda:
        found = real(plans, facts, at, *more)
        said = facts.declarations
        if said is None:
            return found
        about = {said.about.names[c] for c, k in zip(said.about.codes.tolist(), said.kind.codes.tolist(), strict=True)
                 if c >= 0 and said.kind.names[k] == "acknowledged"}
        table = found.clocks
        hit = np.array(["/".join(key[:4]) in about for key in table.key], np.bool_)
        state, next_at = table.state.copy(), table.next_at.copy()
        state[hit], next_at[hit] = STATES.index("stopped"), NEVER
        return replace(found, clocks=replace(table, state=state, next_at=next_at))

    stack.enter_context(patch.object(evaluate, "agenda", agenda))


def _silent_failure(stack: ExitStack) -> None:
    """A message of which nobody knows whether it arrived is given up."""
    def give_up(connection: Any, key: str, _by: str, _at: int, reason: str) -> None:
        outbox.turn_dead(connection, key, reason)

    stack.enter_context(patch.object(outbox, "retry_later", give_up))


def _known_later(stack: ExitStack) -> None:
    """A fact that is known only later, by another machine's clock, is forgotten."""
    stack.enter_context(patch.object(evaluate, "_later", lambda *_: None))


def _nothing_folded(stack: ExitStack) -> None:
    """After being down, every step is told."""
    def every(found: Any, at: int) -> list[Message]:
        return [fold._row(new.notice, at, "muted" if new.notice.muted else "waiting", new.notice.muted) for new in found]

    stack.enter_context(patch.object(tick, "fold", every))
    stack.enter_context(patch.object(deliver.Deliverer, "_hush", lambda *_: set()))


def _stopped_told(stack: ExitStack) -> None:
    """A clock that stopped meanwhile is told of all the same."""
    stack.enter_context(patch.object(evaluate, "New", lambda notice, _stopped, late: New(notice, False, late)))
    stack.enter_context(patch.object(deliver, "stopped_clocks", lambda *_: set()))


def _half_a_tick(stack: ExitStack) -> None:
    """Steps are committed before their messages, which take a while."""
    real = live.put_steps

    def put_steps(connection: Any, rows: Any) -> None:
        real(connection, rows)
        if rows:
            connection.exec_driver_sql("COMMIT")
            for _ in range(25):
                connection.exec_driver_sql("SELECT 1")
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    stack.enter_context(patch.object(live, "put_steps", put_steps))


CANARIES: dict[str, Callable[[ExitStack], None]] = {
    "told twice": _told_twice,
    "marks struck off first": _marks_first,
    "another key for another try": _new_key,
    "due is now plus delay": _now_plus_delay,
    "an acknowledgement stops the clock": _acknowledged_stops,
    "an unknown outcome is given up": _silent_failure,
    "known later, forgotten": _known_later,
    "nothing folded": _nothing_folded,
    "stopped clocks are told of": _stopped_told,
    "steps without their messages": _half_a_tick,
}
