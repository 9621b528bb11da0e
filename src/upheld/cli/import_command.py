"""``upheld import``: read facts through their source files and report what could not be mapped."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.opening import facts_of, leaving
from upheld.cli.options import as_of_option, format_option, workspace_option

if TYPE_CHECKING:
    from upheld.facts.tables import Facts, Refused

_SHOWN = 40


@click.command("import")
@workspace_option
@as_of_option
@format_option("text", "json", "csv")
def command(root: Path, as_of: int | None, form: str) -> None:
    """Read every source of the workspace and say what was read and, row by row, what could not be mapped.

    Nothing is written: this is the dry run that every other command repeats. Exit code 1 if a row was refused.
    """
    from upheld.assessment.horizon import first_instant, last_instant
    from upheld.facts.cut import cut
    from upheld.workspace import open_workspace

    # agreements with errors do not matter here: it is only read
    with leaving():
        facts = facts_of(open_workspace(root))
    if as_of is not None:
        facts = cut(facts, as_of)
    if form == "json":
        click.echo(json.dumps({"schema": "upheld/import", "version": 1, "rows": _rows(facts), "refused": [asdict(r) for r in facts.refused]},
                              ensure_ascii=False, indent=1))
    elif form == "csv":
        _csv(facts.refused)
    else:
        _text(facts, first_instant(facts), last_instant(facts))
    sys.exit(1 if any(r.severity == "error" for r in facts.refused) else 0)


def _rows(facts: Facts) -> dict[str, int]:
    shapes = ("events", "intervals", "samples", "counts")
    return {shape: len(table) for shape in shapes if (table := getattr(facts, shape)) is not None}


def _text(facts: Facts, first: int, last: int) -> None:
    from upheld.cli.text import console
    from upheld.values.instant import format_instant

    out = console()
    for shape, n in _rows(facts).items():
        out.print(f"{n:>12,} {shape}")
    if facts.events is not None:
        out.print(f"{len(facts.events.bounds) - 1:>12,} cases")
    if _rows(facts):
        out.print(f"             from {format_instant(first)} to {format_instant(last)}")
    else:
        out.print("no fact could be read")
    if not facts.refused:
        out.print("every row was mapped")
        return
    kinds = Counter((r.slug, r.column, r.severity) for r in facts.refused)
    out.print(f"{len(facts.refused)} rows or values not mapped:")
    for (slug, column, severity), n in kinds.most_common():
        out.print(f"{n:>12,} {severity}[{slug}]" + (f" in {column}" if column else ""), markup=False)
    for r in facts.refused[:_SHOWN]:
        where = f"{r.file}:{r.row}" if r.row else r.file
        said = f" ({r.text})" if r.message and r.text else ""
        out.print(f"  {where}: {r.slug}: {r.message or r.text}{said}", markup=False, soft_wrap=True)
    if len(facts.refused) > _SHOWN:
        out.print(f"  … and {len(facts.refused) - _SHOWN} more (--format csv lists them all)")


def _csv(refused: tuple[Refused, ...]) -> None:
    from upheld.values.csv_text import csv_text

    rows = ((r.file, r.row, r.column, r.severity, r.slug, r.text, r.message) for r in refused)
    click.echo(csv_text(("file", "row", "column", "severity", "slug", "text", "message"), rows), nl=False)
