"""``upheld quarantine``: webhook bodies of which not all became facts: see them, see one whole, forget those that were seen to."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from upheld.cli.database import database_option, home_of, open_database
from upheld.cli.options import INSTANT, fail, format_option, workspace_option
from upheld.values.instant import format_instant

if TYPE_CHECKING:
    from upheld.stores.answers import Quarantined

_PAGE = 20
"""Bodies read at once: each may have a megabyte."""


@click.group("quarantine")
def command() -> None:
    """Webhook bodies that could not be mapped whole: list them, show one, forget what was seen to. They may hold personal data."""


@command.command("list", short_help="What is kept, the oldest first.")
@click.option("--receiver", default="", metavar="NAME", help="Of this receiver only.")
@database_option
@workspace_option
@format_option("text", "json")
def show_all(receiver: str, database: str, root: Path, form: str) -> None:
    """All that are kept, the oldest first: when and by which receiver they came, and the first thing that was wrong."""
    told = []
    with open_database(home_of(root), database, make=False) as store:
        for kept in _kept(store):
            if receiver not in ("", kept.receiver):
                continue
            problems = json.loads(kept.problems)
            if form == "json":
                told.append(_told(kept, problems))
                continue
            more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
            click.echo(f"{kept.id:>5}  {format_instant(kept.at)}  {_plain(kept.receiver):<16}  {len(kept.body):>8,} B  "
                       f"{_said(problems[0]) if problems else ''}{more}")
    if form == "json":
        click.echo(json.dumps(told, indent=1, ensure_ascii=False))


@command.command("show", short_help="What was wrong with one, and its body.")
@click.argument("number", type=int)
@click.option("--body", "body_only", is_flag=True, help="Only the body, byte for byte, for another program.")
@database_option
@workspace_option
def show_one(number: int, body_only: bool, database: str, root: Path) -> None:
    """NUMBER (of the list): everything that was wrong with it, and its body."""
    with open_database(home_of(root), database, make=False) as store:
        kept = next((one for one in store.quarantine.list(number - 1, 1) if one.id == number), None)
    if kept is None:
        fail(f"there is no body {number} in quarantine", 2, "upheld quarantine list shows them")
    if body_only:
        sys.stdout.buffer.write(kept.body)
        return
    click.echo(f"{kept.id}, from {_plain(kept.receiver)} at {format_instant(kept.at)}, delivery {_plain(kept.delivery)}")
    for problem in json.loads(kept.problems):
        click.echo(f"  {_said(problem)}")
    click.echo("")
    click.echo("\n".join(_plain(line) for line in kept.body.decode("utf-8", "backslashreplace").split("\n")))


@command.command("forget")
@click.argument("numbers", nargs=-1, type=int)
@click.option("--before", type=INSTANT, default=None, metavar="TIME", help="All that came before then.")
@database_option
@workspace_option
def forget(numbers: tuple[int, ...], before: int | None, database: str, root: Path) -> None:
    """Delete the bodies of these NUMBERS, or of --before TIME. What became a fact stays."""
    if bool(numbers) == (before is not None):
        fail("say which: their numbers, or --before TIME", 2, "upheld quarantine list shows them")
    with open_database(home_of(root), database, make=False) as store:
        gone = [one.id for one in _kept(store) if one.id in numbers or (before is not None and one.at < before)]
        missing = sorted(set(numbers) - set(gone))
        if missing:
            fail(f"there is no body {', '.join(map(str, missing))} in quarantine: nothing was deleted", 2, "upheld quarantine list shows them")
        for first in range(0, len(gone), _PAGE):
            store.quarantine.remove(gone[first:first + _PAGE])
    click.echo(f"{len(gone)} {'body' if len(gone) == 1 else 'bodies'} deleted")


def _kept(store: Any) -> Iterator[Quarantined]:
    after = 0
    while page := store.quarantine.list(after, _PAGE):
        yield from page
        after = page[-1].id


def _told(kept: Quarantined, problems: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": kept.id, "at": format_instant(kept.at), "receiver": kept.receiver, "delivery": kept.delivery, "bytes": len(kept.body),
            "problems": problems}


def _said(problem: dict[str, Any]) -> str:
    where = f"row {problem['row']}" if problem["row"] else ""
    column = f"{problem['column']}: " if problem["column"] else ""
    return _plain(f"{where}{', ' if where and column else ' ' if where else ''}{column}{problem['detail']} ({problem['slug']})")


def _plain(text: str) -> str:
    """Nothing that moves a cursor: strangers wrote it."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
