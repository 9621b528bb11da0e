"""A drill: a ladder played from a virtual case, as if nobody ever stopped it: who would be told what, when, and where a gap is.

Law: the same agenda, duty and notices as for a real case; only the case is made up. Nothing is recorded, nobody is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from upheld.clocks.agenda import agenda
from upheld.clocks.message import Place
from upheld.clocks.notice import Notice
from upheld.clocks.notices import NOBODY_ON_DUTY, Telling, place_of
from upheld.clocks.table import NEVER, Agenda, ClockKey, ClockTable, StepRow, StepTable
from upheld.facts.arrive import Arrival
from upheld.facts.leaves import batches_of
from upheld.facts.record import record
from upheld.facts.tables import I64, CaseEvents, Facts
from upheld.plans.plan import ClockPlan, Plan, Schedule
from upheld.plans.selector import Either, Every, Key, OneOf, Selector
from upheld.plans.terms import in_force
from upheld.values.instant import DAY_US

__all__ = ["CASE", "Kind", "NoDrillError", "Played", "Rehearsal", "Told", "rehearse", "rehearse_parts", "trouble"]

CASE = "drill"
Kind = Literal["gap", "muted", "waits", "stands in", ""]
_FIRST, _LONGEST = 30 * DAY_US, 800 * DAY_US


class NoDrillError(Exception):
    """There is nothing to play: the message says why, ``help`` what to do."""

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 - the word the finding shows
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True)
class Told:
    """One notice of a step, and what is the matter with it (``kind`` "": nothing)."""

    notice: Notice
    kind: Kind
    why: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """One step: its place, whom it tells. ``more``: so many repeats like it follow until ``last`` (µs UTC) and are not listed."""

    step: StepRow
    place: Place
    told: tuple[Told, ...]
    more: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One ladder played for one commitment. ``said``: what the virtual case says of itself; ``due`` None: it has no due instant. ``part`` of
    ``parts``: for which share of cases, where the promise has several (90% within 4 hours, all within a day).
    """

    plan: Plan
    commitment: str
    ladder: str
    start: int
    due: int | None
    said: Mapping[str, str]
    played: tuple[Played, ...]
    part: int = 0
    parts: int = 1

    @property
    def gaps(self) -> tuple[str, ...]:
        """Where nobody is reached, each once."""
        return tuple(dict.fromkeys(t.why for p in self.played for t in p.told if t.kind == "gap"))


def rehearse(plans: Sequence[Plan], facts: Facts, commitment: str, start: int, known_at: int, says: Mapping[str, str] | None = None,
             feeds: Mapping[str, bytes] | None = None) -> Rehearsal:
    """The ladder of a commitment, of its first share where it has several; as ``rehearse_parts``. Raises NoDrillError."""
    return rehearse_parts(plans, facts, commitment, start, known_at, says, feeds)[0]


def rehearse_parts(plans: Sequence[Plan], facts: Facts, commitment: str, start: int, known_at: int, says: Mapping[str, str] | None = None,
                   feeds: Mapping[str, bytes] | None = None) -> tuple[Rehearsal, ...]:
    """A commitment's ladder played from a virtual case opened at ``start``, for each of its shares; declarations (silences, who is on duty) as
    known at ``known_at``.

    ``says``: attributes of the case, over those that the commitment asks for. Raises NoDrillError.
    """
    terms = in_force(plans, start)
    plan = next((t.plan for t in terms if t.from_us <= start and (t.until_us is None or start < t.until_us)), None)
    if plan is None:
        raise NoDrillError("no version of the agreement is in force then", "name a --start within its dates")
    clause = plan.commitments.get(commitment)
    if clause is None:
        raise NoDrillError(f"there is no commitment `{commitment}`", f"its commitments: {', '.join(plan.commitments)}")
    ladder = clause.head.ladder
    if ladder not in plan.people.ladders:
        raise NoDrillError(f"`{commitment}` has no escalation", "write escalation: <name> in it")
    real = _without_cases(facts, known_at)
    if not isinstance(clause, ClockPlan):
        return (_budget(plan, commitment, ladder, start, real, feeds),)
    said: dict[str, str] = {}
    virtual, told = real, start
    if clause.before is not None or not isinstance(clause.starts, Schedule):     # a schedule's clock is no case's
        begins = clause.before if clause.before is not None else clause.starts
        assert not isinstance(begins, Schedule)
        said = {**_asked(plan.covers), **_asked(clause.head.of), **_asked(begins), **_groups(plan, clause), **(says or {})}
        if clause.before is not None:               # notice is owed of what is known to lie ahead
            told = known_at if known_at < start else start - _FIRST
        virtual = _joined(real, said.pop("event", "opened"), start, told, said)
    keys, whole = _whole(plans, virtual, commitment, start)
    rows = {key: [row for row in whole.rows() if row.key == key] for key in keys}
    climbed = [key for key in keys if rows[key]]
    if not climbed:
        raise NoDrillError(f"nobody is told: a case that says {_spelt(said) or 'nothing'} has no promise in `{commitment}`",
                           "say more of the case: --for NAME=VALUE")

    def then(row: StepRow) -> Agenda:
        return agenda(plans, virtual, max(row.at, told))

    found = []
    for key in climbed:
        clock = whole.clocks.key.index(key)
        due = int(whole.clocks.due[clock]) if whole.clocks.has_due[clock] else None
        found.append(Rehearsal(plan, commitment, ladder, int(whole.clocks.start[clock]), due, said,
                               _played(plan, rows[key], virtual, then, feeds), key.part, len(keys)))
    return tuple(found)


def trouble(plan: Plan, notice: Notice) -> Told:
    """What is the matter with a notice: it reaches nobody, is muted, waits for the quiet hours' end, or goes to whoever stands in."""
    if notice.muted.startswith(NOBODY_ON_DUTY) or (notice.muted and not notice.address and notice.recipient):
        return Told(notice, "gap", notice.muted)
    if notice.muted:
        return Told(notice, "muted", notice.muted)
    if notice.send_at > notice.step.at:
        return Told(notice, "waits", f"waits for the opening of {_quiet(plan, notice)}")
    return Told(notice, "stands in", notice.path) if "; so " in notice.path or "told all the same" in notice.path else Told(notice, "")


def _quiet(plan: Plan, notice: Notice) -> str:
    place = place_of(plan, notice.step)
    return place.ladder.quiet if place is not None else ""


def _played(plan: Plan, rows: Sequence[StepRow], facts: Facts, then: Callable[[StepRow], Agenda],
            feeds: Mapping[str, bytes] | None) -> tuple[Played, ...]:
    """Every step with whom it tells; of repeats the first, and how many follow."""
    found: list[Played] = []
    for row in rows:
        place = place_of(plan, row)
        if place is None:
            continue
        last = found[-1] if found else None
        if last is not None and place.repeat > 1 and last.place.repeat and last.place.ladder.name == place.ladder.name:
            found[-1] = replace(last, more=last.more + 1, last=row.at)
            continue
        told = Telling(plan, then(row), facts, row.at, feeds).of(row)
        found.append(Played(row, place, tuple(trouble(plan, notice) for notice in told)))
    return tuple(found)


def _whole(plans: Sequence[Plan], facts: Facts, commitment: str, start: int) -> tuple[list[ClockKey], Agenda]:
    """The virtual case's clocks, one a share (of a schedule: the first that start no earlier), and the agenda once all ladders have been
    climbed.
    """
    span = _FIRST
    while True:
        found = agenda(plans, facts, start + span)
        clocks = found.clocks
        mine = [i for i, key in enumerate(clocks.key) if key.commitment == commitment and (key.case == CASE or int(clocks.start[i]) >= start)]
        first = min(mine, key=lambda i: (int(clocks.start[i]), clocks.key[i]), default=None)
        parts = [] if first is None else sorted((i for i in mine if clocks.key[i][:4] == clocks.key[first][:4]), key=lambda i: clocks.key[i])
        if span >= _LONGEST or (parts and all(int(clocks.next_at[i]) == NEVER for i in parts)):
            return [clocks.key[i] for i in parts], found
        span *= 3


def _without_cases(facts: Facts, known_at: int) -> Facts:
    """What is known of no case: declarations as known then, states of the world."""
    declarations = facts.declarations
    if declarations is not None and (declarations.header.known_at > known_at).any():
        from upheld.facts.cut import cut

        declarations = cut(Facts(declarations=declarations), known_at).declarations
    return replace(facts, events=None, declarations=declarations, refused=())


def _joined(real: Facts, event: str, start: int, told: int, said: Mapping[str, str]) -> Facts:
    """The facts with the virtual case, whose event of ``start`` is known from ``told`` on."""
    columns: dict[str, object] = {"case": CASE, "event": event, "at": start, **({"says": dict(said)} if said else {})}
    leaf = Arrival("events", "drill", "1", CASE, told, columns).leaf(1, told)
    events = record(batches_of([leaf])).events
    assert isinstance(events, CaseEvents)
    spoken = None if real.spoken is None else {**real.spoken, "events": real.spoken.get("events", frozenset()) | frozenset(said)}
    return replace(real, events=events, spoken=spoken)


def _asked(selector: Selector) -> dict[str, str]:
    """What a fact must say for a selector to choose it, as far as that is plain."""
    match selector:
        case Key(name, OneOf(texts)) if texts:
            return {name: texts[0]}
        case Every(parts):
            return {name: value for part in parts for name, value in _asked(part).items()}
        case Either(parts) if parts:
            return _asked(parts[0])
        case _:
            return {}


def _groups(plan: Plan, clause: ClockPlan) -> dict[str, str]:
    """A value for each attribute there is a result for, so that the case is in one; what the agreement makes by a table it makes itself."""
    known = {*_asked(clause.head.of), *_asked(plan.covers), *(name for name, rule in plan.attributes.items() if rule.table is not None)}
    return {axis: f"any {axis}" for axis in clause.head.for_each if axis not in known}


def _spelt(said: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in said.items())


def _budget(plan: Plan, commitment: str, ladder: str, start: int, facts: Facts, feeds: Mapping[str, bytes] | None) -> Rehearsal:
    """A budget's ladder: each share as if it were reached at ``start``, what comes after it on the wall after that."""
    key = ClockKey(plan.agreement, commitment, "", CASE, 0)
    rows: list[StepRow] = []
    at = start
    for number, step in enumerate(plan.people.ladders[ladder].steps, 1):
        if step.before_us is None:
            at += step.after_us or 0
            rows.append(StepRow(key, plan.version, ladder, str(number), at))

    def then(row: StepRow) -> Agenda:
        step = plan.people.ladders[ladder].steps[int(row.step) - 1]
        share = step.at if step.at is not None else 1
        used = int(share * 1_000_000)
        yes, no = np.array([True]), np.array([False])
        clocks = ClockTable(
            (key,), np.array([2], np.uint8), (plan.version,), ((),), (ladder,), _one(start), _one(0), no, _one(0), no, _one(row.at),
            yes if share >= 1 else no, _one(1_000_000), _one(used), np.array([0], np.uint8), np.array([2], np.uint8), _one(NEVER))
        return Agenda(row.at, clocks, StepTable(np.zeros(0, np.int64), (), (), np.zeros(0, np.int64)))

    return Rehearsal(plan, commitment, ladder, start, None, {}, _played(plan, rows, facts, then, feeds))


def _one(value: int) -> I64:
    """A column of one row."""
    return np.array([value], np.int64)
