"""What a shared fact sets in motion: a maintenance window, a slice of counts, a declaration concerns clocks of many cases.

Law: every clock that may have read the fact's place in time is looked at again; acts of people concern the clock they name and no other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from sqlalchemy import Connection

from upheld.facts.batch import Batch
from upheld.facts.record import KNOWN_BY
from upheld.service.terms import Terms
from upheld.stores import live
from upheld.stores.live import agreement_unit, case_unit
from upheld.stores.store import Store
from upheld.stores.taking import SPOKEN

__all__ = ["see_to_shared"]

_MOST = 20_000
_ALWAYS = -(2**62)
_OF_PEOPLE = ("acknowledged", "silence", "silence ended", "on duty")
"""Acts that change whom a step tells, and (an acknowledgement) the steps of one clock."""


@dataclass(frozen=True, slots=True)
class _News:
    """New facts of a shape: the earliest instant they speak of, and when the first of them is known."""

    shape: str
    since: int
    known: int


def see_to_shared(connection: Connection, store: Store, terms: Terms, at: int) -> int:
    """See to the marks that shared facts left: units to be looked at again are woken. How many marks there were."""
    touches = live.touches_shared(connection, _MOST)
    if not touches:
        return 0
    size = store.stream.size()
    if any(t.name == SPOKEN for t in touches):
        for agreement in terms.agreements.values():
            live.wake_clocks(connection, agreement.name, _ALWAYS, at, size)
            live.wake(connection, {agreement_unit(agreement.name): at})
    batches = store.stream.batches(shapes=sorted({t.name for t in touches}), after=min(t.seq for t in touches) - 1, upto=size)
    units: dict[str, int] = {}
    for batch in batches:
        if batch.shape == "declarations":
            _acts(batch, at, units)
    news = [one for batch in batches if (one := _news(batch)) is not None]
    for agreement in terms.agreements.values():
        reads = agreement.reads
        if news and (reads.budgets or reads.schedules or reads.together):
            units[agreement_unit(agreement.name)] = at
        for one in news:
            if one.shape in agreement.reads.wakes:
                # a clock that was looked at then names the next instant itself
                live.wake_clocks(connection, agreement.name, one.since - reads.reach_us, max(at, one.known), size)
    live.wake(connection, units)
    live.forget_touches(connection, [t.id for t in touches])
    return len(touches)


def _acts(batch: Batch, at: int, units: dict[str, int]) -> None:
    kinds, about = batch.texts["kind"], batch.texts.get("about")
    if about is None:
        return
    known = batch.known_at.tolist() if batch.known_at is not None else batch.times["at"].tolist()
    for kind, code, when in zip(kinds.codes.tolist(), about.codes.tolist(), known, strict=True):
        if code >= 0 and kinds.names[kind] == "acknowledged":
            for unit in _named(about.names[code]):
                units[unit] = min(max(at, when), units.get(unit, max(at, when)))


def _named(about: str) -> Iterable[str]:
    """The units of the clock an act names: ``agreement/commitment/case/cycle``."""
    parts = [unquote(part) for part in about.split("/")]
    if len(parts) >= 4:
        yield agreement_unit(parts[0])
        if parts[2]:
            yield case_unit(parts[2])


def _news(batch: Batch) -> _News | None:
    """What is new in a batch for clocks in general; None: only acts of people."""
    if batch.shape == "declarations":
        of_people = {i for i, name in enumerate(batch.texts["kind"].names) if name in _OF_PEOPLE}
        if set(batch.texts["kind"].codes.tolist()) <= of_people:
            return None
    if not len(batch):
        return None
    known = batch.known_at if batch.known_at is not None else batch.times[KNOWN_BY[batch.shape]]
    corrects = (batch.void is not None and bool(batch.void.any())) or (batch.replaces is not None and bool((batch.replaces.codes >= 0).any()))
    first = batch.times["start"] if "start" in batch.times else batch.times["at"]
    # an approval speaks of what may be long over
    always = corrects or batch.shape == "declarations"
    return _News(batch.shape, _ALWAYS if always else int(first.min()), int(known.min()))
