"""Who is on duty: names of an agreement resolved to people at one instant, with the way they were found.

Law: a rota's turn, then its hours, then who took the duty over; nobody on duty is a result with its reason, and whoever stands in is told
as such. Nothing here is guessed: a name a feed gives that is no contact is a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from upheld.calendars.feed import FeedEvent, feed_events
from upheld.calendars.grid import Grid, compile_grid
from upheld.calendars.layout import lay_out
from upheld.calendars.spec import CalendarSpec
from upheld.clocks.declared import declared, instant_said
from upheld.clocks.rota import first_turn, turn_at, turns
from upheld.facts.tables import OPEN, Facts
from upheld.plans.people import Rota
from upheld.plans.plan import Plan
from upheld.values.finding import FindingsError
from upheld.values.instant import DAY_US, format_instant
from upheld.values.zone import zone

__all__ = ["Duty", "Override", "Shift", "calendar_around", "gaps", "matched", "on_duty", "on_rota", "overrides_of", "shifts", "staffed"]

_DEEP = 32


@dataclass(frozen=True, slots=True)
class Override:
    """``who`` has the duty of ``rota`` from ``start`` until ``end`` (µs UTC), by the word of ``actor``."""

    rota: str
    who: str
    start: int
    end: int
    actor: str


@dataclass(frozen=True, slots=True)
class Duty:
    """``contacts``: whom to tell, in order (none: nobody). ``path``: how they were found, in words. ``gap``: why whoever should be there is
    not ("" where nobody is missing), whether or not somebody stands in.
    """

    contacts: tuple[str, ...]
    path: str
    gap: str = ""


def overrides_of(facts: Facts, at: int) -> tuple[Override, ...]:
    """Who took a duty over, as known at ``at``, in the order of recording."""
    found = declared(facts, ("on duty",), at)
    spans = ((one, instant_said(one, "from", one.at), instant_said(one, "until")) for one in found)
    return tuple(Override(one.about, one.said("who"), start, end, one.actor) for one, start, end in spans if start < end)


def on_duty(plan: Plan, name: str, at: int, overrides: Sequence[Override] = (), feeds: Mapping[str, bytes] | None = None) -> Duty:
    """Who fills a role, contact, rota or party of the plan at an instant (µs UTC)."""
    return _resolve(plan, name, at, overrides, feeds or {}, ())


def _resolve(plan: Plan, name: str, at: int, overrides: Sequence[Override], feeds: Mapping[str, bytes], asked: tuple[str, ...]) -> Duty:
    people = plan.people
    if name in asked or len(asked) > _DEEP:
        return Duty((), name, f"{name} leads back to itself")
    inside = (*asked, name)
    if name in people.contacts:
        return Duty((name,), name)
    if name in people.rotas:
        return on_rota(plan, people.rotas[name], at, overrides, feeds)
    role = people.roles.get(name)
    if role is None:
        speaker = people.parties.get(name, "")
        if not speaker:
            return Duty((), name, f"nobody speaks for {name}")
        return _led(name, _resolve(plan, speaker, at, overrides, feeds, inside))
    parts = [_there(plan, contact, at) for contact in role.contacts]
    if role.rota in people.rotas:
        parts.append(on_rota(plan, people.rotas[role.rota], at, overrides, feeds))
    present = [part for part in parts if part.contacts]
    missing = "; ".join(part.gap for part in parts if part.gap)
    if present:
        contacts = tuple(dict.fromkeys(c for part in present for c in part.contacts))
        return _led(name, Duty(contacts, ", ".join(part.path for part in present), "" if contacts else missing))
    gap = missing or f"nobody fills {name}"
    if role.falls_to:
        stands_in = _resolve(plan, role.falls_to, at, overrides, feeds, inside)
        said = "; ".join(dict.fromkeys(text for text in (gap, stands_in.gap) if text))
        return Duty(stands_in.contacts, f"{name}: {gap}; so {stands_in.path}", said)
    away = tuple(role.contacts)
    if away and not role.rota:
        # a desk that is closed still has its mail: better told than nobody
        return Duty(away, f"{name}: {gap}; nobody stands in, so told all the same", gap)
    return Duty((), name, gap)


def _led(name: str, found: Duty) -> Duty:
    return Duty(found.contacts, f"{name} -> {found.path}", found.gap)


def _there(plan: Plan, name: str, at: int) -> Duty:
    """A contact of a role, if it is there at that hour."""
    contact = plan.people.contacts.get(name)
    if contact is None:
        return Duty((), name, f"there is no contact {name}")
    if contact.hours and not _is_open(plan, contact.hours, at):
        return Duty((), name, f"{name} is outside {contact.hours} hours")
    return Duty((name,), name)


def on_rota(plan: Plan, rota: Rota, at: int, overrides: Sequence[Override] = (), feeds: Mapping[str, bytes] | None = None) -> Duty:
    """Who is on duty in a rota at an instant: who took it over last, else whose turn it is within its hours, else nobody."""
    taken = [o for o in overrides if o.rota == rota.name and o.start <= at < o.end]
    if taken:
        last = taken[-1]
        if last.who in plan.people.contacts:
            until = "" if last.end == OPEN else f" until {format_instant(last.end, rota.zone)}"
            return Duty((last.who,), f"rota {rota.name}: {last.who}, taken over{until} ({last.actor})")
        return Duty((), f"rota {rota.name}", f"rota {rota.name} is taken over by {last.who or 'nobody'}, who is no contact")
    if not staffed(plan, rota, at):
        return Duty((), f"rota {rota.name}", f"rota {rota.name} is not staffed outside {rota.hours} hours")
    if rota.feed:
        data = (feeds or {}).get(rota.feed)
        if data is not None:
            return _by_feed(plan, rota, data, at)
        if not rota.members:
            return Duty((), f"rota {rota.name}", f"the feed {rota.feed} of rota {rota.name} has not been read")
    turn = turn_at(rota, at)
    if turn is None:
        begins = format_instant(first_turn(rota), rota.zone) if rota.members else ""
        why = f"rota {rota.name} begins on {begins}" if begins else f"rota {rota.name} has no members"
        return Duty((), f"rota {rota.name}", why)
    unread = f"; the feed {rota.feed} has not been read" if rota.feed else ""
    return Duty((turn.member,), f"rota {rota.name}: {turn.member} until {format_instant(turn.end, rota.zone)}{unread}")


def _by_feed(plan: Plan, rota: Rota, data: bytes, at: int) -> Duty:
    try:
        events = _around(data, rota.feed, rota.zone, zone(rota.zone).local(at) // DAY_US)
    except FindingsError as problem:
        return Duty((), f"rota {rota.name}", f"the feed {rota.feed} of rota {rota.name} cannot be read: {problem.findings[0].message}")
    now = [event for event in events if event.start <= at < event.end]
    if not now:
        return Duty((), f"rota {rota.name}", f"the feed {rota.feed} of rota {rota.name} has nobody on duty")
    known = [(event, who) for event in now for who in matched(plan, event)]
    if not known:
        said = ", ".join(dict.fromkeys(event.summary for event in now))
        return Duty((), f"rota {rota.name}", f"the feed {rota.feed} of rota {rota.name} has `{said[:80]}` on duty, who is no contact")
    contacts = tuple(dict.fromkeys(who for _, who in known))
    until = min(event.end for event, _ in known)
    return Duty(contacts, f"rota {rota.name}: {', '.join(contacts)} until {format_instant(until, rota.zone)} (feed {rota.feed})")


def matched(plan: Plan, event: FeedEvent) -> tuple[str, ...]:
    """The contacts a feed's event means: by an attendee's mail address or name, else by the name its summary holds."""
    contacts = plan.people.contacts
    titles = {text.casefold(): name for name, c in contacts.items() for text in (c.title, c.addresses.get("mail", "")) if text}
    keys = {name.casefold(): name for name in contacts}
    found = [(titles | keys)[text.casefold()] for text in event.people if text.casefold() in titles | keys]
    summary = _as_words(event.summary.casefold())
    for names in (titles, keys):           # a whole name tells more than a key, which may be a word of the summary by chance
        found = found or [name for text, name in names.items() if _as_words(text) in summary]
    return tuple(dict.fromkeys(found))


def _as_words(text: str) -> str:
    """The text between spaces, so that a name is only found as whole words."""
    return f" {' '.join(''.join(c if c.isalnum() or c in '@.' else ' ' for c in text).split())} "


@lru_cache(maxsize=64)
def _around(data: bytes, name: str, zone_name: str, day: int) -> tuple[FeedEvent, ...]:
    """The events of a feed that touch a local day or its neighbours."""
    return feed_events(name, data, zone_name, day - 1, day + 1)


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on duty in a rota from ``start`` until ``end`` (µs UTC, half-open), one and the same all the while."""

    start: int
    end: int
    duty: Duty


def shifts(plan: Plan, rota: Rota, start: int, end: int, overrides: Sequence[Override] = (),
           feeds: Mapping[str, bytes] | None = None) -> tuple[Shift, ...]:
    """The rota laid out: shifts tile ``[start, end)``; also those in which nobody is on duty, each with its reason."""
    edges = {start, *(edge for turn in turns(rota, start, end) for edge in (turn.start, turn.end))}
    edges |= {edge for o in overrides if o.rota == rota.name for edge in (o.start, o.end)}
    if rota.hours in plan.calendars:
        opens, closes = lay_out(plan.calendars[rota.hours], start, end)
        edges |= {*opens.tolist(), *closes.tolist()}
    if rota.feed and feeds and rota.feed in feeds:
        first, last = (zone(rota.zone).local(at) // DAY_US for at in (start, end))
        with suppress(FindingsError):       # what cannot be read is a gap from the first edge on
            edges |= {edge for e in feed_events(rota.feed, feeds[rota.feed], rota.zone, first - 1, last + 1) for edge in (e.start, e.end)}
    inside = [*sorted(edge for edge in edges if start <= edge < end), end]
    found: list[Shift] = []
    for a, b in pairwise(inside):
        duty = on_rota(plan, rota, a, overrides, feeds)
        if found and (found[-1].duty.contacts, found[-1].duty.gap) == (duty.contacts, duty.gap):
            found[-1] = Shift(found[-1].start, b, found[-1].duty)
        else:
            found.append(Shift(a, b, duty))
    return tuple(found)


def gaps(plan: Plan, rota: Rota, start: int, end: int, overrides: Sequence[Override] = (),
         feeds: Mapping[str, bytes] | None = None) -> tuple[Shift, ...]:
    """The shifts of ``[start, end)`` in which nobody is on duty though the rota is staffed at that hour."""
    return tuple(s for s in shifts(plan, rota, start, end, overrides, feeds) if not s.duty.contacts and staffed(plan, rota, s.start))


def staffed(plan: Plan, rota: Rota, at: int) -> bool:
    """Whether the rota's hours are open at an instant."""
    return not rota.hours or _is_open(plan, rota.hours, at)


def _is_open(plan: Plan, calendar: str, at: int) -> bool:
    if calendar == "always" or calendar not in plan.calendars:
        return True
    return bool(calendar_around(plan.calendars[calendar], at).is_open(np.array([at], np.int64))[0])


def calendar_around(spec: CalendarSpec, at: int) -> Grid:
    """A calendar compiled for half a year before and two years after an instant."""
    return _compiled(spec, at // (180 * DAY_US))


@lru_cache(maxsize=64)
def _compiled(spec: CalendarSpec, half_year: int) -> Grid:
    return compile_grid(spec, (half_year - 1) * 180 * DAY_US, (half_year + 5) * 180 * DAY_US)
