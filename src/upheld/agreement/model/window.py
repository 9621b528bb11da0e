"""Windows (LANGUAGE §5): the periods a figure is judged over, as written in ``per``.

Law: a window is a calendar period, a rolling span, or the case itself; days and months begin in the agreement's zone unless said.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any

from upheld.agreement.model.form import Refusal, flag_of, mapping_of, name_of, problem, reads, text_of
from upheld.calendars.spec import WindowSpec

__all__ = ["FIRST", "Per", "window_of"]

UNITS = {
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "half-year": "half-year",
    "year": "year",
    "contract year": "contract-year",
    "case": "case",
}
FIRST = ("whole", "next full", "pro rata")
_COUNTED = re.compile(r"([1-9][0-9]{0,3}) (day|week|month|quarter|half-year|year)s?")
_HELP = "write month, quarter, half-year, year, week, day, case, {each: month, from: day 15} or {last: 30 days, every: day}"


def window_of(value: Any) -> WindowSpec:
    """A window with zone "" where the text does not name one."""
    if isinstance(value, str):
        unit, count = _unit(value)
        return WindowSpec(unit, count, zone="", text=value)
    mapping = mapping_of(value, "a window")
    if "each" in mapping:
        return _each(mapping)
    if "last" in mapping:
        return _last(mapping)
    raise problem("window", "a window written as a mapping has 'each' or 'last'", _HELP)


def _unit(text: str) -> tuple[str, int]:
    if text in UNITS:
        return UNITS[text], 1
    counted = _COUNTED.fullmatch(text)
    if counted:
        return UNITS[counted[2]], int(counted[1])
    raise problem("window", f"`{text}` is not a window", _HELP)


def _known(mapping: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in mapping:
        if key not in known:
            raise problem("unknown-key", f"a window has no key `{key}`", f"known keys: {', '.join(known)}", (key,), on_key=True)


def _each(mapping: dict[str, Any]) -> WindowSpec:
    _known(mapping, ("each", "from", "zone", "first"))
    unit, count = _unit(text_of(mapping["each"]))
    spec = WindowSpec(unit, count, zone=text_of(mapping.get("zone", "")), first=_first(mapping), text=_said(mapping))
    if "from" not in mapping:
        return spec
    text = text_of(mapping["from"])
    month_day = re.fullmatch(r"(\d{2})-(\d{2})", text, re.ASCII)
    day = re.fullmatch(r"day ([1-9]\d?)", text, re.ASCII)
    if month_day and 1 <= int(month_day[1]) <= 12 and 1 <= int(month_day[2]) <= 31:
        return replace(spec, month=int(month_day[1]), day=int(month_day[2]))
    if day and int(day[1]) <= 31:
        return replace(spec, day=int(day[1]))
    raise problem("window", f"`{text}` is not where a window begins", "write 02-01 (1 February) or day 15", ("from",))


def _last(mapping: dict[str, Any]) -> WindowSpec:
    _known(mapping, ("last", "every", "before", "once", "zone", "first"))
    unit, count = _unit(text_of(mapping["last"]))
    if ("every" in mapping) == ("before" in mapping):
        raise problem(
            "window",
            "a rolling window is taken every day (week, month) or before an event",
            "write {last: 30 days, every: day} or {last: 365 days, before: claim}",
        )
    every = _unit(text_of(mapping["every"]))[0] if "every" in mapping else ""
    before = name_of(mapping["before"]) if "before" in mapping else ""
    if_breached = mapping.get("once") == "when breached"
    once = if_breached or ("once" in mapping and _once(mapping["once"]))
    return WindowSpec(
        unit,
        count,
        zone=text_of(mapping.get("zone", "")),
        rolling=True,
        every=every,
        before=before,
        once=once,
        if_breached=if_breached,
        first=_first(mapping),
        text=_said(mapping),
    )


def _once(value: Any) -> bool:
    try:
        return flag_of(value)
    except Refusal:
        raise problem("flag", f"`{text_of(value)}` does not say which claims use their time up", "write yes, no or when breached",
                      ("once",)) from None


def _first(mapping: dict[str, Any]) -> str:
    first = text_of(mapping.get("first", "whole"))
    if first not in FIRST:
        raise problem("window", f"`{first}` is no way to treat the first window", f"write {', '.join(FIRST)}", ("first",))
    return first


def _said(mapping: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in mapping.items())


Per = Annotated[WindowSpec, reads(window_of)]
