"""Worked examples of published texts, each said in a tiny agreement, to the cent.

Sources: the examples printed in the texts themselves (Atlassian's service level agreement, the model services agreement's service points,
the Accord Project's clauses, Ofcom's automatic compensation) and constructs met in published agreements.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from made_facts import D, H, M, Made, S

from upheld.agreement.load import load
from upheld.remedies.settle import settle
from upheld.remedies.settlement import Settlement
from upheld.values.instant import parse_instant
from upheld.values.money import show_money

HEAD = """\
upheld: 1
agreement: worked
title: Worked example
version: 1
effective: {from: 2025-01-01}
timezone: UTC
currency: EUR
parties: {provider: {name: a provider}, customer: {name: a customer}}
"""
UPTIME = """\
states:
  outage: {where: {kind: outage}}
commitments:
  uptime:
    measure: availability
    down: outage
    out_of: period
    per: month
"""
MONTHS = [parse_instant(f"{2025 + m // 12}-{m % 12 + 1:02d}-01T00:00:00Z") for m in range(25)]


def at(text: str) -> int:
    return parse_instant(text.replace(" ", "T") + "Z")


def settled(text: str, made: Made, now: str) -> Settlement:
    loaded = load({"agreements/worked.yaml": (HEAD + text).encode()}, name="agreements/worked.yaml")
    assert [f"{f.slug}: {f.message}" for f in loaded.findings if f.severity == "error"] == []
    assert loaded.plan is not None
    return settle([loaded.plan], made.facts("a customer", "EUR"), at(now))


def told(found: Settlement) -> list[tuple[str, str, str]]:
    """``(window or case, amount, state)``: what a clerk would read."""
    return [(line.case or line.window, line.grant or ("?" if line.amount is None else show_money(line.amount, "EUR")), line.state)
            for line in found.lines]


def down(made: Made, month: str, us: int, **says: str) -> None:
    """An outage of this length from the second day of a month on."""
    start = at(f"{month}-02 00:00:00")
    made.outages.append(("outage", start, start + us, says))


def fees(made: Made, minor: int, months: int = 24, **says: str) -> None:
    made.fees += [(a, b, minor, says) for a, b in pairwise(MONTHS[:months + 1])]


def watched(made: Made, until: str, *what: str) -> None:
    made.watched += [(each, MONTHS[0], at(until)) for each in what or ("outage",)]


# ---- printed in the texts -----------------------------------------------------------------------------------------------------------


def test_sixty_minutes_of_43_200() -> None:
    """Atlassian: 43,200 minutes, 60 of them down: 99.86%, and 10% of the fees."""
    made = Made()
    down(made, "2025-04", 60 * M)
    fees(made, 100_000)
    watched(made, "2025-05-01 00:00:00")
    text = UPTIME + '    target: ">= 99.9%"\n    credit: {pay: {by result: {">= 99.0%, < 99.9%": 10%, "< 99.0%": 25%}}, of: fee}\n'
    found = settled(text, made, "2025-05-02 00:00:00")
    assert told(found) == [("2025-04", "100.00 EUR", "owed")]
    assert found.lines[0].working[0].startswith("99.861%")


def test_service_points_of_three_periods() -> None:
    """The model services agreement: 96.5%, 98.5%, 96.5% are 3, 1 doubled to 2, and 3 doubled to 6 points."""
    made = Made()
    for month, parts in (("2025-04", 35), ("2025-05", 15), ("2025-06", 35)):
        start, end = at(f"{month}-01 00:00:00"), at(f"2025-0{int(month[-1]) + 1}-01 00:00:00")
        made.outages.append(("outage", start, start + (end - start) * parts // 1000, {}))
    fees(made, 123_457)
    watched(made, "2025-07-01 00:00:00")
    text = UPTIME + """\
    target: ">= 99.0%"
    points: {by result: {">= 99.0%": 0, ">= 98.0%, < 99.0%": 1, ">= 97.0%, < 98.0%": 2, ">= 96.0%, < 97.0%": 3, "< 96.0%": 4}}
    repeat: {by missed in a row: {1: 1, ">= 2": 2}}
  points: {measure: combine, sum of points: [uptime], per: month, credit: {pay: 1%, of: fee, per: point}}
"""
    # 3%, 2% and 6% of 1,234.57
    assert told(settled(text, made, "2025-07-02 00:00:00")) == [
        ("2025-04", "37.04 EUR", "owed"), ("2025-05", "24.69 EUR", "owed"), ("2025-06", "74.07 EUR", "owed")]


@pytest.mark.parametrize(("late", "amount"), [
    (0, None), (1, "10.50"), (D, "10.50"), (D + 1, "21.00"), (2 * D, "21.00"), (2 * D + 1, "31.50"),
    # the printed example: 5.76 days late are 6 days, three times two days: 3 x 10.5% of 200.00
    (5 * D + 18 * H + 14 * M + 24 * S, "63.00"),
    (10 * D, "105.00"), (11 * D, "110.00"), (30 * D, "110.00"),
])
def test_late_delivery(late: int, amount: str | None) -> None:
    """Accord Project, latedeliveryandpenalty: 10.5% of the value of the goods for every 2 days, any fractional part of a day a full day,
    at most 55% of the value. (Half a step is paid for an odd day: three days are 15.75%.)
    """
    made, due = Made(), at("2025-04-02 09:00:00")
    says = {"goods_value": "200.00"}
    made.cases = [("G-1", "due", due, says), ("G-1", "delivered", due + late, says)]
    watched(made, "2025-07-01 00:00:00", "cases")
    text = """\
commitments:
  delivery:
    measure: clock
    starts: due
    stops: delivered
    within: 0h
    per: month
    credit: {pay: 10.5%, of: {value: goods_value}, per: 2 days late, late: whole days, up_to: 55%}
"""
    assert told(settled(text, made, "2025-07-02 00:00:00")) == ([("G-1", f"{amount} EUR", "owed")] if amount else [])


@pytest.mark.parametrize(("percent", "amount"), [
    ("99.8", None), ("99.7", "0.20"), ("98", "0.20"), ("97.9", "0.30"), ("97", "0.30"), ("0", "0.30")])
def test_service_level_of_a_small_charge(percent: str, amount: str | None) -> None:
    """Accord Project, servicelevelagreement: on a monthly charge of 10.00, 99.7% gives 0.20 and 97% gives 0.30."""
    made = Made()
    down(made, "2025-04", 0)
    start, end = at("2025-04-01 00:00:00"), at("2025-05-01 00:00:00")
    length = (1 - Fraction(percent) / 100) * (end - start)
    made.outages = [("outage", start, start + int(length), {})] if length else []
    fees(made, 1_000)
    watched(made, "2025-05-01 00:00:00")
    text = UPTIME + """\
    target: ">= 99.8%"
    credit: {pay: {by result: {">= 98.0%, < 99.8%": 2%, "< 98.0%": 3%}}, of: fee}
caps: [{up_to: 10%, of: fee, in: month}, {up_to: 10%, of: fee, in: any 12 months}]
"""
    assert told(settled(text, made, "2025-05-02 00:00:00")) == ([("2025-04", f"{amount} EUR", "owed")] if amount else [])


@pytest.mark.parametrize(("slow", "lost", "per_result", "per_call"), [
    (5, 0, [], []),                                        # 95 of 100 within 20 s, all within two minutes: kept
    (6, 0, ["500.00 EUR"], ["10.00 EUR"] * 6),             # one too many after 20 s: every late call costs
    (5, 1, ["500.00 EUR"], ["10.00 EUR"]),                 # the tail: one after two minutes
    (6, 1, ["500.00 EUR"], ["10.00 EUR"] * 6),
])
def test_the_tail_of_a_call_centre(slow: int, lost: int, per_result: list[str], per_call: list[str]) -> None:
    """95% of calls within 20 seconds and the rest within two minutes; both must hold. ``slow`` calls take longer than 20 s, ``lost`` of
    them longer than two minutes. Paid per month, or for each missed call (a call that misses both is paid once).
    """
    made = Made()
    for i in range(100):
        rings = at("2025-04-02 09:00:00") + i * M
        took = 120 * S + 1 if i < lost else 20 * S + 1 if i < slow else 20 * S
        made.cases += [(f"call {i:03d}", "rang", rings, {}), (f"call {i:03d}", "answered", rings + took, {})]
    watched(made, "2025-05-01 00:00:00", "cases")
    text = """\
commitments:
  calls:
    measure: clock
    starts: rang
    stops: answered
    within: {95%: 20s, 100%: 120s}
    per: month
    credit: {pay: CREDIT}
"""
    assert [a for _, a, _ in told(settled(text.replace("CREDIT", "500 EUR"), made, "2025-05-02 00:00:00"))] == per_result
    assert [a for _, a, _ in told(settled(text.replace("CREDIT", "10 EUR, per: missed case"), made, "2025-05-02 00:00:00"))] == per_call


@pytest.mark.parametrize(("reported", "repaired", "amount"), [
    ("2026-03-16 10:00:00", "2026-03-18 10:00:00", None),           # Monday: due on Wednesday at the same time
    ("2026-03-16 10:00:00", "2026-03-18 10:00:01", "8.00"),         # the first calendar day has begun
    ("2026-03-16 10:00:00", "2026-03-19 10:00:00", "8.00"),
    ("2026-03-16 10:00:00", "2026-03-19 10:00:01", "16.00"),
    ("2026-03-19 10:00:00", "2026-03-24 10:00:00", "8.00"),         # Thursday: grace skips the weekend, due on Monday
    ("2026-03-19 10:00:00", "2026-03-30 10:00:00", "56.00"),        # the seven days after it count, Saturday and Sunday too
    ("2026-04-02 10:00:00", "2026-04-13 10:00:00", "72.38"),        # in April at 10.34
])
def test_grace_in_working_days_and_amounts_by_the_calendar_day(reported: str, repaired: str, amount: str | None) -> None:
    """Ofcom's automatic compensation for delayed repair: two working days of grace, then so much for each calendar day, uprated every
    April. 8.00 and 10.34 are its first and its latest published rate; those between are left out here, and so are bank holidays.
    """
    made = Made()
    made.cases = [("L-1", "reported", at(reported), {}), ("L-1", "repaired", at(repaired), {})]
    watched(made, "2026-06-01 00:00:00", "cases")
    text = """\
calendars: {weekdays: {hours: {mon-fri: 00:00-24:00}}}
commitments:
  repair:
    measure: clock
    starts: reported
    stops: repaired
    hours: weekdays
    within: 2 working days
    counted: started
    per: month
    credit: {pay: {by date: {"< 2026-04-01": 8.00 EUR, else: 10.34 EUR}}, per: started 1 days late}
"""
    assert told(settled(text, made, "2026-06-02 00:00:00")) == ([("L-1", f"{amount} EUR", "owed")] if amount else [])


# ---- constructs met in published agreements -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kilograms", "value", "amount"), [("1", "900.00", "25.00"), ("12", "900.00", "300.00"), ("0.5", "900.00", "12.50"),
                                                            ("12", "299.99", "299.99"), ("36", "900.00", "900.00")])
def test_a_lost_parcel_is_paid_up_to_so_much_a_kilogram(kilograms: str, value: str, amount: str) -> None:
    """A cap by weight: the value of each parcel, at most 25.00 a kilogram; each parcel for itself, whatever the others come to."""
    made, due = Made(), at("2025-04-02 09:00:00")
    for case, weight, worth in (("P-1", kilograms, value), ("P-2", "2", "10.00"), ("P-3", "1", "1000.00")):
        says = {"weight_kg": weight, "goods_value": worth}
        made.cases += [(case, "sent", due, says), (case, "arrived", due + 90 * D, says)]
    watched(made, "2025-08-01 00:00:00", "cases")
    text = """\
commitments:
  parcels:
    measure: clock
    starts: sent
    stops: arrived
    within: 30 days
    per: month
    credit: {least of: [{pay: 100%, of: {value: goods_value}, per: missed case}, {pay: 25 EUR, per: {number: weight_kg}}]}
"""
    assert told(settled(text, made, "2025-08-02 00:00:00")) == [
        ("P-1", f"{amount} EUR", "owed"), ("P-2", "10.00 EUR", "owed"), ("P-3", "25.00 EUR", "owed")]


def test_two_caps_one_after_the_other() -> None:
    """15/30 of the monthly fee, then a fifth of a year's fee: 100% of 900.00 is cut to 450.00 a month, and six of them to 2,160.00."""
    made = Made()
    for month in range(1, 7):
        down(made, f"2025-{month:02d}", 10 * D)
    fees(made, 90_000, 12)
    watched(made, "2025-07-01 00:00:00")
    text = UPTIME + """\
    target: ">= 99.9%"
    credit: {pay: {by result: {"< 99.9%": 100%}}, of: fee}
caps: [{up_to: 50%, of: fee, in: month}, {up_to: 20%, of: fee, in: contract year}]
"""
    lines = settled(text, made, "2026-01-02 00:00:00").lines
    assert all(line.cuts[0].limit == 45_000 and line.due <= 45_000 for line in lines)
    assert sum(line.due for line in lines) == 216_000


@pytest.mark.parametrize(("option", "amount"), [("", "100.00 EUR"), ("1", "100.00 EUR"), ("2", "the term extended by the time down, 1 h")])
def test_money_or_a_longer_term_at_the_customers_choice(option: str, amount: str) -> None:
    made = Made()
    down(made, "2025-04", H)
    fees(made, 100_000)
    if option:
        made.acts = [("choice", "uptime", at("2025-05-10 00:00:00"), {"window": "2025-04", "option": option})]
    watched(made, "2025-05-01 00:00:00")
    text = UPTIME + '    target: ">= 99.9%"\n    credit: {choice of customer: [{pay: 10%, of: fee}, {extend: time down}]}\n'
    assert told(settled(text, made, "2025-06-01 00:00:00")) == [("2025-04", amount, "owed" if option else "to choose")]


@pytest.mark.parametrize(("rule", "in_time", "too_late"), [
    ("30 days after window", "2025-05-30 23:59:59", "2025-05-31 00:00:00"),
    ("15 days after window", "2025-05-15 23:59:59", "2025-05-16 00:00:00"),
    ("72h after incident", "2025-04-05 01:00:00", "2025-04-05 01:00:01"),
    ("2 months after window", "2025-06-30 23:59:59", "2025-07-01 00:00:00"),
    ("10 working days after window", "2025-05-14 23:59:59", "2025-05-15 00:00:00"),      # 1 May is the first of them
])
def test_claims_at_their_last_instant(rule: str, in_time: str, too_late: str) -> None:
    for when, state in ((in_time, "owed"), (too_late, "lapsed"), ("", "lapsed")):
        made = Made()
        down(made, "2025-04", H)
        fees(made, 100_000)
        made.acts = [("claim", "uptime", at(when), {"window": "2025-04"})] if when else []
        watched(made, "2025-05-01 00:00:00")
        words = rule.replace("working days", "working days in week") if "working" in rule else rule
        text = "calendars: {week: {hours: {mon-fri: 00:00-24:00}}}\n" + UPTIME + \
            f'    target: ">= 99.9%"\n    credit: {{pay: 10%, of: fee}}\nclaim: {{by: {words}}}\n'
        assert told(settled(text, made, "2025-12-01 00:00:00")) == [("2025-04", "100.00 EUR", state)]


@pytest.mark.parametrize(("given", "state"), [("technical ticket; compensation request", "owed"), ("technical ticket", "lapsed"),
                                              ("compensation request", "lapsed"), ("", "lapsed")])
def test_two_separate_tickets_are_needed(given: str, state: str) -> None:
    made = Made()
    down(made, "2025-04", H)
    fees(made, 100_000)
    made.acts = [("claim", "uptime", at("2025-05-05 00:00:00"), {"window": "2025-04", "evidence": given}),
                 ("claim", "another", at("2025-05-05 00:00:00"), {"evidence": "x"})]
    watched(made, "2025-05-01 00:00:00")
    text = UPTIME + """\
    target: ">= 99.9%"
    credit: {pay: 10%, of: fee}
claim: {by: 15 days after window, needs: [technical ticket, compensation request]}
"""
    assert told(settled(text, made, "2025-12-01 00:00:00")) == [("2025-04", "100.00 EUR", state)]


@pytest.mark.parametrize(("reported", "amount"), [("2025-05-11 00:00:00", None), ("2025-05-11 00:00:01", "20.00"), ("", "20.00")])
def test_no_report_counts_as_a_miss(reported: str, amount: str | None) -> None:
    """Accord Project, servicelevelagreement 5.3: a report that is not delivered is a failure of the level, at the mildest credit."""
    made = Made()
    fees(made, 100_000)
    made.cases = [(f"r{m}", "reported", at(f"2025-{m:02d}-03 00:00:00"), {}) for m in (2, 3, 4)]
    if reported:
        made.cases.append(("r5", "reported", at(reported), {}))
    watched(made, "2025-05-01 00:00:00", "outage")
    watched(made, "2025-05-31 00:00:00", "cases")
    text = UPTIME + """\
    target: ">= 99.8%"
    credit: {pay: {by result: {">= 98.0%, < 99.8%": 2%, "< 98.0%": 3%}}, of: fee}
  report: {measure: clock, starts: {every: month, at: end}, stops: reported, within: 10 days, per: month, deems: [uptime]}
"""
    assert told(settled(text, made, "2025-05-30 00:00:00")) == ([("2025-04", f"{amount} EUR", "owed")] if amount else [])


def test_earned_back_by_the_year_that_follows() -> None:
    """What is at risk comes back when six months are kept in a row; a miss in between begins the row anew."""
    made = Made()
    for month in ("2025-01", "2025-04"):
        down(made, month, 10 * H)
    fees(made, 123_457)
    watched(made, "2025-12-01 00:00:00")
    text = UPTIME + """\
    target: ">= 99.9%"
    credit: {pay: 50%, of: at-risk}
amounts: {at-risk: {pay: 12%, of: fee}}
earn_back: {when: target met 6 windows in a row}
"""
    # half of 12% of 1,234.57 is 74.0742; only April's is followed by six kept months, the last of them October
    assert told(settled(text, made, "2025-12-02 00:00:00")) == [
        ("2025-01", "74.07 EUR", "owed"), ("2025-04", "74.07 EUR", "owed"), ("2025-10", "-74.07 EUR", "owed")]


@pytest.mark.parametrize(("exercised", "state"), [("", "lapsed"), ("2025-07-30 23:59:59", "used"), ("2025-07-31 00:00:00", "lapsed")])
def test_chronic_failure_ends_the_contract(exercised: str, state: str) -> None:
    """Three months missed within six: a right to terminate, with notice within thirty days of the third."""
    made = Made()
    for month in ("2025-02", "2025-04", "2025-06"):
        down(made, month, 10 * H)
    fees(made, 100_000)
    if exercised:
        made.acts = [("exercise", "terminate", at(exercised), {})]
    watched(made, "2025-07-01 00:00:00")
    text = UPTIME + """\
    target: ">= 99.9%"
    credit: {pay: 10%, of: fee}
rights: [{give: terminate, to: customer, when: {breached: uptime, at_least: 3, in: last 6 months}, use_within: 30 days}]
"""
    found = settled(text, made, "2025-12-01 00:00:00")
    assert [(r.give, r.state, r.opened_at) for r in found.rights] == [("terminate", state, at("2025-07-01 00:00:00"))]
    assert [a for _, a, _ in told(found)] == ["100.00 EUR"] * 3


def test_an_indicator_promoted_to_priced_by_notice() -> None:
    """Measured at first, then priced by a version from April on, and weighed more from July on: each window is paid by its own version."""
    made = Made()
    for month in ("2025-02", "2025-05", "2025-08"):
        down(made, month, 10 * H)
    fees(made, 123_457)
    watched(made, "2025-10-01 00:00:00")
    plans = []
    for version, since, credit in ((1, "2025-01-01", ""), (2, "2025-04-01", "5%"), (3, "2025-07-01", "7.5%")):
        head = HEAD.replace("version: 1", f"version: {version}").replace("2025-01-01", since)
        priced = f"    credit: {{pay: {credit}, of: fee}}\n" if credit else ""
        loaded = load({"agreements/worked.yaml": (head + UPTIME + '    target: ">= 99.9%"\n' + priced).encode()}, name="agreements/worked.yaml")
        assert loaded.plan is not None
        plans.append(loaded.plan)
    found = settle(plans, made.facts("a customer", "EUR"), at("2025-11-01 00:00:00"))
    assert [(line.version, *row) for line, row in zip(found.lines, told(found), strict=True)] == [
        ("2", "2025-05", "61.73 EUR", "owed"), ("3", "2025-08", "92.59 EUR", "owed")]


def test_a_dispute_does_not_stop_what_is_owed_and_is_shown() -> None:
    """Automatic credits with fourteen days to contest them: an open dispute stands beside the line until it is decided."""
    made = Made()
    down(made, "2025-04", H)
    fees(made, 100_000)
    watched(made, "2025-05-01 00:00:00")
    text = UPTIME + """\
    target: ">= 99.9%"
    credit: {pay: 10%, of: fee}
disputes: {undetected: {by: customer, until: 14 days after incident, needs: [start, end], adds: {kind: outage}}}
"""
    made.acts = [("dispute", "uptime", at("2025-05-05 00:00:00"), {"dispute": "undetected", "window": "2025-04"})]
    assert [(line.amount, line.state, line.disputed) for line in settled(text, made, "2025-06-01 00:00:00").lines] == [
        (10_000, "owed", "undetected")]
    made.acts.append(("decision", "undetected", at("2025-05-20 00:00:00"), {"accepted": "no"}))
    assert [(line.amount, line.disputed) for line in settled(text, made, "2025-06-01 00:00:00").lines] == [(10_000, "")]
