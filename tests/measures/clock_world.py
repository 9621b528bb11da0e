"""Small worlds for clock tests: calendars, plans and event tables from rows in minutes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from upheld.calendars.grid import compile_grid
from upheld.calendars.spec import Always, Weekly, WindowSpec
from upheld.facts.tables import Attribute, CaseEvents, Facts, Header
from upheld.measures.result import Context
from upheld.plans.lookup import Branch, Else, Exact, Leaf, Lookup, constant
from upheld.plans.plan import AttributeRule, ClockPlan, EventState, Head, Plan, Share, Within
from upheld.plans.selector import EVERYTHING, Key, OneOf
from upheld.values.instant import parse_instant
from upheld.values.zone import zone

MINUTE = 60_000_000
HOUR = 3_600_000_000
OFFICE = Weekly("Europe/Berlin", tuple(((8 * 3600, 12 * 3600), (13 * 3600, 17 * 3600)) if d < 5 else () for d in range(7)))
LO, HI = parse_instant("2025-01-01T00:00:00Z"), parse_instant("2028-01-01T00:00:00Z")
_GRIDS: dict = {}


def event(*names):
    return Key("event", OneOf(tuple(names)))


def within(amount_us, calendar="", **more):
    return Within("time", amount_us, calendar, **more)


def bare(amount_us, calendar=""):
    return (Share(within(amount_us, calendar)),)


def by_severity(rows, otherwise=None, axis="severity"):
    """A look-up of promises by severity; ``rows`` maps a text to µs (or a promise), None: no promise."""
    leaves, branches, labels = [], [], []
    for text, value in rows.items():
        branches.append((Exact(text), Leaf(len(leaves))))
        leaves.append(bare(value) if isinstance(value, int) else value)
        labels.append(f"{axis} {text}")
    if otherwise is not None:
        branches.append((Else(), Leaf(len(leaves))))
        leaves.append(bare(otherwise) if isinstance(otherwise, int) else otherwise)
        labels.append("else")
    return Lookup(Branch(axis, tuple(branches)), tuple(leaves), tuple(labels))


def clause(promise=None, *, starts=("opened",), stops=("resolved",), hours="office", window=None, head=None, **more):
    return ClockPlan(
        Head(
            "response",
            window or WindowSpec("month", zone="Europe/Berlin"),
            hours=hours if isinstance(hours, Lookup) else constant(hours),
            **(head or {}),
        ),
        starts if not isinstance(starts, tuple) else event(*starts),
        stops if not isinstance(stops, tuple) else event(*stops),
        promise if isinstance(promise, Lookup) else constant(promise if promise is not None else bare(4 * HOUR)),
        **more,
    )


def plan(clauses=(), attributes=(), states=None, exclusions=(), calendars=None, **more):
    if states is None:
        states = {"waiting": EventState(event("asked"), event("answered"))}
    return Plan(
        agreement="a",
        version="1",
        title="A",
        hash="",
        zone="Europe/Berlin",
        currency="EUR",
        from_us=LO,
        until_us=None,
        adopted_us=None,
        customer="",
        covers=EVERYTHING,
        calendars={"office": OFFICE, "always": Always("Europe/Berlin"), **(calendars or {})},
        attributes={r.name: r for r in attributes},
        states=states,
        exclusions={e.name: e for e in exclusions},
        commitments={c.head.id: c for c in clauses},
        **more,
    )


def moving(read="now", **more):
    return AttributeRule("severity", read=read, **more)


def us(text):
    """An instant: ``2026-03-02 09:00`` in Berlin."""
    local = parse_instant(text.replace(" ", "T") + ":00Z")
    return int(zone("Europe/Berlin").to_utc(np.array([local]), "open")[0])


def events(cases, *, unit=1):
    """A table from ``{case: [(at µs, event, {attribute: text}), …]}``; rows keep their order within an instant."""
    names = tuple(cases)
    rows = []
    for i, name in enumerate(names):
        for k, row in enumerate(cases[name]):
            rows.append((i, int(row[0]) * unit, k, row[1], row[2] if len(row) > 2 else {}))
    rows.sort(key=lambda r: r[:3])
    kinds = tuple(sorted({r[3] for r in rows}))
    attributes = {}
    for name in sorted({a for r in rows for a in r[4]}):
        texts = tuple(sorted({r[4][name] for r in rows if name in r[4]}))
        attributes[name] = Attribute(np.array([texts.index(r[4][name]) if name in r[4] else -1 for r in rows], np.int32), texts)
    case = np.array([r[0] for r in rows], np.int32)
    at = np.array([r[1] for r in rows], np.int64)
    header = Header(np.arange(len(rows)), Attribute(np.zeros(len(rows), np.int32), ("files",)), at)
    bounds = np.searchsorted(case, np.arange(len(names) + 1)).astype(np.int64)
    event_codes = np.array([kinds.index(r[3]) for r in rows], np.int32)
    return CaseEvents(header, case, names, Attribute(event_codes, kinds), at, np.zeros(len(rows), np.int32), bounds, attributes)


def grid_of(a_plan):
    def grid(name):
        key = (name, a_plan.calendars[name])
        if key not in _GRIDS:
            _GRIDS[key] = compile_grid(a_plan.calendars[name], LO, HI)
        return _GRIDS[key]

    return grid


def context(a_plan, table, until, **more):
    facts = more.pop("facts", None) or Facts(events=table)
    return Context(
        a_plan,
        facts,
        until,
        more.pop("from_us", LO),
        more.pop("until_us", None),
        grid_of(a_plan),
        in_force=more.pop("in_force", (LO, None)),
        **more,
    )


def share(text):
    return Fraction(text)
