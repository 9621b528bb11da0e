"""People compiled: ladders, roles, rotas, contacts and playbooks, every name among them resolved.

Law: a name stands for one thing; whoever is told is somebody of this agreement. An agreement that names nobody compiles to ``NOBODY``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from upheld.agreement.desk import Desk
from upheld.agreement.model.escalation import Escalation, Step
from upheld.agreement.model.escalation import Role as WrittenRole
from upheld.agreement.model.escalation import Rota as WrittenRota
from upheld.agreement.model.form import Path
from upheld.agreement.suggest import did_you_mean
from upheld.plans.people import Contact, Ladder, LadderStep, People, Role, Rota

__all__ = ["compile_people", "who_there_is"]


def compile_people(desk: Desk) -> People:
    """All people of the agreement; says what does not resolve: ``unknown-role``, ``-contact``, ``-rota``, ``-escalation``, ``-playbook``,
    ``-party``, ``-calendar``, ``-state``, ``-zone``, and ``name-of-two`` where one name stands for two.
    """
    model = desk.model
    _one_thing_each(desk)
    return People(
        ladders={name: _ladder(desk, name, written) for name, written in model.escalations.items()},
        contacts={name: _contact(desk, name) for name in model.contacts},
        roles={name: _role(desk, name, written) for name, written in model.roles.items()},
        rotas={name: _rota(desk, name, written) for name, written in model.rotas.items()},
        parties=_speakers(desk),
        languages={name: party.language for name, party in model.parties.items() if party.language},
        playbooks=dict(model.playbooks),
    )


def who_there_is(desk: Desk) -> Mapping[str, str]:
    """Every name that can be told, and what it is: role, contact, rota or party."""
    model = desk.model
    parties = dict.fromkeys(("provider", "customer", *model.parties), "party")
    return {**parties, **dict.fromkeys(model.rotas, "rota"), **dict.fromkeys(model.contacts, "contact"), **dict.fromkeys(model.roles, "role")}


def _one_thing_each(desk: Desk) -> None:
    model = desk.model
    found: dict[str, str] = {}
    for section, names in (("parties", model.parties), ("roles", model.roles), ("rotas", model.rotas), ("contacts", model.contacts)):
        for name in names:
            if name in found:
                desk.say((section, name), "name-of-two", f"`{name}` is named under {found[name]} too: nobody knows who is meant",
                         "give one of them another name", on_key=True, related=(((found[name], name), "the other"),))
            found.setdefault(name, section)


def _somebody(desk: Desk, name: str, path: Path) -> bool:
    """Whether there is such a role, contact, rota or party."""
    there = who_there_is(desk)
    desk.used.add((there.get(name, "role"), name))
    if name in there:
        return True
    desk.say(path, "unknown-role", f"there is no role or contact `{name}`", did_you_mean(name, sorted(there)))
    return False


def _ladder(desk: Desk, name: str, written: Escalation) -> Ladder:
    path: Path = ("escalations", name)
    if written.then is not None:
        desk.known("escalation", written.then, desk.model.escalations, (*path, "then"))
    if written.quiet is not None:
        desk.calendar(written.quiet, (*path, "quiet"))
    for i, other in enumerate(written.muted_while):
        if other not in desk.model.commitments:
            desk.known("state", other, desk.model.states, (*path, "muted_while", i))
    return Ladder(
        name=name,
        steps=tuple(_step(desk, step, (*path, "steps", i)) for i, step in enumerate(written.steps)),
        title=written.title,
        says=written.says,
        repeat_us=written.repeat,
        repeats=written.repeats or 0,
        acknowledge_us=0 if written.until == "stopped" else written.acknowledge,
        then=written.then or "",
        quiet=written.quiet or "",
        muted_while=written.muted_while,
        playbook=_playbook(desk, written.playbook, path),
    )


def _step(desk: Desk, written: Step, path: Path) -> LadderStep:
    for i, who in enumerate(written.tell):
        _somebody(desk, who, (*path, "tell", i))
    if written.decides is not None:
        _somebody(desk, written.decides, (*path, "decides"))
    playbook = _playbook(desk, written.playbook, path)
    return LadderStep(written.share, written.after, written.before, written.tell, written.by, written.decides or "", written.says, playbook)


def _playbook(desk: Desk, name: str | None, path: Path) -> str:
    if name is not None:
        desk.known("playbook", name, desk.model.playbooks, (*path, "playbook"))
    return name or ""


def _contact(desk: Desk, name: str) -> Contact:
    written = desk.model.contacts[name]
    _of_party(desk, written.party, ("contacts", name))
    if written.hours is not None:
        desk.calendar(written.hours, ("contacts", name, "hours"))
    return Contact(name, written.name or written.title or name, written.party or "", written.addresses, written.language, written.hours or "")


def _role(desk: Desk, name: str, written: WrittenRole) -> Role:
    path: Path = ("roles", name)
    _of_party(desk, written.party, path)
    for key, names in (("is", written.is_), ("contacts", written.contacts)):
        for i, contact in enumerate(names):
            desk.known("contact", contact, desk.model.contacts, (*path, key, i))
    if written.rota is not None:
        desk.known("rota", written.rota, desk.model.rotas, (*path, "rota"))
    if written.falls_to is not None:
        _somebody(desk, written.falls_to, (*path, "falls_to"))
    authority = written.authority if isinstance(written.authority, str) else ""
    contacts = tuple(dict.fromkeys((*written.is_, *written.contacts)))
    return Role(name, written.title, written.party or "", contacts, written.rota or "", written.falls_to or "", authority)


def _rota(desk: Desk, name: str, written: WrittenRota) -> Rota:
    path: Path = ("rotas", name)
    for i, member in enumerate(written.members):
        desk.known("contact", member, desk.model.contacts, (*path, "members", i))
    if written.hours is not None:
        desk.calendar(written.hours, (*path, "hours"))
    if written.zone:
        desk.zone(written.zone, (*path, "zone"))
    if not written.members and written.feed is None:
        help_ = "add members: [anna, ben], or feed: <name of an iCalendar feed>"
        desk.say(path, "rota-empty", f"nobody is in rota `{name}`", help_, on_key=True)
    if written.members and written.starts is None:
        message = f"nothing says when the first turn of rota `{name}` begins"
        desk.say(path, "rota-starts", message, "add starts: 2026-01-05", on_key=True)
    every, unit = written.each
    zone = written.zone or desk.model.timezone
    return Rota(name, written.members, every, cast(Literal["hours", "days", "weeks"], unit), written.starts or 0, written.hands_over, zone,
                written.hours or "", written.feed or "")


def _of_party(desk: Desk, party: str | None, path: Path) -> None:
    if party is not None:
        desk.known("party", party, desk.model.parties or ("provider", "customer"), (*path, "party"))


def _speakers(desk: Desk) -> dict[str, str]:
    """Who speaks for each party: its contact, else the first contact that says it is of that party."""
    model = desk.model
    found: dict[str, str] = {}
    for name, party in model.parties.items():
        if party.contact is not None:
            path: Path = ("parties", name, "contact")
            if party.contact in model.roles or desk.known("contact", party.contact, model.contacts, path):
                found[name] = party.contact
    for name, contact in model.contacts.items():
        if contact.party:
            found.setdefault(contact.party, name)
    return found
