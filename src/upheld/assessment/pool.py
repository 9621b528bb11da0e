"""Pool: one figure of a window in which cases of several versions are counted (ARCHITECTURE D14).

Law: each case is judged by its own version, the window by the version whose window it is: the counts add exactly, and the target is
the window's. What does not add (a percentile, a part of the promise that the window's version does not have) stays a row of its own,
under its own version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from upheld.calendars.windows import Windows
from upheld.measures.clock_windows import EVERY_CASE, ends_of, part_keys, part_rows
from upheld.measures.result import Figure, Measured, Part
from upheld.measures.versions import Versions, pieces
from upheld.plans.plan import ClockPlan

__all__ = ["aligned", "pooled"]

Place = tuple[tuple[str, ...], int]


def aligned(found: Sequence[Measured]) -> tuple[Measured, ...]:
    """The same figures with windows numbered alike, so that equal numbers are equal windows. All share one window rule."""
    first = found[0].windows
    if all(len(m.windows) == len(first) and bool((m.windows.start == first.start).all()) for m in found):
        return tuple(found)
    every: dict[tuple[int, int], tuple[int, int, str]] = {}
    for m in found:
        w = m.windows
        for i in range(len(w)):
            every[int(w.end[i]), int(w.start[i])] = (int(w.in_force_start[i]), int(w.in_force_end[i]), w.label[i])
    keys = sorted(every)
    number = {key: i for i, key in enumerate(keys)}
    columns = np.array([(key[1], key[0], *every[key][:2]) for key in keys], np.int64).reshape(-1, 4).T
    whole = Windows(columns[0], columns[1], columns[2], columns[3], tuple(every[key][2] for key in keys))
    moved = []
    for m in found:
        own = [number[int(e), int(s)] for s, e in zip(m.windows.start, m.windows.end, strict=True)]
        moved.append(replace(m, windows=whole, parts=tuple(replace(p, window=own[p.window]) for p in m.parts)))
    return tuple(moved)


def pooled(clauses: Sequence[ClockPlan], versions: Sequence[Versions], found: Sequence[Measured]) -> tuple[Measured, ...]:
    """The figures of each version of one clock, in order, the parts moved to the version that judges their window."""
    laid = found[0].windows
    owners: dict[int, list[int]] = {}
    for own, version in enumerate(versions):
        mine, _, _ = pieces(version, laid.in_force_start, laid.in_force_end)
        for w in np.flatnonzero(mine).tolist():
            owners.setdefault(w, []).append(own)
    keys = [part_keys(clause) for clause in clauses]
    number = [{row.label: i for i, row in enumerate(part_rows(clause)[0])} for clause in clauses]
    kept: list[list[Part]] = [[] for _ in found]
    gathered: dict[tuple[int, Place, int], list[Part]] = {}
    for own, measured in enumerate(found):
        for part in measured.parts:
            judges = owners.get(part.window, [own])
            judge = own if len(judges) > 1 or own in judges else judges[0]
            key = keys[own][number[own][part.label]]
            if key in keys[judge]:
                gathered.setdefault((judge, (part.group, part.window), keys[judge].index(key)), []).append(part)
            else:
                kept[own].append(part)
    for (judge, _, index), parts in gathered.items():
        one = _sum_of(clauses[judge], index, parts)
        if one is None:
            for own, measured in enumerate(found):
                kept[own] += [p for p in parts if any(p is q for q in measured.parts)]
        else:
            kept[judge].append(one)
    return tuple(replace(m, parts=_ordered(parts, c)) for m, parts, c in zip(found, kept, clauses, strict=True))


def _ordered(parts: Sequence[Part], clause: ClockPlan) -> tuple[Part, ...]:
    """In the order of result, window and part, without the empty ones where something was measured after all."""
    filled = {(p.group, p.window) for p in parts if not _empty(p)}
    number = {row.label: i for i, row in enumerate(part_rows(clause)[0])}
    listed = [p for p in parts if not _empty(p) or (p.group, p.window) not in filled]
    return tuple(sorted(listed, key=lambda p: (p.group, p.window, number.get(p.label, len(number)))))


def _empty(part: Part) -> bool:
    return all(not (f.n or f.n_left_out or f.pending or f.no_promise or f.undecided) for f in (part.agreed, part.bare))


def _sum_of(clause: ClockPlan, index: int, parts: Sequence[Part]) -> Part | None:
    """The parts as one, judged as the clause's own part ``index``; None where their figures do not add."""
    if len(parts) == 1 and parts[0].label == part_rows(clause)[0][index].label:
        return parts[0]
    agreed, bare = _added(clause.value, [p.agreed for p in parts]), _added(clause.value, [p.bare for p in parts])
    if agreed is None or bare is None:
        return None
    row = part_rows(clause)[0][index]
    target = row.target(agreed.n)
    if target is None and clause.head.target is None and clause.value == "share":
        target = EVERY_CASE
    return Part(parts[0].group, parts[0].window, agreed, bare, row.label, target, row.within, any(p.provisional for p in parts))


def _added(value: str, figures: Sequence[Figure]) -> Figure | None:
    some = [f for f in figures if f.low is not None and f.high is not None]
    low: Fraction | None = None
    high: Fraction | None = None
    detail = _sums([f.detail for f in figures])
    if value == "share":
        ends = [sum(c) for c in zip(*(ends_of(f) for f in figures), strict=True)]
        low = Fraction(ends[0], ends[1]) if ends[1] else None
        high = Fraction(ends[2], ends[3]) if ends[3] else low
        low = low if low is not None else high
        if low != high:
            detail = {**detail, **dict(zip(("low_met", "low_total", "high_met", "high_total"), ends, strict=True))}
    elif value == "number":
        low, high = (sum((getattr(f, end) for f in some), Fraction(0)) for end in ("low", "high"))
    elif len(some) == 1:
        low, high = some[0].low, some[0].high
    elif value == "longest" and some:
        low, high = (max(getattr(f, end) for f in some) for end in ("low", "high"))
    elif value == "mean" and all(f.low == f.high for f in some) and some:
        low = high = sum((f.low * f.n for f in some if f.low is not None), Fraction(0)) / sum(f.n for f in some)
    elif some:
        return None
    n, left, pending, idle, undecided = (
        sum(getattr(f, name) for f in figures) for name in ("n", "n_left_out", "pending", "no_promise", "undecided"))
    return Figure(low, high, n, left, pending, idle, undecided, max(f.unknown_us for f in figures),
                  _sums([f.left_out_us for f in figures]), detail)


def _sums(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = dict.fromkeys(name for c in counts for name in c)
    return {name: sum(c.get(name, 0) for c in counts) for name in names}
