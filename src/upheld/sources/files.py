"""Files: the facts of a workspace, read by what its ``sources/*.yaml`` say.

Law: nothing outside the workspace is opened, nothing is decompressed without end, and what cannot be read is told with file and
row; a file that cannot be read at all gives no fact, and the others are read all the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from upheld.facts.batch import Batch
from upheld.facts.mapping import map_frame
from upheld.facts.record import record
from upheld.facts.spec import Explode, SourceSpec, columns_of
from upheld.facts.tables import I64, Facts, Refused
from upheld.sources.lines import read_lines
from upheld.sources.model import read_source
from upheld.sources.records import read_records
from upheld.sources.table import Limits, Unreadable, read_table, suggest
from upheld.values.finding import Finding, FindingsError, Place

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Gathering", "Progress", "bytes_of", "format_of", "gather", "load", "read_data", "read_feeds", "read_file", "sources_of"]

Progress = Callable[[str, int, int], None]
"""Called with (file, files read, files in all)."""

LIMITS = Limits()


def load(root: Path, source_names: Sequence[str] | None = None, progress: Progress | None = None, limits: Limits = LIMITS) -> Facts:
    """All facts of a workspace, with what could not be read in ``refused``. Corrections are applied by ``facts.cut``.

    ``source_names`` limits it to these sources. Raises FindingsError if a source file itself is wrong.
    """
    return gather(root, source_names, progress, limits).facts()


def gather(root: Path, source_names: Sequence[str] | None = None, progress: Progress | None = None, limits: Limits = LIMITS) -> Gathering:
    """What the files of a workspace say, not recorded yet.

    ``source_names`` limits it to these sources. Raises FindingsError if a source file itself is wrong.
    """
    specs = sources_of(root)
    if source_names is not None:
        unknown = [n for n in source_names if n not in {s.name for s in specs}]
        if unknown:
            known = ", ".join(s.name for s in specs) or "none"
            raise FindingsError(
                [Finding("unknown-source", f"there is no source {n}", Place("sources"), f"known here: {known}") for n in unknown]
            )
        specs = tuple(s for s in specs if s.name in source_names)
    work: list[tuple[SourceSpec, Path]] = []
    refused: list[Refused] = []
    for spec in specs:
        found, wrong = _files_of(root, spec)
        refused += wrong
        work += [(spec, path) for path in found]
    batches: list[Batch] = []
    feeds: dict[str, list[tuple[SourceSpec, Path]]] = {}
    for i, (spec, path) in enumerate(work):
        if progress:
            progress(path.relative_to(root).as_posix(), i, len(work))
        if _is_feed(spec, path):
            feeds.setdefault(spec.name, []).append((spec, path))   # copies of one feed are read together: a later one corrects
            continue
        found_batches, wrong = read_file(spec, path, path.relative_to(root).as_posix(), limits)
        batches += found_batches
        refused += wrong
    for copies in feeds.values():
        found_batches, wrong = read_feeds(copies[0][0], [(path, path.relative_to(root).as_posix()) for _, path in copies], limits)
        batches += found_batches
        refused += wrong
    if source_names is None:
        recorded, wrong = read_records(root)
        batches += recorded
        refused += wrong
    if progress:
        progress("", len(work), len(work))
    return Gathering(tuple(batches), {s.name: s.complete for s in specs if s.complete is not None}, tuple(refused))


@dataclass(frozen=True, slots=True)
class Gathering:
    """What the files of a workspace say, before it is recorded: batches, what each source declares to have watched, what was refused."""

    batches: tuple[Batch, ...]
    complete: Mapping[str, tuple[int, int | None]]
    refused: tuple[Refused, ...]

    def facts(self) -> Facts:
        """The facts, recorded."""
        facts = record(self.batches, self.complete)
        return replace(facts, refused=(*self.refused, *facts.refused))


def sources_of(root: Path) -> tuple[SourceSpec, ...]:
    """The mappings in ``sources/*.yaml``, by name. Raises FindingsError with the findings of all of them."""
    findings: list[Finding] = []
    specs: dict[str, SourceSpec] = {}
    for path in sorted((root / "sources").glob("*.yaml")):
        name = path.relative_to(root).as_posix()
        try:
            spec = read_source(name, path.read_bytes())
        except FindingsError as error:
            findings += error.findings
            continue
        except OSError as error:
            findings.append(Finding("unreadable", f"{name} cannot be read: {error.strerror}", Place(name)))
            continue
        if spec.name in specs:
            findings.append(Finding("doubled-source", f"the source {spec.name} is described in two files", Place(name)))
        specs[spec.name] = spec
    if findings:
        raise FindingsError(findings)
    return tuple(specs[n] for n in sorted(specs))


def _files_of(root: Path, spec: SourceSpec) -> tuple[list[Path], list[Refused]]:
    """The files a source means, in order of name; only plain files inside the workspace, reached without a symbolic link."""
    found: dict[Path, None] = {}
    refused: list[Refused] = []
    for pattern in spec.files:
        matched = sorted(p for p in root.glob(pattern) if not p.is_dir())
        if not matched:
            refused.append(Refused(pattern, 0, "", "no-file", pattern, f"no file matches, so source {spec.name} gives no facts from it"))
        for path in matched:
            shown = path.relative_to(root).as_posix()
            steps = [path, *path.parents]
            if any(p.is_symlink() for p in steps[: steps.index(root)]):
                refused.append(Refused(shown, 0, "", "path", shown, "is reached by a symbolic link, which may leave the workspace"))
            else:
                found[path] = None
    return list(found), refused


def read_file(spec: SourceSpec, path: Path, name: str, limits: Limits = LIMITS) -> tuple[list[Batch], list[Refused]]:
    """The facts of one file and what was refused; ``name`` is how findings call it. Never raises for what the file holds."""
    if _is_feed(spec, path):
        return read_feeds(spec, [(path, name)], limits)
    try:
        kind = spec.format or format_of(path.name)
        if kind == "parquet":
            return _mapped(spec, *_parquet(path, columns_of(spec)), name)
        return read_data(spec, bytes_of(path, kind.endswith(".gz"), limits), kind, name, limits)
    except Unreadable as error:
        return [], [_refused(error, name)]
    except OSError as error:
        return [], [Refused(name, 0, "", "unreadable", "", f"cannot be read: {error.strerror or error}")]


def read_data(spec: SourceSpec, data: bytes, kind: str, name: str, limits: Limits = LIMITS, *,
              sparse: bool = False) -> tuple[list[Batch], list[Refused]]:
    """As ``read_file``, from bytes of CSV or JSON lines that were unpacked. ``sparse``: a key no line has says nothing."""
    try:
        if kind.startswith("jsonl"):
            lists = spec.explode.column if spec.explode and not spec.explode.separator else ""
            table = read_lines(data, name, columns_of(spec), lists, limits, sparse=sparse)
        else:
            table = read_table(data, name, spec.delimiter, spec.header, columns_of(spec), limits, trim=spec.trim)
    except Unreadable as error:
        return [], [_refused(error, name)]
    del data
    return _mapped(spec, *table, name)


def _mapped(spec: SourceSpec, frame: pl.DataFrame, rows: I64, refused: list[Refused], name: str) -> tuple[list[Batch], list[Refused]]:
    if spec.explode is not None:
        frame, rows = _exploded(frame, rows, spec.explode)
    batches, wrong = map_frame(spec, frame, name, rows)
    return batches, [*refused, *wrong]


def _is_feed(spec: SourceSpec, path: Path) -> bool:
    return (spec.format or format_of(path.name)) == "ics"


def read_feeds(spec: SourceSpec, paths: Sequence[tuple[Path, str]], limits: Limits = LIMITS) -> tuple[list[Batch], list[Refused]]:
    """The facts of all copies of a calendar feed (path, name), in order of name, and what was refused. Never raises for what they hold."""
    import polars as pl

    from upheld.sources.calendar_events import calendar_rows, with_names

    files: list[tuple[str, bytes]] = []
    refused: list[Refused] = []
    for path, name in paths:
        try:
            files.append((name, bytes_of(path, False, limits)))
        except Unreadable as error:
            refused.append(Refused(name, 0, "", error.slug, "", error.message))
        except OSError as error:
            refused.append(Refused(name, 0, "", "unreadable", "", f"cannot be read: {error.strerror or error}"))
    try:
        found, wrong = calendar_rows(spec, files)
    except Unreadable as error:
        return [], [*refused, Refused(files[0][0], 0, "", error.slug, "", error.message)]
    refused += wrong
    batches: list[Batch] = []
    for one in found:
        if one.rows:
            frame = pl.DataFrame(dict(one.columns), schema=dict.fromkeys(one.columns, pl.String))
            mapped, strange = map_frame(with_names(spec), frame, one.file, np.array(one.rows, np.int64))
            batches += mapped
            refused += strange
    return batches, refused


def _refused(error: Unreadable, name: str) -> Refused:
    return Refused(name, 0, "", error.slug, f"line {error.line}" if error.line else "", error.message)


def format_of(name: str) -> str:
    """The format a file name tells: parquet, jsonl, jsonl.gz, csv.gz, ics, else csv."""
    low = name.lower()
    for ending, kind in (
        (".parquet", "parquet"),
        (".jsonl.gz", "jsonl.gz"),
        (".jsonl", "jsonl"),
        (".ndjson", "jsonl"),
        (".gz", "csv.gz"),
        (".ics", "ics"),
    ):
        if low.endswith(ending):
            return kind
    return "csv"


def bytes_of(path: Path, packed: bool, limits: Limits) -> bytes:
    """The content of a file, unpacked where it is gzip. Raises Unreadable beyond the limits."""
    size = path.stat().st_size
    if size > limits.bytes:
        raise Unreadable("too-large", f"{size:,} bytes are more than {limits.bytes:,}")
    if not packed:
        return path.read_bytes()
    return _unpacked(path.read_bytes(), limits)


def _unpacked(data: bytes, limits: Limits) -> bytes:
    """The content of a gzip file, with a hard cap on its size and on how much larger than the file it may become."""
    most = min(limits.bytes, max(len(data) * limits.ratio, 1 << 20))
    parts: list[bytes] = []
    total = 0
    rest = data
    try:
        while rest:
            unpack = zlib.decompressobj(wbits=31)
            part = unpack.decompress(rest, most - total + 1)
            total += len(part)
            parts.append(part)
            if total > most:
                raise Unreadable("too-large", f"unpacks to more than {most:,} bytes ({len(data):,} packed): a gzip bomb?")
            if not unpack.eof:
                raise Unreadable("bad-gzip", "the gzip file ends early: an upload was cut off?")
            rest = unpack.unused_data
    except zlib.error:
        raise Unreadable("bad-gzip", "is no gzip file, or a damaged one") from None
    return b"".join(parts)


def _parquet(path: Path, wanted: Sequence[str]) -> tuple[pl.DataFrame, I64, list[Refused]]:
    import polars as pl

    try:
        names = list(pl.read_parquet_schema(path))
        missing = [w for w in wanted if w not in names]
        if missing:
            raise Unreadable("unknown-column", "; ".join(suggest(w, names) for w in missing))
        frame = pl.read_parquet(path, columns=list(wanted))
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise Unreadable("bad-parquet", f"is no Parquet file that can be read: {str(error).splitlines()[0][:200]}") from None
    return frame, np.arange(1, frame.height + 1), []


def _exploded(frame: pl.DataFrame, rows: I64, explode: Explode) -> tuple[pl.DataFrame, I64]:
    """One row for each entry of the list column; a row without entries stays one row that says nothing there."""
    import polars as pl

    column = pl.col(explode.column)
    if explode.separator:
        column = column.str.split(explode.separator).list.eval(pl.element().str.strip_chars())
    numbered = frame.with_columns(column.alias(explode.column), pl.Series("\0row", rows))
    if numbered.schema[explode.column] == pl.String:
        return frame, rows
    exploded = numbered.explode(explode.column)
    return exploded.drop("\0row"), exploded.get_column("\0row").to_numpy()
