"""Static checks: plain functions from a compiled agreement to problems, and the lists they stand in."""

from __future__ import annotations

from collections.abc import Iterator

from upheld.agreement.checks import bands, payments, people, promises, terms
from upheld.agreement.checks.weaker import weaker
from upheld.agreement.compile import Compiled
from upheld.agreement.merge import Override
from upheld.agreement.model.form import Problem

__all__ = ["check"]


def check(compiled: Compiled, overrides: tuple[Override, ...] = ()) -> Iterator[Problem]:
    """All problems of all checks, in the order of the lists."""
    for one in (*bands.CHECKS, *promises.CHECKS, *terms.CHECKS, *people.CHECKS, *payments.CHECKS):
        yield from one(compiled)
    yield from weaker(overrides)
