"""Delivery: messages of the outbox leave the house, at least once, each under its one key.

Law: what is sent is leased first, in a transaction of its own, and settled after; a lease nobody settles runs out and is sent again under the
same key. Nobody gets more messages a minute than agreed: the rest waits and comes as one. What cannot be sent is dead; the operator is told.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from upheld.facts.arrive import STREAM
from upheld.service.acted import acted_on
from upheld.service.clock import Clock
from upheld.service.fold import LATE_US, STOPPED
from upheld.service.letter import Letter, Notifier, Outcome, letter_of
from upheld.service.operator import OPERATOR, Alarm, operator_messages
from upheld.stores import outbox
from upheld.stores.live import stopped_clocks
from upheld.stores.outbox import Attempt, Message
from upheld.stores.store import Store

__all__ = ["TOGETHER", "Delivered", "Deliverer", "backoff_us", "told_leaf"]

TOGETHER = "told together with others"
_LATER = "told together with a later step"
_LEASE_US = 60_000_000
_MINUTE_US = 60_000_000
_FIRST_US = 10_000_000
_MOST_US = 3_600_000_000
_ALONE = ("webhook",)
"""Channels whose receivers are programs: one message each."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many messages were sent, failed (and will be tried again), died, were muted or folded, were put off. ``took``: any were due."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    quiet: int = 0
    put_off: int = 0
    took: int = 0
    latest_us: int = 0


def backoff_us(attempt: int, wait_s: int, chance: float) -> int:
    """The pause after the n-th try: 10 s doubled each time, at most an hour, a fifth more or less by ``chance`` (0…1); as long as was asked."""
    pause = min(_FIRST_US * 2 ** min(attempt - 1, 20), _MOST_US)
    return max(int(pause * (0.8 + 0.4 * chance)), min(wait_s * 1_000_000, _MOST_US))


@dataclass(frozen=True, slots=True)
class Deliverer:
    """``name``: the worker's, for leases. ``attempts``: then a message is dead. ``per_minute``: messages a person, channel and minute."""

    store: Store
    clock: Clock
    notifier: Notifier
    name: str = "worker"
    alarm: Alarm = field(default_factory=Alarm)
    attempts: int = 12
    per_minute: int = 6
    batch: int = 50
    url: str = ""

    def deliver(self) -> Delivered:
        """Send what is due, one batch. Raises ``StoreError``: then what was leased is sent again later, under its keys."""
        now = self.clock.now()
        at = acted_on(self.store).reading(now).at
        soon = outbox.next_due(self.store.database)
        if soon is None or (soon > at and soon - now < outbox.FARTHEST_US):
            return Delivered()
        with self.store.together(), self.store.database.writing() as connection:
            letters, done = self._lease(connection, at, now)
        if not letters:
            return done
        outcomes = self.notifier.send(letters)
        with self.store.together(), self.store.database.writing() as connection:
            return self._settle(connection, letters, outcomes, done, self.clock.now(), at)

    # ---- leasing -----------------------------------------------------------------------------------------------------

    def _lease(self, connection: Connection, at: int, now: int) -> tuple[list[Letter], Delivered]:
        due = outbox.due(connection, at, now, self.batch)
        fresh = [m for m in due if not m.attempts]
        quiet = self._hush(connection, fresh, at)
        fresh = [m for m in fresh if m.key not in quiet]
        sent = outbox.recently_sent(connection, now - _MINUTE_US) if fresh else {}
        leaders: list[Message] = [m for m in due if m.attempts]
        put_off = 0
        for group in _grouped(fresh):
            first = group[0]
            n, since = sent.get((first.recipient, first.channel), (0, 0))
            if n >= self.per_minute:
                # they all wait for the same instant, and go together then
                outbox.postpone(connection, [m.key for m in group], since + _MINUTE_US, f"more than {self.per_minute} messages in a minute")
                put_off += len(group)
                continue
            leaders.append(first)
            outbox.muted_or_folded(connection, [m.key for m in group[1:]], TOGETHER, first.key)
            quiet |= {m.key for m in group[1:]}
        leaders = self._still_wanted(connection, leaders, at)
        outbox.lease(connection, [m.key for m in leaders], self.name, now + _LEASE_US)
        others = outbox.members(connection, [m.key for m in leaders], TOGETHER)
        letters = [letter_of(m, others.get(m.key, ()), self.url) for m in leaders]
        late = max((at - m.send_at for m in leaders if not m.attempts), default=0)
        return letters, Delivered(quiet=len(quiet), put_off=put_off, took=len(due), latest_us=late)

    def _hush(self, connection: Connection, fresh: Sequence[Message], at: int) -> set[str]:
        """What waited too long to be told as it is: of a clock that has stopped nothing, of any other the highest step to each person."""
        late = [m for m in fresh if m.clock and at - m.send_at > LATE_US]
        if not late:
            return set()
        stopped = stopped_clocks(connection, {m.clock for m in late})
        over = [m.key for m in late if m.clock in stopped]
        outbox.muted_or_folded(connection, over, STOPPED)
        hushed = set(over)
        waiting = outbox.undone_of(connection, sorted({m.clock for m in late} - stopped))
        groups: dict[tuple[str, str], list[Message]] = {}
        for m in waiting:
            if not m.attempts and m.send_at <= at:
                groups.setdefault((m.clock, m.recipient), []).append(m)
        for group in groups.values():
            top = max(group, key=lambda m: (m.step_at, m.key))
            lower = [m.key for m in group if m.key != top.key]
            outbox.muted_or_folded(connection, lower, _LATER, top.key)
            hushed |= set(lower)
        return hushed

    def _still_wanted(self, connection: Connection, leaders: Sequence[Message], at: int) -> list[Message]:
        """Without those whose receiver has said it wants nothing more."""
        wanted = []
        for m in leaders:
            if self.store.marks.get(_gone(self.notifier.place(m.channel, m.address))) is None:
                wanted.append(m)
            else:
                self._died(connection, m.key, m.channel, "the receiver was switched off: it had answered 410", at, told=True)
        return wanted

    # ---- settling ----------------------------------------------------------------------------------------------------

    def _settle(self, connection: Connection, letters: Sequence[Letter], outcomes: Sequence[Outcome], done: Delivered, now: int,
                at: int) -> Delivered:
        tries = outbox.tries_of(connection, [letter.key for letter in letters])
        sent = failed = dead = 0
        for letter, outcome in sorted(zip(letters, outcomes, strict=True), key=lambda pair: pair[0].key):
            n = tries[letter.key]
            said = outcome.provider if outcome.state == "sent" else outcome.said
            outbox.tried(connection, [Attempt(letter.key, n, now, self.name, outcome.state, said)])
            if outcome.state == "sent":
                sent += outbox.settle_sent(connection, letter.key, now, outcome.provider, told_leaf(letter, now), STREAM)
            elif outcome.state in ("refused", "gone") or n >= self.attempts:
                dead += self._died(connection, letter.key, letter.channel, outcome.said, at, told=outcome.state == "gone")
                if outcome.state == "gone":
                    self._switch_off(connection, letter, at)
            else:
                failed += 1
                outbox.retry_later(connection, letter.key, self.name, now + backoff_us(n, outcome.wait_s, random.random()), outcome.said)  # noqa: S311
        return Delivered(sent, failed, dead, done.quiet, done.put_off, done.took, done.latest_us)

    def _died(self, connection: Connection, key: str, channel: str, why: str, at: int, *, told: bool) -> bool:
        died = outbox.turn_dead(connection, key, why)
        if died and not told:
            ours = key.startswith(f"{OPERATOR}/")
            # one word an hour and channel: a mail server that is away must not become a flood of its own
            about = f"dead/{channel}/{at // 3_600_000_000}"
            outbox.put_messages(connection, operator_messages(
                self.alarm, about, f"A message by {channel or 'no channel'} could not be sent",
                f"{'A message to you' if ours else f'`{key}`'}: {why}\n\nIt has been given up, and so may others be. `upheld doctor` "
                "lists them; once the cause is mended, `upheld doctor --send-again` sends them.", at, avoid=channel))
        return died

    def _switch_off(self, connection: Connection, letter: Letter, at: int) -> None:
        place = self.notifier.place(letter.channel, letter.address)
        self.store.marks.raise_to(_gone(place), at)
        subject, text = f"{letter.channel} {letter.address} was switched off", (
            f"It answered 410 (gone): nothing more is sent there. What was meant for it is kept.\n\nTo go on, give "
            f"[{letter.channel}.{letter.address}] in upheld.toml its new address.")
        rows = operator_messages(self.alarm, f"gone/{place}", subject, text, at, avoid=letter.channel)
        owner = self.notifier.owner(letter.channel, letter.address)
        if owner:
            theirs = operator_messages(Alarm(mail=owner), f"gone/{place}", subject, text, at)
            rows += [m._replace(key=f"{m.key}/owner", recipient=owner) for m in theirs]
        outbox.put_messages(connection, rows)


def told_leaf(letter: Letter, at: int) -> bytes:
    """The leaf that says who was told: no address, no text."""
    body: Mapping[str, object] = {"kind": "notice", "key": letter.key, "recipient": letter.recipient, "channel": letter.channel, "at": at,
                                  **({"also": list(letter.also)} if letter.also else {})}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _gone(place: str) -> str:
    return f"gone/{place}"


def _grouped(fresh: Sequence[Message]) -> list[list[Message]]:
    """What goes to one person on one channel together, in the order of instants; to programs one by one."""
    groups: dict[tuple[str, ...], list[Message]] = {}
    for m in sorted(fresh, key=lambda m: (m.step_at, m.key)):
        alone = (m.key,) if m.channel in _ALONE else ()
        groups.setdefault((m.recipient, m.channel, m.address, *alone), []).append(m)
    return list(groups.values())
