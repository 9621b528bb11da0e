"""The agreements in force, as the store holds them: compiled once for every change of a text.

Law: what has errors judges nothing, and is told; the plans are those the texts give, whoever compiles them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from upheld.clocks.table import NEVER
from upheld.plans.plan import Plan
from upheld.plans.terms import in_force
from upheld.service.reads import Reads, reads_of
from upheld.values.finding import Finding
from upheld.workspace import workspace_of

__all__ = ["NO_TERMS", "Agreement", "Terms", "digest_of", "terms_of"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """All versions of one agreement that compile. ``hash``: of everything they were compiled from.

    ``since``: when it was first put on record here, µs UTC: nobody is told of what fell due before.
    """

    name: str
    plans: tuple[Plan, ...]
    reads: Reads
    hash: str
    since: int = -NEVER

    def plan(self, version: str) -> Plan:
        """The version of this name. Raises ``KeyError``."""
        for plan in self.plans:
            if plan.version == version:
                return plan
        raise KeyError(version)

    def current(self, at: int) -> Plan:
        """The version in force at an instant, else the one nearest to it."""
        terms = in_force(self.plans, at) or in_force(self.plans, None)
        return min(terms, key=lambda t: max(t.from_us - at, at - (NEVER if t.until_us is None else t.until_us), 0)).plan


@dataclass(frozen=True, slots=True)
class Terms:
    """``digest``: of the texts; ``findings``: what is wrong with them."""

    digest: str
    agreements: Mapping[str, Agreement]
    findings: tuple[Finding, ...] = ()


NO_TERMS = Terms("", {})
NOTHING_PUT: Mapping[str, int] = MappingProxyType({})


def terms_of(texts: Mapping[str, bytes], digest: str = "", first_put: Mapping[str, int] = NOTHING_PUT) -> Terms:
    """The agreements in the texts of a store (``agreements/…``, ``calendars/…``). ``first_put``: when each was first put there, µs UTC."""
    workspace = workspace_of(texts)
    since: dict[str, int] = {}
    for one in workspace.agreements:
        if one.plan is not None and one.name in first_put:
            since[one.plan.agreement] = min(first_put[one.name], since.get(one.plan.agreement, NEVER))
    found = {}
    for name, plans in workspace.plans().items():
        # the plan's hash is of its own files; a frozen calendar may change without them
        of = hashlib.sha256("\n".join((*sorted(plan.hash for plan in plans), _calendars(texts))).encode()).hexdigest()
        found[name] = Agreement(name, plans, reads_of(plans), of, since.get(name, -NEVER))
    return Terms(digest or digest_of(texts), found, workspace.findings)


def digest_of(texts: Mapping[str, bytes]) -> str:
    """SHA-256 over all names and contents."""
    whole = hashlib.sha256()
    for name, data in sorted(texts.items()):
        whole.update(f"{name}\0{len(data)}\0".encode() + data)
    return whole.hexdigest()


def _calendars(texts: Mapping[str, bytes]) -> str:
    return digest_of({name: data for name, data in texts.items() if name.startswith("calendars/")})
