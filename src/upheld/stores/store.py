"""A store: where an installation keeps what must not change. A file or a PostgreSQL database, opened and brought up to this release.

Law: whoever opens a store gets the schema this code was written for, or is told why not; and writes no more once a later release has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from upheld.stores.answers import Answers, Quarantine
from upheld.stores.audit import Audit
from upheld.stores.check import troubles
from upheld.stores.database import Database, connect
from upheld.stores.ledger import Ledger
from upheld.stores.logs import Logs
from upheld.stores.marks import Marks
from upheld.stores.migrate import HEAD, bring_up, revision_of, still_ours
from upheld.stores.statements import Checkpoints, Statements
from upheld.stores.stream import Stream
from upheld.stores.texts import Texts
from upheld.stores.tokens import Tokens
from upheld.stores.trouble import StoreError, in_words

__all__ = ["Store", "open_store", "peeked_stream"]


_STREAM_SINCE = "0002"


@dataclass(frozen=True, slots=True)
class Store:
    """Everything one database keeps. Threads may share it; processes open their own."""

    database: Database
    logs: Logs
    ledger: Ledger
    statements: Statements
    checkpoints: Checkpoints
    stream: Stream
    texts: Texts
    tokens: Tokens
    audit: Audit
    marks: Marks
    answers: Answers
    quarantine: Quarantine

    def together(self) -> AbstractContextManager[None]:
        """``with store.together():`` makes all calls within, by this thread, one transaction: all of it is kept, or an error leaves nothing."""
        return self.database.together()

    def check(self) -> tuple[str, ...]:
        """What is wrong with the store as a whole, in sentences; empty where all is well. Reads every leaf."""
        return troubles(self.database)

    def close(self) -> None:
        """Lets the file, or the server's connections, go."""
        with in_words(self.database.place):
            self.database.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


@contextmanager
def peeked_stream(path_or_url: str | Path) -> Iterator[Stream | None]:
    """The stream of a store as it is, to read only: nothing is made or brought up. None where there is none yet. Raises ``StoreError``."""
    database = connect(path_or_url, create=False)
    try:
        with database.reading() as connection:
            revision = revision_of(connection)
        yield Stream(database) if (revision or "") >= _STREAM_SINCE else None
    finally:
        database.engine.dispose()


def open_store(path_or_url: str | Path, *, create: bool = True) -> Store:
    """The store at a path, ``sqlite:///`` or ``postgresql://`` URL, made if need be, its schema brought up.

    Raises ``StoreError``: no store there and ``create`` False, a database of something else, a schema of a later release, a disk that fails,
    a server that does not answer or does not let us in.
    """
    database = connect(path_or_url, create=create)
    try:
        with database.reading() as connection:
            current = revision_of(connection)
        if current is None and not create:
            raise StoreError("missing", f"there is no store at {database.place}", "record something first")
        if current != HEAD:
            with database.writing() as connection:
                bring_up(connection)
    except BaseException:
        database.engine.dispose()
        raise
    database = replace(database, watch=still_ours)
    return Store(database, Logs(database), Ledger(database), Statements(database), Checkpoints(database), Stream(database), Texts(database),
                 Tokens(database), Audit(database), Marks(database), Answers(database), Quarantine(database))
