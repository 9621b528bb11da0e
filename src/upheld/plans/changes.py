"""What is agreed about changes, compiled (LANGUAGE §8, ``changes``): notice by class, approval, change windows, freezes, rollback.

Law: rules only, every calendar and state named resolves in the same ``Plan``; whether a change counts as excluded is said by the exclusions
of the plan, never here. What was written as prose is no rule and is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from upheld.calendars.spec import CalendarSpec

if TYPE_CHECKING:
    from upheld.plans.plan import Within

__all__ = ["NORMAL", "NO_CHANGE_RULES", "Approver", "ChangeRules", "Freeze"]

Approver = Literal["provider", "customer", "both"]

NORMAL = "normal"
"""The class of a change that names none."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which nothing is changed: the open time of ``when``. ``exempt``: classes of change that may go on all the same."""

    when: CalendarSpec
    says: str = ""
    exempt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """``notice``: by class of change, None where none is owed; a class not named owes what ``normal`` does. ``windows``: the calendar in whose
    open time changes may lie ("" = any time). ``states``: the states whose intervals are changes (() = those excluded on notice or allowance).
    """

    notice: Mapping[str, Within | None] = field(default_factory=dict)
    approval: Approver | Literal["none", ""] = ""
    windows: str = ""
    freezes: tuple[Freeze, ...] = ()
    rollback: bool = False
    states: tuple[str, ...] = ()


NO_CHANGE_RULES = ChangeRules()
"""An agreement that says nothing about changes that could be checked."""
