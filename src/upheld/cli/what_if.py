"""``upheld assess --what-if FILE``: both verdicts, wherever a proposed file would have judged otherwise than the terms in force.

Law: the proposal is judged by ``assess`` itself, in the place and with the dates of its agreement's latest version.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.opening import facts_of, versions_of, workspace_at
from upheld.cli.options import fail
from upheld.cli.proposal import read_proposal

if TYPE_CHECKING:
    from upheld.agreement.load import Loaded
    from upheld.assessment.outcome import Assessment
    from upheld.foresight.what_if import Otherwise
    from upheld.workspace import Workspace

__all__ = ["what_if"]


def what_if(proposed: Path, agreement: str | None, commitments: Sequence[str], root: Path, as_of: int | None, periods: Sequence[str],
            form: str) -> Assessment:
    """Assess with the file in place of the latest version, and show the results whose verdict differs. Gives what was found so."""
    from upheld.assessment.assess import assess
    from upheld.cli.progress import steps
    from upheld.cli.text import select_periods
    from upheld.foresight.what_if import in_place_of_latest, otherwise

    loaded, workspace = _read(proposed, agreement, root)
    assert loaded.plan is not None
    plans, facts = versions_of(workspace, loaded.plan.agreement), facts_of(workspace)
    try:
        instead, latest = in_place_of_latest(plans, loaded.plan, as_of)
        known = {name for p in (*plans, *instead) for name in p.commitments}
        if missing := [c for c in commitments if c not in known]:
            fail(f"no commitment {missing[0]!r} in {loaded.plan.agreement}", 2, "its commitments: " + ", ".join(loaded.plan.commitments))
        with steps("measuring") as told:
            sides = [assess(mine, facts, as_of, progress=told) for mine in (plans, instead)]
    except ValueError as problem:
        fail(str(problem), 2)
    shown = [replace(a, outcomes=tuple(o for o in select_periods(a.outcomes, periods) if not commitments or o.commitment in commitments))
             for a in sides]
    said = f"what if {loaded.name} (version {loaded.plan.version}) stood in the place of version {latest.version}, with its dates"
    _show(form, said, shown[0], shown[1], otherwise(shown[0], shown[1]))
    return shown[1]


def _read(proposed: Path, agreement: str | None, root: Path) -> tuple[Loaded, Workspace]:
    """The proposal, and the workspace that has its agreement in force; leaves where either cannot be read."""
    loaded = read_proposal(proposed, root)
    assert loaded.plan is not None
    if agreement is not None and agreement != loaded.plan.agreement:
        fail(f"{proposed} is a version of {loaded.plan.agreement}, not of {agreement}", 2, "name the agreement it is a version of")
    return loaded, workspace_at(root)


def _show(form: str, said: str, before: Assessment, after: Assessment, found: Sequence[Otherwise]) -> None:
    from upheld.assessment.report import to_csv
    from upheld.cli.text import console, print_assessment
    from upheld.foresight.what_if_report import differences_markdown, differences_record, differences_text

    match form:
        case "json":
            click.echo(json.dumps(differences_record(said, before, after, found), ensure_ascii=False, indent=1, sort_keys=True))
        case "csv":
            click.echo(to_csv([after]), nl=False)
            click.echo(differences_text(said, found), err=True, nl=False)
        case "md":
            click.echo(differences_markdown(said, after, found), nl=False)
        case _:
            print_assessment(console(), after)
            click.echo("\n" + differences_text(said, found), nl=False)
