"""Explain: the ledger of one figure, from the same kernel call that gave it.

Law: what is listed adds up to the figure, and that is asserted each time it is shown (ARCHITECTURE D20).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from upheld.assessment.assess import assess, contexts
from upheld.assessment.cases import CaseLine, case_lines
from upheld.assessment.outcome import Outcome, worst
from upheld.facts.tables import Facts
from upheld.measures.result import Context, Segments
from upheld.measures.table import segments
from upheld.plans.plan import ClockPlan, Plan

__all__ = ["CaseLine", "Ledger", "NotFoundError", "explain"]


class NotFoundError(Exception):
    """What was asked for is not there; the message names what is."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """One figure and why. ``segments`` for time and for one case; ``cases`` the cases of a clock's window instead."""

    outcomes: tuple[Outcome, ...]
    context: Context
    segments: Segments | None
    cases: tuple[CaseLine, ...] | None
    case: str | None


def explain(plans: Iterable[Plan], facts: Facts, as_of: int | None, commitment: str, window: str | None = None,
            group: Mapping[str, str] | None = None, case: str | None = None) -> Ledger:
    """The ledger of one commitment's figure in one window (its label; None: the last that went wrong, else the last measured).

    ``group`` gives values of ``for_each`` attributes; left out: the first that fits. Raises ``NotFoundError``.
    """
    plans = tuple(plans)
    try:
        found = assess(plans, facts, as_of, (commitment,)).outcomes
    except ValueError as problem:
        raise NotFoundError(str(problem)) from problem
    chosen = _chosen(found, commitment, window, dict(group or {}))
    first = chosen[0]
    context = next(c for c in contexts(plans, facts, as_of, commitment) if c.plan.version == first.version)
    plan = context.plan.commitments[commitment]
    key = tuple(value for _, value in first.group)
    index = _window_index(context, commitment, first)
    if isinstance(plan, ClockPlan) and case is None and plan.head.window.unit == "case":
        case = first.window   # each case is its own window, labelled by its name
    if isinstance(plan, ClockPlan) and case is None:
        return Ledger(chosen, context, None, case_lines(plan, context, key, index), None)
    found_segments = segments(plan, context, key, index, case)
    lines = case_lines(plan, context, key, index, only=case) if isinstance(plan, ClockPlan) else None
    if case is not None and not lines and not len(found_segments.start):
        msg = f"{commitment} has no case {case!r}"
        raise NotFoundError(msg)
    return Ledger(chosen, context, found_segments, lines, case)


def _chosen(found: tuple[Outcome, ...], commitment: str, window: str | None, group: Mapping[str, str]) -> tuple[Outcome, ...]:
    fitting = [o for o in found if all(dict(o.group).get(k) == v for k, v in group.items())]
    if group and not fitting:
        said = sorted({"; ".join(f"{k}={v}" for k, v in o.group) for o in found})
        msg = f"{commitment} has no result for {dict(group)}; there are: {', '.join(said[:12])}"
        raise NotFoundError(msg)
    if window is not None:
        fitting = [o for o in fitting if o.window == window]
        if not fitting:
            said = list(dict.fromkeys(o.window for o in found))
            msg = f"{commitment} has no window {window}; there are: {', '.join(said[:24])}"
            raise NotFoundError(msg)
    if not fitting:
        msg = f"{commitment} has no result yet"
        raise NotFoundError(msg)
    wrong = [o for o in fitting if o.verdict == "breached"] or [o for o in fitting if o.verdict in ("deviation", "unknown")]
    measured = [o for o in fitting if o.low is not None]
    first = (wrong or measured or fitting)[-1]
    whole = tuple(o for o in fitting if (o.window, o.start, o.group, o.version) == (first.window, first.start, first.group, first.version))
    assert worst(tuple(o.verdict for o in whole))
    return whole


def _window_index(context: Context, commitment: str, outcome: Outcome) -> int:
    from upheld.measures.table import measure

    measured = context.results[commitment] if commitment in context.results else measure(context.plan.commitments[commitment], context)
    starts = measured.windows.start
    return next(p.window for p in measured.parts if int(starts[p.window]) == outcome.start)
