"""Availability: outages united, maintenance taken out, summed per service and month in service hours; beside what people use."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from speed import inputs, oracle
from speed.peer_process import OUTAGES, PeerFailed, Peers
from speed.plans import OUTAGE_PLAN, context_of, interval_facts
from speed.rows import Row, Size, rate
from speed.timing import clock, interleave
from upheld.calendars.grid import Grid, compile_grid
from upheld.measures.availability import measure
from upheld.measures.sweep import Ledger, Ranges, Spans, sweep
from upheld.plans.plan import AvailabilityPlan

__all__ = ["Question", "kernel", "measured", "outage_peers", "outage_rows", "wrong_cells"]

I64 = NDArray[np.int64]
TOPIC = "availability: outages less 15 % maintenance, per service and local month, in service hours"


class Question:
    """Outages, service hours and local months: what every tool is asked."""

    def __init__(self, n: int, services: int) -> None:
        self.outages = inputs.outages(n, services)
        slack = 10 * 24 * inputs.HOUR
        self.grid: Grid = compile_grid(inputs.SERVICE, self.outages.lo - slack, self.outages.hi + slack)
        self.edges = np.array(oracle.month_edges(inputs.SERVICE.zone, self.outages.lo, self.outages.hi), np.int64)
        self.months = len(self.edges) - 1
        group = np.repeat(np.arange(services, dtype=np.int64), self.months)
        first, last = np.tile(self.edges[:-1], services), np.tile(self.edges[1:], services)
        self.ranges = Ranges(group, first, last, self.grid.work(first), self.grid.work(last))


def kernel(question: Question) -> I64:
    """i64[services, months]: open µs down and not planned, by the product's sweep and ledger."""
    facts, grid = question.outages, question.grid
    swept = sweep([Spans(facts.service, facts.start, facts.end), Spans(facts.m_service, facts.m_start, facts.m_end)])
    down = swept.where(swept.mask == 1)
    ledger = Ledger(down, grid.work(down.start), grid.work(down.end), question.ranges)
    return ledger.total(np.ones(len(down), np.bool_)).reshape(facts.services, question.months)


def measured(question: Question) -> I64:
    """The same table from the whole measure: plan, facts, exclusions, both readings, exact figures."""
    facts = question.outages
    plan = OUTAGE_PLAN.commitments["uptime"]
    assert isinstance(plan, AvailabilityPlan)
    result = measure(plan, context_of(OUTAGE_PLAN, interval_facts(facts), facts.lo, facts.hi))
    found = np.zeros((facts.services, question.months), np.int64)
    for part in result.parts:
        window = int(np.searchsorted(question.edges, result.windows.in_force_start[part.window], side="right")) - 1
        assert part.agreed.low is not None
        assert part.agreed.low == part.agreed.high
        found[int(part.group[0]), window] = int(part.agreed.low)
    return found


def wrong_cells(question: Question, found: I64, services: int) -> tuple[int, int]:
    """How many of the first ``services`` services' months differ from the oracle; of how many."""
    facts = question.outages
    day = oracle.from_us(facts.lo).date(), oracle.from_us(facts.hi).date()
    hours = oracle.opening(inputs.SERVICE, day[0].replace(day=1), day[1])
    wrong = 0
    for service in range(min(services, facts.services)):
        spans = [
            list(zip(start[mine == service].tolist(), end[mine == service].tolist(), strict=True))
            for mine, start, end in ((facts.service, facts.start, facts.end), (facts.m_service, facts.m_start, facts.m_end))
        ]
        truth = oracle.monthly_down(*spans, hours, question.edges.tolist())
        wrong += int((found[service] != truth).sum())
    return wrong, min(services, facts.services) * question.months


def outage_rows(size: Size) -> list[Row]:
    """Our own rows: the kernel against its bar, and the whole measure."""
    question = Question(size.outages, size.services)
    took = interleave(
        {"kernel": partial(clock, lambda: kernel(question)), "measure": partial(clock, lambda: measured(question))}, size.runs
    )
    found = kernel(question)
    wrong, of = wrong_cells(question, found, 5)
    same = "the whole measure agrees cell by cell" if (measured(question) == found).all() else "THE WHOLE MEASURE DIFFERS"
    return [
        rate(TOPIC, "upheld sweep and sums", size.outages, took["kernel"], 8, right=f"{of - wrong}/{of} cells as the oracle"),
        rate(
            TOPIC,
            "upheld whole measure",
            size.outages,
            took["measure"],
            right=same,
            note=f"{size.services * question.months:,} figures, each with and without exclusions",
        ),
    ]


def outage_peers(size: Size, peers: Peers) -> list[Row]:
    """What people use, on a size they can bear; ours beside them in the same run."""
    question = Question(size.peer_outages, size.peer_services)
    facts = question.outages
    truth = kernel(question)
    wrong, of = wrong_cells(question, truth, 3)
    path = peers.put(
        "outages",
        {
            "services": facts.services,
            "service": facts.service,
            "start": facts.start,
            "end": facts.end,
            "m_service": facts.m_service,
            "m_start": facts.m_start,
            "m_end": facts.m_end,
            "open_start": question.grid.S,
            "open_end": question.grid.E,
            "edges": question.edges,
        },
    )
    rows = []
    ours = partial(clock, lambda: kernel(question))
    for tool in OUTAGES:
        try:
            took = interleave({"ours": ours, tool: partial(peers.ask, "outages", tool, path)}, size.runs)
        except PeerFailed as failed:
            rows.append(Row(TOPIC, tool, size.peer_outages, 0.0, 0.0, 0.0, "M/s", note=f"failed: {failed}"))
            continue
        good = int((peers.answer().astype(np.int64) == truth).sum())
        rows.append(
            rate(
                TOPIC,
                tool,
                size.peer_outages,
                took[tool],
                times=took[tool].cpu / max(took["ours"].cpu, 1e-9),
                right=f"{good}/{truth.size} cells",
            )
        )
    if rows:
        rows.insert(
            0,
            rate(
                TOPIC,
                "upheld, at the peers' size",
                size.peer_outages,
                took["ours"],
                right=f"{of - wrong}/{of} cells as the oracle",
            ),
        )
    return rows
