"""What commitments stand on, compared: calendars, states, exclusions, attributes, and what the whole agreement is about.

Law: only what both sides use by the same name is compared here; what is used under another name is compared where it is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from fractions import Fraction
from typing import Any

from upheld.agreement.model.calendar import JoinedCalendar
from upheld.calendars.spec import CalendarSpec, Weekly
from upheld.foresight import say
from upheld.foresight.meaning import Named, meaning
from upheld.foresight.order import longer, more, open_wider, ranked, superset, unordered, wider_condition, wider_selector
from upheld.foresight.pair import About, Pair
from upheld.plans.plan import AttributeRule, Combination, EventState, ExclusionRule, IntervalState, SampleState, StateRule
from upheld.values.quantity import show_day

__all__ = ["compare_agreement", "compare_rules"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def compare_rules(pair: Pair) -> None:
    """Exclusions, states, calendars and attributes."""
    both = [n for n in pair.after.uses if n in pair.before.uses]
    for named in sorted(both, key=lambda n: (("exclusion", "state", "calendar").index(n.kind), _position(pair, n), n.name)):
        x, y = pair.before.definition(named), pair.after.definition(named)
        if pair.same(x, y):
            continue
        section = f"{named.kind}s"
        path = (section, named.name)
        about = About(section, named.name, path, path, pair.sign(named))
        match named.kind:
            case "exclusion":
                _exclusion(pair, about, pair.before.plan.exclusions[named.name], pair.after.plan.exclusions[named.name])
            case "state":
                _state(pair, about, pair.before.plan.states[named.name], pair.after.plan.states[named.name])
            case "calendar":
                _calendar(pair, about, named.name)
    _attributes(pair)


def _position(pair: Pair, named: Named) -> int:
    names: Iterable[str] = {"exclusion": pair.after.plan.exclusions, "state": pair.after.plan.states,
                            "calendar": pair.after.plan.calendars}[named.kind]
    return list(names).index(named.name) if named.name in names else -1


# ---- exclusions ------------------------------------------------------------------------------------------------------


def _exclusion(pair: Pair, about: About, x: ExclusionRule, y: ExclusionRule) -> None:
    pair.value(about.below("effect"), "the effect", x.effect, y.effect, lambda v: v.replace("_", " "),
               ranked("no_credit", "leave_out", "count_as_good"))
    pair.value(about.below("where"), "the facts it takes", x.where, y.where, _or_any, wider_selector)
    pair.value(about.below("while"), "the time it takes", _named(x.during), _named(y.during), lambda v: "any" if v is None else say.plain(v),
               lambda a, b: (b is None) - (a is None))
    pair.value(about.below("notice"), "the notice", x.notice, y.notice, say.written, lambda a, b: -_from_nothing(a, b))
    pair.value(about.below("up_to"), "the allowance", (x.allowance_us, pair.before.at_home(x.allowance_per)),
               (y.allowance_us, pair.after.at_home(y.allowance_per)), _allowance,
               _allows)
    pair.value(about.below("needs"), "the approval", x.needs, y.needs, lambda v: "none" if v is None else f"by {v}", _needs)
    if x.needs is not None and y.needs is not None:
        pair.value(about.below("until"), "the time to approve", (x.until, x.until_after), (y.until, y.until_after), lambda v: say.written(v[0]),
                   lambda a, b: longer(a[0], b[0]) if a[1] == b[1] else 0)


def _named(state: str | None) -> Named | None:
    return None if state is None else Named("state", state)


def _or_any(selector: Any) -> str:
    return "any" if selector is None else say.plain(selector)


def _from_nothing(x: Any, y: Any) -> int:
    """Durations, of which none is the shortest."""
    return (y is not None) - (x is not None) if x is None or y is None else longer(x, y)


def _allowance(value: tuple[int | None, Any]) -> str:
    us, per = value
    return "no limit" if us is None else f"{say.length(us)} per {say.window(per)}"


def _allows(x: tuple[int | None, Any], y: tuple[int | None, Any]) -> int:
    if x[0] is None or y[0] is None:
        return (y[0] is None) - (x[0] is None)
    return more(x[0], y[0]) if meaning(x[1], _text) == meaning(y[1], _text) else 0


def _text(named: Named) -> str:
    return named.name


def _needs(x: str | None, y: str | None) -> int:
    if x is None or y is None:
        return (y is None) - (x is None)
    return (x == "both") - (y == "both")


# ---- states ----------------------------------------------------------------------------------------------------------


def _state(pair: Pair, about: About, x: StateRule, y: StateRule) -> None:
    if type(x) is not type(y):
        pair.add(about, "what it is made of", _state_words(x), _state_words(y), 0)
        return
    match x, y:
        case IntervalState(), IntervalState():
            pair.value(about.below("where"), "the facts it takes", x.where, y.where, say.plain, wider_selector)
            pair.value(about.below("counts_from"), "where a run counts from", x.counts_from, y.counts_from,
                       lambda v: "its at_least on" if v else "its start", lambda a, b: a - b)
            pair.value(about.below("overlap"), "how overlapping weights count", x.overlap, y.overlap, str, ranked("highest", "sum"))
            told = {"where", "counts_from", "overlap", "at_least_us"}
        case SampleState(), SampleState():
            pair.value(about.below("value"), "the value", x.value, y.value, say.written, wider_condition)
            told = {"value", "at_least_us"}
        case EventState(), EventState():
            pair.value(about.below("from"), "what it begins with", x.begins, y.begins, say.plain)
            pair.value(about.below("until"), "what it ends with", x.ends, y.ends, say.plain)
            told = {"begins", "ends", "at_least_us"}
        case Combination(), Combination():
            a, b = (frozenset(Named("state", n) for n in rule.of) for rule in (x, y))
            if not pair.same((a, x.at_least, x.negate), (b, y.at_least, y.negate)):
                pair.add(about, "what it is made of", _state_words(x), _state_words(y), 0)
            told = {"of", "at_least", "negate", "at_least_us"}
        case _:
            told = {"at_least_us"}
    if hasattr(x, "at_least_us") and hasattr(y, "at_least_us"):
        pair.value(about.below("at_least"), "the least length that counts", x.at_least_us, y.at_least_us, _any_length, lambda a, b: more(b, a))
    for f in fields(x):
        if f.name not in told:
            unit = say.length if f.name.endswith("_us") else say.plain
            value = getattr(x, f.name), getattr(y, f.name)
            name = f.name.removesuffix("_us")
            wrapped = [frozenset(v) if f.name == "same" else Named("calendar", v) if f.name == "calendar" else v for v in value]
            pair.value(about.below(name), f"its {name}", wrapped[0], wrapped[1], unit)


def _any_length(us: int) -> str:
    return say.length(us) if us else "any"


def _state_words(rule: StateRule) -> str:
    if isinstance(rule, Combination):
        count = {1: "any", len(rule.of): "all"}.get(rule.at_least, f"{rule.at_least}")
        return f"{'not ' if rule.negate else ''}{count} of {say.listed(rule.of)}"
    where = getattr(rule, "where", None) or getattr(rule, "begins", None)
    return f"{type(rule).__name__.removesuffix('State').lower()}{f' of {say.plain(where)}' if where is not None else ''}"


# ---- calendars -------------------------------------------------------------------------------------------------------


def _calendar(pair: Pair, about: About, name: str) -> None:
    x, y = (side.at_home(side.plan.calendars[name]) for side in (pair.before, pair.after))
    since = max(pair.before.plan.from_us, pair.after.plan.from_us)

    def order(a: Any, b: Any) -> int:
        del a, b
        return open_wider(pair.before.plan.calendars[name], pair.after.plan.calendars[name], since)

    if isinstance(pair.after.model.calendars.get(name), JoinedCalendar) or not isinstance(x, Weekly) or not isinstance(y, Weekly):
        pair.add(about, "when it is open", _spec_words(x), _spec_words(y), order(x, y))
        return
    if x.zone != y.zone:
        pair.add(about.below("zone"), "the time zone", x.zone or "the agreement's", y.zone or "the agreement's", 0)
    weeks = [Weekly("UTC", spec.week) for spec in (x, y)]
    if not pair.same(weeks[0], weeks[1]):
        pair.add(about.below("hours"), "the weekly hours", _week(x), _week(y), open_wider(weeks[0], weeks[1], since))
    dates = [dict(spec.dates) for spec in (x, y)]
    for day in sorted({*dates[0], *dates[1]}):
        a, b = (d.get(day) for d in dates)
        if a != b:
            way = superset(a, b) if a is not None and b is not None else 0
            words = ["as usual" if s is None else _spans(s) for s in (a, b)]
            pair.add(about.below("dates"), f"the hours of {show_day(day)}", words[0], words[1], way)
    _holidays(pair, about.below("holidays"), x, y)


def _holidays(pair: Pair, about: About, x: Weekly, y: Weekly) -> None:
    """Holidays both could know, told as dates; a list that knows more years says nothing about the years both know."""
    ranges = [(min((h.first for h in spec.holidays), default=None), max((h.last for h in spec.holidays), default=None)) for spec in (x, y)]
    days = [{d for h in spec.holidays for d in h.days} for spec in (x, y)]
    lo = max((r[0] for r in ranges if r[0] is not None), default=0)
    hi = min((r[1] for r in ranges if r[1] is not None), default=0)
    gone, new = (sorted(d for d in one - other if lo <= d <= hi) for one, other in ((days[0], days[1]), (days[1], days[0])))
    if gone:
        pair.add(about, "closing on holidays", _some(gone), "", 1, kind="removed")
    if new:
        pair.add(about, "closing on holidays", "", _some(new), -1, kind="added")
    if not gone and not new and meaning(x.holidays, _text) != meaning(y.holidays, _text):
        words = ["none" if r[0] is None or r[1] is None else f"{show_day(r[0])[:4]} to {show_day(r[1])[:4]}" for r in ranges]
        if words[0] != words[1]:
            pair.add(about, "the years holidays are known for", words[0], words[1], 0)


def _some(days: list[int]) -> str:
    said = [show_day(d) for d in days[:6]]
    return ", ".join(said) + (f" and {len(days) - 6} more" if len(days) > 6 else "")


def _week(spec: Weekly) -> str:
    """``mon-fri 08:00-18:00 (50 h a week)``."""
    runs: list[tuple[int, int, Any]] = []
    for day, spans in enumerate(spec.week):
        if runs and runs[-1][2] == spans:
            runs[-1] = (runs[-1][0], day, spans)
        else:
            runs.append((day, day, spans))
    said = [f"{_DAYS[a]}{f'-{_DAYS[b]}' if b > a else ''} {_spans(spans)}" for a, b, spans in runs if spans]
    seconds = sum(end - start for spans in spec.week for start, end in spans)
    return f"{', '.join(said) or 'never'} ({say.plain(Fraction(seconds, 3600))} h a week)"


def _spans(spans: tuple[tuple[int, int], ...]) -> str:
    return " and ".join(f"{_clock(a)}-{_clock(b)}" for a, b in spans) or "closed"


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"


def _spec_words(spec: CalendarSpec) -> str:
    if isinstance(spec, Weekly):
        return _week(spec)
    parts = getattr(spec, "parts", None)
    if parts is not None:
        minus = getattr(spec, "minus", None)
        word = " or " if type(spec).__name__ == "Union" else " and "
        return word.join(_spec_words(p) for p in parts) + (f" less {_spec_words(minus)}" if minus is not None else "")
    return str(getattr(spec, "rule", "always"))


# ---- attributes ------------------------------------------------------------------------------------------------------


def _attributes(pair: Pair) -> None:
    before, after = pair.before.plan.attributes, pair.after.plan.attributes
    for name in dict.fromkeys((*after, *before)):
        path = ("attributes", name)
        about = About("attributes", name, path, path, 0)
        x, y = before.get(name, AttributeRule(name)), after.get(name, AttributeRule(name))
        if x.table is not None and y.table is not None:
            pair.table(about, "the value", x.table, y.table, str)
        elif x.table is not None or y.table is not None:
            said = ["as in the facts" if r.table is None else f"by a table of {len(r.table.leaves)} rows" for r in (x, y)]
            pair.add(about, "the value", said[0], said[1], 0)
        pair.value(about.below("read"), "when it is read", (x.read, x.lead_us), (y.read, y.lead_us), _read)
        if "highest" in (x.read, y.read):
            pair.value(about, "the order of its values", x.order, y.order, ", ".join)
        pair.value(about.below("after_miss"), "what a change does to a miss", x.after_miss, y.after_miss, str)
        pair.value(about.below("on_change"), "what a change does to the target", x.on_change, y.on_change, lambda v: v.replace("_", " "))


def _read(value: tuple[str, int]) -> str:
    when, lead = value
    return f"{say.length(lead)} before the start" if when == "before start" else f"at {when}" if when == "start" else when


# ---- the whole -------------------------------------------------------------------------------------------------------


def compare_agreement(pair: Pair) -> None:
    """What every commitment stands under: facts covered, zone, currency, what was watched."""
    x, y = pair.before.plan, pair.after.plan

    def about(key: str) -> About:
        return About("agreement", "", (key,), (key,), 0)

    pair.value(about("covers"), "the facts it covers", x.covers, y.covers, say.plain)
    pair.value(about("timezone"), "the time zone", x.zone, y.zone, str, unordered)
    pair.value(about("currency"), "the currency", x.currency, y.currency, say.plain)
    pair.value(about("complete"), "what was watched", frozenset(x.complete), frozenset(y.complete),
               lambda v: say.listed(source for source, _, _ in v))
    pair.value(about("upheld"), "the semantics", x.semantics, y.semantics, str)
