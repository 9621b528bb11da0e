"""A clock that walks minute by minute and is obviously right: the oracle of the kernels.

Everything lies on whole minutes. Rows of one instant are taken together: what they say of attributes, then the pause (an end has the
last word), then the start, then the stop, so that a stop beats a pause and a pause beats a start.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

MINUTE = 60_000_000


@dataclass
class Row:
    at: int  # minutes
    event: str
    said: dict[str, str] = field(default_factory=dict)


@dataclass
class Rules:
    starts: set[str]
    stops: set[str]
    asks: set[str]
    answers: set[str]
    reopen: int | None  # minutes; 0 final; None new cycle
    target: dict[str | None, int | None]  # minutes by severity; None: no promise
    attribute: str = "severity"
    moves: bool = False  # read: now
    recomputed: bool = False


@dataclass
class Outcome:
    start: int
    stop: int | None
    elapsed: int
    due: int | None
    missed_at: int | None
    verdict: str


def open_minutes(grid, lo: int, hi: int):
    """bool[hi - lo]: the open minutes, by looking at every span."""
    result = np.zeros(hi - lo, np.bool_)
    for start, end in zip(grid.S.tolist(), grid.E.tolist(), strict=True):
        a, b = max(start // MINUTE - lo, 0), min(end // MINUTE - lo, hi - lo)
        if a < b:
            result[a:b] = True
    return result


def walk(rows: list[Row], rules: Rules, grid, until: int, hi: int) -> list[Outcome]:
    """The cycles of one case, minute by minute up to ``until``; dues are looked for up to ``hi``."""
    if not rows:
        return []
    rows = sorted(rows, key=lambda r: r.at)
    lo = rows[0].at
    is_open = open_minutes(grid, lo, hi)
    by_minute: dict[int, list[Row]] = {}
    for row in rows:
        by_minute.setdefault(row.at, []).append(row)
    paused, severity = False, None
    cycles: list[dict] = []
    current, early = None, None
    ahead = [r.at for r in rows if r.event in rules.starts and r.at > until]
    for t in range(lo, until + 1):
        here = by_minute.get(t, [])
        events = {r.event for r in here}
        for row in here:
            severity = row.said.get(rules.attribute, severity)
        if events & rules.answers:
            paused = False
        elif events & rules.asks:
            paused = True
        starting, stopping = bool(events & rules.starts), bool(events & rules.stops)
        if stopping and not starting and not cycles and early is None:
            early = t
        was_stopped = bool(cycles) and current is None
        if current is None and starting and not (stopping and was_stopped):
            last = cycles[-1] if cycles else None
            if last is None or rules.reopen is None or (rules.reopen and t - last["stop"] > rules.reopen):
                current = {"start": t, "elapsed": 0, "severity": severity, "stop": None, "due": None, "missed": None, "seen": []}
                cycles.append(current)
            elif rules.reopen:
                current = last
                current["stop"] = None
        if current is not None:
            if rules.moves:
                current["severity"] = severity
            current["seen"].append((t, current["elapsed"], rules.target.get(current["severity"])))
            if stopping:
                current["stop"] = t
                current = None
        if current is not None and not paused and is_open[t - lo] and t < until:
            current["elapsed"] += 1
            current["seen"].append((t, current["elapsed"], rules.target.get(current["severity"])))
    if not cycles and ahead:
        for row in rows:
            severity = row.said.get(rules.attribute, severity) if row.at <= min(ahead) else severity
        cycles.append({"start": min(ahead), "elapsed": 0, "severity": severity, "stop": None, "due": None, "missed": None, "seen": []})
    found = [_judged(c, rules, is_open, lo, until, hi) for c in cycles]
    if cycles and early is not None and rules.target.get(cycles[0]["severity"]) == 0:  # an agreed date, done before
        found[0] = Outcome(cycles[0]["start"], early, 0, cycles[0]["start"], None, "met")
    return found


def _judged(c: dict, rules: Rules, is_open, lo: int, until: int, hi: int) -> Outcome:
    target = rules.target.get(c["severity"])
    end = c["stop"] if c["stop"] is not None else max(until, c["start"])
    missed = None
    due = None
    in_force = "none yet"
    before = 0
    for t, elapsed, now in c["seen"]:
        goal = target if (rules.recomputed or not rules.moves) else now
        if goal != in_force and missed is None:
            in_force, due = goal, None
            if in_force != "none yet" and goal is not None and t != c["start"] and elapsed >= goal:
                due = t  # never before the change
                if goal == 0:
                    due = max(t, _opening(is_open, c["start"], lo))
        if goal is not None and missed is None:
            if due is None and goal == 0:
                due = _opening(is_open, c["start"], lo)
            if due is None and elapsed >= goal > 0:
                due = t + (1 if elapsed > before else 0)
            if elapsed > goal:
                missed = t
        before = elapsed
    if due is None and target == 0:
        due = _opening(is_open, c["start"], lo)
    if target is None and missed is None:
        return Outcome(c["start"], c["stop"], c["elapsed"], None, None, "no promise")
    if due is None:
        left, t = target - c["elapsed"], end
        while left > 0 and t < hi:
            left -= int(is_open[t - lo])
            t += 1
        due = t
    verdict = "missed" if missed is not None else "met" if c["stop"] is not None else "pending"
    return Outcome(c["start"], c["stop"], c["elapsed"], due, missed, verdict)


def _opening(is_open, t: int, lo: int) -> int:
    while not is_open[t - lo]:
        t += 1
    return t
