"""The horizon: until when anything is known of what a commitment reads.

Law: what lies after ``as_of``, or after the watching ended, is not unknown but not yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from upheld.facts.tables import I64, OPEN, Facts
from upheld.measures.result import Context, Figure, Measured
from upheld.plans.plan import ClockPlan, Commitment, ValuesPlan

__all__ = ["first_instant", "horizon_of", "last_instant", "unwatched"]


def horizon_of(facts: Facts, as_of: int | None, commitment: Commitment) -> int:
    """µs: ``as_of``, or earlier where the watching of the facts this commitment reads ended."""
    watched = last_instant(facts)
    if facts.coverage is not None and len(facts.coverage.end):
        what = facts.coverage.what
        code = what.names.index("cases") if "cases" in what.names else -2
        chosen = (what.codes == code) == isinstance(commitment, ClockPlan)
        watched = int(facts.coverage.end[chosen].max()) if chosen.any() else int(facts.coverage.end.max())
    return watched if as_of is None else min(as_of, watched)


def unwatched(measured: Measured, commitment: Commitment, context: Context) -> Measured:
    """The figures, but windows of cases that ended before anybody watched are unknown, not empty: silence is no evidence (D12)."""
    of_cases = isinstance(commitment, ClockPlan) or (isinstance(commitment, ValuesPlan) and commitment.shape == "cases")
    watched = _cases_watched_from(context.facts)
    if not of_cases or watched is None:
        return measured
    parts = []
    for part in measured.parts:
        start, end = int(measured.windows.start[part.window]), int(measured.windows.end[part.window])
        if end <= watched and not part.agreed.n and not part.agreed.pending:
            unknown = Figure(None, None, unknown_us=end - start)
            part = replace(part, agreed=unknown, bare=unknown)  # noqa: PLW2901 - the same part, seen rightly
        parts.append(part)
    return replace(measured, parts=tuple(parts))


def _cases_watched_from(facts: Facts) -> int | None:
    coverage = facts.coverage
    if coverage is None or "cases" not in coverage.what.names:
        return None
    mine = coverage.what.codes == coverage.what.names.index("cases")
    return int(coverage.start[mine].min()) if mine.any() else None


def first_instant(facts: Facts) -> int:
    """The earliest stamp in the facts, µs (0 without facts)."""
    firsts = [int(a.min()) for a in _stamps(facts, first=True) if len(a)]
    return min(firsts, default=0)


def last_instant(facts: Facts) -> int:
    """The latest stamp in the facts, µs (0 without facts); open ends do not count."""
    lasts = [int(b.max()) for a in _stamps(facts, first=False) if len(b := a[a < OPEN])]
    return max(lasts, default=0)


def _stamps(facts: Facts, *, first: bool) -> Iterator[I64]:
    if facts.events is not None:
        yield facts.events.at
    if facts.intervals is not None:
        yield facts.intervals.start
        if not first:
            yield facts.intervals.end
    if facts.samples is not None:
        yield facts.samples.at
    if facts.counts is not None:
        yield facts.counts.start
        if not first:
            yield facts.counts.end
