"""States: events, statuses, samples, slices; what they attest and what they leave unknown."""

from __future__ import annotations

import numpy as np
import pytest
from fact_rows import EPOCH, WATCHED, D, H, M, at, context, counts, coverage, events, intervals, is_, plan, samples

from upheld.calendars.spec import WindowSpec
from upheld.facts.tables import Facts
from upheld.measures import availability
from upheld.measures.groups import Groups, columns_of, discover
from upheld.measures.pieces import View, case_spans
from upheld.measures.states import SURE, States, World
from upheld.measures.watched import names_chosen, unwatched
from upheld.plans.lookup import Branch, Else, Exact, Leaf, Lookup
from upheld.plans.plan import (
    AttributeRule,
    AvailabilityPlan,
    Combination,
    EventState,
    Head,
    IntervalState,
    RatioState,
    SampleState,
    StatusState,
)
from upheld.plans.selector import Either, Every, Key, NoneOf, OneOf
from upheld.values.condition import Comparison, Condition

SINCE = at("2024-01-01")
HOT = Condition(((Comparison(">", 27),),))
BAD = Condition(((Comparison(">", 5, 100),),), "share")


def spans(rule, world=SURE, groups=None, lo=SINCE, hi=SINCE + D, others=None, watched=WATCHED, attributes=None, **facts):
    of = plan({}, {"s": rule, **(others or {})}, complete=watched, attributes=attributes)
    states = States(View(context(of, Facts(**facts), SINCE, hi), groups or Groups((), ((),)), lo, hi))
    held = states.hold("s", world)
    return list(zip(held.group.tolist(), ((held.start - SINCE) // M).tolist(), ((held.end - SINCE) // M).tolist(), strict=True))


def case(name, *rows):
    return [{"case": name, "at": SINCE + minute * M, "event": event, **more} for minute, event, more in rows]


def test_events_of_a_case_open_and_close():
    rows = [*case("a", (0, "opened", {}), (10, "asked", {}), (20, "asked", {}), (30, "replied", {}), (40, "asked", {})),
            *case("b", (5, "asked", {}), (15, "replied", {}), (15, "asked", {}), (25, "resolved", {}), (26, "asked", {}), (26, "replied", {}))]
    rule = EventState(is_("event", "asked"), is_("event", "replied", "resolved"))
    assert spans(rule, events=events(rows)) == [(0, 5, 30), (0, 40, 1440)]
    of = plan({}, {"s": rule}, complete=WATCHED)
    own = case_spans(context(of, Facts(events=events(rows)), SINCE, SINCE + D), rule)
    assert own.group.tolist() == [0, 0, 1]
    assert ((own.end - SINCE) // M).tolist() == [30, 1440, 15]


def test_undecided_events_are_read_both_ways():
    rows = case("a", (0, "opened", {}), (10, "asked", {"by": "us"}), (20, None, {}), (30, "replied", {}))
    rule = EventState(Every((is_("event", "asked"), is_("by", "us"))), is_("event", "replied"))
    assert spans(rule, events=events(rows)) == [(0, 10, 20)]
    assert spans(rule, World(undecided=True), events=events(rows)) == [(0, 10, 30)]


def test_status_holds_from_row_to_row():
    rows = case("a", (0, "opened", {"status": "new"}), (10, "x", {"status": "pending"}), (20, "note", {}), (30, "x", {"status": "open"}))
    assert spans(StatusState(is_("status", "pending")), events=events(rows)) == [(0, 10, 30)]
    silent = case("a", (0, "opened", {}), (10, "x", {"status": "pending"}))
    assert spans(StatusState(is_("status", "pending")), World(undecided=True), events=events(silent)) == [(0, 0, 1440)]
    assert spans(StatusState(is_("status", "pending"), at_least_us=2 * D), events=events(silent)) == []


def test_a_reading_holds_until_the_next_and_no_longer_than_agreed():
    rows = [{"at": SINCE + m * M, "value": v} for m, v in ((0, 20), (5, 30), (10, 31), (30, 20), (35, 40))]
    rule = SampleState("s", HOT, 10 * M)
    assert spans(rule, samples=samples(rows)) == [(0, 5, 20), (0, 35, 45)]
    assert spans(rule, World(unknown=True), samples=samples(rows)) == [(0, 5, 30), (0, 35, 1440)]
    fridge = SampleState("s", HOT, 10 * M, where=is_("room", "a"))
    unsure = [*rows[:2], {**rows[2], "room": None}]
    rooms = [{**r, "room": "a"} if "room" not in r else r for r in unsure]
    assert spans(fridge, samples=samples(rooms)) == [(0, 5, 10)]
    assert spans(fridge, World(undecided=True), samples=samples(rooms)) == [(0, 5, 20)]
    assert spans(SampleState("none", HOT, M), World(unknown=True), samples=samples(rows)) == [(0, 0, 1440)]


def test_slices_of_a_ratio():
    rows = [{"start": SINCE + i * M, "good": g, "total": 100} for i, g in enumerate([100, 90, 80, 96, 94])]
    rows += [{"start": SINCE + 10 * M, "good": 0, "total": 5}, {"start": SINCE + 20 * M, "total": 50}]
    rule = RatioState("c", M, BAD, sample=10)
    assert spans(rule, counts=counts(rows, M)) == [(0, 1, 3), (0, 4, 5)]
    assert spans(rule, World(undecided=True), counts=counts(rows, M)) == [(0, 1, 3), (0, 4, 5), (0, 20, 21)]
    assert spans(RatioState("c", M, BAD, at_least_us=2 * M, sample=10), counts=counts(rows, M)) == [(0, 1, 3)]
    assert spans(RatioState("d", M, BAD), counts=counts(rows, M)) == []
    assert spans(rule, World(unknown=True), watched=()) == [(0, 0, 1440)]


def test_a_ratio_is_taken_over_the_counts_that_where_chooses():
    rows = [{"start": SINCE, "good": 0, "total": 4, "surface": "api"}, {"start": SINCE, "good": 96, "total": 96, "surface": "browser"},
            {"start": SINCE + M, "good": 0, "total": 9, "surface": "api"}]
    rows += [{"start": SINCE + 2 * M, "good": 9, "total": 10, "surface": "browser"}]
    assert spans(RatioState("c", M, BAD), counts=counts(rows, M)) == [(0, 1, 3)]
    assert spans(RatioState("c", M, BAD, where=is_("surface", "browser")), counts=counts(rows, M)) == [(0, 2, 3)]
    assert spans(RatioState("c", M, BAD, where=is_("surface", "api")), counts=counts(rows, M)) == [(0, 0, 2)]


def test_a_count_longer_than_the_slice_stands_for_each_slice_it_covers():
    rows = [{"start": SINCE + 8 * H, "end": SINCE + 15 * H + 12 * M, "good": 0, "total": 8}]
    assert spans(RatioState("c", M, BAD), counts=counts(rows)) == [(0, 480, 912)]


def test_not_turns_the_unknown_round():
    rows = [{"at": SINCE, "value": 30}, {"at": SINCE + H, "value": 20}]
    others = {"hot": SampleState("s", HOT, 10 * M)}
    rule = Combination(("hot",), 1, negate=True)
    assert spans(rule, others=others, samples=samples(rows)) == [(0, 60, 70)]
    assert spans(rule, World(unknown=True), others=others, samples=samples(rows)) == [(0, 10, 1440)]


def test_facts_belong_to_results_by_what_they_share():
    rows = [{"start": SINCE, "end": SINCE + H, "site": "x", "rack": "1"}, {"start": SINCE, "end": SINCE + 2 * H, "site": "x", "rack": None},
            {"start": SINCE, "end": SINCE + 3 * H, "site": "gone", "rack": "9"}]
    groups = Groups(("site", "rack"), (("x", "1"), ("x", "2"), ("y", "1")))
    rule = IntervalState(is_("kind", "outage"))
    assert spans(rule, groups=groups, intervals=intervals(rows)) == [(0, 0, 60)]
    assert spans(rule, World(undecided=True), groups=groups, intervals=intervals(rows)) == [(0, 0, 120), (1, 0, 120)]
    by_site = IntervalState(is_("kind", "outage"), same=("site",))
    assert spans(by_site, groups=groups, intervals=intervals(rows)) == [(0, 0, 120), (1, 0, 120)]
    nowhere = [{"start": SINCE, "end": SINCE + H}]
    assert spans(rule, groups=groups, intervals=intervals(nowhere)) == [(g, 0, 60) for g in range(3)]
    table = intervals(rows)
    found = discover(("site", "rack"), [(columns_of(plan({}), table), np.ones(3, np.bool_))])
    assert found.names == (("gone", "9"), ("x", "1"))
    assert discover(("site", "floor"), [(columns_of(plan({}), table), np.ones(3, np.bool_))]).names == ()


def test_mapped_attributes_are_read_through_their_table():
    table = Lookup(Branch("impact", ((Exact("high"), Leaf(0)), (Else(), Leaf(1)))), ("1", "2"), ("", ""))
    rows = [{"start": SINCE, "end": SINCE + H, "impact": "high"}, {"start": SINCE + 2 * H, "end": SINCE + 3 * H, "impact": "low"}]
    rule = IntervalState(is_("severity", "1"))
    assert spans(rule, intervals=intervals(rows), attributes={"severity": AttributeRule("severity", table)}) == [(0, 0, 60)]


def test_what_was_watched():
    assert names_chosen(Every((is_("kind", "a", "b"), is_("kind", "b", "c"))), "kind") == {"b"}
    assert names_chosen(Either((is_("kind", "a"), is_("kind", "c"))), "kind") == {"a", "c"}
    assert names_chosen(Either((is_("kind", "a"), is_("other", "c"))), "kind") is None
    assert names_chosen(Key("kind", NoneOf(OneOf(("a",)))), "kind") is None
    of = plan({})
    facts = Facts(coverage=coverage([("a", SINCE, SINCE + H), ("b", SINCE + M, SINCE + 2 * H)]))
    gaps = unwatched(context(of, facts, SINCE, SINCE + D), None, frozenset("ab"), SINCE, SINCE + 2 * H)
    assert ((gaps.start - SINCE) // M).tolist() == [0, 60]
    only = unwatched(context(of, facts, SINCE, SINCE + D), None, frozenset(("a", "zzz")), SINCE, SINCE + 2 * H)
    assert ((only.start - SINCE) // M).tolist() == [60]
    declared = plan({}, complete=(("pager", EPOCH, SINCE + H), ("other", EPOCH, SINCE + 9 * H)))
    rows = intervals([{"start": SINCE, "end": SINCE + M, "source": "pager"},
                      {"start": SINCE, "end": SINCE + M, "kind": "staffing", "source": "other"}])
    gaps = unwatched(context(declared, Facts(intervals=rows), SINCE, SINCE + D), rows, frozenset(("outage",)), SINCE, SINCE + 2 * H)
    assert ((gaps.start - SINCE) // M).tolist() == [60]


@pytest.mark.parametrize(("rule", "facts"), [
    (SampleState("s", HOT, 10 * M), {"samples": samples([{"at": SINCE, "value": 40, "site": "x"}])}),
    (RatioState("c", 10 * M, BAD), {"counts": counts([{"start": SINCE, "good": 0, "total": 9, "site": "x"}])}),
    (EventState(is_("event", "down"), is_("event", "up")),
     {"events": events([{"case": "1", "at": SINCE, "event": "down", "site": "x"}, {"case": "1", "at": SINCE + 10 * M, "event": "up"}])}),
    (StatusState(is_("status", "down")),
     {"events": events([{"case": "1", "at": SINCE, "event": "e", "site": "x", "status": "down"},
                        {"case": "1", "at": SINCE + 10 * M, "event": "e", "status": "up"}])}),
])
def test_each_kind_of_state_can_be_measured(rule, facts):
    commitment = AvailabilityPlan(Head("up", WindowSpec("month"), for_each=("site",)), "s", "hours", "total")
    of = plan({"up": commitment}, {"s": rule}, complete=WATCHED)
    result = availability.measure(commitment, context(of, Facts(**facts), SINCE, at("2024-02-01")))
    assert [(p.group, p.agreed.low) for p in result.parts] == [(("x",), 10 * M)]
