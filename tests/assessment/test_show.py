"""What is shown never contradicts what was judged."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.assessment.show import show_condition, show_decimal, show_duration, show_value
from upheld.values.condition import Comparison, Condition

NINES = Condition(((Comparison(">=", 999, 1000),),), "share", ">= 99.9%")


@pytest.mark.parametrize(("value", "places", "text"), [
    (Fraction(1, 2), 0, "1"), (Fraction(-1, 2), 0, "-1"), (Fraction(1, 3), 3, "0.333"), (Fraction(5, 1000), 2, "0.01"),
    (Fraction(-1, 1000), 2, "0.00"), (Fraction(12345, 100), 1, "123.5"),
])
def test_decimals_are_half_up_and_never_minus_zero(value: Fraction, places: int, text: str) -> None:
    assert show_decimal(value, places) == text


@pytest.mark.parametrize(("us", "text"), [
    (0, "0 s"), (1, "0.000001 s"), (59_500_000, "59.5 s"), (60_000_000, "1 min"), (61_000_000, "1 min 1 s"),
    (3_600_000_000, "1 h"), (5_400_000_000, "1 h 30 min"), (86_400_000_000, "24 h"), (172_800_000_000, "48 h"),
    (180_000_000_000, "50 h"), (-3_600_000_000, "-1 h"),
])
def test_durations_in_their_largest_units(us: int, text: str) -> None:
    assert show_duration(us) == text


def test_only_wall_time_is_written_in_days() -> None:
    assert show_duration(180_000_000_000, days=True) == "2 d 2 h"
    assert show_duration(86_400_000_000, days=True) == "24 h"


def test_a_value_just_below_its_target_is_not_shown_as_the_target() -> None:
    assert show_value(Fraction(9989999, 10_000_000), "share", NINES) == "99.89999%"
    assert show_value(Fraction(999, 1000), "share", NINES) == "99.900%"
    assert show_value(Fraction(96684, 100_000), "share") == "96.684%"


def test_numbers_and_points() -> None:
    assert show_value(Fraction(3), "number") == "3"
    assert show_value(Fraction(7, 2), "points") == "3.5"
    assert show_condition(NINES) == ">= 99.9%"
    assert show_condition(None) == "-"


@given(st.fractions(min_value=0, max_value=1))
def test_what_is_shown_tells_the_same_of_the_target_as_the_value(value: Fraction) -> None:
    shown = Fraction(show_value(value, "share", NINES).rstrip("%")) / 100
    if abs(value - Fraction(999, 1000)) > Fraction(1, 10**13):
        assert NINES.holds(shown) == NINES.holds(value)
