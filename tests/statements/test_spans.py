"""Stretches: what a statement lists behind a figure adds up to it, whatever its hours, weights, exclusions and gaps."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from stated import stated, write_files

from upheld.statements.charts import charts_of
from upheld.statements.spans import LISTED
from upheld.values.instant import format_instant, parse_instant

AGREEMENT = """\
upheld: 1
agreement: acme
title: Hosting
version: {version}
effective: {{from: {since}}}
timezone: Europe/Berlin
currency: EUR
parties: {{provider: {{name: Northwind}}, customer: {{name: ACME}}}}
calendars:
  office: {{hours: {{mon-fri: [09:00-17:00]}}}}
states:
  outage: {{where: {{kind: outage}}, at_least: 60s}}
  weighed: {{where: {{kind: outage}}, weight: weight, overlap: highest}}
  works: {{where: {{kind: works}}}}
exclusions:
  works: {{while: works, effect: leave_out}}
commitments:
  uptime: {{measure: availability, down: outage, out_of: period, per: month, target: ">= {target}%", excluding: [works]}}
  hours: {{measure: availability, down: outage, out_of: hours, hours: office, per: month, target: ">= {target}%", excluding: [works]}}
  users: {{measure: availability, down: weighed, out_of: period, per: month, target: ">= {target}%"}}
"""
SOURCE = """\
upheld-source: 1
source: outages
files: [data/outages.csv]
stamps: {zone: UTC}
intervals: {kind: {column: kind}, subject: subject, start: from, end: to, weight: weight}
complete: {from: 2026-01-04, until: 2026-04-20}
"""
FIRST = parse_instant("2026-01-01T00:00:00Z")
MINUTE = 60_000_000


def history(seed: int) -> str:
    rng = random.Random(seed)
    rows = ["kind,subject,from,to,weight"]
    for _ in range(rng.randrange(1, 25)):
        start = FIRST + rng.randrange(105 * 1440) * MINUTE
        end = start + rng.choice([10_000_000, 90_000_000, 600 * 1_000_000, 7200 * 1_000_000, 90_000 * 1_000_000])
        stamps = (format_instant(t)[:19].replace("T", " ") for t in (start, end))
        rows.append(",".join((rng.choice(["outage", "outage", "works"]), rng.choice("ab"), *stamps, rng.choice(["1", "0.5", "0.25"]))))
    return "\n".join(rows) + "\n"


def us(spans: list[dict[str, Any]], why: str) -> int:
    return sum(parse_instant(s["end"]) - parse_instant(s["start"]) for s in spans if s["why"] == why)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_listed_adds_up_to_the_figure(seed: int, tmp_path: Path) -> None:
    write_files(tmp_path, {
        "agreements/acme/v1.yaml": AGREEMENT.format(version=1, since="2026-01-01", target="99.9"),
        "agreements/acme/v2.yaml": AGREEMENT.format(version=2, since="2026-02-11", target="99.5"),
        "sources/outages.yaml": SOURCE, "data/outages.csv": history(seed)})
    for period in ("2026-Q1", "2026-04"):
        _, figures = stated(tmp_path, period)
        results = [o for c in figures["commitments"] for o in c["outcomes"]]
        assert results
        for o in results:
            detail, counts = o["counts"]["detail"], o["counts"]
            down = detail["down_weighted_us"] // detail["weight_scale"] if "down_weighted_us" in detail else detail["down_us"]
            assert sum(s["counted_us"] for s in o["spans"] if s["why"] == "down") == down
            assert us(o["spans"], "unknown") == counts["unknown_us"]
            assert us(o["spans"], "left out") == sum(counts["left_out_us"].values())
            stops = [t for s in o["spans"] for t in (s["start"], s["end"])]
            assert stops == sorted(stops)
        start, end = figures["period"]["start"], figures["period"]["end"]
        home = {c.kind: c for c in charts_of(figures)}
        for label, a, b, _ in home["strip"].rows if "strip" in home else ():
            assert label
            assert home["strip"].start <= a <= b <= home["strip"].end
        assert start < end


def test_of_very_many_results_those_with_most_to_tell_are_listed(tmp_path: Path) -> None:
    sites = [f"s{i:02d}" for i in range(LISTED + 12)]
    rows = [f"outage,web,{s},2026-03-0{1 + i % 9} 00:00,2026-03-0{1 + i % 9} 00:{i % 60:02d},1" for i, s in enumerate(sites)]
    write_files(tmp_path, {
        "agreements/acme.yaml": AGREEMENT.format(version=1, since="2026-01-01", target="99.9").replace(
            "out_of: period, per: month", "out_of: period, for_each: [site], per: month", 1),
        "sources/outages.yaml": SOURCE + "attributes: {site: site}\n",
        "data/outages.csv": "\n".join(["kind,subject,site,from,to,weight", *rows]) + "\n"})
    _, figures = stated(tmp_path, "2026-03")
    results = figures["commitments"][0]["outcomes"]
    listed = [o for o in results if o["spans"] is not None]
    assert len(listed) == LISTED < len(results)
    least = min(o["counts"]["detail"]["down_us"] for o in listed)
    assert all(o["counts"]["detail"]["down_us"] <= least for o in results if o["spans"] is None)
    strip = next(c for c in charts_of(figures) if c.kind == "strip")
    assert len({row[0] for row in strip.rows}) == 14


def test_a_bar_is_drawn_only_over_windows_whose_stretches_are_listed(tmp_path: Path) -> None:
    agreement = AGREEMENT.format(version=1, since="2026-01-01", target="99.9")
    write_files(tmp_path, {"agreements/acme.yaml": agreement, "sources/outages.yaml": SOURCE, "data/outages.csv": history(3)})
    _, figures = stated(tmp_path, "2026-Q1")
    figures["commitments"][0]["outcomes"][1]["spans"] = None
    ups = [row[1:3] for row in next(c for c in charts_of(figures) if c.kind == "strip").rows if row[0] == "uptime" and row[3] == "up"]
    assert ups == [("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"), ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")]
