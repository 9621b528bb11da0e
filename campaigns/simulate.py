"""Simulated installations by the million steps: three workers, eight faults, no invariant broken; the canaries first.

    python campaigns/run.py simulate 5000000 20261121
    python campaigns/run.py simulate replay 1234567890123456789

The simulator is that of tests/service/simulation.py. A campaign is many histories, each from a 64-bit seed of its own; a history that breaks an
invariant is told with its seed, and ``replay`` plays it again with every fault told. ``UPHELD_CORES`` says how many histories run at once,
``UPHELD_MINUTES`` after how long no other is begun: the report says how far it came.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")      # small frames: more threads only wait for each other
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/service"), str(ROOT / "src")]

from sim_canaries import CANARIES  # noqa: E402 - found on the path above
from sim_checks import Broken  # noqa: E402
from simulation import Tally, simulate, template  # noqa: E402

OPERATIONS = 30_000
KINDS = ("kill", "half-open", "forward")
"""What brings planted bugs to light soonest."""

MEMORY = Path("/dev/shm")  # a disk in memory where there is one: what is tried here is order, not disks


def seed_of(campaign: int, number: int) -> int:
    """The 64-bit seed of one history of a campaign."""
    return int.from_bytes(hashlib.sha256(f"{campaign}/{number}".encode()).digest()[:8], "big")


def one(seed: int) -> Tally | str:
    """One history; the text of what broke."""
    with _folder() as folder:
        try:
            return simulate(seed, Path(folder), template(Path(folder)), operations=OPERATIONS)
        except Broken as broken:
            return str(broken)
        except Exception as error:
            return f"{type(error).__name__}: {error} [seed {seed}]"


def canary(name: str) -> str:
    """What the simulator said of a planted bug, "" if nothing."""
    with _folder() as folder, ExitStack() as stack:
        empty = template(Path(folder))
        CANARIES[name](stack)
        for seed in range(40):
            try:
                simulate(seed, Path(folder), empty, operations=1000, alive=40, trouble=0.9, downs=0.05, kinds=KINDS)
            except Broken as broken:
                return f"{broken.name} (seed {seed})"
    return ""


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)


def replay(seed: int) -> int:
    """One history with its faults told."""
    with _folder() as folder:
        print(simulate(seed, Path(folder), template(Path(folder)), operations=OPERATIONS, trace=print).line())
    return 0


def main() -> int:
    """Canaries, then histories until the steps are done; the report; 0 if every canary was caught and nothing broke."""
    if sys.argv[1:2] == ["replay"]:
        return replay(int(sys.argv[2], 0))
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    campaign = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    ends = time.monotonic() + 60 * float(os.environ.get("UPHELD_MINUTES", "100000"))
    cores = int(os.environ.get("UPHELD_CORES", os.cpu_count() or 1))
    print(f"campaign simulate: {count:,} steps, seed {campaign}, {cores} at once", flush=True)
    begun, tally, broken, number = time.monotonic(), Tally(), [], 0
    with ProcessPoolExecutor(cores, max_tasks_per_child=1) as pool:      # a planted bug dies with its process
        said = dict(zip(CANARIES, pool.map(canary, CANARIES), strict=True))
    for name, what in said.items():
        print(f"canary `{name}`: {what or 'NOT CAUGHT'}", flush=True)
    with ProcessPoolExecutor(cores, max_tasks_per_child=20) as pool:
        running: set[Future[Tally | str]] = set()
        while running or (tally.steps < count and time.monotonic() < ends):
            while len(running) < cores and tally.steps < count and time.monotonic() < ends:
                running.add(pool.submit(one, seed_of(campaign, number)))
                number += 1
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                result = future.result()
                if isinstance(result, str):
                    broken.append(result)
                    print(f"BROKEN {result}", flush=True)
                else:
                    tally.add(result)
            if len(broken) >= 20:
                print("stopped: too much is broken", flush=True)
                ends = 0.0
            if tally.worlds % 10 == 0:
                print(f"{tally.steps:,} steps, {time.monotonic() - begun:.0f} s", flush=True)
    took = time.monotonic() - begun
    silent = [name for name, what in said.items() if not what]
    failed = bool(broken or silent or tally.steps < count)
    print(tally.line())
    _report(campaign, count, took, tally, said, broken, failed=failed)
    return int(failed)


def _report(campaign: int, count: int, took: float, tally: Tally, said: dict[str, str], broken: list[str], *, failed: bool) -> None:
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    short = "" if tally.steps >= count else f": stopped before the {count:,} asked for"
    lines = [
        "# Campaign simulate", "",
        f"- command: `python campaigns/run.py simulate {count} {campaign}`", f"- commit: {commit}",
        f"- machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        f"- took: {took:.0f} s, {tally.steps / max(took, 1):,.0f} steps a second", f"- exit code: {int(failed)}",
        f"- result: {tally.line()}{short}", f"- broken invariants: {len(broken) or 'none'}", *(f"  - {text[:600]}" for text in broken),
        f"- operations: {', '.join(f'{n:,} {name}' for name, n in tally.said.most_common())}", "", "## Planted bugs", "",
        *(f"- {name}: {what or 'NOT CAUGHT'}" for name, what in said.items()), ""]
    (ROOT / "docs/reports/simulation.md").write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
