"""Laws of the agenda: nothing changes before ``next_at``, a case alone is as among all, and the state is the batch kernel's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from agenda_world import MINUTE, SLOT, at, facts_of, plan_of, story
from hypothesis import example, given, settings
from hypothesis import strategies as st
from live_histories import SPAN, batches_of, world_of

from upheld.assessment.assess import Walk
from upheld.clocks.acknowledged import Hold
from upheld.clocks.agenda import agenda, hangs_together
from upheld.clocks.climb import Pace, climb
from upheld.clocks.feed import rows_of
from upheld.clocks.kept import Kept
from upheld.clocks.table import KINDS, NEVER, STATES, VERDICTS
from upheld.facts.record import record
from upheld.measures.clock import case_table
from upheld.plans.people import Ladder, LadderStep


def recorded(world):
    return record(batches_of([row for slot in sorted(world.deliveries) for row in world.deliveries[slot]]))


def steps_by_clock(found):
    mine = {}
    for s in found.rows():
        mine.setdefault(s.key, set()).add((s.step, s.at))
    return mine


def names_of(steps):
    return {step for step, _ in steps}


instants = st.integers(1, 2 * SPAN // SLOT).map(lambda s: at(s * SLOT))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), instants, st.sampled_from([0, 1]), st.lists(st.integers(1, 3000), min_size=1, max_size=3))
@example(9307, at(407 * SLOT), 0, [1])               # what stands still before a date has less time with every minute
def test_nothing_changes_before_the_instant_named(seed, now, moment, later):
    world = world_of(seed, 40)
    facts = recorded(world)
    before = agenda(world.plans, facts, now + moment)
    told, rows = steps_by_clock(before), rows_of(before)
    named = sorted({r.next_at for r in rows if r.next_at < NEVER})
    for then in {now + moment + m * MINUTE for m in later} | {t - 1 for t in named[:2]}:
        after = agenda(world.plans, facts, then)
        found, fired = {r.key: r for r in rows_of(after)}, steps_by_clock(after)
        for row in rows:
            assert row.next_at > now + moment
            if row.next_at > then:
                assert found[row.key] == row
                # what stands still before a date has less time with each moment: a part of it was used up the earlier, the later one looks
                shown = names_of if row.state == "paused" and row.target_us == 0 else dict
                assert shown(fired.get(row.key, ())) == shown(told.get(row.key, ()))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), instants)
@example(8395, at(103 * SLOT))                       # a freeze of another site must not wake this one
def test_a_case_alone_is_as_among_all(seed, now):
    world = world_of(seed, 30)
    kept = Kept("acme")
    for batch in batches_of([row for slot in sorted(world.deliveries) for row in world.deliveries[slot]]):
        kept.add(batch)
    shared = record(kept.shared())
    whole = replace(record([*kept.shared(), *kept.events(sorted(kept.cases))]), spoken=kept.spoken())
    among = agenda(world.plans, whole, now, KINDS[:1])
    told = steps_by_clock(among)
    for case in sorted(kept.cases)[:6]:
        cases = sorted(kept.linked({case}))
        alone = agenda(world.plans, replace(shared, events=record(kept.events(cases)).events, spoken=kept.spoken()), now, KINDS[:1])
        assert [r for r in rows_of(alone) if r.key.case == case] == [r for r in rows_of(among) if r.key.case == case]
        mine = steps_by_clock(alone)
        assert {k: v for k, v in mine.items() if k.case == case} == {k: v for k, v in told.items() if k.case == case}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), instants)
def test_the_state_is_that_of_the_batch_kernel(seed, now):
    world = world_of(seed, 40)
    facts = recorded(world)
    rows = {(r.key.commitment, r.version, r.key.case, r.start, r.key.part): r for r in rows_of(agenda(world.plans, facts, now))}
    seen = 0
    for name in {n for p in world.plans for n in p.commitments} - {"review"}:
        for context in Walk.begin(world.plans, facts, now, live=True).seen(name):
            table = case_table(context.plan.commitments[name], context)
            for i in range(len(table)):
                if not table.sure[i]:
                    continue
                seen += 1
                case = str(context.facts.events.case_names[table.case[i]])
                row = rows[name, context.plan.version, case, int(table.start[i]), int(table.level[i])]
                assert row.verdict == VERDICTS[table.verdict[i]]
                assert row.missed_at == (int(table.missed_at[i]) if table.has_miss[i] else None)
                assert row.stop == (int(table.stop[i]) if table.has_stop[i] else None)
                assert row.due in (None, int(table.due[i]))
                if row.state != "paused":
                    assert row.state == STATES[table.state[i]]
    assert seen > 20 or now < at(1440)


# ---- the ladder by itself -------------------------------------------------------------------------------------------


def steps(ladder, due, now, *, close=NEVER, holds=()):
    pace = Pace(np.array([due]), np.array([True]), np.array([0]), np.array([close]), np.array([False]), {}, {0: holds} if holds else {})
    found = climb({"l": ladder}, "l", pace, now)
    return dict(zip(found.step, found.at.tolist(), strict=True)), int(found.next_at[0])


@given(st.integers(1, 50), st.integers(1, 30), st.integers(0, 5), st.integers(0, 3000), st.one_of(st.none(), st.integers(0, 3000)))
def test_repeats_are_the_same_whether_many_or_one_by_one(wait, each, most, now, stop):
    """Clocks that somebody holds are walked one by one: a hold long past must change nothing."""
    ladder = Ladder("l", (LadderStep(after_us=wait),), repeat_us=each, repeats=most)
    close = NEVER if stop is None else stop
    if most == 0:
        now = min(now, 2000)
    free, held = (steps(ladder, 100, now, close=close, holds=h) for h in ((), (Hold(0, 1),)))
    assert free == held
    told, following = free
    assert all(t <= now and t < close for t in told.values())
    assert following > now


def test_a_week_of_repeats_is_enough():
    day = 86_400_000_000
    told, following = steps(Ladder("l", (LadderStep(after_us=0),), repeat_us=day), 0, 30 * day)
    assert (len(told), following) == (8, NEVER)


@pytest.mark.parametrize("until", ["no instant", ""])
def test_an_acknowledgement_that_says_no_instant_holds_as_long_as_the_ladder_says(until):
    said = {"id": "a1", "kind": "acknowledged", "about": "acme/response/T-1/desk:T-1-0", "actor": "ann", "at": 780, "until": until}
    facts = facts_of(story("T-1", (540, "opened", {"site": "a"})), declarations=[said])
    found = {s.step: s.at for s in agenda([plan_of()], facts, at(1200)).rows() if s.key.commitment == "response"}
    assert found["4"] == at(900)


def test_an_acknowledgement_of_nothing_has_no_effect():
    facts = facts_of(story("T-1", (540, "opened", {"site": "a"})))
    for about in ("acme/response/T-1/desk:other", "acme/response/T-9/desk:T-1-0", "other/response/T-1/desk:T-1-0", "response", ""):
        said = facts_of(story("T-1", (540, "opened", {"site": "a"})), declarations=[
            {"id": "a1", "kind": "acknowledged", "about": about, "actor": "ann", "at": 780}])
        assert list(agenda([plan_of()], said, at(3000)).rows()) == list(agenda([plan_of()], facts, at(3000)).rows())


# ---- clocks that hang together --------------------------------------------------------------------------------------


NUMBERED = """
commitments:
  few: {measure: clock, starts: opened, stops: resolved, hours: always, within: {by number of cases: {"< 3": 2h, else: 8h}}, per: month,
        target: ">= 80%", escalation: plain}
"""
DUTY = """
commitments:
  access: {measure: clock, promised_by: customer, starts: asked, stops: replied, hours: always, within: 1h, per: day, target: ">= 100%"}
  fix: {measure: clock, starts: opened, stops: resolved, hours: always, within: 48h, pauses: breached(access), per: month, target: ">= 80%",
        escalation: plain}
"""


def test_what_is_promised_may_hang_on_how_many_cases_there_are():
    plan = plan_of(clauses=NUMBERED)
    cases = [story(f"T-{i}", (540, "opened"), (545 + i, "resolved")) for i in range(4)]
    few, many = facts_of([*cases[0], *story("X", (560, "opened"))]), facts_of([r for c in cases for r in c] + story("X", (560, "opened")))
    assert hangs_together([plan])
    assert not hangs_together([plan_of()])
    dues = [[r.due for r in rows_of(agenda([plan], f, at(570))) if r.key.case == "X"] for f in (few, many)]
    assert dues == [[at(560 + 120)], [at(560 + 480)]]
    half = [[s.at for s in agenda([plan], f, at(3000)).rows() if (s.key.case, s.step) == ("X", "1")] for f in (few, many)]
    assert half == [[at(560 + 60)], [at(560 + 240)]]


def test_a_breach_by_the_customer_holds_the_clock_still():
    plan = plan_of(clauses=DUTY)
    facts = facts_of([*story("T-1", (1440 + 540, "opened")), *story("A", (600, "asked"), (700, "replied"))])
    assert hangs_together([plan])
    (row,) = [r for r in rows_of(agenda([plan], facts, at(2000))) if r.key.commitment == "fix"]
    assert (row.state, row.due) == ("running", at(1440 + 540 + 2880))
    # asked and answered late on the day itself: that day does not count
    facts = facts_of([*story("T-1", (540, "opened")), *story("A", (600, "asked"), (700, "replied"))])
    (row,) = [r for r in rows_of(agenda([plan], facts, at(720))) if r.key.commitment == "fix"]
    assert row.state == "paused"
