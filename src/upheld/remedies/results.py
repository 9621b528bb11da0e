"""Results: the outcomes of one promise in one window as one thing that money can be asked of.

Law: a result is breached if any of its parts is. Windows missed in a row are counted by result; a window with nothing to measure
neither counts nor breaks the row, an unknown one leaves the count open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from upheld.assessment.outcome import Outcome, Verdict, worst

__all__ = ["Group", "Result", "results_of"]

Group = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One promise, one group, one window, under one version. ``start``/``end`` µs UTC; ``piece`` what of it the version judges.

    ``in_a_row``: how many windows up to this one were breached one after the other (0: this one is not; None: cannot be told).
    """

    agreement: str
    version: str
    commitment: str
    group: Group
    window: str
    start: int
    end: int
    piece: tuple[int, int]
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    provisional: bool
    in_a_row: int | None

    @property
    def deemed_by(self) -> str:
        """The duty whose breach makes this one count as breached."""
        return next((o.deemed_by for o in self.outcomes if o.deemed_by), "")

    def down_us(self, *, high: bool) -> Fraction | None:
        """The time down behind the figure (weighted), µs; ``high``: at the figure's upper end. None where it is no time."""
        outcome = self.outcomes[0]
        detail, value = outcome.figure.detail, outcome.figure.high if high else outcome.figure.low
        if outcome.unit == "duration" and value is not None:
            return value
        if value is None or "base_us" not in detail:
            return None
        return (1 - value) * detail["base_us"]


def results_of(outcomes: Iterable[Outcome]) -> tuple[Result, ...]:
    """The results in order of commitment, group, window."""
    gathered: dict[tuple[str, Group, int, int, str], list[Outcome]] = {}
    for outcome in outcomes:
        # versions that split a window are results of their own, each paid of its own part of the fee
        version = outcome.version if outcome.in_force is not None else ""
        gathered.setdefault((outcome.commitment, outcome.group, outcome.end, outcome.start, version), []).append(outcome)
    rows: dict[tuple[str, Group], int | None] = {}
    found: list[Result] = []
    for (commitment, group, end, start, _), parts in sorted(gathered.items(), key=lambda item: item[0][:4]):
        last = parts[-1]
        verdict = worst(tuple(o.verdict for o in parts))
        before = rows.get((commitment, group), 0)
        now: int | None
        match verdict:
            case "breached":
                now = None if before is None else before + 1
            case "unknown":
                now = None
            case "not applicable":
                now = before
            case _:
                now = 0
        rows[commitment, group] = now
        own = (0 if verdict == "not applicable" else now)
        found.append(Result(
            last.agreement, last.version, commitment, group, last.window, start, end, last.in_force or (start, end), tuple(parts), verdict,
            any(o.provisional for o in parts), own,
        ))
    return tuple(found)
