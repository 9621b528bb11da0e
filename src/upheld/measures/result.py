"""What a measure gives back: figures by group, window and part, each with its counts, and segments on request.

Law: a figure is a range. Its ends are equal when everything is known; None means there was nothing to measure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.grid import Grid
from upheld.calendars.windows import Windows
from upheld.facts.tables import I64, Facts
from upheld.measures.versions import Versions
from upheld.plans.plan import Plan, Within
from upheld.values.condition import Condition

__all__ = ["WHY", "Context", "Figure", "Measured", "Part", "Segments", "Unit"]

Unit = Literal["share", "duration", "number", "points"]

WHY = ("counted", "paused", "outside", "excluded", "not in force", "unknown", "up", "base", "other")
"""Why a segment counts or not; ``Segments.why`` indexes this."""


@dataclass(frozen=True)
class Context:
    """What a measure may see: one version's plan, the facts known at the cut that are this agreement's, and the horizon.

    ``until``: µs; nothing after it is known (the earlier of ``as_of`` and the end of what was watched). ``from_us``/``until_us``:
    the span in which this version judges. ``grid`` compiles a calendar by its name in the plan, once.
    ``in_force``: the whole span of the agreement over all its versions; windows are laid out and clipped over it, and a window
    is this version's when its first instant in force lies in ``from_us`` … ``until_us`` (a case: when its clock started there).
    ``versions``: which version asks and where the others begin (None: by ``from_us``, ``until_us`` and the clause's own rule).
    ``spent_by``: of windows that end with a claim, whose time is spent: the instants at which they end, by result. ``spent``: of one result;
    None: every one.
    ``breached``: windows of other commitments found breached, as spans (for the state ``breached(id)``).
    """

    plan: Plan
    facts: Facts
    until: int
    from_us: int
    until_us: int | None
    grid: Callable[[str], Grid]
    in_force: tuple[int, int | None] = (0, None)
    breached: Callable[[str], tuple[I64, I64]] | None = None
    results: Mapping[str, Measured] = field(default_factory=dict)   # already measured commitments, for ``combine``
    verdicts: Mapping[str, Mapping[tuple[tuple[str, ...], int], str]] = field(default_factory=dict)   # theirs, worst of the parts
    versions: Versions | None = None
    spent: frozenset[int] | None = None
    spent_by: Mapping[tuple[str, ...], frozenset[int]] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """``low``/``high``: the value, exact, as a share (1 = 100%), µs, or a number. ``detail`` holds what it is made of, integers.

    ``n``: facts or cases measured; ``n_left_out``: taken out by exclusions; ``left_out_us`` by exclusion name;
    ``unknown_us``: time nobody watched; ``pending``: cases not decided yet; ``undecided``: facts that do not say an attribute.
    """

    low: Fraction | None
    high: Fraction | None
    n: int = 0
    n_left_out: int = 0
    pending: int = 0
    no_promise: int = 0
    undecided: int = 0
    unknown_us: int = 0
    left_out_us: Mapping[str, int] = field(default_factory=dict)
    detail: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """One figure to be judged: ``group`` values in the order of ``for_each``, ``window`` an index into the windows.

    ``label`` names the part where a promise has several ("severity 1: 95% in 15m"). ``target`` is the part's own; None: the
    commitment's. ``bare``: the figure with nothing excluded. ``provisional``: the window had not ended at the horizon.
    """

    group: tuple[str, ...]
    window: int
    agreed: Figure
    bare: Figure
    label: str = ""
    target: Condition | None = None
    within: Within | None = None
    provisional: bool = False


@dataclass(frozen=True)
class Measured:
    """All figures of one commitment under one version."""

    commitment: str
    unit: Unit
    windows: Windows
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def by_key(self) -> Mapping[tuple[tuple[str, ...], int], tuple[Part, ...]]:
        """The parts of each (group, window)."""
        found: dict[tuple[tuple[str, ...], int], list[Part]] = {}
        for part in self.parts:
            found.setdefault((part.group, part.window), []).append(part)
        return {key: tuple(parts) for key, parts in found.items()}


@dataclass(frozen=True, slots=True)
class Segments:
    """The ledger of one figure: disjoint spans in time order, each with why it counts or not.

    ``subject``: the case or group it belongs to. ``counted_us`` sums to the figure's numerator; ``why`` indexes ``WHY``;
    ``clause`` names the exclusion, state or calendar; ``opened_by``/``closed_by`` describe the fact at each end.
    """

    subject: tuple[str, ...]
    start: I64
    end: I64
    counted_us: I64
    why: NDArray[np.int8]
    clause: tuple[str, ...]
    opened_by: tuple[str, ...]
    closed_by: tuple[str, ...]
