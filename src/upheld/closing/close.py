"""Close: a period becomes a statement on record, signed, booked and handed over.

Law: inputs first, then the figures computed from them, then the statement that names both; nothing that was recorded may have changed;
the same figures again make no new revision; a folder is whole or not there. What has not ended is shown, not signed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upheld.closing.book import book_credits
from upheld.closing.inputs import Inputs, figures_from
from upheld.closing.keys import log_key
from upheld.evidence.bundle import LogPart, bundle_files, canonical, figures_hash, sha256_hex, statement_bytes
from upheld.evidence.signing import Checkpoint, Key, sign_checkpoint
from upheld.evidence.verify import Tree, read_checkpoint, read_note
from upheld.facts.leaves import KIND
from upheld.statements.difference import Difference, difference
from upheld.statements.period import Period
from upheld.stores.store import Store
from upheld.values.instant import format_instant

__all__ = ["Closed", "RecordedChangedError", "close_period", "figures_hash"]

Renderer = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, bytes]]
"""Gives the renderings (name → bytes) of an envelope and its figures."""


class RecordedChangedError(Exception):
    """Facts that were recorded are no longer what they were."""

    def __init__(self, places: Iterable[str]) -> None:
        self.places = tuple(places)
        super().__init__(f"{len(self.places)} recorded facts changed or went away: {', '.join(self.places[:5])}")


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing gave: ``fresh`` False where the same statement was on record already; ``folder`` holds the bundle (or, of a
    provisional statement, only renderings).
    """

    envelope: Mapping[str, Any]
    figures: Mapping[str, Any]
    folder: Path
    fresh: bool
    change: Difference | None
    booked: int

    @property
    def revision(self) -> int:
        """The revision; 0 for a provisional statement."""
        found: int = self.envelope["revision"]
        return found


def close_period(root: Path, store: Store, inputs: Inputs, period: Period, as_of: int | None, at: int, engine: str, render: Renderer,
                 told: Callable[[str], None] = lambda _: None) -> Closed:
    """Close a period of one agreement. ``at``: now, µs UTC. Raises RecordedChangedError, StoreError, ``ValueError``."""
    told("figures")
    figures, horizon = figures_from(inputs, period, as_of)
    folder = root / "statements" / inputs.agreement / period.label
    envelope = _envelope(inputs, period, as_of, horizon, engine)
    if figures["provisional"]:
        return _provisional(folder, envelope, figures, render)
    key = log_key(root, key_name(inputs.parties))
    told("recording")
    basis = _record(store, inputs, key, at)
    last = _last(store, folder, inputs.agreement, period)
    if last is not None and figures_hash(last["figures"]) == figures_hash(figures):
        kept = folder / f"r{last['envelope']['revision']}"
        return Closed(last["envelope"], last["figures"], kept, False, None, 0)
    revision, previous = (1, None) if last is None else (last["envelope"]["revision"] + 1, sha256_hex(canonical(last)))
    change = difference(last["figures"], figures) if last is not None else None
    origin = store.logs.get(inputs.agreement).origin
    envelope |= {"revision": revision, "previous": previous, "log": origin, "basis": [{"origin": origin, "size": basis}],
                 "changes": change.records() if change is not None else []}
    statement = statement_bytes(envelope, figures)
    envelope = json.loads(statement)["envelope"]
    leaf = canonical({"kind": "statement", "agreement": inputs.agreement, "period": period.label, "revision": revision,
                      "statement_sha256": sha256_hex(statement), "figures_sha256": envelope["figures_sha256"], "basis": envelope["basis"]})
    target = folder / f"r{revision}"
    told("rendering")
    renderings = render(envelope, figures)
    told("signing")
    with store.together():
        # the statement and what it books are one act: neither stands without the other
        store.statements.record(inputs.agreement, period.label, revision, hashlib.sha256(statement).digest(), inputs.agreement, leaf)
        booked = book_credits(store, inputs.agreement, period, figures, f"{period.label}@{revision}", at)
    note = _sign(store, inputs.agreement, key)
    log = LogPart(origin, _bytes(store, inputs.agreement), note)
    told("bundle")
    write_folder(target, bundle_files(statement, [log], inputs.texts, renderings))
    return Closed(envelope, figures, target, True, change, booked)


def _envelope(inputs: Inputs, period: Period, as_of: int | None, horizon: int, engine: str) -> dict[str, Any]:
    return {
        "agreement": inputs.agreement, "period": period.label, "revision": 0, "previous": None,
        "texts": {name: sha256_hex(data) for name, data in sorted(inputs.texts.items())},
        "as_of": None if as_of is None else format_instant(as_of), "facts_until": format_instant(horizon),
        "engine": engine, "semantics": inputs.plans[-1].semantics,
    }


def _provisional(folder: Path, envelope: dict[str, Any], figures: Mapping[str, Any], render: Renderer) -> Closed:
    """What stands so far: renderings only, nothing on record, nothing signed."""
    envelope = {**envelope, "figures_sha256": figures_hash(figures)}
    target = folder / "provisional"
    body = {"statement.json": canonical({"envelope": envelope, "figures": dict(figures)})}
    write_folder(target, {**body, **{f"renderings/{n}": d for n, d in render(envelope, figures).items()}})
    return Closed(envelope, figures, target, True, None, 0)


def key_name(parties: Mapping[str, Mapping[str, str]]) -> str:
    """What a new key is called: the provider's name, as a note can bear it."""
    said = parties.get("provider", {}).get("name", "")
    return re.sub(r"[^0-9a-z]+", "-", said.lower()).strip("-") or "upheld"


# ---- the log --------------------------------------------------------------------------------------------------------


def _record(store: Store, inputs: Inputs, key: Key, at: int) -> int:
    """Put what is not on record yet at the end of the agreement's log: its size then. Raises RecordedChangedError."""
    name = inputs.agreement
    origin = f"{key.name}/{name}"
    if name not in {row.name for row in store.logs.all()}:
        store.logs.create(name, origin)
        head = canonical({"kind": "log", "origin": origin, "key": key.verifier, "created": format_instant(at)})
        store.logs.append(name, "log", [head], expected=0)
    size = store.logs.size(name)
    known = dict.fromkeys(store.logs.hashes(name))
    groups: list[tuple[str, list[bytes]]] = []
    seen: set[bytes] = set()
    for kind, leaves in inputs.leaves():
        hashes = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
        seen.update(hashes)
        new = [leaf for leaf, own in zip(leaves, hashes, strict=True) if own not in known]
        if new:
            groups.append((kind, new))
    gone = [i for i, own in enumerate(known) if own not in seen]
    if gone:
        _nothing_changed(store, name, gone)
    if groups:
        store.logs.append_groups(name, groups, expected=size)
    return store.logs.size(name)


def _nothing_changed(store: Store, name: str, gone: list[int]) -> None:
    """Facts on record that the workspace no longer says: a row that was edited or taken out."""
    places: list[str] = []
    wanted = set(gone)
    for leaf in store.logs.leaves(name, min(gone), max(gone) + 1):
        if leaf.idx in wanted and leaf.kind == KIND:
            body = json.loads(leaf.data)
            places.append(f"{body['file']} row {body['row']}")
    if places:
        raise RecordedChangedError(places)


def _sign(store: Store, name: str, key: Key) -> bytes:
    """The checkpoint of the log as it stands, signed if it extends the last one, and kept."""
    tree, before = Tree(), store.checkpoints.get(name)
    last, root_at_last = None, None
    if before is not None:
        last = Checkpoint(*read_checkpoint(read_note(before.note.encode())[0]))
    for own in store.logs.hashes(name):
        if last is not None and tree.size == last.size:
            root_at_last = tree.root()
        tree.add_hash(own)
    if last is not None and tree.size == last.size:
        root_at_last = tree.root()
    if before is not None and last is not None and tree.size == last.size:
        return before.note.encode()
    note = sign_checkpoint(key, Checkpoint(store.logs.get(name).origin, tree.size, tree.root()), last, root_at_last)
    store.checkpoints.put(name, tree.size, note.decode())
    return note


def _bytes(store: Store, name: str) -> Iterator[bytes]:
    for leaf in store.logs.leaves(name):
        yield leaf.data


def _last(store: Store, folder: Path, agreement: str, period: Period) -> dict[str, Any] | None:
    """The last revision on record, from its folder, its hash held against the record."""
    row = store.statements.get(agreement, period.label)
    if row is None:
        return None
    path = folder / f"r{row.revision}" / "statement.json"
    try:
        data = path.read_bytes()
    except OSError:
        raise ValueError(f"{path} is missing, though revision {row.revision} is on record: restore it before closing again") from None
    if hashlib.sha256(data).digest() != row.hash:
        raise ValueError(f"{path} is not the statement on record: restore it before closing again")
    found: dict[str, Any] = json.loads(data)
    return found


# ---- files ----------------------------------------------------------------------------------------------------------


def write_folder(target: Path, files: Mapping[str, bytes | Iterable[bytes]]) -> None:
    """A folder of files, whole or not at all: written beside its place, seen onto the disk, and moved there."""
    part = target.parent / f".{target.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        for name, data in files.items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                for chunk in (data,) if isinstance(data, bytes) else data:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        shutil.rmtree(target, ignore_errors=True)
        part.rename(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
