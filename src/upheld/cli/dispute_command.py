"""``upheld dispute``: contest a result by a clause of the agreement."""

from __future__ import annotations

from pathlib import Path

import click

from upheld.cli.acts import at_option, by_option, on_record, pairs, result_option
from upheld.cli.options import workspace_option


@click.command("dispute")
@click.argument("agreement")
@click.argument("clause")
@click.argument("commitment")
@click.argument("window")
@result_option
@by_option
@click.option("--with", "details", multiple=True, metavar="NAME=VALUE", help="What the clause needs: start=..., end=..., reason=...")
@at_option
@workspace_option
def command(agreement: str, clause: str, commitment: str, window: str, group: tuple[str, ...], actor: str, details: tuple[str, ...],
            at: int | None, root: Path) -> None:
    """Put on record that a party contests COMMITMENT in WINDOW by the dispute CLAUSE. Nothing changes until it is decided."""
    from upheld.closing.acts import dispute

    said, needs = pairs(group, "--for"), pairs(details, "--with")
    on_record(root, agreement, at, lambda desk: dispute(desk, clause, commitment, window, said, actor, needs))
