"""What settling gives back: credit lines with their working, cuts by caps, rights, duties; nothing here needs the evaluator.

Law: amounts are integer minor units of one currency, rounded once; a line that cannot be known says why and what it may come to;
a line lapsed or not owed is still shown. A credit is paid by who promised to who was promised; a reward the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

__all__ = ["COUNTING", "Cut", "Duty", "Line", "LineState", "OpenRight", "Settlement"]

LineState = Literal["owed", "claimable", "to choose", "lapsed", "not owed", "unknown"]
"""``claimable``: owed if it is claimed in time; ``to choose``: owed, the customer may choose another form; ``lapsed``: claimed late
or never; ``not owed``: below a minimum, paid once elsewhere, or the account not in good standing."""

COUNTING: tuple[LineState, ...] = ("owed", "claimable", "to choose")
"""The states whose amounts count towards caps and totals."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What a cap took from a line: the cap's clause, its period, its limit and the cut, in minor units."""

    clause: str
    period: str
    limit: int
    minor: int
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One credit of one result (or of one missed case in it).

    ``key``: agreement/commitment/group/window start/case/clause, unique and stable over restatements. ``raw``: minor units before
    rounding and caps, exact; ``rounded``: after the one rounding; ``amount``: after caps (None: unknown, then ``low`` … ``high``).
    Positive amounts are the customer's, negative ones rewards (or earned back, ``reverses`` names the line). ``grant``: what is given that is
    no money. ``claim_by``/``claimed_at``: µs UTC. ``working``: sentences that lead from the figure to the amount.
    """

    key: str
    agreement: str
    version: str
    commitment: str
    group: tuple[tuple[str, str], ...]
    window: str
    start: int
    end: int
    clause: str
    kind: Literal["credit", "reward", "extension", "earned back"]
    payer: str
    payee: str
    currency: str
    state: LineState
    amount: int | None
    case: str = ""
    raw: Fraction | None = None
    rounded: int | None = None
    low: int | None = None
    high: int | None = None
    grant: str = ""
    reason: str = ""
    working: tuple[str, ...] = ()
    cuts: tuple[Cut, ...] = ()
    reverses: str = ""
    claim_by: int | None = None
    claimed_at: int | None = None
    missing: tuple[str, ...] = ()        # evidence the claim owes
    disputed: str = ""                   # the open dispute about it
    provisional: bool = False

    @property
    def counts(self) -> bool:
        """Whether its amount is part of what is, or may be, paid."""
        return self.state in COUNTING and self.amount is not None

    @property
    def due(self) -> int:
        """The amount, minor units; nothing where it is not known."""
        return 0 if self.amount is None else self.amount


@dataclass(frozen=True, slots=True)
class OpenRight:
    """A right that arose: what, to whom, why, from when and until when it may be used."""

    give: str
    to: str
    why: str
    clause: str
    opened_at: int
    use_by: int | None
    state: Literal["open", "used", "lapsed"]
    commitment: str = ""
    group: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that a breach started: what, who, since when, until when, done when."""

    do: str
    by: str
    clause: str
    commitment: str
    group: tuple[tuple[str, str], ...]
    window: str
    since: int
    due: int
    done_at: int | None
    state: Literal["open", "done", "late", "overdue"]


@dataclass(frozen=True, slots=True)
class Settlement:
    """All lines of one agreement at one knowledge cut, in order of window, commitment, group, case, clause."""

    agreement: str
    currency: str
    as_of: int | None
    lines: tuple[Line, ...]
    rights: tuple[OpenRight, ...] = ()
    duties: tuple[Duty, ...] = ()
    notes: tuple[str, ...] = ()

    def total(self, states: tuple[LineState, ...] = COUNTING) -> int:
        """The sum of the known amounts in these states, minor units."""
        return sum(line.amount for line in self.lines if line.state in states and line.amount is not None)

    def unknown(self) -> tuple[Line, ...]:
        """The lines whose amount cannot be known yet."""
        return tuple(line for line in self.lines if line.state == "unknown")


@dataclass(frozen=True, slots=True)
class Opening:
    """A credit given before these facts begin: it counts towards caps. ``at``: µs UTC; ``minor`` > 0."""

    at: int
    minor: int
    commitment: str = ""
    group: tuple[tuple[str, str], ...] = field(default_factory=tuple)
