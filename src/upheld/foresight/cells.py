"""Cells: two look-ups compared where they could answer differently, however each is spelled.

Every text and every limit that either table names cuts its axis into cells; both tables are asked once in each cell; neighbours
that got the same pair of answers are told together. Law: rows in another order, nested or joined otherwise, or split in two, are
no difference; tables are equal exactly when every cell is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from upheld.agreement.model.lookup import COMPUTED
from upheld.assessment.show import show_duration
from upheld.plans.lookup import NO_ROW, UNDECIDED, Branch, Else, Exact, Leaf, Lookup, axes_of, look
from upheld.values.condition import Condition
from upheld.values.exact import exact_number
from upheld.values.quantity import show_day

__all__ = ["Cell", "NotComparableError", "cells", "decimal"]

MAX_CELLS = 50_000

_COUNTS = frozenset({"date", "number of cases", "missed in a row"})   # whole numbers only
_LEAST = {"number of cases": 0, "missed in a row": 1, "time of start": 0}


class NotComparableError(Exception):
    """The tables cannot be laid side by side: more cells than can be asked, or one axis in two units."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Rows that share their two answers: ``label`` in words, the leaf index of each (``NO_ROW``; ``UNDECIDED``: depends on what is
    not said).
    """

    label: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class _Span:
    """Numbers from ``low`` to ``high`` (None: no end), each end in or not."""

    low: Fraction | None
    low_in: bool
    high: Fraction | None
    high_in: bool


@dataclass(frozen=True, slots=True)
class _Choice:
    """One way an axis may stand: a value to ask with, and what it stands for (numbers, a text, another text, or not said)."""

    value: str | Fraction | None
    stands_for: _Span | str | None
    other: bool = False


def cells(before: Lookup[Any], after: Lookup[Any], same: Callable[[int, int], bool],
          firsts: tuple[Mapping[int, int], Mapping[int, int]]) -> tuple[Cell, ...]:
    """The cells in which the two tables differ. ``same(i, j)``: whether leaf i of the one means what leaf j of the other does.
    ``firsts``: for each leaf of either table the first that means the same, so that rows of one meaning are told together.

    Raises ``NotComparableError``.
    """
    axes = _order(axes_of(before), axes_of(after))
    if any(len(_units(axis, before, after)) > 1 for axis in axes):
        raise NotComparableError("one axis in two units")
    choices = [_choices(axis, _keys(axis, before), _keys(axis, after)) for axis in axes]
    total = 1
    for found in choices:
        total *= len(found)
    if total > MAX_CELLS:
        raise NotComparableError(f"{total} cells")
    told = tuple(_differing(_Asked(before, after, same, firsts, axes, choices).node(0, {}), ()))
    # where rows differ it is plain that what holds for a missing value differs too
    return tuple(cell for cell, missing in told if not missing) or tuple(cell for cell, _ in told)


def _order(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    """The axes of both tables, outermost first, in an order that does not depend on which table is the later one."""
    depth = {axis: min(axes.index(axis) for axes in (before, after) if axis in axes) for axis in {*before, *after}}
    return tuple(sorted(depth, key=lambda axis: (depth[axis], axis)))


# ---- axes cut into cells ---------------------------------------------------------------------------------------------


def _keys(axis: str, table: Lookup[Any]) -> list[Exact | Condition]:
    found: list[Exact | Condition] = []

    def walk(node: Branch | Leaf) -> None:
        if isinstance(node, Branch):
            for key, child in node.rows:
                if node.axis == axis and not isinstance(key, Else):
                    found.append(key)
                walk(child)

    walk(table.root)
    return found


def _choices(axis: str, *tables: Sequence[Exact | Condition]) -> list[_Choice]:
    keys = [key for table in tables for key in table]
    conditions = [k for k in keys if isinstance(k, Condition)]
    texts = dict.fromkeys(sorted(k.text for k in keys if isinstance(k, Exact)))
    if not conditions and axis not in COMPUTED:
        return [*(_Choice(t, t) for t in texts), _Choice(_unused(texts), None, other=True), _Choice(None, None)]
    limits = {c.limit for k in conditions for group in k.anyof for c in group}
    limits |= {n for t in texts if (n := exact_number(t)) is not None}
    found = [_Choice(at, span) for at, span in _numbers(sorted(limits), axis)]
    if axis not in COMPUTED:
        words = [t for t in texts if exact_number(t) is None]
        found += [*(_Choice(t, t) for t in words), _Choice(_unused(texts), None, other=True), _Choice(None, None)]
    return found


def _unused(texts: Mapping[str, None]) -> str:
    """A text none of the rows names."""
    text = "another"
    while text in texts:
        text += "'"
    return text


def _numbers(limits: Sequence[Fraction], axis: str) -> Iterator[tuple[Fraction, _Span]]:
    """A number in each piece the limits cut the line into, with the piece."""
    if axis in _COUNTS:
        yield from _whole(limits, _LEAST.get(axis))
        return
    least = _LEAST.get(axis)
    if not limits:
        yield Fraction(0), _Span(None, False, None, False)
        return
    if least is None or limits[0] > least:
        yield limits[0] - 1 if least is None else Fraction(least + limits[0]) / 2, _Span(None, False, limits[0], False)
    for i, limit in enumerate(limits):
        yield limit, _Span(limit, True, limit, True)
        if i + 1 < len(limits):
            yield (limit + limits[i + 1]) / 2, _Span(limit, False, limits[i + 1], False)
    if axis != "time of start" or limits[-1] < 86_400:
        yield limits[-1] + Fraction(1, 2), _Span(limits[-1], False, None, False)


def _whole(limits: Sequence[Fraction], least: int | None) -> Iterator[tuple[Fraction, _Span]]:
    around = {n for limit in limits for base in {limit.__floor__(), limit.__ceil__()} for n in (base - 1, base, base + 1)}
    points = sorted(n for n in around if least is None or n >= least) or [least or 0]
    for i, point in enumerate(points):
        last = points[i + 1] - 1 if i + 1 < len(points) else None
        yield Fraction(point), _Span(Fraction(point) if i else None, True, None if last is None else Fraction(last), True)


# ---- both tables asked, answers put together ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Answer:
    """The two answers; equal where they mean the same pair, whichever leaf said it."""

    before: int
    after: int
    differs: bool


_ALIKE = _Answer(NO_ROW, NO_ROW, differs=False)
"""The answer wherever both tables say the same: what they say is no matter."""


@dataclass(frozen=True, slots=True)
class _Split:
    """Groups of choices of one axis, each with what follows."""

    groups: tuple[tuple[str, bool, Any], ...]


class _Asked:
    """Both tables, asked in every cell."""

    def __init__(self, before: Lookup[Any], after: Lookup[Any], same: Callable[[int, int], bool],
                 firsts: tuple[Mapping[int, int], Mapping[int, int]], axes: Sequence[str], choices: Sequence[list[_Choice]]) -> None:
        self.before, self.after, self.same, self.firsts, self.axes, self.choices = before, after, same, firsts, axes, choices

    def node(self, depth: int, values: dict[str, str | Fraction | None]) -> _Answer | _Split:
        """What both say for these values: an answer, or the groups of the next axis."""
        if depth == len(self.axes):
            return self._answer(values)
        axis = self.axes[depth]
        found = [(c, self.node(depth + 1, {**values, axis: c.value})) for c in self.choices[depth]]
        if all(child == found[0][1] for _, child in found):
            return found[0][1]
        return _Split(tuple(_grouped(axis, self.choices[depth], found, _unit(axis, self.before, self.after))))

    def _answer(self, values: Mapping[str, str | Fraction | None]) -> _Answer:
        i, j = look(self.before, values), look(self.after, values)
        if UNDECIDED in (i, j):
            a, b = ({*_reachable(t.root, values)} for t in (self.before, self.after))
            alike = all(any(self.same(x, y) for y in b) for x in a) and all(any(self.same(x, y) for x in a) for y in b)
            i, j = (min(s) if len(s) == 1 else UNDECIDED for s in (a, b))
            return _Answer(i, j, True) if not alike else _ALIKE
        return _ALIKE if self.same(i, j) else _Answer(self.firsts[0].get(i, i), self.firsts[1].get(j, j), True)


def _reachable(node: Branch | Leaf, values: Mapping[str, str | Fraction | None]) -> Iterator[int]:
    """Every leaf that may be meant while some values are not said."""
    if isinstance(node, Leaf):
        yield node.index
        return
    value = values.get(node.axis)
    if value is not None:
        at = look(Lookup(Branch(node.axis, tuple((key, Leaf(i)) for i, (key, _) in enumerate(node.rows))), (), ()), {node.axis: value})
        yield from _reachable(node.rows[at][1], values) if at >= 0 else (NO_ROW,)
        return
    for _, child in node.rows:
        yield from _reachable(child, values)
    if not any(isinstance(key, Else) for key, _ in node.rows):
        yield NO_ROW


def _grouped(axis: str, choices: Sequence[_Choice], found: Sequence[tuple[_Choice, Any]], unit: str) -> Iterator[tuple[str, bool, Any]]:
    """Numbers side by side and texts anywhere are one group where what follows is equal."""
    spans: list[tuple[_Span, Any]] = []
    texts: list[tuple[list[_Choice], Any]] = []
    for choice, child in found:
        if isinstance(choice.stands_for, _Span):
            if spans and spans[-1][1] == child:
                first = spans[-1][0]
                spans[-1] = (_Span(first.low, first.low_in, choice.stands_for.high, choice.stands_for.high_in), child)
            else:
                spans.append((choice.stands_for, child))
        elif choice.value is None:
            yield f"{axis} not said", True, child
        else:
            group = next((g for g, c in texts if c == child), None)
            if group is None:
                texts.append(([choice], child))
            else:
                group.append(choice)
    for span, child in spans:
        yield f"{axis} {_span_words(span, unit, whole=axis in _COUNTS)}", False, child
    for group, child in texts:
        yield f"{axis} {_text_words(group, choices)}", False, child


def _differing(node: _Answer | _Split, labels: tuple[str, ...], missing: bool = False) -> Iterator[tuple[Cell, bool]]:
    if isinstance(node, _Answer):
        if node.differs:
            yield Cell(", ".join(labels), node.before, node.after), missing
        return
    for label, unsaid, child in node.groups:
        yield from _differing(child, (*labels, label), missing or unsaid)


# ---- words ---------------------------------------------------------------------------------------------------------


def _text_words(group: Sequence[_Choice], choices: Sequence[_Choice]) -> str:
    if any(c.other for c in group):
        mine = {c.value for c in group}
        rest = [c.value for c in choices if isinstance(c.stands_for, str) and c.value not in mine]
        return f"other than {_or(rest)}" if rest else "of any value"
    return _or([c.value for c in group])


def _or(texts: Sequence[Any]) -> str:
    said = [str(t) for t in texts]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"


def _units(axis: str, *tables: Lookup[Any]) -> set[str]:
    return {k.unit for t in tables for k in _keys(axis, t) if isinstance(k, Condition)}


def _unit(axis: str, *tables: Lookup[Any]) -> str:
    return next(iter(_units(axis, *tables)), "number")


def _span_words(span: _Span, unit: str, *, whole: bool) -> str:
    if span.low is not None and span.low == span.high:
        return _limit(span.low, unit)
    parts = []
    if span.low is not None:
        parts.append(f"{'>=' if span.low_in else '>'} {_limit(span.low, unit)}")
    if span.high is not None:
        op, high = ("<", span.high + 1) if whole and unit == "date" else ("<=" if span.high_in else "<", span.high)
        parts.append(f"{op} {_limit(high, unit)}")
    return ", ".join(parts) or "of any value"


def _limit(value: Fraction, unit: str) -> str:
    match unit:
        case "share":
            return f"{decimal(value * 100)}%"
        case "date":
            return show_day(int(value))
        case "time":
            minutes = int(value) // 60
            return f"{minutes // 60:02d}:{minutes % 60:02d}"
        case "duration":
            return show_duration(value)
    return decimal(value)


def decimal(value: Fraction) -> str:
    """A decimal exactly, as limits are written with at most 9 digits; any other fraction as itself."""
    scaled = value * 10**11
    if scaled.denominator != 1:
        return str(value)
    digits = f"{abs(int(scaled)):012d}"
    text = f"{digits[:-11]}.{digits[-11:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text
