"""Lines, caps and fees made by hand, so that each rule of money is tested alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from upheld.agreement.load import load
from upheld.facts.tables import Attribute, Charges, Header
from upheld.plans.lookup import constant
from upheld.plans.plan import Plan
from upheld.plans.remedies import Base, Cap, Pay
from upheld.remedies.fees import Fees
from upheld.remedies.settlement import Line
from upheld.values.quantity import Money

DAY = 86_400_000_000
START = 1_767_225_600_000_000            # 2026-01-01 UTC, a Thursday
MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def month(m: int) -> tuple[int, int]:
    """Start and end of the month ``m`` of 2026 (0: January; 12: January 2027)."""
    year, rest = divmod(m, 12)
    first = START + (year * 365 + sum(MONTHS[:rest])) * DAY
    return first, first + MONTHS[rest] * DAY


def plan(zone: str = "UTC") -> Plan:
    text = f"upheld: 1\nagreement: acme\neffective: {{from: 2026-01-01}}\ntimezone: {zone}\ncurrency: EUR\ncommitments: {{}}\n"
    found = load({"a.yaml": text.encode()}, name="a.yaml").plan
    assert found is not None
    return found


def charges(rows: list[tuple[int, int, int]], customer: str = "acme") -> Charges:
    """Charges of (start, end, minor)."""
    n = len(rows)
    start, end, minor = (np.array([r[i] for r in rows], np.int64) for i in range(3))
    zero = Attribute(np.zeros(n, np.int32), (customer,))
    header = Header(np.arange(n), Attribute(np.zeros(n, np.int32), ("charges",)), start)
    return Charges(header, zero, Attribute(np.zeros(n, np.int32), ("EUR",)), start, end, minor)


def fees(monthly: int = 100_000, months: int = 24, own: Plan | None = None) -> Fees:
    """Fees of so many minor units a month."""
    made = own or plan()
    return Fees(made, charges([(*month(m), monthly) for m in range(months)]), (START, None))


def line(m: int, amount: int | None, commitment: str = "uptime", group: tuple[tuple[str, str], ...] = (), **more: object) -> Line:
    start, end = month(m)
    made = Line(
        key=f"acme/{commitment}/{group}/{m}", agreement="acme", version="1", commitment=commitment, group=group, window=f"2026-{m + 1:02d}",
        start=start, end=end, clause=f"commitments.{commitment}.credit", kind="credit", payer="provider", payee="customer", currency="EUR",
        state="owed", amount=amount, rounded=amount,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def share(percent: int) -> Pay:
    return Pay("share", Fraction(percent, 100), text=f"{percent}%")


def euro(minor: int) -> Pay:
    return Pay("money", money=Money(minor, "EUR"), text=f"{minor} cents")


def cap(pay: Pay | None, within: str, of: Base | None = None, **more: object) -> Cap:
    return Cap(None if pay is None else constant(pay), of, within, path="caps.0", **more)  # type: ignore[arg-type]
