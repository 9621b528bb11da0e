"""Whether a window will count: each exclusion of each promise asked about each stage, by the measure's own functions.

Law: what is said to be excluded is the time the measure's clauses take from the facts as announced; the reasons beside it are its own tests
(notice, approval, allowance), asked of the one fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from upheld.assessment.assess import contexts
from upheld.calendars.windows import windows
from upheld.changes.known import window_name
from upheld.changes.view import Approval, Counting, Stage, Test
from upheld.changes.words import length, moment, on_calendar
from upheld.facts.tables import I64, Facts, Header, Intervals
from upheld.measures.availability import Setting, setting_of
from upheld.measures.exclusions import GIVEN, REFUSED, Judged, accepted, approval_deadlines, clauses_of, noticed
from upheld.measures.pieces import Pieces
from upheld.measures.states import World
from upheld.measures.sweep import Spans, concat, flatten, intersect, merge, subtract
from upheld.plans.plan import AvailabilityPlan, ExclusionRule, IntervalState, Plan, Within

__all__ = ["Asked", "asked_of", "earliest_start", "last_instant", "latest_notice"]

_STEP = 60_000_000
_REACH = 400 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the exclusions of one promise say of the stages, and who was asked to approve."""

    counting: tuple[Counting, ...]
    approvals: tuple[Approval, ...]


@dataclass(frozen=True)
class _Bench:
    """One commitment under one version, ready to be asked about any fact."""

    setting: Setting
    judged: Judged
    rules: tuple[ExclusionRule, ...]
    at: int

    @cached_property
    def plan(self) -> Plan:
        """The version that judges."""
        return self.setting.context.plan

    def taken(self, *, approved: bool) -> list[Spans]:
        """The time each rule takes, in order, each instant by the first; ``approved``: as if every approval still missing came."""
        down, name = self.setting.down, self.setting.plan.down
        world = down.told(name, World(undecided=False, unknown=False))
        rules = tuple(replace(r, needs=None) if approved else r for r in self.rules)
        found, left = [], flatten(down.hold(name, world))
        before: Spans | None = None
        for clause in clauses_of(self.judged, down, name, rules, world, undecided=False):
            if clause.attested is not None:
                still = flatten(clause.attested)
                mine, left = subtract(left, still), intersect(left, still)
            else:
                assert clause.time is not None
                mine = clause.time
            found.append(mine if before is None else subtract(mine, before))
            before = mine if before is None else merge(concat(before, mine))
        return found


def asked_of(plans: Sequence[Plan], facts: Facts, commitment: str, stages: Sequence[Stage], at: int, zone: str) -> Asked:
    """What the exclusions of one availability commitment make of the stages. ``facts``: as announced, watched on (``world.supposing``)."""
    counting: list[Counting] = []
    approvals: list[Approval] = []
    for context in contexts(plans, facts, None, commitment):
        clause = context.plan.commitments[commitment]
        if not isinstance(clause, AvailabilityPlan) or not clause.head.excluding:
            continue
        setting = setting_of(clause, context)
        judged = Judged(context, setting.other, setting.hours, setting.spells.windows)
        every = [context.plan.exclusions[x] for x in clause.head.excluding]
        # what only the credit forgets leaves the figure as it is: it comes after what the figure leaves out
        rules = (*(r for r in every if r.effect != "no_credit"), *(r for r in every if r.effect == "no_credit"))
        bench = _Bench(setting, judged, rules, at)
        sure, hoped = bench.taken(approved=False), bench.taken(approved=True)
        table = context.facts.intervals
        for stage in stages:
            row = _row(table, stage)
            if row < 0:
                continue
            for number, rule in enumerate(rules):
                for pieces, piece in _pieces(bench, rule, row):
                    found = _counted(bench, rule, stage, pieces, piece, (sure[number], hoped[number]), zone)
                    if found is None:
                        continue
                    counting.append(found[0])
                    approvals += found[1]
    return Asked(tuple(counting), tuple(dict.fromkeys(approvals)))


def _row(table: Intervals | None, stage: Stage) -> int:
    if table is None:
        return -1
    found = np.flatnonzero(table.header.seq == stage.seq)
    return int(found[0]) if len(found) else -1


def _pieces(bench: _Bench, rule: ExclusionRule, row: int) -> Iterator[tuple[Pieces, int]]:
    """The pieces of one fact that a rule may take: of its ``while``, or of the measured state for a ``where``."""
    states = bench.setting.other if rule.where is None else bench.setting.down
    root = rule.during if rule.where is None else bench.setting.plan.down
    assert root is not None
    for leaf in states.leaves(root):
        if isinstance(states.rule(leaf), IntervalState):
            pieces = states.pieces(leaf)
            if pieces.table is not None:
                yield from ((pieces, int(i)) for i in np.flatnonzero(pieces.rows == row))


def _counted(bench: _Bench, rule: ExclusionRule, stage: Stage, pieces: Pieces, piece: int, taken: tuple[Spans, Spans],
             zone: str) -> tuple[Counting, list[Approval]] | None:
    spells = bench.setting.spells
    group = int(pieces.spans.group[piece])
    lo, hi = int(pieces.spans.start[piece]), int(pieces.spans.end[piece])
    inside = [(max(lo, a), min(hi, b)) for a, b in zip(spells.first.tolist(), spells.last.tolist(), strict=True) if max(lo, a) < min(hi, b)]
    if not inside:
        return None
    mine = [_within(t, group, inside) for t in taken]
    of_us = sum(b - a for a, b in inside)
    took, could = (sum(b - a for a, b in spans) for spans in mine)
    tests, approvals, still = _tests(bench, rule, stage, pieces, piece, zone, of_us - took)
    if took and not all(t.holds for t in tests if t.what in ("notice", "approval")):
        tests = (*tests, *_covered(bench, rule, pieces, piece, mine[0]))
    axes = bench.setting.plan.head.for_each
    named = tuple(zip(axes, bench.setting.groups.names[group], strict=False))
    return Counting(
        bench.setting.plan.head.id, named, rule.name, rule.effect, stage.key, of_us, took, max(could - took, 0) if still else 0,
        tuple(mine[0]), tests,
    ), approvals


def _covered(bench: _Bench, rule: ExclusionRule, pieces: Pieces, piece: int, taken: list[tuple[int, int]]) -> list[Test]:
    """The windows that count themselves and lie over the time taken from one that does not."""
    states = bench.setting.other if rule.where is None else bench.setting.down
    root = rule.during if rule.where is None else bench.setting.plan.down
    names = []
    for leaf in states.leaves(root or ""):
        found = states.pieces(leaf) if isinstance(states.rule(leaf), IntervalState) else None
        if found is None or not isinstance(found.table, Intervals):
            continue
        spans = found.spans
        near = (spans.group == pieces.spans.group[piece]) & (found.rows != pieces.rows[piece]) & found.sure
        for i in np.flatnonzero(near).tolist():
            one = _only(found, i)
            good = (rule.notice is None or noticed(bench.judged, rule.notice, one)[0]) and (
                rule.needs is None or accepted(bench.judged, rule, one)[0])
            if good and any(int(spans.start[i]) < b and a < int(spans.end[i]) for a, b in taken):
                names.append(window_name(found.table, int(found.rows[i])))
    if not names:
        return []
    how_long = length(sum(b - a for a, b in taken))
    return [Test("covered", True, f"{how_long} of it are taken all the same: they lie in {', '.join(dict.fromkeys(names))}, which counts")]


def _within(spans: Spans, group: int, parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    own = spans.group == group
    return [(max(a, s), min(b, e)) for a, b in parts for s, e in zip(spans.start[own].tolist(), spans.end[own].tolist(), strict=True)
            if max(a, s) < min(b, e)]


# ---- the tests of one clause ----------------------------------------------------------------------------------------


def _tests(bench: _Bench, rule: ExclusionRule, stage: Stage, pieces: Pieces, piece: int, zone: str,
           missing_us: int) -> tuple[tuple[Test, ...], list[Approval], bool]:
    tests: list[Test] = []
    approvals: list[Approval] = []
    still = True
    one = _only(pieces, piece)
    if rule.notice is not None:
        tests.append(_notice(bench, rule.notice, stage, one, zone))
        still &= tests[-1].holds
    if rule.needs is not None:
        approvals = _approvals(bench, rule, stage, one)
        tests.append(_approved(approvals, stage, bench.at, zone))
        still &= all(a.said == "approved" or (a.said == "" and (a.until is None or bench.at <= a.until)) for a in approvals)
    if not pieces.sure[piece]:
        tests.append(Test("time", False, "it does not say an attribute the state asks for, or is disputed", "correct the fact"))
    if rule.allowance_us is not None and rule.allowance_per is not None and all(t.holds for t in tests):
        tests.append(_allowance(bench, rule, one, zone, missing_us))
    elif missing_us and all(t.holds for t in tests):
        tests.append(Test("length", False, f"{length(missing_us)} of it are not in the state `{rule.during}`, or another clause takes them"))
    return tuple(tests), approvals, still


def _only(pieces: Pieces, piece: int) -> Pieces:
    chosen = np.array([piece])
    return Pieces(pieces.spans.take(chosen), pieces.sure[chosen], pieces.rows[chosen], pieces.table, pieces.columns, pieces.gaps, pieces.scale)


def _notice(bench: _Bench, notice: Within, stage: Stage, one: Pieces, zone: str) -> Test:
    holds = bool(noticed(bench.judged, notice, one)[0])
    by = latest_notice(bench.judged, notice, one)
    owed = f"notice {notice.text or length(notice.amount)}"
    deadline = f"to be known by {moment(by, zone)}" if by is not None else "no announcement would be in time"
    if holds:
        return Test("notice", True, f"{owed}: known {moment(stage.known_at, zone)}, {deadline}")
    earliest = earliest_start(bench.judged, notice, one, 0, bench.at)
    says = f"{owed}: known only {moment(stage.known_at, zone)}, {deadline}"
    return Test("notice", False, says, f"announced now it counts from {moment(earliest, zone)} on" if stage.start > bench.at else "")


def latest_notice(judged: Judged, notice: Within, one: Pieces) -> int | None:
    """The last instant (to the second) at which announcing it was in time, by the measure's own test; None where none was."""
    start = int(one.spans.start[0])
    return last_instant(lambda told: noticed(judged, notice, _told(one, told, np.full(len(told), start))), start - _REACH, start)


def earliest_start(judged: Judged, notice: Within, pieces: Pieces, piece: int, told: int) -> int:
    """The first instant (to the minute) at which a window announced at ``told`` could begin and be in time."""
    one = _only(pieces, piece)
    lo = told - told % _STEP

    def late(starts: I64) -> NDArray[np.bool_]:
        return ~noticed(judged, notice, _told(one, np.full(len(starts), told), starts))

    found = last_instant(late, lo, lo + _REACH, _STEP)
    return lo if found is None else found + _STEP


def last_instant(holds: Callable[[I64], NDArray[np.bool_]], lo: int, hi: int, step: int = 1_000_000) -> int | None:
    """The last of the instants ``lo``, ``lo + step`` … ``hi`` at which a test that turns false once holds; sixty-four at a time."""
    count = (hi - lo) // step
    first, last = -1, count + 1                  # it holds at `first` (or nowhere), and no longer at `last`
    while last - first > 1:
        width = max((last - first) // 64, 1)
        at = np.arange(first + width, last, width, dtype=np.int64)
        good = holds(lo + at * step)
        n = len(at) if good.all() else int(np.argmin(good))
        first, last = (int(at[n - 1]) if n else first), (int(at[n]) if n < len(at) else last)
    return None if first < 0 else lo + first * step


def _told(one: Pieces, told: I64, start: I64) -> Pieces:
    """The piece, many times: known at and beginning at the instants given."""
    n = len(told)
    assert one.table is not None
    header = Header(np.arange(n), one.table.header.source.take(np.zeros(n, np.int64)), told)
    table = replace(one.table, header=header)
    group = np.full(n, int(one.spans.group[0]), np.int64)
    return Pieces(Spans(group, start, start + 1), np.ones(n, np.bool_), np.arange(n), table, one.columns, one.gaps)


def _approvals(bench: _Bench, rule: ExclusionRule, stage: Stage, one: Pieces) -> list[Approval]:
    """The last word of each party asked, as the measure hears it."""
    until = int(approval_deadlines(bench.judged, rule, one)[0])
    limit = None if until >= 2**62 else until
    said = bench.judged.context.facts.declarations
    found = []
    for party in ("provider", "customer") if rule.needs == "both" else (rule.needs or "",):
        word, when = "", None
        for i in np.argsort(said.at, kind="stable").tolist() if said is not None else ():
            assert said is not None
            kind, about, actor = (c.names[c.codes[i]] if c.codes[i] >= 0 else "" for c in (said.kind, said.about, said.actor))
            if actor == party and kind in GIVEN + REFUSED and about in (rule.name, stage.fact) and int(said.at[i]) <= until:
                word, when = ("approved" if kind in GIVEN else "rejected"), int(said.at[i])
        found.append(Approval(party, stage.key, word, when, limit))  # type: ignore[arg-type]
    return found


def _approved(approvals: list[Approval], stage: Stage, at: int, zone: str) -> Test:
    words, help_ = [], []
    for a in approvals:
        if a.said:
            words.append(f"{a.said} by {a.party} {moment(a.at or 0, zone)}")
        elif a.until is not None and at > a.until:
            words.append(f"not approved by {a.party}, who could until {moment(a.until, zone)}")
        else:
            words.append(f"not yet approved by {a.party}")
            help_.append(f"approval about {stage.fact} by {a.party}" + (f" until {moment(a.until, zone)}" if a.until is not None else ""))
    return Test("approval", all(a.said == "approved" for a in approvals), ", ".join(words), "; ".join(help_))


def _allowance(bench: _Bench, rule: ExclusionRule, one: Pieces, zone: str, missing_us: int) -> Test:
    """What of the allowance is left at the start of the stage, in the period it begins in."""
    assert rule.allowance_us is not None
    assert rule.allowance_per is not None
    judged, start = bench.judged, int(one.spans.start[0])
    group = int(one.spans.group[0])
    free = _unlimited(bench, replace(rule, allowance_us=None), group)
    periods = windows(rule.allowance_per, start, start + 1, (min(judged.context.in_force[0], start), None))
    begins = int(periods.start[0])
    used = [(max(a, begins), min(b, start)) for a, b in free if max(a, begins) < min(b, start)]
    bounds = np.array(used, np.int64).reshape(-1, 2)
    mine = np.full(len(bounds), group, np.int64)
    spent = int((judged.hours.work(mine, bounds[:, 1]) - judged.hours.work(mine, bounds[:, 0])).sum())
    left = max(rule.allowance_us - spent, 0)
    per = f"{length(rule.allowance_us)} {on_calendar(rule.allowance_per)}"
    says = f"allowance {per}: {length(left)} left in {periods.label[0]} when it begins"
    if not missing_us:
        return Test("allowance", True, says)
    help_ = f"shorten it by {length(missing_us)}, or move it to {moment(int(periods.end[0]), zone)} or later" if start > bench.at else ""
    return Test("allowance", False, f"{says}, {length(missing_us)} too little", help_)


def _unlimited(bench: _Bench, rule: ExclusionRule, group: int) -> list[tuple[int, int]]:
    """The time a rule would take of one result, without its allowance."""
    down, name = bench.setting.down, bench.setting.plan.down
    world = down.told(name, World())
    clause = clauses_of(bench.judged, down, name, (rule,), world, undecided=False)[0]
    spans = clause.time
    if spans is None:
        assert clause.attested is not None
        spans = subtract(flatten(down.hold(name, world)), flatten(clause.attested))
    own = spans.group == group
    return list(zip(spans.start[own].tolist(), spans.end[own].tolist(), strict=True))
