"""A store in a SQLite file: what only a file can suffer, and what is tried on it by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from upheld.ledger.answer import Posted
from upheld.ledger.commands import Restate, Review
from upheld.stores.database import connect
from upheld.stores.migrate import HEAD, as_sql
from upheld.stores.schema import METADATA
from upheld.stores.store import Store, open_store
from upheld.stores.trouble import StoreError

RESTATE = Restate(key="first", agreement="acme", line="acme/uptime", at=1, actor="system", minor=25000, currency="EUR", period="2026-03")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a 100% store.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as opened:
        opened.logs.create("acme", "agreements.example/acme")
        yield opened


def refused(slug: str, what: str) -> object:
    return pytest.raises(StoreError, check=lambda error: error.slug == slug and what in error.what)  # type: ignore[call-arg]


# ---- what was recorded stays ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", [
    "UPDATE transfers SET minor = 1", "DELETE FROM transfers", "UPDATE requests SET answer = x''", "DELETE FROM requests",
    "UPDATE leaves SET bytes = x''", "DELETE FROM leaves", "UPDATE checkpoints SET note = ''", "DELETE FROM checkpoints",
    "UPDATE cosignatures SET signature = ''", "DELETE FROM cosignatures", "UPDATE statements SET hash = x''", "DELETE FROM statements",
    "DELETE FROM logs", "UPDATE logs SET size = size - 1", "UPDATE logs SET origin = 'x'",
    "INSERT OR REPLACE INTO leaves SELECT log, idx, kind, x'00', hash FROM leaves LIMIT 1",
    "INSERT OR REPLACE INTO requests SELECT key, 'x', agreement, line, actor, at, answer FROM requests LIMIT 1",
    "INSERT OR REPLACE INTO statements SELECT agreement, period, revision, x'00', log, idx FROM statements LIMIT 1",
    "INSERT OR REPLACE INTO checkpoints SELECT log, size, 'x' FROM checkpoints LIMIT 1",
    ("INSERT OR REPLACE INTO transfers SELECT NULL, key, request, debit, credit, 1, currency, kind, agreement, line, period, at, actor, "
     "reason, reverses, request_hash, log, idx FROM transfers LIMIT 1"),
])
def test_nothing_recorded_is_changed_or_removed_in_the_file_by_hand(path: Path, store: Store, statement: str) -> None:
    store.ledger.submit(RESTATE)
    store.statements.record("acme", "2026-03", 1, b"1" * 32, "acme", b"x")
    store.checkpoints.put("acme", 2, "note")
    store.checkpoints.cosign("acme", 2, "customer", "x")
    # a plain connection, without any of our settings
    other = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match=r"only ever added|only grows"):
        other.execute(statement)
    other.close()
    with refused("added", "cannot be changed or removed" if "logs SET" not in statement else "a log only grows"), \
            store.database.writing() as connection:
        connection.execute(text(statement))
    assert store.check() == ()


@pytest.mark.parametrize(("damage", "told"), [
    ("UPDATE transfers SET minor = 24999", "leaf 0 of log acme is an entry, and its transfer is not there or says otherwise"),
    ("UPDATE leaves SET bytes = x'7b7d' WHERE idx = 1", "leaf 1 of log acme does not have the hash it was given"),
    ("DELETE FROM leaves WHERE idx = 1", "log `acme` lacks 1 of its leaves 0 to 1"),
    ("UPDATE transfers SET credit = 'credit:acme:acme/uptime:issued' WHERE seq = 1",
     "the ledger of acme does not add up: transfer second#1 leaves -25000 minor units in credit:acme:acme/uptime:computed"),
    ("UPDATE logs SET size = 1", "log acme has a leaf 1, beyond its size of 1"),
    ("DELETE FROM transfers WHERE seq = 2", "leaf 1 of log acme is an entry, and its transfer is not there or says otherwise"),
    ("UPDATE leaves SET kind = 'fact' WHERE idx = 1", "transfer second#1 has no leaf that is an entry"),
])
def test_check_finds_what_was_changed_behind_its_back(path: Path, store: Store, damage: str, told: str) -> None:
    store.ledger.submit(RESTATE)
    store.ledger.submit(Review(key="second", agreement="acme", line="acme/uptime", at=2, actor="anna"))
    assert store.check() == ()
    other = sqlite3.connect(path)
    for (trigger,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        other.execute(f"DROP TRIGGER {trigger}")
    other.execute(damage)
    other.commit()
    other.close()
    assert told in store.check()


def test_a_damaged_ledger_is_not_built_upon(path: Path, store: Store) -> None:
    store.ledger.submit(RESTATE)
    other = sqlite3.connect(path)
    other.executescript("DROP TRIGGER transfers_no_update; UPDATE transfers SET currency = 'XXX'")
    other.close()
    with refused("damaged", "transfer first#1: 'XXX' is not a currency code in use"):
        store.ledger.submit(Review(key="second", agreement="acme", line="acme/uptime", at=2, actor="anna"))
    with refused("damaged", "transfer first#1"):
        store.ledger.book("acme")


# ---- the file and its schema ----------------------------------------------------------------------------------------


def test_the_store_is_written_with_care(store: Store) -> None:
    with store.database.reading() as connection:
        said = {name: connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


def test_head_is_the_last_revision() -> None:
    from alembic.script import ScriptDirectory

    from upheld.stores.migrate import _config

    assert ScriptDirectory.from_config(_config()).get_current_head() == HEAD


def test_the_schema_is_one_postgresql_can_have() -> None:
    dialect = postgresql.dialect()
    made = "\n".join([str(CreateTable(t).compile(dialect=dialect)) for t in METADATA.sorted_tables]
                     + [str(CreateIndex(i).compile(dialect=dialect)) for t in METADATA.sorted_tables for i in sorted(t.indexes, key=str)])
    types = {line.split()[1].rstrip(",") for line in made.splitlines() if line.startswith("\t") and line.split()[0].islower()}
    assert types == {"BIGINT", "BIGSERIAL", "TEXT", "BYTEA"}
    migrated = as_sql("postgresql")
    assert "CREATE TABLE transfers" in migrated
    assert "CREATE TRIGGER leaves_stay" in migrated
    assert {line.split()[1].rstrip(",") for line in migrated.splitlines() if line.startswith("    ") and line.split()[0].islower()
            and line.split()[0] != "version_num"} == types


def test_files_of_something_else_are_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "addresses.db"
    other = sqlite3.connect(foreign)
    other.execute("CREATE TABLE people (name)")
    other.commit()
    other.close()
    with refused("foreign", "this is a database, but not an Upheld store"):
        open_store(foreign)
    notes = tmp_path / "notes.txt"
    notes.write_text("no database at all, but long enough to look at" * 40)
    with refused("foreign", f"{notes}: this file is not a store"):
        open_store(notes)
    assert notes.read_text().startswith("no database")
    with refused("kind", "a store at mysql:// is not supported"):
        open_store("mysql://db.example/upheld")
    with refused("kind", "a store at sqlite:// is not supported"):
        open_store("sqlite://")


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    with refused("missing", f"there is no store at {tmp_path / 'none.db'}"):
        open_store(tmp_path / "none.db", create=False)
    assert not list(tmp_path.iterdir())
    with refused("unreadable", "the store cannot be opened"):
        open_store(tmp_path / "no folder" / "store.db")


def test_a_full_disk_is_told_and_leaves_nothing_half_written(path: Path, store: Store) -> None:
    store.ledger.submit(RESTATE)
    with store.database.engine.connect() as connection:
        # the disk is full from here: SQLite gives the same error as a file system without room
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with refused("full", f"{path}: the disk is full: nothing was written"):
        store.logs.append("acme", "fact", [b"x" * 5000] * 50)
    with open_store(path) as again:
        assert again.logs.size("acme") == 1
        assert again.check() == ()
        assert isinstance(again.ledger.submit(replace(RESTATE, key="later", minor=1)), Posted)


def test_a_read_only_store_is_told(path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.ledger.submit(RESTATE)
    store.close()
    database = connect(path, create=False)
    # as of a file this user may not write: root may write everything, so SQLite is told
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with refused("readonly", f"{path}: the store cannot be written: its file or folder is read-only"):
        type(store.logs)(database).append("acme", "fact", [b"x"])
    database.engine.dispose()


def test_a_writer_that_does_not_end_is_told(path: Path, store: Store) -> None:
    store.ledger.submit(RESTATE)
    with store.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with refused("busy", "another process is writing the store and did not end in time"):
        store.ledger.submit(replace(RESTATE, key="b", minor=1))
    other.execute("ROLLBACK")
    other.close()
    assert isinstance(store.ledger.submit(replace(RESTATE, key="b", minor=1)), Posted)


def test_a_database_made_by_plain_sqlalchemy_metadata_is_not_taken_for_a_store(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    METADATA.create_all(engine)
    engine.dispose()
    with refused("foreign", "not an Upheld store"):
        open_store(tmp_path / "x.db")
