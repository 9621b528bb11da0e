"""Calendars as written (LANGUAGE §4): weekly hours, dates of their own, holidays, recurrences, unions and intersections.

Law: a calendar says local wall time; a country's holidays are a name that must be frozen to dates before it can be compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from upheld.agreement.model.form import (
    Clause,
    Length,
    Name,
    Names,
    Path,
    Text,
    gather,
    mapping_of,
    problem,
    quantity_of,
    reads,
    text_of,
)
from upheld.values import quantity
from upheld.values.quantity import Wrong

__all__ = ["AlwaysCalendar", "Calendar", "JoinedCalendar", "RecurringCalendar", "WeeklyCalendar"]

Spans = tuple[tuple[int, int], ...]
WHOLE_DAY: Spans = ((0, 86_400),)


def spans_of_day(value: Any) -> Spans:
    """The spans of one day: a span, a list of spans, ``closed`` or ``always``; in order, none touching another's inside."""
    if value == "closed":
        return ()
    if value in ("always", "open"):
        return WHOLE_DAY
    items = value if isinstance(value, list) else [value]
    read = quantity_of(quantity.hours)
    spans = gather(((i,) if isinstance(value, list) else (), lambda item=item: read(item)) for i, item in enumerate(items))  # type: ignore[misc]
    spans.sort()
    for (_, close), (opens, _) in pairwise(spans):
        if opens < close:
            raise problem("hours-overlap", "two spans of one day overlap", "join them into one span")
    return tuple(spans)


def week_of(value: Any) -> tuple[Spans, ...]:
    """Seven days' spans, Monday first."""
    if value == "always":
        return (WHOLE_DAY,) * 7
    week: dict[int, Spans] = {}
    read_days = quantity_of(quantity.weekdays)

    def day(key: str, spans: Any) -> None:
        found = quantity.weekdays(key)
        if isinstance(found, Wrong):
            raise problem(found.slug, found.reason, found.help, on_key=True)
        hours = spans_of_day(spans)
        for number in read_days(key):
            if number in week:
                raise problem("weekday-twice", f"a weekday of `{key}` has hours already", "give each weekday its hours once", on_key=True)
            week[number] = hours

    gather(((key,), lambda key=key, item=item: day(key, item)) for key, item in mapping_of(value, "weekly hours").items())  # type: ignore[misc]
    return tuple(week.get(number, ()) for number in range(7))


def dates_of(value: Any) -> Mapping[int, Spans]:
    """Dates with their own hours; a plain list of dates is open all day on each."""
    items = dict.fromkeys(value, "always") if isinstance(value, list) else mapping_of(value, "dates with their hours")

    def one(key: str, spans: Any) -> tuple[int, Spans]:
        found = quantity.date(key)
        if isinstance(found, Wrong):
            raise problem(found.slug, found.reason, found.help, on_key=not isinstance(value, list))
        return found, spans_of_day(spans)

    where: Mapping[str, Path] = {key: (i,) if isinstance(value, list) else (key,) for i, key in enumerate(items)}
    return dict(gather((where[key], lambda key=key, item=item: one(key, item)) for key, item in items.items()))  # type: ignore[misc]


def holidays_of(value: Any) -> tuple[str | int, ...]:
    """Names of frozen lists and plain dates (as day ordinals), mixed."""
    items = value if isinstance(value, list) else [value]
    found: list[str | int] = []
    for item in items:
        text = text_of(item)
        day = quantity.date(text)
        found.append(text if isinstance(day, Wrong) and not text[:2].isdigit() else quantity_of(quantity.date)(text))
    return tuple(found)


def local_start(value: Any) -> tuple[int, int]:
    """``2026-01-11 02:00`` as (day ordinal, second of the day)."""
    day, _, time = text_of(value).partition(" ")
    return quantity_of(quantity.date)(day), quantity_of(quantity.time_of_day)(time or "00:00")


Week = Annotated[tuple[Spans, ...], reads(week_of)]
Dates = Annotated[Mapping[int, Spans], reads(dates_of)]
Holidays = Annotated[tuple[str | int, ...], reads(holidays_of)]
LocalStart = Annotated[tuple[int, int], reads(local_start)]
NO_WEEK: tuple[Spans, ...] = ((),) * 7


class WeeklyCalendar(Clause):
    """Opening hours by weekday, dates with their own hours, holidays."""

    title: Text = ""
    hours: Week = NO_WEEK
    dates: Dates = {}
    holidays: Holidays = ()
    zone: Text = ""


class RecurringCalendar(Clause):
    """An RFC 5545 rule laid out in local wall time: open ``for`` so long from each occurrence."""

    title: Text = ""
    rule: Text
    starts: LocalStart
    length: Length = Field(alias="for")
    but: Annotated[tuple[int, ...], reads(lambda v: tuple(dates_of(v if isinstance(v, list) else [v])))] = Field((), alias="except")
    zone: Text = ""


class JoinedCalendar(Clause):
    """Other calendars: open when ``any`` is, or when ``all`` are; never when ``not`` is."""

    title: Text = ""
    any_of: Names = Field((), alias="any")
    all_of: Names = Field((), alias="all")
    but: Names = Field((), alias="not")
    zone: Text = ""


class AlwaysCalendar(Clause):
    """Every instant."""

    always: Literal["always"]
    zone: Text = ""


def _kind(value: Any) -> str:
    if value == "always":
        return "always"
    if not isinstance(value, dict):
        return "weekly"
    if "rule" in value:
        return "recurring"
    return "joined" if {"any", "all", "not"} & set(value) else "weekly"


def _always(value: Any) -> AlwaysCalendar:
    return AlwaysCalendar(always="always") if value == "always" else AlwaysCalendar.model_validate(value)


Calendar = Annotated[
    Annotated[AlwaysCalendar, reads(_always), Tag("~always")]
    | Annotated[WeeklyCalendar, Tag("~weekly")]
    | Annotated[RecurringCalendar, Tag("~recurring")]
    | Annotated[JoinedCalendar, Tag("~joined")],
    Discriminator(lambda value: f"~{_kind(value)}"),
]
Calendars = Mapping[Name, Calendar]
