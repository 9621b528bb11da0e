"""The tick: claim the cases whose turn it is, work them out in one batch, write what follows; one transaction.

Law: what is committed is a pure function of the texts, the facts and the instant; a tick that dies leaves everything as it was, and the next
one finds it. The instant is never before one acted on. A case that cannot be worked out is set aside, told to the operator, and stops no other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from upheld.facts.tables import Facts
from upheld.service.acted import Acted, acted_on
from upheld.service.clock import Clock, Reading
from upheld.service.evaluate import Found, Question, agreement_clocks, case_clocks
from upheld.service.fold import fold
from upheld.service.kept import kept_clocks
from upheld.service.knowledge import Knowledge
from upheld.service.operator import Alarm, operator_messages
from upheld.service.reads import ALL_SHARED
from upheld.service.terms import NO_TERMS, Agreement, Terms, terms_of
from upheld.service.touches import see_to_shared
from upheld.service.unreached import unreached
from upheld.stores import live
from upheld.stores.live import agreement_unit, unit_name
from upheld.stores.outbox import put_messages
from upheld.stores.store import Store
from upheld.values.instant import format_instant

__all__ = ["Poisoned", "Ticked", "Ticker"]

_PAUSE_US = 60_000_000
_LONGEST_PAUSE_US = 6 * 3_600_000_000
_PATIENT = 10
"""Budgets are worked out anew at most a tenth of the time."""


@dataclass(frozen=True, slots=True)
class Poisoned:
    """A unit that cannot be worked out, how often that has been tried, and what was said."""

    unit: str
    tries: int
    error: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did. ``more``: there may be more to do at once."""

    reading: Reading
    units: int = 0
    clocks: int = 0
    steps: int = 0
    messages: int = 0
    latest_us: int = 0                       # how long after its instant the latest step fired that was not late
    poisoned: tuple[Poisoned, ...] = ()
    more: bool = False


@dataclass(slots=True)
class Ticker:
    """Ticks of one store. ``alarm``: where the operator is reached. ``feeds``: gives the bytes of each iCalendar feed."""

    store: Store
    clock: Clock
    batch: int = 3000
    alarm: Alarm = field(default_factory=Alarm)
    feeds: Callable[[], Mapping[str, bytes]] = dict
    terms: Terms = NO_TERMS
    _knowledge: Knowledge = field(default_factory=Knowledge)
    _costs: dict[str, tuple[float, float]] = field(default_factory=dict)

    def tick(self) -> Ticked:
        """One tick. Raises ``StoreError``: then nothing was written, and whatever was due still is."""
        acted, reading = self._read_clock()
        changed = self._new_terms()
        if not changed and not live.probe(self.store.database).due(reading.at):
            if reading.gap_us > _PAUSE_US or reading.held:
                self._mark(acted, reading)
            return Ticked(reading)
        with self.store.together():
            return self._tick(acted, reading)

    def _read_clock(self) -> tuple[Acted, Reading]:
        """The instant to act on. One acted on by a clock that was hours ahead is given up: held there, every new case would seem late."""
        now, acted = self.clock.now(), acted_on(self.store)
        if not acted.wrong(now):
            return acted, acted.reading(now)
        with self.store.together(), self.store.database.writing() as connection:
            acted.begin_anew(now)
            live.wake_all(connection, now)
            put_messages(connection, operator_messages(
                self.alarm, f"ahead/{acted.at}", "A clock was ahead",
                f"A worker acted on {format_instant(acted.at or 0)}, and it is {format_instant(now)}. All clocks are worked out anew. What was "
                "told too early stays told, and is not told again at its own instant.\n\nSee that all machines take their time from NTP.",
                now))
        acted = acted_on(self.store)
        return acted, acted.reading(now)

    def _mark(self, acted: Acted, reading: Reading) -> None:
        """That somebody looked, now and then: a worker that finds nothing to do has not been down."""
        with self.store.together():
            acted.raise_to(reading.at)
            if reading.held:
                self._held(reading)

    def _held(self, reading: Reading) -> None:
        with self.store.database.writing() as connection:
            put_messages(connection, operator_messages(
                self.alarm, f"clock/{reading.at // 3_600_000_000}", "The clock went backwards",
                f"The clock of a worker stands {reading.behind_us // 1_000_000} s before an instant that was acted on already. Time "
                "is held there until the clock has caught up: nothing new falls due meanwhile, nothing is lost.\n\nSet its clock (NTP).",
                reading.at))

    def _new_terms(self) -> bool:
        """Compile the texts if they changed. True: the clocks kept were worked out by others, or somebody is to be told of errors."""
        digest, errors = live.texts_size(self.store.database), False
        if digest != self.terms.digest:
            self.terms = terms_of(self.store.texts.current(), digest, self.store.texts.first_put("agreements/"))
            errors = any(f.severity == "error" for f in self.terms.findings)      # what judges nothing makes no clock due either
        with self.store.database.reading() as connection:
            return errors or live.judged_by(connection) != self._hashes()

    def _tell_errors(self, connection: Connection, at: int) -> None:
        """An agreement that cannot be read judges nothing: whoever runs this must know."""
        wrong = [f for f in self.terms.findings if f.severity == "error"]
        if wrong:
            lines = "\n".join(f"- {f.place}: {f.message}" for f in wrong[:20])
            put_messages(connection, operator_messages(
                self.alarm, f"texts/{self.terms.digest}", f"{len(wrong)} errors in the agreements of the store",
                f"What has errors judges nothing until it is mended (`upheld check`, then `upheld record`).\n\n{lines}", at))

    def _hashes(self) -> dict[str, str]:
        return {name: agreement.hash for name, agreement in self.terms.agreements.items()}

    def _tick(self, acted: Acted, reading: Reading) -> Ticked:
        at = reading.at
        with self.store.database.writing() as connection:
            acted.raise_to(at)
            if reading.held:
                self._held(reading)
            kept, mine = live.judged_by(connection), self._hashes()
            if kept != mine:
                live.judge_anew(connection, {n: h for n, h in mine.items() if kept.get(n) != h}, sorted(set(kept) - set(mine)), at)
            self._tell_errors(connection, at)
            see_to_shared(connection, self.store, self.terms, at)
            asked = live.candidates(connection, at, 4 * self.batch)
            if not asked:
                return Ticked(reading)
            live.make_lock_rows(connection, asked)
            units = live.lock(connection, asked, self.batch)
            names = [name for kind, name in map(unit_name, units) if kind == "case"]
            touches = live.touches_of(connection, names, 50 * self.batch)
            tries = live.woken(connection, units, at)
            fired = live.fired(connection, units)
            size = self.store.stream.size()
            self._knowledge.catch_up(self.store, size)
            question = Question(at, size, reading.catching_up, fired, frozenset(units), self.feeds(), kept_clocks(connection, at))
            found, poisoned = self._work_out(units, question, tries)
            self._write(connection, units, found, poisoned, question)
            live.forget_touches(connection, touches)
        in_time = [int(row[13]) - int(row[12]) for row in found.steps if not row[15]]  # type: ignore[call-overload]
        return Ticked(reading, len(units), len(found.clocks), len(found.steps), len(found.news), max(in_time, default=0), poisoned,
                      more=len(asked) > len(units) or len(asked) >= 4 * self.batch)

    # ---- working out -------------------------------------------------------------------------------------------------

    def _work_out(self, units: Sequence[str], question: Question, tries: Mapping[str, int]) -> tuple[Found, tuple[Poisoned, ...]]:
        found, poisoned = Found(), []
        for unit, reason in self._bisected(units, question, found):
            poisoned.append(Poisoned(unit, tries.get(unit, 0) + 1, reason))
        return found, tuple(poisoned)

    def _bisected(self, units: Sequence[str], question: Question, found: Found) -> list[tuple[str, str]]:
        """Work the units out together; where that fails, in halves, until those that fail alone are known."""
        if not units:
            return []
        try:
            found.add(self._all(units, question))
        except Exception as problem:
            # whatever it is, it is a matter of these units alone; a store that fails is no such matter
            if _of_the_store(problem):
                raise
            if len(units) == 1:
                return [(units[0], f"{type(problem).__name__}: {problem}"[:500])]
            half = len(units) // 2
            return [*self._bisected(units[:half], question, found), *self._bisected(units[half:], question, found)]
        return []

    def _all(self, units: Sequence[str], question: Question) -> Found:
        found = Found()
        cases = [name for kind, name in map(unit_name, units) if kind == "case"]
        if cases:
            batches = self.store.stream.batches(cases=cases, shapes=("events",), upto=question.size)
            alone = self._knowledge.facts(batches, ())
            shared: dict[frozenset[str], Facts] = {}

            def facts(agreement: Agreement) -> Facts:
                given = agreement.reads.given
                if given not in shared:
                    own = self._knowledge.facts((), given)
                    shared[given] = replace(own, events=alone.events, coverage=self._knowledge.together(own, alone))
                return shared[given]

            found.add(case_clocks(self.terms, facts, alone, question))
            self._concerned(found, question)
        for unit in units:
            kind, name = unit_name(unit)
            if kind == "agreement" and name in self.terms.agreements:
                found.add(self._agreement(self.terms.agreements[name], question))
        return found

    def _concerned(self, found: Found, question: Question) -> None:
        """Cases that count towards a budget, or may stop a schedule, have their agreement looked at too."""
        for name in found.concerned:
            if self.terms.agreements[name].reads.cases:
                ended, took = self._costs.get(name, (0.0, 0.0))
                rest = took * _PATIENT - (time.monotonic() - ended)
                unit = agreement_unit(name)
                found.wakes[unit] = min(question.at + (int(rest * 1_000_000) if rest > 1 else 0), found.wakes.get(unit, 2**62))
        for name, _ in found.heard:
            found.wakes[agreement_unit(name)] = question.at

    def _agreement(self, agreement: Agreement, question: Question) -> Found:
        begun = time.monotonic()
        with self.store.database.reading() as connection:
            heard = live.heard_in(connection, agreement.name)
        batches = self.store.stream.batches(cases=heard, shapes=("events",), upto=question.size) if heard else []
        budgets = None
        if agreement.reads.budgets:
            events = self.store.stream.batches(shapes=("events",), upto=question.size) if agreement.reads.cases else ()
            budgets = self._knowledge.facts(list(events), ALL_SHARED)
        found = agreement_clocks(agreement, self._knowledge.facts(batches, agreement.reads.given), budgets, question)
        ended = time.monotonic()
        self._costs[agreement.name] = (ended, ended - begun)
        return found

    # ---- writing -----------------------------------------------------------------------------------------------------

    def _write(self, connection: Connection, units: Sequence[str], found: Found, poisoned: Sequence[Poisoned], question: Question) -> None:
        ill = {one.unit for one in poisoned}
        well = [unit for unit in units if unit not in ill]
        live.recovered(connection, well)
        kept = live.clock_keys(connection, well)
        live.put_clocks(connection, found.clocks, set(kept) - {tuple(row[:5]) for row in found.clocks})
        live.put_steps(connection, found.steps)
        put_messages(connection, fold(found.news, question.at))
        put_messages(connection, unreached(self.alarm, found.news, question.at))
        # what was heard before wakes nobody again
        new = {name for name, _ in live.hearers(connection, found.heard)} | {n for n, _ in found.heard}
        wakes = {unit: at for unit, at in found.wakes.items() if unit not in units or at > question.at or unit_name(unit)[1] in new}
        live.wake(connection, wakes)
        for one in poisoned:
            self._set_aside(connection, one, question.at)

    def _set_aside(self, connection: Connection, one: Poisoned, at: int) -> None:
        pause = min(_PAUSE_US * 2 ** min(one.tries - 1, 12), _LONGEST_PAUSE_US)
        live.silence_clocks(connection, one.unit)
        live.wake(connection, {one.unit: at + pause}, one.tries, one.error)
        kind, name = unit_name(one.unit)
        put_messages(connection, operator_messages(
            self.alarm, f"poison/{one.unit}", f"{kind} {name} cannot be worked out",
            f"Its clocks stand still until this is mended; all others go on.\n\nWhat was said: {one.error}\n\nIt is tried again by itself, "
            "and as soon as something is recorded about it. `upheld doctor` lists what is set aside.", at))


def _of_the_store(problem: Exception) -> bool:
    from sqlalchemy.exc import SQLAlchemyError

    from upheld.stores.trouble import StoreError

    return isinstance(problem, StoreError | SQLAlchemyError | OSError | MemoryError)

