"""The benchmark of evidence on a small bundle: that it runs and that its answers are right, never how fast."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "evidence.py"


def test_the_benchmark_makes_verifies_and_breaks_a_bundle() -> None:
    done = subprocess.run([sys.executable, str(BENCHMARK), "--leaves", "300"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("accepted") == 2
    assert "refused" in done.stdout
