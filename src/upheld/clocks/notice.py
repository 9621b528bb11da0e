"""A notice: what one person is told of one step, or why they are not.

Law: a notice is named by its step, its recipient and its channel; muting hides the message, never the measurement.
"""

from __future__ import annotations

from dataclasses import dataclass

from upheld.clocks.table import StepRow, step_key

__all__ = ["Notice"]


@dataclass(frozen=True, slots=True)
class Notice:
    """``recipient``: a contact of the agreement ("" where nobody is on duty and nobody stands in). ``send_at``: the step's own instant, or the
    opening that ends the quiet hours, µs UTC. ``muted``: "" or why it is not sent (a silence with its author and end, a parent's outage …).
    ``path``: how the recipient was found, in words. ``text``: Markdown.
    """

    step: StepRow
    recipient: str
    channel: str
    address: str
    language: str
    subject: str
    text: str
    send_at: int
    path: str
    muted: str = ""

    @property
    def key(self) -> str:
        """The idempotency key: ``<step key>/<recipient>/<channel>``."""
        return f"{step_key(self.step.key, self.step.step)}/{self.recipient}/{self.channel}"
