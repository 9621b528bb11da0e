"""The benchmark of the backtest on a few cases: that it runs and that its answer is right, never how fast."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.parametrize("per_case", [False, True])
def test_the_terms_in_force_come_to_what_assess_finds(monkeypatch, per_case):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    wall, peak = importlib.import_module("backtest").rows(60, 1, per_case=per_case)
    assert wall.right == "the terms in force come to what assess finds"
    assert (wall.bar, wall.verdict) == (None, "")   # the bar is set for a million cases
    assert peak.unit == "GiB"
    sys.modules.pop("backtest")
