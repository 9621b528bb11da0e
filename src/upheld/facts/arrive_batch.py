"""Mapped rows on their way over a network: a batch becomes arrivals, and an arrival the JSON it is sent as.

Law: what is read back from the JSON (``arrive_json.arrival_of``) is the arrival it was made from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from upheld.facts.arrive import Arrival
from upheld.facts.arrive_json import SHAPES
from upheld.facts.batch import Batch
from upheld.facts.leaves import leaves_of
from upheld.facts.record import KNOWN_BY
from upheld.facts.tables import OPEN
from upheld.values.instant import format_instant

__all__ = ["arrivals_of", "fact_json"]

_PLACE = ("file", "row", "kind", "id", "known_at", "shape", "source")
_SCALED = ("value", "weight")
_FIRST = {**KNOWN_BY, "counts": "start"}
"""The first instant of each shape."""


def arrivals_of(batch: Batch) -> list[Arrival]:
    """The rows of a batch, in order; a row without an id is called ``file:row``. Known when recorded, unless the source says when."""
    found: list[Arrival] = []
    for leaf in leaves_of(batch):
        body: dict[str, Any] = json.loads(leaf)
        columns = {k: v for k, v in body.items() if k not in _PLACE}
        number = next((k for k in _SCALED if k in columns), None)
        if number is None:
            columns.pop("scale")
        else:
            # in lowest terms, so that 3.10 and 3.1 are one fact
            while columns["scale"] % 10 == 0 and columns[number] % 10 == 0:
                columns["scale"] //= 10
                columns[number] //= 10
        own = body.get("id") or f"{batch.file}:{body['row']}"
        subject = str(columns["case"]) if batch.shape == "events" else ""
        found.append(Arrival(batch.shape, batch.source, own, subject, columns[_FIRST[batch.shape]], columns, body.get("known_at")))
    return found


def fact_json(arrival: Arrival) -> dict[str, Any]:
    """The fact as ``POST /api/v1/facts`` takes it. Raises ValueError for a number that has no decimal form.

    An event says that it may lie ahead: in a file an agreed date stands beside what has happened.
    """
    shape, form = next((shape, form) for shape, form in SHAPES.items() if form.shape == arrival.shape)
    body: dict[str, Any] = {"shape": shape, "source": arrival.source, "id": arrival.id} | ({"planned": True} if form.planned else {})
    columns: Mapping[str, Any] = arrival.columns
    for key in (k.rstrip("*") for k in form.texts):
        stored = "what_kind" if key == "kind" else key
        if stored in columns:
            body[key] = columns[stored]
    for key in (k.rstrip("*") for k in form.times):
        at = columns[{"from": "start", "until": "end"}.get(key, key)]
        if at != OPEN:
            body[key] = format_instant(at)
    for key in (k.rstrip("*") for k in form.numbers):
        if key in columns:
            body[key] = _decimal(columns[key], columns["scale"]) if key in _SCALED else columns[key]
    body |= {key: columns[key] for key in ("says", "replaces", "void", "rank") if key in columns}
    if arrival.known_at is not None:
        body["known_at"] = format_instant(arrival.known_at)
    return body


def _decimal(number: int, scale: int) -> str:
    digits = len(str(scale)) - 1
    if scale != 10**digits:
        raise ValueError(f"a number in 1/{scale} has no decimal form")
    whole, part = divmod(abs(number), scale)
    return f"{'-' if number < 0 else ''}{whole}" + (f".{part:0{digits}d}" if digits else "")
