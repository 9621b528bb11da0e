"""Values: a statistic of readings, or a ratio of counts or cases (LANGUAGE §6).

Law: exact integers throughout; a mean of slices is not a ratio of sums. A fact that does not say what is asked is counted
both ways, and the figure is then a range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64
from upheld.measures.cells import ordered_by_cell, percent_of, statistic
from upheld.measures.exclusions import Judged, time_of
from upheld.measures.groups import Groups, discover
from upheld.measures.hours import Hours, hours_of
from upheld.measures.pieces import View
from upheld.measures.readings import Rows, Source, chosen_by, excluded, is_in, placed, source_of
from upheld.measures.result import WHY, Context, Figure, Measured, Part, Segments, Unit
from upheld.measures.slicing import laid, slice_figures, sliced
from upheld.measures.spells import Spells, spells_of
from upheld.measures.states import States, World
from upheld.measures.sweep import Spans, complement, concat, flatten, merge
from upheld.measures.watched import ASSUMED, is_assumed, names_chosen, unwatched
from upheld.plans.plan import ExclusionRule, ValuesPlan

__all__ = ["Setting", "kept_rows", "measure", "open_slices", "segments"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything the figures are read from: results, windows, hours, the facts placed in them, and the clauses."""

    plan: ValuesPlan
    context: Context
    groups: Groups
    spells: Spells
    hours: Hours
    source: Source
    rows: Rows
    judged: Judged
    rules: tuple[ExclusionRule, ...]

    @property
    def n_cells(self) -> int:
        """Results × windows."""
        return len(self.groups) * len(self.spells)


def measure(plan: ValuesPlan, context: Context) -> Measured:
    """One part a result and window."""
    setting = _setting(plan, context)
    bare = _figures(setting, setting.rows, None, {})
    if setting.rules:
        rows, taken = excluded(setting.judged, setting.rules, plan, setting.source, setting.rows)
        agreed = _figures(setting, rows, _left_out(setting), taken)
    else:
        agreed = bare
    parts = []
    for g, name in enumerate(setting.groups.names):
        for w in range(len(setting.spells)):
            at = g * len(setting.spells) + w
            late = setting.spells.provisional[w]
            parts.append(Part(name, int(setting.spells.index[w]), agreed[at], bare[at], provisional=late))
    notes = (ASSUMED,) if is_assumed(context) else ()
    return Measured(plan.head.id, _unit(plan), setting.spells.windows, tuple(parts), notes)


def kept_rows(plan: ValuesPlan, context: Context) -> tuple[Setting, Rows]:
    """The setting of a commitment and the rows that every exclusion left: what its figures are made of."""
    setting = _setting(plan, context)
    return setting, excluded(setting.judged, setting.rules, plan, setting.source, setting.rows)[0] if setting.rules else setting.rows


def open_slices(setting: Setting, spells: Spells, group: int, hi: int) -> I64:
    """i64: where the slices of the one window in ``spells`` begin that count, filled or not: in open hours, and not left out by what is known.
    The window may reach beyond the horizon, until ``hi``.
    """
    slices = setting.plan.slices
    assert slices is not None
    view = setting.judged.states.view
    setting = replace(setting, judged=replace(setting.judged, states=States(replace(view, hi=max(view.hi, hi)))))
    begin = int(spells.windows.start[spells.index[0]])
    first, last = (int(spells.first[0]) - begin) // slices.each_us, -((begin - int(spells.last[0])) // slices.each_us)
    starts = begin + np.arange(first, max(last, first), dtype=np.int64) * slices.each_us
    out = _left_out(setting) if setting.rules else None
    own = np.full(len(starts), group)
    kept = np.ones(len(starts), np.bool_) if out is None else ~is_in(out, own, starts)
    if not setting.hours.is_always:
        kept &= is_in(_open_time(setting.hours, len(setting.groups), view.lo, max(view.hi, hi)), own, starts)
    return starts[kept]


def _unit(plan: ValuesPlan) -> Unit:
    if plan.statistic == "share" or (_is_ratio(plan) and plan.statistic not in ("number", "sum")):
        return "share"
    return "number"


def _is_ratio(plan: ValuesPlan) -> bool:
    """Whether the figure is good ÷ total (in the window, or in each slice)."""
    if plan.slices is not None and plan.shape == "samples" and plan.slices.statistic != "ratio":
        return False
    return plan.shape == "counts" or plan.good is not None or plan.statistic in ("share", "ratio")


def _setting(plan: ValuesPlan, context: Context) -> Setting:
    source = source_of(plan, context)
    yes, maybe = chosen_by(plan, context, source, plan.head.of)
    groups = discover(plan.head.for_each, [(source.columns, yes | maybe)])
    spells = spells_of(context, plan.head, int(source.at.min()) if len(source.at) else None)
    hours = hours_of(context, plan.head.hours, groups)
    rows = placed(plan, context, source, groups, spells)
    lo = min([context.until, *spells.whole_first.tolist()])
    hi = max([lo, *spells.whole_last.tolist()])
    if not hours.is_always:
        rows = rows.take(is_in(_open_time(hours, len(groups), lo, hi), rows.group, rows.at))
    judged = Judged(context, States(View(context, groups, lo, hi, plan.head.of, strict=False)), hours, spells.windows)
    rules = tuple(context.plan.exclusions[x] for x in plan.head.excluding)
    return Setting(plan, context, groups, spells, hours, source, rows, judged, rules)


def _open_time(hours: Hours, n_groups: int, lo: int, hi: int) -> Spans:
    """The open time of each result's hours."""
    parts = []
    for g in range(n_groups):
        grid = hours.grids[int(hours.of_group[g])] if hours.of_group[g] >= 0 else None
        start, end = (np.array([lo]), np.array([hi])) if grid is None else grid.spans()
        parts.append(Spans(np.full(len(start), g), start, end).clip(lo, hi))
    return merge(concat(*parts))


def _left_out(setting: Setting) -> Spans | None:
    """Time that a clause leaves out, or hours closed: slices that begin there are not counted, not even as empty."""
    parts = [flatten(time_of(setting.judged, rule, World())) for rule in setting.rules
             if rule.effect == "leave_out" and rule.where is None and rule.during is not None]
    return merge(concat(*parts)) if parts else None


# ---- figures --------------------------------------------------------------------------------------------------------


def _figures(setting: Setting, rows: Rows, out: Spans | None, taken: dict[str, I64]) -> list[Figure]:
    n_cells = setting.n_cells
    counts = np.bincount(rows.cell, minlength=n_cells).tolist()
    open_ = ~rows.sure | (rows.good != rows.good_most) if _is_ratio(setting.plan) else ~rows.sure
    undecided = np.bincount(rows.cell[open_], minlength=n_cells).tolist()
    gone = np.zeros(n_cells, np.int64)
    for positions in taken.values():
        gone += np.bincount(setting.rows.cell[positions], minlength=n_cells)
    unknown = _unknown_us(setting)
    ends = _ends(setting, rows, out)
    figures = []
    for i, (low, high, detail) in enumerate(ends):
        # one reading may find nothing to measure where the other does: what can be said is the other
        known = [end for end in (low, high) if end is not None]
        figures.append(Figure(min(known, default=None), max(known, default=None), n=counts[i], n_left_out=int(gone[i]),
                              undecided=undecided[i],
                              unknown_us=unknown[i % max(len(setting.spells), 1)], detail=detail))
    return figures


End = tuple[Fraction | None, Fraction | None, dict[str, int]]


def _ends(setting: Setting, rows: Rows, out: Spans | None) -> list[End]:
    plan = setting.plan
    if plan.slices is not None:
        found = sliced(plan, plan.slices, rows, setting.spells, setting.source.scale)
        closed = out
        if not setting.hours.is_always:
            lo, hi = setting.judged.states.view.lo, setting.judged.states.view.hi
            shut = complement(_open_time(setting.hours, len(setting.groups), lo, hi), len(setting.groups), lo, hi)
            closed = shut if out is None else merge(concat(shut, out))
        figures = slice_figures(plan, plan.slices, found, laid(plan.slices, setting.spells, len(setting.groups), closed))
        return [(f.low, f.high, f.detail) for f in figures]
    if _is_ratio(plan) and plan.statistic not in ("number", "sum"):
        return _ratio(rows, setting.n_cells)
    if plan.shape == "counts":
        return _totals(rows, setting.n_cells)
    return _statistic(setting, rows)


def _ratio(rows: Rows, n_cells: int) -> list[End]:
    """good ÷ total. A row that may count: for the low end only its bad part, for the high end only its good part."""
    sure = rows.sure
    columns = {
        "good": np.where(sure, rows.good, 0), "total": np.where(sure, rows.total, rows.total - rows.good),
        "good_most": rows.good_most, "total_most": np.where(sure, rows.total, rows.good_most),
    }
    sums = {name: ordered_by_cell(rows.cell, column, n_cells).sums() for name, column in columns.items()}
    ends: list[End] = []
    for good, total, good_most, total_most in zip(*sums.values(), strict=True):
        ends.append((Fraction(good, total) if total else None, Fraction(good_most, total_most) if total_most else None,
                     {"good": good, "total": total}))
    return ends


def _totals(rows: Rows, n_cells: int) -> list[End]:
    least, most = (ordered_by_cell(rows.cell, c, n_cells).sums() for c in (np.where(rows.sure, rows.total, 0), rows.total))
    return [(Fraction(a), Fraction(b), {"total": a}) for a, b in zip(least, most, strict=True)]


def _statistic(setting: Setting, rows: Rows) -> list[End]:
    plan, scale, n_cells = setting.plan, setting.source.scale, setting.n_cells
    unit = 1 if plan.statistic == "number" else scale
    sure = statistic(plan.statistic, rows.cell[rows.sure], rows.value[rows.sure], n_cells, plan.method)
    if rows.sure.all():
        return [(v / unit, v / unit, {"scale": scale}) if v is not None else (None, None, {}) for v in sure]
    ends: list[End] = []
    order = np.argsort(rows.cell, kind="stable")
    bounds = np.searchsorted(rows.cell[order], np.arange(n_cells + 1)).tolist()
    for i in range(n_cells):
        mine = order[bounds[i]:bounds[i + 1]]
        certain, open_ = rows.value[mine[rows.sure[mine]]], rows.value[mine[~rows.sure[mine]]]
        low, high = (_pushed(plan, certain, open_, up=up) for up in (False, True))
        ends.append((low / unit if low is not None else None, high / unit if high is not None else None, {"scale": scale}))
    return ends


def _pushed(plan: ValuesPlan, certain: I64, open_: I64, *, up: bool) -> Fraction | None:
    """The statistic with those undecided values that push it one way: exact, by taking the outermost first."""
    name = plan.statistic
    if not len(open_):
        return _one(plan, certain)
    if name == "number":
        return Fraction(len(certain) + (len(open_) if up else 0))
    if name == "sum":
        return Fraction(int(certain.sum()) + int(open_[(open_ > 0) if up else (open_ < 0)].sum()))
    outward: Sequence[int] = sorted(open_.tolist(), reverse=up)
    taken: list[int] = []
    now = _one(plan, certain)
    for value in outward:
        tried = _one(plan, np.append(certain, [*taken, value]))
        assert tried is not None
        if now is not None and (tried <= now if up else tried >= now) and percent_of(name) is None:
            break
        if now is not None and (value < now if up else value > now):
            break
        taken.append(value)
        now = tried if now is None else (max(now, tried) if up else min(now, tried))
        if not len(certain):
            break
    return now


def _one(plan: ValuesPlan, values: I64) -> Fraction | None:
    return statistic(plan.statistic, np.zeros(len(values), np.int64), values, 1, plan.method)[0]


def _unknown_us(setting: Setting) -> list[int]:
    """Time of each window that nobody watched, where somebody said what was."""
    if is_assumed(setting.context) or not len(setting.spells):
        return [0] * len(setting.spells)
    names = names_chosen(setting.plan.head.of, "series") if setting.plan.shape != "cases" else frozenset(("cases",))
    table = setting.source.table
    if names is None and table is not None and hasattr(table, "series"):
        names = frozenset(table.series.names[s] for s in np.unique(table.series.codes).tolist() if s >= 0)
    lo, hi = int(setting.spells.first.min()), int(setting.spells.last.max())
    gaps = unwatched(setting.context, table, names or frozenset(), lo, hi)
    lost = []
    for first, last in zip(setting.spells.first.tolist(), setting.spells.last.tolist(), strict=True):
        inside = np.minimum(gaps.end, last) - np.maximum(gaps.start, first)
        lost.append(int(np.maximum(inside, 0).sum()))
    return lost


# ---- the ledger -----------------------------------------------------------------------------------------------------


def segments(plan: ValuesPlan, context: Context, group: tuple[str, ...], window: int) -> Segments:
    """The facts of one figure in time order. ``counted_us`` holds what each adds to the figure's numerator: its good part of a
    ratio, its value of a statistic, the slice's value in 10⁻⁹ where the window is sliced; nothing for a fact left out.

    Raises ``KeyError`` where there is no such figure.
    """
    setting = _setting(plan, context)
    if group not in setting.groups.names or window not in setting.spells.index.tolist():
        raise KeyError((group, window))
    cell = setting.groups.names.index(group) * len(setting.spells) + setting.spells.index.tolist().index(window)
    kept, taken = setting.rows, dict[str, I64]()
    if setting.rules:
        kept, taken = excluded(setting.judged, setting.rules, plan, setting.source, setting.rows)
    if plan.slices is not None:
        found = sliced(plan, plan.slices, kept, setting.spells, setting.source.scale)
        mine = np.flatnonzero(found.cell == cell)
        end = found.start[mine] + plan.slices.each_us
        return Segments(group, found.start[mine], end, found.low[mine], np.zeros(len(mine), np.int8), ("",) * len(mine),
                        tuple(f"{n} facts" for n in found.n[mine].tolist()), ("",) * len(mine))
    rows = setting.rows
    clause = np.full(len(rows), -1, np.int64)
    effects = [r for r in setting.rules if r.name in taken]
    for j, rule in enumerate(effects):
        clause[taken[rule.name]] = j
    mine = np.flatnonzero(rows.cell == cell)
    mine = mine[np.argsort(rows.at[mine], kind="stable")]
    left_out = np.array([r.effect == "leave_out" for r in effects] + [False])
    gone = left_out[clause[mine]] & (clause[mine] >= 0)
    good = np.where(clause[mine] >= 0, rows.total[mine], rows.good[mine])
    counted = np.where(gone, 0, good if _is_ratio(plan) else rows.value[mine])
    sure = np.where(rows.sure[mine], WHY.index("counted"), WHY.index("unknown"))
    why = np.where(gone, WHY.index("excluded"), sure).astype(np.int8)
    named = tuple(effects[j].name if j >= 0 else "" for j in clause[mine].tolist())
    said = tuple(_named(setting.source, int(r)) for r in rows.row[mine].tolist())
    return Segments(group, rows.at[mine], rows.at[mine], counted, why, named, said, said)


def _named(source: Source, row: int) -> str:
    """A fact by its source and id, or by its position."""
    if source.table is None:
        return ""
    header, at = source.table.header, int(source.row[row])
    if header.ids is not None and header.ids.codes[at] >= 0:
        name: str = header.ids.names[header.ids.codes[at]]
        return name
    return f"row {int(header.seq[at]) + 1}"
