"""Rotas: whose turn it is, over the changes of the clock, and the laws of turns."""

from __future__ import annotations

from itertools import pairwise

import pytest
from duty_world import at
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.clocks.rota import first_turn, turn_at, turns
from upheld.plans.people import Rota
from upheld.values.instant import DAY_US, day_ordinal, format_instant
from upheld.values.zone import zone

WEEKLY = Rota("desk", ("anna", "ben", "chris"), 1, "weeks", day_ordinal("2026-01-05"), 9 * 3600, "Europe/Berlin")


def member(rota: Rota, when: str) -> str:
    turn = turn_at(rota, at(when))
    return turn.member if turn else ""


@pytest.mark.parametrize(("when", "who"), [
    ("2026-01-05T08:59:59+01:00", ""),          # not begun
    ("2026-01-05T09:00:00+01:00", "anna"),
    ("2026-01-12T08:59:59+01:00", "anna"),
    ("2026-01-12T09:00:00+01:00", "ben"),
    ("2026-01-19T09:00:00+01:00", "chris"),
    ("2026-01-26T09:00:00+01:00", "anna"),      # and round again
    ("2026-03-30T08:59:59+02:00", "chris"),     # summer time: still at nine on the wall
    ("2026-03-30T09:00:00+02:00", "anna"),
    ("2026-10-26T08:59:59+01:00", "chris"),     # and back
    ("2026-10-26T09:00:00+01:00", "anna"),
])
def test_it_hands_over_at_nine_on_the_wall(when: str, who: str) -> None:
    assert member(WEEKLY, when) == who


def test_a_handover_the_clocks_skip_is_the_change_itself() -> None:
    nightly = Rota("night", ("anna", "ben"), 1, "days", day_ordinal("2026-03-28"), 2 * 3600 + 1800, "Europe/Berlin")
    turn = turn_at(nightly, at("2026-03-29T00:59:59Z"))
    assert turn is not None
    assert (turn.member, format_instant(turn.end, "Europe/Berlin")) == ("anna", "2026-03-29T03:00:00+02:00")


def test_a_handover_that_comes_twice_is_the_first() -> None:
    nightly = Rota("night", ("anna", "ben"), 1, "days", day_ordinal("2026-10-24"), 2 * 3600 + 1800, "Europe/Berlin")
    assert member(nightly, "2026-10-25T02:29:59+02:00") == "anna"
    assert member(nightly, "2026-10-25T02:30:00+02:00") == "ben"
    assert member(nightly, "2026-10-25T02:15:00+01:00") == "ben"    # the wall says 02:15 again; the duty is handed over all the same


def test_turns_of_hours_and_of_one_member() -> None:
    shifts = Rota("shifts", ("early", "late"), 12, "hours", day_ordinal("2026-01-05"), 7 * 3600, "Europe/Berlin")
    assert [member(shifts, f"2026-01-06T{hour}:00:00+01:00") for hour in ("06", "07", "18", "19")] == ["late", "early", "early", "late"]
    alone = Rota("alone", ("anna",), 1, "weeks", day_ordinal("2026-01-05"), 0, "UTC")
    assert member(alone, "2030-05-05T05:05:05Z") == "anna"
    assert turn_at(Rota("empty"), 0) is None


ROTAS = st.builds(
    lambda n, every, unit, day, at_s, where: Rota("r", tuple(f"m{i}" for i in range(n)), every, unit, day, at_s, where),
    st.integers(1, 5), st.integers(1, 40), st.sampled_from(["hours", "days", "weeks"]), st.integers(18_000, 22_000), st.integers(0, 86_399),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "+05:30"]),
)


@settings(max_examples=60, deadline=None)
@given(ROTAS, st.integers(0, 4000), st.integers(1, 60))
def test_turns_tile_the_time_and_one_member_has_each_instant(rota: Rota, after: int, days: int) -> None:
    start = first_turn(rota) + after * DAY_US // 7
    end = start + days * DAY_US
    found = turns(rota, start, end)
    assert found[0].start == start
    assert found[-1].end == end
    assert all(a.end == b.start and a.start < a.end for a, b in pairwise(found))
    for turn in found[:20]:
        for instant in (turn.start, (turn.start + turn.end) // 2, turn.end - 1):
            one = turn_at(rota, instant)
            assert one is not None
            assert one.start <= instant < one.end
            assert one.member == turn.member


@settings(max_examples=60, deadline=None)
@given(ROTAS, st.integers(0, 3000))
def test_whole_days_hand_over_at_the_same_time_on_the_wall(rota: Rota, after: int) -> None:
    turn = turn_at(rota, first_turn(rota) + after * DAY_US)
    assert turn is not None
    where = zone(rota.zone)
    if rota.unit != "hours":
        local = where.local(turn.end)
        # a time the clocks skip is handed over at the change
        assert local % DAY_US == rota.at_s * 1_000_000 or where.utc(local // DAY_US * DAY_US + rota.at_s * 1_000_000, "open") == turn.end
