"""``upheld record``: put facts on record: the workspace's with its texts, or those of single files; here or at a server."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.opening import leaving, workspace_at
from upheld.cli.options import INSTANT, fail, workspace_option

if TYPE_CHECKING:
    from upheld.facts.batch import Batch
    from upheld.sources.files import Gathering
    from upheld.stores.store import Store
    from upheld.stores.taking import Taken

_FOLDERS = {"agreements": (".yaml", ".yml", ".json"), "calendars": (".yaml", ".yml"), "sources": (".yaml",)}
_SHOWN = 20
_TOGETHER = 50_000
"""So many rows, in whole files, go into one transaction: others wait for it."""


@click.command("record")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--source", default="", metavar="NAME", help="The source file that maps the FILEs (default: they hold facts as JSON lines).")
@click.option("--to", "address", default="", metavar="URL", help="Send them to this server; its token is in the variable UPHELD_TOKEN.")
@click.option("--token", default="", metavar="TOKEN", help="The token itself, where others cannot see what you type.")
@click.option("--partial", is_flag=True, help="Of a part that has bad rows, record the others.")
@click.option("--size", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Rows in a part, which is recorded whole or not.")
@click.option("--patience", type=click.IntRange(1, 86_400), default=300, show_default=True, help="Seconds for which a part is tried.")
@workspace_option
@click.option("--database", default="", metavar="PATH_OR_URL",
              help="The store: a file or postgresql://… (default: what upheld.toml names, else records/store.db).")
@click.option("--by", "actor", default="upheld record", show_default=True, metavar="WHO", help="Who records it.")
@click.option("--at", type=INSTANT, default=None, metavar="TIME", help="When (default: now).")
def command(files: tuple[str, ...], source: str, address: str, token: str, partial: bool, size: int, patience: int, root: Path,
            database: str, actor: str, at: int | None) -> None:
    """Put the agreements, calendars, source files and facts of the workspace on record in a store; or the facts of each FILE (- is stdin).

    What is on record already adds nothing, so running it again is safe. A row that was recorded with another content is told, and what was
    recorded stays. Exit code 1 if there was such a row, or one that could not be mapped.
    """
    now = at if at is not None else int(datetime.now(UTC).timestamp() * 1_000_000)
    if not files:
        if address:
            fail("name the files to send, or - for stdin", 2)
        sys.exit(_workspace(root, database, actor, now))
    from upheld.cli.database import home_of, open_database
    from upheld.cli.record_rows import record_here, send_rows
    from upheld.cli.rows import rows_of

    home = home_of(root)
    rows = rows_of(files, source, home)
    if address:
        send_rows(rows, address, token or os.environ.get("UPHELD_TOKEN", ""), partial=partial, size=size, patience=patience)
    else:
        with open_database(home, database) as store:
            record_here(store, rows, actor, now, size=size, partial=partial)


@dataclass
class _Outcome:
    """What came of it so far."""

    texts: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)


def _workspace(root: Path, database: str, actor: str, now: int) -> int:
    """The exit code."""
    from upheld.cli.progress import reading
    from upheld.sources.files import gather
    from upheld.stores.place import DEFAULT, place_of
    from upheld.stores.store import open_store
    from upheld.stores.trouble import StoreError

    outcome = _Outcome()
    workspace = workspace_at(root)
    try:
        place = database or place_of(workspace.root)
        with leaving(), reading() as progress:
            gathering = gather(workspace.root, progress=progress)
        if place == str(workspace.root / DEFAULT):
            (workspace.root / DEFAULT).parent.mkdir(exist_ok=True)
        began = time.perf_counter()
        with open_store(place) as store:
            _texts(store, workspace.root, actor, now, outcome)
            _facts(store, gathering, actor, now, outcome)
            where = store.database.place
    except (StoreError, OSError) as problem:
        done = f"\n  {outcome.facts['new']:,} facts had been recorded before that" if outcome.facts else ""
        fail(f"{problem}{done}", 4)
    return _tell(outcome, gathering, where, time.perf_counter() - began)


def _texts(store: Store, root: Path, actor: str, now: int, outcome: _Outcome) -> None:
    for folder, endings in _FOLDERS.items():
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in endings and path.is_file() and path.resolve().is_relative_to(root.resolve()):
                new = store.texts.put(path.relative_to(root).as_posix(), path.read_bytes(), actor, now)
                outcome.texts["new" if new else "same"] += 1


def _facts(store: Store, gathering: Gathering, actor: str, now: int, outcome: _Outcome) -> None:
    from upheld.cli.progress import counting

    groups = list(_groups(gathering.batches))
    with counting("recording", sum(map(len, gathering.batches))) as told:
        for batches in groups:
            taken = store.stream.record_batches(batches, {}, actor, now)
            _count(batches, taken, outcome)
            told(len(taken))
        # who watched is said after what was seen
        store.stream.record_batches([], gathering.complete, actor, now)


def _groups(batches: Sequence[Batch]) -> Iterator[list[Batch]]:
    """Whole files, some 50,000 rows together; those with corrections last, all in one: their rows may lie in any file."""
    files: dict[str, list[Batch]] = {}
    for batch in batches:
        files.setdefault(batch.file, []).append(batch)
    corrections = [several for several in files.values() if any(b.replaces is not None for b in several)]
    group: list[Batch] = []
    for several in files.values():
        if several in corrections:
            continue
        if group and sum(map(len, group)) + sum(map(len, several)) > _TOGETHER:
            yield group
            group = []
        group += several
    if group:
        yield group
    if corrections:
        yield [batch for several in corrections for batch in several]


_WHY = {
    "conflict": "is on record with another content: put it back, and correct it with a new row (replaces)",
    "superseded": "corrects a row that is corrected already: correct the correction",
    "unknown": "corrects a row that is not on record",
}


def _count(batches: Sequence[Batch], taken: Sequence[Taken], outcome: _Outcome) -> None:
    outcome.facts.update(each.state for each in taken)
    start = 0
    for batch in batches:
        for row, each in zip(batch.rows.tolist(), taken[start:start + len(batch)], strict=True):
            if each.state in _WHY:
                outcome.told.append(f"{batch.file}:{row}: {each.state}: {_WHY[each.state]}")
        start += len(batch)


def _tell(outcome: _Outcome, gathering: Gathering, where: str, seconds: float) -> int:
    refused = [r for r in gathering.refused if r.severity == "error"]
    for line in outcome.told[:_SHOWN]:
        click.echo(line, err=True)
    if len(outcome.told) > _SHOWN:
        click.echo(f"… and {len(outcome.told) - _SHOWN:,} more", err=True)
    if refused:
        click.echo(f"{len(refused):,} rows could not be mapped and were not recorded: upheld import tells which", err=True)
    all_facts = sum(outcome.facts.values())
    click.echo(f"{outcome.texts['new']:>12,} texts recorded, {outcome.texts['same']:,} on record already")
    click.echo(f"{outcome.facts['new']:>12,} facts recorded, {outcome.facts['same']:,} on record already"
               + (f", {len(outcome.told):,} refused" if outcome.told else ""))
    click.echo(f"             in {where}" + (f", {all_facts / seconds:,.0f} facts a second" if all_facts and seconds >= 0.5 else ""))
    return 1 if outcome.told or refused else 0
