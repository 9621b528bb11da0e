"""The keys of an installation: one signs its logs. Kept in the workspace, readable by its owner alone.

Law: a key is made once, whole or not at all, and never printed; what others pin is its verifier.
"""

from __future__ import annotations

import os
from pathlib import Path

from upheld.evidence.signing import Key, rotation
from upheld.evidence.verify import canonical
from upheld.facts.arrive import STREAM
from upheld.stores.store import Store

__all__ = ["LOG_KEY", "KeyFileError", "log_key", "make_key", "read_key", "rotate_key"]

LOG_KEY = "records/log.key"


class KeyFileError(Exception):
    """A key file that cannot be used; the message says what to do."""


def log_key(root: Path, name: str) -> Key:
    """The key that signs the workspace's logs, made if there is none."""
    path = root / LOG_KEY
    return read_key(path) if path.exists() else make_key(path, name, 1)


def read_key(path: Path) -> Key:
    """A key file. Raises KeyFileError."""
    try:
        return Key.read(path.read_text(encoding="ascii"))
    except OSError as problem:
        raise KeyFileError(f"{path} cannot be read: {problem.strerror}") from None
    except (ValueError, UnicodeDecodeError) as problem:
        raise KeyFileError(f"{path} is no key: {problem}") from None


def rotate_key(root: Path, store: Store, stamp: str) -> tuple[Key, Key, int]:
    """(old key, new key, logs): the new key is signed over by the old one in every log of the store before it takes its place.

    The old one stays beside it as ``log.key.STAMP``. Raises KeyFileError, StoreError.
    """
    path = root / LOG_KEY
    old = read_key(path)
    fresh = make_key(path.with_name(f"log.key.{stamp}.new"), old.name, 1)
    # the stream is in nobody's hands: what a party gets is signed in a log of its own
    rows = [row for row in store.logs.all() if row.name != STREAM]
    for row in rows:
        store.logs.append(row.name, "key", [canonical(rotation(row.origin, old, fresh.verifier))])
    path.rename(path.with_name(f"log.key.{stamp}"))
    path.with_name(f"log.key.{stamp}.new").rename(path)
    return old, fresh, len(rows)


def make_key(path: Path, name: str, algorithm: int) -> Key:
    """A new key in a new file that only its owner can read. Raises KeyFileError where there is a file already."""
    key = Key.made(name, os.urandom(32), algorithm)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileError(f"{path} is there already; a key is never overwritten") from None
    except OSError as problem:
        raise KeyFileError(f"{path} cannot be written: {problem.strerror}") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.text + "\n")
    return key
