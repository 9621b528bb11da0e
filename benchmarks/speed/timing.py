"""Medians of CPU and wall time, candidates interleaved.

Law: every figure of a ratio comes from one run, a b c a b c, so that a noisy neighbour hits all candidates alike. CPU is
user + system of the whole process, all its threads; wall stands beside it.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Took", "clock", "interleave", "peak_mib"]


@dataclass(frozen=True, slots=True)
class Took:
    """Median seconds of one candidate: ``cpu`` and ``wall``, over ``runs``; ``fastest`` wall beside it tells the noise."""

    cpu: float
    wall: float
    fastest: float
    runs: int


def clock(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds of CPU and wall that one call of ``run`` takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall


def interleave(candidates: Mapping[str, Callable[[], tuple[float, float]]], runs: int) -> dict[str, Took]:
    """Each candidate's medians; a candidate returns its own (cpu, wall), so that it may run in another process."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    for _ in range(runs):
        for name, candidate in candidates.items():
            found[name].append(candidate())
    return {
        name: Took(
            statistics.median(cpu for cpu, _ in pairs),
            statistics.median(wall for _, wall in pairs),
            min(wall for _, wall in pairs),
            runs,
        )
        for name, pairs in found.items()
    }


def peak_mib(who: int = resource.RUSAGE_SELF) -> float:
    """The largest resident size so far, in MiB, of this process (or of its ended children)."""
    return resource.getrusage(who).ru_maxrss / 1024
