"""The rows of one case once more, for the ledger of why: where time counts, and which calendar is in force.

Law: the same steps as the kernel takes; the ledger is asserted against its outcome every time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64, CaseEvents
from upheld.measures.clock_cycles import find_cycles
from upheld.measures.clock_frame import Setting
from upheld.measures.clock_kernel import names_read
from upheld.measures.clock_reading import Points, Reader, moving
from upheld.measures.clock_roles import Block, block_of, fold, held
from upheld.measures.clock_terms import terms_of
from upheld.plans.lookup import UNDECIDED

__all__ = ["case_rows", "in_force_at"]

Mask = NDArray[np.bool_]


def case_rows(setting: Setting, events: CaseEvents, case: int) -> tuple[Block, Mask]:
    """The rows of a case, and bool[n]: time counts from each row to the next (not paused, not between a stop and a reopening)."""
    block, tie = block_of(events, case, case + 1, names_read(setting))
    row0 = int(events.bounds[case])
    bits = fold(setting.roles.bits(events, row0, row0 + len(block.at)), tie)
    counts = np.ones(len(block.at), np.bool_)
    for (rule, shift), only in zip(setting.roles.pauses, setting.only or (None,) * len(setting.roles.pauses), strict=True):
        if only is None or only[case]:
            counts &= ~held(block, rule, shift, bits, setting.until)
    if setting.roles.again is None:
        cycles = find_cycles(block, bits, setting.clause.reopen_us, None, setting.until)
        for stop, begin in zip(*((g.tolist() for g in cycles.gaps) if cycles.gaps is not None else ([], [])), strict=True):
            counts[stop:begin] = False
    return block, counts


def in_force_at(setting: Setting, block: Block, rows: I64, own: str) -> tuple[tuple[str, ...], int]:
    """``(calendar of each row, first row that counts)``: ``own`` throughout unless time used on other hours is kept, or the clock
    began again at a change.
    """
    clause = setting.clause
    change = moving(setting.plan, clause)
    same = (own,) * len(rows)
    if not change.names or change.on_change == "from_start":
        return same, 0
    terms = terms_of(clause, 0)
    reader = Reader(setting.plan, block, setting.subscriptions, setting.plan.zone)
    points = Points(rows, np.full(len(rows), rows[0]), np.zeros(len(rows), np.int64))
    w, h = reader.leaf(clause.within, points), reader.leaf(clause.head.hours, points)
    w, h = np.where(w == UNDECIDED, -1, w), np.maximum(h, -1)
    calendar = terms.runs_on[w, h]
    if change.on_change == "restart":
        differs = np.flatnonzero((calendar[1:] != calendar[:-1]) | (w[1:] != w[:-1]))
        return same, int(differs[-1]) + 1 if len(differs) else 0
    return tuple(terms.calendars[c] if c >= 0 else "" for c in calendar.tolist()), 0
