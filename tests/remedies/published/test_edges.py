"""Every published credit table at each of its edges, one step above and below, with nothing down, and with everything down.

The table and the reckoning are those of schedules.py (from the published text); facts are made so that the figure falls exactly where
it should; the agreement of ours must then give the same minor units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from made_facts import D, H, M, Made
from schedules import SCHEDULES, UNKNOWN, Schedule

from upheld.plans.plan import Plan
from upheld.remedies.settle import settle
from upheld.remedies.settlement import Line
from upheld.values.instant import DAY_US, day_ordinal
from upheld.values.zone import zone
from upheld.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[3] / "examples" / "published"
UNCLAIMED, LATE = 2, 5                      # the windows that nobody claims, and that are claimed too late


@cache
def plans_of(folder: str) -> tuple[Plan, ...]:
    return next(iter(open_workspace(ROOT / folder).plans().values()))


@dataclass(frozen=True)
class Window:
    """``label`` as a result names it. ``fee`` is what the published text pays of, in minor units."""

    label: str
    start: int
    end: int
    days: int
    fee: int

    @property
    def us(self) -> int:
        return self.end - self.start


def edges(schedule: Schedule, index: int) -> tuple[int, str, int]:
    """``(months, label, days)`` from 0 of the window with this number."""
    each = {"month": 1, "quarter": 3, "year": 12}[schedule.window]
    first = index * each
    year, month = schedule.first + first // 12, first % 12 + 1
    label = {"month": f"{year}-{month:02d}", "quarter": f"{year}-Q{first % 12 // 3 + 1}", "year": f"{year}"}[schedule.window]
    return each, label, 12 * year + month - 1


def midnight(schedule: Schedule, month: int) -> int:
    day = day_ordinal(f"{month // 12}-{month % 12 + 1:02d}-01")
    return zone(schedule.zone).utc(day * DAY_US, "open")


def windows(schedule: Schedule, count: int, made: Made) -> list[Window]:
    """As many windows as there are points, each with a fee of its own, so that no other month's fee can stand in for it."""
    found = []
    for i in range(count + 1):
        each, label, month = edges(schedule, i)
        start, end = midnight(schedule, month), midnight(schedule, month + each)
        monthly = schedule.fee + 101 * i
        step = 1 if schedule.window != "year" else 12
        for m in range(month, month + each, step):
            made.fees.append((midnight(schedule, m), midnight(schedule, m + step), monthly, {**schedule.group, **schedule.fee_says}))
        days = day_ordinal(f"{(month + each) // 12}-{(month + each) % 12 + 1:02d}-01") - day_ordinal(f"{month // 12}-{month % 12 + 1:02d}-01")
        found.append(Window(label, start, end, days, monthly * (each // step)))
    if schedule.window == "year":       # paid of the renewal that follows
        return [Window(w.label, w.start, w.end, w.days, later.fee) for w, later in pairwise(found)]
    return found[:-1]


def base_of(schedule: Schedule, window: Window) -> int:
    return {"outage": window.us, "ticket": window.us, "minutes": window.us // M, "five minutes": window.us // (5 * M) * 10**6,
            "counts": 10**7}[schedule.made]


def points(schedule: Schedule, window: Window) -> list[int]:
    """What is down, in units of the base: at each turn of the rule, a unit less and a unit more, nothing, and all."""
    base = base_of(schedule, window)
    found = [0, base]
    for share in schedule.turns(window.us, window.days, window.fee):
        exact = (1 - share) * base
        whole = exact.numerator // exact.denominator
        found += [whole - 1, whole, whole + 1]
    return [min(max(p, 0), base) for p in found]


def bring_about(made: Made, schedule: Schedule, window: Window, down: int) -> int:
    """Makes ``down`` of the window's base go wrong; gives when it ended."""
    says = {"cause": "provider", **schedule.group, **schedule.more}
    match schedule.made:
        case "outage" | "ticket":
            start = window.start + (window.us - down) // 2
            if down and schedule.made == "outage":
                made.outages.append((schedule.kind, start, start + down, says))
            elif down:
                begins, ends = ("ticket-opened", "reachable") if schedule.id == "rackspace-network" else ("reported", "restored")
                made.cases += [(window.label, begins, start, says), (window.label, ends, start + down, says)]
            return start + down
        case "minutes":
            made.requests += [(schedule.kind, t, t + M, 0, 8, says) for t in range(window.start, window.start + down * M, M)]
        case "five minutes":
            whole, rest = divmod(down, 10**6)
            starts = range(window.start, window.start + whole * 5 * M, 5 * M)
            made.requests += [(schedule.kind, t, t + 5 * M, 0, 3, says) for t in starts]
            last = window.start + whole * 5 * M
            if rest:
                made.requests.append((schedule.kind, last, last + 5 * M, 10**6 - rest, 10**6, says))
        case "counts":
            made.requests.append((schedule.kind, window.start, window.end, 10**7 - down, 10**7, says))
    return window.end


def claim(made: Made, schedule: Schedule, window: Window, index: int, ended: int) -> None:
    if not schedule.claims or index == UNCLAIMED:
        return
    if schedule.claim_after == "incident":
        at = ended + 72 * H + (index == LATE)
    else:
        at = window.end + (100 * D if index == LATE else 3 * D)
    made.acts.append(("claim", schedule.commitment, at, {"window": window.label}))


def expected(schedule: Schedule, window: Window, index: int, down: int) -> tuple[int | str | None, str] | None:
    """``(minor units, state)`` by the published text, rounded once to the cent, a half to the even one; None: nothing."""
    owed = schedule.owed(1 - Fraction(down, base_of(schedule, window)), window.us, window.days, window.fee)
    if owed is None:
        return None
    lapsed = schedule.claims and index in (UNCLAIMED, LATE)
    if owed == UNKNOWN:
        return None, "unknown"
    if isinstance(owed, str):
        return owed, "owed"
    cents = round(owed)
    if schedule.minimum and cents <= 100:
        return 0, "not owed"
    return (cents, "lapsed" if lapsed else "owed") if cents else None


def found_in(lines: tuple[Line, ...], commitment: str) -> Mapping[str, tuple[int | str | None, str]]:
    """``(minor units of all lines, state)`` by window; credits too small for a cent are nothing."""
    found: dict[str, tuple[int | str | None, str]] = {}
    for line in lines:
        assert line.commitment == commitment
        before = found.get(line.window, (0, line.state))
        amount = line.grant or line.amount
        assert before[1] == line.state
        found[line.window] = (before[0] + amount if isinstance(amount, int) and isinstance(before[0], int) else amount), line.state
    return {window: value for window, value in found.items() if value not in ((0, "owed"), (0, "lapsed"))}


def name(schedule: Schedule) -> str:
    return f"{schedule.id} {schedule.commitment}"


def played(schedule: Schedule, downs: list[int] | None = None) -> tuple[Made, list[Window], list[int]]:
    made = Made()
    count = len(points(schedule, Window("", 0, 30 * D, 30, schedule.fee))) if downs is None else len(downs)
    spans = windows(schedule, count, made)
    chosen = [points(schedule, w)[i] for i, w in enumerate(spans)] if downs is None else downs
    for i, (window, down) in enumerate(zip(spans, chosen, strict=True)):
        claim(made, schedule, window, i, bring_about(made, schedule, window, down))
    what = {"cases", *((schedule.kind,) if schedule.made != "ticket" else ()), *schedule.quiet}
    made.watched += [(each, spans[0].start, spans[-1].end + 400 * D if each == "cases" else spans[-1].end) for each in sorted(what)]
    if schedule.reports:
        made.cases += [(f"report {w.label}", schedule.reports, w.end + D, {}) for w in spans]
    return made, spans, chosen


@pytest.mark.parametrize("schedule", SCHEDULES, ids=name)
def test_the_credit_at_every_edge_of_the_published_table(schedule: Schedule) -> None:
    plans = plans_of(schedule.id)
    made, spans, downs = played(schedule)
    assert len(downs) >= 5
    settlement = settle(plans, made.facts(plans[0].customer, plans[0].currency), spans[-1].end + 400 * D)
    wanted = {w.label: e for i, (w, down) in enumerate(zip(spans, downs, strict=True)) if (e := expected(schedule, w, i, down)) is not None}
    mine = tuple(line for line in settlement.lines if line.commitment == schedule.commitment)
    assert found_in(mine, schedule.commitment) == wanted


@pytest.mark.parametrize("schedule", [s for s in SCHEDULES if s.minimum], ids=name)
@pytest.mark.parametrize(("fee", "cents"), [(990, 0), (1000, 0), (1005, 0), (1006, 101), (1010, 101)])
def test_more_than_one_dollar(schedule: Schedule, fee: int, cents: int) -> None:
    """Ten percent of the fee: 0.99, exactly 1.00, and 1.005 (as money 1.00) are not more than 1 USD; 1.006 and 1.01 are 1.01."""
    schedule = replace(schedule, fee=fee, claims=True)
    share = Fraction(schedule.rows[0].low) / 100
    made = Made()
    window = windows(schedule, 1, made)[0]
    down = (1 - share) * base_of(schedule, window)
    assert down.denominator == 1
    claim(made, schedule, window, 0, bring_about(made, schedule, window, int(down)))
    made.watched.append((schedule.kind, window.start, window.end))
    plans = plans_of(schedule.id)
    lines = settle(plans, made.facts(plans[0].customer, plans[0].currency), window.end + 400 * D).lines
    assert [(line.amount, line.state) for line in lines] == [(cents, "owed" if cents else "not owed")]
