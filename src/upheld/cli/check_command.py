"""``upheld check``: read agreements and say everything there is to mend, all at once."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from upheld.cli.options import fail, format_option, show_findings


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@format_option("text", "json", "github", "sarif")
@click.option("--strict", is_flag=True, help="Warnings count as findings too.")
def command(paths: tuple[Path, ...], form: str, strict: bool) -> None:
    """Check agreement files, or every agreement of the workspaces given (default: this one).

    Exit code 0: nothing to mend. 1: findings. 3: a file cannot be read at all.
    """
    from upheld.values.finding import Finding, has_errors, ordered
    from upheld.workspace import NoWorkspaceError, example_findings, open_workspace, read_agreement_file

    findings: list[Finding] = []
    n = 0
    for path in paths or (Path(),):
        try:
            if path.is_dir():
                workspace = open_workspace(path)
                findings += workspace.findings
                read = workspace.agreements
            else:
                read = (read_agreement_file(path),)
                findings += read[0].findings
            n += len(read)
            findings += [f for loaded in read for f in example_findings(loaded)]
        except NoWorkspaceError as problem:
            fail(str(problem), 3, "name an agreement file, or begin one with: upheld init FROM.csv")
        except OSError as problem:
            fail(f"{path}: {problem.strerror or problem}", 3)
    found = ordered(findings)
    if form != "text" or found:
        show_findings(found, form, to_stdout=True)
    if form == "text" and not has_errors(found):
        click.echo(f"{n} agreement{'s' if n != 1 else ''} in order", err=True)
    sys.exit(1 if has_errors(found) or (strict and found) else 0)
