"""Order: which commitments must be measured before which.

Law: a commitment comes after its parts and after every duty whose breach its states or exclusions ask for, in all versions.
"""

from __future__ import annotations

from collections.abc import Sequence

from upheld.assessment.deemed import duties_of
from upheld.plans.plan import AvailabilityPlan, Breached, ClockPlan, Combination, CombinePlan, Commitment, Plan

__all__ = ["breached_in", "order_of"]


def order_of(plans: Sequence[Plan], wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """The commitments of all versions in an order in which each comes after those it is made of; only ``wanted`` and their parts if
    given. The latest version's own order otherwise.

    Raises ``ValueError`` on a circle (the checks of an agreement refuse one before it comes here).
    """
    done: dict[str, None] = {}
    named = dict.fromkeys(name for plan in reversed(plans) for name in plan.commitments)

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            msg = f"commitments refer to each other in a circle: {' -> '.join((*path, name))}"
            raise ValueError(msg)
        if name in done or name not in named:
            return
        for plan in reversed(plans):
            for needed in _needs(plan, plan.commitments.get(name)):
                visit(needed, (*path, name))
        done[name] = None

    for name in wanted or named:
        visit(name, ())
    return tuple(done)


def _needs(plan: Plan, commitment: Commitment | None) -> tuple[str, ...]:
    if commitment is None:
        return ()
    parts = commitment.parts if isinstance(commitment, CombinePlan) else ()
    return (*parts, *breached_in(plan, commitment), *duties_of(plan, commitment.head.id))


def breached_in(plan: Plan, commitment: Commitment) -> tuple[str, ...]:
    """The commitments whose breach this one's states and exclusions ask for (``breached(<id>)``)."""
    names: list[str] = [e.during for x in commitment.head.excluding if (e := plan.exclusions[x]).during]
    if isinstance(commitment, AvailabilityPlan):
        names += [commitment.down, commitment.out_of]
    if isinstance(commitment, ClockPlan):
        names += [*commitment.pauses, *([commitment.again] if commitment.again else [])]
    found: dict[str, None] = {}
    seen: set[str] = set()
    while names:
        rule = plan.states.get(name := names.pop())
        if rule is None or name in seen:
            continue
        seen.add(name)
        if isinstance(rule, Breached):
            found[rule.commitment] = None
        if isinstance(rule, Combination):
            names.extend(rule.of)
    return tuple(found)
