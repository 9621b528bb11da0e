"""The forms that occur everywhere: look-ups, selectors, names, quantities; read by our own types, never by untagged unions.

Law: a reader gives the value or every problem in it with the path to the very word; a mapping holds keywords or data, never both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from upheld.plans.selector import EVERYTHING, AnyValue, Either, Every, Key, Meets, NoneOf, OneOf, Same, Selector, Test
from upheld.values import quantity
from upheld.values.condition import Condition
from upheld.values.finding import Severity
from upheld.values.quantity import Duration, Money, Wrong

__all__ = [
    "Accept",
    "Clause",
    "Cond",
    "Date",
    "Event",
    "Flag",
    "Length",
    "Many",
    "Name",
    "Names",
    "Path",
    "Percent",
    "Plain",
    "Prose",
    "Read",
    "Sel",
    "Span",
    "Text",
    "Whole",
    "as_names",
    "mapping_of",
    "problem",
    "reads",
    "refuse",
    "text_of",
]

T = TypeVar("T")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong below the place that is read: ``path`` leads there from it; ``on_key`` points at the key itself.

    ``related``: further paths (from the file's root) with a word each; only where the problem is found from the root.
    """

    path: Path
    slug: str
    message: str
    help: str = ""
    on_key: bool = False
    severity: Severity = "error"
    related: tuple[tuple[Path, str], ...] = ()


class Refusal(Exception):  # noqa: N818 - it is no error of ours
    """Carries problems out of a reader."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)


Read = Callable[[Any], T]
"""Reads plain text, lists and mappings into a value, or raises ``Refusal``."""


def problem(
    slug: str,
    message: str,
    help: str = "",  # noqa: A002 - the word the finding shows
    path: Path = (),
    *,
    on_key: bool = False,
) -> Refusal:
    """A refusal with one problem."""
    return Refusal([Problem(path, slug, message, help, on_key)])


def refuse(wrong: Wrong) -> Refusal:
    """A refusal of a text that is no such quantity."""
    return problem(wrong.slug, wrong.reason, wrong.help)


def reads(read: Read[T]) -> PlainValidator:
    """A reader as a pydantic validator: its problems travel in one error and are taken apart when mended."""

    def validate(value: Any) -> T:
        try:
            return read(value)
        except Refusal as refusal:
            raise PydanticCustomError("problems", "see the problems", {"problems": refusal.problems}) from None

    return PlainValidator(validate)


def kind_of(value: Any) -> str:
    """What was written, in the reader's words."""
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else f"`{value}`"


def text_of(value: Any) -> str:
    """A plain text."""
    if not isinstance(value, str):
        raise problem("shape", f"a text is meant here, not {kind_of(value)}")
    return value


def quantity_of(parse: Callable[[str], T | Wrong]) -> Read[T]:
    """A reader from a quantity's parser."""

    def read(value: Any) -> T:
        found = parse(text_of(value))
        if isinstance(found, Wrong):
            raise refuse(found)
        return found

    return read


def gather(parts: Iterable[tuple[Path, Callable[[], T]]]) -> list[T]:
    """All values, or one refusal with every problem, each below its path."""
    values: list[T] = []
    problems: list[Problem] = []
    for path, read in parts:
        try:
            values.append(read())
        except Refusal as refusal:
            problems += [Problem((*path, *p.path), p.slug, p.message, p.help, p.on_key) for p in refusal.problems]
    if problems:
        raise Refusal(problems)
    return values


def mapping_of(value: Any, what: str) -> dict[str, Any]:
    """A mapping, told in the words of ``what`` otherwise."""
    if not isinstance(value, dict):
        raise problem("shape", f"{what} is a mapping, not {kind_of(value)}")
    return value


def many(read: Read[T]) -> Read[tuple[T, ...]]:
    """One, or a list of them."""

    def read_all(value: Any) -> tuple[T, ...]:
        items = value if isinstance(value, list) else [value]
        return tuple(
            gather(
                ((i,) if isinstance(value, list) else (), lambda item=item: read(item))  # type: ignore[misc]
                for i, item in enumerate(items)
            )
        )

    return read_all


_NAME = re.compile(r"\w[\w.@/:+() &'-]*")


def name_of(value: Any) -> str:
    """The name of something: letters, digits, dashes."""
    text = text_of(value)
    if not _NAME.fullmatch(text):
        raise problem("name", f"`{text}` is not a name", "write letters, digits and dashes")
    return text


as_names = many(name_of)


def flag_of(value: Any) -> bool:
    """``yes`` or ``no`` (also ``true``, ``false``)."""
    text = text_of(value)
    if text in ("yes", "true"):
        return True
    if text in ("no", "false"):
        return False
    raise problem("flag", f"`{text}` is neither yes nor no", "write yes or no")


def prose_of(value: Any) -> Any:
    """Free text, a list or a mapping of it: kept as it is, frozen."""
    if isinstance(value, dict):
        return tuple((key, prose_of(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(prose_of(item) for item in value)
    return value


def accept_of(value: Any) -> Mapping[str, str]:
    """``{finding: "reason"}``."""
    return {slug: text_of(reason) for slug, reason in mapping_of(value, "accept").items()}


# ---- selectors -----------------------------------------------------------------------------------------------------


def selector_of(value: Any) -> Selector:
    """A selector (LANGUAGE §1): a mapping whose keys all hold, a list of mappings of which one holds, or ``any``."""
    if value == "any":
        return EVERYTHING
    if isinstance(value, list):
        return Either(tuple(gather(((i,), lambda part=part: selector_of(part)) for i, part in enumerate(value))))  # type: ignore[misc]
    mapping = mapping_of(value, "a selector")
    parts = gather(((name,), lambda name=name, test=test: _key(name, test)) for name, test in mapping.items())  # type: ignore[misc]
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _key(name: str, test: Any) -> Selector:
    if isinstance(test, list):
        plain = tuple(t for t in test if isinstance(t, str) and not quantity.is_condition(t))
        if len(plain) == len(test):
            return Key(name, OneOf(plain))
        return Either(tuple(gather(((i,), lambda t=t: Key(name, _test(t))) for i, t in enumerate(test))))  # type: ignore[misc]
    return Key(name, _test(test))


def _test(value: Any) -> Test:
    if isinstance(value, dict):
        if set(value) != {"not"}:
            raise problem("selector", "a test is a value, a list of values, a condition, any, same, or {not: ...}")
        inner = value["not"]
        texts = inner if isinstance(inner, list) else None
        try:
            return NoneOf(OneOf(tuple(text_of(t) for t in texts)) if texts is not None else _test(inner))
        except Refusal as refusal:
            raise Refusal(Problem(("not", *p.path), p.slug, p.message, p.help) for p in refusal.problems) from None
    text = text_of(value)
    if text == "any":
        return AnyValue()
    if text == "same":
        return Same()
    if quantity.is_condition(text):
        return Meets(_number_condition(text))
    return OneOf((text,))


def _number_condition(text: str) -> Condition:
    found = quantity.condition(text)
    if isinstance(found, Wrong):
        raise refuse(found)
    if found.unit != "number":
        raise problem("selector-unit", f"`{text}`: an attribute is compared as a bare number", "leave out the unit, as in the facts")
    return found


def event_of(value: Any) -> Selector:
    """An event: its name, a selector with ``event``, or a list of either."""
    if isinstance(value, str):
        return Key("event", OneOf((name_of(value),)))
    if isinstance(value, list):
        if all(isinstance(v, str) for v in value):
            return Key("event", OneOf(as_names(value)))
        return Either(tuple(gather(((i,), lambda v=v: event_of(v)) for i, v in enumerate(value))))  # type: ignore[misc]
    return selector_of(value)


# ---- the types models are written with ------------------------------------------------------------------------------

Text = Annotated[str, reads(text_of)]
Name = Annotated[str, reads(name_of)]
Names = Annotated[tuple[str, ...], reads(as_names)]
Flag = Annotated[bool, reads(flag_of)]
Prose = Annotated[Any, reads(prose_of)]
Accept = Annotated[Mapping[str, str], reads(accept_of)]
Sel = Annotated[Selector, reads(selector_of)]
Event = Annotated[Selector, reads(event_of)]
Many = many
Whole = Annotated[int, reads(quantity_of(quantity.whole))]
Percent = Annotated[Any, reads(quantity_of(quantity.share))]
Plain = Annotated[Any, reads(quantity_of(quantity.number))]
Date = Annotated[int, reads(quantity_of(quantity.date))]
Length = Annotated[int, reads(quantity_of(quantity.open_time))]
"""A plain length of time, µs."""
Span = Annotated[Duration, reads(quantity_of(quantity.duration))]
"""A duration or deadline."""
Cond = Annotated[Condition, reads(quantity_of(quantity.condition))]
Amount = Annotated[Money, reads(quantity_of(quantity.money))]


class Clause(BaseModel):
    """What every written clause is: frozen, no unknown key; ``x-`` keys are the user's own; ``accept`` turns findings into notes."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=False, defer_build=True)

    accept: Accept = {}

    @model_validator(mode="before")
    @classmethod
    def _own_keys(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if not key.startswith("x-")}
        return value
