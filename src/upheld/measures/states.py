"""States: named sets of time, evaluated for every result at once (LANGUAGE §2).

Law: union of facts → ``at_least`` on the whole run → (exclusions → clip → weigh → divide, done by the measure). What is undecided
or unknown is asked twice: a ``World`` says whether it counts as in the state; ``not`` asks its part the other way round. A
world that makes no difference gives the very same object, so that two worlds differ exactly when their spans are not one object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upheld.measures.pieces import Pieces, Simple, View, pieces_of
from upheld.measures.sweep import Spans, at_least, complement, concat, flatten, k_of_n, merge, subtract
from upheld.measures.weigh import weigh, weighed_at_least
from upheld.plans.plan import Breached, CalendarState, Combination, IntervalState, StateRule

__all__ = ["SURE", "Cut", "States", "World"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class World:
    """Whether undecided facts, and unknown time, count as in the state."""

    undecided: bool = False
    unknown: bool = False


SURE = World()


@dataclass(frozen=True, slots=True)
class Cut:
    """Facts taken out of a state: ``takes`` gives bool[n] over pieces; ``during`` (merged) limits when, None: all their time."""

    takes: Callable[[Pieces], Mask]
    during: Spans | None = None


class States:
    """The states of one plan as seen from one commitment's results; each is worked out once a world."""

    __slots__ = ("_held", "_pieces", "view")

    def __init__(self, view: View) -> None:
        self.view = view
        self._pieces: dict[str, Pieces] = {}
        self._held: dict[tuple[str, World], Spans] = {}

    def rule(self, name: str) -> StateRule:
        """The rule of a state by its name."""
        return self.view.context.plan.states[name]

    def pieces(self, name: str) -> Pieces:
        """The facts of a simple state."""
        if name not in self._pieces:
            rule = self.rule(name)
            assert not isinstance(rule, Combination)
            self._pieces[name] = pieces_of(self.view, rule)
        return self._pieces[name]

    def leaves(self, name: str) -> tuple[str, ...]:
        """The simple states a state is made of, each once."""
        rule = self.rule(name)
        if not isinstance(rule, Combination):
            return (name,)
        return tuple(dict.fromkeys(leaf for part in rule.of for leaf in self.leaves(part)))

    def scale(self, name: str) -> int:
        """The weight that means the whole; 1 where the state does not weigh."""
        rule = self.rule(name)
        return self.pieces(name).scale if isinstance(rule, IntervalState) else 1

    def weighs(self, name: str) -> bool:
        """Whether the spans of the state carry weights."""
        rule = self.rule(name)
        return isinstance(rule, IntervalState) and rule.weight is not None

    def told(self, name: str, world: World) -> World:
        """The world reduced to what makes a difference to this state."""
        leaves = [self.pieces(leaf) for leaf in self.leaves(name)]
        unsure = world.undecided and any(not p.sure.all() for p in leaves)
        return World(unsure, world.unknown and any(len(p.gaps) > 0 for p in leaves))

    def hold(self, name: str, world: World = SURE) -> Spans:
        """Merged spans of the state a result, ``at_least`` applied on whole runs, weights kept."""
        key = name, self.told(name, world)
        if key not in self._held:
            self._held[key] = self._evaluate(name, key[1], (), whole=True)
        return self._held[key]

    def facts(self, name: str, world: World = SURE) -> Spans:
        """As ``hold``, but overlapping spans may come as they are where nothing is tested on runs (a sweep joins them anyway)."""
        rule = self.rule(name)
        if isinstance(rule, IntervalState) and rule.weight is None and rule.at_least_us <= 0:
            return self._raw(self.pieces(name), self.told(name, world), ())
        return self.hold(name, world)

    def attested(self, name: str, world: World, cuts: Sequence[Cut]) -> Spans:
        """The state by the facts that the cuts leave, no run tested (the whole run was tested with all of them)."""
        return self._evaluate(name, self.told(name, world), cuts, whole=False)

    def _evaluate(self, name: str, world: World, cuts: Sequence[Cut], *, whole: bool) -> Spans:
        rule = self.rule(name)
        if isinstance(rule, Combination):
            runs = self._combined(rule, world, cuts, whole=whole)
            return at_least(runs, rule.at_least_us) if whole else runs
        pieces = self.pieces(name)
        raw = self._raw(pieces, world, cuts)
        if isinstance(rule, IntervalState) and rule.weight is not None:
            spans = weigh(_weighted(raw, pieces.scale), rule.overlap, pieces.scale)
            return weighed_at_least(spans, rule.at_least_us, counts_from=rule.counts_from) if whole else spans
        return _long_enough(rule, merge(raw)) if whole else merge(raw)

    def _combined(self, rule: Combination, world: World, cuts: Sequence[Cut], *, whole: bool) -> Spans:
        inner = World(not world.undecided, not world.unknown) if rule.negate else world
        parts = []
        for part in rule.of:
            told = self.told(part, inner)
            parts.append(flatten(self.hold(part, told) if whole and not cuts else self._evaluate(part, told, cuts, whole=whole)))
        held = parts[0] if len(parts) == 1 else k_of_n(parts, rule.at_least)
        view = self.view
        return complement(held, len(view.groups), view.lo, view.hi) if rule.negate else held

    def _raw(self, pieces: Pieces, world: World, cuts: Sequence[Cut]) -> Spans:
        """The pieces (and gaps) that count in this world, as they are; facts cut out where a cut says so."""
        spans, counted = pieces.spans, np.ones(len(pieces.spans), np.bool_) if world.undecided else pieces.sure
        if cuts:
            kinds = np.zeros(len(spans), np.int64)
            for i, cut in enumerate(cuts):
                kinds |= cut.takes(pieces).astype(np.int64) << i
            parts = [spans.take(counted & (kinds == 0))]
            for kind in np.unique(kinds[counted]).tolist():
                taking = [cut.during for i, cut in enumerate(cuts) if kind >> i & 1]
                during = [d for d in taking if d is not None]
                if kind and len(during) == len(taking):
                    parts.append(_outside(spans.take(counted & (kinds == kind)), merge(concat(*during))))
            found = concat(*parts)
        else:
            found = spans if counted.all() else spans.take(counted)
        if not world.unknown:
            return found
        return concat(found, pieces.gaps if found.weight is None else _weighted(pieces.gaps, pieces.scale))


def _weighted(spans: Spans, scale: int) -> Spans:
    return spans if spans.weight is not None else Spans(spans.group, spans.start, spans.end, np.full(len(spans), scale))


def _outside(spans: Spans, taken: Spans) -> Spans:
    """The spans without the time taken; weighted ones one weight at a time."""
    if spans.weight is None:
        return subtract(spans, taken)
    parts = []
    for weight in np.unique(spans.weight).tolist():
        left = subtract(Spans(spans.group, spans.start, spans.end).take(spans.weight == weight), taken)
        parts.append(Spans(left.group, left.start, left.end, np.full(len(left), weight)))
    return concat(*parts)


def _long_enough(rule: Simple, runs: Spans) -> Spans:
    match rule:
        case IntervalState():
            return at_least(runs, rule.at_least_us, counts_from=rule.counts_from)
        case CalendarState() | Breached():
            return runs
        case _:
            return at_least(runs, rule.at_least_us)

