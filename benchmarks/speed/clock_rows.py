"""Clocks: two promises over every case (severity that changes, pauses, due and miss), presorted and from the log as it lies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from speed import inputs, oracle
from speed.plans import CASE_PLAN, context_of, event_facts, log_batch
from speed.rows import Row, Size, rate
from speed.timing import clock, interleave
from upheld.facts.batch import Batch
from upheld.facts.tables import CaseEvents
from upheld.measures.clock_kernel import Setting, kernel
from upheld.measures.clock_outcomes import VERDICTS, CaseOutcomes
from upheld.measures.clock_roles import bind
from upheld.measures.result import Context
from upheld.plans.plan import ClockPlan

__all__ = ["clock_rows", "outcomes", "wrong_verdicts"]

TOPIC = "clocks: response and resolution, eight events a case, severity read now, pauses, due and miss"
CLOCKS = ("response", "resolution")


def _clause(name: str) -> ClockPlan:
    found = CASE_PLAN.commitments[name]
    assert isinstance(found, ClockPlan)
    return found


def outcomes(context: Context, events: CaseEvents) -> Mapping[str, CaseOutcomes]:
    """Both clocks' outcome tables by the product's kernel."""
    found = {}
    for name in CLOCKS:
        clause = _clause(name)
        roles = bind(CASE_PLAN, clause, events, tuple(CASE_PLAN.states[s] for s in clause.pauses), None)
        found[name] = kernel(Setting(CASE_PLAN, clause, roles, context.grid, context.grid, context.until), events)
    return found


def _from_log(batch: Batch, hi: int) -> Mapping[str, CaseOutcomes]:
    facts = event_facts(batch, hi)
    assert facts.events is not None
    return outcomes(context_of(CASE_PLAN, facts, inputs.utc_us(2025), hi), facts.events)


def wrong_verdicts(log: inputs.CaseLog, found: Mapping[str, CaseOutcomes], until: int, sample: int) -> tuple[int, int]:
    """How many of the first cases' verdicts or used times differ from the oracle's; of how many."""
    day = oracle.from_us(inputs.utc_us(2025)).date(), oracle.from_us(until).date()
    spans = oracle.opening(inputs.OFFICE, day[0].replace(year=2024), day[1])
    wrong = of = 0
    chosen = np.flatnonzero(log.case < sample)
    rows: dict[int, list[tuple[int, str, int | None]]] = {}
    for i in chosen.tolist():
        severity = int(log.severity[i])
        rows.setdefault(int(log.case[i]), []).append(
            (int(log.at[i]), inputs.EVENTS[log.event[i]], None if severity < 0 else severity)
        )
    asked = {
        "response": (frozenset({"answered", "resolved"}), None),
        "resolution": (frozenset({"resolved"}), ("asked-customer", frozenset({"customer-replied", "resolved"}))),
    }
    for name, (stops, pausing) in asked.items():
        targets = [share[0].within.amount for share in _clause(name).within.leaves if share is not None]
        table = found[name]
        place = {case: i for i, case in enumerate(table.case.tolist())}
        for case, story in rows.items():
            known = [row for row in story if row[0] <= until]
            if known:
                verdict, used = oracle.clock_verdict(known, stops, targets, until, spans, pausing)
                i = place[case]
                wrong += (VERDICTS[table.verdict[i]], int(table.elapsed_us[i])) != (verdict, used)
                of += 1
    return wrong, of


def clock_rows(size: Size) -> list[Row]:
    """The kernel on presorted events and from the unsorted log, each against its bar."""
    log = inputs.case_log(size.cases)
    until = int(log.at.max()) + inputs.HOUR
    batch = log_batch(log)
    facts = event_facts(batch, until)
    assert facts.events is not None
    events = facts.events
    context = context_of(CASE_PLAN, facts, inputs.utc_us(2025), until)
    took = interleave(
        {"presorted": partial(clock, lambda: outcomes(context, events)), "log": partial(clock, lambda: _from_log(batch, until))},
        size.runs,
    )
    wrong, of = wrong_verdicts(log, outcomes(context, events), until, 200)
    right = f"{of - wrong}/{of} verdicts and times as the oracle"
    return [
        rate(TOPIC, "upheld two clocks, presorted", size.cases, took["presorted"], 2, right=right, note="cases; two threads"),
        rate(
            TOPIC,
            "upheld two clocks, from the unsorted log",
            size.cases,
            took["log"],
            0.7,
            right=right,
            note="recorded and sorted first",
        ),
    ]
