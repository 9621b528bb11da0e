"""Which store a command of the service means, and how its failures leave."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from upheld.cli.options import fail, findings_or_exit

if TYPE_CHECKING:
    from upheld.service.config import Config
    from upheld.stores.store import Store

__all__ = ["database_option", "home_of", "open_database", "settings"]

F = TypeVar("F", bound=Callable[..., Any])


def database_option(command: F) -> F:
    """``--database URL``: which store."""
    return click.option("--database", default="", metavar="URL",
                        help="The store: a path, or postgresql://user@host/name (default: upheld.toml, else records/store.db).")(command)


def home_of(root: Path) -> Path:
    """The workspace's folder, or the one given where there is none. Leaves with 2 where no such folder exists: a slip of the pen must not
    make an installation in which nothing ever happens.
    """
    if not root.is_dir():
        fail(f"there is no folder {root}", 2, "name the one with agreements/ and upheld.toml with -w, or make it first")
    return next((folder for folder in (root.resolve(), *root.resolve().parents) if (folder / "agreements").is_dir()), root.resolve())


def settings(root: Path) -> tuple[Path, Config]:
    """The workspace's folder and its ``upheld.toml``. Leaves with 3 where that is wrong."""
    from upheld.service.config import load_config
    from upheld.values.finding import FindingsError

    home = home_of(root)
    try:
        return home, load_config(home)
    except FindingsError as problem:
        findings_or_exit(problem)


def open_database(home: Path, given: str, *, make: bool = True) -> Store:
    """The store ``given``, else the one the workspace names, made if need be and ``make``. Leaves with 4 where it cannot be had.

    Of ``upheld.toml`` only the database is read: who makes a token need not know the secrets of the mail server.
    """
    from upheld.stores.place import place_of
    from upheld.stores.store import open_store
    from upheld.stores.trouble import StoreError

    where = given
    try:
        where = given or place_of(home)
        if not make and "://" not in where and not Path(where).exists():
            fail(f"there is no store {where} yet", 4, "upheld record, upheld serve or upheld token create makes one")
        if "://" not in where:
            Path(where).parent.mkdir(parents=True, exist_ok=True)
        return open_store(where)
    except StoreError as problem:
        fail(problem.what, 4, problem.help)
    except OSError as problem:
        fail(f"{where}: {problem.strerror or problem}", 4)
