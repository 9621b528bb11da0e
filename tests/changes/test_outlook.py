"""The outlook on changes: what counts and what does not, what the clause says, moves and cancellations, what a change costs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from change_worlds import DAY, HOUR, Book, at, load_plan, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.changes.outlook import outlook
from upheld.changes.report import sheet, to_text
from upheld.changes.view import ChangeView
from upheld.plans.plan import Plan

UNTIL = at("2026-07-01 00:00")
SAT = at("2026-03-14 22:00")


def view_of(plan: Plan, book: Book, when: int, name: str = "", *, effects: bool = False) -> ChangeView:
    views = outlook([plan], book.facts(UNTIL), when, [name] if name else None, with_effects=effects)
    assert len(views) == 1
    return views[0]


def said(view: ChangeView, what: str) -> list[tuple[bool, str]]:
    return [(r.test.holds, r.test.says) for r in view.remarks if r.test.what == what]


# ---- notice ---------------------------------------------------------------------------------------------------------


def test_notice_in_time_counts_and_a_second_later_does_not() -> None:
    plan = plan_of("{while: maintenance, notice: 72h, effect: leave_out}")
    for late, counts in ((0, "yes"), (1_000_000, "no")):
        book = Book()
        book.interval("maintenance", SAT, SAT + 6 * HOUR, SAT - 72 * HOUR + late)
        view = view_of(plan, book, SAT - 60 * HOUR)
        assert view.counts == counts
    assert "to be known by Wed 2026-03-11 22:00" in view.why[0]
    assert "announced now it counts from Sun 2026-03-15 10:00 on" in view.why[0]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(("72h", "24h in office", "5 working days in office", "7 days at 18:00", "1 months", "0h",
                        "1 working days in office at open")), st.integers(0, 60 * 96), st.sampled_from(("UTC", "Europe/Berlin")))
def test_the_advice_is_true(notice: str, quarters: int, zone: str) -> None:
    plan = plan_of(f"{{while: maintenance, notice: {notice}, effect: leave_out}}", zone=zone)
    start = at("2026-02-20 00:00") + quarters * HOUR // 4
    probe = Book()
    probe.interval("maintenance", start, start + HOUR, start)
    told = start - 30 * 60_000_000
    from upheld.assessment.assess import contexts
    from upheld.changes.counting import earliest_start, latest_notice
    from upheld.changes.known import announced
    from upheld.changes.world import supposing
    from upheld.measures.availability import setting_of
    from upheld.measures.exclusions import Judged

    watched, supposed = supposing([plan], announced([plan], probe.facts(UNTIL), start), UNTIL)
    context = contexts(watched, supposed, None, "uptime")[0]
    setting = setting_of(plan.commitments["uptime"], context)  # type: ignore[arg-type]
    judged, rule = Judged(context, setting.other, setting.hours, setting.spells.windows), plan.exclusions["maintenance"]
    pieces = setting.other.pieces("maintenance")
    by = latest_notice(judged, rule.notice, pieces)  # type: ignore[arg-type]
    soon = earliest_start(judged, rule.notice, pieces, 0, told)  # type: ignore[arg-type]

    def counts(begin: int, known: int) -> str:
        book = Book()
        book.interval("maintenance", begin, begin + HOUR, known)
        return view_of(plan, book, known).counts

    if by is not None:
        assert counts(start, by) == "yes"
    if by is not None and by < start:
        assert counts(start, by + 1_000_000) == "no"
    assert counts(soon, told) == "yes"
    if soon - 60_000_000 >= told:
        assert counts(soon - 60_000_000, told) == "no"


# ---- allowance, approval, effects of exclusions ---------------------------------------------------------------------


def test_an_allowance_is_spent_in_time_order() -> None:
    plan = plan_of("{while: maintenance, up_to: 8h per month, effect: leave_out}")
    book = Book()
    book.interval("maintenance", SAT - 7 * DAY, SAT - 7 * DAY + 6 * HOUR, at("2026-02-01 00:00"))
    second = book.interval("maintenance", SAT, SAT + 6 * HOUR, at("2026-02-01 00:00"))
    view = view_of(plan, book, at("2026-02-02 00:00"), second)
    assert view.counts == "partly"
    assert [(c.taken_us, c.of_us) for c in view.counting] == [(2 * HOUR, 6 * HOUR)]
    assert "; ".join(view.why) == ("allowance 8 h per month: 2 h left in 2026-03 when it begins, 4 h too little; "
                                   "shorten it by 4 h, or move it to Wed 2026-04-01 00:00 or later")


def test_an_approval_that_can_still_come_leaves_it_open() -> None:
    plan = plan_of("{while: maintenance, needs: approval by customer, effect: leave_out}")
    book = Book()
    name = book.interval("maintenance", SAT, SAT + 6 * HOUR, at("2026-03-01 00:00"))
    view = view_of(plan, book, at("2026-03-02 00:00"))
    assert (view.counts, view.counting[0].open_us) == ("open", 6 * HOUR)
    book.says("approval", name, "customer", at("2026-03-03 00:00"))
    assert view_of(plan, book, at("2026-03-02 00:00")).counts == "open"       # not known yet
    assert view_of(plan, book, at("2026-03-04 00:00")).counts == "yes"
    book.says("rejection", name, "customer", at("2026-03-05 00:00"))
    assert view_of(plan, book, at("2026-03-06 00:00")).counts == "no"


@pytest.mark.parametrize(("effect", "counts"), [("leave_out", "yes"), ("count_as_good", "yes"), ("no_credit", "no")])
def test_what_only_the_credit_forgets_still_counts_as_down(effect: str, counts: str) -> None:
    plan = plan_of(f"{{while: maintenance, effect: {effect}}}", clause="changes: {states: maintenance}")
    book = Book()
    book.interval("maintenance", SAT, SAT + 6 * HOUR, at("2026-03-01 00:00"))
    view = view_of(plan, book, at("2026-03-02 00:00"), effects=True)
    assert view.counts == counts
    assert view.counting[0].taken_us == 6 * HOUR
    assert [e.verdicts for e in view.effects] == [("met", "met" if counts == "yes" else "breached", "breached")]


def test_what_a_change_costs_is_exact() -> None:
    plan = plan_of("{while: maintenance, notice: 72h, up_to: 4h per month, effect: leave_out}")
    book = Book()
    book.interval("outage", at("2026-03-02 10:00"), at("2026-03-02 10:20"), at("2026-03-02 10:20"))
    book.interval("maintenance", SAT, SAT + 6 * HOUR, at("2026-03-03 00:00"))
    (effect,) = view_of(plan, book, at("2026-03-04 00:00"), effects=True).effects
    month, minutes = 744 * 60, 20
    assert effect.value == (1 - Fraction(minutes, month), 1 - Fraction(minutes + 120, month - 240), 1 - Fraction(minutes + 360, month))
    assert effect.cost_us == (2 * HOUR, 6 * HOUR)
    assert effect.left_us[0] == int(Fraction(month * 60_000_000, 1000)) - 20 * 60_000_000
    assert effect.verdicts == ("met", "breached", "breached")


# ---- groups, weights, where, samples --------------------------------------------------------------------------------


def test_only_the_result_it_is_about_is_touched() -> None:
    plan = plan_of("{while: maintenance, up_to: 8h per month, effect: leave_out}", commitment=", for_each: [component]")
    book = Book()
    for name in ("a", "b"):
        book.interval("outage", at("2026-02-02 10:00"), at("2026-02-02 10:20"), at("2026-02-02 10:20"), component=name)
    book.interval("maintenance", SAT - DAY, SAT - DAY + 6 * HOUR, at("2026-03-03 00:00"), component="b")
    mine = book.interval("maintenance", SAT, SAT + 6 * HOUR, at("2026-03-03 00:00"), component="a")
    view = view_of(plan, book, at("2026-03-04 00:00"), mine, effects=True)
    assert [(c.for_, c.taken_us) for c in view.counting] == [((("component", "a"),), 6 * HOUR)]
    assert [e.for_ for e in view.effects] == [(("component", "a"),)]
    assert view.counts == "yes"


def test_a_weighted_state_is_down_whole() -> None:
    plan = load_plan("""
states:
  outage: {where: {kind: outage}, weight: share}
  maintenance: {where: {kind: maintenance}}
exclusions: {maintenance: {while: maintenance, notice: 72h, effect: leave_out}}
commitments: {uptime: {measure: availability, down: outage, out_of: period, per: month, target: ">= 99%", excluding: [maintenance]}}
""")
    book = Book()
    book.interval("outage", at("2026-03-02 10:00"), at("2026-03-02 11:00"), at("2026-03-02 11:00"), share="0.5")
    book.interval("maintenance", SAT, SAT + 8 * HOUR, SAT - HOUR)
    (effect,) = view_of(plan, book, SAT - HOUR, effects=True).effects
    assert effect.value == (1 - Fraction(1, 2) / 744, 1 - (Fraction(1, 2) + 8) / 744, 1 - (Fraction(1, 2) + 8) / 744)


def test_a_change_that_is_itself_down_is_taken_out_as_a_fact() -> None:
    plan = load_plan("""
states:
  outage: {where: {kind: [outage, planned]}}
exclusions: {planned: {where: {kind: planned}, notice: 72h, effect: leave_out}}
commitments: {uptime: {measure: availability, down: outage, out_of: period, per: month, target: ">= 99.9%", excluding: [planned]}}
""")
    book = Book()
    book.interval("planned", SAT, SAT + 6 * HOUR, SAT - 80 * HOUR, change="CHG-1")
    book.interval("planned", SAT + 7 * DAY, SAT + 7 * DAY + 6 * HOUR, SAT + 7 * DAY - 2 * HOUR, change="CHG-2")
    first, second = outlook([plan], book.facts(UNTIL), SAT + 7 * DAY - HOUR)
    assert (first.id, first.counts, second.id, second.counts) == ("CHG-1", "yes", "CHG-2", "no")
    (early,) = view_of(plan, book, SAT - HOUR, "CHG-1", effects=True).effects
    assert early.verdicts == ("met", "met", "breached")


def test_probes_can_be_the_measured_state() -> None:
    plan = load_plan("""
states:
  dead: {series: probe, value: "< 1", holds: 10m}
  maintenance: {where: {kind: maintenance}}
exclusions: {maintenance: {while: maintenance, notice: 72h, effect: leave_out}}
commitments: {uptime: {measure: availability, down: dead, out_of: period, per: month, target: ">= 99%", excluding: [maintenance]}}
""")
    book = Book()
    book.interval("maintenance", SAT, SAT + 6 * HOUR, SAT - 80 * HOUR)
    view = view_of(plan, book, SAT - HOUR, effects=True)
    assert view.counts == "yes"


def test_the_version_in_force_judges() -> None:
    old = plan_of("{while: maintenance, notice: 24h, effect: leave_out}")
    new = plan_of("{while: maintenance, notice: 10 days, effect: leave_out}", version="2", since="2026-04-01")
    book = Book()
    for start in (SAT, SAT + 30 * DAY):
        book.interval("maintenance", start, start + HOUR, start - 2 * DAY)
    views = outlook([old, new], book.facts(UNTIL), at("2026-05-01 00:00"))
    assert [(v.version, v.counts) for v in views] == [("1", "yes"), ("2", "no")]


# ---- moves, cancellations, stages -----------------------------------------------------------------------------------


def test_a_moved_window_is_announced_anew() -> None:
    plan = plan_of("{while: maintenance, notice: 72h, effect: leave_out}")
    book = Book()
    first = book.interval("maintenance", SAT, SAT + 6 * HOUR, SAT - 10 * DAY, change="CHG-1")
    book.interval("maintenance", SAT + DAY, SAT + DAY + 6 * HOUR, SAT - DAY, replaces=first, change="CHG-1")
    assert view_of(plan, book, SAT - 2 * DAY).counts == "yes"
    view = view_of(plan, book, SAT)
    assert (view.counts, view.stages[0].revision, view.stages[0].start) == ("no", 1, SAT + DAY)
    assert view.stages[0].first_fact == first


def test_a_cancelled_window_stays_visible() -> None:
    plan = plan_of("{while: maintenance, notice: 72h, effect: leave_out}")
    book = Book()
    first = book.interval("maintenance", SAT, SAT + 6 * HOUR, SAT - 10 * DAY)
    book.interval("maintenance", SAT, SAT + 6 * HOUR, SAT - DAY, replaces=first, void=True)
    assert view_of(plan, book, SAT - 2 * DAY).state == "planned"
    view = view_of(plan, book, SAT)
    assert (view.state, view.stages[0].cancelled_at, view.why) == ("cancelled", SAT - DAY, ("it is cancelled",))


def test_stages_of_one_change_are_one_change() -> None:
    plan = plan_of("{while: maintenance, notice: 72h, effect: leave_out}")
    book = Book()
    book.interval("maintenance", SAT, SAT + HOUR, SAT - 10 * DAY, change="CHG-1", stage="first")
    book.interval("maintenance", SAT + DAY, SAT + DAY + HOUR, SAT, change="CHG-1", stage="second")
    view = view_of(plan, book, SAT + 12 * HOUR)
    assert (view.counts, view.state, len(view.stages)) == ("partly", "under way", 2)
    assert view.why[0].startswith("second: notice 72h")


# ---- the clause -----------------------------------------------------------------------------------------------------

CLAUSE = """
changes:
  notice: {normal: 5 working days in office, emergency: none}
  approval: both
  windows: nights
  rollback: required
  freezes:
    - {from: 2026-03-13, until: 2026-03-16, says: quarter end, except: [emergency]}
    - {rule: "FREQ=MONTHLY;BYMONTHDAY=1", starts: 2026-01-01, for: 24h}
"""


def test_what_the_clause_says() -> None:
    plan = plan_of("{while: maintenance, notice: 0h, effect: leave_out}", clause=CLAUSE)
    book = Book()
    name = book.interval("maintenance", SAT, SAT + 6 * HOUR, at("2026-03-13 10:00"), service="web")
    book.interval("maintenance", SAT + HOUR, SAT + 12 * HOUR, at("2026-03-01 10:00"), service="web", change="CHG-9", rollback="restore")
    book.says("approval", name, "provider", at("2026-03-13 11:00"))
    view = view_of(plan, book, at("2026-03-13 12:00"), name)
    assert view.counts == "yes"                                   # the clause is about conduct; exclusions decide what counts
    assert [h for h, _ in said(view, "notice")] == [False]
    assert [h for h, _ in said(view, "approval")] == [True, False]
    assert said(view, "window") == [(True, "inside the change window nights")]
    assert said(view, "freeze") == [(False, "in the freeze Fri 2026-03-13 00:00 to Tue 2026-03-17 00:00 (quarter end)")]
    assert [h for h, _ in said(view, "rollback")] == [False]
    assert said(view, "overlap") == [(False, "at the same time as CHG-9 on array, Sat 2026-03-14 23:00 to Sun 2026-03-15 04:00")]
    other = view_of(plan, book, at("2026-03-13 12:00"), "CHG-9")
    assert said(other, "window") == [(False, "not inside the change window nights")]


def test_an_emergency_owes_no_notice_and_may_go_on_in_a_freeze() -> None:
    plan = plan_of("{while: maintenance, notice: 0h, effect: leave_out}", clause=CLAUSE)
    book = Book()
    book.interval("maintenance", SAT, SAT + HOUR, SAT - HOUR, **{"class": "emergency"})
    view = view_of(plan, book, SAT - HOUR)
    assert said(view, "notice") == [(True, "a change of class emergency owes no notice")]
    assert [h for h, _ in said(view, "freeze")] == [True]


def test_a_freeze_that_recurs() -> None:
    plan = plan_of("{while: maintenance, notice: 0h, effect: leave_out}", clause=CLAUSE)
    book = Book()
    first = at("2026-04-01 01:00")
    book.interval("maintenance", first, first + HOUR, first - 30 * DAY)
    assert said(view_of(plan, book, first - DAY), "freeze") == [(False, "in the freeze Wed 2026-04-01 00:00 to Thu 2026-04-02 00:00")]


# ---- and around it --------------------------------------------------------------------------------------------------


def test_nothing_excludes_it_and_nothing_is_known() -> None:
    plan = load_plan("""
states: {outage: {where: {kind: outage}}, maintenance: {where: {kind: maintenance}}, dark: {calendar: always}}
commitments: {uptime: {measure: availability, down: outage, out_of: period, per: month, target: ">= 99%"}}
""")
    assert outlook([plan], Book().facts(UNTIL), SAT) == ()
    book = Book()
    book.interval("maintenance", SAT, SAT + 8 * HOUR, SAT - DAY)
    view = view_of(plan, book, SAT - HOUR, effects=True)
    assert (view.counts, view.why) == ("nothing", ("no exclusion of the agreement is about it: whatever is down then is down",))
    assert view.effects[0].verdicts == ("met", "breached", "breached")


def test_facts_known_later_do_not_exist() -> None:
    plan = plan_of("{while: maintenance, notice: 72h, effect: leave_out}")
    book = Book()
    book.interval("maintenance", SAT, SAT + HOUR, SAT - DAY)
    assert outlook([plan], book.facts(UNTIL), SAT - 2 * DAY) == ()


def test_an_open_window_goes_on() -> None:
    plan = plan_of("{while: maintenance, notice: 72h, effect: leave_out}")
    book = Book()
    book.interval("maintenance", SAT, int(np.iinfo(np.int64).max), SAT - 4 * DAY)
    view = view_of(plan, book, SAT + HOUR, effects=True)
    assert (view.end, view.state, view.counts) == (None, "under way", "yes")


# ---- covered --------------------------------------------------------------------------------------------------------


def test_a_late_window_that_another_covers_names_it() -> None:
    plan = plan_of("{while: maintenance, notice: 72h, effect: leave_out}")
    book = Book()
    book.interval("maintenance", SAT, SAT + 6 * HOUR, SAT - 90 * HOUR, "M-1", change="CHG-1")
    book.interval("maintenance", SAT + HOUR, SAT + 3 * HOUR, SAT - 10 * HOUR, "M-2")
    book.interval("maintenance", SAT + 5 * HOUR, SAT + 8 * HOUR, SAT - 10 * HOUR, "M-3")
    now = SAT - 5 * HOUR
    inside, beyond, first = (view_of(plan, book, now, name) for name in ("M-2", "M-3", "CHG-1"))
    assert (inside.counts, beyond.counts, first.counts) == ("yes", "partly", "yes")
    assert "2 h of it are taken all the same: they lie in M-1 (CHG-1), which counts" in inside.why
    assert "1 h of it are taken all the same: they lie in M-1 (CHG-1), which counts" in beyond.why
    assert not any("all the same" in why for why in first.why)
    listed = to_text([inside], "Acme", now, "UTC")
    assert "counts as excluded: yes. 2 h of it are taken all the same: they lie in M-1 (CHG-1)" in listed
    assert "ok   2 h of it are taken all the same: they lie in M-1 (CHG-1), which counts" in sheet(inside)


def test_an_approval_that_is_missing_is_made_up_for_by_name_only_by_a_window_that_counts() -> None:
    plan = plan_of("{while: maintenance, needs: approval by customer, effect: leave_out}")
    book = Book()
    book.interval("maintenance", SAT, SAT + 6 * HOUR, SAT - 90 * HOUR, "M-1")
    book.interval("maintenance", SAT, SAT + 3 * HOUR, SAT - 80 * HOUR, "M-2")
    assert not any("all the same" in why for why in view_of(plan, book, SAT - 5 * HOUR, "M-2").why)
    book.says("approval", "M-1", "customer", SAT - 70 * HOUR)
    assert any("they lie in M-1, which counts" in why for why in view_of(plan, book, SAT - 5 * HOUR, "M-2").why)
