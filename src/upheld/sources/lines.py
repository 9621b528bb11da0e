"""JSON lines: one object a line becomes one row of text columns.

Law: numbers keep the digits they were written with; a doubled key, NaN, a lone surrogate or a NUL is refused with its row.
Inner objects are reached with dots (``impact.start_at``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from upheld.facts.tables import I64, Refused
from upheld.sources.table import Limits, Unreadable, suggest

if TYPE_CHECKING:
    import polars as pl

__all__ = ["read_lines"]


class _DoubledError(ValueError):
    """A key occurs twice in one object."""


def read_lines(data: bytes, file: str, wanted: Sequence[str], lists: str, limits: Limits, *,
               sparse: bool = False) -> tuple[pl.DataFrame, I64, list[Refused]]:
    """``(frame of text columns, row numbers i64[n] from 1, refused)``. The column ``lists`` keeps its lists of texts.

    ``sparse``: a column that no row has says nothing, instead of being missing. Raises Unreadable.
    """
    import polars as pl

    columns: dict[str, list[object]] = {name: [] for name in wanted}
    rows: list[int] = []
    refused: list[Refused] = []
    seen: set[str] = set()
    paths = [(name, name.split(".")) for name in wanted]
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            record = _object(line, limits)
            cells = [_cell(record, path, name == lists, limits) for name, path in paths]
        except ValueError as error:
            slug, message = error.args if len(error.args) == 2 else ("bad-json", str(error))
            refused.append(Refused(file, number, "", slug, line[:200].decode("utf-8", "replace"), message))
            continue
        seen.update(record)
        rows.append(number)
        for (name, _), cell in zip(paths, cells, strict=True):
            columns[name].append(cell)
    absent = [name for name, path in paths if rows and path[0] not in seen and not sparse]
    if absent:
        raise Unreadable("unknown-column", "; ".join(suggest(name, sorted(seen)) for name in absent), 1)
    series = [pl.Series(name, cells, dtype=pl.List(pl.String) if name == lists else pl.String) for name, cells in columns.items()]
    return pl.DataFrame(series), np.array(rows, np.int64), refused


def _object(line: bytes, limits: Limits) -> dict[str, object]:
    try:
        text = line.decode("utf-8")
        record = json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant, parse_float=str, parse_int=str)
    except UnicodeDecodeError:
        raise ValueError("encoding", "is not UTF-8") from None
    except _DoubledError as error:
        raise ValueError("doubled-key", f"says {error.args[0]!r} twice") from None
    except RecursionError:
        raise ValueError("too-deep", "is nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError("bad-json", f"is no JSON: {error.msg} at character {error.pos + 1}") from None
    if not isinstance(record, dict):
        raise ValueError("bad-json", "is no object")
    if len(record) > limits.columns:
        raise ValueError("too-many-columns", f"has {len(record):,} keys, more than {limits.columns:,}")
    return record


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [k for k, _ in pairs]
        raise _DoubledError(next(k for k in names if names.count(k) > 1))
    return found


def _constant(text: str) -> NoReturn:
    raise ValueError("bad-number", f"says {text}, which is no number")


def _cell(record: dict[str, object], path: list[str], as_list: bool, limits: Limits) -> object:
    value: object = record
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if as_list:
        if value is None:
            return None
        entries = value if isinstance(value, list) else [value]
        return [_text(v, path, limits) for v in entries]
    return _text(value, path, limits)


def _text(value: object, path: list[str], limits: Limits) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case str():
            if "\0" in value:
                raise ValueError("nul-byte", f"has a NUL in {'.'.join(path)}")
            if not value.isascii():
                try:
                    value.encode()
                except UnicodeEncodeError:
                    raise ValueError("encoding", f"has half a character (a lone surrogate) in {'.'.join(path)}") from None
            if len(value) > limits.cell_bytes:
                raise ValueError("cell-size", f"{'.'.join(path)} is longer than {limits.cell_bytes:,} bytes")
            return value
    raise ValueError("bad-json", f"has a list or an object in {'.'.join(path)}, where one text is needed")
