"""Quantities: every form of the language is read exactly, everything else is refused with a reason."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.values import quantity
from upheld.values.quantity import Duration, Money, Wrong

H = 3_600_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", Duration("time", 90_000_000)),
        ("1.5h", Duration("time", 3 * H // 2)),
        ("15m in always", Duration("time", H // 4, "always")),
        ("0h", Duration("time", 0)),
        ("0 days at 24:00", Duration("days", 0, at=86_400)),
        ("1 days at 13:00", Duration("days", 1, at=46_800)),
        ("1 working day at close", Duration("working days", 1, at="close")),
        ("5 working days in office", Duration("working days", 5, "office")),
        ("2 working days in office at open", Duration("working days", 2, "office", "open")),
        ("10 working days after window", Duration("working days", 10, after="window")),
        ("24h before start", Duration("time", 24 * H, before="start")),
        ("2 weeks", Duration("days", 14)),
        ("6 months", Duration("months", 6)),
        ("2 quarters", Duration("months", 6)),
        ("1 year", Duration("months", 12)),
    ],
)
def test_durations(text: str, expected: Duration) -> None:
    found = quantity.duration(text)
    assert isinstance(found, Duration)
    assert (found.unit, found.amount, found.calendar, found.at, found.after, found.before) == (
        expected.unit,
        expected.amount,
        expected.calendar,
        expected.at,
        expected.after,
        expected.before,
    )


@pytest.mark.parametrize(
    "text",
    [
        "2d",
        "1M",
        "4 hours",
        "1.5 days",
        "-4h",
        "4",
        "h",
        "4h at close",
        "0.0000001s",
        "1e3s",
        "٣h",
        "4h in",
        "",
        "1 fortnight",
        "4h 30m",
        "1..5h",
    ],
)
def test_what_is_no_duration(text: str) -> None:
    found = quantity.duration(text)
    assert isinstance(found, Wrong)
    assert found.reason
    assert found.help


def test_the_unit_trap_says_what_each_letter_means() -> None:
    found = quantity.duration("1M")
    assert isinstance(found, Wrong)
    assert found.help == "m is minutes; write 1 month for a month"
    assert quantity.duration("1m") == Duration("time", 60_000_000, text="1m")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("250 EUR", Money(25_000, "EUR")), ("1 JPY", Money(1, "JPY")), ("1.234 KWD", Money(1_234, "KWD")), ("-0.01 USD", Money(-1, "USD"))],
)
def test_money(text: str, expected: Money) -> None:
    assert quantity.money(text) == expected


@pytest.mark.parametrize("text", ["250", "250EUR", "0.5 JPY", "1.2345 KWD", "1 XYZ", "1,50 EUR", "1 eur"])
def test_what_is_no_money(text: str) -> None:
    assert isinstance(quantity.money(text), Wrong)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08:00-12:00", (28_800, 43_200)),
        ("00:00-24:00", (0, 86_400)),
        ("22:00-06:00 overnight", (79_200, 108_000)),
        ("22:00-30:00", (79_200, 108_000)),
    ],
)
def test_hours(text: str, expected: tuple[int, int]) -> None:
    assert quantity.hours(text) == expected


@pytest.mark.parametrize(
    "text", ["09:00-09:00", "22:00-06:00", "08:00-12:00 overnight", "08:00", "8:00-12:00", "24:00-30:00", "10:00-48:00", "08:60-09:00"]
)
def test_what_are_no_hours(text: str) -> None:
    assert isinstance(quantity.hours(text), Wrong)


def test_weekdays() -> None:
    assert quantity.weekdays("mon-fri") == (0, 1, 2, 3, 4)
    assert quantity.weekdays("sat-mon") == (5, 6, 0)
    assert quantity.weekdays("mon, wed") == (0, 2)
    assert isinstance(quantity.weekdays("mon-wed, tue"), Wrong)
    assert isinstance(quantity.weekdays("Montag"), Wrong)


@pytest.mark.parametrize(
    ("text", "unit", "inside", "outside"),
    [
        (">= 99.0%, < 99.9% | 100%", "share", Fraction(99, 100), Fraction(999, 1000)),
        ("< 15:00", "time", Fraction(53_999), Fraction(54_000)),
        ("> 27", "number", Fraction(271, 10), Fraction(27)),
        ("> 15 days", "duration", Fraction(15 * 24 * H + 1), Fraction(15 * 24 * H)),
        ("<= 4h", "duration", Fraction(4 * H), Fraction(4 * H + 1)),
        (">= 2026-01-02", "date", Fraction(20_455), Fraction(20_454)),
        ("> 100 EUR", "money", Fraction(10_001, 100), Fraction(100)),
        ("!= 3", "number", Fraction(4), Fraction(3)),
    ],
)
def test_conditions(text: str, unit: str, inside: Fraction, outside: Fraction) -> None:
    found = quantity.condition(text)
    assert not isinstance(found, Wrong)
    assert found.unit == unit
    assert found.text == text
    assert found.holds(inside)
    assert not found.holds(outside)


@pytest.mark.parametrize("text", [">=", ">= 99,9%", ">= 99%, < 5m", "<> 3", "NaN", ">= 1e3", ">= .5", "", ">= 5 working days", "|"])
def test_what_is_no_condition(text: str) -> None:
    assert isinstance(quantity.condition(text), Wrong)


@given(st.text(max_size=30))
def test_no_text_raises(text: str) -> None:
    for parse in (
        quantity.duration,
        quantity.condition,
        quantity.money,
        quantity.share,
        quantity.hours,
        quantity.weekdays,
        quantity.date,
        quantity.time_of_day,
        quantity.number,
        quantity.whole,
        quantity.open_time,
    ):
        found = parse(text)
        if isinstance(found, Wrong):
            assert found.reason


@given(st.integers(0, 10**12), st.integers(0, 10**6 - 1))
def test_a_percent_is_exact(whole: int, part: int) -> None:
    assert quantity.share(f"{whole}.{part:06d}%") == Fraction(whole * 10**6 + part, 10**8)


@given(st.integers(-3_000_000, 2_900_000))
def test_a_date_reads_back(day: int) -> None:
    if day >= -719_162:
        assert quantity.date(quantity.show_day(day)) == day
