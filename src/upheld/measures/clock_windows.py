"""Windows of a clock: outcomes counted into the parts of a figure.

Law: with ``counted: decided`` every case is in exactly one window: that of the earlier of its valid stop and its due instant.
What is not decided is pending: listed in the window of the horizon, never counted. A row of the promise with shares, and each share in
it, is a part of its own and the commitment holds only if every part does; rows with a bare duration are one part together, judged
by the commitment's target (none: every case must be in time). What is not sure is counted both ways: the ends of the figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.windows import Windows
from upheld.facts.tables import I64
from upheld.measures.clock_outcomes import MET, MISSED, NO_PROMISE, PENDING, UNKNOWN, CaseOutcomes
from upheld.measures.result import Figure, Part
from upheld.plans.plan import ClockPlan, Share, Within
from upheld.values.condition import Comparison, Condition

__all__ = ["EVERY_CASE", "Counted", "PartRow", "counted_at", "ends_of", "figures", "part_keys", "part_rows", "parts"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of the promise: its label, its own duration (None where several rows share the part) and its share."""

    label: str
    within: Within | None
    share: Share | None

    def target(self, n: int) -> Condition | None:
        """The part's own target among ``n`` cases; None: the commitment's."""
        if self.share is None or (self.share.least is None and self.share.all_but is None):
            return None
        if self.share.least is not None:
            least = self.share.least
            return Condition(((Comparison(">=", least.numerator, least.denominator),),), "share", f">= {_percent(least)}")
        spare = self.share.all_but or 0
        return Condition(((Comparison(">=", max(n - spare, 0), max(n, 1)),),), "share", f"all but {spare}")


EVERY_CASE = Condition(((Comparison(">=", 1),),), "share", ">= 100%")


def part_rows(clause: ClockPlan) -> tuple[tuple[PartRow, ...], NDArray[np.int64]]:
    """``(parts, of)``: ``of[leaf, level]`` is the part of a row and share, -1 for none; the last row serves leaf -1.

    A clock whose value is a statistic has one part: durations of all cases together.
    """
    leaves = clause.within.leaves
    most = max((len(p) for p in leaves if p is not None), default=1)
    of = np.full((len(leaves) + 1, max(most, 1)), -1)
    if clause.value != "share":
        of[:, 0] = 0
        return (PartRow("", None, None),), of
    rows: list[PartRow] = []
    bare: list[int] = []
    for leaf, promise in enumerate(leaves):
        if promise is not None and any(_is_bare(s) for s in promise):
            bare.append(leaf)
    if bare or all(p is None for p in leaves):
        only = leaves[bare[0]] if len(bare) == 1 else None
        rows.append(PartRow("", only[0].within if only is not None and len(only) == 1 else None, None))
    for leaf, promise in enumerate(leaves):
        for level, share in enumerate(promise or ()):
            if _is_bare(share):
                of[leaf, level] = 0
            else:
                of[leaf, level] = len(rows)
                rows.append(PartRow(_label(clause.within.labels[leaf], share), share.within, share))
    return tuple(rows), of


def part_keys(clause: ClockPlan) -> tuple[tuple[str, int], ...]:
    """What names each part of ``part_rows`` whatever its durations and shares: the row of the promise and the place in it."""
    rows, of = part_rows(clause)
    keys = [("", 0)] * len(rows)
    for leaf, promise in enumerate(clause.within.leaves):
        for level, share in enumerate(promise or ()):
            if clause.value == "share" and not _is_bare(share):
                keys[of[leaf, level]] = (clause.within.labels[leaf], level)
    return tuple(keys)


def ends_of(figure: Figure) -> tuple[int, int, int, int]:
    """``(met, of, met, of)``: the cases that the lower and the upper end of a share were divided from."""
    d = figure.detail
    met, total = d.get("met", 0), d.get("total", 0)
    return d.get("low_met", met), d.get("low_total", total), d.get("high_met", met), d.get("high_total", total)


def _is_bare(share: Share) -> bool:
    return share.least is None and share.all_but is None


def _label(row: str, share: Share) -> str:
    what = _percent(share.least) if share.least is not None else f"all but {share.all_but}"
    text = f"{what} in {share.within.text}" if share.within.text else what
    return f"{row}: {text}" if row else text


def _percent(share: Fraction) -> str:
    value = share * 100
    if value.denominator == 1:
        return f"{value.numerator}%"
    digits = 0
    while (value * 10**digits).denominator != 1 and digits < 12:
        digits += 1
    scaled = int(value * 10**digits)
    return f"{scaled // 10**digits}.{scaled % 10**digits:0{digits}d}%"


@dataclass(frozen=True, slots=True)
class Counted:
    """Outcomes as members of results: ``row`` into the outcomes, the ``group`` each belongs to, and how surely.

    ``belongs``: certainly in scope; ``sure``: and certainly not left out; ``good``/``maybe_good``: an exclusion counts it as met;
    ``left``: taken out for certain.
    """

    outcomes: CaseOutcomes
    row: I64
    group: I64
    belongs: Mask
    sure: Mask
    good: Mask
    maybe_good: Mask
    left: Mask


def counted_at(clause: ClockPlan, outcomes: CaseOutcomes, until: int) -> I64:
    """i64: the instant by which each outcome finds its window; what is not decided stands at the horizon."""
    decided, known = outcomes.decided
    started = np.minimum(outcomes.start, until)
    match clause.counted:
        case "started":
            return started
        case "stopped":
            return np.where(outcomes.has_stop, outcomes.stop, until)
        case "decided":
            idle = outcomes.verdict == NO_PROMISE
            at = np.where(known, decided, until)
            return np.where(idle, np.where(outcomes.has_stop, outcomes.stop, started), at)


def figures(clause: ClockPlan, counted: Counted, part: I64, window: I64, n_parts: int, n_windows: int) -> dict[tuple[int, int, int], Figure]:
    """The figure of each (group, window, part) that has at least one case. ``part`` and ``window`` go with ``counted.row``.

    A part of -1 (no promise) counts under every part that its result has, or alone under part 0.
    """
    verdict = counted.outcomes.verdict[counted.row]
    undecided = (verdict == PENDING) | ((clause.counted == "stopped") & ~counted.outcomes.has_stop[counted.row])
    met = (verdict == MET) | counted.good
    missed = (verdict == MISSED) & ~counted.good
    either = ((missed & counted.maybe_good) | (verdict == UNKNOWN)) & ~counted.good
    missed &= ~either
    idle = (verdict == NO_PROMISE) & (clause.value == "share") & counted.belongs
    taken = counted.left                                  # a duty that ended (LEFT_OUT by itself) is no case at all
    statistic = clause.value not in ("share", "number")
    if clause.value != "share":
        met |= (verdict == NO_PROMISE) & counted.outcomes.has_stop[counted.row]
        undecided |= (verdict == NO_PROMISE) & ~counted.outcomes.has_stop[counted.row]
    if statistic:
        undecided |= missed & ~counted.outcomes.has_stop[counted.row]
    kinds = [taken, undecided, idle,
             met & counted.sure, missed & counted.sure, either & counted.sure,
             met & ~counted.sure, missed & ~counted.sure, either & ~counted.sure]
    kind = np.select(kinds, list(range(len(kinds))), default=len(kinds))
    kept = (window >= 0) & (kind < len(kinds))
    key = (counted.group * n_windows + window) * n_parts + np.maximum(part, 0)
    cells = np.bincount((key * len(kinds) + kind)[kept], minlength=0)
    cells = np.append(cells, np.zeros(-len(cells) % len(kinds), np.int64)).reshape(-1, len(kinds))
    used = np.flatnonzero(cells.any(axis=1))
    values = _elapsed_by_key(counted, key, kept & (kind >= 3)) if statistic else {}
    unsure = _cases_unsure(counted, key, np.flatnonzero(kept & (kind >= 6)))
    found: dict[tuple[int, int, int], Figure] = {}
    for cell in used.tolist():
        counts = cells[cell].tolist()
        place = (cell // (n_parts * n_windows), cell // n_parts % n_windows, cell % n_parts)
        found[place] = _figure(clause.value, counts, values.get(cell, ([], [])), unsure.get(cell, 0))
    return found


def _cases_unsure(counted: Counted, key: I64, rows: I64) -> dict[int, int]:
    """How many cases of each key may or may not be its members: a case that could be under two rows of the promise is one case."""
    if not len(rows):
        return {}
    of = counted.row[rows]
    found = np.unique(np.stack([key[rows], counted.outcomes.case[of], counted.outcomes.cycle[of]]), axis=1)[0]
    keys, n = np.unique(found, return_counts=True)
    return dict(zip(keys.tolist(), n.tolist(), strict=True))


def _figure(value: str, counts: Sequence[int], elapsed: tuple[list[int], list[int]], unsure: int) -> Figure:
    left, pending, idle, met, missed, either, maybe_met, maybe_missed, maybe_either = counts
    n = met + missed + either
    maybe = maybe_met + maybe_missed + maybe_either
    low: Fraction | None
    high: Fraction | None
    ends: dict[str, int] = {}
    if value == "share":
        low = _share(met, n + maybe_missed + maybe_either)
        high = _share(met + either + maybe_met + maybe_either, n + maybe_met + maybe_either)
        low, high = (low if low is not None else high), (high if high is not None else low)
        if either or maybe:
            ends = {"low_met": met, "low_total": n + maybe_missed + maybe_either,
                    "high_met": met + either + maybe_met + maybe_either, "high_total": n + maybe_met + maybe_either}
    elif value == "number":
        low, high = Fraction(n), Fraction(n + maybe)
    else:
        low, high = _statistic(value, *elapsed)
    detail = {"met": met, "missed": missed, "good": met, "total": n, **ends}
    return Figure(low, high, n=n, n_left_out=left, pending=pending, no_promise=idle, undecided=either + unsure, detail=detail)


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def _elapsed_by_key(counted: Counted, key: I64, chosen: Mask) -> dict[int, tuple[list[int], list[int]]]:
    """The elapsed times of each key: those of sure members, and of members that may be."""
    rows = np.flatnonzero(chosen)
    if not len(rows):
        return {}
    rows = rows[np.lexsort((counted.outcomes.elapsed_us[counted.row[rows]], key[rows]))]
    keys = key[rows]
    edges = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    found = {}
    for first, beyond in zip(edges.tolist(), [*edges[1:].tolist(), len(rows)], strict=True):
        mine = rows[first:beyond]
        elapsed, sure = counted.outcomes.elapsed_us[counted.row[mine]], counted.sure[mine]
        found[int(keys[first])] = (elapsed[sure].tolist(), elapsed[~sure].tolist())
    return found


def _statistic(value: str, sure: list[int], maybe: list[int]) -> tuple[Fraction | None, Fraction | None]:
    """The statistic of the sure ones, and its ends if each of the others may or may not be among them."""
    if not maybe:
        only = _of(value, sure)
        return only, only
    lowest, highest = [], []
    for few in range(len(maybe) + 1):
        lowest.append(_of(value, sorted(sure + maybe[:few])))
        highest.append(_of(value, sorted(sure + maybe[len(maybe) - few:])))
    lows, highs = [v for v in lowest if v is not None], [v for v in highest if v is not None]
    return min(lows), max(highs)


def _of(value: str, ordered: list[int]) -> Fraction | None:
    n = len(ordered)
    if not n:
        return None
    match value:
        case "longest":
            return Fraction(ordered[-1])
        case "mean":
            return Fraction(sum(ordered), n)
        case "median":
            return Fraction(ordered[(n - 1) // 2] + ordered[n // 2], 2)
        case _:
            rank = Fraction(value.removeprefix("p")) / 100 * n            # nearest rank: the smallest value that covers p %
            return Fraction(ordered[max(-(-rank.numerator // rank.denominator), 1) - 1])


def parts(clause: ClockPlan, laid: Windows, agreed: dict[tuple[int, int, int], Figure], bare: dict[tuple[int, int, int], Figure],
          rows: tuple[PartRow, ...], groups: tuple[tuple[str, ...], ...], asked: frozenset[int], until: int) -> tuple[Part, ...]:
    """All parts in (group, window, part) order; a window in ``asked`` with nothing in it has one empty part a group."""
    nothing = Figure(Fraction(0), Fraction(0)) if clause.value == "number" else Figure(None, None)
    places = set(agreed) | set(bare)
    filled = {(g, w) for g, w, _ in places}
    places |= {(g, w, 0) for g in range(len(groups)) for w in asked if (g, w) not in filled}
    found: list[Part] = []
    for g, w, p in sorted(places):
        figure = agreed.get((g, w, p), nothing)
        row = rows[p]
        target = row.target(figure.n)
        if target is None and clause.head.target is None and clause.value == "share":
            target = EVERY_CASE
        provisional = int(laid.end[w]) > until or figure.pending > 0
        found.append(Part(groups[g], w, figure, bare.get((g, w, p), nothing), row.label, target, row.within, provisional))
    return tuple(found)
