"""A transfer: one amount that left one account for another, for good.

Law: a transfer is never edited or removed, only reversed by another; every amount stands once as a debit and once as a credit, so
debits equal credits in every currency; amounts are whole minor units, never fractions, never floats.

Each line of a settlement has two sides. On its *credit* side the provider owes the customer; on its *reward* side the customer owes
the provider (rewards, earned back credits, claw-backs), with debit and credit turned. A side's money stands in state accounts,
``credit:<agreement>:<line>:<state>``; it enters from, and by a restatement returns to, the agreement's account ``given:<agreement>``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from upheld.values.quantity import minor_digits

__all__ = ["DISPUTED", "ENDED", "GREATEST", "LIVE", "OTHER", "SIDES", "STATES", "Kind", "Side", "State", "Transfer", "account", "counter",
           "entry_bytes", "entry_of"]

Side = Literal["credit", "reward"]
State = Literal["computed", "reviewed", "approved", "issued", "disputed-computed", "disputed-reviewed", "disputed-approved",
                "disputed-issued", "applied", "voided", "expired"]
Kind = Literal["computed", "restated", "claw-back", "reviewed", "approved", "issued", "applied", "voided", "expired", "disputed", "upheld",
               "reversed"]
"""What a transfer did. ``computed``: the first booking of a line; ``restated``: new less old; ``claw-back``: what was issued in excess,
entered on the other side to be netted; ``upheld``: a dispute decided so that the money stands as before."""

_KINDS = frozenset(get_args(Kind))
SIDES: tuple[Side, ...] = get_args(Side)
OTHER: dict[Side, Side] = {"credit": "reward", "reward": "credit"}
STATES: tuple[State, ...] = get_args(State)
LIVE: tuple[State, ...] = ("computed", "reviewed", "approved", "issued")
DISPUTED: dict[State, State] = {"computed": "disputed-computed", "reviewed": "disputed-reviewed", "approved": "disputed-approved",
                                "issued": "disputed-issued"}
"""Where disputed money waits, by the state it came from and goes back to."""
ENDED: tuple[State, ...] = ("applied", "voided", "expired")
GREATEST = 2**63 - 1
"""The largest amount, and the largest balance of an account: what a 64-bit integer holds."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """``minor`` units of ``currency`` from account ``credit`` to account ``debit`` (double entry: debit the one, credit the other).

    ``key``: the request's key, ``#`` and a number. ``period``: the label of the settled period. ``at``: µs UTC. ``reverses``: the key of
    the transfer taken back, or empty. ``request_hash``: SHA-256 (hex) of the request that made it. Raises ``ValueError`` for an amount
    that is no positive 64-bit integer, an unknown currency, or an account against itself.
    """

    key: str
    debit: str
    credit: str
    minor: int
    currency: str
    kind: Kind
    agreement: str
    line: str
    period: str
    at: int
    actor: str
    reason: str
    reverses: str
    request_hash: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int or not 0 < self.minor <= GREATEST:
            raise ValueError(f"transfer {self.key}: {self.minor!r} is not an amount of 1 to {GREATEST} minor units")
        if minor_digits(self.currency) is None:
            raise ValueError(f"transfer {self.key}: {self.currency!r} is not a currency code in use")
        if self.kind not in _KINDS:
            raise ValueError(f"transfer {self.key}: {self.kind!r} is no kind of transfer")
        if self.debit == self.credit:
            raise ValueError(f"transfer {self.key}: account {self.debit} against itself")


def account(side: Side, agreement: str, line: str, state: State) -> str:
    """The name of a line's state account. Agreement ids hold no colon, so no two lines share a name."""
    return f"{side}:{agreement}:{line}:{state}"


def counter(agreement: str) -> str:
    """The name of the account all of an agreement's money comes from: what the figures gave."""
    return f"given:{agreement}"


def entry_bytes(transfer: Transfer) -> bytes:
    """The leaf of a transfer: canonical JSON (sorted keys, no spaces, UTF-8) of integers and texts, ``kind`` being ``entry``.

    The transfer's own kind is ``what_kind``. Empty texts are left out.
    """
    body = {k: v for k, v in asdict(transfer).items() if v != ""}
    body["what_kind"], body["kind"] = body["kind"], "entry"
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def entry_of(leaf: bytes) -> Transfer:
    """The transfer of a leaf. Raises ``ValueError`` for a leaf that is no entry in canonical form."""
    body = json.loads(leaf)
    if not isinstance(body, dict) or body.get("kind") != "entry":
        raise ValueError("the leaf is not a ledger entry")
    body["kind"] = body.pop("what_kind", "")
    try:
        transfer = Transfer(**{"reason": "", "reverses": "", **body})
    except TypeError as wrong:
        raise ValueError(f"the leaf is not a ledger entry: {wrong}") from wrong
    if entry_bytes(transfer) != leaf:
        raise ValueError("the ledger entry is not in canonical form")
    return transfer
