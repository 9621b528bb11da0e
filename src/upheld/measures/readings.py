"""Readings: the facts of a ``values`` commitment as rows of integers, each in its result and window, with what is undecided
marked.

Law: a row counts, may count (``sure`` is False), or does not; its good part lies between ``good`` and ``good_most``. Exclusions
change rows, never figures: what leaves is gone, what counts as good is good.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64, Attribute, CaseEvents, Counts, Samples
from upheld.measures.exclusions import Judged, accepted, noticed, time_of
from upheld.measures.groups import Groups, Table, carried, columns_of, forward_filled
from upheld.measures.pieces import Pieces
from upheld.measures.result import Context
from upheld.measures.spells import Spells
from upheld.measures.states import World
from upheld.measures.sweep import NOTHING, Spans, flatten, positions_in
from upheld.plans.plan import ExclusionRule, ValuesPlan
from upheld.plans.selector import EVERYTHING, Columns, Selector, attributes_of, select

__all__ = ["Rows", "excluded", "is_in", "placed", "source_of"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """``cell`` = result × windows + window. Samples: ``value`` (times the series' scale). Ratios: ``good`` … ``good_most`` of
    ``total``. ``row``: the fact in its table. All arrays have one entry a counted row, in (cell, at) order where facts lie so.
    """

    cell: I64
    group: I64
    at: I64
    row: I64
    sure: Mask
    value: I64
    good: I64
    good_most: I64
    total: I64

    def __len__(self) -> int:
        return len(self.at)

    def take(self, chosen: Mask | I64) -> Rows:
        """The rows chosen."""
        return Rows(*(getattr(self, f.name)[chosen] for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Source:
    """The table of a commitment as columns: one row a sample, a count or a case. ``scale``: what a value of 1 is stored as."""

    table: Table | None
    columns: Columns
    at: I64
    value: I64
    good: I64
    total: I64
    scale: int
    row: I64


def source_of(plan: ValuesPlan, context: Context) -> Source:
    """The facts of the plan's shape, not yet selected. A value is also an attribute (``value``) to be selected on."""
    facts = context.facts
    empty = np.empty(0, np.int64)
    match plan.shape:
        case "samples" if facts.samples is not None:
            return _samples(plan, context, facts.samples)
        case "counts" if facts.counts is not None:
            return _counts(plan, context, facts.counts)
        case "cases" if facts.events is not None:
            return _cases(plan, context, facts.events)
        case _:
            return Source(None, lambda _: None, empty, empty, empty, empty, 1, empty)


def _counts(plan: ValuesPlan, context: Context, table: Counts) -> Source:
    """A row a count; a count longer than the slice is a row in each slice it covers: its ratio is all that is known of them."""
    columns = columns_of(context.plan, table)
    empty = np.empty(0, np.int64)
    rows = np.arange(len(table))
    if plan.slices is None or not len(table) or int((table.end - table.start).max()) <= plan.slices.each_us:
        return Source(table, columns, table.start, empty, table.good, table.total, 1, rows)
    covered = np.maximum(-(-(table.end - table.start) // plan.slices.each_us), 1)
    rows = np.repeat(rows, covered)
    at = table.start[rows] + (np.arange(len(rows)) - np.repeat(np.cumsum(covered) - covered, covered)) * plan.slices.each_us

    def column(name: str) -> Attribute | None:
        found = columns(name)
        return found if found is None else found.take(rows)

    return Source(table, column, at, empty, table.good[rows], table.total[rows], 1, rows)


def _samples(plan: ValuesPlan, context: Context, table: Samples) -> Source:
    """Values of several series with scales of their own are brought to one."""
    columns = columns_of(context.plan, table)
    chosen, maybe = select(plan.head.of, columns, len(table))
    series = [s for s in np.unique(table.series.codes[chosen | maybe]).tolist() if s >= 0]
    scale = int(np.lcm.reduce([table.scales[s] for s in series])) if series else 1
    value = table.value
    if any(table.scales[s] != scale for s in series):
        factors = np.array([scale // s if scale % s == 0 else 1 for s in table.scales], np.int64)
        value = value * factors[table.series.codes]
    n = np.ones(len(table), np.int64)
    return Source(table, lambda name: _value_text(value, scale) if name == "value" else columns(name), table.at, value,
                  np.full(len(table), -1, np.int64), n, scale, np.arange(len(table)))


def _value_text(value: I64, scale: int) -> Attribute:
    """Values as exact decimal texts, for selectors on ``value``."""
    distinct, codes = np.unique(value, return_inverse=True)
    digits = len(str(scale)) - 1
    names = tuple(_decimal(v, digits) if 10**digits == scale else str(Fraction(v, scale)) for v in distinct.tolist())
    return Attribute(codes.astype(np.int32), names)


def _decimal(value: int, digits: int) -> str:
    whole, part = divmod(abs(value), 10**digits)
    return f"{'-' if value < 0 else ''}{whole}" + (f".{part:0{digits}d}" if digits else "")


def _cases(plan: ValuesPlan, context: Context, events: CaseEvents) -> Source:
    """A row a case, with what it last said. It stands at its first event, or at the first event that ``total`` asks for."""
    filled = _filled(context, events)
    last = events.bounds[1:] - 1
    first = events.bounds[:-1].copy()
    asked = plan.total if plan.total is not None and "event" in attributes_of(plan.total) else None
    if asked is not None:
        yes, _ = select(asked, filled, len(events))
        rows = np.flatnonzero(yes)
        case, at = np.unique(events.case[rows], return_index=True)
        first[case] = rows[at]

    def column(name: str) -> Attribute | None:
        found = filled(name)
        return found if found is None else found.take(last)

    n = np.ones(len(last), np.int64)
    return Source(events, column, events.at[first], n, np.full(len(last), -1, np.int64), n, 1, first)


def _filled(context: Context, events: CaseEvents) -> Columns:
    cache: dict[str, Attribute | None] = {}

    def raw(name: str) -> Attribute | None:
        if name not in cache:
            cache[name] = events.event if name == "event" else forward_filled(events, events.attributes.get(name))
        return cache[name]

    return columns_of(context.plan, events, raw)


def chosen_by(plan: ValuesPlan, context: Context, source: Source, selector: Selector) -> tuple[Mask, Mask]:
    """``(yes, undecided)`` over the source's rows. On cases, a selector that names an event holds if some row of the case
    fits it.
    """
    if plan.shape != "cases" or "event" not in attributes_of(selector) or not isinstance(source.table, CaseEvents):
        return select(selector, source.columns, len(source.at))
    events = source.table
    yes, maybe = select(selector, _filled(context, events), len(events))
    starts = events.bounds[:-1]
    some = np.logical_or.reduceat(yes, starts)
    return some, np.logical_or.reduceat(maybe, starts) & ~some


def placed(plan: ValuesPlan, context: Context, source: Source, groups: Groups, spells: Spells) -> Rows:
    """The rows that ``of`` and ``total`` choose, each in every result and window it may belong to."""
    n = len(source.at)
    yes, maybe = np.ones(n, np.bool_), np.zeros(n, np.bool_)
    for selector in (plan.head.of, plan.total or EVERYTHING):
        if selector != EVERYTHING:
            y, m = chosen_by(plan, context, source, selector)
            yes, maybe = yes & y, (yes | maybe) & (y | m) & ~(yes & y)
    within = (source.at >= int(spells.first.min(initial=2**62))) & (source.at < int(spells.last.max(initial=-(2**62))))
    rows = np.flatnonzero((yes | maybe) & within)
    position, group, sure = groups.assign(source.columns, rows, carried(source.columns, groups.axes, yes | maybe))
    rows = rows[position] if groups.axes else rows
    disputed = None if source.table is None or plan.shape == "cases" else source.table.header.disputed
    sure = sure & yes[rows] if disputed is None else sure & yes[rows] & ~disputed[rows]
    at = source.at[rows]
    first = np.searchsorted(spells.last, at, side="right")
    times = np.searchsorted(spells.first, at, side="right") - first
    if (times == 1).all():
        spell = first
    else:
        times = np.maximum(times, 0)          # 0 between windows; several in rolling ones
        again = np.repeat(np.arange(len(rows)), times)
        spell = np.repeat(first - np.cumsum(times) + times, times) + np.arange(len(again))
        rows, group, sure, at = rows[again], group[again], sure[again], at[again]
    good, good_most = _good(plan, context, source, rows)
    value = source.value[rows] if len(source.value) else np.zeros(len(rows), np.int64)
    return Rows(group * len(spells) + spell, group, at, rows, sure, value, good, good_most, source.total[rows])


def _good(plan: ValuesPlan, context: Context, source: Source, rows: I64) -> tuple[I64, I64]:
    """The least and the most of each row that is good. A row that says only a total is good as a whole when ``good`` chooses
    it.
    """
    own, total = source.good[rows], source.total[rows]
    said = own >= 0
    if plan.good is None:
        return np.where(said, own, 0), np.where(said, own, total)
    yes, maybe = chosen_by(plan, context, source, plan.good)
    part = np.where(said, own, total)
    return np.where(yes[rows], part, 0), np.where((yes | maybe)[rows], part, 0)


# ---- exclusions -----------------------------------------------------------------------------------------------------


def excluded(judged: Judged, rules: tuple[ExclusionRule, ...], plan: ValuesPlan, source: Source,
             rows: Rows) -> tuple[Rows, dict[str, I64]]:
    """The rows with every clause applied in order, and which rows each took (positions before any was taken out)."""
    left = np.ones(len(rows), np.bool_)
    good, good_most, sure = rows.good, rows.good_most, rows.sure
    taken: dict[str, I64] = {}
    for rule in rules:
        if rule.effect == "no_credit":
            continue
        yes, maybe = _taken(judged, rule, plan, source, rows)
        yes, maybe = yes & left, maybe & left & ~yes
        taken[rule.name] = np.flatnonzero(yes)
        if rule.effect == "leave_out":
            left = left & ~yes
            sure = sure & ~maybe
        else:
            good = np.where(yes, rows.total, good)
            good_most = np.where(yes | maybe, rows.total, good_most)
    return replace(rows, good=good, good_most=good_most, sure=sure).take(left), taken


def _taken(judged: Judged, rule: ExclusionRule, plan: ValuesPlan, source: Source, rows: Rows) -> tuple[Mask, Mask]:
    """``(yes, undecided)`` over rows: chosen by ``where``, and at an instant inside ``while``; announced and approved as
    agreed.
    """
    yes, maybe = np.ones(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    if rule.where is not None:
        y, m = chosen_by(plan, judged.context, source, rule.where)
        yes, maybe = y[rows.row], m[rows.row]
        if rule.notice is not None or rule.needs is not None:
            facts = source.row[rows.row]
            pieces = Pieces(Spans(rows.group, rows.at, rows.at), yes, facts, source.table, source.columns, NOTHING)
            fine = noticed(judged, rule.notice, pieces) if rule.notice is not None else np.ones(len(rows), np.bool_)
            fine &= accepted(judged, rule, pieces) if rule.needs is not None else True
            yes, maybe = yes & fine, maybe & fine
    if rule.during is not None:
        least, most = (time_of(judged, rule, World(undecided=u)) for u in (False, True))
        inside, perhaps = is_in(flatten(least), rows.group, rows.at), is_in(flatten(most), rows.group, rows.at)
        yes, maybe = yes & inside, (yes | maybe) & perhaps & ~(yes & inside)
    return yes, maybe


def is_in(spans: Spans, group: I64, at: I64) -> Mask:
    """bool[n]: whether each instant of each group lies in the merged spans."""
    if not len(spans):
        return np.zeros(len(at), np.bool_)
    row = np.maximum(positions_in(spans, group, at + 1) - 1, 0)
    inside: Mask = (spans.group[row] == group) & (spans.start[row] <= at) & (at < spans.end[row])
    return inside
