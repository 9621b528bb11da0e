"""What a case asks, computed: one function a kind, registered by name.

Law: each gives back what the case's ``expected`` holds, in the same form, so that it can be laid beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from upheld.calendars.dates import midnight
from upheld.calendars.deadlines import date_deadline
from upheld.calendars.grid import Grid
from upheld.conform.case import Case, NotComputedError, first_in_range, micros, one
from upheld.values.instant import DAY_US, date_text
from upheld.values.instant import parse_instant as read
from upheld.values.zone import zone

__all__ = ["KINDS", "after", "before", "deadline", "paused"]

Answer = Mapping[str, Any]
_SECOND = 1_000_000
_WALL = r"clock: wall"


def paused(grid: Grid, pauses: list[tuple[int, int]]) -> Grid:
    """The grid less the pauses."""
    if not pauses:
        return grid
    start, end = np.array(pauses, np.int64).T
    return grid.without(start, end)


def after(case: Case, grid: Grid, start: int, target: int) -> int:
    """When ``target`` µs of open time are used up after ``start``, under the boundary of the case."""
    landing = "next_open" if case.boundary == "next_open" else "close"
    return int(grid.due(one(start), one(target), landing)[0])  # type: ignore[arg-type]


def before(grid: Grid, end: int, target: int) -> int:
    """The latest instant with ``target`` µs of open time before ``end``."""
    return int(grid.due_before(one(end), one(target))[0])


def deadline(grid: Grid, start: int, days: int, rule: str) -> int:
    """``days`` working days from ``start``, by the words of the case's own rule for a day."""
    if re.search(r"hours of (one|a) business day|own length", rule, re.IGNORECASE):
        raise NotComputedError(f"a day that is not a date: {rule}")
    if re.search(r"\bend of the (working|business) day", rule, re.IGNORECASE):
        return _dated(grid, start, days, "close")
    if not re.search(r"same (wall-?\s?)?clock|same (local )?time", rule, re.IGNORECASE):
        raise NotComputedError(f"an unknown reading of a day: {rule or 'none given'}")
    where = zone(grid.zone)
    day, of_day = divmod(where.local(start), DAY_US)
    moves = re.search(r"\bmove\b", rule, re.IGNORECASE)
    if days == 0 and not moves:
        return start
    away = re.search(r"away|start day not counted|day that has", rule, re.IGNORECASE)
    first = start
    if not away:
        # "the Nth working day": a start on a closed day is carried to a working day before counting begins.
        first = where.utc(_open_date(grid, day, backwards=days < 0) * DAY_US, "open")
    target = day if days == 0 else where.local(_dated(grid, first, days, 12 * 3600)) // DAY_US
    found = where.utc(target * DAY_US + of_day, "close")
    if moves:
        return int((grid.prev_open if days < 0 else grid.next_open)(one(found))[0])
    return min(found, _dated(grid, where.utc(target * DAY_US, "open"), 0, "close"))


def _dated(grid: Grid, start: int, days: int, at: Any) -> int:
    return int(date_deadline(grid, one(start), "working days", days, at)[0])


def _open_date(grid: Grid, day: int, *, backwards: bool) -> int:
    where = zone(grid.zone)
    if backwards:
        return where.local(int(grid.prev_open(one(where.utc((day + 1) * DAY_US, "open")))[0]) - 1) // DAY_US
    return where.local(int(grid.next_open(one(where.utc(day * DAY_US, "open")))[0])) // DAY_US


def _target(case: Case) -> int:
    for target in case.targets:
        if "seconds" in target:
            return micros(target["seconds"])
    raise NotComputedError("no target in seconds")


def _start(case: Case) -> int:
    return case.instant("start", "created", "query")


def _add(case: Case) -> Answer:
    start, target = _start(case), _target(case)
    if target < 0:
        raise NotComputedError("a negative target")
    if case.rule(_WALL):
        return _moment(start + target)
    return _moment(first_in_range(case, lambda grid: after(case, paused(grid, case.pauses()), start, target)))


def _subtract(case: Case) -> Answer:
    end, target = _start(case), _target(case)
    return _moment(first_in_range(case, lambda grid: before(paused(grid, case.pauses()), end, target)))


def _add_days(case: Case) -> Answer:
    start = _start(case)
    for target in case.targets:
        if "days" in target:
            days, rule = int(target["days"]), str(target.get("unit_rule", ""))
            return _moment(first_in_range(case, lambda grid: deadline(grid, start, days, rule)))  # noqa: B023 - asked at once
    raise NotComputedError("no target in days")


def _elapsed(case: Case) -> Answer:
    start, stop = _start(case), case.instant("stop", "resolved", "closed")
    stop = max(start, stop)          # time runs forward: between a start and an earlier stop lies none
    used = stop - start
    if not case.rule(_WALL):
        used = first_in_range(case, lambda grid: int(paused(grid, case.pauses()).elapsed(one(start), one(stop))[0]))
    return {"elapsed_seconds": used // _SECOND, "elapsed_minutes": used // (60 * _SECOND)}


def _open_at(case: Case) -> Answer:
    found = first_in_range(case, lambda grid: bool(grid.is_open(one(_start(case)))[0]))
    return {"open": found, "value": found}


def _moment(found: int) -> Answer:
    """One instant, under each name a case may ask for it by."""
    return {"due": found, "time": found, "instant": found}


def _asking(ask: Callable[[Grid, int], int]) -> Callable[[Case], Answer]:
    return lambda case: _moment(first_in_range(case, lambda grid: ask(grid, _start(case))))


def _is_workday(case: Case) -> Answer:
    at = _start(case)

    def ask(grid: Grid) -> bool:
        where = zone(grid.zone)
        day = where.local(at) // DAY_US
        edges = midnight(np.array([day, day + 1], np.int64), where)
        return int(grid.elapsed(edges[:1], edges[1:])[0]) > 0

    return {"value": first_in_range(case, ask)}


def _on_holiday(case: Case) -> Answer:
    at = _start(case)
    return {"value": zone(case.zone).local(at) // DAY_US in case.holidays(at - DAY_US, at + DAY_US)}


def _on_break(case: Case) -> Answer:
    return {"value": case.breaks_at(_start(case))}


def _local_to_instant(case: Case) -> Answer:
    for event in case.events:
        if "wall" in event:
            return _moment(zone(case.zone).moved(read(f"{event['wall']}Z")))
    raise NotComputedError("no wall time")


def _periods(case: Case) -> Answer:
    query = next((event for event in case.events if "at" in event), None)
    if query is None:
        raise NotComputedError("no query")
    at, forward = read(str(query["at"])), query.get("direction", "after") != "before"
    until = read(str(query["until"])) if "until" in query else None
    grid = next(case.grids())
    start, end = grid.spans()
    if forward:
        start, end = np.maximum(start, at), end if until is None else np.minimum(end, until)
    else:
        start, end = start if until is None else np.maximum(start, until), np.minimum(end, at)
    kept = end > start
    pairs = list(zip(start[kept].tolist(), end[kept].tolist(), strict=True))
    pairs = pairs if forward else pairs[::-1]
    count = int(query["count"]) if "count" in query else len(pairs)
    return {"periods": pairs[:count]}


def _pause_windows(case: Case) -> Answer:
    """The pauses of a state history as wall-clock windows by date."""
    begun, found, last = None, [], 0
    for event in case.events:
        if "at" not in event:
            continue
        last = read(str(event["at"]))
        state, kind = str(event.get("state", "")), event.get("type")
        stops = state.startswith("pending") or kind == "pause"
        if stops and begun is None:
            begun = last
        elif (state or kind == "resume") and not stops and begun is not None:
            found.append((begun, last))
            begun = None
    if begun is not None:
        found.append((begun, last))
    where = zone(case.zone)
    windows: dict[str, list[list[str]]] = {}
    for start, end in found:
        a, b = where.local(start), where.local(end)
        for day in range(a // DAY_US, -(-b // DAY_US)):
            begins, ends = max(a - day * DAY_US, 0), min(b - day * DAY_US, DAY_US)
            windows.setdefault(date_text(day), []).append([_clock(begins), _clock(ends)])
    return {"windows": windows}


def _clock(us: int) -> str:
    return f"{us // 3_600_000_000:02d}:{us // 60_000_000 % 60:02d}"


KINDS: Mapping[str, Callable[[Case], Answer]] = {
    "add": _add, "subtract": _subtract, "add_days": _add_days, "elapsed": _elapsed, "open_at": _open_at, "periods": _periods,
    "next_open": _asking(lambda grid, at: int(grid.next_open(one(at))[0])),
    "next_close": _asking(lambda grid, at: int(grid.next_close(one(at))[0])),
    "prev_open": _asking(lambda grid, at: int(grid.prev_open(one(at))[0])),
    "is_workday": _is_workday, "on_holiday": _on_holiday, "on_break": _on_break,
    "local_to_instant": _local_to_instant, "pause_windows": _pause_windows,
}
