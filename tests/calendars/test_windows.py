import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.calendars.spec import WindowSpec
from upheld.calendars.windows import windows, windows_before
from upheld.values.instant import DAY_US, format_instant, parse_instant
from upheld.values.zone import zone

P = parse_instant
LO, HI = P("2026-01-10T00:00:00Z"), P("2026-07-01T00:00:00Z")
EVER = (P("2020-01-01T00:00:00Z"), None)
UNITS = ["day", "week", "month", "quarter", "half-year", "year", "contract-year"]


def labels(spec, lo=LO, hi=HI, in_force=EVER):
    return windows(spec, lo, hi, in_force).label


@pytest.mark.parametrize(("spec", "expected"), [
    (WindowSpec("month"), ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")),
    (WindowSpec("quarter"), ("2026-Q1", "2026-Q2")),
    (WindowSpec("half-year"), ("2026-H1",)),
    (WindowSpec("year"), ("2026",)),
    (WindowSpec("month", day=15, zone="Europe/Berlin"), (
     "2025-12-15 to 2026-01-14", "2026-01-15 to 2026-02-14", "2026-02-15 to 2026-03-14",
     "2026-03-15 to 2026-04-14", "2026-04-15 to 2026-05-14", "2026-05-15 to 2026-06-14", "2026-06-15 to 2026-07-14")),
    (WindowSpec("month", day=31), ("2025-12-31 to 2026-01-30", "2026-01-31 to 2026-02-27", "2026-02-28 to 2026-03-30",
     "2026-03-31 to 2026-04-29", "2026-04-30 to 2026-05-30", "2026-05-31 to 2026-06-29", "2026-06-30 to 2026-07-30")),
    (WindowSpec("year", month=2), ("2025-02-01 to 2026-01-31", "2026-02-01 to 2027-01-31")),
    (WindowSpec("quarter", month=2), ("2025-11-01 to 2026-01-31", "2026-02-01 to 2026-04-30", "2026-05-01 to 2026-07-31")),
    (WindowSpec("month", 2), ("2026-01-01 to 2026-02-28", "2026-03-01 to 2026-04-30", "2026-05-01 to 2026-06-30")),
    (WindowSpec("case"), ("case",)),
])
def test_periods(spec, expected):
    assert labels(spec) == expected


def test_weeks_and_days():
    assert labels(WindowSpec("week"), P("2025-12-29T00:00:00Z"), P("2026-01-12T00:00:00Z")) == ("2026-W01", "2026-W02")
    assert labels(WindowSpec("week"), P("2027-01-01T00:00:00Z"), P("2027-01-02T00:00:00Z")) == ("2026-W53",)
    assert labels(WindowSpec("day"), LO, LO + 2 * DAY_US) == ("2026-01-10", "2026-01-11")
    assert labels(WindowSpec("week", 2), LO, LO + 15 * DAY_US, (P("2026-01-07T00:00:00Z"), None)) == (
        "2026-01-05 to 2026-01-18", "2026-01-19 to 2026-02-01")


def test_contract_years_count_from_the_day_in_force():
    leap = (P("2024-02-29T00:00:00+01:00"), None)
    spec = WindowSpec("contract-year", zone="Europe/Berlin")
    assert labels(spec, P("2024-03-01T00:00:00Z"), P("2028-03-01T00:00:00Z"), leap) == (
        "2024-02-29 to 2025-02-27", "2025-02-28 to 2026-02-27", "2026-02-28 to 2027-02-27", "2027-02-28 to 2028-02-28",
        "2028-02-29 to 2029-02-27")


def test_months_begin_at_local_midnight():
    found = windows(WindowSpec("month", zone="Europe/Berlin"), LO, HI, EVER)
    begins = [format_instant(int(t)) for t in found.start[2:5]]
    assert begins == ["2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z"]


def test_in_force_clips_beside_the_window():
    force = (P("2026-02-10T00:00:00Z"), P("2026-04-05T00:00:00Z"))
    whole = windows(WindowSpec("month"), LO, HI, force)
    assert whole.label == ("2026-02", "2026-03", "2026-04")
    assert [format_instant(int(t))[:10] for t in whole.start] == ["2026-02-01", "2026-03-01", "2026-04-01"]
    assert [format_instant(int(t))[:10] for t in whole.in_force_start] == ["2026-02-10", "2026-03-01", "2026-04-01"]
    assert [format_instant(int(t))[:10] for t in whole.in_force_end] == ["2026-03-01", "2026-04-01", "2026-04-05"]
    assert windows(WindowSpec("month", first="next full"), LO, HI, force).label == ("2026-03", "2026-04")
    assert windows(WindowSpec("month", first="pro rata"), LO, HI, force).label == whole.label
    assert len(windows(WindowSpec("month"), LO, HI, (HI, None))) == 0
    assert windows(WindowSpec("month"), LO, HI, (HI, None)).index_of(np.array([LO])).tolist() == [-1]


def test_rolling():
    spec = WindowSpec("day", 30, rolling=True, every="day")
    found = windows(spec, LO, LO + 2 * DAY_US, EVER)
    assert found.label == ("2025-12-12 to 2026-01-10", "2025-12-13 to 2026-01-11")
    monthly = windows(WindowSpec("month", 12, rolling=True, every="month"), LO, P("2026-03-10T00:00:00Z"), EVER)
    assert monthly.label == ("2025-02-01 to 2026-01-31", "2025-03-01 to 2026-02-28", "2025-04-01 to 2026-03-31")
    assert monthly.overlap
    with pytest.raises(ValueError, match="overlap"):
        monthly.index_of(np.array([LO]))
    row, window = monthly.members(np.array([P("2025-03-15T00:00:00Z"), P("2026-03-15T00:00:00Z"), 0]))
    assert list(zip(row.tolist(), window.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 2)]
    new = windows(WindowSpec("day", 30, rolling=True, every="day", first="next full"), LO, LO + 40 * DAY_US, (LO, None))
    assert new.label[0] == "2026-01-10 to 2026-02-08"


def test_before_an_event():
    spec = WindowSpec("day", 365, rolling=True, before="claim", zone="Europe/Berlin")
    found = windows_before(spec, np.array([P("2026-03-29T10:00:00+02:00")]), (P("2025-06-01T00:00:00Z"), None))
    assert found.label == ("365 days before 2026-03-29T10:00:00+02:00",)
    assert format_instant(int(found.start[0]), "Europe/Berlin") == "2025-03-29T10:00:00+01:00"
    assert format_instant(int(found.in_force_start[0])) == "2025-06-01T00:00:00Z"
    months = windows_before(WindowSpec("month", 1, rolling=True, before="x"), np.array([P("2026-03-31T00:00:00Z")]), EVER)
    assert format_instant(int(months.start[0])) == "2026-02-28T00:00:00Z"
    with pytest.raises(ValueError, match="windows_before"):
        windows(spec, LO, HI, EVER)


@pytest.mark.parametrize("spec", [WindowSpec("fortnight"), WindowSpec("month", 0), WindowSpec("minute", rolling=True)])
def test_what_is_no_window(spec):
    with pytest.raises(ValueError, match=r"window"):
        windows(spec, LO, HI, EVER)


specs = st.builds(WindowSpec, st.sampled_from(UNITS), st.integers(1, 3), st.integers(1, 12), st.integers(1, 31),
                  st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia"]))
stretch = st.tuples(st.integers(P("2005-01-01T00:00:00Z"), P("2035-01-01T00:00:00Z")), st.integers(1, 900)).map(
    lambda p: (p[0], p[0] + p[1] * DAY_US))


@settings(max_examples=150, deadline=None)
@given(specs, stretch, st.integers(P("1999-01-01T00:00:00Z"), P("2004-12-31T00:00:00Z")))
def test_windows_tile(spec, span, begins):
    lo, hi = span
    found = windows(spec, lo, hi, (begins, None))
    assert (found.end[:-1] == found.start[1:]).all()
    assert found.start[0] <= lo
    assert found.end[-1] >= hi
    assert found.start[-1] < hi
    assert found.end[0] > lo
    at = np.concatenate([found.start, found.end - 1])
    assert found.index_of(at).tolist() == [*range(len(found)), *range(len(found))]
    assert found.index_of(np.array([found.start[0] - 1, found.end[-1]])).tolist() == [-1, -1]
    assert (zone(spec.zone).to_local(found.start) // DAY_US > zone(spec.zone).to_local(found.start - 1) // DAY_US).all()
    assert len(set(found.label)) == len(found)
    row, window = found.members(at)
    assert row.tolist() == list(range(len(at)))
    assert window.tolist() == found.index_of(at).tolist()
