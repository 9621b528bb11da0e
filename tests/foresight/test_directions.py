"""What each kind of change is to the customer, one clause at a time."""

from __future__ import annotations

from dataclasses import fields

import pytest
from foresight_world import written

from upheld.foresight.difference import difference
from upheld.plans import plan as plans
from upheld.plans import remedies

UPTIME = """\
calendars: {{office: {{hours: {{{week}}}}}}}
states:
  outage: {{where: {{kind: [{kinds}]}}, at_least: {least}}}
  waiting: {{from: asked, until: [replied, resolved]}}
  maintenance: {{where: {{kind: maintenance}}}}
exclusions:
  maintenance: {{while: maintenance, effect: {effect}{notice}{allowance}{needs}}}
commitments:
  uptime:
    measure: availability
    down: outage
    out_of: hours
    hours: office
    per: month
    target: "{target}"
    excluding: [{excluding}]
    binding: {binding}
    unknown: {unknown}
  repair:
    measure: clock
    promised_by: {by}
    starts: opened
    stops: resolved
    pauses: [{pauses}]
    within: {within}
    landing: {landing}
    per: month
"""
PLAIN = {"week": "mon-fri: 08:00-17:00", "kinds": "outage", "least": "60s", "effect": "leave_out", "notice": "", "allowance": "", "needs": "",
         "target": ">= 99%", "excluding": "maintenance", "binding": "yes", "unknown": "unknown", "by": "provider", "pauses": "",
         "within": "{95%: 4h}", "landing": "close"}


def ways(**changed: str) -> list[tuple[str, str]]:
    """Direction and sentence of each change, when these parts of the agreement change."""
    before = {k: v[0] if isinstance(v, tuple) else PLAIN[k] for k, v in changed.items()}
    after = {k: v[1] if isinstance(v, tuple) else v for k, v in changed.items()}
    sides = [written(UPTIME.format(**{**PLAIN, **side}), i) for i, side in ((1, before), (2, after))]
    return [(c.direction, c.sentence) for c in difference(*sides).changes]


@pytest.mark.parametrize(("changed", "direction"), [
    ({"target": ">= 99.5%"}, "better"),
    ({"target": "> 99%"}, "better"),
    ({"target": ">= 98%"}, "worse"),
    ({"week": "mon-sat: 08:00-17:00"}, "better"),
    ({"week": "mon-fri: 09:00-17:00"}, "worse"),
    ({"week": "mon-fri: 09:00-18:00"}, "different"),
    ({"kinds": "outage, degraded"}, "better"),
    ({"kinds": "degraded"}, "different"),
    ({"least": "30s"}, "better"),
    ({"least": "5m"}, "worse"),
    ({"effect": "count_as_good"}, "worse"),
    ({"effect": "no_credit"}, "better"),
    ({"notice": ", notice: 72h"}, "better"),
    ({"notice": (", notice: 72h", ", notice: 24h")}, "worse"),
    ({"allowance": ", up_to: 8h per month"}, "better"),
    ({"allowance": (", up_to: 8h per month", ", up_to: 9h per month")}, "worse"),
    ({"allowance": (", up_to: 8h per month", ", up_to: 24h per quarter")}, "different"),
    ({"needs": ", needs: approval by customer, until: 5 days after window"}, "better"),
    ({"excluding": ""}, "better"),
    ({"binding": "no"}, "worse"),
    ({"unknown": "up"}, "worse"),
    ({"unknown": "down"}, "better"),
    ({"unknown": "left out"}, "different"),
    ({"pauses": "waiting"}, "worse"),
    ({"landing": "next_open"}, "worse"),
    ({"within": "{95%: 2h}"}, "better"),
    ({"within": "{95%: 6h}"}, "worse"),
    ({"within": "{98%: 4h}"}, "better"),
    ({"within": "{95%: 4h, 100%: 24h}"}, "better"),
    ({"within": "{98%: 6h}"}, "different"),
    ({"within": "{95%: 1 working day in office}"}, "different"),
    ({"within": "{all but 1: 4h}"}, "different"),
    ({"within": ("{all but 2: 4h}", "{all but 1: 4h}")}, "better"),
])
def test_each_change_has_its_direction(changed, direction):
    found = ways(**changed)
    assert [d for d, _ in found] == [direction], found


def test_what_the_customer_promises_is_the_other_way_round():
    assert [d for d, _ in ways(by=("customer", "customer"), within="{95%: 2h}")] == ["worse"]
    assert [d for d, _ in ways(by=("customer", "customer"), pauses="waiting")] == ["better"]


def test_a_clause_used_both_ways_has_no_direction():
    # the office is the provider's clock and the customer's
    both = UPTIME.replace("    landing:", "    hours: office\n    landing:")
    sides = [written(both.format(**{**PLAIN, "by": "customer", "week": week}), i)
             for i, week in ((1, "mon-fri: 08:00-17:00"), (2, "mon-sat: 08:00-17:00"))]
    assert [c.direction for c in difference(*sides).changes] == ["different"]


def test_what_nothing_uses_means_nothing():
    extra = "  spare: {where: {kind: spare}}\n"
    one, other = (UPTIME.format(**PLAIN).replace("states:\n", f"states:\n{more}") for more in ("", extra))
    assert difference(written(one), written(other, 2)).same_meaning


MONEY = """\
states: {{outage: {{where: {{kind: outage}}}}, unpaid: {{where: {{kind: unpaid}}}}}}
commitments:
  uptime: {{measure: availability, down: outage, out_of: period, per: month, target: ">= 99%", credit: {credit}{then}}}
{more}"""
CREDIT = '{pay: {by result: {"< 99%": 10%}}, of: fee}'


def money(credit: tuple[str, str] = (CREDIT, CREDIT), more: tuple[str, str] = ("", ""), then: tuple[str, str] = ("", "")) -> list[str]:
    sides = [written(MONEY.format(credit=credit[i], more=more[i], then=then[i]), i + 1) for i in (0, 1)]
    return [c.direction for c in difference(*sides).changes]


@pytest.mark.parametrize(("credit", "direction"), [
    ('{pay: {by result: {"< 99%": 12%}}, of: fee}', "better"),
    ('{pay: {by result: {"< 99%": 8%}}, of: fee}', "worse"),
    ('{pay: {by result: {"< 99%": 50 EUR}}}', None),
    ('{pay: {by result: {"< 99%": 10%}}, of: {fee: all}}', "different"),
    ('{pay: {by result: {"< 99%": 10%}}, of: fee, up_to: 50%, up_to_of: fee}', None),
    ('{pay: {by result: {"< 99%": 10%}}, of: fee, from: 5 EUR}', "worse"),
])
def test_credits(credit, direction):
    found = money(credit=(CREDIT, credit))
    assert found
    assert direction is None or found == [direction]


def test_a_multiple_and_a_percent_are_one_amount():
    one, other = ('{pay: {by result: {"< 99%": 1x}}, of: fee}', '{pay: {by result: {"< 99%": 100.0%}}, of: fee}')
    assert money(credit=(one, other)) == []


def test_the_parts_of_a_joined_credit_have_no_order():
    parts = ["{pay: 10%, of: fee}", "{pay: 50 EUR}"]
    one, other = (f"{{greatest of: [{', '.join(p)}]}}" for p in (parts, parts[::-1]))
    assert money(credit=(one, other)) == []
    assert money(credit=(one, one.replace("50", "60"))) == ["better"]


@pytest.mark.parametrize(("before", "after", "direction"), [
    ("", "caps: [{up_to: 30%, of: fee, in: month}]\n", "worse"),
    ("caps: [{up_to: 30%, of: fee, in: month}]\n", "caps: [{up_to: 40%, of: fee, in: month}]\n", "better"),
    ("", "claim: {by: 30 days after window}\n", "worse"),
    ("claim: {by: 30 days after window}\n", "claim: {by: 60 days after window}\n", "better"),
    ("claim: {by: 30 days after window}\n", "claim: {by: 1 months after window}\n", "different"),
    ("claim: {by: 30 days after window, needs: [a]}\n", "claim: {by: 30 days after window}\n", "better"),
    ("", "rights: [{give: terminate, to: customer, when: {breached: uptime, in_a_row: 3}}]\n", "better"),
    ("", "rights: [{give: terminate, to: provider, when: {breached: uptime, in_a_row: 3}}]\n", "worse"),
    ("rights: [{give: terminate, to: customer, when: {breached: uptime, in_a_row: 3}}]\n",
     "rights: [{give: terminate, to: customer, when: {breached: uptime, in_a_row: 2}}]\n", "better"),
    ("", "earn_back: {when: target met 6 windows in a row}\n", "worse"),
    ("earn_back: {when: target met 6 windows in a row}\n", "earn_back: {when: target met 9 windows in a row}\n", "better"),
    ("", "conditions: [{unless: unpaid}]\n", "worse"),
    ("", "rounding: {money: half_up}\n", "different"),
    ("", "disputes: {missed: {by: customer, until: 14 days after window}}\n", "better"),
])
def test_money_clauses(before, after, direction):
    assert money(more=(before, after)) == [direction]
    turned = {"better": "worse", "worse": "better"}.get(direction, direction)
    assert money(more=(after, before)) == [turned]


def test_duties_that_a_breach_starts():
    ten, five = (f", then: [{{do: corrective plan, within: {n} working days}}]" for n in (10, 5))
    assert money(then=("", ten)) == ["better"]
    assert money(then=(ten, five)) == ["better"]


# ---- nothing is forgotten ----------------------------------------------------------------------------------------------

COMPARED = {
    plans.Head: "id window says sentence of for_each target breach hours excluding binding when_empty minimum_sample rounding unknown "
                "mid_window open_cases points repeat promised_by to backed_by ladder",
    plans.AvailabilityPlan: "head down out_of value",
    plans.ClockPlan: "head starts stops within pauses before again counted reopen_us landing value",
    plans.ValuesPlan: "head statistic shape good total slices method",
    plans.CombinePlan: "head operation parts weights k of_points expression carried",
    plans.ExclusionRule: "name effect where during notice allowance_us allowance_per needs until until_after",
    plans.AttributeRule: "name table read lead_us order after_miss on_change",
    plans.Plan: "agreement version title hash zone currency from_us until_us adopted_us customer covers calendars attributes states exclusions "
                "commitments complete semantics remedies people changes places",
    remedies.Remedies: "credits caps claim disputes rights amounts earn_back rounding pays_once deems tasks only_if claims",
    remedies.CreditRule: "pay of per up_to up_to_of where whole_days least path says",
    remedies.Cap: "up_to of within for_each least commitments path",
    remedies.When: "breached at_least months windows in_a_row late result text",
}


@pytest.mark.parametrize("kind", COMPARED, ids=lambda kind: kind.__name__)
def test_every_field_of_a_plan_is_compared(kind):
    """A field that is new here needs a comparison in foresight, then its name in the list above."""
    assert {f.name for f in fields(kind)} == set(COMPARED[kind].split())


def test_a_time_on_the_hours_of_its_own_clock_need_not_name_them():
    body = "calendars: {office: {hours: {mon-fri: 08:00-17:00}}}\ncommitments:\n  repair: {measure: clock, starts: opened, stops: resolved, "
    own, named, other = (written(body + f"hours: {hours}, within: {within}, per: month}}\n")
                         for hours, within in (("office", "4h"), ("office", "4h in office"), ("office", "4h in always")))
    assert difference(own, named).same_meaning
    assert [c.direction for c in difference(own, other).changes] == ["different"]


def test_another_pool_is_another_credit():
    pools = "amounts: {small: {pay: 5%, of: fee}, large: {pay: 10%, of: fee}}\n"
    one, other = (written(MONEY.format(credit=f"{{pay: 60%, of: {name}}}", then="", more=pools)) for name in ("small", "large"))
    assert [c.sentence for c in difference(one, other).changes] == ["uptime: what the credit is a part of goes from small to large"]
    more = pools.replace("5%", "6%")
    raised = written(MONEY.format(credit="{pay: 60%, of: small}", then="", more=more))
    assert [(c.direction, c.sentence) for c in difference(one, raised).changes] == [("better", "small: the amount goes from 5% to 6%")]


def test_another_name_is_no_other_promise():
    body = ("commitments:\n  {name}: {{measure: clock, starts: opened, stops: answered, within: 4h, per: month, "
            "credit: {{pay: {pay}, per: missed case}}}}\n")
    one, other, dearer = (written(body.format(name=name, pay=pay)) for name, pay in (
        ("response", "50 EUR"), ("answer", "50 EUR"), ("answer", "60 EUR")))
    assert [(c.direction, c.sentence) for c in difference(one, other).changes] == [("different", "commitment response is called answer")]
    assert [c.kind for c in difference(one, dearer).changes] == ["added", "removed"]
