"""Budgets: what each promise may still afford in its current window, how fast it is used, and when it will be used up.

Law: a pure function of (agreement, facts known, instant), in exact numbers, from the stages that ``assess`` measures: at one cut a budget and
the assessment never disagree. Of promises that set no limit (bands, combinations, statistics of values) there is no budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.assessment.assess import Stage, stages
from upheld.assessment.outcome import Outcome
from upheld.calendars.spec import WindowSpec
from upheld.clocks.acknowledged import Hold, holds_of
from upheld.clocks.agenda import shared_next
from upheld.clocks.allowance import Limit, limit_of
from upheld.clocks.announced import announced
from upheld.clocks.budget import Budget, By, Spent, State
from upheld.clocks.budget_counts import Counted, Missed, spent_on_cases
from upheld.clocks.budget_time import TimeDown
from upheld.clocks.burn import burn_of, stretches_of
from upheld.clocks.climb import Climbed, Pace, climb, portions_of
from upheld.clocks.current import Now, current
from upheld.clocks.forecast import forecast, longest_forecast
from upheld.clocks.table import Agenda, ClockKey, ClockTable, StepTable
from upheld.facts.cut import cut
from upheld.facts.tables import I64, Facts
from upheld.measures.clock_windows import ends_of, part_rows
from upheld.measures.result import Part
from upheld.plans.people import Ladder
from upheld.plans.plan import AvailabilityPlan, ClockPlan, CombinePlan, Plan, ValuesPlan
from upheld.plans.terms import in_force

__all__ = ["budget_agenda", "budgets", "group_text"]


def budgets(plans: Iterable[Plan], facts: Facts, at: int, commitments: Sequence[str] = (), *, live: bool = False) -> tuple[Budget, ...]:
    """The budget of every (commitment, result, part) in the window that holds ``at`` (µs UTC), in the agreement's own order.

    ``commitments`` narrows to some ids. ``live``: what was known last runs on to ``at`` (an open outage goes on, silence is unknown); else
    nothing is said of the time after the watching ended, as ``assess`` does. Where it reached ``at`` both are the same.
    Raises ``ValueError`` if no version is in force or known at ``at``.
    """
    return tuple(worked.budget for worked in _worked(tuple(plans), facts, at, commitments, live=live))


@dataclass(frozen=True, slots=True)
class _Worked:
    budget: Budget
    spent: Spent
    ladders: Mapping[str, Ladder]


def _worked(plans: tuple[Plan, ...], facts: Facts, at: int, commitments: Sequence[str], *, live: bool) -> list[_Worked]:
    found = []
    for name, versions in stages(plans, facts, at, commitments, live=live).items():
        if not commitments or name in commitments:
            for stage in versions:
                found += list(_of_stage(stage, versions, facts, at))
    order = {name: i for i, name in enumerate(dict.fromkeys(name for plan in reversed(plans) for name in plan.commitments))}
    found.sort(key=lambda w: order[w.budget.commitment])
    return found


def _of_stage(stage: Stage, versions: Sequence[Stage], facts: Facts, at: int) -> Iterator[_Worked]:
    plan, name = stage.term.plan, stage.measured.commitment
    clause = plan.commitments[name]
    now = current(stage, at)
    if now is None or isinstance(clause, CombinePlan) or clause.head.window.unit == "case" or clause.head.window.before:
        return
    spent = _spent_by(stage, versions, facts, now)
    for part, outcome in zip(stage.measured.parts, stage.outcomes, strict=True):
        limit = limit_of(outcome.target, clause.head.rounding) if part.window == now.index else None
        if limit is None:
            continue
        one = spent(part, limit)
        if one is not None:
            budget = _budget(stage, versions, outcome, part, now, limit, one, clause.head.window)
            yield _Worked(budget, one, plan.people.ladders)


def _spent_by(stage: Stage, versions: Sequence[Stage], facts: Facts, now: Now) -> Callable[[Part, Limit], Spent | None]:
    """What one kind of measure says of a part and its limit."""
    name, context = stage.measured.commitment, stage.context
    clause = stage.term.plan.commitments[name]
    match clause:
        case AvailabilityPlan():
            if clause.value == "mean between":
                return lambda _part, _limit: None
            down = TimeDown(clause, context, announced(context, facts, now.until), now)
            wanted = clause.value == "share"
            return lambda part, limit: down.spent(part, limit) if limit.least == wanted else None
        case ValuesPlan():
            counted = Counted(clause, context, now)
            return lambda part, limit: counted.spent(part, limit, stage.measured.unit)
        case ClockPlan():
            own = [(v.term.plan.commitments[name], v.context) for v in versions]
            missed = [Missed(c, seen) for c, seen in own if isinstance(c, ClockPlan)]
            next_due = min((at for one in missed if (at := one.next_due) is not None), default=None)

            def cases(part: Part, limit: Limit) -> Spent | None:
                at = [instant for one in missed for instant in one.of(now, part.group, part.label)]
                return spent_on_cases(clause, context, now, part, limit, at, next_due)

            return cases
        case _:
            return lambda _part, _limit: None


def _budget(stage: Stage, versions: Sequence[Stage], outcome: Outcome, part: Part, now: Now, limit: Limit, spent: Spent,
            spec: WindowSpec) -> Budget:
    clause = stage.term.plan.commitments[outcome.commitment]
    assert outcome.target is not None
    best, worst = spent.best, spent.worst
    window = now.first, now.until, now.last
    short, long = (burn_of(spent.use, Fraction(0) if spent.longest else best.allowed, spent.hours, window, us) for us in stretches_of(spec))
    elapsed, left = spent.hours.between(now.first, now.until), spent.hours.between(now.until, now.last)
    earlier = [used for stage_ in versions for used in _earlier(stage_, outcome, part, now)]
    used = best.used, worst.used
    ahead = longest_forecast(used, earlier) if spent.longest else forecast(used, long, elapsed, left, earlier, spent.most_more)
    runs_out, by = _runs_out(spent, now, long.used / long.within_us if long.within_us else Fraction(0))
    number = 0
    if isinstance(clause, ClockPlan):
        number = next((i for i, row in enumerate(part_rows(clause)[0]) if row.label == part.label), 0)
    return Budget(
        agreement=stage.term.plan.agreement, version=stage.term.plan.version, commitment=outcome.commitment, group=outcome.group,
        part=part.label, number=number, window=now, unit=spent.unit, target=outcome.target, limit=limit, says=outcome.says,
        best=best, worst=worst, state=_state(spent, limit), short=short, long=long, forecast=ahead, runs_out=runs_out, by=by,
        ongoing=spent.ongoing, ladder=clause.head.ladder, reasons=_reasons(stage, part, spent, now),
    )


def _state(spent: Spent, limit: Limit) -> State:
    """Whether anything can still change the verdict, as far as is known."""
    if not spent.fixed:
        return "open"
    left = spent.best.allowed - (spent.best.used - spent.unsettled)
    if left < 0 or (left == 0 and limit.strict):
        return "used up"
    if spent.most_more is None:
        return "open"
    spare = spent.worst.allowed - spent.worst.used - spent.most_more
    return "kept" if spare > 0 or (spare == 0 and not limit.strict) else "open"


def _runs_out(spent: Spent, now: Now, rate: Fraction) -> tuple[int | None, By]:
    """When the budget was or will be used up, and what says so."""
    best = spent.best
    if best.used >= best.allowed and best.used > 0:
        return spent.use.reach(best.allowed), "used"
    if spent.going_on is not None and (at := spent.going_on(best.allowed)) is not None:
        return at, "outage"
    if spent.longest or rate <= 0 or best.allowed <= 0:
        return None, ""
    needed = -(-(best.left / rate).numerator // (best.left / rate).denominator)
    at = spent.hours.after(now.until, needed) if needed <= spent.hours.between(now.until, now.last) else None
    return (at, "rate") if at is not None else (None, "")


def _reasons(stage: Stage, part: Part, spent: Spent, now: Now) -> tuple[str, ...]:
    figure = part.agreed
    found = []
    if stage.context.until < now.last:
        found.append("the window has not ended")
    if figure.unknown_us:
        found.append("nobody watched some of the time")
    if figure.undecided:
        one = figure.undecided == 1
        found.append(f"{figure.undecided} {'fact does' if one else 'facts do'} not say what the clause asks")
    return (*found, *spent.reasons)


# ---- windows that ended ---------------------------------------------------------------------------------------------


def _earlier(stage: Stage, outcome: Outcome, part: Part, now: Now) -> Iterator[Fraction]:
    """What the windows before used, of the same result and part, oldest first, as far as it is known."""
    clause = stage.term.plan.commitments[outcome.commitment]
    windows = stage.measured.windows
    ended = [p for p in stage.measured.parts if p.group == part.group and p.label == part.label
             and windows.end[p.window] <= now.start and not p.provisional]
    for one in sorted(ended, key=lambda p: int(windows.start[p.window])):
        figure = one.agreed
        if figure.high is None or figure.low is None:
            continue
        match clause:
            case AvailabilityPlan(value="share"):
                d = figure.detail
                yield Fraction(d["down_weighted_us"], d["weight_scale"]) if "weight_scale" in d else Fraction(d["down_us"])
            case AvailabilityPlan(value="number") | AvailabilityPlan(value="total"):
                yield figure.low
            case ValuesPlan(slices=slices) if slices is not None and clause.statistic != "number":
                yield (1 - figure.high) * figure.detail.get("slices", 0)
            case ClockPlan(value="share"):
                met, total = ends_of(figure)[2:]
                yield Fraction(total - met)
            case ValuesPlan() if stage.measured.unit == "share":
                yield Fraction(figure.detail["total"] - figure.detail["good"])
            case _:
                yield figure.low


# ---- the agenda -----------------------------------------------------------------------------------------------------


def group_text(group: tuple[tuple[str, str], ...]) -> str:
    """What a result is called in a clock's key: ``region=eu, tier=gold``."""
    return ", ".join(f"{k}={v}" for k, v in group)


def budget_agenda(plans: Iterable[Plan], facts: Facts, at: int, commitments: Sequence[str] = ()) -> Agenda:
    """The budgets as live clocks (an open outage runs to ``at``), and each step of their ladders due at or before ``at``.

    A step at a percent falls due when the use reached it: on the path of down time, or at the end of the slice, count or case that brought
    it there; the due instant that others count from is that of 100%. ``next_at``: the next step if what holds now goes on, else the window's
    end. Amounts are µs of time, and whole runs, slices, events or cases otherwise, cut off. No version known by then: an empty agenda.
    """
    known = tuple(plans)
    found = _worked(known, facts, at, commitments, live=True) if in_force(known, at) else []
    groups = {group_text(worked.budget.group) for worked in found}
    holds = holds_of(cut(facts, at).declarations, known[-1].agreement, groups) if found else {}
    later = facts.events.header.known_at if facts.events is not None else np.empty(0, np.int64)
    shared = min([shared_next(facts, at), *later[later > at].tolist()])
    following = [_next_use(w, shared) for w in found]
    steps: list[tuple[int, str, str, int]] = []
    for i, worked in enumerate(found):
        climbed = _climbed(worked, at, holds)
        steps += [(i, ladder, step, when) for ladder, step, when in zip(climbed.ladder, climbed.step, climbed.at.tolist(), strict=True)]
        following[i] = min(following[i], int(climbed.next_at[0]))
    columns = list(zip(*steps, strict=True)) or [(), (), (), ()]
    table = StepTable(np.array(columns[0], np.int64), tuple(map(str, columns[1])), tuple(map(str, columns[2])), np.array(columns[3], np.int64))
    return Agenda(at, _table([w.budget for w in found], following), table)


def _next_use(worked: _Worked, shared: int) -> int:
    """When the budget may next look different though no fact arrives: early if need be, never late. The window's end at the latest."""
    spent, now = worked.spent, worked.budget.window
    found = [now.last, shared, *([spent.grows_at] if spent.grows_at is not None else [])]
    if spent.silence:                                  # nobody reports: at the earliest when all the time until a step was down
        for share in (*portions_of(worked.ladders, worked.budget.ladder), Fraction(1)):
            rest = share * spent.best.allowed - spent.best.used
            at = spent.hours.after(now.until, max(-(-rest.numerator // rest.denominator), 0)) if rest > 0 else None
            found += [at] if at is not None else []
    return min(found)


def _climbed(worked: _Worked, at: int, holds: Mapping[str, Mapping[tuple[str, str], tuple[Hold, ...]]]) -> Climbed:
    """The ladder of one budget climbed by its use."""
    budget = worked.budget
    shares = portions_of(worked.ladders, budget.ladder)
    portions = {share: _instant(worked, share, at) for share in dict.fromkeys((*shares, Fraction(1)))}
    due, has_due = portions[Fraction(1)]
    held = holds.get(budget.commitment, {}).get((group_text(budget.group), budget.window.label), ())
    pace = Pace(due, has_due & (due <= at), np.array([budget.window.first]), np.array([budget.window.last]), np.zeros(1, np.bool_), portions,
                {0: held} if held else {})
    return climb(worked.ladders, budget.ladder, pace, at)


def _instant(worked: _Worked, share: Fraction, at: int) -> tuple[I64, NDArray[np.bool_]]:
    """When so much of the budget was used, or will be if what holds now goes on."""
    when, was = _reached(worked, share * worked.budget.best.allowed)
    known = when is not None and (was or when > at)
    return np.array([when if known else 0], np.int64), np.array([known])


def _reached(worked: _Worked, amount: Fraction) -> tuple[int | None, bool]:
    """``(when, True)`` if so much was used, ``(when it would be, False)`` if it will be when what holds now goes on."""
    spent = worked.spent
    if spent.best.used >= amount and spent.best.used > 0:
        return spent.use.reach(amount), True
    return (spent.going_on(amount) if spent.going_on is not None else None), False


def _table(rows: Sequence[Budget], following: Sequence[int]) -> ClockTable:
    n = len(rows)
    missed = [b.runs_out if b.state == "used up" else None for b in rows]
    verdict = {"used up": 1, "kept": 0, "open": 2}

    def column(values: Iterable[int]) -> np.ndarray:
        return np.array(list(values), np.int64)

    return ClockTable(
        key=tuple(ClockKey(b.agreement, b.commitment, group_text(b.group), b.window.label, b.number) for b in rows),
        kind=np.full(n, 2, np.uint8), version=tuple(b.version for b in rows), group=tuple(b.group for b in rows),
        ladder=tuple(b.ladder for b in rows), start=column(b.window.first for b in rows), due=column(b.window.last for b in rows),
        has_due=np.ones(n, np.bool_), stop=np.zeros(n, np.int64), has_stop=np.zeros(n, np.bool_),
        missed_at=column(m or 0 for m in missed), has_miss=np.array([m is not None for m in missed], np.bool_),
        target_us=column(b.best.allowed.numerator // b.best.allowed.denominator for b in rows),
        elapsed_us=column(b.best.used.numerator // b.best.used.denominator for b in rows),
        state=np.zeros(n, np.uint8), verdict=np.array([verdict[b.state] for b in rows], np.uint8), next_at=column(following),
    )
