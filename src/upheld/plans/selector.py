"""Selectors: which facts a clause means, with a third answer for facts that do not say.

Law: Kleene logic. A row whose attribute is missing is undecided unless the rest of the selector decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import Attribute
from upheld.values.condition import Condition
from upheld.values.exact import exact_number

__all__ = ["EVERYTHING", "AnyValue", "Columns", "Either", "Every", "Key", "Meets", "NoneOf", "OneOf", "Same", "Selector", "Test",
           "attributes_of", "select"]

Mask = NDArray[np.bool_]
Columns = Callable[[str], Attribute | None]
"""Gives the column of an attribute, or None where the table has no such column (then every row is missing it)."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The attribute is one of these texts."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """The attribute is said, and the inner test does not hold."""

    test: Test


@dataclass(frozen=True, slots=True)
class AnyValue:
    """The attribute is said at all. Missing is then a plain no."""


@dataclass(frozen=True, slots=True)
class Meets:
    """The attribute, read as a number, fulfils the condition; a text that is no number does not."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Same:
    """The attribute equals this result's own value."""


Test = OneOf | NoneOf | AnyValue | Meets | Same


@dataclass(frozen=True, slots=True)
class Key:
    """One attribute under one test."""

    attribute: str
    test: Test


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold. No part: everything."""

    parts: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: tuple[Selector, ...]


Selector = Key | Every | Either
EVERYTHING = Every(())


def attributes_of(selector: Selector) -> frozenset[str]:
    """The names of all attributes the selector reads."""
    if isinstance(selector, Key):
        return frozenset((selector.attribute,))
    return frozenset().union(*(attributes_of(p) for p in selector.parts))


def select(selector: Selector, columns: Columns, n: int, same: Mapping[str, str] | None = None) -> tuple[Mask, Mask]:
    """``(yes, undecided)``, two bool[n] that are never both true.

    ``same`` gives this result's own attribute values for ``same`` tests.
    """
    if isinstance(selector, Key):
        return _key(selector, columns, n, same or {})
    if isinstance(selector, Every):
        yes, no = np.ones(n, np.bool_), np.zeros(n, np.bool_)
        for part in selector.parts:
            y, u = select(part, columns, n, same)
            yes &= y
            no |= ~(y | u)
        return yes, ~(yes | no)
    yes, maybe = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for part in selector.parts:
        y, u = select(part, columns, n, same)
        yes |= y
        maybe |= u
    return yes, maybe & ~yes


def _key(key: Key, columns: Columns, n: int, same: Mapping[str, str]) -> tuple[Mask, Mask]:
    column = columns(key.attribute)
    if column is None:
        missing = np.ones(n, np.bool_)
        held = np.zeros(n, np.bool_)
    else:
        missing = column.codes < 0
        # one look a distinct text, then a take; the last entry serves code -1
        table = np.fromiter((_holds(key.test, t, same.get(key.attribute)) for t in (*column.names, "")), np.bool_)
        held = table[column.codes] & ~missing
    if isinstance(key.test, AnyValue):
        return held, np.zeros(n, np.bool_)
    return held, missing


def _holds(test: Test, text: str, own: str | None) -> bool:
    match test:
        case OneOf(texts):
            return text in texts
        case NoneOf(inner):
            return not _holds(inner, text, own)
        case AnyValue():
            return True
        case Meets(condition):
            number = exact_number(text)
            return number is not None and condition.holds(number)
        case Same():
            return own is not None and text == own
