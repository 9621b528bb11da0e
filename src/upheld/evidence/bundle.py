"""Bundles: everything the other party needs to verify a statement, as files of one folder.

Law: the bytes are those on record; the same evidence gives the same bytes; a rendering is a copy for the eye and is not proof.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upheld.evidence import verify as level1
from upheld.evidence.verify import FORMAT, canonical

__all__ = ["FORMAT", "LogPart", "bundle_files", "canonical", "figures_hash", "sha256_hex", "statement_bytes", "text_leaf", "to_zip"]

README = """This folder is a statement and the evidence it rests on.

  statement.json   the figures, exactly as signed
  logs/            the records (one a line), and the signed checkpoint of each log
  agreement/, calendars/   the texts in force
  renderings/      the same figures to read (PDF, HTML); they quote the figures and are not proof
  verify.py        checks all of it with nothing but Python 3.9 or newer:

      python3 -I verify.py --key THE-KEY-IN-YOUR-CONTRACT

Without --key anybody's bundle agrees with itself. verify.py came with this bundle: who does not trust the one who sent it takes the same
file from Upheld itself (src/upheld/evidence/verify.py, or the command `upheld verify`) and gives it this folder.

{words}
"""


@dataclass(frozen=True, slots=True)
class LogPart:
    """One log in a bundle: all its leaves, and the signed checkpoint that covers them."""

    origin: str
    leaves: Iterable[bytes]
    checkpoint: bytes


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of bytes, as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def figures_hash(figures: Mapping[str, Any]) -> str:
    """The hash that renderings quote: SHA-256 of the figures' canonical JSON."""
    return sha256_hex(canonical(dict(figures)))


def statement_bytes(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> bytes:
    """``statement.json``: what is hashed into the log."""
    return canonical({"envelope": {**envelope, "format": FORMAT, "figures_sha256": figures_hash(figures)}, "figures": dict(figures)})


def text_leaf(kind: str, name: str, data: bytes) -> bytes:
    """The leaf that puts an agreement's or a calendar's text on record: its name, its hash and its text."""
    return canonical({"kind": kind, "name": name, "sha256": sha256_hex(data), "text": data.decode("utf-8")})


def bundle_files(statement: bytes, logs: Iterable[LogPart], texts: Mapping[str, bytes],
                 renderings: Mapping[str, bytes]) -> dict[str, bytes | Iterable[bytes]]:
    """The files of a bundle by name; leaves are chunks, each a leaf and its newline. Raises ValueError for a checkpoint of another log."""
    files: dict[str, bytes | Iterable[bytes]] = {"statement.json": statement}
    for number, log in enumerate(logs):
        if not log.checkpoint.startswith(log.origin.encode() + b"\n"):
            raise ValueError(f"this is no checkpoint of {log.origin}")
        files[f"logs/{number}/leaves"] = (leaf + b"\n" for leaf in log.leaves)
        files[f"logs/{number}/checkpoint"] = log.checkpoint
    files |= texts
    files |= {f"renderings/{name}": data for name, data in renderings.items()}
    files["verify.py"] = Path(level1.__file__).read_bytes()
    files["README.txt"] = README.format(words=level1.PROVES).encode()
    return files


def to_zip(files: Mapping[str, bytes | Iterable[bytes]]) -> bytes:
    """The bundle as one zip, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files):
            data = files[name]
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            # leaves may be of any length; the form must not depend on it
            with packed.open(info, "w", force_zip64=name.endswith("/leaves")) as file:
                for chunk in (data,) if isinstance(data, bytes) else data:
                    file.write(chunk)
    return out.getvalue()
