"""A bundle is accepted whole or refused with a named reason; what each refusal is about."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from bundles import (
    FIRST,
    ORIGIN,
    SECOND,
    STRANGER,
    TEXTS,
    WITNESS,
    Made,
    checkpoint,
    fact,
    key,
    made,
    pack,
    statement,
    statement_leaf,
)

from upheld.evidence.bundle import canonical, sha256_hex, to_zip
from upheld.evidence.signing import Checkpoint, Key, NotExtendingError, cosign, read_signed, receipt, rotation, sign_checkpoint
from upheld.evidence.verify import CHECKS, Failed, Tree, ed25519_verify, read_checkpoint, read_key, read_note, signed_by, strict_base64, verify


@pytest.fixture(scope="module")
def whole() -> Made:
    return made()


def refused(files: dict[str, bytes], **more: object) -> tuple[str, str]:
    done = verify(files, FIRST.verifier, **more)  # type: ignore[arg-type]
    bad = [(check, words) for check, good, words in done if not good]
    assert len(bad) == 1, done
    assert bad[0][0] in CHECKS
    return bad[0]


def test_a_whole_bundle_is_accepted(whole: Made) -> None:
    taken = receipt(FIRST, ORIGIN, 5, hashlib.sha256(b"\x00" + whole.leaves[5]).digest(), "t")
    done = verify(whole.files, FIRST.verifier, [WITNESS.verifier], [whole.known], [taken])
    assert all(good for _, good, _ in done)
    assert {check for check, _, _ in done} == set(CHECKS)


def test_its_own_verifier_says_the_same_without_the_package(whole: Made, tmp_path: Path) -> None:
    for name, data in whole.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    done = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / "verify.py"), "--key", FIRST.verifier], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout
    assert "This proves" in done.stdout
    (tmp_path / "statement.json").write_bytes(whole.files["statement.json"].replace(b"250", b"350"))
    done = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / "verify.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "FAIL  figures" in done.stdout
    assert "REFUSED" in done.stdout


def test_a_zip_is_a_bundle_too_and_the_same_bytes_each_time(whole: Made, tmp_path: Path) -> None:
    packed = to_zip(whole.files)
    assert packed == to_zip(dict(reversed(list(whole.files.items()))))
    path = tmp_path / "bundle.zip"
    path.write_bytes(packed)
    assert all(good for _, good, _ in verify(path, FIRST.verifier))
    path.write_bytes(packed[:-40])
    assert verify(path)[0][:2] == ("format", False)


def test_names_that_lead_out_of_the_bundle(tmp_path: Path, whole: Made) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("../statement.json", b"{}")
    (tmp_path / "b.zip").write_bytes(out.getvalue())
    assert verify(tmp_path / "b.zip")[0][1:] == (False, "a name leads out of the bundle: ../statement.json")
    assert refused({**whole.files, "notes.txt": b"hello"}) == ("format", "a file that does not belong here (take it away): notes.txt")


def test_a_checkpoint_of_another_agreement(whole: Made) -> None:
    other = checkpoint(whole.leaves, SECOND, "northwind/other")
    assert refused({**whole.files, "logs/0/checkpoint": other})[0] == "origin"


def test_a_stale_checkpoint_of_the_same_log(whole: Made) -> None:
    assert refused({**whole.files, "logs/0/checkpoint": whole.known})[0] in ("signature", "leaves")


def test_a_shorter_log_than_the_customer_has_cosigned(whole: Made) -> None:
    short = whole.leaves[:24]
    files = pack(statement({"total": "100", "value": "999/1000"}, 1, None, 23), short, checkpoint(short, FIRST))
    later = checkpoint(whole.leaves, SECOND)
    check, words = refused(files, known=[later])
    assert check == "known"
    assert words.startswith(("rollback", "the checkpoint you hold is not signed"))


def test_two_histories_of_the_same_length(whole: Made) -> None:
    forged = [*whole.leaves]
    forged[5] = fact(999)
    files = {**whole.files, "logs/0/leaves": b"".join(leaf + b"\n" for leaf in forged), "logs/0/checkpoint": checkpoint(forged, SECOND)}
    assert all(good for _, good, _ in verify(files, FIRST.verifier))      # alone, a history signed by its owner is a history
    assert refused(files, known=[whole.known]) == ("known", "equivocation: two histories were signed for the first 24 records")


def test_a_history_signed_by_a_stranger(whole: Made) -> None:
    files = {**whole.files, "logs/0/checkpoint": checkpoint(whole.leaves, STRANGER)}
    check, words = refused(files)
    assert check == "key"
    assert words.startswith(f"signed by another key of northwind, and no record (kind: key, old: {SECOND.verifier}) hands over to it")
    files = {**whole.files, "logs/0/checkpoint": checkpoint(whole.leaves, key("another", 1))}
    assert refused(files) == ("signature", f"no signature by the key in force, {SECOND.verifier}")
    leaves = [whole.leaves[0].replace(FIRST.verifier.encode(), STRANGER.verifier.encode()), *whole.leaves[1:]]
    files = {**files, "logs/0/leaves": b"".join(leaf + b"\n" for leaf in leaves), "logs/0/checkpoint": checkpoint(leaves, STRANGER)}
    assert refused(files)[0] == "key"


def test_a_rotation_the_old_key_did_not_sign(whole: Made) -> None:
    leaves = [*whole.leaves]
    at = next(i for i, leaf in enumerate(leaves) if b'"kind":"key"' in leaf)
    leaves[at] = canonical({**rotation(ORIGIN, STRANGER, SECOND.verifier), "old": FIRST.verifier})
    files = {**whole.files, "logs/0/leaves": b"".join(leaf + b"\n" for leaf in leaves), "logs/0/checkpoint": checkpoint(leaves, SECOND)}
    assert refused(files) == ("key", f"record {at}: the old key did not sign the new one")
    leaves[at] = canonical(rotation(ORIGIN, STRANGER, SECOND.verifier))
    files = {**files, "logs/0/leaves": b"".join(leaf + b"\n" for leaf in leaves), "logs/0/checkpoint": checkpoint(leaves, SECOND)}
    assert refused(files) == ("key", f"record {at} replaces a key that was not in force")


def test_a_signature_by_the_key_before_the_rotation(whole: Made) -> None:
    check, words = refused({**whole.files, "logs/0/checkpoint": checkpoint(whole.leaves, FIRST)})
    assert check == "key"
    assert words == f"signed by {FIRST.verifier}, which record 24 replaced"


def test_a_witness_that_did_not_sign(whole: Made) -> None:
    assert refused(whole.files, witnesses=[key("other", 9, 4).verifier])[0] == "witness"


def test_a_statement_that_is_not_on_record(whole: Made) -> None:
    forged = statement({"total": "900", "value": "1"}, 2, sha256_hex(b"x"), 26)
    assert refused({**whole.files, "statement.json": forged}) == ("statement", "the statement is on record 0 times")


def test_an_agreement_or_calendar_that_is_not_the_one_on_record(whole: Made) -> None:
    assert refused({**whole.files, "agreement/acme.yaml": TEXTS["agreement/acme.yaml"] + b"#"})[0] == "agreement"
    assert refused({**whole.files, "calendars/DE-BE.yaml": b""})[0] == "calendars"
    assert refused({n: d for n, d in whole.files.items() if n != "calendars/DE-BE.yaml"})[0] == "calendars"
    assert refused({**whole.files, "agreement/other.yaml": b""})[0] == "agreement"


def test_a_revision_that_skips_one() -> None:
    base = made()
    figures: dict[str, object] = {"total": "1", "value": "1"}
    leaves = [*base.leaves]
    new = statement(figures, 4, None, len(leaves))
    leaves.append(statement_leaf(new, figures, 4))
    assert refused(pack(new, leaves, checkpoint(leaves, SECOND)))[0] == "revision"


def test_an_older_revision_is_accepted_and_says_that_there_is_a_newer() -> None:
    base = made()
    old = statement({"total": "100", "value": "999/1000"}, 1, None, 23)
    done = verify(pack(old, base.leaves, checkpoint(base.leaves, SECOND)), FIRST.verifier)
    assert all(good for _, good, _ in done)
    assert done[-1][2] == "revision 1; A NEWER ONE, 2, IS ON RECORD"


def test_without_a_key_the_first_one_is_taken_and_said(whole: Made) -> None:
    words = next(words for check, _, words in verify(whole.files) if check == "key")
    assert "NOBODY VOUCHES FOR IT" in words


def test_what_is_printed_has_no_control_characters(whole: Made) -> None:
    hostile = canonical({"envelope": {"format": "\x1b[31mred\x07"}, "figures": {}})
    check, words = refused({**whole.files, "statement.json": hostile})
    assert check == "format"
    assert words.isprintable()


@pytest.mark.parametrize("text", ["yaO=", "yaM", "yaM=\n", " yaM=", "yaM==", "ya-_", "é"])
def test_base64_is_read_in_its_one_form(text: str) -> None:
    with pytest.raises(Failed, match="base64"):
        strict_base64(text)
    assert strict_base64("yaM=") == b"\xc9\xa3"


@pytest.mark.parametrize("note", [
    b"", b"a\n1\n\n", b"a\n1\n\xff\n\n\xe2\x80\x94 a AAAA\n", b"text\n\nno dash\n", b"a\x00b\n\n\xe2\x80\x94 a AAAAAAAA\n"])
def test_what_is_no_note(note: bytes) -> None:
    with pytest.raises(Failed):
        read_note(note)


@pytest.mark.parametrize("text", [
    "o\n01\nAAAA\n", "o\n-1\nAAAA\n", "o\n1\nAAAA\nmore\n", "\n1\n\n", "o\n1\nAAAA\n", "o\n99999999999999999999\nAA==\n"])
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(Failed):
        read_checkpoint(text)


def test_too_many_signatures(whole: Made) -> None:
    note = checkpoint(whole.leaves, SECOND)
    line = note[note.index("\u2014".encode()):]
    with pytest.raises(Failed, match="17 signatures"):
        read_note(note + line * 16)


def test_signing_only_goes_on() -> None:
    tree, other = Tree(), Tree()
    for i in range(5):
        tree.add(fact(i))
    for i in range(7):
        other.add(fact(i + 1))
    last = Checkpoint(ORIGIN, tree.size, tree.root())
    with pytest.raises(NotExtendingError):
        sign_checkpoint(FIRST, Checkpoint(ORIGIN, 7, other.root()), last, b"x" * 32)
    with pytest.raises(NotExtendingError):
        sign_checkpoint(FIRST, Checkpoint(ORIGIN, 3, other.root()), last, last.root)
    with pytest.raises(NotExtendingError):
        sign_checkpoint(FIRST, Checkpoint("another/log", 7, other.root()), last, last.root)
    note = sign_checkpoint(FIRST, Checkpoint(ORIGIN, 7, other.root()), last, last.root)
    assert read_signed(note, FIRST.verifier) == Checkpoint(ORIGIN, 7, other.root())
    with pytest.raises(ValueError, match="not signed by the key"):
        read_signed(note, STRANGER.verifier)


def test_a_cosignature_once(whole: Made) -> None:
    note = whole.files["logs/0/checkpoint"]
    with pytest.raises(ValueError, match="already"):
        cosign(note, WITNESS, 1)
    text, signatures = read_note(note)
    assert signed_by(text, signatures, WITNESS.verifier) == 1_770_000_000
    assert signed_by(text, signatures, key("other", 1, 4).verifier) is None


def test_keys_are_read_back_and_nothing_else_is() -> None:
    assert Key.read(FIRST.text) == FIRST
    for text in ("", "PRIVATE+KEY+a+b+c", FIRST.text[:-2], FIRST.text.replace("northwind", "other"), FIRST.verifier):
        with pytest.raises(ValueError, match="not a private key"):
            Key.read(text)
    for vkey in ("", "a+b+c", FIRST.verifier[:-4], FIRST.verifier.replace("northwind", "other"), "a b+" + FIRST.verifier.split("+", 1)[1]):
        with pytest.raises(Failed):
            read_key(vkey)


def test_what_was_taken_in_with_a_receipt_is_on_record(whole: Made) -> None:
    digest = hashlib.sha256(b"\x00" + whole.leaves[5]).digest()
    good = receipt(FIRST, ORIGIN, 5, digest, "2026-01-01T00:00:00Z")
    done = verify(whole.files, FIRST.verifier, (), (), [good])
    assert ("receipt", True, "what was taken in is record 5") in done
    told = refused(whole.files, receipts=[receipt(FIRST, ORIGIN, 6, digest, "t")])
    assert told == ("receipt", "what was taken in as record 6 is not on record there")
    assert refused(whole.files, receipts=[receipt(FIRST, ORIGIN, 99, digest, "t")])[0] == "receipt"
    told = refused(whole.files, receipts=[receipt(STRANGER, ORIGIN, 5, digest, "t")])
    assert told == ("receipt", "the receipt is not signed by this log's key")
    assert all(g for _, g, _ in verify(whole.files, FIRST.verifier, (), (), [receipt(SECOND, ORIGIN, 5, digest, "t")]))
    assert refused(whole.files, receipts=[whole.known])[0] == "receipt"


@pytest.mark.parametrize(("name", "data"), [
    ("logs/0/leaves", b"x" * (1024 * 1024 + 2)), ("logs/0/leaves", b"{}"), ("statement.json", b"[1e400]"), ("statement.json", b'{"a":1,"a":1}'),
    ("statement.json", b"\xff"), ("statement.json", b"[" * 100_000), ("logs/0/checkpoint", b"\x1b[31m\n\n\n"),
])
def test_limits_and_things_that_are_none(whole: Made, name: str, data: bytes) -> None:
    _, words = refused({**whole.files, name: data})
    assert words.isprintable()


def test_a_file_that_unpacks_without_end(whole: Made, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in whole.files.items():
            packed.writestr(name, body if name != "statement.json" else b" " * (65 * 1024 * 1024))
    assert path.stat().st_size < 10**6
    assert verify(path)[-1] == ("format", False, "statement.json is larger than 67108864 bytes")
    with zipfile.ZipFile(path, "w") as packed:
        for i in range(10_001):
            packed.writestr(str(i), b"")
    assert verify(path)[-1] == ("format", False, "too many files, or a name twice")


def test_a_receipt_is_signed() -> None:
    note = receipt(FIRST, ORIGIN, 7, b"h" * 32, "2026-01-01T00:00:00Z")
    text, signatures = read_note(note)
    assert signed_by(text, signatures, FIRST.verifier) == 0
    assert text.startswith(f"upheld receipt\n{ORIGIN}\n7\n")


# ---- Ed25519: RFC 8032 section 7.1, and what must be refused --------------------------------------------------------

VECTORS = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_ed25519_vectors(public: str, message: str, signature: str) -> None:
    a, m, s = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert ed25519_verify(a, m, s)
    assert not ed25519_verify(a, m + b"x", s)
    order = 2**252 + 27742317777372353535851937790883648493
    high = s[:32] + (int.from_bytes(s[32:], "little") + order).to_bytes(32, "little")
    assert not ed25519_verify(a, m, high)                           # s not reduced: another spelling of the same signature
    assert not ed25519_verify(a, m, bytes(64))
    assert not ed25519_verify(b"\x01" + bytes(31), m, s)             # a key of small order
    assert not ed25519_verify(b"\xff" * 32, m, s)                    # no canonical point


def test_ed25519_against_cryptography() -> None:
    for i in range(40):
        k = key("n", i)
        message = f"message {i}".encode() * i
        signed = k.sign(message)
        assert ed25519_verify(k.public, message, signed)
        broken = bytearray(signed)
        broken[i] ^= 1 << (i % 8)
        assert not ed25519_verify(k.public, message, bytes(broken))
