"""Laws of an assessment, on generated facts: what may not matter does not, and what is decided stays decided."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from law_world import BEGIN, CLAUSES, DAY, MINUTE, UNTIL_DAY, batch_of, event_rows, facts_of, interval_rows, plan_of, recorded, shuffled

from upheld.assessment.assess import assess, contexts
from upheld.assessment.report import to_json
from upheld.facts.cut import cut
from upheld.measures.clock import case_table
from upheld.measures.clock_outcomes import VERDICTS
from upheld.measures.partial import combine, finish, partial

PLAN = plan_of()
CLOCKS = ("response", "resolution", "shares")


def bytes_of(facts, as_of=None, plans=(PLAN,)):
    return to_json([assess(plans, facts, as_of)])


@settings(max_examples=25, deadline=None)
@given(event_rows(), interval_rows(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(events, intervals, chance: random.Random) -> None:
    batches = [batch_of("events", events), *([batch_of("intervals", intervals)] if intervals else [])]
    mixed = [shuffled(b, chance.sample(range(len(b)), len(b))) for b in batches]
    chance.shuffle(mixed)
    assert bytes_of(recorded(mixed)) == bytes_of(recorded(batches))


@settings(max_examples=25, deadline=None)
@given(event_rows(), interval_rows(), st.integers(0, 110 * DAY))
def test_a_replay_equals_what_was_recorded_by_then(events, intervals, minute) -> None:
    as_of = BEGIN + minute * MINUTE
    whole = facts_of(events, intervals)
    by_then = facts_of([r for r in events if r["at"] <= minute], [r for r in intervals if r["start"] <= minute])
    assert bytes_of(whole, as_of) == bytes_of(by_then, as_of) == bytes_of(cut(whole, as_of), as_of)


@settings(max_examples=20, deadline=None)
@given(event_rows(), interval_rows())
def test_an_unrelated_fact_changes_nothing(events, intervals) -> None:
    noise = [{"case": "Z", "event": "noise", "at": 5 * DAY, "id": "z1", "severity": None, "site": None}]
    weather = [{"id": "z2", "kind": "weather", "subject": "x", "start": 0, "end": DAY, "severity": None, "site": "a", "replaces": None}]
    before, after = assess([PLAN], facts_of(events, intervals), None), assess([PLAN], facts_of(events + noise, intervals + weather), None)
    no_cases = {o.key: o for o in before.outcomes if o.commitment != "good" and o.group == ()}
    assert no_cases == {o.key: o for o in after.outcomes if o.commitment != "good" and o.group == ()}


@settings(max_examples=25, deadline=None)
@given(event_rows(), st.integers(0, 110 * DAY), st.integers(0, 110 * DAY))
def test_what_is_decided_stays_decided(events, one, other) -> None:
    early, late = sorted((BEGIN + one * MINUTE, BEGIN + other * MINUTE))
    facts = facts_of(events, [])
    for name in CLOCKS:
        told = []
        for as_of in (early, late):
            (context,) = contexts([PLAN], facts, as_of, name)
            table = case_table(PLAN.commitments[name], context)
            names = context.facts.events.case_names if context.facts.events is not None else ()
            told.append({(names[table.case[i]], int(table.cycle[i]), int(table.level[i]), int(table.leaf[i])): VERDICTS[table.verdict[i]]
                         for i in range(len(table)) if table.sure[i]})
        for key, verdict in told[0].items():
            if verdict in ("met", "missed") and key in told[1]:
                assert told[1][key] == verdict


@settings(max_examples=15, deadline=None)
@given(interval_rows())
def test_parts_measured_apart_give_the_same_figures(intervals) -> None:
    clause = PLAN.commitments["uptime"]
    plain = [{**r, "severity": "1", "replaces": None} for r in intervals if r["replaces"] is None]
    split = [[r for r in plain if r["site"] == site] for site in ("a", "b")]
    if not all(split):
        return

    def partial_of(rows):
        (context,) = contexts([PLAN], facts_of([], rows), None, "uptime")
        return partial(clause, replace(context, until=BEGIN + UNTIL_DAY * DAY * MINUTE))

    assert finish(combine(map(partial_of, split))) == finish(partial_of(plain))


# ---- versions -------------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(event_rows(8), interval_rows(), st.integers(5, 90), st.sampled_from(["next", "new"]), st.booleans())
def test_an_amendment_that_changes_no_term_changes_no_figure(events, intervals, day, mid, follow) -> None:
    facts = facts_of(events, intervals)
    clauses = CLAUSES.replace("mid_window: MID", f"mid_window: MID, open_cases: {'follow' if follow else 'stay'}")
    date = f"2026-{1 + day // 28:02d}-{1 + day % 28:02d}"
    amended = [plan_of("1", clauses=clauses, mid=mid), plan_of("2", date, clauses=clauses, mid=mid)]

    def figures(plans):
        return {(*o.key[1:], o.low, o.high, o.verdict, o.figure.n, o.figure.pending, o.figure.undecided, o.verdict_without)
                for o in assess(plans, facts, None).outcomes}

    assert figures(amended) == figures([PLAN])


@settings(max_examples=20, deadline=None)
@given(event_rows(8), st.lists(st.integers(5, 95), min_size=1, max_size=3, unique=True),
       st.lists(st.sampled_from(["next", "new", "split"]), min_size=3, max_size=3), st.lists(st.booleans(), min_size=3, max_size=3))
def test_over_amendments_no_window_and_no_case_is_judged_twice_or_lost(events, days, mids, follows) -> None:
    facts = facts_of(events, [])
    plans = [plan_of("1")]
    for i, day in enumerate(sorted(days)):
        clauses = CLAUSES.replace("within: 4h", f"within: {5 + i}h").replace(">= 80%", f">= {70 - i}%").replace(
            "mid_window: MID", f"mid_window: MID, open_cases: {'follow' if follows[i] else 'stay'}")
        plans.append(plan_of(str(i + 2), f"2026-{1 + day // 28:02d}-{1 + day % 28:02d}", clauses=clauses, mid=mids[i]))
    found = assess(plans, facts, None).outcomes
    alone = assess([PLAN], facts, None).outcomes
    for name in PLAN.commitments:
        seen = Counter(o.key for o in found if o.commitment == name)
        assert {k[2:4] for k in seen} == {o.key[2:4] for o in alone if o.commitment == name}
        if "split" not in mids[:len(days)]:
            assert max(seen.values(), default=1) == 1
    cases = sum(o.figure.n + o.figure.pending + o.figure.undecided for o in found if o.commitment == "response")
    assert cases == len({r["case"] for r in events})


@pytest.mark.parametrize("mid", ["next", "new", "split"])
def test_down_time_divides_at_an_amendment_and_none_is_lost(mid: str) -> None:
    rows = [{"id": "i", "kind": "outage", "subject": "x", "start": 40 * DAY, "end": 50 * DAY, "severity": "1", "site": "a"}]
    plans = [plan_of("1", mid=mid), plan_of("2", "2026-02-15", mid=mid)]
    whole = [sum((o.low for o in assess(p, facts_of([], rows), None, ["lost"]).outcomes if o.low), 0) for p in (plans, [PLAN])]
    assert whole[0] == whole[1]
