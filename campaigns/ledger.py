"""Random operations on ledgers: debits = credits at every step, every split sums, every retry returns the first answer.

    python campaigns/ledger.py 1000000 20261121

The storm is that of tests/ledger/ledger_storm.py, in chunks of 20,000 on every core; a chunk that fails is named by its seed, which alone gives
it again: ``python campaigns/ledger.py 20000 SEED CHUNK``. Every 20th segment of 400 goes through SQLite too.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/ledger"))

from ledger_storm import Tally, run  # noqa: E402 - found on the path above

CHUNK = 20_000


def chunk(seed: int, number: int, count: int) -> Tally:
    """One chunk; raises what the storm raises, with its name."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return run(count, f"{seed}/{number}", Path(folder))
        except Exception as error:
            raise RuntimeError(f"chunk {number} of seed {seed}: {error!r}") from error


def main() -> int:
    """Run, tell, write the report; 0 if every law held."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    if len(sys.argv) > 3:
        print(chunk(seed, int(sys.argv[3]), count).line())
        return 0
    print(f"campaign ledger: {count:,} random operations, seed {seed}", flush=True)
    begun, tally, failed = time.monotonic(), Tally(), []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        parts = [pool.submit(chunk, seed, n, min(CHUNK, count - n * CHUNK)) for n in range((count + CHUNK - 1) // CHUNK)]
        for done, part in enumerate(as_completed(parts), 1):
            try:
                tally.add(part.result())
            except RuntimeError as error:
                failed.append(str(error))
                print(error, flush=True)
            if done % 5 == 0:
                print(f"{tally.operations:,} operations, {time.monotonic() - begun:.0f} s", flush=True)
    took = time.monotonic() - begun
    result = "failed: " + "; ".join(failed) if failed else tally.line()
    print(result)
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    report = ROOT / "docs/reports/ledger.md"
    report.write_text(
        f"# Campaign ledger\n\n"
        f"- command: `make campaign-ledger COUNT={count} SEED={seed}` ({count} random operations)\n- commit: {commit}\n"
        f"- machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
        f"- took: {took:.0f} s\n- exit code: {int(bool(failed))}\n- result: {result}\n", "utf-8")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
