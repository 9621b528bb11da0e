"""What every test may ask for."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-findings", action="store_true", help="write what the bad files in tests/findings say now")
    parser.addoption("--update-cases", action="store_true", help="write what the commands of the pages in tests/cases print now")


@pytest.fixture
def update_findings(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-findings"))


@pytest.fixture
def update_cases(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-cases"))
