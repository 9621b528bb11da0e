"""Records: what is written down in the workspace by Upheld itself (claims, disputes, decisions and the facts they put on record).

Law: a file of records only grows, a line at a time, each line the leaf of one fact; a line is on the disk before it is said to be recorded.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from upheld.facts.batch import Batch
from upheld.facts.leaves import KIND, batches_of
from upheld.facts.spec import Shape
from upheld.facts.tables import Refused

__all__ = ["FILE", "SOURCE", "append_records", "next_row", "read_records", "record_line"]

FILE = "records/facts.jsonl"
SOURCE = "records"


def read_records(root: Path) -> tuple[list[Batch], list[Refused]]:
    """The facts on record, and the lines that cannot be read."""
    path = root / FILE
    if not path.is_file() or path.is_symlink():
        return [], []
    good: list[bytes] = []
    refused: list[Refused] = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line:
            continue
        problem = _problem(line, number)
        if problem:
            refused.append(Refused(FILE, number, "", "record", line[:60].decode("utf-8", "replace"), problem))
        else:
            good.append(line)
    return batches_of(good), refused


def _problem(line: bytes, number: int) -> str:
    try:
        body = json.loads(line)
    except ValueError:
        return "is no record: it is not JSON"
    if not isinstance(body, dict) or body.get("kind") != KIND or body.get("source") != SOURCE:
        return "is no record of this workspace"
    if body.get("row") != number:
        return f"calls itself line {body.get('row')}: records are only ever added at the end"
    return ""


def next_row(root: Path) -> int:
    """The number of the line that will be written next."""
    path = root / FILE
    return path.read_bytes().count(b"\n") + 1 if path.is_file() else 1


def record_line(shape: Shape, row: int, texts: Mapping[str, str], numbers: Mapping[str, int], says: Mapping[str, str]) -> bytes:
    """The leaf of one fact on record. ``texts``: its own columns and ``id``; ``numbers``: its times (µs) and, if known later, ``known_at``."""
    body: dict[str, object] = {"file": FILE, "kind": KIND, "row": row, "scale": 1, "shape": shape, "source": SOURCE, **numbers}
    body |= {("what_kind" if k == "kind" else k): v for k, v in texts.items() if v}
    said = {k: v for k, v in says.items() if v}
    if said:
        body["says"] = said
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def append_records(root: Path, lines: Sequence[bytes]) -> None:
    """Write the lines at the end of the file and see them onto the disk: all of them, or none (a torn end is cut off)."""
    path = root / FILE
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        start = file.tell()
        try:
            file.write(b"".join(line + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            file.truncate(start)
            raise
