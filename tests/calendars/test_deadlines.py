from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from upheld.calendars.dates import add_months
from upheld.calendars.deadlines import date_deadline
from upheld.calendars.grid import OutOfRange, compile_grid
from upheld.calendars.spec import Always, HolidayList, Weekly
from upheld.values.instant import DAY_US, date_text, day_ordinal, format_instant, parse_instant

P, H = parse_instant, 3600
LO, HI = P("2025-11-01T00:00:00Z"), P("2027-03-01T00:00:00Z")
OFFICE = Weekly("Europe/Berlin", (*(((8 * H, 12 * H), (13 * H, 17 * H)),) * 5, (), ()),
                holidays=(HolidayList((day_ordinal("2026-04-03"), day_ordinal("2026-04-06")), 0, 40_000),))
GRID = compile_grid(OFFICE, LO, HI)


def due(start, unit, count, at=None, landing="close", grid=GRID):
    return format_instant(int(date_deadline(grid, np.array([P(start)]), unit, count, at, landing)[0]), "Europe/Berlin")


@pytest.mark.parametrize(("start", "count", "at", "landing", "expected"), [
    # Good Friday and Easter Monday are no days
    ("2026-04-02T10:00:00+02:00", 1, None, "close", "2026-04-07T10:00:00+02:00"),
    ("2026-04-04T10:00:00+02:00", 1, None, "close", "2026-04-07T10:00:00+02:00"),       # a Saturday is day 0 too
    ("2026-04-01T20:00:00+02:00", 1, None, "close", "2026-04-02T17:00:00+02:00"),       # after closing: that date's closing
    ("2026-04-01T20:00:00+02:00", 1, None, "next_open", "2026-04-07T08:00:00+02:00"),
    ("2026-04-01T06:00:00+02:00", 1, None, "close", "2026-04-02T08:00:00+02:00"),       # before opening: that date's opening
    ("2026-04-01T12:30:00+02:00", 1, None, "close", "2026-04-02T13:00:00+02:00"),       # in the break: the end of the break
    ("2026-04-01T12:00:00+02:00", 1, None, "close", "2026-04-02T12:00:00+02:00"),       # at a closing: there
    ("2026-04-01T12:00:00+02:00", 1, None, "next_open", "2026-04-02T13:00:00+02:00"),
    ("2026-04-01T10:00:00+02:00", 1, "close", "close", "2026-04-02T17:00:00+02:00"),
    ("2026-04-01T10:00:00+02:00", 1, "open", "close", "2026-04-02T08:00:00+02:00"),
    ("2026-04-01T10:00:00+02:00", 1, 15 * H, "close", "2026-04-02T15:00:00+02:00"),
    ("2026-04-01T10:00:00+02:00", 1, 24 * H, "close", "2026-04-03T00:00:00+02:00"),     # 24:00 is the end of that date
    ("2026-04-01T10:00:00+02:00", 0, "close", "close", "2026-04-01T17:00:00+02:00"),
    ("2026-04-01T10:00:00+02:00", 0, None, "close", "2026-04-01T10:00:00+02:00"),
    ("2026-04-04T10:00:00+02:00", 0, None, "close", "2026-04-07T08:00:00+02:00"),
    ("2026-04-07T10:00:00+02:00", -1, None, "close", "2026-04-02T10:00:00+02:00"),
    ("2026-03-27T10:00:00+01:00", 1, None, "close", "2026-03-30T10:00:00+02:00"),       # over the change of the clocks
])
def test_working_days(start, count, at, landing, expected):
    assert due(start, "working days", count, at, landing) == expected


@pytest.mark.parametrize(("start", "unit", "count", "at", "expected"), [
    ("2026-04-01T20:00:00+02:00", "days", 2, None, "2026-04-03T20:00:00+02:00"),
    ("2026-04-01T20:00:00+02:00", "days", 0, 24 * H, "2026-04-02T00:00:00+02:00"),
    ("2026-04-01T20:00:00+02:00", "days", 1, 13 * H, "2026-04-02T13:00:00+02:00"),
    ("2026-04-01T20:00:00+02:00", "days", 2, "close", "2026-04-07T17:00:00+02:00"),     # 3 April is closed: the next open date
    ("2026-04-01T20:00:00+02:00", "days", 1, "open", "2026-04-02T08:00:00+02:00"),
    ("2026-01-31T12:00:00+01:00", "months", 1, None, "2026-02-28T12:00:00+01:00"),
    ("2026-03-31T12:00:00+02:00", "months", -1, None, "2026-02-28T12:00:00+01:00"),
    ("2026-03-28T02:30:00+01:00", "days", 1, None, "2026-03-29T03:00:00+02:00"),        # a skipped time is the change itself
    ("2026-10-24T02:30:00+02:00", "days", 1, None, "2026-10-25T02:30:00+01:00"),        # one that comes twice: the second
])
def test_calendar_dates(start, unit, count, at, expected):
    assert due(start, unit, count, at) == expected


def test_round_the_clock_a_working_day_is_a_day():
    grid = compile_grid(Always("Europe/Berlin"), LO, HI)
    assert due("2026-04-03T20:00:00+02:00", "working days", 1, grid=grid) == "2026-04-04T20:00:00+02:00"


def test_an_overnight_span_opens_both_dates():
    nights = compile_grid(Weekly("Europe/Berlin", (((22 * H, 30 * H),), (), (), (), (), (), ())), LO, HI)
    assert due("2026-03-02T23:00:00+01:00", "working days", 1, "close", grid=nights) == "2026-03-03T06:00:00+01:00"


def test_refusals():
    never = compile_grid(Weekly("UTC", ((),) * 7), LO, HI)
    inside, before, late = "2026-04-01T10:00:00+02:00", "2024-04-01T10:00:00+02:00", "2027-02-28T10:00:00+01:00"
    for ask in (lambda: due(inside, "working days", 900), lambda: due(inside, "days", 900), lambda: due(inside, "working days", -900),
                lambda: due(before, "working days", 1), lambda: due(before, "days", 1, "close"),
                lambda: due(late, "days", 9, "close"), lambda: due(inside, "working days", 1, grid=never)):
        with pytest.raises(OutOfRange):
            ask()
    none = np.zeros(0, np.int64)
    assert len(date_deadline(GRID, none, "working days", 1)) == 0
    assert len(date_deadline(GRID, none, "days", 1, "close")) == 0


def is_open_date(day):
    return day.weekday() < 5 and day.isoformat() not in ("2026-04-03", "2026-04-06")


def nth_open_date(day, count):
    """The oracle: walk from date to date."""
    step, left = (1 if count > 0 else -1), abs(count)
    while left:
        day += timedelta(days=step)
        left -= is_open_date(day)
    return day


@settings(max_examples=150, deadline=None)
@given(st.integers(P("2026-01-01T00:00:00Z"), P("2026-12-01T00:00:00Z")), st.integers(-30, 30).filter(bool))
def test_working_days_by_walking(start, count):
    found = int(date_deadline(GRID, np.array([start]), "working days", count)[0])
    own = date.fromisoformat(format_instant(start, "Europe/Berlin")[:10])
    assert format_instant(found, "Europe/Berlin")[:10] == nth_open_date(own, count).isoformat()
    assert GRID.is_open(np.array([found])) or GRID.is_open(np.array([found - 1]))


@given(st.integers(day_ordinal("1900-01-01"), day_ordinal("2100-01-01")), st.integers(-500, 500))
def test_months(day, months):
    own, later = date.fromisoformat(date_text(day)), date.fromisoformat(date_text(int(add_months(np.array([day]), months)[0])))
    assert (later.year * 12 + later.month) - (own.year * 12 + own.month) == months
    assert later.day == own.day or (later.day < own.day and (later + timedelta(days=1)).day == 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(P("2026-01-01T00:00:00Z"), P("2026-12-01T00:00:00Z")), st.integers(0, 40), st.integers(0, 3 * DAY_US))
def test_a_later_start_is_never_due_on_an_earlier_date(start, count, more):
    """Nor at an earlier time, but where one begins on a closed date: Saturday 10:00 and one working day is Monday 10:00, Sunday 09:00 is
    Monday 09:00 (LANGUAGE §4: the start's own date is day 0, open or not).
    """
    assume(count)
    one, two = date_deadline(GRID, np.array([start, start + more]), "working days", count).tolist()
    first, second = (date.fromisoformat(format_instant(t, "Europe/Berlin")[:10]) for t in (start, start + more))
    assert format_instant(one, "Europe/Berlin")[:10] <= format_instant(two, "Europe/Berlin")[:10]
    if first == second or (is_open_date(first) and is_open_date(second)):
        assert one <= two
