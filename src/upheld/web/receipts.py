"""Receipts for what came over the network: the same note as ``evidence.signing.receipt``, with the key unpacked once.

Law: a receipt is written for a leaf that is committed, never before; it is signed with the key that is the installation's now: one that was
handed over to another signs no more.
"""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from upheld.closing.keys import KeyFileError, read_key
from upheld.evidence.signing import Key
from upheld.values.instant import format_instant
from upheld.web.problems import Problem

__all__ = ["Signer"]


class Signer:
    """Signs receipts of one log. ``verifier``: what the receiver pins. ``path``: where the key lies, to see when it was handed over."""

    def __init__(self, key: Key, origin: str, path: Path | None = None) -> None:
        self.origin, self._path = origin, path
        self._stamp: tuple[int, int, int] | None = None
        self._take(key)

    def _take(self, key: Key) -> None:
        # a line of a note is "— name base64(number + signature)": everything but the signature is always the same
        start, _, line = key.line(bytes(64)).rpartition(" ")
        self.verifier = key.verifier
        self._signs = Ed25519PrivateKey.from_private_bytes(key.secret), start, base64.b64decode(line)[:4]

    def refresh(self) -> None:
        """See whether the key was handed over, before anything is recorded. Raises ``Problem`` 503 where the new one cannot be read."""
        if self._path is None:
            return
        try:
            said = self._path.stat()
        except FileNotFoundError:
            return  # between two names, while it is handed over: the next request sees the new one
        except OSError:
            raise _unreadable() from None
        stamp = (said.st_mtime_ns, said.st_size, said.st_ino)
        if stamp != self._stamp:
            try:
                self._take(read_key(self._path))
            except KeyFileError:
                raise _unreadable() from None
            self._stamp = stamp

    def receipt(self, index: int, leaf_hash: bytes, at: int) -> str:
        """The note that the leaf stands at this index (from 0), taken in at µs UTC."""
        text = f"upheld receipt\n{self.origin}\n{index}\n{base64.b64encode(leaf_hash).decode()}\n{format_instant(at)}\n"
        key, start, number = self._signs
        return f"{text}\n{start} {base64.b64encode(number + key.sign(text.encode())).decode()}\n"


def _unreadable() -> Problem:
    what = "the key of this server was changed and cannot be read: nothing was recorded"
    return Problem(503, "key", what, "send the same again later", retry_s=30)
