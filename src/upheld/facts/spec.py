"""What a source file says, compiled: which columns become which facts. No YAML, no frame.

Law: a mapping is data. Everything a row may turn into is named here; what is not named is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from upheld.facts.stamps import StampForm

if TYPE_CHECKING:
    from upheld.values.zone import Zone

__all__ = ["Explode", "Rule", "Shape", "SourceSpec", "Value", "columns_of", "events_of"]

Shape = Literal["events", "intervals", "samples", "counts", "subscriptions", "charges", "declarations", "coverage"]


@dataclass(frozen=True, slots=True)
class Value:
    """Where a value comes from: a column, or ``literal`` for every row.

    ``map`` translates what the column says; a text it does not know is refused, unless it stands in ``ignore`` (then the row is
    passed over on purpose) or ``rest`` is given. ``default`` stands where the column says nothing.
    """

    column: str = ""
    literal: str | None = None
    map: Mapping[str, str] | None = None
    ignore: frozenset[str] = frozenset()
    default: str | None = None
    rest: str | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of fact a row gives. ``texts`` and ``times`` by the names of the table's columns (``kind``, ``start`` …).

    ``numbers``: integer columns. ``attributes``: ``row`` (each fact carries the row's), ``first`` (those of the first row that
    says it) or ``none``. ``once``: a milestone, the same (case, time) on many rows is one fact. ``known_at``: its own column.
    ``each_us``: length of a slice that has no end column. ``key`` tells the facts of one row apart when the row has an id.
    """

    shape: Shape
    texts: Mapping[str, Value]
    times: Mapping[str, str]
    numbers: Mapping[str, Value] = field(default_factory=dict)
    attributes: Literal["row", "first", "none"] = "row"
    once: bool = False
    known_at: str = ""
    each_us: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Explode:
    """A column of lists: one row for each entry. ``separator`` splits text; "" means the file has real lists (JSON)."""

    column: str
    separator: str = ""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One source file, compiled. ``complete``: µs (from, until) in which the source declares to have seen everything.

    ``zone`` None: stamps must carry an offset. ``shifted``: the stamps keep an unknown clock of their own, read as UTC.
    """

    name: str
    rules: tuple[Rule, ...]
    stamps: StampForm
    files: tuple[str, ...] = ()
    format: str = ""
    delimiter: str = ","
    header: tuple[str, ...] = ()
    trim: bool = False
    zone: Zone | None = None
    zone_name: str = ""
    shifted: bool = False
    fold: Literal["refuse", "earlier", "later"] = "refuse"
    nulls: frozenset[str] = frozenset(("",))
    attributes: Mapping[str, Value] = field(default_factory=dict)
    explode: Explode | None = None
    id: str = ""
    known_at: str = ""
    replaces: str = ""
    void: str = ""
    rank: str = ""
    complete: tuple[int, int | None] | None = None
    personal: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()             # events whose time may lie ahead: agreed dates
    repeats_until: int | None = None          # until when a calendar feed's endless events are laid out, µs


def events_of(spec: SourceSpec) -> frozenset[str] | None:
    """The events that rows may become; None where a column says them as they are."""
    events = [rule.texts["event"] for rule in spec.rules if rule.shape == "events"]
    if any(value.literal is None and value.map is None for value in events):
        return None
    return frozenset(n for e in events for n in (e.literal, e.rest, e.default, *(e.map or {}).values()) if n is not None)


def columns_of(spec: SourceSpec) -> tuple[str, ...]:
    """The columns the mapping reads, each once, in the order they are named: nothing else is loaded."""
    names: dict[str, None] = {}
    for rule in spec.rules:
        for value in (*rule.texts.values(), *rule.numbers.values()):
            names[value.column] = None
        names.update(dict.fromkeys((*rule.times.values(), rule.known_at)))
    for value in spec.attributes.values():
        names[value.column] = None
    names.update(dict.fromkeys((spec.explode.column if spec.explode else "", spec.id, spec.known_at, spec.replaces, spec.void, spec.rank)))
    names.pop("", None)
    return tuple(names)
