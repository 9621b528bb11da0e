"""The clock: from a start to a stop on the promise's own hours, judged case by case, counted by window (LANGUAGE §6, Clock).

Law: every case of the agreement is met, missed, pending, left out or without promise; figures, lists and segments come from the
same outcomes. A version judges the cycles that start in its span. Each figure is given as agreed and with nothing excluded.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.deadlines import date_deadline
from upheld.calendars.windows import Windows, windows
from upheld.facts.tables import I64, OPEN, CaseEvents, Subscriptions
from upheld.measures import clock_outcomes as out
from upheld.measures.clock_frame import Setting
from upheld.measures.clock_general import notice_outcomes, scheduled_outcomes
from upheld.measures.clock_kernel import all_levels, no_outcomes
from upheld.measures.clock_outcomes import CaseOutcomes, joined
from upheld.measures.clock_reading import Points, Reader, raw_names
from upheld.measures.clock_roles import START, Roles, bind, block_of
from upheld.measures.clock_scope import (
    approved_cases,
    chosen_cases,
    own_states,
    rules_of,
    suspended_grids,
    suspensions,
)
from upheld.measures.clock_segments import case_segments, list_segments
from upheld.measures.clock_windows import Counted, counted_at, ends_of, figures, part_rows, parts
from upheld.measures.groups import Groups, discover
from upheld.measures.result import Context, Figure, Measured, Segments, Unit
from upheld.measures.versions import judged_by, pieces
from upheld.plans.lookup import axes_of
from upheld.plans.plan import ClockPlan, ExclusionRule, Schedule
from upheld.plans.selector import EVERYTHING, attributes_of, select

__all__ = ["CaseOutcomes", "Worlds", "case_table", "clock", "measure", "members", "segments", "windows_of"]

Mask = NDArray[np.bool_]
Figures = dict[tuple[int, int, int], Figure]


def clock(setting: Setting, events: CaseEvents, threads: int = 2) -> CaseOutcomes:
    """What became of each case of the table under one clause, at every share level: the kernel, without windows and exclusions."""
    clause = setting.clause
    if isinstance(clause.starts, Schedule) and clause.before is None:
        raise ValueError("a clock started by the calendar has no cases of its own: ask for its case_table")
    if clause.before is not None:
        return notice_outcomes(setting, events)
    return all_levels(setting, events, threads)


def case_table(plan: ClockPlan, context: Context) -> CaseOutcomes:
    """The cases as agreed: exclusions applied (left out, counted as good), cases of other agreements, versions or scopes left away."""
    world = Worlds(plan, context)
    table = world.table(agreed=True, lenient=False)
    left, good = np.zeros(len(table.outcomes), np.bool_), np.zeros(len(table.outcomes), np.bool_)
    left[table.row[table.left]] = True
    good[table.row[table.good]] = True
    verdict, reason = table.outcomes.verdict.copy(), table.outcomes.reason.copy()
    verdict[good], reason[good] = out.MET, out.GOOD
    verdict[left], reason[left] = out.LEFT_OUT, out.EXCLUDED
    outcomes = replace(table.outcomes, verdict=verdict, reason=reason)
    return outcomes.take(np.unique(table.row))


def measure(plan: ClockPlan, context: Context) -> Measured:
    """All figures of the clock: shares of cases met, or a statistic of their elapsed times, by group, window and part."""
    world = Worlds(plan, context)
    readings = (False, True) if world.undecided else (False,)
    agreed = [world.table(agreed=True, lenient=lenient) for lenient in readings]
    bare = [world.table(agreed=False, lenient=lenient) for lenient in readings]
    laid, asked = windows_of(plan, context, [*agreed, *bare], world)
    rows, of = part_rows(plan)
    both = []
    for tables in (agreed, bare):
        found = [_figures(plan, context, t, laid, of, len(rows)) for t in tables]
        both.append(found[0] if len(found) == 1 else _widest(found))
    unit: Unit = "share" if plan.value == "share" else "number" if plan.value == "number" else "duration"
    listed = parts(plan, laid, both[0], both[1], rows, world.groups.names, asked, context.until)
    return Measured(plan.head.id, unit, laid, listed, tuple(world.notes))


def segments(plan: ClockPlan, context: Context, group: tuple[str, ...], window: int, case: str | None) -> Segments:
    """The ledger of one case (spans counted, paused, outside, excluded: they sum to its elapsed time), or without ``case`` the
    cases of a group and window, one row each (``counted_us`` 1 where met, so that they sum to the figure's numerator).
    """
    world = Worlds(plan, context)
    table = world.table(agreed=True, lenient=False)
    laid, _ = windows_of(plan, context, [table], world)
    wanted = world.groups.names.index(group) if group in world.groups.names else -1
    mine = table.group == wanted
    if case is None:
        member, place = laid.members(counted_at(plan, table.outcomes, context.until)[table.row])
        inside = np.zeros(len(table.row), np.bool_)
        inside[member[place == window]] = True
        return list_segments(plan, context, world.events, table, np.flatnonzero(mine & inside))
    return case_segments(plan, world.events, table, np.flatnonzero(mine), case, world.setting(group, agreed=True))


# ---- one clause in one context --------------------------------------------------------------------------------------


class Worlds:
    """The outcomes of one clause, as agreed or bare, under each reading of what is undecided; each worked out once."""

    def __init__(self, clause: ClockPlan, context: Context, also: frozenset[str] = frozenset()) -> None:
        """``also``: attributes to be readable besides those the clause itself asks for."""
        self.clause, self.context, self.also, self.events = clause, context, also, context.facts.events
        self.rules = rules_of(context, clause)
        self.pausing = tuple(r for r in self.rules if r.during is not None and r.effect == "leave_out")
        self.notes: list[str] = []
        self.undecided = False
        self.reader = self._reader()
        self.groups = self._groups()
        self._made: dict[tuple[bool, bool], Counted] = {}
        self._settings: dict[tuple[tuple[str, ...], bool, bool], Setting] = {}
        self.table(agreed=True, lenient=False)

    def _reader(self) -> Reader | None:
        if self.events is None or not len(self.events):
            return None
        asked = {*self.clause.head.for_each, *attributes_of(self.clause.head.of), "customer", "tier", *axes_of(self.clause.within), *self.also}
        for rule in self.rules:
            asked |= attributes_of(rule.where) if rule.where is not None else set()
        names = frozenset().union(*(raw_names(self.context.plan, a) for a in asked))
        block, _ = block_of(self.events, 0, len(self.events.bounds) - 1, names)
        return Reader(self.context.plan, block, self.context.facts.subscriptions, self.context.plan.zone)

    def _groups(self) -> Groups:
        axes = self.clause.head.for_each
        if not axes or self.scheduled:
            return Groups((), ((),))
        if self.reader is None:
            return Groups(axes, ())
        assert self.events is not None
        # every row that may start a clock: which results there are over all time
        bits = bind(self.context.plan, self.clause, self.events, (), None).bits(self.events, 0, len(self.events))
        rows = np.flatnonzero((bits & START) != 0)
        points = Points(rows, rows, np.arange(len(rows)))
        found = discover(axes, [(self.reader.attributes(points), np.ones(len(rows), np.bool_))])
        if not found.names and len(rows):
            self.notes.append(f"no case says all of {', '.join(axes)} when its clock starts: there is no result")
        return found

    @property
    def scheduled(self) -> bool:
        """Whether the calendar starts the clock, not a case."""
        return isinstance(self.clause.starts, Schedule) and self.clause.before is None

    def setting(self, group: tuple[str, ...], *, agreed: bool, lenient: bool = False) -> Setting:
        """What the kernel is told for one result."""
        key = (group, agreed, lenient)
        if key not in self._settings:
            context, clause = self.context, self.clause
            assert self.events is not None
            own_rules = [r for r in self.pausing if agreed and own_states(context, (r.during or "",))[0]]
            time_rules = tuple(r for r in self.pausing if agreed and own_states(context, (r.during or "",))[1])
            own, other = own_states(context, clause.pauses)
            only: list[Mask | None] = [None] * len(own)
            states = list(own)
            for rule in own_rules:
                for state in own_states(context, (rule.during or "",))[0]:
                    states.append(state)
                    only.append(self._cases_of(rule, lenient=lenient))
            again = own_states(context, (clause.again,))[0][0] if clause.again else None
            roles: Roles = bind(context.plan, clause, self.events, tuple(states), again, lenient=lenient)
            self.undecided |= roles.undecided
            suspension = None
            if other or time_rules:
                lo, hi = self._span()
                suspension = suspensions(context, clause, self.groups, other, time_rules, lo, hi, undecided=lenient)
            index = self.groups.names.index(group) if group in self.groups.names else 0
            grids = suspended_grids(context, suspension, index)
            subscriptions: Subscriptions | None = context.facts.subscriptions
            self._settings[key] = Setting(context.plan, clause, roles, grids, context.grid, context.until, subscriptions, only=tuple(only))
        return self._settings[key]

    def _span(self) -> tuple[int, int]:
        assert self.events is not None
        grid = self.context.grid(self.clause.head.hours.leaves[0] or "always")
        return grid.lo, grid.hi

    def _cases_of(self, rule: ExclusionRule, *, lenient: bool) -> Mask | None:
        if (rule.where is None and rule.needs is None) or self.events is None or self.reader is None:
            return None
        chosen = approved_cases(self.context, self.events, rule, None)
        if rule.where is not None:
            yes, maybe = chosen_cases(self.events, self.reader, rule)
            self.undecided |= bool(maybe.any())
            chosen &= yes | maybe if lenient else yes
        return chosen

    def table(self, *, agreed: bool, lenient: bool) -> Counted:
        """All outcomes of the version as members of results."""
        same = not self.pausing
        key = (agreed or same, lenient)
        if key not in self._made:
            self._made[key] = self._members(self._outcomes(agreed=agreed or same, lenient=lenient))
        counted = self._made[key]
        return counted if agreed else self._bare(counted)

    def _bare(self, counted: Counted) -> Counted:
        no = np.zeros(len(counted.row), np.bool_)
        return replace(counted, sure=counted.belongs, good=no, maybe_good=no, left=no)

    def _outcomes(self, *, agreed: bool, lenient: bool) -> CaseOutcomes:
        clause, context = self.clause, self.context
        if self.scheduled:
            if self.events is None or self.reader is None:
                return scheduled_outcomes(clause, context, None, context.grid)
            return scheduled_outcomes(clause, context, self.events, self.setting((), agreed=agreed).grids)
        if self.events is None or self.reader is None:
            return no_outcomes()
        divided = len(self.groups) > 1 and bool(own_states(context, clause.pauses)[1] or (agreed and self.pausing))
        if not divided:
            first = self.groups.names[0] if self.groups.names else ()
            return self._numbered(self.setting(first, agreed=agreed, lenient=lenient))
        whole = self._numbered(replace(self.setting(self.groups.names[0], agreed=agreed, lenient=lenient), grids=context.grid))
        home = np.full(len(self.events.bounds) - 1, -1)
        position, group, _ = self._placed(whole)
        home[whole.case[position][::-1]] = group[::-1]
        found = [whole.take(home[whole.case] < 0)]
        for g, name in enumerate(self.groups.names):
            one = self._numbered(self.setting(name, agreed=agreed, lenient=lenient))
            found.append(one.take(home[one.case] == g))
        return joined(found)

    def _numbered(self, setting: Setting) -> CaseOutcomes:
        """With ``number of cases`` among the axes: first by cases started, then by what that puts into each window."""
        assert self.events is not None
        clause = self.clause
        if "number of cases" not in (*axes_of(clause.within), *axes_of(clause.head.hours)):
            return clock(setting, self.events)
        n_cases = len(self.events.bounds) - 1
        found = clock(replace(setting, numbers=np.ones(n_cases, np.int64)), self.events)
        for _ in range(2):
            laid = self._laid(found)
            member, place = laid.members(counted_at(clause, found, self.context.until))
            position, group, _sure = self._placed(found)
            home = np.zeros(len(found), np.int64)
            home[position] = group
            counts = (found.level == 0) & (found.verdict != out.PENDING)
            kept = counts[member]
            key = home[member] * max(len(laid), 1) + place
            sizes = np.bincount(key[kept], minlength=max(len(self.groups), 1) * max(len(laid), 1))
            numbers = np.zeros(n_cases, np.int64)
            numbers[found.case[member]] = sizes[key]
            found = clock(replace(setting, numbers=numbers), self.events)
        return found

    def _laid(self, outcomes: CaseOutcomes) -> Windows:
        lo = int(outcomes.start.min()) if len(outcomes) else self.context.in_force[0]
        begins, ends = self.context.in_force
        return windows(self.clause.head.window, lo, self.context.until + 1, (min(begins, lo) if begins == 0 else begins, ends))

    def _placed(self, outcomes: CaseOutcomes) -> tuple[I64, I64, Mask]:
        """Position, group and certainty of each outcome's results."""
        if not self.groups.axes or not len(outcomes):
            return np.arange(len(outcomes)), np.zeros(len(outcomes), np.int64), np.ones(len(outcomes), np.bool_)
        assert self.reader is not None
        columns = self.reader.attributes(self._points(outcomes))
        return self.groups.assign(columns, np.arange(len(outcomes)), frozenset(self.groups.axes))

    @staticmethod
    def _points(outcomes: CaseOutcomes) -> Points:
        return Points(outcomes.last_row, outcomes.first_row, np.arange(len(outcomes)))

    def _members(self, outcomes: CaseOutcomes) -> Counted:
        """The outcomes of this version and of the clause's scope, under the exclusions that take cases."""
        context, clause = self.context, self.clause
        outcomes = outcomes.take(_ours(context, outcomes))
        n = len(outcomes)
        yes, maybe = np.ones(n, np.bool_), np.zeros(n, np.bool_)
        scheduled = self.scheduled
        if clause.head.of != EVERYTHING and self.reader is not None and not scheduled:
            yes, maybe = select(clause.head.of, self.reader.attributes(self._points(outcomes)), n)
        position, group, certain = (np.arange(n), np.zeros(n, np.int64), np.ones(n, np.bool_)) if scheduled else self._placed(outcomes)
        inside = (yes | maybe)[position]
        position, group, certain = position[inside], group[inside], certain[inside]
        sure = certain & yes[position] & outcomes.sure[position]
        left, maybe_left, good, maybe_good = self._taken(outcomes, scheduled=scheduled)
        certain = sure & ~maybe_left[position]
        return Counted(outcomes, position, group, sure, certain, good[position], maybe_good[position], left[position])

    def _taken(self, outcomes: CaseOutcomes, *, scheduled: bool) -> tuple[Mask, Mask, Mask, Mask]:
        n = len(outcomes)
        left, maybe_left, good, maybe_good = (np.zeros(n, np.bool_) for _ in range(4))
        if self.reader is None or self.events is None or scheduled:
            return left, maybe_left, good, maybe_good
        for rule in self.rules:
            if rule.where is None or rule.during is not None:
                continue
            yes, maybe = chosen_cases(self.events, self.reader, rule)
            fine = approved_cases(self.context, self.events, rule, self._deadlines(rule, outcomes))
            yes, maybe = (yes & fine)[outcomes.case], (maybe & fine)[outcomes.case]
            free = ~left & ~good                                           # each case belongs to the first clause that takes it
            if rule.effect == "leave_out":
                left |= yes & free
                maybe_left |= maybe & free
            else:
                good |= yes & free
                maybe_good |= maybe & free
        return left, maybe_left & ~left, good, maybe_good

    def _deadlines(self, rule: ExclusionRule, outcomes: CaseOutcomes) -> I64 | None:
        """i64[n_cases]: until when leaving each case out could be approved, counted from the end of its window."""
        if rule.needs is None or rule.until is None or self.events is None:
            return None
        context, until = self.context, rule.until
        last = np.full(len(self.events.bounds) - 1, OPEN)
        laid = self._laid(outcomes)
        member, place = laid.members(counted_at(self.clause, outcomes, context.until))
        if len(member):
            grid = context.grid(until.calendar or self.clause.head.hours.leaves[0] or "always")
            amount = np.full(len(laid), until.amount)
            ends = grid.due(laid.end, amount) if until.unit == "time" else date_deadline(grid, laid.end, until.unit, until.amount, until.at)
            last[outcomes.case[member]] = ends[place]
        return last


def _ours(context: Context, outcomes: CaseOutcomes) -> Mask:
    """bool[n]: the cases this version judges."""
    versions = context.versions
    ours: Mask
    if versions is None:
        ours = outcomes.start >= context.from_us if context.from_us > context.in_force[0] else np.ones(len(outcomes), np.bool_)
        return ours if context.until_us is None else ours & (outcomes.start < context.until_us)
    ours = judged_by(versions, outcomes.start, outcomes.stop, outcomes.has_stop) == versions.own
    begins, ends = context.in_force
    if versions.earlier:
        ours &= outcomes.start >= begins
    return ours if ends is None else ours & (outcomes.start < ends)


def windows_of(plan: ClockPlan, context: Context, tables: list[Counted], world: Worlds) -> tuple[Windows, frozenset[int]]:
    """The windows laid out, and those this version must answer for even if nothing fell into them."""
    if plan.head.window.unit == "case":
        return _one_each(tables[0], world, context), frozenset()
    earliest = min((int(t.outcomes.start.min()) for t in tables if len(t.outcomes)), default=context.until)
    begins, ends = context.in_force
    lo = begins if begins > 0 else min(earliest, context.until)
    laid = windows(plan.head.window, lo, max(context.until + 1, lo + 1), (lo, ends))
    if context.versions is not None:
        mine, first, _ = pieces(context.versions, laid.in_force_start, laid.in_force_end)
        return laid, frozenset(np.flatnonzero(mine & (first <= context.until)).tolist())
    beyond = context.until_us if context.until_us is not None else np.iinfo(np.int64).max
    mine = (laid.in_force_start < beyond) & (laid.in_force_start <= context.until)
    if context.from_us > begins:
        mine &= laid.in_force_start >= context.from_us
    return laid, frozenset(np.flatnonzero(mine).tolist())


def _one_each(table: Counted, world: Worlds, context: Context) -> Windows:
    """``per: case``: each case is its own window, named by the case."""
    found = table.outcomes
    first = np.flatnonzero(np.append(True, found.case[1:] != found.case[:-1])) if len(found) else np.empty(0, np.int64)
    names = world.events.case_names if world.events is not None else ()
    start = found.start[first]
    label = tuple(str(names[c]) for c in found.case[first].tolist())
    return Windows(start, np.maximum(np.where(found.has_stop[first], found.stop[first], context.until), start + 1), start, start + 1, label)


def _figures(plan: ClockPlan, context: Context, table: Counted, laid: Windows, of: I64, n_parts: int) -> Figures:
    part = of[table.outcomes.leaf[table.row], table.outcomes.level[table.row]]
    pairs, place = members(plan, context, table, laid)
    taken = Counted(table.outcomes, *(getattr(table, f.name)[pairs] for f in fields(Counted) if f.name != "outcomes"))
    return figures(plan, taken, part[pairs], place, n_parts, max(len(laid), 1))


def members(plan: ClockPlan, context: Context, table: Counted, laid: Windows) -> tuple[I64, I64]:
    """(position i64[m], window i64[m]): each member of a result in each window that counts it."""
    if plan.head.window.unit == "case":
        _, window = np.unique(table.outcomes.case, return_inverse=True)
        return np.arange(len(table.row)), window[table.row].astype(np.int64)
    at = counted_at(plan, table.outcomes, context.until)[table.row]
    if context.in_force[1] is not None:
        at = np.minimum(at, context.in_force[1] - 1)
    return laid.members(at)


def _widest(found: list[Figures]) -> Figures:
    """Two readings of what is undecided as one range."""
    result = dict(found[0])
    for place, other in found[1].items():
        mine = result.get(place, Figure(None, None))
        lows = [v for v in (mine.low, other.low) if v is not None]
        highs = [v for v in (mine.high, other.high) if v is not None]
        low, high = min(lows, default=None), max(highs, default=None)
        lowest, highest = (ends_of(mine if v == side else other) for v, side in ((low, mine.low), (high, mine.high)))
        detail = (mine if place in found[0] else other).detail
        if (low, high) != (mine.low, mine.high) and "total" in detail:
            detail = {**detail, "low_met": lowest[0], "low_total": lowest[1], "high_met": highest[2], "high_total": highest[3]}
        result[place] = replace(mine if place in found[0] else other, low=low, high=high, detail=detail,
                                undecided=max(mine.undecided, other.undecided, 1 if (mine.low, mine.high) != (other.low, other.high) else 0))
    return result
