"""Commitments compiled: one plan each, every reference resolved, every default said.

Law: a default is the one LANGUAGE names; where none is safe, leaving it out is a finding.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeVar

from upheld.agreement.compile_states import state_named
from upheld.agreement.desk import Desk
from upheld.agreement.expression import BadExpression, names_in, parse_expression
from upheld.agreement.model.commitment import Availability, Clock, Combine, Each, Every, Values
from upheld.agreement.model.form import Path
from upheld.agreement.sentence import sentence
from upheld.calendars.spec import WindowSpec
from upheld.plans.lookup import Branch, Else, Leaf, Lookup, constant
from upheld.plans.plan import (
    AvailabilityPlan,
    ClockPlan,
    CombinePlan,
    Commitment,
    Head,
    Promise,
    Rounding,
    Schedule,
    Share,
    ValuesPlan,
)
from upheld.plans.plan import Slices as SlicePlan
from upheld.plans.selector import Either, Key, Selector, attributes_of
from upheld.plans.selector import Every as AllOf
from upheld.values.condition import Comparison, Condition

__all__ = ["compile_commitments", "leaf_paths"]

T = TypeVar("T")


def compile_commitments(desk: Desk) -> dict[str, Commitment]:
    """All commitments, in the order of the file."""
    return {name: _commitment(desk, name, written) for name, written in desk.model.commitments.items()}


def leaf_paths(lookup: Lookup[T]) -> dict[int, Path]:
    """The path below the look-up's place that leads to each leaf. Rows of one ``by a, b`` nest below the one key."""
    found: dict[int, Path] = {}

    def walk(node: Branch | Leaf, path: Path) -> None:
        if isinstance(node, Leaf):
            found[node.index] = path
            return
        for key, child in node.rows:
            text = "else" if isinstance(key, Else) else key.text
            walk(child, (*path, text))

    walk(lookup.root, ())
    return found


def _commitment(desk: Desk, name: str, written: Any) -> Commitment:
    path: Path = ("commitments", name)
    head = _head(desk, name, written, path)
    match written:
        case Availability():
            return _availability(desk, written, head, path)
        case Clock():
            return _clock(desk, written, head, path)
        case Values():
            return _values(desk, written, head, path)
        case Combine():
            return _combine(desk, written, head, path)
    raise TypeError(type(written))


def _head(desk: Desk, name: str, written: Any, path: Path) -> Head:
    for other in written.excluding:
        desk.known("exclusion", other, desk.model.exclusions, (*path, "excluding"))
    hours = written.hours or constant("always")
    for calendar in dict.fromkeys(h for h in hours.leaves if h is not None):
        desk.calendar(calendar, (*path, "hours"))
    for party_key in ("promised_by", "to"):
        party = getattr(written, party_key)
        if party_key in written.model_fields_set:
            desk.known("party", party, desk.model.parties or ("provider", "customer"), (*path, party_key))
    # where the agreement has no escalations at all, the name is one in another house: a word of the contract
    ladder = written.escalation if desk.model.escalations and written.escalation is not None else ""
    if ladder:
        desk.known("escalation", ladder, desk.model.escalations, (*path, "escalation"))
    rounding = Rounding(written.round.to, written.round.mode) if written.round else None
    return Head(
        id=name,
        window=_window(desk, written, path),
        says=written.says,
        sentence=sentence(name, written, desk.model),
        of=written.of,
        for_each=written.for_each,
        target=written.target,
        breach=written.breach,
        hours=hours,
        excluding=written.excluding,
        binding=written.binding,
        when_empty=written.when_empty,
        minimum_sample=written.minimum_sample,
        rounding=rounding,
        unknown=written.unknown,
        mid_window=written.mid_window,
        open_cases=written.open_cases,
        points=written.points,
        repeat=written.repeat,
        promised_by=written.promised_by,
        to=written.to,
        backed_by=written.backed_by,
        ladder=ladder,
    )


def _window(desk: Desk, written: Any, path: Path) -> WindowSpec:
    if written.per is not None:
        spec = desk.window(written.per, (*path, "per"))
        return replace(spec, first=written.first) if written.first else spec
    if isinstance(written, Combine):
        first = next((desk.model.commitments[p] for p in _part_names(written) if p in desk.model.commitments), None)
        if first is not None and first is not written and first.per is not None:
            return desk.window(first.per, (*path, "per"))
    if not isinstance(written, Clock):
        desk.say(path, "window-missing", "no window says over which period the figure is judged", "add per: month", on_key=True)
        return WindowSpec("month", zone=desk.model.timezone)
    return WindowSpec("case", zone=desk.model.timezone, first=written.first or "whole", text="case")


def _availability(desk: Desk, written: Availability, head: Head, path: Path) -> AvailabilityPlan:
    state_named(desk, written.down, (*path, "down"))
    if written.out_of not in ("hours", "period"):
        state_named(desk, written.out_of, (*path, "out_of"))
    return AvailabilityPlan(head, written.down, written.out_of, written.value)


# ---- clock ---------------------------------------------------------------------------------------------------------


def _clock(desk: Desk, written: Clock, head: Head, path: Path) -> ClockPlan:
    for state in written.pauses:
        state_named(desk, state, (*path, "pauses"))
    if written.again:
        state_named(desk, written.again, (*path, "again"))
    starts: Selector | Schedule
    if isinstance(written.starts, Every):
        starts = Schedule(desk.window(written.starts.window, (*path, "starts")), written.starts.at)
    elif written.starts is not None:
        starts = written.starts
        if written.before is not None:
            desk.say(
                (*path, "before"),
                "starts-and-before",
                "a clock that is turned round has no start of its own",
                "take out starts or before",
                on_key=True,
            )
    elif written.before is not None:
        starts = written.before
    else:
        desk.say(path, "clock-without-start", "nothing starts this clock", "add starts: <event>", on_key=True)
        starts = AllOf(())
    within = _within(desk, written, path)
    if written.within is not None and written.value == "share" and head.target is None and _plain(within):
        within = _everyone(within)
    reopen = {"final": 0, "new cycle": None}.get(written.reopen, written.reopen) if isinstance(written.reopen, str) else written.reopen
    assert not isinstance(reopen, str)
    return ClockPlan(
        head,
        starts,
        written.stops,
        within,
        written.pauses,
        written.before,
        written.again,
        written.counted,
        reopen,
        written.landing,
        written.value,
    )


def _within(desk: Desk, written: Clock, path: Path) -> Lookup[Promise]:
    if written.within is None:
        if written.value == "share":
            desk.say(path, "clock-without-target", "nothing says how long this clock may run", "add within: 4h", on_key=True)
        return constant(())
    below = leaf_paths(written.within)
    leaves: list[Promise | None] = []
    for index, leaf in enumerate(written.within.leaves):
        place: Path = (*path, "within", *table_path(written.within, below[index]))
        leaves.append(None if leaf is None else tuple(_share(desk, each, place) for each in leaf))
    if written.target is not None and any(s.least is not None or s.all_but is not None for leaf in leaves if leaf for s in leaf):
        desk.say(
            (*path, "target"),
            "two-targets",
            "the shares in `within` are a target already",
            "take out target, or write within as one duration",
            on_key=True,
        )
    return Lookup(written.within.root, tuple(leaves), written.within.labels)


def table_path(lookup: Lookup[T], rows: Path) -> Path:
    """The rows' path with the ``by ...`` heads between, as far as they can be told (one head for the outermost table)."""
    if isinstance(lookup.root, Leaf):
        return rows
    return (*heads(lookup.root, rows),)


def heads(root: Branch, rows: Path) -> Path:
    """Every way a head may be written is offered: a place that does not exist is passed over."""
    path: list[str | int] = []
    node: Branch | Leaf = root
    axes = _axes_along(root, rows)
    for depth, row in enumerate(rows):
        path += ["by " + ", ".join(axes[depth:last]) for last in range(len(axes), depth, -1)]
        path.append(row)
        if isinstance(node, Branch):
            node = next(child for key, child in node.rows if ("else" if isinstance(key, Else) else key.text) == row)
    return tuple(path)


def _axes_along(root: Branch, rows: Path) -> list[str]:
    axes: list[str] = []
    node: Branch | Leaf = root
    for row in rows:
        if isinstance(node, Branch):
            axes.append(node.axis)
            node = next(child for key, child in node.rows if ("else" if isinstance(key, Else) else key.text) == row)
    return axes


def _share(desk: Desk, each: Each, path: Path) -> Share:
    place = (*path, each.key) if each.key else path
    if each.within.after or each.within.before:
        desk.say(place, "counted-from", f"`{each.within.text}`: a clock counts from its own start", "leave out after or before")
    return Share(desk.within(each.within, place), each.least, each.all_but)


def _plain(within: Lookup[Promise]) -> bool:
    return any(share.least is None and share.all_but is None for leaf in within.leaves if leaf for share in leaf)


def _everyone(within: Lookup[Promise]) -> Lookup[Promise]:
    """A bare duration without a target binds each case: all of them."""
    one = [
        None if leaf is None else tuple(replace(s, least=Fraction(1)) if s.least is None and s.all_but is None else s for s in leaf)
        for leaf in within.leaves
    ]
    return Lookup(within.root, tuple(one), within.labels)


# ---- values and combine --------------------------------------------------------------------------------------------


def _values(desk: Desk, written: Values, head: Head, path: Path) -> ValuesPlan:
    ratio = written.ratio
    if ratio is None and written.value is None:
        desk.say(path, "value-missing", "nothing says what is measured", "add value: mean, or ratio: {good: ..., total: ...}", on_key=True)
    shape = written.facts or _shape(written)
    slices = None
    if written.slices is not None:
        s = written.slices
        slices = SlicePlan(s.each, s.value, s.empty, s.bad, s.sample)
    good, total = (ratio.good, ratio.total) if ratio else (None, None)
    if ratio is not None and ratio.series:
        head = replace(head, of=_both(Key("series", _one(ratio.series)), head.of))
    statistic = written.value or "ratio"
    return ValuesPlan(head, "median" if statistic == "p50" else statistic, shape, good, total, slices, written.method)


def _one(text: str) -> Any:
    from upheld.plans.selector import OneOf

    return OneOf((text,))


def _both(first: Selector, second: Selector) -> Selector:
    if isinstance(second, AllOf):
        return AllOf((first, *second.parts)) if second.parts else first
    return AllOf((first, second))


def _shape(written: Values) -> Any:
    if written.ratio is None:
        return "samples"
    if written.ratio.series or written.slices is not None:
        return "counts"
    said: frozenset[str] = frozenset()
    for selector in (written.of, written.ratio.good, written.ratio.total):
        if isinstance(selector, Key | AllOf | Either):
            said |= attributes_of(selector)
    return "cases" if "event" in said else "counts"


def _part_names(written: Combine) -> tuple[str, ...]:
    try:
        named = names_in(parse_expression(written.expression)) if written.expression else ()
    except BadExpression:
        named = ()
    return (
        *written.all_of,
        *written.any_of,
        *written.sum_of,
        *written.points_of,
        *written.weighted,
        *written.series,
        *written.parallel,
        *(written.k_of_n.of if written.k_of_n else ()),
        *named,
    )


def _combine(desk: Desk, written: Combine, head: Head, path: Path) -> CombinePlan:
    said = [
        (key, value)
        for key, value in (
            ("all of", written.all_of),
            ("any of", written.any_of),
            ("sum of", written.sum_of),
            ("sum of points", written.points_of),
            ("weighted", tuple(written.weighted)),
            ("series", written.series),
            ("parallel", written.parallel),
            ("k of n", written.k_of_n.of if written.k_of_n else ()),
            ("expression", (written.expression,) if written.expression else ()),
        )
        if value
    ]
    if len(said) != 1:
        desk.say(
            path,
            "combine-one",
            "a combination says one way to combine",
            "keep one of: all of, any of, sum of, sum of points, weighted, series, parallel, k of n, expression",
            on_key=True,
        )
        return CombinePlan(head, "all of", ())
    ((operation, parts),) = said
    tree: tuple[object, ...] = ()
    if operation == "expression":
        try:
            tree = parse_expression(written.expression)
        except BadExpression as bad:
            desk.say((*path, "expression"), "expression", str(bad), "write commitments, numbers, + - * / ( ), min and max")
        parts = names_in(tree)
    for part in parts:
        desk.known("commitment", part, desk.model.commitments, (*path, operation))
    k = written.k_of_n.k if written.k_of_n else 0
    if written.k_of_n and not 1 <= k <= len(parts):
        desk.say((*path, "k of n", "k"), "state-count", f"{k} of {len(parts)} can never be right", f"write a number from 1 to {len(parts)}")
    if operation in ("all of", "any of", "k of n") and head.target is None:
        # a yes-or-no needs no number: it is kept where the answer is yes
        head = replace(head, target=constant(Condition(((Comparison(">=", 1),),), "share", "yes")))
    points = operation == "sum of points"
    if written.carried is not None and not points:
        desk.say((*path, "carried"), "carried", f"`{operation}` has nothing to carry on: a balance is of points",
                 "write sum of points, or leave it out", on_key=True)
    return CombinePlan(head, "sum of" if points else operation, parts, tuple(written.weighted.values()), k, points, tree, written.carried)
