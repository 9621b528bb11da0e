"""How a command comes to a workspace, its terms and its facts, and how it leaves where it cannot.

Law: no workspace, or no such agreement, is a matter of usage (2); what cannot be read is told with all its findings (3).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from upheld.cli.options import fail, findings_or_exit, leave_on_errors

if TYPE_CHECKING:
    from upheld.facts.tables import Facts
    from upheld.plans.plan import Plan
    from upheld.sources.files import Gathering
    from upheld.workspace import Workspace

__all__ = ["facts_of", "gathering_of", "leaving", "now_us", "plans_of", "versions_of", "workspace_at"]

_BESIDE = "run this beside agreements/ and sources/, or name the folder with -w"


@contextmanager
def leaving(help: str = _BESIDE) -> Iterator[None]:  # noqa: A002
    """Within it, a command leaves with 2 where there is no workspace, and with 3 where something cannot be read."""
    from upheld.values.finding import FindingsError
    from upheld.workspace import NoWorkspaceError

    try:
        yield
    except NoWorkspaceError as problem:
        fail(str(problem), 2, help)
    except FindingsError as problem:
        findings_or_exit(problem)


def workspace_at(root: Path, help: str = _BESIDE) -> Workspace:  # noqa: A002
    """The workspace at ``root`` or above it, without an error in its agreements."""
    from upheld.workspace import open_workspace

    with leaving(help):
        workspace = open_workspace(root)
    leave_on_errors(workspace.findings)
    return workspace


def plans_of(workspace: Workspace, agreement: str | None) -> dict[str, tuple[Plan, ...]]:
    """The versions of the agreement named, or of each there is; never empty."""
    found = workspace.plans(agreement)
    if not found:
        there = ", ".join(workspace.plans())
        fail(f"no agreement {agreement!r} here" if agreement else "no agreement here", 2,
             f"there are: {there}" if there else "upheld init makes a first one")
    return found


def versions_of(workspace: Workspace, agreement: str) -> tuple[Plan, ...]:
    """The versions of the agreement named, first to last."""
    return plans_of(workspace, agreement)[agreement]


def facts_of(workspace: Workspace) -> Facts:
    """All its facts; a progress bar tells how far it is."""
    from upheld.cli.progress import reading

    with leaving(), reading() as progress:
        return workspace.facts(progress)


def gathering_of(workspace: Workspace) -> Gathering:
    """The same before it is put in order: batches file by file, and who watched when."""
    from upheld.cli.progress import reading

    with leaving(), reading() as progress:
        return workspace.gathering(progress)


def now_us() -> int:
    """The time, whole seconds, µs UTC."""
    from datetime import UTC, datetime

    return int(datetime.now(UTC).timestamp()) * 1_000_000
