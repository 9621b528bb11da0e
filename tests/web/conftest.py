"""An application on a store of its own, and someone to ask it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from web_world import World

__all__: list[str] = []


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as opened:
        yield opened
