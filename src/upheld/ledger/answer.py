"""What the ledger answers: the transfers an act made, or why it made none.

Law: a request has one answer, the first; refusals are answers too and are kept like them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from upheld.ledger.transfer import Transfer

__all__ = ["Answer", "Posted", "Refusal", "answer_bytes", "answer_of"]


@dataclass(frozen=True, slots=True)
class Posted:
    """The transfers that were added; none where nothing had to change."""

    transfers: tuple[Transfer, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was added. ``slug``: ``form``, ``amount``, ``currency``, ``period``, ``window``, ``person``, ``reason``, ``side``,
    ``unknown``, ``idempotency`` or ``ledger``. ``state`` and ``balance`` (minor units): what stands where the money was looked for.
    """

    slug: str
    what: str
    help: str = ""
    state: str = ""
    balance: int | None = None

    def __str__(self) -> str:
        return f"refused[{self.slug}]: {self.what}" + (f"\n   help: {self.help}" if self.help else "")


Answer = Posted | Refusal


def answer_bytes(answer: Answer) -> bytes:
    """The answer as canonical JSON: a refusal whole, a posting by the number of its transfers (they are kept themselves)."""
    body = {"posted": len(answer.transfers)} if isinstance(answer, Posted) else {"refused": asdict(answer)}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def answer_of(body: bytes, transfers: tuple[Transfer, ...]) -> Answer:
    """The answer back from its bytes and its transfers. Raises ``ValueError`` where they do not belong together."""
    found = json.loads(body)
    if "refused" in found and not transfers:
        return Refusal(**found["refused"])
    if found.get("posted") != len(transfers):
        raise ValueError(f"the request made {found.get('posted', 0)} transfers, and {len(transfers)} are kept")
    return Posted(transfers)
