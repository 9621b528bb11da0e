"""Commitments compared: what is promised, measured how, over which window, with what left out.

Law: every field of a compiled commitment is compared here or where its names are defined; a new field without a comparison fails
the test that counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from upheld.foresight import say
from upheld.foresight.meaning import Named, meaning
from upheld.foresight.order import (
    Order,
    missing,
    more,
    notices_more,
    open_wider,
    promises_more,
    ranked,
    stricter,
    wider_condition,
)
from upheld.foresight.pair import About, Pair
from upheld.plans.lookup import Lookup, constant
from upheld.plans.plan import AvailabilityPlan, ClockPlan, CombinePlan, Commitment, Head, Share, Slices, ValuesPlan
from upheld.values.condition import Condition

__all__ = ["compare_commitments"]

_BREACH = "the line beyond which it is a breach"
_KINDS = {AvailabilityPlan: "availability", ClockPlan: "clock", ValuesPlan: "values", CombinePlan: "combine"}


def compare_commitments(pair: Pair) -> None:
    """Commitments added, removed and changed, in the order of the later file, then those taken out."""
    before, after = pair.before.plan.commitments, pair.after.plan.commitments
    old_names = _renamed(pair, sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys()))
    for name, clause in after.items():
        path = ("commitments", name)
        if name in old_names:
            old = old_names[name]
            pair.add(About("commitments", name, ("commitments", old), path, 0), "the name", old, name, 0)
            continue
        if name not in before:
            pair.add(About("commitments", name, path, path, pair.after.orientation(name)), "", "", clause.head.sentence, 1, kind="added")
            continue
        signs = {pair.before.orientation(name), pair.after.orientation(name)}
        about = About("commitments", name, path, path, signs.pop() if len(signs) == 1 else 0)
        _compare(pair, about, before[name], clause)
    for name, clause in before.items():
        if name not in after and name not in old_names.values():
            path = ("commitments", name)
            sign = pair.before.orientation(name)
            pair.add(About("commitments", name, path, path, sign), "", clause.head.sentence, "", -1, kind="removed")


def _renamed(pair: Pair, gone: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """The old name of each commitment that is only called otherwise now: promised, measured and paid alike."""
    left, found = list(gone), {}
    for name in new:
        old = next((o for o in left if _alike(pair, o, name)), None)
        if old is not None:
            left.remove(old)
            found[name] = old
    return found


def _alike(pair: Pair, old: str, new: str) -> bool:
    x, y = pair.before.plan, pair.after.plan
    for rules in ("credits", "tasks", "deems"):
        if not pair.same(getattr(x.remedies, rules).get(old), getattr(y.remedies, rules).get(new)):
            return False
    back = [frozenset((e.windows, e.share) for e in r.earn_back if e.commitment == n) for r, n in ((x.remedies, old), (y.remedies, new))]
    if back[0] != back[1]:
        return False
    alone = Pair(pair.before, pair.after)
    _compare(alone, About("commitments", new, ("commitments", old), ("commitments", new), 0), x.commitments[old], y.commitments[new])
    return not alone.changes


def _compare(pair: Pair, about: About, x: Commitment, y: Commitment) -> None:
    _head(pair, about, x.head, y.head)
    match x, y:
        case AvailabilityPlan(), AvailabilityPlan():
            _availability(pair, about, x, y)
        case ClockPlan(), ClockPlan():
            _clock(pair, about, x, y)
        case ValuesPlan(), ValuesPlan():
            _values(pair, about, x, y)
        case CombinePlan(), CombinePlan():
            _combine(pair, about, x, y)
        case _:
            words = [f"{_KINDS[type(clause)]} ({clause.head.sentence})" for clause in (x, y)]
            pair.add(about.below("measure"), "the measure", words[0], words[1], 0)


def _head(pair: Pair, about: About, x: Head, y: Head) -> None:
    _conditions(pair, about, "target", "the target", x.target, y.target, stricter)
    _breach(pair, about, x, y)
    pair.value(about.below("of"), "what it is about", x.of, y.of, say.plain)
    if set(x.for_each) != set(y.for_each):
        pair.value(about.below("for_each"), "a result for each", frozenset(x.for_each), frozenset(y.for_each), say.listed)
    pair.value(about.below("per"), "the window", pair.before.at_home(x.window), pair.after.at_home(y.window), say.plain)
    hours = _wider(pair)
    pair.table(about.below("hours"), "the hours", x.hours, y.hours, say.plain, hours, wrap=lambda n: Named("calendar", n))
    _excluding(pair, about, x, y)
    pair.value(about.below("binding"), "binding", x.binding, y.binding, say.yes_no, more)
    pair.value(about.below("when_empty"), "how a window without anything to measure is judged", x.when_empty, y.when_empty, _words,
               ranked("met", "not_applicable", "missed"))
    pair.value(about.below("minimum_sample"), "the least number of facts", x.minimum_sample, y.minimum_sample, str)
    pair.value(about.below("round"), "the rounding of the figure", x.rounding, y.rounding, _rounding)
    pair.value(about.below("unknown"), "what unknown time counts as", x.unknown, y.unknown, str, ranked("up", "unknown", "down"))
    pair.value(about.below("mid_window"), "how a window in which terms change is judged", x.mid_window, y.mid_window, str)
    pair.value(about.below("open_cases"), "how cases open when terms change are judged", x.open_cases, y.open_cases, str)
    for key, aspect, a, b in (("points", "the points", x.points, y.points), ("repeat", "the repeat factor", x.repeat, y.repeat)):
        pair.table(about.below(key), aspect, _or_none(a), _or_none(b), say.plain, _more_or_none)
    pair.value(about.below("promised_by"), "who promises it", x.promised_by, y.promised_by, str)
    pair.value(about.below("to"), "to whom it is promised", x.to, y.to, str)
    pair.value(about.below("backed_by"), "what backs it", frozenset(x.backed_by), frozenset(y.backed_by), say.listed)


def _or_none(table: Lookup[Any] | None) -> Lookup[Any]:
    return constant(None) if table is None else table


def _more_or_none(x: Any, y: Any) -> int:
    return more(x or 0, y or 0)


def _conditions(pair: Pair, about: About, key: str, aspect: str, x: Lookup[Any] | None, y: Lookup[Any] | None, order: Order) -> None:
    if x is None and y is None:
        return
    if x is None or y is None:
        kind, there = ("added", y) if x is None else ("removed", x)
        words = "; ".join(leaf.text if leaf is not None else "none" for leaf in (there.leaves if there is not None else ()))
        way = order(*(None if t is None else next((leaf for leaf in t.leaves if leaf is not None), None) for t in (x, y)))
        pair.add(about.below(key), aspect, words if kind == "removed" else "", words if kind == "added" else "", way, kind=kind)  # type: ignore[arg-type]
        return
    pair.table(about.below(key), aspect, x, y, say.written, order)


def _breach(pair: Pair, about: About, x: Head, y: Head) -> None:
    """The breach line: without one, whatever misses the target is a breach."""
    if (x.breach is None) != (y.breach is None):
        lines = [_breached(h) for h in (x, y)]
        _conditions(pair, about, "breach", _BREACH, x.breach, y.breach, lambda *_: wider_condition(lines[0], lines[1]))
    else:
        _conditions(pair, about, "breach", _BREACH, x.breach, y.breach, wider_condition)


def _breached(head: Head) -> Condition | None:
    """What is a breach, where one line holds for all: the one agreed, else whatever misses the target."""
    table = head.breach if head.breach is not None else head.target
    if table is None or not table.is_constant:
        return None
    return table.leaves[0] if head.breach is not None else missing(table.leaves[0])


def _words(value: str) -> str:
    return value.replace("_", " ")


def _rounding(value: Any) -> str:
    return "exact" if value is None else f"to {say.plain(value.to)}, {_words(value.mode)}"


def _wider(pair: Pair) -> Callable[[Any, Any], int]:
    """The order of two calendars by when they are open, from the later version on."""
    since = max(pair.before.plan.from_us, pair.after.plan.from_us)

    def order(x: Any, y: Any) -> int:
        if x is None or y is None:
            return (y is not None) - (x is not None)
        return open_wider(pair.before.plan.calendars.get(x.name), pair.after.plan.calendars.get(y.name), since)

    return order


def _excluding(pair: Pair, about: About, x: Head, y: Head) -> None:
    a, b = ([Named("exclusion", n) for n in h.excluding] for h in (x, y))
    place = about.below("excluding")
    gone, new = pair.names_only_before(a, b), [n for n in b if not any(pair.same(o, n) for o in a)]
    for named in gone:
        pair.add(place, "the exclusion", named.name, "", 1, kind="removed")
    for named in new:
        pair.add(place, "the exclusion", "", named.name, -1, kind="added")
    if gone or new or len(a) != len(b):
        return
    # time that two of them claim goes to the first: that matters where they do different things with it, or one has an allowance
    rules = [pair.after.plan.exclusions[n] for n in y.excluding]
    matters = len({r.effect for r in rules}) > 1 or any(r.allowance_us is not None or r.needs is not None for r in rules)
    if matters and not all(pair.same(n, o) for n, o in zip(a, b, strict=True)):
        pair.add(place, "the order of exclusions", ", ".join(x.excluding), ", ".join(y.excluding), 0)


# ---- by measure ------------------------------------------------------------------------------------------------------


def _availability(pair: Pair, about: About, x: AvailabilityPlan, y: AvailabilityPlan) -> None:
    pair.value(about.below("down"), "what counts as down", Named("state", x.down), Named("state", y.down), say.plain)
    base = [p.out_of if p.out_of in ("hours", "period") else Named("state", p.out_of) for p in (x, y)]
    pair.value(about.below("out_of"), "what it is out of", base[0], base[1], say.plain)
    pair.value(about.below("value"), "the value", x.value, y.value, str)


def _clock(pair: Pair, about: About, x: ClockPlan, y: ClockPlan) -> None:
    pair.value(about.below("starts"), "what starts the clock", pair.before.at_home(x.starts), pair.after.at_home(y.starts), say.plain)
    pair.value(about.below("stops"), "what stops the clock", x.stops, y.stops, say.plain)
    pair.value(about.below("before"), "what it must come before", x.before, y.before, say.plain)
    order = promises_more if x.before is None or y.before is None else notices_more
    pair.table(about.below("within"), "the time allowed" if x.before is None else "the time before", x.within, y.within, say.promise, order,
               wrap=_on_own_hours(x, y))
    a, b = ([Named("state", n) for n in p.pauses] for p in (x, y))
    for named in pair.names_only_before(a, b):
        pair.add(about.below("pauses"), "the pause", named.name, "", 1, kind="removed")
    for named in (n for n in b if not any(pair.same(o, n) for o in a)):
        pair.add(about.below("pauses"), "the pause", "", named.name, -1, kind="added")
    pair.value(about.below("again"), "the state in which it starts again", _state(x.again), _state(y.again), say.plain)
    pair.value(about.below("counted"), "the event that places a case in a window", x.counted, y.counted, str)
    pair.value(about.below("reopen"), "what becomes of a case opened again", x.reopen_us, y.reopen_us, _reopen)
    pair.value(about.below("landing"), "when time used up exactly at closing is due", x.landing, y.landing, _words,
               ranked("next_open", "close"))
    pair.value(about.below("value"), "the value", x.value, y.value, str)


def _on_own_hours(x: ClockPlan, y: ClockPlan) -> Callable[[Any], Any]:
    """Where both clocks run on the same hours, `4h in office` on the hours of the office is `4h`; elsewhere a promise is as written."""
    names = {h for clause in (x, y) for h in clause.head.hours.leaves}
    if len(names) != 1 or not (x.head.hours.is_constant and y.head.hours.is_constant):
        return lambda promise: promise
    own = names.pop()

    def plain(share: Share) -> Share:
        return replace(share, within=replace(share.within, calendar="")) if share.within.calendar == own else share

    return lambda promise: tuple(plain(share) for share in promise)


def _state(name: str | None) -> Named | None:
    return None if name is None else Named("state", name)


def _reopen(us: int | None) -> str:
    return "a new cycle" if us is None else "its first stop stands" if us == 0 else f"its clock goes on within {say.length(us)}"


def _values(pair: Pair, about: About, x: ValuesPlan, y: ValuesPlan) -> None:
    pair.value(about.below("value"), "the value", x.statistic, y.statistic, str)
    pair.value(about.below("facts"), "the facts", x.shape, y.shape, str)
    pair.value(about.below("ratio"), "what counts as good", x.good, y.good, say.plain)
    pair.value(about.below("ratio"), "what counts at all", x.total, y.total, say.plain)
    pair.value(about.below("slices"), "the slices", x.slices, y.slices, _slices)
    pair.value(about.below("method"), "the method of percentiles", x.method, y.method, str)


def _slices(slices: Slices | None) -> str:
    if slices is None:
        return "none"
    bad = f", bad where {slices.bad.text}" if slices.bad is not None else ""
    sample = f", of at least {slices.sample}" if slices.sample else ""
    return f"{slices.statistic} of each {say.length(slices.each_us)}{bad}{sample}, an empty one {slices.empty}"


def _combine(pair: Pair, about: About, x: CombinePlan, y: CombinePlan) -> None:
    a, b = (_made_of(p) for p in (x, y))
    if meaning(a, pair.before.resolved) != meaning(b, pair.after.resolved):
        pair.add(about, "what it is made of", _combination(x), _combination(y), 0)


def _made_of(clause: CombinePlan) -> Any:
    weighed = frozenset(zip(clause.parts, clause.weights, strict=False)) if clause.weights else frozenset(clause.parts)
    return (clause.operation, weighed, clause.k, clause.of_points, repr(clause.expression), clause.carried)


def _combination(clause: CombinePlan) -> str:
    if clause.weights:
        return ", ".join(f"{p} {say.plain(w)}" for p, w in zip(clause.parts, clause.weights, strict=True))
    count = f"{clause.k} of " if clause.k else ""
    if clause.carried is not None:
        return clause.head.sentence.split(" per ")[0].rstrip(",")
    return clause.head.sentence.split(" per ")[0] if clause.expression else f"{clause.operation} {count}{', '.join(clause.parts)}"


