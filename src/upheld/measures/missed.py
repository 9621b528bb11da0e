"""The cases a clock missed, one entry each: in which result and window, by how much, and what the case says of itself.

Law: from the same outcomes as the figures. A case left out or counted as good by an exclusion is not missed; one whose
membership is not sure is listed as not sure, never dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from upheld.measures.clock import Worlds, members, windows_of
from upheld.measures.clock_outcomes import MISSED, CaseOutcomes
from upheld.measures.clock_reading import Points
from upheld.measures.clock_segments import case_name
from upheld.measures.clock_windows import part_rows
from upheld.measures.result import Context
from upheld.plans.plan import ClockPlan

__all__ = ["MissedCase", "missed_cases"]


@dataclass(frozen=True, slots=True)
class MissedCase:
    """One missed case under one part of its promise. Times µs UTC, ``over_us`` open time beyond the target (None: a date deadline).

    ``stop`` None: it still runs, and ``until`` (the horizon) stands in. ``says``: the attributes asked for, as read at its decision.
    """

    case: str
    group: tuple[str, ...]
    window_start: int
    part: str
    start: int
    due: int
    stop: int | None
    until: int
    over_us: int | None
    says: Mapping[str, str]
    sure: bool


def missed_cases(plan: ClockPlan, context: Context, attributes: frozenset[str] = frozenset(), *,
                 windows: frozenset[int] | None = None) -> tuple[MissedCase, ...]:
    """Every missed case of one version, in the order of window, start and name; ``windows``: only of those that begin then (µs UTC)."""
    world = Worlds(plan, context, attributes)
    table = world.table(agreed=True, lenient=False)
    found = table.outcomes
    laid, _ = windows_of(plan, context, [table], world)
    position, place = members(plan, context, table, laid)
    row = table.row[position]
    chosen = (found.verdict[row] == MISSED) & ~table.good[position] & ~table.left[position] & (place >= 0)
    if windows is not None:
        chosen &= np.isin(laid.start[np.maximum(place, 0)], list(windows)) if len(laid.start) else False
    rows, of = part_rows(plan)
    names = [r.label for r in rows]
    values = _said(world, table.outcomes, attributes)
    listed: list[MissedCase] = []
    for at in np.flatnonzero(chosen).tolist():
        p, r = int(position[at]), int(row[at])
        part = int(of[found.leaf[r], found.level[r]])
        due = int(found.due[r]) if found.has_due[r] else int(found.missed_at[r])
        listed.append(MissedCase(
            case=case_name(world.events, int(found.case[r]), plan), group=world.groups.names[int(table.group[p])],
            window_start=int(laid.start[int(place[at])]), part=names[max(part, 0)], start=int(found.start[r]), due=due,
            stop=int(found.stop[r]) if found.has_stop[r] else None, until=context.until,
            over_us=int(found.elapsed_us[r] - found.target_us[r]) if found.has_target[r] else None,
            says={name: texts[r] for name, texts in values.items() if texts[r]},
            sure=bool(table.sure[p] & ~table.maybe_good[p]),
        ))
    return tuple(sorted(listed, key=lambda m: (m.window_start, m.start, m.case, m.part)))


def _said(world: Worlds, found: CaseOutcomes, attributes: frozenset[str]) -> dict[str, list[str]]:
    """What the case of each outcome says: the agreement's own attributes by their rule, raw ones as last said."""
    events = world.events
    if events is None or world.reader is None or world.scheduled or not attributes or not len(found):
        return {}
    last = events.bounds[found.case + 1] - 1
    n = np.arange(len(found))
    by_rule = world.reader.attributes(Points(found.last_row, found.first_row, n))
    last_said = world.reader.attributes(Points(last, last, n))
    said: dict[str, list[str]] = {}
    for name in sorted(attributes):
        column = (by_rule if name in world.context.plan.attributes or name in ("tier", "customer") else last_said)(name)
        if column is not None:
            said[name] = [column.names[c] if c >= 0 else "" for c in column.codes.tolist()]
    return said
