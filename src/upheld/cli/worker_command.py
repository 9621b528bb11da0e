"""``upheld worker``: keep the clocks, climb the ladders, tell people; beside a server, or several of them on one database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from upheld.cli.database import database_option, settings
from upheld.cli.options import fail, workspace_option


@click.command("worker")
@workspace_option
@database_option
def command(root: Path, database: str) -> None:
    """Work until stopped (SIGTERM): keep every clock, fire what falls due, send what waits. Any number of workers may share a database.

    Settings come from upheld.toml beside agreements/. The log is JSON, one line a happening, on stderr.
    """
    from upheld.stores.trouble import StoreError

    _, config = settings(root)
    from upheld.service.log import log_as_json
    from upheld.service.worker import run

    log_as_json()
    where = database or config.database
    if "://" not in where:
        Path(where).parent.mkdir(parents=True, exist_ok=True)
    try:
        sys.exit(run(where, config))
    except StoreError as problem:
        fail(problem.what, 4, problem.help)
