"""Record: batches become tables. Repetition, contradiction and correction are settled here, once.

Law: a fact is named by (source, id). The same body again changes nothing; another body is a finding and the fact is disputed.
A correction names the row it replaces; a second correction of one row is disputed. The outcome does not depend on arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from upheld.facts.batch import Batch, compact, unite
from upheld.facts.build import BUILD
from upheld.facts.gathered import Gathered
from upheld.facts.order import order_of
from upheld.facts.spec import Shape
from upheld.facts.tables import I64, OPEN, Attribute, Facts, Origin, Refused
from upheld.facts.watching import coverage_of

__all__ = ["record"]

Mask = NDArray[np.bool_]

KNOWN_BY = {
    "events": "at",
    "intervals": "start",
    "samples": "at",
    "counts": "end",
    "subscriptions": "start",
    "charges": "start",
    "declarations": "at",
    "coverage": "start",
}
"""When a row came to be known if its source does not say: when it occurred."""


def record(batches: Iterable[Batch], complete: Mapping[str, tuple[int, int | None]] | None = None) -> Facts:
    """All facts of the batches in their tables, sorted (D9), with every contradiction in ``refused``.

    ``complete``: source → (from, until) it declares to have watched; other sources are assumed to have watched from their
    first to their last stamp, and are marked so. The result still holds corrected rows: ``facts.cut`` applies corrections.
    """
    by_shape: dict[Shape, list[Batch]] = {}
    for batch in batches:
        by_shape.setdefault(batch.shape, []).append(batch)
    refused: list[Refused] = []
    settled = {shape: _settled(_gather(shape, found), refused) for shape, found in by_shape.items() if sum(map(len, found))}
    tables = {shape: table for shape, table in settled.items() if len(table)}
    built = {shape: BUILD[shape](_sorted(table)) for shape, table in tables.items() if shape != "coverage"}
    return Facts(**built, coverage=coverage_of(tables, complete or {}), refused=tuple(refused))  # type: ignore[arg-type]


# ---- gathering ------------------------------------------------------------------------------------------------------


def _gather(shape: Shape, batches: Sequence[Batch]) -> Gathered:
    n = sum(map(len, batches))
    names = dict.fromkeys(name for b in batches for name in b.texts)
    texts = {name: unite((b.texts.get(name), len(b)) for b in batches) for name in names}
    attributes = {name: unite((b.attributes.get(name), len(b)) for b in batches) for name in sorted({a for b in batches for a in b.attributes})}
    times = {name: _joined([b.times[name] for b in batches]) for name in batches[0].times}
    numbers = {
        name: _joined([b.numbers.get(name, np.full(len(b), _unsaid(name, b.scale))) for b in batches])
        for name in dict.fromkeys(x for b in batches for x in b.numbers)
    }
    replaces = unite((b.replaces, len(b)) for b in batches) if any(b.replaces is not None for b in batches) else None
    ids = unite((b.ids, len(b)) for b in batches) if any(b.ids is not None for b in batches) else None
    source = _source(batches)
    table = Gathered(
        shape,
        texts,
        times,
        numbers,
        _joined([np.broadcast_to(np.int64(b.scale), len(b)) for b in batches]),
        attributes,
        source,
        _joined([b.times[KNOWN_BY[shape]] if b.known_at is None else b.known_at for b in batches]),
        None,
        _joined([np.broadcast_to(np.int64(0), len(b)) if b.rank is None else b.rank for b in batches]),
        ids,
        None,
        _joined([np.zeros(len(b), np.bool_) if b.void is None else b.void for b in batches])
        if any(b.void is not None for b in batches)
        else None,
        None,
        _origin(batches),
        np.arange(n),
    )
    if shape == "intervals":
        # an end told before the start was announced with it; any other end is known when it has come
        ahead = table.known_at < table.times["start"]
        table.end_known_at = np.where(ahead, table.known_at, np.maximum(table.known_at, table.times["end"]))
    if replaces is not None and ids is not None:
        table.replaces = _wanted(replaces, ids)  # becomes positions once repetitions are gone
    return table


T = TypeVar("T", np.int64, np.bool_)


def _joined(parts: list[NDArray[T]]) -> NDArray[T]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _unsaid(name: str, scale: int) -> int:
    return scale if name == "weight" else -1


def _source(batches: Sequence[Batch]) -> Attribute:
    names = tuple(sorted({b.source for b in batches}))
    if len(names) == 1:
        return Attribute(np.broadcast_to(np.int32(0), sum(map(len, batches))), names)
    return unite((Attribute(np.zeros(len(b), np.int32), (b.source,)), len(b)) for b in batches)


def _origin(batches: Sequence[Batch]) -> Origin:
    sizes = [len(b) for b in batches]
    starts = np.cumsum([0, *sizes[:-1]]).astype(np.int64)
    rows = tuple(None if len(b) and b.rows[0] == 1 and b.rows[-1] == len(b) else b.rows for b in batches)
    return Origin(tuple(b.file for b in batches), starts, rows)


_NOBODY = -2


def _wanted(replaces: Attribute, ids: Attribute) -> I64:
    """The id code of the row each row replaces: -1 for none, -2 for an id no row bears."""
    place = {name: i for i, name in enumerate(ids.names)}
    translate = np.array([*(place.get(name, _NOBODY) for name in replaces.names), -1], np.int64)
    return translate[replaces.codes]


def _targets(wanted: I64, ids: Attribute, source: Attribute, drop: Mask) -> I64:
    """The position of the row each row replaces, among the rows of its source that stay: -1 for none, -2 where there is none."""
    result = np.full(len(wanted), -1, np.int64)
    asking = np.flatnonzero(wanted != -1)
    there = np.flatnonzero((ids.codes >= 0) & ~drop)
    if not len(there):
        result[asking] = _NOBODY
        return result
    width = len(ids.names) + 1
    key = source.codes[there].astype(np.int64) * width + ids.codes[there]
    order = np.argsort(key, kind="stable")
    ask = source.codes[asking].astype(np.int64) * width + wanted[asking]
    found = np.minimum(np.searchsorted(key[order], ask), len(key) - 1)
    result[asking] = np.where((key[order][found] == ask) & (wanted[asking] >= 0), there[order][found], _NOBODY)
    return result


# ---- settling -------------------------------------------------------------------------------------------------------


def _settled(table: Gathered, refused: list[Refused]) -> Gathered:
    if table.ids is None:
        return table
    drop = np.zeros(len(table), np.bool_)
    _repetitions(table, table.ids, drop, refused)
    if table.replaces is not None:
        table.replaces = _targets(table.replaces, table.ids, table.source, drop)
        _corrections(table, table.ids, table.replaces, drop, refused)
    return _kept(table, drop) if drop.any() else table


def _body(table: Gathered) -> list[tuple[str, NDArray[np.signedinteger]]]:
    columns: list[tuple[str, NDArray[np.signedinteger]]] = [(k, v.codes) for k, v in table.texts.items()]
    columns += list(table.times.items())
    columns += list(table.numbers.items())
    columns += [(k, v.codes) for k, v in table.attributes.items()]
    columns.append(("rank", table.rank))
    if table.replaces is not None:
        columns.append(("replaces", table.replaces))
    if table.void is not None:
        columns.append(("void", table.void.astype(np.int8)))
    return columns


def _repetitions(table: Gathered, ids: Attribute, drop: Mask, refused: list[Refused]) -> None:
    """Keep the row first known of each (source, id); the order is by (known_at, body), never by arrival."""
    key = table.source.codes.astype(np.int64) * (len(ids.names) + 1) + ids.codes
    named = np.flatnonzero(ids.codes >= 0)
    ranked = np.sort(key[named])
    if not (ranked[1:] == ranked[:-1]).any():
        return
    order = named[np.argsort(key[named], kind="stable")]
    same = key[order][1:] == key[order][:-1]
    suspects = np.unique(np.concatenate((order[1:][same], order[:-1][same])))
    body = _body(table)
    columns = [c[suspects] for _, c in reversed(body)]
    suspects = suspects[np.lexsort((*columns, table.known_at[suspects], key[suspects]))]
    groups = np.flatnonzero(np.concatenate(([True], np.diff(key[suspects]) != 0)))
    first = np.repeat(suspects[groups], np.diff(groups, append=len(suspects)))
    differs = np.zeros(len(suspects), np.bool_)
    for _, column in body:
        differs |= column[suspects] != column[first]
    drop[suspects[suspects != first]] = True
    for row, kept in zip(suspects[differs].tolist(), first[differs].tolist(), strict=True):
        _contradiction(table, ids, row, kept, body, refused)


def _contradiction(
    table: Gathered,
    ids: Attribute,
    row: int,
    kept: int,
    body: list[tuple[str, NDArray[np.signedinteger]]],
    refused: list[Refused],
) -> None:
    parts = [name for name, column in body if column[row] != column[kept]]
    if parts == ["end"] and table.end_known_at is not None and table.times["end"][kept] == OPEN:
        # the end of an open interval came to be known: progress, not a contradiction
        table.times["end"] = table.times["end"].copy()
        table.times["end"][kept] = table.times["end"][row]
        table.end_known_at[kept] = max(int(table.known_at[row]), int(table.times["end"][row]))
        return
    _dispute(table, kept, int(table.known_at[row]))
    name = ids.names[ids.codes[row]]
    file, line = table.origin.locate(int(table.seq[row]))
    other, place = table.origin.locate(int(table.seq[kept]))
    differ = ", ".join(sorted(set(parts)))
    said = f"is the id of another fact too ({other}, row {place}); they differ in {differ}: the fact is disputed"
    refused.append(Refused(file, line, "id", "same-id", name, said))


def _dispute(table: Gathered, row: int, since: int) -> None:
    if table.disputed_at is None:
        table.disputed_at = np.full(len(table), OPEN)
    table.disputed_at[row] = min(int(table.disputed_at[row]), since)


def _corrections(table: Gathered, ids: Attribute, replaces: I64, drop: Mask, refused: list[Refused]) -> None:
    asking = np.flatnonzero((replaces != -1) & ~drop)
    seen: dict[int, int] = {}
    for row in asking[np.lexsort((ids.codes[asking], table.known_at[asking]))].tolist():
        target = int(replaces[row])
        file, line = table.origin.locate(int(table.seq[row]))
        name = ids.names[ids.codes[row]] if ids.codes[row] >= 0 else ""
        if target == _NOBODY or _circular(replaces, row):
            what = "replaces itself, by way of others" if target != _NOBODY else "replaces a row this source does not have"
            refused.append(Refused(file, line, "replaces", "unknown-correction" if target == _NOBODY else "circular-correction", name, what))
            drop[row] = True
        elif target in seen:
            earlier = seen[target]
            place = table.origin.locate(int(table.seq[earlier]))
            said = f"corrects a row that {place[0]}, row {place[1]} corrects already (correct the correction): the fact is disputed"
            refused.append(Refused(file, line, "replaces", "corrected-twice", name, said))
            if table.void is not None and table.void[earlier]:
                _dispute(table, row, int(table.known_at[row]))
            else:
                _dispute(table, earlier, int(table.known_at[row]))
                drop[row] = True
        else:
            seen[target] = row
    while len(lost := np.flatnonzero((replaces >= 0) & ~drop & drop[np.maximum(replaces, 0)])):
        for row in lost.tolist():  # what would correct a refused row corrects nothing
            file, line = table.origin.locate(int(table.seq[row]))
            name = ids.names[ids.codes[row]] if ids.codes[row] >= 0 else ""
            refused.append(Refused(file, line, "replaces", "unknown-correction", name, "replaces a row that was refused"))
        drop[lost] = True


def _circular(replaces: I64, row: int) -> bool:
    walked = {row}
    at = int(replaces[row])
    while at >= 0:
        if at in walked:
            return True
        walked.add(at)
        at = int(replaces[at])
    return False


# ---- order ----------------------------------------------------------------------------------------------------------


_ORDER: dict[Shape, tuple[str, ...]] = {
    "events": ("case", "at"),
    "intervals": ("kind", "subject", "start"),
    "samples": ("series", "at"),
    "counts": ("series", "start"),
    "subscriptions": ("customer", "start"),
    "charges": ("customer", "start"),
    "declarations": ("kind", "at"),
    "coverage": ("what", "start"),
}


def _sorted(table: Gathered) -> Gathered:
    nothing = np.broadcast_to(np.int64(0), len(table))
    keys: list[NDArray[np.signedinteger]] = [
        table.texts[name].codes if name in table.texts else table.times.get(name, nothing) for name in _ORDER[table.shape]
    ]
    keys += [table.rank, table.source.codes]
    if table.ids is not None:
        keys.append(table.ids.codes)
    order = order_of(keys)
    return table if order is None else _taken(table, order)


def _kept(table: Gathered, drop: Mask) -> Gathered:
    kept = _taken(table, np.flatnonzero(~drop))
    return replace(kept, texts={name: compact(column) for name, column in kept.texts.items()})


def _taken(table: Gathered, at: I64) -> Gathered:
    """The rows at the positions given; pointers to replaced rows follow them."""
    replaces = None
    if table.replaces is not None:
        moved = np.full(len(table) + 1, -1, np.int64)
        moved[at] = np.arange(len(at))
        replaces = moved[np.maximum(table.replaces[at], -1)]
    # one gather an array: a stamp that is also when the row was known, and a sequence that is the place, are not taken twice
    times = {k: v[at] for k, v in table.times.items()}
    known = next((times[k] for k, v in table.times.items() if v is table.known_at), None)
    in_place = bool((table.seq == np.arange(len(table))).all())
    return replace(
        table,
        texts={k: _picked(v, at) for k, v in table.texts.items()},
        times=times,
        numbers={k: v[at] for k, v in table.numbers.items()},
        scales=_light(table.scales, at),
        attributes={k: _picked(v, at) for k, v in table.attributes.items()},
        source=_picked(table.source, at),
        known_at=table.known_at[at] if known is None else known,
        end_known_at=None if table.end_known_at is None else table.end_known_at[at],
        rank=_light(table.rank, at),
        ids=None if table.ids is None else table.ids.take(at),
        replaces=replaces,
        void=None if table.void is None else table.void[at],
        disputed_at=None if table.disputed_at is None else table.disputed_at[at],
        seq=at if in_place else table.seq[at],
    )


def _light(values: I64, at: I64) -> I64:
    """The values at the positions; one value for all rows stays one value in memory."""
    return np.broadcast_to(values[:1].reshape(()), len(at)) if values.strides == (0,) and len(values) else values[at]


def _picked(column: Attribute, at: I64) -> Attribute:
    return Attribute(_light(column.codes, at), column.names)  # type: ignore[arg-type]
