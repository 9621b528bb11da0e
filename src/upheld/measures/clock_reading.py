"""Reading: what a case says at the instants that matter, and so which row of the promise and which hours are its own.

Law: an attribute is read as its rule says: at the start (default), now, highest so far, at the decision, or before the start; the
last value said at or before that instant. Built-in axes: ``time of start`` (seconds of the local day), ``date`` (local day of the
start), ``number of cases``, ``tier`` and ``customer`` (subscriptions in force at the start).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I32, I64, Attribute, Subscriptions
from upheld.measures.clock_roles import Block, last_said, mapped
from upheld.plans.lookup import Lookup, Numbers, axes_of, pick
from upheld.plans.plan import AttributeRule, ClockPlan, Plan
from upheld.values.zone import zone

__all__ = ["BUILT_IN", "Moving", "Points", "Reader", "moving", "raw_names"]

Mask = NDArray[np.bool_]
BUILT_IN = ("time of start", "date", "number of cases", "tier", "customer")
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Points:
    """Where to read: ``row`` (an instant's row) of a cycle that began at row ``begin``; ``cycle`` i64[n] ascending numbers it.

    ``number`` i64[n] or None: the number of cases, where it is known by now.
    """

    row: I64
    begin: I64
    cycle: I64
    number: I64 | None = None


@dataclass(frozen=True, slots=True)
class Moving:
    """Whether anything the promise asks may change while the clock runs, through which raw attributes, and what then holds."""

    names: frozenset[str]
    recomputed: bool
    on_change: str


def moving(plan: Plan, clause: ClockPlan) -> Moving:
    """The attributes of the promise and the hours that are read now, highest, or at the decision."""
    asked = (*axes_of(clause.within), *axes_of(clause.head.hours))
    rules = [r for a in asked if (r := plan.attributes.get(a)) is not None and r.read in ("now", "highest", "decided")]
    names = frozenset().union(*(raw_names(plan, r.name) for r in rules)) if rules else frozenset()
    recomputed = bool(rules) and all(r.read == "decided" or r.after_miss == "recomputed" for r in rules)
    changes = [r.on_change for r in rules if r.on_change != "from_start"]
    return Moving(names, recomputed, changes[0] if changes else "from_start")


def raw_names(plan: Plan, name: str) -> frozenset[str]:
    """The raw attributes behind one of the agreement's."""
    rule = plan.attributes.get(name)
    if rule is None or rule.table is None:
        return frozenset((name,))
    return frozenset().union(*(frozenset((a,)) if a == name else raw_names(plan, a) for a in axes_of(rule.table)))


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one block of cases."""

    plan: Plan
    block: Block
    subscriptions: Subscriptions | None
    zone: str

    def leaf(self, table: Lookup[Any], points: Points) -> I32:
        """i32[n]: the row of the table for each point, ``NO_ROW`` or ``UNDECIDED``."""
        if table.is_constant:
            return np.zeros(len(points.row), np.int32)
        column, n = self.columns(points), len(points.row)
        nobody = Attribute(np.full(n, -1, np.int32), ())                      # an attribute no row of the table says
        return pick(table, lambda name: found if (found := column(name)) is not None else nobody, n)

    def columns(self, points: Points) -> Callable[[str], Attribute | Numbers | None]:
        """The axes by name at the points."""
        cache: dict[str, Attribute | Numbers | None] = {}

        def column(name: str) -> Attribute | Numbers | None:
            if name not in cache:
                cache[name] = self._axis(name, points)
            return cache[name]

        return column

    def attributes(self, points: Points) -> Callable[[str], Attribute | None]:
        """The same for selectors: built-in numbers are not attributes."""
        column = self.columns(points)

        def attribute(name: str) -> Attribute | None:
            found = column(name)
            return found if isinstance(found, Attribute) else None

        return attribute

    def _axis(self, name: str, points: Points) -> Attribute | Numbers | None:
        rule = self.plan.attributes.get(name)
        if rule is not None:
            return self._ruled(rule, points)
        if name == "number of cases":
            return None if points.number is None else Numbers(points.number)
        if name in ("time of start", "date"):
            local = zone(self.zone).to_local(self.block.at[points.begin])
            return Numbers(local % _DAY_US // 1_000_000 if name == "time of start" else local // _DAY_US)
        return self._raw(name, points, self.block.last_of_instant(points.begin))

    def _ruled(self, rule: AttributeRule, points: Points) -> Attribute | Numbers | None:
        match rule.read:
            case "start":
                return self._valued(rule, points, self.block.last_of_instant(points.begin))
            case "now" | "decided":
                return self._valued(rule, points, self.block.last_of_instant(points.row))
            case "before start":
                return self._valued(rule, points, self._earlier(points.begin, rule.lead_us))
            case "highest":
                return self._highest(rule, points)
        raise AssertionError(rule.read)

    def _earlier(self, begin: I64, lead_us: int) -> I64:
        """The case's last row at or before ``lead_us`` before the start; -1 where there is none."""
        found = np.full(len(begin), -1, np.int64)
        first = self.block.first[self.block.case[begin]]
        for i, (low, high) in enumerate(zip(first.tolist(), begin.tolist(), strict=True)):
            n = int(np.searchsorted(self.block.at[low:high + 1], self.block.at[high] - lead_us, side="right"))
            found[i] = low + n - 1 if n else -1
        return found

    def _valued(self, rule: AttributeRule, points: Points, rows: I64) -> Attribute | Numbers | None:
        if rule.table is None:
            return self._raw(rule.name, points, rows)
        table = rule.table

        def inner(name: str) -> Attribute | Numbers | None:
            deeper = self.plan.attributes.get(name)
            if name == rule.name or deeper is None or deeper.table is None:
                return self._raw(name, points, rows) if name not in BUILT_IN[:3] else self._axis(name, points)
            return self._valued(deeper, points, rows)

        return mapped(table.leaves, pick(table, inner, len(points.row)))

    def _raw(self, name: str, points: Points, rows: I64) -> Attribute | None:
        column = self.block.attributes.get(name)
        if column is None:
            return self._registered(name, points) if name in ("tier", "customer") else None
        none = rows < 0
        codes = last_said(self.block, name, np.where(none, 0, rows))
        return Attribute(np.where(none, np.int32(-1), codes) if none.any() else codes, column.names)

    def _highest(self, rule: AttributeRule, points: Points) -> Attribute | Numbers | None:
        """The highest value between the start and the point; points of a cycle must come in row order, its start first."""
        now = self._valued(rule, points, self.block.last_of_instant(points.row))
        if not isinstance(now, Attribute):
            return now
        last = len(rule.order)
        rank = np.array([*(rule.order.index(n) if n in rule.order else last for n in now.names), last + 1], np.int64)[now.codes]
        # ranks of later cycles lie below all ranks of earlier ones, so one running minimum serves them all
        lowered = rank - points.cycle * (last + 2)
        best = np.minimum.accumulate(lowered) + points.cycle * (last + 2)
        codes = np.where(best < last, best, -1).astype(np.int32)
        return Attribute(codes, rule.order)

    def _registered(self, name: str, points: Points) -> Attribute | None:
        """``tier`` and ``customer`` by the subscriptions in force at the start."""
        at = self.block.at[points.begin]
        own = self._raw("customer", points, self.block.last_of_instant(points.begin)) if name == "tier" else None
        subs = self.subscriptions
        if name == "customer" or subs is None:
            if name == "customer" and self.plan.customer:
                return Attribute(np.zeros(len(at), np.int32), (self.plan.customer,))
            return None
        codes = np.full(len(at), -1, np.int32)
        for i in np.argsort(subs.start, kind="stable").tolist():
            agreement = subs.agreement.codes[i]
            if agreement >= 0 and subs.agreement.names[agreement] != self.plan.agreement:
                continue
            held = (subs.start[i] <= at) & (at < subs.end[i])
            if own is not None and subs.customer.codes[i] >= 0:
                customer = subs.customer.names[subs.customer.codes[i]]
                mine: Mapping[str, int] = {n: k for k, n in enumerate(own.names)}
                held &= own.codes == mine.get(customer, -2)
            codes[held] = subs.tier.codes[i]
        return Attribute(codes, subs.tier.names)
