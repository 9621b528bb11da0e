"""``upheld fmt``: lay an agreement out in the canonical form, comments kept."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from upheld.cli.options import fail, show_findings


@click.command("fmt")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit 1 if a file is not in the canonical form.")
def command(paths: tuple[Path, ...], only_check: bool) -> None:
    """Lay agreement files out in the canonical form. ``-`` reads stdin and writes stdout.

    A file with findings of form is left as it is.
    """
    from upheld.agreement.fmt import fmt
    from upheld.values.finding import FindingsError

    untidy = False
    refused = False
    for path in paths:
        try:
            data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
            text = data.decode("utf-8")
            laid_out = fmt(text)
        except FindingsError as problem:
            show_findings(problem.findings)
            refused = True
            continue
        except (OSError, UnicodeDecodeError) as problem:
            fail(f"{path}: {problem}", 3)
        if str(path) == "-":
            click.echo(laid_out, nl=False)
        elif laid_out != text:
            untidy = True
            if not only_check:
                _replace(path, laid_out)
            click.echo(f"{path}: {'would be laid out anew' if only_check else 'laid out'}", err=True)
    sys.exit(3 if refused else 1 if untidy and only_check else 0)


def _replace(path: Path, text: str) -> None:
    # written beside and moved over: a crash leaves the old text or the new one, never half of it
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    Path(name).chmod(path.stat().st_mode)
    Path(name).replace(path)
