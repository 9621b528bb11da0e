"""Scope: which facts are an agreement's (LANGUAGE §9, ``covers``), and which are nobody's or everybody's.

Law: a fact is claimed by what it says. A fact that does not say the attribute ``covers`` asks for is nobody's, unless its whole
table never says it (a source that does not speak of customers serves the one agreement it lies beside). Where only some of the
facts are given, ``Facts.spoken`` says what the whole of them ever said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from upheld.facts.spoken import as_spoken
from upheld.facts.tables import I64, Attribute, CaseEvents, Counts, Facts, Header, Intervals, Samples
from upheld.plans.plan import Plan
from upheld.plans.selector import EVERYTHING, Selector, attributes_of, select

__all__ = ["Claims", "claims", "column_of", "scope", "take_rows"]

Mask = NDArray[np.bool_]
Table = TypeVar("Table", CaseEvents, Intervals, Samples, Counts)
_SHAPES = ("events", "intervals", "samples", "counts")
_BUILT_IN = {"kind": "kind", "subject": "subject", "series": "series", "event": "event"}


@dataclass(frozen=True, slots=True)
class Claims:
    """How many facts of each shape no agreement claims, and how many more than one does."""

    unclaimed: Mapping[str, int]
    twice: Mapping[str, int]


def column_of(table: CaseEvents | Intervals | Samples | Counts, name: str) -> Attribute | None:
    """An attribute of a table by name, built-in columns (kind, subject, series, event) included."""
    if name in _BUILT_IN and hasattr(table, name):
        built_in: Attribute = getattr(table, name)
        return built_in
    return table.attributes.get(name)


def scope(plan: Plan, facts: Facts) -> Facts:
    """The facts that ``plan.covers`` claims; registers stay whole. ``facts.spoken`` says what the whole stream says, if given."""
    facts = as_spoken(facts)
    if plan.covers == EVERYTHING:
        return facts
    kept: dict[str, Any] = {}
    for shape in _SHAPES:
        table = getattr(facts, shape)
        if table is not None:
            mask = claimed(plan.covers, table)
            kept[shape] = table if mask.all() else take_rows(table, mask)
    return replace(facts, **kept)


def claims(plans: Sequence[Plan], facts: Facts) -> Claims:
    """Facts by how many agreements claim them. Versions of one agreement count as one (any of them claims)."""
    unclaimed: dict[str, int] = {}
    twice: dict[str, int] = {}
    by_agreement: dict[str, list[Plan]] = {}
    for plan in plans:
        by_agreement.setdefault(plan.agreement, []).append(plan)
    for shape in _SHAPES:
        table = getattr(facts, shape)
        if table is None:
            continue
        times = np.zeros(len(table), np.int32)
        for versions in by_agreement.values():
            mine = np.zeros(len(table), np.bool_)
            for plan in versions:
                mine |= claimed(plan.covers, table)
            times += mine
        unclaimed[shape] = int((times == 0).sum())
        twice[shape] = int((times > 1).sum())
    return Claims({k: v for k, v in unclaimed.items() if v}, {k: v for k, v in twice.items() if v})


def claimed(covers: Selector, table: CaseEvents | Intervals | Samples | Counts) -> Mask:
    """bool[n]: the rows of the table that ``covers`` claims. A case is claimed whole, by what its rows say first."""
    n = len(table)
    if covers == EVERYTHING or not any(column_of(table, a) is not None for a in attributes_of(covers)):
        return np.ones(n, np.bool_)
    if isinstance(table, CaseEvents):
        said = {a: _first_said(table, c) for a in attributes_of(covers) if (c := column_of(table, a)) is not None}
        yes, _ = select(covers, said.get, len(table.bounds) - 1)
        return np.repeat(yes, np.diff(table.bounds))
    yes, _ = select(covers, lambda a: column_of(table, a), n)
    return yes


def _first_said(events: CaseEvents, column: Attribute) -> Attribute:
    """The attribute a case: the value first said on its rows, -1 where none says it."""
    n_cases = len(events.bounds) - 1
    codes = np.full(n_cases, -1, np.int32)
    rows = np.flatnonzero(column.codes >= 0)[::-1]
    codes[np.searchsorted(events.bounds, rows, side="right") - 1] = column.codes[rows]
    return Attribute(codes, column.names)


def take_rows(table: Table, mask: Mask) -> Table:
    """The rows of a table under a mask, in their order; a case table keeps only whole cases' bounds renumbered."""
    rows: I64 = np.flatnonzero(mask)
    changed: dict[str, Any] = {}
    for field in fields(table):
        value = getattr(table, field.name)
        if isinstance(value, Attribute):
            changed[field.name] = value.take(rows)
        elif isinstance(value, Header):
            changed[field.name] = _header(value, rows)
        elif isinstance(value, Mapping):
            changed[field.name] = {k: a.take(rows) for k, a in value.items()}
        elif isinstance(value, np.ndarray) and field.name not in ("bounds", "case_names"):
            changed[field.name] = value[rows]
    if isinstance(table, CaseEvents):
        changed.update(_renumbered(table, rows))
    return replace(table, **changed)


def _header(header: Header, rows: I64) -> Header:
    taken: dict[str, Any] = {}
    for field in fields(header):
        value = getattr(header, field.name)
        if isinstance(value, Attribute):
            taken[field.name] = value.take(rows)
        elif isinstance(value, np.ndarray):
            taken[field.name] = value[rows]
    return replace(header, **taken)


def _renumbered(events: CaseEvents, rows: I64) -> dict[str, Any]:
    kept, case = np.unique(events.case[rows], return_inverse=True)
    names = events.case_names
    counts = np.bincount(case, minlength=len(kept))
    return {
        "case": case.astype(np.int32),
        "case_names": names[kept] if isinstance(names, np.ndarray) else tuple(names[i] for i in kept.tolist()),
        "bounds": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    }
