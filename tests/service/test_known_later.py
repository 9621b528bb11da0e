"""A fact on record that is known only later, by another machine's clock: whom it concerns is looked at again then."""

from __future__ import annotations

from upheld.facts.arrive import Arrival
from upheld.facts.leaves import batches_of
from upheld.facts.record import record
from upheld.service.evaluate import _later

ROWS = (("A", "opened", 0, None), ("A", "resolved", 5, None), ("B", "resolved", 50, "e1"))


def test_a_case_that_will_lose_a_row_to_another_is_looked_at_when_that_is_known():
    leaves = [Arrival("events", "desk", f"e{i}", case, 0, {"case": case, "event": event, "at": 1, **({"replaces": old} if old else {})},
                      known_at=known).leaf(i + 1, 0) for i, (case, event, known, old) in enumerate(ROWS)]
    events = record(batches_of(leaves)).events
    assert events is not None
    wakes: dict[str, int] = {}
    _later(events, 30, wakes)
    assert wakes == {"case/A": 50, "case/B": 50}
