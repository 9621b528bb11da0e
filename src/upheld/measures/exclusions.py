"""Exclusions of time (LANGUAGE §3): what leaves both sides, what counts as good, what only the credit forgets.

Law: clauses apply in the order they are agreed; each instant belongs to the first that takes it, so the parts add up. ``where``
takes facts out (another fact that still attests the state keeps the time down), ``while`` takes time. A clause whose notice was
late, or whose approval was not given in time, takes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.deadlines import date_deadline
from upheld.calendars.grid import Grid
from upheld.calendars.windows import Windows, windows
from upheld.facts.tables import I64, OPEN
from upheld.measures.hours import Hours, grid_of
from upheld.measures.pieces import Pieces
from upheld.measures.result import Context
from upheld.measures.states import Cut, States, World
from upheld.measures.sweep import Spans, flatten, intersect, subtract, sweep
from upheld.plans.plan import ExclusionRule, Within
from upheld.plans.selector import select

__all__ = ["GIVEN", "REFUSED", "Clause", "Judged", "accepted", "approval_deadlines", "clauses_of", "noticed", "spend", "time_of"]

Mask = NDArray[np.bool_]
GIVEN = ("approved", "approval", "accepted")
REFUSED = ("rejected", "rejection", "refused")


@dataclass(frozen=True, slots=True)
class Clause:
    """One exclusion, ready to be swept, for one reading of what is undecided.

    ``time``: the merged spans it takes (``while``). ``attested``: for ``where``, the state by the facts left after this clause
    and all before it; time that the clause before still attested and this one does not is what it takes.
    """

    rule: ExclusionRule
    time: Spans | None = None
    attested: Spans | None = None
    takes: Callable[[Pieces], Mask] | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What clauses are judged by: the states of the excluding side, the hours, and the commitment's windows."""

    context: Context
    states: States
    hours: Hours
    windows: Windows


def clauses_of(judged: Judged, down: States, name: str, rules: tuple[ExclusionRule, ...], world: World, *,
               undecided: bool) -> tuple[Clause, ...]:
    """The clauses for the state ``name`` of the measured side in one world; ``undecided``: facts that may be meant are taken."""
    found: list[Clause] = []
    cuts: list[Cut] = []
    attested = flatten(down.hold(name, world))
    for rule in rules:
        time = time_of(judged, rule, World(undecided=undecided)) if rule.during is not None else None
        if rule.where is None:
            found.append(Clause(rule, time=time))
            continue
        takes = _taker(judged, rule, undecided=undecided)
        cut = Cut(takes, time)
        if rule.allowance_us is not None:
            rest = down.attested(name, world, [*cuts, cut])
            cut = Cut(takes, spend(judged, rule, subtract(attested, flatten(rest))))
        cuts.append(cut)
        left = down.attested(name, world, cuts)
        attested = flatten(left)
        found.append(Clause(rule, attested=left, takes=takes))
    return tuple(found)


def _taker(judged: Judged, rule: ExclusionRule, *, undecided: bool) -> Callable[[Pieces], Mask]:
    """Which pieces of the measured state a ``where`` takes out: chosen, announced in time, approved."""

    def takes(pieces: Pieces) -> Mask:
        if pieces.table is None or rule.where is None:
            return np.zeros(len(pieces.spans), np.bool_)
        yes, maybe = select(rule.where, pieces.columns, len(pieces.table))
        return pieces.flags(yes | maybe if undecided else yes) & _in_order(judged, rule, pieces)

    return takes


def time_of(judged: Judged, rule: ExclusionRule, world: World) -> Spans:
    """The time of a ``while``, merged: by the facts announced and approved as agreed, as far as the allowance goes.

    With ``where`` beside it notice, approval and allowance are about the facts taken out, not about this time.
    """
    assert rule.during is not None
    held = flatten(judged.states.hold(rule.during, world))
    if rule.where is not None:
        return held
    if rule.notice is not None or rule.needs is not None:
        cut = Cut(lambda pieces: ~_in_order(judged, rule, pieces))
        held = intersect(held, flatten(judged.states.attested(rule.during, world, [cut])))
    return spend(judged, rule, held)


def _in_order(judged: Judged, rule: ExclusionRule, pieces: Pieces) -> Mask:
    fine = np.ones(len(pieces.spans), np.bool_)
    if rule.notice is not None:
        fine &= noticed(judged, rule.notice, pieces)
    if rule.needs is not None:
        fine &= accepted(judged, rule, pieces)
    return fine


# ---- notice ---------------------------------------------------------------------------------------------------------


def noticed(judged: Judged, notice: Within, pieces: Pieces) -> Mask:
    """bool[n]: whether each piece was known at least ``notice`` before it began. Pieces that rest on no fact need none."""
    n = len(pieces.spans)
    if pieces.table is None or not n:
        return np.ones(n, np.bool_)
    rows = pieces.rows if pieces.firsts is None else pieces.rows[pieces.firsts]
    told = pieces.table.header.known_at[rows]
    start = pieces.spans.start
    if notice.unit == "time":
        grids = _calendar(judged, notice)
        before = np.minimum(told, start)
        if not notice.calendar:
            known = np.maximum(before, _earliest(judged.hours.grids))
            return judged.hours.work(pieces.spans.group, start) - judged.hours.work(pieces.spans.group, known) >= notice.amount
        if grids is None:
            return start - told >= notice.amount
        return grids.work(start) - grids.work(np.maximum(before, grids.lo)) >= notice.amount
    grid = judged.context.grid(notice.calendar or _first_name(judged.hours))
    told = np.clip(told, grid.lo, grid.hi)
    fine = told <= start
    fine[fine] = date_deadline(grid, told[fine], notice.unit, notice.amount, notice.at, "close") <= start[fine]
    return fine


def _first_name(hours: Hours) -> str:
    return hours.names[0] if hours.names else "always"


def _earliest(grids: tuple[Grid | None, ...]) -> int:
    return max((g.lo for g in grids if g is not None), default=-(2**62))


def _calendar(judged: Judged, within: Within) -> Grid | None:
    return grid_of(judged.context, within.calendar) if within.calendar else None


# ---- approval -------------------------------------------------------------------------------------------------------


def accepted(judged: Judged, rule: ExclusionRule, pieces: Pieces) -> Mask:
    """bool[n]: whether every party asked had approved each piece by its deadline; the last word of each party counts.

    A declaration is about a fact (its id) or about the exclusion by name. With ``until`` what comes later has lapsed.
    """
    n = len(pieces.spans)
    said = judged.context.facts.declarations
    if said is None or not n:
        return np.zeros(n, np.bool_)
    parties = ("provider", "customer") if rule.needs == "both" else (rule.needs or "",)
    deadline = approval_deadlines(judged, rule, pieces)
    ids = pieces.table.header.ids if pieces.table is not None else None
    rows = pieces.rows if pieces.firsts is None else pieces.rows[pieces.firsts]
    fine = np.ones(n, np.bool_)
    order = np.argsort(said.at, kind="stable")
    for party in parties:
        agreed = np.zeros(n, np.bool_)
        for i in order.tolist():
            kind, about, actor = (c.names[c.codes[i]] if c.codes[i] >= 0 else "" for c in (said.kind, said.about, said.actor))
            if actor != party or kind not in GIVEN + REFUSED:
                continue
            if about == rule.name:
                meant = np.ones(n, np.bool_)
            elif ids is not None and about in ids.names:
                meant = ids.codes[rows] == ids.names.index(about)
            else:
                continue
            meant &= said.at[i] <= deadline
            agreed[meant] = kind in GIVEN
        fine &= agreed
    return fine


def approval_deadlines(judged: Judged, rule: ExclusionRule, pieces: Pieces) -> I64:
    """Until when each piece could be approved: ``until`` after the window it ends in, else for ever. What was said after the cut
    is not among the facts; what was said after the watching ended (the statement of a month is signed in the next) still counts.
    """
    n = len(pieces.spans)
    if rule.until is None or not len(judged.windows.end):
        return np.full(n, OPEN)
    window = np.searchsorted(judged.windows.end, pieces.spans.end, side="left")
    result = np.full(n, OPEN)
    ending = window < len(judged.windows.end)
    if not ending.any():
        return result
    # only the windows that are asked for: the last ones laid reach to the end of the calendar, and their deadlines beyond it
    asked, place = np.unique(window[ending], return_inverse=True)
    ends, until = judged.windows.end[asked], rule.until
    grid = judged.context.grid(until.calendar or _first_name(judged.hours))
    if until.unit == "time":
        last = grid.due(ends, np.full(len(ends), until.amount))
    else:
        last = date_deadline(grid, ends, until.unit, until.amount, until.at, "close")
    result[ending] = last[place]
    return result


# ---- allowance ------------------------------------------------------------------------------------------------------


def spend(judged: Judged, rule: ExclusionRule, time: Spans) -> Spans:
    """The spans up to the allowance of each period, in time order, cut at the instant it is used up.

    Spent is open time of the commitment's hours, whether or not anything was down in it.
    """
    if rule.allowance_us is None or rule.allowance_per is None or not len(time):
        return time
    lo, hi = int(time.start.min()), int(time.end.max())
    periods = windows(rule.allowance_per, lo, hi, _in_force(judged.context, lo))
    cut = _split(time, periods)
    work = judged.hours.work
    amount = work(cut.group, cut.end) - work(cut.group, cut.start)
    window = np.searchsorted(periods.start, cut.start, side="right") - 1
    fresh = np.append(True, (cut.group[1:] != cut.group[:-1]) | (window[1:] != window[:-1]))[:len(cut)]
    running = np.cumsum(amount)
    first = np.maximum.accumulate(np.where(fresh, np.arange(len(cut)), 0))
    before = running - amount - (running - amount)[first]
    left = np.minimum(rule.allowance_us - before, amount)
    whole = left == amount
    end = cut.end.copy()
    part = np.flatnonzero(~whole & (left > 0))
    end[part] = judged.hours.due(cut.group[part], cut.start[part], left[part])
    end[left <= 0] = cut.start[left <= 0]
    end[whole] = cut.end[whole]
    keep = cut.start < end
    group, start, end = cut.group[keep], cut.start[keep], end[keep]
    swept = sweep([Spans(group, start, end)])
    return Spans(swept.group, swept.start, swept.end, None, merged=True)


def _split(time: Spans, periods: Windows) -> Spans:
    """The spans cut at the periods' bounds."""
    first = np.searchsorted(periods.start, time.start, side="right") - 1
    last = np.searchsorted(periods.start, time.end, side="left") - 1
    times = np.maximum(last - first, 0) + 1
    row = np.repeat(np.arange(len(time)), times)
    window = np.repeat(first, times) + np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    inside = np.clip(window, 0, len(periods.start) - 1)
    start = np.where(window > first[row], np.maximum(time.start[row], periods.start[inside]), time.start[row])
    end = np.where(window < last[row], np.minimum(time.end[row], periods.end[inside]), time.end[row])
    return Spans(time.group[row], start, end)


def _in_force(context: Context, lo: int) -> tuple[int, int | None]:
    """Allowances are counted over calendar periods, from the beginning of the agreement or of the facts, whichever is earlier."""
    return min(context.in_force[0], lo), None
