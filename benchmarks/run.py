"""``make bench``: the table of speeds, one command.

    python benchmarks/run.py [--out FILE.json] [--full] [--only WORD]... [--tiny]

Prints a table with CPU and wall seconds (medians), the figure, the bar it has to reach and whether it does; writes the
same as JSON to --out. ``--full`` adds the growth to fifty million (some minutes, some GiB). Where ``make bench-peers`` has built
the peers' environment, their rows stand in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from speed import calendar_rows, clock_rows, command_rows, outage_rows, peer_process, scaling, values_rows
from speed.rows import FULL, PLAIN, TINY, Row, Size, as_record, text_table

OURS: dict[str, Callable[[Size], list[Row]]] = {
    "calendar": calendar_rows.calendar_rows,
    "clocks": clock_rows.clock_rows,
    "availability": outage_rows.outage_rows,
    "values": values_rows.slice_rows,
    "commands": command_rows.command_rows,
}
PEERS: dict[str, Callable[[Size, peer_process.Peers], list[Row]]] = {
    "calendar": calendar_rows.elapsed_peers,
    "availability": outage_rows.outage_peers,
}


def collect(size: Size, only: Sequence[str] = (), *, peers: bool, ours: bool = True, full: bool = False) -> list[Row]:
    """All rows asked for, a topic after the other; a topic that fails says so in a row of its own and stops nothing."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="upheld-peers-") as folder:
        for topic, own in OURS.items():
            if only and not any(word in topic for word in only):
                continue
            print(f"… {topic}", file=sys.stderr)
            if ours:
                rows += _told(topic, lambda own=own: own(size))
            if peers and topic in PEERS:
                with peer_process.Peers(Path(folder)) as process:
                    rows += _told(f"{topic}, peers", lambda topic=topic, process=process: PEERS[topic](size, process))
    if full:
        rows += scaling.scaling_rows(FULL)
    return rows


def _told(topic: str, rows: Callable[[], list[Row]]) -> list[Row]:
    try:
        return rows()
    except Exception as error:
        traceback.print_exc()
        return [Row(topic, "FAILED", 1, 0.0, 0.0, 1.0, "s", 0, note=f"{type(error).__name__}: {error}")]


def machine() -> dict[str, object]:
    """What the figures were taken on."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "polars": pl.__version__,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
    }


def report(rows: Sequence[Row], out: str | None, *, peers: bool) -> None:
    """The table on stdout, JSON in the file."""
    print(text_table(rows))
    print()
    told = machine()
    versions = ", ".join(f"{name} {told[name]}" for name in ("python", "numpy", "polars"))
    print(f"medians, candidates interleaved; {told['cores']} cores, {versions}")
    if not peers:
        print("what people use today: make bench-peers")
    below = [row.name for row in rows if row.verdict == "below"]
    print(
        f"{sum(row.verdict == 'ok' for row in rows)} bars reached, {len(below)} not" + (f": {', '.join(below)}" if below else "")
    )
    if out:
        Path(out).write_text(
            json.dumps({"machine": told, "rows": [as_record(row) for row in rows]}, indent=1, ensure_ascii=False) + "\n"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", help="write the rows as JSON to this file")
    parser.add_argument("--full", action="store_true", help="also one, ten and fifty million")
    parser.add_argument("--tiny", action="store_true", help="tiny inputs: whether everything runs and is right, not how fast")
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help=f"only these topics: {', '.join(OURS)}")
    asked = parser.parse_args(arguments)
    peers = peer_process.available()
    report(collect(TINY if asked.tiny else PLAIN, asked.only, peers=peers, full=asked.full), asked.out, peers=peers)


if __name__ == "__main__":
    main()
