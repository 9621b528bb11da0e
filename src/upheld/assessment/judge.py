"""The judge: a figure against its target.

Law: the verdict of a range stands only if both ends agree. The value is rounded once, as the clause names, and compared exactly.
A commitment without a target is measured and reported, and neither met nor breached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from upheld.assessment.outcome import Verdict
from upheld.measures.result import Figure, Part
from upheld.plans.lookup import Lookup, look
from upheld.plans.plan import Head, Rounding
from upheld.values.condition import Condition
from upheld.values.exact import round_to

__all__ = ["Judged", "judge", "judge_figure"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with the rounded range it was reached on and the reason in words where it is not plain."""

    verdict: Verdict
    low: Fraction | None
    high: Fraction | None
    target: Condition | None
    breach: Condition | None
    reason: str


def judge(head: Head, part: Part, axes: Mapping[str, str | Fraction | None]) -> tuple[Judged, Judged]:
    """The judgement as agreed, and with nothing excluded. ``axes``: the values look-ups may ask for (group, tier, date …)."""
    return judge_figure(head, part, part.agreed, axes), judge_figure(head, part, part.bare, axes)


def judge_figure(head: Head, part: Part, figure: Figure, axes: Mapping[str, str | Fraction | None]) -> Judged:
    """One figure judged: empty, too small a sample, no promise, a range, or plainly met, deviating or breached."""
    known: dict[str, str | Fraction | None] = {"number of cases": Fraction(figure.n), **axes}
    target = part.target or _condition(head.target, known)
    breach = None if part.target else _condition(head.breach, known)
    low, high = _rounded(figure.low, head.rounding), _rounded(figure.high, head.rounding)
    if figure.low is None or figure.high is None:
        return _judged_empty(head, figure, target, breach)
    if target is None:
        gap = "no target is agreed for these values" if head.target else "measured only: no target is agreed"
        return Judged("not applicable", low, high, None, breach, gap)
    if head.minimum_sample and figure.n < head.minimum_sample:
        return Judged("not applicable", low, high, target, breach,
                      f"{figure.n} measured, at least {head.minimum_sample} are needed for a verdict")
    assert low is not None
    assert high is not None
    verdicts = {_verdict(v, target, breach, binding=head.binding) for v in (low, high)}
    if len(verdicts) > 1:
        return Judged("unknown", low, high, target, breach, _why_unknown(figure))
    return Judged(verdicts.pop(), low, high, target, breach, "")


def _verdict(value: Fraction, target: Condition, breach: Condition | None, *, binding: bool) -> Verdict:
    if target.holds(value):
        return "met"
    if not binding or (breach is not None and not breach.holds(value)):
        return "deviation"
    return "breached"


def _judged_empty(head: Head, figure: Figure, target: Condition | None, breach: Condition | None) -> Judged:
    if figure.pending or figure.unknown_us or figure.undecided:
        reason = "nothing decided yet" if figure.pending and not figure.unknown_us else _why_unknown(figure)
        return Judged("not applicable" if figure.pending and not figure.unknown_us else "unknown", None, None, target, breach, reason)
    if figure.detail.get("no_value"):
        return Judged("unknown", None, None, target, breach, "what is agreed gives no value for the results of its parts")
    verdicts: dict[str, Verdict] = {"not_applicable": "not applicable", "met": "met", "missed": "breached"}
    return Judged(verdicts[head.when_empty], None, None, target, breach, "nothing to measure in this window")


def _why_unknown(figure: Figure) -> str:
    if figure.unknown_us:
        return "nobody watched in this window" if figure.low is None else "time that nobody watched could turn the verdict"
    if figure.undecided:
        said = "1 fact does" if figure.undecided == 1 else f"{figure.undecided} facts do"
        return f"{said} not say what the clause asks, and it could turn the verdict"
    return "what is not known could turn the verdict"


def _condition(table: Lookup[Condition] | None, values: Mapping[str, str | Fraction | None]) -> Condition | None:
    if table is None:
        return None
    row = look(table, values)
    return table.leaves[row] if row >= 0 else None


def _rounded(value: Fraction | None, rounding: Rounding | None) -> Fraction | None:
    return value if value is None or rounding is None else round_to(value, rounding.to, rounding.mode)
