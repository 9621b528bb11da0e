"""A claim rule of one commitment's own: in place of the agreement's, at any time, or none at all."""

from __future__ import annotations

import pytest
from published.made_facts import D, Made

from upheld.agreement.load import load
from upheld.foresight.difference import difference
from upheld.plans.plan import Plan
from upheld.remedies.settle import settle
from upheld.values.instant import format_instant, parse_instant

# Verizon, Internet Dedicated: latency pays one prorated day by itself, an installation half its fee on request, jitter if it is claimed
# within thirty business days.
TEXT = """upheld: 1
agreement: lines
effective: {from: 2026-01-01}
timezone: UTC
currency: USD
parties: {provider: {name: P}, customer: {name: C}}
calendars: {business: {hours: {mon-fri: 09:00-17:00}, dates: {2026-04-03: closed}}}
states: {down: {where: {kind: outage}}}
commitments:
  jitter: {measure: availability, down: down, out_of: period, hours: business, per: month, target: ">= 99.9%", credit: {pay: 10%, of: fee}}
  latency: {like: jitter, credit: {pay: 1 days of fee}, claim: automatic}
  install: {like: jitter, credit: {pay: 50%, of: fee}, claim: {by: any time}}
  quick: {like: jitter, claim: {by: 72h after window}}
claim: {by: 30 working days after window}
"""


def at(text: str) -> int:
    return parse_instant(text)


def plan_of(text: str = TEXT) -> Plan:
    loaded = load({"a.yaml": text.encode()}, name="a.yaml")
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


def settled(claims: list[tuple[str, int]], now: int) -> dict[str, tuple[int | None, str]]:
    made, start, end = Made(), at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z")
    made.outages = [("outage", start + D, start + 2 * D, {})]
    made.fees = [(start, end, 31_000, {})]
    made.acts = [("claim", about, when, {}) for about, when in claims]
    made.watched = [("outage", at("2026-01-01T00:00:00Z"), end)]
    lines = settle([plan_of()], made.facts("C", "USD"), now).lines
    return {line.commitment: (line.amount, line.state) for line in lines if line.window == "2026-03"}


def test_each_credit_is_claimed_by_its_own_rule() -> None:
    """On 2 April: the day is owed, the rest is owed if it is claimed."""
    assert settled([], at("2026-04-02T00:00:00Z")) == {
        "jitter": (3_100, "claimable"), "latency": (1_000, "owed"), "install": (15_500, "claimable"), "quick": (3_100, "claimable")}


def test_what_may_be_claimed_at_any_time_never_lapses() -> None:
    """In 2031 the agreement's thirty business days and the three days are over; half the fee may still be claimed, and is then owed."""
    late = at("2031-06-01T00:00:00Z")
    assert settled([], late) == {
        "jitter": (3_100, "lapsed"), "latency": (1_000, "owed"), "install": (15_500, "claimable"), "quick": (3_100, "lapsed")}
    assert settled([("install", late - D)], late)["install"] == (15_500, "owed")


@pytest.mark.parametrize(("when", "state"), [
    # thirty business days after March: 1 and 2 April, with Good Friday the 3rd closed 7 to the 10th, 22 to 1 May, the thirtieth on 13 May
    ("2026-05-13T23:59:59.999999Z", "owed"), ("2026-05-14T00:00:00Z", "lapsed")])
def test_working_days_without_a_calendar_are_those_of_the_promise(when: str, state: str) -> None:
    assert settled([("jitter", at(when))], at("2026-06-01T00:00:00Z"))["jitter"][1] == state


@pytest.mark.parametrize(("when", "state"), [("2026-04-04T00:00:00Z", "owed"), ("2026-04-04T00:00:00.000001Z", "lapsed")])
def test_its_own_deadline_is_kept_to_the_microsecond(when: str, state: str) -> None:
    assert settled([("quick", at(when))], at("2026-06-01T00:00:00Z"))["quick"][1] == state


@pytest.mark.parametrize(("changed", "told", "direction"), [
    ("{by: any time}", "", ""), ("automatic", "nothing needs to be claimed", "better"), ("{by: 10 days after window}", "10 days", "worse")])
def test_a_claim_rule_that_changed_is_told_at_its_commitment(changed: str, told: str, direction: str) -> None:
    after = TEXT.replace("claim: {by: any time}", f"claim: {changed}")
    found = difference(load({"a.yaml": TEXT.encode()}, name="a.yaml"), load({"a.yaml": after.encode()}, name="a.yaml")).changes
    assert [(c.subject, told in c.after, c.direction) for c in found] == ([("install", True, direction)] if told else [])


def test_a_deadline_is_shown_with_its_line() -> None:
    made = Made(outages=[("outage", at("2026-03-02T00:00:00Z"), at("2026-03-03T00:00:00Z"), {})],
                fees=[(at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z"), 31_000, {})],
                watched=[("outage", at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z"))])
    lines = settle([plan_of()], made.facts("C", "USD"), at("2026-04-02T00:00:00Z")).lines
    by = {line.commitment: None if line.claim_by is None else format_instant(line.claim_by) for line in lines}
    assert by == {"jitter": "2026-05-13T23:59:59.999999Z", "latency": None, "install": None, "quick": "2026-04-04T00:00:00Z"}


SHARED = """upheld: 1
agreement: shared
effective: {from: 2026-01-01}
timezone: UTC
currency: EUR
parties: {provider: {name: P}}
covers: any
states: {down: {where: {kind: outage}}}
commitments:
  uptime: {measure: availability, for_each: [customer], down: down, out_of: period, per: month, target: ">= 99.9%", credit: {pay: 5 EUR}}
claim: {by: 30 days after window}
rights: [{give: terminate, to: customer, when: {breached: uptime}, use_within: 30 days}]
"""


@pytest.mark.parametrize(("actor", "says", "owed"), [
    ("Acme", {}, {"Acme"}), ("Globex", {}, {"Globex"}), ("customer", {}, {"Acme", "Globex"}), ("Acme", {"customer": "Globex"}, {"Globex"})])
def test_who_shares_an_agreement_speaks_for_themselves(actor: str, says: dict[str, str], owed: set[str]) -> None:
    """A claim, and the use of a right, by one customer brings nothing to another; the role speaks for all, an act for whom it names."""
    start, end = at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z")
    made = Made(outages=[("outage", start + D, start + 2 * D, {"customer": name}) for name in ("Acme", "Globex")],
                acts=[("claim", "uptime", end + D, says), ("exercise", "terminate", end + D, says)],
                watched=[("outage", at("2026-01-01T00:00:00Z"), end)])
    found = settle([plan_of(SHARED)], made.facts(actor, "EUR"), at("2026-06-01T00:00:00Z"))
    assert {dict(line.group)["customer"] for line in found.lines if line.state == "owed"} == owed
    assert {dict(line.group)["customer"] for line in found.lines if line.state == "lapsed"} == {"Acme", "Globex"} - owed
    assert {dict(right.group)["customer"] for right in found.rights if right.state == "used"} == owed


def test_a_reward_whose_fee_is_not_known_yet_does_not_lapse() -> None:
    """Nobody claims a reward: until the fee is charged it is unknown, never "not claimed in time"."""
    rewarding = 'credit: {pay: {by result: {">= 99.99%": -2%, else: 5%}}, of: fee}'
    text = SHARED.replace("for_each: [customer], ", "").replace("credit: {pay: 5 EUR}", rewarding)
    start, end = at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z")
    made = Made(outages=[("outage", end, end + 1, {})], watched=[("outage", at("2026-01-01T00:00:00Z"), end + 2 * D)])
    for fees, wanted in (([], ("reward", "unknown", None)), ([(start, end, 10_000, {})], ("reward", "owed", -200))):
        made.fees = fees
        lines = settle([plan_of(text)], made.facts("C", "EUR"), at("2026-06-01T00:00:00Z")).lines
        assert [(line.kind, line.state, line.amount) for line in lines if line.window == "2026-03"] == [wanted]
