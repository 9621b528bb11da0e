"""Rows of a case that lie ahead of the instant asked for: they are on record, and have not happened yet."""

from __future__ import annotations

from upheld.agreement.load import load
from upheld.clocks.agenda import agenda
from upheld.clocks.table import STATES
from upheld.facts.arrive import Arrival
from upheld.facts.leaves import batches_of
from upheld.facts.record import record
from upheld.facts.tables import Facts
from upheld.values.instant import parse_instant

MINUTE = 60_000_000
BEGIN = parse_instant("2026-03-02T09:00:00Z")
AGREEMENT = b"""upheld: 1
agreement: acme
version: 1
effective: {from: 2026-01-01}
timezone: UTC
states:
  waiting: {from: asked, until: [replied, resolved]}
commitments:
  repair: {measure: clock, starts: opened, stops: resolved, pauses: waiting, hours: always, within: 8h, per: month}
"""


def facts_of(*rows: tuple[str, str, int, int], replaces: dict[int, int] | None = None) -> Facts:
    """(case, event, minute, minute known): leaves e0, e1 …; ``replaces``: by place."""
    leaves = []
    for i, (case, event, at, known) in enumerate(rows):
        columns: dict[str, object] = {"case": case, "event": event, "at": BEGIN + at * MINUTE}
        if replaces and i in replaces:
            columns["replaces"] = f"e{replaces[i]}"
        leaves.append(Arrival("events", "desk", f"e{i}", case, BEGIN, columns, known_at=BEGIN + known * MINUTE).leaf(i + 1, BEGIN))
    return record(batches_of(leaves))


def shown(facts: Facts, minute: int) -> dict[str, tuple[str, bool, int]]:
    """By case: its state, whether a due instant stands, and the minute at which it is looked at again."""
    loaded = load({"acme.yaml": AGREEMENT}, name="acme.yaml")
    assert loaded.plan is not None, loaded.findings
    table = agenda([loaded.plan], facts, BEGIN + minute * MINUTE).clocks
    return {key.case: (STATES[table.state[i]], bool(table.has_due[i]), (int(table.next_at[i]) - BEGIN) // MINUTE)
            for i, key in enumerate(table.key)}


def test_a_case_that_waits_is_paused_though_its_end_is_on_record_ahead():
    facts = facts_of(("A", "opened", 0, 0), ("A", "asked", 10, 10), ("A", "resolved", 60, 20))
    assert shown(facts, 30)["A"] == ("paused", False, 60)
    assert shown(facts, 40)["A"] == ("paused", False, 60)


def test_a_case_that_loses_a_row_to_another_is_looked_at_when_that_is_known():
    facts = facts_of(("A", "opened", 0, 0), ("B", "opened", 0, 0), ("A", "resolved", 5, 5), ("B", "resolved", 6, 45), replaces={3: 2})
    seen = shown(facts, 30)
    assert seen["A"] == ("stopped", True, 45)
    assert seen["B"][2] == 45
    assert shown(facts, 45)["A"][0] == "running"
