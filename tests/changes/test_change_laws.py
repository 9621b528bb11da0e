"""Law: what the outlook says will be excluded is what the measure excludes afterwards, for an outage exactly during the window."""

from __future__ import annotations

import os
from copy import deepcopy

import numpy as np
from change_worlds import DAY, HOUR, Book, at, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.assessment.assess import assess
from upheld.calendars.grid import compile_grid
from upheld.changes.outlook import outlook
from upheld.plans.plan import Plan

FIRST = at("2026-02-20 00:00")
EXAMPLES = int(os.environ.get("UPHELD_CHANGES", "60"))
NOTICES = ("", "notice: 72h, ", "notice: 24h in office, ", "notice: 5 working days in office, ", "notice: 7 days at 18:00, ", "notice: 0h, ")
LIMITS = ("", "up_to: 8h per month, ", "up_to: 3h per week, ", "up_to: 5h per quarter, ")
NEEDS = ("", "needs: approval by customer, ", "needs: approval by both, until: 5 working days in office after window, ")
PLANS: dict[tuple[str, str, str, str, str], Plan] = {}


def plan_for(notice: str, limit: str, needs: str, hours: str, zone: str) -> Plan:
    key = (notice, limit, needs, hours, zone)
    if key not in PLANS:
        PLANS[key] = plan_of(f"{{while: maintenance, {notice}{limit}{needs}effect: leave_out}}", hours=hours, zone=zone)
    return PLANS[key]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Plan, Book, list[tuple[str, int, int]]]:
    plan = plan_for(*(draw(st.sampled_from(c)) for c in (NOTICES, LIMITS, NEEDS, ("always", "office"), ("UTC", "Europe/Berlin"))))
    book, windows = Book(), []
    for _ in range(draw(st.integers(1, 4))):
        start = FIRST + draw(st.integers(0, 50 * 24 * 4)) * (HOUR // 4)
        end = start + draw(st.integers(1, 40)) * (HOUR // 4)
        known = start - draw(st.sampled_from((0, HOUR, 24 * HOUR, 72 * HOUR, 72 * HOUR - 1_000_000, 5 * DAY, 8 * DAY, 15 * DAY)))
        name = book.interval("maintenance", start, end, known)
        for actor in ("customer", "provider"):
            if draw(st.booleans()):
                word = draw(st.sampled_from(("approval", "approval", "rejection")))
                book.says(word, draw(st.sampled_from((name, name, "maintenance"))), actor, known + draw(st.integers(0, 30)) * DAY)
        if draw(st.integers(0, 3)) == 0:
            moved = start + draw(st.integers(0, 10)) * DAY
            again = book.interval("maintenance", moved, moved + (end - start), known + draw(st.integers(0, 60)) * HOUR, replaces=name)
            name, start, end = again, moved, moved + (end - start)
        windows.append((name, start, end))
    return plan, book, windows


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds())
def test_what_was_said_to_be_excluded_is_excluded(world: tuple[Plan, Book, list[tuple[str, int, int]]]) -> None:
    plan, book, windows = world
    asked_at = max(end for _, _, end in windows) + 40 * DAY       # everything said is known: the declarations too
    until = at("2026-07-01 00:00")
    views = outlook([plan], book.facts(until), asked_at)
    promised = {c.stage: c for v in views for c in v.counting}
    grid = compile_grid(plan.calendars["office"], FIRST - 400 * DAY, until + 400 * DAY)
    for name, start, end in windows:
        later = deepcopy(book)
        later.interval("outage", start, end, end, name="the outage")
        after = assess([plan], later.facts(until), asked_at)
        measured = sum(o.figure.detail.get("down_left_out_us:maintenance", 0) for o in after.outcomes)
        spans = np.array(promised[f"records/{name}"].spans, np.int64).reshape(-1, 2)
        always = plan.commitments["uptime"].head.hours.leaves[0] == "always"
        expected = (spans[:, 1] - spans[:, 0]) if always else grid.work(spans[:, 1]) - grid.work(spans[:, 0])
        assert int(expected.sum()) == measured


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds(), st.integers(0, 60))
def test_it_says_beforehand_what_comes_true_if_nothing_else_is_said(world: tuple[Plan, Book, list[tuple[str, int, int]]], days: int) -> None:
    plan, book, _ = world
    early = FIRST + days * DAY
    until = at("2026-07-01 00:00")
    book.lines = [line for line in book.lines if _known(line) <= early]      # nothing else comes to be known
    facts = book.facts(until)
    if facts.intervals is None:
        return
    said = {(c.stage, c.commitment): (c.spans, c.open_us) for v in outlook([plan], facts, early) for c in v.counting}
    came = {(c.stage, c.commitment): (c.spans, c.open_us) for v in outlook([plan], facts, until) for c in v.counting}
    assert {k: v[0] for k, v in said.items()} == {k: v[0] for k, v in came.items()}


def _known(line: bytes) -> int:
    import json

    body = json.loads(line)
    return int(body.get("known_at", body.get("at")))


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds())
def test_the_worlds_of_an_effect_are_what_the_measure_finds(world: tuple[Plan, Book, list[tuple[str, int, int]]]) -> None:
    plan, book, windows = world
    name, start, end = windows[0]
    early = max(_known(line) for line in book.lines)
    if early >= start:
        return
    until = at("2026-07-01 00:00")
    view = next(v for v in outlook([plan], book.facts(until), early, with_effects=True) if any(s.fact == name for s in v.live))
    book.interval("outage", start, end, end, name="the outage")
    after = {o.window: o for o in assess([plan], book.facts(until), until).outcomes}
    for effect in view.effects:
        assert effect.value[1] == after[effect.window].low
        assert effect.verdicts[1] == after[effect.window].verdict
