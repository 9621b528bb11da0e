"""What every store must do, whatever database is below: each test on a new SQLite file and on a new PostgreSQL database."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace

import pytest
from sqlalchemy import text

from upheld.facts.arrive import Arrival
from upheld.ledger.answer import Posted, Refusal
from upheld.ledger.commands import Approve, Restate, Review
from upheld.ledger.transfer import entry_bytes, entry_of
from upheld.stores.migrate import HEAD
from upheld.stores.schema import METADATA
from upheld.stores.store import Store, open_store
from upheld.stores.trouble import StoreError

RESTATE = Restate(key="first", agreement="acme", line="acme/uptime", at=1, actor="system", minor=25000, currency="EUR", period="2026-03")


def refused(slug: str, what: str) -> object:
    return pytest.raises(StoreError, check=lambda error: error.slug == slug and what in error.what)  # type: ignore[call-arg]


def posted(answer: object) -> Posted:
    assert isinstance(answer, Posted)
    return answer


# ---- logs -----------------------------------------------------------------------------------------------------------


def test_a_log_gives_each_leaf_the_next_index(store: Store) -> None:
    assert store.logs.append("acme", "fact", [b"one", b"two"]) == range(2)
    assert store.logs.append("acme", "fact", []) == range(2, 2)
    assert store.logs.append_groups("acme", [("file", [b"three"]), ("fact", [b"four", b"four"])]) == range(2, 5)
    kept = list(store.logs.leaves("acme"))
    assert [(leaf.idx, leaf.kind, leaf.data) for leaf in kept] == [
        (0, "fact", b"one"), (1, "fact", b"two"), (2, "file", b"three"), (3, "fact", b"four"), (4, "fact", b"four")]
    assert [leaf.hash for leaf in kept] == [hashlib.sha256(b"\0" + leaf.data).digest() for leaf in kept]
    assert list(store.logs.hashes("acme", 1, 3)) == [kept[1].hash, kept[2].hash]
    assert store.logs.size("acme") == 5


def test_two_logs_count_for_themselves(store: Store) -> None:
    store.logs.create("status", "feeds.example/status")
    store.logs.append("acme", "fact", [b"x"])
    assert store.logs.append("status", "fact", [b"x"]) == range(1)
    assert [(log.name, log.origin, log.size) for log in store.logs.all() if log.name != "stream"] == [
        ("acme", "agreements.example/acme", 1), ("status", "feeds.example/status", 1)]


def test_a_log_keeps_its_origin(store: Store) -> None:
    assert store.logs.create("acme", "agreements.example/acme") == store.logs.get("acme")
    with refused("conflict", "log `acme` has origin agreements.example/acme: it is not `acme` with elsewhere.example"):
        store.logs.create("acme", "elsewhere.example")
    with refused("conflict", "it is not `other` with agreements.example/acme"):
        store.logs.create("other", "agreements.example/acme")
    with refused("form", "a log needs a name and an origin"):
        store.logs.create("x", "a\nb")
    with refused("unknown", "there is no log `never`"):
        store.logs.append("never", "fact", [b"x"])


def test_what_was_read_before_is_still_all_there_is_or_nothing_is_added(store: Store) -> None:
    store.logs.append("acme", "fact", [b"x"])
    with refused("moved", "log `acme` has 1 leaves, not 0: something was recorded meanwhile"):
        store.logs.append("acme", "fact", [b"y"], expected=0)
    assert store.logs.append("acme", "fact", [b"y"], expected=1) == range(1, 2)


def test_asking_beyond_a_log_is_refused(store: Store) -> None:
    with refused("range", "log `acme` has leaves 0 to 0, not 0 to 1"):
        list(store.logs.leaves("acme", 0, 1))


def test_many_leaves_in_one_go(store: Store) -> None:
    many = [b'{"n":%d}' % n for n in range(50_001)]
    assert store.logs.append("acme", "fact", many) == range(50_001)
    assert [leaf.data for leaf in store.logs.leaves("acme")] == many
    assert store.check() == ()


def test_a_generator_that_is_not_read_to_its_end_does_not_stop_writers(store: Store) -> None:
    store.logs.append("acme", "fact", [b"x", b"y"])
    reading = store.logs.leaves("acme")
    next(reading)
    assert store.logs.append("acme", "fact", [b"z"]) == range(2, 3)


# ---- ledger ---------------------------------------------------------------------------------------------------------


def test_an_answer_is_the_first_one_for_ever(place: str, store: Store) -> None:
    first = posted(store.ledger.submit(RESTATE))
    assert [t.minor for t in first.transfers] == [25000]
    assert store.ledger.submit(replace(RESTATE, at=99)) == first
    too_early = Approve(key="second", agreement="acme", line="acme/uptime", at=2, actor="bob")
    refusal = store.ledger.submit(too_early)
    assert isinstance(refusal, Refusal)
    store.ledger.submit(Review(key="third", agreement="acme", line="acme/uptime", at=3, actor="anna"))
    assert store.ledger.submit(too_early) == refusal, "the key of a refusal is used up too"
    with open_store(place) as another:
        assert another.ledger.submit(RESTATE) == first
        assert another.ledger.answer("second") == refusal
        assert another.ledger.answer("never") is None


def test_a_key_with_another_content_is_refused(store: Store) -> None:
    store.ledger.submit(RESTATE)
    answer = store.ledger.submit(replace(RESTATE, minor=26000))
    assert answer == Refusal("idempotency", "key first was used for another request", "give the first request again unchanged, or a new key")
    assert store.ledger.book("acme").totals("acme") == {"EUR": {"computed": 25000}}
    assert store.ledger.submit(replace(RESTATE, agreement="globex"), "acme").slug == "idempotency"  # type: ignore[union-attr]


def test_every_transfer_is_a_leaf(store: Store) -> None:
    store.logs.append("acme", "fact", [b"x"])
    answers = store.ledger.submit_all([RESTATE, Review(key="r", agreement="acme", line="acme/uptime", at=2, actor="anna"),
                                       replace(RESTATE, key="again", minor=20000)])
    transfers = [t for answer in answers for t in posted(answer).transfers]
    entries = store.ledger.entries("acme")
    assert [entry.transfer for entry in entries] == transfers == [e.transfer for e in store.ledger.entries("acme", "acme/uptime")]
    assert [(entry.log, entry.index) for entry in entries] == [("acme", 1), ("acme", 2), ("acme", 3)]
    store.ledger.submit(replace(RESTATE, key="other", line="acme/errors"))
    assert [entry.transfer.line for entry in store.ledger.entries("acme", "acme/errors")] == ["acme/errors"]
    assert store.ledger.entries("globex") == ()
    kept = list(store.logs.leaves("acme", 1, 4))
    assert [leaf.kind for leaf in kept] == ["entry"] * 3
    assert [entry_of(leaf.data) for leaf in kept] == transfers
    assert [leaf.data for leaf in kept] == [entry_bytes(t) for t in transfers]


def test_a_period_is_settled_in_one_currency_also_across_lines(store: Store) -> None:
    store.ledger.submit(RESTATE)
    answer = store.ledger.submit(replace(RESTATE, key="yen", line="acme/errors", currency="JPY"))
    assert isinstance(answer, Refusal)
    assert answer.what == "period 2026-03 of acme is settled in EUR, not in JPY"
    assert isinstance(store.ledger.submit(replace(RESTATE, key="yen2", line="acme/errors", currency="JPY", period="2026-04")), Posted)


def test_a_request_of_wrong_form_leaves_its_key_free(store: Store) -> None:
    assert isinstance(store.ledger.submit(replace(RESTATE, currency="eur")), Refusal)
    assert isinstance(store.ledger.submit(RESTATE), Posted)


def test_requests_need_their_log(store: Store) -> None:
    with refused("unknown", "there is no log `globex`"):
        store.ledger.submit(replace(RESTATE, agreement="globex"))
    assert store.ledger.answer("first") is None


def test_a_failure_within_a_group_leaves_nothing(store: Store) -> None:
    with refused("unknown", "there is no log `globex`"):
        store.ledger.submit_all([RESTATE, replace(RESTATE, key="b", agreement="globex")])
    assert store.ledger.entries("acme") == ()
    assert store.logs.size("acme") == 0


def test_one_key_at_the_same_instant_makes_one_transfer_in_threads(store: Store) -> None:
    ready = threading.Barrier(8)
    answers: list[object] = []

    def ask() -> None:
        for n in range(20):
            ready.wait()
            answers.append(store.ledger.submit(replace(RESTATE, key=f"k{n}", line=f"line {n}")))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 160
    assert len(store.ledger.entries("acme")) == store.logs.size("acme") == 20
    assert len({posted(a).transfers for a in answers}) == 20
    assert store.check() == ()


def test_appends_of_many_threads_leave_no_gap(store: Store) -> None:
    given: list[range] = []

    def add(name: int) -> None:
        given.extend(store.logs.append("acme", "fact", [f"{name}/{n}/{i}".encode() for i in range(n % 3 + 1)]) for n in range(30))

    threads = [threading.Thread(target=add, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    indices = sorted(i for part in given for i in part)
    assert indices == list(range(store.logs.size("acme")))
    assert store.check() == ()


# ---- statements and checkpoints -------------------------------------------------------------------------------------


def test_a_statement_is_issued_once(store: Store) -> None:
    first = store.statements.record("acme", "2026-03", 1, b"1" * 32, "acme", b'{"kind":"statement"}')
    assert store.statements.record("acme", "2026-03", 1, b"1" * 32, "acme", b"another leaf, not added") == first
    assert store.logs.size("acme") == 1
    with refused("conflict", "revision 1 of acme for 2026-03 is issued with another content"):
        store.statements.record("acme", "2026-03", 1, b"2" * 32, "acme", b"x")
    with refused("revision", "the next revision of acme for 2026-03 is 2, not 3"):
        store.statements.record("acme", "2026-03", 3, b"2" * 32, "acme", b"x")
    with refused("form", "a statement's hash has 32 bytes, not 3"):
        store.statements.record("acme", "2026-03", 2, b"abc", "acme", b"x")
    second = store.statements.record("acme", "2026-03", 2, b"2" * 32, "acme", b"x")
    store.statements.record("acme", "2026-02", 1, b"0" * 32, "acme", b"y")
    assert store.statements.revisions("acme", "2026-03") == (first, second)
    assert store.statements.get("acme", "2026-03") == second
    assert store.statements.get("acme", "2026-03", 1) == first
    assert store.statements.get("acme", "2026-04") is None
    assert store.statements.periods("acme") == ("2026-03", "2026-02")
    assert (second.log, second.index) == ("acme", 1)


def test_a_size_is_signed_once_and_only_onwards(store: Store) -> None:
    store.logs.append("acme", "fact", [b"x", b"y", b"z"])
    kept = store.checkpoints.put("acme", 2, "note of 2")
    assert store.checkpoints.put("acme", 2, "note of 2") == kept
    with refused("conflict", "log `acme` has another checkpoint of size 2"):
        store.checkpoints.put("acme", 2, "another")
    for size in (1, 4):
        with refused("range", f"log `acme` has 3 leaves and a checkpoint of 2: none can be of {size}"):
            store.checkpoints.put("acme", size, "note")
    assert store.checkpoints.get("acme") == kept
    with_theirs = store.checkpoints.cosign("acme", 2, "customer", "— customer x")
    assert with_theirs.cosignatures == (("customer", "— customer x"),)
    assert store.checkpoints.cosign("acme", 2, "customer", "— customer x") == with_theirs
    with refused("conflict", "customer has cosigned size 2 of log `acme` with another signature"):
        store.checkpoints.cosign("acme", 2, "customer", "— customer y")
    with refused("unknown", "log `acme` has no checkpoint of size 3"):
        store.checkpoints.cosign("acme", 3, "customer", "x")
    store.checkpoints.put("acme", 3, "note of 3")
    assert store.checkpoints.get("acme").size == 3  # type: ignore[union-attr]
    assert store.checkpoints.get("acme", 2) == with_theirs
    assert store.checkpoints.get("acme", 1) is None


# ---- several acts as one --------------------------------------------------------------------------------------------


def test_a_statement_and_its_credits_are_kept_together(store: Store) -> None:
    with store.together():
        row = store.statements.record("acme", "2026-03", 1, b"1" * 32, "acme", b"x")
        store.ledger.submit(RESTATE)
        # what was written is seen within, and nowhere else
        assert store.logs.size("acme") == 2
        assert [leaf.kind for leaf in store.logs.leaves("acme")] == ["statement", "entry"]
    assert store.statements.get("acme", "2026-03") == row
    assert store.check() == ()


def test_or_not_at_all(store: Store) -> None:
    def interrupted() -> None:
        with store.together():
            store.statements.record("acme", "2026-03", 1, b"1" * 32, "acme", b"x")
            with store.together():
                store.ledger.submit(RESTATE)
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        interrupted()
    assert store.statements.get("acme", "2026-03") is None
    assert store.ledger.answer("first") is None
    assert store.logs.size("acme") == 0
    assert isinstance(store.ledger.submit(RESTATE), Posted)


def test_a_step_that_failed_is_not_committed_by_a_caller_who_goes_on(store: Store) -> None:
    with refused("broken", "a step of this transaction failed"), store.together():
        store.ledger.submit(RESTATE)
        with refused("unknown", "there is no log"):
            store.logs.append("never", "fact", [b"x"])
    assert store.ledger.answer("first") is None


def test_other_threads_are_not_part_of_it(store: Store) -> None:
    seen: list[int] = []
    with store.together():
        store.ledger.submit(RESTATE)
        other = threading.Thread(target=lambda: seen.append(store.logs.size("acme")))
        other.start()
        other.join()
    assert seen == [0]
    assert store.logs.size("acme") == 1


# ---- what was recorded stays ----------------------------------------------------------------------------------------


FORBIDDEN = (
    "UPDATE transfers SET minor = 1", "DELETE FROM transfers", "DELETE FROM requests", "UPDATE leaves SET kind = ''", "DELETE FROM leaves",
    "UPDATE checkpoints SET note = ''", "DELETE FROM checkpoints", "UPDATE cosignatures SET signature = ''", "DELETE FROM cosignatures",
    "UPDATE statements SET revision = 2", "DELETE FROM statements", "DELETE FROM logs", "UPDATE logs SET size = size - 1",
    "UPDATE logs SET origin = 'x'", "UPDATE texts SET name = 'x'", "DELETE FROM texts", "UPDATE audit SET actor = 'x'", "DELETE FROM audit",
    "UPDATE marks SET value = value - 1", "DELETE FROM marks", "DELETE FROM tokens", "UPDATE facts SET source = 'x'", "DELETE FROM facts",
    "DELETE FROM spoken", "UPDATE watches SET source = 'x'", "DELETE FROM watches",
)


def test_nothing_recorded_is_changed_or_removed(store: Store) -> None:
    store.ledger.submit(RESTATE)
    store.statements.record("acme", "2026-03", 1, b"1" * 32, "acme", b"x")
    store.checkpoints.put("acme", 2, "note")
    store.checkpoints.cosign("acme", 2, "customer", "x")
    store.texts.put("agreements/a.yaml", b"x", "anna", 1)
    store.audit.add("anna", "record", "x", "done", 1)
    store.marks.raise_to("x", 1)
    store.tokens.create("desk", ["record"], 1)
    told = {"case": "C1", "event": "opened", "at": 1, "says": {"p": "1"}}
    store.stream.record([Arrival("events", "desk", "a", "C1", 1, told)], "anna", 1)
    store.stream.record_batches([], {"desk": (1, None)}, "anna", 1)
    more = ("TRUNCATE facts, touched", "TRUNCATE leaves CASCADE") if store.database.dialect == "postgresql" else ()
    for statement in (*FORBIDDEN, *more):
        what = "only grows" if statement.startswith(("UPDATE logs", "UPDATE marks")) else "cannot be changed or removed"
        with refused("added", what), store.database.writing() as connection:
            connection.execute(text(statement))
    assert store.check() == ()


@pytest.mark.parametrize(("damage", "told"), [
    ("UPDATE facts SET digest = hash FROM leaves WHERE leaves.idx = seq AND seq = 1",
     "fact 1 of the stream says something else than its index"),
    ("DELETE FROM facts WHERE seq = 0", "leaf 0 of the stream is a fact that is not in its index"),
    ("UPDATE facts SET seq = 7 WHERE seq = 1", "fact 7 of the stream has no leaf"),
    ("UPDATE texts SET bytes = hash", "text agreements/a.yaml does not have the hash it was given"),
])
def test_check_holds_the_index_against_the_leaves(store: Store, damage: str, told: str) -> None:
    many = [Arrival("events", "desk", f"e{n}", "C1", n, {"case": "C1", "event": "opened", "at": n}) for n in range(2)]
    store.stream.record(many, "anna", 1)
    store.texts.put("agreements/a.yaml", b"x", "anna", 1)
    assert store.check() == ()
    with store.database.writing() as connection:
        if store.database.dialect == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")   # triggers are off
        else:
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in names:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(damage)
    assert told in store.check()


# ---- the schema -----------------------------------------------------------------------------------------------------


def test_the_migrations_make_the_schema(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    import upheld.stores.live_schema  # noqa: F401 - its tables belong to the schema

    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, METADATA) == []


def test_opening_again_changes_nothing(place: str, store: Store) -> None:
    store.ledger.submit(RESTATE)
    with open_store(place, create=False) as again:
        assert again.ledger.entries("acme") == store.ledger.entries("acme")


def test_many_may_open_a_new_store_at_once(empty_place: str) -> None:
    opened: list[Store] = []
    ready = threading.Barrier(6)

    def go() -> None:
        ready.wait()
        opened.append(open_store(empty_place))

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 6
    for store in opened:
        store.close()


def test_a_schema_of_a_later_release_is_refused_and_not_touched(place: str, store: Store) -> None:
    with store.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with refused("newer", f"this store is at revision 0099, and this release of Upheld reads up to {HEAD}"):
        open_store(place)
    with store.database.reading() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0099"


def test_a_store_that_a_later_release_has_taken_over_is_written_no_more(store: Store) -> None:
    store.marks.raise_to("a", 1)
    with store.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with refused("newer", "this store is at revision 0099"):
        store.marks.raise_to("a", 2)
    with refused("newer", "this store is at revision 0099"), store.together():
        store.marks.raise_to("a", 2)
    assert store.marks.get("a") == 1


def test_a_database_of_something_else_is_refused(empty_place: str) -> None:
    from upheld.stores.database import connect

    database = connect(empty_place, create=True)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE people (name TEXT)"))
    with refused("foreign", "this is a database, but not an Upheld store"):
        open_store(empty_place)
    database.engine.dispose()


def test_a_store_that_is_not_there_is_told(empty_place: str) -> None:
    with refused("missing", "there is no store at"):
        open_store(empty_place, create=False)
