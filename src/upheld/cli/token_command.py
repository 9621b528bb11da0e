"""``upheld token``: who may ask a server, and what."""

from __future__ import annotations

import time
from pathlib import Path

import click

from upheld.cli.database import database_option, home_of, open_database
from upheld.cli.options import INSTANT, fail, workspace_option


@click.group("token")
def command() -> None:
    """Make, list and revoke the tokens with which programs ask `upheld serve`."""


@command.command("create")
@click.option("--actor", required=True, metavar="NAME", help="Who will hold it: what stands beside everything done with it.")
@click.option("--scope", "scopes", multiple=True, required=True, metavar="SCOPE",
              help="What it opens, more than once if need be: facts:write, facts:write:SOURCE, facts:backfill, clocks:read, "
                   "clocks:read:AGREEMENT, acknowledge, acknowledge:AGREEMENT, metrics:read, admin.")
@click.option("--expires", type=INSTANT, default=None, metavar="TIME", help="From when it is good no more.")
@database_option
@workspace_option
def create(actor: str, scopes: tuple[str, ...], expires: int | None, database: str, root: Path) -> None:
    """Make a token. Its secret is printed once, and kept nowhere."""
    from upheld.stores.trouble import StoreError
    from upheld.web.scopes import escaped, scope_fault

    scopes = tuple(map(escaped, scopes))
    wrong = [text for scope in scopes if (text := scope_fault(scope))]
    if wrong:
        fail(wrong[0], 2)
    now = time.time_ns() // 1000
    if expires is not None and expires <= now:
        fail("it would have expired already", 2, "give a later --expires")
    with open_database(home_of(root), database) as store:
        try:
            token, secret = store.tokens.create(actor, scopes, now, "command line", expires)
        except StoreError as problem:
            fail(problem.what, 2 if problem.slug == "form" else 4, problem.help)
        click.echo(secret)
        click.echo(f"token {token.id} of {token.actor}: {', '.join(token.scopes)}. This is the only time it is shown.", err=True)


@command.command("list")
@database_option
@workspace_option
def show(database: str, root: Path) -> None:
    """Every token there ever was, without its secret."""
    from upheld.values.instant import format_instant

    now = time.time_ns() // 1000
    with open_database(home_of(root), database, make=False) as store:
        for token in store.tokens.list():
            state = "revoked " + format_instant(token.revoked_at) if token.revoked_at is not None else \
                "expired " + format_instant(token.expires_at) if token.expires_at is not None and token.expires_at <= now else \
                "used " + format_instant(token.used_at // 60_000_000 * 60_000_000) if token.used_at is not None else "never used"
            click.echo(f"{token.id:>4}  {token.actor:<24}  {', '.join(token.scopes):<40}  {state}")


@command.command("revoke", short_help="A token is good no more.")
@click.argument("token", type=int)
@database_option
@workspace_option
def revoke(token: int, database: str, root: Path) -> None:
    """TOKEN (its number in the list) is good no more, from the next request on."""
    from upheld.stores.trouble import StoreError

    with open_database(home_of(root), database, make=False) as store:
        try:
            gone = store.tokens.revoke(token, time.time_ns() // 1000)
        except StoreError as problem:
            fail(problem.what, 2, problem.help)
        click.echo(f"token {gone.id} of {gone.actor} is revoked")
