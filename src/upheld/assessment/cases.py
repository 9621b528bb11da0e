"""The cases of a clock's window, one line each: what became of them and when.

Law: the lines are the outcomes the figure was counted from; a window's list holds exactly the cases it counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upheld.measures.clock import case_table
from upheld.measures.clock_outcomes import REASONS, VERDICTS
from upheld.measures.clock_segments import case_name
from upheld.measures.result import Context
from upheld.measures.table import segments
from upheld.plans.plan import ClockPlan, Promise
from upheld.values.instant import format_instant

__all__ = ["CaseLine", "case_lines", "worst_first"]

_WORST_FIRST = ("missed", "unknown", "pending", "no promise", "left out", "met")


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case under one share of its promise; stamps RFC 3339 in the agreement's zone, durations in µs, None where there is none."""

    case: str
    cycle: int
    part: str
    started: str
    due: str | None
    stopped: str | None
    missed_at: str | None
    elapsed_us: int
    paused_us: int
    target_us: int | None
    verdict: str
    reason: str


def case_lines(plan: ClockPlan, context: Context, group: tuple[str, ...], window: int, only: str | None = None) -> tuple[CaseLine, ...]:
    """The cases a window counts (pending ones included), missed ones first, the longest first among equals.

    ``only``: the lines of this case, whatever window counts it.
    """
    members: set[tuple[str, int]] = set()
    if only is None:
        listed = segments(plan, context, group, window, None)
        members = set(zip(listed.subject, listed.start.tolist(), strict=True))
    table = case_table(plan, context)
    zone = context.plan.zone
    lines: list[CaseLine] = []
    for i in range(len(table)):
        name = case_name(context.facts.events, int(table.case[i]), plan)
        if (name != only) if only is not None else ((name, int(table.start[i])) not in members):
            continue
        lines.append(CaseLine(
            case=name, cycle=int(table.cycle[i]), part=_part(plan, int(table.leaf[i]), int(table.level[i])),
            started=format_instant(int(table.start[i]), zone),
            due=format_instant(int(table.due[i]), zone) if table.has_due[i] else None,
            stopped=format_instant(int(table.stop[i]), zone) if table.has_stop[i] else None,
            missed_at=format_instant(int(table.missed_at[i]), zone) if table.has_miss[i] else None,
            elapsed_us=int(table.elapsed_us[i]), paused_us=int(table.paused_us[i]),
            target_us=int(table.target_us[i]) if table.has_target[i] else None,
            verdict=VERDICTS[table.verdict[i]], reason=REASONS[table.reason[i]],
        ))
    return worst_first(lines)


def worst_first(lines: Iterable[CaseLine]) -> tuple[CaseLine, ...]:
    """Missed ones first, the longest first among equals."""
    return tuple(sorted(lines, key=lambda c: (_WORST_FIRST.index(c.verdict), -c.elapsed_us, c.case, c.cycle, c.part)))


def _part(plan: ClockPlan, leaf: int, level: int) -> str:
    promise: Promise | None = plan.within.leaves[leaf] if leaf >= 0 else None
    if promise is None:
        return ""
    label = plan.within.labels[leaf]
    within = promise[level].within.text if level < len(promise) else ""
    return f"{label}: {within}" if label and within else label or within
