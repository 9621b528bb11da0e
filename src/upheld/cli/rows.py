"""Rows to be recorded: facts as JSON lines as they stand, or the rows of other files mapped by a source.

Law: a row keeps the place it came from, and one that cannot be read is told and not passed over.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.options import fail, findings_or_exit
from upheld.facts.arrive import Arrival
from upheld.facts.arrive_batch import arrivals_of, fact_json
from upheld.facts.arrive_json import Fault, arrival_of
from upheld.facts.json_text import JsonError, read_json

if TYPE_CHECKING:
    from upheld.facts.spec import SourceSpec
    from upheld.stores.store import Store

__all__ = ["Row", "record_rows", "rows_of"]


@dataclass(frozen=True, slots=True)
class Row:
    """``place``: ``file:row``. ``what``: the JSON line as it stands, or what a mapping made of it."""

    place: str
    what: bytes | Arrival

    def line(self) -> bytes:
        """As one line of JSON."""
        return self.what if isinstance(self.what, bytes) else json.dumps(fact_json(self.what), ensure_ascii=False).encode()

    def read(self, now: int) -> Arrival | tuple[Fault, ...]:
        """The arrival, or what is wrong with it."""
        if isinstance(self.what, Arrival):
            return self.what
        try:
            return arrival_of(read_json(self.what), now)
        except JsonError as error:
            return (Fault(0, "", error.slug, error.message),)


def rows_of(files: Sequence[str], source: str, home: Path) -> Iterator[Row]:
    """The rows of the files in order, ``-`` being stdin. Leaves with 2 or 3 for what cannot be read."""
    spec = _spec(source, home) if source else None
    for name in files:
        try:
            if spec is not None:
                yield from _mapped(name, spec)
            else:
                yield from _lines(name)
        except OSError as problem:
            fail(f"{name}: {problem.strerror or problem}", 3)


def _lines(name: str) -> Iterator[Row]:
    with sys.stdin.buffer if name == "-" else Path(name).open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield Row(f"{name}:{number}", line.rstrip(b"\r\n"))


def _spec(source: str, home: Path) -> SourceSpec:
    from upheld.sources.files import sources_of
    from upheld.values.finding import FindingsError

    try:
        found = {spec.name: spec for spec in sources_of(home)}
    except FindingsError as problem:
        findings_or_exit(problem)
    if source not in found:
        fail(f"there is no source {source!r} in {home / 'sources'}", 2, "there are: " + (", ".join(found) or "none"))
    return found[source]


def _mapped(name: str, spec: SourceSpec) -> Iterator[Row]:
    from upheld.sources.files import read_data, read_file

    if name == "-":
        batches, refused = read_data(spec, sys.stdin.buffer.read(), spec.format or "csv", "stdin")
    else:
        batches, refused = read_file(spec, Path(name), Path(name).name)
    for one in refused:
        click.echo(f"{one.file}, row {one.row}: {one.column} {one.slug}: {one.message}", err=True)
    if any(one.severity == "error" for one in refused):
        fail(f"{name}: not all rows could be mapped, so none was recorded", 1, "mend the source file or the rows")
    for batch in batches:
        for row, arrival in zip(batch.rows.tolist(), arrivals_of(batch), strict=True):
            yield Row(f"{batch.file}:{row}", arrival)


def record_rows(store: Store, rows: Iterator[Row], actor: str, at: int, *, size: int, partial: bool) -> tuple[int, int, int]:
    """(recorded, on record before, refused) of all rows, in parts. Raises ``StoreError``; leaves with 1 at the first part that has bad rows,
    unless ``partial``.
    """
    new = same = refused = 0
    while part := list(islice(rows, size)):
        read = [(row, row.read(at)) for row in part]
        good = [(row, said) for row, said in read if isinstance(said, Arrival)]
        for row, said in read:
            for fault in () if isinstance(said, Arrival) else said:
                click.echo(f"{row.place}: {fault.pointer} {fault.slug}: {fault.message}", err=True)
        bad = len(part) - len(good)
        if bad and not partial:
            fail(f"{bad:,} of the rows {part[0].place} to {part[-1].place} cannot be recorded, so none of them was", 1)
        taken = store.stream.record([said for _, said in good], actor, at)
        for (row, _), one in zip(good, taken, strict=True):
            if one.state not in ("new", "same"):
                click.echo(f"{row.place}: {one.state}: what is on record says something else, or is not there", err=True)
        states = [one.state for one in taken]
        new, same = new + states.count("new"), same + states.count("same")
        refused += len(part) - states.count("new") - states.count("same")
    return new, same, refused
