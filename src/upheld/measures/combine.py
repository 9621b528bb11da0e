"""Combine: one figure from other commitments of the same result and window (LANGUAGE §6).

Law: unknown in, unknown out, unless the known parts decide it. Ranges are carried through every operation; nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod

import numpy as np

from upheld.calendars.windows import Windows
from upheld.measures.balance import Kept, Window, added, balances
from upheld.measures.result import WHY, Context, Figure, Measured, Part, Segments, Unit
from upheld.plans.lookup import Lookup, look
from upheld.plans.plan import CombinePlan, Head

__all__ = ["Range", "evaluate", "measure", "segments"]

Range = tuple[Fraction, Fraction]
Key = tuple[tuple[str, ...], int]
Known = Mapping[str, Range | None]


def measure(plan: CombinePlan, context: Context) -> Measured:
    """One part a (result, window) that any of the parts has; a part without ``for_each`` speaks for every result."""
    parts = [context.results[name] for name in plan.parts if name in context.results]
    if not parts:
        raise KeyError(plan.parts)
    laid = _laid(plan, parts, context)
    notes: list[str] = []
    missing = [name for name in plan.parts if name not in context.results]
    if missing:
        notes.append(f"not measured, so unknown: {', '.join(missing)}")
    keys = [key for key in _keys(plan, parts, laid) if _has_begun(plan, context, laid, key)]
    agreed = {key: _figure(plan, context, laid, key, bare=False) for key in keys}
    bare = {key: _figure(plan, context, laid, key, bare=True) for key in agreed}
    if plan.carried is not None:
        agreed, bare = (_carried(plan, context, laid, figures) for figures in (agreed, bare))
    late = {key: _provisional(parts, laid, key) for key in agreed}
    made = tuple(Part(key[0], key[1], agreed[key], bare[key], provisional=late[key]) for key in sorted(agreed))
    return Measured(plan.head.id, _unit(plan, parts), laid, made, tuple(notes))


def _laid(plan: CombinePlan, parts: Sequence[Measured], context: Context) -> Windows:
    """The windows of the parts laid out by the commitment's own spec, else of the first part; in time order, each once.

    Parts end at different horizons, so that one may have a window another has not: the longest list alone would not do.
    """
    same = [m for m in parts if context.plan.commitments[m.commitment].head.window == plan.head.window]
    found: dict[tuple[int, int], tuple[int, int, str]] = {}
    for m in same or parts[:1]:
        w = m.windows
        for i in range(len(w)):
            found.setdefault((int(w.start[i]), int(w.end[i])), (int(w.in_force_start[i]), int(w.in_force_end[i]), w.label[i]))
    spans = sorted(found, key=lambda span: (span[1], span[0]))
    columns = [np.array(column, np.int64) for column in (
        [s for s, _ in spans], [e for _, e in spans], [found[s][0] for s in spans], [found[s][1] for s in spans],
    )]
    return Windows(columns[0], columns[1], columns[2], columns[3], tuple(found[s][2] for s in spans))


def _unit(plan: CombinePlan, parts: Sequence[Measured]) -> Unit:
    if plan.of_points:
        return "points"
    if plan.operation in ("all of", "any of", "series", "parallel", "k of n"):
        return "share"
    units = {m.unit for m in parts}
    return units.pop() if len(units) == 1 and plan.operation != "expression" else "share" if units == {"share"} else "number"


def _keys(plan: CombinePlan, parts: Sequence[Measured], laid: Windows) -> list[Key]:
    """The results and windows: those of the parts with the commitment's own ``for_each``, or of all where none has it."""
    at = {span: i for i, span in enumerate(zip(laid.start.tolist(), laid.end.tolist(), strict=True))}
    keyed: set[Key] = set()
    for m in parts:
        own = [at.get(span) for span in zip(m.windows.start.tolist(), m.windows.end.tolist(), strict=True)]
        keyed |= {(group, found) for group, w in m.by_key if (found := own[w]) is not None}
    width = len(plan.head.for_each)
    wide = {key for key in keyed if len(key[0]) == width}
    return sorted(wide or {((), w) for _, w in keyed})


def _has_begun(plan: CombinePlan, context: Context, laid: Windows, key: Key) -> bool:
    """False for a window in which one part lists only what is to come and another has nothing at all yet."""
    found = [_parts_of(context, laid, name, key) for name in plan.parts if name in context.results]
    return None not in found or any(p.agreed.n or p.agreed.low is not None for f in found if f is not None for p in f[1])


def _figure(plan: CombinePlan, context: Context, laid: Windows, key: Key, *, bare: bool) -> Figure:
    figures = {name: _of(context, laid, name, key, bare=bare) for name in plan.parts}
    found = [f for fs in figures.values() for f in fs]
    if plan.operation in ("all of", "any of", "k of n") and not plan.of_points:
        low, high = _verdicts(plan, context, laid, key)
    else:
        low, high = _valued(plan, context, laid, figures, key)
    # parts that were measured, and yet no value: a row that no table has, a divisor of zero. Not known is not the same as nothing there
    measured = [f.low is not None for f in found]
    open_ = low is None and bool(measured) and (any(measured) if plan.of_points else all(measured))
    return Figure(low, high, n=sum(f.n for f in found), n_left_out=sum(f.n_left_out for f in found),
                  pending=sum(f.pending for f in found),
                  undecided=sum(f.undecided for f in found), unknown_us=max((f.unknown_us for f in found), default=0),
                  detail={"parts": len(plan.parts), "parts_known": sum(1 for fs in figures.values() if fs),
                          **({"no_value": 1} if open_ else {})})


def _carried(plan: CombinePlan, context: Context, laid: Windows, figures: Mapping[Key, Figure]) -> dict[Key, Figure]:
    """Each figure with what the windows before it left."""
    found = dict(figures)
    for group in {group for group, _ in figures}:
        keys = sorted(key for key in figures if key[0] == group)
        row = [Window(added(figures[key]), _kept(plan, context, laid, key)) for key in keys]
        for key, balance in zip(keys, balances(row, plan.carried or 0), strict=True):
            low, high = balance if balance is not None else (None, None)
            detail = figures[key].detail if balance is not None else {**figures[key].detail, "no_value": 1}
            found[key] = replace(figures[key], low=low, high=high, detail=detail)
    return found


def _kept(plan: CombinePlan, context: Context, laid: Windows, key: Key) -> Kept:
    """Whether all parts of a window that apply were met."""
    found = [(name, _parts_of(context, laid, name, key)) for name in plan.parts]
    said = {context.verdicts.get(name, {}).get(part[0], "unknown") if part is not None else "unknown" for name, part in found}
    if said & {"breached", "deviation"}:
        return "missed"
    return "unknown" if "unknown" in said else "kept" if "met" in said else "nothing"


def _window(context: Context, laid: Windows, name: str, window: int) -> int | None:
    """The part's own window at the same instants as ``window`` of the commitment's."""
    own = context.results[name].windows
    at = np.flatnonzero((own.start == laid.start[window]) & (own.end == laid.end[window]))
    return int(at[0]) if len(at) else None


def _parts_of(context: Context, laid: Windows, name: str, key: Key) -> tuple[Key, tuple[Part, ...]] | None:
    measured = context.results.get(name)
    window = _window(context, laid, name, key[1]) if measured is not None else None
    if measured is None or window is None:
        return None
    for group in (key[0], ()):
        if (group, window) in measured.by_key:
            return (group, window), measured.by_key[group, window]
    return None


def _of(context: Context, laid: Windows, name: str, key: Key, *, bare: bool) -> tuple[Figure, ...]:
    found = _parts_of(context, laid, name, key)
    return () if found is None else tuple(p.bare if bare else p.agreed for p in found[1])


def _verdicts(plan: CombinePlan, context: Context, laid: Windows, key: Key) -> Range | tuple[None, None]:
    """1 where the rule holds, 0 where not; 0 to 1 where unknown parts could decide. Parts that do not apply are not asked."""
    met = missed = unknown = 0
    for name in plan.parts:
        found = _parts_of(context, laid, name, key)
        verdict = "unknown" if found is None else context.verdicts.get(name, {}).get(found[0], "unknown")
        if verdict == "not applicable":
            continue
        met += verdict == "met"
        missed += verdict in ("breached", "deviation")
        unknown += verdict not in ("met", "breached", "deviation")
    asked = met + missed + unknown
    if not asked:
        return None, None
    needed = {"all of": asked, "any of": 1}.get(plan.operation, plan.k)
    return Fraction(met >= needed), Fraction(met + unknown >= needed)


def _valued(plan: CombinePlan, context: Context, laid: Windows, figures: Mapping[str, tuple[Figure, ...]],
            key: Key) -> tuple[Fraction | None, Fraction | None]:
    ranges: dict[str, Range | None] = {}
    for name, found in figures.items():
        if plan.of_points:
            own = _parts_of(context, laid, name, key)
            ranges[name] = _points(context, name, found, own[0]) if own is not None else None
        else:
            ranges[name] = _range(found[0]) if len(found) == 1 else None
    known = evaluate(plan, ranges)
    return known if known is not None else (None, None)


def _range(figure: Figure) -> Range | None:
    return None if figure.low is None or figure.high is None else (figure.low, figure.high)


def evaluate(plan: CombinePlan, ranges: Known) -> Range | None:
    """The figure from the ranges of its parts; None where an unknown part leaves it open."""
    match plan.operation:
        case "expression":
            return _expression(plan.expression, ranges)
        case "parallel":
            return _parallel([ranges[n] for n in plan.parts])
        case "k of n":
            return _k_of_n([ranges[n] for n in plan.parts], plan.k)
        case "series":
            zero = [r for n in plan.parts if (r := ranges[n]) is not None and r[0] == r[1] == 0]
            if zero:
                return Fraction(0), Fraction(0)
    values = [ranges[n] for n in plan.parts]
    known = [v for v in values if v is not None]
    if len(known) < len(values) or not known:
        return None
    match plan.operation:
        case "series":
            return prod((v[0] for v in known), start=Fraction(1)), prod((v[1] for v in known), start=Fraction(1))
        case "weighted":
            return _weighted(known, plan.weights)
        case "sum of" | "all of" | "any of":
            return sum((v[0] for v in known), Fraction(0)), sum((v[1] for v in known), Fraction(0))
        case other:
            msg = f"no operation is called {other!r}"
            raise ValueError(msg)


def _weighted(values: Sequence[Range], weights: Sequence[Fraction]) -> Range:
    whole = sum(weights, Fraction(0))
    pairs = list(zip(values, weights, strict=True))
    ends = [sum((w * v[i if w >= 0 else 1 - i] for v, w in pairs), Fraction(0)) / whole for i in (0, 1)]
    return min(ends), max(ends)


def _parallel(values: Sequence[Range | None]) -> Range | None:
    """1 − ∏(1 − x): one part that was wholly up decides it."""
    if any(v is not None and v[0] == v[1] == 1 for v in values):
        return Fraction(1), Fraction(1)
    if any(v is None for v in values) or not values:
        return None
    low, high = (1 - prod((1 - v[i] for v in values if v is not None), start=Fraction(1)) for i in (0, 1))
    return low, high


def _k_of_n(values: Sequence[Range | None], k: int) -> Range | None:
    """The chance that at least ``k`` of independent parts are up, from the chances of each."""
    if any(v is None for v in values) or not values:
        return None
    ends = []
    for i in (0, 1):
        chances = [Fraction(1)] + [Fraction(0)] * len(values)
        for v in values:
            assert v is not None
            chances = [(chances[j - 1] * v[i] if j else Fraction(0)) + chances[j] * (1 - v[i]) for j in range(len(chances))]
        ends.append(sum(chances[k:], Fraction(0)))
    return ends[0], ends[1]


# ---- the exact grammar ----------------------------------------------------------------------------------------------


def _expression(node: object, ranges: Known) -> Range | None:
    """A prefix tuple: a number, the id of a part, ``("value", it)``, or ``(operator, operand, …)`` with + - * / min max."""
    if isinstance(node, Fraction | int):
        return Fraction(node), Fraction(node)
    if isinstance(node, str):
        return ranges.get(node)
    assert isinstance(node, tuple)
    operator, *operands = node
    if operator == "value":
        return _expression(operands[0], ranges)
    values = [_expression(o, ranges) for o in operands]
    if operator == "*" and any(v is not None and v[0] == v[1] == 0 for v in values):
        return Fraction(0), Fraction(0)
    known = [v for v in values if v is not None]
    if len(known) < len(values):
        return None
    apply = _OPERATORS.get(str(operator))
    if apply is None:
        msg = f"no operator is written {operator!r}"
        raise ValueError(msg)
    result = known[0]
    for value in known[1:]:
        found = apply(result, value)
        if found is None:
            return None
        result = found
    return result


def _times(a: Range, b: Range) -> Range:
    corners = [x * y for x in a for y in b]
    return min(corners), max(corners)


def _over(a: Range, b: Range) -> Range | None:
    """A divisor that may be zero leaves the figure unknown."""
    if b[0] <= 0 <= b[1]:
        return None
    return _times(a, (1 / b[1], 1 / b[0]))


_OPERATORS: Mapping[str, Callable[[Range, Range], Range | None]] = {
    "+": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "-": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "*": _times,
    "/": _over,
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
}


# ---- points ---------------------------------------------------------------------------------------------------------


def _points(context: Context, name: str, figures: Sequence[Figure], key: Key) -> Range | None:
    """The points of a part by its result, times what its misses in a row make of them; none where nothing was measured."""
    head = context.plan.commitments[name].head
    measured = context.results.get(name)
    if head.points is None or measured is None:
        return None
    if not figures:
        return None
    lows, highs = [], []
    for figure in figures:
        value = _range(figure)
        if value is None:
            if figure.unknown_us or figure.undecided or figure.pending:
                return None
            continue
        ends = [_looked(head.points, "result", end) for end in value]
        known = [e for e in ends if e is not None]
        if len(known) < 2:
            return None
        lows.append(min(known))
        highs.append(max(known))
    low, high = sum(lows, Fraction(0)), sum(highs, Fraction(0))
    times = _repeat(context, head, name, key)
    return None if times is None else (min(low * times[0], low * times[1]), max(high * times[0], high * times[1]))


def _repeat(context: Context, head: Head, name: str, key: Key) -> Range | None:
    """What ``repeat`` makes of the number of windows missed in a row up to this one; an unknown window leaves both readings."""
    if head.repeat is None:
        return Fraction(1), Fraction(1)
    verdicts = context.verdicts.get(name, {})
    group = key[0] if any(k[0] == key[0] for k in verdicts) else ()
    surely = _in_a_row(verdicts, group, key[1], ("breached",))
    possibly = _in_a_row(verdicts, group, key[1], ("breached", "unknown"))
    found = [_looked(head.repeat, "missed in a row", Fraction(n)) for n in range(surely, possibly + 1)]
    # never missed: the points stand as they are, whether or not the table has a row for it
    known = [Fraction(1) if n == 0 and f is None else f for n, f in zip(range(surely, possibly + 1), found, strict=True)]
    said = [f for f in known if f is not None]
    return None if len(said) < len(known) else (min(said), max(said))


def _in_a_row(verdicts: Mapping[Key, str], group: tuple[str, ...], window: int, missed: tuple[str, ...]) -> int:
    count = 0
    while verdicts.get((group, window - count)) in missed:
        count += 1
    return count


def _looked(table: Lookup[Fraction], axis: str, value: Fraction) -> Fraction | None:
    row = look(table, {axis: value})
    return table.leaves[row] if row >= 0 else None


# ---- the ledger -----------------------------------------------------------------------------------------------------


def _provisional(parts: Sequence[Measured], laid: Windows, key: Key) -> bool:
    end = laid.end[key[1]]
    return any(p.provisional for m in parts for p in m.parts if m.windows.end[p.window] == end)


def segments(plan: CombinePlan, context: Context, group: tuple[str, ...], window: int) -> Segments:
    """One line a part over the window: ``counted_us`` is its value in 10⁻⁹ (low end), beside it its points; ask the part for its own ledger.

    Raises ``KeyError`` where there is no such figure.
    """
    measured = measure(plan, context)
    if (group, window) not in measured.by_key:
        raise KeyError((group, window))
    start, end = int(measured.windows.start[window]), int(measured.windows.end[window])
    lows: list[int] = []
    why: list[int] = []
    worth: list[str] = []
    for name in plan.parts:
        figures = _of(context, measured.windows, name, (group, window), bare=False)
        value = figures[0].low if len(figures) == 1 else None
        own = _parts_of(context, measured.windows, name, (group, window)) if plan.of_points else None
        points = _points(context, name, figures, own[0]) if own is not None else None
        worth.append("" if points is None else "1 point" if points[0] == 1 else f"{points[0]} points")
        lows.append(int(value * 10**9) if value is not None else 0)
        why.append(WHY.index("counted" if value is not None else "unknown"))
    names, verdicts = plan.parts, tuple(context.verdicts.get(name, {}).get((group, window), "") for name in plan.parts)
    if plan.carried is not None:
        total = measured.by_key[group, window][0].agreed.low
        alone = _figure(plan, context, measured.windows, (group, window), bare=False).low
        names, verdicts, worth = (*names, "brought forward"), (*verdicts, ""), [*worth, ""]
        lows.append(int((total - alone) * 10**9) if total is not None and alone is not None else 0)
        why.append(WHY.index("counted" if total is not None and alone is not None else "unknown"))
    n = len(names)
    return Segments(group, np.full(n, start), np.full(n, end), np.array(lows, np.int64), np.array(why, np.int8), names, verdicts, tuple(worth))
