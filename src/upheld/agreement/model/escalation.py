"""Escalations, roles, rotas, contacts (LANGUAGE §8): who is told when a clock has used so much of its time.

Law: a step says when (a share of the time, a delay after the step before, or a time before the due instant), whom, and who decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field

from upheld.agreement.model.form import (
    Clause,
    Date,
    Length,
    Name,
    Names,
    Percent,
    Prose,
    Text,
    Whole,
    many,
    problem,
    quantity_of,
    reads,
    text_of,
)
from upheld.values import quantity

__all__ = ["Channels", "Contact", "Escalation", "Language", "Role", "Rota", "Step"]

Channel = Literal["mail", "chat", "phone", "webhook"]
CHANNELS: tuple[Channel, ...] = ("mail", "chat", "phone", "webhook")
_TURN = re.compile(r"([0-9]{1,6}) ?(h|hours?|days?|weeks?)", re.ASCII)
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?", re.ASCII)
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{2,30}", re.ASCII)
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)


def _channels(value: Any) -> tuple[str, ...]:
    found = many(text_of)(value)
    for i, name in enumerate(found):
        if name not in CHANNELS:
            raise problem("channel", f"`{name}` is no channel", "write mail, chat, phone or webhook", (i,) if isinstance(value, list) else ())
    return found


def _mail(value: Any) -> str:
    text = text_of(value)
    if text and not _MAIL.fullmatch(text):
        raise problem("contact-address", f"`{text}` is no mail address", "write name@example.org, one address a contact")
    return text


def _phone(value: Any) -> str:
    text = text_of(value)
    if text and not _PHONE.fullmatch(text):
        raise problem("contact-address", f"`{text}` is no telephone number", 'write "+49 30 1234567"')
    return text


def _language(value: Any) -> str:
    text = text_of(value)
    if text and not _TAG.fullmatch(text):
        raise problem("language", f"`{text}` is no language", "write its tag: en, de, nl, fr, pt-BR")
    return text


def _turn(value: Any) -> tuple[int, str]:
    """``1 weeks``: how many hours, days or weeks of local time a turn lasts."""
    text = text_of(value)
    found = _TURN.fullmatch(text)
    if found is None:
        raise problem("rota-each", f"`{text}` is no turn of a rota", "write 1 week, 3 days or 12 hours")
    unit = {"h": "hours", "d": "days", "w": "weeks"}[found[2][0]]
    count = int(found[1])
    if not 0 < count * {"hours": 1, "days": 24, "weeks": 168}[unit] <= 366 * 24:
        raise problem("rota-each", f"a turn of `{text}` is no turn: it lasts from an hour to a year", "write 1 week, 3 days or 12 hours")
    return count, unit


Channels = Annotated[tuple[str, ...], reads(_channels)]
Language = Annotated[str, reads(_language)]


class Step(Clause):
    """One step: ``at`` a share of the target, ``after`` a delay, or ``before`` the due instant."""

    at: Percent | None = None
    after: Length | None = None
    before: Length | None = None
    tell: Names = ()
    decides: Name | None = None
    by: Channels = ()
    says: Text = ""
    playbook: Name | None = None

    @property
    def share(self) -> Fraction | None:
        """``at`` as a share of the target."""
        at: Fraction | None = self.at
        return at


class Escalation(Clause):
    """Steps, repeated until acknowledged."""

    title: Text = ""
    says: Text = ""
    steps: tuple[Step, ...]
    repeat: Length | None = None
    repeats: Whole | None = None
    until: Literal["acknowledged", "stopped"] = "acknowledged"
    acknowledge: Length | None = None
    quiet: Name | None = None
    muted_while: Names = ()
    then: Name | None = None
    playbook: Name | None = None


class Contact(Clause):
    """A person or a desk, and the ways to reach them."""

    name: Text = ""
    title: Text = ""
    party: Name | None = None
    mail: Annotated[str, reads(_mail)] = ""
    phone: Annotated[str, reads(_phone)] = ""
    chat: Text = ""
    webhook: Text = ""
    by: Channels = ()
    language: Language = ""
    hours: Name | None = None
    url: Text = ""
    notes: Prose = ""

    @property
    def addresses(self) -> dict[str, str]:
        """The ways there are to reach them, the preferred first."""
        said = {channel: str(getattr(self, channel)) for channel in (*self.by, *CHANNELS)}
        return {channel: address for channel, address in said.items() if address}


class Role(Clause):
    """Who fills a role: contacts or a rota, and who stands in."""

    title: Text = ""
    party: Name | None = None
    is_: Names = Field((), alias="is")
    contacts: Names = ()
    rota: Name | None = None
    falls_to: Name | None = None
    duties: Annotated[tuple[str, ...], reads(many(text_of))] = ()
    authority: Prose = ""
    notes: Prose = ""


class Rota(Clause):
    """Who is on duty, in turn."""

    title: Text = ""
    members: Names = ()
    each: Annotated[tuple[int, str], reads(_turn)] = (1, "weeks")
    starts: Date | None = None
    hours: Name | None = None
    hands_over: Annotated[int, reads(quantity_of(quantity.time_of_day))] = 0
    zone: Text = ""
    feed: Name | None = None
    notes: Prose = ""


Contacts = Mapping[Name, Contact]
Roles = Mapping[Name, Role]
Rotas = Mapping[Name, Rota]
Escalations = Mapping[Name, Escalation]
Playbooks = Mapping[Name, Text]
