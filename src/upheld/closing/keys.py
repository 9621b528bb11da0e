"""The keys of an installation: one signs its logs. Kept in the workspace, readable by its owner alone.

Law: a key is made once, whole or not at all, and never printed; what others pin is its verifier.
"""

from __future__ import annotations

import os
from pathlib import Path

from upheld.evidence.signing import Key

__all__ = ["KeyFileError", "log_key", "make_key", "read_key"]

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
