"""Stamps: every form, and every refusal of the bad-input catalogue (rows 23-27)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.facts.stamps import PROBLEMS, StampForm, parse_form, read_epochs, read_stamps
from upheld.values.zone import zone

UTC = zone("UTC")
BERLIN = zone("Europe/Berlin")


def form(text: str) -> StampForm:
    parsed = parse_form(text)
    assert isinstance(parsed, StampForm), parsed
    return parsed


def us(text: str) -> int:
    moment = dt.datetime.fromisoformat(text)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("ISO", "2026-11-21T10:00:00Z", "2026-11-21T10:00:00+00:00"),
        ("ISO", "2026-11-21 10:00:00+02:00", "2026-11-21T08:00:00+00:00"),
        ("ISO", "2026-11-21T10:00-0330", "2026-11-21T13:30:00+00:00"),
        ("ISO", "2026-11-21T10:00:00.5Z", "2026-11-21T10:00:00.500000+00:00"),
        ("ISO", "2026-11-21T10:00:00.123456789Z", "2026-11-21T10:00:00.123456+00:00"),
        ("%d/%m/%Y %H:%M", "29/2/2016 01:16", "2016-02-29T01:16:00+00:00"),
        ("%Y-%m-%d %H:%M", "2021-06-10 08:38", "2021-06-10T08:38:00+00:00"),
        ("%m/%d/%Y %I:%M %p", "6/1/2021 12:05 am", "2021-06-01T00:05:00+00:00"),
        ("%m/%d/%Y %I:%M %p", "6/1/2021 11:05 PM", "2021-06-01T23:05:00+00:00"),
        ("%Y-%m-%d %H:%M:%S.%f %z", "2021-06-10 08:38:01.25 +01:00", "2021-06-10T07:38:01.250000+00:00"),
        ("%Y-%m-%d", "2024-02-29", "2024-02-29T00:00:00+00:00"),
        ("epoch s", "1700000000", "2023-11-14T22:13:20+00:00"),
        ("epoch ms", "1700000000001", "2023-11-14T22:13:20.001000+00:00"),
        ("epoch us", "-1", "1969-12-31T23:59:59.999999+00:00"),
    ],
)
def test_every_form_is_read_to_the_microsecond(pattern: str, text: str, expected: str) -> None:
    got, problem = read_stamps([text], form(pattern), UTC)
    assert problem.tolist() == [0]
    assert got.tolist() == [us(expected)]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("2026-11-21T10:00:00", "naive-stamp"),
        ("2026W471", "bad-stamp"),
        ("20261121", "bad-stamp"),
        ("21/11/2026", "bad-stamp"),
        ("2026-11-21T23:59:60Z", "leap-second"),
        ("2026-11-21T24:00:00Z", "midnight-24"),
        ("0001-01-01T00:00:00Z", "stamp-range"),
        ("9999-12-31T00:00:00Z", "stamp-range"),
        ("2026-02-29T00:00:00Z", "no-such-day"),
        ("2026-13-01T00:00:00Z", "no-such-day"),
        ("2026-11-21T10:61:00Z", "no-such-day"),
        ("2026-11-21T10:00:00Z ", "bad-stamp"),
        ("2026-11-21T10:00:00+2460", "bad-stamp"),
        ("2026-11-21T10:00:00.Z", "bad-stamp"),
        ("infinity", "bad-stamp"),
        ("２０２６-11-21T10:00:00Z", "bad-stamp"),
        ("", "bad-stamp"),
    ],
)
def test_what_is_no_stamp_is_refused_by_name(text: str, slug: str) -> None:
    got, problem = read_stamps([text], form("ISO"), None)
    assert PROBLEMS[int(problem[0])][0] == slug
    assert got.tolist() == [0]


def test_rows_are_read_one_by_one_whatever_stands_beside_them() -> None:
    texts = [
        "2026-11-21T10:00Z",
        "2026-11-21T10:00:00.25+02:00",
        "x",
        "2026-11-21 10:00:30Z",
        "2026-11-21T10:00:00-01:00",
        "2026-11-21T10:00:00",
    ]
    together = read_stamps(texts, form("ISO"), BERLIN)
    for i, text in enumerate(texts):
        alone = read_stamps([text], form("ISO"), BERLIN)
        assert (together[0][i], together[1][i]) == (alone[0][0], alone[1][0]), text


@pytest.mark.parametrize(
    ("text", "fold", "expected"),
    [
        ("2026-03-29 02:30", "refuse", "skipped-time"),
        ("2026-03-29 02:30", "later", "skipped-time"),
        ("2026-10-25 02:30", "refuse", "repeated-time"),
        ("2026-10-25 02:30", "earlier", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25 02:30", "later", "2026-10-25T01:30:00+00:00"),
        ("2026-10-25 03:00", "refuse", "2026-10-25T02:00:00+00:00"),
        ("2026-03-29 03:00", "refuse", "2026-03-29T01:00:00+00:00"),
    ],
)
def test_clock_changes(text: str, fold: str, expected: str) -> None:
    got, problem = read_stamps([text], form("%Y-%m-%d %H:%M"), BERLIN, fold)  # type: ignore[arg-type]
    if problem[0]:
        assert PROBLEMS[int(problem[0])][0] == expected
    else:
        assert got[0] == us(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("%d/%m %H:%M", "needs %Y"),
        ("%Y-%m-%d %Q", "%Q"),
        ("%Y-%m-%d %", "%"),
        ("%Y-%m-%d %m", "twice"),
        ("%Y-%m-%d %I", "together"),
    ],
)
def test_forms_that_cannot_be(text: str, said: str) -> None:
    assert said in str(parse_form(text))


def test_epochs_out_of_range() -> None:
    got, problem = read_epochs(np.array([0, 10**17]), 1_000_000)
    assert problem.tolist() == [0, 6]
    assert got.tolist() == [0, 0]
    assert read_stamps(["1e9", "12"], form("epoch s"), None)[1].tolist() == [1, 0]


def test_nothing_in_nothing_out() -> None:
    assert len(read_stamps([], form("ISO"), None)[0]) == 0


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2199, 12, 31, 23, 59, 59)), st.integers(-23 * 60, 23 * 60))
def test_agrees_with_the_standard_library(moment: dt.datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    got, problem = read_stamps([aware.isoformat()], form("ISO"), None)
    assert problem[0] == 0
    assert got[0] == us(aware.isoformat())


@given(
    st.lists(st.text(max_size=40), min_size=1, max_size=5),
    st.sampled_from(["ISO", "%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M %p", "epoch ms", "%Y-%m-%d %z"]),
)
def test_any_text_gives_a_time_or_a_reason(texts: list[str], pattern: str) -> None:
    got, problem = read_stamps(texts, form(pattern), BERLIN)
    assert len(got) == len(problem) == len(texts)
    assert all(int(p) == 0 or int(p) in PROBLEMS for p in problem)
