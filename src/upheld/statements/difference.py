"""Differences between two revisions of a statement, line by line.

Law: a revision never edits the one before; what changed is told by key, old beside new, and the changes of money sum to the change of
the total: revision 1 and all differences give the last total.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Change", "Difference", "difference"]


@dataclass(frozen=True, slots=True)
class Change:
    """One line that differs: what it is (an outcome or a credit), its key, both readings; ``minor``: the change of money."""

    what: str
    key: str
    old: str
    new: str
    minor: int = 0

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.key}: {self.old or 'not there'} -> {self.new or 'gone'}"


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes, outcomes first; ``minor`` is the change of what is owed, in minor units."""

    changes: tuple[Change, ...]

    @property
    def minor(self) -> int:
        """The sum of the changes of money."""
        return sum(change.minor for change in self.changes)

    def records(self) -> list[dict[str, Any]]:
        """As plain data."""
        return [{"what": c.what, "key": c.key, "old": c.old, "new": c.new, "minor": c.minor} for c in self.changes]


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    """What changed from the figures ``old`` to the figures ``new``."""
    before, after = dict(_outcomes(old)), dict(_outcomes(new))
    found = [
        Change("outcome", key, before.get(key, ""), after.get(key, ""))
        for key in sorted({*before, *after}) if before.get(key) != after.get(key)
    ]
    was, now = {c["key"]: c for c in old["credits"]}, {c["key"]: c for c in new["credits"]}
    for key in sorted({*was, *now}):
        one, other = was.get(key), now.get(key)
        if _credit(one) != _credit(other):
            found.append(Change("credit", key, _credit(one), _credit(other), _owed(other) - _owed(one)))
    return Difference(tuple(found))


def _outcomes(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for commitment in figures["commitments"]:
        for o in commitment["outcomes"]:
            group = "; ".join(f"{k}={v}" for k, v in sorted(o["group"].items()))
            key = "/".join(part for part in (commitment["id"], group, o["window"], o["part"], f"v{o['version']}") if part)
            yield key, f"{o['value']} {o['verdict']}{' so far' if o['provisional'] else ''}"


def _credit(credit: Mapping[str, Any] | None) -> str:
    return "" if credit is None else f"{credit['shown']}, {credit['state']}"


def _owed(credit: Mapping[str, Any] | None) -> int:
    """What a line adds to what is, or may be, paid."""
    if credit is None or credit["state"] not in ("owed", "claimable", "to choose") or credit["amount_minor"] is None:
        return 0
    amount: int = credit["amount_minor"]
    return amount
