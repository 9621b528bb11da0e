"""Services, tiers and the textual parts of an agreement (LANGUAGE §8): known keys, free words.

Law: what can be measured is a commitment; what is here is rendered into the contract and read by people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from upheld.agreement.model.form import Clause, Name, Names, Prose, Sel, Span, Text, many, reads, text_of
from upheld.agreement.model.money import PayTable

__all__ = [
    "Communication",
    "Continuity",
    "Liability",
    "Price",
    "Renewal",
    "Review",
    "Service",
    "Termination",
    "Tier",
    "Transition",
    "Words",
]

Lines = Annotated[tuple[str, ...], reads(many(text_of))]


class Tier(Clause):
    """A tier: what it costs, what it is limited to, who may have it."""

    title: Text = ""
    description: Prose = ""
    fee: Prose = ""
    limits: Prose = ""
    eligibility: Prose = ""
    services: Names = ()
    hours: Name | None = None
    notes: Prose = ""


class Service(Clause):
    """A service: what it is, what it needs, whose it is."""

    title: Text = ""
    description: Prose = ""
    depends_on: Names = ()
    owner: Name | None = None
    risks: Prose = ""
    fee: Prose = ""
    tier: Name | None = None
    where: Sel | None = None
    notes: Prose = ""


class Communication(Clause):
    """Channels, languages, cadence."""

    title: Text = ""
    channels: Prose = ""
    languages: Lines = ()
    cadence: Prose = ""
    status_page: Text = ""
    templates: Prose = ""
    notes: Prose = ""
    text: Prose = ""


class Continuity(Clause):
    """Recovery targets and drills."""

    title: Text = ""
    rto: Prose = ""
    rpo: Prose = ""
    drills: Prose = ""
    backup: Prose = ""
    sites: Prose = ""
    plan: Prose = ""
    notes: Prose = ""
    text: Prose = ""


class Words(Clause):
    """Security, data, retention, scope, transition: a heading and what is agreed under it."""

    title: Text = ""
    text: Prose = ""
    items: Prose = ""
    standards: Prose = ""
    certificates: Prose = ""
    audits: Prose = ""
    controls: Prose = ""
    incidents: Prose = ""
    access: Prose = ""
    encryption: Prose = ""
    location: Prose = ""
    classes: Prose = ""
    personal: Prose = ""
    subprocessors: Prose = ""
    kept: Prose = ""
    deleted: Prose = ""
    returned: Prose = ""
    exports: Prose = ""
    notes: Prose = ""


class Review(Clause):
    """A meeting or report: how often, who, about what."""

    title: Text = ""
    every: Text = ""
    with_: Names = Field((), alias="with")
    attendees: Names = ()
    agenda: Lines = ()
    minutes: Text = ""
    report: Prose = ""
    notes: Prose = ""
    text: Prose = ""


class Price(Clause):
    """Fees, discounts, overage, price protection."""

    title: Text = ""
    fees: Prose = ""
    fee: PayTable | None = None
    billing: Prose = ""
    discounts: Prose = ""
    overage: Prose = ""
    protection: Prose = ""
    indexation: Prose = ""
    taxes: Prose = ""
    payment: Prose = ""
    notes: Prose = ""
    text: Prose = ""


class Liability(Clause):
    """Limits of liability, in words."""

    title: Text = ""
    limit: Prose = ""
    exceptions: Prose = ""
    sole_remedy: Prose = ""
    insurance: Prose = ""
    indemnity: Prose = ""
    notes: Prose = ""
    text: Prose = ""


class Renewal(Clause):
    """What happens at the end."""

    title: Text = ""
    automatic: Text = ""
    term: Text = ""
    notice: Span | None = None
    price: Prose = ""
    notes: Prose = ""
    text: Prose = ""


class Termination(Clause):
    """How the agreement ends early."""

    title: Text = ""
    notice: Span | None = None
    causes: Prose = ""
    convenience: Prose = ""
    fees: Prose = ""
    effects: Prose = ""
    notes: Prose = ""
    text: Prose = ""


class Transition(Clause):
    """What is done when it begins and when it ends."""

    title: Text = ""
    start: Prose = ""
    ramp_up: Prose = ""
    exit: Prose = ""
    handover: Prose = ""
    assistance: Prose = ""
    data: Prose = ""
    notes: Prose = ""
    text: Prose = ""


Services = Mapping[Name, Service]
Tiers = Mapping[Name, Tier]
Reviews = Mapping[Name, Review]
