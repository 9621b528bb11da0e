"""Build: settled rows become the table of their shape.

Law: columns are handed over, never copied.
"""

from __future__ import annotations

import numpy as np

from upheld.facts.gathered import Gathered
from upheld.facts.order import starts_of
from upheld.facts.tables import Attribute, CaseEvents, Charges, Counts, Declarations, Header, Intervals, Samples, Subscriptions

__all__ = ["BUILD"]


def _header(table: Gathered) -> Header:
    return Header(
        table.seq,
        table.source,
        table.known_at,
        None,
        table.ids,
        None,
        table.replaces,
        table.void,
        table.disputed_at,
        table.origin,
    )


def _column(table: Gathered, name: str) -> Attribute:
    return table.texts.get(name) or Attribute(np.full(len(table), -1, np.int32), ())


def _events(table: Gathered) -> CaseEvents:
    case = table.texts["case"]
    rank = table.rank.astype(np.int32) if table.rank.strides != (0,) else np.broadcast_to(np.int32(0), len(table))
    return CaseEvents(
        _header(table),
        case.codes,
        case.names,
        table.texts["event"],
        table.times["at"],
        rank,
        starts_of(case.codes, len(case.names)),
        table.attributes,
    )


def _intervals(table: Gathered) -> Intervals:
    scale = int(table.scales.max())
    weight = table.numbers["weight"] * (scale // table.scales) if "weight" in table.numbers else np.broadcast_to(np.int64(1), len(table))
    return Intervals(
        _header(table),
        table.texts["kind"],
        _column(table, "subject"),
        table.times["start"],
        table.times["end"],
        weight,
        scale if "weight" in table.numbers else 1,
        table.attributes,
        table.end_known_at,
    )


def _samples(table: Gathered) -> Samples:
    series = table.texts["series"]
    finest = np.ones(len(series.names), np.int64)
    np.maximum.at(finest, series.codes, table.scales)
    value = table.numbers["value"]
    if len(np.unique(table.scales)) > 1:
        value = value * (finest[series.codes] // table.scales)
    return Samples(_header(table), series, table.times["at"], value, tuple(finest.tolist()), table.attributes)


def _counts(table: Gathered) -> Counts:
    good = table.numbers.get("good", np.broadcast_to(np.int64(-1), len(table)))
    return Counts(
        _header(table),
        table.texts["series"],
        table.times["start"],
        table.times["end"],
        good,
        table.numbers["total"],
        table.attributes,
    )


def _subscriptions(table: Gathered) -> Subscriptions:
    return Subscriptions(
        _header(table),
        table.texts["customer"],
        _column(table, "agreement"),
        _column(table, "tier"),
        table.times["start"],
        table.times["end"],
        table.attributes,
    )


def _charges(table: Gathered) -> Charges:
    return Charges(
        _header(table),
        table.texts["customer"],
        table.texts["currency"],
        table.times["start"],
        table.times["end"],
        table.numbers["minor"],
        table.attributes,
    )


def _declarations(table: Gathered) -> Declarations:
    return Declarations(
        _header(table), table.texts["kind"], _column(table, "about"), _column(table, "actor"), table.times["at"], table.attributes
    )


BUILD = {
    "events": _events,
    "intervals": _intervals,
    "samples": _samples,
    "counts": _counts,
    "subscriptions": _subscriptions,
    "charges": _charges,
    "declarations": _declarations,
}
