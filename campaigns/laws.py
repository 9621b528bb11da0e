"""Every law that Hypothesis tries, round after round, each round from another seed.

    python campaigns/laws.py 20 20261121

``make test`` tries the same examples on every machine; here they are others each time. What fails is named with its seed.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def command(seed: int) -> list[str]:
    """One round."""
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "hypothesis", f"--hypothesis-seed={seed}", "tests"]


def main() -> int:
    """Run, tell, write the report; 0 if every law held."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    first = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    print(f"campaign laws: {rounds} rounds, seeds {first} to {first + rounds - 1}", flush=True)
    begun, failed, laws = time.monotonic(), [], 0
    for seed in range(first, first + rounds):
        env = {**os.environ, "UPHELD_SEED": str(seed)}
        done = subprocess.run(command(seed), cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        passed = re.search(r"(\d+) passed", done.stdout)
        laws = max(laws, int(passed[1]) if passed else 0)
        broken = re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
        if done.returncode and not broken:
            print(done.stdout[-4000:], done.stderr[-2000:])
            return done.returncode
        for name in broken:
            failed.append(f"{name}, seed {seed}")
            print(done.stdout[-6000:], flush=True)
        print(f"seed {seed}: {len(broken)} broken, {time.monotonic() - begun:.0f} s", flush=True)
    took = time.monotonic() - begun
    result = "broken: " + "; ".join(failed) if failed else f"{laws} tests of laws, each in {rounds} rounds: none broken"
    print(result)
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    report = ROOT / "docs/reports/laws.md"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(
        f"# Campaign laws\n\n- command: `make campaign-laws COUNT={rounds} SEED={first}` ({rounds} rounds of every law)\n"
        f"- commit: {commit}\n- machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
        f"- result: {result}, {took:.0f} s\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
