"""``upheld explain``: the ledger of one figure."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.options import as_of_option, fail, findings_or_exit, format_option, show_findings, workspace_option

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
    from upheld.cli.progress import reading
    from upheld.values.finding import FindingsError, has_errors
    from upheld.workspace import NoWorkspaceError, open_workspace

    wanted = dict(_pair(g) for g in group)
    try:
        workspace = open_workspace(root)
        if has_errors(workspace.findings):
            show_findings(workspace.findings)
            sys.exit(3)
        plans = workspace.plans(agreement).get(agreement)
        if plans is None:
            fail(f"no agreement {agreement!r} here", 2, "there are: " + ", ".join(workspace.plans()))
        with reading() as progress:
            facts = workspace.facts(progress)
        ledger = explain(plans, facts, as_of, commitment, period, wanted, case)
    except NoWorkspaceError as problem:
        fail(str(problem), 2)
    except FindingsError as problem:
        findings_or_exit(problem)
    except NotFoundError as problem:
        fail(str(problem), 2)
    show(ledger, form)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        fail(f"--for {text} names no value", 2, "write --for component=Actions")
    return name, value


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
