"""The outlook: every change known of one agreement, and what will come of it.

Law: a pure function of plans, facts and an instant. What it says will be excluded is what the measure excludes when the time has come, if
nothing else becomes known (the law test runs the measure afterwards).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from upheld.calendars.windows import windows
from upheld.changes.agreed import approvals_asked, class_of, remarks
from upheld.changes.counting import Asked, asked_of
from upheld.changes.effect import effects
from upheld.changes.known import announced, stages
from upheld.changes.view import ChangeView, Counting, Counts, Effect, Stage, together
from upheld.changes.world import supposing
from upheld.facts.tables import Facts
from upheld.plans.plan import AvailabilityPlan, Plan
from upheld.plans.terms import Term, in_force

__all__ = ["outlook"]

_DAY_US = 86_400_000_000


def outlook(plans: Iterable[Plan], facts: Facts, at: int, only: Sequence[str] | None = None, *, lo: int | None = None, hi: int | None = None,
            with_effects: bool = False) -> tuple[ChangeView, ...]:
    """Every change known at ``at`` (µs UTC), by start. ``plans``: all versions of one agreement.

    ``only``: these changes; ``lo``, ``hi``: those that touch ``[lo, hi)``; ``with_effects``: what each does to the promises too (three
    assessments a promise touched). Raises ``ValueError`` if no version was adopted by then.
    """
    known_plans = tuple(p for p in plans if p.adopted_us is None or p.adopted_us <= at)
    terms = in_force(known_plans, at)
    if not terms:
        msg = "no version of the agreement was adopted by then"
        raise ValueError(msg)
    every = stages(known_plans, facts, at)
    by_change: dict[str, list[Stage]] = {}
    for name, stage in every:
        by_change.setdefault(name, []).append(stage)
    wanted = {name: tuple(own) for name, own in by_change.items() if _wanted(name, own, only, lo, hi)}
    if not wanted:
        return ()
    now = announced(known_plans, facts, at)
    asked = _asked(known_plans, terms, now, [s for own in wanted.values() for s in own if s.cancelled_at is None], at)
    views = [_view(_term(terms, own), name, own, every, now, asked, at) for name, own in wanted.items()]
    if with_effects:
        views = [replace(v, effects=_effects(known_plans, terms, now, v)) for v in views]
    return tuple(sorted(views, key=lambda v: (v.start, v.id)))


def _wanted(name: str, own: Sequence[Stage], only: Sequence[str] | None, lo: int | None, hi: int | None) -> bool:
    if only is not None:
        return name in only or any(s.fact in only for s in own)
    return any((hi is None or s.start < hi) and (lo is None or s.end is None or s.end > lo) for s in own)


def _term(terms: Sequence[Term], own: Sequence[Stage]) -> Term:
    """The version in force when the change begins; before the first the first, after the last the last."""
    start = min((s.start for s in own if s.cancelled_at is None), default=own[0].start)
    return next((t for t in reversed(terms) if t.from_us <= start), terms[0])


def _promises(terms: Sequence[Term]) -> dict[str, AvailabilityPlan]:
    return {name: c for t in terms for name, c in t.plan.commitments.items() if isinstance(c, AvailabilityPlan)}


def _until(clause: AvailabilityPlan, own: Sequence[Stage], span: tuple[int, int | None], at: int) -> int:
    """The end of the last window that the stages, or now, lie in."""
    lo = min(s.start for s in own)
    last = max(at, *(s.start + _DAY_US if s.end is None else s.end for s in own))
    if clause.head.window.before or clause.head.window.unit == "case":
        return last
    laid = windows(clause.head.window, lo, last, (min(span[0], lo), span[1]))
    return max(last, int(laid.end.max(initial=0)))


def _asked(plans: Sequence[Plan], terms: Sequence[Term], now: Facts, own: Sequence[Stage], at: int) -> dict[str, Asked]:
    """The exclusions of every promise asked about all stages at once."""
    if not own:
        return {}
    found = {}
    span = terms[0].from_us, terms[-1].until_us
    for name, clause in _promises(terms).items():
        if clause.head.excluding:
            watched, supposed = supposing(plans, now, _until(clause, own, span, at))
            found[name] = asked_of(watched, supposed, name, own, at, terms[-1].plan.zone)
    return found


def _view(term: Term, name: str, own: tuple[Stage, ...], every: Sequence[tuple[str, Stage]], now: Facts, asked: dict[str, Asked],
          at: int) -> ChangeView:
    keys = {s.key for s in own}
    counting = tuple(c for a in asked.values() for c in a.counting if c.stage in keys)
    standing = [s for s in own if s.cancelled_at is None]
    wanted = tuple(a for s in standing for a in approvals_asked(term.plan, s, name, now.declarations))
    approvals = tuple(dict.fromkeys((*(a for q in asked.values() for a in q.approvals if a.stage in keys), *wanted)))
    others = [(n, s) for n, s in every if n != name]
    said = remarks(term.plan, own, others, wanted, at)
    notes = []
    if standing and all(s.end is not None and s.end <= term.from_us for s in standing):
        notes.append("the agreement was not in force then")
    if standing and term.until_us is not None and min(s.start for s in standing) >= term.until_us:
        notes.append("the agreement has ended by then")
    notes += _standing_still(term.plan, counting)
    if any(s.revision and s.cancelled_at is None for s in own):
        notes.append("a stage that was moved or corrected counts as announced when the correction came to be known")
    titles = [t for s in (*standing, *own) if (t := s.said("title"))]
    plan = term.plan
    return ChangeView(
        agreement=plan.agreement, version=plan.version, zone=plan.zone, id=name, at=at, title=titles[0] if titles else own[0].subject,
        class_=class_of(own), stages=own, counts=_counts(counting), why=_why(counting, standing), counting=counting,
        approvals=approvals, remarks=said, notes=tuple(notes),
    )


def _standing_still(plan: Plan, counting: Sequence[Counting]) -> list[str]:
    """Promises of another measure that leave the same state out."""
    during = {plan.exclusions[c.exclusion].during for c in counting if c.exclusion in plan.exclusions} - {None}
    names = [name for name, c in plan.commitments.items() if not isinstance(c, AvailabilityPlan)
             and any(plan.exclusions[x].during in during for x in c.head.excluding)]
    return [f"{', '.join(names)} leave{'s' if len(names) == 1 else ''} out what counts of it too"] if names else []


# ---- the answer -----------------------------------------------------------------------------------------------------


def _by_stage(counting: Sequence[Counting]) -> dict[tuple[str, tuple[tuple[str, str], ...], str], list[Counting]]:
    found: dict[tuple[str, tuple[tuple[str, str], ...], str], list[Counting]] = {}
    for one in counting:
        found.setdefault((one.commitment, one.for_, one.stage), []).append(one)
    return found


def _one(own: Sequence[Counting]) -> Counts:
    """All exclusions of one result together, for one stage."""
    of_us = max(c.of_us for c in own)
    taken = sum(c.taken_us for c in own if c.effect != "no_credit")
    if taken >= of_us:
        return "yes"
    if taken:
        return "partly"
    return "open" if any(c.open_us for c in own) else "no"


def _counts(counting: Sequence[Counting]) -> Counts:
    return together(tuple(_one(own) for own in _by_stage(counting).values()))


def _why(counting: Sequence[Counting], standing: Sequence[Stage]) -> tuple[str, ...]:
    """One line a reason, each once: what speaks against it first, with what would help."""
    if not standing:
        return ("it is cancelled",)
    if not counting:
        return ("no exclusion of the agreement is about it: whatever is down then is down",)
    against: list[str] = []
    for_: list[str] = []
    several = len(standing) > 1
    titles = {s.key: s.title for s in standing}
    for one in counting:
        where = f"{titles[one.stage]}: " if several else ""
        for test in one.tests:
            line = f"{where}{test.says}" + (f"; {test.advice}" if test.advice else "")
            (for_ if test.holds else against).append(line)
        if not one.tests and one.taken_us == one.of_us:
            for_.append(f"{where}exclusion {one.exclusion} takes it without conditions")
    return tuple(dict.fromkeys((*against, *for_)))


def _effects(plans: Sequence[Plan], terms: Sequence[Term], now: Facts, view: ChangeView) -> tuple[Effect, ...]:
    if not view.live:
        return ()
    span = terms[0].from_us, terms[-1].until_us
    found: list[Effect] = []
    for name, clause in _promises(terms).items():
        found += effects(plans, now, name, view.live, view.at, _until(clause, view.live, span, view.at))
    return tuple(found)

