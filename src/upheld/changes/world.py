"""Supposed facts: what would be known after a change if nothing else happened, with the service down during it or not.

Law: what is known now stays as it is; only watching goes on, and the supposed down time is added as facts of a kind of its own beside the
state the promise measures. The figures come from the very measure that will judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from upheld.changes.known import rows_of
from upheld.changes.view import Stage
from upheld.facts.batch import unite
from upheld.facts.tables import I64, OPEN, Attribute, Coverage, Facts, Header, Intervals
from upheld.measures.watched import names_chosen
from upheld.plans.plan import AvailabilityPlan, Combination, IntervalState, Plan
from upheld.plans.selector import Either, Every, Key, OneOf, Selector

__all__ = ["SUPPOSED", "supposing", "with_supposed", "without"]

SUPPOSED = "supposed"
"""The kind of the facts that say the service is down during a change."""
_FAR = 2**62


def supposing(plans: Sequence[Plan], facts: Facts, until: int) -> tuple[tuple[Plan, ...], Facts]:
    """The facts as if every source watched on until then and nothing happened, and plans whose declarations of watching reach as far."""
    stretched = tuple(replace(p, complete=tuple((s, a, max(b, until)) for s, a, b in p.complete)) for p in plans)
    kinds = {kind for p in plans for r in p.states.values() if isinstance(r, IntervalState) for kind in names_chosen(r.where, "kind") or ()}
    old = facts.coverage
    rows: list[tuple[str, str, int, int, bool]] = []
    if old is not None:
        last: dict[str, int] = {}
        whats = [old.what.names[c] for c in old.what.codes.tolist()]
        for what, end in zip(whats, old.end.tolist(), strict=True):
            last[what] = max(last.get(what, end), end)
        for i, what in enumerate(whats):
            end = int(old.end[i])
            stays = max(end, until) if end == last[what] else end
            rows.append((old.source.names[old.source.codes[i]], what, int(old.start[i]), min(stays, max(until, end)), bool(old.assumed[i])))
    rows += [(SUPPOSED, kind, -_FAR, until, False) for kind in sorted({*kinds, SUPPOSED} - {r[1] for r in rows})]
    return stretched, replace(facts, coverage=_coverage([(s, w, a, min(b, until), x) for s, w, a, b, x in rows if a < until]))


def _coverage(rows: list[tuple[str, str, int, int, bool]]) -> Coverage:
    sources, whats = sorted({r[0] for r in rows}), sorted({r[1] for r in rows})
    return Coverage(
        Attribute(np.array([sources.index(r[0]) for r in rows], np.int32), tuple(sources)),
        Attribute(np.array([whats.index(r[1]) for r in rows], np.int32), tuple(whats)),
        np.array([r[2] for r in rows], np.int64), np.array([r[3] for r in rows], np.int64), np.array([r[4] for r in rows], np.bool_),
    )


def without(facts: Facts, change: Sequence[Stage]) -> Facts:
    """The facts without the change's windows."""
    table = facts.intervals
    if table is None:
        return facts
    rows = rows_of(table, change)
    keep = np.ones(len(table), np.bool_)
    keep[rows[rows >= 0]] = False
    return replace(facts, intervals=_taken(table, np.flatnonzero(keep)))


def with_supposed(plans: Sequence[Plan], facts: Facts, stands: Intervals, change: Sequence[Stage],
                  commitment: str) -> tuple[tuple[Plan, ...], Facts]:
    """The service down for the whole of the change: plans whose measured state also holds then, and the facts that say so.

    ``stands``: the table the stages still stand in, for what they say of themselves (component, service, site).
    """
    rows = rows_of(stands, change)
    rows = rows[rows >= 0]
    added = _taken(stands, rows)
    kind = Attribute(np.zeros(len(rows), np.int32), (SUPPOSED,))
    said: dict[str, str] = {}
    changed = []
    for plan in plans:
        clause = plan.commitments.get(commitment)
        if not isinstance(clause, AvailabilityPlan):
            changed.append(plan)
            continue
        said |= _asked(clause.head.of)
        changed.append(_also_down(plan, clause))
    table = {**added.attributes} | {
        name: _filled(added.attributes.get(name), value, len(rows)) for name, value in said.items() if name not in ("kind", "subject")
    }
    added = replace(added, kind=kind, attributes=table, weight=np.full(len(rows), stands.weight_scale, np.int64))
    base = facts.intervals
    return tuple(changed), replace(facts, intervals=added if base is None or not len(base) else _joined(base, added))


def _also_down(plan: Plan, clause: AvailabilityPlan) -> Plan:
    rule = plan.states[clause.down]
    supposed = IntervalState(Key("kind", OneOf((SUPPOSED,))))
    if isinstance(rule, IntervalState) and rule.weight is not None:
        # a weighted state cannot be joined with another: the supposed facts are among its own, wholly down
        widened = replace(rule, where=Either((rule.where, supposed.where)))
        return replace(plan, states={**plan.states, clause.down: widened})
    name = f"{clause.down}, or {SUPPOSED}"
    states = {**plan.states, SUPPOSED: supposed, name: Combination((clause.down, SUPPOSED), 1)}
    return replace(plan, states=states, commitments={**plan.commitments, clause.head.id: replace(clause, down=name)})


def _asked(selector: Selector) -> dict[str, str]:
    """What a fact must say to be chosen for certain, as far as the selector names it."""
    if isinstance(selector, Key):
        return {selector.attribute: selector.test.texts[0]} if isinstance(selector.test, OneOf) and selector.test.texts else {}
    if isinstance(selector, Every):
        return {k: v for part in selector.parts for k, v in _asked(part).items()}
    return _asked(selector.parts[0]) if selector.parts else {}


def _filled(column: Attribute | None, value: str, n: int) -> Attribute:
    """The column, its silences filled."""
    if column is None:
        return Attribute(np.zeros(n, np.int32), (value,))
    names = column.names if value in column.names else (*column.names, value)
    return Attribute(np.where(column.codes < 0, np.int32(names.index(value)), column.codes).astype(np.int32), names)


def _taken(table: Intervals, at: I64) -> Intervals:
    header = table.header
    return replace(
        table,
        header=Header(header.seq[at], header.source.take(at), header.known_at[at], ids=None if header.ids is None else header.ids.take(at),
                      disputed=None if header.disputed is None else header.disputed[at]),
        kind=table.kind.take(at), subject=table.subject.take(at), start=table.start[at], end=table.end[at], weight=table.weight[at],
        attributes={k: v.take(at) for k, v in table.attributes.items()}, end_known_at=None,
    )


def _joined(base: Intervals, added: Intervals) -> Intervals:
    """Both tables as one. The supposed rows have no id and places of their own; an open end is now."""
    n, m = len(base), len(added)
    names = sorted({*base.attributes, *added.attributes})
    header = Header(
        seq=np.concatenate([base.header.seq, int(base.header.seq.max(initial=0)) + 1 + np.arange(m)]),
        source=_both(base.header.source, added.header.source, n, m),
        known_at=np.concatenate([base.header.known_at, added.header.known_at]),
        ids=None if base.header.ids is None else Attribute(np.append(base.header.ids.codes, np.full(m, -1, np.int32)), base.header.ids.names),
        disputed=None if base.header.disputed is None else np.append(base.header.disputed, np.zeros(m, np.bool_)),
    )
    return replace(
        base, header=header, kind=_both(base.kind, added.kind, n, m), subject=_both(base.subject, added.subject, n, m),
        start=np.concatenate([base.start, added.start]), end=np.concatenate([base.end, np.where(added.end == OPEN, OPEN, added.end)]),
        weight=np.concatenate([base.weight, added.weight]),
        attributes={k: _both(base.attributes.get(k), added.attributes.get(k), n, m) for k in names}, end_known_at=None,
    )


def _both(one: Attribute | None, other: Attribute | None, n: int, m: int) -> Attribute:
    return unite(((one, n), (other, m)))
