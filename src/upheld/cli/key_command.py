"""``upheld key``: the key that signs the logs: what others pin, and its rotation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from upheld.cli.options import fail, workspace_option


@click.group("key")
def command() -> None:
    """Show the key that signs this workspace's logs, or hand over to a new one."""


@command.command("show")
@workspace_option
def show(root: Path) -> None:
    """The verifier key, as it belongs into the contract."""
    from upheld.closing.keys import LOG_KEY, KeyFileError, read_key
    from upheld.workspace import NoWorkspaceError, open_workspace

    try:
        click.echo(read_key(open_workspace(root).root / LOG_KEY).verifier)
    except (KeyFileError, NoWorkspaceError) as problem:
        fail(str(problem), 2, "a key is made with the first statement")


@command.command("rotate", short_help="A new key, signed over by the old one.")
@workspace_option
def rotate(root: Path) -> None:
    """Make a new key: the old one signs it over in every log, and is kept beside it under its date."""
    from upheld.closing.keys import KeyFileError, rotate_key
    from upheld.stores.place import place_of
    from upheld.stores.store import open_store
    from upheld.stores.trouble import StoreError
    from upheld.workspace import NoWorkspaceError, open_workspace

    try:
        place = open_workspace(root).root
        with open_store(place_of(place), create=False) as store:
            old, new, logs = rotate_key(place, store, datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
    except (KeyFileError, NoWorkspaceError, StoreError, OSError) as problem:
        fail(str(problem), 4)
    click.echo(f"{old.verifier}\nhands over, in {logs} log{'s' if logs != 1 else ''}, to\n{new.verifier}")
    click.echo("verifiers that pin the old key follow it; pin the new one in the next contract")
