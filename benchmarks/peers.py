"""``make bench-peers``: what people use today, in an environment of its own, beside ours in the same run.

    python benchmarks/peers.py [--setup] [--out FILE.json] [--tiny]

``--setup`` builds ``.venv-peers`` from requirements-peers.lock first (hashed; pm4py is AGPL-3.0 and never enters the
product's own environment: only numbers pass between the two processes).
"""

from __future__ import annotations

import argparse
import sys

from run import collect, report
from speed import peer_process
from speed.rows import PLAIN, TINY


def main() -> None:
    """Set up if asked, run the rows that have peers, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--setup", action="store_true", help="build .venv-peers first")
    parser.add_argument("--out", help="write the rows as JSON to this file")
    parser.add_argument("--tiny", action="store_true", help="tiny inputs: whether everything runs, not how fast")
    asked = parser.parse_args()
    if asked.setup:
        peer_process.set_up()
    if not peer_process.available():
        sys.exit("the peers' environment is not there: python benchmarks/peers.py --setup")
    report(collect(TINY if asked.tiny else PLAIN, ("calendar", "availability"), peers=True, ours=False), asked.out, peers=True)


if __name__ == "__main__":
    main()
