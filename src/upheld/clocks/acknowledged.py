"""Acknowledgements: who has taken a clock, from when and until when (LANGUAGE §8, ``acknowledge``).

Law: an acknowledgement is a declaration like any other fact. It moves repeats and what is told on the wall after a step to its end; it
never touches the clock, and one for a clock nobody knows, or one that has stood still, has no effect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from upheld.clocks.table import NEVER
from upheld.facts.tables import Declarations
from upheld.values.instant import parse_instant

__all__ = ["KIND", "Hold", "clock_name", "holds_of", "moved", "named"]

KIND = "acknowledged"


class Hold(NamedTuple):
    """From when, and until when it was said to hold (None: as long as the ladder says)."""

    at: int
    until: int | None


def clock_name(agreement: str, commitment: str, case: str, cycle: str) -> str:
    """What an acknowledgement is about: ``agreement/commitment/case/cycle``; a slash or percent sign within is escaped."""
    return "/".join(t.replace("%", "%25").replace("/", "%2F") for t in (agreement, commitment, case, cycle))


@lru_cache(maxsize=65_536)
def named(about: str) -> tuple[str, str, str, str] | None:
    """``(agreement, commitment, case, cycle)`` of such a name; None where it is none."""
    parts = [p.replace("%2F", "/").replace("%25", "%") for p in about.split("/")]
    return (parts[0], parts[1], parts[2], parts[3]) if len(parts) == 4 else None


def holds_of(said: Declarations | None, agreement: str, cases: Collection[str]) -> Mapping[str, Mapping[tuple[str, str], tuple[Hold, ...]]]:
    """The acknowledgements of an agreement's clocks of these cases: by commitment, then by case and cycle, in the order of their instants.

    Only what is said of these cases is looked at, however much is on record of others. A budget's case is what its result is called.
    """
    found: dict[str, dict[tuple[str, str], tuple[Hold, ...]]] = {}
    if said is None or KIND not in said.kind.names or not len(said.at):
        return found
    known = _by_case(_Names(said.about.names)).get(agreement, {})
    asked = [code for case in (cases if len(cases) < len(known) else known) if case in known and case in cases for code in known[case]]
    if not asked:
        return found
    until = said.attributes.get("until")
    wanted = np.zeros(len(said.about.names) + 1, np.bool_)              # the last for what is about nothing
    wanted[asked] = True
    rows = np.flatnonzero((said.kind.codes == said.kind.names.index(KIND)) & wanted[said.about.codes])
    for i in sorted(rows.tolist(), key=lambda row: int(said.at[row])):
        clock = named(said.about.names[said.about.codes[i]])
        assert clock is not None
        text = until.names[until.codes[i]] if until is not None and until.codes[i] >= 0 else ""
        mine = found.setdefault(clock[1], {})
        mine[clock[2:]] = (*mine.get(clock[2:], ()), Hold(int(said.at[i]), _instant(text)))
    return found


class _Names:
    """The names of a column, the same only as themselves: telling a million apart from a million would cost as much as reading them."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def __hash__(self) -> int:
        return id(self.names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Names) and other.names is self.names


@lru_cache(maxsize=8)
def _by_case(column: _Names) -> Mapping[str, Mapping[str, Sequence[int]]]:
    """By agreement and case, the codes of the clocks among the names."""
    found: dict[str, dict[str, list[int]]] = {}
    for code, about in enumerate(column.names):
        clock = named(about)
        if clock is not None:
            found.setdefault(clock[0], {}).setdefault(clock[2], []).append(code)
    return found


def moved(at: int, holds: Sequence[Hold], lasts_us: int | None) -> int:
    """The instant, or the end of the acknowledgements it falls into; ``NEVER`` where one holds until the clock stops."""
    spans = [(h.at, h.until if h.until is not None else NEVER if lasts_us is None else h.at + lasts_us) for h in holds]
    while ends := [end for begin, end in spans if begin <= at < end]:
        at = max(ends)
    return at


def _instant(text: str) -> int | None:
    try:
        return parse_instant(text) if text else None
    except ValueError:
        return None
