"""What the changes clause has to say of a stage: notice by class, approval, change windows, freezes, a way back; and other changes beside it.

Law: these are rules of conduct. None of them decides whether a window counts as excluded: exclusions do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.deadlines import date_deadline
from upheld.calendars.grid import Grid, compile_grid
from upheld.calendars.spec import Always, CalendarSpec
from upheld.changes.counting import last_instant
from upheld.changes.view import Approval, Remark, Stage, Test
from upheld.changes.words import moment, span
from upheld.facts.tables import I64, Declarations
from upheld.measures.exclusions import GIVEN, REFUSED
from upheld.plans.changes import NORMAL, Freeze
from upheld.plans.plan import Plan, Within

__all__ = ["approvals_asked", "class_of", "frozen_spans", "remarks"]

_YEAR_US = 366 * 86_400_000_000
_STEP = 60_000_000


def class_of(stages: Sequence[Stage]) -> str:
    """The class of a change: what its stages say, ``normal`` where they do not."""
    return next((c for s in stages if (c := s.said("class"))), NORMAL)


def _grid(plan: Plan, name: str, lo: int, hi: int) -> Grid:
    return _laid_out(plan.calendars.get(name) or Always(plan.zone), lo, hi)


def _laid_out(spec: CalendarSpec, lo: int, hi: int) -> Grid:
    return compile_grid(spec, lo, hi)


def remarks(plan: Plan, change: Sequence[Stage], others: Sequence[tuple[str, Stage]], approvals: Sequence[Approval],
            at: int) -> tuple[Remark, ...]:
    """Everything to say of the stages of one change that still stand."""
    kind = class_of(change)
    found: list[Remark] = []
    for stage in change:
        if stage.cancelled_at is None:
            own = (*_notice(plan, stage, kind, at), *_approved(plan, stage, approvals, at), *_window(plan, stage), *_frozen(plan, stage, kind),
                   *_beside(plan, stage, others))
            found += [Remark(stage.key, test) for test in own]
    if plan.changes.rollback:
        written = next((r for s in change if (r := s.said("rollback"))), "")
        test = Test("rollback", True, "a way back is described") if written else Test(
            "rollback", False, "a way back is required and none is described", "announce it again with --rollback")
        found.append(Remark("", test))
    return tuple(found)


# ---- notice ---------------------------------------------------------------------------------------------------------


def _notice(plan: Plan, stage: Stage, kind: str, at: int) -> Iterator[Test]:
    rules = plan.changes.notice
    if kind not in rules and NORMAL not in rules:
        return
    owed = rules.get(kind, rules.get(NORMAL))
    if owed is None:
        yield Test("notice", True, f"a change of class {kind} owes no notice")
        return
    grid = _grid(plan, owed.calendar, min(stage.known_at, stage.start) - _YEAR_US, max(stage.start, at) + 2 * _YEAR_US)
    by = last_instant(lambda told: _first_start(grid, owed, told) <= stage.start, stage.start - _YEAR_US, stage.start, 1_000_000)
    deadline = f"to be known by {moment(by, plan.zone)}" if by is not None else "no announcement would be in time"
    text = f"notice of a {kind} change, {owed.text}"
    if int(_first_start(grid, owed, np.array([stage.known_at]))[0]) <= stage.start:
        yield Test("notice", True, f"{text}: known {moment(stage.known_at, plan.zone)}, {deadline}")
        return
    first = int(_first_start(grid, owed, np.array([at]))[0])
    advice = f"announced now it is in time from {moment(-(-first // _STEP) * _STEP, plan.zone)} on" if stage.start > at else ""
    yield Test("notice", False, f"{text}: known only {moment(stage.known_at, plan.zone)}, {deadline}", advice)


def _first_start(grid: Grid, owed: Within, told: I64) -> I64:
    """i64[n]: the first start that something announced at each instant is in time for."""
    if owed.unit == "time":
        return grid.due(told, np.full(len(told), owed.amount)) if owed.calendar else told + owed.amount
    return date_deadline(grid, told, owed.unit, owed.amount, owed.at, "close")


# ---- approval -------------------------------------------------------------------------------------------------------


def approvals_asked(plan: Plan, stage: Stage, change: str, said: Declarations | None) -> tuple[Approval, ...]:
    """Who is asked by the clause, and their last word before it begins: about its fact, or about the change since this window is known."""
    asked = plan.changes.approval
    if asked in ("", "none"):
        return ()
    found = []
    for party in ("provider", "customer") if asked == "both" else (asked,):
        word, when = "", None
        for i in np.argsort(said.at, kind="stable").tolist() if said is not None else ():
            assert said is not None
            kind, about, actor = (c.names[c.codes[i]] if c.codes[i] >= 0 else "" for c in (said.kind, said.about, said.actor))
            spoke = int(said.at[i])
            meant = about == stage.fact or (about == change and spoke >= stage.known_at)
            if actor == party and kind in GIVEN + REFUSED and meant and spoke <= stage.start:
                word, when = ("approved" if kind in GIVEN else "rejected"), spoke
        found.append(Approval(party, stage.key, word, when, stage.start))  # type: ignore[arg-type]
    return tuple(found)


def _approved(plan: Plan, stage: Stage, approvals: Sequence[Approval], at: int) -> Iterator[Test]:
    for a in approvals:
        if a.stage != stage.key:
            continue
        if a.said:
            yield Test("approval", a.said == "approved", f"{a.said} by {a.party} {moment(a.at or 0, plan.zone)}")
        elif at <= stage.start:
            yield Test("approval", False, f"not yet approved by {a.party}",
                       f"upheld declare {plan.agreement} approval {stage.fact} --by {a.party}, before {moment(stage.start, plan.zone)}")
        else:
            yield Test("approval", False, f"begun without the approval of {a.party}")


# ---- change windows, freezes, neighbours ----------------------------------------------------------------------------


def _end(stage: Stage) -> int:
    return stage.start + _STEP if stage.end is None else stage.end


def _window(plan: Plan, stage: Stage) -> Iterator[Test]:
    name = plan.changes.windows
    if not name:
        return
    grid = _grid(plan, name, stage.start - _YEAR_US, _end(stage) + _YEAR_US)
    done = grid.work(np.array([stage.start, _end(stage)]))
    if int(done[1] - done[0]) == _end(stage) - stage.start:
        yield Test("window", True, f"inside the change window {name}")
        return
    S, E = grid.spans()
    fits = np.flatnonzero((stage.start <= S) & (_end(stage) - stage.start <= E - S))
    advice = f"the next change window that holds it is {span(int(S[fits[0]]), int(E[fits[0]]), plan.zone)}" if len(fits) else ""
    yield Test("window", False, f"not inside the change window {name}", advice)


def frozen_spans(freeze: Freeze, lo: int, hi: int) -> NDArray[np.int64]:
    """i64[n, 2]: the spans of a freeze that touch ``[lo, hi)``, whole."""
    grid = _laid_out(freeze.when, lo - _YEAR_US, hi + _YEAR_US)
    S, E = grid.spans()
    touching = (lo < E) & (hi > S)
    return np.stack([S[touching], E[touching]], axis=1)


def _frozen(plan: Plan, stage: Stage, kind: str) -> Iterator[Test]:
    for freeze in plan.changes.freezes:
        for begins, ends in frozen_spans(freeze, stage.start, _end(stage)).tolist():
            says = f"in the freeze {span(begins, ends, plan.zone)}" + (f" ({freeze.says})" if freeze.says else "")
            if kind in freeze.exempt:
                yield Test("freeze", True, f"{says}, from which {kind} changes are exempt")
            else:
                sooner = f", or end it by {moment(begins, plan.zone)}" if stage.start < begins else ""
                yield Test("freeze", False, says, f"move it to {moment(ends, plan.zone)} or later{sooner}")


def _beside(plan: Plan, stage: Stage, others: Sequence[tuple[str, Stage]]) -> Iterator[Test]:
    """Other changes of the same subject, component or service at the same time."""
    mine = _touched(stage)
    for change, other in others:
        if other.cancelled_at is None and mine & _touched(other) and other.start < _end(stage) and stage.start < _end(other):
            both = max(stage.start, other.start), min(_end(stage), _end(other))
            what = min(v for _, v in mine & _touched(other))
            yield Test("overlap", False, f"at the same time as {change} on {what}, {span(*both, plan.zone)}")


def _touched(stage: Stage) -> set[tuple[str, str]]:
    named = ("subject", stage.subject), ("service", stage.said("service")), ("component", stage.said("component"))
    return {(name, value) for name, value in named if value}
