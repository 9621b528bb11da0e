"""``upheld assess --what-if FILE``: both verdicts, wherever a proposed file would have judged otherwise than the terms in force.

Law: the proposal is judged by ``assess`` itself, in the place and with the dates of its agreement's latest version.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.options import fail, findings_or_exit, show_findings
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
    from upheld.cli.progress import reading, steps
    from upheld.cli.text import select_periods
    from upheld.foresight.what_if import in_place_of_latest, otherwise
    from upheld.values.finding import FindingsError
    from upheld.workspace import NoWorkspaceError

    try:
        loaded, workspace = _read(proposed, agreement, root)
        assert loaded.plan is not None
        plans = workspace.plans()[loaded.plan.agreement]
        with reading() as progress:
            facts = workspace.facts(progress)
        instead, latest = in_place_of_latest(plans, loaded.plan, as_of)
        known = {name for p in (*plans, *instead) for name in p.commitments}
        if missing := [c for c in commitments if c not in known]:
            fail(f"no commitment {missing[0]!r} in {loaded.plan.agreement}", 2, "its commitments: " + ", ".join(loaded.plan.commitments))
        with steps("measuring") as told:
            sides = [assess(mine, facts, as_of, progress=told) for mine in (plans, instead)]
    except NoWorkspaceError as problem:
        fail(str(problem), 2, "run this beside agreements/ and sources/, or name the folder with -w")
    except FindingsError as problem:
        findings_or_exit(problem)
    except ValueError as problem:
        fail(str(problem), 2)
    shown = [replace(a, outcomes=tuple(o for o in select_periods(a.outcomes, periods) if not commitments or o.commitment in commitments))
             for a in sides]
    said = f"what if {loaded.name} (version {loaded.plan.version}) stood in the place of version {latest.version}, with its dates"
    _show(form, said, shown[0], shown[1], otherwise(shown[0], shown[1]))
    return shown[1]


def _read(proposed: Path, agreement: str | None, root: Path) -> tuple[Loaded, Workspace]:
    """The proposal, and the workspace that has its agreement in force; leaves where either cannot be read."""
    from upheld.values.finding import has_errors
    from upheld.workspace import open_workspace

    loaded = read_proposal(proposed, root)
    assert loaded.plan is not None
    if agreement is not None and agreement != loaded.plan.agreement:
        fail(f"{proposed} is a version of {loaded.plan.agreement}, not of {agreement}", 2, "name the agreement it is a version of")
    workspace = open_workspace(root)
    if has_errors(workspace.findings):
        show_findings(workspace.findings)
        sys.exit(3)
    if loaded.plan.agreement not in workspace.plans():
        fail(f"no agreement {loaded.plan.agreement!r} is in force here", 2, "there are: " + ", ".join(workspace.plans()))
    return loaded, workspace


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
