"""Spells: the windows a commitment is measured over, and which of them one version judges.

Law: a window is judged by the version at its first instant in force (LANGUAGE §5, ``mid_window: next``), by the one that takes effect
in it (``new``), or by each for its part (``split``). What lies after the horizon is not measured; such a window is provisional.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.windows import Windows, windows, windows_before
from upheld.facts.tables import I64
from upheld.measures.result import Context
from upheld.measures.versions import pieces
from upheld.plans.plan import Head

__all__ = ["Spells", "spells_of"]


@dataclass(frozen=True, slots=True)
class Spells:
    """``index``: the windows judged here. ``first``, ``last``: what is measured of each (in force, this version's, known).

    ``whole_first``, ``whole_last``: the window itself up to the horizon; ``provisional``: it had not ended by then.
    """

    windows: Windows
    index: I64
    first: I64
    last: I64
    whole_first: I64
    whole_last: I64
    provisional: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.index)


def spells_of(context: Context, head: Head, earliest: int | None) -> Spells:
    """The windows of the commitment that this version judges and that had begun at the horizon, in time order.

    ``earliest``: the first stamp of its facts; windows begin there where nobody said since when the agreement is in force.
    """
    from_us, until_us = context.in_force
    lo = from_us if from_us > 0 or earliest is None else max(from_us, earliest)
    hi = context.until if until_us is None else min(context.until, until_us)
    if head.window.before:
        laid = _before_events(context, head, lo)
    else:
        laid = windows(head.window, lo, max(hi, lo + 1), (lo, until_us))
    first = laid.in_force_start.copy()
    last = laid.in_force_end.copy()
    if context.versions is not None:
        mine, first, last = pieces(context.versions, first, last)
        return _spells(context, head, laid, mine, first, last)
    ends = context.until_us if context.until_us is not None else np.iinfo(np.int64).max
    match head.mid_window:
        case "next":
            mine = (first >= context.from_us) & (first < ends)
            if len(first) and context.from_us <= lo:
                mine |= first < context.from_us        # the first version also judges what lay before its own date
        case "new":
            mine = (last - 1 >= context.from_us) & (last - 1 < ends)
        case "split":
            first, last = np.maximum(first, context.from_us), np.minimum(last, ends)
            mine = first < last
    return _spells(context, head, laid, mine, first, last)


def _spells(context: Context, head: Head, laid: Windows, mine: NDArray[np.bool_], first: I64, last: I64) -> Spells:
    if head.window.before and head.window.once:
        # time used by one claim is spent: the next window begins where the last one that spends ended
        spent = np.ones(len(last), np.bool_) if context.spent is None else np.isin(laid.end, np.array(sorted(context.spent), np.int64))
        until = np.maximum.accumulate(np.where(spent, last, np.iinfo(np.int64).min))
        first[1:] = np.maximum(first[1:], until[:-1])
    known = mine & (first < last) & (first < context.until)
    index = np.flatnonzero(known)
    last = np.minimum(last, context.until)
    return Spells(laid, index, first[index], last[index], laid.start[index], np.minimum(laid.end[index], context.until),
                  tuple((laid.end[index] > context.until).tolist()))


def _before_events(context: Context, head: Head, lo: int) -> Windows:
    """One window before each event or declaration of the name the spec gives; what is declared about another promise begins none here."""
    spec, facts, plan = head.window, context.facts, context.plan
    found = [np.empty(0, np.int64)]
    if facts.declarations is not None and spec.before in facts.declarations.kind.names:
        said, about = facts.declarations, facts.declarations.about
        others = {name for other in plan.commitments if other != head.id for name in (other, f"{plan.agreement}.{other}")}
        elsewhere = [i for i, name in enumerate(about.names) if name in others]
        mine = (said.kind.codes == said.kind.names.index(spec.before)) & ~np.isin(about.codes, elsewhere)
        found.append(said.at[mine])
    if facts.events is not None and spec.before in facts.events.event.names:
        found.append(facts.events.at[facts.events.event.codes == facts.events.event.names.index(spec.before)])
    at = np.concatenate(found)
    return windows_before(spec, at[at <= context.until], (lo, context.in_force[1]))
