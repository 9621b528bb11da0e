"""``upheld conform``: run clock cases of other systems and tell which agree."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from upheld.cli.options import fail


@click.command("conform")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(paths: tuple[Path, ...]) -> None:
    """Run files of clock cases (facts and expected answers from other systems) and compare.

    Exit code 0 only if every case that is said to agree does, with the boundary it declares.
    """
    from upheld.conform import conform_files

    files = []
    for path in paths:
        try:
            files.append((path.name, path.read_bytes()))
        except OSError as problem:
            fail(f"{path}: {problem.strerror or problem}", 3)
    report = conform_files(files)
    for line in report.lines():
        click.echo(line)
    sys.exit(0 if report.ok else 1)
