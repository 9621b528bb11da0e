"""Combinations: exact, carried through as ranges, and decided without the unknown where that can be done."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from fact_rows import at, context, plan

from upheld.calendars.spec import WindowSpec
from upheld.calendars.windows import Windows
from upheld.facts.tables import Facts
from upheld.measures import combine
from upheld.measures.result import Figure, Measured, Part
from upheld.plans.lookup import Branch, Else, Exact, Leaf, Lookup
from upheld.plans.plan import AvailabilityPlan, CombinePlan, Head
from upheld.values.condition import Comparison, Condition

F = Fraction
MONTH = WindowSpec("month")
STARTS = [at("2024-01-01"), at("2024-02-01"), at("2024-03-01")]
WINDOWS = Windows(np.array(STARTS), np.array([*STARTS[1:], at("2024-04-01")]), np.array(STARTS), np.array([*STARTS[1:], at("2024-04-01")]),
                  ("2024-01", "2024-02", "2024-03"))


def part(name, *ranges, group=(), unit="share", **more):
    figures = [Figure(None if r is None else F(r[0]), None if r is None else F(r[1]), n=1, **(more if r is None else {})) for r in ranges]
    return name, Measured(name, unit, WINDOWS, tuple(Part(group, w, f, f) for w, f in enumerate(figures)))


def run(operation, parts, verdicts=None, heads=None, **plan_args):
    head = Head("c", MONTH, **plan_args.pop("head", {}))
    made = CombinePlan(head, operation, tuple(n for n, _ in parts), **plan_args)
    commitments = {n: AvailabilityPlan(Head(n, MONTH, **(heads or {})), "x", "hours") for n, _ in parts}
    of = plan({**commitments, "c": made})
    ctx = context(of, Facts(), STARTS[0], at("2024-04-01"), results=dict(parts), verdicts=verdicts or {})
    return ctx, made, combine.measure(made, ctx)


def ends(result, window=0):
    figure = result.parts[window].agreed
    return figure.low, figure.high


def test_arithmetic_carries_ranges():
    a, b = part("a", (F(1, 2), F(3, 4))), part("b", (F(1, 5), F(1, 4)))
    assert ends(run("series", [a, b])[2]) == (F(1, 10), F(3, 16))
    assert ends(run("parallel", [a, b])[2]) == (1 - F(1, 2) * F(4, 5), 1 - F(1, 4) * F(3, 4))
    assert ends(run("sum of", [a, b])[2]) == (F(7, 10), 1)
    assert ends(run("weighted", [a, b], weights=(F(3), F(1)))[2]) == ((F(3, 2) + F(1, 5)) / 4, (F(9, 4) + F(1, 4)) / 4)
    tree = ("/", ("-", "a", ("*", "b", F(2))), ("max", F(2), ("min", F(9), F(1))))
    assert ends(run("expression", [a, b], expression=tree)[2]) == (F(0), (F(3, 4) - F(2, 5)) / 2)
    assert ends(run("expression", [a, b], expression=("value", "a"))[2]) == (F(1, 2), F(3, 4))
    assert ends(run("expression", [a, b], expression=("+", "a", ("/", F(1), ("-", "b", "b"))))[2]) == (None, None)
    with pytest.raises(ValueError, match="no operator"):
        run("expression", [a, b], expression=("^", "a", "b"))
    with pytest.raises(ValueError, match="no operation"):
        run("blend", [a, b])


def test_k_of_n_by_verdicts_and_by_chances():
    parts = [part(n, (F(9, 10),) * 2) for n in "abc"]
    verdicts = {n: {((), 0): v} for n, v in zip("abc", ("met", "breached", "unknown"), strict=True)}
    assert ends(run("k of n", parts, verdicts, k=1)[2]) == (1, 1)
    assert ends(run("k of n", parts, verdicts, k=2)[2]) == (0, 1)
    assert ends(run("k of n", parts, verdicts, k=3)[2]) == (0, 0)
    chances = combine.evaluate(CombinePlan(Head("c", MONTH), "k of n", ("a", "b", "c"), k=2), dict.fromkeys("abc", (F(9, 10), F(9, 10))))
    assert chances == (F(972, 1000), F(972, 1000))


def test_verdicts_decide_all_and_any_without_the_unknown():
    parts = [part(n, (1, 1)) for n in "ab"]

    def verdicts(a, b):
        return {"a": {((), 0): a}, "b": {((), 0): b}}

    for rule, a, b, expected in (("all of", "met", "met", (1, 1)), ("all of", "breached", "unknown", (0, 0)),
                                 ("all of", "met", "unknown", (0, 1)),
                                 ("any of", "met", "unknown", (1, 1)), ("any of", "breached", "unknown", (0, 1)),
                                 ("all of", "met", "not applicable", (1, 1)), ("any of", "not applicable", "not applicable", (None, None)),
                                 ("all of", "met", "deviation", (0, 0))):
        assert ends(run(rule, parts, verdicts(a, b))[2]) == expected, (rule, a, b)


def test_unknown_parts_leave_the_figure_unknown_unless_they_cannot_matter():
    gone = part("b", None, unknown_us=5)
    assert ends(run("series", [part("a", (F(1, 2), F(1, 2))), gone])[2]) == (None, None)
    assert ends(run("series", [part("a", (0, 0)), gone])[2]) == (0, 0)
    assert ends(run("parallel", [part("a", (1, 1)), gone])[2]) == (1, 1)
    assert ends(run("parallel", [part("a", (0, 1)), gone])[2]) == (None, None)
    assert ends(run("expression", [part("a", (0, 0)), gone], expression=("*", "a", "b"))[2]) == (0, 0)
    result = run("series", [part("a", (F(1, 2), F(1, 2))), gone])[2]
    assert result.parts[0].agreed.unknown_us == 5


BANDS = Lookup(Branch("result", ((Condition(((Comparison("<", 95, 100),),)), Leaf(1)), (Condition(((Comparison("<", 99, 100),),)), Leaf(0)),
                                 (Else(), Leaf(2)))), (F(1), F(3), F(0)), ("", "", ""))
TWICE = Lookup(Branch("missed in a row", ((Exact("1"), Leaf(0)), (Condition(((Comparison(">=", 2),),)), Leaf(1)))), (F(1), F(2)), ("", ""))


def test_points_double_when_missed_twice_running():
    name, measured = part("a", (F(98, 100),) * 2, (F(94, 100),) * 2, (1, 1))
    verdicts = {"a": {((), 0): "breached", ((), 1): "breached", ((), 2): "met"}}
    ctx, made, result = run("sum of", [(name, measured)], verdicts, {"points": BANDS, "repeat": TWICE}, of_points=True)
    assert [p.agreed.low for p in result.parts] == [1, 6, 0]
    assert result.unit == "points"
    _, _, open_ = run("sum of", [(name, measured)], {"a": {((), 0): "unknown", ((), 1): "breached"}}, {"points": BANDS, "repeat": TWICE},
                      of_points=True)
    assert ends(open_, 1) == (3, 6)
    assert combine.segments(made, ctx, (), 0).counted_us.tolist() == [980_000_000]
    with pytest.raises(KeyError):
        combine.segments(made, ctx, ("x",), 0)


def test_a_part_without_for_each_speaks_for_every_result():
    eu = part("a", (F(1, 2), F(1, 2)), group=("eu",))
    _, _, result = run("series", [eu, part("b", (F(1, 2), F(1, 2)))], head={"for_each": ("region",)})
    assert [(p.group, p.agreed.low) for p in result.parts] == [(("eu",), F(1, 4))]
