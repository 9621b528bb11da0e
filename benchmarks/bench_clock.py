"""Two clocks over a million cases of eight events: pauses, a change of severity, due and met. ``python benchmarks/bench_clock.py [cases]``."""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from upheld.calendars.grid import compile_grid
from upheld.calendars.spec import Weekly, WindowSpec
from upheld.facts.tables import Attribute, CaseEvents, Header
from upheld.measures.clock_kernel import Setting, kernel
from upheld.measures.clock_roles import bind
from upheld.plans.lookup import Branch, Exact, Leaf, Lookup, constant
from upheld.plans.plan import AttributeRule, ClockPlan, EventState, Head, Plan, Share, Within
from upheld.plans.selector import EVERYTHING, Key, OneOf
from upheld.values.instant import parse_instant

HOUR, DAY = 3_600_000_000, 86_400_000_000
KINDS = ("opened", "answered", "asked", "replied", "raised", "noted", "noted2", "resolved")


def history(n: int) -> tuple[CaseEvents, int]:
    rng = np.random.default_rng(1)
    base = parse_instant("2020-01-01T00:00:00Z")
    gaps = rng.integers(60_000_000, 12 * HOUR, (n, 8))
    gaps[:, 0] = rng.integers(0, 5 * 365 * DAY, n)
    at = (base + np.cumsum(gaps, axis=1)).ravel()
    event = np.tile(np.arange(8, dtype=np.int32), n)
    severity = np.full((n, 8), -1, np.int32)
    severity[:, 0] = rng.integers(0, 4, n)
    changed = rng.random(n) < 0.2
    severity[changed, 4] = rng.integers(0, 4, int(changed.sum()))
    rows = np.arange(8 * n)
    header = Header(rows, Attribute(np.zeros(8 * n, np.int32), ("log",)), at)
    table = CaseEvents(
        header,
        np.repeat(np.arange(n, dtype=np.int32), 8),
        np.empty(n, object),
        Attribute(event, KINDS),
        at,
        np.zeros(8 * n, np.int32),
        np.arange(0, 8 * n + 1, 8),
        {"severity": Attribute(severity.ravel(), ("1", "2", "3", "4"))},
    )
    return table, int(at.max()) + DAY


def terms() -> tuple[Plan, tuple[ClockPlan, ClockPlan]]:
    week = tuple(((8 * 3600, 12 * 3600), (13 * 3600, 17 * 3600 + 1800)) if d < 5 else () for d in range(7))

    def promise(*hours: int) -> Lookup[tuple[Share, ...]]:
        rows = tuple((Exact(str(i + 1)), Leaf(i)) for i in range(4))
        return Lookup(Branch("severity", rows), tuple((Share(Within("time", h * HOUR)),) for h in hours), ("1", "2", "3", "4"))

    def on(*names: str) -> Key:
        return Key("event", OneOf(names))

    def clock(name: str, stops: Key, table: Lookup[tuple[Share, ...]]) -> ClockPlan:
        return ClockPlan(
            Head(name, WindowSpec("month"), hours=constant("office")), on("opened"), stops, table, pauses=("waiting",), reopen_us=0
        )

    clauses = (
        clock("response", on("answered", "resolved"), promise(1, 2, 4, 8)),
        clock("resolution", on("resolved"), promise(8, 16, 24, 40)),
    )
    plan = Plan(
        "a",
        "1",
        "A",
        "",
        "Europe/Berlin",
        "EUR",
        0,
        None,
        None,
        "",
        EVERYTHING,
        {"office": Weekly("Europe/Berlin", week)},
        {"severity": AttributeRule("severity", read="now")},
        {"waiting": EventState(on("asked"), on("replied"))},
        {},
        {},
    )
    return plan, clauses


def main() -> None:
    n = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    events, until = history(n)
    plan, clauses = terms()
    grid = compile_grid(plan.calendars["office"], parse_instant("2019-12-01T00:00:00Z"), until + 400 * DAY)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for threads in (1, 2):
        walls, cpus = [], []
        for _ in range(5):
            wall, cpu = time.perf_counter(), time.process_time()
            for clause in clauses:
                roles = bind(plan, clause, events, (plan.states["waiting"],), None)
                kernel(Setting(plan, clause, roles, lambda _: grid, lambda _: grid, until), events, threads=threads)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        best, median = min(walls), sorted(walls)[2]
        rate = n / median / 1e6
        print(f"{threads} thread(s): wall median {median:.3f} s, best {best:.3f} s, cpu {sorted(cpus)[2]:.3f} s, {rate:.2f} million cases/s")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory {after / 1024:.0f} MiB, of which above the facts {(after - before) / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
