"""Whole tickets, by the neutral ``measures`` of a case: each clock's start, stop, pauses and what must come out.

Law: a pause after the due instant changes nothing; one outside hours is worth nothing; met at the very due instant is met, unless
the case's rules say a clock is breached at it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from upheld.calendars.grid import Grid
from upheld.conform.case import Case, NotComputedError, first_in_range, micros, one
from upheld.conform.kinds import after, before, deadline, paused
from upheld.values.instant import parse_instant

__all__ = ["ASSERTED", "measure_of"]

ASSERTED = ("due", "elapsed_seconds", "breached", "paused_business_seconds", "late_business_seconds", "escalation")
_SECOND = 1_000_000
_AT_DUE = r"(>=|at or (after|past)|reaches|breached at).*due|due.*(<=|inclusive)"
_UNITS = {"second": 1, "minute": 60, "hour": 3600}
_SAME_CLOCK = "same clock time N working days away (start day not counted)"


def measure_of(case: Case, measure: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the engine finds for the asserted fields of one clock."""
    return first_in_range(case, lambda grid: _measure(case, measure, grid))  # type: ignore[no-any-return]


def _measure(case: Case, measure: Mapping[str, Any], grid: Grid) -> Mapping[str, Any]:
    start = _instant(measure, "start")
    if start is None:
        raise NotComputedError("the measure has no start")
    ends = [at for at in (_instant(measure, "stop"), _instant(measure, "now")) if at is not None]
    stop = ends[0] if ends else None
    pauses = [(parse_instant(a), parse_instant(b)) for a, b in measure.get("pauses") or ()]
    running = paused(grid, pauses)
    due = _due(case, measure, (grid, running), start, pauses)
    found: dict[str, Any] = {}
    for name in ASSERTED:
        if measure.get(name) is not None:
            found[name] = _asserted(name, case, measure, (grid, running), (start, stop, due), pauses)
    if not found:
        raise NotComputedError("the measure asserts nothing")
    return found


def _asserted(name: str, case: Case, measure: Mapping[str, Any], grids: tuple[Grid, Grid],
              marks: tuple[int, int | None, int | None], pauses: list[tuple[int, int]]) -> Any:
    (grid, running), (start, stop, due) = grids, marks
    match name:
        case "due":
            return _known(due, "a target")
        case "elapsed_seconds":
            used = int(running.elapsed(one(start), one(max(start, _known(stop, "a stop"))))[0])
            return _rounded(used, str(measure.get("rounding", "")))
        case "breached":
            end, limit = _known(stop, "a stop"), _known(due, "a target")
            return end >= limit if case.rule(_AT_DUE) else end > limit
        case "paused_business_seconds":
            until = grid.hi if stop is None else stop
            spans = [(max(a, start), min(b, until)) for a, b in pauses]
            return sum(int(grid.elapsed(one(a), one(b))[0]) for a, b in spans if b > a) // _SECOND
        case "late_business_seconds":
            end, limit = _known(stop, "a stop"), _known(due, "a target")
            return max(0, int(running.elapsed(one(min(limit, end)), one(end))[0])) // _SECOND
        case _:
            return _escalation(case, measure, grid, _known(due, "a target"))


def _due(case: Case, measure: Mapping[str, Any], grids: tuple[Grid, Grid], start: int,
         pauses: list[tuple[int, int]]) -> int | None:
    grid, running = grids
    if "target_seconds" in measure:
        return after(case, running, start, micros(measure["target_seconds"]))
    if "target_days" not in measure:
        return None
    # A target in dates has no open time of its own to run down: what was paused before it must still run after it.
    due = deadline(grid, start, int(measure["target_days"]), str(measure.get("unit_rule", _SAME_CLOCK)))
    before_it = [(max(a, start), min(b, due)) for a, b in pauses]
    waited = sum(int(grid.elapsed(one(a), one(b))[0]) for a, b in before_it if a < b)
    return after(case, running, due, waited) if waited else due


def _escalation(case: Case, measure: Mapping[str, Any], grid: Grid, due: int) -> Mapping[str, Any]:
    """When a level fires: an offset from the due instant in open time, or in working days."""
    offset = measure["escalation"].get("offset") or {}
    if "days" in offset:
        at = deadline(grid, due, int(offset["days"]), str(measure.get("unit_rule", _SAME_CLOCK)))
    elif "seconds" in offset:
        seconds = micros(offset["seconds"])
        at = before(grid, due, -seconds) if seconds < 0 else after(case, grid, due, seconds)
    else:
        raise NotComputedError(f"an escalation with the offset {offset!r}")
    return {"at": at}


def _instant(measure: Mapping[str, Any], name: str) -> int | None:
    found = measure.get(name)
    return None if found is None else parse_instant(str(found))


def _known(value: int | None, what: str) -> int:
    if value is None:
        raise NotComputedError(f"the measure has no {what.removeprefix('a ')}")
    return value


def _rounded(used: int, rounding: str) -> int:
    """Whole seconds, rounded as the case declares: ``floor_minute``, ``ceil_minute``, ``round_second`` or not at all."""
    if not rounding or rounding == "none":
        return used // _SECOND
    match = re.fullmatch(r"(floor|ceil|round)_(second|minute|hour)s?", rounding)
    if match is None:
        raise NotComputedError(f"an unknown rounding: {rounding}")
    step = _UNITS[match[2]] * _SECOND
    add = {"floor": 0, "round": step // 2, "ceil": step - 1}[match[1]]
    return (used + add) // step * step // _SECOND
