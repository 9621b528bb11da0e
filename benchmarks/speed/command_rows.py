"""Commands as a person runs them: a fresh process each time, its own CPU, wall and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from speed import inputs
from speed.rows import Row, Size, seconds
from speed.timing import Took, interleave

__all__ = ["Ran", "assess_row", "command_rows", "run", "workspace"]

TOPIC = "commands: a fresh process, from the shell"
COMMAND = "import sys; from upheld.cli import main; sys.exit(main())"

AGREEMENT = """\
upheld: 1
agreement: bench
title: The benchmark's helpdesk
version: 1
effective: {from: 2025-01-01}
timezone: Europe/Berlin
parties:
  provider: {name: A provider}
  customer: {name: A customer}
calendars:
  office: {hours: {mon-fri: [08:00-12:00, 13:00-17:30]}, zone: Europe/Berlin}
attributes:
  urgency: {by severity: {1: 1, 2: 2, 3: 3, 4: 4}, read: now, on_change: from_start}
states:
  waiting: {from: asked-customer, until: [customer-replied, resolved]}
commitments:
  response:
    says: An engineer answers.
    measure: clock
    starts: opened
    stops: [answered, resolved]
    hours: office
    within: {by urgency: {1: 1h, 2: 2h, 3: 4h, 4: 8h}}
    per: month
    target: ">= 95%"
  resolution:
    says: The case is solved.
    measure: clock
    starts: opened
    stops: resolved
    pauses: waiting
    hours: office
    within: {by urgency: {1: 8h, 2: 16h, 3: 32h, 4: 64h}}
    per: month
    target: ">= 95%"
"""
SOURCE = """\
upheld-source: 1
source: bench
files: [data/events.parquet]
stamps: {format: epoch us}
case: case
events:
  state: {column: event, at: at}
attributes: [severity]
complete: {from: 2025-01-01, until: 2026-04-01}
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """One command: its output, exit code, CPU and wall seconds, and the peak resident size of the process in MiB."""

    code: int
    stdout: str
    stderr: str
    cpu: float
    wall: float
    peak_mib: float


def run(arguments: Sequence[str], folder: Path) -> Ran:
    """``upheld`` with ``arguments`` in ``folder``, in a process of its own."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", COMMAND, *arguments], cwd=folder, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Ran(process.returncode, out.read(), err.read(), used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def workspace(folder: Path, log: inputs.CaseLog) -> Path:
    """A workspace with one agreement and the log as one Parquet file, in time order, as a helpdesk exports it."""
    for name, text in (("agreements/bench.yaml", AGREEMENT), ("sources/bench.yaml", SOURCE)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    width = len(str(log.cases))
    names = pl.Series([f"C{i:0{width}}" for i in range(log.cases)])
    severity = pl.Series(list(inputs.SEVERITIES))
    (folder / "data").mkdir(exist_ok=True)
    pl.DataFrame(
        {
            "case": names.gather(pl.Series(log.case.astype(np.uint32))),
            "event": pl.Series(list(inputs.EVENTS)).gather(pl.Series(log.event.astype(np.uint32))),
            "at": log.at,
            "severity": severity.gather(pl.Series(np.maximum(log.severity, 0).astype(np.uint32))).zip_with(
                pl.Series(log.severity >= 0), pl.Series([None], dtype=pl.String).new_from_index(0, len(log.at))
            ),
        }
    ).write_parquet(folder / "data" / "events.parquet", compression="zstd")
    return folder


def assess_row(cases: int, runs: int) -> list[Row]:
    """The whole way from Parquet to judged figures; wall time and the peak of the process."""
    with tempfile.TemporaryDirectory(prefix="upheld-bench-") as name:
        folder = workspace(Path(name), inputs.case_log(cases))
        ran = [run(["assess", "--format", "json"], folder) for _ in range(runs)]
    last = ran[-1]
    topic = "whole: upheld assess, two clocks over every case, from one Parquet file"
    if last.code != 0:
        reason = (last.stderr.strip().splitlines() or ["no message"])[0]
        return [
            Row(
                topic,
                "upheld assess",
                cases,
                last.cpu,
                last.wall,
                last.wall,
                "s",
                8,
                note=f"FAILED with exit code {last.code}: {reason}",
            )
        ]
    middle = sorted(ran, key=lambda r: r.wall)[len(ran) // 2]
    row = seconds(
        topic,
        "upheld assess, wall",
        cases,
        Took(middle.cpu, middle.wall, min(r.wall for r in ran), runs),
        8 if cases == 1_000_000 else None,
        right=_counted(last.stdout, cases),
        note=f"{8 * cases:,} events",
    )
    peak = max(r.peak_mib for r in ran) / 1024
    return [
        row,
        replace(
            row,
            name="upheld assess, peak memory",
            figure=peak,
            unit="GiB",
            bar=3 if cases == 1_000_000 else None,
            right="",
            note="of the process",
        ),
    ]


def _counted(text: str, cases: int) -> str:
    """Every case must be counted once in each of the two commitments, decided or pending."""
    found: dict[str, int] = {}
    for assessment in json.loads(text)["assessments"]:
        for each in assessment["outcomes"]:
            counts = each["counts"]
            found[each["commitment"]] = found.get(each["commitment"], 0) + counts["measured"] + counts["pending"]
    is_right = len(found) == 2 and set(found.values()) == {cases}
    return "every case counted once in each" if is_right else f"COUNTED {found} OF {cases}"


def command_rows(size: Size) -> list[Row]:
    """Starting up, checking one agreement, assessing a large log."""
    with tempfile.TemporaryDirectory(prefix="upheld-bench-") as name:
        folder = workspace(Path(name), inputs.case_log(min(100, size.assess_cases)))

        def timed(*arguments: str) -> tuple[float, float]:
            ran = run(arguments, folder)
            if ran.code != 0:
                raise RuntimeError(f"upheld {' '.join(arguments)} exits with {ran.code}: {ran.stderr}")
            return ran.cpu, ran.wall

        took = interleave(
            {"--help": lambda: timed("--help"), "check": lambda: timed("check", "agreements/bench.yaml")},
            max(3 * size.runs, 1) if size.runs > 1 else 1,
        )
    return [
        seconds(TOPIC, "upheld --help", 1, took["--help"], 0.25),
        seconds(TOPIC, "upheld check, one agreement", 1, took["check"], 0.6),
        *assess_row(size.assess_cases, size.runs),
    ]
