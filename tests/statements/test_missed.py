"""Missed cases: a statement lists as many as the figure counts, and what happens after the period leaves them as they are."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from stated import stated, write_files

from upheld.statements import missed
from upheld.statements.compose import compose
from upheld.statements.missed import MOST
from upheld.statements.model import Prose, Table
from upheld.values.instant import format_instant, parse_instant

AGREEMENT = """\
upheld: 1
agreement: acme
title: Desk
version: {version}
effective: {{from: {since}}}
timezone: Europe/Berlin
currency: EUR
parties: {{provider: {{name: Northwind}}, customer: {{name: ACME}}}}
calendars:
  office: {{hours: {{mon-fri: [09:00-17:00]}}}}
exclusions:
  ours: {{where: {{cause: customer}}, effect: {effect}}}
commitments:
  answer:
    {{measure: clock, starts: opened, stops: resolved, hours: office, for_each: [site], excluding: [ours], per: month, target: ">= 90%",
     within: {{by severity: {{1: {within}, else: 16h}}}}}}
  tiers: {{measure: clock, starts: opened, stops: resolved, within: {{80%: 8h, 100%: {within}}}, per: month}}
  median: {{measure: clock, value: p50, starts: opened, stops: resolved, within: 8h, per: month, target: "<= 8h"}}
"""
SOURCE = """\
upheld-source: 1
source: tickets
files: [data/tickets.csv]
stamps: {zone: UTC}
case: ticket
events: {milestones: {opened: opened, resolved: resolved}}
attributes: [severity, site, cause]
complete: {from: 2026-01-01, until: 2026-05-01}
"""
FIRST = parse_instant("2026-01-01T00:00:00Z")
HOUR = 3_600_000_000


def tickets(rng: random.Random, n: int) -> str:
    rows = ["ticket,opened,resolved,severity,site,cause"]
    for i in range(n):
        start = FIRST + rng.randrange(110 * 24) * HOUR
        end = start + rng.choice([1, 3, 9, 30, 200]) * HOUR
        closed = format_instant(end)[:19].replace("T", " ") if rng.random() < 0.9 else ""
        told = ",".join((rng.choice("12"), rng.choice(["Bonn", "Ulm"]), rng.choice(["", "own", "own", "own", "customer"])))
        rows.append(f"T-{i},{format_instant(start)[:19].replace('T', ' ')},{closed},{told}")
    return "\n".join(rows) + "\n"


def files(history: str, effect: str = "leave_out") -> dict[str, str]:
    return {"agreements/acme/v1.yaml": AGREEMENT.format(version=1, since="2026-01-01", within="4h", effect=effect),
            "agreements/acme/v2.yaml": AGREEMENT.format(version=2, since="2026-02-11", within="6h", effect=effect),
            "sources/tickets.yaml": SOURCE, "data/tickets.csv": history}


def without_median(given: dict[str, str]) -> dict[str, str]:
    """A statistic waits for every case to end; a share does not."""
    return {name: body.split("  median:")[0] for name, body in given.items()}


def results(figures: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(c["id"], o) for c in figures["commitments"] for o in c["outcomes"]]


@pytest.mark.parametrize("seed", range(8))
def test_as_many_are_listed_as_the_figure_counts(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    write_files(tmp_path, files(tickets(rng, 80), rng.choice(["leave_out", "count_as_good"])))
    listed = 0
    for period in ("2026-Q1", "2026-04"):
        _, figures = stated(tmp_path, period)
        for name, o in results(figures):
            if name == "median":
                assert o["missed"] is None
                continue
            found = o["missed"]
            assert found is not None
            assert sum(m["sure"] for m in found) == o["counts"]["detail"]["missed"]
            assert len({m["case"] for m in found}) == len(found)
            for m in found:
                assert parse_instant(m["start"]) < parse_instant(m["due"])
                assert m["stop"] is None or parse_instant(m["due"]) < parse_instant(m["stop"]) <= parse_instant(figures["period"]["end"])
            listed += len(found)
    assert listed > 10


def test_what_a_missed_case_does_after_the_period_leaves_the_figures_as_they_are(tmp_path: Path) -> None:
    still = "ticket,opened,resolved,severity,site,cause\nT-1,2026-01-05 09:00,,1,Bonn,own\nT-2,2026-01-06 09:00,2026-01-06 10:00,1,Bonn,own\n"
    write_files(tmp_path, without_median(files(still)))
    _, before = stated(tmp_path, "2026-01")
    write_files(tmp_path, without_median(files(still.replace("T-1,2026-01-05 09:00,", "T-1,2026-01-05 09:00,2026-03-01 09:00"))))
    _, after = stated(tmp_path, "2026-01")
    assert before == after
    missed = next(o for name, o in results(after) if name == "answer")["missed"]
    assert missed == [{"case": "T-1", "start": "2026-01-05T09:00:00Z", "due": "2026-01-05T13:00:00Z", "stop": None, "sure": True}]


def test_the_document_lists_them_and_says_where_there_are_too_many(tmp_path: Path) -> None:
    late = "\n".join(f"L-{i},2026-04-01 09:00,2026-04-20 09:00,1,Ulm,own" for i in range(MOST + 1))
    write_files(tmp_path, files("ticket,opened,resolved,severity,site,cause\nT-1,2026-04-01 07:00,2026-04-02 13:30,1,Bonn,own\n" + late + "\n"))
    envelope, figures = stated(tmp_path, "2026-04")
    blocks = compose(envelope, figures).blocks
    table = next(b for b in blocks if isinstance(b, Table) and b.title == "Cases missed of answer")
    assert table.heads == ("case missed", "result", "started (Europe/Berlin)", "due", "stopped")
    assert table.rows == (("T-1", "site Bonn", "2026-04-01 09:00+02:00", "2026-04-01 15:00+02:00", "2026-04-02 15:30+02:00"),)
    assert any(isinstance(b, Prose) and b.text.startswith(f"{MOST + 1} missed cases, too many to list here") for b in blocks)


def test_a_case_that_an_exclusion_may_count_as_good_is_not_owed_for_as_missed(tmp_path: Path) -> None:
    history = ("ticket,opened,resolved,severity,site,cause\nT-1,2026-04-01 09:00,2026-04-03 09:00,1,Bonn,own\n"
               "T-2,2026-04-01 09:00,2026-04-03 09:00,1,Bonn,\nT-3,2026-04-01 09:00,2026-04-03 09:00,1,Bonn,customer\n")
    credit = ("    {measure: clock, starts: opened, stops: resolved, within: {100%: 1h}, excluding: [ours], per: month,\n"
              "     credit: {pay: 250 EUR, per: missed case}}\n")
    whole = files(history, "count_as_good")
    whole = {name: body.split("  answer:")[0] + "  answer:\n" + credit if "commitments:" in body else body for name, body in whole.items()}
    write_files(tmp_path, whole)
    _, figures = stated(tmp_path, "2026-04")
    (_, o), = results(figures)
    assert [(m["case"], m["sure"]) for m in o["missed"]] == [("T-1", True), ("T-2", False)]
    assert [(c["case"], c["state"], c["amount_minor"]) for c in figures["credits"]] == [("T-1", "owed", 25_000), ("T-2", "unknown", None)]
    assert (figures["totals"]["low_minor"], figures["totals"]["high_minor"]) == (25_000, 50_000)


def test_of_very_many_missed_cases_only_so_many_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = "\n".join(f"{site}-{i},2026-04-01 09:00,2026-04-20 09:00,1,{site},own" for site in ("Bonn", "Ulm", "Trier") for i in range(3))
    write_files(tmp_path, files("ticket,opened,resolved,severity,site,cause\n" + late + "\n"))
    monkeypatch.setattr(missed, "MOST_OF_ALL", 7)
    _, figures = stated(tmp_path, "2026-04")
    listed = {o["group"]["site"]: o["missed"] for name, o in results(figures) if name == "answer"}
    assert {site: None if found is None else len(found) for site, found in listed.items()} == {"Bonn": 3, "Trier": 3, "Ulm": None}
