"""Brings a store's schema to the one this code reads: alembic's revisions from inside the package, so an installed wheel can too.

Law: a store is wholly at a revision or not at all; one written by a later release, or by something else, is refused and not touched.
"""

from __future__ import annotations

import io
import threading
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from upheld.stores.many import alone
from upheld.stores.trouble import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["APPLICATION", "HEAD", "as_sql", "bring_up", "revision_of", "still_ours"]

HEAD = "0004"
"""The revision this code reads and writes."""

APPLICATION = 0x5550484C
"""SQLite's application id of an Upheld store (``UPHL``)."""

_ONE_AT_A_TIME = threading.Lock()
"""alembic keeps its context in module globals."""


def revision_of(connection: Connection) -> str | None:
    """The store's revision, None for an empty database. Raises ``StoreError`` for a database of something else, or of a later release."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if connection.dialect.name == "sqlite":
        ours = connection.scalar(text("PRAGMA application_id")) == APPLICATION
    else:
        ours = {"logs", "leaves", "transfers"} <= set(tables)   # others use alembic too
    found = connection.scalar(text("SELECT version_num FROM alembic_version")) if ours and "alembic_version" in tables else None
    if found is None:
        raise StoreError("foreign", "this is a database, but not an Upheld store", "name another file; an Upheld store is made by Upheld")
    return _readable(str(found))


def still_ours(connection: Connection) -> None:
    """Raises ``StoreError`` where a later release has brought the store up since it was opened: what this one writes could be wrong there."""
    _readable(str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()))


def _readable(found: str) -> str:
    if found > HEAD:
        raise StoreError("newer", f"this store is at revision {found}, and this release of Upheld reads up to {HEAD}",
                         "use the release that wrote it, or a later one; nothing was changed")
    return found


def bring_up(connection: Connection) -> None:
    """Make or migrate the tables, in the transaction of ``connection``. Raises ``StoreError`` as ``revision_of`` does."""
    # of two processes that start at once the second finds it done
    alone(connection, "schema")
    if revision_of(connection) == HEAD:
        return
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA application_id = {APPLICATION}"))


def as_sql(dialect: str) -> str:
    """The statements that make the schema on another database, as text."""
    from alembic import command

    written = io.StringIO()
    config = _config()
    config.output_buffer = written
    config.attributes["dialect"] = dialect
    with _ONE_AT_A_TIME:
        command.upgrade(config, "head", sql=True)
    return written.getvalue()


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    # a percent sign in the path of the package would be read as a reference to a setting
    config.set_main_option("script_location", str(files("upheld.stores") / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
