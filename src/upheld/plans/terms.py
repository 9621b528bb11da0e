"""Terms: which version of an agreement judges what, by date.

Law: a version judges what began while it was adopted and in force; versions of one agreement do not overlap at one knowledge cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upheld.plans.plan import Plan

__all__ = ["Term", "in_force"]


@dataclass(frozen=True, slots=True)
class Term:
    """A plan with the span ``[from_us, until_us)`` in which it judges (``until_us`` None: open-ended)."""

    from_us: int
    until_us: int | None
    plan: Plan


def in_force(plans: Iterable[Plan], as_of: int | None) -> tuple[Term, ...]:
    """The versions of one agreement known at ``as_of`` (None: all), as disjoint spans in time order.

    A later version ends an earlier one where it begins; of two versions from the same day (``v3`` and its correction
    ``v3.1``) the one adopted later judges. Versions adopted after ``as_of`` do not exist yet.
    """
    known = [p for p in plans if as_of is None or p.adopted_us is None or p.adopted_us <= as_of]
    known.sort(key=lambda p: (p.from_us, p.adopted_us if p.adopted_us is not None else -(2**63), _version_key(p.version)))
    latest = {p.from_us: p for p in known}
    chain = [latest[start] for start in sorted(latest)]
    terms: list[Term] = []
    for i, plan in enumerate(chain):
        following = chain[i + 1] if i + 1 < len(chain) else None
        ends = [e for e in (plan.until_us, following.from_us if following else None) if e is not None]
        terms.append(Term(plan.from_us, min(ends) if ends else None, plan))
    return tuple(terms)


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))
