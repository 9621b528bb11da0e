"""Calendars: elapsed and due on random instants over ten years with holidays and DST, beside what people use; compiling one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from speed import inputs, oracle, verdicts
from speed.peer_process import DUE, ELAPSED, PeerFailed, Peers
from speed.rows import Row, Size, rate, seconds
from speed.timing import clock, interleave
from upheld.calendars.grid import Grid, compile_grid
from upheld.calendars.spec import Weekly

__all__ = ["against_oracle", "calendar_rows", "elapsed_peers"]

I64 = NDArray[np.int64]
TOPIC = "calendar: random instants, ten years, Berlin office hours with lunch, holidays, DST"


def ten_years(spec: Weekly) -> Grid:
    """The calendar compiled with a year of slack on both sides of the instants."""
    return compile_grid(spec, inputs.utc_us(inputs.FROM_YEAR), inputs.utc_us(inputs.LAST_YEAR + 1))


def against_oracle(n: int) -> tuple[int, int]:
    """How many of the hand-picked and ``n`` random answers differ from the oracle's; of how many."""
    wrong = of = 0
    for families, ask in ((verdicts.ELAPSED, "elapsed"), (verdicts.DUE, "due")):
        for family in families:
            found = getattr(ten_years(family.spec), ask)(family.start, family.other)
            wrong, of = wrong + int((found != family.expected).sum()), of + len(found)
    start, end, target = inputs.instants(n)
    for spec in (inputs.OFFICE, inputs.NIGHT):
        grid = ten_years(spec)
        for found, truth, other in (
            (grid.elapsed(start, end), oracle.elapsed_us, end),
            (grid.due(start, target), oracle.due_at, target),
        ):
            wrong += sum(
                got != truth(spec, a, b) for got, a, b in zip(found.tolist(), start.tolist(), other.tolist(), strict=True)
            )
            of += len(found)
    return wrong, of


def _halves(pool: ThreadPoolExecutor, ask: object, a: I64, b: I64, out: I64) -> None:
    """Both cores: numpy lets go of the interpreter in every block."""
    middle = len(a) // 2
    parts = [pool.submit(ask, a[s], b[s], out=out[s]) for s in (slice(middle), slice(middle, None))]  # type: ignore[call-overload]
    for part in parts:
        part.result()


def calendar_rows(size: Size) -> list[Row]:
    """Our own rows."""
    grid = ten_years(inputs.OFFICE)
    start, end, target = inputs.instants(size.instants)
    out = np.zeros(size.instants, np.int64)
    with ThreadPoolExecutor(2) as pool:
        took = interleave(
            {
                "elapsed": partial(clock, lambda: grid.elapsed(start, end, out=out)),
                "due": partial(clock, lambda: grid.due(start, target, out=out)),
                "elapsed, two threads": partial(clock, lambda: _halves(pool, grid.elapsed, start, end, out)),
                "due, two threads": partial(clock, lambda: _halves(pool, grid.due, start, target, out)),
            },
            size.runs,
        )
    wrong, of = against_oracle(min(150, size.instants))
    right = f"{of - wrong}/{of} as the oracle"
    rows = [rate(TOPIC, f"upheld {name}", size.instants, took[name], 60, right=right) for name in took]
    return [*rows, *_compiling(size)]


def _compiling(size: Size) -> list[Row]:
    def compiled() -> None:
        grid = ten_years(inputs.OFFICE)
        grid.elapsed(grid.S[:1], grid.E[:1])  # the indexes are made on first use: they belong to the price
        grid.due(grid.S[:1], grid.C[1:2])

    took = interleave({"compile": partial(clock, compiled)}, 10 * size.runs)["compile"]
    return [seconds(TOPIC, "upheld compile a calendar", 1, took, 2, unit="ms", note="twelve years, indexes included")]


def elapsed_peers(size: Size, peers: Peers) -> list[Row]:
    """What people use today on the same instants, ours beside it in the same run; every tool's answers scored."""
    return [*_beside(size, peers, "elapsed", ELAPSED, "end"), *_beside(size, peers, "due", DUE, "target")]


def _beside(size: Size, peers: Peers, what: str, tools: tuple[str, ...], other: str) -> list[Row]:
    grid = ten_years(inputs.OFFICE)
    arrays = verdicts.calendar_arrays(inputs.OFFICE)
    n_ours = min(size.instants, 1_000_000)
    start, end, target = inputs.instants(n_ours)
    if what == "due":
        end = target = np.maximum(target // inputs.HOUR, 1) * inputs.HOUR  # CustomBusinessHour knows whole hours only
    counts = {
        tool: n_ours if "numpy" in tool else min(n_ours, size.peer_pairs * (20 if "pm4py" in tool else 1)) for tool in tools
    }
    rows = []
    for tool, n in counts.items():
        path = peers.put(f"{what} {tool}", {**arrays, "start": start[:n], other: end[:n]})
        ask = grid.elapsed if what == "elapsed" else grid.due
        try:
            took = interleave(
                {"ours": partial(clock, partial(ask, start, end)), tool: partial(peers.ask, what, tool, path)}, size.runs
            )
        except PeerFailed as failed:
            rows.append(Row(TOPIC, f"{tool} {what}", n, 0.0, 0.0, 0.0, "M/s", note=f"failed: {failed}"))
            continue
        times = (took[tool].cpu / n) / max(took["ours"].cpu / n_ours, 1e-12)
        rows.append(rate(TOPIC, f"{tool} {what}", n, took[tool], times=times, right=_scored(peers, what, tool, other)))
    return rows


def _scored(peers: Peers, what: str, tool: str, other: str) -> str:
    """Right answers by kind of case; ``to the hour`` where a tool has no finer answer."""
    told = []
    for family in verdicts.ELAPSED if what == "elapsed" else verdicts.DUE:
        arrays = {**verdicts.calendar_arrays(family.spec), "start": family.start, other: family.other}
        try:
            peers.ask(what, tool, peers.put("cases", arrays))
            exact, near = verdicts.score(family.expected, peers.answer())
            hourly = f" ({near} to the hour)" if what == "elapsed" and "CustomBusinessHour" in tool else ""
            told.append(f"{family.name} {exact}/{len(family.start)}{hourly}")
        except PeerFailed as failed:
            told.append(f"{family.name}: {failed}")
    return ", ".join(told)
