"""Acts about running clocks: recorded whole or refused with a reason, and none of them changes a figure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from upheld.agreement.load import load
from upheld.assessment.assess import assess
from upheld.clocks.agenda import agenda
from upheld.clocks.budgets import budget_agenda
from upheld.closing.acts import Desk, Recorded, RefusedActError
from upheld.closing.live_acts import acknowledge, end_silence, hold_drill, silence, take_duty
from upheld.facts.leaves import batches_of
from upheld.facts.record import record
from upheld.plans.plan import Plan
from upheld.sources.records import record_line
from upheld.values.instant import parse_instant as at

TEXT = """upheld: 1
agreement: acme
effective: {from: 2026-01-01, until: 2026-12-31}
timezone: UTC
parties: {provider: {name: Northwind}, customer: {name: ACME}}
commitments:
  restore: {measure: clock, starts: opened, stops: solved, within: 4h, per: month, escalation: p1}
  late: {measure: clock, starts: opened, stops: solved, within: 8h, per: month, escalation: stubborn}
contacts: {anna: {mail: anna@n.example}, ben: {mail: ben@n.example}}
rotas: {desk: {members: [anna, ben], starts: 2026-01-05}}
escalations:
  p1: {steps: [{at: 50%, tell: desk}], repeat: 30m, acknowledge: 1h}
  stubborn: {steps: [{at: 50%, tell: desk}], repeat: 30m, until: stopped}
"""
NOW = "2026-03-02T10:00:00Z"
HOUR = 3_600_000_000
OPENED = record_line("events", 1, {"case": "INC-1", "event": "opened", "id": "1"}, {"at": at("2026-03-02T08:00:00Z")}, {"customer": "ACME"})


def plan() -> Plan:
    loaded = load({"a.yaml": TEXT.encode()}, name="a.yaml")
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


def desk(*lines: bytes, now: str = NOW) -> Desk:
    return Desk((plan(),), record(batches_of([OPENED, *lines])), len(lines) + 2, at(now))


@pytest.mark.parametrize(("act", "slug"), [
    (lambda d: acknowledge(d, "acme/restore/INC-1/records:9", "anna", None), "clock"),
    (lambda d: acknowledge(d, "other/restore/INC-1/records:1", "anna", None), "clock"),
    (lambda d: acknowledge(d, "INC-1", "anna", None), "clock"),
    (lambda d: acknowledge(d, "acme/restore/INC-1/records:1", " ", None), "author"),
    (lambda d: acknowledge(d, "acme/restore/INC-1/records:1", "anna", 0), "time"),
    (lambda d: silence(d, "case=INC-1", "", at(NOW) + HOUR, "why"), "author"),
    (lambda d: silence(d, "case=INC-1", "anna", at(NOW) + HOUR, " "), "reason"),
    (lambda d: silence(d, "case=INC-1", "anna", at(NOW), "why"), "time"),
    (lambda d: silence(d, "case=INC-1", "anna", at(NOW) + HOUR, "why", at(NOW) - 1), "time"),
    (lambda d: silence(d, "INC-1", "anna", at(NOW) + HOUR, "why"), "matchers"),
    (lambda d: silence(d, "commitment=restor", "anna", at(NOW) + HOUR, "why"), "commitment"),
    (lambda d: end_silence(d, "S-9", "anna"), "silence"),
    (lambda d: end_silence(d, "S-9", ""), "author"),
    (lambda d: take_duty(d, "dsk", "anna", "ben", at(NOW), at(NOW) + HOUR), "rota"),
    (lambda d: take_duty(d, "desk", "zoe", "ben", at(NOW), at(NOW) + HOUR), "contact"),
    (lambda d: take_duty(d, "desk", "anna", "", at(NOW), at(NOW) + HOUR), "author"),
    (lambda d: take_duty(d, "desk", "anna", "ben", at(NOW), at(NOW)), "time"),
    (lambda d: take_duty(d, "desk", "anna", "ben", at(NOW) - 2 * HOUR, at(NOW) - HOUR), "time"),
    (lambda d: hold_drill(d, "passed", "anna", "", {}), "drill"),
    (lambda d: hold_drill(d, "started", "", "", {}), "author"),
])
def test_an_act_is_refused_with_its_reason(act: Callable[[Desk], Recorded], slug: str) -> None:
    with pytest.raises(RefusedActError) as refused:
        act(desk())
    assert refused.value.slug == slug
    assert str(refused.value)


def test_a_clock_that_has_stopped_cannot_be_taken() -> None:
    solved = record_line("events", 2, {"case": "INC-1", "event": "solved", "id": "2"}, {"at": at("2026-03-02T09:00:00Z")}, {"customer": "ACME"})
    with pytest.raises(RefusedActError, match="does not run any more"):
        acknowledge(desk(solved), "acme/restore/INC-1/records:1", "anna", None)


def test_a_drill_is_started_once_and_ended_once() -> None:
    started = hold_drill(desk(), "started", "anna", "", {"site": "north"})
    assert started.told[0] == "drill-started of drill-2026-03-02 at 2026-03-02T10:00:00Z is on record (R-2)"
    with pytest.raises(RefusedActError, match="was started already"):
        hold_drill(desk(*started.lines), "started", "anna", "", {})
    failed = hold_drill(desk(*started.lines, now="2026-03-02T11:00:00Z"), "failed", "anna", "", {})
    assert "drill-failed of drill-2026-03-02" in failed.told[0]
    with pytest.raises(RefusedActError, match="no drill `drill-2026-03-02` is under way"):
        hold_drill(desk(*started.lines, *failed.lines, now="2026-03-02T12:00:00Z"), "passed", "anna", "drill-2026-03-02", {})


def test_a_ladder_that_can_only_be_stopped_says_so() -> None:
    told = acknowledge(desk(), "acme/late/INC-1/records:1", "anna", None).told
    assert told[1] == "its ladder stubborn goes on all the same: it can only be stopped"


DOWN = """upheld: 1
agreement: acme
effective: {from: 2026-01-01, until: 2026-12-31}
timezone: UTC
parties: {provider: {name: Northwind}, customer: {name: ACME}}
states: {outage: {where: {kind: outage}}}
commitments:
  uptime: {measure: availability, for_each: [site], down: outage, out_of: period, per: month, target: ">= 99.9%", escalation: budget}
contacts: {anna: {mail: anna@n.example}}
escalations:
  budget: {steps: [{at: 50%, tell: anna}], repeat: 30m, acknowledge: 2h}
"""


def test_a_budget_can_be_taken_and_its_repeats_wait() -> None:
    loaded = load({"a.yaml": DOWN.encode()}, name="a.yaml")
    assert loaded.plan is not None, loaded.findings
    plans = (loaded.plan,)
    down = record_line("intervals", 1, {"kind": "outage", "subject": "array", "id": "O-1"},
                       {"start": at("2026-03-02T08:00:00Z"), "end": at("2026-03-02T09:00:00Z"), "known_at": at("2026-03-02T08:00:00Z")},
                       {"site": "a/b"})
    name = "acme/uptime/site=a%2Fb/2026-03"
    held = Desk(plans, record(batches_of([down])), 2, at("2026-03-02T08:40:00Z"))
    taken = acknowledge(held, name, "anna", None)
    assert taken.told == (f"{name} is acknowledged by anna (K-2), until 2026-03-02T10:40:00Z; the clock runs on",)

    def steps(*lines: bytes) -> list[str]:
        found = budget_agenda(plans, record(batches_of([down, *lines])), at("2026-03-02T10:00:00Z"))
        return [row.step for row in found.rows()]

    assert steps() == ["1", "1r1", "1r2", "1r3"]
    assert steps(*taken.lines) == ["1"]
    for wrong in ("acme/uptime/site=c/2026-03", "acme/uptme/site=a%2Fb/2026-03"):
        with pytest.raises(RefusedActError) as refused:
            acknowledge(held, wrong, "anna", None)
        assert refused.value.help == f"did you mean {name}?"


def test_no_act_changes_a_figure_and_an_acknowledgement_only_the_steps() -> None:
    quiet = desk()
    acts = [acknowledge(desk(), "acme/restore/INC-1/records:1", "anna", 2 * HOUR).lines,
            silence(desk(), "case=INC-1", "anna", at(NOW) + HOUR, "why").lines,
            take_duty(desk(), "desk", "ben", "anna", at(NOW), at(NOW) + HOUR).lines]
    later = at("2026-03-02T11:00:00Z")
    for lines in acts:
        acted = desk(*lines)
        assert assess((plan(),), acted.facts, later).outcomes == assess((plan(),), quiet.facts, later).outcomes
    before = [row.step for row in agenda((plan(),), quiet.facts, later).rows() if row.key.commitment == "restore"]
    after = [row.step for row in agenda((plan(),), desk(*acts[0]).facts, later).rows() if row.key.commitment == "restore"]
    assert before == ["1", "1r1", "1r2"]
    assert after == ["1"]
