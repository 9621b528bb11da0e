"""Exclusions (LANGUAGE §3): what does not count, how, on what notice, and up to how much.

Law: ``where`` takes a fact or case out, ``while`` takes time; both together mean their intersection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from upheld.agreement.model.form import Clause, Name, Sel, Span, Text, problem, quantity_of, reads, text_of
from upheld.agreement.model.window import window_of
from upheld.calendars.spec import WindowSpec
from upheld.values import quantity

__all__ = ["Allowance", "Exclusion", "Exclusions"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """``8h per month``: spent in time order within each window."""

    us: int
    per: WindowSpec


def allowance(value: Any) -> Allowance:
    """So much time per window."""
    length, per, window = text_of(value).partition(" per ")
    if not per:
        raise problem("allowance", f"`{value}` does not say per what", "write 8h per month")
    return Allowance(quantity_of(quantity.open_time)(length), window_of(window))


def approval(value: Any) -> str:
    """``approval by both | provider | customer``."""
    found = re.fullmatch(r"approval by (both|provider|customer)", text_of(value))
    if not found:
        raise problem("needs", f"`{value}` is not an approval", "write approval by both, approval by provider or approval by customer")
    return found[1]


class Exclusion(Clause):
    """One exclusion with its effect."""

    title: Text = ""
    says: Text = ""
    effect: Literal["leave_out", "count_as_good", "no_credit"]
    where: Sel | None = None
    during: Name | None = Field(None, alias="while")
    notice: Span | None = None
    up_to: Annotated[Allowance, reads(allowance)] | None = None
    needs: Annotated[str, reads(approval)] | None = None
    until: Span | None = None

    @model_validator(mode="after")
    def _something(self) -> Exclusion:
        if self.where is None and self.during is None:
            raise ValueError("an exclusion says where (which facts) or while (which time)")
        return self


Exclusions = Mapping[Name, Exclusion]
