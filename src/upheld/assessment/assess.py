"""Assess: every promise of an agreement, measured and judged at one knowledge cut.

Law: the only way from facts and terms to outcomes. Each version judges what began under it (LANGUAGE §9, ARCHITECTURE D14);
``as_of`` decides what is known; nothing here asks what time it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from upheld.assessment.judge import judge
from upheld.assessment.outcome import Assessment, Outcome, Verdict, worst
from upheld.assessment.scope import scope
from upheld.assessment.show import show_value
from upheld.calendars.grid import Grid, compile_grid
from upheld.calendars.spec import Always
from upheld.facts.cut import cut
from upheld.facts.tables import OPEN, Facts
from upheld.measures.result import Context, Figure, Measured, Part
from upheld.measures.table import measure
from upheld.plans.plan import ClockPlan, CombinePlan, Commitment, Plan, ValuesPlan
from upheld.plans.terms import Term, in_force

__all__ = ["assess", "contexts", "order_of"]

_YEAR_US = 366 * 86_400_000_000


def assess(plans: Iterable[Plan], facts: Facts, as_of: int | None, commitments: Sequence[str] = (),
           progress: Callable[[str], None] | None = None) -> Assessment:
    """All outcomes of one agreement (all its versions in ``plans``) at ``as_of`` (µs; None: everything that is in the facts).

    ``commitments`` narrows to some ids (their parts are measured too). ``progress`` is told the name of each one begun.
    Raises ``ValueError`` if no version is in force or known at ``as_of``.
    """
    known = cut(facts, as_of)
    terms = in_force(plans, as_of)
    if not terms:
        msg = "no version of the agreement was adopted by then"
        raise ValueError(msg)
    outcomes: list[Outcome] = []
    notes: list[str] = []
    horizon = 0
    for term, mine in ((t, scope(t.plan, known)) for t in terms):
        if commitments:
            unknown = [c for c in commitments if c not in term.plan.commitments]
            if unknown and term is terms[-1]:
                msg = f"no commitment {unknown[0]!r} in {term.plan.agreement}"
                raise ValueError(msg)
        measured: dict[str, Measured] = {}
        verdicts: dict[str, Mapping[tuple[tuple[str, ...], int], Verdict]] = {}
        for name in order_of(term.plan, commitments):
            commitment = term.plan.commitments[name]
            if progress:
                progress(name)
            context = _context(term, terms, mine, as_of, commitment, measured, verdicts)
            horizon = max(horizon, context.until)
            result = _unwatched(measure(commitment, context), commitment, context)
            measured[name] = result
            judged = tuple(_outcome(term.plan, commitment, result, part) for part in result.parts)
            verdicts[name] = _by_key(result, judged)
            notes.extend(f"{name}: {note}" for note in result.notes)
            if not commitments or name in commitments:
                outcomes.extend(judged)
    last = terms[-1].plan
    outcomes.sort(key=lambda o: (o.start, o.end))
    position = {name: i for i, name in enumerate(last.commitments)}
    outcomes.sort(key=lambda o: position.get(o.commitment, len(position)))
    return Assessment(last.agreement, last.title, as_of, horizon, tuple(outcomes), tuple(dict.fromkeys(notes)), refused=len(facts.refused))


def contexts(plans: Iterable[Plan], facts: Facts, as_of: int | None, commitment: str) -> tuple[Context, ...]:
    """The contexts in which one commitment is measured, a version each: what ``explain`` needs to ask a kernel again."""
    known = cut(facts, as_of)
    terms = in_force(plans, as_of)
    found: list[Context] = []
    for term in terms:
        if commitment not in term.plan.commitments:
            continue
        mine = scope(term.plan, known)
        measured: dict[str, Measured] = {}
        verdicts: dict[str, Mapping[tuple[tuple[str, ...], int], Verdict]] = {}
        for name in order_of(term.plan, (commitment,)):
            clause = term.plan.commitments[name]
            context = _context(term, terms, mine, as_of, clause, measured, verdicts)
            if name == commitment:
                found.append(context)
                break
            result = _unwatched(measure(clause, context), clause, context)
            measured[name] = result
            verdicts[name] = _by_key(result, tuple(_outcome(term.plan, clause, result, p) for p in result.parts))
    return tuple(found)


def order_of(plan: Plan, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """The commitments in an order in which each comes after those it is made of; only ``wanted`` and their parts if given.

    Raises ``ValueError`` on a circle (the checks of an agreement refuse one before it comes here).
    """
    done: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            msg = f"commitments refer to each other in a circle: {' -> '.join((*path, name))}"
            raise ValueError(msg)
        if name in done or name not in plan.commitments:
            return
        for needed in _needs(plan, plan.commitments[name]):
            visit(needed, (*path, name))
        done[name] = None

    for name in wanted or plan.commitments:
        visit(name, ())
    return tuple(done)


def _needs(plan: Plan, commitment: Commitment) -> tuple[str, ...]:
    parts = commitment.parts if isinstance(commitment, CombinePlan) else ()
    return (*parts, *breached_in(plan, commitment))


def breached_in(plan: Plan, commitment: Commitment) -> tuple[str, ...]:
    """The commitments whose breach this one's states and exclusions ask for (``breached(<id>)``)."""
    from upheld.plans.plan import AvailabilityPlan, Breached, Combination

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


def _context(term: Term, terms: Sequence[Term], facts: Facts, as_of: int | None, commitment: Commitment,
             measured: Mapping[str, Measured], verdicts: Mapping[str, Mapping[tuple[tuple[str, ...], int], Verdict]]) -> Context:
    plan = term.plan
    until = _horizon(facts, as_of, commitment)
    whole = (terms[0].from_us, terms[-1].until_us)
    lo = min(first_instant(facts), whole[0]) - _YEAR_US
    hi = max(until, whole[0], last_instant(facts)) + 6 * _YEAR_US
    grids: dict[str, Grid] = {}

    def grid(name: str) -> Grid:
        if name not in grids:
            spec = plan.calendars[name] if name in plan.calendars else Always(plan.zone)
            grids[name] = compile_grid(spec, lo, hi)
        return grids[name]

    return Context(plan, facts, until, term.from_us, term.until_us, grid, in_force=whole,
                   breached=_breached_spans(measured, verdicts), results=measured, verdicts=verdicts)


def _breached_spans(measured: Mapping[str, Measured], verdicts: Mapping[str, Mapping[tuple[tuple[str, ...], int], Verdict]]):  # type: ignore[no-untyped-def]
    import numpy as np

    def spans(name: str):  # type: ignore[no-untyped-def]
        if name not in measured:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        windows = measured[name].windows
        broken = sorted({w for (_, w), v in verdicts[name].items() if v == "breached"})
        return windows.start[broken], windows.end[broken]

    return spans


def _by_key(measured: Measured, judged: tuple[Outcome, ...]) -> Mapping[tuple[tuple[str, ...], int], Verdict]:
    by_key: dict[tuple[tuple[str, ...], int], tuple[Verdict, ...]] = {}
    for part, outcome in zip(measured.parts, judged, strict=True):
        key = (part.group, part.window)
        by_key[key] = (*by_key.get(key, ()), outcome.verdict)
    return {key: worst(found) for key, found in by_key.items()}


def _outcome(plan: Plan, commitment: Commitment, measured: Measured, part: Part) -> Outcome:
    head = commitment.head
    group = tuple(zip(head.for_each, part.group, strict=False))
    start, end = int(measured.windows.start[part.window]), int(measured.windows.end[part.window])
    axes: dict[str, str | Fraction | None] = {**dict(group), "customer": plan.customer or None, "date": Fraction(start // 86_400_000_000)}
    agreed, bare = judge(head, part, axes)
    return Outcome(
        agreement=plan.agreement, version=plan.version, commitment=head.id, group=group, window=measured.windows.label[part.window],
        start=start, end=end, part=part.label, verdict=agreed.verdict, unit=measured.unit, figure=part.agreed, bare=part.bare,
        low=agreed.low, high=agreed.high, shown=_shown(agreed.low, agreed.high, measured, agreed.target), target=agreed.target,
        breach=agreed.breach, verdict_without=bare.verdict, shown_without=_shown(bare.low, bare.high, measured, bare.target),
        provisional=part.provisional, reason=agreed.reason, says=head.says or head.sentence,
        place=plan.places.get(f"commitments.{head.id}"), binding=head.binding,
    )


def _shown(low: Fraction | None, high: Fraction | None, measured: Measured, target: object) -> str:
    from upheld.values.condition import Condition

    against = target if isinstance(target, Condition) else None
    if low is None or high is None:
        return "-"
    if low == high:
        return show_value(low, measured.unit, against)
    return f"{show_value(low, measured.unit, against)} to {show_value(high, measured.unit, against)}"


def _unwatched(measured: Measured, commitment: Commitment, context: Context) -> Measured:
    """Windows of cases that ended before anybody watched are unknown, not empty: silence is no evidence (D12)."""
    of_cases = isinstance(commitment, ClockPlan) or (isinstance(commitment, ValuesPlan) and commitment.shape == "cases")
    watched = _cases_watched_from(context.facts)
    if not of_cases or watched is None:
        return measured
    parts = []
    for part in measured.parts:
        start, end = int(measured.windows.start[part.window]), int(measured.windows.end[part.window])
        if end <= watched and not part.agreed.n and not part.agreed.pending:
            unknown = Figure(None, None, unknown_us=end - start)
            part = replace(part, agreed=unknown, bare=unknown)  # noqa: PLW2901 - the same part, seen rightly
        parts.append(part)
    return replace(measured, parts=tuple(parts))


def _cases_watched_from(facts: Facts) -> int | None:
    coverage = facts.coverage
    if coverage is None or "cases" not in coverage.what.names:
        return None
    mine = coverage.what.codes == coverage.what.names.index("cases")
    return int(coverage.start[mine].min()) if mine.any() else None


def _horizon(facts: Facts, as_of: int | None, commitment: Commitment) -> int:
    """What is known ends at ``as_of``, or earlier where the watching of the facts this commitment reads ended."""
    watched = last_instant(facts)
    if facts.coverage is not None and len(facts.coverage.end):
        cases = isinstance(commitment, ClockPlan)
        what = facts.coverage.what
        code = what.names.index("cases") if "cases" in what.names else -2
        chosen = (what.codes == code) == cases
        watched = int(facts.coverage.end[chosen].max()) if chosen.any() else int(facts.coverage.end.max())
    return watched if as_of is None else min(as_of, watched)


def first_instant(facts: Facts) -> int:
    """The earliest stamp in the facts, µs (0 without facts)."""
    firsts = [int(a.min()) for a in _stamps(facts, first=True) if len(a)]
    return min(firsts, default=0)


def last_instant(facts: Facts) -> int:
    """The latest stamp in the facts, µs (0 without facts); open ends do not count."""
    lasts = [int(b.max()) for a in _stamps(facts, first=False) if len(b := a[a < OPEN])]
    return max(lasts, default=0)


def _stamps(facts: Facts, *, first: bool):  # type: ignore[no-untyped-def]
    if facts.events is not None:
        yield facts.events.at
    if facts.intervals is not None:
        yield facts.intervals.start
        if not first:
            yield facts.intervals.end
    if facts.samples is not None:
        yield facts.samples.at
    if facts.counts is not None:
        yield facts.counts.start
        if not first:
            yield facts.counts.end
