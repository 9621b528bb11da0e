"""What the operator is told: that something needs a hand. By the outbox, like everything else, so that it is not lost either.

Law: one key a trouble, so that a trouble that lasts is told once; by another channel where one channel is the trouble.
"""

from __future__ import annotations

from dataclasses import dataclass

from upheld.stores.outbox import Message

__all__ = ["OPERATOR", "Alarm", "operator_messages"]

OPERATOR = "operator"
"""The recipient of such messages."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Where the operator is reached: a mail address, a name of [chat.NAME]."""

    mail: str = ""
    chat: str = ""


def operator_messages(alarm: Alarm, about: str, subject: str, text: str, at: int, avoid: str = "") -> list[Message]:
    """The rows of the outbox that tell it: by mail, else by chat; not by the channel to ``avoid`` if there is another.

    Where nobody is named the row is there all the same, muted: ``upheld doctor`` shows it.
    """
    ways = [(channel, address) for channel, address in (("mail", alarm.mail), ("chat", alarm.chat)) if address]
    ways = [way for way in ways if way[0] != avoid] or ways
    channel, address = ways[0] if ways else ("", "")
    state, reason = ("waiting", "") if ways else ("muted", "no [operator] in upheld.toml")
    return [Message(f"{OPERATOR}/{about}/{channel}", "", "", "", OPERATOR, channel, address, "en", f"Upheld: {subject}", text, "the operator",
                    at, at, state, reason, 0, 0, "", None, "", "", at)]
