"""Attributes (LANGUAGE §6, Attributes in time): when each is read, and the table that maps raw values to the agreement's.

Law: an attribute is a step function of facts; how it is read is said once, here, never in a measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import model_validator

from upheld.agreement.model.form import Clause, Name, Text, problem, reads, refuse, text_of
from upheld.agreement.model.lookup import table
from upheld.plans.lookup import Lookup
from upheld.values import quantity
from upheld.values.quantity import Wrong

__all__ = ["Attribute", "Attributes", "ReadAt"]


@dataclass(frozen=True, slots=True)
class ReadAt:
    """When an attribute is read; ``lead_us`` before the start."""

    when: Literal["start", "now", "highest", "decided", "before start", "tier"]
    lead_us: int = 0


def read_at(value: Any) -> ReadAt:
    """``start``, ``now``, ``highest``, ``decided``, ``tier`` or ``24h before start``."""
    text = text_of(value)
    if text in ("start", "now", "highest", "decided", "tier"):
        return ReadAt(text)  # type: ignore[arg-type]
    found = quantity.duration(text)
    if isinstance(found, Wrong):
        raise problem("read", f"`{text}` is not when an attribute is read", "write start, now, highest, decided or 24h before start")
    if found.before != "start" or found.after or found.calendar or found.at is not None:
        raise problem("read", f"`{text}` is not when an attribute is read", "write 24h before start")
    length = quantity.open_time(text.removesuffix(" before start"))
    if isinstance(length, Wrong):
        raise refuse(length)
    return ReadAt("before start", length)


TextTable = Annotated[Lookup[str], reads(table(text_of))]


class Attribute(Clause):
    """One attribute: its table (or the raw column of the same name), and how it is read in time."""

    title: Text = ""
    table: TextTable | None = None
    read: Annotated[ReadAt, reads(read_at)] = ReadAt("start")
    after_miss: Literal["final", "recomputed"] = "final"
    on_change: Literal["from_start", "keep_elapsed", "restart"] = "from_start"
    values: Annotated[tuple[str, ...], reads(lambda v: tuple(text_of(t) for t in (v if isinstance(v, list) else [v])))] = ()

    @model_validator(mode="before")
    @classmethod
    def _by(cls, value: Any) -> Any:
        if isinstance(value, dict):
            found = [key for key in value if key.startswith("by ")]
            if found and "table" not in value:
                kept = {key: item for key, item in value.items() if key not in found}
                return {**kept, "table": {key: value[key] for key in found}}
        return value


Attributes = Mapping[Name, Attribute]
