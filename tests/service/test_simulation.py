"""A whole installation in a simulator: a few histories here, millions of steps in ``campaigns/simulate.py``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from sim_canaries import CANARIES
from sim_checks import Broken
from sim_faults import FAULTS
from simulation import Tally, simulate, template


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return template(tmp_path_factory.mktemp("simulation"))


def test_no_invariant_is_broken_by_eight_faults(empty, tmp_path):
    whole = Tally()
    for seed in (2, 4):
        whole.add(simulate(seed, tmp_path, empty, operations=1200, alive=50, trouble=0.7))
    assert whole.steps > 2400
    assert len(whole.faults) > len(FAULTS) - 2
    assert whole.fired > 100
    assert whole.resent > 0


def test_a_seed_gives_the_same_history_again(empty, tmp_path):
    def traced() -> list[str]:
        lines: list[str] = []
        simulate(0xC0FFEE, tmp_path, empty, operations=600, alive=30, trouble=0.9, trace=lines.append)
        return lines

    once = traced()
    assert len(once) > 10
    assert traced() == once


@pytest.mark.parametrize("name", CANARIES)
def test_a_planted_bug_is_caught(name, empty, tmp_path):
    with ExitStack() as stack:
        CANARIES[name](stack)
        assert any(_breaks(seed, tmp_path, empty) for seed in range(40))


def _breaks(seed: int, folder: Path, empty: Path) -> bool:
    try:
        simulate(seed, folder, empty, operations=700, alive=30, trouble=0.9, downs=0.05, kinds=("kill", "half-open", "forward"))
    except Broken:
        return True
    return False
