"""``upheld changes``: what is announced, whether it will count as excluded, what it does to the promises."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.opening import facts_of, now_us, plans_of, workspace_at
from upheld.cli.options import INSTANT, fail, format_option, workspace_option

if TYPE_CHECKING:
    from upheld.changes.view import ChangeView
    from upheld.facts.tables import Facts
    from upheld.plans.plan import Plan

_BACK_US = 31 * 86_400_000_000
_AHEAD_US = 400 * 86_400_000_000


@click.command("changes")
@click.argument("names", nargs=-1, metavar="[AGREEMENT] [CHANGE]")
@workspace_option
@click.option("--at", type=INSTANT, default=None, metavar="TIME", help="As known then (default: now).")
@click.option("--from", "start", type=INSTANT, default=None, metavar="TIME", help="Changes not over by then (default: 31 days before).")
@click.option("--until", "end", type=INSTANT, default=None, metavar="TIME", help="Changes that begin before then (default: 400 days after).")
@click.option("--zone", default="UTC", show_default=True, metavar="ZONE", help="The second zone on a sheet.")
@format_option("text", "json", "csv", "md", "ics")
def command(names: tuple[str, ...], root: Path, at: int | None, start: int | None, end: int | None, zone: str, form: str) -> None:
    """List the changes of AGREEMENT (default: all), or show all there is to say about one CHANGE.

    A change is an announced window: it counts as excluded if the agreement's exclusions take it. The list says which do and why the
    others do not; the sheet adds what the change costs each promise if it counts and if it does not.
    """
    from upheld.changes import report

    workspace = workspace_at(root)
    by_agreement, facts = plans_of(workspace, None), facts_of(workspace)
    now = now_us() if at is None else at
    agreements = [n for n in names if n in by_agreement]
    ids = [n for n in names if n not in by_agreement]
    chosen = {n: by_agreement[n] for n in agreements} or by_agreement
    _known_zone(zone)
    lo, hi = now - _BACK_US if start is None else start, now + _AHEAD_US if end is None else end
    found = {n: _outlook(plans, facts, now, ids, lo, hi) for n, plans in chosen.items()}
    if ids and not any(found.values()):
        there = sorted({v.id for plans in chosen.values() for v in _outlook(plans, facts, now, [], None, None)})
        fail(f"no change {ids[0]!r} is known", 2, "there are: " + (", ".join(there) or "none"))
    every = [v for views in found.values() for v in views]
    if form == "json":
        click.echo(report.to_json(every), nl=False)
    elif form == "csv":
        click.echo(report.to_csv(every), nl=False)
    elif form == "ics":
        _feed(chosen, found, lo, hi)
    elif ids and form == "text":
        click.echo("\n".join(report.sheet(v, zone) for v in every), nl=False)
    else:
        texts = []
        for name, plans in chosen.items():
            last = plans[-1]
            if form == "md":
                texts.append(report.to_markdown(found[name], last.title, now, last.zone))
            else:
                texts.append(report.to_text(found[name], last.title, now, last.zone, _freezes(last, lo, hi)))
        click.echo("\n".join(texts), nl=False)


def _known_zone(name: str) -> None:
    from upheld.values.zone import UnknownZone
    from upheld.values.zone import zone as zone_of

    try:
        zone_of(name)
    except UnknownZone as problem:
        fail(str(problem), 2)


def _outlook(plans: Sequence[Plan], facts: Facts, at: int, ids: Sequence[str], lo: int | None, hi: int | None) -> tuple[ChangeView, ...]:
    from upheld.changes.outlook import outlook

    try:
        if ids:
            return outlook(plans, facts, at, ids, with_effects=True)
        return outlook(plans, facts, at, lo=lo, hi=hi)
    except ValueError as problem:
        fail(f"{plans[0].agreement}: {problem}", 2, "ask for a later instant with --at")


def _freezes(plan: Plan, lo: int, hi: int) -> list[tuple[int, int, str]]:
    """The freezes that touch the time asked for, in order, each named with what it lets through."""
    from upheld.changes.agreed import frozen_spans

    found = []
    for freeze in plan.changes.freezes:
        says = freeze.says + (f" (except {', '.join(freeze.exempt)})" if freeze.exempt else "")
        found += [(a, b, says.strip()) for a, b in frozen_spans(freeze, lo, hi).tolist()]
    return sorted(found)


def _feed(chosen: dict[str, tuple[Plan, ...]], found: dict[str, tuple[ChangeView, ...]], lo: int, hi: int) -> None:
    from upheld.changes.feed import to_ics

    if len(chosen) > 1:
        fail("a feed is of one agreement", 2, "name it: upheld changes AGREEMENT --format ics; there are: " + ", ".join(chosen))
    for name, plans in chosen.items():
        last = plans[-1]
        since = last.from_us if last.adopted_us is None else last.adopted_us
        click.echo(to_ics(found[name], name, last.title, last.zone, _freezes(last, lo, hi), since), nl=False)
