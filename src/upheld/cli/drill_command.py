"""``upheld drill``: play a ladder in a dry run, or put a real drill's times on record."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.acts import on_record, pairs
from upheld.cli.options import INSTANT, fail, format_option, workspace_option

if TYPE_CHECKING:
    from upheld.clocks.rehearsal import Rehearsal


@click.command("drill")
@click.argument("agreement")
@click.argument("commitment", required=False)
@click.option("--start", default="", metavar="TIME", help="When the virtual case is opened (default: --at); 2026-03-28 22:00 is local.")
@click.option("--at", type=INSTANT, default=None, metavar="TIME", help="Silences and overrides as known then (default: now).")
@click.option("--for", "says", multiple=True, metavar="NAME=VALUE", help="What the virtual case says: severity=1.")
@click.option("--messages", is_flag=True, help="Show the whole messages.")
@click.option("--fail-on", type=click.Choice(("gap", "never")), default="gap", show_default=True, help="Exit 1 where a step reaches nobody.")
@click.option("--record", "what", type=click.Choice(("started", "passed", "failed")), default=None,
              help="A real drill instead: put its time on record as a fact, for the promise that measures drills.")
@click.option("--by", "actor", default="", metavar="WHO", help="Who says so, with --record.")
@click.option("--case", "case", default="", metavar="CASE", help="The drill's name, with --record (default: drill-DATE, or the one under way).")
@workspace_option
@format_option("text", "json", "md")
def command(agreement: str, commitment: str | None, start: str, at: int | None, says: tuple[str, ...], messages: bool, fail_on: str,
            what: str | None, actor: str, case: str, root: Path, form: str) -> None:
    """Who would be told what, when, and where is a gap? Plays the ladder of COMMITMENT (default: all that have one).

    A virtual case is opened and never stopped; nobody is told, nothing is recorded.
    """
    if what is not None:
        from upheld.closing.live_acts import hold_drill

        kind, said = what, pairs(says, "--for")
        on_record(root, agreement, at, lambda desk: hold_drill(desk, kind, actor, case, said))
        return
    played = _played(root, agreement, commitment, start, at, says)
    from upheld.clocks import rehearsal_report

    render = {"text": rehearsal_report.to_text, "json": rehearsal_report.to_json, "md": rehearsal_report.to_markdown}[form]
    click.echo(render(played, messages=messages), nl=False)
    if fail_on == "gap" and any(one.gaps for one in played):
        sys.exit(1)


def _played(root: Path, agreement: str, commitment: str | None, start: str, at: int | None, says: tuple[str, ...]) -> list[Rehearsal]:
    from upheld.cli.live import feeds_of, local_instant, one_agreement, read_live
    from upheld.cli.opening import now_us
    from upheld.clocks.rehearsal import NoDrillError, rehearse_parts

    said = pairs(says, "--for")
    live = read_live(root)
    plans = live.plans[one_agreement(live, agreement)]
    known_at = now_us() if at is None else at
    begins = local_instant(start, plans[-1].zone, "--start") if start else known_at
    names = [commitment] if commitment else list(dict.fromkeys(n for p in plans for n, c in p.commitments.items() if c.head.ladder))
    if not names:
        fail(f"no promise of {agreement} has an escalation", 2, "write escalation: <name> in a commitment, and escalations: in the agreement")
    feeds = feeds_of(live.root, live.plans)
    played: list[Rehearsal] = []
    for name in names:
        try:
            played.extend(rehearse_parts(plans, live.facts, name, begins, known_at, said, feeds))
        except NoDrillError as problem:
            if commitment or len(names) == 1:
                fail(str(problem), 2, problem.help)
            click.echo(f"upheld: {name}: {problem}", err=True)
    return played
