"""Changes (LANGUAGE §8): notice, approval, change windows, freezes, rollback: rules where they can be checked, prose where they cannot.

Law: a key written in one of its forms is a rule; any other text is prose and is only printed. What was nearly a rule is a finding, so
that nobody believes in a rule that is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from upheld.agreement.model.calendar import local_start
from upheld.agreement.model.form import Clause, Length, Name, Names, Prose, Text, gather, problem, prose_of, quantity_of, reads, text_of
from upheld.agreement.suggest import nearest
from upheld.values import quantity
from upheld.values.quantity import Duration, Wrong

__all__ = ["APPROVERS", "Changes", "Freeze", "NoticeRule"]

APPROVERS = ("customer", "provider", "both", "none")


def local_end(value: Any) -> tuple[int, int]:
    """As ``local_start``; a plain date is its whole day, so that it ends where the next begins."""
    day, second = local_start(value)
    return (day, second) if " " in text_of(value) else (day + 1, 0)


LocalStart = Annotated[tuple[int, int], reads(local_start)]
LocalEnd = Annotated[tuple[int, int], reads(local_end)]


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """Notice owed by class of change; None: none is owed."""

    by_class: Mapping[str, Duration | None]


def _owed(value: Any) -> Duration | None:
    return None if value == "none" else quantity_of(quantity.duration)(value)


def _is_owed(value: Any) -> bool:
    return isinstance(value, str) and (value == "none" or not isinstance(quantity.duration(value), Wrong))


def notice_of(value: Any) -> NoticeRule | Any:
    """One duration for all changes, or one a class of change; anything else is prose."""
    if isinstance(value, str) and _is_owed(value):
        return NoticeRule({"normal": _owed(value)})
    if isinstance(value, dict) and any(_is_owed(v) for v in value.values()):
        return NoticeRule(dict(zip(value, gather(((k,), lambda v=v: _owed(v)) for k, v in value.items()), strict=True)))  # type: ignore[misc]
    return prose_of(value)


def approval_of(value: Any) -> Any:
    """``customer``, ``provider``, ``both`` or ``none`` (also ``approval by …``); anything else is prose."""
    if not isinstance(value, str):
        return prose_of(value)
    word = value.removeprefix("approval by ")
    if word in APPROVERS:
        return word
    if " " not in word and (meant := nearest(word, APPROVERS)):
        raise problem("change-approval", f"`{value}` is nobody who approves changes", f"did you mean `{meant}`?")
    return value


class Freeze(Clause):
    """A time in which nothing is changed: dates, a recurrence, or the open time of a calendar."""

    says: Text = ""
    start: LocalStart | None = Field(None, alias="from")
    until: LocalEnd | None = None
    rule: Text = ""
    starts: LocalStart | None = None
    length: Length | None = Field(None, alias="for")
    calendar: Name | None = None
    but: Names = Field((), alias="except")

    @model_validator(mode="after")
    def _one_form(self) -> Freeze:
        forms = [self.start is not None and self.until is not None, bool(self.rule and self.starts and self.length), self.calendar is not None]
        given = [self.start is not None or self.until is not None, bool(self.rule or self.starts or self.length), self.calendar is not None]
        if sum(given) != 1 or not any(forms):
            raise ValueError("a freeze says from and until, or rule with starts and for, or calendar")
        return self


def _form(value: Any) -> str:
    """Freezes are rules as soon as one of them is a mapping with a key of theirs; texts are prose."""
    items = value if isinstance(value, list) else [value]
    return "~rules" if any(isinstance(i, dict) and {"from", "until", "rule", "calendar"} & set(i) for i in items) else "~prose"


Freezes = Annotated[
    Annotated[tuple[Freeze, ...], Tag("~rules")] | Annotated[Any, reads(prose_of), Tag("~prose")],
    Discriminator(_form),
]


class Changes(Clause):
    """How changes are announced, approved, frozen and rolled back."""

    title: Text = ""
    notice: Annotated[Any, reads(notice_of)] = ""
    freezes: Freezes = ""
    rollback: Prose = ""
    approval: Annotated[Any, reads(approval_of)] = ""
    windows: Prose = ""
    states: Names = ()
    emergency: Prose = ""
    notes: Prose = ""
    text: Prose = ""
