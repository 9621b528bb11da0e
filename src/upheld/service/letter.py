"""A letter: what leaves the house, and what became of it.

Law: a letter's key is the same at each try, and so is everything a receiver can tell letters apart by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import quote

from upheld.clocks.message import LINK
from upheld.service.fold import late_line
from upheld.stores.outbox import Message

__all__ = ["Letter", "Notifier", "Outcome", "letter_of"]

_MOST_TEXT = 100_000
_WHOLE = 12
"""A digest holds so many messages whole; of the rest their subjects."""


@dataclass(frozen=True, slots=True)
class Letter:
    """``key``: of the message it carries first; ``also``: keys of the others in it. ``text``: Markdown."""

    key: str
    channel: str
    address: str
    recipient: str
    subject: str
    text: str
    clock: str = ""
    step: str = ""
    agreement: str = ""
    language: str = ""
    step_at: int = 0
    also: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A short name for the key, fit for headers."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try came to. ``sent``; ``failed`` (try again); ``unknown`` (it may have arrived: try again under the same key); ``refused`` (it
    can never be sent so); ``gone`` (the receiver wants nothing more, ever). ``wait_s``: how long the other side asks us to wait.
    """

    state: Literal["sent", "failed", "unknown", "refused", "gone"]
    said: str = ""
    provider: str = ""
    wait_s: int = 0


class Notifier(Protocol):
    """Sends letters: by the channels of ``upheld.toml``, or in a simulator."""

    def send(self, letters: Sequence[Letter]) -> Sequence[Outcome]:
        """What became of each letter, in their order. Raises nothing."""
        ...

    def place(self, channel: str, address: str) -> str:
        """What names the receiver behind an address, as long as it is the same receiver."""
        ...

    def owner(self, channel: str, address: str) -> str:
        """The mail address of who runs the receiver, "" if nobody is named."""
        ...


def letter_of(leader: Message, others: Sequence[Message], url: str = "") -> Letter:
    """A message as a letter, with those that go with it listed and quoted. Pure: the same rows make the same letter. ``url``: where this
    installation is reached, for links.
    """
    subject, text = leader.subject, _linked(leader, url)
    if others:
        subject = f"{leader.subject} (and {len(others)} more)"
        every = (leader, *others)
        lines = [late_line(m.subject, m.step_at) for m in every]
        whole = [f"## {m.subject}\n\n{_linked(m, url).strip()}" for m in every[:_WHOLE]]
        text = "\n\n".join((f"{len(every)} messages:", "\n".join(lines), *whole))
    if len(text) > _MOST_TEXT:
        text = text[:_MOST_TEXT] + "\n\n(cut here: the rest is in `upheld clocks`)"
    return Letter(leader.key, leader.channel, leader.address, leader.recipient, _one_line(subject), text, leader.clock, leader.step,
                  leader.agreement, leader.language, leader.step_at, tuple(m.key for m in others))


def _linked(message: Message, url: str) -> str:
    """The text with its link to the clock; without the line that has it where nobody knows the address."""
    if LINK not in message.text:
        return message.text
    if url:
        return message.text.replace(LINK, f"{url.rstrip('/')}/clocks/{quote(message.clock)}")
    return "".join(line for line in message.text.splitlines(keepends=True) if LINK not in line)


def _one_line(text: str) -> str:
    """A header's value: no control characters, whatever a ticket was called."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:400]
