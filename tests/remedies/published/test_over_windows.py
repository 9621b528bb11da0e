"""Schedules whose credit hangs on more than one window: misses in a row, points that double, deductions that come back, invoices before."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

import pytest
from made_facts import D, H, M, Made
from test_edges import plans_of

from upheld.remedies.settle import settle
from upheld.remedies.settlement import Line
from upheld.values.instant import DAY_US, day_ordinal
from upheld.values.zone import zone

F = Fraction


def months(where: str, first: str, count: int) -> list[int]:
    """The starts of so many months and of the one after them, in a zone."""
    year, month = int(first[:4]), int(first[5:]) - 1
    dates = (f"{year + (month + i) // 12}-{(month + i) % 12 + 1:02d}-01" for i in range(count + 1))
    return [zone(where).utc(day_ordinal(date) * DAY_US, "open") for date in dates]


def settled(folder: str, made: Made, until: int) -> tuple[Line, ...]:
    plans = plans_of(folder)
    return settle(plans, made.facts(plans[0].customer, plans[0].currency), until).lines


@pytest.mark.parametrize("row", [(1,), (1, 1), (1, 1, 1), (1, 1, 1, 1, 1), (1, 0, 1, 1, 0, 1, 1, 1, 1), (0, 0), (1, 1, 0, 1)])
def test_indicators_missed_in_a_row(row: tuple[int, ...]) -> None:
    """gsa-networx (11 - GSA Networx SLA.ag): 12.5%, 25%, 50% of the monthly recurring charge for the first, second, third month in a row."""
    starts, made = months("UTC", "2025-01", len(row)), Made()
    wanted, run = [], 0
    for i, missed in enumerate(row):
        monthly, length = 123_457 + i, starts[i + 1] - starts[i]
        down = -(-length // 1000) + (0 if missed else -1)         # the least that is more than 0.1%, or a microsecond less
        down += 1 if missed and length % 1000 == 0 else 0
        made.outages.append(("outage", starts[i], starts[i] + down, {"service": "vpn"}))
        made.fees.append((starts[i], starts[i + 1], monthly, {"service": "vpn", "kind": "recurring"}))
        run = run + 1 if missed else 0
        if run:
            wanted.append(round(F((125, 250, 500)[min(run, 3) - 1], 1000) * monthly))
    made.watched = [("outage", starts[0], starts[-1])]
    assert [line.amount for line in settled("gsa-networx", made, starts[-1] + D)] == wanted


UK = (("99.0", "100", 0), ("98.0", "98.9", 1), ("97.0", "97.9", 2), ("96.0", "96.9", 3))


def uk_points(share: Fraction) -> int | None:
    """uk-model-services (https://www.markettransfer.info/clause/service-points/_8): both ends belong to a row; below 96.0 four points."""
    if share < F(96, 100):
        return 4
    return next((points for low, high, points in UK if F(low) / 100 <= share <= F(high) / 100), None)


@pytest.mark.parametrize("share", ["100", "99.0", "98.9", "98.0", "97.9", "97.0", "96.9", "96.0", "50", "0"])
@pytest.mark.parametrize("step", [-1, 0, 1])
@pytest.mark.parametrize("before", [False, True])
def test_points_double_when_the_month_before_was_missed_too(share: str, step: int, before: bool) -> None:
    """A microsecond less and more of time down at each end of the published rows; between the rows the points are not known."""
    starts, made, fee = months("UTC", "2025-04", 3), Made(), 123_457
    length = starts[2] - starts[1]
    down = min(max(int((1 - F(share) / 100) * length) + step, 0), length)
    made.outages = [("outage", starts[1], starts[1] + down, {"cause": "supplier"})] if down else []
    if before:
        made.outages.append(("outage", starts[0], starts[0] + (starts[1] - starts[0]) // 40, {"cause": "supplier"}))     # 97.5%: 2 points
    made.fees = [(a, b, fee, {}) for a, b in pairwise(starts)]
    made.watched = [("outage", starts[0], starts[2])]
    lines = {line.window: (line.amount, line.state) for line in settled("uk-model-services", made, starts[2] + D)}
    points = uk_points(1 - F(down, length))
    if before:
        assert lines.pop("2025-04") == (round(F(2, 100) * fee), "owed")
    if points is None:
        assert lines == {"2025-05": (None, "unknown")}
    else:
        assert lines == ({"2025-05": (round(F(points * (2 if before else 1), 100) * fee), "owed")} if points else {})


@pytest.mark.parametrize("row", [*product((0, 1), repeat=5), (1, 0, 0, 0, 0, 0), (0, 1, 1, 0, 0, 0, 0, 1), (1, 0, 0, 0, 1, 0, 0, 0, 0)])
def test_what_was_withheld_comes_back_in_halves(row: tuple[int, ...]) -> None:
    """bank-of-baroda (02 - Bank of Baroda SLA.ag): 15% of the monthly fee is withheld; half returns when the two months that follow are
    met, the other half when four are.
    """
    where, made = "Asia/Kolkata", Made()
    starts = months(where, "2025-01", len(row))
    wanted = []
    for i, missed in enumerate(row):
        monthly = 10_000_033 + i
        made.fees.append((starts[i], starts[i + 1], monthly, {}))
        made.cases += [(f"c{i}", "opened", starts[i] + D, {}), (f"c{i}", "answered", starts[i] + D + H, {})]
        if missed:
            made.outages.append(("outage", starts[i], starts[i] + 10 * H, {"cause": "provider"}))
            held = round(F(15, 100) * monthly)
            wanted.append((i, held))
            half = round(F(held, 2))
            if len(row) > i + 2 and not any(row[i + 1:i + 3]):
                wanted.append((i + 2, -half))
            if len(row) > i + 4 and not any(row[i + 1:i + 5]):
                wanted.append((i + 4, -half if 2 * half <= held else half - held))
    made.watched = [("outage", starts[0], starts[-1]), ("cases", starts[0], starts[-1])]
    found = [(starts.index(line.start), line.amount) for line in settled("bank-of-baroda", made, starts[-1] + D)]
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("minutes", [0, 1, 60, 1440, 44_640])
@pytest.mark.parametrize(("before", "base"), [(15_500, 3_100), (15_499, 3_100), (15_501, 3_100), (18_600, 3_100), (3_100, 3_100), (1, 9_999)])
@pytest.mark.parametrize("cause", ["provider", "force-majeure"])
def test_the_greater_of_two_or_the_fee_of_the_time(minutes: int, before: int, base: int, cause: str) -> None:
    """movistar (05 - Movistar.ag): the greater of the invoice before in proportion and five times the base fee in proportion; where the
    provider is not responsible, the base fee in proportion. (The published text averages three invoices: here all three are the same.)
    """
    starts, made = months("Europe/Madrid", "2024-12", 2), Made()
    if minutes:
        made.outages = [("outage", starts[1], starts[1] + minutes * M, {"line": "l1", "cause": cause})]
    made.fees = [(starts[0], starts[1], before, {"line": "l1", "kind": "invoice"}),
                 (starts[1], starts[2], base, {"line": "l1", "kind": "base"})]
    made.watched = [("outage", starts[1], starts[2]), ("cases", starts[1], starts[2])]
    share = F(minutes, 44_640)
    owed = max(before * share, 5 * base * share) if cause == "provider" else base * share
    lines = [(line.commitment, line.amount) for line in settled("movistar", made, starts[2] + D) if line.amount]
    assert lines == ([("line" if cause == "provider" else "majeure", round(owed))] if round(owed) else [])
