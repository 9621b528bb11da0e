"""Restatement: every revision replays to the same bytes, the last does not depend on arrival, the differences sum to the last credit."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from histories import digest  # noqa: E402 - found on the path above

COUNT, SEED = int(os.environ.get("UPHELD_CAMPAIGN", "60")), os.environ.get("UPHELD_SEED", "1")


def test_random_histories() -> None:
    chunk = 250
    if not chunk < COUNT:
        assert digest(SEED, 0, COUNT)
        return
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        parts = [pool.submit(digest, SEED, n, min(n + chunk, COUNT)) for n in range(0, COUNT, chunk)]
        assert all(part.result() for part in parts)


def test_the_same_under_other_hash_seeds_zones_and_locales() -> None:
    few = max(5, COUNT // 100)
    here = digest(SEED, 0, few)
    worlds = [("0", "UTC", "C"), ("1", "America/St_Johns", "de_DE.UTF-8"), ("4242", "Pacific/Apia", "tr_TR.UTF-8")]
    for seed, zone, locale in worlds if COUNT <= 250 else [*worlds, *((str(i), "Asia/Kathmandu", "C.UTF-8") for i in range(7, 14))]:
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LANG": locale, "LC_ALL": locale}
        done = subprocess.run([sys.executable, str(HERE / "histories.py"), SEED, str(few)], env=env, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == here, (seed, zone, locale)
