"""The agreement itself: one file, all its clauses (LANGUAGE §0 to §10).

Law: every key is known or begins with ``x-``; what is not acted on yet is still read, checked and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from upheld.agreement.model.attribute import Attributes
from upheld.agreement.model.calendar import Calendars
from upheld.agreement.model.change import Changes
from upheld.agreement.model.commitment import Commitments
from upheld.agreement.model.escalation import Contacts, Escalations, Language, Playbooks, Roles, Rotas
from upheld.agreement.model.example import Examples
from upheld.agreement.model.exclusion import Exclusions
from upheld.agreement.model.form import Clause, Date, Name, Prose, Sel, Text, mapping_of, problem, quantity_of, reads, text_of
from upheld.agreement.model.money import Amounts, Cap, Claim, Disputes, EarnBack, HighestOf, Right, Rounding, Standing
from upheld.agreement.model.service import (
    Communication,
    Continuity,
    Liability,
    Price,
    Renewal,
    Reviews,
    Services,
    Termination,
    Tiers,
    Transition,
    Words,
)
from upheld.agreement.model.state import States
from upheld.values import quantity

__all__ = ["Agreement", "Complete", "Effective", "Party", "Pinned"]


class Party(Clause):
    """Who promises or is promised."""

    id: Name = ""
    name: Text
    role: Text = ""
    address: Prose = ""
    registration: Prose = ""
    contact: Name | None = None
    language: Language = ""
    signs: Prose = ""
    notes: Prose = ""


class Effective(Clause):
    """From and until when it judges; ``until`` is the last day."""

    start: Date = Field(alias="from")
    until: Date | None = None


@dataclass(frozen=True, slots=True)
class Pinned:
    """A base agreement at a version."""

    agreement: str
    version: str


def pinned(value: Any) -> Pinned:
    """``northwind-standard@2``. What is not written so was told when the base was looked for (``merge``)."""
    name, _, version = str(value).partition("@")
    return Pinned(name, version)


@dataclass(frozen=True, slots=True)
class Complete:
    """What was watched, by a source's name."""

    source: str
    start: int
    until: int | None


def complete_of(value: Any) -> tuple[Complete, ...]:
    """One or a list of ``{source, from, until}``."""
    read = quantity_of(quantity.date)
    found: list[Complete] = []
    for item in value if isinstance(value, list) else [value]:
        mapping = mapping_of(item, "complete")
        if not {"source", "from"} <= set(mapping) <= {"source", "from", "until"}:
            raise problem("shape", "complete is written {source: pager, from: 2026-01-01, until: 2026-03-31}")
        until = read(mapping["until"]) if "until" in mapping else None
        found.append(Complete(text_of(mapping["source"]), read(mapping["from"]), until))
    return tuple(found)


def version_of(value: Any) -> str:
    """``3`` or ``3.1``."""
    text = text_of(value)
    if not text or not all(part.isdigit() for part in text.split(".")):
        raise problem("version", f"`{text}` is not a version", "write a whole number, or 3.1 for a corrected version 3")
    return text


class Agreement(Clause):
    """The whole."""

    upheld: Literal["1"]
    agreement: Name
    title: Text = ""
    description: Prose = ""
    based_on: Annotated[Pinned, reads(pinned)] | None = None
    version: Annotated[str, reads(version_of)] = "1"
    effective: Effective
    adopted: Date | None = None
    language: Language = ""
    law: Text = ""
    timezone: Text
    currency: Text = ""
    parties: Mapping[Name, Party] = {}
    covers: Sel | None = None
    complete: Annotated[tuple[Complete, ...], reads(complete_of)] = ()
    calendars: Calendars = {}
    attributes: Attributes = {}
    states: States = {}
    exclusions: Exclusions = {}
    commitments: Commitments = {}
    caps: tuple[Cap, ...] = ()
    claim: Claim | None = None
    disputes: Disputes = {}
    rights: tuple[Right, ...] = ()
    amounts: Amounts = {}
    earn_back: Annotated[tuple[EarnBack, ...], BeforeValidator(lambda value: [value] if isinstance(value, dict) else value)] = ()
    rounding: Rounding | None = None
    pays_once: tuple[HighestOf, ...] = ()
    conditions: tuple[Standing, ...] = ()
    tiers: Tiers = {}
    services: Services = {}
    scope: Prose = ""
    out_of_scope: Prose = ""
    definitions: Prose = ""
    responsibilities: Prose = ""
    contacts: Contacts = {}
    roles: Roles = {}
    rotas: Rotas = {}
    escalations: Escalations = {}
    playbooks: Playbooks = {}
    communication: Communication | None = None
    changes: Changes | None = None
    continuity: Continuity | None = None
    security: Words | None = None
    data: Words | None = None
    retention: Words | None = None
    reviews: Reviews = {}
    price: Price | None = None
    liability: Liability | None = None
    renewal: Renewal | None = None
    termination: Termination | None = None
    transition: Transition | None = None
    texts: Prose = ""
    examples: Examples = ()
    notes: Prose = ""
