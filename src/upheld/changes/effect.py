"""What a change does to a promise: the measure itself asked in three worlds: without it, as agreed, and with nothing of it excluded.

Law: the figures are the evaluator's own on supposed facts (``world``), so the promise kept here is the one that will be judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from upheld.assessment.assess import assess
from upheld.assessment.outcome import Outcome
from upheld.assessment.show import show_condition
from upheld.changes.known import rows_of
from upheld.changes.view import Effect, Stage
from upheld.changes.world import supposing, with_supposed, without
from upheld.facts.tables import Facts
from upheld.measures.groups import columns_of
from upheld.measures.result import Figure
from upheld.plans.plan import AvailabilityPlan, IntervalState, Plan
from upheld.plans.selector import select
from upheld.remedies.settle import settle
from upheld.values.condition import Condition

__all__ = ["effects"]

Worlds = tuple[tuple[tuple[Plan, ...], Facts], tuple[tuple[Plan, ...], Facts], tuple[tuple[Plan, ...], Facts]]


def effects(plans: Sequence[Plan], facts: Facts, commitment: str, change: Sequence[Stage], at: int, until: int) -> tuple[Effect, ...]:
    """One effect a result and window that the change touches. ``facts``: as announced; ``until``: the end of the last window touched.

    Only stages that are not over at ``at`` are supposed down: of the others it is known what happened.
    """
    standing = [s for s in change if s.cancelled_at is None and (s.end is None or s.end > at)]
    if not standing or facts.intervals is None:
        return ()
    watched, supposed = supposing(plans, facts, until)
    worlds = _worlds(watched, supposed, commitment, standing)
    found = [assess(p, f, None, (commitment,)) for p, f in worlds]
    sides = [{(o.group, o.start): o for o in a.outcomes} for a in found]
    result = []
    for key, bare in sides[2].items():
        begun, ended = bare.start, bare.end
        if not any(s.start < ended and (s.end is None or s.end > begun) for s in standing):
            continue
        trio = tuple(side.get(key) for side in sides)
        if any(o is None for o in trio) or _same(trio[0], trio[1], trio[2]):
            continue
        result.append(_effect(trio[0], trio[1], trio[2]))  # type: ignore[arg-type]
    return _with_credits(result, worlds, plans[-1], commitment) if result else ()


def _worlds(plans: tuple[Plan, ...], facts: Facts, commitment: str, change: Sequence[Stage]) -> Worlds:
    table = facts.intervals
    assert table is not None
    bare = without(facts, change)
    itself_down = _is_down(plans, facts, commitment, change)
    agreed = (plans, facts) if itself_down else with_supposed(plans, facts, table, change, commitment)
    return (plans, bare), agreed, with_supposed(plans, bare, table, change, commitment)


def _is_down(plans: Sequence[Plan], facts: Facts, commitment: str, change: Sequence[Stage]) -> bool:
    """Whether the change's own facts are of the measured state already (an exclusion by ``where`` then takes them out)."""
    table = facts.intervals
    assert table is not None
    rows = rows_of(table, change)
    for plan in plans:
        clause = plan.commitments.get(commitment)
        rule = plan.states[clause.down] if isinstance(clause, AvailabilityPlan) else None
        if isinstance(rule, IntervalState) and (rows >= 0).any():
            yes, _ = select(rule.where, columns_of(plan, table), len(table))
            if yes[rows[rows >= 0]].all():
                return True
    return False


def _same(*trio: Outcome | None) -> bool:
    return len({(o.low, o.high, o.verdict) for o in trio if o is not None}) == 1


def _effect(base: Outcome, agreed: Outcome, bare: Outcome) -> Effect:
    trio = base, agreed, bare
    down = [_down(o.figure) for o in trio]
    return Effect(
        commitment=bare.commitment, for_=bare.group, window=bare.window, target=show_condition(bare.target),
        shown=(base.shown, agreed.shown, bare.shown), verdicts=(base.verdict, agreed.verdict, bare.verdict),
        cost_us=(down[1] - down[0], down[2] - down[0]),
        left_us=(_left(base), _left(agreed), _left(bare)), value=(base.low, agreed.low, bare.low),
    )


def _down(figure: Figure) -> int:
    """The down time that counts, µs, cut off to whole ones where it is weighted."""
    if "down_us" in figure.detail:
        return figure.detail["down_us"]
    return figure.detail.get("down_weighted_us", 0) // max(figure.detail.get("weight_scale", 1), 1)


def _left(outcome: Outcome) -> int | None:
    """How much more may be down before the target is missed, µs; negative: how much too much. None where the target is no share."""
    share = _floor(outcome.target) if outcome.unit == "share" else None
    base = outcome.figure.detail.get("base_us")
    if share is None or base is None or outcome.low != outcome.high:
        return None
    return int((1 - share) * base) - _down(outcome.figure)


def _floor(target: Condition | None) -> Fraction | None:
    """The share a target of the form ``>= 99.9%`` asks for."""
    if target is None or len(target.anyof) != 1:
        return None
    least = [c.limit for c in target.anyof[0] if c.op in (">=", ">")]
    return max(least) if least else None


# ---- money ----------------------------------------------------------------------------------------------------------


def _with_credits(found: list[Effect], worlds: Worlds, plan: Plan, commitment: str) -> tuple[Effect, ...]:
    """The credit at risk: what more would be owed for the window if the change did not count."""
    if commitment not in plan.remedies.credits:
        return tuple(found)
    sums = []
    for plans, facts in worlds:
        by_window: dict[tuple[tuple[tuple[str, str], ...], str], int | None] = {}
        for line in settle(plans, facts, None).lines:
            if line.commitment == commitment and line.kind == "credit":
                key = line.group, line.window
                before = by_window.get(key, 0)
                by_window[key] = None if before is None or line.amount is None else before + line.amount
        sums.append(by_window)
    result = []
    for effect in found:
        first, *others = (s.get((effect.for_, effect.window), 0) for s in sums)
        more = tuple(None if first is None or o is None else o - first for o in others)
        result.append(replace(effect, currency=plan.currency, credit=(more[0], more[1])))
    return tuple(result)
