"""Each refusal by itself, word for word: none may be taken out of the verifier without a test that falls."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from bundles import FIRST, ORIGIN, SECOND, STRANGER, WITNESS, Made, checkpoint, fact, made, pack, statement, statement_leaf

from upheld.evidence import verify as level1
from upheld.evidence.bundle import canonical
from upheld.evidence.signing import cosign
from upheld.evidence.verify import Failed, key_hash, read_key, read_note, verify

FIGURES: dict[str, object] = {"total": "100", "value": "999/1000"}


@pytest.fixture(scope="module")
def whole() -> Made:
    return made()


def refused(files: dict[str, bytes], **more: object) -> tuple[str, str]:
    done = verify(files, FIRST.verifier, **more)  # type: ignore[arg-type]
    assert [good for _, good, _ in done].count(False) == 1
    return done[-1][0], done[-1][2]


def with_leaves(files: dict[str, bytes], leaves: list[bytes]) -> dict[str, bytes]:
    return {**files, "logs/0/leaves": b"".join(leaf + b"\n" for leaf in leaves)}


@pytest.mark.parametrize("data", [b"\x02" + bytes(32), b"\x01" + bytes(31), b"\x01" + bytes(33), b""])
def test_a_key_of_another_kind(data: bytes) -> None:
    with pytest.raises(Failed, match="not an Ed25519 key"):
        read_key(f"a+{key_hash('a', data).hex()}+{base64.b64encode(data).decode()}")


def test_a_note_that_is_not_text(whole: Made) -> None:
    with pytest.raises(Failed, match="not UTF-8"):
        read_note(b"\xff" + whole.known)


def test_signatures_too_short_and_twice(whole: Made) -> None:
    with pytest.raises(Failed, match="too short"):
        read_note("a\n\n\u2014 a AAAAAA==\n".encode())
    note = whole.files["logs/0/checkpoint"].decode().splitlines(keepends=True)
    twice = "".join([*note, note[4]]).encode()
    assert refused({**whole.files, "logs/0/checkpoint": twice}) == ("signature", "two signatures by one key")


def resigned(note: bytes, line: int) -> bytes:
    """One bit of a signature turned, its key's name and hash left as they are."""
    lines = note.decode().splitlines()
    dash, name, text = lines[line].split(" ")
    data = bytearray(base64.b64decode(text))
    data[20] ^= 1
    lines[line] = f"{dash} {name} {base64.b64encode(bytes(data)).decode()}"
    return ("\n".join(lines) + "\n").encode()


def test_a_signature_and_a_cosignature_that_are_wrong(whole: Made) -> None:
    note = whole.files["logs/0/checkpoint"]
    assert refused({**whole.files, "logs/0/checkpoint": resigned(note, 4)}) == ("signature", "the signature by northwind is wrong")
    wrong = {**whole.files, "logs/0/checkpoint": resigned(note, 5)}
    assert refused(wrong, witnesses=[WITNESS.verifier]) == ("signature", "the cosignature by acme is wrong")
    assert refused(whole.files, known=[resigned(whole.known, 4)]) == ("signature", "the signature by northwind is wrong")


def test_a_time_of_cosigning_that_was_changed(whole: Made) -> None:
    lines = cosign(whole.known, WITNESS, 7).decode().splitlines()
    data = bytearray(base64.b64decode(lines[5].split(" ")[2]))
    assert int.from_bytes(data[4:12], "big") == 7
    data[11] = 8
    lines[5] = f"\u2014 acme {base64.b64encode(bytes(data)).decode()}"
    text, signatures = read_note(("\n".join(lines) + "\n").encode())
    with pytest.raises(Failed, match="the cosignature by acme is wrong"):
        level1.signed_by(text, signatures, WITNESS.verifier)


def test_a_symbolic_link(whole: Made, tmp_path: Path) -> None:
    for name, data in whole.files.items():
        (tmp_path / "b" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "b" / name).write_bytes(data)
    assert all(good for _, good, _ in verify(tmp_path / "b", FIRST.verifier))
    (tmp_path / "b/agreement/acme.yaml").rename(tmp_path / "elsewhere")
    (tmp_path / "b/agreement/acme.yaml").symlink_to(tmp_path / "elsewhere")
    assert verify(tmp_path / "b") == [("format", False, "neither a file nor a folder: acme.yaml")]
    os.unlink(tmp_path / "b/agreement/acme.yaml")
    (tmp_path / "b/agreement/more").symlink_to(tmp_path, target_is_directory=True)
    assert verify(tmp_path / "b") == [("format", False, "neither a file nor a folder: more")]


@pytest.mark.parametrize("name", ["statement.json", "logs/0/leaves", "logs/0/checkpoint"])
def test_a_file_that_is_missing(whole: Made, name: str) -> None:
    assert refused({n: d for n, d in whole.files.items() if n != name}) == ("format", f"{name} is missing")


@pytest.mark.parametrize("name", ["format", "log", "figures_sha256", "agreement", "period"])
def test_an_envelope_that_lacks_a_text(whole: Made, name: str) -> None:
    body = json.loads(whole.statement)
    body["envelope"][name] = 7
    check, words = refused({**whole.files, "statement.json": canonical(body)})
    assert (check, words) in (("format", f"{name} is missing"), ("statement", "the statement is on record 0 times"))


@pytest.mark.parametrize("body", [
    [], {}, 1, "x", None, {"envelope": []}, {"envelope": {}, "figures": {}, "more": {}}, {"envelope": 1, "figures": {}}])
def test_what_is_no_statement(whole: Made, body: object) -> None:
    assert refused({**whole.files, "statement.json": canonical(body)}) == ("format", "statement.json is no statement")


def test_a_record_that_is_cut_off_or_endless(whole: Made) -> None:
    cut = whole.files["logs/0/leaves"][:-1]
    assert refused({**whole.files, "logs/0/leaves": cut}) == ("leaves", "record 26 is cut off or too long")
    endless = whole.files["logs/0/leaves"] + canonical({"kind": "fact", "x": "y" * level1.MAX_LEAF}) + b"\n"
    assert refused({**whole.files, "logs/0/leaves": endless}) == ("leaves", "record 27 is cut off or too long")


def test_more_records_than_anyone_has(whole: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(level1, "MAX_LEAVES", 26)
    assert refused(whole.files) == ("leaves", "more than 26 records")


def test_records_more_or_less_than_signed(whole: Made) -> None:
    assert refused(with_leaves(whole.files, whole.leaves[:-1])) == ("leaves", "26 records are here, the checkpoint is of 27")
    assert refused(with_leaves(whole.files, [*whole.leaves, fact(1)])) == ("leaves", "28 records are here, the checkpoint is of 27")
    assert refused(with_leaves(whole.files, [*whole.leaves[:5], fact(99), *whole.leaves[6:]])) == (
        "root", "the records give another root than was signed")


def test_a_log_that_calls_itself_otherwise(whole: Made) -> None:
    leaves = [canonical({"kind": "log", "origin": "northwind/other", "key": FIRST.verifier}), *whole.leaves[1:]]
    files = {**with_leaves(whole.files, leaves), "logs/0/checkpoint": checkpoint(leaves, SECOND)}
    assert refused(files) == ("origin", "the log calls itself northwind/other")


def first_of(leaves: list[bytes], basis: object) -> dict[str, bytes]:
    body = json.loads(statement(FIGURES, 1, None, 0))
    body["envelope"]["basis"] = basis
    data = canonical(body)
    leaves = [*leaves, statement_leaf(data, FIGURES, 1)]
    return pack(data, leaves, checkpoint(leaves, FIRST))


def test_a_statement_that_stands_on_itself_or_beyond(whole: Made) -> None:
    leaves = whole.leaves[:5]
    assert refused(first_of(leaves, [{"origin": ORIGIN, "size": 6}])) == ("basis", "the statement stands on itself")
    assert refused(first_of(leaves, [{"origin": ORIGIN, "size": 7}])) == ("basis", "the statement rests on 7 records, the checkpoint is of 6")
    assert all(good for _, good, _ in verify(first_of(leaves, [{"origin": ORIGIN, "size": 5}]), FIRST.verifier))


def test_a_basis_by_its_words(whole: Made) -> None:
    own = {"origin": ORIGIN, "size": 5}
    assert refused(first_of(whole.leaves[:5], [])) == ("basis", "the statement names no log")
    assert refused(first_of(whole.leaves[:5], {})) == ("basis", "the statement names no log")
    assert refused(first_of(whole.leaves[:5], [own, own])) == ("basis", "a log is named twice")
    assert refused(first_of(whole.leaves[:5], [{"origin": "x", "size": 1}, own])) == ("basis", "the statement's own log does not come first")


def test_a_checkpoint_that_is_held_and_not_the_logs(whole: Made) -> None:
    assert refused(whole.files, known=[checkpoint(whole.leaves[:9], STRANGER)]) == (
        "known", "the checkpoint you hold is not signed by this log's key")


def test_a_log_that_went_back(whole: Made) -> None:
    leaves = whole.leaves[:24]
    files = pack(statement({"total": "100", "value": "999/1000"}, 1, None, 23), leaves, checkpoint(leaves, FIRST))
    assert all(good for _, good, _ in verify(files, FIRST.verifier, (), [whole.known]))
    later = checkpoint([*leaves, fact(1), fact(2)], FIRST)
    assert refused(files, known=[later]) == ("known", "rollback: you hold a checkpoint of 26 records, this one is of 24")


def test_a_folder_or_file_that_is_no_bundle_is_named(tmp_path: Path) -> None:
    assert verify(tmp_path) == [("format", False, f"statement.json is missing: no bundle is in {tmp_path}")]
    assert verify(tmp_path / "r9") == [("format", False, f"nothing is there: {tmp_path / 'r9'}")]


def test_a_private_key_given_by_mistake_is_not_printed(whole: Made) -> None:
    (check, _, words), = verify(whole.files, "PRIVATE+KEY+acme.example+4c47cf15+BDwzeqj7uVjqxX0C3OkKu28lnsxJPdhJ7ytRKVHCp3lj")
    assert (check, words) == ("key", "a PRIVATE key: keep it to yourself, and give the verifier key")
