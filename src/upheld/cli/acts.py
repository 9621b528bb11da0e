"""What the commands that put an act on record share: the workspace as it stands, the moment, and how a refusal leaves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from upheld.cli.options import INSTANT, fail, findings_or_exit, show_findings

if TYPE_CHECKING:
    from upheld.closing.acts import Desk, Recorded

__all__ = ["at_option", "by_option", "on_record", "pairs", "receipt", "result_option"]

F = TypeVar("F", bound=Callable[..., Any])


def at_option(command: F) -> F:
    """``--at TIME``: when the act was done (default: now)."""
    return click.option("--at", type=INSTANT, default=None, metavar="TIME", help="When it was said (default: now).")(command)


def by_option(command: F) -> F:
    """``--by ACTOR``: who says so."""
    return click.option("--by", "actor", required=True, metavar="PARTY", help="Who says so: a party of the agreement, or a name.")(command)


def result_option(command: F) -> F:
    """``--for NAME=VALUE``: which result, where a promise has several."""
    return click.option("--for", "group", multiple=True, metavar="NAME=VALUE", help="Which result, where the promise has several.")(command)


def pairs(given: Sequence[str], option: str) -> Mapping[str, str]:
    """``("a=1",)`` as a mapping; leaves with 2 for what is no pair."""
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            fail(f"{option} {one!r} is no NAME=VALUE", 2)
        found[name] = value
    return found


def on_record(root: Path, agreement: str, at: int | None, act: Callable[[Desk], Recorded]) -> None:
    """Read the workspace, do the act, write it down and say what it means; leaves with 1 for a refused act."""
    from datetime import UTC, datetime

    from upheld.cli.progress import reading
    from upheld.closing.acts import Desk, RefusedActError
    from upheld.sources.records import FILE, append_records, next_row
    from upheld.values.finding import FindingsError, has_errors
    from upheld.workspace import NoWorkspaceError, open_workspace

    try:
        workspace = open_workspace(root)
        if has_errors(workspace.findings):
            show_findings(workspace.findings)
            sys.exit(3)
        plans = workspace.plans(agreement).get(agreement)
        if not plans:
            fail(f"no agreement {agreement!r} here", 2, "there are: " + ", ".join(workspace.plans()))
        with reading() as progress:
            facts = workspace.facts(progress)
    except NoWorkspaceError as problem:
        fail(str(problem), 2, "run this beside agreements/ and sources/, or name the folder with -w")
    except FindingsError as problem:
        findings_or_exit(problem)
    now = int(datetime.now(UTC).timestamp()) * 1_000_000
    try:
        recorded = act(Desk(plans, facts, next_row(workspace.root), now if at is None else at))
        append_records(workspace.root, recorded.lines)
    except RefusedActError as refusal:
        fail(f"refused[{refusal.slug}]: {refusal}", 1, refusal.help)
    except OSError as problem:
        fail(f"{FILE} cannot be written: {problem.strerror or problem}; nothing was recorded", 4)
    for line in recorded.told:
        click.echo(line)
    receipt(workspace.root, agreement, recorded, now if at is None else at)


def receipt(root: Path, agreement: str, recorded: Recorded, at: int) -> None:
    """Running clocks learn of the act at once; where the agreement has a log it goes there too, and who acted gets a signed receipt."""
    from upheld.closing.keys import KeyFileError
    from upheld.closing.live_stream import into_stream
    from upheld.closing.receipts import give_receipts
    from upheld.sources.records import SOURCE
    from upheld.stores.trouble import StoreError

    try:
        into_stream(root, recorded.lines, SOURCE, at)
    except StoreError as problem:
        click.echo(f"upheld: on record, but running clocks do not know of it yet: {problem}\n  help: upheld record", err=True)
    try:
        for path in give_receipts(root, agreement, recorded.name, recorded.lines, at):
            click.echo(f"receipt: {path.relative_to(root).as_posix()}")
    except (StoreError, KeyFileError, OSError) as problem:
        click.echo(f"upheld: on record, but without a receipt: {problem}", err=True)
