"""What a million, ten million and fifty million cost: time and peak memory, each size in a process of its own.

Law: memory is the peak of a fresh process less what it had before the work began and less the input itself, which is printed too.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from speed.rows import Row

__all__ = ["KINDS", "scaling_rows"]

TOPIC = "growth: one million, ten million, fifty million; the first run of a fresh process, no memory touched before"
KINDS = ("elapsed", "outages", "slices", "clock events")


def scaling_rows(sizes: tuple[int, ...]) -> list[Row]:
    """One row a kind and size."""
    rows = []
    for kind in KINDS:
        for n in sizes:
            ran = subprocess.run(
                [sys.executable, "-m", "speed.scaling", kind, str(n)],
                cwd=Path(__file__).parents[1],
                capture_output=True,
                text=True,
                check=False,
            )
            if ran.returncode:
                reason = (ran.stderr.strip().splitlines() or ["killed"])[-1]
                rows.append(Row(TOPIC, kind, n, 0.0, 0.0, 0.0, "M/s", note=f"FAILED: {reason}"))
                continue
            got = json.loads(ran.stdout)
            rows.append(
                Row(
                    TOPIC,
                    kind,
                    n,
                    got["cpu"],
                    got["wall"],
                    n / got["wall"] / 1e6,
                    "M/s",
                    note=f"input {got['input']:,.0f} MiB, work {got['work']:,.0f} MiB, peak {got['peak']:,.0f} MiB",
                )
            )
    return rows


def _work(kind: str, n: int) -> tuple[float, object]:
    """The input's MiB and the work to do on it."""
    import numpy as np

    from speed import inputs

    if kind == "elapsed":
        from speed.calendar_rows import ten_years

        grid = ten_years(inputs.OFFICE)
        start, end, _ = inputs.instants(n)
        return _mib(start, end), lambda: grid.elapsed(start, end)
    if kind == "outages":
        from speed.outage_rows import Question, kernel

        question = Question(n, 5_000)
        o = question.outages
        return _mib(o.service, o.start, o.end, o.m_service, o.m_start, o.m_end), lambda: kernel(question)
    if kind == "slices":
        from speed.values_rows import kernel as means
        from upheld.calendars.spec import WindowSpec
        from upheld.calendars.windows import windows

        slices = inputs.slices(n)
        lo, hi = inputs.utc_us(2025), inputs.utc_us(2026)
        edges = np.append(windows(WindowSpec("month"), lo, hi, (lo, hi)).start, hi)
        return _mib(slices.series, slices.start, slices.good, slices.total), lambda: means(slices, edges)
    from speed.clock_rows import outcomes
    from speed.plans import CASE_PLAN, context_of, event_facts, log_batch

    log = inputs.case_log(n // 8)
    until = int(log.at.max()) + inputs.HOUR
    facts = event_facts(log_batch(log), until)
    events = facts.events
    assert events is not None
    context = context_of(CASE_PLAN, facts, inputs.utc_us(2025), until)
    return _mib(events.at, events.case, events.event.codes, events.attributes["severity"].codes), lambda: outcomes(
        context, events
    )


def _mib(*arrays: object) -> float:
    return sum(a.nbytes for a in arrays) / 2**20  # type: ignore[attr-defined]


def _resident_mib() -> float:
    import resource

    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


class _Peak:
    """The largest resident size while the work runs, looked at every few milliseconds (ru_maxrss would tell the generator's)."""

    def __init__(self) -> None:
        import threading

        self.mib, self._over = _resident_mib(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.003):
            self.mib = max(self.mib, _resident_mib())


def main() -> None:
    """One kind and size: figures as JSON on stdout."""
    from speed.timing import clock

    kind, n = sys.argv[1], int(sys.argv[2])
    start = _resident_mib()
    size, work = _work(kind, n)
    before = _resident_mib()
    with _Peak() as peak:
        cpu, wall = clock(work)  # type: ignore[arg-type]
    print(json.dumps({"cpu": cpu, "wall": wall, "start": start, "input": size, "peak": peak.mib, "work": peak.mib - before}))


if __name__ == "__main__":
    main()
