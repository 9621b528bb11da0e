"""Notices: who is told of a step that fell due, by which channel, in which words, and who is not and why.

Law: a step gives at least one notice; nobody on duty is one too. One recipient is told once by one channel, however many roles lead there.
People are looked up when the message goes out, muting is asked at the step's own instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upheld.assessment.scope import scope
from upheld.clocks.duty import Duty, on_duty, overrides_of
from upheld.clocks.message import Place, Situation, called, is_party, subject, text
from upheld.clocks.notice import Notice
from upheld.clocks.said import case_attributes, case_numbers
from upheld.clocks.silence import Parents, muted_by_parent, opening, parents_in, silenced, silences_of
from upheld.clocks.table import Agenda, StepRow
from upheld.clocks.words import Words, words
from upheld.facts.cut import cut
from upheld.facts.tables import Facts
from upheld.plans.people import Contact, Ladder
from upheld.plans.plan import Plan

__all__ = ["NOBODY_ON_DUTY", "NO_ADDRESS", "Telling", "notices", "place_of"]

NOBODY_ON_DUTY = "nobody is on duty"
"""What the notice of a step begins with that reaches nobody."""

NO_ADDRESS = "has no address"
"""What the notice of a step ends with whose contact cannot be reached."""


def notices(plan: Plan, agenda: Agenda, step: StepRow, facts: Facts, at: int, feeds: Mapping[str, bytes] | None = None) -> tuple[Notice, ...]:
    """Who is told of one step. For many steps of one agenda make a ``Telling`` once."""
    return Telling(plan, agenda, facts, at, feeds).of(step)


def place_of(plan: Plan, step: StepRow) -> Place | None:
    """Where on its ladder a step stands; None for a step this version's ladders do not have."""
    prefix, colon, own = step.step.rpartition(":")
    ladder = plan.people.ladders.get(prefix if colon else step.ladder)
    number, _, repeat = own.partition("r")
    if ladder is None or not number.isdigit() or not (repeat or "0").isdigit() or not 1 <= int(number) <= len(ladder.steps):
        return None
    return Place(ladder, int(number), int(repeat or 0), first=not colon)


@dataclass(frozen=True, slots=True)
class _Found:
    """One name that is told, who that is now, and the party it is told as."""

    name: str
    duty: Duty
    party: str


class Telling:
    """Who is told of the steps of one agenda: declarations are read once. ``plan`` is the version that judges the steps asked for.

    ``parents``: the agreement's clocks that may mute others (``muted_while``); those of the agenda where it holds all cases, from what is kept
    where it does not.
    """

    __slots__ = ("_cases", "_found_at", "_rows", "_scoped", "agenda", "at", "facts", "feeds", "overrides", "parents", "plan", "silences")

    def __init__(self, plan: Plan, agenda: Agenda, facts: Facts, at: int, feeds: Mapping[str, bytes] | None = None,
                 parents: Parents | None = None) -> None:
        self.parents = parents or parents_in(agenda)
        self.plan, self.agenda, self.at, self.feeds = plan, agenda, at, dict(feeds or {})
        self.facts = cut(facts, at)         # a message never knows more than its instant
        self.overrides, self.silences = overrides_of(facts, at), silences_of(facts, at)
        self._cases = case_numbers(self.facts)
        self._scoped: Facts | None = None
        self._found_at: dict[tuple[str, int], _Found] = {}
        self._rows = {key: i for i, key in enumerate(agenda.clocks.key)}

    def of(self, step: StepRow) -> tuple[Notice, ...]:
        """Everybody told of a step of the agenda; never empty. Raises KeyError for a step of no clock of the agenda."""
        plan, row = self.plan, self._rows[step.key]
        place = place_of(plan, step)
        if place is None:
            why = f"{NOBODY_ON_DUTY}: version {plan.version} has no step {step.step} of {step.ladder}"
            return (Notice(step, "", "", "", "en", "", "", step.at, "", why),)
        attributes = {**case_attributes(plan, self.facts, self._cases.get(step.key.case), step.at), **dict(self.agenda.clocks.group[row])}
        about = Situation(plan, step, place, self.agenda.clocks, row, attributes, self.at)
        muted = self._muted(step, place.ladder, attributes)
        send_at = opening(plan, place.ladder, step.at)
        looked_up = max(send_at, self.at)
        found = [self._found(name, looked_up) for name in place.step.tell]
        told: dict[tuple[str, str], Notice] = {}
        for one in found:
            for contact in one.duty.contacts:
                for notice in self._to(about, one, found, plan.people.contacts[contact], send_at, muted):
                    told.setdefault((notice.recipient, notice.channel), notice)
        gaps = [one for one in found if not one.duty.contacts]
        if gaps or not found:
            why = "; ".join(dict.fromkeys(one.duty.gap for one in gaps)) or "the step tells nobody"
            path = "; ".join(dict.fromkeys(one.duty.path for one in gaps))
            said = subject(words("en"), about), text(words("en"), about, inside=True, told=())
            told["", ""] = Notice(step, "", "", "", "en", *said, send_at, path, f"{NOBODY_ON_DUTY}: {why}")
        return tuple(told.values())

    def _found(self, name: str, at: int) -> _Found:
        if (name, at) not in self._found_at:
            duty = on_duty(self.plan, name, at, self.overrides, self.feeds)
            self._found_at[name, at] = _Found(name, duty, name if is_party(self.plan, name) else "")
        return self._found_at[name, at]

    def _muted(self, step: StepRow, ladder: Ladder, attributes: Mapping[str, str]) -> str:
        described = {**attributes, "agreement": step.key.agreement, "commitment": step.key.commitment, "case": step.key.case,
                     "cycle": step.key.cycle, "ladder": ladder.name, "step": step.step}
        return (silenced(self.silences, described, step.at, self.plan.zone)
                or muted_by_parent(self.plan, step, ladder, self.parents, self._own, attributes, self.at))

    def _to(self, about: Situation, one: _Found, found: list[_Found], contact: Contact, send_at: int, muted: str) -> list[Notice]:
        party = contact.party or one.party
        inside = party in ("", "provider")
        language = self._language(contact, party)
        others = [other for other in found if other.name != one.name and (inside or other.party)]
        told = [self._called(language, other, inside=inside) for other in others]
        stands_in = called(language, self.plan, one.name) if inside and one.duty.gap else ""
        said = subject(language, about), text(language, about, inside=inside, told=told, stands_in=stands_in)
        wanted = [channel for channel in about.place.step.by if channel in contact.addresses]
        channels = wanted or list(contact.addresses)[:1]
        if not channels:
            return [Notice(about.step, contact.name, "", "", language.tag, *said, send_at, one.duty.path,
                           muted or f"{contact.name} {NO_ADDRESS}")]
        return [Notice(about.step, contact.name, channel, contact.addresses[channel], language.tag, *said, send_at, one.duty.path, muted)
                for channel in dict.fromkeys(channels)]

    def _own(self) -> Facts:
        """The facts known that are the agreement's, once."""
        if self._scoped is None:
            self._scoped = scope(self.plan, self.facts)
        return self._scoped

    def _language(self, contact: Contact, party: str) -> Words:
        languages = self.plan.people.languages
        return words(contact.language or languages.get(party or "provider", "") or "en")

    def _called(self, language: Words, other: _Found, *, inside: bool) -> str:
        name = called(language, self.plan, other.name)
        people = ", ".join(self.plan.people.contacts[c].title for c in other.duty.contacts)
        return f"{name} ({people})" if inside and people and people != name else name
