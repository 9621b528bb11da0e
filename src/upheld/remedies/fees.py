"""Fees: what a percent is of. The charges of a result in a time, exact.

Law: a charge counts for the part of its time (on the local calendar, so that a day is a day) that lies in the time asked for. What was
never charged is not nothing but not known. Charges in another currency than the agreement's are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upheld.calendars.dates import add_months
from upheld.calendars.spec import WindowSpec
from upheld.calendars.windows import windows
from upheld.facts.tables import OPEN, Attribute, Charges
from upheld.plans.lookup import Lookup, axes_of, look
from upheld.plans.plan import Plan
from upheld.plans.remedies import Base, Pay
from upheld.plans.selector import EVERYTHING, Selector, select
from upheld.remedies.results import Group
from upheld.values.exact import exact_number
from upheld.values.instant import DAY_US
from upheld.values.money import show_money
from upheld.values.quantity import minor_digits, show_day
from upheld.values.zone import zone

__all__ = ["Asked", "Fees", "Found", "Missing"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose fee, of which time: a result's group, its window ``start``/``end`` with the piece judged, its window rule.

    ``claim_at``: when it was claimed, where a fee is counted back from the claim. ``says``: attributes of a case. ``invoice``: a fee without a
    time of its own is the next invoice.
    """

    group: Group
    start: int
    end: int
    piece: tuple[int, int]
    window: WindowSpec | None = None
    claim_at: int | None = None
    says: Mapping[str, str] | None = None
    invoice: bool = False

    def axes(self, local_zone: str) -> dict[str, str | Fraction | None]:
        """What look-ups may ask for besides the result."""
        return {**dict(self.group), **(self.says or {}), "date": Fraction(zone(local_zone).local(self.start) // DAY_US)}


@dataclass(frozen=True, slots=True)
class Found:
    """An amount in minor units, exact, how it is said, and the time it is the fee of (of a mean: the time of all its ``parts``)."""

    minor: Fraction
    text: str
    span: tuple[int, int] | None = None
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Missing:
    """Why an amount cannot be told."""

    reason: str


class Fees:
    """The charges of one version's agreement."""

    def __init__(self, plan: Plan, charges: Charges | None, in_force: tuple[int, int | None]) -> None:
        self.plan, self.charges, self.in_force = plan, charges, in_force
        self.home = zone(plan.zone)
        self._periods: dict[tuple[str, int], tuple[int, int]] = {}
        self._mine: Mask | None = None if charges is None else self._ours(charges)

    # ---- amounts ----------------------------------------------------------------------------------------------------

    def amount(self, pay: Pay, base: Base | None, asked: Asked) -> Found | Missing:
        """One thing that is paid, of its base."""
        if pay.kind == "money":
            assert pay.money is not None
            return Found(Fraction(pay.money.minor), f"{pay.text}")
        if pay.kind == "extend":
            return Found(Fraction(0), pay.text)
        of = self.base(base or Base(), asked)
        if isinstance(of, Missing):
            return of
        if pay.kind == "time":
            return self._time(pay, of, asked)
        return Found(pay.share * of.minor, f"{pay.text} of {of.text}", of.span, of.parts)

    def _time(self, pay: Pay, of: Found, asked: Asked) -> Found | Missing:
        """So much service time's fee: the fee of a time, divided by its length, times the time given."""
        assert pay.time is not None
        first, beyond = of.span or (asked.start, asked.end)
        if pay.time.unit == "months":
            months = self._months(first, beyond)
            if months is None:
                return Missing(f"{pay.text}: the fee is not of whole months")
            share = Fraction(pay.time.amount * of.parts, months)
        else:
            given = pay.time.amount if pay.time.unit == "time" else pay.time.amount * DAY_US
            share = Fraction(given * of.parts, self._wall(first, beyond))
        return Found(share * of.minor, f"{pay.text} ({share.numerator}/{share.denominator} of {of.text})", of.span)

    def _months(self, first: int, beyond: int) -> int | None:
        a, b = (self.home.local(t) // DAY_US for t in (first, beyond))
        for n in range(1, 121):
            if int(add_months(np.array([a]), n)[0]) >= b:
                return n if int(add_months(np.array([a]), n)[0]) == b else None
        return None

    def base(self, base: Base, asked: Asked) -> Found | Missing:
        """What a percent is of."""
        if base.kind == "value":
            text = (asked.says or {}).get(base.name, "")
            number = exact_number(text)
            if number is None:
                return Missing(f"the case does not say its {base.name}" if not text else f"its {base.name} `{text}` is no number")
            return Found(number * 10 ** self._digits(), f"{base.text}, {show_money(number * 10 ** self._digits(), self.plan.currency)}")
        if base.kind == "amount":
            amount = self.plan.remedies.amounts.get(base.name)
            pay = self.leaf(amount.pay, asked) if amount is not None else Missing(f"there is no amount `{base.name}`")
            if isinstance(pay, Missing) or amount is None:
                return pay if isinstance(pay, Missing) else Missing(f"there is no amount `{base.name}`")
            found = self.amount(pay, amount.of, asked)
            return found if isinstance(found, Missing) else Found(
                found.minor, f"{base.name}, {show_money(found.minor, self.plan.currency)}", found.span, found.parts)
        return self._fee(base, asked)

    def leaf(self, table: Lookup[Pay], asked: Asked, more: Mapping[str, str | Fraction | None] | None = None) -> Pay | Missing:
        """The row of a table of payments that holds here."""
        row = look(table, {**asked.axes(self.plan.zone), **(more or {})})
        if row < 0:
            axes = ", ".join(axes_of(table))
            return Missing(f"no row is agreed for this {axes}" if row == -1 else f"{axes} is not said")
        found = table.leaves[row]
        return Pay("share", Fraction(0), text="nothing") if found is None else found

    # ---- charges ----------------------------------------------------------------------------------------------------

    def _fee(self, base: Base, asked: Asked) -> Found | Missing:
        charges = self.charges
        if charges is None or self._mine is None:
            return Missing("no charges are recorded")
        chosen = self._mine & self._of_result(charges, base, asked)
        whose = f"of {', '.join(v for _, v in asked.group)}" if asked.group and base.charges is not EVERYTHING else ""
        span: tuple[int, int]
        parts = 1
        if base.window == "last invoices":
            begun = charges.start[chosen & (charges.start < asked.start)]
            if not len(begun):
                return Missing(f"no invoice is recorded {whose} before {self.day(asked.start)}".replace("  ", " "))
            starts = np.unique(begun)[-base.invoices:]
            chosen &= np.isin(charges.start, starts)
            span = (int(starts[0]), int(charges.end[chosen].max()))
            shares = [Fraction(1)] * int(chosen.sum())
            parts = len(starts) if base.mean else 1
        elif base.window == "next invoice" or (asked.invoice and base.window == "window"):
            later = charges.start[chosen & (charges.start >= asked.end)]
            if not len(later):
                return Missing("the invoice to come is not charged yet" if asked.end >= OPEN else
                               f"the invoice after {self.day(asked.end)} is not charged yet")
            first = int(later.min())
            chosen &= charges.start == first
            span = (first, int(charges.end[chosen].max()))
            shares = [Fraction(1)] * int(chosen.sum())
        else:
            found = self.span(base, asked)
            if isinstance(found, Missing):
                return found
            span = found
            chosen &= (charges.start < span[1]) & (charges.end > span[0])
            shares = [self._part(int(a), int(b), span) for a, b in zip(charges.start[chosen], charges.end[chosen], strict=True)]
        rows = np.flatnonzero(chosen).tolist()
        if not rows:
            return Missing(f"no charge is recorded {whose} for {self.days(span)}".replace("  ", " "))
        other = {charges.currency.names[c] for c in charges.currency.codes[rows].tolist() if c >= 0} - {self.plan.currency}
        if other:
            return Missing(f"charged in {', '.join(sorted(other))}, but the agreement is in {self.plan.currency}")
        total = Fraction(0)
        for row, share in zip(rows, shares, strict=True):
            by = self._divisor(charges, base, row)
            if isinstance(by, Missing):
                return by
            total += share * int(charges.minor[row]) / by / parts
        if total < 0:  # more was given back than charged: a part of that would be paid by the one who was let down
            name = self._name(base, whose, span)
            return Found(Fraction(0), f"{name}, {show_money(total, self.plan.currency)}, which counts as nothing", span, parts)
        mean = f" on the average of {parts} invoices" if base.mean else ""
        return Found(total, f"{self._name(base, whose, span)}{mean}, {show_money(total, self.plan.currency)}", span, parts)

    def _name(self, base: Base, whose: str, span: tuple[int, int]) -> str:
        what = f"the {base.fee_kind} fee" if base.fee_kind else "the fee"
        divided = f" divided by {base.divided_by}" if base.divided_by else ""
        return " ".join(p for p in (what, whose, f"for {self.days(span)}{divided}") if p)

    def _divisor(self, charges: Charges, base: Base, row: int) -> Fraction | Missing:
        if not base.divided_by:
            return Fraction(1)
        number = exact_number(base.divided_by)
        if number is None:
            column = charges.attributes.get(base.divided_by)
            text = column.names[column.codes[row]] if column is not None and column.codes[row] >= 0 else ""
            number = exact_number(text)
        return number or Missing(f"a charge does not say its {base.divided_by}")

    def _ours(self, charges: Charges) -> Mask:
        """The charges this agreement covers; what they do not say does not speak against them."""
        n = len(charges.minor)
        yes, maybe = select(self.plan.covers, self._columns(charges), n)
        return yes | maybe

    def _of_result(self, charges: Charges, base: Base, asked: Asked) -> Mask:
        n = len(charges.minor)
        columns = self._columns(charges)
        chosen = np.ones(n, np.bool_)
        if base.fee_kind:
            chosen &= _says(columns("kind"), base.fee_kind, n)
        same = dict(asked.group) | dict(asked.says or {})
        if base.charges is None:
            for name, value in asked.group:
                column = columns(name)
                if column is not None and (column.codes >= 0).any():
                    chosen &= _says(column, value, n)
            return chosen
        selector: Selector = base.charges
        yes, _ = select(selector, columns, n, same)
        return chosen & yes

    @staticmethod
    def _columns(charges: Charges):  # type: ignore[no-untyped-def]
        def column(name: str) -> Attribute | None:
            return charges.customer if name == "customer" else charges.attributes.get(name)

        return column

    def _part(self, start: int, end: int, span: tuple[int, int]) -> Fraction:
        inside = self._wall(max(start, span[0]), min(end, span[1]))
        return Fraction(inside, self._wall(start, end))

    def _wall(self, a: int, b: int) -> int:
        """The length on the local clock, so that every date has 24 hours."""
        return max(self.home.local(b) - self.home.local(a), 1)

    # ---- times ------------------------------------------------------------------------------------------------------

    def span(self, base: Base, asked: Asked) -> tuple[int, int] | Missing:
        """The time whose fee is meant, µs UTC."""
        match base.window:
            case "window":
                return asked.piece
            case "previous window":
                return self._previous(asked)
            case "before claim":
                at = asked.claim_at if asked.claim_at is not None else asked.end
                assert base.back is not None
                local = self.home.local(at)
                if base.back.unit == "time":
                    return at - base.back.amount, at
                days = local // DAY_US
                back = days - base.back.amount if base.back.unit != "months" else int(add_months(np.array([days]), -base.back.amount)[0])
                return self.home.utc(back * DAY_US + local % DAY_US, "open"), at
            case "term":
                begins, ends = self.in_force
                return begins, ends if ends is not None else OPEN
        return self.period(base.window, self.at_home(asked.end - 1, asked.window))

    def at_home(self, at: int, window: WindowSpec | None) -> int:
        """The instant that has here the date and time that ``at`` has in the zone of a window: a month of UTC is a month here too."""
        if window is None or window.zone in ("", self.plan.zone):
            return at
        return self.home.utc(zone(window.zone).local(at), "close")

    def period(self, unit: str, at: int) -> tuple[int, int]:
        """The month, quarter, year or contract year an instant lies in."""
        key = unit, self.home.local(at) // DAY_US            # periods begin at midnights: one look a day is enough
        if key not in self._periods:
            spec = WindowSpec("contract-year" if unit == "contract year" else unit, zone=self.plan.zone)
            begins = self.in_force[0] if unit == "contract year" else min(self.in_force[0], at - 1)
            laid = windows(spec, at, at + 1, (begins, None))
            self._periods[key] = int(laid.start[0]), int(laid.end[0])
        return self._periods[key]

    def _previous(self, asked: Asked) -> tuple[int, int]:
        spec = asked.window or WindowSpec("month", zone=self.plan.zone)
        if spec.unit == "case" or spec.rolling:
            spec = WindowSpec("month", zone=self.plan.zone)
        begins = self.in_force[0] if spec.unit == "contract-year" else asked.start - 800 * DAY_US
        laid = windows(spec, min(begins, asked.start - 1), asked.start, (min(begins, asked.start - 1), None))
        return int(laid.start[-1]), int(laid.end[-1])

    def invoice(self, base: Base, group: Group, at: int) -> tuple[int, int]:
        """The times a credit can end at to be put on the same invoice as one that ends at ``at``: the first that begins then or later.

        From the beginning of the invoice before (not with it) to that of the invoice (with it); OPEN where it is not charged yet. The
        invoices of an amount by name are those of the fee it is of.
        """
        while base.kind == "amount" and base.name in self.plan.remedies.amounts:
            base = self.plan.remedies.amounts[base.name].of or Base()
        if self.charges is None or self._mine is None:
            return self.in_force[0], OPEN
        starts = np.unique(self.charges.start[self._mine & self._of_result(self.charges, base, Asked(group, at, at, (at, at)))])
        next_ = int(np.searchsorted(starts, at))
        return int(starts[next_ - 1]) if next_ else min(self.in_force[0], at - 1), int(starts[next_]) if next_ < len(starts) else OPEN

    def months_before(self, at: int, months: int) -> int:
        """The instant so many months before, on the local calendar."""
        local = self.home.local(at)
        days = int(add_months(np.array([local // DAY_US]), -months)[0])
        return self.home.utc(days * DAY_US + local % DAY_US, "open")

    def known_until(self) -> int:
        """Until when charges are recorded, µs UTC."""
        if self.charges is None or self._mine is None or not self._mine.any():
            return self.in_force[0]
        return int(self.charges.end[self._mine].max())

    def _digits(self) -> int:
        return minor_digits(self.plan.currency) or 0

    def day(self, at: int) -> str:
        """The local date of an instant."""
        return show_day(self.home.local(at) // DAY_US)

    def days(self, span: tuple[int, int]) -> str:
        """A time in dates, both included; one month by its name."""
        first, last = self.home.local(span[0]), self.home.local(min(span[1], OPEN // 2)) - 1
        a, b = show_day(first // DAY_US), show_day(last // DAY_US)
        whole = a.endswith("-01") and show_day(last // DAY_US + 1).endswith("-01") and first % DAY_US == 0
        return a[:7] if whole and a[:7] == b[:7] else f"{a} to {b}"


def _says(column: Attribute | None, value: str, n: int) -> Mask:
    if column is None or value not in column.names:
        return np.zeros(n, np.bool_)
    return np.asarray(column.codes == column.names.index(value))
