"""Taking facts in: each row is new, the same again, or refused for what is on record; what is new is written with its index and marks.

Law: one (source, id) has one content; the same again adds nothing; the end of an open interval is progress; a correction names a row that
is there, of the same source and shape, and each row is corrected once. The log's counter row is held, so nobody else decides meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from sqlalchemy import Connection, and_, case, select

from upheld.facts.arrive import STREAM
from upheld.facts.leaves import KIND
from upheld.facts.tables import OPEN
from upheld.stores.logs import LogRow, add_hashed, leaf_hash, locked
from upheld.stores.many import add_rows, among
from upheld.stores.rows import Row
from upheld.stores.schema import facts, leaves, spoken, touched

__all__ = ["SPOKEN", "Call", "Taken", "take"]

SPOKEN = "spoken"
"""The mark that an attribute was said that no fact had ever said."""

_CHUNK = 20_000
"""Rows looked up in one question."""

_FACT = ("seq", "source", "id", "step", "digest", "shape", "subject", "at", "recorded_at", "actor", "replaces", "was")

State = Literal["new", "same", "conflict", "superseded", "unknown"]


class Taken(NamedTuple):
    """What came of one row. ``seq``, ``leaf_hash``: where it stands in the stream; of a ``conflict`` the fact that was first, of
    ``superseded`` the correction that was; of ``unknown`` (it corrects a row that is not there) none.
    """

    state: State
    seq: int | None
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """What one caller records. ``at``: now, µs UTC. ``strict``: all of its rows stand, or none of it is written; others' are all the same."""

    rows: Sequence[Row]
    actor: str
    at: int
    strict: bool = False


@dataclass(slots=True, eq=False)
class _Fact:
    """A fact on record, or a row of this transaction (``seq`` None until it has its index). ``leaf``: where it may yet be needed."""

    digest: bytes
    shape: str
    subject: str
    step: int
    seq: int | None = None
    hash: bytes = b""
    leaf: bytes = b""


@dataclass(slots=True)
class _Known:
    """What is on record of the names asked for: the steps of each, and the correction of each that has one."""

    log: LogRow
    facts: dict[tuple[str, str], list[_Fact]] = field(default_factory=dict)
    corrections: dict[tuple[str, str], _Fact] = field(default_factory=dict)


class _New(NamedTuple):
    fact: _Fact
    row: Row
    call: Call
    was: str | None


def take(connection: Connection, calls: Sequence[Call]) -> list[list[Taken]]:
    """Answers for every row of every call, in order. Everything is written when the transaction ends, or nothing; of a strict call of which
    a row is refused nothing is, and its rows that would be new have no place.
    """
    log = locked(connection, STREAM)
    known = _known(connection, log, [row for call in calls for row in call.rows])
    new: list[_New] = []
    words = [_settled(known, call, new) for call in calls]
    _write(connection, log, new)
    return [[Taken(state, fact.seq, fact.hash) if fact else Taken(state, None, b"") for state, fact in said] for said in words]


# ---- what is on record ----------------------------------------------------------------------------------------------


def _known(connection: Connection, log: LogRow, rows: Sequence[Row]) -> _Known:
    known = _Known(log)
    names: dict[str, dict[str, None]] = {}
    corrected: dict[str, dict[str, None]] = {}
    for row in rows:
        names.setdefault(row.source, {})[row.id] = None
        if row.replaces is not None:
            names[row.source][row.replaces] = None
            corrected.setdefault(row.source, {})[row.replaces] = None
    # an interval that is told again may have got its end: its leaf says whether it was open
    leaf = case((facts.c.shape == "intervals", leaves.c.bytes))
    asked = select(facts.c.source, facts.c.id, facts.c.replaces, facts.c.digest, facts.c.shape, facts.c.subject, facts.c.step, facts.c.seq,
                   leaves.c.hash, leaf).join(leaves, and_(leaves.c.log == log.id, leaves.c.idx == facts.c.seq)).order_by(facts.c.seq)
    for wanted, column in ((names, facts.c.id), (corrected, facts.c.replaces)):
        for source, ids in wanted.items():
            every = list(ids)
            for first in range(0, len(every), _CHUNK):
                found = connection.execute(asked.where(facts.c.source == source, among(connection, column, every[first:first + _CHUNK])))
                for _, name, replaces, *said in found:
                    digest, shape, subject, step, seq, own, body = said
                    fact = _Fact(digest, shape, subject, step, seq, own, body or b"")
                    if column is facts.c.id:
                        known.facts.setdefault((source, name), []).append(fact)
                    else:
                        known.corrections[source, replaces] = fact
    return known


# ---- deciding -------------------------------------------------------------------------------------------------------

_Word = tuple[State, "_Fact | None"]


def _settled(known: _Known, call: Call, new: list[_New]) -> list[_Word]:
    """The word on each row; what is new is added to ``new`` and known from then on. A correction waits for its row, wherever it stands."""
    words: list[_Word | None] = [None] * len(call.rows)
    added: list[tuple[int, _New]] = []
    waiting = []
    for at, row in enumerate(call.rows):
        if row.replaces is None:
            words[at] = _one(known, call, row, at, added)
        else:
            waiting.append(at)
    while waiting:
        # a correction of a correction of this call waits until that one is known
        ready = [at for at in waiting if (call.rows[at].source, call.rows[at].replaces) in known.facts
                 or (call.rows[at].source, call.rows[at].id) in known.facts]
        if not ready:
            break
        for at in ready:
            words[at] = _one(known, call, call.rows[at], at, added)
        waiting = [at for at in waiting if words[at] is None]
    said: list[_Word] = [word or ("unknown", None) for word in words]
    if call.strict and any(state not in ("new", "same") for state, _ in said):
        _taken_back(known, [each for _, each in added])
    else:
        new += [each for _, each in sorted(added, key=lambda pair: pair[0])]
    return said


def _taken_back(known: _Known, added: Sequence[_New]) -> None:
    """What a call added is not known to those after it."""
    for fact, row, _, _ in added:
        steps = known.facts[row.source, row.id]
        steps.remove(fact)
        if not steps:
            del known.facts[row.source, row.id]
        if row.replaces is not None and known.corrections.get((row.source, row.replaces)) is fact:
            del known.corrections[row.source, row.replaces]


def _one(known: _Known, call: Call, row: Row, at: int, added: list[tuple[int, _New]]) -> _Word:
    name = (row.source, row.id)
    steps = known.facts.get(name)
    step, was = 0, None
    if steps is not None:
        same = next((fact for fact in steps if fact.digest == row.digest), None)
        if same is not None:
            return "same", same
        if not (row.own and _progress(steps[-1], row)):
            return "conflict", steps[0]
        step = len(steps)
    elif row.replaces is not None:
        target = known.facts[row.source, row.replaces]
        if target[0].shape != row.shape or row.replaces == row.id:
            return "unknown", None
        corrected = known.corrections.get((row.source, row.replaces))
        if corrected is not None:
            return "superseded", corrected
        was = target[0].subject if target[0].subject != row.subject else None
    fact = _Fact(row.digest, row.shape, row.subject, step, leaf=row.leaf if row.shape == "intervals" else b"")
    known.facts.setdefault(name, []).append(fact)
    if row.replaces is not None and step == 0:
        known.corrections[row.source, row.replaces] = fact
    added.append((at, _New(fact, row, call, was)))
    return "new", fact


_LEFT_OUT = ("end", "file", "known_at", "row")


def _progress(first: _Fact, row: Row) -> bool:
    """Whether the row tells the end of an interval that was open, and nothing else."""
    if row.shape != "intervals" or first.shape != "intervals":
        return False
    before, now = json.loads(first.leaf), json.loads(row.leaf)
    kept = before["end"] == OPEN and now["end"] != OPEN
    for name in _LEFT_OUT:
        before.pop(name, None)
        now.pop(name, None)
    return kept and bool(before == now)


# ---- writing --------------------------------------------------------------------------------------------------------


def _write(connection: Connection, log: LogRow, new: Sequence[_New]) -> None:
    if not new:
        return
    index, body = [], []
    marks: dict[tuple[str, str], int] = {}
    for seq, (fact, row, call, was) in enumerate(new, log.size):
        leaf = row.placed(seq)
        fact.seq, fact.hash = seq, leaf_hash(leaf)
        body.append((log.id, seq, KIND, leaf, fact.hash))
        replaces = row.replaces if fact.step == 0 else None
        index.append((seq, row.source, row.id, fact.step, row.digest, row.shape, row.subject, row.at, call.at, call.actor, replaces, was))
        kinds = [("case", row.subject)] if row.shape == "events" else [("shared", row.shape)]
        if was is not None:
            kinds.append(("case", was))
        for kind in kinds:
            marks.setdefault(kind, seq)
    add_hashed(connection, log, body)
    add_rows(connection, facts, _FACT, index)
    said = {(shape, name) for shape, names in {(n.row.shape, n.row.says) for n in new} for name in names}
    heard = {tuple(pair) for pair in connection.execute(select(spoken.c.shape, spoken.c.name))} if said else set()
    add_rows(connection, spoken, ("shape", "name"), sorted(said - heard))
    if log.size and said - heard:
        # whose a fact is may hang on whether anybody ever says it (LANGUAGE §9): what was recorded before is concerned too
        marks["shared", SPOKEN] = log.size
    add_rows(connection, touched, ("kind", "name", "seq"), [(kind, name, seq) for (kind, name), seq in marks.items()])
