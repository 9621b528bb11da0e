"""``upheld backtest`` over a year of a million cases: wall time and peak memory of one fresh process, against its bar.

    python benchmarks/backtest.py [--cases N] [--runs N] [--per-case] [--out FILE.json]

The facts are those of ``make bench`` (the same seed): eight events a case, in one Parquet file, two clocks over every case. The
proposal halves the times, raises the target and pays more; both sides are assessed and settled. Bar: 30 s for 1,000,000 cases.
``--per-case`` pays each missed case of severity 1 by itself, a hundred thousand credit lines a side: without a bar, to see what a line costs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from speed import inputs
from speed.command_rows import AGREEMENT, SOURCE, Ran, run, workspace
from speed.rows import Row, as_record, text_table

BAR_S = 30.0
MILLION = 1_000_000

MONEY = """\
caps: [{up_to: 30%, of: fee, in: month}]
claim: {by: 30 days after window}
"""
RESPONSE_PAYS = '    credit: {pay: {by result: {"< 95%": 5%, "< 90%": 10%, "< 80%": 20%}}, of: fee}\n'
RESOLUTION_PAYS = '    credit: {pay: {by result: {"< 95%": 4%, "< 90%": 8%}}, of: fee}\n'
PER_CASE = "    credit: {pay: 20 EUR, per: missed case, where: {severity: 1}}\n"
CHARGES = """\
upheld-source: 1
source: charges
files: [data/charges.csv]
stamps: {zone: Europe/Berlin}
charges: {customer: customer, currency: {column: currency}, from: from, until: until, amount: amount}
"""


def terms(*, per_case: bool = False) -> str:
    """The terms in force: the benchmark's helpdesk with credits."""
    pays = PER_CASE if per_case else RESOLUTION_PAYS
    first, second = AGREEMENT.split("  resolution:\n")
    return f"{first}{RESPONSE_PAYS}  resolution:\n{second}{pays}{MONEY}".replace("timezone:", "currency: EUR\ntimezone:")


def proposal(*, per_case: bool = False) -> str:
    """What is proposed: half the time, more of the cases, more pay, from next year on."""
    text = terms(per_case=per_case)
    changes = (("1: 8h, 2: 16h, 3: 32h, 4: 64h", "1: 4h, 2: 8h, 3: 16h, 4: 32h"), ('">= 95%"', '">= 97%"'), ('"< 95%"', '"< 97%"'),
               ("pay: 20 EUR", "pay: 30 EUR"), ("10%", "15%"), ("version: 1", "version: 2"), ("from: 2025-01-01", "from: 2026-01-01"))
    for before, after in changes:
        text = text.replace(before, after)
    return text


def prepared(folder: Path, cases: int, *, per_case: bool = False) -> Path:
    """The workspace; gives the file of the proposal, which lies beside it."""
    workspace(folder, inputs.case_log(cases))
    (folder / "agreements" / "bench.yaml").write_text(terms(per_case=per_case))
    (folder / "sources" / "bench.yaml").write_text(SOURCE)
    (folder / "sources" / "charges.yaml").write_text(CHARGES)
    rows = [f"A customer,EUR,2025-{m:02d}-01 00:00,{2025 + m // 12}-{m % 12 + 1:02d}-01 00:00,100000.00" for m in range(1, 13)]
    (folder / "data" / "charges.csv").write_text("\n".join(("customer,currency,from,until,amount", *rows)) + "\n")
    proposed = folder / "proposal.yaml"
    proposed.write_text(proposal(per_case=per_case))
    return proposed


def right(ran: Ran, folder: Path) -> str:
    """The terms in force must come to what ``assess`` finds: every window's verdict counted once, on both sides."""
    found = json.loads(ran.stdout)["backtest"]
    assessed = json.loads(run(["assess", "--format", "json"], folder).stdout)["assessments"][0]["outcomes"]
    counted = {p["commitment"]: p["before"] for p in found["commitments"]}
    for name, tally in counted.items():
        ended = [o["verdict"] for o in assessed if o["commitment"] == name and not o["provisional"] and o["end"] < "2026"]
        for verdict in ("met", "breached", "unknown"):
            if tally[verdict] != ended.count(verdict):
                return f"{name}: {tally[verdict]} {verdict}, assess says {ended.count(verdict)}"
    return "the terms in force come to what assess finds"


def rows(cases: int, runs: int, *, per_case: bool = False) -> list[Row]:
    """The wall time (the median) and the peak of the process."""
    with tempfile.TemporaryDirectory(prefix="upheld-bench-") as name:
        folder = Path(name)
        proposed = prepared(folder, cases, per_case=per_case)
        ran = [run(["backtest", str(proposed), "--against", str(folder), "--from", "2025-01", "--until", "2025-12", "--format", "json"],
                   folder) for _ in range(runs)]
        failed = next((r for r in ran if r.code), None)
        if failed is not None:
            raise RuntimeError(f"upheld backtest exits with {failed.code}: {failed.stderr.strip()}")
        told = right(ran[-1], folder) if cases <= MILLION else ""
    middle = sorted(ran, key=lambda r: r.wall)[len(ran) // 2]
    paid = "a line a missed case" if per_case else "both sides settled"
    topic = f"whole: upheld backtest, twelve months, two clocks over every case, {paid}"
    full = cases >= MILLION and not per_case
    return [
        Row(topic, "upheld backtest, wall", cases, middle.cpu, middle.wall, middle.wall, "s", BAR_S if full else None, right=told,
            note=f"{8 * cases:,} events"),
        Row(topic, "upheld backtest, peak memory", cases, middle.cpu, middle.wall, max(r.peak_mib for r in ran) / 1024, "GiB",
            note="of the process"),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options, run, print; exit 1 where the bar is missed or the answer is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=MILLION)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--out", help="write the rows as JSON to this file")
    parser.add_argument("--per-case", action="store_true", help="pay each missed case of severity 1 by itself")
    asked = parser.parse_args(arguments)
    found = rows(asked.cases, asked.runs, per_case=asked.per_case)
    print(text_table(found))
    if asked.out:
        Path(asked.out).write_text(json.dumps([as_record(row) for row in found], indent=1, ensure_ascii=False) + "\n")
    if any(row.verdict == "below" for row in found) or not found[0].right.startswith("the terms in force"):
        sys.exit(1)


if __name__ == "__main__":
    main()
