"""Order: which of two values is more, where the order is known; 0 where it is not.

Law: nothing is called better or worse on a guess. Each order here answers +1 (the later value is more of what the order is named
after), -1 (less) or 0 (equal, or not comparable); whoever asks knows what more means for the customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from upheld.agreement.model.lookup import spans_of
from upheld.calendars.grid import Grid, OutOfRange, compile_grid
from upheld.calendars.spec import CalendarSpec
from upheld.plans.plan import Promise, Share, Within
from upheld.plans.remedies import Pay
from upheld.plans.selector import Every, Key, OneOf, Selector
from upheld.values.condition import Comparison, Condition, Op
from upheld.values.quantity import Duration
from upheld.values.spans import Spans, subtract

__all__ = ["Order", "longer", "missing", "more", "notices_more", "open_wider", "pays_more", "promises_more", "ranked", "stricter",
           "superset", "unordered", "wider_condition", "wider_selector"]

Order = Callable[[Any, Any], int]

_COMPARED_US = 104 * 7 * 86_400_000_000


def unordered(before: Any, after: Any) -> int:
    """No order is known."""
    del before, after
    return 0


def more(before: Any, after: Any) -> int:
    """Numbers."""
    return int(after > before) - int(after < before)


def ranked(*values: Any) -> Order:
    """The order in which the values are named, least first; others are not comparable."""
    place = {value: i for i, value in enumerate(values)}

    def order(before: Any, after: Any) -> int:
        return more(place[before], place[after]) if before in place and after in place else 0

    return order


def wider_condition(before: Condition | None, after: Condition | None) -> int:
    """+1: the later condition admits all the earlier does, and more. None admits nothing."""
    if before is None or after is None:
        return (after is not None) - (before is not None)
    if before.unit != after.unit:
        return 0
    a, b = (spans_of(c) for c in (before, after))
    both = spans_of(_and(before, after))
    return (both == a) - (both == b)


def missing(target: Condition | None) -> Condition | None:
    """What misses a target. No target is never missed."""
    if target is None:
        return None
    return Condition(tuple(tuple(Comparison(_NOT[c.op], c.num, c.den) for c in chosen) for chosen in product(*target.anyof)), target.unit)


_NOT: dict[Op, Op] = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "=": "!=", "!=": "="}


def _and(a: Condition, b: Condition) -> Condition:
    return Condition(tuple((*x, *y) for x in a.anyof for y in b.anyof), a.unit)


def stricter(before: Condition | None, after: Condition | None) -> int:
    """+1: the later target admits less (the promise is more). None promises nothing."""
    if before is None or after is None:
        return (after is not None) - (before is not None)
    return -wider_condition(before, after)


def longer(before: Any, after: Any) -> int:
    """Durations of one unit on one calendar that end at the same time of day."""
    if not isinstance(before, Within | Duration) or not isinstance(after, Within | Duration):
        return 0
    alike = (before.unit, before.calendar, before.at) == (after.unit, after.calendar, after.at)
    if alike and isinstance(before, Duration) and isinstance(after, Duration):
        alike = (before.after, before.before) == (after.after, after.before)
    return more(before.amount, after.amount) if alike else 0


def promises_more(before: Promise | None, after: Promise | None) -> int:
    """+1: whatever the earlier promise binds, the later one binds as far, and somewhere further. None promises nothing."""
    return _promises(before, after, 1)


def notices_more(before: Promise | None, after: Promise | None) -> int:
    """The same for time owed before something: the longer, the more."""
    return _promises(before, after, -1)


def _promises(before: Promise | None, after: Promise | None, way: int) -> int:
    if not before or not after:
        return bool(after) - bool(before)
    return _covers(after, before, way) - _covers(before, after, way)


def _covers(big: Promise, small: Promise, way: int) -> bool:
    return all(any(_at_least(b, s, way) for b in big) for s in small)


def _at_least(big: Share, small: Share, way: int) -> bool:
    """Whether the one binds as many cases in as short a time (``way`` 1) or as long a one (-1)."""
    if (big.all_but is None) != (small.all_but is None):
        return False
    if big.all_but is not None and small.all_but is not None:
        enough = big.all_but <= small.all_but
    else:
        enough = big.least == small.least or (big.least is not None and small.least is not None and big.least >= small.least)
    alike = (big.within.unit, big.within.amount, big.within.calendar, big.within.at) == (
        small.within.unit, small.within.amount, small.within.calendar, small.within.at)
    return enough and (alike or longer(big.within, small.within) * way > 0)


def pays_more(before: Pay | None, after: Pay | None) -> int:
    """Payments of one kind and currency. None pays nothing."""
    a, b = _paid(before), _paid(after)
    if a is None or b is None:
        return 0
    nothing = ("", Fraction(0))
    kinds = {k for k, _ in (a, b) if k}
    return more(a[1], b[1]) if len(kinds) <= 1 or nothing in (a, b) else 0


def _paid(pay: Pay | None) -> tuple[str, Fraction] | None:
    if pay is None:
        return "", Fraction(0)
    match pay.kind:
        case "share" | "multiple":
            return "share", pay.share
        case "money":
            return None if pay.money is None else (pay.money.currency, Fraction(pay.money.minor))
        case "time":
            return None if pay.time is None else (f"{pay.time.unit} {pay.time.calendar}", Fraction(pay.time.amount))
    return None


def wider_selector(before: Selector | None, after: Selector | None) -> int:
    """+1: the later selector surely takes in all facts the earlier does, and more: a value added, a test left out. None: all facts."""
    a, b = _tests(before), _tests(after)
    if a is None or b is None:
        return 0
    return _inside(a, b) - _inside(b, a)


def _tests(selector: Selector | None) -> dict[str, frozenset[str]] | None:
    """Plain tests by attribute; None where there is more to it."""
    if selector is None:
        return {}
    parts = selector.parts if isinstance(selector, Every) else (selector,)
    found: dict[str, frozenset[str]] = {}
    for part in parts:
        if not isinstance(part, Key) or not isinstance(part.test, OneOf) or part.attribute in found:
            return None
        found[part.attribute] = frozenset(part.test.texts)
    return found


def _inside(small: dict[str, frozenset[str]], big: dict[str, frozenset[str]]) -> bool:
    return all(name in small and small[name] <= texts for name, texts in big.items())


def open_wider(before: CalendarSpec | None, after: CalendarSpec | None, since: int) -> int:
    """+1: over two years from ``since`` (µs) the later calendar is open whenever the earlier is, and longer."""
    if before is None or after is None:
        return 0
    try:
        grids = [compile_grid(spec, since, since + _COMPARED_US) for spec in (before, after)]
    except (OutOfRange, ValueError):
        return 0
    until = min(g.known_until for g in grids)
    a, b = (_clipped(g, until) for g in grids)
    lost, gained = len(subtract(a, b)[0]) > 0, len(subtract(b, a)[0]) > 0
    return 0 if lost and gained else gained - lost


def _clipped(grid: Grid, until: int) -> Spans:
    ends = np.minimum(grid.E, until)
    inside = ends > grid.S
    return grid.S[inside], ends[inside]


def superset(before: Iterable[Any], after: Iterable[Any]) -> int:
    """+1: everything the earlier set holds is in the later one, and more."""
    a, b = frozenset(before), frozenset(after)
    return (a < b) - (b < a)
