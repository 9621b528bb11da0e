"""The agreements of the benchmarks as compiled plans, and the inputs as recorded facts.

Law: the plans are what the compiler makes of the same clauses; nothing here is faster than what a user's file gives.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from speed import inputs
from upheld.calendars.grid import Grid, compile_grid
from upheld.calendars.spec import WindowSpec
from upheld.facts.batch import Batch
from upheld.facts.record import record
from upheld.facts.tables import Attribute, Facts
from upheld.measures.result import Context
from upheld.plans.lookup import Branch, Exact, Leaf, Lookup, constant
from upheld.plans.plan import (
    AttributeRule,
    AvailabilityPlan,
    ClockPlan,
    Commitment,
    EventState,
    ExclusionRule,
    Head,
    IntervalState,
    Plan,
    Share,
    Slices,
    StateRule,
    ValuesPlan,
    Within,
)
from upheld.plans.selector import EVERYTHING, Key, OneOf, Selector

__all__ = ["CASE_PLAN", "OUTAGE_PLAN", "SLICE_PLAN", "context_of", "event_facts", "interval_facts", "log_batch", "slice_facts"]

FROM, SOURCE = inputs.utc_us(2025), "bench"


def _is(attribute: str, *texts: str) -> Selector:
    return Key(attribute, OneOf(texts))


def _plan(
    zone: str,
    commitments: tuple[Commitment, ...],
    states: dict[str, StateRule],
    exclusions: tuple[ExclusionRule, ...] = (),
    attributes: tuple[AttributeRule, ...] = (),
) -> Plan:
    return Plan(
        agreement="bench",
        version="1",
        title="",
        hash="",
        zone=zone,
        currency="EUR",
        from_us=0,
        until_us=None,
        adopted_us=None,
        customer="",
        covers=EVERYTHING,
        calendars={"office": inputs.OFFICE, "service": inputs.SERVICE},
        attributes={a.name: a for a in attributes},
        states=states,
        exclusions={e.name: e for e in exclusions},
        commitments={c.head.id: c for c in commitments},
    )


MONTH = WindowSpec("month", zone="Europe/Berlin")

OUTAGE_PLAN = _plan(
    "Europe/Berlin",
    (
        AvailabilityPlan(
            Head("uptime", MONTH, for_each=("service",), hours=constant("service"), excluding=("maintenance",)),
            down="outage",
            out_of="hours",
            value="total",
        ),
    ),
    {"outage": IntervalState(_is("kind", "outage")), "maintenance": IntervalState(_is("kind", "maintenance"))},
    (ExclusionRule("maintenance", "leave_out", during="maintenance"),),
)


def _targets(*hours: int) -> Lookup[tuple[Share, ...]]:
    """A promise by severity 1 … 4: ``hours`` of open time each."""
    rows = tuple((Exact(name), Leaf(i)) for i, name in enumerate(inputs.SEVERITIES))
    leaves = tuple((Share(Within("time", h * inputs.HOUR, text=f"{h}h"), Fraction(95, 100)),) for h in hours)
    return Lookup(Branch("severity", rows), leaves, inputs.SEVERITIES)


CASE_PLAN = _plan(
    "Europe/Berlin",
    (
        ClockPlan(
            Head("response", MONTH, hours=constant("office")),
            _is("event", "opened"),
            _is("event", "answered", "resolved"),
            _targets(1, 2, 4, 8),
        ),
        ClockPlan(
            Head("resolution", MONTH, hours=constant("office")),
            _is("event", "opened"),
            _is("event", "resolved"),
            _targets(8, 16, 32, 64),
            pauses=("waiting",),
        ),
    ),
    {"waiting": EventState(_is("event", "asked-customer"), _is("event", "customer-replied", "resolved"))},
    attributes=(AttributeRule("severity", read="now"),),
)

SLICE_PLAN = _plan(
    "UTC",
    (
        ValuesPlan(
            Head("errors", WindowSpec("month", zone="UTC"), for_each=("series",)),
            "mean",
            "counts",
            slices=Slices(5 * inputs.MINUTE, "ratio", empty="good"),
        ),
    ),
    {},
)


def context_of(plan: Plan, facts: Facts, lo: int, hi: int) -> Context:
    """Everything known at ``hi``; calendars compiled on first use, as an assessment does, with a year of slack."""
    made: dict[str, Grid] = {}

    def grid(name: str) -> Grid:
        if name not in made:
            made[name] = compile_grid(plan.calendars[name], lo - 366 * 24 * inputs.HOUR, hi + 366 * 24 * inputs.HOUR)
        return made[name]

    return Context(plan, facts, hi, lo, None, grid, (lo, None))


def _column(codes: NDArray[np.signedinteger], names: tuple[str, ...]) -> Attribute:  # type: ignore[type-arg]
    """A column with its names sorted, as files give it."""
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names) + 1, np.int32)
    place[order], place[-1] = np.arange(len(names)), -1
    return Attribute(place[codes], tuple(names[i] for i in order))


def log_batch(log: inputs.CaseLog) -> Batch:
    """The log as it lies in its file: in time order, cases mixed."""
    width = len(str(log.cases))
    cases = tuple(f"C{i:0{width}}" for i in range(log.cases))
    return Batch(
        "events",
        SOURCE,
        "events.parquet",
        np.arange(1, len(log.at) + 1),
        {"case": Attribute(log.case, cases), "event": _column(log.event, inputs.EVENTS)},
        {"at": log.at},
        attributes={"severity": Attribute(log.severity, inputs.SEVERITIES)},
    )


def event_facts(batch: Batch, hi: int) -> Facts:
    """The log recorded: sorted by case and time."""
    return record([batch], {SOURCE: (FROM, hi)})


def interval_facts(outages: inputs.Outages) -> Facts:
    """Outages and maintenance recorded as intervals of two kinds."""
    width = len(str(outages.services))
    names = tuple(f"{i:0{width}}" for i in range(outages.services))
    service = np.concatenate([outages.service, outages.m_service])
    kind = np.repeat(np.array([1, 0], np.int32), [len(outages.start), len(outages.m_start)])
    batch = Batch(
        "intervals",
        SOURCE,
        "outages.parquet",
        np.arange(1, len(service) + 1),
        {"kind": Attribute(kind, ("maintenance", "outage")), "subject": Attribute(service, names)},
        {"start": np.concatenate([outages.start, outages.m_start]), "end": np.concatenate([outages.end, outages.m_end])},
        attributes={"service": Attribute(service, names)},
    )
    return record([batch], {SOURCE: (outages.lo, outages.hi)})


def slice_facts(slices: inputs.Slices) -> Facts:
    """The slices recorded as counts, one series a service."""
    width = len(str(slices.count))
    names = tuple(f"{i:0{width}}" for i in range(slices.count))
    batch = Batch(
        "counts",
        SOURCE,
        "counts.parquet",
        np.arange(1, len(slices.start) + 1),
        {"series": Attribute(slices.series, names)},
        {"start": slices.start, "end": slices.start + 5 * inputs.MINUTE},
        {"good": slices.good, "total": slices.total},
    )
    return record([batch], {SOURCE: (FROM, inputs.utc_us(2026))})
