"""``upheld statement``: close a period and hand it over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from upheld.cli.opening import gathering_of, leaving, now_us, versions_of, workspace_at
from upheld.cli.options import as_of_option, fail, workspace_option

if TYPE_CHECKING:
    from upheld.closing.close import Closed


@click.command("statement")
@click.argument("agreement")
@click.argument("period")
@workspace_option
@as_of_option
@click.option("--format", "form", type=click.Choice(["text", "md", "json", "path"]), default="text", show_default=True,
              help="What to print; all forms are in the folder.")
def command(agreement: str, period: str, root: Path, as_of: int | None, form: str) -> None:
    """Close PERIOD (2026-03, 2026-Q1, 2026 …) of AGREEMENT: figures, credits, evidence, signed, in one folder under statements/.

    A period that has not ended is shown, not signed. Closing again after late facts makes a revision with its differences.
    """
    closed = _closed(agreement, period, root, as_of)
    if form == "path":
        click.echo(closed.folder)
        return
    shown: Mapping[str, Any] = closed.envelope
    if form == "json":
        click.echo((closed.folder / "statement.json").read_text(encoding="utf-8"))
        return
    name = {"text": "statement.txt", "md": "statement.md"}[form]
    click.echo((closed.folder / "renderings" / name).read_text(encoding="utf-8"), nl=False)
    click.echo("")
    if figures_provisional(closed.figures):
        _say_what_is_missing(closed)
    elif not closed.fresh:
        click.echo(f"nothing changed: revision {shown['revision']} stands")
    pages = [path for path in sorted((closed.folder / "renderings").iterdir()) if path.suffix in (".pdf", ".html")]
    for path in pages:
        click.echo(f"{path.suffix[1:]:<7} {_shown(path)}")
    if not pages:
        from upheld.documents.statement import EXTRA

        click.echo(f"for PDF and HTML: {EXTRA}")
    if not figures_provisional(closed.figures):
        click.echo(f"bundle  {_shown(closed.folder)}")
        click.echo(f"verify  upheld verify {_shown(closed.folder)}")


def _say_what_is_missing(closed: Closed) -> None:
    """Why nothing is signed yet, and what the reader can do about it."""
    from upheld.statements.words import local
    from upheld.values.instant import parse_instant

    period, zone = closed.figures["period"], closed.figures["agreement"]["zone"]
    until, end = (local(period[name], zone) for name in ("known_until", "end"))
    if now_us() < parse_instant(period["end"]):
        click.echo(f"provisional: the period ends {end}; nothing is signed before")
    elif period["known_until"] != period["end"]:
        click.echo(f"provisional: facts are known until {until}, the period ends {end}; nothing is signed")
        if closed.envelope["as_of"] is None:
            click.echo("help    where the records are whole, their source says so: complete: {from: ..., until: ...} (docs/sources.md)")
    else:
        click.echo("provisional: not every result of the period can be known yet; nothing is signed")


def _closed(agreement: str, period: str, root: Path, as_of: int | None) -> Closed:
    """Read the workspace and close the period; every failure leaves with its words and its code."""
    from upheld import __version__
    from upheld.cli.progress import steps
    from upheld.closing.close import RecordedChangedError, close_period
    from upheld.closing.inputs import from_workspace
    from upheld.closing.keys import KeyFileError
    from upheld.closing.render import render
    from upheld.statements.period import PeriodError, period_of
    from upheld.stores.place import place_of
    from upheld.stores.store import open_store
    from upheld.stores.trouble import StoreError

    workspace = workspace_at(root)
    plans = versions_of(workspace, agreement)
    try:
        closing = period_of(period, plans[-1].zone)
        with leaving():
            inputs = from_workspace(workspace, agreement, gathering_of(workspace))
        (workspace.root / "records").mkdir(exist_ok=True)
        with open_store(place_of(workspace.root)) as store, steps(f"closing {period} of {agreement}") as told:
            closed = close_period(workspace.root, store, inputs, closing, as_of, now_us(), f"upheld {__version__}", render, told)
    except PeriodError as problem:
        fail(str(problem), 2)
    except RecordedChangedError as problem:
        fail(str(problem), 1, "what is on record is never edited: put the row back, and correct it with a new row (replaces)")
    except (StoreError, KeyFileError, OSError) as problem:
        fail(f"{problem}; nothing was closed", 4)
    except ValueError as problem:
        fail(str(problem), 1)
    return closed


def figures_provisional(figures: Mapping[str, Any]) -> bool:
    """Whether the figures may still change."""
    return bool(figures["provisional"])


def _shown(path: Path) -> str:
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
