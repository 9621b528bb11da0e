"""Notices: who is told of a step, by which channel, in whose words, and who is not and why."""

from __future__ import annotations

import string
import unicodedata
from dataclasses import replace
from fractions import Fraction

import pytest
from duty_world import AGREEMENT, HOUR, agenda_of, at, facts_of, plan_of, said
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.agreement.checks.people import _SPOKEN
from upheld.clocks.message import code, one_line
from upheld.clocks.notice import Notice
from upheld.clocks.notices import Telling, notices
from upheld.clocks.table import Agenda
from upheld.clocks.words import LANGUAGES, words
from upheld.facts.tables import Facts

PLAN = plan_of()
STEPS = {"1": "2026-03-02T10:00:00Z", "2": "2026-03-02T12:00:00Z", "3": "2026-03-02T14:00:00Z", "3r2": "2026-03-02T14:30:00Z"}


def agenda(now: str = "2026-03-02T10:00:00Z", **row: object) -> Agenda:
    clock = {"commitment": "restore", "case": "INC-1", "start": "2026-03-02T08:00:00Z", "due": "2026-03-02T12:00:00Z", "elapsed": 2 * HOUR,
             "steps": STEPS, **row}
    return agenda_of(clock, now=now)


def told(which: str, facts: Facts | None = None, feeds: dict[str, bytes] | None = None, agenda_: Agenda | None = None) -> tuple[Notice, ...]:
    found = agenda_ or agenda()
    step = next(row for row in found.rows() if row.step == which)
    return notices(PLAN, found, step, facts or facts_of(), max(found.at, step.at), feeds)


def test_a_message_for_the_engineer_says_everything() -> None:
    (notice,) = told("1")
    assert (notice.recipient, notice.channel, notice.address, notice.language) == ("chris", "mail", "chris@northwind.example", "en")
    assert notice.key == "acme/restore/INC-1/desk:1/0/1/chris/mail"
    assert notice.send_at == at("2026-03-02T10:00:00Z")
    assert notice.muted == ""
    assert notice.path == "on-call -> rota desk: chris until 2026-03-09T09:00:00+01:00"
    assert notice.subject == "50% used: restore INC-1 (ACME Bank), due 2 March 13:00 +01:00"
    assert notice.text == """\
**The service runs again within four hours.**

- Agreement: Storage support for ACME (`acme`, `restore`)
- Case: `INC-1`
- State: running
- Due: Mon 2 March 2026, 13:00 (Europe/Berlin, UTC+01:00), in 2 h
- Time: 2 h of 4 h used (50%), 2 h left
- Step: 1 of 3: 50% of the time is used
- To do: Look at it now.
- Decides: Duty manager (may fail over to the second site)
- Next: 100% of the time is used (Mon 2 March 2026, 13:00 (Europe/Berlin, UTC+01:00)): Duty manager, the customer, field
- To acknowledge: `upheld acknowledge acme/restore/INC-1/desk:1`
- More: {link}

**What to do**

## Restart the array
One controller at a time. [Runbook](https://wiki.northwind.example/restart)
"""


def test_the_customer_reads_what_concerns_them_in_their_language() -> None:
    by_name = {n.recipient: n for n in told("2", agenda_=agenda("2026-03-02T12:00:00Z", elapsed=4 * HOUR))}
    assert sorted(by_name) == ["acme-it", "dora", "fieldserv"]
    customer = by_name["acme-it"]
    assert (customer.language, customer.address) == ("de", "it@acme.example")
    assert customer.text == """\
**The service runs again within four hours.**

- Vereinbarung: Storage support for ACME (`acme`, `restore`)
- Vorgang: `INC-1`
- Stand: läuft
- Fällig: Mo., 2. März 2026, 13:00 Uhr (Europe/Berlin, UTC+01:00), in 0 Min.
- Zeit: 4 Std. von 4 Std. verbraucht (100 %), 0 Min. übrig
- Stufe: 2 von 3: 100 % der Zeit sind verbraucht
- Entscheidet: Duty manager
- Ebenfalls benachrichtigt: field
- Mehr dazu: {link}
"""
    assert by_name["fieldserv"].language == "fr"
    assert by_name["fieldserv"].subject == "100 % écoulés : restore INC-1 (ACME Bank), échéance 2 mars 13:00 +01:00"
    assert by_name["dora"].language == "nl"


@pytest.mark.parametrize("which", ["1", "2", "3", "3r2"])
def test_no_name_of_the_provider_and_no_playbook_leaves_the_house(which: str) -> None:
    for notice in told(which):
        if notice.recipient in ("acme-it", "fieldserv"):
            for word in ("Dora", "Anna", "Ben", "Chris", "northwind", "Restart", "Look at it now", "upheld acknowledge", "fail over"):
                assert word not in notice.subject + notice.text
        else:
            assert "Restart the array" in notice.text


def test_a_repeat_and_a_missed_promise_say_so() -> None:
    late = agenda("2026-03-02T14:30:00Z", elapsed=6 * HOUR + HOUR // 2, missed="2026-03-02T12:00:00Z")
    (notice,) = told("3r2", agenda_=late)
    assert notice.subject == "Opnieuw (2): GEMIST: restore INC-1 (ACME Bank), had klaar moeten zijn 2 maart 13:00 +01:00"
    assert "- Stand: loopt, gemist sinds ma 2 maart 2026, 13:00 uur (Europe/Berlin, UTC+01:00)\n" in notice.text
    assert "- Tijd: 6 u 30 min van 4 u verbruikt (162,5%), 2 u 30 min te veel\n" in notice.text
    assert "- Stap: 3 van 3: 2 u na de vorige stap, opnieuw gemeld, nummer 2\n" in notice.text


def test_channels_are_those_wanted_else_the_one_preferred() -> None:
    monday = facts_of(said("on duty", "desk", "dora", "2026-03-02T08:00:00Z", who="anna", until="2026-03-03T08:00:00Z"))
    (notice,) = told("1", monday)
    assert (notice.recipient, notice.channel, notice.language) == ("anna", "phone", "de")
    wanted = plan_of(AGREEMENT.replace("says: Look at it now.", "by: [chat, mail]"))
    both = Telling(wanted, agenda(), facts_of(said("on duty", "desk", "dora", "2026-03-02T08:00:00Z", who="ben", until="2026-03-03T08:00:00Z")),
                   at("2026-03-02T10:00:00Z")).of(next(agenda().rows()))
    assert [(n.recipient, n.channel) for n in both] == [("ben", "chat"), ("ben", "mail")]
    silent = plan_of(AGREEMENT.replace('mail: chris@northwind.example, hours', "hours"))
    (notice,) = notices(silent, agenda(), next(agenda().rows()), facts_of(), at("2026-03-02T10:00:00Z"))
    assert (notice.recipient, notice.channel, notice.muted) == ("chris", "", "chris has no address")


def test_one_person_is_told_once_however_many_roles_lead_there() -> None:
    plan = plan_of(AGREEMENT.replace("tell: on-call, decides", "tell: [on-call, desk, chris, second], decides"))
    found = notices(plan, agenda(), next(agenda().rows()), facts_of(), at("2026-03-02T10:00:00Z"))
    assert [(n.recipient, n.channel) for n in found] == [("chris", "mail")]


def test_nobody_on_duty_is_a_notice_and_whoever_stands_in_knows_why() -> None:
    early = agenda_of({"commitment": "restore", "case": "INC-0", "start": "2026-01-02T08:00:00Z", "due": "2026-01-02T12:00:00Z",
                       "steps": {"1": "2026-01-02T10:00:00Z"}}, now="2026-01-02T10:00:00Z")
    (notice,) = told("1", agenda_=early)
    assert notice.recipient == "dora"
    assert "U krijgt bericht omdat voor Engineer on call niemand dienst heeft" in notice.text
    calm = agenda_of({"commitment": "answer", "case": "INC-1", "ladder": "calm", "start": "2026-03-02T08:00:00Z", "due": "2026-03-02T12:00:00Z",
                      "steps": {"1": "2026-03-02T11:00:00Z"}}, now="2026-03-02T11:00:00Z")
    found = {n.recipient: n for n in told("1", agenda_=calm)}
    assert sorted(found) == ["", "anna", "chris"]
    assert found[""].muted == "nobody is on duty: the feed pager of rota tool has not been read"
    assert (found[""].channel, found[""].address) == ("", "")
    assert "- Case: `INC-1`\n" in found[""].text


def test_people_are_looked_up_when_the_message_goes_out() -> None:
    """The worker was down over the hand-over of 09:00: whoever is on duty now is told, not whoever was."""
    down = agenda_of({"commitment": "restore", "case": "INC-1", "start": "2026-03-09T06:00:00Z", "due": "2026-03-09T10:00:00Z",
                      "steps": {"1": "2026-03-09T07:59:00Z"}}, now="2026-03-09T08:01:00Z")
    step = next(down.rows())
    assert [n.recipient for n in notices(PLAN, down, step, facts_of(), at("2026-03-09T07:59:00Z"))] == ["chris"]
    assert [n.recipient for n in notices(PLAN, down, step, facts_of(), at("2026-03-09T08:01:00Z"))] == ["anna"]


def test_a_following_ladder_is_climbed_by_its_own_steps() -> None:
    managers = "    then: managers\n  managers: {steps: [{after: 1h, tell: duty-manager}]}\n"
    plan = plan_of(AGREEMENT.replace("    playbook: restart\n  calm", f"    playbook: restart\n{managers}  calm"))
    found = agenda(steps={"3": "2026-03-02T14:00:00Z", "managers:1": "2026-03-02T15:00:00Z"})
    last, follows = (notices(plan, found, row, facts_of(), row.at) for row in found.rows())
    assert "- Hierna: opnieuw elke 15 min, tot het bevestigd of klaar is\n" in last[0].text
    assert "- Hierna: 1 u na de vorige stap (ma 2 maart 2026, 16:00 uur" in last[0].text
    assert "- Stap: 1 van 1: 1 u na de vorige stap\n" in follows[0].text
    assert follows[0].key == "acme/restore/INC-1/desk:1/0/managers:1/dora/mail"


def test_a_step_the_version_does_not_have_is_told_to_nobody_and_says_so() -> None:
    found = agenda(steps={"9": "2026-03-02T10:00:00Z"})
    (notice,) = told("9", agenda_=found)
    assert notice.muted == "nobody is on duty: version 1 has no step 9 of p1"


def test_a_case_cannot_pass_itself_off_as_the_link() -> None:
    (notice,) = told("1", agenda_=agenda(case="INC {link}"))
    assert notice.text.count("{link}") == 1
    assert "- Case: `INC { link }`\n" in notice.text


EVIL = "INC-1`\r\nBcc: everybody@example.org\u202e <script>alert(1)</script> [click](http://evil) <!channel> *x* #" + "x" * 500


def test_what_a_case_is_called_is_never_markup_and_never_a_second_line() -> None:
    (notice,) = told("1", agenda_=agenda(case=EVIL))
    assert len(notice.subject) <= 120
    assert not [c for c in notice.subject if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")]
    line = next(line for line in notice.text.splitlines() if line.startswith("- Case: "))
    assert line.startswith("- Case: `` INC-1` Bcc: everybody@example.org <script>")
    assert line.endswith("… ``")
    assert "\u202e" not in notice.text


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=300), st.text(max_size=60))
def test_any_case_gives_one_line_and_one_code_span(case: str, cycle: str) -> None:
    found = agenda(case=case, cycle=cycle)
    (notice,) = told("1", agenda_=found)
    assert len(notice.subject) <= 120
    assert not [c for c in notice.subject if unicodedata.category(c).startswith(("C", "Zl", "Zp"))]
    assert notice.text.count("\n") == told("1")[0].text.count("\n") - (not (case or cycle))
    span = code(case)
    fence = span[: len(span) - len(span.lstrip("`"))]
    assert fence
    assert span.endswith(fence)
    assert fence not in span[len(fence):-len(fence)] or not one_line(case)


NAMES = st.sampled_from(["on-call", "desk", "chris", "second", "duty-manager", "customer", "field", "provider", "paging", "day", "tool"])


@settings(max_examples=40, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6), st.integers(at("2026-01-02T00:00:00Z"), at("2026-06-01T00:00:00Z")))
def test_notices_are_keyed_uniquely_and_never_none(names: list[str], instant: int) -> None:
    ladders = PLAN.people.ladders
    step = replace(ladders["p1"].steps[0], tell=tuple(names), by=("mail", "chat"))
    plan = replace(PLAN, people=replace(PLAN.people, ladders={**ladders, "p1": replace(ladders["p1"], steps=(step, *ladders["p1"].steps[1:]))}))
    found = agenda()
    row = next(found.rows())._replace(at=instant)
    given_ = notices(plan, found, row, facts_of(), instant)
    keys = [n.key for n in given_]
    assert keys
    assert len(set(keys)) == len(keys)
    assert all(bool(n.address) != bool(n.muted) for n in given_)


def test_every_language_has_every_phrase_with_the_same_blanks() -> None:
    assert tuple(LANGUAGES) == _SPOKEN
    blanks = {tag: {name: sorted(f for _, f, _, _ in string.Formatter().parse(text) if f) for name, text in language.phrases.items()}
              for tag, language in LANGUAGES.items()}
    assert all(found == blanks["en"] for found in blanks.values())
    assert all(len(language.weekdays) == 7 and len(language.months) == 12 for language in LANGUAGES.values())


def test_dates_and_durations_in_each_language() -> None:
    summer = at("2026-07-01T12:00:30Z")
    assert words("en").instant(summer, "Europe/Berlin") == "Wed 1 July 2026, 14:00:30 (Europe/Berlin, UTC+02:00)"
    assert words("de-AT").instant(summer, "Europe/Berlin") == "Mi., 1. Juli 2026, 14:00:30 Uhr (Europe/Berlin, UTC+02:00)"
    assert words("nl").instant(summer, "America/New_York") == "wo 1 juli 2026, 08:00:30 uur (America/New_York, UTC-04:00)"
    assert words("fr").instant(summer, "UTC", short=True) == "1 juillet 12:00:30 +00:00"
    assert words("sv").tag == "en"
    assert words("en").duration(3 * 86_400 * 1_000_000 + HOUR, days=True) == "3 d 1 h"
    assert words("de").duration(73 * HOUR) == "73 Std."
    assert words("en").duration(0) == "0 min"
    assert words("fr").percent(Fraction(2, 3)) == "66,66 %"
    assert words("en").percent(Fraction(99999, 100000)) == "99.99%"
