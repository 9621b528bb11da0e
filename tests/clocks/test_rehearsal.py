"""Drills: the ladder played from a virtual case by the same agenda and the same notices as a real one."""

from __future__ import annotations

import json

import pytest
from duty_world import AGREEMENT, at, facts_of, plan_of, said

from upheld.clocks.agenda import agenda
from upheld.clocks.notices import notices
from upheld.clocks.rehearsal import NoDrillError, Rehearsal, rehearse, rehearse_parts
from upheld.clocks.rehearsal_report import to_json, to_markdown, to_text

PLAN = plan_of()
MONDAY = at("2026-03-02T09:00:00+01:00")


def played(commitment: str = "restore", start: int = MONDAY, text: str = AGREEMENT, **says: str) -> Rehearsal:
    return rehearse((plan_of(text),), facts_of(), commitment, start, start, says)


def test_a_drill_is_what_a_real_case_would_do() -> None:
    facts = facts_of(events=[("INC-1", "opened", "2026-03-02T08:00:00Z", {"customer": "ACME Bank"})])
    real = []
    for row in agenda((PLAN,), facts, at("2026-03-09T08:00:00Z")).rows():
        if row.key.commitment == "restore":
            told = notices(PLAN, agenda((PLAN,), facts, row.at), row, facts, row.at)
            real.append((row.step, row.at, tuple((n.recipient, n.channel, n.send_at) for n in told)))
    dry = played()
    assert [(p.step.step, p.step.at, tuple((t.notice.recipient, t.notice.channel, t.notice.send_at) for t in p.told))
            for p in dry.played] == real[:4]
    assert (dry.played[-1].more, dry.played[-1].last) == (2, real[-1][1])
    assert dry.due == at("2026-03-02T13:00:00+01:00")


def test_every_share_of_a_promise_is_played() -> None:
    text = AGREEMENT.replace("within: 4h", "within: {90%: 4h, 100%: 8h}", 1)
    assert text != AGREEMENT
    facts = facts_of(events=[("INC-1", "opened", "2026-03-02T08:00:00Z", {"customer": "ACME Bank"})])
    plan = plan_of(text)
    rows = agenda((plan,), facts, at("2026-03-09T08:00:00Z")).rows()
    real = [(row.key.part, row.step, row.at) for row in rows if row.key.commitment == "restore"]
    found = rehearse_parts((plan,), facts_of(), "restore", MONDAY, MONDAY)
    assert [(one.part, one.parts) for one in found] == [(0, 2), (1, 2)]
    assert [one.due for one in found] == [at("2026-03-02T13:00:00+01:00"), at("2026-03-02T17:00:00+01:00")]
    dry = sorted((one.part, step.step.step, step.step.at) for one in found for step in one.played)
    assert dry == sorted(step for step in real if "r" not in step[1] or step[1].endswith("r1"))
    assert found[0] == rehearse((plan,), facts_of(), "restore", MONDAY, MONDAY)
    assert "share 2 of 2" in to_text(found)
    assert [one["part"] for one in json.loads(to_json(found))] == [0, 1]


def test_gaps_mutings_and_quiet_hours_stand_beside_whom_they_concern() -> None:
    (step,) = played("answer").played
    assert {t.notice.recipient: t.kind for t in step.told} == {"chris": "", "anna": "", "": "gap"}
    silent = facts_of(said("silence", "commitment=restore", "dora", "2026-03-02T08:00:00Z", until="2026-03-02T11:00:00Z", reason="replaced"))
    muted = rehearse((PLAN,), silent, "restore", MONDAY, MONDAY)
    assert [{t.kind for t in p.told} for p in muted.played] == [{"muted"}, {""}, {""}, {""}]


def test_quiet_hours_wait() -> None:
    ladder = "calm: {steps: [{at: 75%, tell: [second, paging, office-desk]}], quiet: office, muted_while: restore}"
    text = AGREEMENT.replace(ladder, "calm: {steps: [{at: 25%, tell: second}, {after: 8h, tell: second}], quiet: office}")
    found = played("answer", at("2026-03-06T14:00:00+01:00"), text)
    assert [{t.kind for t in p.told} for p in found.played] == [{""}, {"waits"}]
    assert found.played[1].told[0].notice.send_at == at("2026-03-09T08:00:00+01:00")


def test_a_budgets_ladder_is_played_as_if_its_shares_were_reached() -> None:
    uptime = 'uptime: {measure: availability, down: outage, out_of: period, per: month, target: ">= 99.9%", escalation: p1}'
    text = AGREEMENT.replace("states:\n", "states:\n  outage: {where: {kind: outage}}\n").replace("  answer:\n", f"  {uptime}\n  answer:\n")
    found = played("uptime", text=text)
    assert [p.step.at for p in found.played] == [MONDAY, MONDAY, MONDAY + 7_200_000_000]
    assert found.due is None
    assert [p.told[0].notice.subject.split(":")[0] for p in found.played[:2]] == ["50% of the budget used", "100% van de speelruimte verbruikt"]


@pytest.mark.parametrize(("commitment", "start", "says"), [
    ("restor", MONDAY, "there is no commitment `restor`"),
    ("restore", at("2020-01-01T00:00:00Z"), "no version of the agreement is in force then"),
])
def test_what_cannot_be_played_says_why(commitment: str, start: int, says: str) -> None:
    with pytest.raises(NoDrillError, match=says):
        played(commitment, start)


def test_a_case_without_a_promise_asks_for_what_it_must_say() -> None:
    text = AGREEMENT.replace("within: {by severity: {1: 1h, else: 4h}}", "within: {by severity: {1: 1h, 2: none}}")
    with pytest.raises(NoDrillError, match="nobody is told: a case that says customer=ACME Bank has no promise") as refused:
        played("answer", text=text)
    assert refused.value.help == "say more of the case: --for NAME=VALUE"
    assert played("answer", text=text, impact="high").played


def test_a_report_in_each_form_says_every_step_and_every_gap() -> None:
    found = [played(), played("answer")]
    text, page, data = to_text(found, messages=True), to_markdown(found, messages=True), json.loads(to_json(found, messages=True))
    gap = "nobody is on duty: the feed pager of rota tool has not been read"
    assert text.count("GAP") == 1
    assert gap in text
    assert gap in page
    assert data[1]["gaps"] == [gap]
    assert [s["step"] for s in data[0]["steps"]] == ["1", "2", "3", "3r1"]
    assert data[0]["steps"][3]["more"] == 2
    assert data[0]["steps"][0]["at_local"] == "2026-03-02T11:00:00+01:00"
    for one in data:
        for step in one["steps"]:
            for told in step["told"]:
                assert told["subject"] in text
                assert told["text"].strip().splitlines()[0] in page
