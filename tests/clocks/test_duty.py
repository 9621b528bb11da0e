"""Who is on duty: rotas, hours, overrides, feeds, roles and whoever stands in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from duty_world import AGREEMENT, at, facts_of, plan_of, said
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.clocks.duty import Duty, Override, gaps, on_duty, overrides_of, shifts
from upheld.values.instant import DAY_US

PLAN = plan_of()
MONDAY = at("2026-03-02T10:00:00+01:00")         # eight weeks after the first turn: chris
NIGHT = at("2026-03-02T22:00:00+01:00")


def override(who: str, start: str, end: str, rota: str = "desk") -> Override:
    return Override(rota, who, at(start), at(end), "dora")


def test_a_contact_a_rota_a_role_and_a_party() -> None:
    assert on_duty(PLAN, "anna", MONDAY) == Duty(("anna",), "anna")
    assert on_duty(PLAN, "desk", MONDAY).contacts == ("chris",)
    role = on_duty(PLAN, "on-call", MONDAY)
    assert role == Duty(("chris",), "on-call -> rota desk: chris until 2026-03-09T09:00:00+01:00")
    assert on_duty(PLAN, "customer", MONDAY) == Duty(("acme-it",), "customer -> acme-it")
    assert on_duty(PLAN, "provider", MONDAY).contacts == ("dora",)


def test_before_the_rota_begins_whoever_stands_in_is_told_and_the_gap_is_kept() -> None:
    early = on_duty(PLAN, "on-call", at("2026-01-02T10:00:00+01:00"))
    assert early.contacts == ("dora",)
    assert early.gap == "rota desk begins on 2026-01-05T09:00:00+01:00"
    assert early.path == "on-call: rota desk begins on 2026-01-05T09:00:00+01:00; so duty-manager -> dora"


def test_outside_its_hours_a_rota_falls_to_the_next_and_on_along_the_chain() -> None:
    found = on_duty(PLAN, "office-desk", NIGHT)
    assert found.contacts == ("chris",)
    assert found.gap == "rota day is not staffed outside office hours"
    assert on_duty(PLAN, "day", NIGHT) == Duty((), "rota day", "rota day is not staffed outside office hours")


def test_nobody_at_all_is_a_result() -> None:
    assert on_duty(PLAN, "paging", MONDAY) == Duty((), "paging", "the feed pager of rota tool has not been read")
    assert on_duty(PLAN, "nobody-known", MONDAY) == Duty((), "nobody-known", "nobody speaks for nobody-known")


def test_a_desk_that_is_closed_with_nobody_to_stand_in_is_told_all_the_same() -> None:
    found = on_duty(PLAN, "second", NIGHT)
    assert (found.contacts, found.gap) == (("chris",), "chris is outside office hours")
    assert on_duty(PLAN, "second", MONDAY).gap == ""


def test_whoever_took_over_last_has_the_duty() -> None:
    taken = (override("ben", "2026-03-02T08:00:00+01:00", "2026-03-02T18:00:00+01:00"),
             override("anna", "2026-03-02T09:30:00+01:00", "2026-03-02T12:00:00+01:00"))
    hours = ("07:59", "08:00", "09:30", "12:00", "18:00")
    at_hours = {hour: on_duty(PLAN, "desk", at(f"2026-03-02T{hour}:00+01:00"), taken).contacts for hour in hours}
    assert at_hours == {"07:59": ("ben",), "08:00": ("ben",), "09:30": ("anna",), "12:00": ("ben",), "18:00": ("chris",)}
    told = on_duty(PLAN, "desk", at("2026-03-02T10:00:00+01:00"), taken)
    assert told.path == "rota desk: anna, taken over until 2026-03-02T12:00:00+01:00 (dora)"


def test_an_override_puts_somebody_on_duty_outside_the_hours() -> None:
    taken = (override("ben", "2026-03-02T20:00:00+01:00", "2026-03-03T06:00:00+01:00", "day"),)
    assert on_duty(PLAN, "day", NIGHT, taken).contacts == ("ben",)


def test_an_override_by_a_stranger_is_a_gap_never_a_guess() -> None:
    taken = (override("zoe", "2026-03-02T08:00:00+01:00", "2026-03-02T18:00:00+01:00"),)
    found = on_duty(PLAN, "on-call", MONDAY, taken)
    assert found.contacts == ("dora",)
    assert found.gap == "rota desk is taken over by zoe, who is no contact"


def test_overrides_are_facts_in_the_order_in_which_they_became_known() -> None:
    facts = facts_of(
        said("on duty", "desk", "dora", "2026-03-02T07:00:00Z", "2026-03-02T09:30:00Z", who="anna", from_="2026-03-02T07:00:00Z",
             until="2026-03-02T17:00:00Z"),
        said("on duty", "desk", "dora", "2026-03-02T08:00:00Z", who="ben", until="2026-03-02T17:00:00Z"),
        said("on duty", "desk", "dora", "2026-03-02T08:00:00Z", who="chris", until="2026-03-02T08:00:00Z"),   # no time at all
    )
    assert [o.who for o in overrides_of(facts, at("2026-03-02T09:00:00Z"))] == ["ben"]
    assert [o.who for o in overrides_of(facts, at("2026-03-02T10:00:00Z"))] == ["ben", "anna"]
    assert overrides_of(facts, at("2026-03-02T09:00:00Z"))[0].start == at("2026-03-02T08:00:00Z")


def feed(*events: str) -> bytes:
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\n" + "".join(f"BEGIN:VEVENT\r\n{e}\r\nEND:VEVENT\r\n" for e in events)
            + "END:VCALENDAR\r\n").encode()


PAGER = {"pager": feed(
    "UID:1\r\nDTSTART:20260302T080000Z\r\nDTEND:20260302T160000Z\r\nSUMMARY:On Call - Ben Fink - primary",
    "UID:2\r\nDTSTART:20260302T160000Z\r\nDTEND:20260303T080000Z\r\nSUMMARY:Night\r\nATTENDEE;CN=A. Meier:mailto:Anna@northwind.example",
    "UID:3\r\nDTSTART:20260304T080000Z\r\nDTEND:20260304T160000Z\r\nSUMMARY:Zoe Quick",
)}


@pytest.mark.parametrize(("when", "contacts", "gap"), [
    ("2026-03-02T09:00:00Z", ("ben",), ""),
    ("2026-03-02T16:00:00Z", ("anna",), ""),
    ("2026-03-03T09:00:00Z", (), "the feed pager of rota tool has nobody on duty"),
    ("2026-03-04T09:00:00Z", (), "the feed pager of rota tool has `Zoe Quick` on duty, who is no contact"),
])
def test_a_feed_says_who_is_on_duty(when: str, contacts: tuple[str, ...], gap: str) -> None:
    found = on_duty(PLAN, "tool", at(when), (), PAGER)
    assert (found.contacts, found.gap) == (contacts, gap)


def test_a_broken_feed_is_a_gap_in_words() -> None:
    found = on_duty(PLAN, "tool", MONDAY, (), {"pager": b"BEGIN:VCALENDAR\r\n"})
    assert found.gap == ("the feed pager of rota tool cannot be read: the feed does not end with END:VCALENDAR: it was cut short or is no feed")


def test_people_that_lead_back_to_themselves_end() -> None:
    text = AGREEMENT.replace("second: {contacts: chris}", "second: {falls_to: third}\n  third: {falls_to: second}")
    plan = plan_of(text.replace("third: {falls_to: second}", "third: {contacts: chris}"))
    looped = {**plan.people.roles, "third": plan.people.roles["second"].__class__("third", falls_to="second")}
    object.__setattr__(plan.people, "roles", looped)
    assert on_duty(plan, "second", MONDAY).gap == "nobody fills second; nobody fills third; second leads back to itself"


def test_gaps_of_a_rota_are_the_staffed_hours_without_anybody() -> None:
    day = PLAN.people.rotas["day"]
    start, end = at("2025-12-29T00:00:00+01:00"), at("2026-01-07T00:00:00+01:00")
    found = gaps(PLAN, day, start, end)
    assert [(g.start, g.end) for g in found] == [
        (at(f"{d}T08:00:00+01:00"), at(f"{d}T17:00:00+01:00")) for d in ("2025-12-29", "2025-12-30", "2025-12-31", "2026-01-01", "2026-01-02")]
    assert {g.duty.gap for g in found} == {"rota day begins on 2026-01-05T08:00:00+01:00"}
    tool = PLAN.people.rotas["tool"]
    holes = gaps(PLAN, tool, at("2026-03-02T08:00:00Z"), at("2026-03-04T16:00:00Z"), (), PAGER)
    assert [(h.start, h.end) for h in holes] == [
        (at("2026-03-03T08:00:00Z"), at("2026-03-04T08:00:00Z")), (at("2026-03-04T08:00:00Z"), at("2026-03-04T16:00:00Z"))]


INSTANTS = st.integers(at("2026-01-05T08:00:00Z"), at("2026-12-31T00:00:00Z"))


TAKEN = st.lists(st.tuples(INSTANTS, st.integers(1, 5 * DAY_US), st.sampled_from(["anna", "ben", "zoe"])), max_size=4)


@settings(max_examples=40, deadline=None)
@given(INSTANTS, st.integers(1, 30), TAKEN)
def test_shifts_tile_the_time_and_agree_with_every_instant(start: int, days: int, taken: list[tuple[int, int, str]]) -> None:
    overrides = tuple(Override("day", who, a, a + length, "dora") for a, length, who in taken)
    day, end = PLAN.people.rotas["day"], start + days * DAY_US
    found = shifts(PLAN, day, start, end, overrides)
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(a.end == b.start for a, b in pairwise(found))
    for shift in found:
        for instant in (shift.start, (shift.start + shift.end) // 2, shift.end - 1):
            duty = on_duty(PLAN, "day", instant, overrides)
            assert (duty.contacts, duty.gap) == (shift.duty.contacts, shift.duty.gap)
            assert bool(duty.contacts) != bool(duty.gap)


@settings(max_examples=60, deadline=None)
@given(INSTANTS)
def test_exactly_one_member_is_on_duty_in_staffed_hours(instant: int) -> None:
    assert len(on_duty(PLAN, "desk", instant).contacts) == 1
    assert gaps(PLAN, PLAN.people.rotas["day"], instant, instant + DAY_US) == ()
