"""The table of measures: which kernel answers for which kind of commitment.

Law: one way in. A figure and its segments come from the same module, from the same readings of the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from upheld.measures import availability, clock, combine, ledger, values
from upheld.measures.result import Context, Measured, Segments
from upheld.plans.plan import AvailabilityPlan, ClockPlan, CombinePlan, Commitment, ValuesPlan

__all__ = ["measure", "segments"]


def measure(commitment: Commitment, context: Context) -> Measured:
    """All figures of one commitment that this version judges."""
    if context.spent_by is not None:
        return _spending(commitment, context, context.spent_by)
    match commitment:
        case AvailabilityPlan():
            return availability.measure(commitment, context)
        case ClockPlan():
            return clock.measure(commitment, context)
        case ValuesPlan():
            return values.measure(commitment, context)
        case CombinePlan():
            return combine.measure(commitment, context)


def _spending(commitment: Commitment, context: Context, spent_by: Mapping[tuple[str, ...], frozenset[int]]) -> Measured:
    """Each result with the time its own claims have spent."""
    worlds = {spent: measure(commitment, replace(context, spent=spent, spent_by=None)) for spent in {frozenset[int](), *spent_by.values()}}
    parts = [p for spent, world in worlds.items() for p in world.parts if spent_by.get(p.group, frozenset()) == spent]
    return replace(worlds[frozenset()], parts=tuple(sorted(parts, key=lambda p: (p.group, p.window, p.label))))


def segments(commitment: Commitment, context: Context, group: tuple[str, ...], window: int, case: str | None = None) -> Segments:
    """The ledger of one figure: ``group`` as in its part, ``window`` an index into the windows, ``case`` for one clock.

    Raises ``KeyError`` where no such figure was measured.
    """
    if context.spent_by is not None:
        context = replace(context, spent=context.spent_by.get(group, frozenset()), spent_by=None)
    match commitment:
        case AvailabilityPlan():
            return ledger.segments(commitment, context, group, window)
        case ClockPlan():
            return clock.segments(commitment, context, group, window, case)
        case ValuesPlan():
            return values.segments(commitment, context, group, window)
        case CombinePlan():
            return combine.segments(commitment, context, group, window)
