"""Receipts for what came over the network: the same note as ``evidence.signing.receipt``, with the key unpacked once.

Law: a receipt is written for a leaf that is committed, never before.
"""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from upheld.evidence.signing import Key
from upheld.values.instant import format_instant

__all__ = ["Signer"]


class Signer:
    """Signs receipts of one log. ``verifier``: what the receiver pins."""

    def __init__(self, key: Key, origin: str) -> None:
        self.origin, self.verifier = origin, key.verifier
        self._key = Ed25519PrivateKey.from_private_bytes(key.secret)
        # a line of a note is "— name base64(number + signature)": everything but the signature is always the same
        self._start = key.line(bytes(64)).rsplit(" ", 1)[0]
        self._number = base64.b64decode(key.line(bytes(64)).rsplit(" ", 1)[1])[:4]

    def receipt(self, index: int, leaf_hash: bytes, at: int) -> str:
        """The note that the leaf stands at this index (from 0), taken in at µs UTC."""
        text = f"upheld receipt\n{self.origin}\n{index}\n{base64.b64encode(leaf_hash).decode()}\n{format_instant(at)}\n"
        signed = base64.b64encode(self._number + self._key.sign(text.encode())).decode()
        return f"{text}\n{self._start} {signed}\n"
