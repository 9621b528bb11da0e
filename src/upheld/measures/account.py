"""Accounts: one reading of the facts, swept once and summed over every result and window.

Law: each instant of down time is down, or taken by exactly one clause, or unknown; each µs of promised time is base, or left
out by exactly one clause. Whole = base + Σ left out, and down with nothing excluded = down + Σ taken from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from upheld.facts.tables import I64
from upheld.measures.exclusions import Clause
from upheld.measures.hours import Hours
from upheld.measures.states import SURE
from upheld.measures.sweep import Ledger, Ranges, Spans, Swept, flatten, sweep
from upheld.measures.weigh import weights_at

if TYPE_CHECKING:
    from upheld.measures.availability import Setting

__all__ = ["Account", "Reading", "Runs", "Taken", "read_accounts", "swept_reading"]

Mask = NDArray[np.bool_]
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what is undecided. ``down``: merged where it weighs, else as the facts lie. ``known``/``open``: the state
    without and with unknown time, where they differ. ``leaves_unknown``: unknown time leaves both sides.
    """

    down: Spans
    scale: int
    when_down: tuple[Clause, ...]
    when_up: tuple[Clause, ...]
    known: Spans | None
    open: Spans | None
    leaves_unknown: bool


@dataclass(frozen=True, slots=True)
class Account:
    """The sums of one result and window. ``down`` in µs, weighted exactly. ``detail``: integers that explain adds up."""

    whole_us: int
    base_us: int
    down: Fraction
    unknown_us: int
    runs: int
    longest_us: int
    left_out_us: Mapping[str, int] = field(default_factory=dict)
    detail: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> Fraction:
        """1 − down ÷ base; the base must not be empty."""
        return 1 - self.down / self.base_us


@dataclass(frozen=True, slots=True)
class Taken:
    """A swept reading: each segment with whether it is down, its weight, and the number of the clause that takes it (-1: none).

    ``unknown``: nobody knows whether it was down. ``promised``: it belongs to what the share is of (a state named by ``out_of``).
    """

    swept: Swept
    down: Mask
    weight: I64 | None
    clause: I64
    unknown: Mask
    promised: Mask


@dataclass(frozen=True, slots=True)
class Runs:
    """Whole runs of the state: their result, bounds, and the time counted in each; ``spell``: where they end (-1: nowhere
    here).
    """

    group: I64
    start: I64
    end: I64
    counted_us: I64
    spell: I64


def swept_reading(setting: Setting, reading: Reading, clip: tuple[int, int]) -> Taken:
    """Sweep all layers of one reading over ``clip`` and settle who takes each segment."""
    layers = _Layers(clip)
    down_bit = layers.add(reading.down)
    weighing = _weighing(reading)
    if weighing is not None:
        odd = np.arange(len(weighing)) % 2 == 1          # two layers by turns, so that every change of weight is an edge
        layers.add(weighing.take(odd))
        layers.add(weighing.take(~odd))
    ups = [layers.add(c.time) for c in reading.when_up]
    downs = [layers.add(c.time if c.attested is None or c.time is not None else c.attested) for c in reading.when_down]
    opened, known = layers.add(reading.open), layers.add(reading.known)
    out_of = setting.plan.out_of
    base_bit = layers.add(flatten(setting.other.hold(out_of, SURE))) if out_of not in ("hours", "period") else None
    swept = sweep(layers.spans)
    down = layers.has(swept, down_bit)
    unknown = layers.has(swept, opened) & ~layers.has(swept, known)
    clause = np.full(len(swept.mask), -1, np.int64)
    attested = down.copy()
    for j, when_down in enumerate(reading.when_down):
        free = clause < 0
        if when_down.attested is not None:
            still = layers.has(swept, downs[j])
            clause[free & attested & ~still] = j
            attested &= still
        else:
            clause[free & down & layers.has(swept, downs[j])] = j
            clause[free & ~down & layers.has(swept, ups[j])] = j
    if reading.leaves_unknown:
        clause[(clause < 0) & unknown & ~down] = len(reading.when_down)
    promised = np.ones(len(down), np.bool_) if base_bit is None else layers.has(swept, base_bit)
    weight = None if weighing is None else weights_at(weighing, swept.group, swept.start)
    return Taken(swept, down, weight, clause, unknown, promised)


class _Layers:
    """Layers for a sweep, each set of spans once."""

    __slots__ = ("_clip", "_numbers", "spans")

    def __init__(self, clip: tuple[int, int]) -> None:
        self._clip = clip
        self._numbers: dict[int, int] = {}
        self.spans: list[Spans] = []

    def add(self, spans: Spans | None) -> int | None:
        if spans is None:
            return None
        if id(spans) not in self._numbers:
            self._numbers[id(spans)] = len(self.spans)
            self.spans.append(spans.clip(*self._clip))
        return self._numbers[id(spans)]

    @staticmethod
    def has(swept: Swept, layer: int | None) -> Mask:
        return np.zeros(len(swept.mask), np.bool_) if layer is None else (swept.mask >> layer & 1).astype(np.bool_)


def _weighing(reading: Reading) -> Spans | None:
    """The weights that count in the end: of the facts no clause took out."""
    if reading.down.weight is None:
        return None
    left = [c.attested for c in reading.when_down if c.attested is not None]
    return left[-1] if left else reading.down


def names_of(reading: Reading) -> tuple[str, ...]:
    """The clauses by number, the one for unknown time last."""
    return (*(c.rule.name for c in reading.when_down), UNKNOWN)


def read_accounts(setting: Setting, reading: Reading) -> tuple[list[Account], Runs]:
    """One account a (result, window), results outermost, and the runs."""
    spells, hours = setting.spells, setting.hours
    clip = setting.down.view.lo, setting.down.view.hi
    taken = swept_reading(setting, reading, clip)
    n_groups = len(setting.groups)
    group = np.repeat(np.arange(n_groups, dtype=np.int64), len(spells))
    ranges = _ranges(hours, group, np.tile(spells.first, n_groups), np.tile(spells.last, n_groups))
    swept = taken.swept
    spans = Spans(swept.group, swept.start, swept.end)
    opened, closed = hours.work(swept.group, swept.start), hours.work(swept.group, swept.end)
    ledger = Ledger(spans, opened, closed, ranges)
    if setting.plan.out_of == "period":
        first, last = np.tile(spells.whole_first, n_groups), np.tile(spells.whole_last, n_groups)
        base = Ledger(spans, swept.start, swept.end, Ranges(group, first, last, first, last))
        whole = last - first
    else:
        base = ledger
        whole = ranges.work_last - ranges.work_first if setting.plan.out_of == "hours" else ledger.total(taken.promised)
    runs = _runs(setting, taken, ledger.amount)
    return _summed(setting, reading, taken, ledger, base, whole, runs), runs


def _ranges(hours: Hours, group: I64, first: I64, last: I64) -> Ranges:
    return Ranges(group, first, last, hours.work(group, first), hours.work(group, last))


def _summed(setting: Setting, reading: Reading, taken: Taken, ledger: Ledger, base: Ledger,
            whole: I64, runs: Runs) -> list[Account]:
    in_base = taken.promised
    counted = taken.down & (taken.clause < 0) & in_base
    down = _weighted_total(ledger, counted, taken.weight, reading.scale, int(whole.max(initial=0)))
    unknown = ledger.total(taken.unknown & (taken.clause < 0) & in_base)
    lost: dict[str, I64] = {}
    down_lost: dict[str, I64] = {}
    rest = whole.copy()
    for j, name in enumerate(names_of(reading)):
        mine = (taken.clause == j) & in_base
        good = j < len(reading.when_down) and reading.when_down[j].rule.effect == "count_as_good"
        if not mine.any():
            if name != UNKNOWN:
                lost[name] = down_lost[name] = np.zeros(len(whole), np.int64)
            continue
        down_lost[name] = ledger.total(mine & taken.down)
        lost[name] = down_lost[name] if good else base.total(mine)
        if not good:
            rest -= lost[name]
    number, longest = _by_spell(setting, runs, len(whole))
    accounts = []
    for i in range(len(whole)):
        detail = {"whole_us": int(whole[i]), "base_us": int(rest[i]), "runs": int(number[i]), "longest_us": int(longest[i])}
        if reading.scale == 1:
            detail["down_us"] = int(down[i])
        else:
            detail |= {"down_weighted_us": int(down[i]), "weight_scale": reading.scale}
        detail |= {f"down_left_out_us:{name}": int(amount[i]) for name, amount in down_lost.items()}
        accounts.append(Account(int(whole[i]), int(rest[i]), Fraction(int(down[i]), reading.scale), int(unknown[i]),
                                int(number[i]), int(longest[i]), {name: int(amount[i]) for name, amount in lost.items()}, detail))
    return accounts


def _weighted_total(ledger: Ledger, chosen: Mask, weight: I64 | None, scale: int, most_us: int) -> list[int]:
    """Σ µs × weight, as Python ints: in two halves of the weight where one sum could leave int64."""
    if weight is None or scale * max(most_us, 1) < 2**62:
        amounts: list[int] = ledger.total(chosen, weight).tolist()
        return amounts
    high, low = ledger.total(chosen, weight >> 16).tolist(), ledger.total(chosen, weight & 0xFFFF).tolist()
    return [(h << 16) + part for h, part in zip(high, low, strict=True)]


def _runs(setting: Setting, taken: Taken, amount: I64) -> Runs:
    """Whole runs: neighbouring down segments joined, and in each the time that no clause takes. A run is whole over windows' edges, never
    over those of the time in force: what lay before the agreement is none of its runs.
    """
    swept = taken.swept
    begins, ends = setting.context.in_force
    start, end = np.maximum(swept.start, begins), swept.end if ends is None else np.minimum(swept.end, ends)
    rows = np.flatnonzero(taken.down & (start < end))
    empty = np.empty(0, np.int64)
    if not len(rows):
        return Runs(empty, empty, empty, empty, empty)
    cut = rows[(start[rows] > swept.start[rows]) | (end[rows] < swept.end[rows])]
    if len(cut):
        amount = amount.copy()
        amount[cut] = setting.hours.work(swept.group[cut], end[cut]) - setting.hours.work(swept.group[cut], start[cut])
    group, start, end = swept.group[rows], start[rows], end[rows]
    fresh = np.append(True, (group[1:] != group[:-1]) | (start[1:] != end[:-1]))
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(rows)) - 1
    kept = np.where((taken.clause[rows] < 0) & taken.promised[rows], amount[rows], 0)
    counted = np.add.reduceat(kept, first)
    spells = setting.spells
    spell = np.searchsorted(spells.first, end[last] - 1, side="right") - 1
    inside = np.maximum(spell, 0)
    whole = (spell >= 0) & (end[last] <= spells.last[inside]) if len(spells) else np.zeros(len(first), np.bool_)
    spell = np.where(whole, spell, -1)
    return Runs(group[first], start[first], end[last], counted, spell)


def _by_spell(setting: Setting, runs: Runs, n: int) -> tuple[I64, I64]:
    """How many runs end in each (result, window) with time counted, and the longest of them. Rolling windows overlap: each
    asks.
    """
    spells = setting.spells
    number, longest = np.zeros(n, np.int64), np.zeros(n, np.int64)
    overlapping = len(spells) > 1 and bool((spells.first[1:] < spells.last[:-1]).any())
    for w in range(len(spells)) if overlapping else (-1,):
        if overlapping:
            mine = (runs.end > spells.first[w]) & (runs.end <= spells.last[w]) & (runs.counted_us > 0)
            cell = runs.group[mine] * len(spells) + w
        else:
            mine = (runs.spell >= 0) & (runs.counted_us > 0)
            cell = runs.group[mine] * len(spells) + runs.spell[mine]
        np.add.at(number, cell, 1)
        np.maximum.at(longest, cell, runs.counted_us[mine])
    return number, longest
