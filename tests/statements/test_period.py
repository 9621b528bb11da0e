"""Periods by their names, at the local midnights of the zone."""

from __future__ import annotations

import pytest

from upheld.statements.period import PeriodError, period_of
from upheld.values.instant import format_instant


@pytest.mark.parametrize(("text", "start", "end", "dates"), [
    ("2026-03", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00", "2026-03-01 to 2026-03-31"),
    ("2026-Q1", "2026-01-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00", "2026-01-01 to 2026-03-31"),
    ("2026-Q4", "2026-10-01T00:00:00+02:00", "2027-01-01T00:00:00+01:00", "2026-10-01 to 2026-12-31"),
    ("2026-H2", "2026-07-01T00:00:00+02:00", "2027-01-01T00:00:00+01:00", "2026-07-01 to 2026-12-31"),
    ("2026", "2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00", "2026-01-01 to 2026-12-31"),
    ("2026-W09", "2026-02-23T00:00:00+01:00", "2026-03-02T00:00:00+01:00", "2026-02-23 to 2026-03-01"),
    ("2026-W01", "2025-12-29T00:00:00+01:00", "2026-01-05T00:00:00+01:00", "2025-12-29 to 2026-01-04"),
    ("2026-W53", "2026-12-28T00:00:00+01:00", "2027-01-04T00:00:00+01:00", "2026-12-28 to 2027-01-03"),
    ("2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "2026-03-29 to 2026-03-29"),
    ("2024-02-29..2024-03-01", "2024-02-29T00:00:00+01:00", "2024-03-02T00:00:00+01:00", "2024-02-29 to 2024-03-01"),
])
def test_periods(text: str, start: str, end: str, dates: str) -> None:
    found = period_of(text, "Europe/Berlin")
    assert (found.label, format_instant(found.start, "Europe/Berlin"), format_instant(found.end, "Europe/Berlin")) == (text, start, end)
    assert found.dates == dates


@pytest.mark.parametrize("text", [
    "", "2026-3", "2026-13", "2026-Q0", "2026-Q5", "2026-H3", "2026-W00", "2026-W54", "2025-W53", "26", "March 2026", "2026-02-30",
    "2026-03-31..2026-03-01", "2026-03..2026-04", "2026-03-01..", "\u0662\u0660\u0662\u0666", "0000"])
def test_what_is_no_period_says_how_one_is_written(text: str) -> None:
    with pytest.raises(PeriodError) as refused:
        period_of(text, "UTC")
    assert str(refused.value) == (
        f"`{text}` is no period: write 2026-03, 2026-Q1, 2026-H1, 2026, 2026-W09, 2026-03-15 or 2026-01-01..2026-03-31")


def test_what_lies_beyond_the_rules_of_the_zone_says_so() -> None:
    with pytest.raises(PeriodError, match="`9998` cannot be stated: zone rules of UTC are laid out until 2200 only"):
        period_of("9998", "UTC")


def test_a_midnight_that_the_clocks_skip() -> None:
    # in Beirut the clocks went from 2023-03-25T24:00 to 01:00 of the 26th: the day begins at its first instant
    found = period_of("2023-03-30", "Asia/Beirut")
    assert found.end - found.start == 24 * 3_600_000_000
    cairo = period_of("2026-04-24", "Africa/Cairo")
    assert (format_instant(cairo.start, "Africa/Cairo"), cairo.end - cairo.start) == ("2026-04-24T01:00:00+03:00", 23 * 3_600_000_000)
    assert cairo.dates == "2026-04-24 to 2026-04-24"
