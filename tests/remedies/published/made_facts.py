"""Facts made for a test from plain rows: outages, counts, cases, charges and claims, and the times somebody watched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from upheld.facts.tables import (
    OPEN,
    Attribute,
    CaseEvents,
    Charges,
    Counts,
    Coverage,
    Declarations,
    Facts,
    Header,
    Intervals,
    Samples,
)

S = 1_000_000
M = 60 * S
H = 3600 * S
D = 24 * H


def column(values: Iterable[str | None]) -> Attribute:
    values = list(values)
    names = tuple(sorted({v for v in values if v is not None}))
    code = {name: i for i, name in enumerate(names)}
    return Attribute(np.array([-1 if v is None else code[v] for v in values], np.int32), names)


def ints(values: Iterable[int]) -> np.ndarray:
    return np.array(list(values), np.int64)


def header(n: int) -> Header:
    return Header(np.arange(n), column(["made"] * n), np.zeros(n, np.int64), ids=column([f"{i:07d}" for i in range(n)]))


def said(rows: Sequence[Mapping[str, str]]) -> dict[str, Attribute]:
    return {name: column(r.get(name) for r in rows) for name in sorted({k for r in rows for k in r})}


@dataclass
class Made:
    """What happened. All times are µs UTC; amounts are minor units."""

    outages: list[tuple[str, int, int, Mapping[str, str]]] = field(default_factory=list)          # kind, start, end, attributes
    requests: list[tuple[str, int, int, int, int, Mapping[str, str]]] = field(default_factory=list)   # series, start, end, good, total
    cases: list[tuple[str, str, int, Mapping[str, str]]] = field(default_factory=list)             # case, event, at, attributes
    readings: list[tuple[str, int, int]] = field(default_factory=list)                             # series, at, value
    fees: list[tuple[int, int, int, Mapping[str, str]]] = field(default_factory=list)              # start, end, minor, attributes
    acts: list[tuple[str, str, int, Mapping[str, str]]] = field(default_factory=list)              # kind, about, at, attributes
    watched: list[tuple[str, int, int]] = field(default_factory=list)

    def facts(self, customer: str, currency: str) -> Facts:
        return Facts(
            events=self._events(), intervals=self._intervals(), samples=self._samples(), counts=self._counts(),
            charges=self._charges(customer, currency), declarations=self._declarations(customer), coverage=self._coverage())

    def _events(self) -> CaseEvents | None:
        rows = sorted(self.cases, key=lambda r: (r[0], r[2]))
        if not rows:
            return None
        names = tuple(sorted({r[0] for r in rows}))
        code = {name: i for i, name in enumerate(names)}
        case = np.array([code[r[0]] for r in rows], np.int32)
        return CaseEvents(header(len(rows)), case, names, column(r[1] for r in rows), ints(r[2] for r in rows), np.zeros(len(rows), np.int32),
                          np.searchsorted(case, np.arange(len(names) + 1)), said([r[3] for r in rows]))

    def _intervals(self) -> Intervals | None:
        rows = self.outages
        if not rows:
            return None
        return Intervals(header(len(rows)), column(r[0] for r in rows), column("x" for _ in rows), ints(r[1] for r in rows),
                         ints(r[2] for r in rows), np.ones(len(rows), np.int64), 1, said([r[3] for r in rows]))

    def _samples(self) -> Samples | None:
        if not self.readings:
            return None
        series = column(r[0] for r in self.readings)
        return Samples(header(len(self.readings)), series, ints(r[1] for r in self.readings), ints(r[2] for r in self.readings),
                       tuple(1 for _ in series.names))

    def _counts(self) -> Counts | None:
        rows = self.requests
        if not rows:
            return None
        return Counts(header(len(rows)), column(r[0] for r in rows), ints(r[1] for r in rows), ints(r[2] for r in rows),
                      ints(r[3] for r in rows), ints(r[4] for r in rows), said([r[5] for r in rows]))

    def _charges(self, customer: str, currency: str) -> Charges | None:
        rows = self.fees
        if not rows:
            return None
        return Charges(header(len(rows)), column(customer for _ in rows), column(currency for _ in rows), ints(r[0] for r in rows),
                       ints(r[1] for r in rows), ints(r[2] for r in rows), said([r[3] for r in rows]))

    def _declarations(self, customer: str) -> Declarations | None:
        rows = self.acts
        if not rows:
            return None
        return Declarations(header(len(rows)), column(r[0] for r in rows), column(r[1] for r in rows), column(customer for _ in rows),
                            ints(r[2] for r in rows), said([r[3] for r in rows]))

    def _coverage(self) -> Coverage:
        rows = self.watched
        return Coverage(column("made" for _ in rows), column(r[0] for r in rows), ints(r[1] for r in rows),
                        ints(min(r[2], OPEN) for r in rows), np.zeros(len(rows), np.bool_))
