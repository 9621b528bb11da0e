"""Recompute: level 2 of verifying. The figures are worked out anew from the records in a bundle and held against the signed ones.

Law: nothing but the bundle is read; a difference is told with both hashes and the first lines that differ.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from upheld.closing.inputs import figures_from, from_leaves
from upheld.evidence.bundle import figures_hash
from upheld.evidence.verify import Folder, read_json
from upheld.statements.difference import difference
from upheld.statements.period import period_of
from upheld.values.instant import parse_instant
from upheld.workspace import open_workspace

__all__ = ["Recomputed", "recompute"]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """Whether the figures are the same, both hashes, and what differs in words."""

    same: bool
    signed: str
    computed: str
    differs: tuple[str, ...] = ()


def recompute(bundle: Path) -> Recomputed:
    """The figures of a bundle that level 1 accepted, computed again. Raises ``ValueError`` for records that give no figures."""
    folder = Folder(bundle)
    statement = read_json(folder.read("statement.json"), "statement.json")
    envelope, signed = statement["envelope"], statement["figures"]
    texts = {name: folder.read(name) for name in folder.names if name.startswith(("agreement/", "calendars/"))}
    size = envelope["basis"][0]["size"]
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        (root / "agreements").mkdir()
        for name, data in texts.items():
            path = root / name.replace("agreement/", "agreements/", 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        workspace = open_workspace(root)
    inputs = from_leaves(_leaves(folder, size), workspace, envelope["agreement"], texts)
    period = period_of(envelope["period"], inputs.plans[-1].zone)
    as_of = None if envelope["as_of"] is None else parse_instant(envelope["as_of"])
    figures, _ = figures_from(inputs, period, as_of)
    same = figures_hash(figures) == envelope["figures_sha256"]
    differs = () if same else tuple(change.text for change in difference(signed, figures).changes)
    return Recomputed(same, envelope["figures_sha256"], figures_hash(figures), differs)


def _leaves(folder: Folder, size: int) -> Iterator[bytes]:
    with folder.open("logs/0/leaves") as file:
        for _ in range(size):
            yield file.readline()[:-1]
