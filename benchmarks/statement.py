"""Closing and verifying a year: ``upheld statement`` over a million facts, and its bundle verified by its own ``verify.py`` and by Upheld.

    python benchmarks/statement.py [--facts N] [--runs N] [--out FILE.json]

The facts are those of ``make bench`` (the same seed): eight events a case, in one Parquet file. Bars: 20 s to close a month over
1,000,000 facts (recorded, assessed, settled, signed, rendered, bundled: nothing is there before); 60 s to verify as many leaves with
the standard library alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from backtest import prepared
from speed.command_rows import Ran, run
from speed.rows import Row, as_record, text_table

MILLION = 1_000_000
CLOSE_BAR_S, VERIFY_BAR_S = 20.0, 60.0
TOPIC = "whole: a month closed over a year of facts, and verified"


def alone(bundle: Path) -> Ran:
    """``verify.py`` of the bundle, with the standard library only, in a process of its own."""
    before, begun = os.times(), time.perf_counter()
    done = subprocess.run([sys.executable, "-I", "-S", str(bundle / "verify.py")], capture_output=True, text=True, check=False)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Ran(done.returncode, done.stdout, done.stderr, cpu, time.perf_counter() - begun, 0.0)


def rows(facts: int, runs: int) -> list[Row]:
    """The medians of closing, of level 1 alone, and of both levels."""
    found: dict[str, list[Ran]] = {"close": [], "alone": [], "both": []}
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="upheld-bench-") as name:
            folder = Path(name)
            prepared(folder, facts // 8)
            found["close"].append(run(["statement", "bench", "2025-05", "--format", "path"], folder))
            bundle = folder / "statements/bench/2025-05/r1"
            found["alone"].append(alone(bundle))
            found["both"].append(run(["verify", str(bundle)], folder))
            leaves = sum(1 for _ in (bundle / "logs/0/leaves").open("rb"))
    for name, ran in found.items():
        bad = next((r for r in ran if r.code), None)
        if bad is not None:
            raise RuntimeError(f"{name} exits with {bad.code}: {bad.stdout[-400:]}{bad.stderr[-400:]}")
    middle = {name: sorted(ran, key=lambda r: r.wall)[len(ran) // 2] for name, ran in found.items()}
    full = facts >= MILLION
    same = "the figures follow from the records" in middle["both"].stdout

    def row(key: str, name: str, n: int, bar: float | None, right: str, note: str = "") -> Row:
        one = middle[key]
        return Row(TOPIC, name, n, one.cpu, one.wall, one.wall, "s", bar, right=right, note=note)

    return [
        row("close", "upheld statement", facts, CLOSE_BAR_S if full else None, "verified" if same else "does not verify", f"{leaves:,} leaves"),
        row("alone", "python3 -I -S verify.py", leaves, VERIFY_BAR_S if full else None, "every check ok"),
        row("both", "upheld verify, both levels", leaves, None, "recomputed: the same" if same else "differs"),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options, run, print; exit 1 where a bar is missed or a bundle does not verify."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--facts", type=int, default=MILLION)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--out", help="write the rows as JSON to this file")
    asked = parser.parse_args(arguments)
    found = rows(asked.facts, asked.runs)
    print(text_table(found))
    if asked.out:
        Path(asked.out).write_text(json.dumps([as_record(row) for row in found], indent=1, ensure_ascii=False) + "\n")
    if any(row.verdict == "below" for row in found) or found[0].right != "verified":
        sys.exit(1)


if __name__ == "__main__":
    main()
