"""Checks across agreements that were loaded together: versions of one, and promises that rest on others' (LANGUAGE §9).

Law: a promise is no better than what carries it; what the files loaded cannot tell is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from upheld.agreement.load import Loaded
from upheld.agreement.mend import as_finding
from upheld.agreement.model.agreement import Agreement
from upheld.agreement.model.form import Problem
from upheld.agreement.suggest import did_you_mean
from upheld.plans.lookup import Lookup
from upheld.plans.plan import ClockPlan, Commitment, Plan, Share
from upheld.values.condition import Condition
from upheld.values.finding import Finding
from upheld.values.quantity import show_day

__all__ = ["across"]


def across(loaded: Sequence[Loaded]) -> tuple[Finding, ...]:
    """Findings about agreements together: ``version-twice``, ``versions-overlap``, ``backed-by-unknown``, ``backed-by-weaker``."""
    found: list[Finding] = []
    for one in loaded:
        if one.model is None or one.node is None:
            continue
        for problem in (*_versions(one, one.model, loaded), *_backed(one, one.model, loaded)):
            found.append(as_finding(problem, one.node))  # noqa: PERF401 - two loops read better
    return tuple(found)


def _versions(one: Loaded, model: Agreement, loaded: Sequence[Loaded]) -> Iterator[Problem]:
    for other in loaded:
        earlier = other.model
        if earlier is None or other is one or earlier.agreement != model.agreement:
            continue
        if earlier.version == model.version:
            if other.name < one.name:
                yield Problem(
                    ("version",),
                    "version-twice",
                    f"version {model.version} of `{model.agreement}` stands in {other.name} too",
                    "give each version its own number",
                )
            continue
        corrects = earlier.version.split(".")[0] == model.version.split(".")[0]
        ends, begins = earlier.effective.until, model.effective.start
        if _key(earlier.version) < _key(model.version) and not corrects and (ends is None or ends >= begins):
            if begins <= earlier.effective.start:
                yield Problem(
                    ("effective", "from"),
                    "versions-overlap",
                    f"version {model.version} begins on {show_day(begins)}, not after version "
                    f"{earlier.version}, which begins on {show_day(earlier.effective.start)}",
                    "begin it later",
                )
            elif ends is not None:
                yield Problem(
                    ("effective", "from"),
                    "versions-overlap",
                    f"version {model.version} begins on {show_day(begins)}, before version "
                    f"{earlier.version} ends on {show_day(ends)}: it judges from then on",
                    f"end version {earlier.version} the day before",
                    severity="warning",
                )


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _backed(one: Loaded, model: Agreement, loaded: Sequence[Loaded]) -> Iterator[Problem]:
    plans = {o.plan.agreement: o.plan for o in loaded if o.plan is not None}
    for name, written in model.commitments.items():
        for reference in written.backed_by:
            agreement, _, commitment = reference.partition(".")
            path = ("commitments", name, "backed_by")
            plan = plans.get(agreement)
            if plan is None or commitment not in plan.commitments:
                known = [f"{a}.{c}" for a, p in plans.items() if p is not one.plan for c in p.commitments]
                yield Problem(
                    path,
                    "backed-by-unknown",
                    f"there is no commitment `{reference}` in the agreements loaded",
                    did_you_mean(reference, known),
                    severity="warning",
                )
                continue
            if one.plan is not None:
                for gap in _weaker(one.plan, one.plan.commitments[name], plan, plan.commitments[commitment]):
                    yield Problem(
                        path,
                        "backed-by-weaker",
                        f"`{reference}` cannot carry this: {gap}",
                        "agree more with the supplier, or promise less",
                        severity="warning",
                    )


def _weaker(plan: Plan, ours: Commitment, their_plan: Plan, theirs: Commitment) -> Iterator[str]:
    a, b = _constant(ours.head.target), _constant(theirs.head.target)
    if a is not None and b is not None and a.unit == b.unit and len(a.anyof) == len(b.anyof) == 1:
        x, y = a.anyof[0][0], b.anyof[0][0]
        if (x.op[0] == y.op[0] == ">" and y.limit < x.limit) or (x.op[0] == y.op[0] == "<" and y.limit > x.limit):
            yield f"it promises `{b.text}`, this promises `{a.text}`"
    if isinstance(ours, ClockPlan) and isinstance(theirs, ClockPlan):
        own, other = _longest(ours), _longest(theirs)
        if own is not None and other is not None and own.within.unit == other.within.unit and other.within.amount > own.within.amount:
            yield f"it takes `{other.within.text}`, this takes `{own.within.text}`"
    if (
        ours.head.hours.is_constant
        and theirs.head.hours.is_constant
        and ours.head.hours.leaves[0] == "always"
        and theirs.head.hours.leaves[0] not in ("always", None)
    ):
        yield f"its hours are `{theirs.head.hours.leaves[0]}`, ours are always"
    if ours.head.window.unit != theirs.head.window.unit:
        yield f"it is judged per {theirs.head.window.unit}, this per {ours.head.window.unit}"
    more = [x for x in theirs.head.excluding if their_plan.exclusions[x].effect == "leave_out"]
    if more and not ours.head.excluding:
        yield f"it leaves out {', '.join(more)}, this leaves out nothing"
    if their_plan.until_us is not None and (plan.until_us is None or plan.until_us > their_plan.until_us):
        yield "it ends before this agreement does"


def _constant(lookup: Lookup[Condition] | None) -> Condition | None:
    return lookup.leaves[0] if lookup is not None and lookup.is_constant else None


def _longest(clock: ClockPlan) -> Share | None:
    shares = [s for leaf in clock.within.leaves for s in leaf or ()]
    return max(shares, key=lambda s: (Fraction(s.within.amount), s.within.unit), default=None)
