"""Backtest: proposed terms applied over past facts, next to the terms in force: what they would have met, breached and paid.

Law: one evaluator. Both sides are assessed and settled by the very functions that judge and pay; only dates are moved, and that is
said. A window is told in the month in which it ends; windows that had not ended are left out. Credits are counted as if each were
claimed in time, since nobody could claim under terms that were not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from upheld.assessment.assess import assess
from upheld.assessment.horizon import first_instant, last_instant
from upheld.assessment.outcome import Assessment, Outcome
from upheld.calendars.spec import CalendarSpec, Weekly
from upheld.facts.cut import cut
from upheld.facts.tables import Facts
from upheld.plans.plan import Plan
from upheld.plans.terms import in_force
from upheld.remedies.settle import settle
from upheld.remedies.settlement import Line, Settlement
from upheld.values.instant import DAY_US, date_text
from upheld.values.zone import zone

__all__ = ["NOTHING", "Backtest", "Month", "Promise", "Side", "Tally", "backtest", "side_by_side", "worst_month"]

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tally:
    """Windows by verdict (a window with parts counts once a part), and the credits of their lines, minor units.

    ``unknown_lines``: credits that cannot be known. ``worst``: the worst figure of a window that was judged.
    """

    met: int = 0
    deviation: int = 0
    breached: int = 0
    unknown: int = 0
    not_applicable: int = 0
    credit: int = 0
    unknown_lines: int = 0
    worst: Outcome | None = None

    @property
    def judged(self) -> int:
        """Windows found met, deviating or breached."""
        return self.met + self.deviation + self.breached

    @property
    def attainment(self) -> Fraction | None:
        """The share of judged windows that were met; None where there is none."""
        return Fraction(self.met, self.judged) if self.judged else None


NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class Month:
    """One month on both sides. ``label``: 2026-03."""

    label: str
    before: Tally
    after: Tally


@dataclass(frozen=True, slots=True)
class Promise:
    """One commitment on both sides (None: not promised there), whole and month by month."""

    name: str
    before: Tally | None
    after: Tally | None
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What one side was: its name, its versions, its currency, and what judging and settling it gave."""

    name: str
    versions: tuple[str, ...]
    currency: str
    assessment: Assessment
    settlement: Settlement


@dataclass(frozen=True, slots=True)
class Backtest:
    """Both sides over the same facts. ``since`` µs: from when the moved terms judge; ``horizon`` µs: until when anything is known.

    ``before`` None: no terms were in force. ``notes``: what was moved, and what limits the comparison.
    """

    agreement: str
    title: str
    zone: str
    since: int
    horizon: int
    before: Side | None
    after: Side
    promises: tuple[Promise, ...]
    months: tuple[Month, ...]
    total_before: Tally
    total_after: Tally
    not_ended: int
    notes: tuple[str, ...]


def backtest(terms: Sequence[Plan], proposed: Plan, facts: Facts, as_of: int | None = None, *, since: int | None = None,
             until: int | None = None, progress: Progress | None = None) -> Backtest:
    """``proposed`` next to ``terms``, the versions in force (none: alone). ``since``, ``until`` (µs): only windows that end after the
    one and by the other. Raises ``ValueError`` where no version of ``terms`` was known at ``as_of``.
    """
    chain = in_force(terms, as_of)
    if terms and not chain:
        msg = "no version of the agreement was adopted by then"
        raise ValueError(msg)
    start = chain[0].from_us if chain else _first_month(cut(facts, as_of), proposed)
    if since is not None:
        start = min(start, since)
    moved = _moved(proposed, start, chain[-1].until_us if chain else None)
    return _beside(terms, (moved,), ("in force", "proposed"), facts, as_of, (start, since, until), _said(proposed, start), progress)


def side_by_side(before: Plan, after: Plan, facts: Facts, as_of: int | None = None, *, since: int | None = None, until: int | None = None,
                 progress: Progress | None = None) -> Backtest:
    """Two versions, each applied to all the facts, from the earlier one's first day on (or the facts' first month, if they end before)."""
    known = cut(facts, as_of)
    start = min(before.from_us, after.from_us)
    if last_instant(known) <= start:
        start = _first_month(known, before)
    ends = [p.until_us for p in (before, after)]
    end = None if None in ends else max(e for e in ends if e is not None)
    notes = (*_said(before, start), *_said(after, start))
    sides = [(_moved(p, start, end),) for p in (before, after)]
    return _beside(sides[0], sides[1], ("before", "after"), facts, as_of, (start, since, until), notes, progress)


def worst_month(months: Iterable[Month], side: Callable[[Month], Tally]) -> Month | None:
    """The month that paid most; where nothing is paid, the one with most breaches; None where nothing was breached or paid."""
    ranked = [m for m in months if side(m).credit > 0 or side(m).breached]
    return max(ranked, key=lambda m: (side(m).credit, side(m).breached, -(side(m).attainment or 0)), default=None)


# ---- dates moved -----------------------------------------------------------------------------------------------------


def _moved(plan: Plan, since: int, until: int | None) -> Plan:
    return replace(plan, from_us=since, until_us=until, adopted_us=None)


def _unclaimed(plan: Plan) -> Plan:
    """The plan without its claim clause: each credit as if it were claimed in time."""
    return replace(plan, remedies=replace(plan.remedies, claim=None, claims={}))


def _first_month(facts: Facts, plan: Plan) -> int:
    """The local beginning of the month of the earliest fact."""
    home = zone(plan.zone)
    label = date_text(home.local(first_instant(facts)) // DAY_US)[:7]
    day = home.local(first_instant(facts)) // DAY_US
    while date_text(day - 1)[:7] == label:
        day -= 1
    return home.utc(day * DAY_US, "open")


def _said(plan: Plan, since: int) -> tuple[str, ...]:
    notes = []
    home = zone(plan.zone)
    if plan.from_us != since:
        dates = [date_text(home.local(at) // DAY_US) for at in (plan.from_us, since)]
        notes.append(f"version {plan.version} judges from {dates[0]} on; here its dates are moved, and it judges from {dates[1]} on")
    first = home.local(since) // DAY_US
    for name, spec in plan.calendars.items():
        known = min((h.first for weekly in _weeklies(spec) for h in weekly.holidays), default=first)
        if known > first:
            notes.append(f"the holidays of calendar {name} are known from {date_text(known)} on; earlier ones count as open")
    return tuple(notes)


def _weeklies(spec: CalendarSpec) -> Iterator[Weekly]:
    if isinstance(spec, Weekly):
        yield spec
    for part in getattr(spec, "parts", ()):
        yield from _weeklies(part)


# ---- both sides ------------------------------------------------------------------------------------------------------


def _beside(before: Sequence[Plan], after: Sequence[Plan], names: tuple[str, str], facts: Facts, as_of: int | None,
            span: tuple[int, int | None, int | None], notes: Sequence[str], progress: Progress | None) -> Backtest:
    start, since, until = span
    sides = [_side(name, plans, facts, as_of, progress) if plans else None for name, plans in zip(names, (before, after), strict=True)]
    one, other = sides
    assert other is not None
    plan = after[-1]
    month = _Months(plan.zone, since, until)
    tallies = [month.tallies(side) if side is not None else {} for side in sides]
    labels = sorted({label for found in tallies for _, label in found})
    promised = [{c for p in plans for c in p.commitments} for plans in (before, after)]
    ordered = dict.fromkeys((*plan.commitments, *(c for p in before for c in p.commitments)))
    promises = []
    for name in ordered:
        rows = tuple(Month(label, *(found.get((name, label), NOTHING) for found in tallies)) for label in labels)
        whole = [_sum(found, lambda k, name=name: k[0] == name) if name in mine else None  # type: ignore[misc]
                 for found, mine in zip(tallies, promised, strict=True)]
        promises.append(Promise(name, whole[0], whole[1], rows))
    months = tuple(Month(label, *(_sum(found, lambda k, label=label: k[1] == label) for found in tallies)) for label in labels)  # type: ignore[misc]
    if any(c is not None for p in (*before, *after) for c in (p.remedies.claim, *p.remedies.claims.values())):
        notes = (*notes, "credits are counted as if each were claimed in time")
    totals = [_sum(found, lambda _: True) for found in tallies]
    return Backtest(plan.agreement, plan.title, plan.zone, start, other.assessment.horizon, one, other, tuple(promises), months, totals[0],
                    totals[1], month.not_ended, tuple(dict.fromkeys((*notes, *other.settlement.notes))))


def _side(name: str, plans: Sequence[Plan], facts: Facts, as_of: int | None, progress: Progress | None) -> Side:
    told = (lambda step: progress(f"{name}, {step}")) if progress else None
    free = tuple(_unclaimed(p) for p in plans)
    found = assess(free, facts, as_of, progress=told)
    return Side(name, tuple(p.version for p in plans), plans[-1].currency, found, settle(free, facts, as_of, found, progress=told))


class _Months:
    """Windows and lines put into the months in which they end."""

    def __init__(self, zone_name: str, since: int | None, until: int | None) -> None:
        self.home, self.since, self.until, self.not_ended = zone(zone_name), since, until, 0

    def tallies(self, side: Side) -> dict[tuple[str, str], Tally]:
        """By commitment and month."""
        found: dict[tuple[str, str], _Count] = {}
        self.not_ended = sum(o.provisional and o.start < side.assessment.horizon for o in side.assessment.outcomes)
        for outcome in side.assessment.outcomes:
            if not outcome.provisional and self._inside(outcome.end):
                found.setdefault((outcome.commitment, self._label(outcome.end)), _Count()).window(outcome)
        for line in side.settlement.lines:
            if not line.provisional and line.kind != "extension" and self._inside(line.end):
                found.setdefault((line.commitment, self._label(line.end)), _Count()).line(line)
        return {key: count.tally() for key, count in found.items()}

    def _inside(self, end: int) -> bool:
        return (self.since is None or end > self.since) and (self.until is None or end <= self.until)

    def _label(self, end: int) -> str:
        return date_text(self.home.local(end - 1) // DAY_US)[:7]


class _Count:
    """A tally while it is counted."""

    def __init__(self) -> None:
        self.verdicts: dict[str, int] = {}
        self.credits: list[int] = []
        self.unknown_lines = 0
        self.worst: Outcome | None = None

    def window(self, outcome: Outcome) -> None:
        """One judged figure."""
        self.verdicts[outcome.verdict] = self.verdicts.get(outcome.verdict, 0) + 1
        if outcome.verdict in ("met", "deviation", "breached"):
            self.worst = worse(self.worst, outcome)

    def line(self, line: Line) -> None:
        """One credit."""
        if line.state == "unknown":
            self.unknown_lines += 1
        elif line.counts:
            self.credits.append(line.amount or 0)

    def tally(self) -> Tally:
        """What was counted."""
        v = self.verdicts
        return Tally(v.get("met", 0), v.get("deviation", 0), v.get("breached", 0), v.get("unknown", 0), v.get("not applicable", 0),
                     sum(self.credits), self.unknown_lines, self.worst)


def worse(one: Outcome | None, other: Outcome | None) -> Outcome | None:
    """The outcome that is further on the wrong side of its target: a breach before a deviation before what was met, then by figure."""
    if one is None or other is None:
        return one if other is None else other
    return other if _badness(other) > _badness(one) else one


_RANK = {"met": 0, "deviation": 1, "breached": 2}


def _badness(outcome: Outcome) -> tuple[int, Fraction]:
    condition = outcome.target if outcome.target is not None else outcome.breach
    high_is_good = outcome.unit == "share"
    if condition is not None:
        high_is_good = condition.anyof[0][0].op.startswith(">") == (outcome.target is not None)
    value = outcome.low if high_is_good else outcome.high
    if value is None:
        return _RANK[outcome.verdict], Fraction(0)
    return _RANK[outcome.verdict], -value if high_is_good else value


def _sum(found: dict[tuple[str, str], Tally], chosen: Callable[[tuple[str, str]], bool]) -> Tally:
    mine = [tally for key, tally in found.items() if chosen(key)]
    names = {name for name, _ in filter(chosen, found)}
    worst: Outcome | None = None
    if len(names) == 1:   # figures of different promises cannot be compared
        for tally in mine:
            worst = worse(worst, tally.worst)
    return Tally(
        sum(t.met for t in mine), sum(t.deviation for t in mine), sum(t.breached for t in mine), sum(t.unknown for t in mine),
        sum(t.not_applicable for t in mine), sum(t.credit for t in mine), sum(t.unknown_lines for t in mine), worst,
    )
