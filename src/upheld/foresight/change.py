"""Changes: one difference in what is promised, told with both places and what it is to the customer.

Law: a change is a value that needs no file and no evaluator to be understood; turned round it is the change of going back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from upheld.values.finding import Place

__all__ = ["SINGULAR", "Change", "Difference", "Direction", "Version"]

Direction = Literal["better", "worse", "different"]
"""For the customer. ``different``: not ordered, or better in one way and worse in another."""

SINGULAR = {"commitments": "commitment", "exclusions": "exclusion", "states": "state", "calendars": "calendar", "attributes": "attribute",
            "parties": "party", "tiers": "tier", "services": "service", "contacts": "contact", "roles": "role", "rotas": "rota",
            "escalations": "escalation", "playbooks": "playbook", "reviews": "review", "responsibilities": "responsibility",
            "definitions": "definition", "texts": "text"}
"""One of a section, in words."""

_SEVERAL = frozenset({"the hours", "the weekly hours", "the points", "the facts", "the facts it takes", "the facts it covers", "the slices",
                      "the cases it is paid for", "the years holidays are known for"})
"""Aspects that are plural."""

_BACK: dict[Direction, Direction] = {"better": "worse", "worse": "better", "different": "different"}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``subject``: a commitment, exclusion, calendar, … by its ``section``; ``aspect``: what of it; ``row``: for which
    rows of a table; ``before``/``after`` in words ("" where there is nothing on that side); places None where it is not written.
    """

    section: str
    subject: str
    aspect: str
    row: str
    before: str
    after: str
    direction: Direction
    before_place: Place | None = None
    after_place: Place | None = None
    kind: Literal["changed", "added", "removed"] = "changed"

    @property
    def sentence(self) -> str:
        """The change in one sentence."""
        name = f"{self.subject}: " if self.subject else ""
        if self.aspect == "the name":
            return f"{SINGULAR.get(self.section, self.section)} {self.before} is called {self.after}"
        if self.aspect == "":
            body = self.after if self.kind == "added" else self.before
            told = f": {body}" if body else ""
            return f"{SINGULAR.get(self.section, self.section)} {self.subject} is {'new' if self.kind == 'added' else 'taken out'}{told}"
        row = f" for {self.row}" if self.row else ""
        several = self.aspect in _SEVERAL or self.aspect.startswith("the hours of ")
        verb, goes = ("are", "go") if several else ("is", "goes")
        match self.kind:
            case "added":
                return f"{name}{self.aspect}{row} {verb} new: {self.after}"
            case "removed":
                return f"{name}{self.aspect}{row} {verb} taken out: {self.before}"
        return f"{name}{self.aspect}{row} {goes} from {self.before} to {self.after}"

    def turned_round(self) -> Change:
        """The change of going back."""
        kind: Literal["changed", "added", "removed"] = (
            "removed" if self.kind == "added" else "added" if self.kind == "removed" else "changed"
        )
        return replace(self, before=self.after, after=self.before, before_place=self.after_place, after_place=self.before_place,
                       direction=_BACK[self.direction], kind=kind)


@dataclass(frozen=True, slots=True)
class Version:
    """Which agreement and version, from which file, in force from and until when (days as written; "" = open-ended)."""

    agreement: str
    version: str
    title: str
    file: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All differences in meaning between two versions, in the order of the later file."""

    before: Version
    after: Version
    changes: tuple[Change, ...]

    @property
    def same_meaning(self) -> bool:
        """Whether both promise the same."""
        return not self.changes

    def count(self, direction: Direction) -> int:
        """How many changes go that way."""
        return sum(c.direction == direction for c in self.changes)
