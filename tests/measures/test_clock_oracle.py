"""The kernels against the clock that walks minute by minute: random histories, DST weeks, ties, reopenings, changing severities.

``UPHELD_CAMPAIGN=50`` asks fifty times as many histories of each kind.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from clock_world import MINUTE, by_severity, clause, events, grid_of, moving, plan, us
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_clock import Row, Rules, walk

from upheld.measures.clock import clock
from upheld.measures.clock_kernel import Setting
from upheld.measures.clock_roles import bind

ROUNDS = int(os.environ.get("UPHELD_CAMPAIGN", "1"))
TARGETS = {"1": 60, "2": 300, "3": 0, None: None}
WEEKS = ["2026-03-27 00:00", "2026-10-23 00:00", "2026-06-05 00:00"]  # both DST changes, and a plain week
EVENTS = ["opened", "resolved", "asked", "answered", "noted", "opened", "resolved"]


def random_history(rng, base, n, tied):
    step = int(rng.integers(1, 400))
    at = np.sort(rng.integers(0, 12, n) * step) if tied else np.sort(rng.integers(0, 5000, n))
    rows = []
    for k in range(n):
        said = {"severity": str(rng.integers(1, 4))} if rng.random() < 0.3 else {}
        rows.append(Row(base + int(at[k]), EVENTS[int(rng.integers(0, len(EVENTS)))] if k or rng.random() < 0.3 else "opened", said))
    return rows


def run(cases, until, reopen, hours, rule, *, fast=True, threads=1):
    promise = by_severity({k: v * MINUTE for k, v in TARGETS.items() if k is not None})
    c = clause(promise, hours=hours, pauses=("waiting",), reopen_us=None if reopen is None else reopen * MINUTE)
    p = plan([c], [rule])
    table = events({f"c{i}": [(r.at, r.event, r.said) for r in rows] for i, rows in enumerate(cases)}, unit=MINUTE)
    roles = bind(p, c, table, (p.states["waiting"],), None)
    return clock(Setting(p, c, roles, grid_of(p), grid_of(p), until * MINUTE, fast=fast), table, threads), grid_of(p)(hours)


def rules(reopen, *, moves=False, recomputed=False):
    return Rules({"opened"}, {"resolved"}, {"asked"}, {"answered"}, reopen, TARGETS, moves=moves, recomputed=recomputed)


def rel(values, base):
    return [int(v - base) if isinstance(v, int | np.integer) and v > 10**6 else v for v in values]


def told(rows):
    return sorted(((x.at - rows[0].at, x.event, x.said) for x in rows), key=lambda x: x[0])


def compare(cases, until, hi, reopen, hours, rule, *, fast=True):
    found, grid = run(cases, until, reopen, hours, rule, fast=fast)
    moves = rule.read != "start"
    expected = [
        (i, k, o)
        for i, rows in enumerate(cases)
        for k, o in enumerate(
            walk(rows, rules(reopen, moves=moves, recomputed=rule.after_miss == "recomputed" or rule.read == "decided"), grid, until, hi)
        )
    ]
    by_key = {}
    for i in range(len(found)):
        by_key.setdefault((int(found.case[i]), int(found.cycle[i])), []).append(i)
    assert set(by_key) == {(i, k) for i, k, _ in expected}
    for i, k, o in expected:
        mine = by_key[i, k]
        rows = cases[i]
        r = mine[0]
        if not found.sure[r]:
            assert o.verdict == "no promise", (rows, o)  # severity never said by then
            continue
        got = (
            found.start[r] // MINUTE,
            found.stop[r] // MINUTE if found.has_stop[r] else None,
            found.elapsed_us[r] // MINUTE,
            found.due[r] // MINUTE if found.has_due[r] else None,
            found.missed_at[r] // MINUTE if found.has_miss[r] else None,
            ("met", "missed", "pending", "left out", "unknown", "no promise")[found.verdict[r]],
        )
        want = (o.start, o.stop, o.elapsed, o.due, o.missed_at, o.verdict)
        assert got == want, (
            f"got {rel(got, rows[0].at)} want {rel(want, rows[0].at)} {told(rows)} until {until - rows[0].at} {reopen} {hours}"
        )


@pytest.mark.parametrize("week", WEEKS)
@pytest.mark.parametrize("hours", ["office", "always"])
@pytest.mark.parametrize("reopen", [0, None, 700])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(
    "rule", [moving("start"), moving("now"), moving("now", after_miss="recomputed")], ids=["start", "now", "recomputed"]
)
def test_the_kernel_equals_the_walk_by_minutes(week, hours, reopen, tied, rule):
    rng = np.random.default_rng([len(week), len(hours), reopen or 1, tied, len(rule.read), len(rule.after_miss), WEEKS.index(week)])
    base = us(week) // MINUTE
    for _ in range(ROUNDS):
        cases = [random_history(rng, base, int(rng.integers(1, 12)), tied) for _ in range(25)]
        until = base + int(rng.integers(1500, 5200))
        compare(cases, until, base + 20_000, reopen, hours, rule)


@pytest.mark.parametrize(
    "rule", [moving("start"), moving("now"), moving("now", after_miss="recomputed")], ids=["start", "now", "recomputed"]
)
def test_the_walk_path_equals_the_walk_by_minutes(rule):
    rng = np.random.default_rng(7)
    base = us(WEEKS[0]) // MINUTE
    cases = [random_history(rng, base, int(rng.integers(1, 12)), i % 2) for i in range(40)]
    compare(cases, base + 4000, base + 20_000, 700, "office", rule, fast=False)


history = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(EVENTS), st.sampled_from(["", "1", "2", "3"])), min_size=1, max_size=10)


@settings(max_examples=60 * ROUNDS, deadline=None)
@given(
    st.lists(history, min_size=1, max_size=4),
    st.integers(0, 4000),
    st.sampled_from([0, None, 500]),
    st.sampled_from(["office", "always"]),
    st.sampled_from(["start", "now"]),
)
def test_any_history(histories, until, reopen, hours, read):
    base = us("2026-03-27 08:00") // MINUTE
    cases = [[Row(base + 97 * at, name, {"severity": s} if s else {}) for at, name, s in rows] for rows in histories]
    compare(cases, base + until, base + 30_000, reopen, hours, moving(read))


@settings(max_examples=40 * ROUNDS, deadline=None)
@given(st.lists(history, min_size=1, max_size=5), st.integers(0, 4000), st.sampled_from([0, None, 500]), st.sampled_from(["start", "now"]))
def test_fast_equals_general(histories, until, reopen, read):
    base = us("2026-03-27 08:00") // MINUTE
    cases = [[Row(base + 97 * at, name, {"severity": s} if s else {}) for at, name, s in rows] for rows in histories]
    fast, _ = run(cases, base + until, reopen, "office", moving(read))
    slow, _ = run(cases, base + until, reopen, "office", moving(read), fast=False)
    for name in fast.__dataclass_fields__:
        assert np.array_equal(getattr(fast, name), getattr(slow, name)), name
