"""Time as a story: cases come, clocks climb their ladders, people are told once, and nothing else is ever sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from world import AGREEMENT, World

from upheld.service.acted import acted_on
from upheld.service.deliver import Delivered
from upheld.service.fold import STOPPED
from upheld.service.letter import Outcome

both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


class Nobody:
    """Delivers nothing."""

    def deliver(self) -> Delivered:
        return Delivered()


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """On SQLite; on PostgreSQL too where a story asks for ``both``, or all of them by UPHELD_STORIES=postgresql."""
    kind = getattr(request, "param", os.environ.get("UPHELD_STORIES", "sqlite"))
    made = World(tmp_path / "store.db" if kind == "sqlite" else str(request.getfixturevalue("postgres_url")))
    yield made
    made.close()


@both
def test_a_case_climbs_its_ladder(world: World) -> None:
    world.at("2026-03-27 14:00").open("INC-1").silent()
    world.advance("119m").silent()
    world.advance("1m").expect("ann: 50%")
    world.advance("1h").expect("ann: 75%", "ben: 75%")
    world.advance("1h").expect("ann: 100%", "ben: 100%")
    world.advance("1h").expect("ben: MISSED")
    world.advance("30m").expect("ben: MISSED")
    world.advance("30m").expect("ben: MISSED")
    world.advance("48h").silent()
    assert world.steps("INC-1") == {"1": "03-27 16:00", "2": "03-27 17:00", "3": "03-27 18:00", "4": "03-27 19:00", "4r1": "03-27 19:30",
                                    "4r2": "03-27 20:00"}


def test_service_hours_are_counted_not_the_wall(world: World) -> None:
    world.at("2026-03-27 17:00").open("INC-1")
    world.at("2026-03-30 08:59").silent()
    world.at("2026-03-30 09:00").expect("ann: 50%")
    world.resolve("INC-1").advance("5d").silent()
    (clock,) = world.clocks("INC-1")
    assert (clock.state, clock.verdict, clock.elapsed_us, clock.next_at) == ("stopped", "met", 2 * 3_600_000_000, None)


@both
def test_a_pause_and_a_freeze_move_what_is_due(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1", "INC-2").advance("1h").event("INC-1", "asked")
    world.at("2026-03-03 11:00").expect("ann: INC-2")
    world.interval("freeze").advance("2h").silent()
    world.event("INC-1", "replied").interval("freeze", "2h", ago="2h", id="again")
    world.advance("30m").silent()
    assert [c.state for c in (*world.clocks("INC-1"), *world.clocks("INC-2"))] == ["paused", "paused"]


def test_an_acknowledgement_stops_the_repeats_not_the_clock(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 13:30").expect("ann: 50%", "ann: 75%", "ben: 75%", "ann: 100%", "ben: 100%")
    world.acknowledge("INC-1").at("2026-03-03 15:29").silent()
    world.at("2026-03-03 15:30").expect("ben: MISSED")
    assert world.clocks("INC-1")[0].verdict == "missed"
    world.resolve("INC-1").advance("24h").silent()


def test_a_resolved_case_is_told_of_no_more(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 11:00").expect("ann: 50%").resolve("INC-1").advance("72h").silent()


@both
def test_a_correction_takes_the_case_back(world: World) -> None:
    world.at("2026-03-03 09:00").event("INC-1", "opened", id="o1").at("2026-03-03 10:00").silent()
    world.event("INC-1", "opened", id="o2", replaces="o1", void=True).advance("72h").silent()
    assert world.clocks("INC-1") == []


def test_a_late_fact_fires_its_steps_at_their_own_instants_as_one_message(world: World) -> None:
    world.at("2026-03-03 13:20").open("INC-1", ago="3h").work().expect("ann: 75%", "ben: 75%")
    assert world.steps("INC-1") == {"1": "03-03 12:20", "2": "03-03 13:20"}
    folded = world.messages(state="folded")
    assert [(m.recipient, m.step, m.reason) for m in folded] == [("ann", "1", "told together with a later step")]
    world.resolve("INC-1").work()


@both
def test_after_a_day_down_one_message_a_clock_and_person(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1", "INC-2", "INC-3").work()
    world.clock.at = world.instant("2026-03-04 09:00")
    world.resolve("INC-3", ago="1h")
    world.work()
    told = [(letter.recipient, letter.key.split("/")[2]) for letter in world.sent.letters]
    also = [key for letter in world.sent.letters for key in letter.also]
    everyone = told + [(key.split("/")[-2], key.split("/")[2]) for key in also]
    assert sorted(everyone) == [("ann", "INC-1"), ("ann", "INC-2"), ("ben", "INC-1"), ("ben", "INC-2")]
    assert "Before this:" in world.sent.letters[0].text
    world.sent.letters.clear()
    assert {(m.recipient, m.reason) for m in world.messages(state="muted")} == {("ann", STOPPED), ("ben", STOPPED)}
    assert {m.casename for m in world.clocks("INC-3")} == {"INC-3"}
    assert set(world.steps("INC-1")) == {"1", "2", "3", "4", "4r1", "4r2"}


def test_many_clocks_in_a_minute_are_one_mail(world: World) -> None:
    cases = [f"INC-{i}" for i in range(20)]
    world.at("2026-03-03 09:00").open(*cases).at("2026-03-03 11:00")
    (letter,) = world.sent.letters
    assert letter.subject.endswith("(and 19 more)")
    assert all(case in letter.text for case in cases)
    world.expect("ann: 50%").resolve(*cases).work()
    leaves = [leaf for leaf in world.store.logs.leaves("stream") if leaf.kind == "notice"]
    assert len(leaves) == 1
    assert b"ann@" not in leaves[0].data


def test_nobody_gets_more_than_agreed_in_a_minute(tmp_path: Path) -> None:
    world = World(tmp_path / "store.db", per_minute=2)
    world.at("2026-03-03 09:00")
    for minute in range(5):
        world.open(f"INC-{minute}").advance("10s")
    world.at("2026-03-03 11:01").advance("10s")
    sent = list(world.sent.letters)
    assert [len(letter.also) for letter in sent] == [0, 0, 2]
    world.advance("2m")
    assert sum(1 + len(letter.also) for letter in world.sent.letters) == 5
    world.sent.letters.clear()
    world.resolve(*(f"INC-{i}" for i in range(5))).work().close()


def test_a_step_fires_once_whatever_is_recorded_again(world: World) -> None:
    world.at("2026-03-03 09:00").event("INC-1", "opened", id="a").at("2026-03-03 11:00").expect("ann: 50%")
    for i in range(5):
        world.event("INC-1", "noted", id=f"n{i}").work().advance("1m").silent()
    world.resolve("INC-1").work()


def test_a_new_version_is_judged_from_then_on(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1")
    world.agreement(AGREEMENT.replace("version: 1", "version: 2").replace("2026-01-01", "2026-03-04")
                    .replace("2025-12-01", "2026-03-03").replace("within: 4h", "within: 2h"), "agreements/acme-2.yaml")
    world.at("2026-03-03 11:00").expect("ann: 50%").resolve("INC-1").at("2026-03-05 09:00").silent()
    world.open("INC-2").at("2026-03-05 10:00").expect("ann: 50%")
    world.resolve("INC-2").work()
    assert [c.version for c in (*world.clocks("INC-1"), *world.clocks("INC-2"))] == ["1", "2"]


def test_an_agreement_that_comes_later_finds_the_cases_that_are_there(tmp_path: Path) -> None:
    world = World(tmp_path / "store.db", "")
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 10:00").silent()
    assert world.clocks("INC-1") == []
    world.agreement(AGREEMENT).at("2026-03-03 11:00").expect("ann: 50%").resolve("INC-1").work().close()


def test_a_clock_that_goes_back_is_held_and_told(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 10:50").silent()
    world.jump("-1h").work().expect("operator: The clock went backwards")
    world.open("INC-2").work()
    world.advance("30m").silent()
    world.at("2026-03-03 11:00").expect("ann: 50%")
    world.resolve("INC-1", "INC-2").work()


def test_a_clock_that_jumps_ahead_and_back_loses_and_doubles_nothing(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 10:30").silent()
    world.jump("1h").work().expect("ann: 50%")
    world.jump("-1h").work().expect("operator: The clock went backwards")
    world.at("2026-03-03 12:00").expect("ann: 75%", "ben: 75%")
    world.resolve("INC-1").work()


@both
def test_a_clock_that_was_years_ahead_is_believed_no_more(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 10:00").silent()
    world.jump("7300d").work().expect("ann: MISSED: fix INC-1", "ben: Again (2): MISSED: fix INC-1")
    world.jump("-7300d").work().expect("operator: A clock was ahead")
    (clock,) = world.clocks("INC-1")
    assert (clock.state, clock.verdict) == ("running", "pending")   # worked out anew, by nobody's word
    world.open("INC-2").work().silent()                             # not two decades late
    world.at("2026-03-03 12:00").expect("ann: 50% used: fix INC-2")
    world.resolve("INC-1", "INC-2").at("2026-03-04 12:00").silent()


def test_a_clock_three_hours_ahead_loses_and_doubles_nothing(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 10:00").silent()
    world.jump("3h").work().expect("ann: 100%", "ben: 100%")
    world.jump("-3h").work().expect("operator: A clock was ahead")
    world.open("INC-2").work().silent()
    world.at("2026-03-03 12:00").expect("ann: 50% used: fix INC-2")
    world.at("2026-03-03 13:59").expect("ann: 75% used: fix INC-2", "ben: 75% used: fix INC-2")
    world.at("2026-03-03 14:00").expect("ann: 100% used: fix INC-2", "ben: (and 1 more)")
    world.resolve("INC-1", "INC-2").work()


def test_one_worker_hours_behind_the_server_does_not_take_time_back(postgres_url: str) -> None:
    world = World(postgres_url)
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 11:00").expect("ann: 50%")
    world.jump("-3h").work().expect("operator: The clock went backwards")      # the server's clock says that it is long past that
    assert acted_on(world.store).at == world.instant("2026-03-03 11:00")
    world.jump("3h").resolve("INC-1").work().close()


def test_a_step_that_does_not_reach_somebody_is_told_to_the_operator(tmp_path: Path) -> None:
    world = World(tmp_path / "store.db", AGREEMENT.replace("ben: {mail: ben@northwind.example, chat: ops}", "ben: {}"))
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 12:00").expect("ann: 50%", "ann: 75%", "operator: A step did not reach ben")
    world.at("2026-03-03 13:00").expect("ann: 100%", "operator: A step did not reach ben")
    world.at("2026-03-03 14:00").expect("operator: A step did not reach ben")
    world.at("2026-03-03 16:00").silent()                          # its repeats say nothing new
    world.resolve("INC-1").work().close()


def test_a_duty_that_nobody_has_is_told_to_the_operator(tmp_path: Path) -> None:
    text = AGREEMENT.replace("desk: {contacts: [ann]}", "desk: {rota: first}").replace(
        "escalations:", "rotas:\n  first: {members: [ann], each: 1 week, starts: 2026-03-04}\nescalations:")
    world = World(tmp_path / "store.db", text)
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 11:00").expect("operator: A step reached nobody")
    world.resolve("INC-1").work().close()


@both
def test_a_poison_case_stops_no_other_and_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.service import evaluate

    real = evaluate.agenda

    def poisoned(plans, facts, at, kinds=("case", "schedule")):  # type: ignore[no-untyped-def]
        if facts.events is not None and "BAD" in facts.events.case_names:
            raise ZeroDivisionError("poison")
        return real(plans, facts, at, kinds)

    monkeypatch.setattr(evaluate, "agenda", poisoned)
    world.at("2026-03-03 09:00").open("INC-1", "BAD", "INC-2").work().expect("operator: case BAD cannot be worked out")
    world.at("2026-03-03 11:00").expect("ann: (and 1 more)")
    monkeypatch.setattr(evaluate, "agenda", real)
    world.at("2026-03-03 11:40").expect("ann: 50%")                # mended: found again by itself
    assert world.steps("BAD") == {"1": "03-03 11:00"}
    world.resolve("INC-1", "INC-2", "BAD").work()


def test_what_fails_is_sent_again_under_its_key(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1")
    world.sent.answers = [Outcome("failed", "450 later"), Outcome("unknown", "no answer"), Outcome("failed", "450")]
    world.at("2026-03-03 11:00").at("2026-03-03 11:05")
    assert len({letter.key for letter in world.sent.letters}) == 1
    assert world.sent.taken == {world.sent.letters[0].key: 2}
    (message,) = world.messages()
    assert (message.state, message.attempts) == ("sent", 4)
    world.sent.letters.clear()
    world.resolve("INC-1").work()


def test_a_dead_letter_pages_by_another_channel(tmp_path: Path) -> None:
    world = World(tmp_path / "store.db", attempts=3, chat="ops")
    world.at("2026-03-03 09:00").open("INC-1")
    world.sent.answers = [Outcome("failed", "535 no")] * 3
    world.at("2026-03-03 11:10").expect("operator: A message by mail could not be sent")
    assert {m.state: m.channel for m in world.messages()} == {"dead": "mail", "sent": "chat"}
    world.resolve("INC-1").work().close()


def test_a_mail_server_away_for_a_day_leaves_one_message_a_clock_and_person(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 10:59")
    ours, world.deliverer = world.deliverer, Nobody()
    world.at("2026-03-03 16:00").silent()
    world.deliverer = ours
    world.work().expect("ann: 100%", "ben: MISSED")
    world.resolve("INC-1").work()


def test_a_worker_that_dies_between_sending_and_saying_so_sends_again_under_the_key(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").at("2026-03-03 10:59")
    world.sent.answers = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.at("2026-03-03 11:00")
    world.work().silent()
    world.advance("1m").expect("ann: 50%")
    assert world.messages()[0].attempts == 2
    world.resolve("INC-1").work()


def test_an_idle_tick_writes_nothing(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").work()
    size = world.store.stream.size()
    for _ in range(3):
        assert world.ticker.tick().units == 0
    assert world.store.stream.size() == size
    world.resolve("INC-1").work()


def test_other_customers_cases_are_not_ours(world: World) -> None:
    world.at("2026-03-03 09:00").open("INC-1").open("X-1", customer="Globex").at("2026-03-03 11:00").expect("ann: 50%")
    assert world.clocks("X-1") == []
    world.resolve("INC-1").work()


def test_an_open_promise_of_another_case_mutes_though_that_case_is_not_looked_at(world: World) -> None:
    site = "  site: {measure: clock, of: {kind: site}, starts: down, stops: up, within: 8h, per: month}\n"
    muted = AGREEMENT.replace("    acknowledge: 2h", "    acknowledge: 2h\n    muted_while: site")
    world.agreement(muted.replace("contacts:\n", f"{site}contacts:\n", 1))
    world.at("2026-03-03 09:00").event("SITE", "down", kind="site").open("INC-1").advance("2h").silent()
    assert [m.state for m in world.messages()] == ["muted"]
    world.event("SITE", "up").advance("1h").expect("ann: 75%", "ben: 75%")


def test_what_fell_due_long_before_the_agreement_was_put_here_is_kept_and_told_to_nobody(tmp_path: Path) -> None:
    world = World(tmp_path / "store.db", text="")
    # cases and their history are there before the agreement is
    world.at("2026-03-04 12:00").open("INC-1", ago="50h").open("INC-2", ago="2h").agreement(AGREEMENT).work().expect("ann: INC-2")
    assert len(world.steps("INC-1")) == 6
    assert not [m for m in world.messages() if "INC-1" in m.key]
    world.resolve("INC-2").close()


def test_a_warning_that_fell_due_while_nobody_worked_is_told_though_the_clock_was_paused_since(tmp_path: Path) -> None:
    world = World(tmp_path / "store.db", AGREEMENT.replace("{at: 50%, tell: desk, says: Look at it.}", "{before: 2h, tell: desk}"))
    world.at("2026-03-03 09:00").open("INC-1").work()              # due at 13:00: told at 11:00
    world.at("2026-03-03 10:30")
    world.clock.at = world.instant("2026-03-03 11:20")             # no worker from 10:30 on; the case is paused at 11:15
    world.event("INC-1", "asked", ago="5m")
    world.sleep("10m").expect("ann: ")
    assert world.steps("INC-1") == {"1": "03-03 11:00"}
    world.at("2026-03-03 14:00").event("INC-1", "replied").at("2026-03-03 14:30")
    assert world.steps("INC-1")["1"] == "03-03 11:00"
    assert [m.step for m in world.messages() if m.recipient == "ann"].count("1") == 1
    world.close()
