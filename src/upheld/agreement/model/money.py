"""Money (LANGUAGE §7): what is paid for a breach, of what, how often, up to how much; claims, disputes, rights, earn-back.

Law: read, checked and kept as written; amounts are exact. Settling is later work and reads these models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from upheld.agreement.model.form import (
    Clause,
    Cond,
    Name,
    Names,
    Sel,
    Span,
    Text,
    Whole,
    many,
    mapping_of,
    name_of,
    problem,
    quantity_of,
    reads,
    refuse,
    text_of,
)
from upheld.agreement.model.lookup import table
from upheld.plans.lookup import Lookup
from upheld.values import quantity
from upheld.values.quantity import Duration, Money, Wrong

__all__ = ["Base", "Cap", "Claim", "Credit", "Credits", "Dispute", "EarnBack", "Pay", "PerWhat", "Right", "Rounding", "Task"]


@dataclass(frozen=True, slots=True)
class Pay:
    """What is paid: a share (of ``of``), a multiple, an amount of money, or so much service time's fee."""

    kind: Literal["share", "multiple", "money", "time", "extend"]
    share: Fraction = Fraction(0)
    money: Money | None = None
    time: Duration | None = None
    text: str = ""


def pay_of(value: Any) -> Pay:
    """``10%``, ``1x``, ``250 EUR``, ``3 days of fee``, ``{extend: time down}``."""
    if isinstance(value, dict) and set(value) == {"extend"}:
        return Pay("extend", text=text_of(value["extend"]))
    text = text_of(value)
    if text.endswith("%"):
        return Pay("share", quantity_of(quantity.share)(text), text=text)
    if re.fullmatch(r"-?[0-9.]+x", text, re.ASCII):
        return Pay("multiple", quantity_of(quantity.number)(text[:-1]), text=text)
    if text.endswith(" of fee"):
        return Pay("time", time=quantity_of(quantity.duration)(text.removesuffix(" of fee")), text=text)
    found = quantity.money(text)
    if isinstance(found, Wrong):
        if text[-3:].isupper() and text[-3:].isalpha():
            raise refuse(found)
        raise problem("pay", f"`{text}` is nothing that can be paid", "write 10%, 1x, 250 EUR or 3 days of fee")
    return Pay("money", money=found, text=text)


@dataclass(frozen=True, slots=True)
class Base:
    """What a percent is of: the fee (or an amount by name, or a number of the case), from where and when."""

    kind: Literal["fee", "amount", "value"]
    name: str = ""
    selector: Any = None
    window: str = "window"
    fee_kind: str = ""
    divided_by: str = ""


BASE_WINDOWS = ("window", "previous window", "next invoice", "contract year", "month", "quarter", "year", "term")


def base_of(value: Any) -> Base:
    """``fee``, the name of an amount, ``{fee: ..., in: ..., kind: ..., divided_by: ...}`` or ``{value: goods_value}``."""
    if isinstance(value, str):
        return Base("fee") if value in ("fee", "monthly fee") else Base("amount", name_of(value))
    mapping = mapping_of(value, "what a credit is a part of")
    if set(mapping) == {"value"}:
        return Base("value", name_of(mapping["value"]))
    if "fee" not in mapping:
        raise problem("fee-base", "a base is a fee, an amount by name, or {value: <number of the case>}", "write fee: all, or value: ...")
    for key in mapping:
        if key not in ("fee", "in", "kind", "divided_by"):
            raise problem("unknown-key", f"a fee has no key `{key}`", "known keys: fee, in, kind, divided_by", (key,), on_key=True)
    fee, window = mapping["fee"], text_of(mapping.get("in", "window"))
    if window not in BASE_WINDOWS and isinstance(quantity.duration(window), Wrong):
        raise problem(
            "fee-window",
            f"`{window}` is not a time whose fee can be paid of",
            f"write {', '.join(BASE_WINDOWS)} or 30 days before claim",
            ("in",),
        )
    selector = fee if fee in ("all", "same") else mapping_of(fee, "the fee's selector")
    return Base("fee", "", selector, window, text_of(mapping.get("kind", "")), text_of(mapping.get("divided_by", "")))


@dataclass(frozen=True, slots=True)
class PerWhat:
    """How often it is paid. ``step``: each started or completed (or any part of) a duration ``of`` late, down or over."""

    kind: Literal["result", "missed case", "share down", "point", "step", "number"]
    step: Duration | None = None
    counted: Literal["proportional", "started", "completed"] = "proportional"
    of: str = ""
    name: str = ""


_STEP = re.compile(r"(?:(started|completed) )?(.+) (late|down|over)")


def per_of(value: Any) -> PerWhat:
    """``result``, ``missed case``, ``started 30m late``, ``share down``, ``point`` or ``{number: seats}``."""
    if isinstance(value, dict):
        if set(value) != {"number"}:
            raise problem("per", "a credit is paid per result, missed case, point, step of time, or {number: <attribute>}")
        return PerWhat("number", name=name_of(value["number"]))
    text = text_of(value)
    if text in ("result", "missed case", "share down", "point"):
        return PerWhat(text)  # type: ignore[arg-type]
    found = _STEP.fullmatch(text)
    if not found:
        raise problem(
            "per",
            f"`{text}` is not what a credit is paid per",
            "write result, missed case, started 30m late, 1h down, share down, point or {number: seats}",
        )
    step = quantity.duration(found[2] if found[2][:1].isdigit() else f"1 {found[2]}")
    if isinstance(step, Wrong):
        raise refuse(step)
    return PerWhat("step", step, found[1] or "proportional", found[3])  # type: ignore[arg-type]


PayTable = Annotated[Lookup[Pay], reads(table(pay_of, holds=lambda v: set(v) == {"extend"}))]
Of = Annotated[Base, reads(base_of)]


class Credit(Clause):
    """One credit: pay × of × per, up to."""

    says: Text = ""
    pay: PayTable
    of: Of | None = None
    per: Annotated[PerWhat, reads(per_of)] = PerWhat("result")
    up_to: PayTable | None = None
    up_to_of: Of | None = None
    where: Sel | None = None
    late: Literal["whole days"] | None = None
    least: Annotated[Pay, reads(pay_of)] | None = Field(None, alias="from")


class Extend(Clause):
    """A term extension in place of money."""

    extend: Text


class Credits(Clause):
    """Several credits and how they join."""

    greatest: tuple[One, ...] = Field((), alias="greatest of")
    least: tuple[One, ...] = Field((), alias="least of")
    total: tuple[One, ...] = Field((), alias="sum of")
    choice: tuple[One, ...] = Field((), alias="choice of customer")
    says: Text = ""


def _credit_kind(value: Any) -> str:
    if isinstance(value, dict) and {"greatest of", "least of", "sum of", "choice of customer"} & set(value):
        return "several"
    return "extend" if isinstance(value, dict) and "extend" in value else "one"


One = Annotated[
    Annotated[Credit, Tag("~one")] | Annotated[Credits, Tag("~several")] | Annotated[Extend, Tag("~extend")],
    Discriminator(lambda value: f"~{_credit_kind(value)}"),
]


def _cap_window(value: Any) -> str:
    text = text_of(value)
    known = ("case", "window", "month", "quarter", "year", "any 12 months", "contract year", "term", "result")
    if text not in known:
        raise problem("cap-window", f"`{text}` is not a time a cap is counted in", f"write {', '.join(known)}")
    return text


class Cap(Clause):
    """A limit on what is paid."""

    up_to: PayTable | None = None
    of: Of | None = None
    within: Annotated[str, reads(_cap_window)] = Field(alias="in", default="window")
    for_each: Names = ()
    least: Annotated[Pay, reads(pay_of)] | None = Field(None, alias="from")
    commitments: Names = ()


class Claim(Clause):
    """By when a credit must be claimed and with what; late is lapsed, still shown."""

    by: Span
    needs: Annotated[tuple[str, ...], reads(many(text_of))] = ()
    to: Text = ""
    says: Text = ""


class Dispute(Clause):
    """What a party may contest, until when."""

    by: Name
    until: Span
    needs: Annotated[tuple[str, ...], reads(many(text_of))] = ()
    adds: Sel | None = None
    decides: Text = ""
    says: Text = ""


class When(Clause):
    """When a right arises."""

    breached: Names = ()
    at_least: Whole | None = None
    span: Text = Field("", alias="in")
    in_a_row: Whole | None = None
    late: Cond | None = None
    result: Cond | None = None


class Right(Clause):
    """What a party may then do."""

    give: Text
    to: Name
    when: When
    use_within: Span | None = None
    says: Text = ""


class EarnBack(Clause):
    """When a credit is reversed by a new entry."""

    when: Text
    share: Annotated[Pay, reads(pay_of)] | None = None
    says: Text = ""


class Rounding(Clause):
    """The one rounding of money."""

    money: Literal["half_even", "half_up", "down", "up"] = "half_even"
    to: Text = "cent"
    splits: Literal["largest remainder"] = "largest remainder"


class AmountAtRisk(Clause):
    """An amount by name, to be paid ``of``."""

    pay: PayTable
    of: Of | None = None


class Task(Clause):
    """A duty that a breach starts: it opens a clock."""

    do: Text
    within: Span
    by: Name | None = None
    says: Text = ""


class HighestOf(Clause):
    """Commitments of which only the highest credit is paid."""

    highest_of: Names
    per: Text = "window"


Caps = Annotated[tuple[Cap, ...], Field(default=())]
Amounts = Mapping[Name, AmountAtRisk]
Disputes = Mapping[Name, Dispute]
