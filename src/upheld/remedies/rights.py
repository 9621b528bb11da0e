"""Rights that a pattern of breaches opens, and duties that a breach starts (LANGUAGE §7, ``rights`` and ``then``).

Law: a right opens at the end of the window that completes its pattern, once for each pattern, and lapses if it is not used in time.
A duty begins with the end of the breached window and is done, late or overdue by what is on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from upheld.calendars.grid import OutOfRange
from upheld.measures.missed import MissedCase
from upheld.plans.plan import Head, Plan
from upheld.plans.remedies import Span, Task, When
from upheld.remedies.claims import Act, Calendars, calendar_of, deadline
from upheld.remedies.fees import Fees
from upheld.remedies.results import Group, Result
from upheld.remedies.settlement import Duty, OpenRight

__all__ = ["duties", "opened"]


def opened(plan: Plan, fees: Fees, results: Sequence[Result], missed: Iterable[tuple[Result, MissedCase]], acts: Sequence[Act], as_of: int,
           grid: Calendars) -> list[OpenRight]:
    """Every right that arose, in time order."""
    found: list[OpenRight] = []
    for right in plan.remedies.rights:
        for at, why, result in _moments(right.when, fees, results, missed):
            use_by = None
            if right.use_within is not None:
                use_by = deadline(Span(right.use_within), at, grid(right.use_within.calendar or "always"))
            mine = [a for a in acts if a.kind == "exercise" and a.about in (right.give, right.path) and a.at >= at
                    and all(a.said(k) in ("", v) for k, v in result.group)]
            used = [a for a in mine if use_by is None or a.at <= use_by]
            state = "used" if used else "lapsed" if use_by is not None and as_of > use_by else "open"
            found.append(OpenRight(right.give, right.to, why, right.path, at, use_by, state, result.commitment, result.group))  # type: ignore[arg-type]
    return sorted(found, key=lambda r: (r.opened_at, r.clause, r.commitment, r.group))


def _moments(when: When, fees: Fees, results: Sequence[Result],
             missed: Iterable[tuple[Result, MissedCase]]) -> list[tuple[int, str, Result]]:
    ended = [r for r in results if not r.provisional and (not when.breached or r.commitment in when.breached)]
    if when.late is not None:
        late = when.late
        mine = [(r, m) for r, m in missed if not when.breached or r.commitment in when.breached]
        return [(m.due, f"{m.case} late {late.text}", r) for r, m in mine if late.holds(Fraction(_wall(fees, m)))]
    if when.result is not None:
        condition = when.result
        return [(r.end, f"{r.commitment} {o.shown} in {r.window}", r) for r in ended for o in r.outcomes
                if o.low is not None and o.high is not None and condition.holds(o.low) and condition.holds(o.high)]
    by_group: dict[Group, list[Result]] = {}
    for result in sorted(ended, key=lambda r: (r.end, r.commitment)):
        by_group.setdefault(result.group, []).append(result)
    found: list[tuple[int, str, Result]] = []
    for rows in by_group.values():
        found += _in_a_row(when, rows) if when.in_a_row else _within(when, fees, rows)
    return found


def _wall(fees: Fees, case: MissedCase) -> int:
    return fees.home.local(case.stop if case.stop is not None else case.until) - fees.home.local(case.due)


def _in_a_row(when: When, rows: Sequence[Result]) -> list[tuple[int, str, Result]]:
    assert when.in_a_row is not None
    return [(r.end, f"{r.commitment} breached {r.in_a_row} times in a row, last in {r.window}", r)
            for r in rows if r.in_a_row and r.in_a_row % when.in_a_row == 0]


def _within(when: When, fees: Fees, rows: Sequence[Result]) -> list[tuple[int, str, Result]]:
    """Each breach that makes the count full; the breaches counted for one right are not counted again for the next."""
    found: list[tuple[int, str, Result]] = []
    counted: list[Result] = []
    for i, result in enumerate(rows):
        first = None
        if when.months is not None:
            first = fees.months_before(result.end, when.months)
        elif when.windows is not None:
            first = rows[max(0, i - when.windows + 1)].start
        counted = [r for r in counted if first is None or r.start >= first]
        if result.verdict == "breached":
            counted.append(result)
            if len(counted) == when.at_least:
                windows = ", ".join(dict.fromkeys(r.window for r in counted))
                found.append((result.end, f"{result.commitment} breached in {windows}", result))
                counted = []
    return found


def duties(plan: Plan, results: Iterable[Result], acts: Sequence[Act], as_of: int, grid: Calendars) -> list[Duty]:
    """The duties that breaches started."""
    found: list[Duty] = []
    for result in results:
        if result.verdict == "breached" and not result.provisional:
            head = plan.commitments[result.commitment].head
            found += [_duty(task, head, result, acts, as_of, grid) for task in plan.remedies.tasks.get(result.commitment, ())]
    return found


def _duty(task: Task, head: Head, result: Result, acts: Sequence[Act], as_of: int, grid: Calendars) -> Duty:
    try:
        due = deadline(Span(task.within), result.end, grid(calendar_of(task.within, head)))
    except OutOfRange:
        due = result.end
    names = (task.do, f"{task.do} {result.window}", task.path)
    done = next((a.at for a in acts if a.kind == "done" and a.about in names and a.at >= result.end
                 and a.said("window") in ("", result.window) and all(a.said(k) in ("", v) for k, v in result.group)), None)
    state = ("done" if done <= due else "late") if done is not None else "overdue" if as_of > due else "open"
    return Duty(task.do, task.by, task.path, result.commitment, result.group, result.window, result.end, due, done, state)  # type: ignore[arg-type]

