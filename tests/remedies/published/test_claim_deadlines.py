"""Claim deadlines counted in dates: the whole of the last day, and of a month its real end."""

from __future__ import annotations

import pytest

from upheld.calendars.grid import compile_grid
from upheld.calendars.spec import Always
from upheld.plans.remedies import Span
from upheld.remedies.claims import deadline
from upheld.values.instant import format_instant, parse_instant
from upheld.values.quantity import duration


@pytest.mark.parametrize(("length", "zone", "after", "last"), [
    ("30 days", "UTC", "2026-03-01T00:00:00Z", "2026-03-30T23:59:59.999999Z"),             # after February
    ("15 days", "UTC", "2025-04-01T00:00:00Z", "2025-04-15T23:59:59.999999Z"),
    ("30 days", "UTC", "2025-04-20T13:20:00Z", "2025-05-20T23:59:59.999999Z"),             # after an incident in the middle of a day
    # "the end of the second billing cycle after the incident": after June the end of August, never the thirtieth
    ("2 months", "UTC", "2025-07-01T00:00:00Z", "2025-08-31T23:59:59.999999Z"),
    ("2 months", "UTC", "2025-01-01T00:00:00Z", "2025-02-28T23:59:59.999999Z"),
    # "the end of the calendar month following the month of the incident"
    ("1 months", "UTC", "2025-05-01T00:00:00Z", "2025-05-31T23:59:59.999999Z"),
    ("1 months", "UTC", "2025-03-01T00:00:00Z", "2025-03-31T23:59:59.999999Z"),
    ("1 months", "UTC", "2025-01-30T10:00:00Z", "2025-02-28T23:59:59.999999Z"),
    ("1 months", "Europe/Berlin", "2025-02-28T23:00:00Z", "2025-03-31T21:59:59.999999Z"),  # the clocks go forward on 30 March
    ("72h", "UTC", "2025-05-05T11:14:38.4Z", "2025-05-08T11:14:38.4Z"),                    # hours are hours
])
def test_the_last_instant_of_a_claim(length: str, zone: str, after: str, last: str) -> None:
    grid = compile_grid(Always(zone), parse_instant("2024-01-01T00:00:00Z"), parse_instant("2027-01-01T00:00:00Z"))
    found = deadline(Span(duration(length)), parse_instant(after), grid)
    assert format_instant(found) == format_instant(parse_instant(last))
