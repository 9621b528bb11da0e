import calendar_oracle as oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.calendars import bucket as buckets
from upheld.calendars.grid import OutOfRange, compile_grid
from upheld.calendars.recurrence import RecurrenceError
from upheld.calendars.spec import Always, Explicit, HolidayList, Intersection, Recurring, Union, Weekly
from upheld.values.instant import DAY_US, day_ordinal, format_instant, parse_instant
from upheld.values.zone import UnknownZone

P, H, US = parse_instant, 3600, 1_000_000
LO, HI = P("2025-12-01T00:00:00Z"), P("2027-02-01T00:00:00Z")
OFFICE = (*(((8 * H, 12 * H), (13 * H, 17 * H + 1800)),) * 5, (), ())
DE = Weekly("Europe/Berlin", OFFICE, holidays=(HolidayList((day_ordinal("2026-05-01"),), day_ordinal("2025-01-01"),
                                                           day_ordinal("2027-12-31"), name="DE"),))


def i64(*texts):
    return np.array([P(t) if isinstance(t, str) else t for t in texts], np.int64)


def shown(us):
    return [format_instant(int(t), "Europe/Berlin") for t in us]


# ---- laws ------------------------------------------------------------------------------------------------------------

span = st.tuples(st.integers(0, 95), st.integers(1, 60)).map(lambda p: (p[0] * 900, (p[0] + p[1]) * 900))
weekly = st.builds(
    Weekly, st.sampled_from(oracle.ZONES), st.lists(st.lists(span, max_size=3).map(tuple), min_size=7, max_size=7).map(tuple),
    st.dictionaries(st.integers(20_440, 20_500), st.lists(span, max_size=2).map(tuple), max_size=3).map(
        lambda d: tuple(d.items())),
    st.lists(st.integers(20_440, 20_500), max_size=5).map(lambda d: (HolidayList(tuple(d), 0, 40_000),)),
)
instant = st.integers(LO, HI)
few = settings(max_examples=60, deadline=None)


@few
@given(weekly, st.lists(instant, min_size=3, max_size=3).map(sorted))
def test_elapsed_is_additive_and_grows(spec, points):
    grid = compile_grid(spec, LO, HI)
    a, b, c = (np.array([p], np.int64) for p in points)
    assert grid.elapsed(a, c) == grid.elapsed(a, b) + grid.elapsed(b, c)
    assert 0 <= grid.elapsed(a, b) <= b - a
    assert grid.elapsed(b, a) == -grid.elapsed(a, b)
    assert grid.work(c) >= grid.work(b)


@few
@given(weekly, instant, st.integers(0, 40 * DAY_US), st.integers(0, 40 * DAY_US), st.sampled_from(["close", "next_open"]))
def test_due_inverts_elapsed_and_grows_with_the_target(spec, start, one, two, landing):
    grid = compile_grid(spec, LO, HI)
    a, low, high = np.array([start]), np.array([min(one, two)]), np.array([max(one, two)])
    try:
        due, later = grid.due(a, low, landing), grid.due(a, high, landing)
    except OutOfRange:
        assert grid.elapsed(a, np.array([HI])) <= high
        return
    assert grid.elapsed(a, due) == low
    assert a <= due <= later
    assert landing == "close" or grid.is_open(due)
    if landing == "close" and low > 0:
        assert grid.elapsed(a, due - 1) == low - 1          # the earliest such instant
        back = grid.due_before(due, low)
        assert grid.elapsed(back, due) == low
        assert back >= a
        assert back == due or grid.elapsed(back + 1, due) == low - 1


@few
@given(weekly, instant, st.integers(1, 5 * DAY_US), st.integers(0, 5 * DAY_US), st.integers(0, 10 * DAY_US))
def test_a_pause_never_shortens_a_deadline(spec, start, target, after, length):
    grid = compile_grid(spec, LO, HI)
    a, t = np.array([start]), np.array([target])
    pause = np.array([start + after]), np.array([start + after + length])
    try:
        due, paused = grid.due(a, t), grid.without(*pause).due(a, t)
    except OutOfRange:
        return
    assert paused >= due
    assert pause[0] < due or paused == due                  # a pause after the due instant changes nothing


@few
@given(weekly, weekly, st.lists(instant, min_size=2, max_size=2).map(sorted))
def test_union_and_intersection(one, two, points):
    a, b = (np.array([p], np.int64) for p in points)
    either, both = Union("UTC", (one, two)), Intersection("UTC", (one, two))
    first_only, second_only = Intersection("UTC", (one,), two), Intersection("UTC", (two,), one)
    specs = (one, two, either, both, first_only, second_only)
    counts = {spec: int(compile_grid(spec, LO, HI).elapsed(a, b)[0]) for spec in specs}
    assert counts[either] + counts[both] == counts[one] + counts[two]
    assert counts[first_only] == counts[one] - counts[both]
    assert counts[either] == counts[first_only] + counts[second_only] + counts[both]


@few
@given(weekly)
def test_open_and_next_agree_with_the_spans(spec):
    grid = compile_grid(spec, LO, HI)
    S, E = grid.spans()
    assert (S < E).all()
    assert (S[1:] > E[:-1]).all()
    assert grid.C.tolist() == [0, *np.cumsum(E - S)]
    if not len(S):
        return
    assert grid.is_open(S).all()
    assert not grid.is_open(E).any()
    assert (grid.next_open(S) == S).all()
    assert (grid.next_close(S) == E).all()
    assert (grid.prev_open(E) == E).all()
    assert (grid.next_open(E[:-1]) == S[1:]).all()
    assert (grid.prev_open(S[1:]) == E[:-1]).all()


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=300, unique=True).map(sorted), st.integers(1, 10**6))
def test_the_bucket_index_is_a_search(marks, stretch):
    marks = np.array(marks, np.int64) * stretch
    base, top = int(marks[0]) - 3, int(marks[-1]) + 1000
    index = buckets.bucket(marks, base, top)
    values = np.unique(np.clip(np.concatenate([marks - 1, marks, marks + 1, [base, top]]), base, top))
    out = np.empty(len(values), np.int64)
    index.find(values, out, buckets.Scratch.of(len(values)))
    assert out.tolist() == np.searchsorted(marks, values, side="right").tolist()


def test_clustered_spans_are_searched():
    """A hundred spans of a microsecond in one second of a century: no table of a sane size tells them apart."""
    base = P("2026-01-01T00:00:00Z")
    spec = Explicit("UTC", tuple((base + 10 * i, base + 10 * i + 1) for i in range(100)))
    grid = compile_grid(spec, P("1950-01-01T00:00:00Z"), P("2050-01-01T00:00:00Z"))
    assert grid.work(i64(base, base + 500, base + 1000)).tolist() == [0, 50, 100]
    assert grid.due(i64(base), np.array([51])).tolist() == [base + 501]


# ---- examples where two readings part --------------------------------------------------------------------------------

def test_used_up_exactly_at_closing():
    grid = compile_grid(DE, LO, HI)
    start, target = i64("2026-03-06T15:30:00+01:00"), np.array([2 * H * US])
    assert shown(grid.due(start, target)) == ["2026-03-06T17:30:00+01:00"]
    assert shown(grid.due(start, target, "next_open")) == ["2026-03-09T08:00:00+01:00"]
    end, hour = i64("2026-03-09T09:00:00+01:00"), np.array([H * US])
    assert shown(grid.due_before(end, hour)) == ["2026-03-09T08:00:00+01:00"]
    assert shown(grid.due_before(end, hour, "next_open")) == ["2026-03-06T17:30:00+01:00"]


def test_target_zero():
    grid = compile_grid(DE, LO, HI)
    inside, outside, closing = "2026-03-06T15:30:00+01:00", "2026-03-07T12:00:00+01:00", "2026-03-06T17:30:00+01:00"
    none = np.zeros(3, np.int64)
    monday = "2026-03-09T08:00:00+01:00"
    assert shown(grid.due(i64(inside, outside, closing), none)) == [inside, monday, monday]
    assert shown(grid.due_before(i64(inside, outside, closing), none)) == [inside, closing, closing]


def test_holidays_dates_of_their_own_and_versions():
    feast, half = day_ordinal("2026-05-01"), day_ordinal("2026-05-04")
    lists = (HolidayList((feast, half), 0, 30_000, until_day=half - 1), HolidayList((), 0, 30_000, from_day=half))
    spec = Weekly("Europe/Berlin", OFFICE, ((feast, ((9 * H, 10 * H),)),), lists)
    grid = compile_grid(spec, LO, HI)
    days = grid.elapsed(i64("2026-05-01T00:00:00+02:00", "2026-05-04T00:00:00+02:00"),
                        i64("2026-05-02T00:00:00+02:00", "2026-05-05T00:00:00+02:00"))
    assert (days // (H * US)).tolist() == [1, 8]          # own hours stand on a holiday; the second version knows no 4 May


def test_day_lengths_round_the_clock():
    grid = compile_grid(Always("Europe/Berlin"), LO, HI)
    spring, autumn = grid.elapsed(i64("2026-03-29T00:00:00+01:00", "2026-10-25T00:00:00+02:00"),
                                  i64("2026-03-30T00:00:00+02:00", "2026-10-26T00:00:00+01:00")) // (H * US)
    assert (spring, autumn) == (23, 25)


def test_recurrences_keep_their_wall_time():
    first, left_out = day_ordinal("2026-03-01"), (day_ordinal("2026-03-15"),)
    spec = Recurring("Europe/Berlin", "FREQ=WEEKLY;BYDAY=SU", first, 4 * H, 2 * H, left_out)
    S, E = compile_grid(spec, P("2026-02-20T00:00:00Z"), P("2026-04-01T00:00:00Z")).spans()
    assert shown(S) == ["2026-03-01T04:00:00+01:00", "2026-03-08T04:00:00+01:00", "2026-03-22T04:00:00+01:00",
                        "2026-03-29T04:00:00+02:00"]
    assert ((E - S) == 2 * H * US).all()


def test_recurrence_until_in_utc_and_bad_rules():
    day = day_ordinal("2026-03-01")
    spec = Recurring("Europe/Berlin", "RRULE:INTERVAL=1;FREQ=DAILY;UNTIL=20260303T030000Z", day, 4 * H, H)
    assert len(compile_grid(spec, LO, HI).spans()[0]) == 3                # 04:00 in Berlin is 03:00 in UTC: the last one counts
    for rule in ("FREQ=SECONDLY", "every monday", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY\nEXDATE:20260301", ""):
        with pytest.raises(RecurrenceError):
            compile_grid(Recurring("UTC", rule, day, 0, H), LO, HI)
    with pytest.raises(RecurrenceError, match="more than"):
        compile_grid(Recurring("UTC", "FREQ=HOURLY;BYMINUTE=" + ",".join(map(str, range(60))), day, 0, 1), LO, HI)


def test_what_is_known_and_until_when():
    last = day_ordinal("2026-06-30")
    listed = HolidayList((), 0, last, name="DE")
    end = P("2026-07-01T00:00:00+02:00")
    assert compile_grid(Weekly("Europe/Berlin", OFFICE, holidays=(listed,)), LO, HI).known_until == end
    assert compile_grid(DE, LO, HI).known_until == HI
    assert compile_grid(Weekly("UTC", OFFICE), LO, HI).known_until == HI
    assert compile_grid(Always("UTC"), LO, HI).known_until == HI
    part = Weekly("Europe/Berlin", OFFICE, holidays=(listed,))
    assert compile_grid(Union("Europe/Berlin", (DE, part)), LO, HI).known_until == end
    assert compile_grid(Intersection("Europe/Berlin", (DE,), part), LO, HI).known_until == end
    follows = HolidayList((), last + 1, last + 900, name="DE")
    assert compile_grid(Weekly("Europe/Berlin", OFFICE, holidays=(listed, follows)), LO, HI).known_until == HI
    ended = HolidayList((), 0, last, until_day=last, name="old")
    begun = HolidayList((), 0, 40_000, from_day=last + 1, name="new")
    assert compile_grid(Weekly("Europe/Berlin", OFFICE, holidays=(ended, begun)), LO, HI).known_until == HI


def test_refusals():
    grid = compile_grid(DE, LO, HI)
    inside = i64("2026-03-06T15:30:00+01:00")
    for ask in (grid.work, grid.is_open, grid.next_open, grid.next_close, grid.prev_open):
        for outside in (LO - 1, HI + 1):
            with pytest.raises(OutOfRange):
                ask(np.array([outside]))
    for ask in (lambda: grid.due(inside, np.array([10**15])), lambda: grid.due_before(inside, np.array([10**15])),
                lambda: grid.due(inside, np.array([2**62])), lambda: grid.next_open(np.array([HI])),
                lambda: grid.next_close(np.array([HI])), lambda: grid.prev_open(np.array([LO])),
                lambda: grid.due(inside, grid.total - grid.work(inside), "next_open")):
        with pytest.raises(OutOfRange):
            ask()
    for ask in (lambda: grid.due(inside, np.array([-1])), lambda: grid.due_before(inside, np.array([-1])),
                lambda: compile_grid(DE, HI, LO)):
        with pytest.raises(ValueError, match=r"."):
            ask()
    with pytest.raises(UnknownZone):
        compile_grid(Always("Mars/Base"), LO, HI)


def test_a_calendar_that_never_opens():
    grid = compile_grid(Weekly("UTC", ((),) * 7), LO, HI)
    at = np.array([LO + 5])
    assert grid.work(at).tolist() == [0]
    assert not grid.is_open(at).any()
    for ask in (lambda: grid.due(at, np.array([1])), lambda: grid.due(at, np.array([0])), lambda: grid.next_open(at),
                lambda: grid.due_before(at, np.array([0])), lambda: grid.next_close(at)):
        with pytest.raises(OutOfRange):
            ask()
    none = np.zeros(0, np.int64)
    assert [len(x) for x in (grid.work(none), grid.due(none, none), grid.due_before(none, none), grid.next_open(none))] == [0] * 4


def test_many_blocks_equal_one():
    grid = compile_grid(DE, LO, HI)
    chance = np.random.default_rng(7)
    a = chance.integers(LO, HI - 90 * DAY_US, 50_000)
    b = a + chance.integers(0, 60 * DAY_US, 50_000)
    S, _ = grid.spans()
    by_search = np.searchsorted(S, a, side="right") - 1
    work = np.where(by_search < 0, 0, grid.C[by_search] + np.minimum(a, grid.E[by_search]) - S[by_search])
    out = np.empty(len(a), np.int64)
    assert grid.work(a, out=out) is out
    assert (out == work).all()
    target = grid.elapsed(a, b)
    some = target > 0
    due = grid.due(a[some], target[some])
    assert (grid.elapsed(a[some], due) == target[some]).all()
    assert (due <= b[some]).all()


def test_the_hash_names_spec_and_range():
    grid = compile_grid(DE, LO, HI)
    others = {compile_grid(DE, LO, HI - 1).hash, compile_grid(Always("Europe/Berlin"), LO, HI).hash,
              grid.without(i64(LO), i64(LO + 5)).hash}
    assert grid.hash == compile_grid(DE, LO, HI).hash
    assert len(others | {grid.hash}) == 4
    assert not grid.S.flags.writeable
