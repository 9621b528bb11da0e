"""Money (LANGUAGE §7): what is paid for a breach, of what, how often, up to how much; claims, disputes, rights, earn-back.

Law: read, checked and kept as written; amounts are exact. ``compile_remedies`` makes of them what is settled by.
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
    Percent,
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
    selector_of,
    text_of,
)
from upheld.agreement.model.lookup import table
from upheld.plans.lookup import Lookup
from upheld.plans.remedies import Base, Pay, PerWhat
from upheld.plans.selector import EVERYTHING
from upheld.values import quantity
from upheld.values.quantity import Duration, Money, Wrong

__all__ = ["AmountAtRisk", "Amounts", "Cap", "Claim", "Credit", "Credits", "Dispute", "Disputes", "EarnBack", "Extend", "HighestOf",
           "One", "OwnClaim", "PayTable", "Right", "Rounding", "Standing", "Task"]


def pay_of(value: Any) -> Pay:
    """``10%``, ``1x``, ``250 EUR``, ``3 days of fee``, ``{extend: time down}``."""
    if isinstance(value, dict) and set(value) == {"extend"}:
        return Pay("extend", time=extension_of(value["extend"]), text=text_of(value["extend"]))
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


_LAST_INVOICES = re.compile(r"(average of )?last (?:([1-9][0-9]?) invoices|invoice)", re.ASCII)
BASE_WINDOWS = ("window", "previous window", "next invoice", "contract year", "month", "quarter", "year", "term")


def base_of(value: Any) -> Base:
    """``fee``, the name of an amount, ``{fee: ..., in: ..., kind: ..., divided_by: ...}`` or ``{value: goods_value}``."""
    if isinstance(value, str):
        return Base("fee") if value in ("fee", "monthly fee") else Base("amount", name_of(value), text=value)
    mapping = mapping_of(value, "what a credit is a part of")
    if set(mapping) == {"value"}:
        name = name_of(mapping["value"])
        return Base("value", name, text=f"the case's {name}")
    if "fee" not in mapping:
        raise problem("fee-base", "a base is a fee, an amount by name, or {value: <number of the case>}", "write fee: all, or value: ...")
    for key in mapping:
        if key not in ("fee", "in", "kind", "divided_by"):
            raise problem("unknown-key", f"a fee has no key `{key}`", "known keys: fee, in, kind, divided_by", (key,), on_key=True)
    fee, window = mapping["fee"], text_of(mapping.get("in", "window"))
    last = _LAST_INVOICES.fullmatch(window)
    back = None if last or window in BASE_WINDOWS else quantity.duration(window)
    if isinstance(back, Wrong) or (back is not None and back.before != "claim"):
        raise problem(
            "fee-window",
            f"`{window}` is not a time whose fee can be paid of",
            f"write {', '.join(BASE_WINDOWS)}, average of last 3 invoices or 30 days before claim",
            ("in",),
        )
    if fee == "same":
        charges = None
    else:
        charges = EVERYTHING if fee == "all" else selector_of(mapping_of(fee, "the fee's selector"))
    kind, divided = text_of(mapping.get("kind", "")), text_of(mapping.get("divided_by", ""))
    named = "last invoices" if last else window if back is None else "before claim"
    text = fee_text(fee, window, kind, divided)
    if not last:
        return Base("fee", "", charges, named, back, kind, divided, text)
    return Base("fee", "", charges, named, None, kind, divided, text, invoices=int(last[2] or 1), mean=last[1] is not None)


def fee_text(fee: Any, window: str, kind: str, divided: str) -> str:
    """A base in words: ``the fee of the same region in the contract year, its base part, divided by seats``."""
    chosen = "" if isinstance(fee, str) else " of " + " and ".join(f"the same {k}" if v == "same" else f"{k} {v}" for k, v in fee.items())
    return (f"{'all fees' if fee == 'all' else 'the fee'}{chosen}{'' if window == 'window' else f' in the {window}'}"
            f"{f', its {kind} part' if kind else ''}{f', divided by {divided}' if divided else ''}")


_STEP = re.compile(r"(?:(started|completed) )?(.+) (late|down|over)")


def per_of(value: Any) -> PerWhat:
    """``result``, ``missed case``, ``started 30m late``, ``share down``, ``point`` or ``{number: seats}``."""
    if isinstance(value, dict):
        if set(value) != {"number"}:
            raise problem("per", "a credit is paid per result, missed case, point, step of time, or {number: <attribute>}")
        name = name_of(value["number"])
        return PerWhat("number", name=name, text=f"each of the {name}")
    text = text_of(value)
    if text in ("result", "missed case", "share down", "point"):
        return PerWhat(text, text=text)  # type: ignore[arg-type]
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
    return PerWhat("step", step, found[1] or "proportional", found[3], text=text)  # type: ignore[arg-type]


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


def extension_of(value: Any) -> Duration | None:
    """A duration, or ``time down`` (None)."""
    text = text_of(value)
    return None if text == "time down" else quantity_of(quantity.duration)(text)


class Extend(Clause):
    """A term extension in place of money."""

    extend: Annotated[Duration | None, reads(extension_of)]


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
    known = ("case", "window", "month", "quarter", "year", "any 12 months", "contract year", "term", "result", "invoice")
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


def claim_time_of(value: Any) -> Duration | None:
    """A period, or ``any time`` (None)."""
    text = text_of(value)
    return None if text == "any time" else quantity_of(quantity.duration)(text)


class Claim(Clause):
    """By when a credit must be claimed and with what; late is lapsed, still shown."""

    by: Annotated[Duration | None, reads(claim_time_of)]
    needs: Annotated[tuple[str, ...], reads(many(text_of))] = ()
    to: Text = ""
    says: Text = ""


OwnClaim = Annotated[
    Annotated[Claim, Tag("~claim")] | Annotated[Literal["automatic"], Tag("~automatic")],
    Discriminator(lambda value: "~automatic" if isinstance(value, str) else "~claim"),
]
"""The claim of one commitment's credit, in place of the agreement's: a claim, or the word ``automatic``."""


class Dispute(Clause):
    """What a party may contest, until when."""

    by: Name
    until: Span
    needs: Annotated[tuple[str, ...], reads(many(text_of))] = ()
    adds: Sel | None = None
    decides: Text = ""
    says: Text = ""


@dataclass(frozen=True, slots=True)
class LastTime:
    """So many months back, or so many windows."""

    months: int | None = None
    windows: int | None = None
    text: str = ""


def last_time_of(value: Any) -> LastTime:
    """``last 6 months``, ``any 12 months``, ``last 4 windows``."""
    text = text_of(value)
    body = text.removeprefix("last ").removeprefix("any ")
    found = re.fullmatch(r"([0-9]+) windows", body, re.ASCII)
    if found:
        return LastTime(windows=int(found[1]), text=text)
    span = quantity.duration(body)
    if isinstance(span, Wrong) or span.unit != "months":
        raise problem("span", f"`{text}` is not a time breaches are counted in", "write last 6 months or last 4 windows")
    return LastTime(months=span.amount, text=text)


class When(Clause):
    """When a right arises."""

    breached: Names = ()
    at_least: Whole | None = None
    span: Annotated[LastTime | None, reads(last_time_of)] = Field(None, alias="in")
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


def in_a_row_of(value: Any) -> int:
    """``target met 6 windows in a row``."""
    found = re.fullmatch(r"target met ([1-9][0-9]*) windows? in a row", text_of(value), re.ASCII)
    if not found:
        raise problem("earn-back", f"`{value}` does not say after what a credit goes back", "write target met 6 windows in a row")
    return int(found[1])


def step_of(value: Any) -> Money | None:
    """``cent`` (the minor unit), or an amount above nothing."""
    text = text_of(value)
    if text in ("cent", "penny", "minor unit"):
        return None
    found = quantity_of(quantity.money)(text)
    if found.minor <= 0:
        raise problem("round", f"`{text}` is no step to round to", "write cent, or an amount such as 0.05 CHF")
    return found


class EarnBack(Clause):
    """When a credit is reversed by a new entry."""

    when: Annotated[int, reads(in_a_row_of)]
    share: Percent = Fraction(1)
    says: Text = ""


class Rounding(Clause):
    """The one rounding of money. ``to``: one minor unit (``cent``), or an amount such as 0.05 CHF."""

    money: Literal["half_even", "half_up", "down", "up"] = "half_even"
    to: Annotated[Money | None, reads(step_of)] = None
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


class Standing(Clause):
    """When no credit is owed: while a state holds at the end of the window, such as an account behind with its payments."""

    unless: Name
    says: Text = ""


class HighestOf(Clause):
    """Commitments of which only the highest credit is paid."""

    highest_of: Names
    per: Text = "window"


Amounts = Mapping[Name, AmountAtRisk]
Disputes = Mapping[Name, Dispute]
