"""One side of a comparison: an agreement as read, with what is used of it, for whom each part counts, and where it is written.

Law: a calendar, a state or an exclusion nothing uses means nothing; what is used has a sign for the customer only if all that use it
agree on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

from upheld.agreement.load import Loaded
from upheld.agreement.model.agreement import Agreement
from upheld.agreement.model.calendar import JoinedCalendar
from upheld.agreement.model.form import Path
from upheld.agreement.nodes import Node
from upheld.calendars.spec import Intersection, Union
from upheld.foresight.meaning import Kind, Named, meaning
from upheld.plans.plan import AvailabilityPlan, CalendarState, ClockPlan, Combination, Commitment, ExclusionRule, Plan, Schedule
from upheld.values.finding import Place

__all__ = ["Side", "signs"]

class Side:
    """One agreement file of two. Raises ``ValueError`` where it has no plan."""

    def __init__(self, loaded: Loaded) -> None:
        if loaded.plan is None or loaded.model is None or loaded.node is None:
            msg = f"{loaded.name} cannot be compared before its findings are mended"
            raise ValueError(msg)
        self.loaded = loaded
        self.plan: Plan = loaded.plan
        self.model: Agreement = loaded.model
        self.node: Node = loaded.node

    def place(self, path: Path) -> Place | None:
        """Where a clause is written; None where it is not written (a default)."""
        return self.node.key_at(path) if path and self.node.step(path[0]) is not None else None

    def orientation(self, commitment: str) -> int:
        """+1: promised to the customer, -1: promised by the customer, 0: between others."""
        head = self.plan.commitments[commitment].head
        return -1 if head.promised_by == "customer" else 1 if head.to == "customer" else 0

    # ---- what names mean --------------------------------------------------------------------------------------------

    def resolved(self, named: Named) -> Any:
        """The meaning of a name, all names in it resolved too."""
        if named not in self._meanings:
            self._meanings[named] = ("circle", named.name)
            self._meanings[named] = meaning(self.definition(named), self.resolved)
        return self._meanings[named]

    @cached_property
    def _meanings(self) -> dict[Named, Any]:
        return {}

    def definition(self, named: Named) -> Any:
        """What a name stands for, the names in it as ``Named``; a builtin or unknown name stands for itself."""
        match named.kind:
            case "calendar":
                written = self.model.calendars.get(named.name)
                if isinstance(written, JoinedCalendar):
                    parts = [frozenset(Named("calendar", n) for n in names) for names in (written.any_of, written.all_of, written.but)]
                    return ("joined", "" if written.zone == self.plan.zone else written.zone, *parts)
                spec = self.plan.calendars.get(named.name)
                return named.name if spec is None else self.at_home(spec)
            case "state":
                rule = self.plan.states.get(named.name)
                if isinstance(rule, Combination):
                    return ("of", frozenset(Named("state", n) for n in rule.of), rule.at_least, rule.negate, rule.at_least_us)
                if isinstance(rule, CalendarState):
                    return ("open in", Named("calendar", rule.calendar))
                return named.name if rule is None else rule
            case "exclusion":
                one = self.plan.exclusions[named.name]
                during = None if one.during is None else Named("state", one.during)
                return ("exclusion", one.effect, one.where, during, one.notice, one.allowance_us, self.at_home(one.allowance_per), one.needs,
                        one.until, one.until_after if one.until is not None else "")

    def at_home(self, value: Any) -> Any:
        """A calendar or window with no zone where it stands in the agreement's own: another zone for all of it is told once."""
        if isinstance(value, Schedule):
            return replace(value, every=self.at_home(value.every))
        if not isinstance(getattr(value, "zone", None), str):
            return value
        found = replace(value, zone="") if value.zone == self.plan.zone else value
        if isinstance(found, Union | Intersection):
            found = replace(found, parts=tuple(self.at_home(p) for p in found.parts))
        if isinstance(found, Intersection) and found.minus is not None:
            found = replace(found, minus=self.at_home(found.minus))
        return found

    # ---- what is used, and its sign for the customer ---------------------------------------------------------------

    @cached_property
    def uses(self) -> dict[Named, set[int]]:
        """Everything that is used by its name, with the signs of more of it for the customer."""
        found: dict[Named, set[int]] = {}
        for name, clause in self.plan.commitments.items():
            self._of_commitment(found, clause, self.orientation(name))
        for rule in self.plan.remedies.only_if:
            self._use(found, "state", rule.unless, -1)
        for claim in (self.plan.remedies.claim, *self.plan.remedies.claims.values()):
            if claim is not None and claim.by is not None:
                self._use(found, "calendar", claim.by.length.calendar, -1)
        return found

    def _use(self, found: dict[Named, set[int]], kind: Kind, name: str | None, sign: int) -> None:
        if not name:
            return
        named = Named(kind, name)
        if sign in found.setdefault(named, set()):
            return
        found[named].add(sign)
        if kind == "state":
            self._inside_state(found, name, sign)
        elif kind == "calendar":
            written = self.model.calendars.get(name)
            if isinstance(written, JoinedCalendar):
                for part in (*written.any_of, *written.all_of):
                    self._use(found, "calendar", part, sign)
                for part in written.but:
                    self._use(found, "calendar", part, -sign)

    def _inside_state(self, found: dict[Named, set[int]], name: str, sign: int) -> None:
        rule = self.plan.states.get(name)
        if isinstance(rule, Combination):
            for part in rule.of:
                self._use(found, "state", part, -sign if rule.negate else sign)
        elif isinstance(rule, CalendarState):
            self._use(found, "calendar", rule.calendar, sign)

    def _of_commitment(self, found: dict[Named, set[int]], clause: Commitment, sign: int) -> None:
        head = clause.head
        for calendar in (h for h in head.hours.leaves if h is not None):
            self._use(found, "calendar", calendar, sign)
        for name in head.excluding:
            self._use(found, "exclusion", name, -sign)
            self._of_exclusion(found, self.plan.exclusions[name], -sign)
        match clause:
            case AvailabilityPlan():
                self._use(found, "state", clause.down, sign)
                if clause.out_of not in ("hours", "period"):
                    self._use(found, "state", clause.out_of, 0)
            case ClockPlan():
                for state in clause.pauses:
                    self._use(found, "state", state, -sign)
                self._use(found, "state", clause.again, 0)
                for promise in (p for p in clause.within.leaves if p):
                    for share in promise:
                        self._use(found, "calendar", share.within.calendar, sign)

    def _of_exclusion(self, found: dict[Named, set[int]], rule: ExclusionRule, sign: int) -> None:
        self._use(found, "state", rule.during, sign)
        for span in (rule.notice, rule.until):
            if span is not None:
                self._use(found, "calendar", span.calendar, 0)


def signs(named: Named, sides: Iterable[Side]) -> int:
    """The one sign all uses on both sides agree on, else 0."""
    found = {sign for side in sides for sign in side.uses.get(named, ())}
    return found.pop() if len(found) == 1 else 0
