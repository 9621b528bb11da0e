"""Groups: the results of one commitment, one a combination of its ``for_each`` values, and which facts belong to which.

Law: a fact belongs to a result when every attribute they share is equal. A fact that lacks an attribute which its fellows say is
undecided: it is handed back for every result it may belong to, marked so. Attributes none of the facts says do not divide them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64, Attribute, CaseEvents, Counts, Intervals, Samples
from upheld.plans.lookup import pick
from upheld.plans.plan import Plan
from upheld.plans.selector import Columns, Every, Key, Selector

__all__ = ["Groups", "Table", "carried", "columns_of", "discover", "forward_filled", "relaxed"]

Mask = NDArray[np.bool_]
Table = CaseEvents | Intervals | Samples | Counts
_DENSE = 1 << 22
_BUILT_IN = ("kind", "subject", "series", "event")


def columns_of(plan: Plan, table: Table, raw: Callable[[str], Attribute | None] | None = None) -> Columns:
    """The columns of a table by name: built-in ones (kind, subject, series, event, source, id), the agreement's own attributes
    (mapped by their look-up), raw ones. ``raw`` stands in for the raw ones (values said earlier in the same case).
    """
    own = raw or (lambda name: _raw(table, name))
    made: dict[str, Attribute | None] = {}

    def column(name: str) -> Attribute | None:
        if name not in made:
            rule = plan.attributes.get(name)
            if rule is None or rule.table is None:
                made[name] = own(name)
            else:
                made[name] = own(name)              # a table that reads its own name reads the raw attribute
                leaves = pick(rule.table, column, len(table))
                names = tuple(leaf or "" for leaf in rule.table.leaves)
                none = np.array([leaf is not None for leaf in rule.table.leaves] or [False])
                known = (leaves >= 0) & none[np.maximum(leaves, 0)]
                made[name] = Attribute(np.where(known, leaves, -1).astype(np.int32), names)
        return made[name]

    return column


def _raw(table: Table, name: str) -> Attribute | None:
    if name in table.attributes:
        return table.attributes[name]
    if name in _BUILT_IN:
        found: Attribute | None = getattr(table, name, None)
        return found
    if name == "source":
        return table.header.source
    return table.header.ids if name == "id" else None


def forward_filled(events: CaseEvents, column: Attribute | None) -> Attribute | None:
    """What each case last said of an attribute, at or before each of its rows (D13)."""
    if column is None:
        return None
    rows = np.arange(len(events))
    said = np.maximum.accumulate(np.where(column.codes >= 0, rows, -1))
    own = said >= events.bounds[events.case]
    return Attribute(np.where(own, column.codes[np.maximum(said, 0)], -1).astype(np.int32), column.names)


def carried(columns: Columns, names: Sequence[str], chosen: Mask) -> frozenset[str]:
    """The attributes that at least one of the chosen rows says."""
    found = ((name, columns(name)) for name in names)
    return frozenset(name for name, c in found if c is not None and bool((c.codes[chosen] >= 0).any()))


def relaxed(selector: Selector, said: frozenset[str]) -> Selector:
    """The selector without the attributes nobody says: they do not divide these facts."""
    if isinstance(selector, Key):
        return selector if selector.attribute in said else Every(())
    parts = tuple(relaxed(p, said) for p in selector.parts)
    return Every(()) if any(p == Every(()) for p in parts) and not isinstance(selector, Every) else type(selector)(parts)


@dataclass(frozen=True, slots=True)
class Groups:
    """The results: ``names[i]`` are the values of ``axes`` of result ``i``, in ascending order. Without axes: one result
    ``()``.
    """

    axes: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.names)

    def assign(self, columns: Columns, rows: I64, said: frozenset[str]) -> tuple[I64, I64, Mask]:
        """``(position, group, sure)``: positions into ``rows``, the result of each, and whether that is certain.

        A row that may belong to several results comes once for each. ``said``: the attributes these facts carry at all.
        """
        if not self.axes or not self.names or not len(rows):
            n = len(rows) if self.names else 0
            return np.arange(n), np.zeros(n, np.int64), np.ones(n, np.bool_)
        ranks, codes = self._coded(columns, rows)
        if all(len(code) and int(code.min()) >= 0 for code in codes):
            at, group = _matches(ranks, codes, len(self.names), len(rows))
            return at, group, np.ones(len(at), np.bool_)
        missing = np.zeros(len(rows), np.int64)
        foreign = np.zeros(len(rows), np.bool_)
        for i, code in enumerate(codes):
            missing |= (code == -1).astype(np.int64) << i
            foreign |= code == -2
        positions, groups, sure = [], [], []
        for pattern in np.unique(missing).tolist():
            mine = np.flatnonzero((missing == pattern) & ~foreign)
            present = [i for i in range(len(self.axes)) if not pattern >> i & 1]
            at, group = _matches([ranks[i] for i in present], [codes[i][mine] for i in present], len(self.names), len(mine))
            positions.append(mine[at])
            groups.append(group)
            certain = not any(pattern >> i & 1 and self.axes[i] in said for i in range(len(self.axes)))
            sure.append(np.full(len(at), certain))
        return np.concatenate(positions), np.concatenate(groups), np.concatenate(sure)

    def _coded(self, columns: Columns, rows: I64) -> tuple[list[I64], list[I64]]:
        """A value's number an axis: of each result, and of each row (-1 missing, -2 a value no result has)."""
        ranks, codes = [], []
        for i, axis in enumerate(self.axes):
            values = {v: k for k, v in enumerate(dict.fromkeys(name[i] for name in self.names))}
            ranks.append(np.array([values[name[i]] for name in self.names], np.int64))
            column = columns(axis)
            if column is None:
                codes.append(np.full(len(rows), -1, np.int64))
            else:
                table = np.array([*(values.get(n, -2) for n in column.names), -1], np.int64)
                codes.append(table[column.codes[rows]])
        return ranks, codes


def _matches(ranks: list[I64], codes: list[I64], n_groups: int, n_rows: int) -> tuple[I64, I64]:
    """Each row with each result that agrees on the axes given."""
    size = 1
    for rank in ranks:
        size *= int(rank.max()) + 1
    if ranks and size <= _DENSE:
        table, place = np.full(size, -1, np.int64), np.zeros(n_groups, np.int64)
        own = np.zeros(n_rows, np.int64)
        for rank, code in zip(ranks, codes, strict=True):
            width = int(rank.max()) + 1
            place, own = place * width + rank, own * width + code if len(ranks) > 1 else code
        table[place] = np.arange(n_groups)
        if len(np.unique(place)) == n_groups:           # each value names one result: one look a row
            group = table[own]
            return (np.arange(n_rows), group) if (group >= 0).all() else (np.flatnonzero(group >= 0), group[group >= 0])
    key, own = np.zeros(n_groups, np.int64), np.zeros(n_rows, np.int64)
    for rank, code in zip(ranks, codes, strict=True):
        size = int(rank.max()) + 1
        # numbered anew axis by axis, so that the product of many axes cannot overflow
        values, key = np.unique(key * size + rank, return_inverse=True)
        wanted = own * size + code
        own = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
        own = np.where((values[own] == wanted) & (wanted >= 0), own, -(2**40) // size)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first, last = np.searchsorted(ordered, own, side="left"), np.searchsorted(ordered, own, side="right")
    times = last - first
    at = np.repeat(np.arange(n_rows), times)
    within = np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
    return at, order[first[at] + within]


def discover(axes: tuple[str, ...], tables: Iterator[tuple[Columns, Mask]] | Sequence[tuple[Columns, Mask]]) -> Groups:
    """All results that some chosen fact names in full, over all time; without ``axes`` the one result ``()``."""
    if not axes:
        return Groups((), ((),))
    found: set[tuple[str, ...]] = set()
    for columns, chosen in tables:
        attributes = [columns(axis) for axis in axes]
        said = [a for a in attributes if a is not None]
        if len(said) < len(axes):
            continue
        rows = chosen.copy()
        for a in said:
            rows &= a.codes >= 0
        at = np.flatnonzero(rows)
        if len(said) == 1:
            present = np.bincount(said[0].codes[at], minlength=len(said[0].names)) > 0
            found |= {(said[0].names[i],) for i in np.flatnonzero(present).tolist()}
            continue
        combined = np.zeros(len(at), np.int64)
        for a in said:
            _, combined = np.unique(combined * len(a.names) + a.codes[at], return_inverse=True)
        _, first = np.unique(combined, return_index=True)
        found |= {tuple(a.names[a.codes[at[i]]] for a in said) for i in first.tolist()}
    return Groups(axes, tuple(sorted(found)))
