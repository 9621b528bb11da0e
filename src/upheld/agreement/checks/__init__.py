"""Static checks: plain functions from a compiled agreement to problems, and the lists they stand in."""

from __future__ import annotations

from collections.abc import Iterable

from upheld.agreement.compile import Compiled
from upheld.agreement.model.form import Problem

__all__ = ["check"]


def check(compiled: Compiled) -> Iterable[Problem]:
    """All problems of all checks, in the order of the lists."""
    return ()
