"""The clock, rule by rule: each example placed where two readings part."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from clock_world import HOUR, MINUTE, bare, by_severity, clause, context, event, events, grid_of, moving, plan, us, within

from upheld.calendars.spec import WindowSpec
from upheld.facts.tables import OPEN, Attribute, Declarations, Facts, Header, Intervals, Subscriptions
from upheld.measures.clock import case_table, clock, measure, segments
from upheld.measures.clock_kernel import Setting
from upheld.measures.clock_outcomes import REASONS, VERDICTS
from upheld.measures.clock_roles import bind
from upheld.measures.result import WHY
from upheld.plans.lookup import Branch, Else, Exact, Leaf, Lookup, constant
from upheld.plans.plan import (
    AttributeRule,
    Breached,
    CalendarState,
    Combination,
    EventState,
    ExclusionRule,
    IntervalState,
    Schedule,
    Share,
    StatusState,
    Within,
)
from upheld.plans.selector import EVERYTHING, Every, Key, Meets, OneOf
from upheld.values.condition import Comparison, Condition

MON = "2026-03-02"


def one(c, rows, until="2026-03-31 00:00", p=None, **more):
    """The outcomes of one case as dictionaries of what matters."""
    p = p or plan([c])
    table = events({"x": [(us(at), name, *rest) for at, name, *rest in rows]})
    found = case_table(c, context(p, table, us(until), **more))
    return [show(found, i) for i in range(len(found))]


def show(found, i):
    return {
        "verdict": VERDICTS[found.verdict[i]],
        "elapsed": int(found.elapsed_us[i]),
        "paused": int(found.paused_us[i]),
        "due": int(found.due[i]) if found.has_due[i] else None,
        "missed_at": int(found.missed_at[i]) if found.has_miss[i] else None,
        "stop": int(found.stop[i]) if found.has_stop[i] else None,
        "start": int(found.start[i]),
        "reason": REASONS[found.reason[i]],
        "wall": int(found.wall_us[i]),
        "cycle": int(found.cycle[i]),
        "level": int(found.level[i]),
        "target": int(found.target_us[i]),
    }


def verdicts(c, rows, **more):
    return [o["verdict"] for o in one(c, rows, **more)]


# ---- one case -------------------------------------------------------------------------------------------------------


def test_met_at_the_very_due_instant_and_missed_a_microsecond_later():
    c = clause(bare(HOUR))
    start = us(f"{MON} 09:00")
    table = events({"at": [(start, "opened"), (start + HOUR, "resolved")], "late": [(start, "opened"), (start + HOUR + 1, "resolved")]})
    found = case_table(c, context(plan([c]), table, us("2026-03-03 00:00")))
    assert [VERDICTS[v] for v in found.verdict] == ["met", "missed"]
    assert found.due.tolist() == [start + HOUR] * 2
    assert found.missed_at[1] == start + HOUR


def test_used_up_exactly_at_closing_is_due_at_closing_or_at_the_next_opening():
    rows = [(f"{MON} 16:00", "opened"), (f"{MON} 20:00", "resolved")]
    [o] = one(clause(bare(HOUR)), rows)
    assert (o["verdict"], o["due"], o["elapsed"]) == ("met", us(f"{MON} 17:00"), HOUR)  # a stop outside hours adds nothing
    [o] = one(clause(bare(HOUR), landing="next_open"), rows)
    assert o["due"] == us("2026-03-03 08:00")


def test_a_start_outside_hours_begins_at_the_next_opening():
    [o] = one(clause(bare(HOUR)), [(f"{MON} 19:00", "opened"), ("2026-03-03 09:01", "resolved")])
    assert (o["due"], o["verdict"], o["elapsed"], o["missed_at"]) == (us("2026-03-03 09:00"), "missed", 61 * MINUTE, us("2026-03-03 09:00"))


def test_stop_beats_pause_beats_start_whatever_the_order():
    rows = [(f"{MON} 09:00", "asked"), (f"{MON} 09:00", "opened"), (f"{MON} 10:00", "answered"), (f"{MON} 11:00", "resolved")]
    [o] = one(clause(pauses=("waiting",)), rows)
    assert (o["elapsed"], o["paused"]) == (HOUR, HOUR)
    [o] = one(clause(), [(f"{MON} 09:00", "resolved"), (f"{MON} 09:00", "opened")])
    assert (o["verdict"], o["elapsed"], o["stop"]) == ("met", 0, us(f"{MON} 09:00"))
    [o] = one(
        clause(reopen_us=2 * HOUR),
        [(f"{MON} 09:00", "opened"), (f"{MON} 10:00", "resolved"), (f"{MON} 11:00", "opened"), (f"{MON} 11:00", "resolved")],
    )
    assert (o["stop"], o["elapsed"]) == (us(f"{MON} 10:00"), HOUR)  # a stop beats the reopening of its own instant


def test_a_case_without_a_start_is_no_case_and_what_is_before_it_is_ignored():
    assert one(clause(), [(f"{MON} 09:00", "resolved")]) == []
    [o] = one(
        clause(), [(f"{MON} 08:00", "resolved"), (f"{MON} 09:00", "opened"), (f"{MON} 09:30", "opened"), (f"{MON} 10:00", "resolved")]
    )
    assert (o["start"], o["elapsed"], o["verdict"]) == (us(f"{MON} 09:00"), HOUR, "met")


def test_an_agreed_date_is_met_early_and_missed_after():
    c = clause(bare(0), starts=("delivery-due",), stops=("delivered",), hours="always")
    [o] = one(c, [(f"{MON} 09:00", "delivered"), (f"{MON} 12:00", "delivery-due")])
    assert (o["verdict"], o["reason"], o["stop"]) == ("met", "done before the agreed date", us(f"{MON} 09:00"))
    assert verdicts(c, [(f"{MON} 12:00", "delivery-due"), (f"{MON} 12:00", "delivered")]) == ["met"]
    assert verdicts(c, [(f"{MON} 12:00", "delivery-due"), (f"{MON} 12:01", "delivered")]) == ["missed"]
    [o] = one(c, [("2026-03-20 12:00", "delivery-due")], until=f"{MON} 12:00")
    assert (o["verdict"], o["reason"], o["due"], o["wall"]) == ("pending", "the start lies ahead", us("2026-03-20 12:00"), 0)


def test_a_pause_after_the_due_instant_changes_nothing():
    rows = [(f"{MON} 09:00", "opened"), (f"{MON} 10:30", "asked"), (f"{MON} 11:30", "answered"), (f"{MON} 12:00", "resolved")]
    [o] = one(clause(bare(HOUR), pauses=("waiting",)), rows)
    assert (o["due"], o["verdict"], o["elapsed"], o["paused"]) == (us(f"{MON} 10:00"), "missed", 2 * HOUR, HOUR)


def test_a_paused_clock_that_was_not_resumed_by_the_horizon_is_pending():
    [o] = one(clause(bare(HOUR), pauses=("waiting",)), [(f"{MON} 09:00", "opened"), (f"{MON} 09:30", "asked")], until="2026-03-05 09:00")
    assert (o["verdict"], o["elapsed"], o["due"]) == ("pending", 30 * MINUTE, us("2026-03-05 09:30"))


REOPENED = [(f"{MON} 09:00", "opened"), (f"{MON} 10:00", "resolved"), (f"{MON} 11:00", "opened"), (f"{MON} 11:30", "resolved")]


def test_reopening_final_within_and_new_cycle():
    assert [(o["elapsed"], o["stop"]) for o in one(clause(reopen_us=0), REOPENED)] == [(HOUR, us(f"{MON} 10:00"))]
    [o] = one(clause(reopen_us=HOUR), REOPENED)
    assert (o["elapsed"], o["paused"], o["stop"]) == (90 * MINUTE, HOUR, us(f"{MON} 11:30"))
    assert [(o["cycle"], o["elapsed"]) for o in one(clause(reopen_us=HOUR - 1), REOPENED)] == [(0, HOUR), (1, 30 * MINUTE)]
    assert [(o["cycle"], o["elapsed"]) for o in one(clause(reopen_us=None), REOPENED)] == [(0, HOUR), (1, 30 * MINUTE)]


def test_again_while_open_opens_a_cycle_at_each_stop_and_lets_the_last_one_go():
    states = {"open": EventState(event("opened"), event("resolved"))}
    c = clause(bare(HOUR), stops=("updated",), hours="always", again="open")
    rows = [
        (f"{MON} 09:00", "opened"),
        (f"{MON} 09:50", "updated"),
        (f"{MON} 11:00", "updated"),
        (f"{MON} 11:20", "resolved"),
        (f"{MON} 12:00", "updated"),
    ]
    found = one(c, rows, p=plan([c], states=states))
    assert [(o["verdict"], o["reason"], o["elapsed"]) for o in found] == [
        ("met", "", 50 * MINUTE),
        ("missed", "", 70 * MINUTE),
        ("left out", "the duty ended before it was due", 20 * MINUTE),
    ]
    [figure] = [
        p.agreed
        for p in measure(c, context(plan([c], states=states), events({"x": [(us(a), n) for a, n in rows]}), us("2026-03-31 00:00"))).parts
        if p.agreed.n
    ]
    assert (figure.low, figure.n, figure.n_left_out) == (Fraction(1, 2), 2, 0)
    late = one(c, [(f"{MON} 09:00", "opened"), (f"{MON} 11:20", "resolved")], p=plan([c], states=states))
    assert [o["verdict"] for o in late] == ["missed"]


# ---- attributes in time ---------------------------------------------------------------------------------------------

RAISED = [(f"{MON} 09:00", "opened", {"severity": "2"}), (f"{MON} 11:00", "noted", {"severity": "1"}), (f"{MON} 11:30", "resolved")]
TABLE = by_severity({"1": HOUR, "2": 4 * HOUR})


def test_severity_at_the_start_or_now():
    c = clause(TABLE)
    assert verdicts(c, RAISED) == ["met"]
    [o] = one(c, RAISED, p=plan([c], [moving("now")]))
    assert (o["verdict"], o["missed_at"], o["due"], o["reason"]) == (
        "missed",
        us(f"{MON} 11:00"),
        us(f"{MON} 11:00"),
        "the target became shorter than the time already used",
    )
    [o] = one(c, RAISED, p=plan([c], [moving("now", after_miss="recomputed")]))
    assert (o["verdict"], o["due"]) == ("missed", us(f"{MON} 10:00"))


def test_a_miss_stands_though_the_severity_falls_unless_recomputed():
    rows = [(f"{MON} 09:00", "opened", {"severity": "1"}), (f"{MON} 10:30", "noted", {"severity": "2"}), (f"{MON} 11:00", "resolved")]
    c = clause(TABLE)
    assert verdicts(c, rows, p=plan([c], [moving("now")])) == ["missed"]
    assert verdicts(c, rows, p=plan([c], [moving("now", after_miss="recomputed")])) == ["met"]
    assert verdicts(c, rows, p=plan([c], [moving("decided")])) == ["met"]


def test_restart_and_keep_elapsed_and_other_hours():
    table = by_severity({"1": bare(HOUR, "always"), "2": 4 * HOUR})
    rows = [(f"{MON} 16:30", "opened", {"severity": "2"}), (f"{MON} 17:30", "noted", {"severity": "1"}), (f"{MON} 18:20", "resolved")]
    c = clause(table)
    [start] = one(c, rows, p=plan([c], [moving("now")]))
    assert (start["verdict"], start["elapsed"], start["due"]) == ("missed", 110 * MINUTE, us(f"{MON} 17:30"))  # 60 min used on "always"
    [keep] = one(c, rows, p=plan([c], [moving("now", on_change="keep_elapsed")]))
    assert (keep["verdict"], keep["elapsed"], keep["due"]) == ("missed", 80 * MINUTE, us(f"{MON} 18:00"))
    [again] = one(c, rows, p=plan([c], [moving("now", on_change="restart")]))
    assert (again["verdict"], again["elapsed"], again["due"]) == ("met", 50 * MINUTE, us(f"{MON} 18:30"))


def test_highest_is_the_highest_since_the_start_and_before_start_looks_back():
    rows = [
        (f"{MON} 09:00", "opened", {"severity": "2"}),
        (f"{MON} 09:10", "noted", {"severity": "1"}),
        (f"{MON} 09:20", "noted", {"severity": "2"}),
        (f"{MON} 10:30", "resolved"),
    ]
    c = clause(TABLE)
    assert verdicts(c, rows, p=plan([c], [moving("highest", order=("1", "2"))])) == ["missed"]
    rows = [
        ("2026-02-27 09:00", "noted", {"severity": "1"}),
        (f"{MON} 08:30", "noted", {"severity": "2"}),
        (f"{MON} 09:00", "opened"),
        (f"{MON} 10:30", "resolved"),
    ]
    assert verdicts(c, rows) == ["met"]
    assert verdicts(c, rows, p=plan([c], [moving("before start", lead_us=24 * HOUR)])) == ["missed"]


def test_a_mapped_attribute_is_read_through_its_table():
    severity = Lookup(Branch("impact", ((Exact("high"), Leaf(0)), (Else(), Leaf(1)))), ("1", "2"), ("", ""))
    c = clause(TABLE)
    rows = [(f"{MON} 09:00", "opened", {"impact": "low"}), (f"{MON} 09:10", "noted", {"impact": "high"}), (f"{MON} 10:30", "resolved")]
    assert verdicts(c, rows, p=plan([c], [AttributeRule("severity", severity)])) == ["met"]
    assert verdicts(c, rows, p=plan([c], [AttributeRule("severity", severity, read="now")])) == ["missed"]


def test_what_is_said_in_the_instant_of_the_start_is_in_force_at_the_start():
    rows = [(f"{MON} 09:00", "opened"), (f"{MON} 09:00", "noted", {"severity": "1"}), (f"{MON} 10:30", "resolved")]
    assert verdicts(clause(TABLE), rows) == ["missed"]


# ---- deadlines ------------------------------------------------------------------------------------------------------


def dated(unit, count, at=None, calendar=""):
    return (Share(Within(unit, count, calendar, at)),)


def cut_off(seconds, early, late):
    before = Condition(((Comparison("<", seconds),),), "time")
    return Lookup(Branch("time of start", ((before, Leaf(0)), (Else(), Leaf(1)))), (early, late), ("before", "after"))


def test_a_cut_off_by_time_of_start():
    c = clause(cut_off(15 * 3600, dated("working days", 1, "close"), dated("working days", 2, "close")), stops=("delivered",))
    assert one(c, [(f"{MON} 14:59", "opened")])[0]["due"] == us("2026-03-03 17:00")
    assert one(c, [(f"{MON} 15:00", "opened")])[0]["due"] == us("2026-03-04 17:00")
    assert verdicts(c, [(f"{MON} 14:59", "opened"), ("2026-03-03 17:00", "delivered")]) == ["met"]
    assert verdicts(c, [(f"{MON} 14:59", "opened"), ("2026-03-03 17:01", "delivered")]) == ["missed"]  # late by the date, though closed


def test_a_pause_moves_a_date_by_its_open_time_and_only_if_it_came_before():
    c = clause(dated("days", 0, 86_400), hours="always", pauses=("waiting",))
    rows = [(f"{MON} 09:00", "opened"), (f"{MON} 10:00", "asked"), (f"{MON} 12:00", "answered")]
    assert one(c, rows)[0]["due"] == us("2026-03-03 02:00")
    c = clause(dated("days", 0, 86_400), pauses=("waiting",))  # office hours: a pause at night is none
    rows = [(f"{MON} 09:00", "opened"), (f"{MON} 18:00", "asked"), (f"{MON} 19:00", "answered"), (f"{MON} 23:59", "resolved")]
    [o] = one(c, rows)
    assert (o["due"], o["verdict"]) == (us("2026-03-03 00:00"), "met")
    rows[1] = (f"{MON} 16:30", "asked")
    assert one(c, rows)[0]["due"] == us("2026-03-03 08:30")


def test_a_date_and_an_hour_side_by_side_under_a_changing_severity():
    table = by_severity({"1": HOUR, "2": dated("working days", 1, "close")})
    c = clause(table)
    p = plan([c], [moving("now")])
    rows = [(f"{MON} 09:00", "opened", {"severity": "2"}), (f"{MON} 09:30", "noted", {"severity": "1"})]
    assert one(c, rows, p=p)[0]["due"] == us(f"{MON} 10:00")
    rows = [(f"{MON} 09:00", "opened", {"severity": "1"}), (f"{MON} 09:30", "noted", {"severity": "2"}), ("2026-03-03 17:30", "resolved")]
    [o] = one(c, rows, p=p)
    assert (o["due"], o["verdict"]) == (us("2026-03-03 17:00"), "missed")
    p = plan([c], [moving("now", on_change="restart")])
    rows = [
        ("2026-02-27 09:00", "opened", {"severity": "1"}),
        ("2026-02-27 09:30", "noted", {"severity": "2"}),
        ("2026-02-27 10:00", "asked"),
        ("2026-03-02 10:00", "answered"),
    ]
    c = clause(table, pauses=("waiting",))
    assert one(c, rows, p=p, until=f"{MON} 11:00")[0]["due"] == us("2026-03-03 17:00")  # eight open hours paused


def test_notice_turned_round():
    c = clause((Share(Within("working days", 5)),), starts=EVERYTHING, stops=("announced",), before=event("change-begins"))
    assert verdicts(c, [("2026-03-02 10:00", "announced"), ("2026-03-09 10:00", "change-begins")]) == ["met"]
    [o] = one(c, [("2026-03-02 10:01", "announced"), ("2026-03-09 10:00", "change-begins")])
    assert (o["verdict"], o["due"]) == ("missed", us("2026-03-02 10:00"))
    assert verdicts(c, [("2026-03-20 10:00", "change-begins")], until=f"{MON} 09:00") == ["pending"]
    assert verdicts(c, [("2026-03-05 10:00", "change-begins")], until=f"{MON} 09:00") == ["missed"]
    c = clause(bare(48 * HOUR), starts=EVERYTHING, stops=("announced",), before=event("change-begins"), hours="always")
    [o] = one(c, [("2026-03-02 10:00", "announced"), ("2026-03-09 10:00", "change-begins")])
    assert (o["due"], o["elapsed"]) == (us("2026-03-07 10:00"), 7 * 24 * HOUR)
    c = clause(by_severity({"1": 48 * HOUR}), starts=EVERYTHING, stops=("announced",), before=event("change-begins"), hours="always")
    assert verdicts(c, [("2026-03-02 10:00", "announced", {"severity": "9"}), ("2026-03-09 10:00", "change-begins")]) == ["no promise"]
    assert one(c, [("2026-03-02 10:00", "announced")]) == []


def test_a_clock_started_by_the_calendar():
    c = clause(
        (Share(Within("days", 30)),),
        starts=Schedule(WindowSpec("quarter", zone="Europe/Berlin"), "end"),
        stops=("review-held",),
        hours="always",
        window=WindowSpec("year", zone="Europe/Berlin"),
    )
    p = plan([c])
    table = events({"r1": [(us("2026-04-20 10:00"), "review-held")], "r2": [(us("2026-08-15 10:00"), "review-held")]})
    ctx = context(p, table, us("2026-11-01 00:00"), in_force=(us("2026-01-01 00:00"), None))
    found = case_table(c, ctx)
    assert [(VERDICTS[v], int(s)) for v, s in zip(found.verdict, found.start, strict=True)] == [
        ("met", us("2026-04-01 00:00")),
        ("missed", us("2026-07-01 00:00")),
        ("missed", us("2026-10-01 00:00")),
    ]
    [part] = measure(c, ctx).parts
    assert (part.agreed.low, part.agreed.n) == (Fraction(1, 3), 3)
    nothing = context(p, None, us("2026-11-01 00:00"), in_force=(us("2026-01-01 00:00"), None))
    assert [VERDICTS[v] for v in case_table(c, nothing).verdict] == ["missed"] * 3
    with pytest.raises(ValueError, match="calendar"):
        clock(Setting(p, c, bind(p, c, table, (), None), ctx.grid, ctx.grid, ctx.until), table)


# ---- figures --------------------------------------------------------------------------------------------------------


def cases(n, hours, severity="1", month="03", **said):
    return {
        f"{severity}-{month}-{k}-{hours}": [
            (us(f"2026-{month}-02 09:00"), "opened", {"severity": severity, **said}),
            (us(f"2026-{month}-02 09:00") + int(hours * HOUR), "resolved"),
        ]
        for k in range(n)
    }


def test_shares_are_parts_of_their_own_and_bare_rows_are_one():
    two = (Share(within(HOUR, text="1h"), least=Fraction(95, 100)), Share(within(3 * HOUR, text="3h"), least=Fraction(1)))
    c = clause(by_severity({"1": two, "2": 2 * HOUR, "3": 2 * HOUR}))
    table = events({**cases(9, 0.5), **cases(1, 2), **cases(1, 1, "2"), **cases(1, 2.5, "3")})
    measured = measure(c, context(plan([c]), table, us("2026-04-01 00:00")))
    march = [p for p in measured.parts if measured.windows.label[p.window] == "2026-03"]
    got = {p.label: (p.agreed.low, p.target.text if p.target else None, p.within.amount if p.within else None) for p in march}
    assert got == {
        "": (Fraction(1, 2), ">= 100%", None),
        "severity 1: 95% in 1h": (Fraction(9, 10), ">= 95%", HOUR),
        "severity 1: 100% in 3h": (Fraction(1), ">= 100%", 3 * HOUR),
    }


def test_all_but_one_and_small_numbers():
    few = Lookup(
        Branch("number of cases", ((Condition(((Comparison("<=", 10),),)), Leaf(0)), (Else(), Leaf(1)))),
        ((Share(within(HOUR), all_but=1),), (Share(within(HOUR), least=Fraction(9, 10)),)),
        ("few", "many"),
    )
    c = clause(few)
    small = measure(c, context(plan([c]), events({**cases(3, 0.5), **cases(1, 2)}), us("2026-04-01 00:00")))
    [part] = [p for p in small.parts if p.agreed.n]
    assert part.label.startswith("few: all but 1")
    assert part.target.holds(part.agreed.low)
    worse = measure(c, context(plan([c]), events({**cases(3, 0.5), **cases(2, 2)}), us("2026-04-01 00:00")))
    [part] = [p for p in worse.parts if p.agreed.n]
    assert not part.target.holds(part.agreed.low)
    many = measure(c, context(plan([c]), events({**cases(10, 0.5), **cases(1, 2)}), us("2026-04-01 00:00")))
    assert [p.label for p in many.parts if p.agreed.n] == ["many: 90%"]


def test_a_clock_that_stands_still_for_ever_is_due_nowhere():
    c = clause(pauses=("never",))
    [o] = one(c, [(f"{MON} 09:00", "opened")], p=plan([c], states={"never": CalendarState("always")}))
    assert (o["due"], o["verdict"], o["elapsed"]) == (None, "pending", 0)
    rows = {"x": [(us(f"{MON} 09:00"), "opened")]}
    c = clause(bare(HOUR), pauses=("maintenance",))
    table = events(rows)
    p = plan([c], states={"maintenance": IntervalState(Key("kind", OneOf(("maintenance",))))})
    found = case_table(
        c, context(p, table, us(f"{MON} 14:00"), facts=Facts(events=table, intervals=intervals(("maintenance", f"{MON} 09:30", ""))))
    )
    assert found.due[0] == us(f"{MON} 14:30")  # as if the maintenance ended at the horizon


@pytest.mark.parametrize(
    ("value", "expected"),
    [("longest", 4 * HOUR), ("mean", Fraction(7, 3) * HOUR), ("median", 2 * HOUR), ("p90", 4 * HOUR), ("p50", 2 * HOUR), ("number", 3)],
)
def test_statistics_of_elapsed_time(value, expected):
    c = clause(bare(HOUR), value=value, hours="always")
    table = events({**cases(1, 1), **cases(1, 2), **cases(1, 4), "open": [(us(f"{MON} 09:00"), "opened")]})
    measured = measure(c, context(plan([c]), table, us("2026-04-01 00:00")))
    figure = next(p.agreed for p in measured.parts if p.agreed.n)
    assert figure.low == figure.high == (expected if value != "number" else 4)


def test_counted_started_stopped_decided():
    rows = {
        "late": [(us("2026-01-30 09:00"), "opened"), (us("2026-03-03 09:00"), "resolved")],
        "open": [(us("2026-03-30 09:00"), "opened")],
    }

    def by_month(counted):
        c = clause(bare(8 * HOUR), counted=counted)
        measured = measure(c, context(plan([c]), events(rows), us("2026-03-30 10:00"), in_force=(us("2026-01-01 00:00"), None)))
        return {measured.windows.label[p.window]: (p.agreed.n, p.agreed.pending) for p in measured.parts}

    assert by_month("decided") == {"2026-01": (0, 0), "2026-02": (1, 0), "2026-03": (0, 1)}  # due on 2 February
    assert by_month("started") == {"2026-01": (1, 0), "2026-02": (0, 0), "2026-03": (0, 1)}
    assert by_month("stopped") == {"2026-01": (0, 0), "2026-02": (0, 0), "2026-03": (1, 1)}


def test_the_commitments_own_target_judges_bare_rows():
    target = constant(Condition(((Comparison(">=", 9, 10),),), "share", ">= 90%"))
    c = clause(bare(HOUR), head={"target": target})
    measured = measure(c, context(plan([c]), events(cases(2, 0.5)), us("2026-04-01 00:00")))
    assert {p.target for p in measured.parts} == {None}


def test_rows_without_promise_are_told_and_not_counted():
    c = clause(by_severity({"1": HOUR, "9": None}))
    figure = next(
        p.agreed
        for p in measure(
            c, context(plan([c]), events({**cases(1, 0.5), **cases(2, 5, "9"), **cases(1, 5, "8")}), us("2026-04-01 00:00"))
        ).parts
        if p.agreed.n
    )
    assert (figure.n, figure.no_promise, figure.low) == (1, 3, 1)


def test_a_case_that_does_not_say_its_severity_is_counted_both_ways():
    c = clause(by_severity({"1": HOUR, "2": 4 * HOUR}))
    unsaid = {"u": [(us(f"{MON} 09:00"), "opened"), (us(f"{MON} 11:00"), "resolved")]}
    figure = next(
        p.agreed for p in measure(c, context(plan([c]), events({**cases(1, 0.5), **unsaid}), us("2026-04-01 00:00"))).parts if p.agreed.n
    )
    assert (figure.low, figure.high, figure.undecided) == (Fraction(1, 2), Fraction(1), 1)


def test_an_event_that_does_not_say_who_is_counted_both_ways():
    by = Every((Key("event", OneOf(("resolved",))), Key("by", OneOf(("engineer",)))))
    c = clause(bare(HOUR), stops=by)
    table = events(
        {
            "a": [(us(f"{MON} 09:00"), "opened", {"by": "x"}), (us(f"{MON} 09:30"), "resolved")],
            "b": [(us(f"{MON} 09:00"), "opened"), (us(f"{MON} 09:30"), "resolved", {"by": "engineer"})],
        }
    )
    figure = next(p.agreed for p in measure(c, context(plan([c]), table, us("2026-04-01 00:00"))).parts if p.agreed.n)
    assert (figure.low, figure.high) == (Fraction(1, 2), Fraction(1))


def test_groups_scope_and_cases_of_another_version():
    c = clause(bare(HOUR), head={"for_each": ("region",), "of": Key("severity", OneOf(("1",)))})
    table = events({**cases(1, 0.5, region="north"), **cases(2, 2, region="south"), **cases(4, 2, "2", region="south")})
    p = plan([c])
    measured = measure(c, context(p, table, us("2026-03-31 00:00"), in_force=(us("2026-03-01 00:00"), None)))
    assert {p.group: (p.agreed.n, p.agreed.low) for p in measured.parts} == {("north",): (1, 1), ("south",): (2, 0)}
    later = context(p, table, us("2026-03-31 00:00"), from_us=us("2026-03-10 00:00"), in_force=(us("2026-03-01 00:00"), None))
    assert measure(c, later).parts == ()
    earlier = context(p, table, us("2026-03-31 00:00"), until_us=us("2026-03-10 00:00"), in_force=(us("2026-03-01 00:00"), None))
    assert sum(p.agreed.n for p in measure(c, earlier).parts) == 3


def test_each_case_its_own_window():
    c = clause(bare(HOUR), window=WindowSpec("case"))
    measured = measure(c, context(plan([c]), events({**cases(1, 0.5), **cases(1, 2)}), us("2026-04-01 00:00")))
    assert {measured.windows.label[p.window]: p.agreed.low for p in measured.parts} == {"1-03-0-0.5": 1, "1-03-0-2": 0}


def test_rolling_windows_hold_a_case_many_times():
    c = clause(bare(HOUR), window=WindowSpec("day", count=3, rolling=True, every="day", zone="Europe/Berlin"))
    measured = measure(c, context(plan([c]), events(cases(1, 0.5)), us("2026-03-06 00:00"), in_force=(us("2026-03-01 00:00"), None)))
    assert sum(p.agreed.n for p in measured.parts) == 3


def test_without_any_fact_every_window_has_an_empty_part():
    c = clause()
    measured = measure(c, context(plan([c]), None, us("2026-02-10 00:00"), in_force=(us("2026-01-01 00:00"), None)))
    assert [(p.agreed.low, p.agreed.n, p.provisional) for p in measured.parts] == [(None, 0, False), (None, 0, True)]
    assert len(case_table(c, context(plan([c]), None, us("2026-02-10 00:00")))) == 0


# ---- states and exclusions ------------------------------------------------------------------------------------------


def intervals(*rows):
    n = len(rows)
    kinds = tuple(sorted({r[0] for r in rows}))
    header = Header(np.arange(n), Attribute(np.zeros(n, np.int32), ("files",)), np.array([us(r[1]) for r in rows]))
    return Intervals(
        header,
        Attribute(np.array([kinds.index(r[0]) for r in rows], np.int32), kinds),
        Attribute(np.full(n, -1, np.int32), ()),
        np.array([us(r[1]) for r in rows]),
        np.array([us(r[2]) if r[2] else OPEN for r in rows]),
        np.ones(n, np.int64),
    )


def excluded(c, rule, rows, until="2026-04-01 00:00", states=None, facts=None):
    p = plan([c], exclusions=[rule], states=states)
    table = events(rows)
    return next(x for x in measure(c, context(p, table, us(until), facts=Facts(events=table, **(facts or {})))).parts if x.bare.n)


def test_where_leaves_cases_out_or_counts_them_as_good():
    rows = {**cases(1, 0.5), **cases(1, 2, cause="customer"), **cases(1, 3, cause="provider")}
    rows = {k: [(a, e, {"cause": "provider", **s[0]} if s else {}) for a, e, *s in v] for k, v in rows.items()}
    cause = Key("cause", OneOf(("customer",)))
    c = clause(bare(HOUR), head={"excluding": ("x",)})
    part = excluded(c, ExclusionRule("x", "leave_out", where=cause), rows)
    assert (part.agreed.low, part.agreed.n, part.agreed.n_left_out, part.bare.low, part.bare.n) == (Fraction(1, 2), 2, 1, Fraction(1, 3), 3)
    part = excluded(c, ExclusionRule("x", "count_as_good", where=cause), rows)
    assert (part.agreed.low, part.agreed.n, part.bare.low) == (Fraction(2, 3), 3, Fraction(1, 3))
    part = excluded(c, ExclusionRule("x", "no_credit", where=cause), rows)
    assert part.agreed == part.bare


def test_a_case_that_does_not_say_the_cause_is_counted_both_ways():
    rows = {**cases(1, 0.5, cause="provider"), **cases(1, 2)}
    cause = Key("cause", OneOf(("customer",)))
    c = clause(bare(HOUR), head={"excluding": ("x",)})
    part = excluded(c, ExclusionRule("x", "leave_out", where=cause), rows)
    assert (part.agreed.low, part.agreed.high) == (Fraction(1, 2), 1)
    part = excluded(c, ExclusionRule("x", "count_as_good", where=cause), rows)
    assert (part.agreed.low, part.agreed.high) == (Fraction(1, 2), 1)


def test_while_pauses_the_clock_and_the_bare_figure_does_not():
    rows = {"x": [(us(f"{MON} 09:00"), "opened"), (us(f"{MON} 10:30"), "resolved")]}
    facts = {"intervals": intervals(("maintenance", f"{MON} 09:30", f"{MON} 10:10"))}
    c = clause(bare(HOUR), head={"excluding": ("x",)})
    rule = ExclusionRule("x", "leave_out", during="maintenance")
    states = {"maintenance": IntervalState(Key("kind", OneOf(("maintenance",))))}
    part = excluded(c, rule, rows, states=states, facts=facts)
    assert (part.agreed.low, part.bare.low) == (1, 0)
    pausing = clause(bare(HOUR), pauses=("maintenance",))
    p = plan([pausing], states=states)
    table = events(rows)
    found = case_table(pausing, context(p, table, us("2026-04-01 00:00"), facts=Facts(events=table, **facts)))
    assert (found.elapsed_us[0], VERDICTS[found.verdict[0]]) == (50 * MINUTE, "met")
    late = ExclusionRule("x", "leave_out", during="maintenance", notice=Within("time", 72 * HOUR))
    assert excluded(c, late, rows, states=states, facts=facts).agreed.low == 0  # told when it began
    allowed = ExclusionRule(
        "x", "leave_out", during="maintenance", allowance_us=20 * MINUTE, allowance_per=WindowSpec("month", zone="Europe/Berlin")
    )
    assert excluded(c, allowed, rows, states=states, facts=facts).agreed.low == 0
    chosen = ExclusionRule("x", "leave_out", where=Key("kind", OneOf(("other",))), during="maintenance")
    assert excluded(c, chosen, rows, states=states, facts=facts).agreed.low == 0
    unapproved = ExclusionRule("x", "leave_out", during="maintenance", needs="customer")
    assert excluded(c, unapproved, rows, states=states, facts=facts).agreed.low == 0


def test_while_by_the_cases_own_state_for_some_cases_only():
    rows = {
        k: [
            (us(f"{MON} 09:00"), "opened", {"cause": k}),
            (us(f"{MON} 09:30"), "asked"),
            (us(f"{MON} 10:10"), "answered"),
            (us(f"{MON} 10:30"), "resolved"),
        ]
        for k in ("customer", "provider")
    }
    c = clause(bare(HOUR), head={"excluding": ("x",)})
    rule = ExclusionRule("x", "leave_out", where=Key("cause", OneOf(("customer",))), during="waiting")
    part = excluded(c, rule, rows)
    assert (part.agreed.low, part.bare.low) == (Fraction(1, 2), 0)


def approvals(*rows):
    n = len(rows)

    def column(i):
        names = tuple(dict.fromkeys(r[i] for r in rows))
        return Attribute(np.array([names.index(r[i]) for r in rows], np.int32), names)

    header = Header(np.arange(n), Attribute(np.zeros(n, np.int32), ("files",)), np.array([us(r[3]) for r in rows]))
    return Declarations(header, column(0), column(1), column(2), np.array([us(r[3]) for r in rows]))


def test_a_case_is_left_out_only_once_it_is_approved_and_the_last_word_counts():
    rows = {"a": [(us(f"{MON} 09:00"), "opened", {"cause": "fire"}), (us(f"{MON} 11:00"), "resolved")]}
    rule = ExclusionRule("x", "leave_out", where=Key("cause", OneOf(("fire",))), needs="both")
    c = clause(bare(HOUR), head={"excluding": ("x",)})
    assert excluded(c, rule, rows).agreed.n == 1
    yes = [
        ("approved", "a", "provider", "2026-03-03 09:00"),
        ("approved", "x", "customer", "2026-03-03 09:00"),
        ("notice", "a", "customer", "2026-03-03 10:00"),
    ]
    assert excluded(c, rule, rows, facts={"declarations": approvals(*yes)}).agreed.n_left_out == 1
    no = [*yes, ("rejected", "a", "customer", "2026-03-04 09:00")]
    assert excluded(c, rule, rows, facts={"declarations": approvals(*no)}).agreed.n_left_out == 0


def test_pauses_by_status_by_calendar_and_by_any_of_them():
    status = StatusState(Key("status", OneOf(("pending",))))
    states = {
        "pending": status,
        "night": CalendarState("always"),
        "waiting": EventState(event("asked"), event("answered")),
        "idle": Combination(("pending", "waiting"), 1),
        "odd": Combination(("pending", "waiting"), 2),
        "long": StatusState(status.where, 20 * MINUTE),
    }
    rows = [
        (f"{MON} 09:00", "opened", {"status": "new"}),
        (f"{MON} 09:10", "noted", {"status": "pending"}),
        (f"{MON} 09:25", "noted", {"status": "open"}),
        (f"{MON} 10:00", "asked"),
        (f"{MON} 10:30", "answered", {"status": "pending"}),
        (f"{MON} 11:00", "resolved", {"status": "done"}),
    ]

    def elapsed(name):
        c = clause(pauses=(name,))
        return one(c, rows, p=plan([c], states=states))[0]["elapsed"] // MINUTE

    assert (elapsed("pending"), elapsed("waiting"), elapsed("idle"), elapsed("long"), elapsed("night")) == (75, 90, 45, 90, 0)
    with pytest.raises(ValueError, match="odd"):
        elapsed("odd")


def test_suspended_time_divides_by_group():
    c = clause(bare(HOUR), pauses=("maintenance",), head={"for_each": ("site",)})
    table = events({s: [(us(f"{MON} 09:00"), "opened", {"site": s}), (us(f"{MON} 10:30"), "resolved")] for s in ("a", "b")})
    spans = intervals(("maintenance", f"{MON} 09:30", f"{MON} 10:10"))
    spans = Intervals(
        spans.header, spans.kind, spans.subject, spans.start, spans.end, spans.weight, 1, {"site": Attribute(np.zeros(1, np.int32), ("a",))}
    )
    p = plan([c], states={"maintenance": IntervalState(Key("kind", OneOf(("maintenance",))))})
    measured = measure(c, context(p, table, us("2026-04-01 00:00"), facts=Facts(events=table, intervals=spans)))
    assert {x.group: x.agreed.low for x in measured.parts if x.agreed.n} == {("a",): 1, ("b",): 0}


def test_tiers_by_subscription_at_the_start():
    n = 2
    header = Header(np.arange(n), Attribute(np.zeros(n, np.int32), ("files",)), np.zeros(n, np.int64))
    subs = Subscriptions(
        header,
        Attribute(np.zeros(n, np.int32), ("acme",)),
        Attribute(np.zeros(n, np.int32), ("a",)),
        Attribute(np.arange(n, dtype=np.int32), ("silver", "gold")),
        np.array([us("2026-01-01 00:00"), us("2026-03-10 00:00")]),
        np.array([us("2026-03-10 00:00"), OPEN]),
    )
    c = clause(by_severity({"gold": HOUR, "silver": 4 * HOUR}, axis="tier"))
    rows = {
        k: [(us(f"{d} 09:00"), "opened", {"customer": "acme"}), (us(f"{d} 11:00"), "resolved")]
        for k, d in (("a", MON), ("b", "2026-03-10"))
    }
    table = events(rows)
    found = case_table(c, context(plan([c]), table, us("2026-04-01 00:00"), facts=Facts(events=table, subscriptions=subs)))
    assert [VERDICTS[v] for v in found.verdict] == ["met", "missed"]


# ---- why ------------------------------------------------------------------------------------------------------------


def test_segments_of_a_case_sum_to_its_elapsed_time():
    rows = [
        (f"{MON} 11:00", "opened"),
        (f"{MON} 14:00", "asked"),
        (f"{MON} 15:00", "answered"),
        ("2026-03-03 09:00", "resolved"),
        ("2026-03-03 09:30", "opened"),
        ("2026-03-03 10:00", "resolved"),
    ]
    c = clause(pauses=("waiting", "maintenance"), reopen_us=HOUR)
    states = {"waiting": EventState(event("asked"), event("answered")), "maintenance": IntervalState(Key("kind", OneOf(("maintenance",))))}
    p = plan([c], states=states)
    table = events({"x": [(us(a), n) for a, n in rows]})
    ctx = context(
        p, table, us("2026-04-01 00:00"), facts=Facts(events=table, intervals=intervals(("maintenance", f"{MON} 11:30", f"{MON} 11:40")))
    )
    found = segments(c, ctx, (), 0, "x")
    assert sum(found.counted_us.tolist()) == int(case_table(c, ctx).elapsed_us[0]) == 5 * HOUR + 20 * MINUTE
    assert found.start[1:].tolist() == found.end[:-1].tolist()
    assert {WHY[w] for w in found.why.tolist()} == {"counted", "paused", "outside", "excluded"}
    assert found.opened_by[0] == "opened"


@pytest.mark.parametrize("on_change", ["from_start", "keep_elapsed", "restart"])
def test_segments_follow_a_change_of_hours(on_change):
    c = clause(by_severity({"1": bare(HOUR, "always"), "2": 4 * HOUR}))
    p = plan([c], [moving("now", on_change=on_change)])
    rows = [(f"{MON} 16:30", "opened", {"severity": "2"}), (f"{MON} 17:30", "noted", {"severity": "1"}), (f"{MON} 18:20", "resolved")]
    ctx = context(p, events({"x": [(us(a), n, *s) for a, n, *s in rows]}), us("2026-04-01 00:00"))
    found = segments(c, ctx, (), 0, "x")
    assert int(found.counted_us.sum()) == int(case_table(c, ctx).elapsed_us[0]) > 0


def test_segments_of_notice_of_schedules_of_repetitions_and_of_early_dates():
    c = clause(bare(48 * HOUR), starts=EVERYTHING, stops=("announced",), before=event("change-begins"))
    ctx = context(
        plan([c]), events({"x": [(us("2026-03-02 10:00"), "announced"), (us("2026-03-09 10:00"), "change-begins")]}), us("2026-04-01 00:00")
    )
    assert segments(c, ctx, (), 0, "x").counted_us.sum() == 40 * HOUR
    c = clause((Share(Within("days", 30)),), starts=Schedule(WindowSpec("quarter", zone="Europe/Berlin"), "start"), stops=("review-held",))
    ctx = context(
        plan([c]), events({"r": [(us("2026-01-02 10:00"), "review-held")]}), us("2026-02-01 00:00"), in_force=(us("2026-01-01 00:00"), None)
    )
    assert segments(c, ctx, (), 0, "#1").counted_us.sum() == case_table(c, ctx).elapsed_us[0] == 10 * HOUR
    states = {"open": EventState(event("opened"), event("resolved"))}
    c = clause(bare(HOUR), stops=("updated",), again="open")
    rows = [(us(f"{MON} {t}"), n) for t, n in (("09:00", "opened"), ("09:50", "updated"), ("11:00", "resolved"))]
    ctx = context(plan([c], states=states), events({"x": rows}), us("2026-04-01 00:00"))
    assert segments(c, ctx, (), 0, "x").counted_us.sum() == 2 * HOUR
    c = clause(bare(0), starts=("due",), stops=("done",))
    ctx = context(plan([c]), events({"x": [(us(f"{MON} 09:00"), "done"), (us(f"{MON} 10:00"), "due")]}), us("2026-04-01 00:00"))
    assert len(segments(c, ctx, (), 0, "x").start) == 0


def test_approval_after_its_deadline_has_lapsed():
    rows = {"a": [(us(f"{MON} 09:00"), "opened", {"cause": "fire"}), (us(f"{MON} 11:00"), "resolved")]}
    c = clause(bare(HOUR), head={"excluding": ("x",)})
    said = {"declarations": approvals(("approved", "a", "customer", "2026-04-20 09:00"))}
    for until, left in ((Within("working days", 10), 0), (Within("working days", 20), 1), (Within("time", 30 * 24 * HOUR, "always"), 1)):
        rule = ExclusionRule("x", "leave_out", where=Key("cause", OneOf(("fire",))), needs="customer", until=until)
        assert excluded(c, rule, rows, until="2026-05-30 00:00", facts=said).agreed.n_left_out == left


def test_a_group_is_what_the_case_said_at_its_start():
    c = clause(bare(HOUR), head={"for_each": ("region",)})
    rows = {
        "x": [(us(f"{MON} 09:00"), "opened", {"region": "north"}), (us(f"{MON} 09:30"), "resolved", {"region": "south"})],
        "y": [(us(f"{MON} 09:00"), "opened"), (us(f"{MON} 09:30"), "resolved")],
    }
    measured = measure(c, context(plan([c]), events(rows), us("2026-03-31 00:00"), in_force=(us("2026-03-01 00:00"), None)))
    assert {p.group: (p.agreed.n, p.agreed.undecided) for p in measured.parts} == {("north",): (1, 1)}
    nowhere = measure(c, context(plan([c]), events({"y": rows["y"]}), us("2026-03-31 00:00"), in_force=(us("2026-03-01 00:00"), None)))
    assert nowhere.notes == ("no case says all of region when its clock starts: there is no result",)


def test_hours_by_a_look_up():
    hours = Lookup(Branch("level", ((Exact("24x7"), Leaf(0)), (Else(), Leaf(1)))), ("always", "office"), ("", ""))
    c = clause(bare(HOUR), hours=hours)
    rows = {k: [(us(f"{MON} 19:00"), "opened", {"level": k}), (us(f"{MON} 20:30"), "resolved")] for k in ("24x7", "nbd")}
    found = case_table(c, context(plan([c]), events(rows), us("2026-04-01 00:00")))
    assert [VERDICTS[v] for v in found.verdict] == ["missed", "met"]


def test_ends_of_statistics_that_are_not_sure():
    c = clause(bare(HOUR), value="mean", hours="always", head={"of": Key("kind", OneOf(("a",)))})
    rows = {**cases(1, 1, kind="a"), **cases(1, 3, "2")}
    [figure] = [p.agreed for p in measure(c, context(plan([c]), events(rows), us("2026-04-01 00:00"))).parts if p.agreed.n]
    assert (figure.low, figure.high, figure.undecided) == (HOUR, 2 * HOUR, 1)


def test_the_list_of_a_window_sums_to_the_numerator():
    c = clause(bare(HOUR), head={"excluding": ("x",)})
    p = plan([c], exclusions=[ExclusionRule("x", "count_as_good", where=Key("cause", OneOf(("customer",))))])
    table = events({**cases(2, 0.5, cause="-"), **cases(1, 2, cause="-"), **cases(1, 3, cause="customer")})
    ctx = context(p, table, us("2026-04-01 00:00"))
    measured = measure(c, ctx)
    part = next(x for x in measured.parts if x.agreed.n)
    listed = segments(c, ctx, part.group, part.window, None)
    assert int(listed.counted_us.sum()) == part.agreed.detail["met"] == 3
    assert sorted(listed.clause) == ["counted as good", "met", "met", "missed"]


# ---- laws -----------------------------------------------------------------------------------------------------------


def test_what_was_decided_at_one_horizon_stays_so_at_a_later_one():
    rng = np.random.default_rng(5)
    base = us("2026-03-27 08:00")
    kinds = ["opened", "resolved", "asked", "answered"]
    rows = {
        f"c{i}": [(base, "opened", {"severity": "2"})]
        + [
            (base + int(t) * MINUTE, kinds[int(k)], {"severity": str(1 + int(k) % 2)})
            for t, k in zip(np.sort(rng.integers(1, 4000, 8)), rng.integers(0, 4, 8), strict=True)
        ]
        for i in range(60)
    }
    c = clause(TABLE, pauses=("waiting",))
    p = plan([c], [moving("now")])
    last = case_table(c, context(p, events(rows), base + 5000 * MINUTE))
    for minutes in (500, 1500, 3000):
        until = base + minutes * MINUTE
        known = {k: [r for r in v if r[0] <= until] for k, v in rows.items()}
        cut = case_table(c, context(p, events(known), until))
        seen = case_table(c, context(p, events(rows), until))
        for name in ("verdict", "elapsed_us", "missed_at", "stop"):
            assert np.array_equal(getattr(cut, name), getattr(seen, name)), name  # what lies ahead is not known yet
        done = cut.has_stop | (cut.verdict == VERDICTS.index("missed"))
        assert np.array_equal(cut.verdict[done], last.verdict[done])
        assert np.array_equal(cut.missed_at[cut.has_miss], last.missed_at[cut.has_miss])


def test_an_unrelated_case_and_the_blocks_change_nothing(monkeypatch):
    c = clause(TABLE, pauses=("waiting",))
    p = plan([c], [moving("now")])
    rows = {f"c{i}": [(us(a) + i * MINUTE, *rest) for a, *rest in RAISED] for i in range(20)}
    alone = case_table(c, context(p, events(rows), us("2026-04-01 00:00")))
    more = case_table(c, context(p, events({**rows, "z": [(us(f"{MON} 08:00"), "opened", {"severity": "3"})]}), us("2026-04-01 00:00")))
    monkeypatch.setattr("upheld.measures.clock_kernel._ROWS_A_BLOCK", 7)
    split = case_table(c, context(p, events(rows), us("2026-04-01 00:00")))
    for name in alone.__dataclass_fields__:
        assert np.array_equal(getattr(alone, name), getattr(more, name)[:20]), name
        assert np.array_equal(getattr(alone, name), getattr(split, name)), name


def test_numbers_of_unknown_kinds_are_refused():
    many = {f"s{i}": EventState(event(f"a{i}"), event(f"b{i}")) for i in range(14)}
    c = clause(pauses=tuple(many))
    with pytest.raises(ValueError, match="13"):
        one(c, [(f"{MON} 09:00", "opened")], p=plan([c], states=many))


def test_meets_reads_numbers_in_selectors():
    c = clause(bare(HOUR), head={"of": Key("size", Meets(Condition(((Comparison(">", 5),),))))})
    table = events({**cases(1, 0.5, size="10"), **cases(1, 2, size="3")})
    figure = next(x.agreed for x in measure(c, context(plan([c]), table, us("2026-04-01 00:00"))).parts if x.agreed.n)
    assert figure.n == 1


assert grid_of
assert Breached
