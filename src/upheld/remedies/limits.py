"""Limits: one cause is paid once, nothing below a minimum, nothing above a cap (LANGUAGE §7).

Law: caps work in the order written, each on what the one before left; a credit belongs to its window's end, and what ends first is paid
first: a later credit never takes back one that may be paid already. What ends together is cut pro rata by largest remainder, shown on
each line. No cap is exceeded: its limit is an amount of money, rounded as all money of the agreement,
so that what pays exactly as much as the cap allows is not cut by a cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from upheld.facts.tables import OPEN
from upheld.plans.remedies import Base, Cap, PaysOnce
from upheld.remedies.fees import Asked, Fees, Missing
from upheld.remedies.settlement import COUNTING, Cut, Line, Opening
from upheld.values.exact import allocate, round_to
from upheld.values.money import show_money

__all__ = ["capped", "paid_once"]

Key = tuple[object, ...]


def paid_once(lines: Sequence[Line], rules: Iterable[PaysOnce], currency: str) -> list[Line]:
    """Of the commitments named together, only the one that pays most for one time (and for what their results share) pays."""
    changed = list(lines)
    for rule in rules:
        shared = _shared([line for line in changed if line.commitment in rule.highest_of])
        sums: dict[Key, dict[str, int]] = {}
        for line in changed:
            if line.commitment in rule.highest_of and line.state in COUNTING and line.kind == "credit":
                by = sums.setdefault(_cause(line, shared), dict.fromkeys(rule.highest_of, 0))
                by[line.commitment] += line.due
        for i, line in enumerate(changed):
            by_name = sums.get(_cause(line, shared)) if line.commitment in rule.highest_of and line.kind == "credit" else None
            if by_name is None or line.state not in COUNTING:
                continue
            best = max(rule.highest_of, key=lambda name: by_name[name])
            if line.commitment != best:
                told = f"paid once for one cause: `{best}` pays {show_money(by_name[best], currency)}"
                changed[i] = replace(line, state="not owed", amount=0, reason=told)
    return changed


def _shared(lines: Sequence[Line]) -> frozenset[str]:
    """The attributes that the results of all the commitments have."""
    names = {line.commitment: frozenset(k for k, _ in line.group) for line in lines}
    return frozenset.intersection(*names.values()) if names else frozenset()


def _cause(line: Line, shared: frozenset[str]) -> Key:
    return line.start, line.end, tuple((k, v) for k, v in line.group if k in shared)


@dataclass(frozen=True, slots=True)
class _Pot:
    """The lines a cap counts together, with what was given in the same time before them."""

    period: str
    span: tuple[int, int]
    group: tuple[tuple[str, str], ...]
    rows: tuple[int, ...]
    used: int


def capped(lines: Sequence[Line], caps: Sequence[Cap], fees: Fees, opening: Sequence[Opening], settled: Sequence[Line]) -> list[Line]:
    """The lines under the caps, in order. ``settled``: lines of other versions, given already; they count, and are not cut."""
    changed = list(lines)
    for cap in caps:
        if cap.least is not None:
            for pot in _pots(cap, changed, fees, opening, settled, by_end=False):
                _minimum(cap, fees, pot, changed)
        if cap.up_to is not None:
            for pot in _pots(cap, changed, fees, opening, settled, by_end=True):
                _cut(cap, fees, pot, changed)
    return changed


def _minimum(cap: Cap, fees: Fees, pot: _Pot, changed: list[Line]) -> None:
    assert cap.least is not None
    rows = pot.rows
    least = fees.amount(cap.least, cap.of, _asked(cap, pot))
    total = sum(changed[i].due for i in rows)
    if not isinstance(least, Missing) and 0 < total < least.minor:
        for i in rows:
            told = f"below the minimum of {show_money(least.minor, fees.plan.currency)} in {pot.period}"
            changed[i] = replace(changed[i], state="not owed", amount=0, reason=told)


def _cut(cap: Cap, fees: Fees, pot: _Pot, changed: list[Line]) -> None:
    assert cap.up_to is not None
    rows = pot.rows
    asked = _asked(cap, pot)
    pay = fees.leaf(cap.up_to, asked)
    found = pay if isinstance(pay, Missing) else fees.amount(pay, cap.of, asked)
    if isinstance(found, Missing):
        for i in rows:
            if changed[i].due > 0:
                told = f"the cap in {pot.period} is not known: {found.reason}"
                changed[i] = replace(changed[i], state="unknown", low=0, high=changed[i].amount, amount=None, reason=told)
        return
    rounding = fees.plan.remedies.rounding
    limit = max(int(round_to(found.minor, rounding.step, rounding.mode)), 0)
    left = max(limit - pot.used, 0)
    paying = [i for i in rows if changed[i].due > 0]
    amounts = [changed[i].due for i in paying]
    if sum(amounts) <= left:
        return
    step = int(rounding.step)
    whole = all(minor % step == 0 for minor in (left, *amounts))    # else a part in steps could be more than its line
    for i, given in zip(paying, allocate(left, amounts, step if whole else 1), strict=True):
        line = changed[i]
        before = f", {show_money(pot.used, fees.plan.currency)} of it given before" if pot.used else ""
        text = f"capped at {found.text} in {pot.period} = {show_money(limit, fees.plan.currency)}{before}"
        cut = Cut(cap.path, pot.period, limit, line.due - given, text)
        changed[i] = replace(line, amount=given, cuts=(*line.cuts, cut))


def _asked(cap: Cap, pot: _Pot) -> Asked:
    return Asked(pot.group, pot.span[0], pot.span[1], pot.span, invoice=cap.within == "invoice")


def _pots(cap: Cap, lines: Sequence[Line], fees: Fees, opening: Sequence[Opening], settled: Sequence[Line], *, by_end: bool) -> Iterable[_Pot]:
    """The cap's periods in time order; ``by_end``: what ends at one instant, on top of what ended before. Each is looked at only when
    the ones before are cut: ``lines`` is what they left.
    """
    mine = [i for i, line in enumerate(lines) if _counts(cap, line)]
    others = [line for line in settled if _counts(cap, line)]
    own = cap.within in ("case", "result", "window")
    beside: dict[_Where, int] = {}
    for line in others:
        where = _where(cap, fees, line)
        beside[where] = beside.get(where, 0) + line.due
    gathered: dict[tuple[int, _Where], list[int]] = {}
    for i in mine:
        gathered.setdefault((lines[i].end if by_end else 0, _where(cap, fees, lines[i])), []).append(i)
    for (end, where), rows in sorted(gathered.items(), key=lambda item: (item[0][0], item[0][1].span, item[0][1].group, item[0][1].period)):
        used = sum(o.minor for o in opening if where.holds(o.at) and _counts_towards(cap, o, where.group))
        if own:  # nothing of another window, and so nothing that ended before, is in a period that is one window's
            used += beside.get(where, 0)
        else:
            before = [*others, *(lines[i] for i in mine if lines[i].end < end)]
            used += sum(x.due for x in before if x.counts and _group(cap, x) == where.group and where.holds(x.end - 1))
        yield _Pot(where.period, where.span, where.group, tuple(i for i in rows if lines[i].counts), used)


@dataclass(frozen=True, slots=True)
class _Where:
    """A cap's period, and for whom."""

    span: tuple[int, int]
    group: tuple[tuple[str, str], ...]
    period: str

    def holds(self, at: int) -> bool:
        """Whether a credit of this instant lies in it. Twelve months to an end begin at the same local time a year before."""
        return self.span[0] <= at < self.span[1]


def _period(cap: Cap, fees: Fees, line: Line) -> tuple[str, tuple[int, int]]:
    """The cap's period that a line belongs to, by the end of its window."""
    match cap.within:
        case "case":
            return f"the case {line.case}" if line.case else f"the result of {line.window}", (line.start, line.end)
        case "result":
            return f"the result of {line.commitment} {line.window}", (line.start, line.end)
        case "window":
            return line.window, (line.start, line.end)
        case "any 12 months":
            return f"the 12 months to {fees.day(line.end - 1)}", (fees.months_before(line.end, 12), line.end)
        case "term":
            begins, ends = fees.in_force
            return "the term", (begins, ends if ends is not None else max(fees.known_until(), line.end))
        case "invoice":
            # a span holds the instant before an end, so the end of a window at which the invoice begins lies in it
            span = fees.invoice(cap.of or Base(), _group(cap, line), line.end)
            return ("the invoice to come" if span[1] == OPEN else f"the invoice of {fees.day(span[1])}"), span
    window = fees.plan.commitments[line.commitment].head.window if line.commitment in fees.plan.commitments else None
    span = fees.period(cap.within, fees.at_home(line.end - 1, window))
    return fees.days(span), span


def _where(cap: Cap, fees: Fees, line: Line) -> _Where:
    period, span = _period(cap, fees, line)
    return _Where(span, _group(cap, line), period)


def _counts(cap: Cap, line: Line) -> bool:
    """Whether a line is a credit that the cap is about."""
    return line.counts and line.kind == "credit" and (not cap.commitments or line.commitment in cap.commitments)


def _group(cap: Cap, line: Line) -> tuple[tuple[str, str], ...]:
    """The values of the cap's ``for_each``; a cap of one case or result has its own."""
    if cap.within in ("case", "result"):
        return line.group
    return tuple((k, v) for k, v in line.group if k in cap.for_each)


def _counts_towards(cap: Cap, opening: Opening, group: tuple[tuple[str, str], ...]) -> bool:
    """Whether a credit given before the facts begin counts here: what it does not say does not keep it out."""
    said = dict(opening.group)
    return (not cap.commitments or not opening.commitment or opening.commitment in cap.commitments) and all(
        said.get(k, v) == v for k, v in group)
