"""Mutants of what money rests on (bands, caps, rounding, earn-back): each is killed by a test, or named as equivalent with its reason.

    python campaigns/mutation.py

Works in a clone of the last commit, in an environment of its own (``requirements-mutation.lock``), and writes docs/reports/mutation.md. A
mutant that survives and is not named in campaigns/equivalent_mutants.txt ends it with 1.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-mutation"
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.txt")


def mutmut() -> str:
    """The runner, set up if it is not there."""
    program = HOME / "bin/mutmut"
    if not program.exists():
        venv.create(HOME, clear=True, with_pip=True)
        for lock in ("requirements-dev.lock", "requirements-mutation.lock"):
            subprocess.run([HOME / "bin/python", "-m", "pip", "install", "-q", "--require-hashes", "-r", ROOT / lock], check=True)
    return str(program)


def named() -> dict[tuple[str, str], str]:
    """(line, mutant) → why it is the same program: blocks of ``- line``, ``+ line``, ``  reason``."""
    found = {}
    for block in EQUIVALENT.read_text(encoding="utf-8").split("\n\n"):
        rows = [row for row in block.splitlines() if row and not row.startswith("#")]
        if len(rows) == 3:
            found[rows[0][1:].strip(), rows[1][1:].strip()] = rows[2].strip()
    return found


def main() -> int:
    """Run, tell, write the report."""
    runner, begun = mutmut(), time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        clone = Path(place) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        env = {**os.environ, "PYTHONPATH": ""}
        subprocess.run([runner, "run"], cwd=clone, env=env, capture_output=True, check=False)
        results = subprocess.run([runner, "results", "--all", "true"], cwd=clone, env=env, capture_output=True, text=True, check=False).stdout
        states = dict(re.findall(r"^\s*(\S+__mutmut_\d+): (.+)$", results, re.MULTILINE))
        left = sorted(name for name, state in states.items() if state != "killed")
        equivalent, told, unexplained = named(), [], 0
        for name in left:
            diff = subprocess.run([runner, "show", name], cwd=clone, env=env, capture_output=True, text=True, check=False).stdout
            rows = [row for row in diff.splitlines() if re.match(r"[-+][^-+]", row)]
            minus = " ".join(row[1:].strip() for row in rows if row[0] == "-")
            plus = " ".join(row[1:].strip() for row in rows if row[0] == "+")
            reason = equivalent.get((minus, plus), "")
            unexplained += not reason
            told.append(f"- `{name}` ({states[name]})\n  - `{minus}`\n  - `{plus}`\n  - {reason or 'SURVIVED'}")
    took = time.monotonic() - begun
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    summary = f"{len(states)} mutants, {len(states) - len(left)} killed, {len(left) - unexplained} equivalent, {unexplained} survived"
    (ROOT / "docs/reports/mutation.md").write_text(
        f"# Campaign mutation\n\n- command: `make campaign-mutation` (modules and tests: pyproject.toml, tool.mutmut)\n- commit: {commit}\n"
        f"- machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
        f"- took: {took:.0f} s\n- exit code: {int(bool(unexplained) or not states)}\n- result: {summary}\n\n"
        "Each mutant that no test tells from the original, with the reason why it is the same program:\n\n" + "\n".join(told) + "\n", "utf-8")
    print(summary)
    return int(bool(unexplained) or not states)


if __name__ == "__main__":
    sys.exit(main())
