"""``upheld backtest``: what proposed terms would have meant over past months, next to the terms in force."""

from __future__ import annotations

import re
from pathlib import Path

import click

from upheld.cli.opening import facts_of, workspace_at
from upheld.cli.options import as_of_option, fail, format_option
from upheld.cli.proposal import read_proposal


@click.command("backtest")
@click.argument("proposed", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--against", "-w", "root", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="DIR",
              help="The workspace with the terms in force and the facts (default: here or above).")
@click.option("--from", "since", default=None, metavar="MONTH", help="Only windows that end in or after this month: 2025-01.")
@click.option("--until", "until", default=None, metavar="MONTH", help="Only windows that end in or before this month: 2025-12.")
@as_of_option
@format_option("text", "json", "md", "csv")
def command(proposed: Path, root: Path, since: str | None, until: str | None, as_of: int | None, form: str) -> None:
    """Apply the terms of the file PROPOSED over past facts, next to the terms in force of the same agreement."""
    from upheld.cli.progress import steps
    from upheld.foresight import backtest_report
    from upheld.foresight.backtest import backtest

    loaded = read_proposal(proposed, root)
    assert loaded.plan is not None
    span = months(since, until, loaded.plan.zone)
    workspace = workspace_at(root, "name the workspace with --against")
    terms = workspace.plans(loaded.plan.agreement).get(loaded.plan.agreement, ())
    facts = facts_of(workspace)
    if not terms:
        click.echo(f"upheld: {loaded.plan.agreement} has no terms in force here; its proposed terms stand alone", err=True)
    try:
        with steps("applying the terms") as told:
            found = backtest(terms, loaded.plan, facts, as_of, since=span[0], until=span[1], progress=told)
    except ValueError as problem:
        fail(str(problem), 2)
    render = {"text": backtest_report.to_text, "json": backtest_report.to_json, "md": backtest_report.to_markdown,
              "csv": backtest_report.to_csv}[form]
    click.echo(render(found), nl=False)


def months(since: str | None, until: str | None, zone_name: str) -> tuple[int | None, int | None]:
    """The beginning of the first month and the end of the last, µs; leaves with 2 where one is no month."""
    from upheld.values.instant import DAY_US, day_ordinal
    from upheld.values.zone import zone

    def at(text: str | None, option: str, *, after: bool) -> int | None:
        if text is None:
            return None
        found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text, re.ASCII)
        if found is None:
            fail(f"{option} {text} is no month", 2, "write the year and the month, such as 2025-01")
        year, month = int(found[1]), int(found[2])
        if after:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return zone(zone_name).utc(day_ordinal(f"{year:04d}-{month:02d}-01") * DAY_US, "open")

    first, last = at(since, "--from", after=False), at(until, "--until", after=True)
    if first is not None and last is not None and last <= first:
        fail(f"--until {until} lies before --from {since}", 2, "write the earlier month after --from")
    return first, last
