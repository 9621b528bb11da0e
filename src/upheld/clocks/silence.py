"""Silences, muting by a parent, and quiet hours: why a message is not sent, or not yet. The measurement knows nothing of them.

Law: a silence has an author and an end, and mutes the steps that fall within it, whenever they are noticed; it never reaches back behind
the moment it was said. Muting is asked at the step's own instant, so that the answer does not depend on when it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from upheld.calendars.grid import Grid, OutOfRange, compile_grid
from upheld.clocks.declared import declared, instant_said
from upheld.clocks.duty import calendar_around
from upheld.clocks.said import only_case
from upheld.clocks.table import Agenda, StepRow
from upheld.facts.tables import OPEN, Facts
from upheld.measures.groups import Groups
from upheld.measures.pieces import View
from upheld.measures.result import Context
from upheld.measures.states import States
from upheld.plans.people import Ladder
from upheld.plans.plan import Combination, EventState, Plan, StatusState
from upheld.values.instant import DAY_US, format_instant

__all__ = ["Parent", "Parents", "Silence", "matchers_of", "muted_by_parent", "opening", "parents_in", "silenced", "silences_of"]

_MATCHER = re.compile(r'\s*([^\s=,"]+)\s*=\s*(?:"([^"]*)"|([^,"]*?))\s*(?:,|$)')
_KIND_BUDGET = 2


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is told of what matches from ``start`` until ``end`` (µs UTC). ``name``: what it is ended by."""

    name: str
    matchers: tuple[tuple[str, str], ...]
    start: int
    end: int
    author: str
    reason: str

    def covers(self, described: Mapping[str, str], at: int) -> bool:
        """Whether it mutes a step described so at its instant."""
        return self.start <= at < self.end and all(described.get(key) == value for key, value in self.matchers)


def matchers_of(text: str) -> tuple[tuple[str, str], ...]:
    """``commitment=uptime,severity=3`` as pairs; a value with a comma stands in double quotes. Raises ValueError in words."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        one = _MATCHER.match(text, at)
        if one is None or not (one[2] or one[3]):
            raise ValueError(f"`{text[at:].strip()[:60]}` is no NAME=VALUE")
        found.append((one[1], one[2] if one[2] is not None else one[3]))
        at = one.end()
    if not found:
        raise ValueError("it matches nothing: write NAME=VALUE")
    if len({name for name, _ in found}) < len(found):
        raise ValueError("a name stands in it twice: one case cannot have two values of it")
    return tuple(found)


def silences_of(facts: Facts, at: int) -> tuple[Silence, ...]:
    """The silences known at ``at``, ended ones with their end. One without an author, an end or a matcher is none."""
    ended = {one.about: one.at for one in reversed(declared(facts, ("silence ended",), at))}
    found: list[Silence] = []
    for one in declared(facts, ("silence",), at):
        end = min(instant_said(one, "until"), ended.get(one.name, OPEN))
        start = max(instant_said(one, "from", one.at), one.at)
        try:
            matchers = matchers_of(one.about)
        except ValueError:
            continue
        if one.actor and instant_said(one, "until") != OPEN and start < end:
            found.append(Silence(one.name, matchers, start, end, one.actor, one.said("reason")))
    return tuple(found)


def silenced(silences: Sequence[Silence], described: Mapping[str, str], at: int, zone: str) -> str:
    """Why a step is not told, "" where no silence holds: the silence, its author, end and reason."""
    for one in silences:
        if one.covers(described, at):
            why = f": {one.reason}" if one.reason else ""
            return f"silenced by {one.author} until {format_instant(one.end, zone)} ({one.name}){why}"
    return ""


# ---- a parent that is down already ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parent:
    """A clock that may mute others: open from ``start`` until ``end`` (µs UTC, ``OPEN``: it has not ended); of a budget, from when it was
    used up.
    """

    commitment: str
    case: str
    cycle: str
    group: tuple[tuple[str, str], ...]
    start: int
    end: int


Parents = Callable[[str], Iterable[Parent]]
"""The clocks of a commitment, by its name."""


def parents_in(agenda: Agenda) -> Parents:
    """The clocks of an agenda as parents."""
    clocks = agenda.clocks

    def of(commitment: str) -> Iterable[Parent]:
        for i, key in enumerate(clocks.key):
            spent = int(clocks.kind[i]) == _KIND_BUDGET
            if key.commitment != commitment or (spent and not clocks.has_miss[i]):
                continue
            start = int(clocks.missed_at[i] if spent else clocks.start[i])
            yield Parent(commitment, key.case, key.cycle, clocks.group[i], start, int(clocks.stop[i]) if clocks.has_stop[i] else OPEN)

    return of


def muted_by_parent(plan: Plan, step: StepRow, ladder: Ladder, parents: Parents, own: Callable[[], Facts], attributes: Mapping[str, str],
                    at: int) -> str:
    """Why a step is muted by what its ladder says it is muted while, "" where nothing of it holds at the step's instant.

    ``own``: gives the facts known at ``at`` that are the agreement's; asked for only where a state needs them.
    """
    for name in ladder.muted_while:
        if name in plan.commitments:
            shared = plan.commitments[name].head.for_each
            for one in parents(name):
                mine = one.case == step.key.case != "" or (one.commitment, one.case, one.cycle) == step.key[1:4]   # nobody is their own parent
                same = all(attributes.get(axis, value) == value for axis, value in one.group if axis in shared)
                if one.start <= step.at < one.end and same and not mine:
                    return f"muted while {name} is open: {one.case or one.cycle}"
        elif name in plan.states and _holds(plan, step, name, own(), attributes, at):
            return f"muted while {name}"
    return ""


def _holds(plan: Plan, step: StepRow, name: str, own: Facts, attributes: Mapping[str, str], at: int) -> bool:
    """Whether a state holds for certain at the step's instant: a state of cases for this very case, others for the same attributes."""
    clause = plan.commitments[step.key.commitment]
    wanted = dict.fromkeys((*clause.head.for_each, *(axis for leaf in _leaves(plan, name) for axis in getattr(plan.states[leaf], "same", ()))))
    axes = tuple(wanted)
    if any(axis not in attributes for axis in axes):
        return False        # who does not say where they are is not known to be there
    if any(isinstance(plan.states[leaf], EventState | StatusState) for leaf in _leaves(plan, name)):
        own = only_case(own, step.key.case)
    lo, hi = min(plan.from_us, step.at), max(at, step.at) + 1

    def grid(calendar: str) -> Grid:
        return compile_grid(plan.calendars[calendar], lo - DAY_US, hi + DAY_US)

    context = Context(plan, own, hi - 1, plan.from_us, plan.until_us, grid, (plan.from_us, plan.until_us))
    groups = Groups(axes, (tuple(attributes[axis] for axis in axes),))
    spans = States(View(context, groups, lo, hi)).hold(name)
    return bool(((spans.start <= step.at) & (step.at < spans.end)).any())


def _leaves(plan: Plan, name: str) -> tuple[str, ...]:
    rule = plan.states[name]
    if not isinstance(rule, Combination):
        return (name,)
    return tuple(dict.fromkeys(leaf for part in rule.of for leaf in _leaves(plan, part)))


# ---- quiet hours ------------------------------------------------------------------------------------------------------


def opening(plan: Plan, ladder: Ladder, at: int) -> int:
    """When people may be told of what falls due at ``at``: then, or where the ladder has quiet hours, at the next opening."""
    if not ladder.quiet or ladder.quiet not in plan.calendars:
        return at
    try:
        return int(calendar_around(plan.calendars[ladder.quiet], at).next_open(np.array([at], np.int64))[0])
    except OutOfRange:
        return at           # a calendar that never opens again keeps nobody from being told
