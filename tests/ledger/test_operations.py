"""Random operations: debits = credits at every step, splits that sum, retries that return the first answer.

Small here; ``make campaign-ledger COUNT=1000000`` runs more (``UPHELD_LEDGER`` operations, seed ``UPHELD_LEDGER_SEED``).
"""

from __future__ import annotations

import os
from pathlib import Path

from ledger_storm import run

COUNT = int(os.environ.get("UPHELD_LEDGER", "6000"))
SEED = os.environ.get("UPHELD_LEDGER_SEED", "20261121")


def test_random_operations_never_drift(tmp_path: Path) -> None:
    tally = run(COUNT, SEED, tmp_path, every=10)
    assert tally.operations == COUNT
    assert tally.retries > COUNT // 4
    assert tally.splits
    # the storm reaches every act and every refusal
    assert set(tally.kinds) == {"computed", "restated", "claw-back", "reviewed", "approved", "issued", "applied", "voided", "expired",
                                "disputed", "upheld", "reversed"}
    assert set(tally.refused) >= {"form", "amount", "currency", "period", "window", "person", "reason", "unknown", "ledger"}


def test_the_same_seed_gives_the_same_run(tmp_path: Path) -> None:
    assert run(400, "a seed", tmp_path) == run(400, "a seed", tmp_path)
