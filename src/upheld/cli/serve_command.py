"""``upheld serve``: take facts over HTTP, and keep the clocks in the same process."""

from __future__ import annotations

import time
from pathlib import Path

import click

from upheld.cli.database import database_option, open_database, settings
from upheld.cli.options import fail, findings_or_exit, workspace_option


@click.command("serve")
@workspace_option
@database_option
@click.option("--host", default="", metavar="ADDRESS", help="Where to listen (default: upheld.toml, else 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65_535), default=None, help="On which port; 0 takes a free one (default: 8470).")
@click.option("--worker/--no-worker", default=True, show_default=True, help="Keep the clocks here too; without, start upheld worker beside it.")
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="Another name this server is called by.")
def command(root: Path, database: str, host: str, port: int | None, worker: bool, hosts: tuple[str, ...]) -> None:
    """Serve until stopped (SIGTERM): what is under way is finished and what waits is written.

    The agreements, calendars and source files of the workspace are put on record in the store, where every worker finds them.
    """
    from upheld.cli.serving import Serving, keep_texts
    from upheld.closing.keys import KeyFileError
    from upheld.stores.trouble import StoreError
    from upheld.values.finding import FindingsError

    home, config = settings(root)
    with open_database(home, database) as store:
        try:
            new = keep_texts(store, home, time.time_ns() // 1000)
            if new:
                click.echo(f"upheld: {new} text{'s' if new != 1 else ''} of the workspace put on record", err=True)
            Serving(store, config, home, host or config.server.host, config.server.port if port is None else port, hosts).run(worker=worker)
        except FindingsError as problem:
            findings_or_exit(problem)
        except (KeyFileError, StoreError, OSError) as problem:
            fail(str(problem), 4)
