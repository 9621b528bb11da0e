"""``upheld credits``: what is owed, line by line, with its working."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from upheld.cli.options import as_of_option, fail, findings_or_exit, format_option, show_findings, workspace_option

_FORMS = ("text", "json", "csv", "md")


@click.command("credits")
@click.argument("agreement", required=False)
@workspace_option
@as_of_option
@click.option("--period", "periods", multiple=True, metavar="LABEL", help="Show only these windows: 2026-Q1, 2026-03, or 2026 for all of it.")
@format_option(*_FORMS)
def command(agreement: str | None, root: Path, as_of: int | None, periods: tuple[str, ...], form: str) -> None:
    """Work out what is owed under AGREEMENT (default: all): credits, caps, claims, rights, what was earned back."""
    from upheld.cli.progress import reading, steps
    from upheld.remedies import report
    from upheld.remedies.settle import settle
    from upheld.values.finding import FindingsError, has_errors
    from upheld.workspace import NoWorkspaceError, open_workspace

    try:
        workspace = open_workspace(root)
        if has_errors(workspace.findings):
            show_findings(workspace.findings)
            sys.exit(3)
        by_agreement = workspace.plans(agreement)
        if not by_agreement:
            fail(f"no agreement {agreement!r} here" if agreement else "no agreement here", 2, "there are: " + ", ".join(workspace.plans()))
        with reading() as progress:
            facts = workspace.facts(progress)
    except NoWorkspaceError as problem:
        fail(str(problem), 2, "run this beside agreements/ and sources/, or name the folder with -w")
    except FindingsError as problem:
        findings_or_exit(problem)
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
