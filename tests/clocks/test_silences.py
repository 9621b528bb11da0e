"""Silences, muting by a parent and quiet hours: the message is held back, the measurement knows nothing of it."""

from __future__ import annotations

import pytest
from duty_world import agenda_of, at, facts_of, plan_of, said

from upheld.clocks.notice import Notice
from upheld.clocks.notices import Telling, notices
from upheld.clocks.silence import Parent, matchers_of, silences_of
from upheld.clocks.table import Agenda
from upheld.facts.tables import OPEN, Facts

PLAN = plan_of()
OPENED = [("INC-1", "opened", "2026-03-02T08:00:00Z", {"impact": "high", "site": "north"})]
SILENCE = {"until": "2026-03-02T12:00:00Z", "reason": "the array is being replaced"}


def restore(case: str = "INC-1", step_at: str = "2026-03-02T10:00:00Z") -> Agenda:
    clock = {"commitment": "restore", "case": case, "start": "2026-03-02T08:00:00Z", "due": "2026-03-02T12:00:00Z", "steps": {"1": step_at}}
    return agenda_of(clock, now=step_at)


def muted(facts: Facts, agenda: Agenda | None = None, now: str = "") -> set[str]:
    agenda = agenda or restore()
    step = next(agenda.rows())
    found: tuple[Notice, ...] = notices(PLAN, agenda, step, facts, at(now) if now else agenda.at)
    assert all(n.recipient and n.text for n in found)      # whom it would have reached stays on record
    return {n.muted for n in found}


@pytest.mark.parametrize(("matchers", "mutes"), [
    ("commitment=restore", True),
    ("commitment=answer", False),
    ("commitment=restore,severity=1", True),           # as the agreement reads impact: high
    ("severity=2", False),
    ("impact=high", True),
    ('case="INC-1"', True),
    ("case=INC-2", False),
    ("customer=ACME Bank", True),
    ("agreement=acme , ladder=p1 , step=1", True),
    ("region=eu", False),                              # what a case does not say does not match
])
def test_a_silence_mutes_what_its_matchers_match(matchers: str, mutes: bool) -> None:
    facts = facts_of(said("silence", matchers, "dora", "2026-03-02T09:00:00Z", **SILENCE), events=OPENED)
    why = "silenced by dora until 2026-03-02T13:00:00+01:00 (S-2): the array is being replaced"
    assert muted(facts) == ({why} if mutes else {""})


def test_a_silence_has_a_beginning_and_an_end() -> None:
    facts = facts_of(said("silence", "case=INC-1", "dora", "2026-03-02T09:00:00Z", from_="2026-03-02T09:30:00Z", **SILENCE), events=OPENED)
    told = {when: bool(muted(facts, restore(step_at=f"2026-03-02T{when}:00Z")) - {""}) for when in ("09:29", "09:30", "11:59", "12:00")}
    assert told == {"09:29": False, "09:30": True, "11:59": True, "12:00": False}


def test_a_silence_never_reaches_back_and_is_asked_at_the_steps_own_instant() -> None:
    facts = facts_of(said("silence", "case=INC-1", "dora", "2026-03-02T10:30:00Z", from_="2026-03-02T08:00:00Z", **SILENCE), events=OPENED)
    assert muted(facts, now="2026-03-02T11:00:00Z") == {""}            # fell due at 10:00, before anybody asked for silence
    early = facts_of(said("silence", "case=INC-1", "dora", "2026-03-02T09:00:00Z", **SILENCE), events=OPENED)
    assert muted(early, now="2026-03-02T18:00:00Z") != {""}            # fell due within it, though it is over when the worker comes back


def test_a_silence_can_be_ended_and_is_not_known_before_it_is_said() -> None:
    ended = facts_of(said("silence", "case=INC-1", "dora", "2026-03-02T09:00:00Z", **SILENCE),
                     said("silence ended", "S-2", "anna", "2026-03-02T09:45:00Z"), events=OPENED)
    assert muted(ended) == {""}
    assert len(silences_of(ended, at("2026-03-02T09:30:00Z"))) == 1
    assert silences_of(ended, at("2026-03-02T09:30:00Z"))[0].end == at(SILENCE["until"])
    assert silences_of(ended, at("2026-03-02T08:59:59Z")) == ()


def test_without_an_end_a_matcher_or_a_span_it_is_no_silence() -> None:
    facts = facts_of(
        said("silence", "case=INC-1", "dora", "2026-03-02T09:00:00Z", reason="for ever"),
        said("silence", "everything", "dora", "2026-03-02T09:00:00Z", until="2026-03-02T12:00:00Z"),
        said("silence", "case=INC-1", "dora", "2026-03-02T09:00:00Z", until="2026-03-02T08:00:00Z"),
    )
    assert silences_of(facts, at("2026-03-02T10:00:00Z")) == ()


@pytest.mark.parametrize(("text", "said_"), [
    ("", "it matches nothing"), ("uptime", "is no NAME=VALUE"), ("case=", "is no NAME=VALUE"), ("=INC", "is no NAME=VALUE"),
    ("a=1,a=2", "twice"),
])
def test_matchers_that_are_none_are_refused_in_words(text: str, said_: str) -> None:
    with pytest.raises(ValueError, match=said_):
        matchers_of(text)


def test_a_value_with_a_comma_stands_in_quotes() -> None:
    assert matchers_of('case="a, b", severity=1') == (("case", "a, b"), ("severity", "1"))


# ---- a parent that is down ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("site", "until", "mutes"), [
    ("north", "2026-03-02T11:00:00Z", True),
    ("south", "2026-03-02T11:00:00Z", False),
    ("north", "2026-03-02T10:00:00Z", False),          # it ended at the very instant
])
def test_a_parent_outage_mutes_the_cases_of_its_site(site: str, until: str, mutes: bool) -> None:
    facts = facts_of(events=OPENED, intervals=[("site-outage", "2026-03-02T09:00:00Z", until, {"site": site, "customer": "ACME Bank"})])
    assert muted(facts, now="2026-03-02T11:30:00Z") == ({"muted while site-down"} if mutes else {""})


def test_a_case_that_does_not_say_where_it_is_is_not_muted() -> None:
    facts = facts_of(events=[("INC-1", "opened", "2026-03-02T08:00:00Z", {"impact": "high"})],
                     intervals=[("site-outage", "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z", {"site": "north", "customer": "ACME Bank"})])
    assert muted(facts) == {""}


def test_an_open_parent_promise_mutes_and_a_stopped_one_does_not() -> None:
    child = {"commitment": "answer", "case": "INC-2", "ladder": "calm", "start": "2026-03-02T08:00:00Z", "due": "2026-03-02T12:00:00Z",
             "steps": {"1": "2026-03-02T10:00:00Z"}}
    why = "muted while restore is open: INC-1"
    for stop, muted_by in ((None, why), ("2026-03-02T10:00:00Z", ""), ("2026-03-02T10:00:01Z", why)):
        parent = {"commitment": "restore", "case": "INC-1", "start": "2026-03-02T09:00:00Z", "due": "2026-03-02T13:00:00Z", "stop": stop}
        agenda = agenda_of(child, parent, now="2026-03-02T10:00:05Z")
        found = notices(PLAN, agenda, next(agenda.rows()), facts_of(events=OPENED), agenda.at)
        assert {n.muted for n in found if n.recipient} == {muted_by}


def test_parents_may_come_from_what_is_kept() -> None:
    """The live side works touched cases out alone: the open clocks of other cases come from its table."""
    child = {"commitment": "answer", "case": "INC-2", "ladder": "calm", "start": "2026-03-02T08:00:00Z", "due": "2026-03-02T12:00:00Z",
             "steps": {"1": "2026-03-02T10:00:00Z"}}
    agenda = agenda_of(child, now="2026-03-02T10:00:05Z")
    facts = facts_of(events=OPENED)
    kept = {"restore": [Parent("restore", "INC-1", "desk:1", (), at("2026-03-02T09:00:00Z"), OPEN)]}
    step = next(agenda.rows())
    assert {n.muted for n in Telling(PLAN, agenda, facts, agenda.at).of(step) if n.recipient} == {""}
    told = Telling(PLAN, agenda, facts, agenda.at, parents=lambda name: kept.get(name, ())).of(step)
    assert {n.muted for n in told if n.recipient} == {"muted while restore is open: INC-1"}


# ---- quiet hours -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fell_due", "sent"), [
    ("2026-03-02T11:00:00+01:00", "2026-03-02T11:00:00+01:00"),
    ("2026-03-02T18:00:00+01:00", "2026-03-03T08:00:00+01:00"),
    ("2026-03-06T17:00:00+01:00", "2026-03-09T08:00:00+01:00"),
    ("2026-03-28T23:00:00+01:00", "2026-03-30T08:00:00+02:00"),     # over the change of the clock
])
def test_quiet_hours_wait_for_the_opening_and_tell_whoever_is_on_duty_then(fell_due: str, sent: str) -> None:
    clock = {"commitment": "answer", "case": "INC-1", "ladder": "calm", "start": "2026-03-02T08:00:00Z", "due": "2026-04-02T12:00:00Z"}
    agenda = agenda_of({**clock, "steps": {"1": fell_due}}, now=fell_due)
    found = notices(PLAN, agenda, next(agenda.rows()), facts_of(events=OPENED), agenda.at)
    assert {n.send_at for n in found} == {at(sent)}
    assert {n.recipient for n in found} > {"", "chris"}


def test_a_ladder_without_quiet_hours_wakes_people_up() -> None:
    night = restore(step_at="2026-03-07T03:00:00+01:00")
    (notice,) = notices(PLAN, night, next(night.rows()), facts_of(events=OPENED), night.at)
    assert notice.send_at == at("2026-03-07T03:00:00+01:00")
