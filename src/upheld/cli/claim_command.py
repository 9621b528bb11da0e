"""``upheld claim``: claim the credit of a result."""

from __future__ import annotations

from pathlib import Path

import click

from upheld.cli.acts import at_option, by_option, on_record, pairs, result_option
from upheld.cli.options import workspace_option


@click.command("claim")
@click.argument("agreement")
@click.argument("commitment")
@click.argument("window")
@result_option
@click.option("--case", default="", help="The case, where each case is paid for.")
@by_option
@click.option("--evidence", multiple=True, metavar="WHAT", help="What comes with the claim, one option for each need.")
@at_option
@workspace_option
def command(agreement: str, commitment: str, window: str, group: tuple[str, ...], case: str, actor: str, evidence: tuple[str, ...],
            at: int | None, root: Path) -> None:
    """Put on record that the credit of COMMITMENT in WINDOW is claimed."""
    from upheld.closing.acts import claim

    said = pairs(group, "--for")
    on_record(root, agreement, at, lambda desk: claim(desk, commitment, window, said, actor, evidence, case))
