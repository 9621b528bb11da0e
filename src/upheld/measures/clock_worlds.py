"""One clause in one context: which cases it is about, under which version, on whose hours; each reading worked out once.

Law: a case belongs to the version that judges its start; what other cases say changes nothing of it, only how it is divided into
results. What a case does not say of ``for_each`` leaves it running wherever it is not sure that it stands still.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

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
    Suspension,
    approved_cases,
    chosen_cases,
    own_states,
    rules_of,
    standing,
    suspended_grids,
    suspensions,
)
from upheld.measures.clock_windows import Counted, counted_at
from upheld.measures.groups import Groups, discover
from upheld.measures.result import Context
from upheld.measures.versions import judged_by
from upheld.plans.lookup import axes_of
from upheld.plans.plan import ClockPlan, ExclusionRule, Schedule
from upheld.plans.selector import EVERYTHING, attributes_of, select

__all__ = ["Worlds", "clock"]

Mask = NDArray[np.bool_]


def clock(setting: Setting, events: CaseEvents, threads: int = 2) -> CaseOutcomes:
    """What became of each case of the table under one clause, at every share level: the kernel, without windows and exclusions."""
    clause = setting.clause
    if isinstance(clause.starts, Schedule) and clause.before is None:
        raise ValueError("a clock started by the calendar has no cases of its own: ask for its case_table")
    if clause.before is not None:
        return notice_outcomes(setting, events)
    return all_levels(setting, events, threads)


class Worlds:
    """The outcomes of one clause, as agreed or bare, under each reading of what is undecided; each worked out once."""

    def __init__(self, clause: ClockPlan, context: Context, also: frozenset[str] = frozenset(), *, counts: bool = True) -> None:
        """``also``: attributes to be readable besides those the clause itself asks for. ``counts``: figures will be asked for."""
        self.clause, self.context, self.also, self.events = clause, context, also, context.facts.events
        self.rules = rules_of(context, clause)
        self.pausing = tuple(r for r in self.rules if r.during is not None and r.effect == "leave_out")
        self.notes: list[str] = []
        self.undecided = False
        self.reader = self._reader()
        self.groups = self._groups()
        self._made: dict[tuple[bool, bool], Counted] = {}
        self._settings: dict[tuple[tuple[str, ...], bool, bool], Setting] = {}
        self._suspended: dict[tuple[tuple[tuple[str, ...], ...], bool, bool], Suspension] = {}
        self._numbers: dict[tuple[tuple[str, ...], bool, bool], I64] = {}
        if counts:
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
        asked = [Points(rows, rows, np.arange(len(rows)))]
        if any(r.read in ("now", "highest", "decided") for a in axes if (r := self.context.plan.attributes.get(a)) is not None):
            asked.append(self._points(self._plainly()))     # a case may end under a name that none began with
        found = discover(axes, [(self.reader.attributes(p), np.ones(len(p.row), np.bool_)) for p in asked])
        if not found.names and len(rows):
            self.notes.append(f"no case says all of {', '.join(axes)} when its clock starts: there is no result")
        return found

    @property
    def numbered(self) -> bool:
        """Whether what is promised hangs on how many cases fall into a window."""
        return "number of cases" in (*axes_of(self.clause.within), *axes_of(self.clause.head.hours))

    def window_end(self, at: int) -> int:
        """The first end of a window after an instant (``OPEN``: none)."""
        if self.clause.head.window.unit == "case" or self.clause.head.window.before:
            return OPEN
        ends = windows(self.clause.head.window, at, at + 1, self.context.in_force).end
        return min((int(e) for e in ends.tolist() if e > at), default=OPEN)

    @property
    def scheduled(self) -> bool:
        """Whether the calendar starts the clock, not a case."""
        return isinstance(self.clause.starts, Schedule) and self.clause.before is None

    def _plainly(self) -> CaseOutcomes:
        """The cycles without pauses: which rows begin and end them depends on neither."""
        context, clause = self.context, self.clause
        assert self.events is not None
        again = own_states(context, (clause.again,))[0][0] if clause.again else None
        roles = bind(context.plan, clause, self.events, (), again)
        return clock(Setting(context.plan, clause, roles, context.grid, context.grid, context.until, context.facts.subscriptions), self.events)

    def setting(self, group: tuple[str, ...], *, agreed: bool, lenient: bool = False) -> Setting:
        """What the kernel is told for one result; of a case that does not say all of ``for_each``, "" stands for what it does not."""
        key = (group, agreed, lenient)
        if key not in self._settings:
            context, clause = self.context, self.clause
            assert self.events is not None
            own_rules = [r for r in self.pausing if agreed and own_states(context, (r.during or "",))[0]]
            own, _ = own_states(context, clause.pauses)
            only: list[Mask | None] = [None] * len(own)
            states = list(own)
            for rule in own_rules:
                for state in own_states(context, (rule.during or "",))[0]:
                    states.append(state)
                    only.append(self._cases_of(rule, lenient=lenient))
            again = own_states(context, (clause.again,))[0][0] if clause.again else None
            roles: Roles = bind(context.plan, clause, self.events, tuple(states), again, lenient=lenient)
            self.undecided |= roles.undecided
            groups = self._near(group)
            index = groups.names.index(group) if group in groups.names else 0
            grids = suspended_grids(context, self._suspension(groups, agreed=agreed, lenient=lenient), index)
            subscriptions: Subscriptions | None = context.facts.subscriptions
            self._settings[key] = Setting(context.plan, clause, roles, grids, context.grid, context.until, subscriptions, only=tuple(only))
        return self._settings[key]

    def _near(self, group: tuple[str, ...]) -> Groups:
        named = group in self.groups.names or len(group) < len(self.groups.axes)
        return self.groups if named else Groups(self.groups.axes, (group,))

    def outside(self, *, agreed: bool) -> tuple[tuple[str, ...], tuple[ExclusionRule, ...]]:
        """The states outside the case that suspend its clock, and the exclusions that do."""
        rules = tuple(r for r in self.pausing if agreed and own_states(self.context, (r.during or "",))[1])
        return own_states(self.context, self.clause.pauses)[1], rules

    def _suspension(self, groups: Groups, *, agreed: bool, lenient: bool) -> Suspension | None:
        states, rules = self.outside(agreed=agreed)
        if not states and not rules:
            return None
        key = (groups.names, agreed, lenient)
        if key not in self._suspended:
            self._suspended[key] = suspensions(self.context, self.clause, groups, states, rules, *self._span(), undecided=lenient)
        return self._suspended[key]

    def suspended(self) -> Suspension | None:
        """The time in which states outside the cases hold the clocks of each result, as agreed; None: no such state is asked of."""
        if self.events is None or not len(self.events):
            return None
        return self._suspension(self.groups, agreed=True, lenient=False)

    def standing(self, names: tuple[tuple[str, ...], ...]) -> tuple[Mask, I64]:
        """Which of the results stand still at the horizon by states outside the case, and when that may change (``OPEN``: never)."""
        states, rules = self.outside(agreed=True)
        if self.events is None or not len(self.events) or not (states or rules):
            return np.zeros(len(names), np.bool_), np.full(len(names), OPEN)
        return standing(self.context, self.clause, Groups(self.groups.axes, names), states, rules, *self._span())

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

    def running(self, portion: Fraction | None = None) -> CaseOutcomes:
        """What became of every cycle that this version judges and that may be in scope, as agreed but before exclusions take cases;
        whatever result it belongs to. ``portion``: of every target, that part.
        """
        found = self._outcomes(agreed=True, lenient=False, portion=portion)
        if portion is not None:
            return found
        found = found.take(_ours(self.context, found))
        if self.clause.head.of == EVERYTHING or self.reader is None or self.scheduled:
            return found
        yes, maybe = select(self.clause.head.of, self.reader.attributes(self._points(found)), len(found))
        return found.take(yes | maybe)

    def taken(self, outcomes: CaseOutcomes) -> tuple[Mask, Mask]:
        """``(left out, counted as good)`` by the exclusions, for certain."""
        left, _, good, _ = self._taken(outcomes, scheduled=self.scheduled)
        return left, good

    def _outcomes(self, *, agreed: bool, lenient: bool, portion: Fraction | None = None) -> CaseOutcomes:
        clause, context = self.clause, self.context
        if self.scheduled:
            grids = context.grid if self.events is None or self.reader is None else self.setting((), agreed=agreed).grids
            return scheduled_outcomes(clause, context, self.events if self.reader is not None else None, grids, portion)
        if self.events is None or self.reader is None:
            return no_outcomes()
        asked = (agreed, lenient, portion)
        if not self.groups.axes or not any(self.outside(agreed=agreed)):
            return self._numbered(self.groups.names[0] if self.groups.names else (), *asked)
        whole = self._numbered((), *asked, alone=True)
        home, names = self.homes(whole)
        found: list[CaseOutcomes] = []
        unbroken = np.zeros(len(names), np.bool_)
        for g, name in enumerate(names):
            near = self._near(name)
            suspension = self._suspension(near, agreed=agreed, lenient=lenient)
            unbroken[g] = suspension is None or not len(suspension.of_group(near.names.index(name))[0])
            if not unbroken[g]:
                one = self._numbered(name, *asked)
                found.append(one.take(home[one.case] == g))
        return joined([whole.take(unbroken[home[whole.case]]), *found])

    def homes(self, outcomes: CaseOutcomes) -> tuple[I64, tuple[tuple[str, ...], ...]]:
        """``(home i64[n_cases], names)``: the result whose suspensions hold for each case, by its first cycle. What the case does not say
        of ``for_each`` is "": only what stands still for every result stands still for it, and other cases change nothing.
        """
        assert self.events is not None
        assert self.reader is not None
        columns = self.reader.attributes(self._points(outcomes))
        key = np.zeros(len(outcomes), np.int64)
        said: list[tuple[I64, tuple[str, ...]]] = []
        for axis in self.groups.axes:
            column = columns(axis)
            codes = np.full(len(outcomes), -1, np.int64) if column is None else column.codes.astype(np.int64)
            names = () if column is None else column.names
            said.append((codes, names))
            _, key = np.unique(key * (len(names) + 1) + codes + 1, return_inverse=True)
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        found = tuple(tuple(n[c[i]] if c[i] >= 0 else "" for c, n in said) for i in first.tolist())
        home = np.zeros(len(self.events.bounds) - 1, np.int64)
        home[outcomes.case[::-1]] = place[::-1]
        return home, found

    def _numbered(self, result: tuple[str, ...], agreed: bool, lenient: bool, portion: Fraction | None, *, alone: bool = False) -> CaseOutcomes:
        """With ``number of cases`` among the axes: first by cases started, then by what that puts into each window. ``alone``: with
        nothing suspended.
        """
        assert self.events is not None
        clause = self.clause
        setting = self.setting(result, agreed=agreed, lenient=lenient)
        if alone:
            setting = replace(setting, grids=self.context.grid)
        if portion is not None:
            setting = replace(setting, portion=portion, numbers=self._numbers.get((result, agreed, lenient)))
        if portion is not None or not self.numbered:
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
            self._numbers[result, agreed, lenient] = numbers
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
    ours = judged_by(versions, outcomes.start, outcomes.stop, outcomes.has_stop, context.until) == versions.own
    begins, ends = context.in_force
    if versions.earlier:
        ours &= outcomes.start >= begins
    return ours if ends is None else ours & (outcomes.start < ends)
