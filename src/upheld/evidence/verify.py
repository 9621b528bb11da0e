#!/usr/bin/env python3
"""Verify a bundle of evidence: ``python3 verify.py [FOLDER or bundle.zip] [--key KEY] [--witness KEY] [--known CHECKPOINT]``.

This one file needs nothing but Python 3.9 or newer and reads nothing but the bundle, so that anyone can read it and run it.

It proves (level 1) that the statement is the one signed, that every record of the log up to the signed checkpoint is here, unchanged and in
order, that the texts are the ones on record, and that what you hold from before is continued. What it does not prove is said at the end of
its output. Recomputing the figures from the records is level 2 (``upheld verify``).

Law: a bundle is refused with a named reason or accepted whole; nothing it holds is run, followed outside of it, or printed raw.
Sources: RFC 6962 section 2.1 (tree), RFC 8032 section 5.1 (Ed25519), C2SP signed-note, tlog-checkpoint and tlog-cosignature.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import sys
import zipfile
from pathlib import Path

if False:  # for readers and type checkers only: the verifier needs nothing of typing to run
    from collections.abc import Callable, Iterable
    from typing import IO, Any, Union

    Point = tuple[int, int, int, int]
    Signature = tuple[str, bytes, bytes]
    Special = tuple[int, dict[str, Any]]
    Check = tuple[str, bool, str]
    Held = tuple[str, list[Signature], str, int, bytes]
    Holds = Callable[..., None]
    Source = Union[str, Path, dict[str, bytes]]

__all__ = ["CHECKS", "FORMAT", "MAX_SIGNATURES", "NAME", "PROVES", "UNPINNED", "Failed", "Folder", "Tree", "canonical", "ed25519_verify",
           "key_hash", "main", "plain", "read_checkpoint", "read_json", "read_key", "read_log_key", "read_note", "read_receipt", "signed_by",
           "strict_base64", "verify"]

FORMAT = "upheld-bundle-1"
MAX_SMALL = 64 * 1024 * 1024         # any one file but the leaves
MAX_LEAF = 1024 * 1024               # one record
MAX_TOTAL = 32 * 1024 * 1024 * 1024  # everything, unpacked
MAX_LEAVES = 20_000_000
MAX_FILES = 10_000
MAX_SIGNATURES = 16
NAME = re.compile(r"[^\s+]+")        # of a key, in a note
SPECIAL = ("log", "key", "statement", "agreement", "calendar")    # records that the checks read
CHECKS = {
    "format": "the bundle has the form of a bundle",
    "statement": "the statement is on record in the log, once, as it is here",
    "figures": "the figures are the ones the statement was signed with",
    "leaves": "every record up to the checkpoint is here",
    "root": "the records give the root that was signed",
    "signature": "the checkpoint is signed by the log's key",
    "key": "the key is the one agreed, or follows from it by signed rotation",
    "origin": "the checkpoint is of the log the statement names",
    "basis": "the statement rests on a part of this log",
    "agreement": "the agreement is the one on record",
    "calendars": "the calendars are the ones on record",
    "revision": "the revision continues the one before",
    "known": "the checkpoint you hold is continued",
    "witness": "the other party cosigned the checkpoint",
    "receipt": "what was taken in with a receipt is on record",
}


class Failed(Exception):
    """A check that does not hold: its name and the reason."""

    def __init__(self, check: str, reason: str) -> None:
        super().__init__(reason)
        self.check, self.reason = check, reason


def refuse_if(wrong: bool, check: str, reason: str) -> None:
    """The one way a check fails."""
    if wrong:
        raise Failed(check, reason)


# ---- Ed25519, strictly ----------------------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def _decompress(data: bytes) -> Point | None:
    """The point of 32 bytes in extended coordinates, or None where they are no canonical encoding."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if y >= P or (v * x * x - u) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    p, q, r, s = f - e, h - g, h + g, f + e
    return (p * q % P, s * r % P, q * r % P, p * s % P)


def _times(n: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = _add(total, point)
        point = _add(point, point)
        n >>= 1
    return total


def _same(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


BASE: Point = _decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)
NOTHING = (0, 1, 1, 0)


def ed25519_verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64 bytes sign the message by the 32-byte key: canonical encodings only, s < L, no point of small order."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r, s = _decompress(key), _decompress(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or _same(_times(8, a), NOTHING) or _same(_times(8, r), NOTHING):
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return _same(_times(s, BASE), _add(r, _times(h, a)))


# ---- notes and checkpoints ------------------------------------------------------------------------------------------

def strict_base64(text: str, check: str = "signature") -> bytes:
    """The bytes of a base64 text that is written in exactly one way; anything else fails."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, UnicodeEncodeError):
        raise Failed(check, "base64: not base64") from None
    refuse_if(base64.b64encode(data).decode() != text, check, "base64: not in its one canonical form")
    return data


def read_key(vkey: str) -> tuple[str, bytes, int, bytes]:
    """(name, hash, algorithm, public key) of a C2SP verifier key ``name+hash+base64``; fails on any other form."""
    name, number, material = (*vkey.split("+", 2), "", "")[:3]
    told = "a PRIVATE key: keep it to yourself, and give the verifier key" if name == "PRIVATE" else "not a verifier key: " + plain(vkey)
    refuse_if(not NAME.fullmatch(name) or not re.fullmatch("[0-9a-f]{8}", number), "key", told)
    data = strict_base64(material, "key")
    refuse_if(len(data) != 33 or data[0] not in (1, 4), "key", "not an Ed25519 key: " + plain(vkey))
    refuse_if(key_hash(name, data) != bytes.fromhex(number), "key", "the key does not have the hash it bears: " + plain(vkey))
    return name, bytes.fromhex(number), data[0], data[1:]


def read_log_key(vkey: str) -> str:
    """The verifier key, if it is one for a log's own signatures."""
    refuse_if(read_key(vkey)[2] != 1, "key", "a witness's key, not a log's: " + plain(vkey))
    return vkey


def key_hash(name: str, data: bytes) -> bytes:
    """The four bytes that name a key (algorithm byte and public key) of a name."""
    return hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]


def read_note(data: bytes) -> tuple[str, list[Signature]]:
    """(text with its final newline, [(name, key hash, signature)]) of a signed note; strict, at most 16 signatures."""
    note = data.decode("utf-8", "replace")
    refuse_if(note.encode() != data, "format", "a note is not UTF-8")
    refuse_if(any(ord(c) < 32 and c != "\n" for c in note), "format", "a note holds control characters")
    split = note.rfind("\n\n")
    refuse_if(split < 0 or not note.endswith("\n"), "format", "a note has no signatures")
    text, lines = note[: split + 1], note[split + 2 : -1].split("\n")
    refuse_if(not 1 <= len(lines) <= MAX_SIGNATURES, "format", "a note has %d signatures" % len(lines))
    signatures = []
    for line in lines:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or not NAME.fullmatch(parts[1]):
            raise Failed("format", "not a line of a signature: " + plain(line))
        signed = strict_base64(parts[2])
        refuse_if(len(signed) < 5, "signature", "a signature is too short")
        signatures.append((parts[1], signed[:4], signed[4:]))
    return text, signatures


def read_checkpoint(text: str) -> tuple[str, int, bytes]:
    """(origin, size, root) of a checkpoint's text; strict: three lines, a size without leading zeros."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0] or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
        raise Failed("format", "not a checkpoint: " + plain(text))
    root = strict_base64(lines[2], "root")
    refuse_if(len(root) != 32, "root", "a root has 32 bytes, not %d" % len(root))
    return lines[0], int(lines[1]), root


def signed_by(text: str, signatures: list[Signature], vkey: str) -> int | None:
    """When the key cosigned (seconds), 0 for a plain signature, None for no signature of this key; a wrong one fails."""
    name, number, algorithm, public = read_key(vkey)
    found = [s for n, h, s in signatures if (n, h) == (name, number)]
    if not found:
        return None
    refuse_if(len(found) > 1, "signature", "two signatures by one key")
    if algorithm == 1:
        refuse_if(not ed25519_verify(public, text.encode(), found[0]), "signature", f"the signature by {plain(name)} is wrong")
        return 0
    when = int.from_bytes(found[0][:8], "big")
    good = ed25519_verify(public, b"cosignature/v1\ntime %d\n" % when + text.encode(), found[0][8:])
    refuse_if(not good, "signature", f"the cosignature by {plain(name)} is wrong")
    return when


# ---- the tree -------------------------------------------------------------------------------------------------------

class Tree:
    """A Merkle tree that only grows: the roots of its whole parts, largest first."""

    def __init__(self, size: int = 0, parts: Iterable[bytes] = ()) -> None:
        self.size, self.parts = size, list(parts)

    def add(self, leaf: bytes) -> None:
        """One more leaf."""
        self.add_hash(hashlib.sha256(b"\x00" + leaf).digest())

    def add_hash(self, node: bytes) -> None:
        """One more leaf by its hash."""
        n = self.size
        while n & 1:
            node = hashlib.sha256(b"\x01" + self.parts.pop() + node).digest()
            n >>= 1
        self.parts.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self.parts:
            return hashlib.sha256(b"").digest()
        root = self.parts[-1]
        for part in reversed(self.parts[:-1]):
            root = hashlib.sha256(b"\x01" + part + root).digest()
        return root


# ---- the bundle -----------------------------------------------------------------------------------------------------

class Folder:
    """A bundle as a folder, a zip, or a mapping of names to bytes. Names never lead out of it."""

    def __init__(self, source: Source) -> None:
        self.files: dict[str, bytes] | None = None
        self.zip: zipfile.ZipFile | None = None
        self.root: Path | None = None
        if isinstance(source, dict):
            self.files, sizes = source, [(name, len(data)) for name, data in source.items()]
        elif Path(source).is_dir():
            self.root = Path(source)
            found = [p for p in self.root.rglob("*") if p.is_symlink() or not p.is_dir()]
            refuse_if(not (self.root / "statement.json").is_file(), "format", "statement.json is missing: no bundle is in " + plain(source))
            odd = [p for p in found if p.is_symlink() or not p.is_file()]
            refuse_if(bool(odd), "format", "neither a file nor a folder: " + plain("".join(p.name for p in odd[:1])))
            sizes = [(p.relative_to(self.root).as_posix(), p.stat().st_size) for p in found]
        else:
            refuse_if(not Path(source).exists(), "format", "nothing is there: " + plain(source))
            self.zip = zipfile.ZipFile(source)
            sizes = [(i.filename, i.file_size) for i in self.zip.infolist() if not i.is_dir()]
        names = [name for name, _ in sizes]
        refuse_if(len(names) > MAX_FILES or len(set(names)) != len(names), "format", "too many files, or a name twice")
        refuse_if(sum(size for _, size in sizes) > MAX_TOTAL, "format", "larger than %d bytes when unpacked" % MAX_TOTAL)
        for name in names:
            if name.startswith("/") or "\\" in name or ".." in name.split("/"):
                raise Failed("format", "a name leads out of the bundle: " + plain(name))
        self.names = sorted(names)

    def open(self, name: str) -> IO[bytes]:
        """A file as a stream of bytes; a file that is not there fails."""
        refuse_if(name not in self.names, "format", f"{plain(name)} is missing")
        if self.files is not None:
            return io.BytesIO(self.files[name])
        return self.zip.open(name) if self.zip else (self.root or Path()).joinpath(name).open("rb")

    def read(self, name: str, limit: int = MAX_SMALL) -> bytes:
        """A file whole, up to the limit."""
        with self.open(name) as file:
            data = file.read(limit + 1)
        refuse_if(len(data) > limit, "format", "%s is larger than %d bytes" % (plain(name), limit))
        return data


def canonical(value: Any) -> bytes:
    """The one way a value is written: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def read_json(data: bytes, name: str, check: str = "format") -> Any:
    """A value that is written in its one canonical way; anything else fails."""
    try:
        # a number with a point comes back in quotes, a key that stands twice once, NaN not at all: none is what was read
        value = json.loads(data.decode("utf-8"), parse_float=str)
        same = canonical(value) == data
    except (ValueError, RecursionError) as problem:
        raise Failed(check, f"{plain(name)} is not JSON as it should be: {plain(problem)}") from None
    refuse_if(not same, check, f"{plain(name)} is not in canonical form")
    return value


def plain(text: object) -> str:
    """Text that is safe to print: no control characters, not endless."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(text))
    return shown if len(shown) <= 200 else shown[:200] + "..."


def text_at(value: Any, key: str) -> str:
    """The text at a key; fails where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise Failed("format", f"{key} is missing")
    return found


class Walked:
    """A log walked once: how many leaves, the root, the roots and leaf hashes asked for, the special leaves by index."""

    def __init__(self) -> None:
        self.size, self.root = 0, b""
        self.special: list[Special] = []
        self.roots: dict[int, bytes] = {}
        self.hashes: dict[int, bytes] = {}


def read_log(folder: Folder, number: int, marks: set[int], wanted: set[int]) -> Walked:
    """Walk all leaves of a log: the roots at the sizes ``marks``, the hashes of the leaves ``wanted``."""
    tree, walked = Tree(), Walked()
    walked.roots[0] = tree.root()
    with folder.open("logs/%d/leaves" % number) as file:
        for line in iter(lambda: file.readline(MAX_LEAF + 2), b""):
            refuse_if(not line.endswith(b"\n") or len(line) > MAX_LEAF + 1, "leaves", "record %d is cut off or too long" % tree.size)
            leaf = line[:-1]
            # each record is one value written in one way: so that nobody can read it as another, or as two
            record = read_json(leaf, "record %d" % tree.size, "leaves")
            if not isinstance(record, dict) or not isinstance(record.get("kind"), str):
                raise Failed("leaves", "record %d does not say of what kind it is" % tree.size)
            if record["kind"] in SPECIAL:
                walked.special.append((tree.size, record))
            if tree.size in wanted:
                walked.hashes[tree.size] = hashlib.sha256(b"\x00" + leaf).digest()
            tree.add(leaf)
            if tree.size in marks:
                walked.roots[tree.size] = tree.root()
            refuse_if(tree.size > MAX_LEAVES, "leaves", "more than %d records" % MAX_LEAVES)
    walked.size, walked.root = tree.size, tree.root()
    return walked


def keys_of(special: list[Special], size: int, trusted: str | None, origin: str) -> list[tuple[int, str]]:
    """The log's keys up to a size, each with the size from which it signs; each signed by the one before. ``trusted`` is one of them."""
    chain: list[tuple[int, str]] = []
    for index, leaf in special:
        if leaf["kind"] == "log":
            refuse_if(index != 0, "leaves", "record %d begins the log again" % index)
            refuse_if(text_at(leaf, "origin") != origin, "origin", "the log calls itself {}".format(plain(leaf["origin"])))
            chain = [(0, read_log_key(text_at(leaf, "key")))]
        if leaf["kind"] == "key" and index < size:
            old, new = text_at(leaf, "old"), read_log_key(text_at(leaf, "new"))
            refuse_if(not chain or old != chain[-1][1], "key", "record %d replaces a key that was not in force" % index)
            message = (f"upheld key rotation\n{origin}\n{old}\n{new}\n").encode()
            good = ed25519_verify(read_key(old)[3], message, strict_base64(text_at(leaf, "signature"), "key"))
            refuse_if(not good, "key", "record %d: the old key did not sign the new one" % index)
            chain.append((index + 1, new))
    refuse_if(not chain, "key", "the log does not begin with its key")
    if trusted not in [None, *(key for _, key in chain)]:
        raise Failed("key", f"the key you gave is none of this log's; it began with {plain(chain[0][1])}")
    return chain


def check_signed(text: str, signatures: list[Signature], chain: list[tuple[int, str]]) -> None:
    """The checkpoint is signed by the last key of the chain; else it is said what was found instead."""
    key = chain[-1][1]
    if signed_by(text, signatures, key) is not None:
        return
    for place, (_, other) in enumerate(chain[:-1]):
        replaced = signed_by(text, signatures, other) is not None
        refuse_if(replaced, "key", "signed by %s, which record %d replaced" % (plain(other), chain[place + 1][0] - 1))
    name = read_key(key)[0]
    missing = f"signed by another key of {plain(name)}, and no record (kind: key, old: {plain(key)}) hands over to it"
    refuse_if(any(n == name for n, _, _ in signatures), "key", missing)
    raise Failed("signature", f"no signature by the key in force, {plain(key)}")


def read_receipt(note: bytes) -> Held:
    """(text, signatures, origin, index, leaf hash) of a receipt for something taken in."""
    text, signatures = read_note(note)
    lines = text.split("\n")
    good = len(lines) == 6 and lines[0] == "upheld receipt" and bool(re.fullmatch("0|[1-9][0-9]{0,18}", lines[2]))
    refuse_if(not good, "receipt", "not a receipt: " + plain(text))
    return text, signatures, lines[1], int(lines[2]), strict_base64(lines[3], "receipt")


def verify(source: Source, key: str | None = None, witnesses: Iterable[str] = (), known: Iterable[bytes] = (),
           receipts: Iterable[bytes] = ()) -> list[Check]:
    """Check a bundle (folder, zip, or mapping of names to bytes): the list of (check, holds, words). Never raises for what it holds.
    ``key``: the verifier key agreed; ``witnesses``: keys that must have cosigned; ``known``, ``receipts``: notes held from before."""
    done: list[Check] = []
    try:
        _verify(Folder(source), Asked(key, witnesses, known, receipts), done)
    except Failed as failure:
        done.append((failure.check, False, failure.reason))
    except Exception as problem:  # a compressed stream can break in ways of its own
        done.append(("format", False, f"cannot be read: {type(problem).__name__}: {plain(problem)}"))
    return done


class Asked:
    """What the one who verifies holds already: the key agreed, witnesses, checkpoints and receipts (text, signatures, origin, place, hash)."""

    def __init__(self, key: str | None, witnesses: Iterable[str], known: Iterable[bytes], receipts: Iterable[bytes]) -> None:
        self.key, self.witnesses = key if key is None else read_log_key(key), list(witnesses)
        self.known = [(text, signatures, *read_checkpoint(text)) for text, signatures in map(read_note, known)]
        self.receipts = [read_receipt(note) for note in receipts]


def _verify(folder: Folder, asked: Asked, done: list[Check]) -> None:
    def holds(check: str, words: str = "") -> None:
        done.append((check, True, words or CHECKS[check]))

    statement_bytes = folder.read("statement.json")
    statement = read_json(statement_bytes, "statement.json")
    envelope = statement.get("envelope") if isinstance(statement, dict) and set(statement) == {"envelope", "figures"} else None
    if not isinstance(envelope, dict):
        raise Failed("format", "statement.json is no statement")
    refuse_if(text_at(envelope, "format") != FORMAT, "format", "a format this verifier does not know: " + plain(envelope["format"]))
    basis = _basis_of(envelope)
    _check_names(folder, len(basis))
    holds("format")
    figures = hashlib.sha256(canonical(statement["figures"])).hexdigest()
    refuse_if(figures != text_at(envelope, "figures_sha256"), "figures", "the figures are not the ones that were signed")
    holds("figures")
    for check, origin in [("known", k[2]) for k in asked.known] + [("receipt", r[2]) for r in asked.receipts]:
        refuse_if(origin not in dict(basis), check, f"what you hold is of {plain(origin)}, on which this statement does not rest")
    logs = [_check_log(folder, number, origin, size, asked, holds) for number, (origin, size) in enumerate(basis)]
    special, digest = logs[0], hashlib.sha256(statement_bytes).hexdigest()
    mine = [(index, leaf) for index, leaf in special if leaf["kind"] == "statement" and leaf.get("statement_sha256") == digest]
    refuse_if(len(mine) != 1, "statement", "the statement is on record %d times" % len(mine))
    index, leaf = mine[0]
    refuse_if(index < basis[0][1], "basis", "the statement stands on itself")
    for name in ("agreement", "period", "revision", "figures_sha256", "basis"):
        refuse_if(canonical(leaf.get(name)) != canonical(envelope.get(name)), "statement", f"record {index} has another {name}")
    holds("statement", "the statement is record %d of %s" % (index, plain(basis[0][0])))
    _check_texts(folder, envelope, [(i, text) for i, text in special if i < basis[0][1]], holds)
    _check_revision(envelope, special, digest, holds)


def _basis_of(envelope: dict[str, Any]) -> list[tuple[str, int]]:
    """The logs the statement rests on and their sizes; the log it is itself on record in comes first."""
    basis = envelope.get("basis")
    found: list[tuple[str, int]] = []
    for part in basis if isinstance(basis, list) else []:
        if not isinstance(part, dict) or set(part) != {"origin", "size"} or type(part["size"]) is not int or part["size"] < 0:
            raise Failed("basis", "the statement does not name its logs as it should")
        found.append((text_at(part, "origin"), part["size"]))
    refuse_if(not found, "basis", "the statement names no log")
    refuse_if(len({origin for origin, _ in found}) != len(found), "basis", "a log is named twice")
    refuse_if(found[0][0] != text_at(envelope, "log"), "basis", "the statement's own log does not come first")
    return found


def _check_names(folder: Folder, logs: int) -> None:
    """Nothing is in the bundle that nothing speaks of."""
    named = {"statement.json", "verify.py", "README.txt"}
    named |= {"logs/%d/%s" % (number, name) for number in range(logs) for name in ("leaves", "checkpoint")}
    foreign = [n for n in folder.names if n not in named and not n.startswith(("agreement/", "calendars/", "renderings/"))]
    refuse_if(bool(foreign), "format", "a file that does not belong here (take it away): " + plain("".join(foreign[:1])))


def _check_log(folder: Folder, number: int, origin: str, size: int, asked: Asked, holds: Holds) -> list[Special]:
    text, signatures = read_note(folder.read("logs/%d/checkpoint" % number))
    named, total, root = read_checkpoint(text)
    refuse_if(named != origin, "origin", f"the checkpoint is of {plain(named)}, the statement of {plain(origin)}")
    held = [k for k in asked.known if k[2] == origin]
    receipts = [r for r in asked.receipts if r[2] == origin]
    walked = read_log(folder, number, {k[3] for k in held} | {size}, {r[3] for r in receipts})
    chain = keys_of(walked.special, total, asked.key, origin)
    check_signed(text, signatures, chain)
    holds("signature")
    keys = [key for _, key in chain]
    passed = len(keys) - 1 - keys.index(asked.key or keys[0])
    given = "handed over %d times since the one you gave" % passed if passed else "the one you gave"
    unknown = "NOBODY VOUCHES FOR IT: compare it with your contract, or give the one you know with --key"
    holds("key", "key %s; %s" % (plain(keys[-1]), given if asked.key else unknown))
    holds("origin", plain(origin))
    refuse_if(walked.size != total, "leaves", "%d records are here, the checkpoint is of %d" % (walked.size, total))
    holds("leaves", "%d records" % total)
    refuse_if(walked.root != root, "root", "the records give another root than was signed")
    holds("root")
    refuse_if(size > total, "basis", "the statement rests on %d records, the checkpoint is of %d" % (size, total))
    holds("basis", "the figures rest on the first %d records" % size)
    for known in held:
        _check_known(known, walked, keys, holds)
    for taken in receipts:
        _check_receipt(taken, walked, keys, holds)
    for witness in asked.witnesses if number == 0 else ():
        refuse_if(read_key(witness)[2] != 4, "witness", "a log's key, not a witness's: " + plain(witness))
        refuse_if(signed_by(text, signatures, witness) is None, "witness", f"no cosignature by {plain(witness)}")
        holds("witness", f"cosigned by {plain(read_key(witness)[0])}")
    return walked.special


def _check_known(known: Held, walked: Walked, keys: list[str], holds: Holds) -> None:
    text, signatures, _, size, root = known
    refuse_if(all(signed_by(text, signatures, key) is None for key in keys), "known", "the checkpoint you hold is not signed by this log's key")
    refuse_if(size > walked.size, "known", "rollback: you hold a checkpoint of %d records, this one is of %d" % (size, walked.size))
    refuse_if(walked.roots[size] != root, "known", "equivocation: two histories were signed for the first %d records" % size)
    holds("known", "the checkpoint of %d records that you hold is continued" % size)


def _check_receipt(taken: Held, walked: Walked, keys: list[str], holds: Holds) -> None:
    text, signatures, _, index, digest = taken
    refuse_if(all(signed_by(text, signatures, key) is None for key in keys), "receipt", "the receipt is not signed by this log's key")
    refuse_if(index >= walked.size, "receipt", "the receipt is of record %d, this bundle ends with %d" % (index, walked.size - 1))
    refuse_if(walked.hashes[index] != digest, "receipt", "what was taken in as record %d is not on record there" % index)
    holds("receipt", "what was taken in is record %d" % index)


def _check_texts(folder: Folder, envelope: dict[str, Any], special: list[Special], holds: Holds) -> None:
    """``special``: of the records the figures rest on."""
    wanted = envelope["texts"] if isinstance(envelope.get("texts"), dict) else {}
    there = [n for n in folder.names if n.startswith(("agreement/", "calendars/"))]
    for kind, prefix, check in (("agreement", "agreement/", "agreement"), ("calendar", "calendars/", "calendars")):
        on_record = {(leaf.get("name"), leaf.get("sha256")) for _, leaf in special if leaf["kind"] == kind}
        names = [n for n in there if n.startswith(prefix)]
        named = sorted(n for n in wanted if n.startswith(prefix))
        refuse_if(names != named, check, f"the files of {prefix} are not the ones the statement names")
        for name in names:
            digest = hashlib.sha256(folder.read(name)).hexdigest()
            refuse_if(digest != wanted[name] or (name, digest) not in on_record, check, f"{plain(name)} is not the text on record")
        refuse_if(kind == "agreement" and not names, check, "the statement names no agreement")
        holds(check, "%d text%s" % (len(names), "s" if len(names) > 1 else "") if names else "none")
    refuse_if(sorted(wanted) != there, "format", "the statement names a text that is neither an agreement nor a calendar")


def _check_revision(envelope: dict[str, Any], special: list[Special], digest: str, holds: Holds) -> None:
    agreement, period, revision = text_at(envelope, "agreement"), text_at(envelope, "period"), envelope.get("revision")
    same = [(index, leaf) for index, leaf in special
            if leaf["kind"] == "statement" and (leaf.get("agreement"), leaf.get("period")) == (agreement, period)]
    numbers = [leaf.get("revision") for _, leaf in same]
    if type(revision) is not int or numbers != list(range(1, len(numbers) + 1)) or revision not in numbers:
        raise Failed("revision", "the revisions on record are not 1, 2, 3 ...")
    hashes = [None, *(leaf.get("statement_sha256") for _, leaf in same)]
    wrong = (envelope.get("previous"), digest) != (hashes[revision - 1], hashes[revision])
    refuse_if(wrong, "revision", "the revision before is not the one on record")
    newer = len(numbers) - revision
    holds("revision", "revision %d%s" % (revision, "; A NEWER ONE, %d, IS ON RECORD" % len(numbers) if newer else ", the newest on record"))


PROVES = """This proves that the statement was issued as it is, and that it rests on exactly these records, complete and unchanged.
It does not prove that the records are true, that nothing happened unrecorded, or that the figures follow from the records
(recompute them with: upheld verify). The PDF and other renderings only quote the figures; they are not proof."""
UNPINNED = """No key was given. Anyone can make a bundle that agrees with itself: what is said above holds only if the key above is the one
in your contract (give it with --key)."""


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Verify a bundle of evidence (integrity and completeness).")
    parser.add_argument("bundle", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--key", help="the log's verifier key, as in your contract")
    parser.add_argument("--witness", action="append", default=[], help="a key that must have cosigned")
    parser.add_argument("--known", action="append", default=[], help="a checkpoint file you hold from before")
    parser.add_argument("--receipt", action="append", default=[], help="a receipt you hold for something handed in")
    parser.add_argument("--report", help="write both checkpoints here where they contradict each other")
    given = parser.parse_args(arguments)
    for stream in [s for s in (sys.stdout, sys.stderr) if isinstance(s, io.TextIOWrapper)]:
        stream.reconfigure(errors="backslashreplace")          # a name the terminal cannot write is no reason to stop
    try:
        known, receipts = ([Path(name).read_bytes() for name in names] for names in (given.known, given.receipt))
    except OSError as problem:
        print(f"cannot read what you hold: {plain(problem)}", file=sys.stderr)
        return 2
    done = verify(given.bundle, given.key, given.witness, known, receipts)
    for check, good, words in done:
        print("%-4s  %-10s  %s" % ("ok" if good else "FAIL", check, words))
    good = all(g for _, g, _ in done)
    if given.report and any("equivocation" in words or "rollback" in words for _, g, words in done if not g):
        Path(given.report).write_bytes(b"\n---- the other ----\n".join([Folder(given.bundle).read("logs/0/checkpoint"), *known]))
        print(f"both checkpoints are in {plain(given.report)}")
    print("\n" + (PROVES + ("" if given.key else "\n\n" + UNPINNED) if good else "REFUSED: do not rely on this bundle."))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
