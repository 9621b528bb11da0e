"""Attributes, states and exclusions compiled: every name resolved, every time in microseconds.

Law: what a state is made of is told by its clause alone, and by whether a clock pauses on it.
"""

from __future__ import annotations

import re
from typing import Any

from upheld.agreement.desk import Desk
from upheld.agreement.model.commitment import Clock
from upheld.agreement.model.form import Path
from upheld.agreement.model.state import CalendarState as WrittenCalendar
from upheld.agreement.model.state import EventState as WrittenEvents
from upheld.agreement.model.state import JoinedState, WhereState
from upheld.agreement.model.state import RatioState as WrittenRatio
from upheld.agreement.model.state import SampleState as WrittenSamples
from upheld.plans.plan import (
    AttributeRule,
    Breached,
    CalendarState,
    Combination,
    EventState,
    ExclusionRule,
    IntervalState,
    RatioState,
    SampleState,
    StateRule,
    StatusState,
)
from upheld.plans.selector import EVERYTHING, attributes_of

__all__ = ["compile_attributes", "compile_exclusions", "compile_states", "state_named"]

_BREACHED = re.compile(r"breached\((.+)\)")


def compile_attributes(desk: Desk) -> dict[str, AttributeRule]:
    """How each attribute is read."""
    found: dict[str, AttributeRule] = {}
    for name, written in desk.model.attributes.items():
        leaves = written.values or tuple(dict.fromkeys(v for v in written.table.leaves if v is not None) if written.table else ())
        found[name] = AttributeRule(
            name, written.table, written.read.when, written.read.lead_us, tuple(reversed(leaves)), written.after_miss, written.on_change
        )
    return found


def compile_states(desk: Desk) -> None:
    """Fills ``desk.states``."""
    of_clocks = {n for c in desk.model.commitments.values() if isinstance(c, Clock) for n in (*c.pauses, *((c.again,) if c.again else ()))}
    for name, written in desk.model.states.items():
        desk.states[name] = _state(desk, name, written, of_clock=name in of_clocks)
    for name in desk.model.states:
        _circle(desk, name, name, (name,))


def state_named(desk: Desk, name: str, path: Path) -> bool:
    """Whether there is such a state; ``breached(<commitment>)`` is one and is made when it is asked for."""
    duty = _BREACHED.fullmatch(name)
    if not duty:
        return desk.known("state", name, desk.model.states, path)
    if desk.known("commitment", duty[1], desk.model.commitments, path):
        desk.states[name] = Breached(duty[1])
        return True
    return False


def _state(desk: Desk, name: str, written: Any, *, of_clock: bool) -> StateRule:
    path = ("states", name)
    match written:
        case WhereState():
            said = attributes_of(written.where)
            intervals = "kind" in said or "subject" in said or written.weight is not None or bool(written.same)
            if not intervals and (of_clock or "status" in said):
                return StatusState(written.where, written.at_least)
            return IntervalState(
                written.where, written.at_least, written.counts_from is not None, written.weight, written.overlap, written.same
            )
        case WrittenEvents():
            return EventState(written.begins, written.ends, written.at_least)
        case WrittenSamples():
            return SampleState(written.series, written.value, written.holds, written.at_least, written.where or EVERYTHING, written.same)
        case WrittenRatio():
            where = written.where or EVERYTHING
            return RatioState(written.ratio, written.each, written.value, written.at_least, written.sample, where, written.same)
        case WrittenCalendar():
            desk.calendar(written.calendar, (*path, "calendar"))
            return CalendarState(written.calendar)
        case JoinedState():
            return _joined(desk, name, written)
    raise TypeError(type(written))


def _joined(desk: Desk, name: str, written: JoinedState) -> StateRule:
    path: Path = ("states", name)
    for key, names in (("all", written.all_of), ("any", written.any_of), ("not", written.but), ("of", written.of)):
        for other in names:
            state_named(desk, other, (*path, key))
    if written.of:
        count = int(written.at_least)
        if not 1 <= count <= len(written.of):
            desk.say(
                (*path, "at_least"),
                "state-count",
                f"at least {count} of {len(written.of)} states is never or always true",
                f"write a number from 1 to {len(written.of)}",
            )
        return Combination(written.of, count)
    run = written.at_least
    parts = list(written.all_of)
    if written.any_of:
        parts.append(name if not parts and not written.but else _made(desk, f"{name}: any", Combination(written.any_of, 1)))
        if parts == [name]:
            return Combination(written.any_of, 1, at_least_us=run)
    if written.but and not parts:
        return Combination(written.but, 1, negate=True, at_least_us=run)
    if written.but:
        parts.append(_made(desk, f"{name}: not", Combination(written.but, 1, negate=True)))
    return Combination(tuple(parts), len(parts), at_least_us=run)


def _made(desk: Desk, name: str, rule: StateRule) -> str:
    desk.states[name] = rule
    return name


def _circle(desk: Desk, root: str, name: str, inside: tuple[str, ...]) -> None:
    rule = desk.states.get(name)
    for other in rule.of if isinstance(rule, Combination) else ():
        if other == root and root == min(inside):
            desk.say(
                ("states", root),
                "state-circle",
                f"state `{root}` is made of itself: {' -> '.join((*inside, other))}",
                "take one of them out",
                on_key=True,
            )
        elif other not in inside and other != root:
            _circle(desk, root, other, (*inside, other))


def compile_exclusions(desk: Desk) -> dict[str, ExclusionRule]:
    """All exclusions, in the order in which time is attributed to them."""
    found: dict[str, ExclusionRule] = {}
    for name, written in desk.model.exclusions.items():
        path: Path = ("exclusions", name)
        if written.during is not None:
            state_named(desk, written.during, (*path, "while"))
        allowance = written.up_to
        if allowance is not None and allowance.per.unit == "case":
            desk.say((*path, "up_to"), "allowance-per-case", "an allowance is spent per window, not per interval or case",
                     "write up_to: 8h per month, or week, quarter, year")
        needs: Any = written.needs
        found[name] = ExclusionRule(
            name,
            written.effect,
            written.where,
            written.during,
            notice=desk.within(written.notice, (*path, "notice")) if written.notice else None,
            allowance_us=allowance.us if allowance else None,
            allowance_per=desk.window(allowance.per, (*path, "up_to")) if allowance else None,
            needs=needs,
            until=desk.within(written.until, (*path, "until")) if written.until else None,
            until_after=(written.until.after if written.until else "") or "window",
        )
    return found
