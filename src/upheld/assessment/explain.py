"""Explain: the ledger of one figure, from the same kernel call that gave it.

Law: what is listed adds up to the figure, and that is asserted each time it is shown (ARCHITECTURE D20).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from upheld.assessment.assess import assess, contexts
from upheld.assessment.cases import CaseLine, case_lines, worst_first
from upheld.assessment.outcome import Outcome, worst
from upheld.facts.tables import Facts
from upheld.measures.result import Context, Segments
from upheld.measures.table import measure, segments
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
        there = list(dict.fromkeys(name for plan in plans for name in plan.commitments))
        known = "" if commitment in there else f"; there are: {', '.join(there)}"
        raise NotFoundError(f"{problem}{known}") from problem
    chosen = _chosen(found, commitment, window, dict(group or {}))
    first = chosen[0]
    every = contexts(plans, facts, as_of, commitment)
    context = next(c for c in every if c.plan.version == first.version)
    plan = context.plan.commitments[commitment]
    key = tuple(value for _, value in first.group)
    if not isinstance(plan, ClockPlan):
        return Ledger(chosen, context, segments(plan, context, key, _window_index(context, commitment, first), case), None, case)
    if case is None and plan.head.window.unit == "case":
        case = first.window   # each case is its own window, labelled by its name
    # one figure may count cases of several versions; where each version has a row of its own, it counts only its own
    alone = len({o.version for o in found if (o.start, o.group) == (first.start, first.group)}) > 1
    judging = (context,) if alone else every
    if case is None:
        return Ledger(chosen, context, None, _cases(judging, commitment, key, first.start), None)
    for own in judging:
        clause = own.plan.commitments[commitment]
        if isinstance(clause, ClockPlan) and (lines := case_lines(clause, own, key, 0, only=case)):
            return Ledger(chosen, own, segments(clause, own, key, 0, case), lines, case)
    msg = f"{commitment} has no case {case!r}"
    raise NotFoundError(msg)


def _cases(judging: tuple[Context, ...], commitment: str, group: tuple[str, ...], start: int) -> tuple[CaseLine, ...]:
    """The cases a window counts, of all versions, missed ones first."""
    lines: list[CaseLine] = []
    for context in judging:
        clause = context.plan.commitments[commitment]
        index = _index_of(context, commitment, start)
        if isinstance(clause, ClockPlan) and index is not None:
            lines += case_lines(clause, context, group, index)
    return worst_first(lines)


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
    index = _index_of(context, commitment, outcome.start)
    assert index is not None
    return index


def _index_of(context: Context, commitment: str, start: int) -> int | None:
    """Which of the version's own windows begins there; None where it measured nothing in it."""
    measured = measure(context.plan.commitments[commitment], context)
    starts = measured.windows.start
    return next((p.window for p in measured.parts if int(starts[p.window]) == start), None)
