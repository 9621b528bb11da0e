"""``upheld init``: a first workspace from a file of your own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from upheld.cli.options import fail, findings_or_exit


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="The folder to begin (default: here).")
@click.option("--dry-run", is_flag=True, help="Show the two files, write nothing.")
def command(file: Path, into: Path, dry_run: bool) -> None:
    """Guess how FILE (CSV, Parquet, JSONL) maps to facts, and write a source file and a starter agreement beside a copy of it.

    Nothing that is there is overwritten. Values that no word explains are listed with their counts.
    """
    from upheld.sources.guess import guess
    from upheld.values.finding import FindingsError

    if not file.exists():
        fail(f"{file}: there is no such file", 3)
    if file.suffix.lower() in (".xlsx", ".xls", ".xlsm", ".ods"):
        fail(f"{file}: a spreadsheet is not read", 3, "save the sheet as CSV, and give that file")
    try:
        found = guess(file)
    except FindingsError as problem:
        findings_or_exit(problem)
    name = file.name.split(".")[0].lower().replace(" ", "-") or "facts"
    source, agreement = into / "sources" / f"{name}.yaml", into / "agreements" / f"{name}.yaml"
    if dry_run:
        click.echo(f"# {source}\n{found.source}\n# {agreement}\n{found.agreement}", nl=False)
    else:
        there = [p for p in (source, agreement) if p.exists()]
        if there:
            fail(f"{', '.join(map(str, there))}: already there, and left alone", 2, "name another folder with --into, or look with --dry-run")
        _write(file, into, {source: found.source, agreement: found.agreement})
        click.echo(f"wrote {source} and {agreement}", err=True)
    for line in found.report:
        click.echo(line, err=dry_run)
    if found.unmapped:
        click.echo("values no word explains (they stand in the map; give each an event, or ignore it):", err=dry_run)
        for value, n in found.unmapped:
            click.echo(f"{n:>10}  {value}", err=dry_run)
    if not dry_run:
        click.echo(f"next: look through both files, then: upheld check {into} && upheld assess -w {into}", err=True)
    sys.exit(0)


def _write(file: Path, into: Path, texts: dict[Path, str]) -> None:
    data = into / "data" / file.name
    data.parent.mkdir(parents=True, exist_ok=True)
    if not data.exists():
        shutil.copyfile(file, data)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
