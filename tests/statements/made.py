"""Outcomes, lines and figures made by hand, on the terms of a small agreement.

``python made.py SEED`` prints the bytes of figures made of shuffled inputs, so that another process can be held against this one.
"""

from __future__ import annotations

import random
import sys
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from upheld.agreement.load import load
from upheld.assessment.outcome import Assessment, Outcome
from upheld.evidence.bundle import canonical
from upheld.measures.result import Figure
from upheld.remedies.settlement import Cut, Duty, Line, OpenRight, Settlement
from upheld.statements.figures import figures_of
from upheld.statements.period import Period, period_of
from upheld.values.condition import Comparison, Condition

TEXT = b"""\
upheld: 1
agreement: acme
title: Hosting
version: %d
effective: {from: %s}
timezone: Europe/Berlin
currency: EUR
parties: {provider: {name: Northwind}, customer: {name: ACME}}
states:
  outage: {where: {kind: outage}}
commitments:
  uptime: {says: It runs., measure: availability, down: outage, out_of: period, per: month, target: ">= 99.9%%", for_each: [site]}
  total: {says: It runs long., measure: availability, value: total, down: outage, out_of: period, per: quarter, target: "<= 10h"}
"""


def plan_of(version: int, since: str) -> Any:
    return load({"acme.yaml": TEXT % (version, since.encode())}, name="acme.yaml").plan


PLAN = plan_of(1, "2026-01-01")
PARTIES = {"provider": {"name": "Northwind"}, "customer": {"name": "ACME"}}
TARGET = Condition(((Comparison(">=", 999, 1000),),), "share", ">= 99.9%")
MARCH = period_of("2026-03", "Europe/Berlin")
NO_FACTS: Any = SimpleNamespace(refused=())


def outcome(site: str = "Bonn", period: Period = MARCH, value: Fraction = Fraction(1), verdict: str = "met", **more: Any) -> Outcome:
    figure = more.pop("figure", Figure(value, value, n=3, detail={"base_us": 1000, "down_us": 0}))
    shown = more.pop("shown", f"{float(value) * 100:.3f}%")
    kept: dict[str, Any] = {
        "agreement": "acme", "version": "1", "commitment": "uptime", "group": (("site", site),) if site else (), "window": period.label,
        "start": period.start, "end": period.end, "part": "", "verdict": verdict, "unit": "share", "figure": figure, "bare": figure,
        "low": figure.low, "high": figure.high, "shown": shown, "target": TARGET, "breach": None, "verdict_without": verdict,
        "shown_without": shown, "provisional": False, "reason": "", "says": "It runs."}
    return Outcome(**(kept | more))


def line(site: str = "Bonn", amount: int | None = 5000, state: str = "owed", period: Period = MARCH, **more: Any) -> Line:
    kept: dict[str, Any] = {
        "key": f"acme/uptime/site={site}/{period.label}//credit", "agreement": "acme", "version": "1", "commitment": "uptime",
        "group": (("site", site),), "window": period.label, "start": period.start, "end": period.end, "clause": "commitments.uptime.credit",
        "kind": "credit", "payer": "provider", "payee": "customer", "currency": "EUR", "state": state, "amount": amount,
        "raw": None if amount is None else Fraction(amount), "rounded": amount, "working": ("5% of the fee",)}
    return Line(**(kept | more))


def figures(outcomes: list[Outcome], lines: list[Line], *, horizon: int = MARCH.end, plans: Any = (PLAN,), rights: Any = (), duties: Any = (),
            notes: Any = (), acts: Any = (), period: Period = MARCH, facts: Any = NO_FACTS, spans: Any = None) -> dict[str, Any]:
    assessment = Assessment("acme", "Hosting", None, horizon, tuple(outcomes))
    settlement = Settlement("acme", "EUR", None, tuple(lines), tuple(rights), tuple(duties), tuple(notes))
    return figures_of(plans, assessment, settlement, period, facts, parties=PARTIES, acts=acts, spans=spans)


def shuffled(seed: str) -> bytes:
    """The bytes of one and the same statement, its inputs in an order of the seed."""
    rng = random.Random(seed)
    sites = [f"site {i}" for i in range(20)] + ["\u6771\u4eac", "K\u00f6ln"]
    february = period_of("2026-02", "Europe/Berlin")
    outcomes = [outcome(s, p, Fraction(990 + i, 1000 + i), "breached" if i % 3 else "met",
                        figure=Figure(Fraction(990 + i, 1000 + i), Fraction(1), n=i, unknown_us=i * 1000, left_out_us={"a": i, "b": 2 * i}))
                for i, s in enumerate(sites) for p in (MARCH, february)]
    lines = [line(s, 100 * i, "owed" if i % 2 else "claimable", cuts=(Cut("caps", "2026-03", 100, 1, "cap"),)) for i, s in enumerate(sites)]
    rights = [OpenRight("terminate", "customer", f"why {i}", "rights", MARCH.end, None, "open") for i in range(5)]
    duties = [Duty("report", "provider", "then", "uptime", (("site", s),), "2026-03", MARCH.end, MARCH.end + 10, None, "open") for s in sites]
    for some in (outcomes, lines, rights, duties):
        rng.shuffle(some)  # type: ignore[arg-type]
    return canonical(figures(outcomes, lines, rights=rights, duties=duties))


if __name__ == "__main__":
    sys.stdout.buffer.write(shuffled(sys.argv[1]))
