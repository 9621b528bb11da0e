"""A year of evidence, made and verified: a million records, by the bundle's own ``verify.py`` and nothing but the standard library.

    python benchmarks/evidence.py [--leaves N] [--runs N] [--out FILE.json]

The records are facts as ``upheld statement`` keeps them (eight events a case, some 250 bytes each). The bundle is verified as the other party
would: ``python -I -S verify.py --key KEY`` in a fresh process, as a folder and as a zip. Bar: 60 s for 1,000,000 records.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from speed.rows import Row, as_record, text_table

from upheld.evidence.bundle import LogPart, bundle_files, canonical, figures_hash, sha256_hex, statement_bytes, text_leaf, to_zip
from upheld.evidence.signing import Checkpoint, Key, sign_checkpoint
from upheld.evidence.verify import Tree

BAR_S = 60.0
MILLION = 1_000_000
ORIGIN = "northwind.example/acme"
KEY = Key.made("northwind.example", hashlib.sha256(b"a key for a benchmark").digest())
AGREEMENT = b"upheld: 1\nagreement: acme\n"
EVENTS = ("opened", "assigned", "answered", "waiting", "resumed", "severity", "resolved", "closed")
TOPIC = "evidence: a year of records, integrity and completeness (level 1)"


def leaves(n: int) -> Iterator[bytes]:
    """``n`` records: the log's head, the agreement, facts."""
    yield canonical({"kind": "log", "origin": ORIGIN, "key": KEY.verifier, "created": "2026-01-01T00:00:00Z"})
    yield text_leaf("agreement", "agreement/acme.yaml", AGREEMENT)
    for i in range(n - 2):
        case, step = divmod(i, 8)
        at = 1_767_225_600_000_000 + case * 250_000_000 + step * 3_600_000_000
        yield canonical({"at": at, "case": f"C{case:07}", "event": EVENTS[step], "file": "data/log.csv", "id": f"E{i:08}", "kind": "fact",
                         "known_at": at, "row": i + 2, "scale": 1_000_000, "shape": "events",
                         "says": {"customer": "ACME", "service": f"svc-{case % 40}", "severity": str(case % 4 + 1)}, "source": "helpdesk"})


def prepared(folder: Path, n: int) -> tuple[float, int]:
    """A bundle of ``n`` records and its statement as folder and as zip: (seconds to make the folder, bytes of the records)."""
    began = time.perf_counter()
    figures = {"total": "25000", "currency": "EUR"}
    envelope = {"agreement": "acme", "period": "2026", "revision": 1, "previous": None, "log": ORIGIN, "as_of": None,
                "basis": [{"origin": ORIGIN, "size": n}], "texts": {"agreement/acme.yaml": sha256_hex(AGREEMENT)}}
    statement = statement_bytes(envelope, figures)
    own = canonical({"kind": "statement", "agreement": "acme", "period": "2026", "revision": 1, "statement_sha256": sha256_hex(statement),
                     "figures_sha256": figures_hash(figures), "basis": envelope["basis"]})
    tree = Tree()
    for record in chain(leaves(n), [own]):
        tree.add(record)
    note = sign_checkpoint(KEY, Checkpoint(ORIGIN, tree.size, tree.root()))

    def files() -> dict[str, bytes | Iterable[bytes]]:
        return bundle_files(statement, [LogPart(ORIGIN, chain(leaves(n), [own]), note)], {"agreement/acme.yaml": AGREEMENT}, {})

    for name, data in files().items():
        path = folder / "bundle" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines((data,) if isinstance(data, bytes) else data)
    took = time.perf_counter() - began
    (folder / "bundle.zip").write_bytes(to_zip(files()))
    return took, (folder / "bundle/logs/0/leaves").stat().st_size


def verified(folder: Path, bundle: str) -> tuple[float, float, float, str]:
    """``verify.py`` in a process without the package: (CPU and wall seconds, peak in MiB, what it said)."""
    command = [sys.executable, "-I", "-S", str(folder / "bundle" / "verify.py"), str(folder / bundle), "--key", KEY.verifier]
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read()
    if process.returncode:
        raise RuntimeError(f"verify.py exits with {process.returncode}: {said}")
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, said


def rows(n: int, runs: int) -> list[Row]:
    """Wall times (the median) and the peak of the process; a bundle with one byte changed must be refused."""
    found = []
    with tempfile.TemporaryDirectory(prefix="upheld-bench-") as name:
        folder = Path(name)
        made, size = prepared(folder, n)
        found.append(Row(TOPIC, "make the bundle", n, made, made, made, "s", note=f"{size / n:.0f} bytes a record"))
        for bundle in ("bundle", "bundle.zip"):
            ran = sorted((verified(folder, bundle) for _ in range(runs)), key=lambda r: r[1])
            cpu, wall, peak, said = ran[len(ran) // 2]
            right = "accepted" if f"{n + 1} records" in said else "not all records"
            found.append(Row(TOPIC, f"verify.py, {'folder' if bundle == 'bundle' else 'zip'}", n, cpu, wall, wall, "s",
                             BAR_S if n >= MILLION else None, right=right, note=f"peak {peak:.0f} MiB"))
        path = folder / "bundle" / "logs/0/leaves"
        with path.open("r+b") as file:
            file.seek(size // 2)
            while not (digit := file.read(1)).isdigit():
                pass
            file.seek(-1, os.SEEK_CUR)
            file.write(b"1" if digit != b"1" else b"2")
        try:
            verified(folder, "bundle")
        except RuntimeError as refused:
            told = "refused" if "FAIL  root" in str(refused) else str(refused)
        else:
            told = "accepted a changed record"
        found.append(Row(TOPIC, "one digit of one record changed", n, 0, 0, 0, "s", right=told))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options, run, print; exit 1 where the bar is missed or the answer is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--leaves", type=int, default=MILLION)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--out", help="write the rows as JSON to this file")
    asked = parser.parse_args(arguments)
    found = rows(asked.leaves, asked.runs)
    print(text_table(found))
    if asked.out:
        Path(asked.out).write_text(json.dumps([as_record(row) for row in found], indent=1, ensure_ascii=False) + "\n")
    if any(row.verdict == "below" for row in found) or [row.right for row in found] != ["", "accepted", "accepted", "refused"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
