"""What a breach costs, compiled (LANGUAGE §7): the credit sentence, caps, claims, rights, earn-back, duties that follow.

Law: rules only; every amount is exact, every name resolves in the same ``Plan``. ``upheld.remedies`` settles by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from upheld.plans.lookup import Lookup
from upheld.plans.selector import Selector
from upheld.values.condition import Condition
from upheld.values.exact import RoundingMode
from upheld.values.quantity import Duration, Money

__all__ = [
    "NO_REMEDIES",
    "Amount",
    "Base",
    "Cap",
    "Claim",
    "Credit",
    "CreditRule",
    "Dispute",
    "EarnBack",
    "Extension",
    "Joined",
    "MoneyRounding",
    "OnlyIf",
    "Pay",
    "PaysOnce",
    "PerWhat",
    "Remedies",
    "Right",
    "Span",
    "Task",
    "When",
]


@dataclass(frozen=True, slots=True)
class Pay:
    """What is paid: a share (of ``of``), a multiple, an amount of money, or so much service time's fee.

    ``extend``: the term grows by ``time``, or by the time down where ``time`` is None.
    """

    kind: Literal["share", "multiple", "money", "time", "extend"]
    share: Fraction = Fraction(0)
    money: Money | None = None
    time: Duration | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """What a percent is of: the fee, an amount by ``name``, or the number ``name`` of a case.

    ``charges``: which charges (``same`` compares with this result); None: those whose attributes equal the result's.
    ``window``: window | previous window | next invoice | contract year | month | quarter | year | term, before claim (then ``back``),
    or last invoices (then ``invoices``, and whether their ``mean``).
    ``divided_by``: a number, or the charges' attribute that holds it.
    """

    kind: Literal["fee", "amount", "value"] = "fee"
    name: str = ""
    charges: Selector | None = None
    window: str = "window"
    back: Duration | None = None
    fee_kind: str = ""
    divided_by: str = ""
    text: str = "the fee"
    invoices: int = 0
    mean: bool = False


@dataclass(frozen=True, slots=True)
class PerWhat:
    """How often it is paid. ``step``: each started or completed (or any part of) a duration ``of`` late, down or over."""

    kind: Literal["result", "missed case", "share down", "point", "step", "number"] = "result"
    step: Duration | None = None
    counted: Literal["proportional", "started", "completed"] = "proportional"
    of: str = ""
    name: str = ""
    text: str = "result"


@dataclass(frozen=True, slots=True)
class CreditRule:
    """One credit: pay × of × per, up to. ``least``: below it nothing is paid. ``path`` leads to the clause."""

    pay: Lookup[Pay]
    of: Base | None = None
    per: PerWhat = PerWhat()
    up_to: Lookup[Pay] | None = None
    up_to_of: Base | None = None
    where: Selector | None = None
    whole_days: bool = False
    least: Pay | None = None
    path: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """The term grows in place of money: by a duration, or (None) by the time down."""

    time: Duration | None
    path: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """Several credits: the greatest, the least, their sum, or the customer's choice of them."""

    how: Literal["greatest", "least", "sum", "choice"]
    parts: tuple[Credit, ...]
    path: str = ""


Credit = CreditRule | Extension | Joined


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit on what is paid in a time: ``case | result | window | month | quarter | year | any 12 months | contract year | term``,
    or on one ``invoice``: the first that begins when the window has ended.

    ``least``: credits that sum to less in that time are not paid. ``commitments``: only theirs (none named: all).
    """

    up_to: Lookup[Pay] | None
    of: Base | None
    within: str
    for_each: tuple[str, ...] = ()
    least: Pay | None = None
    commitments: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A deadline: so long ``after`` (or ``before``) something: window | incident | statement | breach | claim."""

    length: Duration
    after: str = "window"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """By when a credit must be claimed (None: at any time), and what must come with it."""

    by: Span | None
    needs: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True)
class Dispute:
    """What a party may contest, until when; ``adds``: the kind of fact an accepted dispute puts on record."""

    name: str
    by: str
    until: Span
    needs: tuple[str, ...] = ()
    adds: Mapping[str, str] = field(default_factory=dict)
    decides: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class When:
    """When a right arises: so many breaches in a time, so many in a row, a case later than, a result beyond."""

    breached: tuple[str, ...] = ()
    at_least: int = 1
    months: int | None = None
    windows: int | None = None
    in_a_row: int | None = None
    late: Condition | None = None
    result: Condition | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Right:
    """What a party may then do, and for how long."""

    give: str
    to: str
    when: When
    use_within: Duration | None = None
    path: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class EarnBack:
    """After ``windows`` windows met in a row, ``share`` of the credit goes back by a new entry. ``commitment`` "": every one."""

    windows: int
    share: Fraction
    commitment: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A duty that a breach starts."""

    do: str
    within: Duration
    by: str = "provider"
    path: str = ""


@dataclass(frozen=True, slots=True)
class PaysOnce:
    """Of these commitments only the one that pays most pays."""

    highest_of: tuple[str, ...]
    path: str = ""


@dataclass(frozen=True, slots=True)
class OnlyIf:
    """No credit is owed while the state holds at the end of the window (an account that is behind with its payments)."""

    unless: str
    path: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount by name."""

    pay: Lookup[Pay]
    of: Base | None = None


@dataclass(frozen=True, slots=True)
class MoneyRounding:
    """The one rounding of money: to ``step`` minor units, a whole number of them."""

    mode: RoundingMode = "half_even"
    step: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Remedies:
    """Every remedy of one version. ``credits``, ``tasks`` and ``deems`` by commitment."""

    credits: Mapping[str, Credit] = field(default_factory=dict)
    caps: tuple[Cap, ...] = ()
    claim: Claim | None = None
    disputes: Mapping[str, Dispute] = field(default_factory=dict)
    rights: tuple[Right, ...] = ()
    amounts: Mapping[str, Amount] = field(default_factory=dict)
    earn_back: tuple[EarnBack, ...] = ()
    rounding: MoneyRounding = MoneyRounding()
    pays_once: tuple[PaysOnce, ...] = ()
    deems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tasks: Mapping[str, tuple[Task, ...]] = field(default_factory=dict)
    only_if: tuple[OnlyIf, ...] = ()
    claims: Mapping[str, Claim | None] = field(default_factory=dict)
    """By commitment, what its credit is claimed by in place of ``claim``; None: it is paid without a claim."""

    def claim_of(self, commitment: str) -> Claim | None:
        """What the credit of a commitment must be claimed by; None: it is paid without a claim."""
        return self.claims.get(commitment, self.claim)


NO_REMEDIES = Remedies()
"""An agreement that promises and pays nothing."""
