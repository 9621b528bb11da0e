"""Every clock change from 2000 to 2040 in a dozen zones: kernels against the slow walkers.

``UPHELD_CAMPAIGN=20`` asks twenty times as many pairs a change, and the minute walker at every one.
"""

import os
import random

import calendar_oracle as oracle
import numpy as np
import pytest

from upheld.calendars.grid import compile_grid
from upheld.calendars.spec import HolidayList, Weekly
from upheld.values.instant import day_ordinal, parse_instant
from upheld.values.zone import zone

H = 3600
ROUNDS = int(os.environ.get("UPHELD_CAMPAIGN", "1"))
LO, HI = parse_instant("1999-12-01T00:00:00Z"), parse_instant("2041-03-01T00:00:00Z")
FROM, UNTIL = parse_instant("2000-01-01T00:00:00Z"), parse_instant("2041-01-01T00:00:00Z")
NO_DAY = ((),)

WEEKS = {
    "office": (((8 * H, 12 * H), (13 * H, 17 * H + 1800)),) * 7,
    "nights": (((22 * H, 30 * H),),) * 7,
    "in the change": (((1 * H, 2 * H + 1800), (6 * H, 23 * H)),) * 7,
    "all day in halves": (((0, 12 * H), (12 * H, 24 * H)),) * 7,
    "a quarter each hour": (tuple((h * H + 900, h * H + 1800) for h in range(24)),) * 7,
}


def changes(name):
    moments = zone(name).transitions
    return [int(t) for t in moments[(moments > FROM) & (moments < UNTIL)]]


@pytest.mark.parametrize("name", oracle.ZONES)
@pytest.mark.parametrize("hours", WEEKS)
def test_elapsed_and_due_at_every_change(name, hours):
    spec = Weekly(name, WEEKS[hours])
    grid = compile_grid(spec, LO, HI)
    chance = random.Random(f"{name} {hours}")
    a, b, target = [], [], []
    for change in changes(name):
        for _ in range(ROUNDS):
            start = change + chance.choice((-1, 0, 1, chance.randrange(-30 * H, 30 * H) * 1_000_000, -chance.randrange(10**11)))
            a.append(start)
            b.append(start + chance.choice((0, 1, chance.randrange(2 * 10**11), chance.randrange(5 * 10**11))))
            target.append(chance.choice((1, H * 1_000_000, chance.randrange(1, 2 * 10**11))))
    elapsed = grid.elapsed(np.array(a, np.int64), np.array(b, np.int64))
    due = grid.due(np.array(a, np.int64), np.array(target, np.int64))
    back = grid.due_before(due, np.array(target, np.int64))
    assert a or name == "UTC"
    assert elapsed.tolist() == [oracle.listed(spec, x, y) for x, y in zip(a, b, strict=True)]
    assert due.tolist() == [oracle.due(spec, x, y) for x, y in zip(a, target, strict=True)]
    assert grid.elapsed(back, due).tolist() == target


@pytest.mark.parametrize("name", oracle.ZONES)
def test_minute_by_minute(name):
    """Hours whose edges lie in no repeated hour: the wall clock, asked each minute, gives the same."""
    every = 1 if ROUNDS > 1 else 12
    for hours in ("office", "nights"):
        spec = Weekly(name, WEEKS[hours])
        grid = compile_grid(spec, LO, HI)
        for number, change in enumerate(changes(name)):
            if number % every:
                continue
            a, b = change - 20 * H * 1_000_000, change + 30 * H * 1_000_000
            assert grid.elapsed(np.array([a]), np.array([b])).tolist() == [oracle.minutes(spec, a, b)]


@pytest.mark.parametrize("name", oracle.ZONES)
def test_wall_time_both_ways(name):
    tz, where = oracle.load(name), zone(name)
    moments = [t + d for t in changes(name) for d in (-7_200_000_000, -1, 0, 1, 1_800_000_000, 5_400_000_000)] or [FROM]
    local = where.to_local(np.array(moments, np.int64))
    for moment, wall in zip(moments, local.tolist(), strict=True):
        naive = oracle.at(wall).replace(tzinfo=None)
        assert oracle.at(moment).astimezone(tz).replace(tzinfo=None) == naive
        day, second, micro = naive.date(), naive.hour * H + naive.minute * 60 + naive.second, naive.microsecond
        if not micro:
            assert where.utc(wall, "open") == oracle.wall_to_us(day, second, tz, closing=False)
            assert where.utc(wall, "close") == oracle.wall_to_us(day, second, tz, closing=True)


@pytest.mark.parametrize("name", oracle.ZONES)
def test_skipped_wall_time(name):
    tz, where = oracle.load(name), zone(name)
    for change in changes(name):
        before, after = where.local(change - 1) + 1, where.local(change)
        for wall in range(before, after, 600_000_000):
            naive = oracle.at(wall)
            seconds = naive.hour * H + naive.minute * 60 + naive.second
            assert where.utc(wall, "open") == where.utc(wall, "close") == change
            assert oracle.wall_to_us(naive.date(), seconds, tz, closing=False) == change


def test_dates_and_holidays_against_the_walker():
    half_day, feast = day_ordinal("2026-12-24"), day_ordinal("2026-12-25")
    spec = Weekly("Europe/Berlin", (*(((8 * H, 12 * H), (13 * H, 17 * H)),) * 5, (), ()), ((half_day, ((8 * H, 12 * H),)),),
                  (HolidayList((half_day, feast), 0, 40_000),))
    grid = compile_grid(spec, LO, HI)
    a, b = parse_instant("2026-12-20T00:00:00Z"), parse_instant("2027-01-02T00:00:00Z")
    assert grid.elapsed(np.array([a]), np.array([b])).tolist() == [oracle.listed(spec, a, b)]
    assert oracle.listed(spec, a, b) == (3 * 8 + 4 + 5 * 8) * H * 1_000_000     # 21-23 Dec, half 24th, 28 Dec - 1 Jan
