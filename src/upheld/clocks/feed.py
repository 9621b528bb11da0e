"""A feed: the live state of one agreement's clocks, kept in memory and brought up to date by what changed, never by all of it.

Law: after every instant asked for, the rows equal those of one agenda over all facts recorded so far, and the steps told equal the union of
the agendas at all instants asked for. Only cases that were touched, or whose ``next_at`` has passed, are asked again (ARCHITECTURE D18, D19).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from upheld.clocks.agenda import CASES, SCHEDULES, agenda, hangs_together, stoppers
from upheld.clocks.kept import Kept
from upheld.clocks.table import NEVER, STATES, VERDICTS, Agenda, ClockKey, StepRow
from upheld.facts.batch import Batch
from upheld.facts.record import record
from upheld.facts.tables import Facts
from upheld.plans.plan import Plan

__all__ = ["Feed", "Row", "rows_of"]


class Row(NamedTuple):
    """One clock as it stands; instants µs UTC, None where there is none."""

    key: ClockKey
    version: str
    ladder: str
    state: str
    verdict: str
    start: int
    due: int | None
    stop: int | None
    missed_at: int | None
    target_us: int
    group: tuple[tuple[str, str], ...]
    next_at: int


class Feed:
    """``rows`` by case (a schedule's under ""), ``told`` every step that has fallen due, by its clock and its name."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        self.plans = tuple(plans)
        self.rows: dict[str, tuple[Row, ...]] = {}
        self.told: dict[tuple[ClockKey, str], StepRow] = {}
        self._kept = Kept(self.plans[0].agreement if self.plans else "")
        self._wake: dict[str, int] = {}
        self._stops: set[str] = set()                    # cases that may stop the clock of a schedule
        self._together = hangs_together(self.plans)
        self._shared: Facts | None = None
        self._calendar = NEVER

    def take(self, batches: Iterable[Batch], at: int) -> tuple[StepRow, ...]:
        """Record facts at ``at`` and bring the clocks up to it; gives the steps that fell due, each once for ever."""
        touched: set[str] = set()
        everything = False
        for batch in batches:
            cases, shared = self._kept.add(batch)
            touched |= cases
            everything |= shared
            if batch.shape != "events":
                self._shared = None
        return self._brought(touched, at, everything=everything)

    def advance(self, at: int) -> tuple[StepRow, ...]:
        """Let time pass with no fact arriving; gives the steps that fell due."""
        return self._brought(set(), at, everything=False)

    @property
    def next_at(self) -> int:
        """The next instant at which anything happens with no fact arriving (``NEVER``: none)."""
        return min(self._calendar, *self._wake.values(), NEVER) if self._wake else self._calendar

    def all_rows(self) -> Iterator[Row]:
        """Every clock."""
        for rows in self.rows.values():
            yield from rows

    def _brought(self, touched: set[str], at: int, *, everything: bool) -> tuple[StepRow, ...]:
        due = {case for case, when in self._wake.items() if when <= at}
        everything |= self._together and bool(touched or due)
        cases = self._kept.linked(set(self._kept.cases) if everything else touched | due)
        found = [self._asked(sorted(cases), at)] if cases else []
        if everything or self._calendar <= at or cases & self._stops or not self.rows:
            found.append(self._scheduled(at))
        new = [step for one in found for step in one.rows(self.told)]
        self.told.update(((step.key, step.step), step) for step in new)
        return tuple(new)

    def _asked(self, cases: Sequence[str], at: int) -> Agenda:
        facts = self._facts(cases)
        found = agenda(self.plans, facts, at, (CASES,))
        by_case: dict[str, list[Row]] = {}
        for row in rows_of(found):
            by_case.setdefault(row.key.case, []).append(row)
        later = _known_later(facts, at)
        self._stops |= stoppers(self.plans, facts)
        for case in cases:
            rows = tuple(by_case.get(case, ()))
            if rows:
                self.rows[case] = rows
            else:
                self.rows.pop(case, None)
            self._wake[case] = min([later.get(case, NEVER), *(r.next_at for r in rows)])
        return found

    def _scheduled(self, at: int) -> Agenda:
        found = agenda(self.plans, self._facts(sorted(self._kept.linked(self._stops))), at, (SCHEDULES,))
        self.rows[""] = tuple(rows_of(found))
        self._calendar = min((r.next_at for r in self.rows[""]), default=NEVER)
        return found

    def _facts(self, cases: Sequence[str]) -> Facts:
        if self._shared is None:
            self._shared = record(self._kept.shared())
        events = record(self._kept.events(cases)).events
        return replace(self._shared, events=events, spoken=self._kept.spoken())


def rows_of(found: Agenda) -> list[Row]:
    """The clocks of an agenda one by one."""
    c = found.clocks

    def masked(values: np.ndarray[tuple[int], np.dtype[np.int64]], known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int | None]:
        return [v if k else None for v, k in zip(values.tolist(), known.tolist(), strict=True)]

    states, verdicts = ([words[i] for i in codes.tolist()] for words, codes in ((STATES, c.state), (VERDICTS, c.verdict)))
    return list(map(Row._make, zip(
        c.key, c.version, c.ladder, states, verdicts, c.start.tolist(), masked(c.due, c.has_due), masked(c.stop, c.has_stop),
        masked(c.missed_at, c.has_miss), c.target_us.tolist(), c.group, c.next_at.tolist(), strict=True)))


def _known_later(facts: Facts, at: int) -> dict[str, int]:
    """When more of each case comes to be known that is on record already: also of one that nobody knows of yet."""
    events = facts.events
    if events is None:
        return {}
    found: dict[str, int] = {}
    for row in np.flatnonzero(events.header.known_at > at).tolist():
        name = str(events.case_names[events.case[row]])
        found[name] = min(found.get(name, NEVER), int(events.header.known_at[row]))
    return found
