"""Small worlds to measure in: fact tables from rows of plain Python, plans, contexts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np

from upheld.calendars.grid import Grid, compile_grid
from upheld.calendars.spec import Always, CalendarSpec
from upheld.facts.tables import OPEN, Attribute, CaseEvents, Counts, Coverage, Declarations, Facts, Header, Intervals, Samples
from upheld.measures.result import Context
from upheld.plans.plan import Commitment, ExclusionRule, Plan, StateRule
from upheld.plans.selector import EVERYTHING, Key, OneOf

S = 1_000_000
M = 60 * S
H = 3600 * S
D = 24 * H


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * S


def attr(values: Sequence[str | None]) -> Attribute:
    names = tuple(sorted({v for v in values if v is not None}))
    return Attribute(np.array([names.index(v) if v is not None else -1 for v in values], np.int32), names)


def ints(values: Sequence[int]) -> np.ndarray:
    return np.array(list(values), np.int64)


def header(rows: Sequence[Mapping]) -> Header:
    return Header(np.arange(len(rows)), attr([r.get("source", "probe") for r in rows]), ints([r.get("known", 0) for r in rows]),
                  ids=attr([r.get("id") for r in rows]))


PLAIN = {"source", "known", "id", "kind", "start", "end", "weight", "series", "at", "value", "good", "total", "case", "event", "subject"}


def attributes(rows: Sequence[Mapping]) -> dict[str, Attribute]:
    names = sorted({k for r in rows for k in r} - PLAIN)
    return {n: attr([r.get(n) for r in rows]) for n in names}


def intervals(rows: Sequence[Mapping]) -> Intervals:
    return Intervals(header(rows), attr([r.get("kind", "outage") for r in rows]), attr([r.get("subject", "x") for r in rows]),
                     ints([r["start"] for r in rows]), ints([OPEN if r["end"] is None else r["end"] for r in rows]),
                     ints([r.get("weight", 100) for r in rows]), 100, attributes(rows))


def samples(rows: Sequence[Mapping], scale: int = 1) -> Samples:
    series = attr([r.get("series", "s") for r in rows])
    return Samples(header(rows), series, ints([r["at"] for r in rows]), ints([r["value"] for r in rows]),
                   tuple(scale for _ in series.names), attributes(rows))


def counts(rows: Sequence[Mapping], each: int = 5 * M) -> Counts:
    return Counts(header(rows), attr([r.get("series", "c") for r in rows]), ints([r["start"] for r in rows]),
                  ints([r.get("end", r["start"] + each) for r in rows]), ints([r.get("good", -1) for r in rows]),
                  ints([r["total"] for r in rows]), attributes(rows))


def events(rows: Sequence[Mapping]) -> CaseEvents:
    rows = sorted(rows, key=lambda r: (r["case"], r["at"]))
    names = tuple(sorted({r["case"] for r in rows}))
    case = np.array([names.index(r["case"]) for r in rows], np.int32)
    return CaseEvents(header(rows), case, names, attr([r.get("event") for r in rows]), ints([r["at"] for r in rows]),
                      np.zeros(len(rows), np.int32), np.searchsorted(case, np.arange(len(names) + 1)), attributes(rows))


def declarations(rows: Sequence[tuple[str, str, str, int]]) -> Declarations:
    return Declarations(header([{} for _ in rows]), attr([r[0] for r in rows]), attr([r[1] for r in rows]), attr([r[2] for r in rows]),
                        ints([r[3] for r in rows]))


def coverage(rows: Sequence[tuple[str, int, int]]) -> Coverage:
    return Coverage(attr(["probe"] * len(rows)), attr([r[0] for r in rows]), ints([r[1] for r in rows]), ints([r[2] for r in rows]),
                    np.zeros(len(rows), np.bool_))


def is_(attribute: str, *texts: str) -> Key:
    return Key(attribute, OneOf(texts))


def plan(commitments: Mapping[str, Commitment], states: Mapping[str, StateRule] | None = None,
         exclusions: Mapping[str, ExclusionRule] | None = None, calendars: Mapping[str, CalendarSpec] | None = None,
         complete: tuple[tuple[str, int, int], ...] = (), attributes: Mapping | None = None) -> Plan:
    return Plan("a", "1", "", "", "UTC", "EUR", 0, None, None, "", EVERYTHING, {"always": Always("UTC"), **(calendars or {})},
                attributes or {}, states or {}, exclusions or {}, commitments, complete)


EPOCH, END = at("2023-01-01"), at("2026-01-01")
WATCHED = (("probe", EPOCH, END),)


def context(of: Plan, facts: Facts, since: int, until: int, **more) -> Context:
    grids: dict[str, Grid] = {}

    def grid(name: str) -> Grid:
        if name not in grids:
            grids[name] = compile_grid(of.calendars.get(name, Always("UTC")), EPOCH, END)
        return grids[name]

    return Context(of, facts, until, since, None, grid, in_force=(since, more.pop("ends", None)), **more)
