"""Runs a campaign: the same tests as ``make test``, with a larger count, and writes its report.

    python campaigns/run.py fuzz 3000
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
CAMPAIGNS = {
    # name: (what is run, the variable that carries the count, what the count means, its default)
    "bundles": (("tests/evidence/test_edits.py", "-s"), "UPHELD_CAMPAIGN", "random edits of bundles, and every bit of what is signed", 100_000),
    "histories": (("tests/laws/test_histories.py",), "UPHELD_CAMPAIGN", "random histories, restated and replayed", 20_000),
    "trees": (("tests/evidence/test_trees.py",), "UPHELD_CAMPAIGN", "random trees against another implementation", 10_000),
    "live": (("tests/clocks/test_live_histories.py",), "UPHELD_CAMPAIGN", "random histories fed in pieces, live against batch", 200_000),
    "budgets": (("tests/clocks/test_budget_laws.py",), "UPHELD_CAMPAIGN", "random months for each law of budgets", 2_000),
    "kill": (("tests/service/test_kills.py", "-s"), "UPHELD_CAMPAIGN", "workers killed, the database crashed 20 times, clocks wrong",
             10_000),
    "calendars": (("tests/calendars/test_clock_changes.py",), "UPHELD_CAMPAIGN", "times the pairs at each clock change 2000 to 2040", 10),
    "changes": (("tests/changes/test_change_laws.py",), "UPHELD_CAMPAIGN", "worlds of announced changes, each law, against the measure", 3000),
    "clocks": (("tests/measures/test_clock_oracle.py",), "UPHELD_CAMPAIGN", "times the histories against the clock by minutes", 20),
    "fuzz": (("tests/fuzz",), "UPHELD_FUZZ", "damaged texts for each reader", 3000),
}
OWN = tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "run"))
"""Campaigns with a script of their own, which takes the count and the seed and writes its report."""


def main() -> int:
    """Run the campaign named, print and keep what it gave; the exit code is the test runner's."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in OWN:
        return subprocess.run([sys.executable, str(ROOT / "campaigns" / f"{name}.py"), *sys.argv[2:]], cwd=ROOT, check=False).returncode
    if name not in CAMPAIGNS:
        print(f"name a campaign: {', '.join(sorted([*CAMPAIGNS, *OWN]))}", file=sys.stderr)
        return 2
    tests, variable, meaning, default = CAMPAIGNS[name]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else default
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}", *tests]
    print(f"campaign {name}: {count} {meaning}, seed {seed}", flush=True)
    begun = time.monotonic()
    given = {**os.environ, variable: str(count), "UPHELD_SEED": str(seed)}
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    took = time.monotonic() - begun
    print(done.stdout[-4000:], done.stderr[-2000:])
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    summary = next((line for line in reversed(done.stdout.splitlines()) if re.search(r"passed|failed|error|%", line)), "no result")
    told = "".join(f"- {line}\n" for line in re.findall(r"told: (.*)", done.stdout))
    report = ROOT / "docs/reports" / f"{name}.md"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(
        f"# Campaign {name}\n\n"
        f"- command: `make campaign-{name} COUNT={count} SEED={seed}` ({count} {meaning})\n- commit: {commit}\n"
        f"- machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
        f"- took: {took:.0f} s\n- exit code: {done.returncode}\n- result: {summary.strip()}\n{told}", "utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
