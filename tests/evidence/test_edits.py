"""Random edits of a bundle: all are refused with a named reason, none crashes; every bit of what is signed is tried."""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from bundles import FIRST, ORIGIN, SECOND, STRANGER, WITNESS, Made, checkpoint, fact, key, made

from upheld.evidence.bundle import canonical, figures_hash, to_zip
from upheld.evidence.signing import rotation
from upheld.evidence.verify import CHECKS, Folder, verify

EVIDENCE = ("statement.json", "logs/0/leaves", "logs/0/checkpoint", "agreement/acme.yaml", "calendars/DE-BE.yaml")
Files = dict[str, bytes]


def lines(files: Files) -> list[bytes]:
    return files["logs/0/leaves"].splitlines(keepends=True)


def with_lines(files: Files, rows: list[bytes]) -> Files:
    return {**files, "logs/0/leaves": b"".join(rows)}


def flip(files: Files, rng: random.Random, whole: Made) -> Files:
    name = rng.choice(EVIDENCE)
    data = bytearray(files[name])
    at = rng.randrange(len(data) * 8)
    data[at // 8] ^= 1 << at % 8
    return {**files, name: bytes(data)}


def byte(files: Files, rng: random.Random, whole: Made) -> Files:
    name = rng.choice(EVIDENCE)
    data = bytearray(files[name])
    at = rng.randrange(len(data))
    how = rng.randrange(3)
    data[at:at + (how != 1)] = rng.randbytes(how != 0)
    return {**files, name: bytes(data)}


def drop(files: Files, rng: random.Random, whole: Made) -> Files:
    rows = lines(files)
    del rows[rng.randrange(len(rows))]
    return with_lines(files, rows)


def swap(files: Files, rng: random.Random, whole: Made) -> Files:
    rows = lines(files)
    a, b = rng.sample(range(len(rows)), 2)
    rows[a], rows[b] = rows[b], rows[a]
    return with_lines(files, rows)


def double(files: Files, rng: random.Random, whole: Made) -> Files:
    rows = lines(files)
    rows.insert(rng.randrange(len(rows) + 1), rng.choice(rows))
    return with_lines(files, rows)


def truncate(files: Files, rng: random.Random, whole: Made) -> Files:
    name = rng.choice(EVIDENCE)
    return {**files, name: files[name][:rng.randrange(len(files[name]))]}


def stale(files: Files, rng: random.Random, whole: Made) -> Files:
    return {**files, "logs/0/checkpoint": checkpoint(whole.leaves[:rng.randrange(1, len(whole.leaves))], rng.choice([FIRST, SECOND]))}


def foreign(files: Files, rng: random.Random, whole: Made) -> Files:
    return {**files, "logs/0/checkpoint": checkpoint(whole.leaves, rng.choice([SECOND, STRANGER]), f"{ORIGIN}{rng.randrange(9)}")}


def padding(files: Files, rng: random.Random, whole: Made) -> Files:
    """A base64 text spelt another way: spare bits set, or padding added."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = files["logs/0/checkpoint"].decode()
    words = [w for w in text.split() if len(w) > 40 and w.endswith("=")]
    word = rng.choice(words)
    body = word.rstrip("=")
    spare = 2 if word.endswith("=") and not word.endswith("==") else 4
    other = body[:-1] + alphabet[alphabet.index(body[-1]) ^ rng.randrange(1, 1 << spare)] + word[len(body):]
    return {**files, "logs/0/checkpoint": text.replace(word, rng.choice([other, word + "=", body])).encode()}


def fork(signer: str) -> Callable[[Files, random.Random, Made], Files]:
    """A record changed and the whole tree signed anew: by a stranger, or by the log's own key."""

    def edit(files: Files, rng: random.Random, whole: Made) -> Files:
        leaves = [*whole.leaves]
        leaves[rng.choice([*range(3, 23), 25])] = fact(rng.randrange(1000, 9999))
        rows = [leaf + b"\n" for leaf in leaves]
        return {**with_lines(files, rows), "logs/0/checkpoint": checkpoint(leaves, SECOND if signer == "own" else STRANGER)}

    return edit


def signed(files: Files, leaves: list[bytes]) -> Files:
    """The whole tree signed anew by the log's own key."""
    return {**with_lines(files, [leaf + b"\n" for leaf in leaves]), "logs/0/checkpoint": checkpoint(leaves, SECOND)}


def form(files: Files, rng: random.Random, whole: Made) -> Files:
    """A record written another way, or two in one line, by the owner of the log."""
    leaves = [*whole.leaves]
    at = rng.randrange(len(leaves))
    leaf = leaves[at]
    leaves[at] = rng.choice([leaf.replace(b":", b": ", 1), b" " + leaf, leaf + b"," + leaf, b"[" + leaf + b"]",
                             leaf.replace(b'"kind"', b'"kin\\u0064"', 1), leaf[:-1] + b',"kind":"fact"}',
                             leaf[:-1] + b',"zz":1.0}', leaf[:-1] + b',"a":1}'])
    return signed(files, leaves)


def handing(files: Files, rng: random.Random, whole: Made) -> Files:
    """Keys handed over otherwise, by the owner of the log."""
    leaves = [*whole.leaves]
    at = next(i for i, leaf in enumerate(leaves) if b'"kind":"key"' in leaf)
    other = key("northwind", rng.randrange(100, 999))
    how = rng.randrange(4)
    if how == 0:
        leaves[at] = canonical({**json.loads(leaves[at]), "signature": base64.b64encode(rng.randbytes(64)).decode()})
    elif how == 1:
        leaves[at] = canonical(rotation(ORIGIN, other, SECOND.verifier))
    elif how == 2:
        leaves.append(canonical(rotation(ORIGIN, SECOND, other.verifier)))
    else:
        leaves.insert(rng.randrange(1, at), leaves.pop(at))
    return signed(files, leaves)


def beside(files: Files, rng: random.Random, whole: Made) -> Files:
    """Another log laid beside, true or forged, named by the statement or not."""
    origin = f"{ORIGIN}{rng.randrange(9)}"
    leaves = [canonical({"kind": "log", "origin": origin, "key": STRANGER.verifier}), fact(rng.randrange(99))]
    log = {"logs/1/leaves": b"".join(leaf + b"\n" for leaf in leaves), "logs/1/checkpoint": checkpoint(leaves, STRANGER, origin)}
    if rng.randrange(2):
        return {**files, rng.choice(sorted(log)): rng.choice(sorted(log.values()))}
    body = json.loads(files["statement.json"])
    own = body["envelope"]["basis"][0]
    body["envelope"]["basis"] = rng.choice([[own, {"origin": origin, "size": 1}], [{"origin": origin, "size": 1}, own]])
    body["envelope"]["log"] = rng.choice([ORIGIN, origin])
    return {**files, **log, "statement.json": canonical(body)}


def figures(files: Files, rng: random.Random, whole: Made) -> Files:
    """Other figures, with the hash made to fit."""
    body = json.loads(files["statement.json"])
    body["figures"]["total"] = str(rng.randrange(251, 999))
    body["envelope"]["figures_sha256"] = figures_hash(body["figures"])
    return {**files, "statement.json": canonical(body)}


def envelope(files: Files, rng: random.Random, whole: Made) -> Files:
    body = json.loads(files["statement.json"])
    name = rng.choice(sorted(body["envelope"]))
    body["envelope"][name] = rng.choice([None, 0, 3, True, "x", [], {}, [{}], [{"origin": ORIGIN, "size": rng.randrange(40)}], {"a": "b"}])
    return {**files, "statement.json": canonical(body)}


def remove(files: Files, rng: random.Random, whole: Made) -> Files:
    return {n: d for n, d in files.items() if n != rng.choice(EVIDENCE)}


def add(files: Files, rng: random.Random, whole: Made) -> Files:
    return {**files, rng.choice(["agreement/", "calendars/", "", "x/", "logs/", "logs/0/"]) + str(rng.randrange(99)): rng.randbytes(8)}


EDITS = (flip, flip, flip, byte, drop, swap, double, truncate, stale, foreign, padding, fork("own"), fork("stranger"), form, handing,
         beside, figures, envelope, remove, add)


@pytest.fixture(scope="module")
def whole() -> Made:
    return made()


def test_every_edit_is_refused_with_a_named_reason(whole: Made) -> None:
    count, seed = int(os.environ.get("UPHELD_CAMPAIGN", "1500")), os.environ.get("UPHELD_SEED", "1")
    rng = random.Random(seed)
    reasons: dict[str, int] = {}
    tried = 0
    while tried < count:
        edit = rng.choice(EDITS)
        files = edit(whole.files, rng, whole)
        if {n: files.get(n) for n in EVIDENCE} == {n: whole.files[n] for n in EVIDENCE} and set(files) == set(whole.files):
            continue                 # an edit that changed nothing
        tried += 1
        # the witness's key is known too: a line of a key nobody knows could say anything
        done = verify(files, FIRST.verifier, [WITNESS.verifier], [whole.known], [whole.receipt])
        bad = [check for check, good, _ in done if not good]
        assert len(bad) == 1, (edit.__name__, tried, done[-1])
        assert bad[0] in CHECKS
        reasons[bad[0]] = reasons.get(bad[0], 0) + 1
    print(f"told: {tried} edits, all refused: {', '.join(f'{name} {n}' for name, n in sorted(reasons.items()))}")
    assert count < 1000 or len(reasons) >= 10


@pytest.mark.parametrize("name", ["statement.json", "logs/0/checkpoint"])
def test_every_bit_of_what_is_signed(whole: Made, name: str) -> None:
    step = 1 if "UPHELD_CAMPAIGN" in os.environ else 29
    data = whole.files[name]
    for bit in range(0, len(data) * 8, step):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        done = verify({**whole.files, name: bytes(changed)}, FIRST.verifier, [WITNESS.verifier], [whole.known])
        assert not done[-1][1], (name, bit)


def test_an_edited_zip_is_refused_or_holds_the_same(whole: Made, tmp_path: Path) -> None:
    """A bit of a zip may lie in a date or in a rendering; what is accepted is the evidence as it was."""
    count, seed = int(os.environ.get("UPHELD_CAMPAIGN", "1500")) // 10, os.environ.get("UPHELD_SEED", "1")
    rng = random.Random(seed)
    packed = to_zip(whole.files)
    refused = 0
    for number in range(count):
        path = tmp_path / "bundle.zip"
        data = bytearray(packed)
        for _ in range(rng.randrange(1, 4)):
            at = rng.choice([rng.randrange(len(data)), rng.randrange(len(data) - 900, len(data))])
            data[at] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(data[:rng.randrange(len(data))]) if number % 10 == 0 else bytes(data))
        done = verify(path, FIRST.verifier, [WITNESS.verifier], [whole.known], [whole.receipt])
        if all(good for _, good, _ in done):
            folder = Folder(path)
            assert {n: folder.read(n) for n in EVIDENCE} == {n: whole.files[n] for n in EVIDENCE}
        else:
            assert done[-1][0] in CHECKS
            refused += 1
    print(f"told: {count} edited zips, {refused} refused, the others hold the same evidence")
