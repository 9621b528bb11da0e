"""Announcements: a change, a stage more, a move, a cancellation, put on record as the interval facts the measure reads.

Law: refused with its reason or recorded whole; a move or a cancellation is a correction of the very fact, known from now, so that notice is
judged by when the new window came to be known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from upheld.changes.known import CHANGE, change_states, stages
from upheld.changes.view import Stage
from upheld.changes.words import moment, span
from upheld.closing.acts import Desk, Recorded, RefusedActError
from upheld.facts.tables import OPEN
from upheld.measures.watched import names_chosen
from upheld.plans.plan import IntervalState, Plan
from upheld.plans.selector import EVERYTHING, Every, Key, OneOf, Selector
from upheld.sources.records import SOURCE, record_line
from upheld.values.instant import DAY_US, parse_instant
from upheld.values.quantity import Wrong, date, time_of_day
from upheld.values.zone import zone

__all__ = ["Announcement", "announce", "cancel", "local_instant", "move"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is announced. ``change``: the change it is a stage of ("" = a new one). ``says``: title, class, risk, service and so on."""

    subject: str
    start: int
    end: int
    actor: str
    kind: str = ""
    change: str = ""
    says: Mapping[str, str] = field(default_factory=dict)


def local_instant(text: str, zone_name: str) -> int:
    """µs UTC of ``2026-03-28 22:00`` on the wall of a zone, of a plain date (its midnight), or of an RFC 3339 time with an offset.

    Raises RefusedActError for what is no time, and for a wall time that the clocks skip or repeat.
    """
    try:
        return parse_instant(text)
    except ValueError:
        pass
    day_text, _, clock = text.replace("T", " ").partition(" ")
    day, second = date(day_text), time_of_day(clock or "00:00")
    if isinstance(day, Wrong) or isinstance(second, Wrong):
        raise RefusedActError("time", f"`{text}` is no time", "write 2026-03-28 22:00, or 2026-03-28T22:00:00+01:00")
    local, where = day * DAY_US + second * 1_000_000, zone(zone_name)
    first, last = where.utc(local, "open"), where.utc(local, "close")
    if where.local(first) != local:
        raise RefusedActError("time", f"{text} does not exist in {zone_name}: the clocks are put forward over it",
                              "name another time, or write it with its offset")
    if first != last:
        raise RefusedActError("time", f"{text} occurs twice in {zone_name}: the clocks are put back over it", "write it with its offset")
    return first


def announce(desk: Desk, what: Announcement) -> Recorded:
    """Put a window on record. Raises RefusedActError: no time, no kind the agreement knows, a change that is another source's."""
    if what.end <= what.start:
        raise RefusedActError("dates", "it ends before it begins", "exchange --from and --until")
    known = stages(desk.plans, desk.facts, desk.at)
    mates = [s for name, s in known if name == what.change and s.cancelled_at is None] if what.change else []
    rule = _rule(desk.plan, what.kind)
    name = desk.name("M")
    says = {CHANGE: what.change or name, **_inherited(mates), **_asked(desk, rule), **what.says, "announced_by": what.actor}
    line = record_line("intervals", desk.row, {"kind": rule[0], "subject": what.subject, "id": name},
                       {"start": what.start, "end": what.end, "known_at": desk.at}, says)
    zone_name = desk.plan.zone
    more = f", stage {len(mates) + 1} of {what.change}" if mates else f", change {what.change}" if what.change else ""
    return Recorded((line,), name, (f"{name} is announced{more}: {span(what.start, what.end, zone_name)} ({zone_name})",))


def move(desk: Desk, name: str, start: int, end: int, actor: str, says: Mapping[str, str]) -> Recorded:
    """Give a standing window other times: a correction of its fact. Raises RefusedActError as ``announce``, or where none or several stand."""
    if end <= start:
        raise RefusedActError("dates", "it ends before it begins", "exchange --from and --until")
    old = _standing(desk, name)
    if len(old) > 1:
        raise RefusedActError("which", f"{name} has {len(old)} stages", f"say which: {', '.join(f'{s.fact} ({s.title})' for s in old)}")
    new = desk.name("M")
    line = _again(desk, 0, old[0], new, {"start": start, "end": end}, {**says, "announced_by": actor})
    zone_name = desk.plan.zone
    return Recorded((line,), new, (
        f"{old[0].fact} is moved from {moment(old[0].start, zone_name)} to {span(start, end, zone_name)} ({zone_name}) and is {new} now",
        "notice is judged from now on; what was approved was the window before"))


def cancel(desk: Desk, name: str, actor: str, reason: str) -> Recorded:
    """Retract all standing windows of a change, or one of them. Raises RefusedActError where none stands."""
    old = _standing(desk, name)
    lines = [_again(desk, i, s, f"M-{desk.row + i}", {"void": True}, {"announced_by": actor, "reason": reason}) for i, s in enumerate(old)]
    return Recorded(tuple(lines), f"M-{desk.row}", tuple(f"{s.fact} is cancelled: {span(s.start, s.end, desk.plan.zone)}" for s in old))


def _standing(desk: Desk, name: str) -> list[Stage]:
    """The windows a name means: those of a change, or one fact."""
    known = stages(desk.plans, desk.facts, desk.at)
    meant = [s for change, s in known if name in (change, s.fact)]
    if not meant:
        raise RefusedActError("change", f"no change {name!r} is known", f"there are: {', '.join(dict.fromkeys(c for c, _ in known)) or 'none'}")
    standing = [s for s in meant if s.cancelled_at is None]
    if not standing:
        raise RefusedActError("cancelled", f"{name} is cancelled already")
    foreign = [s for s in standing if s.source != SOURCE]
    if foreign:
        raise RefusedActError("source", f"{foreign[0].fact} comes from source {foreign[0].source}",
                              "change it there: a source corrects its own facts")
    return standing


def _again(desk: Desk, place: int, old: Stage, name: str, numbers: Mapping[str, int], says: Mapping[str, str]) -> bytes:
    times = {"start": old.start, "end": OPEN if old.end is None else old.end, "known_at": desk.at}
    return record_line("intervals", desk.row + place, {"kind": old.kind, "subject": old.subject, "id": name, "replaces": old.fact},
                       {**times, **numbers}, {CHANGE: old.fact, **old.says, **says})


def _inherited(mates: Sequence[Stage]) -> dict[str, str]:
    """A further stage says of the change what the first one does."""
    own = {"stage", "announced_by", "reason", CHANGE}
    return {k: v for k, v in mates[0].says.items() if k not in own} if mates else {}


def _rule(plan: Plan, kind: str) -> tuple[str, IntervalState | None]:
    """The kind of fact that is a change here, and the state that asks for it."""
    asked: dict[str, IntervalState] = {}
    for name in change_states(plan):
        rule = plan.states.get(name)
        if isinstance(rule, IntervalState):
            for one in sorted(names_chosen(rule.where, "kind") or ()):
                asked.setdefault(one, rule)
    if kind:
        return kind, asked.get(kind)
    first = "maintenance" if "maintenance" in asked else next(iter(asked), "")
    if not first:
        raise RefusedActError("kind", f"{plan.agreement} has no state whose intervals are changes",
                              "say which kind of fact it is: --kind maintenance")
    return first, asked[first]


def _asked(desk: Desk, rule: tuple[str, IntervalState | None]) -> dict[str, str]:
    """What the fact must say to be this agreement's and to be in the state: as far as both name one text.

    Where no interval says whose it is, this one must not begin to: all others would be nobody's from then on.
    """
    said = desk.facts.intervals.attributes if desk.facts.intervals is not None else {}
    covers = {} if desk.plan.covers == EVERYTHING else {k: v for k, v in _texts(desk.plan.covers).items() if k in said}
    return {k: v for k, v in {**covers, **(_texts(rule[1].where) if rule[1] else {})}.items() if k not in ("kind", "subject")}


def _texts(selector: Selector) -> dict[str, str]:
    match selector:
        case Key(name, OneOf(texts)) if texts:
            return {name: texts[0]}
        case Every(parts):
            return {k: v for part in parts for k, v in _texts(part).items()}
        case _:
            return {}
