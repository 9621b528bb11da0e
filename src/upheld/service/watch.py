"""The watch: an auditor that asks the store, not the worker, whether what should have happened has.

Law: independent of the tick: it reads what is due and what is waiting, and says so in numbers and, once an hour, to the operator.
"""

from __future__ import annotations

from dataclasses import dataclass

from upheld.service.clock import Clock
from upheld.service.operator import Alarm, operator_messages
from upheld.stores import outbox
from upheld.stores.live import Due, set_aside, should_have_fired
from upheld.stores.store import Store
from upheld.values.instant import format_instant

__all__ = ["Watch", "look"]

_GRACE_US = 60_000_000
_WAITING_US = 900_000_000


@dataclass(frozen=True, slots=True)
class Watch:
    """``overdue``: clocks nobody looked at in time (``first`` of them); ``waiting``: messages that should have left; ``dead``: given up;
    ``aside``: units set aside.
    """

    overdue: int
    first: tuple[Due, ...]
    waiting: int
    dead: int
    aside: int
    queues: dict[str, int]

    @property
    def well(self) -> bool:
        """Whether all that should have happened has."""
        return not (self.overdue or self.waiting)


def look(store: Store, clock: Clock, alarm: Alarm | None = None) -> Watch:
    """What should have happened by now and has not. With an ``alarm`` the operator is told of it, once an hour. Raises ``StoreError``."""
    now = clock.now()
    first, overdue = should_have_fired(store.database, now - _GRACE_US)
    queues = outbox.queues(store.database)
    late = outbox.overdue(store.database, now - _WAITING_US)
    found = Watch(overdue, tuple(first), late, queues.get("dead", 0), len(set_aside(store.database)), queues)
    if alarm is not None and not found.well:
        lines = [f"- {due.agreement} {due.commitment} {due.case}: since {format_instant(due.next_at)}" for due in found.first]
        text = (f"Clocks that should have been looked at more than a minute ago: {found.overdue}. Messages that should have left more than a "
                f"quarter of an hour ago: {found.waiting}.\n\n" + "\n".join(lines) + "\n\n`upheld doctor` says what is wrong.")
        rows = operator_messages(alarm, f"overdue/{now // 3_600_000_000}", "Steps or messages are overdue", text, now)
        with store.together(), store.database.writing() as connection:
            outbox.put_messages(connection, rows)
    return found
