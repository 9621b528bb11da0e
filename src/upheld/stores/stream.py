"""The stream: every fact that was recorded here, in the order it came, as leaves of one log with an index beside them.

Law: a fact is answered for once it is on the disk; the same again is answered with its first place. What is read back is what was recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, get_args

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, or_, select

from upheld.facts.arrive import STREAM, Arrival
from upheld.facts.batch import Batch
from upheld.facts.leaf_columns import batches_in
from upheld.facts.leaves import KIND, watched_leaf
from upheld.facts.spec import Shape
from upheld.stores.database import Database
from upheld.stores.group import Group
from upheld.stores.logs import add_leaves, locked, looked_up
from upheld.stores.many import add_rows, among
from upheld.stores.rows import rows_of_arrivals, rows_of_batches
from upheld.stores.schema import facts, leaves, logs, spoken, touched, watches
from upheld.stores.taking import Call, Taken, take

__all__ = ["Found", "Stream", "Taken"]

_SHAPES = get_args(Shape)

_READ = 50_000
"""Leaves read in one go."""


@dataclass(frozen=True, slots=True)
class Found:
    """A fact on record. ``at``: its first instant; ``recorded_at``: when it was taken in, both µs UTC; ``leaf``: its bytes."""

    seq: int
    source: str
    id: str
    shape: str
    subject: str
    at: int
    recorded_at: int
    actor: str
    leaf: bytes
    leaf_hash: bytes


class Stream:
    """The facts of a store. Threads may share it: those that record at the same moment share a transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._group: Group[Call, list[Taken]] = Group(self._take)

    # ---- recording --------------------------------------------------------------------------------------------------

    def record(self, arrivals: Sequence[Arrival], actor: str, at: int) -> list[Taken]:
        """What came of each arrival, in order. ``at``: now, µs UTC. Raises ``StoreError``: then nothing of this call was recorded.

        A refusal does not stop the others. Within ``store.together()`` it is part of that transaction.
        """
        return self._recorded(Call(rows_of_arrivals(arrivals, at), actor, at)) if arrivals else []

    def record_each(self, calls: Sequence[Call]) -> list[list[Taken]]:
        """What came of each row of each call, all in one transaction, each call's answers apart. Raises ``StoreError``: then nothing of any
        of them was recorded.
        """
        return self._take(calls)

    def record_batches(self, batches: Sequence[Batch], complete: Mapping[str, tuple[int, int | None]], actor: str, at: int) -> list[Taken]:
        """What came of each row of the batches, in order, all in one transaction. ``complete``: what the sources declare to have watched.

        ``at``: now, µs UTC. A fact without an id is known by its file and row; all batches of a file come in one call. Raises
        ``StoreError``: then nothing was recorded.
        """
        call = Call(rows_of_batches(batches), actor, at)
        with self.database.writing() as connection:
            self._watch(connection, complete)
            return take(connection, [call])[0]

    def _recorded(self, call: Call) -> list[Taken]:
        if self.database.joint.connection is None:
            return self._group.ask(call)
        return self._take([call])[0]

    def _take(self, calls: Sequence[Call]) -> list[list[Taken]]:
        with self.database.writing() as connection:
            return take(connection, calls)

    @staticmethod
    def _watch(connection: Connection, complete: Mapping[str, tuple[int, int | None]]) -> None:
        """Declarations that say something else than the last of their source."""
        log = locked(connection, STREAM)
        kept = _watched(connection)
        new = [(source, start, end) for source, (start, end) in sorted(complete.items()) if kept.get(source) != (start, end)]
        if new:
            given = add_leaves(connection, log, [("watched", [watched_leaf(*each) for each in new])])
            add_rows(connection, watches, ("seq", "source", "start", "end"), [(seq, *each) for seq, each in zip(given, new, strict=True)])
            add_rows(connection, touched, ("kind", "name", "seq"), [("shared", "coverage", given[0])])

    # ---- reading ----------------------------------------------------------------------------------------------------

    def size(self) -> int:
        """How many leaves the stream has."""
        with self.database.reading() as connection:
            return looked_up(connection, STREAM).size

    def last_recorded(self) -> int | None:
        """When the last fact was taken in, µs UTC; None where there is none."""
        with self.database.reading() as connection:
            found = connection.scalar(select(facts.c.recorded_at).order_by(facts.c.seq.desc()).limit(1))
        return None if found is None else int(found)

    def spoken(self) -> dict[str, frozenset[str]]:
        """The attributes that any fact of a shape ever said, by shape."""
        found: dict[str, set[str]] = {}
        with self.database.reading() as connection:
            for shape, name in connection.execute(select(spoken.c.shape, spoken.c.name)):
                found.setdefault(shape, set()).add(name)
        return {shape: frozenset(names) for shape, names in found.items()}

    def watched(self) -> dict[str, tuple[int, int | None]]:
        """What each source declared to have watched, its last word: (from, until) in µs UTC."""
        with self.database.reading() as connection:
            return _watched(connection)

    def find(self, source: str, id: str) -> Found | None:  # noqa: A002 - the word of every fact
        """The fact of this name as it was last told, None where there is none."""
        log = select(logs.c.id).where(logs.c.name == STREAM).scalar_subquery()
        asked = select(facts.c.seq, facts.c.source, facts.c.id, facts.c.shape, facts.c.subject, facts.c.at, facts.c.recorded_at, facts.c.actor,
                       leaves.c.bytes.label("leaf"), leaves.c.hash.label("leaf_hash"))
        asked = asked.select_from(facts).join(leaves, and_(leaves.c.log == log, leaves.c.idx == facts.c.seq))
        with self.database.reading() as connection:
            row = connection.execute(asked.where(facts.c.source == source, facts.c.id == id).order_by(facts.c.step.desc()).limit(1)).first()
        return None if row is None else Found(**row._mapping)

    def recorded_at(self, seqs: Sequence[int]) -> dict[int, int]:
        """When the facts at these places were taken in, µs UTC, by place."""
        with self.database.reading() as connection:
            asked = select(facts.c.seq, facts.c.recorded_at).where(among(connection, facts.c.seq, seqs))
            return {int(row[0]): int(row[1]) for row in connection.execute(asked)}

    def batches(self, cases: Sequence[str] | None = None, shapes: Sequence[str] | None = None, after: int = -1,
                upto: int | None = None) -> list[Batch]:
        """The facts as columns: of these shapes (None: all), of leaves after index ``after`` and before size ``upto``.

        ``cases``: of the events only those of these cases, and of cases that a correction moved rows between and them; other shapes come
        whole. Raises ``StoreError``.
        """
        with self.database.reading() as connection:
            log = looked_up(connection, STREAM)
            end = log.size if upto is None else min(upto, log.size)
            names = {name for shape, name in connection.execute(select(spoken.c.shape, spoken.c.name)) if shapes is None or shape in shapes}
            parts = [_lines(connection, log.id, chosen, after, end) for chosen in _chosen(connection, cases, shapes)]
        return batches_in(b"\n".join(part for part in parts if part), names)


def _watched(connection: Connection) -> dict[str, tuple[int, int | None]]:
    asked = select(watches.c.source, watches.c.start, watches.c.end).order_by(watches.c.seq)
    return {source: (start, end) for source, start, end in connection.execute(asked)}


# ---- bulk -----------------------------------------------------------------------------------------------------------


def _lines(connection: Connection, log: int, chosen: ColumnElement[bool] | None, after: int, end: int) -> bytes:
    """The leaves of facts in a span of the log, one a line; ``chosen``: only some of the facts."""
    parts = []
    seq: Any = leaves.c.idx if chosen is None else facts.c.seq
    asked = select(seq.label("seq"), leaves.c.bytes).where(leaves.c.log == log, leaves.c.kind == KIND)
    if chosen is not None:
        asked = asked.join(facts, facts.c.seq == leaves.c.idx).where(chosen)
    while True:
        few = asked.where(seq > after, seq < end).order_by(seq).limit(_READ)
        if connection.dialect.name == "postgresql":
            # the server lays them together: one value comes quicker than many
            rows = few.subquery()
            joined = func.string_agg(rows.c.bytes, literal_column("'\\x0a'::bytea"))
            count, last, body = connection.execute(select(func.count(), func.max(rows.c.seq), joined)).one()
        else:
            found = connection.execute(few).all()
            count, last, body = len(found), found[-1][0] if found else None, b"\n".join(map(itemgetter(1), found))
        if count:
            parts.append(bytes(body))
            after = last
        if count < _READ:
            return b"\n".join(parts)


def _chosen(connection: Connection, cases: Sequence[str] | None, shapes: Collection[str] | None) -> list[ColumnElement[bool] | None]:
    """Which facts are asked for, each part by an index of its own; None: all."""
    if cases is None:
        return [None] if shapes is None else [facts.c.shape.in_(sorted(shapes))]
    wanted = set(_SHAPES if shapes is None else shapes)
    parts: list[ColumnElement[bool] | None] = []
    if "events" in wanted:
        parts.append(and_(facts.c.shape == "events", among(connection, facts.c.subject, _linked(connection, cases))))
    if wanted - {"events"}:
        parts.append(facts.c.shape.in_(sorted(wanted - {"events"})))
    return parts


def _linked(connection: Connection, cases: Sequence[str]) -> list[str]:
    """The cases, and all that a correction moved a row from or to: only together do they tell what holds of each."""
    found = dict.fromkeys(cases)
    fresh = list(found)
    while fresh:
        asked = select(facts.c.subject, facts.c.was).where(facts.c.was.is_not(None)).where(
            or_(among(connection, facts.c.subject, fresh), among(connection, facts.c.was, fresh)))
        near = dict.fromkeys(name for pair in connection.execute(asked) for name in pair)
        fresh = [name for name in near if name not in found]
        found |= dict.fromkeys(fresh)
    return list(found)
