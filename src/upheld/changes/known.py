"""Which changes are known: interval facts read as changes, with their corrections, and the facts as announced.

Law: as known at an instant, nothing later. A corrected interval is the same stage with another revision; a retracted one stays visible as
cancelled. What was announced with its end keeps it: unlike ``facts.cut``, which knows no end that has not come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from upheld.assessment.scope import scope
from upheld.changes.view import Stage
from upheld.facts.cut import cut
from upheld.facts.tables import I64, OPEN, Attribute, Facts, Intervals
from upheld.measures.groups import columns_of
from upheld.plans.plan import Combination, IntervalState, Plan
from upheld.plans.selector import select

__all__ = ["CHANGE", "announced", "change_states", "rows_of", "stages", "window_name"]

Mask = NDArray[np.bool_]
CHANGE = "change"
"""The attribute that names the change an interval is a stage of."""


def change_states(plan: Plan) -> tuple[str, ...]:
    """The states whose intervals are changes: as the clause says, else what is excluded on notice or up to an allowance."""
    if plan.changes.states:
        return plan.changes.states
    found = [e.during for e in plan.exclusions.values() if e.during and (e.notice is not None or e.allowance_us is not None)]
    if "maintenance" in plan.states:
        found.append("maintenance")
    return tuple(dict.fromkeys(found))


def _rules(plan: Plan) -> list[IntervalState]:
    def below(name: str) -> list[IntervalState]:
        rule = plan.states[name]
        if isinstance(rule, Combination):
            return [] if rule.negate else [r for part in rule.of for r in below(part)]
        return [rule] if isinstance(rule, IntervalState) else []

    return [rule for name in change_states(plan) if name in plan.states for rule in below(name)]


def _are_changes(plan: Plan, table: Intervals) -> Mask:
    columns = columns_of(plan, table)
    named = table.attributes.get(CHANGE)
    chosen: Mask = np.zeros(len(table), np.bool_) if named is None else named.codes >= 0
    for rule in _rules(plan):
        yes, _ = select(rule.where, columns, len(table))
        chosen = chosen | yes
    if (mine := scope(plan, Facts(intervals=table)).intervals) is not None:
        chosen = chosen & np.isin(table.header.seq, mine.header.seq)
    return chosen


def announced(plans: Sequence[Plan], facts: Facts, at: int) -> Facts:
    """The facts known at ``at`` (µs), the ends that were announced with their changes kept, so that nothing else is known of the future."""
    known = cut(facts, at)
    raw, now = facts.intervals, known.intervals
    if raw is None or now is None or not len(now):
        return known
    order = np.argsort(raw.header.seq, kind="stable")
    rows = order[np.searchsorted(raw.header.seq[order], now.header.seq)]
    ahead: Mask = raw.header.known_at[rows] < raw.start[rows]
    for plan in plans:
        ahead = ahead | _are_changes(plan, now)
    later = raw.end_known_at[rows] > np.maximum(at, raw.end[rows]) if raw.end_known_at is not None else np.zeros(len(rows), np.bool_)
    end = np.where(ahead & ~later, raw.end[rows], now.end)
    return replace(known, intervals=replace(now, end=end))


def stages(plans: Sequence[Plan], facts: Facts, at: int) -> tuple[tuple[str, Stage], ...]:
    """``(change, stage)`` of every change known at ``at``, in order of start: the latest version of each window, and what was cancelled."""
    table = facts.intervals
    if table is None:
        return ()
    chosen = np.zeros(len(table), np.bool_)
    for plan in plans:
        chosen |= _are_changes(plan, table)
    known = table.header.known_at <= at
    corrects = table.header.replaces if table.header.replaces is not None else np.full(len(table), -1, np.int64)
    after = {int(corrects[row]): int(row) for row in np.flatnonzero(known & (corrects >= 0))}
    found = []
    for row in np.flatnonzero(chosen & known & (corrects < 0)).tolist():
        line = [row]
        while (following := after.get(line[-1])) is not None:
            line.append(following)
        found.append(_stage(table, line))
    found.sort(key=lambda s: (s[1].start, s[0], s[1].fact))
    return tuple(found)


def _stage(table: Intervals, line: list[int]) -> tuple[str, Stage]:
    """The last version in a line of corrections; a retraction at its end cancels the one before."""
    void = table.header.void
    cancelled = None
    if void is not None and void[line[-1]]:
        cancelled = int(table.header.known_at[line[-1]])
        line = line[:-1] or line
    row = line[-1]
    says = {name: column.names[column.codes[row]] for name, column in sorted(table.attributes.items()) if column.codes[row] >= 0}
    end = int(table.end[row])
    fact = _name(table, row)
    first = _name(table, line[0])
    stage = Stage(
        fact=fact, source=table.header.source.names[table.header.source.codes[row]], kind=_text(table, "kind", row),
        subject=_text(table, "subject", row), start=int(table.start[row]), end=None if end == OPEN else end,
        known_at=int(table.header.known_at[row]), first_known_at=int(table.header.known_at[line[0]]), seq=int(table.header.seq[row]),
        first_fact=first, revision=len(line) - 1 + (cancelled is not None), cancelled_at=cancelled, says=says,
    )
    return says.get(CHANGE, first), stage


def _text(table: Intervals, name: str, row: int) -> str:
    column: Attribute = table.kind if name == "kind" else table.subject
    return column.names[column.codes[row]] if column.codes[row] >= 0 else ""


def _name(table: Intervals, row: int) -> str:
    ids = table.header.ids
    if ids is not None and ids.codes[row] >= 0:
        return str(ids.names[ids.codes[row]])
    if table.header.origin is not None:
        file, line = table.header.origin.locate(int(table.header.seq[row]))
        return f"{file}:{line}"
    return f"{_text(table, 'kind', row)}-{int(table.header.seq[row]) + 1}"


def window_name(table: Intervals, row: int) -> str:
    """What a window is called where another speaks of it: its fact, and the change it says it is of."""
    change = table.attributes.get(CHANGE)
    of = change.names[change.codes[row]] if change is not None and change.codes[row] >= 0 else ""
    fact = _name(table, row)
    return f"{fact} ({of})" if of and of != fact else fact


def rows_of(table: Intervals, wanted: Sequence[Stage]) -> I64:
    """The row of each stage in a table that has been cut; -1 where it has none (it is cancelled, or not this agreement's)."""
    order = np.argsort(table.header.seq, kind="stable")
    sorted_seq, asked = table.header.seq[order], np.array([s.seq for s in wanted], np.int64)
    at = np.minimum(np.searchsorted(sorted_seq, asked), max(len(order) - 1, 0))
    return np.where(sorted_seq[at] == asked, order[at], -1) if len(order) else np.full(len(asked), -1)
