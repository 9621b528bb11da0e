"""Leaves: the bytes of one fact, made once when it is recorded, and read back into the columns they came from (ARCHITECTURE D23).

Law: what is read back from the leaves is what was recorded: the same batches, so the same facts. A leaf is canonical JSON (sorted keys,
no spaces, UTF-8) of integers and texts only; times are µs UTC. A fact without an id of its own is named by file and row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat

import numpy as np

from upheld.facts.batch import Batch
from upheld.facts.spec import Shape
from upheld.facts.tables import I64, Attribute

__all__ = ["KIND", "OPTIONAL", "batches_of", "content_of", "key_of", "leaves_of", "numbers_of", "texts_of", "times_of", "watched_leaf",
           "watched_of"]

KIND = "fact"
"""The kind of a fact's leaf."""

_encode: Callable[[str], str] = json.encoder.encode_basestring
"""As the canonical form writes a text: quotes, backslash and control characters escaped, everything else as it is."""


def leaves_of(batch: Batch) -> list[bytes]:
    """The leaf of each row, in order. Keys a row does not say are left out."""
    n = len(batch)
    texts: dict[str, list[str]] = {}
    for name, column in batch.texts.items():
        texts[name] = _texts(column)
    for name, optional in (("id", batch.ids), ("replaces", batch.replaces)):
        if optional is not None:
            texts[name] = _texts(optional)
    numbers: dict[str, Sequence[int]] = {"row": batch.rows.tolist()}
    numbers |= {name: values.tolist() for name, values in (*batch.times.items(), *batch.numbers.items())}
    if batch.known_at is not None:
        numbers["known_at"] = batch.known_at.tolist()
    if batch.rank is not None:
        numbers["rank"] = batch.rank.tolist()
    same = {"file": _encode(batch.file), "kind": f'"{KIND}"', "scale": str(batch.scale), "shape": f'"{batch.shape}"',
            "source": _encode(batch.source)}
    columns: list[tuple[str, Iterable[str]]] = [(name, repeat(f'"{name}":{value},', n)) for name, value in same.items()]
    # a shape's own key never collides with another: `kind` of an interval is told apart from the leaf's
    columns += [(key_of(name), _fragments(key_of(name), values)) for name, values in texts.items()]
    columns += [(key_of(name), [f'"{key_of(name)}":{value},' for value in values]) for name, values in numbers.items()]
    if batch.void is not None:
        columns.append(("void", ['"void":true,' if v else "" for v in batch.void.tolist()]))
    if batch.attributes:
        columns.append(("says", _says(batch.attributes, n)))
    columns.sort(key=lambda column: column[0])
    return [("{" + "".join(row)[:-1] + "}").encode() for row in zip(*(c for _, c in columns), strict=True)]


def key_of(name: str) -> str:
    """The leaf's key of a column: `kind` is the leaf's own, so an interval's or a declaration's is `what`."""
    return {"kind": "what_kind"}.get(name, name)


def _texts(column: Attribute) -> list[str]:
    encoded = [*(_encode(name) for name in column.names), ""]
    return [encoded[code] for code in column.codes.tolist()]


def _fragments(key: str, values: Sequence[str]) -> list[str]:
    return [f'"{key}":{value},' if value else "" for value in values]


def _says(attributes: Mapping[str, Attribute], n: int) -> list[str]:
    """The attributes of each row as one object; rows that say nothing have none."""
    parts: list[list[str]] = []
    for name in sorted(attributes):
        column = attributes[name]
        known = [*(f"{_encode(name)}:{_encode(text)}," for text in column.names), ""]
        parts.append([known[code] for code in column.codes.tolist()])
    joined = ("".join(row) for row in zip(*parts, strict=True)) if parts else repeat("", n)
    return [f'"says":{{{row[:-1]}}},' if row else "" for row in joined]


def watched_leaf(source: str, start: int, end: int | None) -> bytes:
    """The leaf of a declaration that a source watched everything from ``start`` to ``end`` (None: to its last stamp)."""
    body: dict[str, object] = {"kind": "watched", "source": source, "start": start}
    if end is not None:
        body["end"] = end
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def watched_of(leaves: Iterable[bytes]) -> dict[str, tuple[int, int | None]]:
    """What the sources declared to have watched: the last word of each."""
    found: dict[str, tuple[int, int | None]] = {}
    for leaf in leaves:
        if b'"kind":"watched"' in leaf:
            body = json.loads(leaf)
            if body["kind"] == "watched":
                found[body["source"]] = (body["start"], body.get("end"))
    return found


_WHERE_AND_WHEN = re.compile(rb'"file":"(?:[^"\\]|\\.)*",|"(?:known_at|row)":-?[0-9]+,|"kind":"fact",')


def content_of(leaf: bytes) -> bytes:
    """What a fact's leaf says, without where it lay (file, row) and when it came to be known: equal for two arrivals of one fact."""
    # keys are sorted, and all of these come before the attributes (`says`), the only place where foreign keys stand
    end = leaf.find(b'"says":{')
    return _WHERE_AND_WHEN.sub(b"", leaf) if end < 0 else _WHERE_AND_WHEN.sub(b"", leaf[:end]) + leaf[end:]


# ---- and back -------------------------------------------------------------------------------------------------------

_TEXTS: dict[Shape, tuple[str, ...]] = {
    "events": ("case", "event"),
    "intervals": ("kind", "subject"),
    "samples": ("series",),
    "counts": ("series",),
    "subscriptions": ("customer", "agreement", "tier"),
    "charges": ("customer", "currency"),
    "declarations": ("kind", "about", "actor"),
    "coverage": ("what",),
}
_TIMES: dict[Shape, tuple[str, ...]] = {
    "events": ("at",),
    "intervals": ("start", "end"),
    "samples": ("at",),
    "counts": ("start", "end"),
    "subscriptions": ("start", "end"),
    "charges": ("start", "end"),
    "declarations": ("at",),
    "coverage": ("start", "end"),
}
_NUMBERS: dict[Shape, tuple[str, ...]] = {
    "intervals": ("weight",),
    "samples": ("value",),
    "counts": ("good", "total"),
    "charges": ("minor",),
}
OPTIONAL = frozenset(("known_at", "rank", "weight", "good"))
"""Columns a row may lack; rows are laid side by side only with rows that say the same of them."""

_CHUNK = 50_000


def texts_of(shape: Shape) -> tuple[str, ...]:
    """The text columns of a shape."""
    return _TEXTS[shape]


def times_of(shape: Shape) -> tuple[str, ...]:
    """The columns of a shape that are instants, the one it begins at first."""
    return _TIMES[shape]


def numbers_of(shape: Shape) -> tuple[str, ...]:
    """The number columns of a shape."""
    return _NUMBERS.get(shape, ())


def batches_of(leaves: Iterable[bytes]) -> list[Batch]:
    """The facts among the leaves as batches, one a (shape, source, file, scale, keys said), in order of first appearance.

    Raises ``ValueError`` for a leaf that is no fact in canonical form.
    """
    gathered: dict[tuple[str, str, str, int, frozenset[str]], list[dict[str, object]]] = {}
    for body in _parsed(leaves):
        if body.get("kind") == KIND:
            optional = frozenset(body) & OPTIONAL
            key = (str(body["shape"]), str(body["source"]), str(body["file"]), int(str(body["scale"])), optional)
            gathered.setdefault(key, []).append(body)
    return [_batch(key, rows) for key, rows in gathered.items()]


def _parsed(leaves: Iterable[bytes]) -> Iterator[dict[str, object]]:
    chunk: list[bytes] = []
    for leaf in leaves:
        chunk.append(leaf)
        if len(chunk) == _CHUNK:
            yield from json.loads(b"[" + b",".join(chunk) + b"]")
            chunk = []
    yield from json.loads(b"[" + b",".join(chunk) + b"]")


def _batch(key: tuple[str, str, str, int, frozenset[str]], rows: list[dict[str, object]]) -> Batch:
    shape, source, file, scale, optional = key
    own: Shape = shape  # type: ignore[assignment]
    says: list[Mapping[str, str]] = [row.get("says", {}) for row in rows]  # type: ignore[misc]
    names = sorted({name for row in says for name in row})
    ids, replaces = _coded([row.get("id") for row in rows]), _coded([row.get("replaces") for row in rows])
    void = np.array([row.get("void", False) for row in rows], np.bool_)
    return Batch(
        own, source, file, _ints(rows, "row"),
        texts={name: _coded([row.get(key_of(name)) for row in rows]) for name in _TEXTS[own]},
        times={name: _ints(rows, name) for name in _TIMES[own]},
        numbers={name: _ints(rows, name) for name in _NUMBERS.get(own, ()) if name not in OPTIONAL or name in optional},
        scale=scale,
        attributes={name: _coded([row.get(name) for row in says]) for name in names},
        known_at=_ints(rows, "known_at") if "known_at" in optional else None,
        ids=ids if ids.names else None,
        replaces=replaces if replaces.names else None,
        void=void if void.any() else None,
        rank=_ints(rows, "rank") if "rank" in optional else None,
    )


def _ints(rows: Sequence[Mapping[str, object]], name: str) -> I64:
    return np.array([row[name] for row in rows], np.int64)


def _coded(values: Sequence[object]) -> Attribute:
    names = sorted({str(v) for v in values if v is not None})
    place: dict[object, int] = {name: i for i, name in enumerate(names)}
    return Attribute(np.array([place.get(v, -1) for v in values], np.int32), tuple(names))
