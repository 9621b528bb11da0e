"""``upheld calendar``: freeze holidays to a file, see what a newer library would change, show opening hours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.opening import leaving, versions_of
from upheld.cli.options import INSTANT, fail, findings_or_exit, workspace_option

if TYPE_CHECKING:
    from upheld.calendars.grid import Grid


@click.group("calendar")
def command() -> None:
    """Freeze holidays to a file, see what a newer library would change, show opening hours."""


@command.command("freeze", short_help="Holidays of some years to a file.")
@click.argument("name")
@click.argument("years")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file (default: calendars/NAME.yaml).")
@click.option("--category", "categories", multiple=True, help="Kinds of holiday besides public ones: bank, half_day, …")
@click.option("--force", is_flag=True, help="Replace a list that is there.")
def freeze(name: str, years: str, out: Path | None, categories: tuple[str, ...], force: bool) -> None:
    """Write the holidays of NAME (DE, DE-BE, US-NY) for YEARS (2026 or 2026..2028) with the library's version.

    NAME may be an iCalendar file instead (company.ics): its whole-day events become the list ``company``.
    Evaluation reads only the frozen file: a new library or feed changes no figure until you freeze again.
    """
    from upheld.sources.calendar_freeze import UnknownCountryError, freeze
    from upheld.values.finding import FindingsError

    feed = Path(name) if name.endswith(".ics") else None
    target = out or Path("calendars") / f"{feed.stem if feed else name}.yaml"
    if target.exists() and not force:
        fail(f"{target} is there already", 2, f"see what would change with: upheld calendar diff {target}; replace it with --force")
    country, _, subdivision = name.partition("-")
    try:
        text = _frozen_feed(feed, _years(years)) if feed else freeze(country, subdivision, _years(years), categories)
    except (UnknownCountryError, ValueError) as problem:
        fail(str(problem), 2)
    except FindingsError as problem:
        findings_or_exit(problem)
    except OSError as problem:
        fail(f"{name}: {problem.strerror or problem}", 3)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    click.echo(f"wrote {target}", err=True)


@command.command("diff", short_help="Where the library now says otherwise.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def diff(file: Path) -> None:
    """Tell what the library installed now says otherwise than the frozen FILE. Exit code 1 if a date differs."""
    from upheld.calendars.holidays import diff as compare
    from upheld.calendars.holidays import read_frozen
    from upheld.sources.calendar_freeze import UnknownCountryError, frozen_of
    from upheld.values.finding import FindingsError
    from upheld.values.instant import date_text

    try:
        old = read_frozen(file.name, file.read_bytes())
        country, _, subdivision = old.name.partition("-")
        years = (int(date_text(old.first)[:4]), int(date_text(old.last)[:4]))
        found = compare(old, frozen_of(country, subdivision, years, old.categories))
    except OSError as problem:
        fail(f"{file}: {problem.strerror or problem}", 3)
    except FindingsError as problem:
        findings_or_exit(problem)
    except (UnknownCountryError, ValueError) as problem:
        fail(str(problem), 2)
    for day, title in found.added:
        click.echo(f"+ {date_text(day)} {title}")
    for day, title in found.removed:
        click.echo(f"- {date_text(day)} {title}")
    for day, before, after in found.renamed:
        click.echo(f"  {date_text(day)} {before} is called {after} now")
    sys.exit(0 if found.is_same else 1)


@command.command("show", short_help="The open spans, and their sum.")
@click.argument("agreement")
@click.argument("calendar")
@workspace_option
@click.option("--from", "start", type=INSTANT, required=True, metavar="TIME", help="From when.")
@click.option("--until", "end", type=INSTANT, required=True, metavar="TIME", help="Until when.")
def show(agreement: str, calendar: str, root: Path, start: int, end: int) -> None:
    """List the open spans of a calendar of AGREEMENT, in its zone, with their sum."""
    from upheld.assessment.show import show_duration
    from upheld.calendars.grid import compile_grid
    from upheld.workspace import open_workspace

    # an error in another agreement is no reason not to show this one's calendar
    with leaving():
        plans = versions_of(open_workspace(root), agreement)
    spec = plans[-1].calendars.get(calendar)
    if spec is None:
        fail(f"no calendar {calendar!r} in {agreement}", 2, "there are: " + ", ".join(plans[-1].calendars))
    if end <= start:
        fail("--until lies before --from", 2)
    grid = compile_grid(spec, start, end)
    _print_spans(grid, start, end)
    click.echo(f"open {show_duration(int(grid.C[-1]))} in all, zone {grid.zone}", err=True)
    if grid.known_until < end:
        click.echo("the holiday list ends before that: later days are as if there were none", err=True)


def _frozen_feed(feed: Path, years: list[int]) -> str:
    from dataclasses import replace

    from upheld.calendars.holidays import write_frozen
    from upheld.sources.calendar_feed import read_feed
    from upheld.values.instant import day_ordinal

    first, last = day_ordinal(f"{years[0]}-01-01"), day_ordinal(f"{years[-1]}-12-31")
    found = read_feed(feed.name, feed.read_bytes(), "UTC", first, last)
    if found.spans.spans:
        click.echo(f"{feed.name}: {len(found.spans.spans)} events with a time of day are no closed days and were left out", err=True)
    return write_frozen(replace(found.days, name=feed.stem, library=f"feed {feed.name}"))


def _print_spans(grid: Grid, start: int, end: int) -> None:
    from upheld.values.instant import format_instant

    for opens, closes in zip(*(a.tolist() for a in grid.spans()), strict=True):
        click.echo(f"{format_instant(max(opens, start), grid.zone)}  {format_instant(min(closes, end), grid.zone)}")


def _years(text: str) -> list[int]:
    first, dots, last = text.partition("..")
    if not first.isdigit() or (dots and not last.isdigit()) or len(first) != 4 or (dots and len(last) != 4):
        fail(f"{text} are no years", 2, "write 2026 or 2026..2028")
    years = list(range(int(first), int(last or first) + 1))
    if not years:
        fail(f"{text} runs backwards", 2, f"write {last}..{first}")
    return years
