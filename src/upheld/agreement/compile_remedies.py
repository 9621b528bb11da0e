"""Remedies compiled: the money clauses of the file as rules that can be settled.

Law: every commitment, party and state they name exists; what a clause leaves out is what LANGUAGE §7 says.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from upheld.agreement.compile_states import state_named
from upheld.agreement.desk import Desk
from upheld.agreement.model.form import Path
from upheld.agreement.model.money import Claim as WrittenClaim
from upheld.agreement.model.money import Credit as WrittenCredit
from upheld.agreement.model.money import Credits, Extend
from upheld.plans.remedies import (
    Amount,
    Cap,
    Claim,
    Credit,
    CreditRule,
    Dispute,
    EarnBack,
    Extension,
    Joined,
    MoneyRounding,
    OnlyIf,
    PaysOnce,
    Remedies,
    Right,
    Span,
    Task,
    When,
)
from upheld.plans.selector import Every, Key, OneOf, Selector
from upheld.values.quantity import Duration

__all__ = ["compile_remedies"]


def compile_remedies(desk: Desk) -> Remedies:
    """All money clauses of one file."""
    model = desk.model
    commitments = model.commitments
    own_earn_back = [_earn_back(w.earn_back, name, f"commitments.{name}.earn_back") for name, w in commitments.items() if w.earn_back]
    return Remedies(
        credits={name: _credit(desk, w.credit, ("commitments", name, "credit")) for name, w in commitments.items() if w.credit is not None},
        caps=tuple(_cap(desk, cap, ("caps", i)) for i, cap in enumerate(model.caps)),
        claim=_claim(desk, model.claim, ("claim",)),
        claims={name: _claim(desk, w.claim, ("commitments", name, "claim")) for name, w in commitments.items() if w.claim is not None},
        disputes={name: _dispute(desk, name, d) for name, d in model.disputes.items()},
        rights=tuple(_right(desk, r, ("rights", i)) for i, r in enumerate(model.rights)),
        amounts={name: Amount(a.pay, a.of) for name, a in model.amounts.items()},
        earn_back=(*(_earn_back(e, "", f"earn_back.{i}") for i, e in enumerate(model.earn_back)), *own_earn_back),
        rounding=_rounding(model.rounding),
        pays_once=tuple(PaysOnce(one.highest_of, f"pays_once.{i}") for i, one in enumerate(model.pays_once)),
        deems={name: w.deems for name, w in commitments.items() if w.deems},
        tasks={
            name: tuple(_task(desk, t, w.promised_by, ("commitments", name, "then", i)) for i, t in enumerate(w.then))
            for name, w in commitments.items() if w.then
        },
        only_if=tuple(_standing(desk, s, ("conditions", i)) for i, s in enumerate(model.conditions)),
    )


def _credit(desk: Desk, written: Any, path: Path) -> Credit:
    match written:
        case WrittenCredit():
            if written.per.step is not None:
                _on_its_calendar(desk, written.per.step, (*path, "per"))
            return CreditRule(written.pay, written.of, written.per, written.up_to, written.up_to_of, written.where,
                              whole_days=written.late is not None, least=written.least, path=dotted(path), says=written.says)
        case Extend():
            text = "the time down" if written.extend is None else written.extend.text
            return Extension(written.extend, dotted(path), f"the term extended by {text}")
        case Credits():
            how, key, parts = next(
                found for found in (
                    ("greatest", "greatest of", written.greatest),
                    ("least", "least of", written.least),
                    ("sum", "sum of", written.total),
                    ("choice", "choice of customer", written.choice),
                ) if found[2]
            )
            return Joined(how, tuple(_credit(desk, one, (*path, key, i)) for i, one in enumerate(parts)), dotted(path))  # type: ignore[arg-type]
    raise TypeError(type(written))


def dotted(path: Path) -> str:
    """``commitments.uptime.credit``."""
    return ".".join(str(part) for part in path)


def _cap(desk: Desk, cap: Any, path: Path) -> Cap:
    for name in cap.commitments:
        desk.known("commitment", name, desk.model.commitments, (*path, "commitments"))
    return Cap(cap.up_to, cap.of, cap.within, cap.for_each, cap.least, cap.commitments, dotted(path))


def _on_its_calendar(desk: Desk, length: Duration, path: Path) -> Duration:
    """The length, whose calendar exists."""
    if length.calendar:
        desk.calendar(length.calendar, path)
    return length


def _claim(desk: Desk, written: Any, path: Path) -> Claim | None:
    if not isinstance(written, WrittenClaim):
        return None
    return Claim(None if written.by is None else _span(desk, written.by, (*path, "by")), written.needs, dotted(path))


def _span(desk: Desk, length: Duration, path: Path) -> Span:
    return Span(_on_its_calendar(desk, length, path), length.after or "window", length.text)


def _dispute(desk: Desk, name: str, written: Any) -> Dispute:
    adds = dict(_pairs(written.adds)) if written.adds is not None else {}
    until = _span(desk, written.until, ("disputes", name, "until"))
    return Dispute(name, written.by, until, written.needs, adds, written.decides, f"disputes.{name}")


def _task(desk: Desk, written: Any, promised_by: str, path: Path) -> Task:
    return Task(written.do, _on_its_calendar(desk, written.within, (*path, "within")), written.by or promised_by, dotted(path))


def _pairs(selector: Selector) -> list[tuple[str, str]]:
    """``{kind: outage}`` as plain attributes."""
    parts = selector.parts if isinstance(selector, Every) else (selector,)
    return [(p.attribute, p.test.texts[0]) for p in parts if isinstance(p, Key) and isinstance(p.test, OneOf)]


def _right(desk: Desk, written: Any, path: Path) -> Right:
    if written.use_within is not None:
        _on_its_calendar(desk, written.use_within, (*path, "use_within"))
    when = written.when
    span = when.span
    in_time = When(
        when.breached, when.at_least or 1, span.months if span else None, span.windows if span else None, when.in_a_row, when.late, when.result,
        _when_text(when),
    )
    return Right(written.give, written.to, in_time, written.use_within, dotted(path), written.says)


def _when_text(when: Any) -> str:
    who = " or ".join(when.breached)
    if when.in_a_row:
        return f"{who} breached {when.in_a_row} times in a row"
    if when.late is not None:
        return f"{who} late {when.late.text}"
    if when.result is not None:
        return f"{who} {when.result.text}"
    times = f"{when.at_least} times" if (when.at_least or 1) > 1 else "once"
    return f"{who} breached {times}{f' in the {when.span.text}' if when.span else ''}"


def _earn_back(written: Any, commitment: str, path: str) -> EarnBack:
    return EarnBack(written.when, Fraction(written.share), commitment, path)


def _rounding(written: Any) -> MoneyRounding:
    if written is None:
        return MoneyRounding()
    return MoneyRounding(written.money, Fraction(1) if written.to is None else Fraction(written.to.minor))


def _standing(desk: Desk, written: Any, path: Path) -> OnlyIf:
    state_named(desk, written.unless, (*path, "unless"))
    return OnlyIf(written.unless, dotted(path), written.says)
