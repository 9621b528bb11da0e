"""``upheld diff``: what changes in meaning from one version to another, and with facts what that comes to in money."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.opening import facts_of, leaving
from upheld.cli.options import as_of_option, fail, format_option, leave_on_errors
from upheld.cli.proposal import read_proposal

if TYPE_CHECKING:
    from upheld.agreement.load import Loaded
    from upheld.foresight.backtest import Backtest

_VERSION = re.compile(r"(?P<agreement>\w[\w.-]*)@(?P<version>[0-9]+(?:\.[0-9]+)*)")


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("-w", "--workspace", "root", type=click.Path(path_type=Path, file_okay=False), default=Path(),
              help="Where versions named ID@2 are looked for (default: here or above).")
@click.option("--facts", type=click.Path(path_type=Path, file_okay=False, exists=True), default=None, metavar="DIR",
              help="Also apply both to the facts of this workspace and tell what differs.")
@click.option("--exit-code", is_flag=True, help="Exit 1 if they differ in meaning.")
@as_of_option
@format_option("text", "json", "md")
def command(before: str, after: str, root: Path, facts: Path | None, exit_code: bool, as_of: int | None, form: str) -> None:
    """Tell the differences in meaning from BEFORE to AFTER: two agreement files, or ID@2 and ID@3 of a workspace."""
    from upheld.foresight import backtest_report, report
    from upheld.foresight.difference import difference

    one, other = (_loaded(name, facts if facts is not None and root == Path() else root) for name in (before, after))
    found = difference(one, other)
    money = _on_facts(one, other, facts, as_of) if facts is not None else None
    if form == "json":
        click.echo(report.to_json(found, None if money is None else backtest_report.record(money)), nl=False)
    else:
        render, on_facts = {"text": (report.to_text, backtest_report.to_text), "md": (report.to_markdown, backtest_report.to_markdown)}[form]
        click.echo(render(found) + ("" if money is None else "\n" + on_facts(money)), nl=False)
    sys.exit(1 if exit_code and not found.same_meaning else 0)


def _on_facts(before: Loaded, after: Loaded, root: Path, as_of: int | None) -> Backtest:
    """Both versions over the facts of a workspace."""
    from upheld.cli.progress import steps
    from upheld.foresight.backtest import side_by_side
    from upheld.workspace import open_workspace

    assert before.plan is not None
    assert after.plan is not None
    with leaving("name the workspace with the facts"):
        read = facts_of(open_workspace(root))
    try:
        with steps("applying both versions") as told:
            return side_by_side(before.plan, after.plan, read, as_of, progress=told)
    except ValueError as problem:
        fail(str(problem), 2)


def _loaded(name: str, root: Path) -> Loaded:
    """The agreement a file or ``ID@version`` names; findings that stop it are shown and end the command."""
    from upheld.workspace import open_workspace

    versioned = _VERSION.fullmatch(name)
    with leaving("name two files, or the workspace with -w"):
        if Path(name).is_file():
            loaded = read_proposal(Path(name), root)
        elif versioned is not None:
            every = open_workspace(root).agreements
            mine = [x for x in every if x.plan is not None and x.plan.agreement == versioned["agreement"]]
            match = [x for x in mine if x.plan is not None and x.plan.version == versioned["version"]]
            if not match:
                there = ", ".join(f"{x.plan.agreement}@{x.plan.version}" for x in (mine or every) if x.plan is not None)
                fail(f"no version {name} here", 2, f"there are: {there}" if there else "no agreement here could be read")
            loaded = match[0]
        else:
            fail(f"no agreement file {name}", 2, "name two files, or two versions as ID@2 ID@3")
    leave_on_errors(loaded.findings)
    return loaded
