"""Look-ups: the one mechanism for bands, points, tiers, matrices, uprated amounts, cut-offs and small-number rules.

Law: the narrowest true row wins; a row is an exact text, a condition or ``else``. Leaves are numbered, so that kernels carry an
index and never a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64, Attribute
from upheld.values.condition import Comparison, Condition
from upheld.values.exact import exact_number

__all__ = ["NO_ROW", "UNDECIDED", "Branch", "Else", "Exact", "Leaf", "Lookup", "Numbers", "axes_of", "constant", "look", "pick"]

T = TypeVar("T")
Index = NDArray[np.int32]

NO_ROW = -1
"""No row is true for these values: the table has a gap here."""
UNDECIDED = -2
"""An attribute the table needs is missing."""


@dataclass(frozen=True, slots=True)
class Exact:
    """The attribute is exactly this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Else:
    """Any value at all, said or not."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The row's value: an index into ``Lookup.leaves``."""

    index: int


@dataclass(frozen=True, slots=True)
class Branch:
    """Rows of one axis, narrowest first."""

    axis: str
    rows: tuple[tuple[Exact | Condition | Else, Branch | Leaf], ...]


@dataclass(frozen=True, slots=True)
class Lookup(Generic[T]):
    """A table of values. A leaf of None is ``none``: no promise for these rows. ``labels`` name each leaf's row path."""

    root: Branch | Leaf
    leaves: tuple[T | None, ...]
    labels: tuple[str, ...]

    @property
    def is_constant(self) -> bool:
        """True where one value stands for every row."""
        return isinstance(self.root, Leaf)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A computed axis (result, time of start, number of cases): ``num``/``den``; ``missing`` where nothing is known."""

    num: I64
    den: int = 1
    missing: NDArray[np.bool_] | None = None


def constant(value: T) -> Lookup[T]:
    """The look-up with one row for everything."""
    return Lookup(Leaf(0), (value,), ("",))


def axes_of(lookup: Lookup[T]) -> tuple[str, ...]:
    """The attributes the table reads, outermost first, each once."""

    def walk(node: Branch | Leaf) -> Iterator[str]:
        if isinstance(node, Branch):
            yield node.axis
            for _, child in node.rows:
                yield from walk(child)

    return tuple(dict.fromkeys(walk(lookup.root)))


def pick(lookup: Lookup[T], columns: Callable[[str], Attribute | Numbers | None], n: int) -> Index:
    """i32[n]: the leaf of each row, ``NO_ROW`` or ``UNDECIDED``."""
    result = np.full(n, NO_ROW, np.int32)
    _pick(lookup.root, columns, np.arange(n), result, whole=True)
    return result


def _pick(node: Branch | Leaf, columns: Callable[[str], Attribute | Numbers | None], rows: I64, result: Index, *, whole: bool) -> None:
    if isinstance(node, Leaf):
        result[rows] = node.index
        return
    column = columns(node.axis)
    if isinstance(column, Attribute) and all(isinstance(child, Leaf) for _, child in node.rows):
        table = _by_code(node, column.names)
        if whole:
            table.take(column.codes, out=result, mode="wrap")
        else:
            result[rows] = table[column.codes[rows]]
        return
    left = rows
    missing = _missing(column, left, whole)
    undecided = left[missing]
    left = left[~missing]
    for key, child in node.rows:
        if isinstance(key, Else):
            continue
        true = _true(key, column, left)
        if true.any():
            _pick(child, columns, left[true], result, whole=False)
            left = left[~true]
    others = next((child for key, child in node.rows if isinstance(key, Else)), None)
    if others is not None:
        if len(left):
            _pick(others, columns, left, result, whole=False)
        if len(node.rows) == 1 and len(undecided):
            _pick(others, columns, undecided, result, whole=False)
            return
    result[undecided] = UNDECIDED


def _by_code(node: Branch, names: tuple[str, ...]) -> Index:
    """i32[n_names + 1]: the leaf of each text of a last axis; the last entry serves a missing one. One look a text, not a row."""
    leaves = {key: child.index for key, child in node.rows if isinstance(child, Leaf)}
    otherwise = leaves.get(Else(), NO_ROW)
    found = [next((leaf for key, leaf in leaves.items() if not isinstance(key, Else) and _matches(key, t)), otherwise) for t in names]
    return np.array([*found, otherwise if len(node.rows) == 1 and Else() in leaves else UNDECIDED], np.int32)


def _missing(column: Attribute | Numbers | None, rows: I64, whole: bool) -> NDArray[np.bool_]:
    if column is None:
        return np.ones(len(rows), np.bool_)
    if isinstance(column, Numbers):
        return np.zeros(len(rows), np.bool_) if column.missing is None else column.missing[rows]
    codes = column.codes if whole else column.codes[rows]
    return codes < 0


def _true(key: Exact | Condition, column: Attribute | Numbers | None, rows: I64) -> NDArray[np.bool_]:
    if isinstance(column, Numbers):
        if isinstance(key, Condition):
            return key.mask(column.num[rows], column.den)
        number = exact_number(key.text)
        if number is None:
            return np.zeros(len(rows), np.bool_)
        return Condition(((Comparison("=", number.numerator, number.denominator),),)).mask(column.num[rows], column.den)
    if column is None:              # nobody says it: all rows are missing, none is left to look at
        return np.zeros(len(rows), np.bool_)
    table = np.fromiter((_matches(key, t) for t in (*column.names, "")), np.bool_)
    return table[column.codes[rows]]


def _matches(key: Exact | Condition, text: str) -> bool:
    if isinstance(key, Exact):
        return key.text == text
    number = exact_number(text)
    return number is not None and key.holds(number)


def look(lookup: Lookup[T], values: Mapping[str, str | Fraction | None]) -> int:
    """The leaf index for one set of values (texts or exact numbers), ``NO_ROW`` or ``UNDECIDED``."""
    node = lookup.root
    while isinstance(node, Branch):
        value = values.get(node.axis)
        others = next((child for key, child in node.rows if isinstance(key, Else)), None)
        if value is None:
            if others is not None and len(node.rows) == 1:
                node = others
                continue
            return UNDECIDED
        for key, child in node.rows:
            if isinstance(key, Else):
                continue
            if _matches_value(key, value):
                node = child
                break
        else:
            if others is None:
                return NO_ROW
            node = others
    return node.index


def _matches_value(key: Exact | Condition, value: str | Fraction) -> bool:
    if isinstance(value, str):
        return _matches(key, value)
    if isinstance(key, Condition):
        return key.holds(value)
    return exact_number(key.text) == value
