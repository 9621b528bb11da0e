"""Law: what the outlook says will be excluded is what the measure excludes afterwards, for an outage exactly during the window."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

import numpy as np
from change_worlds import DAY, HOUR, Book, at, load_plan
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.assessment.assess import assess
from upheld.assessment.outcome import Assessment
from upheld.calendars.grid import compile_grid
from upheld.changes.outlook import outlook
from upheld.facts.tables import Facts
from upheld.plans.plan import Plan

FIRST, UNTIL = at("2026-02-20 00:00"), at("2026-07-01 00:00")
EXAMPLES = int(os.environ.get("UPHELD_CAMPAIGN", "60"))
NOTICES = ("", "notice: 72h, ", "notice: 24h in office, ", "notice: 5 working days in office, ", "notice: 7 days at 18:00, ", "notice: 0h, ")
LIMITS = ("", "up_to: 8h per month, ", "up_to: 3h per week, ", "up_to: 5h per quarter, ")
NEEDS = ("", "needs: approval by customer, ", "needs: approval by both, until: 5 working days in office after window, ")
EFFECTS = ("leave_out", "count_as_good")
LEADS = (0, HOUR, 24 * HOUR, 72 * HOUR, 72 * HOUR - 1_000_000, 5 * DAY, 8 * DAY, 15 * DAY)
KINDS = ("maintenance", "works")
PLANS: dict[tuple[str, ...], Plan] = {}


def plan_for(first: str, second: str, order: str, hours: str, each: str, zone: str) -> Plan:
    """Two exclusions in one order or the other, of two kinds of change, round the clock or in office hours, one result or one a component."""
    key = (first, second, order, hours, each, zone)
    if key not in PLANS:
        PLANS[key] = load_plan(f"""
states:
  outage: {{where: {{kind: outage}}}}
  maintenance: {{where: {{kind: maintenance}}}}
  works: {{where: {{kind: works}}}}
exclusions:
  maintenance: {{while: maintenance, {first}}}
  works: {{while: works, {second}}}
commitments:
  uptime: {{measure: availability, {each}down: outage, out_of: hours, hours: {hours}, per: month, target: ">= 99.9%", excluding: [{order}]}}
changes: {{states: [maintenance, works]}}
""", zone=zone)
    return PLANS[key]


@dataclass(frozen=True)
class World:
    """A plan, what was written down, and the windows that stand: fact, start, end, component."""

    plan: Plan
    book: Book
    windows: list[tuple[str, int, int, str]]
    components: bool

    def facts(self, lines: list[bytes] | None = None) -> Facts:
        book = Book()
        book.lines = list(self.book.lines if lines is None else lines)
        return book.facts(UNTIL)


@st.composite
def worlds(draw: st.DrawFn, most: int = 4) -> World:
    def clause() -> str:
        return "".join(draw(st.sampled_from(c)) for c in (NOTICES, LIMITS, NEEDS)) + f"effect: {draw(st.sampled_from(EFFECTS))}"

    components = draw(st.booleans())
    plan = plan_for(clause(), clause(), draw(st.sampled_from(("maintenance, works", "works, maintenance"))),
                    draw(st.sampled_from(("always", "office"))), "for_each: [component], " if components else "",
                    draw(st.sampled_from(("UTC", "Europe/Berlin"))))
    book, windows = Book(), []
    if components:                       # both results are there whatever is announced
        for part in ("a", "b"):
            book.interval("outage", FIRST - 30 * DAY, FIRST - 30 * DAY + HOUR, FIRST - 30 * DAY, component=part)
    for _ in range(draw(st.integers(1, most))):
        start = FIRST + draw(st.integers(0, 50 * 24 * 4)) * (HOUR // 4)
        end = start + draw(st.integers(1, 40)) * (HOUR // 4)
        known, kind = start - draw(st.sampled_from(LEADS)), draw(st.sampled_from(KINDS))
        said = {"component": draw(st.sampled_from(("a", "b")))} if components else {}
        name = book.interval(kind, start, end, known, **said)
        for actor in ("customer", "provider"):
            if draw(st.booleans()):
                word = draw(st.sampled_from(("approval", "approval", "rejection")))
                book.says(word, draw(st.sampled_from((name, name, kind))), actor, known + draw(st.integers(0, 30)) * DAY)
        if draw(st.integers(0, 3)) == 0:
            moved = start + draw(st.integers(0, 10)) * DAY
            again = book.interval(kind, moved, moved + (end - start), known + draw(st.integers(0, 60)) * HOUR, replaces=name, **said)
            name, start, end = again, moved, moved + (end - start)
        windows.append((name, start, end, said.get("component", "")))
    return World(plan, book, windows, components)


def down(world: World, start: int, end: int, component: str) -> list[bytes]:
    """What was written down, and an outage exactly during the window."""
    book = Book()
    book.lines = list(world.book.lines)
    book.interval("outage", start, end, end, name="the outage", **({"component": component} if component else {}))
    return book.lines


def left_out(assessment: Assessment, name: str) -> int:
    """Down time that one clause took, µs, over all results and windows."""
    return sum(o.figure.detail.get(f"down_left_out_us:{name}", 0) for o in assessment.outcomes)


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds())
def test_what_was_said_to_be_excluded_is_excluded(world: World) -> None:
    plan = world.plan
    asked_at = max(end for _, _, end, _ in world.windows) + 40 * DAY       # everything said is known: the declarations too
    views = outlook([plan], world.facts(), asked_at)
    grid = compile_grid(plan.calendars["office"], FIRST - 400 * DAY, UNTIL + 400 * DAY)
    always = plan.commitments["uptime"].head.hours.leaves[0] == "always"
    for name, start, end, component in world.windows:
        after = assess([plan], world.facts(down(world, start, end, component)), asked_at)
        before = assess([plan], world.facts(), asked_at)
        measured = {k: left_out(after, k) - left_out(before, k) for k in KINDS}
        promised = dict.fromkeys(KINDS, 0)
        for view in views:
            # another window at the same time takes its part of the outage too: each clause is asked for all it takes of this span
            for one in view.counting:
                if component in ("", dict(one.for_).get("component")):
                    inside = [(max(a, start), min(b, end)) for a, b in one.spans if max(a, start) < min(b, end)]
                    spans = np.array(inside, np.int64).reshape(-1, 2)
                    took = (spans[:, 1] - spans[:, 0]) if always else grid.work(spans[:, 1]) - grid.work(spans[:, 0])
                    promised[one.exclusion] += int(took.sum())
        overlapping = sum(1 for other, a, b, _ in world.windows if other != name and a < end and start < b)
        if overlapping:
            assert all(promised[k] >= measured[k] for k in KINDS)          # two windows of one kind say the same time twice
        else:
            assert promised == measured


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds(), st.integers(0, 60))
def test_it_says_beforehand_what_comes_true_if_nothing_else_is_said(world: World, days: int) -> None:
    early = FIRST + days * DAY
    facts = world.facts([line for line in world.book.lines if known_at(line) <= early])      # nothing else comes to be known
    if facts.intervals is None:
        return
    said = {(c.stage, c.exclusion, c.for_): c.spans for v in outlook([world.plan], facts, early) for c in v.counting}
    came = {(c.stage, c.exclusion, c.for_): c.spans for v in outlook([world.plan], facts, UNTIL) for c in v.counting}
    assert said == came


def known_at(line: bytes) -> int:
    body = json.loads(line)
    return int(body.get("known_at", body.get("at")))


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds(most=2))
def test_the_worlds_of_an_effect_are_what_the_measure_finds(world: World) -> None:
    name, start, end, component = world.windows[0]
    early = start - 60_000_000
    lines = [line for line in world.book.lines if known_at(line) <= early]
    views = [v for v in outlook([world.plan], world.facts(lines), early, with_effects=True) if any(s.fact == name for s in v.live)]
    book = Book()
    book.lines = lines
    book.interval("outage", start, end, end, name="the outage", **({"component": component} if component else {}))
    after = {(o.window, o.group): o for o in assess([world.plan], book.facts(UNTIL), UNTIL).outcomes}
    for effect in (e for v in views for e in v.effects):
        assert effect.value[1] == after[effect.window, effect.for_].low
        assert effect.verdicts[1] == after[effect.window, effect.for_].verdict
