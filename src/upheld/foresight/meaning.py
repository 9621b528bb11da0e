"""Meaning: any compiled rule reduced to what a figure depends on, so that two spellings of one rule are equal.

Law: texts, places and titles are dropped; quantities are exact in one unit; sets have no order; what stands by its name is replaced
by what the name means. A commitment, an attribute and a party are their names: results are told by them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from typing import Any, Literal

from upheld.agreement.model.lookup import spans_of
from upheld.calendars.spec import HolidayList, Weekly
from upheld.plans.plan import Within
from upheld.plans.remedies import Pay
from upheld.plans.selector import AnyValue, Either, Every, Key, Meets, NoneOf, OneOf, Same
from upheld.values.condition import Condition
from upheld.values.finding import Place
from upheld.values.quantity import Duration

__all__ = ["Kind", "Named", "Resolve", "meaning"]

Kind = Literal["calendar", "state", "exclusion"]

_UNSAID = frozenset({"text", "says", "sentence", "path", "title", "library"})


@dataclass(frozen=True, slots=True)
class Named:
    """Something that stands by its name: a calendar, a state, an exclusion."""

    kind: Kind
    name: str


Resolve = Callable[[Named], Any]
"""What a name means: a value to take the meaning of, or the name itself where names are compared."""


def meaning(value: Any, resolve: Resolve) -> Any:
    """The value reduced to nested tuples that are equal exactly when the rule is."""
    match value:
        case None | bool() | int() | str() | Fraction():
            return value
        case Named():
            return resolve(value)
        case Condition():
            return ("condition", value.unit, spans_of(value))
        case Key() | Every() | Either():
            return _selector(value)
        case Within() | Duration():
            calendar = Named("calendar", value.calendar) if value.calendar else None
            beside = (value.after, value.before) if isinstance(value, Duration) else ("", "")
            return ("time", value.unit, value.amount, meaning(calendar, resolve), value.at, beside)
        case Pay():
            return _pay(value, resolve)
        case Weekly():
            return _weekly(value)
        case frozenset() | set():
            return ("set", frozenset(meaning(v, resolve) for v in value))
        case tuple() | list():
            return tuple(meaning(v, resolve) for v in value)
        case Mapping():
            return ("map", frozenset((k, meaning(v, resolve)) for k, v in value.items()))
        case Place():
            return None
    if is_dataclass(value):
        said = (f.name for f in fields(value) if f.name not in _UNSAID)
        return (type(value).__name__, *((name, meaning(getattr(value, name), resolve)) for name in said))
    raise TypeError(type(value))


def _pay(pay: Pay, resolve: Resolve) -> Any:
    match pay.kind:
        case "share" | "multiple":
            return ("share", pay.share)   # 1x of a fee and 100% of it are one amount
        case "money":
            return ("money", None if pay.money is None else (pay.money.minor, pay.money.currency))
    return (pay.kind, meaning(pay.time, resolve))


def _weekly(spec: Weekly) -> Any:
    week = tuple(_merged(spans) for spans in spec.week)
    dates = frozenset((day, _merged(spans)) for day, spans in spec.dates)
    return ("weekly", spec.zone, week, dates, _closed(spec.holidays))


def _merged(spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _closed(lists: tuple[HolidayList, ...]) -> Any:
    return frozenset((frozenset(h.days), h.first, h.last, h.from_day, h.until_day) for h in lists)


# ---- selectors -----------------------------------------------------------------------------------------------------


def _selector(value: Any) -> Any:
    """Nested ands and ors flattened, their parts without order, one value or several of one attribute alike."""
    if isinstance(value, Key):
        return ("key", value.attribute, _test(value.test))
    word = "every" if isinstance(value, Every) else "either"
    parts: set[Any] = set()
    for part in value.parts:
        inner = _selector(part)
        parts |= inner[1] if inner[0] == word else {inner}
    if word == "either":
        parts = _joined(parts)
    return next(iter(parts)) if len(parts) == 1 else (word, frozenset(parts))


def _joined(parts: set[Any]) -> set[Any]:
    """``{a: 1} or {a: 2}`` is ``{a: [1, 2]}``."""
    plain: dict[str, frozenset[str]] = {}
    rest: set[Any] = set()
    for part in parts:
        if part[0] == "key" and part[2][0] == "one of":
            plain[part[1]] = plain.get(part[1], frozenset()) | part[2][1]
        else:
            rest.add(part)
    return rest | {("key", attribute, ("one of", texts)) for attribute, texts in plain.items()}


def _test(test: Any) -> Any:
    match test:
        case OneOf(texts):
            return ("one of", frozenset(texts))
        case NoneOf(inner):
            return ("not", _test(inner))
        case Meets(condition):
            return ("meets", condition.unit, spans_of(condition))
        case AnyValue():
            return ("any",)
        case Same():
            return ("same",)
    raise TypeError(type(test))
