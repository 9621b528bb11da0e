"""Checks of escalations: steps nobody hears or that say no time, circles, people who cannot be reached, names nobody uses.

Law: a ladder that was agreed reaches somebody, ends, and leaves them time to act.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from upheld.agreement.compile import Compiled
from upheld.agreement.compile_people import who_there_is
from upheld.agreement.model.agreement import Agreement
from upheld.agreement.model.escalation import Escalation, Step
from upheld.agreement.model.form import Path, Problem

__all__ = ["CHECKS"]

_YEAR_US = 366 * 86_400_000_000
_MINUTE_US = 60_000_000
_SPOKEN = ("en", "de", "nl", "fr")
"""Languages messages are written in; others get English."""


def steps(compiled: Compiled) -> Iterator[Problem]:
    """Steps nobody hears, without a time or with two, and repeats that leave nobody time to act."""
    for name, written in compiled.desk.model.escalations.items():
        path: Path = ("escalations", name)
        if not written.steps:
            yield Problem((*path, "steps"), "escalation-nobody", f"`{name}` has no step", "add {at: 50%, tell: <role>}")
        for i, step in enumerate(written.steps):
            if not step.tell:
                yield Problem((*path, "steps", i), "escalation-nobody", f"step {i + 1} of `{name}` tells nobody", "add tell: <role>")
            yield from _when(step, (*path, "steps", i), name, i)
        yield from _repeat(written, path)


def _when(step: Step, path: Path, name: str, i: int) -> Iterator[Problem]:
    given = [key for key, value in (("at", step.share), ("after", step.after), ("before", step.before)) if value is not None]
    if not given:
        yield Problem(path, "escalation-delay", f"step {i + 1} of `{name}` does not say when", "add at: 50%, after: 2h, or before: 24h")
    if len(given) > 1:
        yield Problem(
            (*path, given[1]), "escalation-two-times", f"step {i + 1} of `{name}` says when twice: {' and '.join(given)}",
            "keep one, or write two steps", True,
        )
    for key, delay in (("after", step.after), ("before", step.before)):
        if delay == 0:
            yield Problem((*path, key), "escalation-delay", "a delay of nothing is no delay", f"leave the step out, or write {key}: 15m")
        if delay is not None and delay > _YEAR_US:
            yield Problem((*path, key), "escalation-delay", "a delay of more than a year is no escalation", "write a shorter delay")
    if step.share is not None and not 0 < step.share <= 10:
        yield Problem((*path, "at"), "escalation-delay", "a step is at more than 0% and at most 1000% of the target", "write at: 50%")


def _repeat(written: Escalation, path: Path) -> Iterator[Problem]:
    if written.repeat == 0:
        yield Problem((*path, "repeat"), "escalation-delay", "repeated without a pause, it would never end", "write 15m")
    elif written.repeat is not None and written.repeat < _MINUTE_US:
        yield Problem((*path, "repeat"), "escalation-delay", "repeated more often than once a minute, nobody can act", "write 15m")
    if written.acknowledge == 0:
        yield Problem((*path, "acknowledge"), "escalation-delay", "an acknowledgement that holds no time is none", "write 30m")
    for key, delay in (("repeat", written.repeat), ("acknowledge", written.acknowledge)):
        if delay is not None and delay > _YEAR_US:
            yield Problem((*path, key), "escalation-delay", "more than a year is no escalation", "write a shorter time")
    if written.repeats is not None and (written.repeats == 0 or written.repeat is None):
        help_ = "leave repeat out" if written.repeats == 0 else "add repeat: 15m, or take repeats out"
        yield Problem((*path, "repeats"), "escalation-repeats", f"{written.repeats} repeats of what is not repeated", help_)
    if written.acknowledge and written.until == "stopped":
        yield Problem(
            (*path, "acknowledge"), "escalation-repeats", "it goes on until the clock is stopped, so nobody can acknowledge it",
            "take acknowledge out, or write until: acknowledged", True,
        )


def circles(compiled: Compiled) -> Iterator[Problem]:
    """Ladders and people that come back to themselves."""
    model = compiled.desk.model
    yield from _circles({name: [e.then] if e.then else [] for name, e in model.escalations.items()}, "escalations", "then")
    stands_in = {name: [r.falls_to] if r.falls_to else [] for name, r in model.roles.items()}
    stands_in |= {name: [p.contact] if p.contact else [] for name, p in model.parties.items()}
    yield from _circles(stands_in, "roles", "falls_to", only=model.roles)


def _circles(leads: Mapping[str, list[str]], section: str, key: str, only: Mapping[str, object] | None = None) -> Iterator[Problem]:
    for name in leads if only is None else only:
        chain = [name]
        following = next(iter(leads[name]), None)
        while following is not None and following in leads and following not in chain:
            chain.append(following)
            following = next(iter(leads[following]), None)
        named = [n for n in chain if only is None or n in only]
        if following == name == min(named):
            message = f"it comes back to itself: {' -> '.join((*chain, name))}"
            yield Problem((section, name, key), "escalation-circle", message, "take one out")


def reachable(compiled: Compiled) -> Iterator[Problem]:
    """Whoever is told, and cannot be: a contact without an address, a role nobody fills, a party nobody speaks for."""
    model = compiled.desk.model
    if not (model.escalations and (model.contacts or model.roles or model.rotas)):
        return
    there = who_there_is(compiled.desk)
    speakers = {name for name, p in model.parties.items() if p.contact} | {c.party for c in model.contacts.values() if c.party}
    for name in dict.fromkeys(who for e in model.escalations.values() for step in e.steps for who in step.tell):
        kind = there.get(name)
        if kind == "party" and name not in speakers:
            place: Path = ("parties", name) if name in model.parties else _told(model, name)
            yield Problem(place, "party-without-contact", f"`{name}` is told, but nobody speaks for {name}",
                          f"add contact: <a contact> to {name}", True, "warning")
        if kind == "role":
            role = model.roles[name]
            if not (role.is_ or role.contacts or role.rota or role.falls_to):
                yield Problem(("roles", name), "role-empty", f"`{name}` is told, but nobody fills the role",
                              "add contacts: [<contact>], or rota: <rota>", True, "warning")
    for name, contact in model.contacts.items():
        if not contact.addresses and ("contact", name) in compiled.desk.used:
            yield Problem(("contacts", name), "contact-without-address", f"`{name}` is to be told, and has no address",
                          "add mail:, chat:, phone: or webhook:", True, "warning")


def _told(model: Agreement, name: str) -> Path:
    found = ((e, i) for e, ladder in model.escalations.items() for i, step in enumerate(ladder.steps) if name in step.tell)
    escalation, i = next(found)
    return ("escalations", escalation, "steps", i, "tell")


def members(compiled: Compiled) -> Iterator[Problem]:
    """A rota with one member twice."""
    for name, rota in compiled.desk.model.rotas.items():
        for i, member in enumerate(rota.members):
            if member in rota.members[:i]:
                yield Problem(("rotas", name, "members", i), "rota-member-twice", f"`{member}` has two turns in rota `{name}`",
                              "name each member once, or accept it", severity="warning")


def languages(compiled: Compiled) -> Iterator[Problem]:
    """A language nobody has written the messages in."""
    model = compiled.desk.model
    if not model.escalations:
        return
    said = [(("contacts", n, "language"), c.language) for n, c in model.contacts.items()]
    said += [(("parties", n, "language"), p.language) for n, p in model.parties.items()]
    for path, language in said:
        if language and language.lower().split("-")[0] not in _SPOKEN:
            yield Problem(path, "language-unspoken", f"messages are not written in `{language}` yet: they come in English",
                          f"known here: {', '.join(_SPOKEN)}", severity="warning")


def unused(compiled: Compiled) -> Iterator[Problem]:
    """Ladders, rotas and playbooks nothing leads to."""
    if compiled.plan is None:
        return
    model, used = compiled.desk.model, compiled.desk.used
    started = {c.escalation for c in model.commitments.values()} | {e.then for e in model.escalations.values()}
    helps = {"escalation": "write escalation: {} in a commitment, or take it out", "rota": "write rota: {} in a role, or take it out",
             "playbook": "write playbook: {} in an escalation, or take it out"}
    for what, names in (("escalation", model.escalations), ("rota", model.rotas), ("playbook", model.playbooks)):
        for name in names:
            if not (name in started if what == "escalation" else (what, name) in used):
                said = "started" if what == "escalation" else "used"
                message = f"{what} `{name}` is {said} by nothing"
                yield Problem((f"{what}s", name), f"unused-{what}", message, helps[what].format(name), True, "warning")


CHECKS = (steps, circles, reachable, members, languages, unused)
