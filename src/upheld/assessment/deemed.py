"""Deemed breaches: a duty that was not kept makes another promise count as breached (LANGUAGE §7, ``deems``).

Law: the figure stays as measured; only the verdict changes, and the reason names the duty. A duty on a clock speaks of the last window that
had ended when its clock began (a report is of the month before); one begun at a window's start speaks of that window.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from upheld.assessment.outcome import Outcome
from upheld.measures.missed import missed_cases
from upheld.measures.result import Context
from upheld.plans.plan import ClockPlan, Commitment, Plan, Schedule

__all__ = ["deemed", "duties_of", "unkept"]

Unkept = tuple[str, tuple[tuple[str, str], ...], int, bool]
"""The duty, its result, an instant, and whether that instant begins the window it speaks of (else: ends it, or came after)."""


def duties_of(plan: Plan, name: str) -> tuple[str, ...]:
    """The duties whose breach makes ``name`` count as breached."""
    return tuple(duty for duty, targets in plan.remedies.deems.items() if name in targets)


def unkept(clause: Commitment, context: Context, outcomes: Sequence[Outcome]) -> list[Unkept]:
    """Each time the duty was breached."""
    duty = clause.head.id
    if not isinstance(clause, ClockPlan):
        return [(duty, o.group, o.start, True) for o in outcomes if o.verdict == "breached"]
    broken = {(o.group, o.start, o.part) for o in outcomes if o.verdict == "breached"}
    begins = isinstance(clause.starts, Schedule) and clause.starts.at == "start"
    found: list[Unkept] = []
    for missed in missed_cases(clause, context):
        group = tuple(zip(clause.head.for_each, missed.group, strict=False))
        if missed.sure and (group, missed.window_start, missed.part) in broken:
            found.append((duty, group, missed.start, begins))
    return found


def deemed(outcomes: Sequence[Outcome], broken: Iterable[Unkept]) -> tuple[Outcome, ...]:
    """The outcomes with the verdicts that the duties' breaches give them."""
    changed = list(outcomes)
    for duty, group, at, begins in broken:
        said = dict(group)
        mine = [i for i, o in enumerate(changed) if all(said.get(k, v) == v for k, v in o.group)]
        ended = [changed[i].end for i in mine if changed[i].end <= at]
        for i in mine:
            o = changed[i]
            spoken_of = o.start <= at < o.end if begins else bool(ended) and o.end == max(ended)
            if spoken_of and o.verdict != "breached" and not o.reason.startswith("deemed"):
                changed[i] = replace(o, verdict="breached", reason=f"deemed breached: `{duty}` was not kept", deemed_by=duty)
    return tuple(changed)
