"""Steps that fell due while nobody looked, before something moved the due instant away; shares of notice owed before an event."""

from __future__ import annotations

import numpy as np
import pytest
from agenda_world import MINUTE, SLOT, at, facts_of, plan_of, story
from hypothesis import given, settings
from hypothesis import strategies as st
from live_histories import SPAN, batches_of, world_of

from upheld.clocks.agenda import agenda
from upheld.clocks.board import clock_lines
from upheld.clocks.feed import rows_of
from upheld.clocks.notices import notices
from upheld.clocks.rehearsal import rehearse
from upheld.facts.record import record

H = 60
CLAUSE = """
commitments:
  fix: {measure: clock, starts: opened, stops: resolved, pauses: PAUSES, hours: always, reopen: 1 day,
        within: {by severity: {1: 2h, 2: 8h}}, per: month, target: ">= 80%", escalation: near}
"""
LADDER = """
escalations:
  near:
    steps: [{before: 1h, tell: desk}, {before: 30m, tell: desk}, {after: 10m, tell: desk}]
"""


def plan(pauses="waiting"):
    return plan_of(clauses=CLAUSE.replace("PAUSES", pauses), ladders=LADDER)


def steps(facts, minute, pauses="waiting"):
    """``{step: minute}`` of the agenda at a minute."""
    return {s.step: (s.at - at(0)) / MINUTE for s in agenda([plan(pauses)], facts, at(minute)).rows()}


def test_a_step_before_the_due_instant_is_found_though_a_pause_has_moved_it_since():
    said = story("T-1", (9 * H, "opened", {"severity": "1"}), (10.25 * H, "asked"))
    assert steps(facts_of(said), 10.2 * H) == {"1": 10 * H}
    assert steps(facts_of(said), 14 * H) == {"1": 10 * H}                       # paused; nobody looked in between
    said += [{**story("T-1", (14 * H, "replied"))[0], "id": "T-1-9"}]
    assert steps(facts_of(said), 14 * H) == {"1": 10 * H}                       # its own instant, not an hour before the new due
    assert steps(facts_of(said), 14.25 * H) == {"1": 10 * H, "2": 14.25 * H}
    # what counts from it counts from there
    assert steps(facts_of(said), 15 * H)["3"] == 14.25 * H + 10


def test_a_pause_at_the_very_instant_wins():
    said = story("T-1", (9 * H, "opened", {"severity": "1"}), (10 * H, "asked"))
    assert steps(facts_of(said), 12 * H) == {}


def test_a_milder_severity_a_reopening_and_a_state_outside_do_not_hide_it():
    milder = story("T-1", (9 * H, "opened", {"severity": "1"}), (10.25 * H, "noted", {"severity": "2"}))
    assert steps(facts_of(milder), 11 * H) == {"1": 10 * H}
    again = story("T-1", (9 * H, "opened", {"severity": "1"}), (10.25 * H, "resolved"), (20 * H, "opened"))
    assert steps(facts_of(again), 20 * H) == {"1": 10 * H}
    held = [{"id": "i1", "kind": "freeze", "subject": "", "start": 10.75 * H, "end": None}]
    assert steps(facts_of(milder[:1], held), 20 * H, "freeze") == {"1": 10 * H, "2": 10.5 * H, "3": 10.5 * H + 10}
    early = [{"id": "i0", "kind": "freeze", "subject": "", "start": 9.5 * H, "end": 9.75 * H}, *held]
    assert steps(facts_of(milder[:1], early), 20 * H, "freeze") == {"1": 10.25 * H}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 2 * SPAN // SLOT).map(lambda s: at(s * SLOT)))
def test_one_look_finds_what_many_found(seed, now):
    """Facts known as they happen: whoever looks once finds every step before a due instant that somebody found who looked all the time."""
    world = world_of(seed, 25)
    rows = [(shape, {k: v for k, v in row.items() if k != "known"})
            for slot in sorted(world.deliveries) for shape, row in world.deliveries[slot] if "replaces" not in row]
    facts = record(batches_of(rows))
    mine = world.plans[:1]
    lasting = mine[0].states["freeze"].at_least_us > 0        # of states that must last nobody can tell afterwards when they were noticed
    many: dict = {}
    for moment in np.linspace(at(0), now, 40).astype(np.int64).tolist():
        for step in agenda(mine, facts, moment).rows():
            if step.step == "2" and step.ladder == "warn" and not (lasting and step.key.commitment == "response"):
                many.setdefault(step.key, step.at)
    once = {s.key: s.at for s in agenda(mine, facts, now).rows() if s.step == "2" and s.ladder == "warn"}
    assert {k: v for k, v in many.items() if once.get(k) != v} == {}


DATED = """
commitments:
  fix: {measure: clock, starts: opened, stops: resolved, pauses: freeze, hours: always, within: 2 working days in office at 16:00,
        per: month, target: ">= 80%"}
"""


def test_what_holds_others_changes_nothing_of_a_clock_that_is_over():
    facts = facts_of(story("T-1", (9 * H, "opened"), (10 * H, "resolved")), [
        {"id": "i1", "kind": "freeze", "subject": "", "start": 20 * H, "end": None}])
    rows = [[r._replace(next_at=0) for r in rows_of(agenda([plan_of(clauses=DATED)], facts, at(m)))] for m in (12 * H, 20.5 * H, 30 * H)]
    assert rows[0] == rows[1] == rows[2]
    assert (rows[0][0].state, rows[0][0].verdict, rows[0][0].due) == ("stopped", "met", None)


NOTICE = """
commitments:
  notice: {measure: clock, before: change-begins, stops: change-announced, hours: office, within: 8h, per: month, target: ">= 80%",
           escalation: shares}
"""
SHARES = """
escalations:
  shares:
    steps: [{at: 50%, tell: desk}, {before: 1h, tell: desk}, {at: 100%, tell: desk}, {at: 150%, tell: desk}]
"""


@pytest.mark.parametrize(("known", "expected"), [
    # known on Monday 09:00, due eight open hours before Wednesday 10:00, which is Tuesday 10:00: nine open hours, half of them by 14:30
    (9 * H, {"1": 14.5 * H, "2": 33 * H, "3": 34 * H, "4": 39.5 * H}),
    # known after the notice was due: everything is due at once
    (40 * H, {"1": 34 * H, "2": 33 * H, "3": 34 * H, "4": 34 * H}),
])
def test_shares_of_notice_count_from_when_the_event_came_to_be_known(known, expected):
    plans = [plan_of(start="2026-03-02", clauses=NOTICE, adopted="2026-02-01", ladders=SHARES)]
    rows = [{**story("C", (58 * H, "change-begins"))[0], "known": known}]
    facts = facts_of(rows)
    found = {s.step: (s.at - at(0)) / MINUTE for s in agenda(plans, facts, at(48 * H)).rows()}
    assert found == expected
    moved = facts_of([*rows, {**rows[0], "id": "C-9", "replaces": "C-0", "known": known + H, "at": 62 * H}])
    later = {s.step: (s.at - at(0)) / MINUTE for s in agenda(plans, moved, at(48 * H)).rows()}
    # due on Tuesday 14:00: half of twelve open hours from the first word on it, not from the correction
    assert later["3"] == 38 * H
    assert later["1"] == (16 * H if known == 9 * H else 38 * H)


def test_a_message_about_a_paused_clock_speaks_of_no_budget():
    said = facts_of(story("T-1", (9 * H, "opened", {"severity": "1"}), (10.25 * H, "asked")))
    found = agenda([plan()], said, at(14 * H))
    (notice,) = notices(plan(), found, next(iter(found.rows())), said, at(14 * H))
    assert notice.subject == "62.5% used: fix T-1 (the clock stands still)"


AGREED = """
commitments:
  action: {measure: clock, starts: action-due, stops: action-done, within: 0h, hours: always, per: quarter, target: ">= 80%", escalation: near}
"""


def test_an_agreed_date_is_warned_of_ahead():
    """The date is an event that lies ahead: nothing is left to warn of once it has come."""
    plans = [plan_of(clauses=AGREED, ladders=LADDER)]
    said = [{**story("A-1", (50 * H, "action-due"))[0], "known": 9 * H}]
    found = {s.step: (s.at - at(0)) / MINUTE for s in agenda(plans, facts_of(said), at(49.2 * H)).rows()}
    assert found == {"1": 49 * H}
    (row,) = rows_of(agenda(plans, facts_of(said), at(12 * H)))
    assert (row.state, row.next_at) == ("not begun", at(49 * H))
    # known half an hour before: not before it came to be known; known too late: at the date
    near = {s.step: (s.at - at(0)) / MINUTE for s in agenda(plans, facts_of([{**said[0], "known": 49.6 * H}]), at(49.8 * H)).rows()}
    assert near == {"1": 49.6 * H, "2": 49.6 * H, "3": 49.6 * H + 10}
    late = {s.step: (s.at - at(0)) / MINUTE for s in agenda(plans, facts_of([{**said[0], "known": 51 * H}]), at(52 * H)).rows()}
    assert (late["1"], late["2"]) == (50 * H, 50 * H)
    (line,) = clock_lines(plans, agenda(plans, facts_of(said), at(12 * H)), facts_of(said))
    assert (line.state, line.due, line.says, line.step_at) == ("not begun", at(50 * H), "due in 38 h", at(49 * H))
    done = [*said, story("A-1", (60 * H, "x"), (40 * H, "action-done"))[1]]
    assert list(agenda(plans, facts_of(done), at(49.2 * H)).rows()) == []


def test_a_drill_of_notice_plays_what_comes_before_the_event():
    one = plan_of(start="2026-03-02", clauses=NOTICE, adopted="2026-02-01", ladders=SHARES)
    for known in (at(9 * H), at(70 * H)):
        played = rehearse([one], facts_of(()), "notice", at(58 * H), known)
        assert [(p.step.step, (p.step.at - at(0)) / MINUTE) for p in played.played][1:3] == [("2", 33 * H), ("3", 34 * H)]
        assert played.due == at(34 * H)
        assert played.gaps == ()


def test_of_notice_nothing_is_used():
    """What was to be given beforehand is no time that runs out: 0% used of a notice that is nearly due reads as if there were time."""
    one = plan_of(start="2026-03-02", clauses=NOTICE, adopted="2026-02-01", ladders=SHARES)
    facts = facts_of([{**story("C", (58 * H, "change-begins"))[0], "known": 9 * H}])
    found = agenda([one], facts, at(33.5 * H))
    (line,) = clock_lines([one], found, facts)
    assert (line.used, line.left_us, line.says) == (None, None, "due in 30 min")
    last = list(found.rows())[-1]
    (notice,) = notices(one, found, last, facts, at(33.5 * H))
    assert notice.subject.startswith("1 h left: notice C, due ")
    assert " of 8 h" not in notice.text
