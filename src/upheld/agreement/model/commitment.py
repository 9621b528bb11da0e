"""Commitments (LANGUAGE §6): what is promised, in the keys all measures share.

Law: everything a figure depends on is said here or where it names; ``says`` stands beside the rule, never instead of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field

from upheld.agreement.model.example import Examples
from upheld.agreement.model.form import (
    Clause,
    Event,
    Flag,
    Length,
    Name,
    Names,
    Prose,
    Sel,
    Text,
    Whole,
    gather,
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
from upheld.agreement.model.money import EarnBack, One, OwnClaim, Task
from upheld.agreement.model.window import Per
from upheld.calendars.spec import WindowSpec
from upheld.plans.lookup import Lookup
from upheld.plans.selector import EVERYTHING, Selector
from upheld.values import quantity
from upheld.values.condition import Condition
from upheld.values.quantity import Duration, Wrong

__all__ = ["Availability", "Clock", "Combine", "Commitment", "Commitments", "Each", "Every", "Ratio", "Slices", "Values"]

Conditions = Annotated[Lookup[Condition], reads(table(quantity_of(quantity.condition)))]
Calendars = Annotated[Lookup[str], reads(table(name_of))]
Numbers = Annotated[Lookup[Fraction], reads(table(quantity_of(quantity.number)))]


class RoundTo(Clause):
    """The rounding of the value before it is compared."""

    to: Annotated[Fraction, reads(lambda v: _step(text_of(v)))]
    mode: Literal["half_up", "half_even", "down", "up"] = "half_up"


def _step(text: str) -> Fraction:
    found = quantity.share(text) if text.endswith("%") else quantity.number(text)
    if isinstance(found, Wrong):
        length = quantity.open_time(text)
        if isinstance(length, Wrong):
            raise refuse(found)
        return Fraction(length)
    if found <= 0:
        raise problem("round", f"`{text}` is no step to round to", "write 0.01%")
    return found


class _Commitment(Clause):
    title: Text = ""
    says: Text = ""
    of: Sel = EVERYTHING
    for_each: Names = ()
    per: Per | None = None
    first: Literal["whole", "next full", "pro rata"] | None = None
    target: Conditions | None = None
    breach: Conditions | None = None
    binding: Flag = True
    excluding: Names = ()
    hours: Calendars | None = None
    when_empty: Literal["not_applicable", "met", "missed"] = "not_applicable"
    minimum_sample: Whole = 0
    round: RoundTo | None = None
    unknown: Literal["up", "down", "left out", "unknown"] = "unknown"
    mid_window: Literal["next", "split", "new"] = "next"
    open_cases: Literal["stay", "follow"] = "stay"
    public: Flag = False
    promised_by: Name = "provider"
    to: Name = "customer"
    backed_by: Names = ()
    points: Numbers | None = None
    repeat: Numbers | None = None
    credit: One | None = None
    claim: OwnClaim | None = None
    then: tuple[Task, ...] = ()
    deems: Names = ()
    earn_back: EarnBack | None = None
    escalation: Name | None = None
    examples: Examples = ()
    notes: Prose = ""


class Availability(_Commitment):
    """The share, total, number, longest run or mean distance of a state's time."""

    measure: Literal["availability"]
    down: Name
    out_of: Name
    value: Literal["share", "total", "number", "longest", "mean between"] = "share"


# ---- clock ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Every:
    """A clock that starts with the calendar: at the start or end of every window."""

    window: WindowSpec
    at: Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class Each:
    """At least ``least`` of the cases, or all but ``all_but``, within ``within``. Both None: a bare duration."""

    within: Duration
    least: Fraction | None = None
    all_but: int | None = None
    key: str = ""


def start_of(value: Any) -> Selector | Every:
    """An event, or ``{every: quarter, at: end}``."""
    if isinstance(value, dict) and "every" in value:
        from upheld.agreement.model.window import window_of

        at = text_of(value.get("at", "start"))
        if at not in ("start", "end") or set(value) - {"every", "at"}:
            raise problem("starts", "a clock of the calendar is {every: <window>, at: start} or at: end")
        return Every(window_of(value["every"]), "end" if at == "end" else "start")
    from upheld.agreement.model.form import event_of

    return event_of(value)


def promise_of(value: Any) -> tuple[Each, ...]:
    """A duration, or shares: ``{95%: 4h, 100%: 8h}``, ``{all but 1: 4h}``."""
    read = quantity_of(quantity.duration)
    if not isinstance(value, dict):
        return (Each(read(value)),)

    def one(key: str, item: Any) -> Each:
        if key.startswith("all but "):
            number = quantity.whole(key.removeprefix("all but "))
            if isinstance(number, Wrong):
                raise problem(number.slug, number.reason, number.help, on_key=True)
            return Each(read(item), None, number, key)
        part = quantity.share(key)
        if isinstance(part, Wrong):
            raise problem(part.slug, part.reason, part.help, on_key=True)
        if not 0 < part <= 1:
            raise problem("share-range", f"{key} is not a share of the cases", "write more than 0% and at most 100%", on_key=True)
        return Each(read(item), part, None, key)

    return tuple(gather(((key,), lambda key=key, item=item: one(key, item)) for key, item in value.items()))  # type: ignore[misc]


def _holds_shares(value: dict[str, Any]) -> bool:
    return all(key.endswith("%") or key.startswith("all but ") for key in value)


def reopen_of(value: Any) -> int | str:
    """µs, ``final`` or ``new cycle``."""
    text = text_of(value)
    return text if text in ("final", "new cycle") else quantity_of(quantity.open_time)(text)


class Clock(_Commitment):
    """A clock on cases."""

    measure: Literal["clock"]
    starts: Annotated[Selector | Every, reads(start_of)] | None = None
    stops: Event
    pauses: Names = ()
    within: Annotated[Lookup[tuple[Each, ...]], reads(table(promise_of, holds=_holds_shares))] | None = None
    counted: Literal["decided", "started", "stopped"] = "decided"
    reopen: Annotated[int | str, reads(reopen_of)] = "final"
    again: Annotated[str, reads(lambda v: _again(text_of(v)))] | None = None
    before: Event | None = None
    landing: Literal["close", "next_open"] = "close"
    value: Annotated[str, reads(lambda v: _statistic(text_of(v), ("share", "longest", "mean", "median", "number")))] = "share"


def _again(text: str) -> str:
    if not text.startswith("while "):
        raise problem("again", f"`{text}` does not say while what", "write again: while open")
    return name_of(text.removeprefix("while "))


def _statistic(text: str, known: tuple[str, ...]) -> str:
    digits = text[1:] if text.startswith("p") else ""
    found = quantity.number(digits) if digits else None
    if text in known or (isinstance(found, Fraction) and 0 < found < 100):
        return text
    raise problem("statistic", f"`{text}` is not a value that can be measured here", f"write {', '.join(known)}, or p95")


# ---- values --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ratio:
    """Good over total: by selectors, or the two numbers of a series (then ``series`` names it)."""

    good: Selector | None = None
    total: Selector | None = None
    series: str = ""


def ratio_of(value: Any) -> Ratio:
    """``{good: selector, total: selector}`` or a series' name."""
    from upheld.agreement.model.form import selector_of

    if isinstance(value, str):
        return Ratio(series=name_of(value))
    mapping = mapping_of(value, "a ratio")
    for key in mapping:
        if key not in ("good", "total"):
            raise problem("unknown-key", f"a ratio has no key `{key}`", "known keys: good, total", (key,), on_key=True)
    if "good" not in mapping:
        raise problem("missing-key", "a ratio says which are good", "add good: {<attribute>: <value>}")
    good, total = gather(((key,), lambda key=key: selector_of(mapping.get(key, "any"))) for key in ("good", "total"))  # type: ignore[misc]
    return Ratio(good, total)


class Slices(Clause):
    """The window cut into slices of equal length."""

    each: Length
    value: Annotated[str, reads(lambda v: _statistic(text_of(v), ("ratio", "mean", "min", "max", "sum", "number", "median")))] = "ratio"
    empty: Literal["good", "bad", "left out"] = "left out"
    bad: Annotated[Condition, reads(quantity_of(quantity.condition))] | None = None
    sample: Whole = 0


class Values(_Commitment):
    """A statistic of samples, or a ratio of counts or cases."""

    measure: Literal["values"]
    value: Annotated[str, reads(lambda v: _statistic(text_of(v), ("mean", "min", "max", "sum", "number", "share", "median")))] | None = None
    ratio: Annotated[Ratio, reads(ratio_of)] | None = None
    facts: Literal["samples", "counts", "cases"] | None = None
    slices: Slices | None = None
    method: Literal["nearest-rank"] = "nearest-rank"


# ---- combine -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KofN:
    """At least ``k`` of the parts."""

    k: int
    of: tuple[str, ...]


def k_of_n(value: Any) -> KofN:
    """``{k: 2, of: [a, b, c]}``."""
    mapping = mapping_of(value, "k of n")
    if set(mapping) != {"k", "of"}:
        raise problem("shape", "k of n is written {k: 2, of: [a, b, c]}")
    return KofN(quantity_of(quantity.whole)(mapping["k"]), many(name_of)(mapping["of"]))


def weights_of(value: Any) -> Mapping[str, Fraction]:
    """Weights by commitment: percents or numbers."""

    def one(item: Any) -> Fraction:
        text = text_of(item)
        return quantity_of(quantity.share)(text) if text.endswith("%") else quantity_of(quantity.number)(text)

    mapping = mapping_of(value, "weights")
    return dict(zip(mapping, gather(((key,), lambda item=item: one(item)) for key, item in mapping.items()), strict=True))  # type: ignore[misc]


def carried_of(value: Any) -> int:
    """``until met 3 windows in a row``, or ``always`` (0)."""
    text = text_of(value)
    found = re.fullmatch(r"until met ([1-9][0-9]{0,2}) windows? in a row", text, re.ASCII)
    if not found and text != "always":
        raise problem("carried", f"`{text}` does not say how long points are carried on", "write until met 3 windows in a row, or always")
    return int(found[1]) if found else 0


Counted = Annotated[KofN, reads(k_of_n)]


class Combine(_Commitment):
    """A figure from other commitments."""

    measure: Literal["combine"]
    all_of: Names = Field((), alias="all of")
    any_of: Names = Field((), alias="any of")
    sum_of: Names = Field((), alias="sum of")
    points_of: Names = Field((), alias="sum of points")
    weighted: Annotated[Mapping[str, Fraction], reads(weights_of)] = {}
    series: Names = ()
    parallel: Names = ()
    k_of_n: Counted | None = Field(None, alias="k of n")
    expression: Text = ""
    carried: Annotated[int, reads(carried_of)] | None = None


Commitment = Annotated[Availability | Clock | Values | Combine, Field(discriminator="measure")]
Commitments = Mapping[Name, Commitment]
