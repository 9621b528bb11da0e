"""``upheld decide``: decide a dispute, with an actor and a reason."""

from __future__ import annotations

from pathlib import Path

import click

from upheld.cli.acts import at_option, by_option, on_record
from upheld.cli.options import workspace_option


@click.command("decide")
@click.argument("agreement")
@click.argument("dispute")
@click.option("--accept/--reject", default=None, required=True, help="Whether the dispute is right.")
@by_option
@click.option("--reason", required=True, help="Why.")
@at_option
@workspace_option
def command(agreement: str, dispute: str, accept: bool, actor: str, reason: str, at: int | None, root: Path) -> None:
    """Decide DISPUTE. What its clause adds is put on record, known from now; closed periods get a revision."""
    from upheld.closing.acts import decide

    on_record(root, agreement, at, lambda desk: decide(desk, dispute, actor, reason, accept=accept))
