from importlib import resources

import numpy as np
import pytest

from upheld.values.instant import date_text, day_of, day_ordinal, format_instant, parse_instant
from upheld.values.posix_rule import read_posix_rule
from upheld.values.zone import LAST_US, OutOfRange, UnknownZone, zone, zone_names

P = parse_instant


def test_wall_time_of_a_winter_and_a_summer():
    berlin = zone("Europe/Berlin")
    us = np.array([P("2026-01-01T00:00:00Z"), P("2026-07-01T00:00:00Z")])
    assert (berlin.to_local(us) - us).tolist() == [3_600_000_000, 7_200_000_000]
    assert berlin.to_utc(berlin.to_local(us), "open").tolist() == us.tolist()


def test_skipped_and_repeated_times():
    berlin = zone("Europe/Berlin")
    skipped, repeated = P("2026-03-29T02:30:00Z"), P("2026-10-25T02:30:00Z")
    assert format_instant(berlin.utc(skipped, "open")) == format_instant(berlin.utc(skipped, "close")) == "2026-03-29T01:00:00Z"
    assert format_instant(berlin.utc(repeated, "open")) == "2026-10-25T00:30:00Z"
    assert format_instant(berlin.utc(repeated, "close")) == "2026-10-25T01:30:00Z"
    assert format_instant(berlin.moved(skipped), "Europe/Berlin") == "2026-03-29T03:30:00+02:00"
    assert format_instant(berlin.moved(repeated), "Europe/Berlin") == "2026-10-25T02:30:00+02:00"


@pytest.mark.parametrize(("name", "offset"), [("+02:00", 7200), ("-05:30", -19800), ("UTC", 0), ("Etc/GMT+3", -10800)])
def test_fixed_offsets(name, offset):
    where = zone(name)
    assert where.local(0) == offset * 1_000_000
    assert where.utc(offset * 1_000_000, "close") == where.utc(offset * 1_000_000) == 0
    assert where.moved(offset * 1_000_000) == 0


@pytest.mark.parametrize("name", [
    "Mars/Base", "EST", "+25:00", "+2:00", "../../etc/passwd", "", "europe/berlin", "Europe/", "+02:00\n",
])
def test_unknown_zones(name):
    with pytest.raises(UnknownZone):
        zone(name)


def test_rules_end_in_2200():
    late = np.array([LAST_US + 1])
    for name in ("Europe/Berlin", "UTC"):
        with pytest.raises(OutOfRange):
            zone(name).to_local(late)
        with pytest.raises(OutOfRange):
            zone(name).to_utc(late, "open")
    assert format_instant(zone("Europe/Berlin").utc(P("2199-07-01T12:00:00Z"))) == "2199-07-01T10:00:00Z"


def test_every_zone_can_be_read():
    for name in sorted(zone_names()):
        where = zone(name)
        assert len(where.offsets) == len(where.transitions) + 1
        assert (np.diff(where.transitions) > 0).all()
        assert not where.transitions.flags.writeable


def test_a_file_that_is_no_zone():
    from upheld.values.zone import _read_tzif
    data = resources.files("tzdata.zoneinfo").joinpath("Europe", "Berlin").read_bytes()
    with pytest.raises(UnknownZone):
        _read_tzif(b"TZif1" + data[5:])


@pytest.mark.parametrize(("rule", "years", "first"), [
    ("CET-1CEST,M3.5.0,M10.5.0/3", 2026, ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"]),
    ("EST5EDT,M3.2.0,M11.1.0", 2026, ["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"]),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", 2026, ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"]),
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026, ["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"]),
    ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"]),
    ("AAA0BBB,J60/0,J300/0", 2024, ["2024-03-01T00:00:00Z", "2024-10-26T23:00:00Z"]),      # J60 is 1 March in every year
    ("AAA0BBB,59/0,299/0", 2024, ["2024-02-29T00:00:00Z", "2024-10-25T23:00:00Z"]),        # counted from 0, with 29 February
    ("AAA0BBB,J59/0,J300/0", 2023, ["2023-02-28T00:00:00Z", "2023-10-26T23:00:00Z"]),
])
def test_posix_rules(rule, years, first):
    moments, _ = read_posix_rule(rule).lay_out(years, years)
    assert [format_instant(int(t) * 1_000_000) for t in moments] == first


def test_posix_rule_without_summer():
    rule = read_posix_rule("<+03>-3")
    assert (rule.standard, rule.changes) == (10_800, None)
    assert [len(part) for part in rule.lay_out(2000, 2001)] == [0, 0]
    with pytest.raises(ValueError, match="no POSIX zone rule"):
        read_posix_rule("CET-1CEST")


@pytest.mark.parametrize(("text", "again"), [
    ("2026-03-01T09:00:00+01:00", "2026-03-01T08:00:00Z"),
    ("2026-03-01T09:00:00.5Z", "2026-03-01T09:00:00.5Z"),
    ("2026-03-01T09:00:00.123456000-00:30", "2026-03-01T09:30:00.123456Z"),
    ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
])
def test_instants(text, again):
    assert format_instant(parse_instant(text)) == again
    assert parse_instant(again) == parse_instant(text)


@pytest.mark.parametrize("text", [
    "2026-11-21T10:00:00", "2026-11-21", "2026-02-30T00:00:00Z", "2026-11-21 10:00:00Z", "2026-11-21T24:00:00Z",
    "2026-11-21T10:00:60Z", "2026-11-21T10:00:00.1234567Z", "2026-11-21T10:00:00+24:00",
    "٢٠٢٦-11-21T10:00:00Z", "", "0000-01-01T00:00:00Z",
])
def test_no_instants(text):
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


def test_instants_on_a_wall():
    assert format_instant(P("2026-07-01T22:00:00Z"), "Europe/Berlin") == "2026-07-02T00:00:00+02:00"
    assert format_instant(P("2026-07-01T22:00:00Z"), "America/St_Johns") == "2026-07-01T19:30:00-02:30"
    assert format_instant(P("1880-01-01T00:00:00Z"), "Europe/Berlin") == "1880-01-01T00:00:00Z"      # local mean time


def test_days():
    assert day_ordinal("1970-01-02") == 1
    assert date_text(day_ordinal("2024-02-29")) == "2024-02-29"
    assert day_of(np.array([P("2026-07-01T22:00:00Z")]), "Europe/Berlin").tolist() == [day_ordinal("2026-07-02")]
    for wrong in ("2026-2-1", "2026-02-30", "20260201", "2026-W01-1"):
        with pytest.raises(ValueError, match=r"."):
            day_ordinal(wrong)
    with pytest.raises(ValueError, match="has no date"):
        date_text(10**9)
