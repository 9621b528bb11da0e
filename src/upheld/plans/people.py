"""Who is told, and when, compiled (LANGUAGE §8): ladders, roles, rotas, contacts.

Law: rules only; every role, rota, contact and ladder named resolves in the same ``Plan``. People are looked up when a step fires
(``upheld.clocks.duty``); the steps and their delays are those of the version that judges the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

__all__ = ["NOBODY", "Contact", "Ladder", "LadderStep", "People", "Role", "Rota"]


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One step. When: ``at`` a share of the target, ``before_us`` ahead of the due instant, or ``after_us`` on the wall after the step
    before it (the first step: after the due instant). Exactly one of the three is given.

    ``tell``: names of roles, contacts or parties. ``decides``: the role that may decide at this step. ``playbook``: name of a text.
    """

    at: Fraction | None = None
    after_us: int | None = None
    before_us: int | None = None
    tell: tuple[str, ...] = ()
    by: tuple[str, ...] = ()             # channels wanted, in order ("" = the contact's own)
    decides: str = ""
    says: str = ""
    playbook: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps in order. ``repeat_us``: the last step again at this distance on the wall, until acknowledged or stopped.

    ``acknowledge_us``: how long an acknowledgement holds (None: until the clock stops). It silences repeats and ``after`` steps, which go on
    when it ends; steps at a share of the target, or before the due instant, are always told. ``then``: the ladder that follows the last step.
    ``quiet``: the calendar within whose open time alone people are disturbed ("" = always); what falls outside waits for its opening.
    ``muted_while``: states or commitments of the plan; while one holds for the same attributes, the ladder's messages are muted.
    """

    name: str
    steps: tuple[LadderStep, ...]
    title: str = ""
    says: str = ""
    repeat_us: int | None = None
    repeats: int = 0                     # at most so many repeats (0: as many as fit into seven days)
    acknowledge_us: int | None = None
    then: str = ""
    quiet: str = ""
    muted_while: tuple[str, ...] = ()
    playbook: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or a desk and the ways to reach them: ``addresses`` by channel (mail, chat, phone, webhook)."""

    name: str
    title: str
    party: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """Who fills a role: contacts (all are told) or a rota (who is on duty is told); ``falls_to`` stands in where nobody is there."""

    name: str
    title: str = ""
    party: str = ""
    contacts: tuple[str, ...] = ()
    rota: str = ""
    falls_to: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Rota:
    """Members in turn: each for ``every`` ``unit``s of local time from ``starts_us`` (the first hand-over), at ``at_s`` seconds of the local
    day in ``zone``. ``feed``: the name of an iCalendar feed that says who is on duty instead. ``hours``: the calendar in which it is staffed.
    """

    name: str
    members: tuple[str, ...] = ()
    every: int = 1
    unit: Literal["hours", "days", "weeks"] = "weeks"
    starts_day: int = 0                  # days since 1970-01-01, local
    at_s: int = 0
    zone: str = "UTC"
    hours: str = ""
    feed: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """All of one agreement, by name. ``languages``: of a party, by its name in the agreement."""

    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    parties: Mapping[str, str] = field(default_factory=dict)      # party -> the contact or role that speaks for it
    languages: Mapping[str, str] = field(default_factory=dict)
    playbooks: Mapping[str, str] = field(default_factory=dict)    # name -> markdown


NOBODY = People()
"""An agreement that names nobody."""
