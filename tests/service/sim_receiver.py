"""The other end: people's mailboxes, which know a letter by its key, and the road to them, which loses answers.

Law: a key is one effect, however often it comes; what comes that the outbox does not hold is unexpected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sim_checks import require
from sim_faults import Actor

from upheld.service.letter import Letter, Outcome
from upheld.stores.live_schema import outbox

__all__ = ["Effect", "Receiver"]


@dataclass(frozen=True, slots=True)
class Effect:
    """A letter as it came the first time."""

    clock: str
    recipient: str
    channel: str
    at: int
    also: tuple[str, ...]


@dataclass(slots=True)
class Receiver:
    """``effects``: by key. ``posts``: how often each key came. ``refusing``: addresses that can never be reached."""

    simulation: Any
    effects: dict[str, Effect] = field(default_factory=dict)
    posts: Counter[str] = field(default_factory=Counter)
    told: set[tuple[str, str, str, str]] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def notifier(self, actor: Actor) -> _Road:
        """The road of one worker."""
        return _Road(self, actor)

    def take(self, letter: Letter, at: int) -> None:
        """A letter comes in."""
        self.posts[letter.key] += 1
        if letter.key in self.effects:
            require(self.effects[letter.key].also == letter.also, "the same letter under the same key", letter.key)
            return
        self.effects[letter.key] = Effect(letter.clock, letter.recipient, letter.channel, at, letter.also)
        step = (letter.clock, letter.step, letter.recipient, letter.channel)
        require(step not in self.told, "a step is told once", letter.key)
        self.told.add(step)

    def check(self) -> None:
        """Every letter that came is a message of the outbox that was to be sent; every message said to be sent came."""
        with self.simulation.observer.database.reading() as connection:
            rows = connection.execute(outbox.select().with_only_columns(outbox.c.key, outbox.c.state, outbox.c.attempts, outbox.c.reason,
                                                                        outbox.c.folded_into)).all()
        states = {row.key: row for row in rows}
        for key in self.effects:
            require(key in states, "no unexpected message", key)
            row = states[key]
            # muted or dead after a try of which nobody knows whether it arrived is what honesty allows
            require(row.state in ("sent", "waiting", "leased") or row.attempts, "no unexpected message", tuple(row))
        for row in rows:
            if row.state == "dead":
                require(row.key in self.refused or row.attempts >= 12, "only what cannot be sent is given up", tuple(row))
            if row.state == "sent":
                require(row.key in self.effects, "what is said to be sent came", row.key)

    def count(self) -> tuple[int, int]:
        """``(letters that came, those of them that had come before)``."""
        posts = sum(self.posts.values())
        return posts, posts - len(self.posts)


@dataclass(frozen=True, slots=True)
class _Road:
    """A worker's way to the receiver (a ``Notifier``)."""

    receiver: Receiver
    actor: Actor

    def send(self, letters: Sequence[Letter]) -> Sequence[Outcome]:
        """Each letter, one after the other: it may arrive or not, and be answered or not."""
        return [self._one(letter) for letter in letters]

    def _one(self, letter: Letter) -> Outcome:
        stage, rng = self.actor.stage, self.actor.stage.rng
        self.actor.gate("send")
        luck = rng.random()
        if luck < 0.02:
            return Outcome("failed", "451 try again later", wait_s=rng.choice((0, 0, 30)))
        if luck < 0.03:
            return Outcome("unknown", "no answer")
        if letter.recipient == "ben" and luck < 0.031:
            self.receiver.refused.add(letter.key)
            return Outcome("refused", "550 no such mailbox")
        self.receiver.take(letter, stage.now)
        self.actor.gate("sent")
        if luck < 0.06:
            stage.now += 1_000_000
            return Outcome("unknown", "the connection was lost before the answer")
        return Outcome("sent", provider="sim")

    def place(self, channel: str, address: str) -> str:
        """One place an address."""
        return f"{channel}/{address}"

    def owner(self, channel: str, address: str) -> str:
        """Nobody."""
        return ""
