"""Signing: keys, notes, checkpoints, cosignatures, rotations and receipts, as the C2SP texts write them.

Law: a signer signs nothing that does not extend what it signed before. Key bytes come in; nothing here makes randomness or reads a file.
Ed25519 is ``cryptography``'s; what is signed is verified by ``verify.py`` alone.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from upheld.evidence import verify as level1

__all__ = ["Checkpoint", "Key", "NotExtendingError", "checkpoint_text", "cosign", "read_signed", "receipt", "rotation", "sign_checkpoint"]

_DASH = "\u2014"


class NotExtendingError(Exception):
    """What is to be signed contradicts or goes back behind what was signed before."""


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key with its name. ``algorithm`` 1: a log's own signature; 4: a cosignature with its time. ``secret``: 32 bytes."""

    name: str
    secret: bytes
    algorithm: int = 1

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        key = Ed25519PrivateKey.from_private_bytes(self.secret).public_key()
        return key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def verifier(self) -> str:
        """The verifier key: ``name+hash+base64``, what the other party pins."""
        data = bytes([self.algorithm]) + self.public
        return f"{self.name}+{level1.key_hash(self.name, data).hex()}+{base64.b64encode(data).decode()}"

    @property
    def text(self) -> str:
        """The private key as it is kept: ``PRIVATE+KEY+name+hash+base64``."""
        data = bytes([self.algorithm]) + self.public
        kept = base64.b64encode(bytes([self.algorithm]) + self.secret).decode()
        return f"PRIVATE+KEY+{self.name}+{level1.key_hash(self.name, data).hex()}+{kept}"

    @classmethod
    def read(cls, text: str) -> Key:
        """The key of its kept text. Raises ValueError."""
        parts = text.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise ValueError("not a private key of a log")
        try:
            data = level1.strict_base64(parts[4], "key")
        except level1.Failed as failed:
            raise ValueError(f"not a private key of a log: {failed.reason}") from None
        if len(data) != 33 or data[0] not in (1, 4) or not level1.NAME.fullmatch(parts[2]):
            raise ValueError("not a private key of a log, or not whole")
        key = cls(parts[2], data[1:], data[0])
        if key.text != text.strip():
            raise ValueError("not a private key of a log: it does not have the hash it bears")
        return key

    @classmethod
    def made(cls, name: str, secret: bytes, algorithm: int = 1) -> Key:
        """A key of 32 random bytes the caller drew. Raises ValueError for a name that cannot stand in a note."""
        if not level1.NAME.fullmatch(name) or len(secret) != 32:
            raise ValueError("a key has a name without spaces or plus signs, and 32 bytes")
        key = Ed25519PrivateKey.from_private_bytes(secret)
        return cls(name, key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()), algorithm)

    def sign(self, message: bytes) -> bytes:
        """64 bytes over the message."""
        return Ed25519PrivateKey.from_private_bytes(self.secret).sign(message)

    def line(self, signed: bytes) -> str:
        """A signature as a line of a note."""
        number = level1.key_hash(self.name, bytes([self.algorithm]) + self.public)
        return f"{_DASH} {self.name} {base64.b64encode(number + signed).decode()}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at a size."""

    origin: str
    size: int
    root: bytes


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """What is signed: origin, size and root, a line each. Raises ValueError for what cannot be a checkpoint."""
    if not _one_line(checkpoint.origin) or checkpoint.size < 0 or len(checkpoint.root) != 32:
        raise ValueError("a checkpoint has an origin on one line, a size, and a root of 32 bytes")
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def sign_checkpoint(key: Key, new: Checkpoint, last: Checkpoint | None = None, root_at_last: bytes | None = None) -> bytes:
    """The signed note of ``new``. ``last``: what was signed before; ``root_at_last``: the root of the first ``last.size`` leaves now.

    Raises NotExtendingError where the log went back, was rewritten, or is another's; ValueError for a key that signs no log.
    """
    if key.algorithm != 1:
        raise ValueError(f"{key.name} is the key of a witness, which signs no log")
    if last is not None:
        if last.origin != new.origin:
            raise NotExtendingError(f"this key signs for {last.origin}, not for {new.origin}")
        if new.size < last.size or root_at_last != last.root:
            raise NotExtendingError(f"the log of {new.size} records does not continue the {last.size} that were signed")
    text = checkpoint_text(new)
    return (text + "\n" + key.line(key.sign(text.encode()))).encode()


def read_signed(note: bytes, verifier: str) -> Checkpoint:
    """The checkpoint of a note signed by this key. Raises ValueError with the reason."""
    try:
        text, signatures = level1.read_note(note)
        if level1.signed_by(text, signatures, verifier) is None:
            raise ValueError("it is not signed by the key given")
        origin, size, root = level1.read_checkpoint(text)
    except level1.Failed as failed:
        raise ValueError(failed.reason) from None
    return Checkpoint(origin, size, root)


def cosign(note: bytes, witness: Key, at_seconds: int) -> bytes:
    """The note with the witness's cosignature (tlog-cosignature v1) added. The caller has verified the bundle it comes from.

    Raises ValueError for a note that is none or bears this witness's cosignature already, and for a key that is no witness's. A line
    that only bears the witness's name is another's, and is left alone.
    """
    if witness.algorithm != 4:
        raise ValueError(f"{witness.name} is the key of a log, not of a witness")
    try:
        text, signatures = level1.read_note(note)
        level1.read_checkpoint(text)
    except level1.Failed as failed:
        raise ValueError(failed.reason) from None
    own = level1.read_key(witness.verifier)[:2]
    if any((name, number) == own for name, number, _ in signatures):
        raise ValueError(f"{witness.name} has cosigned this checkpoint already")
    if len(signatures) >= level1.MAX_SIGNATURES:
        raise ValueError(f"a note has at most {level1.MAX_SIGNATURES} signatures")
    message = f"cosignature/v1\ntime {at_seconds}\n".encode() + text.encode()
    return note + witness.line(at_seconds.to_bytes(8, "big") + witness.sign(message)).encode()


def rotation(origin: str, old: Key, new: str) -> dict[str, Any]:
    """The leaf by which a log's key hands over to the next: signed by the old one."""
    message = f"upheld key rotation\n{origin}\n{old.verifier}\n{new}\n".encode()
    return {"kind": "key", "old": old.verifier, "new": new, "signature": base64.b64encode(old.sign(message)).decode()}


def receipt(key: Key, origin: str, index: int, leaf_hash: bytes, at: str) -> bytes:
    """A signed receipt: this leaf was taken in at this place and time, so a log without it is a provable breach of its word.

    Raises ValueError for what does not stand on its line.
    """
    if not _one_line(origin) or index < 0 or len(leaf_hash) != 32 or not _one_line(at):
        raise ValueError("a receipt has an origin and a time on one line each, an index, and a hash of 32 bytes")
    text = f"upheld receipt\n{origin}\n{index}\n{base64.b64encode(leaf_hash).decode()}\n{at}\n"
    return (text + "\n" + key.line(key.sign(text.encode()))).encode()


def _one_line(text: str) -> bool:
    return bool(text) and text.isprintable()
