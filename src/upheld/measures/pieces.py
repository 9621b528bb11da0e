"""Pieces: the facts of one simple state, each with the span it attests, its result, and whether that is certain.

Law: a piece keeps its fact, so that exclusions can take facts out again and a ledger can name them. ``gaps`` is the time in which
nothing is known (nobody watched, a sensor was silent).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64, OPEN, Attribute, CaseEvents
from upheld.measures.groups import Groups, Table, carried, columns_of, forward_filled, relaxed
from upheld.measures.result import Context
from upheld.measures.sweep import NOTHING, Spans, at_least, complement, concat, merge
from upheld.measures.watched import names_chosen, unwatched
from upheld.plans.plan import Breached, CalendarState, EventState, IntervalState, RatioState, SampleState, StatusState
from upheld.plans.selector import EVERYTHING, Columns, Every, Key, OneOf, Selector, attributes_of, select
from upheld.values.exact import exact_number

__all__ = ["BILLION", "Pieces", "Simple", "View", "case_spans", "pieces_of", "ratio_of"]

Mask = NDArray[np.bool_]
BILLION = 10**9
"""A ratio of a slice is an integer in 10⁻⁹ (D5)."""
Simple = IntervalState | EventState | StatusState | SampleState | RatioState | CalendarState | Breached


@dataclass(frozen=True, slots=True)
class View:
    """From where a state is looked at: the results it may concern, which facts count (``of``; ``strict``: a fact that does not
    say what ``of`` asks is undecided even if none says it), and the span of time ``[lo, hi)``. With ``by_case`` each case is a
    result of its own.
    """

    context: Context
    groups: Groups
    lo: int
    hi: int
    of: Selector = EVERYTHING
    strict: bool = True
    by_case: bool = False


@dataclass(frozen=True, slots=True)
class Pieces:
    """One entry a piece. ``rows``: its fact in ``table`` (``firsts`` delimits them where a piece rests on several facts)."""

    spans: Spans
    sure: Mask
    rows: I64
    table: Table | None
    columns: Columns
    gaps: Spans
    scale: int = 1
    firsts: I64 | None = None

    def flags(self, of_rows: Mask) -> Mask:
        """A mask over the table's rows as a mask over pieces: a piece is chosen when all its facts are."""
        flagged = of_rows[self.rows]
        return flagged if self.firsts is None or not len(flagged) else np.logical_and.reduceat(flagged, self.firsts)


def pieces_of(view: View, rule: Simple) -> Pieces:
    """The pieces of a simple state."""
    match rule:
        case IntervalState():
            return _intervals(view, rule)
        case EventState():
            return _between_events(view, rule)
        case StatusState():
            return _statuses(view, rule)
        case SampleState():
            return _samples(view, rule)
        case RatioState():
            return _ratios(view, rule)
        case CalendarState(calendar):
            start, end = view.context.grid(calendar).spans()
        case Breached(commitment):
            spans = view.context.breached
            start, end = spans(commitment) if spans else (np.empty(0, np.int64), np.empty(0, np.int64))
    whole = _for_all(view, Spans(np.zeros(len(start), np.int64), start, end).clip(view.lo, view.hi))
    n = len(whole)
    return Pieces(whole, np.ones(n, np.bool_), np.zeros(n, np.int64), None, lambda _: None, NOTHING)


def _for_all(view: View, spans: Spans) -> Spans:
    """The spans of group 0, repeated for every result."""
    n = len(view.groups)
    if n == 1 or not len(spans):
        return spans
    group = np.repeat(np.arange(n), len(spans))
    return Spans(group, np.tile(spans.start, n), np.tile(spans.end, n), None, spans.merged)


def _chosen(view: View, columns: Columns, table: Table, where: Selector, same: tuple[str, ...]) -> tuple[I64, I64, Mask]:
    """``(rows, group, sure)`` of the facts that ``where`` and ``of`` choose, once for each result they may belong to."""
    yes, maybe = _of(view, columns, *select(where, columns, len(table)))
    rows = np.flatnonzero(yes | maybe)
    position, group, sure = _placed(view, columns, table, rows, yes[rows], same)
    return rows[position], group, sure


def _of(view: View, columns: Columns, yes: Mask, maybe: Mask) -> tuple[Mask, Mask]:
    if view.of == EVERYTHING:
        return yes, maybe
    of = view.of if view.strict else relaxed(view.of, carried(columns, sorted(attributes_of(view.of)), yes | maybe))
    mine, perhaps = select(of, columns, len(yes))
    sure = yes & mine
    return sure, (yes | maybe) & (mine | perhaps) & ~sure


def _placed(view: View, columns: Columns, table: Table, rows: I64, certain: Mask, same: tuple[str, ...]) -> tuple[I64, I64, Mask]:
    """``(position in rows, group, sure)``. ``same`` replaces ``for_each`` as what a fact and a result must share."""
    if table.header.disputed is not None:
        certain = certain & ~table.header.disputed[rows]
    if view.by_case:
        assert isinstance(table, CaseEvents)
        return np.arange(len(rows)), table.case[rows].astype(np.int64), certain
    chosen = np.zeros(len(table), np.bool_)
    chosen[rows] = True
    shared = frozenset(same or view.groups.axes)
    said = carried(columns, view.groups.axes, chosen) & shared
    position, group, sure = view.groups.assign(lambda a: columns(a) if a in shared else None, rows, said)
    return position, group, certain[position] & sure


def _all_gaps(view: View, table: Table | None, whats: frozenset[str]) -> Spans:
    return _for_all(view, unwatched(view.context, table, whats, view.lo, view.hi))


def _nothing(view: View, whats: frozenset[str]) -> Pieces:
    empty = np.empty(0, np.int64)
    return Pieces(NOTHING, np.empty(0, np.bool_), empty, None, lambda _: None, _all_gaps(view, None, whats))


# ---- intervals ------------------------------------------------------------------------------------------------------


def _intervals(view: View, rule: IntervalState) -> Pieces:
    table = view.context.facts.intervals
    whats = names_chosen(rule.where, "kind") or frozenset()
    if table is None:
        return _nothing(view, whats)
    columns = columns_of(view.context.plan, table)
    rows, group, sure = _chosen(view, columns, table, rule.where, rule.same)
    if not whats:
        whats = frozenset(table.kind.names[k] for k in np.unique(table.kind.codes[rows]).tolist() if k >= 0)
    end = table.end[rows]
    end = np.where(end == OPEN, np.maximum(view.context.until, table.start[rows]), end)
    weight, scale = _weight(rule, table.weight, table.weight_scale, columns, rows)
    if weight is not None:
        sure = sure & (weight >= 0)
        weight = np.clip(np.where(weight < 0, scale, weight), 0, scale)    # a weight nobody says may be anything up to all
    spans = Spans(group, table.start[rows], end, weight)
    return Pieces(spans, sure, rows, table, columns, _all_gaps(view, table, whats), scale)


def _weight(rule: IntervalState, own: I64, own_scale: int, columns: Columns, rows: I64) -> tuple[I64 | None, int]:
    """The weights of the rows and their scale; -1 where a row does not say. None: every interval concerns the whole."""
    if rule.weight is None:
        return None, 1
    column = columns(rule.weight) if rule.weight else None
    if rule.weight == "" or (rule.weight == "weight" and column is None):
        return own[rows], own_scale              # no attribute is called so: the weight that sources map
    if column is None:
        return np.full(len(rows), -1, np.int64), 1
    numbers = [_share(name) for name in column.names]
    scale = 1
    for number in numbers:
        scale = _lcm(scale, number.denominator) if number is not None else scale
    table = np.array([*(-1 if x is None else int(x * scale) for x in numbers), -1], np.int64)
    return table[column.codes[rows]], scale


def _share(text: str) -> Fraction | None:
    number = exact_number(text.removesuffix("%"))
    return None if number is None else number / 100 if text.endswith("%") else number


def _lcm(a: int, b: int) -> int:
    return int(np.lcm(a, b))


# ---- events and statuses of cases -----------------------------------------------------------------------------------


def _said_so_far(view: View, events: CaseEvents) -> Columns:
    filled: dict[str, Attribute | None] = {}

    def raw(name: str) -> Attribute | None:
        if name not in filled:
            filled[name] = events.event if name == "event" else forward_filled(events, events.attributes.get(name))
        return filled[name]

    return columns_of(view.context.plan, events, raw)


def _between_events(view: View, rule: EventState) -> Pieces:
    """From a beginning to the next end in the same case; where both fall on one instant the end has the last word."""
    events = view.context.facts.events
    if events is None:
        return _nothing(view, frozenset(("cases",)))
    now = columns_of(view.context.plan, events)
    begin, maybe_begin = select(rule.begins, now, len(events))
    end, maybe_end = select(rule.ends, now, len(events))
    least = _latched(view, events, begin & ~(end | maybe_end), end | maybe_end)
    if not (maybe_begin | maybe_end).any():
        return _case_pieces(view, events, least)
    most = _latched(view, events, (begin | maybe_begin) & ~end, end)
    return _case_pieces(view, events, least, most)


def _latched(view: View, events: CaseEvents, on: Mask, off: Mask) -> tuple[I64, I64, I64]:
    """``(row, start, end)`` of each stretch: opened by the row, to the next row that turns it off, or to the horizon."""
    rows = np.flatnonzero(on | off)
    order = np.lexsort((off[rows], events.at[rows], events.case[rows]))
    rows = rows[order]
    case, at, opens = events.case[rows], events.at[rows], ~off[rows]
    known = at <= view.context.until
    rows, case, at, opens = rows[known], case[known], at[known], opens[known]
    fresh = np.append(True, case[1:] != case[:-1])[:len(case)]
    previous = np.append(False, opens[:-1])[:len(case)] & ~fresh
    begin = np.flatnonzero(opens & ~previous)
    # the stretch ends at the next row that is off, or where the case's rows end
    stop = np.flatnonzero(~opens)
    nxt = np.searchsorted(stop, begin)
    found = nxt < len(stop)
    closing = stop[np.minimum(nxt, max(len(stop) - 1, 0))] if len(stop) else np.zeros(len(begin), np.int64)
    same = found & (case[closing] == case[begin]) if len(stop) else np.zeros(len(begin), np.bool_)
    finish = np.where(same, at[closing] if len(stop) else 0, view.context.until)
    return rows[begin], at[begin], finish


def _case_pieces(view: View, events: CaseEvents, least: tuple[I64, I64, I64], most: tuple[I64, I64, I64] | None = None) -> Pieces:
    """Pieces of cases. ``most`` are the stretches if every undecided row counts: they come beside the sure ones, unsure."""
    columns = _said_so_far(view, events)
    yes, maybe = _of(view, columns, np.ones(len(events), np.bool_), np.zeros(len(events), np.bool_))
    spans: list[Spans] = []
    sure: list[Mask] = []
    all_rows: list[I64] = []
    for stretch in (least,) if most is None else (least, most):
        mine = np.flatnonzero((yes | maybe)[stretch[0]])
        row, start, end = (column[mine] for column in stretch)
        position, group, certain = _placed(view, columns, events, row, yes[row], ())
        spans.append(Spans(group, start[position], end[position]))
        sure.append(certain if len(sure) == 0 else np.zeros(len(certain), np.bool_))
        all_rows.append(row[position])
    gaps = NOTHING if view.by_case else _all_gaps(view, events, frozenset(("cases",)))
    return Pieces(concat(*spans), np.concatenate(sure), np.concatenate(all_rows), events, columns, gaps)


def _statuses(view: View, rule: StatusState) -> Pieces:
    """While what the case last said fulfils the selector: each row speaks until the case's next row, or the horizon."""
    events = view.context.facts.events
    if events is None:
        return _nothing(view, frozenset(("cases",)))
    columns = _said_so_far(view, events)
    yes, maybe = select(rule.where, columns, len(events))
    end = np.append(events.at[1:], view.context.until)
    last = events.bounds[1:][np.diff(events.bounds) > 0] - 1
    end[last] = view.context.until
    rows = np.flatnonzero(yes)
    least = rows, events.at[rows], np.minimum(end[rows], view.context.until)
    if not maybe.any():
        return _case_pieces(view, events, least)
    rows = np.flatnonzero(yes | maybe)
    return _case_pieces(view, events, least, (rows, events.at[rows], np.minimum(end[rows], view.context.until)))


def case_spans(context: Context, rule: EventState | StatusState, *, undecided: bool = False) -> Spans:
    """Merged spans of an event or status state with the case's code as group, up to the horizon; ``at_least`` is applied."""
    view = View(context, Groups((), ((),)), 0, context.until, by_case=True)
    pieces = pieces_of(view, rule)
    runs = merge(pieces.spans if undecided else pieces.spans.take(pieces.sure))
    return at_least(runs, rule.at_least_us)


# ---- samples and slices ---------------------------------------------------------------------------------------------


def _samples(view: View, rule: SampleState) -> Pieces:
    """A value holds until the next of its result, at most ``holds``; all else in ``[lo, hi)`` is unknown."""
    table = view.context.facts.samples
    if table is None or rule.series not in table.series.names:
        silent = complement(NOTHING, len(view.groups), view.lo, view.hi)     # whoever watched, no reading says anything
        return replace(_nothing(view, frozenset((rule.series,))), gaps=silent)
    columns = columns_of(view.context.plan, table)
    series = table.series.names.index(rule.series)
    rows, group, sure = _chosen(view, columns, table, Every((Key("series", OneOf((rule.series,))), rule.where)), rule.same)
    order = np.lexsort((table.header.seq[rows], table.at[rows], group))
    rows, group, sure = rows[order], group[order], sure[order]
    at = table.at[rows]
    following = np.append(group[1:] == group[:-1], False)[:len(at)]
    end = np.minimum(at + rule.holds_us, max(view.context.until, view.lo))
    end = np.where(following, np.minimum(end, np.append(at[1:], 0)[:len(at)]), end)
    meets = rule.value.mask(table.value[rows], table.scales[series])
    held = Spans(group, at, end)
    gaps = complement(held.take(end > at).clip(view.lo, view.hi), len(view.groups), view.lo, view.hi)
    shown = (meets | ~sure) & (end > at)       # an uncertain reading leaves open what held while it stood
    return Pieces(held.take(shown), sure[shown], rows[shown], table, columns, gaps)


def _ratios(view: View, rule: RatioState) -> Pieces:
    """Slices whose bad share meets the condition. A slice without any count is down for nobody; unwatched ones are unknown."""
    table = view.context.facts.counts
    if table is None or rule.series not in table.series.names:
        return _nothing(view, frozenset((rule.series,)))
    columns = columns_of(view.context.plan, table)
    rows, group, sure = _chosen(view, columns, table, Every((Key("series", OneOf((rule.series,))), rule.where)), rule.same)
    sure = sure & (table.good[rows] >= 0)
    slot = table.start[rows] // rule.each_us
    long = table.end[rows] - table.start[rows] > rule.each_us
    if long.any():
        # a count longer than the slice says the same of every slice it covers: its ratio is all that is known of them
        covered = np.where(long, (table.end[rows] - 1) // rule.each_us - slot + 1, 1)
        place = np.arange(int(covered.sum())) - np.repeat(np.cumsum(covered) - covered, covered)
        rows, group, sure = np.repeat(rows, covered), np.repeat(group, covered), np.repeat(sure, covered)
        slot = np.repeat(slot, covered) + place
    order = np.lexsort((slot, group))
    rows, group, slot, sure = rows[order], group[order], slot[order], sure[order]
    first = np.flatnonzero(np.append(True, (group[1:] != group[:-1]) | (slot[1:] != slot[:-1]))[:len(rows)])
    if not len(rows):
        return _nothing(view, frozenset((rule.series,)))
    total = np.add.reduceat(table.total[rows], first)
    good = np.add.reduceat(np.maximum(table.good[rows], 0), first)
    certain = np.logical_and.reduceat(sure, first)
    bad = (total > 0) & (total >= rule.sample) & rule.value.mask(ratio_of(total - good, np.maximum(total, 1)), BILLION)
    shown = np.flatnonzero(bad | ~certain)
    start = slot[first[shown]] * rule.each_us
    spans = Spans(group[first[shown]], start, start + rule.each_us)
    sizes = np.diff(np.append(first, len(rows)))[shown]
    bounds = np.cumsum(sizes) - sizes
    of_slices = np.repeat(first[shown] - bounds, sizes) + np.arange(int(sizes.sum()))
    gaps = _all_gaps(view, table, frozenset((rule.series,)))
    return Pieces(spans, certain[shown], rows[of_slices], table, columns, gaps, firsts=bounds)


def ratio_of(part: I64, whole: I64) -> I64:
    """i64[n]: ``part / whole`` in 10⁻⁹, half up (D5); parts and wholes below 4 × 10⁹ in one step, larger ones exactly too."""
    if len(part) and max(int(np.abs(part).max()), int(whole.max())) < 4_000_000_000:
        return (2 * BILLION * part + whole) // (2 * whole)
    exact = [(2 * BILLION * int(p) + int(w)) // (2 * int(w)) for p, w in zip(part.tolist(), whole.tolist(), strict=True)]
    return np.array(exact, np.int64)
