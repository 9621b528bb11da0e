"""Schedules that pay for cases: shares of tickets solved in time, refunds for late arrivals, fixed sums for each failure."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from made_facts import D, H, M, Made, S
from test_edges import plans_of

from upheld.remedies.settle import settle
from upheld.remedies.settlement import Settlement
from upheld.values.instant import DAY_US, day_ordinal, parse_instant
from upheld.values.zone import zone

F = Fraction


def local(where: str, text: str) -> int:
    """The instant of a local date and time."""
    day, _, time = text.partition(" ")
    hours, _, minutes = (time or "00:00").partition(":")
    return zone(where).utc(day_ordinal(day) * DAY_US + int(hours) * H + int(minutes) * M, "open")


def settled(folder: str, made: Made, until: int) -> Settlement:
    plans = plans_of(folder)
    return settle(plans, made.facts(plans[0].customer, plans[0].currency), until)


# sas-spu-t14 (isa-group/governify-registry, T14-L2-S12-minimal.json): the share solved within the deadline of the priority, percent of the
# monthly invoice; half a percent more if this month's and last month's penalties are both above zero; at most 10% of the invoice.
SAS = {
    "P1": ("95", (("90", "95", "2"), ("85", "90", "3"), ("0", "85", "5"))),
    "P2": ("90", (("85", "90", "1.5"), ("80", "85", "2"), ("0", "80", "3"))),
    "P3": ("82.5", (("77.5", "82.5", "0.75"), ("72.5", "77.5", "1.25"), ("0", "72.5", "1.75"))),
}
# opened at eight on a Tuesday: the last instant in time, by Mon-Fri 08:00-20:00 for P2 (4 h) and P3 (17 h: 12 on Tuesday, 5 on Wednesday)
SAS_DUE = {"P1": 2 * H, "P2": 4 * H, "P3": D + 5 * H}
MISSED = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 39, 40)       # of forty: every edge is a whole number of tickets
TUESDAYS = [f"2025-{month:02d}-{day:02d}" for month, day in ((1, 7), (2, 4), (3, 4), (4, 1), (5, 6), (6, 3), (7, 1), (8, 5), (9, 2))]


def sas_tickets(made: Made, priority: str, tuesday: str, missed: int) -> None:
    opened = local("Europe/Madrid", f"{tuesday} 08:00")
    for i in range(40):
        says, case = {"priority": priority, "province": "Sevilla"}, f"{tuesday} {priority} {i}"
        made.cases += [(case, "opened", opened, says), (case, "solved", opened + SAS_DUE[priority] + (i < missed), says)]


def sas_percent(priority: str, missed: int) -> Fraction:
    share = F(40 - missed, 40) * 100
    return next((F(percent) for low, high, percent in SAS[priority][1] if F(low) <= share < F(high)), F(0))


@pytest.mark.parametrize("missed", MISSED)
@pytest.mark.parametrize("priority", SAS)
def test_shares_of_tickets_solved_in_time(priority: str, missed: int) -> None:
    """One microsecond after the deadline is late, the deadline itself is not; a month in between without a miss keeps the row single."""
    made, fee = Made(), 9_876_543
    for tuesday, late in zip(TUESDAYS[:3], (missed, 0, missed), strict=True):
        sas_tickets(made, priority, tuesday, late)
    months = [local("Europe/Madrid", f"2025-0{m}-01") for m in range(1, 5)]
    made.fees = [(a, b, fee, {}) for a, b in pairwise(months)]
    made.watched = [("cases", months[0], months[3])]
    owed = round(sas_percent(priority, missed) / 100 * fee)
    found = {}
    for line in settled("sas-spu-t14", made, months[3] + D).lines:
        found[line.window] = found.get(line.window, 0) + (line.amount or 0)
    assert found == ({"2025-01": owed, "2025-03": owed} if owed else {})


@pytest.mark.parametrize("row", [(10, 10), (0, 10, 10), (3, 0, 3), (40, 40, 40, 1), (3, 5, 7, 0, 40, 40)])
def test_half_a_percent_more_when_the_month_before_was_missed_too(row: tuple[int, ...]) -> None:
    made, fee = Made(), 9_876_543
    for tuesday, late in zip(TUESDAYS, row, strict=False):
        sas_tickets(made, "P1", tuesday, late)
    months = [local("Europe/Madrid", f"2025-0{m}-01") for m in range(1, len(row) + 2)]
    made.fees = [(a, b, fee, {}) for a, b in pairwise(months)]
    made.watched = [("cases", months[0], months[-1])]
    wanted, before = {}, F(0)
    for i, late in enumerate(row, 1):
        percent = sas_percent("P1", late)
        if percent:
            wanted[f"2025-0{i}"] = round((percent + (F(1, 2) if before else 0)) / 100 * fee)
        before = percent
    found: dict[str, int] = {}
    for line in settled("sas-spu-t14", made, months[-1] + D).lines:
        found[line.window] = found.get(line.window, 0) + (line.amount or 0)
    assert found == wanted


def test_all_priorities_together_stay_below_a_tenth_of_the_invoice() -> None:
    """All missed twice running: 5 + 3 + 1.75 and thrice the half are 11.25%: cut to 10%, in proportion, to the cent."""
    made, fee = Made(), 9_876_543
    for tuesday in TUESDAYS[:2]:
        for priority in SAS:
            sas_tickets(made, priority, tuesday, 40)
    months = [local("Europe/Madrid", f"2025-0{m}-01") for m in range(1, 4)]
    made.fees = [(a, b, fee, {}) for a, b in pairwise(months)]
    made.watched = [("cases", months[0], months[2])]
    lines = settled("sas-spu-t14", made, months[2] + D).lines
    total = {w: sum(line.amount or 0 for line in lines if line.window == w) for w in ("2025-01", "2025-02")}
    assert total == {"2025-01": sum(round(p * fee / 10_000) for p in (500, 300, 175)), "2025-02": round(F(fee, 10))}
    assert all(line.cuts for line in lines if line.window == "2025-02")


@pytest.mark.parametrize(("service", "minutes", "percent"), [
    ("AVE", "0", 0), ("AVE", "9:59.999999", 0), ("AVE", "10", 100), ("AVE", "10:00.000001", 100), ("AVE", "600", 100),
    ("MD", "0", 0), ("MD", "59:59.999999", 0), ("MD", "60", 50), ("MD", "60:00.000001", 50), ("MD", "89:59.999999", 50), ("MD", "90", 100),
    ("MD", "90:00.000001", 100), ("MD", "1000", 100),
])
@pytest.mark.parametrize("ticket", ["40.00", "33.35", "0.01"])
def test_refunds_for_late_trains(service: str, minutes: str, percent: int, ticket: str) -> None:
    """renfe (isa-group/governify-agreement-analyzer, 03 - Renfe.ag): AVE late 10 minutes or more: the ticket; MD 60 to 89 minutes: half of
    it, from 90 on all of it. Each half of a ticket is rounded by itself: at most a cent beside the whole.
    """
    whole, _, rest = minutes.partition(":")
    late = int(whole) * M + round(F(rest or "0") * S)
    made, due = Made(), local("Europe/Madrid", "2025-01-07 10:00")
    says = {"service": service, "ticket": ticket}
    made.cases = [("train", "timetabled", due, says), ("train", "arrived", due + late, says)]
    made.watched = [("cases", local("Europe/Madrid", "2025-01-01"), due + 3 * D)]
    lines = settled("renfe", made, due + 10 * D).lines
    price = F(ticket) * 100
    halves = 1 if service == "AVE" else percent // 50
    wanted = 0 if not percent else round(price) if service == "AVE" else halves * round(price / 2)
    assert sum(line.amount or 0 for line in lines) == wanted
    assert abs(wanted - price * percent / 100) <= 1


@pytest.mark.parametrize(("cut_over", "due"), [
    ("2025-01-13 18:00", "2025-01-14 17:00"),       # Monday: on Tuesday
    ("2025-01-17 18:00", "2025-01-20 17:00"),       # Friday: on Monday
    ("2025-01-18 09:00", "2025-01-20 17:00"),       # Saturday: on Monday
    ("2025-03-07 18:00", "2025-03-10 17:00"),       # the clocks go forward in between
])
@pytest.mark.parametrize(("step", "owed"), [(-1, 0), (0, 0), (1, 250_000), (9 * D, 250_000)])
def test_each_settlement_that_misses_its_hour_costs_the_same(cut_over: str, due: str, step: int, owed: int) -> None:
    """ebt-liquidated (attachment Q): settlement by 17:00 Eastern on the bank business day after the cut-over; 2,500 USD for each failure.
    The bank calendar of the example knows no bank holidays.
    """
    where = "America/New_York"
    made = Made()
    for case in ("a", "b"):
        made.cases += [(case, "cut-over", local(where, cut_over), {}), (case, "settled", local(where, due) + step, {})]
    made.watched = [(what, parse_instant("2025-01-01T05:00:00Z"), local(where, due) + 60 * D) for what in ("cases", "outage", "maintenance")]
    lines = [line for line in settled("ebt-liquidated", made, local(where, due) + 90 * D).lines if line.state != "unknown"]
    assert [line.amount for line in lines] == ([owed, owed] if owed else [])


@pytest.mark.parametrize(("reports", "tickets", "percent"), [
    ((2, 2), (2, 2), 0), ((1, 1), (3, 4), 0), ((1, 1), (299, 400), 5), ((5, 6), (1, 1), 0), ((4, 5), (1, 1), 5), ((1, 1), (1, 2), 5),
    ((1, 6), (1, 1), 5), ((1, 7), (1, 1), 10), ((0, 1), (1, 1), 10), ((0, 1), (0, 1), 10),
])
def test_weights_that_an_agency_assigned(reports: tuple[int, int], tickets: tuple[int, int], percent: int) -> None:
    """maryland-task-order: at most 10% of the monthly invoice. The weights (60, 40) and rows (below 90%: 5%, below 50%: 10%) are made up."""
    where = "America/New_York"
    made, fee = Made(), 1_234_567
    due = local(where, "2025-01-07 10:00")
    for what, (kept, n), begins, ends, limit in (("report", reports, "due", "delivered", 0), ("ticket", tickets, "opened", "closed", 8 * H)):
        for i in range(n):
            made.cases += [(f"{what} {i}", begins, due, {"what": what}), (f"{what} {i}", ends, due + limit + (i >= kept), {"what": what})]
    made.fees = [(local(where, "2025-01-01"), local(where, "2025-02-01"), fee, {})]
    made.watched = [("cases", local(where, "2025-01-01"), local(where, "2025-02-01"))]
    weighted = F(3, 5) * F(*reports) + F(2, 5) * F(*tickets)
    assert percent == (0 if weighted >= F(9, 10) else 5 if weighted >= F(1, 2) else 10)
    lines = settled("maryland-task-order", made, local(where, "2025-03-01")).lines
    assert [line.amount for line in lines] == ([round(F(percent, 100) * fee)] if percent else [])


@pytest.mark.parametrize(("reading", "pays"), [(44, False), (45, False), (46, True)])
def test_a_prorated_day_for_latency_above_the_limit(reading: int, pays: bool) -> None:
    """verizon-internet-dedicated: the US average above 45 ms: one prorated day, automatic; 1,234.57 for January's 31 days."""
    made, start, end = Made(), parse_instant("2025-01-01T00:00:00Z"), parse_instant("2025-02-01T00:00:00Z")
    values = {"latency-us": reading, "latency-transatlantic": 90, "delivery": 100}
    made.readings = [(series, start + D * i, value) for series, value in values.items() for i in range(1, 5)]
    made.fees = [(start, end, 123_457, {"kind": "recurring"}), (start, end, 49_999, {"kind": "installation"})]
    made.watched = [(what, start, end) for what in ("latency-us", "latency-transatlantic", "delivery", "jitter", "cases")]
    lines = settled("verizon-internet-dedicated", made, end + D).lines
    assert [(line.commitment, line.amount) for line in lines if line.state == "owed"] == ([("latency", round(F(123_457, 31)))] if pays else [])


@pytest.mark.parametrize(("circuit", "due"), [("T1", "2025-02-26"), ("T3", "2025-03-26")])
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_half_the_installation_fee_for_a_circuit_that_comes_late(circuit: str, due: str, step: int) -> None:
    """verizon-internet-dedicated: T1 within 40, T3 within 60 business days of Wednesday 1 January: 26 February and 26 March."""
    made, ordered = Made(), parse_instant("2025-01-01T10:00:00Z")
    says = {"circuit": circuit, "install_fee": "499.99"}
    made.cases = [("o", "ordered", ordered, says), ("o", "installed", parse_instant(f"{due}T10:00:00Z") + step, says)]
    made.acts = [("claim", "install", parse_instant("2025-06-02T00:00:00Z"), {})]
    made.watched = [("cases", parse_instant("2025-01-01T00:00:00Z"), parse_instant("2025-07-01T00:00:00Z"))]
    lines = settled("verizon-internet-dedicated", made, parse_instant("2025-07-01T00:00:00Z")).lines
    paid = [(line.commitment, line.amount) for line in lines if line.state == "owed"]
    assert paid == ([("install", round(F(49_999, 2)))] if step > 0 else [])
