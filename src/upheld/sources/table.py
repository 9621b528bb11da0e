"""Tables of text: bytes of a CSV file become columns, after every byte was looked at.

Law: a line is read as it was meant or refused with its row; a reader that guesses (short rows padded, long rows cut, quotes
repaired) would change figures in silence. The look costs one pass of vector operations, before the fast parser runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from upheld.facts.batch import refuse_rows
from upheld.facts.tables import I64, Refused

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Limits", "Unreadable", "read_header", "read_table", "suggest"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost. Local files are the user's own: generous, but never without end."""

    bytes: int = 4 * 2**30
    columns: int = 2_000
    cell_bytes: int = 65_536
    ratio: int = 1_000


class Unreadable(Exception):  # noqa: N818 - a reason, told as a finding, no error of ours
    """The whole file cannot be read: slug, message, line (0: the file)."""

    def __init__(self, slug: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.slug, self.message, self.line = slug, message, line


@dataclass(frozen=True, slots=True)
class _Records:
    """Where records begin and end (end before the line break) and how many fields each has; ``stray``: quotes out of place."""

    start: I64
    end: I64
    fields: I64
    stray: Mask


def read_table(
    data: bytes,
    file: str,
    delimiter: str,
    header: Sequence[str],
    wanted: Sequence[str],
    limits: Limits,
    *,
    trim: bool = False,
) -> tuple[pl.DataFrame, I64, list[Refused]]:
    """``(frame of text columns, data row numbers i64[n] from 1, refused rows)``; only the columns wanted are kept.

    ``header``: names of the columns where the file has no header line. Raises Unreadable.
    """
    import polars as pl

    data = data.removeprefix(b"\xef\xbb\xbf")
    _bytes(data)
    records = _scan(data, ord(delimiter))
    names = tuple(header) or _header_of(data, records, delimiter, limits)
    first = 0 if header else 1
    _delimiters(data, names, delimiter, bool(header))
    missing = [w for w in wanted if w not in names]
    if missing:
        raise Unreadable("unknown-column", "; ".join(suggest(w, names) for w in missing), 0 if header else 1)
    rows = np.arange(1, len(records.start) - first + 1)
    start, end, fields, stray = records.start[first:], records.end[first:], records.fields[first:], records.stray[first:]
    refused: list[Refused] = []
    good = np.ones(len(rows), np.bool_)

    def line(i: int) -> str:
        return data[int(start[i]) : int(end[i])][:200].decode("utf-8", "replace")

    def refuse(bad: Mask, slug: str, message: str) -> None:
        nonlocal good
        at = np.flatnonzero(bad & good)
        refused.extend(refuse_rows(file, rows[at], "", slug, lambda i: line(int(at[i])), lambda i: message.format(n=int(fields[at[i]]))))
        good &= ~bad

    refuse(end - start > limits.cell_bytes * max(1, len(names)), "cell-size", f"is longer than {limits.cell_bytes:,} bytes a cell")
    refuse(stray, "stray-quote", 'has a quotation mark inside a cell: double it ("") and quote the cell')
    if not header:
        same = end - start == int(records.end[0] - records.start[0])
        head = data[int(records.start[0]) : int(records.end[0])]
        for i in np.flatnonzero(same).tolist():
            same[i] = data[int(start[i]) : int(end[i])] == head
        refuse(same, "repeated-header", "is the header again: two files were joined?")
    refuse(fields != len(names), "ragged-row", f"has {{n}} fields, the header has {len(names)}")
    body = data[int(records.start[first]) :] if len(rows) else b""
    if not good.all():
        edges = np.append(start, len(data))
        body = b"".join(data[int(edges[i]) : int(edges[i + 1])] for i in np.flatnonzero(good))
        rows = rows[good]
    frame = _frame(body, names, delimiter, wanted, len(rows), file)
    if trim:
        frame = frame.with_columns(pl.all().str.strip_chars(" \t"))
    cells = np.zeros(len(rows), np.bool_)
    for column in frame.iter_columns():
        long = (column.str.len_bytes() > limits.cell_bytes).fill_null(value=False).to_numpy()
        refused += refuse_rows(
            file, rows[long], column.name, "cell-size", lambda _: "", lambda _: f"is longer than {limits.cell_bytes:,} bytes"
        )
        cells |= long
    if cells.any():
        frame, rows = frame.filter(pl.Series(~cells)), rows[~cells]
    return frame, rows, refused


def read_header(data: bytes, delimiter: str, limits: Limits) -> tuple[str, ...]:
    """The names in the header line. Raises Unreadable."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    return _header_of(data, _scan(data, ord(delimiter)), delimiter, limits)


def _bytes(data: bytes) -> None:
    if not data.strip():
        raise Unreadable("empty-file", "the file is empty")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("encoding", "the file is UTF-16: save it as UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        raise Unreadable("nul-byte", "a NUL byte stands in the text: the file is damaged or no CSV", data.count(b"\n", 0, nul) + 1)
    for lo in range(0, len(data), 1 << 26):
        _utf8(data, lo)


def _utf8(data: bytes, lo: int) -> None:
    """Looks at one block, moved to whole characters at both ends."""
    hi = min(lo + (1 << 26), len(data))
    while lo and lo < len(data) and data[lo] & 0xC0 == 0x80:
        lo -= 1
    while hi < len(data) and data[hi] & 0xC0 == 0x80:
        hi -= 1
    try:
        data[lo:hi].decode("utf-8")
    except UnicodeDecodeError as error:
        at = lo + error.start
        raise Unreadable("encoding", f"byte {data[at]:02X} is not UTF-8: save the file as UTF-8", data.count(b"\n", 0, at) + 1) from None


def _scan(data: bytes, delimiter: int) -> _Records:
    """Finds records and fields outside quotation marks. Raises Unreadable where a quotation mark is never closed."""
    view = np.frombuffer(data, np.uint8)
    breaks, splits, quotes = _positions(view, delimiter)
    stray_at = np.empty(0, np.int64)
    if len(quotes):
        opening, closing = quotes[::2], quotes[1::2]
        before = view[np.maximum(opening - 1, 0)]
        fine_open = (opening == 0) | np.isin(before, (delimiter, 10, 13, 34))
        after = view[np.minimum(closing + 1, len(view) - 1)]
        fine_close = (closing == len(view) - 1) | np.isin(after, (delimiter, 10, 13, 34))
        stray_at = np.sort(np.concatenate((opening[~fine_open], closing[~fine_close])))
        if len(quotes) % 2:
            at = int(stray_at[0]) if len(stray_at) else int(quotes[-1])
            raise Unreadable("unclosed-quote", "a quotation mark is opened and never closed", int(np.count_nonzero(view[:at] == 10)) + 1)
        breaks, splits = (a[np.searchsorted(quotes, a) % 2 == 0] for a in (breaks, splits))
    start = np.concatenate(([0], breaks + 1))
    end = np.append(breaks, len(view))
    if start[-1] >= len(view):
        start, end = start[:-1], end[:-1]
    end = end - ((end > start) & (view[np.maximum(end - 1, 0)] == 13))
    fields = np.searchsorted(splits, end) - np.searchsorted(splits, start) + 1
    stray = np.zeros(len(start), np.bool_)
    stray[np.searchsorted(start, stray_at, side="right") - 1] = len(stray_at) > 0
    if not len(stray_at):
        stray[:] = False
    filled = end > start
    return _Records(start[filled], end[filled], fields[filled], stray[filled])


def _positions(view: NDArray[np.uint8], delimiter: int) -> tuple[I64, I64, I64]:
    found: tuple[list[I64], list[I64], list[I64]] = ([], [], [])
    for lo in range(0, len(view), 1 << 24):
        block = view[lo : lo + (1 << 24)]
        for mark, places in zip((10, delimiter, 34), found, strict=True):
            places.append(np.flatnonzero(block == mark) + lo)
    return tuple(np.concatenate(p) if p else np.empty(0, np.int64) for p in found)  # type: ignore[return-value]


def _header_of(data: bytes, records: _Records, delimiter: str, limits: Limits) -> tuple[str, ...]:
    import csv

    if not len(records.start):
        raise Unreadable("empty-file", "the file has no line")
    text = data[int(records.start[0]) : int(records.end[0])].decode("utf-8", "replace")
    if records.fields[0] > limits.columns:
        raise Unreadable("too-many-columns", f"{int(records.fields[0]):,} columns are more than {limits.columns:,}", 1)
    try:
        names = tuple(next(csv.reader([text], delimiter=delimiter)))
    except (csv.Error, StopIteration):
        raise Unreadable("bad-header", "the header line cannot be read", 1) from None
    double = sorted({n for n in names if names.count(n) > 1})
    if double:
        raise Unreadable("doubled-column", f"the header names {', '.join(double)} more than once", 1)
    return names


def _delimiters(data: bytes, names: tuple[str, ...], delimiter: str, given: bool) -> None:
    if given or len(names) > 1:
        return
    line = data[:65_536].split(b"\n", 1)[0].decode("utf-8", "replace")
    for other, word in ((";", "semicolon"), ("\t", "tab"), ("|", "pipe"), (",", "comma")):
        if other != delimiter and line.count(other) >= 1:
            raise Unreadable("delimiter", f"the header has no {delimiter!r} but {line.count(other)} {word}s: say delimiter: {word}", 1)


def _plain(name: str) -> str:
    return " ".join(name.replace("\u00a0", " ").replace("\u200b", "").replace("_", " ").split()).casefold()


def suggest(wanted: str, names: Sequence[str]) -> str:
    """One sentence about a column that is not there, with the name that was meant where it can be told."""
    import difflib

    for name in names:
        if _plain(name) == _plain(wanted):
            hidden = "".join(f" (with U+{ord(c):04X})" for c in name if c in "\u00a0\u200b")
            return f"there is no column {wanted!r}; the header says {name!r}{hidden}"
    near = difflib.get_close_matches(wanted, list(names), 1)
    return f"there is no column {wanted!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def _frame(body: bytes, names: tuple[str, ...], delimiter: str, wanted: Sequence[str], n: int, file: str) -> pl.DataFrame:
    import polars as pl

    if not n:
        return pl.DataFrame({w: pl.Series([], dtype=pl.String) for w in wanted})
    schema: dict[str, pl.DataType | type[pl.DataType]] = {f"c{i}": pl.String for i in range(len(names))}
    columns = sorted(names.index(w) for w in wanted)
    try:
        head = delimiter.join(schema).encode() + b"\n"
        frame = pl.read_csv(head + body, separator=delimiter, schema=schema, columns=[f"c{i}" for i in columns] or ["c0"], infer_schema=False)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise Unreadable("bad-table", f"{file} cannot be read as a table: {str(error).splitlines()[0][:200]}") from None
    if frame.height != n:
        raise Unreadable("bad-table", f"{n:,} rows were counted and {frame.height:,} read: quotation marks are out of order")
    return frame.rename({f"c{i}": names[i] for i in columns}) if columns else frame
