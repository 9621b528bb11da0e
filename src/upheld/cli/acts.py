"""What the commands that put an act on record share: the workspace as it stands, the moment, and how a refusal leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from upheld.cli.opening import gathering_of, now_us, plans_of, workspace_at
from upheld.cli.options import INSTANT, fail

if TYPE_CHECKING:
    from upheld.closing.acts import Desk, Recorded
    from upheld.plans.plan import Plan
    from upheld.sources.files import Gathering

__all__ = ["Done", "at_option", "by_option", "on_record", "pairs", "result_option"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was done: under which versions, upon which facts, and when (µs UTC)."""

    plans: tuple[Plan, ...]
    before: Gathering
    recorded: Recorded
    at: int


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


def on_record(root: Path, agreement: str | None, at: int | None, act: Callable[[Desk], Recorded], *, dry_run: bool = False) -> Done:
    """Read the workspace, do the act, write it down unless it is a dry run, and say what it means; leaves with 1 for a refused act.

    ``agreement``: None where the only one there is is meant.
    """
    from upheld.closing.acts import Desk, RefusedActError
    from upheld.sources.records import FILE, append_records, next_row

    workspace = workspace_at(root)
    plans = plans_of(workspace, agreement)
    if len(plans) > 1:
        fail("there are several agreements", 2, "--agreement, one of: " + ", ".join(plans))
    (name, versions), = plans.items()
    gathered = gathering_of(workspace)
    now = now_us() if at is None else at
    try:
        recorded = act(Desk(versions, gathered.facts(), next_row(workspace.root), now))
        if not dry_run:
            append_records(workspace.root, recorded.lines)
    except RefusedActError as refusal:
        fail(f"refused[{refusal.slug}]: {refusal}", 1, refusal.help)
    except OSError as problem:
        fail(f"{FILE} cannot be written: {problem.strerror or problem}; nothing was recorded", 4)
    for line in recorded.told:
        click.echo(f"would be: {line}" if dry_run else line)
    if not dry_run:
        _receipt(workspace.root, name, recorded, now)
    return Done(versions, gathered, recorded, now)


def _receipt(root: Path, agreement: str, recorded: Recorded, at: int) -> None:
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
