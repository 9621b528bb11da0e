"""``upheld demo``: the embedded examples measured, one red figure explained, and what to type next."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from upheld.cli.options import fail

_EXAMPLES = ("github", "helpdesk")
_WINDOWS = 6


def examples_folder() -> Path:
    """Where the examples are: inside the installed package, or beside ``src`` in a clone. Raises ``FileNotFoundError``."""
    package = Path(str(resources.files("upheld")))
    for folder in (package / "examples", package.parent.parent / "examples"):
        if (folder / "github" / "agreements").is_dir():
            return folder
    raise FileNotFoundError(package / "examples")


@click.command("demo")
def command() -> None:
    """Measure the embedded examples (GitHub's incident history, a helpdesk's log) and explain one red figure."""
    from upheld.assessment.assess import assess
    from upheld.assessment.explain import explain
    from upheld.cli.explain_command import show
    from upheld.cli.progress import reading
    from upheld.cli.text import console, print_assessment
    from upheld.workspace import open_workspace

    out = console()
    try:
        folder = examples_folder()
    except FileNotFoundError as missing:
        fail(f"the examples are not in this installation ({missing})", 4)
    shown = None
    for name in _EXAMPLES:
        workspace = open_workspace(folder / name)
        with reading() as progress:
            facts = workspace.facts(progress)
        for plans in workspace.plans().values():
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
    here = _relative(folder)
    out.print("Next:", style="bold")
    out.print(f"  upheld explain github-enterprise uptime 2026-Q1 -w {here}/github", soft_wrap=True)
    out.print(f"  upheld assess -w {here}/helpdesk --as-of 2016-04-01", soft_wrap=True)
    out.print("  upheld init YOUR.csv", soft_wrap=True)


def _relative(folder: Path) -> str:
    try:
        return folder.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return folder.as_posix()
