"""The credit sentence: pay × of × per, up to (LANGUAGE §7), for one result or one missed case.

Law: exact to the end; what a table says of a result is owed whatever the verdict, everything else only where the promise is breached.
A figure that is a range is asked at both ends: the credit stands only if both give the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from upheld.assessment.outcome import Outcome
from upheld.assessment.show import show_duration, show_value
from upheld.facts.tables import Attribute
from upheld.measures.missed import MissedCase
from upheld.plans.lookup import Branch, Exact, Leaf, axes_of, look
from upheld.plans.plan import AvailabilityPlan, Commitment
from upheld.plans.remedies import Credit, CreditRule, Extension, Joined, Pay
from upheld.plans.selector import select
from upheld.remedies.fees import Asked, Fees, Found, Missing
from upheld.remedies.late import Late
from upheld.remedies.per_case import of_cases
from upheld.remedies.results import Result
from upheld.values.condition import Condition
from upheld.values.exact import exact_number, round_to
from upheld.values.money import show_money

__all__ = ["Offer", "Raw", "Speaker"]

Axis = Mapping[str, str | Fraction | None]


@dataclass(frozen=True, slots=True)
class Raw:
    """What one credit comes to before rounding and caps: minor units, exact, at both ends of the figure (None: not known)."""

    clause: str
    low: Fraction | None
    high: Fraction | None
    working: tuple[str, ...]
    case: str = ""
    grant: str = ""
    reason: str = ""
    below: str = ""              # the minimum it stays below
    provisional: bool = False
    reward: bool = False         # what is not known yet would be a reward


@dataclass(frozen=True, slots=True)
class Offer:
    """The raw lines of one result. ``options``: what the customer may choose instead, in words."""

    lines: tuple[Raw, ...]
    options: tuple[str, ...] = ()

    def total(self, *, high: bool) -> Fraction | None:
        """The sum at one end; None where a line is not known."""
        ends = [line.high if high else line.low for line in self.lines]
        return None if None in ends else sum((e for e in ends if e is not None), Fraction(0))


def _broken(outcome: Outcome, value: Fraction | None) -> bool:
    """Whether the promise is breached at this end of the figure."""
    if outcome.verdict in ("breached", "unknown") and value is not None and outcome.target is not None:
        return not outcome.target.holds(value) and (outcome.breach is None or outcome.breach.holds(value))
    return outcome.verdict in ("breached", "unknown")


def _band(rule: CreditRule, outcome: Outcome, value: Fraction) -> Condition | None:
    """The row of a band table that the value lies in, as its condition."""
    node: Branch | Leaf = rule.pay.root
    values: Axis = {"result": value, **dict(outcome.group)}
    while isinstance(node, Branch):
        known = values.get(node.axis)
        rows = [(key, child) for key, child in node.rows if isinstance(key, Condition) and isinstance(known, Fraction) and key.holds(known)]
        if node.axis == "result" and rows:
            return rows[0][0]
        exact = next((child for key, child in node.rows if isinstance(key, Exact) and key.text == known), None)
        if exact is None:
            return None
        node = exact
    return None


class Speaker:
    """Says the credits of one version's commitments."""

    def __init__(self, fees: Fees, commitment: Commitment, late: Late) -> None:
        self.fees, self.commitment, self.late = fees, commitment, late
        self.currency = fees.plan.currency

    def offer(self, credit: Credit, result: Result, asked: Asked, cases: Sequence[MissedCase]) -> Offer:
        """What one result is owed by its credit clause."""
        match credit:
            case CreditRule():
                return Offer(tuple(self._rule(credit, result, asked, cases)))
            case Extension():
                return Offer(self._extension(credit, result))
            case Joined():
                return self._joined(credit, [self.offer(part, result, asked, cases) for part in credit.parts])

    # ---- several ----------------------------------------------------------------------------------------------------

    def _joined(self, joined: Joined, offers: Sequence[Offer]) -> Offer:
        if joined.how == "sum":
            return Offer(tuple(line for offer in offers for line in offer.lines), tuple(o for offer in offers for o in offer.options))
        some = [o for o in offers if o.lines]
        if not some:
            return Offer(())
        cases = dict.fromkeys(line.case for o in some for line in o.lines)
        if joined.how != "choice" and len(cases) > 1 and "" not in cases:
            # each case is paid its own greatest or least, never that of all cases together
            each = [self._joined(joined, [Offer(tuple(x for x in o.lines if x.case == case)) for o in some]) for case in cases]
            return Offer(tuple(line for offer in each for line in offer.lines))
        words = [self._in_words(o, as_paid=joined.how == "choice") for o in some]
        if joined.how == "choice":
            money = [o for o in some if any(not line.grant for line in o.lines)]
            best = self._best(money or some, greatest=True)
            return Offer(best.lines, tuple(words))
        best = self._best(some, greatest=joined.how == "greatest")
        told = f"the {joined.how} of {' and '.join(words)}"
        return Offer(tuple(replace(line, working=(*line.working, told)) for line in best.lines))

    def _best(self, offers: Sequence[Offer], *, greatest: bool) -> Offer:
        """The offer that is best (or least) at both ends; where they part or one is not known, one line that says so."""
        ends = []
        for high in (False, True):
            totals = [o.total(high=high) for o in offers]
            if None in totals:
                return self._unsure(offers)
            size = [t for t in totals if t is not None]
            ends.append(size.index(max(size) if greatest else min(size)))
        if ends[0] == ends[1]:
            return offers[ends[0]]
        first, last = offers[ends[0]].total(high=False), offers[ends[1]].total(high=True)
        return Offer((replace(offers[ends[0]].lines[0], low=first, high=last, case=""),))

    @staticmethod
    def _unsure(offers: Sequence[Offer]) -> Offer:
        unknown = next(line for o in offers for line in o.lines if line.low is None or line.high is None)
        return Offer((replace(unknown, low=None, high=None),))

    def _in_words(self, offer: Offer, *, as_paid: bool) -> str:
        grants = [line.grant for line in offer.lines if line.grant]
        total = offer.total(high=True)
        if grants:
            return grants[0]
        if total is None:
            return "an amount not known yet"
        rounding = self.fees.plan.remedies.rounding
        return show_money(round_to(total, rounding.step, rounding.mode) if as_paid else total, self.currency)

    # ---- one --------------------------------------------------------------------------------------------------------

    def _extension(self, rule: Extension, result: Result) -> tuple[Raw, ...]:
        if result.verdict != "breached":
            return ()
        grant = self._extended(Pay("extend", time=rule.time, text=rule.text.removeprefix("the term extended by ")), result)
        return (Raw(rule.path, Fraction(0), Fraction(0), (grant,), grant=grant),)

    def _extended(self, pay: Pay, result: Result) -> str:
        down = result.down_us(high=False)
        length = pay.text if pay.time is not None else "the time down" if down is None else f"the time down, {show_duration(down, days=True)}"
        return f"the term extended by {length}"

    def _rule(self, rule: CreditRule, result: Result, asked: Asked, cases: Sequence[MissedCase]) -> list[Raw]:
        if not self._chosen(rule, result, {}):
            return []
        if of_cases(rule, self.commitment):
            return self._cases(rule, result, asked, cases)
        found = [raw for outcome in self._parts(rule, result) if (raw := self._one(rule, result, outcome, asked)) is not None]
        if len(found) <= 1:
            return found
        if any(raw.low is None or raw.high is None for raw in found):
            return [next(raw for raw in found if raw.low is None or raw.high is None)]
        # one result pays once: of the parts of its promise the one that pays most
        return [max(found, key=lambda raw: abs(raw.high or Fraction(0)))]

    def _parts(self, rule: CreditRule, result: Result) -> tuple[Outcome, ...]:
        """The parts whose figure the table is asked for; where no figure is asked, the worst stands for all."""
        if "result" in axes_of(rule.pay) or rule.per.kind in ("share down", "point", "step"):
            return result.outcomes
        return (next((o for o in result.outcomes if o.verdict == result.verdict), result.outcomes[0]),)

    def _chosen(self, rule: CreditRule, result: Result, says: Mapping[str, str]) -> bool:
        """Whether ``where`` chooses this result; what only cases say is asked of them."""
        if rule.where is None or (of_cases(rule, self.commitment) and not says):
            return True
        values = {**dict(result.group), **says}
        yes, _ = select(rule.where, lambda name: Attribute(np.zeros(1, np.int32), (values[name],)) if name in values else None, 1)
        return bool(yes[0])

    def _one(self, rule: CreditRule, result: Result, outcome: Outcome, asked: Asked) -> Raw | None:
        """The credit of one part of a result, asked at both ends of its figure."""
        by_table = "result" in axes_of(rule.pay)
        free = by_table or rule.per.kind == "point" or self._targetless(rule)
        verdict = "breached" if result.deemed_by else outcome.verdict if by_table else result.verdict
        if verdict == "not applicable" and (outcome.low is None or not free):
            return None
        if not free and verdict not in ("breached", "unknown"):
            return None
        if (outcome.low is None or outcome.high is None) and not result.deemed_by:
            return Raw(rule.path, None, None, (), reason=outcome.reason or "the figure is not known") if verdict == "unknown" else None
        ends = [self._end(rule, result, outcome, asked, high=high, free=free) for high in (False, True)]
        worst, best = ends
        if worst is None and best is None:
            return None
        zero = Raw(rule.path, Fraction(0), Fraction(0), ())
        first, second = worst or zero, best or zero
        lows = sorted(a for a in (first.low, second.low) if a is not None)
        if len(lows) < 2:
            return replace(first if first.low is None else second, low=None, high=None)
        if lows[0] == lows[1] == 0 and not first.grant and not first.below:
            return None
        shown = first if (first.low or 0) != 0 or first.grant else second
        reason = "" if lows[0] == lows[1] else outcome.reason or "the figure is a range, and its ends are paid differently"
        return replace(shown, low=lows[0], high=lows[1], reason=shown.reason or reason)

    def _targetless(self, rule: CreditRule) -> bool:
        return self.commitment.head.target is None and rule.per.kind in ("share down", "step") and isinstance(self.commitment, AvailabilityPlan)

    def _end(self, rule: CreditRule, result: Result, outcome: Outcome, asked: Asked, *, high: bool, free: bool) -> Raw | None:
        """The credit were the figure at one end. None: nothing is owed there."""
        value = outcome.high if high else outcome.low
        axes: Axis = {"result": value, "missed in a row": None if result.in_a_row is None else Fraction(result.in_a_row),
                      "number of cases": Fraction(outcome.figure.n), "customer": self.fees.plan.customer or None, **dict(result.group)}
        pay = self._paid(rule, result, outcome, asked, axes, value)
        if pay is None:
            return None
        if isinstance(pay, Missing):
            return Raw(rule.path, None, None, (), reason=pay.reason)
        if pay.kind == "extend":
            grant = self._extended(pay, result)
            return Raw(rule.path, Fraction(0), Fraction(0), (*self._why(rule, outcome, value), grant), grant=grant)
        each = self.fees.amount(pay, rule.of, asked)
        if isinstance(each, Missing):
            told = f"{pay.text} of {rule.of.text if rule.of is not None else 'the fee'}"
            turned = pay.share < 0 or (pay.money is not None and pay.money.minor < 0)
            return Raw(rule.path, None, None, (*self._why(rule, outcome, value), told), reason=each.reason, reward=turned)
        if not free and outcome.verdict == "unknown" and value is not None and outcome.target is not None and outcome.target.holds(value):
            return None
        times = self._times(rule, result, outcome, value, high=high)
        if isinstance(times, Missing):
            return Raw(rule.path, None, None, (), reason=times.reason)
        in_a_row = result.in_a_row is not None and "missed in a row" in axes_of(rule.pay)
        run = (f"missed in a row: {result.in_a_row}",) if in_a_row else ()
        return self._summed(rule, asked, axes, each, times, (*self._why(rule, outcome, value), *run))

    def _paid(self, rule: CreditRule, result: Result, outcome: Outcome, asked: Asked, axes: Axis,
              value: Fraction | None) -> Pay | Missing | None:
        row = look(rule.pay, {**asked.axes(self.fees.plan.zone), **axes})
        if row >= 0:
            found = rule.pay.leaves[row]
            if found is not None and not (result.deemed_by and found.kind == "share" and found.share <= 0):
                return found
            if found is None and not result.deemed_by:
                return None
        if result.deemed_by and "result" in axes_of(rule.pay):
            # the figure lies where nothing is agreed to be paid, yet the promise counts as breached: the mildest row is owed
            paying = [p for p in rule.pay.leaves if p is not None and (p.share > 0 or (p.money is not None and p.money.minor > 0))]
            return min(paying, key=lambda p: (p.share, p.money.minor if p.money else 0)) if paying else None
        if row == -1:
            if "result" in axes_of(rule.pay) and not _broken(outcome, value):
                return None
            shown = show_value(value, outcome.unit) if value is not None else "this"
            return Missing(f"no credit is agreed for {shown}")
        return Missing(f"{', '.join(axes_of(rule.pay))} is not known") if row < 0 else None

    def _times(self, rule: CreditRule, result: Result, outcome: Outcome, value: Fraction | None, *,
               high: bool) -> tuple[Fraction, str] | Missing:
        """How often it is paid, with the words for it."""
        per = rule.per
        if per.kind == "result":
            return Fraction(1), ""
        if per.kind == "number":
            return self._number(per.name, dict(result.group))
        if value is None:
            return Missing(outcome.reason or "the figure is not known")
        if per.kind == "point":
            return value, f"{show_value(value, 'number')} points"
        exact = outcome.figure.high if high else outcome.figure.low
        if per.kind == "share down":
            if outcome.unit != "share" or exact is None:
                return Missing("the figure is no share of time")
            down_share = 1 - exact
            return down_share, f"{down_share.numerator}/{down_share.denominator} down"
        down = result.down_us(high=high)
        assert per.step is not None
        if down is None:
            return Missing("the figure is no time")
        over = down - self._allowed(outcome) if per.of == "over" else down
        return self.late.steps(per, max(over, Fraction(0)), rule.whole_days)

    def _allowed(self, outcome: Outcome) -> Fraction:
        """The time down that the target leaves, µs: of a share its rest of the base, of a total the limit itself."""
        if outcome.target is None:
            return Fraction(0)
        limit = outcome.target.anyof[0][0].limit
        if outcome.unit == "duration":
            return limit
        return (1 - limit) * outcome.figure.detail.get("base_us", 0)

    def _number(self, name: str, says: Mapping[str, str]) -> tuple[Fraction, str] | Missing:
        number = exact_number(says.get(name, ""))
        return Missing(f"{name} is not said") if number is None else (number, f"{says[name]} {name}")

    def _summed(self, rule: CreditRule, asked: Asked, axes: Axis, each: Found, times: tuple[Fraction, str], why: tuple[str, ...],
                case: str = "", *, provisional: bool = False) -> Raw:
        """pay × times, up to the limit, and nothing below the minimum."""
        amount = each.minor * times[0]
        count = f" × {times[1]}" if times[1] else ""
        working = [*why, f"{each.text}{count} = {show_money(amount, self.currency)}"]
        if rule.up_to is not None:
            limit = self._limit(rule, asked, axes)
            if isinstance(limit, Missing):
                return Raw(rule.path, None, None, tuple(working), case, reason=f"its limit is not known: {limit.reason}")
            if amount > limit.minor:
                amount = limit.minor
                working.append(f"up to {limit.text} = {show_money(limit.minor, self.currency)}")
        below = ""
        if rule.least is not None:
            least = self.fees.amount(rule.least, rule.of, asked)
            rounding = self.fees.plan.remedies.rounding
            # the minimum is of what would be paid: 1.01 is the least amount above 1.00
            if not isinstance(least, Missing) and 0 < round_to(amount, rounding.step, rounding.mode) < least.minor:
                below = f"below the minimum of {show_money(least.minor, self.currency)}"
        return Raw(rule.path, amount, amount, tuple(working), case, below=below, provisional=provisional)

    def _limit(self, rule: CreditRule, asked: Asked, axes: Axis) -> Found | Missing:
        assert rule.up_to is not None
        pay = self.fees.leaf(rule.up_to, asked, axes)
        return pay if isinstance(pay, Missing) else self.fees.amount(pay, rule.up_to_of or rule.of, asked)

    def _why(self, rule: CreditRule, outcome: Outcome, value: Fraction | None) -> tuple[str, ...]:
        part = f" for {outcome.part}" if outcome.part else ""
        if value is None:
            return (outcome.reason,) if outcome.reason else ()
        if outcome.deemed_by:
            return (f"{show_value(value, outcome.unit, outcome.target)}{part}, {outcome.reason}",)
        band = _band(rule, outcome, value)
        shown = show_value(value, outcome.unit, band or outcome.target)
        return (f"{shown}{part}" + (f" lies in `{band.text}`" if band is not None else ""),)

    # ---- cases ------------------------------------------------------------------------------------------------------

    def _cases(self, rule: CreditRule, result: Result, asked: Asked, cases: Sequence[MissedCase]) -> list[Raw]:
        """One line a missed case in the parts that are breached; a case missed under several parts pays once."""
        breached = {o.part for o in result.outcomes if o.verdict == "breached"}
        open_ = {o.part for o in result.outcomes if o.verdict == "unknown"}
        chosen: dict[str, MissedCase] = {}
        for case in cases:
            if case.part in breached | open_ and self._chosen(rule, result, case.says or {"": ""}):
                before = chosen.get(case.case)
                # the loosest of the targets missed: what every case must keep
                if before is None or case.due > before.due:
                    chosen[case.case] = case
        return [self._case(rule, result, replace(asked, says=case.says), case, sure=case.part in breached and case.sure)
                for case in chosen.values()]

    def _case(self, rule: CreditRule, result: Result, asked: Asked, case: MissedCase, *, sure: bool) -> Raw:
        axes: Axis = {**dict(result.group), **case.says, "missed in a row": None if result.in_a_row is None else Fraction(result.in_a_row)}
        late = self.late.of(case)
        why = (f"{case.case} missed its target by {late.text}",)
        pay = self.fees.leaf(rule.pay, asked, axes)
        each = pay if isinstance(pay, Missing) else self.fees.amount(pay, rule.of, asked)
        if isinstance(each, Missing):
            return Raw(rule.path, None, None, why, case.case, reason=each.reason)
        if rule.per.kind == "step":
            times = self.late.case_steps(rule.per, case, rule.whole_days)
        elif rule.per.kind == "number":
            found = self._number(rule.per.name, {**dict(result.group), **case.says})
            if isinstance(found, Missing):
                return Raw(rule.path, None, None, why, case.case, reason=found.reason)
            times = found
        else:
            times = (Fraction(1), "")
        raw = self._summed(rule, asked, axes, each, times, why, case.case, provisional=case.stop is None)
        return raw if sure else replace(raw, low=Fraction(0), reason="the case does not say what the clause asks")
