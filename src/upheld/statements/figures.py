"""Figures: the whole content of a statement, as it is signed.

Law: plain texts, whole numbers, lists and mappings only; numbers that are not whole travel as exact fractions in text; the same
inputs give the same bytes whatever the order they came in. Everything a reader needs is here: renderings are made of this alone.
What happens after a period has ended, and says nothing of it, leaves its figures as they are: no windows that run on, no later
versions, no rights of other periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from upheld.assessment.outcome import Assessment, Outcome, worst
from upheld.assessment.show import show_condition
from upheld.facts.tables import Facts
from upheld.plans.plan import Plan
from upheld.plans.terms import in_force
from upheld.remedies.report import duty_record, record_of, right_record
from upheld.remedies.settlement import Line, Settlement
from upheld.statements.missed import Missed
from upheld.statements.period import Period
from upheld.statements.spans import Key, Span
from upheld.values.condition import Condition
from upheld.values.instant import format_instant

__all__ = ["REMEMBERED", "SCHEMA", "figures_of"]

SCHEMA = "upheld-figures-1"

REMEMBERED = 12
"""The windows of the past a statement shows beside its own."""


def figures_of(
    plans: Iterable[Plan], assessment: Assessment, settlement: Settlement, period: Period, facts: Facts, *,
    parties: Mapping[str, Mapping[str, str]], acts: Sequence[Mapping[str, Any]] = (), spans: Mapping[Key, Sequence[Span]] | None = None,
    missed: Mapping[Key, Sequence[Missed]] | None = None,
) -> dict[str, Any]:
    """The figures of one period: outcomes and credits whose window ends in it, what follows, what is open, what is not known.

    ``parties``: role → name and more, as the agreement says. ``acts``: claims, disputes and decisions on record in plain data.
    ``spans``: the stretches of time behind availability outcomes, by outcome key; ``missed``: the cases behind clock outcomes.
    Raises ``ValueError`` where no version was known.
    """
    versions = _versions(plans, assessment, period)
    last = versions[-1]
    running = assessment.horizon < period.end
    outcomes = sorted((o for o in assessment.outcomes if _within(o, period, running=running)), key=_outcome_order)
    lines = sorted((line for line in settlement.lines if period.start < line.end <= period.end), key=lambda line: line.key)
    # provisional until everything up to the end of the period is known, be it that nothing was measured in it
    provisional = running or any(o.provisional for o in outcomes)
    judged = {o.version for o in outcomes}
    return {
        "schema": SCHEMA,
        "agreement": {
            "id": last.agreement, "title": last.title, "zone": last.zone, "currency": last.currency, "semantics": last.semantics,
            "versions": [_version(p, p.version in judged) for p in versions],
            "parties": {role: dict(said) for role, said in parties.items()},
        },
        "period": {"label": period.label, "start": format_instant(period.start), "end": format_instant(period.end), "dates": period.dates,
                   "known_until": format_instant(min(assessment.horizon, period.end))},
        "provisional": provisional,
        "verdict": worst(tuple(o.verdict for o in outcomes if not o.provisional)),
        "commitments": _commitments(versions, outcomes, assessment.outcomes, period, spans or {}, missed or {}),
        "credits": [record_of(line) for line in lines],
        "totals": _totals(lines, last.currency),
        "rights": _ordered(right_record(r) for r in settlement.rights if period.start < r.opened_at <= period.end),
        "duties": _ordered(duty_record(d) for d in settlement.duties if period.start < d.since <= period.end),
        "acts": [dict(act) for act in acts],
        "gaps": _gaps(outcomes, facts),
        # what is noted of caps says how far the fees are known: it moves on with every charge, and matters where a cap bit
        "notes": [*assessment.notes, *(settlement.notes if any(line.cuts for line in lines) else ())],
    }


def _versions(plans: Iterable[Plan], assessment: Assessment, period: Period) -> list[Plan]:
    """The versions in force in the period, and those that judge a window ending in it, in time order; the first where none was yet."""
    terms = in_force(plans, assessment.as_of)
    if not terms:
        msg = "no version of the agreement was adopted by then"
        raise ValueError(msg)
    judged = {o.version for o in assessment.outcomes if _within(o, period, running=assessment.horizon < period.end)}
    found = [t.plan for t in terms if t.plan.version in judged or
             (t.from_us < period.end and (t.until_us is None or period.start < t.until_us))]
    return found or [terms[0].plan]


def _version(plan: Plan, judges: bool) -> dict[str, Any]:
    """A version of the agreement; ``judges``: whether it judged anything of this period."""
    until = None if plan.until_us is None else format_instant(plan.until_us)
    return {"version": plan.version, "sha256": plan.hash, "from": format_instant(plan.from_us), "until": until, "judges": judges}


def _within(outcome: Outcome, period: Period, *, running: bool) -> bool:
    """A window belongs to the period it ends in. While the period itself is ``running``, windows that run on are shown as they stand."""
    return period.start < outcome.end <= period.end or (running and outcome.provisional and outcome.start < period.end < outcome.end)


def _outcome_order(o: Outcome) -> tuple[Any, ...]:
    return (o.commitment, o.group, o.start, o.end, o.window, o.version, o.part)


def _ordered(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """In an order of their own, not that of arrival."""
    return sorted(records, key=lambda r: [f"{k}={r[k]}" for k in sorted(r)])


# ---- commitments ----------------------------------------------------------------------------------------------------


def _commitments(versions: Sequence[Plan], outcomes: Sequence[Outcome], every: Iterable[Outcome], period: Period,
                 spans: Mapping[Key, Sequence[Span]], missed: Mapping[Key, Sequence[Missed]]) -> list[dict[str, Any]]:
    """Every commitment in the agreement's order, with its outcomes; those without a window in the period too."""
    last = versions[-1]
    mine: dict[str, list[Outcome]] = {name: [] for name in last.commitments}
    for o in outcomes:
        mine.setdefault(o.commitment, []).append(o)
    past = _history(outcomes, every, period)
    found = []
    for name, own in mine.items():
        # said in the words of the latest version that judged it here
        judged = {o.version for o in own}
        plan = next((p for p in reversed(versions) if name in p.commitments and (p.version in judged or not own)), last)
        head = plan.commitments[name].head
        place = plan.places.get(f"commitments.{name}")
        ended = tuple(o.verdict for o in own if not o.provisional)
        found.append({
            "id": name, "says": head.says or head.sentence, "sentence": head.sentence, "per": head.window.text, "binding": head.binding,
            "promised_by": head.promised_by, "to": head.to, "clause": f"{place.file}:{place.line}" if place is not None else "",
            "verdict": worst(ended or tuple(o.verdict for o in own)),
            "outcomes": [_outcome(o, spans.get(o.key), missed.get(o.key)) for o in own],
            "history": past.get(name, []) if head.window.unit != "case" else [],
        })
    return found


def _history(outcomes: Iterable[Outcome], every: Iterable[Outcome], period: Period) -> dict[str, list[dict[str, Any]]]:
    """By commitment: the last windows of each result of this period, oldest first: what a trend is drawn of."""
    shown = {(o.commitment, o.group, o.part) for o in outcomes}
    runs: dict[tuple[str, Any, str], list[Outcome]] = {}
    for o in every:
        if o.end <= period.end and (key := (o.commitment, o.group, o.part)) in shown:
            runs.setdefault(key, []).append(o)
    found: dict[str, list[dict[str, Any]]] = {}
    for (name, group, part), run in sorted(runs.items()):
        latest = sorted(run, key=lambda o: (o.start, o.end, o.window, o.version))[-REMEMBERED:]
        found.setdefault(name, []).append({"group": dict(group), "part": part, "windows": [
            {"window": o.window, "low": _text(o.low), "high": _text(o.high), "value": o.shown, "verdict": o.verdict,
             "target": show_condition(o.target), "limits": _limits(o.target), "unit": o.unit} for o in latest]})
    return found


def _outcome(o: Outcome, spans: Sequence[Span] | None, missed: Sequence[Missed] | None) -> dict[str, Any]:
    figure = o.figure
    listed = None if spans is None else [
        {"start": format_instant(a), "end": format_instant(b), "why": why, "clause": clause, "counted_us": counted}
        for a, b, why, clause, counted in spans]
    cases = None if missed is None else [
        {"case": case, "start": format_instant(start), "due": format_instant(due), "stop": None if stop is None else format_instant(stop),
         "sure": sure} for case, start, due, stop, sure in missed]
    return {
        "spans": listed, "missed": cases,
        "version": o.version, "group": dict(o.group), "window": o.window, "start": _stamp(o.start), "end": _stamp(o.end),
        "part": o.part, "verdict": o.verdict, "value": o.shown, "unit": o.unit, "low": _text(o.low), "high": _text(o.high),
        "exact_low": _text(figure.low), "exact_high": _text(figure.high), "target": show_condition(o.target), "limits": _limits(o.target),
        "breach": show_condition(o.breach), "reason": o.reason, "provisional": o.provisional, "deemed_by": o.deemed_by,
        "without": {"verdict": o.verdict_without, "value": o.shown_without, "low": _text(o.bare.low), "high": _text(o.bare.high)},
        "counts": {"measured": figure.n, "left_out": figure.n_left_out, "pending": figure.pending, "no_promise": figure.no_promise,
                   "undecided": figure.undecided, "unknown_us": figure.unknown_us, "left_out_us": dict(figure.left_out_us),
                   "detail": dict(figure.detail)},
    }


def _limits(target: Condition | None) -> list[list[list[str]]]:
    """A target as alternatives of comparisons, each an operator and an exact limit (a share: 1 is 100%; a duration: µs)."""
    return [] if target is None else [[list(pair) for pair in every] for every in _comparisons(target)]


@lru_cache(maxsize=1024)
def _comparisons(target: Condition) -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(tuple((c.op, str(c.limit)) for c in every) for every in target.anyof)


# ---- sums and gaps --------------------------------------------------------------------------------------------------


def _totals(lines: Sequence[Line], currency: str) -> dict[str, Any]:
    """By state: how many lines, and the sum of those known. ``owed_minor``: what is, or may be, paid, less rewards and what was earned
    back; ``low_minor`` and ``high_minor``: the same with the lines not known at their least and their most (None: nobody can tell).
    """
    by_state: dict[str, dict[str, int]] = {}
    for line in lines:
        entry = by_state.setdefault(line.state, {"lines": 0, "minor": 0})
        entry["lines"] += 1
        entry["minor"] += line.amount or 0
    owed = sum(line.amount or 0 for line in lines if line.counts)
    open_lines = [line for line in lines if line.state == "unknown"]
    known = all(line.low is not None and line.high is not None for line in open_lines)
    return {"currency": currency, "owed_minor": owed, "by_state": by_state, "unknown_lines": len(open_lines),
            "low_minor": owed + sum(line.low or 0 for line in open_lines) if known else None,
            "high_minor": owed + sum(line.high or 0 for line in open_lines) if known else None}


def _gaps(outcomes: Sequence[Outcome], facts: Facts) -> dict[str, Any]:
    """What is not known: time nobody watched, cases pending, facts that do not say, rows refused."""
    refused: dict[str, int] = {}
    for row in facts.refused:
        if row.severity == "error":
            refused[row.slug] = refused.get(row.slug, 0) + 1
    unknown: dict[str, int] = {}
    for o in outcomes:
        if o.figure.unknown_us:
            unknown[o.commitment] = max(unknown.get(o.commitment, 0), o.figure.unknown_us)
    return {
        "unknown_us": unknown, "pending": sum(o.figure.pending for o in outcomes), "undecided": sum(o.figure.undecided for o in outcomes),
        "refused_rows": refused,
    }


@lru_cache(maxsize=4096)
def _stamp(us: int) -> str:
    """An instant in UTC; results share their windows, so that few are many times the same."""
    return format_instant(us)


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
