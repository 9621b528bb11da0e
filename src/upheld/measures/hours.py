"""Hours: the open time in which a result is measured, a calendar each result.

Law: an amount is the difference of two running totals, so what is cut into pieces adds up. ``always`` is wall time and needs
no grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from upheld.calendars.grid import Grid
from upheld.calendars.spec import Always
from upheld.facts.tables import I64
from upheld.measures.groups import Groups
from upheld.measures.result import Context
from upheld.plans.lookup import Lookup, look

__all__ = ["Hours", "grid_of", "hours_of"]


@dataclass(frozen=True, slots=True)
class Hours:
    """``grids`` by number (None: always), ``of_group`` i64[n_groups] which one each result has (-1: the table gives none)."""

    names: tuple[str, ...]
    grids: tuple[Grid | None, ...]
    of_group: I64

    @property
    def is_always(self) -> bool:
        """True where every result is measured round the clock."""
        return all(grid is None for grid in self.grids)

    def work(self, group: I64, at: I64) -> I64:
        """i64: the running open time at instants ``at`` of results ``group`` (same shape), in µs."""
        return self._each(group, at, lambda grid, mine: grid.work(at[mine]), at)

    def due(self, group: I64, start: I64, amount: I64) -> I64:
        """i64: when ``amount`` µs of open time after ``start`` are used up; exactly at closing counts as closing."""
        return self._each(group, start, lambda grid, mine: grid.due(start[mine], amount[mine]), start + amount)

    def _each(self, group: I64, at: I64, ask: Callable[[Grid, I64], I64], wall: I64) -> I64:
        if self.is_always:
            return wall
        if len(self.grids) == 1 and self.grids[0] is not None:
            return ask(self.grids[0], np.arange(len(at)))
        result = wall.copy()
        which = self.of_group[group]
        for number, grid in enumerate(self.grids):
            mine = np.flatnonzero(which == number)
            if grid is not None and len(mine):
                result[mine] = ask(grid, mine)
        return result


def grid_of(context: Context, name: str) -> Grid | None:
    """The calendar's grid, or None where it is always open."""
    spec = context.plan.calendars.get(name)
    return None if spec is None or isinstance(spec, Always) else context.grid(name)


def hours_of(context: Context, table: Lookup[str], groups: Groups) -> Hours:
    """The hours of each result, by the look-up of the commitment on the result's own values."""
    names: dict[str, int] = {}
    of_group = np.full(len(groups), -1, np.int64)
    for i, values in enumerate(groups.names):
        own = dict(zip(groups.axes, values, strict=True))
        axes: Mapping[str, str | Fraction | None] = {"customer": context.plan.customer or None, **own}
        leaf = look(table, axes)
        name = table.leaves[leaf] if leaf >= 0 else None
        if name is not None:
            of_group[i] = names.setdefault(name, len(names))
    return Hours(tuple(names), tuple(grid_of(context, n) for n in names), of_group)
