"""Budgets of availability: time down, runs, or the longest run, against what the target allows of the whole window.

Law: what is used comes from the sweep the figure comes from. What is still to come is promised time, less what is already known to be left
out; "if what holds now goes on" is the same sweep of the same facts with what is open carried on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from upheld.clocks.allowance import Limit
from upheld.clocks.budget import Side, Spent
from upheld.clocks.current import Now
from upheld.clocks.use import Events, Longest, ServiceTime, Stretches, Use
from upheld.facts.tables import I64
from upheld.measures.account import Account, Reading, Runs, Taken, read_accounts, swept_reading
from upheld.measures.availability import Setting, readings_of, setting_of
from upheld.measures.pieces import View
from upheld.measures.result import Context, Part
from upheld.measures.spells import Spells
from upheld.measures.states import States
from upheld.measures.sweep import NOTHING, Spans, merge
from upheld.plans.plan import AvailabilityPlan, CalendarState, Combination, RatioState, SampleState

__all__ = ["TimeDown"]


class TimeDown:
    """The budgets of one availability commitment under one version: what is common to its results is worked out once."""

    def __init__(self, plan: AvailabilityPlan, context: Context, ahead: Context, now: Now) -> None:
        """``ahead``: the context with the ends that are announced."""
        self.plan, self.context, self.known_ahead, self.now = plan, context, ahead, now
        self.setting = _narrowed(setting_of(plan, context), now)
        best, worst = readings_of(self.setting, excluded=True)
        self.best = _Swept.of(self.setting, best)
        self.worst = self.best if worst is best else _Swept.of(self.setting, worst)
        self.ahead = _ahead(replace(self.setting, context=ahead), now)
        self._far: _Swept | None = None

    def spent(self, part: Part, limit: Limit) -> Spent | None:
        """The budget of one result; None where nothing was promised in the window."""
        group = self.setting.groups.names.index(part.group)
        best, worst = self.best.accounts[group], self.worst.accounts[group]
        later = [ahead[group] for ahead in self.ahead]
        hours = self._hours(group)
        open_base = self.plan.out_of not in ("hours", "period") and not self._by_calendar(self.plan.out_of)
        reasons = ("what is promised of the time to come is not known yet",) if open_base else ()
        if self.plan.value == "share":
            sides = [Side(a.down, (1 - limit.value) * (a.base_us + more), Fraction(a.base_us), Fraction(a.base_us + more))
                     for a, more in zip((best, worst), later, strict=True)]
        else:
            # no promised time so far (the first of the month before opening): nothing is used yet
            sides = [Side(end or Fraction(0), limit.value) for end in (part.agreed.low, part.agreed.high)]
        if best.base_us + later[0] <= 0:
            return None
        use = self._use(self.best, group, hours)
        most = None if open_base or self.plan.value == "number" else Fraction(min(max(later), hours.between(self.now.until, self.now.last)))
        fixed = not (open_base and self.plan.value == "share" and limit.value != 1)
        return Spent(sides[0], sides[1], "runs" if self.plan.value == "number" else "time", use, hours, fixed, most_more=most,
                     going_on=self._going_on(group, hours, use), longest=self.plan.value == "longest",
                     ongoing=self._is_down(group), silence=self.plan.head.unknown == "down", reasons=reasons)

    # ---- use so far -------------------------------------------------------------------------------------------------

    def _use(self, swept: _Swept, group: int, hours: ServiceTime, until: int | None = None) -> Use:
        now, until = self.now, self.now.until if until is None else until
        if self.plan.value in ("share", "total"):
            return swept.stretches(group, hours, now.first, until)
        runs = [(int(a), int(b)) for g, a, b, n in zip(swept.runs.group.tolist(), swept.runs.start.tolist(), swept.runs.end.tolist(),
                                                       swept.runs.counted_us.tolist(), strict=True)
                if g == group and n > 0 and now.first < b <= until]
        found = [swept.stretches(group, hours, a, b, weighed=False) for a, b in runs]
        if self.plan.value == "longest":
            return Longest(found, now.first)
        begun = [at for run in found if (at := run.reach(Fraction(0))) is not None]
        begun = self._one_each(group, runs, begun) if swept is self.best and self.worst is not self.best else begun
        return Events([(max(at, now.first), Fraction(1)) for at in begun])

    def _one_each(self, group: int, runs: list[tuple[int, int]], begun: list[int]) -> list[int]:
        """The beginnings of runs that are surely several: of runs that one unknown stretch could join, the first."""
        around = self.worst.runs
        mine = np.flatnonzero(around.group == group)
        first: dict[int, int] = {}
        for (_, end), at in zip(runs, begun, strict=True):
            holder = int(np.searchsorted(around.start[mine], end - 1, side="right")) - 1
            first[holder] = min(first.get(holder, at), at)
        return sorted(first.values())

    # ---- what holds now goes on -------------------------------------------------------------------------------------

    def _going_on(self, group: int, hours: ServiceTime, use: Use) -> Callable[[Fraction], int | None]:
        """When the use reaches an amount if what is down now stays down; None where it does not within the window."""

        def reach(amount: Fraction) -> int | None:
            until, last = self.now.until, self.now.last
            if amount <= use.used(until) and use.used(until) > 0:
                return use.reach(amount)
            if until >= last:
                return None
            going = self._use(self.far, group, hours, last)
            behind = going.used(until) - use.used(until) if self.plan.value in ("share", "total") else Fraction(0)
            # facts that unknown time stood for have no stretch when it is carried on: their use is not lost
            found = going.reach(amount + min(behind, Fraction(0)))
            if found is None or found > last:
                return None
            # a run that begins just now counts from the next instant on
            found = max(found, until + 1 if self.plan.value == "number" else until)
            return self._first_true(group, amount, found) if self._tests_runs(self.plan.down) else found

        return reach

    def _first_true(self, group: int, amount: Fraction, at: int) -> int | None:
        """A run that is too short to count yet counts whole once it is long enough: the first instant at or after ``at`` at which it does."""

        def enough(until: int) -> bool:
            setting = _narrowed(setting_of(self.plan, replace(self.known_ahead, until=until)), replace(self.now, until=until))
            swept = _Swept.of(setting, readings_of(setting, excluded=True)[0])
            account = swept.accounts[group]
            used = {"share": account.down, "total": account.down, "longest": Fraction(account.longest_us)}.get(
                self.plan.value, Fraction(account.runs))
            return used > 0 if amount <= 0 else used >= amount

        low, high = at, self.now.last
        if enough(low):
            return low
        if not enough(high):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        return high

    @property
    def far(self) -> _Swept:
        """The whole window with everything open carried on to its end."""
        if self._far is None:
            plan = replace(self.plan, head=replace(self.plan.head, unknown="unknown"))
            end = self.now.last
            setting = _narrowed(setting_of(plan, replace(self.known_ahead, until=end)), replace(self.now, until=end))
            reading = readings_of(setting, excluded=True)[0]
            if reading.down.weight is None and self._sampled(self.plan.down):
                reading = replace(reading, down=_carried_on(reading.down, self.now.until, end))
            self._far = _Swept.of(setting, reading)
        return self._far

    def _is_down(self, group: int) -> bool:
        """Whether the state holds at the instant until which anything is known."""
        taken = self.far.taken
        at = self.now.until
        mine = (taken.swept.group == group) & (taken.swept.start <= at) & (at < taken.swept.end)
        return bool((mine & taken.down).any())

    # ---- what the plan says -----------------------------------------------------------------------------------------

    def _hours(self, group: int) -> ServiceTime:
        number = int(self.setting.hours.of_group[group])
        return ServiceTime(self.setting.hours.grids[number] if number >= 0 else None)

    def _leaves(self, name: str) -> list[object]:
        rule = self.context.plan.states[name]
        return [leaf for part in rule.of for leaf in self._leaves(part)] if isinstance(rule, Combination) else [rule]

    def _by_calendar(self, name: str) -> bool:
        return all(isinstance(leaf, CalendarState) for leaf in self._leaves(name))

    def _sampled(self, name: str) -> bool:
        return any(isinstance(leaf, SampleState | RatioState) for leaf in self._leaves(name))

    def _tests_runs(self, name: str) -> bool:
        rule = self.context.plan.states[name]
        own = getattr(rule, "at_least_us", 0) > 0
        return own or (isinstance(rule, Combination) and any(self._tests_runs(part) for part in rule.of))


# ---- one sweep ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Swept:
    """One reading swept: its accounts (one a result), its runs, and its stretches."""

    reading: Reading
    accounts: list[Account]
    runs: Runs
    taken: Taken

    @classmethod
    def of(cls, setting: Setting, reading: Reading) -> _Swept:
        accounts, runs = read_accounts(setting, reading)
        return cls(reading, accounts, runs, swept_reading(setting, reading, (setting.down.view.lo, setting.down.view.hi)))

    def stretches(self, group: int, hours: ServiceTime, first: int, until: int, *, weighed: bool = True) -> Stretches:
        """The down time that counts in ``[first, until)``."""
        taken, swept = self.taken, self.taken.swept
        rows = np.flatnonzero(taken.down & (taken.clause < 0) & taken.promised & (swept.group == group)
                              & (swept.start < until) & (swept.end > first))
        start, end = np.maximum(swept.start[rows], first), np.minimum(swept.end[rows], until)
        if taken.weight is None or not weighed:
            return Stretches(hours, start, end)
        return Stretches(hours, start, end, taken.weight[rows], self.reading.scale)


def _narrowed(setting: Setting, now: Now) -> Setting:
    """The same setting with the current window alone."""
    one = _window(setting.spells, now, (now.first, now.until), (now.start, min(now.end, max(setting.context.until, now.start))))
    return replace(setting, spells=one)


def _window(spells: Spells, now: Now, own: tuple[int, int], whole: tuple[int, int]) -> Spells:
    def array(value: int) -> I64:
        return np.array([value], np.int64)

    w = spells.windows
    index = np.flatnonzero((w.start == now.start) & (w.end == now.end))[:1]
    return Spells(w, index, array(own[0]), array(own[1]), array(whole[0]), array(whole[1]), (True,))


def _ahead(setting: Setting, now: Now) -> tuple[list[int], list[int]]:
    """µs of base each result will yet have in the window, by the best and the worst reading: promised, and not known to be left out."""
    begin = max(now.until, now.first)
    view = View(setting.context, setting.groups, setting.down.view.lo, now.end, setting.plan.head.of)
    # open exclusions end at the horizon: nobody knows how long they go on
    wide = replace(setting, down=States(view), other=States(replace(view, strict=False)))
    spells = _window(setting.spells, now, (begin, now.last), (max(setting.context.until, now.start), now.end))
    found = []
    for reading in readings_of(wide, excluded=True):
        accounts, _ = read_accounts(replace(wide, spells=spells), replace(reading, down=NOTHING, leaves_unknown=False))
        found.append([a.base_us for a in accounts])
    return found[0], found[1]


def _carried_on(down: Spans, at: int, end: int) -> Spans:
    """The state held on to ``end`` where it holds at ``at``: a reading says nothing of how long it will hold."""
    holds = (down.start <= at) & (at < down.end)
    return merge(Spans(down.group, down.start, np.where(holds, np.maximum(down.end, end), down.end)))
