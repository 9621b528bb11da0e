"""Outcomes: what was promised, what was found, and what follows, one row a figure.

Law: an outcome names its version, its clause, its counts and its basis; nothing in it needs the evaluator to be understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from upheld.measures.result import Figure, Unit
from upheld.values.condition import Condition
from upheld.values.finding import Place

__all__ = ["Assessment", "Outcome", "Verdict", "worst"]

Verdict = Literal["met", "deviation", "breached", "unknown", "not applicable"]

_ORDER: tuple[Verdict, ...] = ("breached", "unknown", "deviation", "met", "not applicable")


def worst(verdicts: tuple[Verdict, ...]) -> Verdict:
    """The verdict of a whole from the verdicts of its parts: one breach breaches, one unknown leaves it unknown."""
    return next((v for v in _ORDER if v in verdicts), "not applicable")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One judged figure. ``window`` is its label, ``start``/``end`` µs UTC; ``part`` names a part of a promise of several.

    ``value`` is what was compared (rounded only where the agreement says so); ``low``/``high`` the range when time or facts are
    unknown; ``without`` the figure and verdict with nothing excluded.
    """

    agreement: str
    version: str
    commitment: str
    group: tuple[tuple[str, str], ...]
    window: str
    start: int
    end: int
    part: str
    verdict: Verdict
    unit: Unit
    figure: Figure
    bare: Figure
    low: Fraction | None
    high: Fraction | None
    shown: str
    target: Condition | None
    breach: Condition | None
    verdict_without: Verdict
    shown_without: str
    provisional: bool
    reason: str
    says: str
    place: Place | None = None
    binding: bool = True
    in_force: tuple[int, int] | None = None     # the part of the window that this version judges; None: all of it
    deemed_by: str = ""                         # the duty whose breach makes this one count as breached

    @property
    def key(self) -> tuple[str, str, tuple[tuple[str, str], ...], int, str]:
        """Agreement, commitment, group, start of the window, part: unique in one assessment."""
        return (self.agreement, self.commitment, self.group, self.start, self.part)


@dataclass(frozen=True, slots=True)
class Assessment:
    """All outcomes of one agreement at one knowledge cut, with what was noticed on the way.

    ``unclaimed``, ``twice``: the facts that no agreement claims and that several do, by shape; empty where only one was looked at.
    """

    agreement: str
    title: str
    as_of: int | None
    horizon: int
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    unclaimed: Mapping[str, int] = field(default_factory=dict)
    refused: int = 0
    twice: Mapping[str, int] = field(default_factory=dict)

    def verdict(self) -> Verdict:
        """The worst verdict over all windows that have ended."""
        return worst(tuple(o.verdict for o in self.outcomes if not o.provisional))
