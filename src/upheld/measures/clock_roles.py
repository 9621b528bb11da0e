"""Roles: which rows of the event table start, stop, pause or resume a clock, and what a case says at an instant.

Law: roles are bits on rows and never sort rows. Rows of one instant act together: what they say is folded onto the first of them,
so that a stop beats a pause and a pause beats a start whatever the order in which the source wrote them. Attributes are read
after the last row of an instant: "at or before" includes everything that was said then (ARCHITECTURE D9, D13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I32, I64, Attribute, CaseEvents
from upheld.plans.lookup import pick
from upheld.plans.plan import ClockPlan, EventState, Plan, Schedule, StateRule, StatusState
from upheld.plans.selector import Columns, Selector, attributes_of, select

__all__ = ["START", "STOP", "Block", "Roles", "bind", "fold", "held", "last_said", "said_so_far", "ties"]

Mask = NDArray[np.bool_]
Bits = NDArray[np.int32]

START, STOP = 1, 2
_FIRST_STATE_BIT = 4
_MOST_STATES = 13


@dataclass(frozen=True, slots=True)
class Roles:
    """What each event means to one clock.

    ``by_code`` i32[n_event_names + 1] or ``by_row`` i32[n_rows] hold the bits. ``pauses`` and ``again`` are states of the case
    itself, each an event state (with its bit pair's shift) or a status state. ``lenient``: rows that do not say what a selector
    asks count as if they fulfilled it.
    """

    by_code: Bits | None
    by_row: Bits | None
    pauses: tuple[tuple[StateRule, int], ...]
    again: tuple[StateRule, int] | None
    undecided: bool

    def bits(self, events: CaseEvents, first: int, last: int) -> Bits:
        """The bits of rows ``first`` … ``last``."""
        if self.by_code is not None:
            codes = events.event.codes[first:last]
            # clipping is several times faster than wrapping; only a row without an event needs the last entry
            return self.by_code.take(codes, mode="wrap" if len(codes) and codes.min() < 0 else "clip")
        assert self.by_row is not None
        return self.by_row[first:last].copy()


def bind(plan: Plan, clause: ClockPlan, events: CaseEvents, pauses: tuple[StateRule, ...], again: StateRule | None, *,
         lenient: bool = False) -> Roles:
    """The roles of all events under one clock. ``pauses``: the case's own states that stop it.

    Raises ``ValueError`` where more than 13 event states are asked for.
    """
    wanted: list[tuple[Selector, int]] = []
    starts = clause.before if clause.before is not None else clause.starts
    if not isinstance(starts, Schedule):
        wanted.append((starts, START))
    wanted.append((clause.stops, STOP))
    shift = _FIRST_STATE_BIT
    bound: list[tuple[StateRule, int]] = []
    for rule in (*pauses, *([again] if again is not None else [])):
        bound.append((rule, shift))
        if isinstance(rule, EventState):
            wanted += [(rule.begins, shift), (rule.ends, shift << 1)]
            shift <<= 2
    if shift > _FIRST_STATE_BIT << (2 * _MOST_STATES):
        msg = f"a clock can be paused by at most {_MOST_STATES} event states"
        raise ValueError(msg)
    n_codes = len(events.event.names)
    by_event = all(attributes_of(s) <= {"event"} for s, _ in wanted)
    n = n_codes + 1 if by_event else len(events)
    bits = np.zeros(n, np.int32)
    undecided = False
    columns = _codes_as_rows(events) if by_event else _rows(plan, events)
    for selector, bit in wanted:
        yes, maybe = select(selector, columns, n)
        undecided |= bool(maybe[:n_codes].any() if by_event else maybe.any())
        bits[yes | maybe if lenient else yes] |= bit
    if by_event:
        bits[n_codes] = 0
    own = tuple(bound[:len(pauses)])
    return Roles(bits if by_event else None, None if by_event else bits, own, bound[-1] if again is not None else None, undecided)


def _codes_as_rows(events: CaseEvents) -> Columns:
    names = events.event.names
    column = Attribute(np.append(np.arange(len(names), dtype=np.int32), np.int32(-1)), names)
    return lambda name: column if name == "event" else None


def _rows(plan: Plan, events: CaseEvents) -> Columns:
    """What a row itself says; the agreement's own attributes by their look-up over what the row says."""
    cache: dict[str, Attribute | None] = {}

    def column(name: str) -> Attribute | None:
        if name not in cache:
            rule = plan.attributes.get(name)
            cache[name] = raw(name)
            if rule is not None and rule.table is not None:
                cache[name] = mapped(rule.table.leaves, pick(rule.table, column, len(events)))
        return cache[name]

    def raw(name: str) -> Attribute | None:
        if name == "event":
            return events.event
        if name == "source":
            return events.header.source
        return events.attributes.get(name)

    return column


def mapped(leaves: tuple[str | None, ...], leaf: I32) -> Attribute:
    """The column of a mapped attribute from the leaves picked; no row and ``none`` are not said."""
    said = np.array([text is not None for text in leaves] + [False])
    return Attribute(np.where(said[leaf], leaf, -1).astype(np.int32), tuple(text or "" for text in leaves))


# ---- one block of cases ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """Whole cases of the table, rows renumbered from 0. ``first``: each case's first row; ``bounds``: with the end appended.

    ``tail`` i64[n]: the last row of each row's instant, or None where no two rows of a case share an instant. ``filled``: columns
    filled forward within each case, each made when it is first asked for.
    """

    at: I64
    case: I32
    bounds: I64
    attributes: Mapping[str, Attribute]
    tail: I64 | None
    filled: dict[str, I32] = field(default_factory=dict)

    @property
    def first(self) -> I64:
        """The first row of each case."""
        return self.bounds[:-1]

    def last_of_instant(self, rows: I64) -> I64:
        """The last row of the instant of each row given."""
        return rows if self.tail is None else self.tail[rows]


def block_of(events: CaseEvents, low: int, high: int, names: frozenset[str]) -> tuple[Block, Mask | None]:
    """Cases ``low`` … ``high`` with the attributes named, and which rows share the instant of the row before (None: none do)."""
    s, e = int(events.bounds[low]), int(events.bounds[high])
    at = events.at[s:e]
    bounds = events.bounds[low:high + 1] - s
    case = events.case[s:e] - np.int32(low)
    attributes = {n: Attribute(a.codes[s:e], a.names) for n in names if (a := events.attributes.get(n)) is not None}
    tie = ties(at, bounds)
    tail = None
    if tie is not None:
        heads = np.flatnonzero(~tie)
        sizes = np.diff(np.append(heads, e - s))
        tail = np.repeat(heads + sizes - 1, sizes)
    return Block(at, case, bounds, attributes, tail), tie


def ties(at: I64, bounds: I64) -> Mask | None:
    """bool[n]: the row shares case and instant with the row before; None where no row does."""
    same = np.zeros(len(at), np.bool_)
    np.equal(at[1:], at[:-1], out=same[1:])
    same[bounds[:-1][bounds[:-1] < len(at)]] = False
    return same if same.any() else None


def fold(bits: Bits, tie: Mask | None) -> Bits:
    """The bits of all rows of an instant on the first of them; the others have none."""
    if tie is None or not len(bits):
        return bits
    heads = np.flatnonzero(~tie)
    folded = np.zeros_like(bits)
    folded[heads] = np.bitwise_or.reduceat(bits, heads)
    return folded


def held(block: Block, rule: StateRule, shift: int, bits: Bits, until: int) -> Mask:
    """bool[n]: the state holds from each row to the case's next (Event: an end has the last word in its instant; half-open)."""
    if isinstance(rule, EventState):
        state = _latched(block, bits, shift)
    else:
        assert isinstance(rule, StatusState)
        rows = np.arange(len(block.at))
        said = {n: Attribute(last_said(block, n, rows), block.attributes[n].names)
                for n in attributes_of(rule.where) if n in block.attributes}
        state, _ = select(rule.where, said.get, len(rows))
        state[block.at > until] = False
    return _long_enough(block, state, rule.at_least_us, until) if rule.at_least_us else state


def _latched(block: Block, bits: Bits, shift: int) -> Mask:
    n = len(bits)
    pair = (bits >> (shift.bit_length() - 1)).astype(np.uint8) & 3
    # (position << 1 | on) of the last row that says anything; a case's first row always says something
    latch = np.arange(0, 2 * n, 2, dtype=np.int32)
    latch |= pair == 1
    silent = pair == 0
    silent[block.first[block.first < n]] = False
    latch[silent] = 0
    np.maximum.accumulate(latch, out=latch)
    latch &= 1
    return latch.view(np.int32).astype(np.bool_)


def _long_enough(block: Block, state: Mask, least_us: int, until: int) -> Mask:
    """Runs of the state that last at least so long; a run not over at the horizon lasts until it."""
    n = len(state)
    starts = np.zeros(n, np.bool_)
    starts[1:] = state[1:] & ~state[:-1]
    firsts = block.first[block.first < n]
    starts[firsts] = state[firsts]
    head = np.flatnonzero(starts)
    if not len(head):
        return state
    stops = ~state
    stops[firsts] = True                       # another case's first row ends the run too
    edge = np.append(np.flatnonzero(stops), n)
    nxt = edge[np.searchsorted(edge, head, side="right")]
    over = (nxt < n) & (block.case[np.minimum(nxt, n - 1)] == block.case[head])
    end = np.where(over, block.at[np.minimum(nxt, n - 1)], until)
    long = end - block.at[head] >= least_us
    depth = np.zeros(n + 1, np.int32)
    depth[head[long]] += 1
    np.subtract.at(depth, nxt[long], 1)
    kept: Mask = np.cumsum(depth[:-1]) > 0
    return kept


def last_said(block: Block, name: str, rows: I64) -> I32:
    """i32: the code a raw attribute has in force at each row (the last one said in the case at or before its instant), or -1."""
    if name not in block.attributes or not len(rows):
        return np.full(len(rows), -1, np.int32)
    return said_so_far(block, name)[block.last_of_instant(rows)]


def said_so_far(block: Block, name: str) -> I32:
    """i32[n]: the code each case last said at or before each of its rows, filled forward once a block; -1 before it says any."""
    if name not in block.filled:
        block.filled[name] = _filled(block, block.attributes[name].codes)
    return block.filled[name]


def _filled(block: Block, codes: I32) -> I32:
    """What each case last said at each of its rows; a case's first row starts anew, said or not."""
    silent = codes < 0
    silent[block.first[block.first < len(codes)]] = False
    if not silent.any():
        return codes
    latch = np.arange(len(codes), dtype=np.int32)
    latch[silent] = 0
    np.maximum.accumulate(latch, out=latch)
    return codes[latch]
