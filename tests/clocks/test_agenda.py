"""The agenda: what clocks show, and which steps have fallen due, told as stories."""

from __future__ import annotations

from agenda_world import MINUTE, at, facts_of, plan_of, stamp, story

from upheld.clocks.agenda import agenda
from upheld.clocks.table import NEVER, STATES, VERDICTS

PLAN = plan_of()
H = 60


def shown(facts, minute, commitment, plans=(PLAN,)):
    """One dictionary a clock, instants in minutes from the beginning."""
    found = agenda(plans, facts, at(minute))
    c = found.clocks
    rows = []
    for i in range(len(c)):
        if c.key[i].commitment != commitment:
            continue

        def minutes(us):
            return (int(us) - at(0)) / MINUTE

        rows.append({
            "case": c.key[i].case, "cycle": c.key[i].cycle, "part": c.key[i].part,
            "state": STATES[c.state[i]], "verdict": VERDICTS[c.verdict[i]],
            "due": minutes(c.due[i]) if c.has_due[i] else None, "missed": minutes(c.missed_at[i]) if c.has_miss[i] else None,
            "next": None if c.next_at[i] == NEVER else minutes(c.next_at[i]), "elapsed": c.elapsed_us[i] / MINUTE, "group": c.group[i],
            "steps": {s.step: minutes(s.at) for s in found.rows() if s.key == c.key[i]},
        })
    return rows


def one(facts, minute, commitment, **more):
    (row,) = shown(facts, minute, commitment, **more)
    return row


def test_a_clock_runs_warns_and_is_missed():
    facts = facts_of(story("T-1", (9 * H, "opened", {"site": "a"})))
    row = one(facts, 10 * H, "response")
    assert (row["state"], row["verdict"], row["due"], row["steps"]) == ("running", "pending", 14 * H, {})
    assert row["next"] == 11 * H                                           # half of the four hours
    assert (row["cycle"], row["group"]) == ("desk:T-1-0", (("site", "a"),))
    assert one(facts, 11 * H, "response")["steps"] == {"1": 11 * H}
    row = one(facts, 14 * H, "response")
    assert (row["verdict"], row["steps"]) == ("pending", {"1": 11 * H, "2": 13.5 * H, "3": 14 * H})
    assert row["next"] == 14 * H + 1 / MINUTE                               # a miss is more than the time
    row = one(facts, 14 * H + 1 / MINUTE, "response")
    assert (row["verdict"], row["missed"], row["next"]) == ("missed", 14 * H, 15 * H)


def test_repeats_and_the_ladder_that_follows():
    facts = facts_of(story("T-1", (9 * H, "opened", {"site": "a"})))
    row = one(facts, 30 * H, "response")
    last = 15 * H
    assert {k: v for k, v in row["steps"].items() if "r" in k} == {"4r1": last + 45, "4r2": last + 90, "4r3": last + 135}
    # the next ladder takes over at the last repeat; its 75% lies behind, its own wait begins there
    assert (row["steps"]["bosses:1"], row["steps"]["bosses:2"], row["next"]) == (last + 135, last + 225, None)


def test_an_acknowledgement_moves_what_waits_on_the_wall():
    facts = facts_of(story("T-1", (9 * H, "opened", {"site": "a"})), declarations=[
        {"id": "a1", "kind": "acknowledged", "about": "acme/response/T-1/desk:T-1-0", "actor": "ann", "at": 13 * H},
    ])
    steps = one(facts, 20 * H, "response")["steps"]
    assert (steps["2"], steps["3"]) == (13.5 * H, 14 * H)                    # never silenced
    assert steps["4"] == 15 * H                                             # two hours are over then
    said = facts_of(story("T-1", (9 * H, "opened", {"site": "a"})), declarations=[
        {"id": "a1", "kind": "acknowledged", "about": "acme/response/T-1/desk:T-1-0", "actor": "ann", "at": 13 * H, "until": stamp(16 * H)},
    ])
    steps = one(said, 20 * H, "response")["steps"]
    assert (steps["4"], steps["4r1"]) == (16 * H, 16 * H + 45)
    assert one(said, 15.5 * H, "response")["next"] == 16 * H
    # dropped if the clock has stopped by then
    done = facts_of(story("T-1", (9 * H, "opened", {"site": "a"}), (15.75 * H, "answered")), declarations=[
        {"id": "a1", "kind": "acknowledged", "about": "acme/response/T-1/desk:T-1-0", "actor": "ann", "at": 13 * H, "until": stamp(16 * H)},
    ])
    assert "4" not in one(done, 20 * H, "response")["steps"]


def test_a_stop_at_the_very_instant_wins():
    facts = facts_of(story("T-1", (9 * H, "opened", {"site": "a"}), (11 * H, "answered")))
    row = one(facts, 20 * H, "response")
    assert (row["state"], row["verdict"], row["steps"], row["next"]) == ("stopped", "met", {}, None)


def test_a_pause_takes_the_due_away_and_the_steps_with_it():
    facts = facts_of(story("T-1", (9 * H, "opened", {"severity": "1"}), (9.5 * H, "asked"), (15.5 * H, "replied")))
    row = one(facts, 12 * H, "resolution")
    assert (row["state"], row["due"], row["steps"], row["next"]) == ("paused", None, {}, 15.5 * H)    # a fact on record is known then
    row = one(facts, 16 * H, "resolution")
    assert (row["state"], row["due"], row["steps"]) == ("running", 17 * H, {"1": 16 * H})
    assert row["next"] == 16.5 * H


def test_a_state_outside_the_case_pauses_it_too():
    facts = facts_of(story("T-1", (9 * H, "opened", {"site": "a"})), [
        {"id": "i1", "kind": "freeze", "subject": "", "start": 10 * H, "end": None, "site": "a"},
        {"id": "i2", "kind": "freeze", "subject": "", "start": 9 * H, "end": None, "site": "b"},
    ])
    row = one(facts, 11 * H, "response")
    assert (row["state"], row["due"]) == ("paused", None)
    ended = facts_of(story("T-1", (9 * H, "opened", {"site": "a"})), [
        {"id": "i1", "kind": "freeze", "subject": "", "start": 10 * H, "end": 11 * H, "site": "a", "known": 8 * H},
    ])
    assert one(ended, 9.5 * H, "response")["next"] == 10 * H
    assert one(ended, 10.5 * H, "response")["next"] == 11 * H
    assert one(ended, 11 * H, "response")["due"] == 15 * H


def test_severity_moves_the_instants():
    facts = facts_of(story("T-1", (9 * H, "opened", {"severity": "2"}), (11.5 * H, "noted", {"severity": "1"})))
    assert one(facts, 10 * H, "resolution")["next"] == 11.5 * H              # it is on record that something is said then
    row = one(facts, 11.5 * H, "resolution")
    assert (row["due"], row["steps"]["1"], row["steps"]["3"]) == (11.5 * H, 11.5 * H, 11.5 * H)


def test_what_a_case_does_not_say_is_warned_of_early():
    row = one(facts_of(story("T-1", (9 * H, "opened"))), 10 * H, "resolution")
    assert (row["verdict"], row["due"], row["steps"]) == ("unknown", 11 * H, {"1": 10 * H})


def test_two_shares_are_two_parts():
    rows = shown(facts_of(story("T-1", (9 * H, "opened"))), 9 * H, "shares")
    assert [(r["part"], r["due"]) for r in rows] == [(0, 21 * H), (1, 48 * H + 16 * H)]
    # half of the 55 h until Wednesday 16:00, on the clock's own hours, which are all hours
    assert shown(facts_of(story("T-1", (9 * H, "opened"))), 48 * H, "shares")[1]["steps"] == {"1": 36.5 * H}


def test_a_clock_that_begins_again_with_each_stop():
    facts = facts_of(story("T-1", (9 * H, "opened"), (10 * H, "updated"), (11 * H, "updated")))
    rows = shown(facts, 12 * H, "updates")
    assert [(r["cycle"], r["state"], r["due"]) for r in rows] == [
        ("desk:T-1-0", "stopped", 15 * H), ("desk:T-1-1", "stopped", 16 * H), ("desk:T-1-2", "running", 17 * H)]


def test_a_corrected_opening_is_the_same_clock():
    rows = story("T-1", (9 * H, "opened", {"site": "a"}))
    mended = [{**rows[0], "id": "T-1-9", "at": 8.5 * H, "known": 9.5 * H, "replaces": "T-1-0"}]
    row = one(facts_of(rows + mended), 10 * H, "response")
    assert (row["cycle"], row["due"]) == ("desk:T-1-0", 13.5 * H)


def test_a_start_that_lies_ahead():
    facts = facts_of([{**story("T-1", (9 * H, "opened", {"site": "a"}))[0], "known": 1 * H}])
    row = one(facts, 2 * H, "response")
    assert (row["state"], row["due"], row["next"]) == ("not begun", 14 * H, 9 * H)


SCHEDULES = """
commitments:
  review: {measure: clock, starts: {every: week, at: start}, stops: review-held, hours: office, within: 2 working days at 16:00,
           per: month, target: ">= 80%", escalation: plain}
  notice: {measure: clock, before: change-begins, stops: change-announced, hours: office, within: 8h, per: month, target: ">= 80%",
           escalation: plain}
"""


def test_the_calendar_starts_clocks():
    plans = (plan_of(start="2026-03-02", clauses=SCHEDULES, adopted="2026-02-01"),)
    rows = shown(facts_of(story("R", (10 * H, "review-held"))), 12 * H, "review", plans)
    assert [(r["case"], r["state"], r["verdict"]) for r in rows] == [("", "stopped", "met"), ("", "not begun", "pending")]
    assert rows[1]["next"] == 7 * 24 * H
    assert len({r["cycle"] for r in rows}) == 2
    late = shown(facts_of(story("R", (0, "noted"))), 5 * 24 * H, "review", plans)[0]
    assert (late["verdict"], late["steps"]["3"]) == ("missed", 2 * 24 * H + 16 * H)
    assert late["steps"]["1"] == 24 * H + 11.5 * H                        # half of the 23 open hours


def test_notice_owed_before_an_event():
    plans = (plan_of(start="2026-03-02", clauses=SCHEDULES, adopted="2026-02-01"),)
    rows = [{**story("C", (50 * H, "change-begins"))[0], "known": 9 * H}]
    row = one(facts_of(rows), 10 * H, "notice", plans=plans)
    # eight open hours before Wednesday 02:00; half of the seven there were from Monday 09:00, when it came to be known
    assert (row["state"], row["due"], row["next"]) == ("running", 32 * H, 13.5 * H)
    assert one(facts_of(rows), 34 * H, "notice", plans=plans)["verdict"] == "missed"


def test_before_anything_was_adopted_there_is_no_clock():
    plan = plan_of(adopted="2026-03-03")
    facts = facts_of(story("T-1", (9 * H, "opened", {"site": "a"})))
    assert len(agenda([plan], facts, at(10 * H)).clocks) == 0
    assert len(agenda([plan], facts, at(24 * H)).clocks) > 0
