"""Ways around a verifier that were tried here: each is refused with the name of what is wrong."""

from __future__ import annotations

import ast
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from bundles import FIRST, ORIGIN, SECOND, STRANGER, WITNESS, Made, checkpoint, fact, key, made, pack, statement, statement_leaf

from upheld.evidence.bundle import LogPart, bundle_files, canonical, sha256_hex, text_leaf, to_zip
from upheld.evidence.signing import Checkpoint, Key, cosign, read_signed, receipt, rotation, sign_checkpoint
from upheld.evidence.verify import UNPINNED, Tree, main, verify

FIGURES: dict[str, object] = {"total": "250", "value": "989/1000"}


@pytest.fixture(scope="module")
def whole() -> Made:
    return made()


def refused(files: dict[str, bytes], key: str | None = FIRST.verifier, **more: object) -> tuple[str, str]:
    done = verify(files, key, **more)  # type: ignore[arg-type]
    bad = [(check, words) for check, good, words in done if not good]
    assert len(bad) == 1, done
    return bad[0]


def fresh(leaves: list[bytes], *, basis: int | None = None, **envelope: object) -> tuple[bytes, list[bytes]]:
    """A first statement on these leaves: (statement.json, all leaves)."""
    body = json.loads(statement(FIGURES, 1, None, len(leaves) if basis is None else basis))
    body["envelope"].update(envelope)
    data = canonical(body)
    return data, [*leaves, statement_leaf(data, FIGURES, 1)]


def packed(statement_json: bytes, leaves: list[bytes], signer: Key = FIRST) -> dict[str, bytes]:
    return pack(statement_json, leaves, checkpoint(leaves, signer))


# ---- what lies in the folder ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [
    "logs/1/leaves", "logs/0/more", "logs/00/leaves", "logs/x", "statement.json.old", ".DS_Store", "Verify.py"])
def test_a_file_nothing_speaks_of(whole: Made, name: str) -> None:
    assert refused({**whole.files, name: b"x"}) == ("format", f"a file that does not belong here (take it away): {name}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(whole: Made, tmp_path: Path) -> None:
    for name, data in whole.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "renderings/statement.pdf").unlink()
    os.mkfifo(tmp_path / "renderings/statement.pdf")
    assert verify(tmp_path) == [("format", False, "neither a file nor a folder: statement.pdf")]


def test_a_zip_with_entries_for_its_folders_is_a_bundle(whole: Made, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w") as out:
        for folder in ("logs/", "logs/0/", "agreement/", "calendars/", "renderings/"):
            out.writestr(folder, b"")
        for name, data in whole.files.items():
            out.writestr(name, data)
    assert all(good for _, good, _ in verify(path, FIRST.verifier))


def test_a_zip_that_says_it_unpacks_to_more_than_a_disk(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w") as out:
        for i in range(9):
            out.writestr(f"renderings/{i}", b"x")
    body = bytearray(path.read_bytes())
    at = body.index(b"PK\x01\x02")
    while at >= 0:
        body[at + 24:at + 28] = (0xFFFFFFF0).to_bytes(4, "little")
        at = body.find(b"PK\x01\x02", at + 4)
    path.write_bytes(bytes(body))
    assert verify(path) == [("format", False, "larger than 34359738368 bytes when unpacked")]


# ---- keys -----------------------------------------------------------------------------------------------------------


def test_a_pinned_key_of_another_log_vouches_for_nothing(whole: Made) -> None:
    """A true log of the provider laid beside a forged one that holds the statement."""
    evil = "evil/acme"
    leaves = [canonical({"kind": "log", "origin": evil, "key": STRANGER.verifier}), *whole.leaves[1:3]]
    true = Tree()
    for leaf in whole.leaves:
        true.add(leaf)
    for basis, parts in (
        ([(ORIGIN, true.size), (evil, 3)], (0, 1)),
        ([(evil, 3), (ORIGIN, true.size)], (1, 0)),
    ):
        named = [{"origin": origin, "size": size} for origin, size in basis]
        data, all_leaves = fresh(leaves, log=evil, basis=3)
        body = json.loads(data)
        body["envelope"]["basis"] = named
        data = canonical(body)
        all_leaves[-1] = statement_leaf(data, FIGURES, 1)
        logs = (LogPart(ORIGIN, whole.leaves, checkpoint(whole.leaves, SECOND)),
                LogPart(evil, all_leaves, checkpoint(all_leaves, STRANGER, evil)))
        texts = {n: d for n, d in whole.files.items() if n.startswith(("agreement/", "calendars/"))}
        files = bundle_files(data, [logs[i] for i in parts], texts, {})
        check, _ = refused({n: d if isinstance(d, bytes) else b"".join(d) for n, d in files.items()})
        assert check == ("basis" if basis[0][0] == ORIGIN else "key")


def test_two_logs_of_one_key_are_both_verified(whole: Made) -> None:
    shared = "northwind/shared"
    other = [canonical({"kind": "log", "origin": shared, "key": FIRST.verifier}), fact(1), fact(2)]
    body = json.loads(statement(FIGURES, 1, None, 5))
    body["envelope"]["basis"].append({"origin": shared, "size": 2})
    data = canonical(body)
    leaves = [*whole.leaves[:5], statement_leaf(data, FIGURES, 1)]
    texts = {n: d for n, d in whole.files.items() if n.startswith(("agreement/", "calendars/"))}

    def files(second: list[bytes], signer: Key) -> dict[str, bytes]:
        logs = [LogPart(ORIGIN, leaves, checkpoint(leaves, FIRST)), LogPart(shared, second, checkpoint(second, signer, shared))]
        return {n: d if isinstance(d, bytes) else b"".join(d) for n, d in bundle_files(data, logs, texts, {}).items()}

    done = verify(files(other, FIRST), FIRST.verifier, (), [checkpoint(other[:2], FIRST, shared)])
    assert all(good for _, good, _ in done), done
    assert [check for check, _, _ in done].count("root") == 2
    assert refused(files(other, STRANGER))[0] == "key"
    assert refused(files(other[:1], FIRST))[0] == "basis"
    forged = [other[0], fact(3), other[2]]
    assert refused(files(forged, FIRST), known=[checkpoint(other[:2], FIRST, shared)])[0] == "known"


def test_a_key_handed_over_to_may_be_the_one_that_is_known(whole: Made) -> None:
    done = verify(whole.files, SECOND.verifier)
    assert ("key", True, f"key {SECOND.verifier}; the one you gave") in done
    done = verify(whole.files, FIRST.verifier)
    assert ("key", True, f"key {SECOND.verifier}; handed over 1 times since the one you gave") in done


def test_a_stranger_cannot_hand_over_to_the_true_key() -> None:
    """A log begun by a stranger that names the true key as its next: nobody but the true key signs what follows."""
    leaves = [canonical({"kind": "log", "origin": ORIGIN, "key": STRANGER.verifier}), canonical(rotation(ORIGIN, STRANGER, FIRST.verifier)),
              *made().leaves[1:3]]
    data, leaves = fresh(leaves)
    assert refused(packed(data, leaves, STRANGER)) == ("key", f"signed by {STRANGER.verifier}, which record 1 replaced")


def test_a_key_that_signs_before_it_was_handed_over_to(whole: Made) -> None:
    """Row 108: not valid yet. The record that would make it so is named."""
    leaves = whole.leaves[:24]
    files = pack(statement({"total": "100", "value": "999/1000"}, 1, None, 23), leaves, checkpoint(leaves, SECOND))
    check, words = refused(files)
    assert check == "key"
    assert words.endswith(f"no record (kind: key, old: {FIRST.verifier}) hands over to it")


def test_a_rotation_of_another_log_is_none_here(whole: Made) -> None:
    leaves = [*whole.leaves]
    at = next(i for i, leaf in enumerate(leaves) if b'"kind":"key"' in leaf)
    leaves[at] = canonical(rotation("northwind/other", FIRST, SECOND.verifier))
    files = {**whole.files, "logs/0/leaves": b"".join(leaf + b"\n" for leaf in leaves), "logs/0/checkpoint": checkpoint(leaves, SECOND)}
    assert refused(files) == ("key", f"record {at}: the old key did not sign the new one")


def test_the_key_of_a_witness_is_no_key_of_a_log_and_the_other_way_round(whole: Made) -> None:
    assert refused(whole.files, WITNESS.verifier)[0] == "key"
    assert refused(whole.files, "no key") == ("key", "not a verifier key: no key")
    assert refused(whole.files, STRANGER.verifier) == ("key", f"the key you gave is none of this log's; it began with {FIRST.verifier}")
    assert refused(whole.files, witnesses=[SECOND.verifier])[0] == "witness"
    head = canonical({"kind": "log", "origin": ORIGIN, "key": WITNESS.verifier})
    data, leaves = fresh([head, *whole.leaves[1:3]])
    note = cosign(checkpoint(leaves, FIRST), WITNESS, 1)
    assert refused(pack(data, leaves, note), None)[0] == "key"


def test_a_log_begun_twice(whole: Made) -> None:
    data, leaves = fresh([*whole.leaves[:3], canonical({"kind": "log", "origin": ORIGIN, "key": STRANGER.verifier})])
    assert refused(packed(data, leaves)) == ("leaves", "record 3 begins the log again")


def test_without_a_key_the_conclusion_says_so(whole: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(to_zip(whole.files))
    assert main([str(path)]) == 0
    assert capsys.readouterr().out.endswith(UNPINNED + "\n")
    assert main([str(path), "--key", FIRST.verifier]) == 0
    assert UNPINNED not in capsys.readouterr().out
    assert main([str(path), "--known", str(tmp_path / "none")]) == 2


# ---- records --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leaf", [
    b'{"kind":"fact"},{"kind":"fact"}', b'{"kind":"fact","kind":"statement"}', b'{"kind": "fact"}', b'{"\\u006bind":"key"}', b"[]", b"{}", b"1",
    b"",
    b'{"kind":1}', b'{"a":1.5,"kind":"fact"}', b'{"a":NaN,"kind":"fact"}', b'{"kind":"fact"} ', b'{"a":-0,"kind":"fact"}', b'{"kind":"\xff"}',
    b'[{"kind":"log"}]', b'{"a":"\\ud800","kind":"fact"}', b'{"kind":"fact","a":1}',
])
def test_a_record_that_could_be_read_in_two_ways(whole: Made, leaf: bytes) -> None:
    """Both levels read the same record: each is one value in its one form. Signed by the owner, so the form is all that is wrong."""
    data, leaves = fresh([*whole.leaves[:5], leaf])
    assert refused(packed(data, leaves))[0] == "leaves"


def test_a_record_that_speaks_of_kinds_inside_is_what_it_says(whole: Made) -> None:
    leaf = canonical({"kind": "fact", "says": {"kind": "key", "text": '"kind":"log"'}})
    data, leaves = fresh([*whole.leaves[:5], leaf])
    assert all(good for _, good, _ in verify(packed(data, leaves), FIRST.verifier))


def test_a_text_recorded_after_the_statement_rests_on_nothing(whole: Made) -> None:
    text = b"upheld: 1\nagreement: acme\ntarget: weaker\n"
    own = {"agreement/acme.yaml": text}
    body = json.loads(statement(FIGURES, 1, None, 2))
    body["envelope"]["texts"] = {n: sha256_hex(d) for n, d in own.items()}
    data = canonical(body)
    late = [whole.leaves[0], fact(1), text_leaf("agreement", "agreement/acme.yaml", text), statement_leaf(data, FIGURES, 1)]
    assert refused(pack(data, late, checkpoint(late, FIRST), own)) == ("agreement", "agreement/acme.yaml is not the text on record")
    early = [late[0], late[2], late[1], late[3]]
    body["envelope"]["basis"][0]["size"] = 3
    data = canonical(body)
    early[3] = statement_leaf(data, FIGURES, 1)
    assert all(good for _, good, _ in verify(pack(data, early, checkpoint(early, FIRST), own), FIRST.verifier))


def test_a_statement_without_its_agreement(whole: Made) -> None:
    data, leaves = fresh(whole.leaves[:5], texts={})
    assert refused(pack(data, leaves, checkpoint(leaves, FIRST), {})) == ("agreement", "the statement names no agreement")
    data, leaves = fresh(whole.leaves[:5], texts={"agreement/acme.yaml": sha256_hex(whole.files["agreement/acme.yaml"]), "other/a": "x"})
    only = {"agreement/acme.yaml": whole.files["agreement/acme.yaml"]}
    assert refused(pack(data, leaves, checkpoint(leaves, FIRST), only))[0] == "format"


@pytest.mark.parametrize(("name", "value"), [
    ("agreement", "other"), ("period", "2026-Q2"), ("revision", 2), ("revision", True), ("figures_sha256", "00" * 32), ("basis", [])])
def test_a_record_of_the_statement_that_says_otherwise(whole: Made, name: str, value: object) -> None:
    data, leaves = fresh(whole.leaves[:5])
    leaves[-1] = canonical({**json.loads(leaves[-1]), name: value})
    assert refused(packed(data, leaves))[0] == "statement"


@pytest.mark.parametrize("basis", [
    [{"origin": ORIGIN, "size": 5, "more": 1}], [{"origin": ORIGIN}], [{"origin": ORIGIN, "size": True}], [{"origin": ORIGIN, "size": -1}],
    [{"origin": ORIGIN, "size": 5}, {"origin": ORIGIN, "size": 5}], [{"origin": 1, "size": 5}], [[]], {}, []])
def test_a_basis_that_is_none(whole: Made, basis: object) -> None:
    data, leaves = fresh(whole.leaves[:5], basis=5)
    body = json.loads(data)
    body["envelope"]["basis"] = basis
    data = canonical(body)
    leaves[-1] = statement_leaf(data, FIGURES, 1)
    assert refused(packed(data, leaves))[0] in ("basis", "format")


# ---- what the other party holds -------------------------------------------------------------------------------------


def test_a_checkpoint_of_a_log_that_was_given_another_name(whole: Made) -> None:
    """A history rewritten under a new origin: the one who holds a checkpoint of the old is not passed over."""
    note = checkpoint(whole.leaves[:9], FIRST, "northwind/acme-old")
    words = "what you hold is of northwind/acme-old, on which this statement does not rest"
    assert refused(whole.files, known=[note]) == ("known", words)
    taken = receipt(FIRST, "northwind/acme-old", 5, b"h" * 32, "t")
    assert refused(whole.files, receipts=[taken]) == ("receipt", words)


def test_a_rewritten_history_whose_rotation_was_moved_is_told_as_two_histories(whole: Made) -> None:
    known = checkpoint(whole.leaves[:26], SECOND)
    leaves = [*whole.leaves[:24], whole.leaves[25], whole.leaves[24], whole.leaves[26]]
    files = {**whole.files, "logs/0/leaves": b"".join(leaf + b"\n" for leaf in leaves), "logs/0/checkpoint": checkpoint(leaves, SECOND)}
    assert refused(files, known=[known]) == ("known", "equivocation: two histories were signed for the first 26 records")


def test_a_receipt_that_lies_beyond_the_bundle(whole: Made) -> None:
    taken = receipt(FIRST, ORIGIN, 27, b"h" * 32, "t")
    assert refused(whole.files, receipts=[taken]) == ("receipt", "the receipt is of record 27, this bundle ends with 26")


def test_a_log_whose_beginning_is_missing(whole: Made) -> None:
    """All records are here, or none is believed: also where the head that names the key is what was left out."""
    for n in (1, 2, 5):
        rows = [leaf + b"\n" for leaf in whole.leaves[n:]]
        check, _ = refused({**whole.files, "logs/0/leaves": b"".join(rows)})
        assert check == "key"
        assert refused({**whole.files, "logs/0/leaves": b"".join(rows)}, None)[0] == "key"
    headless = [fact(1), *whole.leaves[1:3]]
    data, leaves = fresh(headless)
    assert refused(packed(data, leaves)) == ("key", "the log does not begin with its key")
    assert refused({**whole.files, "logs/0/leaves": b""})[0] == "key"


def test_a_checkpoint_of_nothing_is_continued_by_everything(whole: Made) -> None:
    empty = checkpoint([], FIRST)
    assert ("known", True, "the checkpoint of 0 records that you hold is continued") in verify(whole.files, FIRST.verifier, (), [empty])


def test_a_bundle_is_not_made_with_the_checkpoint_of_another_log(whole: Made) -> None:
    with pytest.raises(ValueError, match="no checkpoint of northwind/other"):
        bundle_files(b"{}", [LogPart("northwind/other", [], whole.known)], {}, {})


# ---- signing --------------------------------------------------------------------------------------------------------


def test_a_line_in_the_name_of_the_witness_does_not_keep_it_from_signing(whole: Made) -> None:
    """The provider cannot block a cosignature by a line that bears the witness's name and another key."""
    note = cosign(checkpoint(whole.leaves, SECOND), key("acme", 77, 4), 1)
    both = cosign(note, WITNESS, 2)
    done = verify({**whole.files, "logs/0/checkpoint": both}, FIRST.verifier, [WITNESS.verifier])
    assert ("witness", True, "cosigned by acme") in done
    assert all(good for _, good, _ in done)


@pytest.mark.parametrize("point", [
    Checkpoint("two\nlines", 1, b"r" * 32), Checkpoint("", 1, b"r" * 32), Checkpoint("a\x1b", 1, b"r" * 32), Checkpoint("a", -1, b"r" * 32),
    Checkpoint("a", 1, b"r" * 31)])
def test_what_cannot_be_a_checkpoint_is_not_signed(point: Checkpoint) -> None:
    with pytest.raises(ValueError, match="a checkpoint has"):
        sign_checkpoint(FIRST, point)


def test_a_log_is_not_signed_by_a_witness_nor_witnessed_by_a_log(whole: Made) -> None:
    with pytest.raises(ValueError, match="the key of a witness"):
        sign_checkpoint(WITNESS, Checkpoint(ORIGIN, 1, b"r" * 32))
    with pytest.raises(ValueError, match="the key of a log"):
        cosign(whole.known, STRANGER, 1)


def test_a_receipt_has_lines_of_its_own() -> None:
    digest = b"h" * 32
    for origin, index, own, at in ((f"{ORIGIN}\n7", 1, digest, "t"), (ORIGIN, -1, digest, "t"), (ORIGIN, 1, b"h", "t"),
                                   (ORIGIN, 1, digest, "t\n")):
        with pytest.raises(ValueError, match="a receipt has"):
            receipt(FIRST, origin, index, own, at)


def test_a_terminal_that_writes_nothing_but_ascii(whole: Made, tmp_path: Path) -> None:
    body = json.loads(whole.statement)
    body["envelope"]["format"] = "\u4e2d\u6587"
    path = tmp_path / "bundle.zip"
    path.write_bytes(to_zip({**whole.files, "statement.json": canonical(body)}))
    done = subprocess.run([sys.executable, Path(verify.__code__.co_filename), path], capture_output=True, check=False,
                          env={**os.environ, "PYTHONIOENCODING": "ascii:strict"})
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"FAIL  format      a format this verifier does not know: \\u4e2d\\u6587" in done.stdout


def test_the_verifier_is_written_for_python_3_9() -> None:
    """It runs where the other party is; what newer versions alone understand must not slip in."""
    text = Path(verify.__code__.co_filename).read_text("utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names == {"argparse", "base64", "hashlib", "io", "json", "re", "sys", "zipfile"}
    assert not any(isinstance(node, ast.keyword) and node.arg in ("strict", "slots", "kw_only") for node in ast.walk(tree))


@pytest.mark.parametrize("version", range(9, 16))
def test_the_verifier_runs_on_every_python_that_is_here(whole: Made, tmp_path: Path, version: int) -> None:
    python = shutil.which(f"python3.{version}")
    if python is None or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("not here")
    path = tmp_path / "bundle.zip"
    path.write_bytes(to_zip(whole.files))
    (tmp_path / "verify.py").write_bytes(whole.files["verify.py"])
    done = subprocess.run([python, "-I", "-S", str(tmp_path / "verify.py"), str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_zip_of_any_size_is_one_form() -> None:
    """Leaves are written as a file that may be of any length, so that a large log needs no other form."""
    data = to_zip({"logs/0/leaves": (b"x\n" for _ in range(3)), "a": b"1"})
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert read.read("logs/0/leaves") == b"x\nx\nx\n"
    assert data == to_zip({"a": b"1", "logs/0/leaves": b"x\nx\nx\n"})


def test_both_checkpoints_are_kept_where_they_contradict(whole: Made, tmp_path: Path) -> None:
    forged = [*whole.leaves]
    forged[5] = fact(999)
    files = {**whole.files, "logs/0/leaves": b"".join(leaf + b"\n" for leaf in forged), "logs/0/checkpoint": checkpoint(forged, SECOND)}
    for name, data in files.items():
        (tmp_path / "b" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "b" / name).write_bytes(data)
    (tmp_path / "known").write_bytes(whole.known)
    assert main([str(tmp_path / "b"), "--key", FIRST.verifier, "--known", str(tmp_path / "known"), "--report", str(tmp_path / "report")]) == 1
    assert (tmp_path / "report").read_bytes() == files["logs/0/checkpoint"] + b"\n---- the other ----\n" + whole.known
    assert main([str(tmp_path / "b"), "--key", FIRST.verifier, "--report", str(tmp_path / "none")]) == 0
    assert not (tmp_path / "none").exists()


def test_a_revision_names_the_one_before(whole: Made) -> None:
    leaves = whole.leaves[:-1]
    for previous in (None, "00" * 32):
        data = statement(FIGURES, 2, previous, len(leaves))
        own = [*leaves, statement_leaf(data, FIGURES, 2)]
        assert refused(packed(data, own, SECOND)) == ("revision", "the revision before is not the one on record")


def test_what_is_no_key_and_what_cannot_be_cosigned(whole: Made) -> None:
    for name, secret in (("a b", bytes(32)), ("a+b", bytes(32)), ("", bytes(32)), ("a", bytes(31))):
        with pytest.raises(ValueError, match="a key has a name"):
            Key.made(name, secret)
    with pytest.raises(ValueError, match="not a private key"):
        Key.read(Key("northwind", bytes(32), 2).text)
    with pytest.raises(ValueError, match="a note has no signatures"):
        cosign(b"no note\n", WITNESS, 1)
    with pytest.raises(ValueError, match="not a checkpoint"):
        cosign(receipt(FIRST, ORIGIN, 1, b"h" * 32, "t"), WITNESS, 1)
    note = whole.known
    for n in range(15):
        note = cosign(note, key("w", n, 4), n)
    with pytest.raises(ValueError, match="at most 16"):
        cosign(note, WITNESS, 1)
    with pytest.raises(ValueError, match="not a checkpoint"):
        read_signed(receipt(FIRST, ORIGIN, 1, b"h" * 32, "t"), FIRST.verifier)
