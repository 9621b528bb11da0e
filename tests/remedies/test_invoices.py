"""What hangs on invoices: the average of the last ones, and a cap on what is put on one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from money_made import DAY, START, cap, charges, euro, fees, line, month, plan, share

from upheld.agreement.load import load
from upheld.agreement.model.money import base_of
from upheld.facts.tables import Attribute
from upheld.plans.remedies import Pay
from upheld.remedies.fees import Asked, Fees, Found, Missing
from upheld.remedies.limits import capped
from upheld.remedies.settlement import Line
from upheld.values.quantity import duration


def of(rows: list[tuple[int, int, int]]) -> Fees:
    return Fees(plan(), charges(rows), (START, None))


def amount(book: Fees, words: str, m: int, pay: Pay | None = None) -> int | str:
    start, end = month(m)
    found = book.amount(pay or share(100), base_of({"fee": "all", "in": words}), Asked((), start, end, (start, end)))
    return round(found.minor) if isinstance(found, Found) else found.reason


MONTHLY = [(*month(m), minor) for m, minor in enumerate((3_000, 6_000, 9_001, 40_000, 50_000))]


@pytest.mark.parametrize(("words", "m", "found"), [
    ("average of last 3 invoices", 3, 6_000),          # (30.00 + 60.00 + 90.01) / 3 = 60.003...
    ("last 3 invoices", 3, 18_001), ("last invoice", 3, 9_001), ("average of last 2 invoices", 4, 24_500),
    ("average of last 3 invoices", 2, 4_500),          # two there are
    ("average of last 3 invoices", 0, "no invoice is recorded before 2026-01-01"),
])
def test_the_last_invoices_are_those_that_began_before_the_window(words: str, m: int, found: int | str) -> None:
    assert amount(of(MONTHLY), words, m) == found


def test_what_begins_together_is_one_invoice() -> None:
    """A base fee and calls of one month, 31.00 + 155.00, are one invoice of the three; a credit note counts in its own."""
    rows = [(*month(0), 3_100), (*month(0), 15_500), (*month(1), 3_100), (*month(1), -100), (*month(2), 3_100)]
    assert amount(of(rows), "average of last 3 invoices", 3) == (18_600 + 3_000 + 3_100) // 3


def test_days_of_an_average_are_days_of_one_invoice() -> None:
    """Three days of fee: 3/90 of all three invoices, so 3/30 of their average."""
    rows = [(*month(m), 30_000) for m in (0, 1, 2)]
    pay = Pay("time", time=duration("3 days"), text="3 days of fee")  # type: ignore[arg-type]
    assert amount(of(rows), "average of last 3 invoices", 3, pay) == amount(of(rows), "last 3 invoices", 3, pay) == 3_000


@pytest.mark.parametrize("words", ["average of 3 invoices", "last 0 invoices", "last three invoices", "average of last 3 months"])
def test_other_words_are_refused(words: str) -> None:
    with pytest.raises(Exception, match="fee-window"):
        base_of({"fee": "all", "in": words})


def test_a_cap_counts_what_is_put_on_one_invoice() -> None:
    """Quarterly invoices, 100.00 for the second quarter: January to March, 40.00 each, are put on it. March is what does not fit."""
    book = of([(month(0)[0], month(2)[1], 30_000), (month(3)[0], month(5)[1], 10_000), (month(6)[0], month(8)[1], 5_000)])
    lines = capped([line(m, 4_000) for m in range(6)], [cap(share(100), "invoice")], book, (), ())
    assert [x.amount for x in lines] == [4_000, 4_000, 2_000, 4_000, 1_000, 0]
    assert lines[2].cuts[0].text == ("capped at 100% of the fee for 2026-04-01 to 2026-06-30, 100.00 EUR in the invoice of 2026-04-01 "
                                     "= 100.00 EUR, 80.00 EUR of it given before")


def test_without_the_next_invoice_the_cap_is_not_known() -> None:
    found = capped([line(0, 4_000), line(1, 4_000)], [cap(share(50), "invoice")], fees(6_000, 2), (), ())
    assert [(x.amount, x.low, x.high, x.state) for x in found] == [(3_000, None, None, "owed"), (None, 0, 4_000, "unknown")]
    assert found[1].reason == "the cap in the invoice to come is not known: the invoice to come is not charged yet"


def test_a_fixed_amount_an_invoice_needs_no_charge() -> None:
    found = capped([line(0, 4_000), line(1, 4_000)], [cap(euro(5_000), "invoice")], of([]), (), ())
    assert [x.amount for x in found] == [4_000, 1_000]


def test_two_invoices_are_two_caps_and_bear_their_own_names() -> None:
    """A credit that ends with the day before an invoice is on it; one that ends a moment into its first day is on the next."""
    book = of([(*month(m), 6_000) for m in (1, 2)])
    rule = [cap(euro(1_000), "invoice")]
    a_moment_later = replace(line(0, 4_000, "speed"), end=month(0)[1] + 1)
    found = capped([line(0, 4_000), a_moment_later, line(1, 4_000, "errors")], rule, book, (), ())
    assert [(x.amount, x.cuts[0].period) for x in found] == [
        (1_000, "the invoice of 2026-02-01"), (1_000, "the invoice of 2026-03-01"), (0, "the invoice of 2026-03-01")]
    # an invoice that begins in the last moment of February leaves February to the one after it
    late = of([(month(0)[1], month(1)[1] - 1, 6_000), (month(1)[1] - 1, month(2)[1], 6_000), (month(3)[0], month(3)[1], 6_000)])
    found = capped([line(1, 800), line(2, 800)], rule, late, (), ())
    assert [x.amount for x in found] == [800, 200]
    assert found[1].cuts[0].text == "capped at 1000 cents in the invoice of 2026-04-01 = 10.00 EUR, 8.00 EUR of it given before"


def billed(rows: list[tuple[int, int, int, str]], name: str, text: str = "") -> Fees:
    """Charges of (start, end, minor, the value of the attribute ``name``), under the plan of more lines of YAML."""
    values = tuple(dict.fromkeys(row[3] for row in rows))
    said = {name: Attribute(np.array([values.index(row[3]) for row in rows], np.int32), values)}
    whole = f"upheld: 1\nagreement: acme\neffective: {{from: 2026-01-01}}\ntimezone: UTC\ncurrency: EUR\ncommitments: {{}}\n{text}"
    found = load({"a.yaml": whole.encode()}, name="a.yaml").plan
    assert found is not None
    return Fees(found, replace(charges([row[:3] for row in rows]), attributes=said), (START, None))


def test_each_region_has_invoices_of_its_own() -> None:
    """The EU is charged on the first of March, the US at mid-February and on the first of March. A cap of 20.00 an invoice and region:
    in the EU both credits are on the one of March, in the US on one each."""
    book = billed([(month(2)[0], month(2)[1], 9_000, "eu"), (month(1)[0] + 14 * DAY, month(2)[0], 9_000, "us"),
                   (month(2)[0], month(2)[1], 9_000, "us")], "region")
    lines = [line(m, 1_500, group=(("region", region),)) for region in ("eu", "us") for m in (0, 1)]
    assert [x.amount for x in capped(lines, [cap(euro(2_000), "invoice", for_each=("region",))], book, (), ())] == [1_500, 500, 1_500, 1_500]
    # one cap for both regions: the invoice is whatever is charged first
    assert [x.amount for x in capped(lines, [cap(euro(2_000), "invoice")], book, (), ())] == [1_000, 1_000, 1_000, 1_000]


HOSTING_AND_EXTRAS = [(*month(1), 10_000, "hosting"), (month(1)[0] + 14 * DAY, month(2)[0], 700, "extras"), (*month(2), 10_000, "hosting")]


def a_week_before_and_after_the_extras() -> list[Line]:
    february = month(1)[0]
    return [replace(line(1, 4_000), start=february + n * DAY, end=february + (n + 7) * DAY, window=f"week of day {n}") for n in (0, 14)]


@pytest.mark.parametrize("of_what", ["{fee: same, kind: hosting}", "at-risk"])
def test_the_invoices_of_a_cap_are_those_of_its_fee(of_what: str) -> None:
    """Extras that are charged at mid-February are no invoice of the hosting: both weeks are on March's, whose half, 50.00, is there once.
    Half of the hosting fee, or all of an amount that is half of it: the same words, the same money."""
    up_to = "100%" if of_what == "at-risk" else "50%"
    book = billed(HOSTING_AND_EXTRAS, "kind", f"amounts: {{at-risk: {{pay: 50%, of: {{fee: same, kind: hosting}}}}}}\n"
                                              f"caps: [{{up_to: {up_to}, of: {of_what}, in: invoice}}]\n")
    found = capped(a_week_before_and_after_the_extras(), book.plan.remedies.caps, book, (), ())
    assert [x.amount for x in found] == [4_000, 1_000]
    assert [c.period for x in found for c in x.cuts] == ["the invoice of 2026-03-01"]


def test_missing_is_told() -> None:
    start, end = month(1)
    assert of([]).amount(share(1), base_of({"fee": "all", "in": "last 2 invoices"}), Asked((), start, end, (start, end))) == Missing(
        "no invoice is recorded before 2026-02-01")


def test_a_part_of_a_fee_below_nothing_is_nothing() -> None:
    """More was given back than charged: the customer who was let down does not pay a tenth of it."""
    rows = [(*month(0), 3_000), (*month(0), -5_000)]
    found = of(rows).amount(share(10), base_of("fee"), Asked((), *month(0), month(0)))
    assert found == Found(0, "10% of the fee for 2026-01, -20.00 EUR, which counts as nothing", month(0))  # type: ignore[arg-type]
