"""Assess: every promise of an agreement, measured and judged at one knowledge cut.

Law: the only way from facts and terms to outcomes. Each version judges what began under it (LANGUAGE §5, ARCHITECTURE D14);
``as_of`` decides what is known; nothing here asks what time it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np

from upheld.assessment.deemed import deemed, duties_of, unkept
from upheld.assessment.horizon import first_instant, horizon_of, last_instant, unwatched
from upheld.assessment.judge import judge
from upheld.assessment.order import breached_in, order_of
from upheld.assessment.outcome import Assessment, Outcome, Verdict, worst
from upheld.assessment.pool import aligned, pooled
from upheld.assessment.scope import Claims, claims, scope
from upheld.assessment.show import show_value
from upheld.calendars.grid import Grid, compile_grid
from upheld.calendars.spec import Always, CalendarSpec
from upheld.facts.cut import cut
from upheld.facts.tables import I64, Facts
from upheld.measures.result import Context, Measured, Part
from upheld.measures.table import measure
from upheld.measures.versions import Change, Versions, pieces
from upheld.plans.plan import ClockPlan, CombinePlan, Commitment, Plan
from upheld.plans.terms import Term, in_force
from upheld.values.condition import Condition

__all__ = ["Stage", "Walk", "assess", "contexts", "stages"]

_YEAR_US = 366 * 86_400_000_000

Verdicts = Mapping[tuple[tuple[str, ...], int], Verdict]


def assess(plans: Iterable[Plan], facts: Facts, as_of: int | None, commitments: Sequence[str] = (),
           progress: Callable[[str], None] | None = None, *, beside: Iterable[Plan] | None = None) -> Assessment:
    """All outcomes of one agreement (all its versions in ``plans``) at ``as_of`` (µs; None: everything that is in the facts).

    ``commitments`` narrows to some ids (their parts are measured too). ``progress`` is told the name of each one begun. ``beside``: all plans
    that the facts may belong to, these among them; then ``unclaimed`` and ``twice`` say how many facts are nobody's, and several ones'.
    Raises ``ValueError`` if no version is in force or known at ``as_of``.
    """
    walk = Walk.begin(plans, facts, as_of)
    last = walk.terms[-1].plan
    unknown = [c for c in commitments if not any(c in t.plan.commitments for t in walk.terms)]
    if unknown:
        msg = f"no commitment {unknown[0]!r} in {last.agreement}"
        raise ValueError(msg)
    outcomes: list[Outcome] = []
    notes: list[str] = []
    horizon = 0
    for name in order_of([t.plan for t in walk.terms], commitments):
        if progress:
            progress(name)
        for stage in walk.measure(name):
            horizon = max(horizon, stage.context.until)
            notes.extend(f"{name}: {note}" for note in stage.measured.notes)
            if not commitments or name in commitments:
                outcomes.extend(stage.outcomes)
    outcomes.sort(key=lambda o: (o.start, o.end))
    owned = Claims({}, {}) if beside is None else claims(tuple(beside), walk.known)
    position = {name: i for i, name in enumerate(last.commitments)}
    outcomes.sort(key=lambda o: position.get(o.commitment, len(position)))
    return Assessment(last.agreement, last.title, as_of, horizon, tuple(outcomes), tuple(dict.fromkeys(notes)),
                      owned.unclaimed, len(facts.refused), owned.twice)


def contexts(plans: Iterable[Plan], facts: Facts, as_of: int | None, commitment: str) -> tuple[Context, ...]:
    """The contexts in which one commitment is measured, a version each: what ``explain`` needs to ask a kernel again."""
    return tuple(stage.context for stage in stages(plans, facts, as_of, (commitment,)).get(commitment, ()))


def stages(plans: Iterable[Plan], facts: Facts, as_of: int | None, commitments: Sequence[str] = (), *,
           live: bool = False) -> dict[str, tuple[Stage, ...]]:
    """Each commitment (of some only: those and their parts) under each version, in time order: what was seen, measured and judged."""
    walk = Walk.begin(plans, facts, as_of, live=live)
    for name in order_of([t.plan for t in walk.terms], commitments):
        walk.measure(name)
    return walk.stages


@dataclass(frozen=True, slots=True)
class Stage:
    """One commitment under one version: what it saw, what it measured, what was judged."""

    term: Term
    context: Context
    measured: Measured
    outcomes: tuple[Outcome, ...]


class Walk:
    """The commitments one after the other, each under all its versions; what was measured is there for those that need it."""

    def __init__(self, terms: tuple[Term, ...], known: Facts, as_of: int | None, *, live: bool = False) -> None:
        self.terms, self.known, self.as_of, self.live = terms, known, as_of, live
        self.mine = [scope(t.plan, known) for t in terms]
        self.results: list[dict[str, Measured]] = [{} for _ in terms]
        self.verdicts: list[dict[str, Verdicts]] = [{} for _ in terms]
        self.stages: dict[str, tuple[Stage, ...]] = {}

    @classmethod
    def begin(cls, plans: Iterable[Plan], facts: Facts, as_of: int | None, *, live: bool = False) -> Walk:
        """``live``: the horizon is ``as_of`` itself, whatever was watched: a running clock runs to now. Raises as ``assess`` does."""
        terms = in_force(plans, as_of)
        if not terms:
            msg = "no version of the agreement was adopted by then"
            raise ValueError(msg)
        return cls(terms, cut(facts, as_of), as_of, live=live)

    def seen(self, name: str) -> tuple[Context, ...]:
        """The contexts of one commitment, a version each in time order; only what its states ask of other commitments is measured."""
        plans = [t.plan for t in self.terms]
        asked = [n for p in plans if name in p.commitments for n in breached_in(p, p.commitments[name])]
        for needed in order_of(plans, asked) if asked else ():
            if needed not in self.stages:
                self.measure(needed)
        return tuple(self._context(i, self.terms[i].plan.commitments[name], run) for run in self._runs(name) for i in run)

    def measure(self, name: str) -> tuple[Stage, ...]:
        """All versions of one commitment, in time order."""
        self.stages[name] = tuple(stage for run in self._runs(name) for stage in self._measure_run(name, run))
        return self.stages[name]

    def _runs(self, name: str) -> list[list[int]]:
        """The versions that carry the promise on: neighbours in time that count the same things in the same windows."""
        runs: list[list[int]] = []
        for i, term in enumerate(self.terms):
            clause = term.plan.commitments.get(name)
            if clause is None:
                continue
            before = self.terms[i - 1] if i else None
            earlier = before.plan.commitments.get(name) if before is not None and before.until_us == term.from_us else None
            if earlier is not None and _carries_on(earlier, clause):
                runs[-1].append(i)
            else:
                runs.append([i])
        return runs

    def _measure_run(self, name: str, run: Sequence[int]) -> tuple[Stage, ...]:
        clauses = [self.terms[i].plan.commitments[name] for i in run]
        found = [self._context(i, clause, run) for i, clause in zip(run, clauses, strict=True)]
        if clauses[0].head.window.if_breached:
            found = self._spent(run, clauses, found)
        measured = tuple(measure(clause, context) for clause, context in zip(clauses, found, strict=True))
        if isinstance(clauses[0], CombinePlan):
            measured = tuple(_own_windows(m, c) for m, c in zip(measured, found, strict=True))
        if len(run) > 1:
            measured = aligned(measured)
            clocks = [c for c in clauses if isinstance(c, ClockPlan)]
            if clocks and clocks[0].head.window.unit != "case":
                measured = pooled(clocks, [c.versions or Versions() for c in found], measured)
        measured = tuple(unwatched(m, clause, context) for m, clause, context in zip(measured, clauses, found, strict=True))
        stages = tuple(
            Stage(self.terms[i], context, m, self._judged(self.terms[i].plan, clause, context, m))
            for i, clause, context, m in zip(run, clauses, found, measured, strict=True)
        )
        for i, own in zip(run, stages, strict=True):
            self.results[i][name], self.verdicts[i][name] = _together(own, stages)
        return stages

    def _spent(self, run: Sequence[int], clauses: Sequence[Commitment], found: Sequence[Context]) -> list[Context]:
        """The contexts in which the claims that found the promise breached have spent their time: the first one's counts for the next."""
        spent: dict[tuple[str, ...], frozenset[int]] = {}
        while True:
            seen = [replace(context, spent_by=spent) for context in found]
            breached: dict[tuple[str, ...], set[int]] = {}
            for i, clause, context in zip(run, clauses, seen, strict=True):
                for outcome in self._judged(self.terms[i].plan, clause, context, measure(clause, context)):
                    if outcome.verdict == "breached" and not outcome.provisional:
                        breached.setdefault(tuple(v for _, v in outcome.group), set()).add(outcome.end)
            # a claim changes those after it: of each result the next one alone is sure
            fresh = {group: min(ends - spent.get(group, frozenset())) for group, ends in breached.items()
                     if ends - spent.get(group, frozenset())}
            if not fresh:
                return seen
            spent = {**spent, **{group: spent.get(group, frozenset()) | {end} for group, end in fresh.items()}}

    def _judged(self, plan: Plan, clause: Commitment, context: Context, measured: Measured) -> tuple[Outcome, ...]:
        outcomes = tuple(_outcome(plan, clause, measured, part, context) for part in measured.parts)
        broken = [
            one for duty in duties_of(plan, clause.head.id) for stage in self.stages.get(duty, ())
            for one in unkept(stage.term.plan.commitments[duty], stage.context, stage.outcomes)
        ]
        return deemed(outcomes, broken)

    def _context(self, index: int, clause: Commitment, run: Sequence[int]) -> Context:
        term, facts = self.terms[index], self.mine[index]
        until = self.as_of if self.live and self.as_of is not None else horizon_of(facts, self.as_of, clause)
        whole = (self.terms[run[0]].from_us, self.terms[run[-1]].until_us)
        lo = min(first_instant(facts), self.terms[0].from_us) - _YEAR_US
        hi = max(until, self.terms[0].from_us, last_instant(facts)) + 6 * _YEAR_US
        if self.live:                            # whole years, so that the calendars of one call serve the next
            lo, hi = lo - lo % _YEAR_US, hi + -hi % _YEAR_US
        grids: dict[str, Grid] = {}

        def grid(name: str) -> Grid:
            if name not in grids:
                spec = term.plan.calendars[name] if name in term.plan.calendars else Always(term.plan.zone)
                grids[name] = _kept_grid(spec, lo, hi) if self.live else compile_grid(spec, lo, hi)
            return grids[name]

        changes = tuple(_change(self.terms[i], clause.head.id) for i in run[1:])
        versions = Versions(run.index(index), changes, earlier=run[0] > 0, later=run[-1] < len(self.terms) - 1)
        results, verdicts = self.results[index], self.verdicts[index]
        return Context(term.plan, facts, until, term.from_us, term.until_us, grid, in_force=whole, breached=_breached_spans(results, verdicts),
                       results=results, verdicts=verdicts, versions=versions)


@lru_cache(maxsize=256)
def _kept_grid(spec: CalendarSpec, lo: int, hi: int) -> Grid:
    return compile_grid(spec, lo, hi)


def _carries_on(earlier: Commitment, later: Commitment) -> bool:
    """Whether two versions of a promise share their windows, so that one figure can stand for both."""
    if type(earlier) is not type(later) or earlier.head.window != later.head.window or earlier.head.for_each != later.head.for_each:
        return False
    if isinstance(earlier, ClockPlan) and isinstance(later, ClockPlan):
        return earlier.value == later.value
    return True


def _change(term: Term, name: str) -> Change:
    head = term.plan.commitments[name].head
    return Change(term.from_us, head.mid_window, head.open_cases == "follow")


def _own_windows(measured: Measured, context: Context) -> Measured:
    """Only the windows this version judges: a combination sees the parts of all versions."""
    versions, (begins, ends) = context.versions or Versions(), context.in_force
    start = measured.windows.in_force_start
    mine, _, _ = pieces(versions, start, measured.windows.in_force_end)
    if versions.earlier:
        mine &= start >= begins
    if versions.later and ends is not None:
        mine &= start < ends
    return replace(measured, parts=tuple(p for p in measured.parts if mine[p.window]))


def _together(own: Stage, stages: Sequence[Stage]) -> tuple[Measured, Verdicts]:
    """What later commitments of one version see: its own figures, and those of the other versions where it has none."""
    verdicts = dict(_by_key(own.measured, own.outcomes))
    parts = list(own.measured.parts)
    for stage in stages:
        if stage is own:
            continue
        others = _by_key(stage.measured, stage.outcomes)
        parts += [p for p in stage.measured.parts if (p.group, p.window) not in verdicts]
        verdicts = {**others, **verdicts}
    return replace(own.measured, parts=tuple(parts)) if len(stages) > 1 else own.measured, verdicts


def _breached_spans(measured: Mapping[str, Measured], verdicts: Mapping[str, Verdicts]) -> Callable[[str], tuple[I64, I64]]:
    def spans(name: str) -> tuple[I64, I64]:
        if name not in measured:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        windows = measured[name].windows
        broken = sorted({w for (_, w), v in verdicts[name].items() if v == "breached"})
        return windows.start[broken], windows.end[broken]

    return spans


def _by_key(measured: Measured, judged: tuple[Outcome, ...]) -> Verdicts:
    by_key: dict[tuple[tuple[str, ...], int], tuple[Verdict, ...]] = {}
    for part, outcome in zip(measured.parts, judged, strict=True):
        key = (part.group, part.window)
        by_key[key] = (*by_key.get(key, ()), outcome.verdict)
    return {key: worst(found) for key, found in by_key.items()}


def _outcome(plan: Plan, commitment: Commitment, measured: Measured, part: Part, context: Context) -> Outcome:
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
        place=plan.places.get(f"commitments.{head.id}"), binding=head.binding, in_force=_piece(measured, part, context),
    )


def _piece(measured: Measured, part: Part, context: Context) -> tuple[int, int] | None:
    """What of the window this version judges, where an amendment split it."""
    w, i = measured.windows, part.window
    if context.versions is None or context.plan.commitments[measured.commitment].head.window.unit == "case":
        return None
    _, begins, ends = pieces(context.versions, w.in_force_start[i:i + 1], w.in_force_end[i:i + 1])
    piece = int(begins[0]), int(ends[0])
    return None if piece == (int(w.in_force_start[i]), int(w.in_force_end[i])) else piece


def _shown(low: Fraction | None, high: Fraction | None, measured: Measured, target: Condition | None) -> str:
    if low is None or high is None:
        return "-"
    if low == high:
        return show_value(low, measured.unit, target)
    return f"{show_value(low, measured.unit, target)} to {show_value(high, measured.unit, target)}"
