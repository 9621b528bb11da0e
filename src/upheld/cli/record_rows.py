"""Rows of facts put on record, in parts: into the store here, or sent to a server.

Law: a part is recorded whole or told why not; what is on record already adds nothing, so all of it may be done again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import click

from upheld.cli.options import fail
from upheld.cli.rows import Row, record_rows
from upheld.cli.sending import RefusedError, Sender, UnreachableError, parts_of_rows
from upheld.stores.store import Store
from upheld.stores.trouble import StoreError

__all__ = ["record_here", "send_rows"]

_LOCAL = ("localhost", "127.0.0.1", "::1")


def record_here(store: Store, rows: Iterator[Row], actor: str, at: int, *, size: int, partial: bool) -> None:
    """Record the rows in the store; leaves with 0, 1 (refused rows) or 4."""
    try:
        _leave(record_rows(store, rows, actor, at, size=size, partial=partial))
    except StoreError as problem:
        fail(problem.what, 4, problem.help)


def send_rows(rows: Iterator[Row], address: str, token: str, *, partial: bool, size: int, patience: int) -> None:
    """Send the rows to a server, each part for at most ``patience`` seconds; leaves with 0, 1 (refused rows), 2 or 4."""

    where = urlsplit(address)
    if where.scheme not in ("http", "https") or not where.hostname or (where.scheme == "http" and where.hostname not in _LOCAL):
        fail(f"{address} is no https address", 2, "a token and facts are sent in the clear only to this machine itself")
    if not token:
        fail("a token is needed", 2, "upheld token create --actor ME --scope facts:write, then export UPHELD_TOKEN=…")
    sender = Sender(address, token, partial, patience, lambda said: click.echo(f"upheld: {said}", err=True))
    with sender.client:
        _leave(_sent(sender, rows, size))


def _sent(sender: Sender, rows: Iterator[Row], size: int) -> tuple[int, int, int]:
    """(recorded, on record before, refused)."""
    sent = new = same = refused = 0
    for part in parts_of_rows(((row.place, row.line()) for row in rows), size):
        try:
            said = sender.send(part)
        except RefusedError as problem:
            _tell(part.places, problem.problem.get("errors", []))
            click.echo(f"{sent:,} rows sent before: {new:,} recorded, {same:,} were on record", err=True)
            fail(f"{problem} ({problem.status})", 1 if problem.status in (404, 409, 422) else 2, problem.problem.get("help", ""))
        except UnreachableError as problem:
            click.echo(f"{sent:,} rows sent before: {new:,} recorded, {same:,} were on record", err=True)
            fail(f"the server gave no answer: {problem}", 4, "send the same again: nothing is recorded twice")
        sent, new, same, refused = sent + len(part.places), new + said["recorded"], same + said["same"], refused + said["refused"]
        _tell(part.places, [{"row": row["row"], **error} for row in said["rows"] for error in row.get("errors", [])])
        if sys.stderr.isatty():
            click.echo(f"\r{sent:,} rows", nl=False, err=True)
    return new, same, refused


def _tell(places: Sequence[str], errors: list[dict[str, str]]) -> None:
    for error in errors:
        row = int(error.get("row", 0))
        # in a part the pointer begins with the row, and the row is told by its place
        pointer = error["pointer"].removeprefix(f"/{row}")
        click.echo(f"{places[row] if row < len(places) else row}: {pointer} {error['slug']}: {error['detail']}", err=True)


def _leave(counts: tuple[int, int, int]) -> None:
    new, same, refused = counts
    click.echo(f"{new:,} facts recorded, {same:,} were on record, {refused:,} refused")
    sys.exit(1 if refused else 0)
