"""What a tick finds out: the clocks of some units at one instant, the steps that fire, and who is told.

Law: pure but for the facts it is given: nothing is read or written here, so a unit that cannot be worked out harms no other. What fires is what
is due and has not fired; a step fires once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from upheld.assessment.scope import claimed
from upheld.clocks.agenda import agenda
from upheld.clocks.budgets import budget_agenda
from upheld.clocks.notices import Telling
from upheld.clocks.silence import Parent, Parents, parents_in
from upheld.clocks.table import KINDS, NEVER, STATES, VERDICTS, Agenda, ClockKey, StepRow, step_key
from upheld.facts.cut import cut
from upheld.facts.tables import Attribute, CaseEvents, Facts
from upheld.plans.terms import in_force
from upheld.service.fold import BEFORE, LATE_US, STOPPED, New
from upheld.service.reads import stopping
from upheld.service.terms import Agreement, Terms
from upheld.stores.live import agreement_unit, case_unit

__all__ = ["Found", "Question", "agreement_clocks", "case_clocks"]

LONG_AGO_US = 86_400_000_000
"""Of a step so long past whose clock has stopped, or that fell due before the agreement was kept here, nobody is looked up any more, µs."""

_ENDED = ("stopped", "ended")


@dataclass(frozen=True, slots=True)
class Question:
    """``at``: the instant; ``size``: how many leaves of the stream are known; ``fired``: keys of steps that have fired already.

    ``units``: what is locked. Facts of other cases may come with theirs; what they show is another turn's. ``kept``: the clocks kept of an
    agreement's commitment, which may mute others.
    """

    at: int
    size: int
    catching_up: bool
    fired: Collection[str]
    units: Collection[str]
    feeds: Mapping[str, bytes] = field(default_factory=dict)
    kept: Callable[[str, str], Sequence[Parent]] = lambda _agreement, _commitment: ()


@dataclass(frozen=True, slots=True)
class Found:
    """Rows for the store (in the order of its columns), notices to be folded, units to be looked at again, cases that may stop schedules."""

    clocks: list[tuple[object, ...]] = field(default_factory=list)
    steps: list[tuple[object, ...]] = field(default_factory=list)
    news: list[New] = field(default_factory=list)
    wakes: dict[str, int] = field(default_factory=dict)
    heard: set[tuple[str, str]] = field(default_factory=set)
    concerned: set[str] = field(default_factory=set)

    def add(self, other: Found) -> None:
        """Takes in what another found."""
        self.clocks.extend(other.clocks)
        self.steps.extend(other.steps)
        self.news.extend(other.news)
        self.heard.update(other.heard)
        self.concerned.update(other.concerned)
        for unit, at in other.wakes.items():
            self.wakes[unit] = min(at, self.wakes.get(unit, at))


def case_clocks(terms: Terms, facts: Callable[[Agreement], Facts], events: Facts, question: Question) -> Found:
    """The clocks of cases, over all agreements that claim any of them. ``events``: the facts of the cases alone; ``facts`` adds what an
    agreement's clocks read besides.
    """
    found = Found()
    table = events.events
    if table is None:
        return found
    _later(table, question.at, found.wakes)
    known = cut(events, question.at).events
    if known is None:
        return found
    known = _as_spoken(known, events)
    for agreement in terms.agreements.values():
        if not any(claimed(plan.covers, known).any() for plan in agreement.plans):
            continue
        found.concerned.add(agreement.name)
        if agreement.reads.together:
            # which cases these are is kept; the agreement's own turn works them out with all others
            found.heard.update((agreement.name, str(name)) for name in known.case_names)
            continue
        own = facts(agreement)
        _take(agreement, agenda(agreement.plans, own, question.at, ("case",)), own, question, "case", found)
        if agreement.reads.stops:
            found.heard.update((agreement.name, case) for case in stopping(table, agreement.reads.stops))
    return found


def agreement_clocks(agreement: Agreement, own: Facts, budgets: Facts | None, question: Question) -> Found:
    """The schedules of an agreement, from the cases that may stop them (all cases, where they hang together), and its budgets (``budgets``
    None: it has none).
    """
    found = Found()
    if agreement.reads.schedules or agreement.reads.together:
        kinds = ("schedule", "case") if agreement.reads.together else ("schedule",)
        _take(agreement, agenda(agreement.plans, own, question.at, kinds), own, question, "agreement", found)
    if budgets is not None:
        terms = in_force(agreement.plans, question.at)
        if any(t.from_us <= question.at and (t.until_us is None or question.at < t.until_us) for t in terms):
            result = budget_agenda(agreement.plans, budgets, question.at, agreement.reads.budgets)
            _take(agreement, result, budgets, question, "agreement", found)
        later = [i for p in agreement.plans for i in (p.adopted_us, p.from_us, p.until_us) if i is not None and i > question.at]
        if later:
            found.wakes[agreement_unit(agreement.name)] = min(later)
    return found


def _as_spoken(known: CaseEvents, facts: Facts) -> CaseEvents:
    """The table with a column for whatever any case ever said: that these cases do not say it must not make them everybody's."""
    missing = ((facts.spoken or {}).get("events", frozenset())) - set(known.attributes)
    nothing = Attribute(np.full(len(known), -1, np.int32), ())
    return replace(known, attributes={**known.attributes, **dict.fromkeys(missing, nothing)}) if missing else known


def _later(events: CaseEvents, at: int, wakes: dict[str, int]) -> None:
    """Cases of which something will only be known, or happen, later: by the clock of another machine, or of the source."""
    known = events.header.known_at
    when = np.where(known > at, known, events.at)         # once it is known, its steps may fall due before it happens
    replaces = events.header.replaces
    for row in np.flatnonzero(when > at).tolist():
        corrected = row if replaces is None or replaces[row] < 0 else int(replaces[row])     # which may be another case's
        for case in {int(events.case[row]), int(events.case[corrected])}:
            unit = case_unit(str(events.case_names[case]))
            wakes[unit] = min(int(when[row]), wakes.get(unit, NEVER))


def _take(agreement: Agreement, result: Agenda, facts: Facts, question: Question, whose: str, found: Found) -> None:
    """The rows of the agenda, the steps that fire now, and whom they tell. ``whose``: the unit they belong to, case or agreement."""
    table = result.clocks
    mine = [i for i, key in enumerate(table.key) if _unit(key, whose) in question.units]
    found.clocks.extend(_clock_rows(result, mine, question, whose))
    states, held = table.state.tolist(), set(mine)
    new = [(c, name) for c, name in zip(result.steps.clock.tolist(), result.steps.step, strict=True)
           if c in held and step_key(table.key[c], name) not in question.fired]
    if not new:
        return
    ended = {table.key[c]: STATES[states[c]] in _ENDED for c, _ in new}
    fresh = {(table.key[c], name) for c, name in new}
    telling: dict[str, Telling] = {}
    for step in result.rows():
        if (step.key, step.step) in fresh:
            if step.version not in telling:
                telling[step.version] = Telling(agreement.plan(step.version), result, facts, question.at, question.feeds,
                                                _parents(agreement.name, result, question))
            _fire(step, telling[step.version], question, found, since=agreement.since, ended=ended[step.key], unit=_unit(step.key, whose))


def _parents(agreement: str, result: Agenda, question: Question) -> Parents:
    """The clocks that may mute others: those worked out now, and of all others what is kept."""
    now = parents_in(result)

    def of(commitment: str) -> Iterable[Parent]:
        yield from now(commitment)
        known = {key[1:4] for key in result.clocks.key}
        yield from (one for one in question.kept(agreement, commitment) if (commitment, one.case, one.cycle) not in known)

    return of


def _fire(step: StepRow, telling: Telling, question: Question, found: Found, *, since: int, ended: bool, unit: str) -> None:
    late = question.catching_up or question.at - step.at > LATE_US
    untold = ""
    if late and question.at - step.at > LONG_AGO_US:
        # an installation that begins with years of history behind it does not tell people of all of it
        untold = STOPPED if ended else BEFORE if step.at < since else ""
    key, clock = step_key(step.key, step.step), step_key(step.key, "")[:-1]
    found.steps.append((key, unit, clock, *step.key, step.ladder, step.step, step.version, step.at, question.at, question.size, int(late),
                        untold))
    if not untold:
        found.news.extend(New(notice, ended, late) for notice in telling.of(step))


def _unit(key: ClockKey, whose: str) -> str:
    return case_unit(key.case) if whose == "case" else agreement_unit(key.agreement)


def _clock_rows(result: Agenda, chosen: Sequence[int], question: Question, whose: str) -> list[tuple[object, ...]]:
    table = result.clocks
    columns = [column.tolist() for column in (
        table.kind, table.start, table.due, table.has_due, table.stop, table.has_stop, table.missed_at, table.has_miss, table.target_us,
        table.elapsed_us, table.state, table.verdict, table.next_at)]
    groups: dict[object, str] = {}
    rows: list[tuple[object, ...]] = []
    for i in chosen:
        kind, start, due, has_due, stop, has_stop, missed, has_miss, target, elapsed, state, verdict, next_at = (c[i] for c in columns)
        key, group = table.key[i], table.group[i]
        if group not in groups:
            groups[group] = json.dumps(dict(group), ensure_ascii=False, sort_keys=True)
        rows.append((*key, _unit(key, whose), KINDS[kind], table.version[i], groups[group], table.ladder[i], start, due if has_due else None,
                     stop if has_stop else None, missed if has_miss else None, target, elapsed, STATES[state], VERDICTS[verdict],
                     None if next_at == NEVER else next_at, question.size, question.at))
    return rows
