"""Acknowledgements: who has taken a clock, from when and until when (LANGUAGE §8, ``acknowledge``).

Law: an acknowledgement is a declaration like any other fact. It moves repeats and what is told on the wall after a step to its end; it
never touches the clock, and one for a clock nobody knows, or one that has stood still, has no effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

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


def holds_of(said: Declarations | None, agreement: str) -> Mapping[str, Mapping[tuple[str, str], tuple[Hold, ...]]]:
    """The acknowledgements of an agreement: by commitment, then by case and cycle, in the order of their instants."""
    found: dict[str, dict[tuple[str, str], tuple[Hold, ...]]] = {}
    if said is None or KIND not in said.kind.names:
        return found
    until = said.attributes.get("until")
    rows = (said.kind.codes == said.kind.names.index(KIND)).nonzero()[0]
    for i in sorted(rows.tolist(), key=lambda row: int(said.at[row])):
        about = said.about.names[said.about.codes[i]] if said.about.codes[i] >= 0 else ""
        clock = named(about)
        if clock is None or clock[0] != agreement:
            continue
        text = until.names[until.codes[i]] if until is not None and until.codes[i] >= 0 else ""
        mine = found.setdefault(clock[1], {})
        mine[clock[2:]] = (*mine.get(clock[2:], ()), Hold(int(said.at[i]), _instant(text)))
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
