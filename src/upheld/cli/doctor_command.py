"""``upheld doctor``: say what is wrong with this installation or workspace, and what to do."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from upheld.cli.options import workspace_option

Check = tuple[bool, str, str]
"""Fine or not, what was looked at, what to do."""

_NEEDED = ("numpy", "polars", "pydantic", "PyYAML", "ruamel.yaml", "click", "rich", "holidays", "python-dateutil", "icalendar", "tzdata")


@click.command("doctor")
@workspace_option
def command(root: Path) -> None:
    """Look at the installation and the workspace and say what is wrong. Exit code 1 if something is."""
    worst = 0
    for fine, what, todo in (*_installation(), *_workspace(root)):
        click.echo(f"{'ok  ' if fine else 'BAD '} {what}")
        if not fine:
            click.echo(f"     {todo}")
            worst = 1
    sys.exit(worst)


def _installation() -> Iterator[Check]:
    yield sys.version_info >= (3, 11), f"Python {platform.python_version()}", "Upheld needs Python 3.11 or newer"
    for name in _NEEDED:
        try:
            yield True, f"{name} {importlib.metadata.version(name)}", ""
        except importlib.metadata.PackageNotFoundError:
            yield False, f"{name} is missing", "install upheld again with its dependencies"
    from upheld.values.zone import UnknownZone, zone

    try:
        zone("Europe/Berlin")
        yield True, "zone database of the tzdata package answers", ""
    except UnknownZone as problem:
        yield False, f"zone database: {problem}", "install tzdata again"


def _workspace(root: Path) -> Iterator[Check]:
    from upheld.sources.files import sources_of
    from upheld.values.finding import FindingsError
    from upheld.workspace import NoWorkspaceError, open_workspace

    try:
        workspace = open_workspace(root)
    except NoWorkspaceError as problem:
        yield True, f"no workspace here ({problem})", ""
        return
    errors = sum(f.severity == "error" for f in workspace.findings)
    yield not errors, f"{len(workspace.agreements)} agreements, {errors} errors, {len(workspace.findings) - errors} warnings and notes", \
        "upheld check tells each"
    try:
        for source in sources_of(workspace.root):
            missing = [f for f in source.files if not list(workspace.root.glob(f))]
            yield not missing, f"source {source.name}: {', '.join(source.files)}", f"no file is there for {', '.join(missing)}"
    except FindingsError as problem:
        yield False, f"{len(problem.findings)} findings in source files", f"{problem.findings[0].place}: {problem.findings[0].message}"
