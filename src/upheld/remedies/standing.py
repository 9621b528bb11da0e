"""What only the facts can tell of a result: whether a state held at its end, and when what it is paid for ended.

Law: from the same states and segments as the figure; a state that is not known to hold does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from upheld.measures.groups import Groups
from upheld.measures.pieces import View
from upheld.measures.result import WHY, Context
from upheld.measures.states import States
from upheld.measures.table import measure, segments
from upheld.plans.plan import AvailabilityPlan
from upheld.remedies.results import Result

__all__ = ["incident_end", "not_in_good_standing"]

_COUNTED = WHY.index("counted")


def not_in_good_standing(state: str, contexts: Sequence[Context], result: Result) -> bool:
    """Whether the state holds for the result at the last instant of its window."""
    context = _own(contexts, result)
    axes, names = tuple(k for k, _ in result.group), tuple(v for _, v in result.group)
    view = View(context, Groups(axes, (names,)), min(result.start, result.end - 1), result.end, strict=False)
    spans = States(view).hold(state)
    return bool(((spans.start <= result.end - 1) & (spans.end >= result.end)).any())


def incident_end(clause: AvailabilityPlan, contexts: Sequence[Context], result: Result) -> int | None:
    """When the last time down in the window ended, µs UTC; None without any."""
    context = _own(contexts, result)
    group = tuple(v for _, v in result.group)
    laid = measure(clause, context)
    index = next((p.window for p in laid.parts if p.group == group and int(laid.windows.start[p.window]) == result.start), None)
    if index is None:
        return None
    found = segments(clause, context, group, index)
    ends = found.end[(found.why == _COUNTED) & (found.counted_us > 0)]
    return int(np.max(ends)) if len(ends) else None


def _own(contexts: Sequence[Context], result: Result) -> Context:
    return next((c for c in contexts if c.plan.version == result.version), contexts[-1])
