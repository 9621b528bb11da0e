"""Both databases for the tests of stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from upheld.stores.store import Store, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store is made: a file that is not there yet, or a PostgreSQL database with the schema."""
    return str(tmp_path / "store.db") if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place without a schema."""
    return str(tmp_path / "new.db") if request.param == "sqlite" else str(request.getfixturevalue("postgres_empty_url"))


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A store with one log, ``acme``."""
    with open_store(place) as opened:
        opened.logs.create("acme", "agreements.example/acme")
        yield opened
