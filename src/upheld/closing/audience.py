"""Audience: which facts go into which party's log (ARCHITECTURE D21).

Law: a party's log holds everything its agreement's figures rest on, and nothing that is another party's. A case goes whole; what says
nobody's name (a source that serves one agreement) is everybody's who reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upheld.assessment.scope import column_of, scope
from upheld.facts.batch import Batch
from upheld.facts.tables import Attribute, Facts
from upheld.plans.plan import Plan
from upheld.plans.selector import EVERYTHING, attributes_of, select
from upheld.sources.files import Gathering

__all__ = ["audience_of"]

Mask = NDArray[np.bool_]
_REGISTERS = ("subscriptions", "charges", "declarations", "coverage")


def audience_of(gathering: Gathering, facts: Facts, plans: Sequence[Plan], others: Iterable[Plan]) -> tuple[Batch, ...]:
    """The facts that the agreement's versions claim, and of the registers those that speak of it, in order of arrival.

    ``facts``: the gathering recorded; ``others``: the plans of the workspace's other agreements, whose things are left out.
    """
    mine = [scope(plan, facts) for plan in plans]
    cases = _case_names(mine)
    foreign = _names_of_others(facts, mine, others)
    found: list[Batch] = []
    for batch in gathering.batches:
        chosen = _chosen(batch, facts, plans, cases, foreign)
        if chosen.all():
            found.append(batch)
        elif chosen.any():
            found.append(batch.take(np.flatnonzero(chosen)))
    return tuple(found)


def _case_names(mine: Sequence[Facts]) -> frozenset[str]:
    return frozenset(str(name) for facts in mine if facts.events is not None for name in facts.events.case_names)


def _names_of_others(facts: Facts, mine: Sequence[Facts], others: Iterable[Plan]) -> frozenset[str]:
    """Cases and facts by id that only other agreements claim: what is declared about them is not this party's to read."""

    def names(found: Facts) -> set[str]:
        known: set[str] = set()
        if found.events is not None:
            known |= {str(name) for name in found.events.case_names}
        for table in (found.intervals, found.samples, found.counts):
            ids = table.header.ids if table is not None else None
            if ids is not None:
                known |= {ids.names[c] for c in np.unique(ids.codes).tolist() if c >= 0}
        return known

    theirs: set[str] = set()
    for plan in others:
        theirs |= names(scope(plan, facts))
    own: set[str] = set()
    for found in mine:
        own |= names(found)
    return frozenset(theirs - own)


def _chosen(batch: Batch, facts: Facts, plans: Sequence[Plan], cases: frozenset[str], foreign: frozenset[str]) -> Mask:
    n = len(batch)
    if batch.shape == "events":
        return _among(batch.texts["case"], cases)
    columns: dict[str, Attribute] = {**batch.attributes, **batch.texts}
    found = np.zeros(n, np.bool_)
    for plan in plans:
        found |= _claimed(batch, plan, facts, columns)
    if batch.shape == "declarations":
        found &= ~_among(columns["about"], foreign)
    return found


def _claimed(batch: Batch, plan: Plan, facts: Facts, columns: dict[str, Attribute]) -> Mask:
    n = len(batch)
    asked = attributes_of(plan.covers)
    if plan.covers == EVERYTHING:
        return np.ones(n, np.bool_)
    yes, maybe = select(plan.covers, columns.get, n)
    if batch.shape in _REGISTERS:
        return yes | maybe           # what a register does not say keeps it from nobody
    table: Any = getattr(facts, batch.shape)
    says = table is not None and any(column_of(table, a) is not None for a in asked)
    return yes if says else np.ones(n, np.bool_)


def _among(column: Attribute, names: frozenset[str]) -> Mask:
    table = np.fromiter((name in names for name in (*column.names, "")), np.bool_)
    return np.asarray(table[column.codes])
