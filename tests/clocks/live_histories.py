"""Random histories of running clocks, thousands in one world: what is said, when it becomes known, and when it is recorded.

Everything a case can meet: pauses, replies, stops, reopenings, severities that change, attributes never said, corrections, retractions,
facts that move to another case, contradictions, facts told twice, late, out of order or ahead of time; shared intervals; acknowledgements;
versions that take effect, that are adopted late, that open cases follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from agenda_world import BEGIN, DAY, LADDERS, SLOT, batch_of, plan_of, stamp

SPAN = 5 * DAY
EVENTS = ("asked", "replied", "answered", "updated", "resolved", "opened", "noted", "review-held")
LATER = """
commitments:
  response: {measure: clock, for_each: [site], starts: opened, stops: [answered, resolved], pauses: freeze, hours: office, within: 2h,
             per: month, target: ">= 80%", escalation: plain OPEN}
  resolution: {measure: clock, starts: opened, stops: resolved, pauses: waiting, hours: office, reopen: 1 day,
               within: {by severity: {1: 3h, 2: 6h}}, per: month, target: ">= 80%", escalation: warn OPEN}
  shares: {measure: clock, starts: opened, stops: resolved, hours: always, within: {50%: 12h, 100%: 2 working days in office at 16:00},
           excluding: [works], per: month, escalation: plain}
  review: {measure: clock, starts: {every: day, at: start}, stops: review-held, hours: office, within: 4h, per: month, target: ">= 80%",
           escalation: plain}
"""
FIRST = """
commitments:
  response: {measure: clock, for_each: [site], starts: opened, stops: [answered, resolved], pauses: freeze, hours: office, within: 4h,
             per: month, target: ">= 80%", escalation: warn OPEN}
  resolution: {measure: clock, starts: opened, stops: resolved, pauses: waiting, hours: office, reopen: 1 day,
               within: {by severity: {1: 2h, 2: 8h}}, per: month, target: ">= 80%", escalation: plain OPEN}
  updates: {measure: clock, starts: opened, stops: [answered, updated], again: while open, hours: always, within: 6h, per: month,
            target: ">= 80%", excluding: [works], escalation: warn}
  review: {measure: clock, starts: {every: day, at: start}, stops: review-held, hours: office, within: 4h, per: month, target: ">= 80%",
           escalation: plain}
"""
COVERS = "covers: {team: north}\n"


@dataclass(frozen=True)
class World:
    """Versions; ``deliveries``: rows of each shape by the slot at which they are recorded, in minutes."""

    plans: tuple
    deliveries: dict[int, list[tuple[str, dict]]]
    cases: int


def world_of(seed: int, cases: int) -> World:
    rng = np.random.default_rng(seed)
    made = _Maker(rng, cases)
    return World(_plans(rng), made.deliveries, cases)


def _plans(rng) -> tuple:
    covers = COVERS if rng.random() < 0.5 else ""
    lasts = ("", ", at_least: 40m", ", at_least: 2h")[rng.integers(0, 3)]
    first = plan_of(clauses=covers + FIRST, start="2026-02-23", lasts=lasts)
    kind = int(rng.integers(0, 4))
    if kind == 0:
        return (first,)
    adopted = ("2026-02-25", "2026-03-05", "2026-03-03")[kind - 1]
    return (first, plan_of("2", "2026-03-04", covers + LATER, adopted, follow=bool(rng.random() < 0.5), ladders=LADDERS, lasts=lasts))


class _Maker:
    def __init__(self, rng, cases: int) -> None:
        self.rng = rng
        self.deliveries: dict[int, list[tuple[str, dict]]] = {}
        self.count = 0
        for number in range(cases):
            self._case(f"C{number}")
        for _ in range((0, 1, 2, 4, 12)[rng.integers(0, 5)]):
            self._freeze()

    def _case(self, name: str) -> None:
        rng = self.rng
        minute = int(rng.integers(0, SPAN // SLOT // 2)) * SLOT
        rows = []
        said = {"site": [None, "a", "b", "c"][rng.integers(0, 4)], "severity": [None, "1", "2", "9"][rng.integers(0, 4)]}
        said["team"] = [None, "north", "north", "north", "south"][rng.integers(0, 5)]
        opened = self._row(name, "opened", minute, {k: v for k, v in said.items() if v is not None})
        rows.append(opened)
        for _ in range(int(rng.integers(0, 7))):
            minute += int(rng.integers(0, 30)) * SLOT
            more = {"severity": "12"[rng.integers(0, 2)]} if rng.random() < 0.3 else {}
            rows.append(self._row(name, EVENTS[rng.integers(0, len(EVENTS))], minute, more))
        for row in list(rows):
            if rng.random() < 0.12:
                rows.append(self._corrected(row))  # noqa: PERF401 - chance is drawn in this order
        if rng.random() < 0.3:
            until = {"until": stamp(opened["at"] + float(rng.integers(0, 40)) * SLOT)} if rng.random() < 0.5 else {}
            when = opened["at"] + int(rng.integers(0, 60)) * SLOT
            name_of = ("response", "resolution", "updates", "unheard-of")[rng.integers(0, 4)]
            self._send("declarations", {"id": self._id(), "kind": "acknowledged", "about": f"acme/{name_of}/{name}/desk:{opened['id']}",
                                        "actor": "ann", "at": when, "known": when, **until})
        for row in rows:
            self._send("events", row)
            if rng.random() < 0.04:
                self._send("events", row)                                    # told twice
            if rng.random() < 0.01:
                self._send("events", {**row, "at": row["at"] + SLOT})        # the same id says something else

    def _id(self) -> str:
        self.count += 1
        return f"f{self.count}"

    def _row(self, case: str, event: str, minute: int, said: dict) -> dict:
        lag = [0, 0, 0, int(self.rng.integers(0, 40)) * SLOT, -int(self.rng.integers(0, 20)) * SLOT][self.rng.integers(0, 5)]
        return {"id": self._id(), "case": case, "event": event, "at": minute, "known": max(minute + lag, 0), **said}

    def _corrected(self, row: dict) -> dict:
        rng = self.rng
        known = max(0, row["known"] + int(rng.integers(-10, 60)) * SLOT)
        mended = {**row, "id": self._id(), "replaces": row["id"], "known": known}
        kind = int(rng.integers(0, 4))
        if kind == 0:
            mended["at"] = max(0, row["at"] + int(rng.integers(-8, 9)) * SLOT)
        elif kind == 1:
            mended["event"] = EVENTS[rng.integers(0, len(EVENTS))]
        elif kind == 2:
            mended["case"] = f"C{rng.integers(0, 50)}"
        else:
            mended["void"] = True
        return mended

    def _freeze(self) -> None:
        rng = self.rng
        start = int(rng.integers(0, SPAN // SLOT)) * SLOT
        row = {"id": self._id(), "kind": ("freeze", "works")[rng.integers(0, 2)], "subject": "", "start": start, "end": None, "known": start}
        site = [None, "a", "b"][rng.integers(0, 3)]
        row |= {"site": site} if site else {}
        if rng.random() < 0.4:
            row["known"] = max(0, start - int(rng.integers(0, 30)) * SLOT)     # announced, its end with it
            row["end"] = start + int(rng.integers(1, 20)) * SLOT
            self._send("intervals", row)
            return
        self._send("intervals", row)
        end = start + int(rng.integers(1, 20)) * SLOT
        self._send("intervals", {**row, "end": end, "known": end + int(rng.integers(0, 10)) * SLOT})

    def _send(self, shape: str, row: dict) -> None:
        """Recorded when it is known; now and then before it counts as known."""
        early = int(self.rng.integers(0, 30)) * SLOT if self.rng.random() < 0.03 else 0
        self.deliveries.setdefault(max(0, row["known"] - early), []).append((shape, row))


def batches_of(rows: list[tuple[str, dict]]) -> list:
    found = []
    for shape in ("events", "intervals", "declarations"):
        mine = [row for s, row in rows if s == shape]
        if mine:
            found.append(batch_of(shape, mine))
    return found


def begin() -> int:
    return BEGIN
