"""States (LANGUAGE §2): named sets of time, and the facts they are made of.

Law: a state says one thing in one way; which way is told by its keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from upheld.agreement.model.form import Clause, Cond, Event, Length, Name, Names, Sel, Text, Whole

__all__ = ["CalendarState", "EventState", "JoinedState", "RatioState", "SampleState", "State", "States", "WhereState"]


class _State(Clause):
    title: Text = ""
    says: Text = ""
    at_least: Length = 0
    same: Names = ()


class WhereState(_State):
    """Intervals, or a case's own status history, chosen by ``where``."""

    where: Sel
    counts_from: Literal["at_least"] | None = None
    weight: Name | None = None
    overlap: Literal["highest", "sum"] = "highest"


class EventState(_State):
    """From an event until another of the same case."""

    begins: Event = Field(alias="from")
    ends: Event = Field(alias="until")


class SampleState(_State):
    """While a series' value meets a condition; a value holds until the next, at most ``holds``."""

    series: Name
    value: Cond
    holds: Length
    where: Sel | None = None


class RatioState(_State):
    """Slices whose bad share meets a condition."""

    ratio: Name
    each: Length
    value: Cond
    sample: Whole = 0
    where: Sel | None = None


class JoinedState(_State):
    """Other states: all, any, not, or at least so many of them."""

    all_of: Names = Field((), alias="all")
    any_of: Names = Field((), alias="any")
    but: Names = Field((), alias="not")
    count: Whole | None = None
    of: Names = ()


class CalendarState(_State):
    """The open time of a calendar."""

    calendar: Name


def _kind(value: Any) -> str:
    keys = set(value) if isinstance(value, dict) else set()
    for key, kind in (
        ("series", "series"),
        ("ratio", "ratio"),
        ("from", "events"),
        ("until", "events"),
        ("calendar", "calendar"),
        ("all", "joined"),
        ("any", "joined"),
        ("not", "joined"),
        ("of", "joined"),
    ):
        if key in keys:
            return kind
    return "where"


class _Counted(JoinedState):
    """``{at_least: 2, of: [...]}``: here ``at_least`` is a number of states."""

    at_least: Whole = 1


def _joined_kind(value: Any) -> str:
    kind = _kind(value)
    return "counted" if kind == "joined" and isinstance(value, dict) and "of" in value else kind


State = Annotated[
    Annotated[WhereState, Tag("~where")]
    | Annotated[EventState, Tag("~events")]
    | Annotated[SampleState, Tag("~series")]
    | Annotated[RatioState, Tag("~ratio")]
    | Annotated[JoinedState, Tag("~joined")]
    | Annotated[_Counted, Tag("~counted")]
    | Annotated[CalendarState, Tag("~calendar")],
    Discriminator(lambda value: f"~{_joined_kind(value)}"),
]
States = Mapping[Name, State]
