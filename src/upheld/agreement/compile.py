"""Compile: from the written agreement to the plan the kernels read.

Law: a plan is given only if every name resolves; whatever does not is said, all at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upheld.agreement.compile_calendars import compile_calendars
from upheld.agreement.compile_changes import compile_changes
from upheld.agreement.compile_commitments import compile_commitments
from upheld.agreement.compile_people import compile_people
from upheld.agreement.compile_remedies import compile_remedies
from upheld.agreement.compile_states import compile_attributes, compile_exclusions, compile_states
from upheld.agreement.desk import Desk
from upheld.agreement.model.agreement import Agreement
from upheld.agreement.nodes import Node
from upheld.calendars.spec import HolidayList
from upheld.plans.plan import Plan
from upheld.plans.selector import EVERYTHING, Key, OneOf, Selector
from upheld.values.finding import Place
from upheld.values.quantity import DAY_US
from upheld.values.zone import Zone, zone

__all__ = ["Compiled", "compile_agreement"]

_NEVER = 2**63 - 1


@dataclass(frozen=True)
class Compiled:
    """The plan, or None with the problems; the desk keeps what was referred to, for the checks."""

    plan: Plan | None
    desk: Desk


def compile_agreement(model: Agreement, node: Node, digest: str, holidays: Mapping[str, tuple[HolidayList, ...]]) -> Compiled:
    """The model compiled. ``digest`` is the hash of the exact bytes of all files used; ``holidays`` the frozen lists by name."""
    desk = Desk(model, holidays)
    if not desk.zone(model.timezone, ("timezone",)):
        return Compiled(None, desk)
    compile_calendars(desk)
    attributes = compile_attributes(desk)
    compile_states(desk)
    exclusions = compile_exclusions(desk)
    commitments = compile_commitments(desk)
    remedies = compile_remedies(desk)
    changes = compile_changes(desk)
    people = compile_people(desk)
    if any(p.severity == "error" for p in desk.problems):
        return Compiled(None, desk)
    home = zone(model.timezone)
    effective = model.effective
    customer = model.parties.get("customer")
    named = (customer.id or customer.name) if customer else ""
    covers: Selector = model.covers if model.covers is not None else EVERYTHING
    if model.covers is None and customer is not None:
        covers = Key("customer", OneOf(tuple(dict.fromkeys(n for n in (customer.id, customer.name) if n))))
    return Compiled(
        Plan(
            agreement=model.agreement,
            version=model.version,
            title=model.title or model.agreement,
            hash=digest,
            zone=model.timezone,
            currency=model.currency,
            from_us=_midnight(home, effective.start),
            until_us=None if effective.until is None else _midnight(home, effective.until + 1),
            adopted_us=None if model.adopted is None else _midnight(home, model.adopted),
            customer=named,
            covers=covers,
            calendars=dict(desk.calendars),
            attributes=attributes,
            states=dict(desk.states),
            exclusions=exclusions,
            commitments=commitments,
            complete=tuple(
                (c.source, _midnight(home, c.start), _NEVER if c.until is None else _midnight(home, c.until + 1)) for c in model.complete
            ),
            semantics=int(model.upheld),
            remedies=remedies,
            changes=changes,
            people=people,
            places=places(node),
        ),
        desk,
    )


def _midnight(home: Zone, day: int) -> int:
    return home.utc(day * DAY_US, "open")


def places(node: Node) -> dict[str, Place]:
    """The place of every clause, by its dotted path, four keys deep."""
    found: dict[str, Place] = {}
    for path, _ in node.walk():
        if 0 < len(path) <= 4:
            found[".".join(str(p) for p in path)] = node.key_at(path)
    return found
