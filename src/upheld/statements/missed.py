"""Missed: the cases behind a clock's figure that were not in time, as a statement lists them.

Law: from the same outcomes as the figure, so as many are listed as the figure counts as missed, or none. What a case does after the
period has ended, and says nothing of it, leaves the list as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from upheld.assessment.assess import Walk
from upheld.assessment.outcome import Outcome
from upheld.facts.tables import Facts
from upheld.measures.clock_windows import part_keys, part_rows
from upheld.measures.missed import missed_cases
from upheld.plans.plan import ClockPlan, Plan
from upheld.statements.spans import Key

__all__ = ["MOST", "MOST_OF_ALL", "Missed", "missed_of"]

MOST = 400
"""The most cases listed for one result."""

MOST_OF_ALL = 4_000
"""The most cases listed for all results of one promise together."""

Missed = tuple[str, int, int, int | None, bool]
"""The case, when its clock started and when it was due (µs UTC), when it stopped (None: not by the end of the period), whether it is sure
that it belongs to the result and counts as missed there."""


def missed_of(plans: Sequence[Plan], facts: Facts, as_of: int | None, until: int, outcomes: Iterable[Outcome]) -> dict[Key, tuple[Missed, ...]]:
    """The missed cases of each share of a clock by its outcome's key, in the order of their starts; ``until``: the period's end, µs UTC.

    Raises as ``assess`` does.
    """
    by_commitment: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.unit == "share" and any(isinstance(p.commitments.get(outcome.commitment), ClockPlan) for p in plans):
            by_commitment.setdefault(outcome.commitment, []).append(outcome)
    walk = Walk.begin(plans, facts, as_of) if by_commitment else None
    found: dict[Key, tuple[Missed, ...]] = {}
    for name, own in by_commitment.items():
        rows = {plan.version: _rows(clause) for plan in plans if isinstance(clause := plan.commitments.get(name), ClockPlan)}
        wanted, room = {}, MOST_OF_ALL
        for o in sorted(own, key=lambda o: o.key):
            if _misses(o) <= min(MOST, room) and (_misses(o) or o.figure.undecided):
                wanted[tuple(v for _, v in o.group), o.start, rows.get(o.version, {}).get(o.part)] = o.key
                room -= _misses(o)
        listed: dict[Key, list[Missed]] = {o.key: [] for o in own}
        for context in walk.seen(name) if walk is not None and wanted else ():
            clause = context.plan.commitments[name]
            if not isinstance(clause, ClockPlan):
                continue
            for one in missed_cases(clause, context, windows=frozenset(start for _, start, _ in wanted)):
                # a window that an amendment cuts has cases of both versions under one row
                key = wanted.get((one.group, one.window_start, rows[context.plan.version][one.part]))
                if key is not None:
                    stop = one.stop if one.stop is not None and one.stop <= until else None
                    listed[key].append((one.case, one.start, one.due, stop, one.sure))
        # as many as the figure counts, or none
        found |= {o.key: tuple(sorted(listed[o.key], key=lambda m: (m[1], m[0]))) for o in own
                  if sum(sure for *_, sure in listed[o.key]) == _misses(o) and len(listed[o.key]) <= MOST}
    return found


def _rows(clause: ClockPlan) -> dict[str, tuple[str, int]]:
    """The label of each part, and what it is called whatever its durations and shares."""
    return {row.label: key for row, key in zip(part_rows(clause)[0], part_keys(clause), strict=True)}


def _misses(outcome: Outcome) -> int:
    """As many as the figure counts as missed for sure."""
    return outcome.figure.detail.get("missed", 0)
