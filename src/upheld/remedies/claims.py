"""Claims, disputes, choices: what the parties said about credits, read from the declarations on record.

Law: a declaration changes a line only as its clause says: a claim in time makes it owed, a late one lets it lapse (and it is still
shown), evidence that was asked for and not given is named. Disputes are shown beside the line; only a decision ends them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from upheld.calendars.deadlines import date_deadline
from upheld.calendars.grid import Grid
from upheld.facts.tables import Declarations
from upheld.plans.plan import Head
from upheld.plans.remedies import Claim, Span
from upheld.remedies.settlement import Line, Opening
from upheld.values.exact import exact_number
from upheld.values.instant import DAY_US
from upheld.values.quantity import Duration, minor_digits
from upheld.values.zone import zone

__all__ = ["Act", "Calendars", "Moments", "acts_of", "calendar_of", "chosen", "claimed", "deadline", "of_their_own", "openings"]


class Calendars(Protocol):
    """Compiles a calendar by its name."""

    def __call__(self, name: str) -> Grid:
        """The grid."""
        ...


@dataclass(frozen=True, slots=True)
class Act:
    """One declaration: what kind, about what, by whom, when; what else it says."""

    kind: str
    about: str
    actor: str
    at: int
    says: tuple[tuple[str, str], ...]

    def said(self, name: str) -> str:
        """One of its attributes, "" where it does not say it."""
        return dict(self.says).get(name, "")


def acts_of(declarations: Declarations | None, kinds: Iterable[str]) -> tuple[Act, ...]:
    """The declarations of some kinds, in time order."""
    if declarations is None:
        return ()
    wanted = set(kinds)
    found = []
    for row in range(len(declarations.at)):
        kind = declarations.kind.names[declarations.kind.codes[row]] if declarations.kind.codes[row] >= 0 else ""
        if kind in wanted:
            columns = {"about": declarations.about, "actor": declarations.actor, **declarations.attributes}
            said = {name: c.names[c.codes[row]] for name, c in columns.items() if c.codes[row] >= 0}
            about, actor = said.pop("about", ""), said.pop("actor", "")
            found.append(Act(kind, about, actor, int(declarations.at[row]), tuple(sorted(said.items()))))
    return tuple(sorted(found, key=lambda a: (a.at, a.kind, a.about, a.actor, a.says)))


def of_their_own(acts: Iterable[Act], customers: frozenset[str]) -> tuple[Act, ...]:
    """The acts, each of a customer who shares the agreement with others said to be about that customer alone."""
    return tuple(replace(a, says=tuple(sorted((*a.says, ("customer", a.actor))))) if a.actor in customers and not a.said("customer") else a
                 for a in acts)


def calendar_of(length: Duration, head: Head) -> str:
    """The calendar a period of people runs on: its own; working days else on the promise's hours, where those are one; else always."""
    hours = {h for h in head.hours.leaves if h is not None}
    return length.calendar or (hours.pop() if length.unit == "working days" and len(hours) == 1 else "always")


def deadline(span: Span, at: int, grid: Grid) -> int:
    """The instant a deadline counted from ``at`` falls on, µs UTC; dates end with the last instant of their day unless a time is named."""
    length = span.length
    if length.unit == "time":
        return int(grid.due(np.array([at]), np.array([length.amount]))[0])
    if length.at is not None:
        return int(date_deadline(grid, np.array([at - 1]), length.unit, length.amount, length.at)[0])
    midnight = zone(grid.zone).local(at) % DAY_US == 0
    if length.unit == "months" and midnight:
        # 2 months after the end of June: the end of August, not of the thirtieth
        return int(date_deadline(grid, np.array([at]), "months", length.amount)[0]) - 1
    # 30 days after the end of March: the whole of the thirtieth day; midnight after it is the next day
    return int(date_deadline(grid, np.array([at - 1]), length.unit, length.amount, 86_400)[0]) - 1


def about(act: Act, line: Line) -> bool:
    """Whether an act speaks of a line: by its key, its commitment (and window and result where it says them), or the whole agreement."""
    names = {line.key, line.commitment, f"{line.agreement}.{line.commitment}", f"{line.commitment} {line.window}", line.agreement,
             *(v for _, v in line.group)}
    if act.about not in names:
        return False
    said = dict(act.says)
    if said.get("window", line.window) != line.window or said.get("case", line.case) != line.case:
        return False
    return all(said.get(k, v) == v for k, v in line.group)


@dataclass(frozen=True, slots=True)
class Moments:
    """What claim deadlines count from: when what is paid for ended, when it was reported, and the claim its window ends with."""

    incident: int
    statement: int | None = None
    claim: int | None = None


def claimed(line: Line, claim: Claim | None, moments: Moments, acts: Sequence[Act], as_of: int, grid: Grid) -> Line:
    """The line as its claim leaves it at ``as_of``."""
    if moments.claim is not None:
        acts = (*acts, Act("claim", line.key, line.payee, moments.claim, ()))
    if claim is None or line.kind != "credit" or line.state not in ("owed", "to choose", "unknown"):
        return line
    by = None if claim.by is None else _last_instant(claim.by, line, moments, grid)
    mine = [a for a in acts if a.kind == "claim" and about(a, line) and a.at >= line.start]
    in_time = [a for a in mine if by is None or a.at <= by]
    if in_time:
        given = {part.strip().lower() for a in in_time for part in a.said("evidence").split(";")}
        # a register of claims that never speaks of evidence is not asked for it
        asked = any(a.said("evidence") for a in acts if a.kind == "claim")
        missing = tuple(need for need in claim.needs if asked and need.lower() not in given)
        first = in_time[0].at
        reason = f"claimed, but still to come: {', '.join(missing)}" if missing else line.reason
        if missing and by is not None and as_of > by:
            return replace(line, state="lapsed", claim_by=by, claimed_at=first, missing=missing,
                           reason=f"claimed without {', '.join(missing)}, which was due with the claim")
        state = "claimable" if missing and line.state == "owed" else line.state
        return replace(line, state=state, claim_by=by, claimed_at=first, missing=missing, reason=reason)
    if by is not None and as_of > by:
        late = mine[0].at if mine else None
        reason = "claimed too late" if mine else "not claimed in time"
        return replace(line, state="lapsed", claim_by=by, claimed_at=late, reason=reason)
    state = "claimable" if line.state == "owed" else line.state
    return replace(line, state=state, claim_by=by)


def _last_instant(by: Span, line: Line, moments: Moments, grid: Grid) -> int | None:
    after = {"window": line.end, "incident": moments.incident, "statement": moments.statement, "breach": line.end}.get(by.after, line.end)
    return None if after is None else deadline(by, after, grid)


def chosen(line: Line, options: Sequence[str], acts: Sequence[Act]) -> Line:
    """The line of a choice of the customer: open until a ``choice`` is on record that names one of the options (or its number)."""
    if not options:
        return line
    mine = [a for a in acts if a.kind == "choice" and about(a, line)]
    listed = "; ".join(f"{i}: {text}" for i, text in enumerate(options, 1))
    if not mine:
        return replace(line, state="to choose" if line.state == "owed" else line.state, reason=f"the customer may choose: {listed}")
    picked = mine[-1].said("option")
    grants = [text for i, text in enumerate(options, 1) if picked in (str(i), text) and "extended" in text]
    if grants:
        return replace(line, kind="extension", amount=0, rounded=0, grant=grants[0], reason="the customer chose this")
    return replace(line, reason="the customer chose this")


def openings(acts: Sequence[Act], currency: str) -> tuple[Opening, ...]:
    """The credits given before these facts begin (kind ``credit given``: amount in major units, commitment or agreement)."""
    found = []
    for act in acts:
        amount = exact_number(act.said("amount"))
        if act.kind == "credit given" and amount is not None and act.said("currency") in ("", currency):
            minor = amount * 10 ** (minor_digits(currency) or 0)
            group = tuple((k, v) for k, v in act.says if k not in ("amount", "currency", "commitment", "reason"))
            found.append(Opening(act.at, int(minor), act.said("commitment"), group))
    return tuple(found)
