"""What is nobody's case: windows of maintenance, budgets, schedules, promises over many cases, silences, who is on duty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from world import AGREEMENT, World

from upheld.clocks.agenda import agenda
from upheld.facts.record import record

MORE = AGREEMENT.replace("contacts:\n", """  uptime: {measure: availability, down: outage, out_of: hours, hours: always, per: month,
           target: ">= 99.9%", escalation: burn}
  review: {measure: clock, starts: {every: month, at: start}, stops: {event: review held}, hours: always, within: 10 days,
           per: month, escalation: remind}
contacts:
""", 1).replace("  frozen:", "  outage: {where: {kind: outage}}\n  frozen:").replace("escalations:\n", """escalations:
  burn: {steps: [{at: 50%, tell: desk}, {at: 100%, tell: chief}]}
  remind: {steps: [{at: 80%, tell: chief}]}
""")
MANY = AGREEMENT.replace("within: 4h", 'within: {by number of cases: {"< 3": 4h, else: 2h}}')


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "store.db", MORE)
    yield made
    made.close()


def test_a_budget_that_is_used_up_climbs_its_ladder(world: World) -> None:
    world.at("2026-03-03 09:00").work().interval("outage")
    world.advance("22m").silent()                                  # 99.9% of March allow 44.6 minutes
    world.advance("1m").expect("ann: uptime")
    world.advance("30m").expect("ben: uptime")
    world.advance("2h").silent()
    with world.store.database.reading() as connection:
        from upheld.stores.live_schema import steps

        assert {row.unit for row in connection.execute(steps.select())} == {"agreement/acme"}


def test_a_schedule_is_stopped_by_whatever_case_says_so(world: World) -> None:
    world.at("2026-04-08 23:00").expect("ben: review 2026-03")
    world.at("2026-04-09 12:00").expect("ben: review 2026-04")
    world.at("2026-05-05 10:00").event("R-2", "review held").at("2026-05-20 10:00").silent()
    assert {c.state for c in world.clocks("") if (c.commitment, c.cycle) == ("review", "2026-05")} == {"stopped"}


def test_a_freeze_recorded_late_changes_what_is_over(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 13:30").resolve("INC-1").work()
    world.sent.letters.clear()
    assert world.clocks("INC-1")[0].verdict == "missed"
    world.interval("freeze", "2h", ago="3h").work()
    assert world.clocks("INC-1")[0].verdict == "met"


def test_a_silence_mutes_the_message_not_the_clock(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1")
    world.declare("silence", "commitment=fix", **{"from": "2026-03-03T09:00:00+01:00", "until": "2026-03-03T11:30:00+01:00", "reason": "drill"})
    world.at("2026-03-03 11:30").silent()
    assert [(m.state, "drill" in m.reason) for m in world.messages()] == [("muted", True)]
    world.at("2026-03-03 12:00").expect("ann: 75%", "ben: 75%")
    assert world.steps("INC-1") == {"1": "03-03 11:00", "2": "03-03 12:00"}
    world.resolve("INC-1").work()


def test_a_promise_that_hangs_on_the_number_of_cases(tmp_path: Path) -> None:
    world = World(tmp_path / "store.db", MANY)
    world.at("2026-03-03 09:00").open("A", "B").at("2026-03-03 10:30").silent()
    world.open("C").work()
    world.sent.letters.clear()
    plans = world.ticker.terms.agreements["acme"].plans
    batch = agenda(plans, record(world.store.stream.batches()), world.clock.now()).clocks
    kept = {(c.casename, c.target_us, c.next_at, c.unit) for case in "ABC" for c in world.clocks(case)}
    assert kept == {(k.case, t, n, "agreement/acme") for k, t, n in zip(
        batch.key, batch.target_us.tolist(), batch.next_at.tolist(), strict=True)}
    world.resolve("A", "B", "C").work()
    world.sent.letters.clear()
    world.close()


def test_a_message_about_a_budget_says_no_due_instant_and_no_guess(tmp_path: Path) -> None:
    """The end of its window is no due instant, and nobody knows when the next share will be used."""
    text = """upheld: 1
agreement: acme
effective: {from: 2026-01-01}
timezone: Europe/Berlin
parties: {provider: {name: Northwind}, customer: {name: Acme}}
states: {outage: {where: {kind: outage}}}
commitments:
  uptime: {measure: availability, for_each: [site], down: outage, out_of: period, per: month, target: ">= 99.9%", escalation: budget}
contacts: {ann: {mail: ann@northwind.example}}
escalations:
  budget: {steps: [{at: 50%, tell: ann}, {at: 100%, tell: ann}]}
"""
    world = World(tmp_path / "budget.db", text)
    world.interval("outage", "25m", ago="25m", site="b").work()
    (letter,) = world.sent.letters
    assert "- Window: `2026-03`\n- For: site `b`\n" in letter.text
    assert "- Next: 100% of the budget is used: Ann" in letter.text.replace("ann", "Ann")
    assert "- Due:" not in letter.text
    assert "April" not in letter.text


def test_an_agreement_that_never_was_in_order_is_told_to_the_operator(tmp_path: Path) -> None:
    world = World(tmp_path / "broken.db", "upheld: 1\nagreement: acme\ntitel: x\n").work()
    (letter,) = world.sent.letters
    assert "errors in the agreements of the store" in letter.subject
    world.work().advance("2h")
    assert len(world.sent.letters) == 1
