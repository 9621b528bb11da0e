"""Checks of tables: gaps, overlaps, order, units, values without a row.

Law: a table answers once for every value that can occur, and a worse result never earns less.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from upheld.agreement.checks.tables import branches, conditions_of, literals, said, span_words, tables_of, texts_of, unit_of
from upheld.agreement.compile import Compiled
from upheld.agreement.model.form import Path, Problem
from upheld.agreement.model.lookup import Interval, overlap, spans_of
from upheld.plans.lookup import Branch, Else, Leaf, Lookup
from upheld.values.condition import Condition

__all__ = ["CHECKS"]

_DOMAIN: dict[str, Interval] = {
    "share": ((Fraction(0), -1), (Fraction(1), 1)),
    "time": ((Fraction(0), -1), (Fraction(86_400), -1)),
    "date": (None, None),
    "duration": ((Fraction(0), -1), None),
    "number": ((Fraction(0), -1), None),
    "money": ((Fraction(0), -1), None),
}


def _all(compiled: Compiled) -> Iterator[tuple[Any, str, Path, Lookup[Any]]]:
    for name, written in compiled.desk.model.commitments.items():
        for what, path, lookup in tables_of(written, ("commitments", name)):
            yield written, what, path, lookup


def overlaps(compiled: Compiled) -> Iterator[Problem]:
    """Two rows hold for one value and neither lies within the other."""
    for _, _, path, lookup in _all(compiled):
        for here, branch in branches(lookup, path):
            rows = conditions_of(branch)
            for i, a in enumerate(rows):
                for b in rows[i + 1 :]:
                    both = overlap(a, b)
                    nested = both and (both == spans_of(a)) != (both == spans_of(b))
                    if both and not nested:
                        words = literals(a, b)
                        yield Problem(
                            (*here, b.text),
                            "band-overlap",
                            f"two rows hold {span_words(both[0], words, a.unit)}: `{a.text}` and `{b.text}`",
                            "end one of them where the other begins",
                            True,
                            related=(((*here, a.text), "the other row"),),
                        )


def gaps(compiled: Compiled) -> Iterator[Problem]:
    """Values that can occur and have no row."""
    for written, what, path, lookup in _all(compiled):
        for here, branch in branches(lookup, path):
            rows = conditions_of(branch)
            if not rows or any(isinstance(key, Else) for key, _ in branch.rows) or texts_of(branch):
                continue
            if len({r.unit for r in rows}) > 1:
                continue
            required = _required(written, branch.axis, what, rows)
            covered = spans_of(Condition(tuple(g for r in rows for g in r.anyof)))
            words = literals(*rows, *_leaves(written.target), *_leaves(written.breach))
            for hole in _minus(required, covered):
                step = written.round.to if written.round is not None and branch.axis == "result" else Fraction(1)
                if (branch.axis in _WHOLE or (branch.axis == "result" and written.round is not None)) and _between_steps(hole, step):
                    continue
                yield _gap(hole, here, rows, words, "credit" if what == "pay" else "value", branch.axis)


def _gap(hole: Interval, here: Path, rows: list[Condition], words: dict[Fraction, str], what: str, axis: str) -> Problem:
    unit = rows[0].unit
    above = next((r for r in rows if any(s[0] == hole[1] for s in spans_of(r))), None)
    below = next((r for r in rows if any(s[1] == hole[0] for s in spans_of(r))), None)
    low, high = hole
    where = span_words(hole, words, unit)
    message = f"no {what} is agreed {where}" if axis == "result" else f"no row holds for {axis} {where}"
    row = above or below or rows[0]
    if low is not None and high is not None and low[0] == high[0]:
        advice = f"let one of the two rows include {said(low[0], words, unit)}"
    elif above is not None and low is not None and high is not None:
        a, b = said(low[0], words, unit), said(high[0], words, unit)
        advice = f"begin this band at {a}, or add one from {a} to {b}"
    elif below is not None and low is not None and high is not None:
        a, b = said(low[0], words, unit), said(high[0], words, unit)
        advice = f"end this band at {b}, or add one from {a} to {b}"
    else:
        advice = "add a row for them, or else"
    return Problem((*here, row.text), "band-gap", message, advice, True)


def _required(written: Any, axis: str, what: str, rows: list[Condition]) -> tuple[Interval, ...]:
    """Where an answer is needed: for money and points on a result, wherever the promise is not kept; else everywhere."""
    domain = _DOMAIN[rows[0].unit]
    if axis == "missed in a row":
        return (((Fraction(1), -1), None),)
    if axis != "result" or what not in ("pay", "points", "up_to"):
        return _within(((domain),), domain) if axis != "result" else _inner(rows)
    breach, target = _leaves(written.breach), _leaves(written.target)
    if len(breach) == 1 and breach[0].unit == rows[0].unit:
        return _within(spans_of(breach[0]), domain)
    if len(target) == 1 and target[0].unit == rows[0].unit:
        return _minus((domain,), spans_of(target[0]))
    return _inner(rows)


def _inner(rows: list[Condition]) -> tuple[Interval, ...]:
    """From the lowest to the highest limit of the rows."""
    spans = [s for r in rows for s in spans_of(r)]
    lows, highs = [s[0] for s in spans if s[0] is not None], [s[1] for s in spans if s[1] is not None]
    return ((min(lows + highs), max(lows + highs)),) if lows + highs else ()


def _leaves(lookup: Any) -> list[Condition]:
    return [leaf for leaf in lookup.leaves if leaf is not None] if lookup is not None else []


def _complement(spans: tuple[Interval, ...]) -> tuple[Interval, ...]:
    found: list[Interval] = []
    low: tuple[Fraction, int] | None = None
    open_ended = True
    for span in spans:
        if span[0] is not None and (open_ended or low is not None) and (low is None or low < span[0]):
            found.append((low, span[0]))
        low, open_ended = span[1], span[1] is not None
        if low is None:
            return tuple(found)
    found.append((low, None))
    return tuple(found)


def _minus(a: tuple[Interval, ...], b: tuple[Interval, ...]) -> tuple[Interval, ...]:
    rest = _complement(b) if b else ((None, None),)
    return tuple(m for x in a for y in rest if (m := _meet(x, y)) is not None)


def _within(a: tuple[Interval, ...], domain: Interval) -> tuple[Interval, ...]:
    return tuple(m for x in a if (m := _meet(x, domain)) is not None)


def _meet(a: Interval, b: Interval) -> Interval | None:
    lows = [x for x in (a[0], b[0]) if x is not None]
    highs = [x for x in (a[1], b[1]) if x is not None]
    low, high = (max(lows) if lows else None), (min(highs) if highs else None)
    return None if low is not None and high is not None and low >= high else (low, high)


_WHOLE = ("number of cases", "missed in a row", "date", "time of start")
"""Attributes that only have whole numbers."""


def _between_steps(hole: Interval, step: Fraction) -> bool:
    """Whether no multiple of ``step`` lies in the hole: then no value (rounded to it) can fall there."""
    low, high = hole
    if low is None or high is None:
        return False
    first = -(-low[0] // step) if low[1] < 0 else low[0] // step + 1
    return first * step > high[0] or (first * step == high[0] and high[1] < 0)


def order(compiled: Compiled) -> Iterator[Problem]:
    """A worse result earns less."""
    for written, what, path, lookup in _all(compiled):
        targets = _leaves(written.target) or _leaves(written.breach)
        if what not in ("pay", "points") or len(targets) != 1:
            continue
        first = targets[0].anyof[0][0].op
        rising = first in (">", ">=", "=") if written.target is not None else first in ("<", "<=")
        for here, branch in branches(lookup, path):
            if branch.axis == "result":
                yield from _order(branch, lookup, here, rising=rising)


def _order(branch: Branch, lookup: Lookup[Any], here: Path, *, rising: bool) -> Iterator[Problem]:
    rows = [
        (key, lookup.leaves[child.index])
        for key, child in branch.rows
        if isinstance(key, Condition) and isinstance(child, Leaf) and lookup.leaves[child.index] is not None
    ]
    limits = sorted({c.limit for key, _ in rows for group in key.anyof for c in group}, reverse=rising)
    tiny = Fraction(1, 10**15)
    points = [p for limit in limits for p in ((limit + tiny, limit, limit - tiny) if rising else (limit - tiny, limit, limit + tiny))]
    before: tuple[Condition, Any] | None = None
    for point in points:
        now = next(((key, leaf) for key, leaf in rows if key.holds(point)), None)
        if now is None:
            continue
        if before is not None and (a := _worth(before[1])) is not None and (b := _worth(now[1])) is not None and a[0] == b[0] and b[1] < a[1]:
            text = getattr(now[1], "text", str(now[1])), getattr(before[1], "text", str(before[1]))
            yield Problem(
                (*here, now[0].text),
                "band-order",
                f"a worse result earns less: `{now[0].text}` {text[0]}, `{before[0].text}` {text[1]}",
                "give the worse result at least as much",
                True,
                related=(((*here, before[0].text), "the better result"),),
            )
            return
        before = now


def _worth(value: Any) -> tuple[str, Fraction] | None:
    if isinstance(value, Fraction):
        return "number", value
    match getattr(value, "kind", ""):
        case "share" | "multiple":
            return value.kind, value.share
        case "money":
            return value.money.currency, Fraction(value.money.minor)
    return None


def both_met_and_credited(compiled: Compiled) -> Iterator[Problem]:
    """A result meets the target and is paid for."""
    for written, what, path, lookup in _all(compiled):
        targets = _leaves(written.target)
        if what != "pay" or len(targets) != 1:
            continue
        for here, branch in branches(lookup, path):
            for key, child in branch.rows:
                paid = isinstance(child, Leaf) and (w := _worth(lookup.leaves[child.index])) is not None and w[1] > 0
                if (
                    branch.axis == "result"
                    and isinstance(key, Condition)
                    and paid
                    and key.unit == targets[0].unit
                    and (both := overlap(key, targets[0]))
                ):
                    words = literals(key, targets[0])
                    yield Problem(
                        (*here, key.text),
                        "target-credited",
                        f"a result {span_words(both[0], words, key.unit)} meets the target `{targets[0].text}` and is credited too",
                        "end the row where the target begins",
                        True,
                        "warning",
                        related=(((*path[:2], "target"), "the target"),),
                    )


def units(compiled: Compiled) -> Iterator[Problem]:
    """A limit in another unit than the figure's."""
    names = {"share": "a percent, such as 99.9%", "duration": "a length of time, such as 4h", "number": "a bare number, such as 3"}
    for written, what, path, lookup in _all(compiled):
        unit = unit_of(written)
        if unit is None:
            continue
        wrong: list[tuple[Path, Condition, bool]] = []
        if what in ("target", "breach"):
            wrong += [(path, leaf, False) for leaf in _leaves(lookup)]
        for here, branch in branches(lookup, path):
            if branch.axis == "result":
                wrong += [((*here, key.text), key, True) for key in conditions_of(branch)]
        for place, condition, on_key in wrong:
            if condition.unit != unit:
                yield Problem(
                    place,
                    "unit-mismatch",
                    f"`{condition.text}` is compared with a figure that is {names[unit].split(',')[0]}",
                    f"write {names[unit].split('such as ')[1]} or the like",
                    on_key,
                )


def axis_units(compiled: Compiled) -> Iterator[Problem]:
    """Rows of a computed attribute in a unit it does not have."""
    expected = {"date": "date", "time of start": "time", "number of cases": "number", "missed in a row": "number"}
    for _, _, path, lookup in _all(compiled):
        for here, branch in branches(lookup, path):
            for key in conditions_of(branch):
                if key.unit != expected.get(branch.axis, key.unit):
                    yield Problem(
                        (*here, key.text),
                        "unit-mismatch",
                        f"`{key.text}` is no {expected[branch.axis]}, as `{branch.axis}` is",
                        "write 2026-01-31, 15:00 or a bare number",
                        True,
                    )


def values_without_row(compiled: Compiled) -> Iterator[Problem]:
    """An attribute whose values are known has one without a row: a severity with no target."""
    attributes = compiled.desk.model.attributes
    for _, what, path, lookup in _all(compiled):
        for here, branch in branches(lookup, path):
            attribute = attributes.get(branch.axis)
            if attribute is None or any(isinstance(key, Else) for key, _ in branch.rows) or conditions_of(branch):
                continue
            table = attribute.table.leaves if attribute.table is not None else ()
            values = attribute.values or tuple(dict.fromkeys(v for v in table if v is not None))
            for value in values:
                if value not in texts_of(branch):
                    yield Problem(here, "row-missing", f"{branch.axis} {value} has no {what}", f"add a row {value}, or else (none: no promise)")


CHECKS = (overlaps, gaps, order, both_met_and_credited, units, axis_units, values_without_row)
