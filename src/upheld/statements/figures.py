"""Figures: the whole content of a statement, as it is signed.

Law: plain texts, whole numbers, lists and mappings only; numbers that are not whole travel as exact fractions in text; the same
inputs give the same bytes whatever the order they came in. Everything a reader needs is here: renderings are made of this alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from upheld.assessment.outcome import Assessment, Outcome, worst
from upheld.assessment.show import show_condition
from upheld.facts.tables import Facts
from upheld.plans.plan import Plan
from upheld.remedies.report import amount_text, duty_record, record_of, right_record
from upheld.remedies.settlement import Line, Settlement
from upheld.statements.period import Period
from upheld.statements.spans import Key, Span
from upheld.values.instant import format_instant

__all__ = ["SCHEMA", "figures_of"]

SCHEMA = "upheld-figures-1"


def figures_of(
    plans: Iterable[Plan], assessment: Assessment, settlement: Settlement, period: Period, facts: Facts, *,
    parties: Mapping[str, Mapping[str, str]], acts: Sequence[Mapping[str, Any]] = (), spans: Mapping[Key, Sequence[Span]] | None = None,
) -> dict[str, Any]:
    """The figures of one period: outcomes and credits whose window ends in it, what follows, what is open, what is not known.

    ``parties``: role → name and more, as the agreement says. ``acts``: claims, disputes and decisions on record in plain data.
    ``spans``: the stretches of time behind availability outcomes, by outcome key.
    """
    versions = sorted(plans, key=lambda p: (p.from_us, p.version))
    last = versions[-1]
    outcomes = sorted((o for o in assessment.outcomes if _within(o, period)), key=_outcome_order)
    lines = sorted((line for line in settlement.lines if period.start < line.end <= period.end), key=lambda line: line.key)
    # provisional until everything up to the end of the period is known, be it that nothing was measured in it
    provisional = assessment.horizon < period.end or any(o.provisional for o in outcomes)
    judged = {o.version for o in outcomes}
    return {
        "schema": SCHEMA,
        "agreement": {
            "id": last.agreement, "title": last.title, "zone": last.zone, "currency": last.currency, "semantics": last.semantics,
            "versions": [_version(p, p.version in judged) for p in versions],
            "parties": {role: dict(said) for role, said in parties.items()},
        },
        "period": {"label": period.label, "start": format_instant(period.start), "end": format_instant(period.end), "dates": period.dates},
        "provisional": provisional,
        "verdict": worst(tuple(o.verdict for o in outcomes if not o.provisional)),
        "commitments": _commitments(last, versions, outcomes, assessment.outcomes, period, spans or {}),
        "credits": [_credit(line) for line in lines],
        "totals": _totals(lines, last.currency),
        "rights": [right_record(r) for r in settlement.rights
                   if r.opened_at <= period.end and (r.state == "open" or r.opened_at > period.start)],
        "duties": [duty_record(d) for d in settlement.duties
                   if d.since <= period.end and (d.state in ("open", "overdue") or d.since > period.start)],
        "acts": [dict(act) for act in acts],
        "gaps": _gaps(outcomes, facts),
        "notes": [*assessment.notes, *settlement.notes],
    }


def _version(plan: Plan, judges: bool) -> dict[str, Any]:
    """A version of the agreement; ``judges``: whether it judged anything of this period."""
    until = None if plan.until_us is None else format_instant(plan.until_us)
    return {"version": plan.version, "sha256": plan.hash, "from": format_instant(plan.from_us), "until": until, "judges": judges}


def _within(outcome: Outcome, period: Period) -> bool:
    """A window belongs to the period it ends in; one that runs on past its end is shown as it stands there."""
    return period.start < outcome.end <= period.end or (outcome.start < period.end < outcome.end and outcome.provisional)


def _outcome_order(o: Outcome) -> tuple[Any, ...]:
    return (o.commitment, o.group, o.start, o.end, o.version, o.part)


def _commitments(last: Plan, versions: Sequence[Plan], outcomes: Sequence[Outcome], every: Sequence[Outcome], period: Period,
                 spans: Mapping[Key, Sequence[Span]]) -> list[dict[str, Any]]:
    """Every commitment in the agreement's order, with its outcomes; those without a window in the period too."""
    names = list(dict.fromkeys([*last.commitments, *(n for p in versions for n in p.commitments)]))
    found = []
    for name in names:
        mine = [o for o in outcomes if o.commitment == name]
        plan = next(p for p in reversed(versions) if name in p.commitments)
        head = plan.commitments[name].head
        if not mine and plan is not last:
            continue
        place = plan.places.get(f"commitments.{name}")
        found.append({
            "id": name, "says": head.says or head.sentence, "sentence": head.sentence, "per": head.window.text, "binding": head.binding,
            "promised_by": head.promised_by, "to": head.to, "clause": f"{place.file}:{place.line}" if place is not None else "",
            "verdict": worst(tuple(o.verdict for o in mine)), "outcomes": [_outcome(o, spans.get(o.key)) for o in mine],
            "history": _history([o for o in every if o.commitment == name and o.end <= period.end]),
        })
    return found


_REMEMBERED = 12
"""The windows of the past a statement shows beside its own."""


def _history(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The last windows of each result, oldest first: what a trend is drawn of."""
    found: list[dict[str, Any]] = []
    for group, part in sorted({(o.group, o.part) for o in outcomes}):
        mine = sorted((o for o in outcomes if (o.group, o.part) == (group, part)), key=lambda o: (o.start, o.version))[-_REMEMBERED:]
        found.append({"group": dict(group), "part": part, "windows": [
            {"window": o.window, "low": _text(o.low), "high": _text(o.high), "value": o.shown, "verdict": o.verdict,
             "target": show_condition(o.target), "unit": o.unit} for o in mine]})
    return found


def _outcome(o: Outcome, spans: Sequence[Span] | None) -> dict[str, Any]:
    figure = o.figure
    listed = None if spans is None else [
        {"start": format_instant(a), "end": format_instant(b), "why": why, "clause": clause} for a, b, why, clause in spans]
    return {
        "spans": listed,
        "version": o.version, "group": dict(o.group), "window": o.window, "start": format_instant(o.start), "end": format_instant(o.end),
        "part": o.part, "verdict": o.verdict, "value": o.shown, "unit": o.unit, "low": _text(o.low), "high": _text(o.high),
        "exact_low": _text(figure.low), "exact_high": _text(figure.high), "target": show_condition(o.target),
        "breach": show_condition(o.breach), "reason": o.reason, "provisional": o.provisional, "deemed_by": o.deemed_by,
        "without": {"verdict": o.verdict_without, "value": o.shown_without, "low": _text(o.bare.low), "high": _text(o.bare.high)},
        "counts": {"measured": figure.n, "left_out": figure.n_left_out, "pending": figure.pending, "no_promise": figure.no_promise,
                   "undecided": figure.undecided, "unknown_us": figure.unknown_us, "left_out_us": dict(figure.left_out_us),
                   "detail": dict(figure.detail)},
    }


def _credit(line: Line) -> dict[str, Any]:
    record = record_of(line)
    return {**record, "shown": amount_text(line)}


def _totals(lines: Sequence[Line], currency: str) -> dict[str, Any]:
    """By state: how many lines, and the sum of those known; rewards and what was earned back stand apart in their kinds."""
    by_state: dict[str, dict[str, int]] = {}
    for line in lines:
        entry = by_state.setdefault(line.state, {"lines": 0, "minor": 0})
        entry["lines"] += 1
        entry["minor"] += line.amount or 0
    owed = sum(line.amount or 0 for line in lines if line.counts)
    return {"currency": currency, "owed_minor": owed, "by_state": by_state,
            "unknown_lines": sum(1 for line in lines if line.state == "unknown")}


def _gaps(outcomes: Sequence[Outcome], facts: Facts) -> dict[str, Any]:
    """What is not known: time nobody watched, cases pending, facts that do not say, rows refused."""
    refused: dict[str, int] = {}
    for row in facts.refused:
        if row.severity == "error":
            refused[row.slug] = refused.get(row.slug, 0) + 1
    return {
        "unknown_us": {o.commitment: max(p.figure.unknown_us for p in outcomes if p.commitment == o.commitment) for o in outcomes
                       if o.figure.unknown_us},
        "pending": sum(o.figure.pending for o in outcomes), "undecided": sum(o.figure.undecided for o in outcomes),
        "refused_rows": refused,
    }


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
