"""``upheld declare``: an approval, a waiver, a choice, the use of a right, a duty done, a credit given before."""

from __future__ import annotations

from pathlib import Path

import click

from upheld.cli.acts import at_option, by_option, on_record, pairs
from upheld.cli.options import workspace_option


@click.command("declare")
@click.argument("agreement")
@click.argument("kind")
@click.argument("about")
@by_option
@click.option("--with", "details", multiple=True, metavar="NAME=VALUE", help="What else is said: window=2026-03, option=2, amount=120.00.")
@at_option
@workspace_option
def command(agreement: str, kind: str, about: str, actor: str, details: tuple[str, ...], at: int | None, root: Path) -> None:
    """Put a declaration of KIND about something (a commitment, a fact's id, a right, a duty) on record.

    Kinds: approval, rejection, choice, waiver, exercise, done, notice, "credit given".
    """
    from upheld.closing.acts import declare

    said = pairs(details, "--with")
    on_record(root, agreement, at, lambda desk: declare(desk, kind, about, actor, said))
