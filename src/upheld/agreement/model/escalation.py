"""Escalations, roles, rotas, contacts (LANGUAGE §8): who is told when a clock has used so much of its time.

Law: a step says when (a share of the time, or a delay after the step before), whom, and who decides; acted on by the live side.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field

from upheld.agreement.model.form import Clause, Length, Name, Names, Percent, Prose, Text, many, mapping_of, reads, text_of

__all__ = ["Contact", "Escalation", "Role", "Rota", "Step"]


class Step(Clause):
    """One step: ``at`` a share of the target, or ``after`` a delay."""

    at: Percent | None = None
    after: Length | None = None
    before: Length | None = None
    tell: Names = ()
    decides: Name | None = None
    by: Names = ()
    says: Text = ""

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
    until: Text = ""
    then: Name | None = None


class Contact(Clause):
    """A person or a desk, and the ways to reach them."""

    name: Text = ""
    title: Text = ""
    party: Name | None = None
    mail: Text = ""
    phone: Text = ""
    chat: Text = ""
    language: Text = ""
    hours: Name | None = None
    url: Text = ""
    notes: Prose = ""


def _contact(value: Any) -> Contact:
    return Contact.model_validate({"name": value} if isinstance(value, str) else mapping_of(value, "a contact"))


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
    members: Names
    each: Text = "1 weeks"
    starts: Text = ""
    hours: Name | None = None
    hands_over: Text = ""
    zone: Text = ""
    notes: Prose = ""


Contacts = Mapping[Name, Contact]
Roles = Mapping[Name, Role]
Rotas = Mapping[Name, Rota]
Escalations = Mapping[Name, Escalation]
