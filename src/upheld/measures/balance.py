"""A balance of points that runs on from window to window, and begins anew after so many windows kept in a row.

Law: a fold over the windows from the first, of facts alone; the same windows give the same balance. A window that may or may not have
been kept leaves both ways open, and the balance is a range until they meet again. A window with nothing to measure neither counts
nor breaks the row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from upheld.measures.result import Figure

__all__ = ["Kept", "Window", "added", "balances"]

Range = tuple[Fraction, Fraction]
Kept = Literal["kept", "missed", "unknown", "nothing"]


@dataclass(frozen=True, slots=True)
class Window:
    """What one window adds, least and most (None: not known), and whether everything in it was kept."""

    points: Range | None
    kept: Kept


def added(figure: Figure) -> Range | None:
    """What a window adds: nothing where there was nothing to measure; None where it is not known."""
    if figure.low is not None and figure.high is not None:
        return figure.low, figure.high
    known = not (figure.unknown_us or figure.undecided or figure.pending or "no_value" in figure.detail)
    return (Fraction(0), Fraction(0)) if known else None


def balances(windows: Iterable[Window], reset: int) -> list[Range | None]:
    """The balance at the end of each window; ``reset``: after so many kept in a row it is nothing (0: never). None: not known."""
    ways: dict[int, Range | None] = {0: (Fraction(0), Fraction(0))}        # by how many were kept in a row
    found: list[Range | None] = []
    for window in windows:
        after: dict[int, Range | None] = {}
        for run, balance in ways.items():
            more = _sum(balance, window.points)
            if window.kept == "nothing":
                _meet(after, run, more)
            if window.kept in ("missed", "unknown"):
                _meet(after, 0, more)
            if window.kept in ("kept", "unknown"):
                again = reset > 0 and run + 1 >= reset
                _meet(after, 0 if again or not reset else run + 1, (Fraction(0), Fraction(0)) if again else more)
        ways = after
        every = [b for b in ways.values() if b is not None]
        known = len(every) == len(ways)
        found.append((min(b[0] for b in every), max(b[1] for b in every)) if known else None)
    return found


def _sum(balance: Range | None, points: Range | None) -> Range | None:
    return None if balance is None or points is None else (balance[0] + points[0], balance[1] + points[1])


def _meet(ways: dict[int, Range | None], run: int, balance: Range | None) -> None:
    """Two ways to one row kept: the balance is between both."""
    before = ways.get(run, balance)
    ways[run] = None if before is None or balance is None else (min(before[0], balance[0]), max(before[1], balance[1]))
