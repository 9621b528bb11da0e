"""``upheld credits``: what is owed, line by line, with its working."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from upheld.cli.opening import facts_of, plans_of, workspace_at
from upheld.cli.options import as_of_option, fail, format_option, workspace_option

_FORMS = ("text", "json", "csv", "md")


@click.command("credits")
@click.argument("agreement", required=False)
@workspace_option
@as_of_option
@click.option("--period", "periods", multiple=True, metavar="LABEL", help="Show only these windows: 2026-Q1, 2026-03, or 2026 for all of it.")
@format_option(*_FORMS)
def command(agreement: str | None, root: Path, as_of: int | None, periods: tuple[str, ...], form: str) -> None:
    """Work out what is owed under AGREEMENT (default: all): credits, caps, claims, rights, what was earned back."""
    from upheld.cli.progress import steps
    from upheld.remedies import report
    from upheld.remedies.settle import settle

    workspace = workspace_at(root)
    by_agreement, facts = plans_of(workspace, agreement), facts_of(workspace)
    settlements = []
    for plans in by_agreement.values():
        try:
            with steps(f"settling {plans[0].agreement}") as told:
                one = settle(plans, facts, as_of, progress=told)
        except ValueError as problem:
            fail(str(problem), 2)
        if periods:
            one = replace(one, lines=tuple(line for line in one.lines if any(line.window.startswith(p) for p in periods)))
        settlements.append(one)
    if form == "text":
        click.echo(report.to_text(settlements, next(iter(by_agreement.values()))[-1].zone), nl=False)
    else:
        render = {"json": report.to_json, "csv": report.to_csv, "md": report.to_markdown}[form]
        click.echo(render(settlements), nl=False)
