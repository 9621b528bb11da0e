"""``upheld assess``: measure every promise on what really happened."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from upheld.cli.opening import facts_of, plans_of, workspace_at
from upheld.cli.options import as_of_option, fail, format_option, workspace_option

if TYPE_CHECKING:
    from upheld.assessment.outcome import Assessment

_FAIL_ON = {"never": (), "breach": ("breached",), "unknown": ("breached", "unknown"), "deviation": ("breached", "unknown", "deviation")}


@click.command("assess")
@click.argument("agreement", required=False)
@click.argument("commitments", nargs=-1)
@workspace_option
@as_of_option
@click.option("--period", "periods", multiple=True, metavar="LABEL", help="Show only these windows: 2026-Q1, 2026-03, or 2026 for all of it.")
@click.option("--what-if", "proposed", type=click.Path(path_type=Path, dir_okay=False, exists=True), default=None, metavar="FILE",
              help="Judge by this file in place of its agreement's latest version, and tell which verdicts differ.")
@click.option("--fail-on", type=click.Choice(list(_FAIL_ON)), default="never", show_default=True,
              help="Exit 1 if a window that has ended shows this or worse.")
@format_option("text", "json", "csv", "md")
def command(agreement: str | None, commitments: tuple[str, ...], root: Path, as_of: int | None, periods: tuple[str, ...],
            proposed: Path | None, fail_on: str, form: str) -> None:
    """Measure the commitments of AGREEMENT (default: all agreements) and judge them against their targets."""
    if proposed is not None:
        from upheld.cli.what_if import what_if

        _leave([what_if(proposed, agreement, commitments, root, as_of, periods, form)], fail_on)
    from upheld.assessment import report
    from upheld.assessment.assess import assess
    from upheld.cli.progress import steps
    from upheld.cli.text import console, print_assessment, select_periods

    workspace = workspace_at(root)
    by_agreement, facts = plans_of(workspace, agreement), facts_of(workspace)
    every = [plan for plans in workspace.plans().values() for plan in plans]
    assessments = []
    for plans in by_agreement.values():
        try:
            with steps(f"measuring {plans[0].agreement}") as told:
                one = assess(plans, facts, as_of, commitments, told, beside=every)
        except ValueError as problem:
            fail(str(problem), 2, "its commitments: " + ", ".join(plans[-1].commitments))
        if periods and not (shown := select_periods(one.outcomes, periods)):
            fail(f"no window {', '.join(periods)} in {one.agreement}", 2,
                 "there are: " + ", ".join(dict.fromkeys(o.window for o in one.outcomes)))
        assessments.append(replace(one, outcomes=shown if periods else one.outcomes))
    if form == "text":
        out = console()
        for i, one in enumerate(assessments):
            if i:
                out.print()
            print_assessment(out, one)
    else:
        render = {"json": report.to_json, "csv": report.to_csv, "md": report.to_markdown}[form]
        click.echo(render(assessments), nl=False)
    _leave(assessments, fail_on)


def _leave(assessments: Sequence[Assessment], fail_on: str) -> NoReturn:
    bad = {v for a in assessments for v in {o.verdict for o in a.outcomes if not o.provisional} if v in _FAIL_ON[fail_on]}
    sys.exit(1 if bad else 0)
