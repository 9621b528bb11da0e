"""The judge: a figure against its target, and what it says when it cannot."""

from fractions import Fraction as F

import pytest

from upheld.assessment.judge import judge, judge_figure
from upheld.assessment.outcome import worst
from upheld.calendars.spec import WindowSpec
from upheld.measures.result import Figure, Part
from upheld.plans.lookup import Branch, Else, Leaf, Lookup, constant
from upheld.plans.plan import Head, Rounding
from upheld.values.condition import Comparison, Condition

TARGET = Condition(((Comparison(">=", 9995, 10_000),),), "share", ">= 99.95%")
BREACH = Condition(((Comparison("<", 9993, 10_000),),), "share", "< 99.93%")


def head(**changes: object) -> Head:
    given = {"id": "uptime", "window": WindowSpec("month"), "target": constant(TARGET), **changes}
    return Head(**given)  # type: ignore[arg-type]


def verdict(figure: Figure, of: Head | None = None, target: Condition | None = None) -> tuple[str, str]:
    judged = judge_figure(of or head(), Part((), 0, figure, figure, target=target), figure, {})
    return judged.verdict, judged.reason


def exactly(value: F, **more: int) -> Figure:
    return Figure(value, value, n=more.pop("n", 5), **more)


@pytest.mark.parametrize(("value", "said"), [
    (F(9995, 10_000), "met"), (F(99949, 100_000), "deviation"), (F(9993, 10_000), "deviation"), (F(9992, 10_000), "breached"),
])
def test_between_target_and_breach_lies_a_deviation(value: F, said: str) -> None:
    assert verdict(exactly(value), head(breach=constant(BREACH)))[0] == said


def test_without_a_breach_condition_a_missed_target_is_a_breach() -> None:
    assert verdict(exactly(F(9994, 10_000)))[0] == "breached"


def test_best_effort_is_never_breached() -> None:
    assert verdict(exactly(F(1, 2)), head(binding=False))[0] == "deviation"


def test_a_range_stands_only_if_both_ends_agree() -> None:
    assert verdict(Figure(F(1, 2), F(6, 10), n=1))[0] == "breached"
    assert verdict(Figure(F(1, 2), F(1), n=1, unknown_us=5)) == ("unknown", "time that nobody watched could turn the verdict")
    assert verdict(Figure(F(1, 2), F(1), n=1, undecided=2))[1].startswith("2 facts do not say")
    assert verdict(Figure(F(1, 2), F(1), n=1))[1] == "what is not known could turn the verdict"


def test_nothing_measured() -> None:
    empty = Figure(None, None)
    assert verdict(empty)[0] == "not applicable"
    assert verdict(empty, head(when_empty="met"))[0] == "met"
    assert verdict(empty, head(when_empty="missed"))[0] == "breached"
    assert verdict(Figure(None, None, pending=3)) == ("not applicable", "nothing decided yet")
    assert verdict(Figure(None, None, unknown_us=3))[0] == "unknown"


def test_too_small_a_sample_gives_no_verdict() -> None:
    said = verdict(exactly(F(1, 2), n=4), head(minimum_sample=5))
    assert said == ("not applicable", "4 measured, at least 5 are needed for a verdict")
    assert verdict(exactly(F(1, 2), n=5), head(minimum_sample=5))[0] == "breached"


def test_rounding_happens_once_before_the_comparison() -> None:
    almost = exactly(F(99945, 100_000))
    assert verdict(almost)[0] == "breached"
    assert verdict(almost, head(rounding=Rounding(F(1, 10_000))))[0] == "met"
    assert verdict(almost, head(rounding=Rounding(F(1, 10_000), "down")))[0] == "breached"


def test_no_target_is_measured_only() -> None:
    assert verdict(exactly(F(1)), head(target=None)) == ("not applicable", "measured only: no target is agreed")


def test_a_target_may_depend_on_the_number_of_cases() -> None:
    few = Condition(((Comparison("<", 10),),), "number", "< 10")
    table = Lookup(Branch("number of cases", ((few, Leaf(0)), (Else(), Leaf(1)))), (BREACH, TARGET), ("< 10", "else"))
    assert verdict(exactly(F(1), n=9), head(target=table))[0] == "breached"
    assert verdict(exactly(F(1), n=10), head(target=table))[0] == "met"
    gap = Lookup(Branch("number of cases", ((few, Leaf(0)),)), (TARGET,), ("< 10",))
    assert verdict(exactly(F(1), n=10), head(target=gap)) == ("not applicable", "no target is agreed for these values")


def test_a_part_with_its_own_target_ignores_the_commitments() -> None:
    assert verdict(exactly(F(9992, 10_000)), target=BREACH)[0] == "met"


def test_both_judgements() -> None:
    agreed, bare = judge(head(), Part((), 0, exactly(F(1)), exactly(F(1, 2))), {})
    assert (agreed.verdict, bare.verdict) == ("met", "breached")


def test_the_worst_of_parts() -> None:
    assert worst(("met", "unknown", "breached")) == "breached"
    assert worst(("met", "unknown")) == "unknown"
    assert worst(("met", "deviation")) == "deviation"
    assert worst(()) == "not applicable"
