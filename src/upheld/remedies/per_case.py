"""Which credits are asked of each missed case rather than of the result, and what they ask the case for.

Law: read off the clause alone, so that cases are only listed where a credit needs them.
"""

from __future__ import annotations

from upheld.plans.lookup import axes_of
from upheld.plans.plan import ClockPlan, Commitment
from upheld.plans.remedies import Credit, CreditRule, Joined
from upheld.plans.selector import attributes_of

__all__ = ["case_attributes", "needs_cases", "of_cases"]


def needs_cases(credit: Credit, commitment: Commitment) -> bool:
    """Whether the credit is asked of each missed case."""
    if isinstance(credit, Joined):
        return any(needs_cases(part, commitment) for part in credit.parts)
    return isinstance(credit, CreditRule) and of_cases(credit, commitment)


def of_cases(rule: CreditRule, commitment: Commitment) -> bool:
    """A number that a result does not have is one of its cases: 25 USD for each kilogram of a parcel."""
    if rule.per.kind == "number":
        return isinstance(commitment, ClockPlan) and rule.per.name not in commitment.head.for_each
    value = rule.of is not None and rule.of.kind == "value"
    return rule.per.kind == "missed case" or value or (rule.per.kind == "step" and rule.per.of == "late")


def case_attributes(credit: Credit) -> frozenset[str]:
    """The attributes of a case that its credit asks for."""
    if isinstance(credit, Joined):
        return frozenset().union(*(case_attributes(part) for part in credit.parts))
    if not isinstance(credit, CreditRule):
        return frozenset()
    asked = {*axes_of(credit.pay), *(axes_of(credit.up_to) if credit.up_to is not None else ())}
    asked |= attributes_of(credit.where) if credit.where is not None else set()
    for base in (credit.of, credit.up_to_of):
        if base is not None:
            asked |= {base.name} if base.kind == "value" else set()
            asked |= attributes_of(base.charges) if base.charges is not None else set()
    if credit.per.kind == "number":
        asked.add(credit.per.name)
    return frozenset(asked) - {"result", "date", "missed in a row"}
