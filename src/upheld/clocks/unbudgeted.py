"""Unbudgeted: the promises that have no budget in the window that runs now, each with its reason, so that none is left out in silence.

Law: every commitment of the version in force has a budget or a reason here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from upheld.clocks.allowance import limit_of
from upheld.plans.plan import AvailabilityPlan, ClockPlan, CombinePlan, Commitment, Plan, ValuesPlan
from upheld.plans.terms import in_force

__all__ = ["Unbudgeted", "unbudgeted"]

_GROWING = ("number", "share", "ratio")
"""What is counted of values, bad ones beside good ones."""


@dataclass(frozen=True, slots=True)
class Unbudgeted:
    """``why`` in words. ``untold``: it has an escalation, which nothing ever climbs."""

    commitment: str
    why: str
    untold: bool

    @property
    def says(self) -> str:
        """The reason, and what follows from it."""
        return f"{self.why}; nobody is told of it, though it has an escalation" if self.untold else self.why


def unbudgeted(plans: Sequence[Plan], at: int, known: Collection[str], commitments: Collection[str] = ()) -> tuple[Unbudgeted, ...]:
    """The commitments in force at ``at`` (µs UTC) that are not among those ``known`` to have a budget. ``commitments`` narrows to some."""
    plan = next((t.plan for t in in_force(plans, at) if t.from_us <= at and (t.until_us is None or at < t.until_us)), None)
    if plan is None:
        return ()
    return tuple(Unbudgeted(name, _why(clause), bool(clause.head.ladder) and not isinstance(clause, ClockPlan) and not _may_have(clause))
                 for name, clause in plan.commitments.items() if name not in known and (not commitments or name in commitments))


def _may_have(clause: Commitment) -> bool:
    return _never(clause) == ""


def _why(clause: Commitment) -> str:
    return _never(clause) or "there is nothing it could be measured on yet in the window that runs now"


def _never(clause: Commitment) -> str:
    """Why a promise of this make has no budget; "" where it can have one."""
    head = clause.head
    if isinstance(clause, CombinePlan):
        return f"it is made of {', '.join(clause.parts)}: the budgets are theirs" if clause.parts else "it is made of other promises"
    if head.window.unit == "case":
        return "each case is judged by itself: the running clocks show it" if isinstance(clause, ClockPlan) else "each case is judged by itself"
    if head.window.before:
        return "its window is laid out only when a claim is made"
    kind = _statistic(clause)
    if kind:
        return f"{kind} is no amount that is used up: what comes later can mend it"
    if isinstance(clause, ClockPlan) and clause.value == "share":
        return ""                                # its shares may stand in within
    if head.target is None:
        return "it has no target"
    limits = [limit for leaf in head.target.leaves if (limit := limit_of(leaf, head.rounding)) is not None]
    if not limits:
        return "its target is no single limit"
    share = isinstance(clause, AvailabilityPlan) and clause.value == "share"
    share |= isinstance(clause, ValuesPlan) and clause.statistic != "number"
    if share and not any(limit.least for limit in limits):
        return "its target is the most a share may be: a budget is counted from the share that is good, with >="
    floor = not share and all(limit.least for limit in limits)
    return "its target is the least a number may be: nothing of it is used up" if floor else ""


def _statistic(clause: Commitment) -> str:
    """The value measured, where it is no sum that grows."""
    match clause:
        case AvailabilityPlan(value="mean between"):
            return "the mean time between failures"
        case ClockPlan(value=value) if value not in ("share", "number"):
            return f"the {value} of the times"
        case ValuesPlan(good=None, slices=None, shape="samples" | "cases", statistic=statistic) if statistic not in _GROWING:
            return f"the {statistic} of the values"
        case _:
            return ""
