"""``upheld explain``: the ledger of one figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.acts import pairs
from upheld.cli.opening import facts_of, versions_of, workspace_at
from upheld.cli.options import as_of_option, fail, format_option, workspace_option

if TYPE_CHECKING:
    from upheld.assessment.explain import Ledger


@click.command("explain")
@click.argument("agreement")
@click.argument("commitment")
@click.argument("period", required=False)
@click.argument("case", required=False)
@click.option("--for", "group", multiple=True, metavar="NAME=VALUE", help="Which result, where there is one for each value.")
@workspace_option
@as_of_option
@format_option("text", "json", "csv", "md")
def command(agreement: str, commitment: str, period: str | None, case: str | None, group: tuple[str, ...], root: Path,
            as_of: int | None, form: str) -> None:
    """Why is this figure what it is? Every span counted, every span left out and by which clause; they add up to it.

    PERIOD is a window's label (2026-Q1); left out, the last that went wrong. CASE explains one case's clock.
    """
    from upheld.assessment.explain import NotFoundError, explain

    wanted = pairs(group, "--for")
    workspace = workspace_at(root)
    plans, facts = versions_of(workspace, agreement), facts_of(workspace)
    try:
        ledger = explain(plans, facts, as_of, commitment, period, wanted, case)
    except NotFoundError as problem:
        fail(str(problem), 2)
    show(ledger, form)


def show(ledger: Ledger, form: str) -> None:
    """Print the ledger in the form asked for."""
    from upheld.assessment import ledger_text

    if form == "text":
        from upheld.cli.text import console

        out = console()
        for line in ledger_text.to_lines(ledger):
            out.print(line, soft_wrap=True, markup=False)
    else:
        render = {"json": ledger_text.to_json, "csv": ledger_text.to_csv, "md": ledger_text.to_markdown}[form]
        click.echo(render(ledger), nl=False)
