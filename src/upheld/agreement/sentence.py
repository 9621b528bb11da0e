"""The rule in plain English: a sentence made from the compiled meaning, printed beside what the parties wrote.

Law: it says only what the figure depends on, in the order it is computed.
"""

from __future__ import annotations

from typing import Any

from upheld.agreement.model.agreement import Agreement
from upheld.agreement.model.commitment import Availability, Clock, Combine, Each, Every, Values
from upheld.plans.lookup import Lookup
from upheld.plans.selector import EVERYTHING, AnyValue, Key, Meets, NoneOf, OneOf, Same, Selector, Test
from upheld.plans.selector import Every as AllOf

__all__ = ["selector_words", "sentence"]


def sentence(name: str, written: Any, model: Agreement) -> str:
    """One sentence for one commitment."""
    del model
    match written:
        case Availability():
            body = _availability(written)
        case Clock():
            body = _clock(written)
        case Values():
            body = _values(written)
        case Combine():
            body = _combine(written)
        case _:
            body = name
    parts = [body]
    if written.for_each:
        parts.append(f"for each {' and '.join(written.for_each)}")
    if written.per is not None:
        parts.append(f"per {written.per.text}")
    if written.target is not None:
        parts.append(f"is {table_words(written.target, lambda c: c.text)}")
    if written.excluding:
        parts.append(f"(not counting {', '.join(written.excluding)})")
    text = " ".join(parts) + "."
    return text[0].upper() + text[1:]


def table_words(lookup: Lookup[Any], say: Any) -> str:
    """A look-up in words: its one value, or each row's."""
    if lookup.is_constant:
        return "no promise" if lookup.leaves[0] is None else str(say(lookup.leaves[0]))
    rows = (f"{label}: {'no promise' if leaf is None else say(leaf)}" for label, leaf in zip(lookup.labels, lookup.leaves, strict=True))
    return "; ".join(rows)


def _availability(c: Availability) -> str:
    value = {
        "share": "the share of time not",
        "total": "the total time",
        "number": "the number of times",
        "longest": "the longest time",
        "mean between": "the mean time between times",
    }[c.value]
    hours = "" if c.hours is None else f" in {table_words(c.hours, str)}"
    base = {"hours": f"out of the agreed hours{hours}", "period": "out of the whole period"}.get(c.out_of, f"out of `{c.out_of}`")
    return f"{value} in `{c.down}`{_of(c.of)}, {base}," if c.value == "share" else f"{value} in `{c.down}`{_of(c.of)}{hours}"


def _clock(c: Clock) -> str:
    starts = (
        f"every {c.starts.window.text} at its {c.starts.at}"
        if isinstance(c.starts, Every)
        else selector_words(c.starts)
        if c.starts is not None
        else ""
    )
    how = table_words(c.within, _promise) if c.within is not None else ""
    stops = selector_words(c.stops)
    if c.before is not None:
        return f"{stops} comes at least {how} before {selector_words(c.before)}{_of(c.of)}"
    hours = f" of {table_words(c.hours, str)}" if c.hours is not None else ""
    pauses = f", pausing while {' or '.join(c.pauses)}," if c.pauses else ""
    if c.value != "share":
        return f"the {c.value} time from {starts} to {stops}{hours}{_of(c.of)}{pauses}"
    return f"from {starts} to {stops}{_of(c.of)}{pauses} at most {how}{hours}"


def _promise(shares: tuple[Each, ...]) -> str:
    return " and ".join(s.within.text if not s.key else f"{s.within.text} for {s.key}" for s in shares)


def _values(c: Values) -> str:
    if c.ratio is not None:
        good, total = (selector_words(chosen or EVERYTHING) for chosen in (c.ratio.good, c.ratio.total))
        what = f"good over total of {c.ratio.series}" if c.ratio.series else f"{good} over {total}"
        if c.slices is not None:
            return f"the {c.value or 'mean'} of slices of {_length(c.slices.each)} of {what}{_of(c.of)}"
        return f"{what}{_of(c.of)}"
    return f"the {c.value} of values{_of(c.of)}"


def _combine(c: Combine) -> str:
    for words, names in (
        ("all of", c.all_of),
        ("any of", c.any_of),
        ("the sum of", c.sum_of),
        ("the points of", c.points_of),
        ("the weighted mean of", tuple(c.weighted)),
        ("in series", c.series),
        ("in parallel", c.parallel),
    ):
        if names:
            return f"{words} {', '.join(names)}{_carried(c.carried)}"
    if c.k_of_n:
        return f"at least {c.k_of_n.k} of {', '.join(c.k_of_n.of)}"
    return c.expression


def _carried(reset: int | None) -> str:
    if reset is None:
        return ""
    return f", carried on until all are met {reset} windows in a row," if reset else ", carried on,"


def _length(us: int) -> str:
    for unit, size in (("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000)):
        if us % size == 0:
            return f"{us // size}{unit}"
    return f"{us}µs"


def _of(selector: Selector) -> str:
    words = selector_words(selector)
    return f" of {words}" if words != "anything" else ""


def selector_words(selector: Selector) -> str:
    """A selector in words."""
    if isinstance(selector, Key):
        words = _test(selector.test)
        return words if selector.attribute == "event" else f"{selector.attribute} {words}"
    if isinstance(selector, AllOf):
        return " and ".join(selector_words(p) for p in selector.parts) or "anything"
    return " or ".join(selector_words(p) for p in selector.parts)


def _test(test: Test) -> str:
    match test:
        case OneOf(texts):
            return " or ".join(texts)
        case NoneOf(inner):
            return f"not {_test(inner)}"
        case AnyValue():
            return "at all"
        case Meets(condition):
            return condition.text
        case Same():
            return "the same"
