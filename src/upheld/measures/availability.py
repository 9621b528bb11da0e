"""Availability: how much of the promised time a state held (LANGUAGE §6).

Law: share = 1 − |down ∩ hours ∩ in force − excluded| ÷ |out_of − left out|, in whole microseconds, divided last and exactly. What
is undecided or unknown makes a range: its ends are the best and the worst reading for whoever promised. One sweep a reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64
from upheld.measures.account import Account, Reading, Runs, read_accounts
from upheld.measures.exclusions import Clause, Judged, clauses_of
from upheld.measures.groups import Groups, columns_of, discover
from upheld.measures.hours import Hours, hours_of
from upheld.measures.pieces import View
from upheld.measures.result import Context, Figure, Measured, Part, Unit
from upheld.measures.spells import Spells, spells_of
from upheld.measures.states import States, World
from upheld.measures.sweep import Spans, positions_in
from upheld.measures.watched import ASSUMED, is_assumed, stamps_of
from upheld.plans.plan import AvailabilityPlan, Combination, EventState, IntervalState, RatioState, SampleState, StatusState
from upheld.plans.selector import select

__all__ = ["Setting", "measure", "setting_of"]


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything an account is read from: results, windows, hours, and the states of both sides."""

    plan: AvailabilityPlan
    context: Context
    groups: Groups
    spells: Spells
    hours: Hours
    down: States
    other: States


def measure(plan: AvailabilityPlan, context: Context) -> Measured:
    """One part a result and window: a share, µs, or a number, by ``plan.value``; ranges where the facts leave it open."""
    setting = setting_of(plan, context)
    agreed = _figures(setting, excluded=True)
    bare = _figures(setting, excluded=False) if plan.head.excluding else agreed
    parts = []
    for g, name in enumerate(setting.groups.names):
        for w in range(len(setting.spells)):
            at = g * len(setting.spells) + w
            late = setting.spells.provisional[w]
            parts.append(Part(name, int(setting.spells.index[w]), agreed[at], bare[at], provisional=late))
    unit: Unit = "share" if plan.value == "share" else "number" if plan.value == "number" else "duration"
    return Measured(plan.head.id, unit, setting.spells.windows, tuple(parts), _notes(setting))


def setting_of(plan: AvailabilityPlan, context: Context) -> Setting:
    """Lay out results, windows, hours and states. No facts at all: no results where ``for_each`` must find them."""
    groups = _groups(plan, context)
    spells = spells_of(context, plan.head, _earliest(context))
    laid = spells.windows
    # earlier versions' windows are swept too, so that runs are whole
    lo = min([context.until, *laid.in_force_start.tolist(), *spells.whole_first.tolist()])
    hi = max([lo, *np.minimum(laid.in_force_end, context.until).tolist(), *spells.whole_last.tolist()])
    hours = hours_of(context, plan.head.hours, groups)
    down = States(View(context, groups, lo, hi, plan.head.of))
    other = States(View(context, groups, lo, hi, plan.head.of, strict=False))
    return Setting(plan, context, groups, spells, hours, down, other)


def _notes(setting: Setting) -> tuple[str, ...]:
    notes = [ASSUMED] if is_assumed(setting.context) else []
    if setting.plan.head.for_each and not len(setting.groups):
        notes.append(f"no fact names {', '.join(setting.plan.head.for_each)}: there is nothing to measure")
    return tuple(notes)


def _earliest(context: Context) -> int | None:
    facts = context.facts
    tables = (facts.intervals, facts.samples, facts.counts, facts.events)
    return min((s[0] for table in tables if (s := stamps_of(table)) is not None), default=None)


def _groups(plan: AvailabilityPlan, context: Context) -> Groups:
    """The results that facts of the commitment's scope name, whatever their kind and time."""
    shapes = {_shape(context, leaf) for leaf in _leaves(context, plan.down)}
    tables = []
    for shape in sorted(shapes - {""}):
        table = getattr(context.facts, shape)
        if table is not None and len(table):
            columns = columns_of(context.plan, table)
            yes, maybe = select(plan.head.of, columns, len(table))
            tables.append((columns, yes | maybe))
    return discover(plan.head.for_each, tables)


def _leaves(context: Context, name: str) -> tuple[str, ...]:
    rule = context.plan.states[name]
    return tuple(leaf for part in rule.of for leaf in _leaves(context, part)) if isinstance(rule, Combination) else (name,)


def _shape(context: Context, name: str) -> str:
    match context.plan.states[name]:
        case IntervalState():
            return "intervals"
        case EventState() | StatusState():
            return "events"
        case SampleState():
            return "samples"
        case RatioState():
            return "counts"
        case _:
            return ""


# ---- readings -------------------------------------------------------------------------------------------------------


def readings_of(setting: Setting, *, excluded: bool) -> tuple[Reading, Reading]:
    """The best and the worst reading for whoever promised; one object where they are the same."""
    down, name, unknown = setting.down, setting.plan.down, setting.plan.head.unknown
    best = down.told(name, World(undecided=False, unknown=unknown == "down"))
    worst = down.told(name, World(undecided=True, unknown=unknown in ("down", "unknown")))
    if not excluded or not setting.plan.head.excluding:
        reading = _reading(setting, best, (), ())
        return reading, reading if best == worst else _reading(setting, worst, (), ())
    rules = tuple(r for r in (setting.context.plan.exclusions[x] for x in setting.plan.head.excluding) if r.effect != "no_credit")
    judged = Judged(setting.context, setting.other, setting.hours, setting.spells.windows)
    least, most = (clauses_of(judged, down, name, rules, best, undecided=u) for u in (False, True))
    reading = _reading(setting, best, most, least)
    if best == worst and _same(least, most):
        return reading, reading
    if best != worst:
        least, most = (clauses_of(judged, down, name, rules, worst, undecided=u) for u in (False, True))
    return reading, _reading(setting, worst, least, most)


def _reading(setting: Setting, world: World, when_down: tuple[Clause, ...], when_up: tuple[Clause, ...]) -> Reading:
    """``when_down``: the clauses as they take down time in this reading; ``when_up``: as they take the rest."""
    down, name = setting.down, setting.plan.down
    known = down.hold(name, World(world.undecided, unknown=False))
    unknown = down.hold(name, World(world.undecided, unknown=True))
    return Reading(
        down=down.facts(name, world) if not down.weighs(name) else down.hold(name, world),
        scale=down.scale(name) if down.weighs(name) else 1, when_down=when_down, when_up=when_up,
        known=None if unknown is known else known, open=None if unknown is known else unknown,
        leaves_unknown=setting.plan.head.unknown == "left out")


def _same(least: tuple[Clause, ...], most: tuple[Clause, ...]) -> bool:
    def equal(a: object, b: object) -> bool:
        return a is b or all(np.array_equal(getattr(a, f), getattr(b, f)) for f in ("group", "start", "end"))

    return all(equal(a.time, b.time) and equal(a.attested, b.attested) if (a.time is None) == (b.time is None) else False
               for a, b in zip(least, most, strict=True))


# ---- figures --------------------------------------------------------------------------------------------------------


def _figures(setting: Setting, *, excluded: bool) -> list[Figure]:
    """One figure a (result, window), results outermost."""
    best, worst = readings_of(setting, excluded=excluded)
    good, good_runs = read_accounts(setting, best)
    bad, bad_runs = (good, good_runs) if worst is best else read_accounts(setting, worst)
    facts = counted_facts(setting, best)
    fewest = [a.runs for a in good] if worst is best else _fewest(setting, good_runs, bad_runs)
    figures = []
    for i, (a, b) in enumerate(zip(good, bad, strict=True)):
        most = a.runs if worst is best else max(a.runs, b.runs) + facts.undecided[i] + facts.gaps[i]
        low, high = _value(setting.plan.value, a, b, (min(fewest[i], a.runs), most))
        detail = {**a.detail, **({} if b is a else {f"worst_{k}": v for k, v in b.detail.items()})}
        figures.append(Figure(low, high, n=facts.n[i], n_left_out=facts.left_out[i], undecided=facts.undecided[i],
                              unknown_us=max(a.unknown_us, b.unknown_us), left_out_us=a.left_out_us, detail=detail))
    return figures


def _fewest(setting: Setting, sure: Runs, possible: Runs) -> list[int]:
    """Runs there must be, whatever the unknown was: possible runs that hold a sure one and end in the same window."""
    n = len(setting.spells)
    real = np.flatnonzero((sure.counted_us > 0) & (sure.spell >= 0))
    around = Spans(possible.group, possible.start, possible.end, None, merged=True)
    holder = np.maximum(positions_in(around, sure.group[real], sure.end[real]) - 1, 0)
    if not len(real) or not len(possible.group):
        return [0] * (len(setting.groups) * n)
    holder = np.unique(holder[possible.spell[holder] == sure.spell[real]])
    cells = possible.group[holder] * n + possible.spell[holder]
    counts: list[int] = np.bincount(cells, minlength=len(setting.groups) * n).tolist()
    return counts


def _value(value: str, best: Account, worst: Account, runs: tuple[int, int]) -> tuple[Fraction | None, Fraction | None]:
    """The ends of the figure, lower first. None: no promised time, or no run to take the mean between."""
    if best.base_us <= 0 and worst.base_us <= 0:
        return None, None
    match value:
        case "share":
            # a base that is empty in one reading has no share there; the other reading stands alone
            ends = [a.share for a in (best, worst) if a.base_us > 0]
        case "total":
            ends = [best.down, worst.down]
        case "longest":
            ends = [Fraction(best.longest_us), Fraction(worst.longest_us)]
        case "number":
            ends = [Fraction(n) for n in runs]
        case _:
            if runs[0] == 0:
                return None, None
            ends = [(worst.base_us - worst.down) / runs[1], (best.base_us - best.down) / runs[0]]
    return min(ends), max(ends)


@dataclass(frozen=True, slots=True)
class Counted:
    """Facts of the measured state that touch each (result, window): all, undecided, taken out by a clause; and silent spans."""

    n: list[int]
    undecided: list[int]
    left_out: list[int]
    gaps: list[int]


def counted_facts(setting: Setting, reading: Reading) -> Counted:
    """Counts a (result, window), results outermost."""
    shape = len(setting.groups), len(setting.spells)
    totals = np.zeros((4, shape[0], shape[1] + 1), np.int64)
    takers = [c.takes for c in reading.when_down if c.takes is not None]
    for leaf in setting.down.leaves(setting.plan.down) if shape[1] else ():
        pieces = setting.down.pieces(leaf)
        _touch(setting, totals[3], pieces.gaps, np.ones(len(pieces.gaps), np.bool_))
        if pieces.table is None:
            continue
        out = np.zeros(len(pieces.spans), np.bool_)
        for takes in takers:
            out |= takes(pieces)
        _touch(setting, totals[0], pieces.spans, np.ones(len(pieces.spans), np.bool_))
        _touch(setting, totals[1], pieces.spans, ~pieces.sure)
        _touch(setting, totals[2], pieces.spans, out)
    rows = np.cumsum(totals, axis=2)[:, :, :-1].reshape(4, -1).tolist()
    return Counted(*rows)


def _touch(setting: Setting, totals: I64, spans: Spans, chosen: NDArray[np.bool_]) -> None:
    """Add the chosen spans to the windows they touch: +1 at the first, −1 after the last."""
    if not chosen.any():
        return
    spans = spans.take(chosen)
    width = totals.shape[1]
    first = np.searchsorted(setting.spells.last, spans.start, side="right")
    last = np.searchsorted(setting.spells.first, spans.end, side="left")
    kept = first < last
    flat = totals.reshape(-1)
    flat += np.bincount(spans.group[kept] * width + first[kept], minlength=flat.size)
    flat -= np.bincount(spans.group[kept] * width + last[kept], minlength=flat.size)
