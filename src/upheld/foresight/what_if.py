"""What if: a proposed file in place of an agreement's latest version, and where its verdicts differ.

Law: the proposal takes the latest version's dates, so that both judge the very same windows and cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from upheld.assessment.outcome import Assessment, Outcome, Verdict, worst
from upheld.plans.plan import Plan
from upheld.plans.terms import in_force

__all__ = ["Otherwise", "in_place_of_latest", "otherwise"]


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One result whose verdict differs: the outcomes on each side (several where a promise has parts; none where there is no such one).

    ``row``: the row of a table the verdict is about, "" for the whole result.
    """

    commitment: str
    group: tuple[tuple[str, str], ...]
    window: str
    row: str
    before: tuple[Outcome, ...]
    after: tuple[Outcome, ...]

    @property
    def verdicts(self) -> tuple[Verdict | None, Verdict | None]:
        """The verdict under the terms in force, and under the proposal (None: not promised)."""
        one, other = (worst(tuple(o.verdict for o in side)) if side else None for side in (self.before, self.after))
        return one, other


def in_place_of_latest(plans: Sequence[Plan], proposed: Plan, as_of: int | None) -> tuple[tuple[Plan, ...], Plan]:
    """The versions with ``proposed`` in the place, and with the dates, of the latest known at ``as_of``; and that latest version.

    Raises ``ValueError`` where none is known.
    """
    chain = in_force(plans, as_of)
    if not chain:
        msg = "no version of the agreement was adopted by then"
        raise ValueError(msg)
    latest = chain[-1].plan
    stand_in = replace(proposed, from_us=latest.from_us, until_us=latest.until_us, adopted_us=latest.adopted_us)
    return (*(p for p in plans if p is not latest), stand_in), latest


def otherwise(before: Assessment, after: Assessment) -> tuple[Otherwise, ...]:
    """The results whose verdict differs, in the order of the proposal, then those it no longer promises; row by row where both sides
    promise the same rows.
    """
    sides = [_results(a.outcomes) for a in (before, after)]
    found = []
    for key in dict.fromkeys((*sides[1], *sides[0])):
        rows = [_rows(side.get(key, ())) for side in sides]
        if rows[0].keys() != rows[1].keys():
            rows = [{"": side[key]} if key in side else {} for side in sides]
        for row in dict.fromkeys((*rows[1], *rows[0])):
            one = Otherwise(key[0], key[1], key[2], row, rows[0].get(row, ()), rows[1].get(row, ()))
            verdicts = one.verdicts
            if verdicts[0] != verdicts[1] and {*verdicts} != {None, "not applicable"}:
                found.append(one)
    return tuple(found)


def _rows(outcomes: Iterable[Outcome]) -> dict[str, tuple[Outcome, ...]]:
    """The parts of a result by the row of the table they come from: their label without what is promised in it."""
    found: dict[str, tuple[Outcome, ...]] = {}
    for outcome in outcomes:
        row = outcome.part.rpartition(": ")[0]
        found[row] = (*found.get(row, ()), outcome)
    return found


def _results(outcomes: Iterable[Outcome]) -> dict[tuple[str, tuple[tuple[str, str], ...], str, int], tuple[Outcome, ...]]:
    found: dict[tuple[str, tuple[tuple[str, str], ...], str, int], list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault((outcome.commitment, outcome.group, outcome.window, outcome.start), []).append(outcome)
    return {key: tuple(mine) for key, mine in found.items()}
