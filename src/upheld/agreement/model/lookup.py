"""Look-ups as written (LANGUAGE §1): ``{by severity: {1: 4h, else: 8h}}``, wherever a value stands.

Law: the narrowest true row wins; rows are put in that order here, once. A row may stop early or hold a look-up of its own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeVar

from upheld.agreement.model.form import Problem, Read, Refusal, gather, kind_of, problem, refuse
from upheld.plans.lookup import Branch, Else, Exact, Leaf, Lookup
from upheld.values import quantity
from upheld.values.condition import Comparison, Condition
from upheld.values.quantity import Wrong

__all__ = ["COMPUTED", "contains", "overlap", "spans_of", "table"]

T = TypeVar("T")
Row = tuple[Exact | Condition | Else, Branch | Leaf]
Interval = tuple[tuple[Fraction, int] | None, tuple[Fraction, int] | None]

COMPUTED = frozenset({"result", "date", "time of start", "number of cases", "missed in a row"})
"""Attributes that are computed, so that a bare value among their rows is compared as a number."""


def table(read: Read[T], *, holds: Any = None) -> Read[Lookup[T]]:
    """A reader of look-ups whose leaves ``read`` reads. ``holds`` tells a leaf that is a mapping from rows of the next axis."""

    def read_table(value: Any) -> Lookup[T]:
        leaves: list[T | None] = []
        labels: list[str] = []

        def leaf(item: Any, label: str) -> Leaf:
            leaves.append(None if item == "none" else read(item))
            labels.append(label)
            return Leaf(len(leaves) - 1)

        def node(item: Any, axes: tuple[str, ...], label: str) -> Branch | Leaf:
            if axes and isinstance(item, dict) and not (holds and holds(item)) and not _is_table(item):
                return rows(item, axes, label)
            return branch(item, label) if _is_table(item) else leaf(item, label)

        def branch(item: dict[str, Any], label: str) -> Branch:
            if len(item) > 1:
                raise problem(
                    "keywords-and-data", f"a look-up has one key, 'by ...', not {', '.join(item)}", "put the rows below 'by <attribute>:'"
                )
            ((head, body),) = item.items()
            axes = tuple(a.strip() for a in head[3:].split(","))
            if not isinstance(body, dict) or not body:
                raise problem("shape", f"the rows of a look-up are a mapping, not {kind_of(body)}", path=(head,))
            try:
                return rows(body, axes, label)
            except Refusal as refusal:
                raise Refusal(Problem((head, *p.path), p.slug, p.message, p.help, p.on_key) for p in refusal.problems) from None

        def rows(body: dict[str, Any], axes: tuple[str, ...], label: str) -> Branch:
            axis = axes[0]

            def row(key: str, item: Any) -> Row:
                name = f"other {axis}" if key == "else" else f"{axis} {key}"
                return _row_key(key, axis), node(item, axes[1:], f"{label}, {name}" if label else name)

            found = gather(((key,), lambda key=key, item=item: row(key, item)) for key, item in body.items())  # type: ignore[misc]
            return Branch(axis, narrowest_first(found))

        root = node(value, (), "")
        return Lookup(root, tuple(leaves), tuple(labels))

    return read_table


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and any(key.startswith("by ") for key in value)


def _row_key(key: str, axis: str) -> Exact | Condition | Else:
    if key == "else":
        return Else()
    if not quantity.is_condition(key) and axis not in COMPUTED:
        return Exact(key)
    found = quantity.condition(key)
    if isinstance(found, Wrong):
        wrong = refuse(found).problems[0]
        raise Refusal([Problem((), wrong.slug, wrong.message, wrong.help, on_key=True)])
    return found


def narrowest_first(rows: list[Row]) -> tuple[Row, ...]:
    """Exact texts, then conditions so that each comes before those that contain it, then ``else``; else as written."""
    exact = [r for r in rows if isinstance(r[0], Exact)]
    left = [r for r in rows if isinstance(r[0], Condition)]
    ordered: list[Row] = []
    while left:
        pick = next((r for r in left if not any(o is not r and contains(r[0], o[0]) and not contains(o[0], r[0]) for o in left)), left[0])
        ordered.append(pick)
        left.remove(pick)
    return (*exact, *ordered, *(r for r in rows if isinstance(r[0], Else)))


# ---- conditions as sets of numbers ----------------------------------------------------------------------------------
# A bound is (limit, side): side -1 is just below the limit, +1 just above it; None is no bound. An interval runs from bound to bound.


def spans_of(condition: Condition) -> tuple[Interval, ...]:
    """The numbers a condition admits, as disjoint intervals in order; ``!=`` gives two."""
    found: list[Interval] = []
    for group in condition.anyof:
        parts: list[Interval] = [(None, None)]
        for comparison in group:
            parts = [m for p in parts for q in _spans(comparison) if (m := _meet(p, q))]
        found += parts
    found.sort(key=_low)
    merged: list[Interval] = []
    for span in found:
        if merged and _low(span) <= _high(merged[-1]):
            merged[-1] = (merged[-1][0], max(merged[-1], span, key=_high)[1])
        else:
            merged.append(span)
    return tuple(merged)


def _spans(c: Comparison) -> tuple[Interval, ...]:
    below, above = (c.limit, -1), (c.limit, 1)
    match c.op:
        case "<":
            return ((None, below),)
        case "<=":
            return ((None, above),)
        case ">":
            return ((above, None),)
        case ">=":
            return ((below, None),)
        case "=":
            return ((below, above),)
        case "!=":
            return (None, below), (above, None)


def _low(span: Interval) -> tuple[int, Fraction, int]:
    return (0, *span[0]) if span[0] is not None else (-1, Fraction(0), 0)


def _high(span: Interval) -> tuple[int, Fraction, int]:
    return (0, *span[1]) if span[1] is not None else (1, Fraction(0), 0)


def _meet(a: Interval, b: Interval) -> Interval | None:
    low, high = max(a, b, key=_low)[0], min(a, b, key=_high)[1]
    return (low, high) if _low((low, high)) < _high((low, high)) else None


def overlap(a: Condition, b: Condition) -> tuple[Interval, ...]:
    """The numbers both admit."""
    return tuple(m for p in spans_of(a) for q in spans_of(b) if (m := _meet(p, q)))


def contains(outer: Exact | Condition | Else, inner: Exact | Condition | Else) -> bool:
    """Whether every number ``inner`` admits is one ``outer`` admits."""
    return isinstance(outer, Condition) and isinstance(inner, Condition) and overlap(outer, inner) == spans_of(inner)
