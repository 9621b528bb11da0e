"""Checks of money: caps, bases, claims, currency, rounding.

Law: what may be paid is bounded, of something that exists, in one currency, and can still be claimed when it is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from upheld.agreement.checks.tables import branches, conditions_of, credits_of, exact
from upheld.agreement.compile import Compiled
from upheld.agreement.model.form import Path, Problem
from upheld.agreement.model.money import Claim, Credit, HighestOf
from upheld.agreement.suggest import did_you_mean
from upheld.plans.lookup import axes_of
from upheld.plans.remedies import Pay
from upheld.values.quantity import DAY_US, Duration

__all__ = ["CHECKS"]

_ROUGH_DAYS = {"working days": 1, "days": 1, "months": 28}


def _credits(compiled: Compiled) -> Iterator[tuple[str, Credit, Path]]:
    for name, written in compiled.desk.model.commitments.items():
        for credit, path in credits_of(written.credit, ("commitments", name, "credit")):
            yield name, credit, path


def _shares(pays: tuple[Pay | None, ...]) -> list[Fraction]:
    return [p.share for p in pays if p is not None and p.kind == "share"]


def bases(compiled: Compiled) -> Iterator[Problem]:
    """A percent of nothing, or of an amount nobody declared."""
    model = compiled.desk.model
    for _, credit, path in _credits(compiled):
        if credit.of is None and _needs_base(credit):
            yield Problem((*path, "pay"), "fee-base", "a percent is paid, but of what is not said", "add of: fee")
        elif credit.of is not None and credit.of.kind == "amount" and credit.of.name not in model.amounts:
            yield Problem(
                (*path, "of"), "fee-base", f"there is no amount `{credit.of.name}`", did_you_mean(credit.of.name, ["fee", *model.amounts])
            )
    for i, cap in enumerate(model.caps):
        if cap.of is None and cap.up_to is not None and any(p is not None and p.kind == "share" for p in cap.up_to.leaves):
            yield Problem(("caps", i, "up_to"), "fee-base", "a percent caps, but of what is not said", "add of: fee")
        elif cap.of is not None and cap.of.kind == "amount" and cap.of.name not in model.amounts:
            yield Problem(
                ("caps", i, "of"), "fee-base", f"there is no amount `{cap.of.name}`", did_you_mean(cap.of.name, ["fee", *model.amounts])
            )
    for name, amount in model.amounts.items():
        met, of = [name], amount.of
        while of is not None and of.kind == "amount" and of.name in model.amounts and of.name not in met:
            met.append(of.name)
            of = model.amounts[of.name].of
        if of is not None and of.kind == "amount" and of.name == name:
            circle = " of ".join(f"`{each}`" for each in (*met, name))
            yield Problem(("amounts", name, "of"), "fee-base", f"an amount is a part of itself: {circle}", "write of: fee in one of them")
        elif amount.of is not None and amount.of.kind == "amount" and amount.of.name not in model.amounts:
            yield Problem(("amounts", name, "of"), "fee-base", f"there is no amount `{amount.of.name}`",
                          did_you_mean(amount.of.name, ["fee", *model.amounts]))


def _needs_base(credit: Credit) -> bool:
    return any(p is not None and p.kind in ("share", "multiple") for p in credit.pay.leaves)


def mixed(compiled: Compiled) -> Iterator[Problem]:
    """Percents and money in one table."""
    for _, credit, path in _credits(compiled):
        kinds = {p.kind for p in credit.pay.leaves if p is not None and not (p.kind == "share" and p.share == 0)}
        if "share" in kinds and "money" in kinds:
            yield Problem(
                (*path, "pay"),
                "pay-units",
                "one table pays percents and amounts of money",
                "pay all rows in one unit, or write two credits below `sum of`",
                True,
            )


def currency(compiled: Compiled) -> Iterator[Problem]:
    """Money in another currency than the agreement's: a limit or a step in it would count as if it were the agreement's."""
    model = compiled.desk.model
    for path, pay in _pays(compiled):
        if pay.money is not None and not model.currency:
            yield Problem(path, "currency", f"`{pay.text}` is paid, but the agreement has no currency", f"add currency: {pay.money.currency}")
            return
        if pay.money is not None and pay.money.currency != model.currency:
            yield Problem(path, "currency", f"`{pay.text}` is paid in an agreement in {model.currency}", f"write it in {model.currency}")
    step = model.rounding.to if model.rounding is not None else None
    if step is not None and model.currency and step.currency != model.currency:
        yield Problem(("rounding", "to"), "currency", f"money in {model.currency} is rounded to a step in {step.currency}",
                      f"write the step in {model.currency}, or cent")


def _pays(compiled: Compiled) -> Iterator[tuple[Path, Pay]]:
    """Whatever is paid, and what limits it."""
    model = compiled.desk.model
    tables = [((*path, key), table) for _, credit, path in _credits(compiled) for key, table in (("pay", credit.pay), ("up_to", credit.up_to))]
    tables += [(("amounts", name, "pay"), amount.pay) for name, amount in model.amounts.items()]
    tables += [(("caps", i, "up_to"), cap.up_to) for i, cap in enumerate(model.caps)]
    yield from ((path, pay) for path, table in tables if table is not None for pay in table.leaves if pay is not None)
    least = [((*path, "from"), credit.least) for _, credit, path in _credits(compiled)]
    least += [(("caps", i, "from"), cap.least) for i, cap in enumerate(model.caps)]
    yield from ((path, pay) for path, pay in least if pay is not None)


def caps(compiled: Compiled) -> Iterator[Problem]:
    """Caps above all, below the first band, or never reached; no cap where the sum can exceed the fee."""
    model = compiled.desk.model
    percents = {name: _shares(credit.pay.leaves) for name, credit, _ in _credits(compiled) if credit.of is not None and credit.of.kind == "fee"}
    largest = _largest({name: max(p) for name, p in percents.items() if p}, model.pays_once)
    smallest = min((x for p in percents.values() for x in p if x > 0), default=None)
    bounded = False
    for i, cap in enumerate(model.caps):
        shares = _shares(cap.up_to.leaves) if cap.up_to is not None else []
        for limit in shares:
            bounded = True
            path: Path = ("caps", i, "up_to")
            if limit > 1:
                yield Problem(path, "cap-range", f"a cap of {exact(limit * 100)}% is more than the whole", "write at most 100%")
            elif smallest is not None and limit < smallest and not cap.commitments:
                yield Problem(
                    path,
                    "cap-below-band",
                    f"a cap of {exact(limit * 100)}% lies below the smallest credit, {exact(smallest * 100)}%: no band is ever paid whole",
                    "raise the cap, or lower the bands",
                    severity="warning",
                )
            elif cap.within in ("window", "month") and 0 < largest < limit and not _repeats(compiled):
                yield Problem(
                    path,
                    "cap-never-reached",
                    f"a cap of {exact(limit * 100)}% is never reached: all credits together are {exact(largest * 100)}%",
                    "lower the cap, or take it out",
                    severity="warning",
                )
    money = any(c.up_to is not None for c in model.caps) or any(c.up_to is not None for _, c, _ in _credits(compiled))
    if largest > 1 and not bounded and not money:
        yield Problem(
            ("commitments",),
            "cap-missing",
            f"credits may sum to {exact(largest * 100)}% of the fee, and nothing caps them",
            "add caps: [{up_to: 100%, of: fee, in: month}]",
            True,
            "warning",
        )


def _largest(tops: Mapping[str, Fraction], once: Iterable[HighestOf]) -> Fraction:
    """What all credits can sum to; of commitments that pay once, only the highest counts."""
    left = dict(tops)
    total = Fraction(0)
    for group in once:
        total += max((left.pop(name) for name in group.highest_of if name in left), default=Fraction(0))
    return total + sum(left.values(), Fraction(0))


def _repeats(compiled: Compiled) -> bool:
    """Whether a credit can be paid several times in one window."""
    return any(c.per.kind != "result" for _, c, _ in _credits(compiled)) or any(w.for_each for w in compiled.desk.model.commitments.values())


def own_caps(compiled: Compiled) -> Iterator[Problem]:
    """A credit of more than the whole fee for one result."""
    for _, credit, path in _credits(compiled):
        top = max(_shares(credit.pay.leaves), default=Fraction(0))
        if top > 1 and credit.up_to is None and credit.per.kind == "result" and not compiled.desk.model.caps:
            yield Problem(
                (*path, "pay"),
                "cap-range",
                f"one result may earn {exact(top * 100)}% of the fee",
                "add up_to: 100%, or caps",
                severity="warning",
            )


def claims(compiled: Compiled) -> Iterator[Problem]:
    """The claim must be in before the report that shows the breach."""
    model = compiled.desk.model
    found: list[tuple[Path, Claim]] = [] if model.claim is None else [(("claim",), model.claim)]
    for name, written in model.commitments.items():
        if written.claim is not None and written.credit is None:
            yield Problem(("commitments", name, "claim"), "claim-without-credit", f"`{name}` pays no credit that could be claimed",
                          "add a credit, or leave the claim out", on_key=True, severity="warning")
        if isinstance(written.claim, Claim):
            found.append((("commitments", name, "claim"), written.claim))
    for path, claim in found:
        yield from _before_report(compiled, path, claim)


def _before_report(compiled: Compiled, path: Path, claim: Claim) -> Iterator[Problem]:
    model, by = compiled.desk.model, claim.by
    if by is None:
        return
    deadline = _days(by)
    for name, written in model.commitments.items():
        within = getattr(written, "within", None)
        starts = getattr(written, "starts", None)
        if within is None or getattr(starts, "at", "") != "end":
            continue
        report = max((_days(each.within) for leaf in within.leaves for each in leaf or ()), default=Fraction(0))
        if by.after in ("", "window", "incident") and report > deadline:
            yield Problem(
                (*path, "by"),
                "claim-before-report",
                f"a claim is due after {by.text.split(' after ')[0]}, but `{name}` may take {exact(report)} days",
                "allow more time to claim than to report",
                severity="warning",
                related=((("commitments", name), "the report"),),
            )


def _days(duration: Duration) -> Fraction:
    return Fraction(duration.amount, DAY_US) if duration.unit == "time" else Fraction(duration.amount * _ROUGH_DAYS[duration.unit])


def rounding(compiled: Compiled) -> Iterator[Problem]:
    """Bands with one decimal that leave holes between them need a rounding."""
    for name, credit, path in _credits(compiled):
        written = compiled.desk.model.commitments[name]
        if written.round is not None or "result" not in axes_of(credit.pay):
            continue
        for here, branch in branches(credit.pay, (*path, "pay")):
            closed = [c for c in conditions_of(branch) if c.unit == "share" and any({x.op for x in g} == {">=", "<="} for g in c.anyof)]
            if branch.axis == "result" and len(closed) > 1:
                yield Problem(
                    here,
                    "rounding-undefined",
                    "the bands are closed at both ends, so a result between two of them has no band",
                    "add round: {to: 0.1%}, or let each band end where the next begins",
                    True,
                    "warning",
                )
                break


def references(compiled: Compiled) -> Iterator[Problem]:
    """Rights, deeming and one-cause rules that name commitments."""
    names = compiled.desk.model.commitments
    mentioned: list[tuple[Path, str]] = []
    for i, right in enumerate(compiled.desk.model.rights):
        mentioned += [(("rights", i, "when", "breached"), n) for n in right.when.breached]
    for name, written in names.items():
        mentioned += [(("commitments", name, "deems"), n) for n in written.deems]
    for i, once in enumerate(compiled.desk.model.pays_once):
        mentioned += [(("pays_once", i, "highest_of"), n) for n in once.highest_of]
    for place, name in mentioned:
        if name not in names:
            yield Problem(place, "unknown-commitment", f"there is no commitment `{name}`", did_you_mean(name, names))


CHECKS = (bases, mixed, currency, caps, own_caps, claims, rounding, references)
