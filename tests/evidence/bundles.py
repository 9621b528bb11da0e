"""A small bundle with everything in it, made by hand: two rotations, a revision, a cosignature, texts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from upheld.evidence.bundle import LogPart, bundle_files, canonical, figures_hash, sha256_hex, statement_bytes, text_leaf
from upheld.evidence.signing import Checkpoint, Key, cosign, receipt, rotation, sign_checkpoint
from upheld.evidence.verify import Tree

ORIGIN = "northwind/acme"
AGREEMENT, CALENDAR = b"upheld: 1\nagreement: acme\n", b"calendar: DE-BE\n"
TEXTS = {"agreement/acme.yaml": AGREEMENT, "calendars/DE-BE.yaml": CALENDAR}


def key(name: str, seed: int, algorithm: int = 1) -> Key:
    return Key.made(name, hashlib.sha256(f"{name}{seed}".encode()).digest(), algorithm)


FIRST, SECOND, WITNESS, STRANGER = key("northwind", 1), key("northwind", 2), key("acme", 3, 4), key("northwind", 4)


def checkpoint(leaves: list[bytes], signer: Key, origin: str = ORIGIN) -> bytes:
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return sign_checkpoint(signer, Checkpoint(origin, tree.size, tree.root()))


def fact(n: int) -> bytes:
    return canonical({"at": 1_700_000_000_000_000 + n, "case": f"C-{n}", "event": "opened", "kind": "fact", "says": {"severity": str(n % 4)}})


def statement_leaf(statement: bytes, figures: dict[str, object], revision: int) -> bytes:
    return canonical({"kind": "statement", "agreement": "acme", "period": "2026-Q1", "revision": revision,
                      "statement_sha256": sha256_hex(statement), "figures_sha256": figures_hash(figures),
                      "basis": json.loads(statement)["envelope"]["basis"]})


@dataclass(frozen=True)
class Made:
    """``known``: the checkpoint of revision 1, as the customer kept it; ``receipt``: for the last fact; ``leaves``: all of the log."""

    files: dict[str, bytes]
    leaves: list[bytes]
    known: bytes
    receipt: bytes
    statement: bytes


def statement(figures: dict[str, object], revision: int, previous: str | None, basis: int) -> bytes:
    envelope = {"agreement": "acme", "period": "2026-Q1", "revision": revision, "previous": previous, "log": ORIGIN,
                "basis": [{"origin": ORIGIN, "size": basis}], "texts": {n: sha256_hex(d) for n, d in TEXTS.items()}, "as_of": None}
    return statement_bytes(envelope, figures)


def pack(statement_json: bytes, leaves: list[bytes], note: bytes, texts: dict[str, bytes] = TEXTS) -> dict[str, bytes]:
    files = bundle_files(statement_json, [LogPart(ORIGIN, leaves, note)], texts, {"statement.pdf": b"%PDF"})
    return {name: data if isinstance(data, bytes) else b"".join(data) for name, data in files.items()}


def made(n: int = 20) -> Made:
    leaves = [canonical({"kind": "log", "origin": ORIGIN, "key": FIRST.verifier, "created": "2026-01-01T00:00:00Z"})]
    leaves += [text_leaf("agreement", "agreement/acme.yaml", AGREEMENT), text_leaf("calendar", "calendars/DE-BE.yaml", CALENDAR)]
    leaves += [fact(i) for i in range(n)]
    old_figures: dict[str, object] = {"total": "100", "value": "999/1000"}
    old = statement(old_figures, 1, None, len(leaves))
    leaves.append(statement_leaf(old, old_figures, 1))
    known = checkpoint(leaves, FIRST)
    leaves.append(canonical(rotation(ORIGIN, FIRST, SECOND.verifier)))
    leaves.append(fact(n))
    taken = receipt(SECOND, ORIGIN, len(leaves) - 1, hashlib.sha256(b"\x00" + leaves[-1]).digest(), "2026-04-02T00:00:00Z")
    figures: dict[str, object] = {"total": "250", "value": "989/1000"}
    new = statement(figures, 2, sha256_hex(old), len(leaves))
    leaves.append(statement_leaf(new, figures, 2))
    note = cosign(checkpoint(leaves, SECOND), WITNESS, 1_770_000_000)
    return Made(pack(new, leaves, note), leaves, known, taken, new)
