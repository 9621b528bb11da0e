"""Compiled: the language's own examples become the plans its sentences promise."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import pytest

from upheld.agreement.checks.across import across
from upheld.agreement.load import Loaded, load
from upheld.calendars.spec import HolidayList, Intersection, Weekly
from upheld.plans.lookup import NO_ROW, UNDECIDED, look
from upheld.plans.plan import (
    AvailabilityPlan,
    Breached,
    ClockPlan,
    Combination,
    CombinePlan,
    IntervalState,
    Plan,
    Schedule,
    StatusState,
    ValuesPlan,
)
from upheld.plans.selector import EVERYTHING, Key, OneOf

HEAD = "upheld: 1\nagreement: a\neffective: {from: 2026-01-01, until: 2028-12-31}\ntimezone: Europe/Berlin\ncurrency: EUR\n"
BERLIN_LISTS = {"DE-BE": (HolidayList((20_454,), 20_454, 21_549, name="DE-BE", library="holidays 0.0"),)}


def loaded(text: str, name: str = "a.yaml") -> Loaded:
    return load({name: text.encode()}, name=name, holidays=BERLIN_LISTS)


def plan(text: str) -> Plan:
    found = loaded(HEAD + text)
    assert found.plan is not None, found.findings
    return found.plan


def clock(rest: str) -> ClockPlan:
    found = plan(
        "calendars:\n  office: {hours: {mon-fri: [08:00-12:00, 13:00-17:30]}, holidays: DE-BE}\n"
        "commitments:\n  c: {measure: clock, starts: opened, stops: [answered, resolved], " + rest + "}\n"
    ).commitments["c"]
    assert isinstance(found, ClockPlan)
    return found


def test_the_days_of_an_agreement_begin_in_its_zone_and_its_last_day_counts() -> None:
    found = plan("commitments: {}\n")
    assert found.from_us == 1_767_222_000_000_000  # 2025-12-31T23:00Z
    assert found.until_us == 1_861_916_400_000_000  # 2028-12-31T23:00Z
    assert found.hash == hashlib.sha256((HEAD + "commitments: {}\n").encode()).hexdigest()


def test_covers_is_the_customer_unless_said() -> None:
    assert plan("parties: {customer: {name: ACME}}\n").covers == Key("customer", OneOf(("ACME",)))
    assert plan("parties: {customer: {name: ACME Bank, id: acme}}\n").covers == Key("customer", OneOf(("acme", "ACME Bank")))
    assert plan("parties: {customer: {name: ACME}}\ncovers: any\n").covers == EVERYTHING
    assert plan("parties: {provider: {name: ACME}}\n").covers == EVERYTHING


def test_a_bare_duration_binds_every_case_unless_a_target_says_how_many() -> None:
    ((share,),) = (clock("within: 4h, per: month").within.leaves,)
    assert share is not None
    assert share[0].least == 1
    with_target = clock('within: 4h, target: ">= 95%", per: month').within.leaves[0]
    assert with_target is not None
    assert with_target[0].least is None


def test_shares_by_severity() -> None:
    c = clock(
        "hours: office, per: month, within: {by severity: {1: {95%: 15m in always, 100%: 1h in always}, 2: {all but 1: 1h}, 3: none, else: 4h}}"
    )
    leaves = c.within.leaves
    one = leaves[look(c.within, {"severity": "1"})]
    assert one is not None
    assert [(s.least, s.within.amount, s.within.calendar) for s in one] == [
        (Fraction(19, 20), 900_000_000, "always"),
        (Fraction(1), 3_600_000_000, "always"),
    ]
    two = leaves[look(c.within, {"severity": "2"})]
    assert two is not None
    assert two[0].all_but == 1
    assert leaves[look(c.within, {"severity": "3"})] is None
    assert c.within.labels == ("severity 1", "severity 2", "severity 3", "other severity")
    assert look(c.within, {"severity": None}) == UNDECIDED


def test_a_clock_without_per_judges_each_case_by_itself() -> None:
    assert clock("within: 4h").head.window.unit == "case"


@pytest.mark.parametrize(
    ("per", "expected"),
    [
        ("month", ("month", 1, 1, 1)),
        ("{each: quarter, from: 02-01}", ("quarter", 1, 2, 1)),
        ("{each: month, from: day 15}", ("month", 1, 1, 15)),
        ("{each: contract year}", ("contract-year", 1, 1, 1)),
        ("2 weeks", ("week", 2, 1, 1)),
        ("half-year", ("half-year", 1, 1, 1)),
    ],
)
def test_windows(per: str, expected: tuple[str, int, int, int]) -> None:
    w = clock(f"within: 4h, per: {per}").head.window
    assert (w.unit, w.count, w.month, w.day) == expected
    assert w.zone == "Europe/Berlin"


def test_rolling_windows() -> None:
    w = clock("within: 4h, per: {last: 30 days, every: day}").head.window
    assert (w.rolling, w.unit, w.count, w.every) == (True, "day", 30, "day")
    w = clock("within: 4h, per: {last: 365 days, before: claim, once: true}").head.window
    assert (w.rolling, w.before, w.once) == (True, "claim", True)


def test_narrowest_row_wins_wherever_it_was_written() -> None:
    found = loaded(
        HEAD + "states: {o: {where: {kind: outage}}}\ncommitments:\n  u: {measure: availability, down: o, out_of: period, per: month, "
        'target: ">= 99.95%", credit: {of: fee, pay: {by result: {"< 99.95%": 10%, "< 99.0%": 25%, "< 95.0%": 100%}}}}\n'
    )
    assert found.model is not None
    assert not found.findings
    pay = found.model.commitments["u"].credit.pay  # type: ignore[union-attr]
    for value, text in ((Fraction(9994, 10000), "10%"), (Fraction(98, 100), "25%"), (Fraction(94, 100), "100%")):
        assert pay.leaves[look(pay, {"result": value})].text == text
    assert look(pay, {"result": Fraction(1)}) == NO_ROW


def test_cut_offs_and_hours_by_level() -> None:
    c = clock(
        "hours: {by level: {24x7x4: always, else: office}}, within: {by level: {24x7x4: 4h, nbd: {by time of start: "
        '{"< 15:00": 1 working day at close, else: 2 working days at close}}}}'
    )
    before, after = (c.within.leaves[look(c.within, {"level": "nbd", "time of start": Fraction(t)})] for t in (53_999, 54_000))
    assert before is not None
    assert after is not None
    assert (before[0].within.amount, after[0].within.amount, after[0].within.at) == (1, 2, "close")


def test_clocks_of_the_calendar_and_turned_round() -> None:
    found = plan(
        "calendars: {office: {hours: {mon-fri: 08:00-17:00}}}\ncommitments:\n"
        "  review: {measure: clock, starts: {every: quarter, at: end}, stops: review-held, within: 30 days}\n"
        "  change: {measure: clock, before: change-begins, stops: change-announced, within: 5 working days in office}\n"
    ).commitments
    review, change = found["review"], found["change"]
    assert isinstance(review, ClockPlan)
    assert isinstance(review.starts, Schedule)
    assert (review.starts.every.unit, review.starts.at) == ("quarter", "end")
    assert isinstance(change, ClockPlan)
    assert change.before == Key("event", OneOf(("change-begins",)))


def test_states_are_told_by_their_keys() -> None:
    states = plan(
        "states:\n  outage: {where: {kind: outage}, at_least: 60s}\n  parked: {where: {status: [pending]}}\n"
        "  hot: {series: t, value: '> 27', holds: 10m}\n  both: {all: [outage, hot], not: peak}\n"
        "  two: {at_least: 2, of: [outage, hot, peak]}\n"
        "  peak: {calendar: office}\ncalendars: {office: {hours: {mon-fri: 08:00-17:00}}}\n"
    ).states
    assert states["outage"] == IntervalState(Key("kind", OneOf(("outage",))), 60_000_000)
    assert isinstance(states["parked"], StatusState)
    assert states["both"] == Combination(("outage", "hot", "both: not"), 3)
    assert states["both: not"] == Combination(("peak",), 1, negate=True)
    assert states["two"] == Combination(("outage", "hot", "peak"), 2)


def test_a_late_customer_is_a_state() -> None:
    found = plan(
        "states: {o: {where: {kind: outage}}}\nexclusions: {late: {while: breached(duty), effect: leave_out}}\ncommitments:\n"
        "  duty: {measure: clock, starts: asked, stops: told, within: 4h, promised_by: customer}\n"
        "  u: {measure: availability, down: o, out_of: period, per: month, excluding: late}\n"
    )
    assert found.states["breached(duty)"] == Breached("duty")
    assert isinstance(found.commitments["u"], AvailabilityPlan)


def test_values_and_combinations() -> None:
    found = plan(
        "commitments:\n"
        "  errors: {measure: values, ratio: {good: {status: {not: [500, 503]}}, total: any}, "
        "slices: {each: 5m, empty: good}, value: mean, per: month}\n"
        "  heat: {measure: values, of: {series: inlet}, value: p95, per: month}\n"
        "  liked: {measure: values, ratio: {good: {event: liked}, total: {event: answered}}, per: month}\n"
        "  both: {measure: combine, weighted: {errors: 60%, liked: 40%}, per: month}\n"
        '  sum: {measure: combine, expression: "(errors + 2 * liked) / 3", per: month}\n'
        "  points: {measure: combine, sum of points: [errors], per: month}\n"
    ).commitments
    errors, heat, liked, both, total, points = found.values()
    assert isinstance(errors, ValuesPlan)
    assert (errors.shape, errors.statistic) == ("counts", "mean")
    assert isinstance(heat, ValuesPlan)
    assert (heat.shape, heat.statistic) == ("samples", "p95")
    assert isinstance(liked, ValuesPlan)
    assert (liked.shape, liked.statistic) == ("cases", "ratio")
    assert isinstance(both, CombinePlan)
    assert both.weights == (Fraction(3, 5), Fraction(2, 5))
    assert isinstance(total, CombinePlan)
    assert total.expression == ("/", ("+", "errors", ("*", Fraction(2), "liked")), Fraction(3))
    assert total.parts == ("errors", "liked")
    assert isinstance(points, CombinePlan)
    assert (points.operation, points.of_points) == ("sum of", True)


def test_calendars_and_frozen_holidays() -> None:
    calendars = plan(
        "calendars:\n  office: {hours: {mon-fri: 08:00-17:00}, holidays: [DE-BE, 2026-12-24], "
        "dates: {2026-12-31: 08:00-12:00}, zone: Asia/Kolkata}\n"
        "  night: {hours: {mon-sun: 22:00-06:00 overnight}}\n  rest: {all: [always], not: [office, night]}\n"
    ).calendars
    office, rest = calendars["office"], calendars["rest"]
    assert isinstance(office, Weekly)
    assert office.zone == "Asia/Kolkata"
    assert [h.name for h in office.holidays] == ["DE-BE", "dates"]
    assert office.dates == ((20_818, ((28_800, 43_200),)),)
    assert isinstance(rest, Intersection)
    assert rest.minus is not None


def test_every_clause_has_its_place() -> None:
    places = plan("commitments:\n  a: {measure: clock, starts: o, stops: s, within: 4h}\n").places
    assert (places["commitments.a"].line, places["commitments.a.within"].line) == (7, 7)


def test_an_accepted_finding_is_a_note_and_the_plan_stands() -> None:
    found = loaded(
        HEAD
        + "states: {o: {where: {kind: outage}}}\ncommitments:\n  u: {measure: availability, down: o, out_of: period, per: quarter, target: "
        '">= 99.9%", credit: {of: fee, pay: {by result: {"> 99.0%, < 99.9%": 10%, "< 99.0%": 25%}}}, accept: {band-gap: "as published"}}\n'
    )
    assert [(f.slug, f.severity, f.help) for f in found.findings] == [("band-gap", "note", "accepted: as published")]
    assert found.plan is not None


def test_without_the_frozen_list_there_is_no_plan_and_the_command_is_told() -> None:
    text = (
        HEAD
        + "calendars: {c: {hours: {mon-fri: 08:00-17:00}, holidays: DE-BY}}\n"
        "commitments:\n  a: {measure: clock, starts: o, stops: s, hours: c, within: 4h}\n"
    )
    found = load({"a.yaml": text.encode()}, name="a.yaml")
    assert found.plan is None
    assert [f.help for f in found.findings] == ["upheld calendar freeze DE-BY 2026..2028"]


def test_x_keys_are_the_users_own() -> None:
    assert not loaded(
        HEAD + "x-team: {any: [thing, {at: all}]}\ncommitments:\n  a: {measure: clock, starts: o, stops: s, within: 4h, x-id: 7}\n"
    ).findings


def test_a_base_is_in_the_hash_and_weaker_terms_are_told() -> None:
    base = (
        HEAD.replace("agreement: a", "agreement: b\nversion: 2") + "commitments:\n  c: {measure: clock, starts: o, stops: s, within: 4h}\n"
    ).encode()
    own = (HEAD.replace("agreement: a", "agreement: a\nbased_on: b@2") + "commitments:\n  c: {within: 8h}\n").encode()
    found = load(
        {"a.yaml": own}, name="a.yaml", bases=lambda agreement, version: ("b.yaml", base) if (agreement, version) == ("b", "2") else None
    )
    assert [f.slug for f in found.findings] == ["weaker-than-base"]
    assert found.plan is not None
    digests = hashlib.sha256(own).digest() + hashlib.sha256(base).digest()
    assert found.plan.hash == hashlib.sha256(digests).hexdigest()


def version(number: int, dates: str) -> Loaded:
    return loaded(
        HEAD.replace("{from: 2026-01-01, until: 2028-12-31}", dates).replace("agreement: a", f"agreement: a\nversion: {number}"),
        f"v{number}.yaml",
    )


def test_versions_that_overlap() -> None:
    one, two = version(1, "{from: 2026-01-01, until: 2026-12-31}"), version(2, "{from: 2026-07-01}")
    assert [(f.slug, f.severity) for f in across([one, two])] == [("versions-overlap", "warning")]
    assert [f.slug for f in across([one, version(3, "{from: 2026-01-01}")])] == ["versions-overlap"]
    assert not across([one, version(4, "{from: 2027-01-01}")])


def test_a_supplier_that_cannot_carry_the_promise() -> None:
    supplier = loaded(
        HEAD.replace("agreement: a", "agreement: s")
        + "commitments:\n  on-site: {measure: clock, starts: o, stops: a, within: 8h, per: month}\n",
        "s.yaml",
    )
    ours = loaded(
        HEAD + "commitments:\n  fix: {measure: clock, starts: o, stops: a, within: 4h, per: month, backed_by: [s.on-site, s.onsite]}\n"
    )
    assert [f.message for f in across([ours, supplier])] == [
        "`s.on-site` cannot carry this: it takes `8h`, this takes `4h`",
        "there is no commitment `s.onsite` in the agreements loaded",
    ]


def test_a_named_rounding_closes_bands_written_with_one_decimal() -> None:
    text = HEAD + (
        "states: {o: {where: {kind: outage}}}\ncommitments:\n  u: {measure: availability, down: o, out_of: period, per: month, "
        "target: '>= 99.9%', "
        'round: {to: 0.1%}, credit: {of: fee, pay: {by result: {">= 99.5%, <= 99.8%": 5%, "<= 99.4%": 10%}}}}\n'
    )
    assert not loaded(text).findings
    assert [f.slug for f in loaded(text.replace("round: {to: 0.1%}, ", "")).findings] == ["band-gap", "band-gap"]
