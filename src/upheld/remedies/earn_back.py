"""Earn-back: a credit that goes back when the promise is kept for so long afterwards.

Law: the earlier window is changed by a new line of the opposite sign, in the window in which it was earned, never by an edit; what goes
back never exceeds what was given, and the parts of one credit sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from upheld.plans.remedies import EarnBack, MoneyRounding
from upheld.remedies.results import Group, Result
from upheld.remedies.settlement import Line
from upheld.values.exact import round_to
from upheld.values.money import show_money

__all__ = ["earned_back"]


def earned_back(lines: Sequence[Line], results: Iterable[Result], rules: Sequence[EarnBack],
                roundings: Mapping[str, MoneyRounding] | None = None) -> list[Line]:
    """The lines that reverse earlier ones, each rounded as the version of its credit rounds money (to the minor unit, a half to the even one,
    where it is not among ``roundings``).
    """
    rows: dict[tuple[str, Group], list[Result]] = {}
    for result in results:
        rows.setdefault((result.commitment, result.group), []).append(result)
    found: list[Line] = []
    for line in lines:
        if line.kind != "credit" or line.state not in ("owed", "claimable", "to choose") or not line.amount:
            continue
        given, gone = line.amount, 0
        for rule in sorted((r for r in rules if r.commitment in ("", line.commitment)), key=lambda r: r.windows):
            earned = _earned(rows.get((line.commitment, line.group), []), line, rule.windows)
            rounding = (roundings or {}).get(line.version, MoneyRounding())
            back = min(int(round_to(rule.share * given, rounding.step, rounding.mode)), given - gone)
            if earned is None or back <= 0:
                continue
            gone += back
            found.append(_reversal(line, earned, rule, back))
    return found


def _earned(row: Sequence[Result], line: Line, windows: int) -> Result | None:
    """The window that completes the row of kept ones after the line's; None where the row broke or has not come about yet."""
    kept = 0
    for result in row:
        if result.start < line.end or result.provisional:
            continue
        if result.verdict == "not applicable":
            continue
        if result.verdict != "met":
            return None
        kept += 1
        if kept == windows:
            return result
    return None


def _reversal(line: Line, earned: Result, rule: EarnBack, back: int) -> Line:
    told = f"kept {rule.windows} windows in a row since {line.window}: {show_money(back, line.currency)} goes back"
    return Line(
        key=f"{line.key}/{rule.path}", agreement=line.agreement, version=earned.version, commitment=line.commitment, group=line.group,
        window=earned.window, start=earned.start, end=earned.end, clause=rule.path, kind="earned back", payer=line.payee, payee=line.payer,
        currency=line.currency, state="owed", amount=-back, case=line.case, rounded=-back, working=(told,), reverses=line.key,
    )
