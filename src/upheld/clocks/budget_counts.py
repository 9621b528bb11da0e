"""Budgets of ratios: bad events, bad slices, and cases missed, against what the target allows of those expected in the whole window.

Law: what is used comes from the rows and outcomes the figure is made of. What is expected is what came so far, carried on evenly over the
window's service time: such a budget grows with the traffic, and is not final before the window ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from upheld.clocks.allowance import Limit
from upheld.clocks.budget import Side, Spent
from upheld.clocks.current import Now
from upheld.clocks.use import Events, ServiceTime
from upheld.facts.tables import I64, Counts
from upheld.measures.clock import Worlds, members, windows_of
from upheld.measures.clock_outcomes import MISSED, PENDING
from upheld.measures.clock_windows import ends_of, part_rows
from upheld.measures.groups import Groups
from upheld.measures.hours import hours_of
from upheld.measures.pieces import BILLION
from upheld.measures.readings import Rows
from upheld.measures.result import Context, Figure, Part, Unit
from upheld.measures.slicing import sliced
from upheld.measures.spells import Spells
from upheld.measures.values import kept_rows, open_slices
from upheld.plans.plan import ClockPlan, Commitment, ValuesPlan

__all__ = ["Counted", "Missed", "spent_on_cases"]

_EXPECTED = "what is allowed is a share of what is expected by the window's end, reckoned from what came so far"


def service_time(plan: Commitment, context: Context, group: tuple[str, ...]) -> ServiceTime:
    """The commitment's own hours for one result."""
    hours = hours_of(context, plan.head.hours, Groups(plan.head.for_each, (group,)))
    number = int(hours.of_group[0])
    return ServiceTime(hours.grids[number] if number >= 0 else None)


def _expected(base: Fraction, hours: ServiceTime, now: Now, least: Fraction = Fraction(0)) -> Fraction:
    """How much there will be by the window's end if it goes on coming evenly."""
    elapsed = hours.between(now.first, now.until)
    whole = hours.between(now.first, now.last)
    return max(base * Fraction(whole, elapsed) if elapsed else base, base, least)


# ---- events and slices ----------------------------------------------------------------------------------------------


class Counted:
    """The budgets of one ``values`` commitment under one version."""

    def __init__(self, plan: ValuesPlan, context: Context, now: Now) -> None:
        self.plan, self.context, self.now = plan, context, now
        self.setting, self.rows = kept_rows(plan, context)
        w = self.setting.spells.windows
        at = np.flatnonzero((w.start[self.setting.spells.index] == now.start) & (w.end[self.setting.spells.index] == now.end))
        self.window = int(at[0]) if len(at) else None

    def spent(self, part: Part, limit: Limit, unit: Unit) -> Spent | None:
        """The budget of one result; None where its figure (in ``unit``) is no count of what went wrong."""
        if self.window is None or part.group not in self.setting.groups.names:
            return None
        group = self.setting.groups.names.index(part.group)
        hours = service_time(self.plan, self.context, part.group)
        if self.plan.slices is not None:
            return self._of_slices(part.agreed, limit, group, hours)
        rows = self.rows.take(self.rows.cell == group * len(self.setting.spells) + self.window)
        if unit == "share":
            return self._of_ratio(rows, limit, hours) if limit.least else None
        return None if limit.least else self._of_number(rows, part.agreed, limit, hours)

    def _of_ratio(self, rows: Rows, limit: Limit, hours: ServiceTime) -> Spent | None:
        """Bad events among all: what may count is good in the best reading, and only its bad part counts in the worst."""
        sure = rows.sure
        totals = [_sum(np.where(sure, rows.total, rows.good_most)), _sum(np.where(sure, rows.total, rows.total - rows.good))]
        goods = [_sum(rows.good_most), _sum(np.where(sure, rows.good, 0))]
        if not any(totals):
            return None
        sides = []
        for total, good in zip(totals, goods, strict=True):
            whole = _expected(Fraction(total), hours, self.now)
            sides.append(Side(Fraction(total - good), (1 - limit.value) * whole, Fraction(total), whole))
        bad = np.where(sure, rows.total - rows.good_most, 0)
        use = Events(list(self._at_their_ends(rows, bad)))
        fixed = limit.value == 1
        return Spent(sides[0], sides[1], "events", use, hours, fixed, reasons=() if fixed else (_EXPECTED,))

    def _of_number(self, rows: Rows, figure: Figure, limit: Limit, hours: ServiceTime) -> Spent | None:
        """At most so many events."""
        if figure.low is None or figure.high is None or not (self.plan.statistic == "number" or self.plan.shape == "counts"):
            return None
        ones = rows.total if self.plan.shape == "counts" else np.ones(len(rows), np.int64)
        use = Events(list(self._at_their_ends(rows, np.where(rows.sure, ones, 0))))
        return Spent(Side(figure.low, limit.value), Side(figure.high, limit.value), "events", use, hours, fixed=True)

    def _at_their_ends(self, rows: Rows, amount: I64) -> Iterator[tuple[int, Fraction]]:
        """Each row's use at the end of what it tells of, as far as that is known."""
        table, at = self.setting.source.table, rows.at
        if isinstance(table, Counts):
            at = np.maximum(at, np.minimum(table.end[self.setting.source.row[rows.row]], self.now.until))
        for instant, used in zip(at.tolist(), amount.tolist(), strict=True):
            if used:
                yield instant, Fraction(used)

    def _of_slices(self, figure: Figure, limit: Limit, group: int, hours: ServiceTime) -> Spent | None:
        plan, slices, now = self.plan, self.plan.slices, self.now
        n = figure.detail.get("slices", 0)
        assert slices is not None
        is_ratio = plan.shape != "samples" or slices.statistic == "ratio"
        of_mean = plan.statistic in ("mean", "ratio") and is_ratio
        if not (of_mean or plan.statistic in ("share", "number")) or limit.least == (plan.statistic == "number"):
            return None
        spells = self._one_window()
        starts = open_slices(self.setting, spells, group, now.last)
        begun, every = int((starts < now.until).sum()), len(starts)
        counts_empty = slices.empty != "left out" and (is_ratio or not of_mean)
        whole = Fraction(every) if counts_empty or not begun else Fraction(n) * Fraction(every, begun)
        whole = max(whole, Fraction(n))
        if not whole or (n and (figure.low is None or figure.high is None)):
            return None
        low, high = figure.low, figure.high
        if plan.statistic == "number":
            sides = [Side(low or Fraction(0), limit.value), Side(high or Fraction(0), limit.value)]
        else:
            lost = [(1 - end) * n if end is not None else Fraction(0) for end in (high, low)]
            sides = [Side(used, (1 - limit.value) * whole, Fraction(n), whole) for used in lost]
        used = list(self._bad_slices(group, starts, of_mean=of_mean, counts_empty=counts_empty))
        running = sum((amount for start, amount in used if start + slices.each_us > now.until), Fraction(0))
        fixed = plan.statistic == "number" or counts_empty or limit.value == 1
        most = Fraction(every - begun) + (1 if starts.size and begun and int(starts[begun - 1]) + slices.each_us > now.until else 0)
        ends = [(min(start + slices.each_us, now.until), amount) for start, amount in used]
        grows = int(starts[begun]) + 1 if slices.empty == "bad" and begun < every else None
        return Spent(sides[0], sides[1], "slices", Events(ends), hours, fixed, unsettled=running, most_more=most, grows_at=grows,
                     reasons=() if fixed else (_EXPECTED,))

    def _one_window(self) -> Spells:
        """The window alone, to its end."""
        spells, now = self.setting.spells, self.now
        assert self.window is not None
        index = spells.index[self.window:self.window + 1]
        first, last = np.array([now.first]), np.array([now.last])
        return Spells(spells.windows, index, first, last, first, last, (True,))

    def _bad_slices(self, group: int, starts: I64, *, of_mean: bool, counts_empty: bool) -> Iterator[tuple[int, Fraction]]:
        """``(start, how much of a slice it costs)`` of each slice that is bad for certain."""
        plan, slices = self.plan, self.plan.slices
        assert slices is not None
        found = sliced(plan, slices, self.rows, self.setting.spells, self.setting.source.scale)
        mine = np.flatnonzero(found.cell == group * len(self.setting.spells) + (self.window or 0))
        is_ratio = plan.shape != "samples" or slices.statistic == "ratio"
        for row in mine.tolist():
            start, low, high = int(found.start[row]), int(found.low[row]), int(found.high[row])
            if of_mean:
                cost = Fraction(BILLION - high, BILLION)
            elif slices.bad is None:
                cost = Fraction(0)
            else:
                values = (BILLION - low, BILLION - high) if is_ratio else (low, high)
                cost = Fraction(int(all(slices.bad.holds(Fraction(v, BILLION)) for v in values)))
            if cost:
                yield start, cost
        if counts_empty and slices.empty == "bad":
            filled = set(found.start[mine].tolist())
            for start in starts[starts < self.now.until].tolist():
                if start not in filled:
                    yield start, Fraction(1)


def _sum(column: I64) -> int:
    return sum(column.tolist())


# ---- cases ----------------------------------------------------------------------------------------------------------


def spent_on_cases(plan: ClockPlan, context: Context, now: Now, part: Part, limit: Limit, missed: Sequence[int],
                   next_due: int | None) -> Spent | None:
    """How many cases more may be missed. ``missed``: when each was, over all versions whose cases this window counts; ``next_due``: when
    the next that is open falls due.
    """
    figure, hours = part.agreed, service_time(plan, context, part.group)
    use = Events([(at, Fraction(1)) for at in missed])
    if plan.value == "number" and not limit.least and figure.low is not None and figure.high is not None:
        return Spent(Side(figure.low, limit.value), Side(figure.high, limit.value), "cases", use, hours, fixed=True, grows_at=next_due)
    if plan.value != "share" or not limit.least:
        return None
    low_met, low_total, high_met, high_total = ends_of(figure)
    rest = Fraction(figure.pending)
    share = next((row.share for row in part_rows(plan)[0] if row.label == part.label), None)
    spare = share.all_but if share is not None else None
    sides = []
    for met, total in ((high_met, high_total), (low_met, low_total)):
        whole = _expected(Fraction(total), hours, now, total + rest)
        allowed = Fraction(spare) if spare is not None else (1 - limit.value) * whole
        sides.append(Side(Fraction(total - met), allowed, Fraction(total), whole))
    fixed = spare is not None or limit.value == 1
    reasons: tuple[str, ...] = () if fixed else (_EXPECTED,)
    if figure.pending:
        reasons += (f"{figure.pending} case is open" if figure.pending == 1 else f"{figure.pending} cases are open",)
    return Spent(sides[0], sides[1], "cases", use, hours, fixed, grows_at=next_due, reasons=reasons)


class Missed:
    """When the cases that one version judges were missed for certain (of a number of cases: when they were decided)."""

    def __init__(self, plan: ClockPlan, context: Context) -> None:
        world = Worlds(plan, context)
        self.table = world.table(agreed=True, lenient=False)
        self.groups = {name: i for i, name in enumerate(world.groups.names)}
        self.labels = {row.label: i for i, row in enumerate(part_rows(plan)[0])}
        self.laid, _ = windows_of(plan, context, [self.table], world)
        pairs, self.place = members(plan, context, self.table, self.laid)
        outcomes, row = self.table.outcomes, self.table.row[pairs]
        ahead = outcomes.due[(outcomes.verdict == PENDING) & outcomes.has_due & (outcomes.due >= context.until)]
        # a miss is counted once the clock has run on beyond the due instant
        self.next_due = int(ahead.min()) + 1 if len(ahead) else None
        self.group = self.table.group[pairs]
        self.part = part_rows(plan)[1][outcomes.leaf[row], outcomes.level[row]]
        if plan.value == "share":
            sure = self.table.sure[pairs] & ~self.table.good[pairs] & ~self.table.maybe_good[pairs] & ~self.table.left[pairs]
            self.counts = sure & (outcomes.verdict[row] == MISSED)
            if plan.counted == "stopped":
                self.counts &= outcomes.has_stop[row]
            self.at = np.where(outcomes.has_miss[row], outcomes.missed_at[row], outcomes.due[row])
        else:
            instants, known = outcomes.decided
            self.counts, self.at = self.table.sure[pairs] & known[row] & ~self.table.left[pairs], instants[row]

    def of(self, now: Now, group: tuple[str, ...], label: str) -> list[int]:
        """µs, of one result and part in the current window."""
        if group not in self.groups or label not in self.labels:
            return []
        mine = self.counts & (self.group == self.groups[group]) & (self.part == self.labels[label])
        mine &= (self.laid.start[self.place] == now.start) & (self.laid.end[self.place] == now.end)
        found: list[int] = np.minimum(self.at[mine], now.until).tolist()
        return found
