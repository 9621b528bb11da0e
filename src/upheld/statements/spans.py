"""Spans: the stretches of time behind an availability figure, as a statement lists them.

Law: from the same kernel as the figure, so what is listed adds up to it. A result with more stretches than anyone reads, and of very many
results those with the least to tell, have none listed: their figures stand, and ``explain`` gives them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from upheld.assessment.assess import contexts
from upheld.assessment.outcome import Outcome
from upheld.facts.tables import Facts
from upheld.measures.result import WHY, Context
from upheld.measures.table import measure, segments
from upheld.plans.plan import AvailabilityPlan, Plan

__all__ = ["LISTED", "MOST", "Key", "Span", "spans_of"]

MOST = 400
"""The most stretches listed for one result."""

LISTED = 48
"""The most results of one promise whose stretches are listed: those with the most time that is not simply up."""

_SHOWN = {"counted": "down", "excluded": "left out", "unknown": "unknown"}

Key = tuple[str, str, tuple[tuple[str, str], ...], int, str]
"""An outcome's key."""

Span = tuple[int, int, str, str, int]
"""Start, end (µs UTC), why (down, left out, unknown), the clause that left it out, and how much of it counts as down: all of it, or its
part where an outage is weighed, in whole µs that add up to the weighted sum, cut off once."""


def spans_of(plans: Sequence[Plan], facts: Facts, as_of: int | None,
             outcomes: Iterable[Outcome]) -> dict[Key, tuple[Span, ...]]:
    """The stretches of each availability outcome by its key."""
    by_commitment: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_commitment.setdefault(outcome.commitment, []).append(outcome)
    found = {}
    for name, mine in by_commitment.items():
        if not any(isinstance(p.commitments.get(name), AvailabilityPlan) for p in plans):
            continue
        for context in contexts(plans, facts, as_of, name):
            own = [o for o in _most_to_tell(mine) if o.version == context.plan.version]
            found.update(_of_version(context, name, own))
    return found


def _most_to_tell(outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """The results to list: all, or those with the most time down, left out or unknown; the choice rests on their own figures alone."""
    if len(outcomes) <= LISTED:
        return outcomes
    return sorted(outcomes, key=lambda o: (-_not_up(o), o.key))[:LISTED]


def _not_up(outcome: Outcome) -> int:
    figure = outcome.figure
    down = figure.detail.get("down_us", 0) + figure.detail.get("down_weighted_us", 0) // figure.detail.get("weight_scale", 1)
    return down + figure.unknown_us + sum(figure.left_out_us.values())


def _of_version(context: Context, name: str, outcomes: Sequence[Outcome]) -> dict[Key, tuple[Span, ...]]:
    clause = context.plan.commitments[name]
    if not outcomes or not isinstance(clause, AvailabilityPlan):
        return {}
    measured = measure(clause, context)
    index = {(p.group, int(measured.windows.start[p.window])): p.window for p in measured.parts}
    found = {}
    for outcome in outcomes:
        group = tuple(v for _, v in outcome.group)
        window = index.get((group, outcome.start))
        if window is None or outcome.figure.detail.get("runs", 0) > MOST:
            continue
        cut = segments(clause, context, group, window)
        rows = [(a, b, _SHOWN[WHY[w]], name, counted) for a, b, w, name, counted in zip(
            cut.start.tolist(), cut.end.tolist(), cut.why.tolist(), cut.clause, cut.counted_us.tolist(), strict=True)
            if WHY[w] in _SHOWN and (WHY[w] != "counted" or counted)]
        if len(rows) <= MOST:
            found[outcome.key] = tuple(_joined(rows))
    return found


def _joined(rows: Sequence[Span]) -> list[Span]:
    """Stretches that touch and count alike, as one."""
    found: list[Span] = []
    for start, end, why, clause, counted in rows:
        before = found[-1] if found else None
        weighed = why == "down" and (counted != end - start or (before is not None and before[4] != before[1] - before[0]))
        if before is not None and before[1] == start and before[2:4] == (why, clause) and not weighed:
            found[-1] = (before[0], end, why, clause, before[4] + counted)
        else:
            found.append((start, end, why, clause, counted))
    return found
