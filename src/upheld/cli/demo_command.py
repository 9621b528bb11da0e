"""``upheld demo``: the embedded examples measured, one red figure explained, and what to type next."""

from __future__ import annotations

import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.opening import now_us
from upheld.cli.options import fail

if TYPE_CHECKING:
    from rich.console import Console

_EXAMPLES = ("github", "helpdesk")
_WINDOWS = 6
_STATEMENTS = (("github", "github-enterprise", "2026-Q2"), ("hardware", "northwind-acme", "2026-05"))
_PLACE = "upheld-demo"
_RUNNING = ("helpdesk", "2016-05-03T16:00:00Z", 5)
"""An afternoon of the helpdesk's log, and how many of its clocks are shown."""


def examples_folder() -> Path:
    """Where the examples are: inside the installed package, or beside ``src`` in a clone. Raises ``FileNotFoundError``."""
    package = Path(str(resources.files("upheld")))
    for folder in (package / "examples", package.parent.parent / "examples"):
        if (folder / "github" / "agreements").is_dir():
            return folder
    raise FileNotFoundError(package / "examples")


@click.command("demo")
def command() -> None:
    """Measure the embedded examples, explain one red figure, show what ran on one afternoon, and close a period of two of them.

    The statements are in ./upheld-demo: figures, PDF, evidence, verified.
    """
    from upheld.assessment.assess import assess
    from upheld.assessment.explain import explain
    from upheld.cli.clocks_command import show_at
    from upheld.cli.explain_command import show
    from upheld.cli.progress import reading
    from upheld.cli.text import console, print_assessment
    from upheld.values.instant import parse_instant
    from upheld.workspace import open_workspace

    out = console()
    try:
        folder = examples_folder()
    except FileNotFoundError as missing:
        fail(f"the examples are not in this installation ({missing})", 4)
    shown = None
    running = None
    for name in _EXAMPLES:
        workspace = open_workspace(folder / name)
        with reading() as progress:
            facts = workspace.facts(progress)
        for plans in workspace.plans().values():
            if name == _RUNNING[0]:
                running = (plans, facts)
            found = assess(plans, facts, None)
            print_assessment(out, found, last=_WINDOWS)
            out.print()
            shown_starts = sorted({o.start for o in found.outcomes})[-_WINDOWS:]
            red = [o for o in found.outcomes if o.verdict == "breached" and not o.provisional and not o.group and o.start in shown_starts]
            if shown is None and red:
                # the shortest ledger of the red ones reads best as a first one
                worst = min(red, key=lambda o: o.figure.n)
                shown = (name, plans, facts, worst)
    if shown is not None:
        name, plans, facts, outcome = shown
        out.rule("why is this one red?")
        show(explain(plans, facts, None, outcome.commitment, outcome.window), "text")
        out.print()
    if running is not None:
        out.rule(f"what ran on that afternoon ({_RUNNING[1]})")
        show_at(*running, parse_instant(_RUNNING[1]), _RUNNING[2])
        out.print()
    _hand_over(out, folder)
    here = _relative(folder)
    out.print("Next:", style="bold")
    if shutil.which("upheld") is None:
        out.print(f"  . {_relative(Path(sys.prefix))}/bin/activate", soft_wrap=True)
    out.print(f"  upheld explain github-enterprise uptime 2026-Q1 -w {here}/github", soft_wrap=True)
    out.print(f"  upheld assess -w {here}/helpdesk --as-of 2016-04-01", soft_wrap=True)
    out.print(f"  upheld drill northwind-acme -w {here}/hardware", soft_wrap=True)
    out.print(f"  upheld verify {_PLACE}/hardware/statements/northwind-acme/2026-05/r1", soft_wrap=True)
    out.print("  upheld init YOUR.csv", soft_wrap=True)


def _hand_over(out: Console, folder: Path) -> None:
    """Close a period of each example in a copy of it: the credit, the PDF, and what verifying says."""
    from upheld import __version__
    from upheld.cli.progress import steps
    from upheld.closing.close import close_period
    from upheld.closing.inputs import from_workspace
    from upheld.closing.recompute import recompute
    from upheld.closing.render import render
    from upheld.evidence.verify import verify
    from upheld.statements.period import period_of
    from upheld.stores.store import open_store
    from upheld.values.money import show_money
    from upheld.workspace import open_workspace

    out.rule("statements")
    shutil.rmtree(_PLACE, ignore_errors=True)
    for name, agreement, label in _STATEMENTS:
        root = Path(_PLACE) / name
        shutil.copytree(folder / name, root)
        workspace = open_workspace(root)
        inputs = from_workspace(workspace, agreement, workspace.gathering())
        (root / "records").mkdir()
        with open_store(root / "records" / "store.db") as store, steps(f"closing {label} of {agreement}") as told:
            closed = close_period(workspace.root, store, inputs, period_of(label, inputs.plans[-1].zone), None, now_us(),
                                  f"upheld {__version__}", render, told)
        totals = closed.figures["totals"]
        checks = verify(closed.folder)
        level2 = recompute(closed.folder).same
        good = all(holds for _, holds, _ in checks) and level2
        where = _relative(closed.folder)
        out.print(f"{agreement} {label}: credit {show_money(totals['owed_minor'], totals['currency'])}", style="bold")
        out.print(f"  pdf     {where}/renderings/statement.pdf", soft_wrap=True)
        out.print(f"  verify  {len(checks)} checks ok, figures recomputed: the same" if good else "  verify  FAILED", soft_wrap=True)
        if not good:
            fail(f"the bundle of {agreement} does not verify", 70)
    out.print()


def _relative(folder: Path) -> str:
    try:
        return folder.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return folder.as_posix()
