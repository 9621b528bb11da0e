"""Steps at a share of the target against a clock that walks minute by minute and knows nothing of calendars but which minutes are open."""

from __future__ import annotations

import os
from fractions import Fraction

import numpy as np
import pytest
from agenda_world import BEGIN, DAY, MINUTE, at, facts_of, plan_of

from upheld.clocks.agenda import agenda
from upheld.clocks.feed import rows_of

ROUNDS = min(int(os.environ.get("UPHELD_CAMPAIGN", "400")) // 400, 50) or 1
LADDER = """
escalations:
  warn:
    steps: [{at: 25%, tell: desk}, {at: 50%, tell: desk}, {at: 66%, tell: desk}, {at: 100%, tell: desk}, {at: 150%, tell: desk}]
"""
CLAUSE = """
commitments:
  fix: {measure: clock, starts: opened, stops: resolved, pauses: waiting, hours: HOURS, reopen: 1 day,
        within: {by severity: {1: 3h, 2: 8h, 3: 11h}}, per: month, target: ">= 80%", escalation: warn}
"""
SHARES = (Fraction(1, 4), Fraction(1, 2), Fraction(66, 100), Fraction(1), Fraction(3, 2))
TARGET = {"1": 180, "2": 480, "3": 660}


def is_open(minute: int, hours: str) -> bool:
    if hours == "always":
        return True
    day, of_day = divmod(minute, DAY)
    return day % 7 < 5 and (480 <= of_day < 720 or 780 <= of_day < 1020)      # the world begins on a Monday


def walked(rows, hours: str, until: int) -> dict[str, int]:
    """``{step: minute}``: everything of a minute is said before the minute is judged; a stop at the minute wins. A share that is just used up
    when the target changes, and not exceeded, is one of the new target.
    """
    said: dict[int, list] = {}
    for minute, event, severity in rows:
        said.setdefault(minute, []).append((event, severity))
    running = paused = begun = False
    severity, used, stopped, found = "", 0, 0, {}
    for minute in range(rows[0][0], until + 1):
        reopened = False
        events = {e for e, _ in said.get(minute, ())}
        before, severity = severity, next((s for _, s in reversed(said.get(minute, ())) if s), severity)
        if before and severity != before:
            found = {k: (m, t) for k, (m, t) in found.items() if used > t}
        if "asked" in events:
            paused = True
        if events & {"replied", "resolved"}:
            paused = False
        if "resolved" in events and (running or "opened" in events):
            running, stopped = False, minute
        elif "opened" in events:
            reopened = begun and not running                 # the stopped time is a pause: what was used up at the stop was so then
            running = begun = True
        if begun and running:
            for i, share in enumerate(SHARES, 1):
                if str(i) not in found and used >= share * TARGET[severity]:
                    found[str(i)] = (stopped if reopened else minute), share * TARGET[severity]
        used += running and not paused and is_open(minute, hours)
    return {step: minute for step, (minute, _) in found.items()}


def history(rng) -> list:
    minute = int(rng.integers(0, 4 * DAY))
    rows = [(minute, "opened", str(rng.integers(1, 4)))]
    running = True
    for _ in range(int(rng.integers(0, 9))):
        minute += int(rng.integers(1, 400))
        if running:
            event = ("asked", "replied", "noted", "noted", "resolved")[rng.integers(0, 5)]
            rows.append((minute, event, str(rng.integers(1, 4)) if event == "noted" else ""))
            running = event != "resolved"
        else:
            rows.append((minute, "opened", ""))
            running = True
    return rows


@pytest.mark.parametrize("hours", ["office", "always"])
def test_steps_at_a_share_of_the_target(hours):
    rng = np.random.default_rng(len(hours))
    plan = plan_of(clauses=CLAUSE.replace("HOURS", hours), ladders=LADDER)
    for _ in range(ROUNDS):
        cases = {f"C{i}": history(rng) for i in range(60)}
        facts = facts_of([
            {"id": f"{case}-{k}", "case": case, "event": e, "at": m, **({"severity": s} if s else {})}
            for case, rows in cases.items() for k, (m, e, s) in enumerate(rows)
        ])
        until = int(rng.integers(0, 9 * DAY))
        found = agenda([plan], facts, at(until))
        got: dict[str, dict[str, int]] = {r.key.case: {} for r in rows_of(found)}
        for step in found.rows():
            # a share of minutes may fall within one: the walk sees it at the minute's end
            got[step.key.case][step.step] = -(-(step.at - BEGIN) // MINUTE)
        for case, rows in cases.items():
            if rows[0][0] <= until:
                told = [r for r in rows if r[0] <= until]
                assert got[case] == walked(told, hours, until), (case, rows, until)
