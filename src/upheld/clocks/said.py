"""What a case says of itself at an instant: its attributes as last said, raw and as the agreement reads them.

Law: an attribute is in force from the row that says it; what is not known yet does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from upheld.assessment.scope import take_rows
from upheld.facts.tables import CaseEvents, Facts
from upheld.plans.lookup import look
from upheld.plans.plan import Plan

__all__ = ["case_attributes", "case_numbers", "only_case"]


def case_numbers(facts: Facts) -> Mapping[str, int]:
    """The place of each case among the events."""
    return {} if facts.events is None else {name: number for number, name in enumerate(facts.events.case_names)}


def case_attributes(plan: Plan, facts: Facts, number: int | None, at: int) -> Mapping[str, str]:
    """A case's attributes at an instant (µs UTC): what it said last of each, and those the agreement makes of them by its tables.

    ``number``: its place among the events (None: no case, so nothing but the agreement's customer).
    """
    found: dict[str, str] = {}
    events = facts.events
    if events is not None and number is not None:
        rows = np.arange(int(events.bounds[number]), int(events.bounds[number + 1]))
        rows = rows[events.at[rows] <= at]
        for name, column in events.attributes.items():
            codes = column.codes[rows]
            told = codes[codes >= 0]
            if len(told):
                found[name] = column.names[int(told[-1])]
    if plan.customer:
        found.setdefault("customer", plan.customer)
    own = dict(found)
    for name, rule in plan.attributes.items():
        if rule.table is not None:
            leaf = look(rule.table, own)
            value = rule.table.leaves[leaf] if leaf >= 0 else None
            if value is not None:
                found[name] = value
    return found


def only_case(facts: Facts, case: str) -> Facts:
    """The facts with the events of one case alone."""
    events = facts.events
    if events is None:
        return facts
    mine = np.zeros(len(events), np.bool_)
    number = case_numbers(facts).get(case)
    if number is not None:
        mine[int(events.bounds[number]):int(events.bounds[number + 1])] = True
    kept = take_rows(events, mine)
    assert isinstance(kept, CaseEvents)
    return replace(facts, events=kept)
