"""A backtest as text, records, JSON, CSV and Markdown: both sides beside each other, whole and month by month.

Law: money travels as integer minor units beside what is shown, shares as fractions in text; a bar only repeats a figure beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from upheld.assessment.report import named, record_of
from upheld.assessment.show import show_decimal
from upheld.foresight.backtest import Backtest, Month, Promise, Tally, worst_month
from upheld.foresight.report import md
from upheld.values.csv_text import csv_text
from upheld.values.instant import DAY_US, date_text, format_instant
from upheld.values.money import show_money
from upheld.values.zone import zone

__all__ = ["record", "to_csv", "to_json", "to_markdown", "to_text"]

_LEVELS = "▁▂▃▄▅▆▇█"
_BAR = 12


def to_text(found: Backtest) -> str:
    """What was compared, a block a commitment, the totals, and the months."""
    lines = [found.title, *_basis(found), *(f"note: {note}" for note in found.notes), ""]
    rows: list[tuple[str, ...]] = []
    for promise in found.promises:
        if not alike(promise, found):
            rows += [(promise.name, *_names(found)), *_promise(promise, found), ("",)]
    rows += [("all commitments", *_names(found)), *_figures(found, found.total_before, found.total_after, found.months)]
    lines += [*_columns(rows), ""]
    same = [p for p in found.promises if alike(p, found)]
    lines += [*_columns([("the same on both sides", "windows met"), *((f"  {p.name}", _met(p.after)) for p in same)]), ""] if same else []
    if found.months:
        lines += _columns(_month_rows(found))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _basis(found: Backtest) -> Iterator[str]:
    home = zone(found.zone)
    first, last = (date_text(home.local(at) // DAY_US) for at in (found.since, max(found.since, found.horizon - 1)))
    windows = f"windows ended in {found.months[0].label} to {found.months[-1].label}" if found.months else "no window has ended"
    yield f"{found.agreement}, facts from {first} until {last}, {windows}"
    for side in (found.before, found.after):
        if side is not None:
            versions = ", ".join(side.versions)
            yield f"{side.name}: version{'s' if len(side.versions) > 1 else ''} {versions}"


def _names(found: Backtest) -> tuple[str, ...]:
    return tuple(side.name for side in (found.before, found.after) if side is not None)


def _promise(promise: Promise, found: Backtest) -> Iterator[tuple[str, ...]]:
    yield from _figures(found, promise.before, promise.after, promise.months)


def _figures(found: Backtest, before: Tally | None, after: Tally | None, months: Sequence[Month]) -> Iterator[tuple[str, ...]]:
    """Lines of figures, a column a side."""
    sides: list[tuple[Tally | None, Callable[[Month], Tally], str]] = [(after, _after, found.after.currency)]
    if found.before is not None:
        sides.insert(0, (before, _before, found.before.currency))

    def row(name: str, say: Callable[[Tally, Callable[[Month], Tally], str], str]) -> tuple[str, ...]:
        return (f"  {name}", *("not promised" if t is None else say(t, pick, currency) for t, pick, currency in sides))

    there = [t for t, _, _ in sides if t is not None]
    yield row("windows met", lambda t, *_: _met(t))
    if any(t.deviation for t in there):
        yield row("deviations", lambda t, *_: str(t.deviation))
    if any(t.breached for t in there):
        yield row("breaches", lambda t, *_: str(t.breached))
    if any(t.unknown for t in there):
        yield row("unknown", lambda t, *_: str(t.unknown))
    if any(t.worst is not None for t in there):
        yield row("worst", lambda t, *_: _worst(t))
    if any(t.credit or t.unknown_lines for t in there):
        yield row("credits", lambda t, _, currency: _money(t, currency))
    if any(worst_month(months, pick) for _, pick, _ in sides):
        yield row("worst month", lambda _, pick, currency: _worst_month(months, pick, currency))
    if len(months) > 1:
        yield row("met, by month", lambda _, pick, __: _spark(months, pick))


def alike(promise: Promise, found: Backtest) -> bool:
    """Whether both sides came to the same, month by month (of one side alone: no)."""
    if found.before is None or promise.before is None or promise.after is None or found.before.currency != found.after.currency:
        return False
    return all(_counts(m.before) == _counts(m.after) for m in promise.months)


def _counts(tally: Tally) -> tuple[object, ...]:
    worst = None if tally.worst is None else (tally.worst.shown, tally.worst.window)
    return (tally.met, tally.deviation, tally.breached, tally.unknown, tally.not_applicable, tally.credit, tally.unknown_lines, worst)


def _met(tally: Tally | None) -> str:
    if tally is None or not tally.judged:
        return "nothing judged"
    return f"{tally.met} of {tally.judged}, {_share(tally.attainment)}"


def _before(month: Month) -> Tally:
    return month.before


def _after(month: Month) -> Tally:
    return month.after


def _share(value: Fraction | None) -> str:
    return "-" if value is None else f"{show_decimal(value * 100, 1)}%"


def _worst(tally: Tally) -> str:
    worst = tally.worst
    if worst is None:
        return "-"
    who = named(worst)
    return f"{worst.shown} in {worst.window}" + (f" for {who}" if who else "")


def _money(tally: Tally, currency: str) -> str:
    shown = show_money(tally.credit, currency) if currency else str(tally.credit)
    return shown + (f", {tally.unknown_lines} unknown" if tally.unknown_lines else "")


def _worst_month(months: Sequence[Month], pick: Callable[[Month], Tally], currency: str) -> str:
    worst = worst_month(months, pick)
    if worst is None:
        return "none"
    tally = pick(worst)
    said = [f"{tally.breached} breach{'es' if tally.breached > 1 else ''}"] if tally.breached else []
    said += [_money(tally, currency)] if tally.credit else []
    return f"{worst.label}: {', '.join(said)}"


def _spark(months: Sequence[Month], pick: Callable[[Month], Tally]) -> str:
    """A mark a month: higher, the more windows were met; a dot where none was judged."""
    marks = []
    for month in months:
        share = pick(month).attainment
        marks.append("·" if share is None else _LEVELS[int(share * (len(_LEVELS) - 1))])
    return "".join(marks)


def _month_rows(found: Backtest) -> Iterator[tuple[str, ...]]:
    """A line a month: windows met and credits of each side, and a bar of the credits (or, without any, of the breaches)."""
    picks = ([(_before, found.before.currency)] if found.before is not None else []) + [(_after, found.after.currency)]
    one_currency = len({currency for _, currency in picks}) == 1
    paid = max((abs(pick(m).credit) for m in found.months for pick, _ in picks), default=0) if one_currency else 0
    most = paid or max((pick(m).breached for m in found.months for pick, _ in picks), default=0)
    yield ("month", *_names(found), "credits" if paid else "breaches")
    for month in found.months:
        cells = []
        for pick, currency in picks:
            t = pick(month)
            met = f"{t.met} of {t.judged} met" if t.judged else "nothing judged"
            cells.append(met + (f", {_money(t, currency)}" if t.credit or t.unknown_lines else ""))
        bars = []
        for pick, _ in picks:
            value = abs(pick(month).credit) if paid else pick(month).breached
            bars.append("█" * (-(-value * _BAR // most)) if most else "")
        yield (month.label, *cells, " | ".join(b.ljust(_BAR) for b in bars))


def _columns(rows: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]]) -> list[str]:
    """Rows laid out in columns two apart."""
    rows = list(rows)
    width = max((len(r) for r in rows), default=0)
    wide = [max((len(r[i]) for r in rows if len(r) > i), default=0) for i in range(width)]
    return ["  ".join(cell.ljust(wide[i]) for i, cell in enumerate(row)) for row in rows]


# ---- data ------------------------------------------------------------------------------------------------------------


def record(found: Backtest) -> dict[str, Any]:
    """The backtest as plain data; shares as fractions in text, money in minor units."""
    return {
        "agreement": found.agreement, "title": found.title, "judged_from": format_instant(found.since),
        "facts_until": format_instant(found.horizon), "windows_not_ended": found.not_ended, "notes": list(found.notes),
        "before": None if found.before is None else _side_record(found, True),
        "after": _side_record(found, False),
        "commitments": [{"commitment": p.name, "before": _tally(p.before), "after": _tally(p.after),
                         "months": [_month(m, found.before is not None) for m in p.months]} for p in found.promises],
        "months": [_month(m, found.before is not None) for m in found.months],
    }


def _side_record(found: Backtest, before: bool) -> dict[str, Any]:
    side, total = (found.before, found.total_before) if before else (found.after, found.total_after)
    assert side is not None
    worst = worst_month(found.months, _before if before else _after)
    return {"name": side.name, "versions": list(side.versions), "currency": side.currency, "total": _tally(total),
            "worst_month": None if worst is None else worst.label}


def _month(month: Month, both: bool) -> dict[str, Any]:
    return {"month": month.label, "before": _tally(month.before) if both else None, "after": _tally(month.after)}


def _tally(tally: Tally | None) -> dict[str, Any] | None:
    if tally is None:
        return None
    return {
        "met": tally.met, "deviation": tally.deviation, "breached": tally.breached, "unknown": tally.unknown,
        "not_applicable": tally.not_applicable, "attainment": None if tally.attainment is None else str(tally.attainment),
        "credit_minor": tally.credit, "unknown_credits": tally.unknown_lines,
        "worst": None if tally.worst is None else {k: record_of(tally.worst)[k] for k in ("window", "group", "part", "value", "verdict")},
    }


def to_json(found: Backtest) -> str:
    """One JSON document, keys sorted: equal backtests give equal bytes."""
    body = {"schema": "upheld/backtest", "version": 1, "backtest": record(found)}
    return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


_COLUMNS = ("agreement", "commitment", "month", "side", "versions", "met", "deviation", "breached", "unknown", "not_applicable", "attainment",
            "worst", "credit_minor", "unknown_credits", "currency")


def to_csv(found: Backtest) -> str:
    """RFC 4180 CSV: a row a commitment, month and side."""
    rows = []
    for promise in found.promises:
        for month in promise.months:
            for side, whole, tally in ((found.before, promise.before, month.before), (found.after, promise.after, month.after)):
                if side is None or whole is None:
                    continue
                rows.append((found.agreement, promise.name, month.label, side.name, " ".join(side.versions), tally.met, tally.deviation,
                             tally.breached, tally.unknown, tally.not_applicable, "" if tally.attainment is None else tally.attainment,
                             "" if tally.worst is None else tally.worst.shown, tally.credit, tally.unknown_lines, side.currency))
    return csv_text(_COLUMNS, rows)


def to_markdown(found: Backtest) -> str:
    """A table a commitment and one of the months."""
    lines = [f"# {md(found.title)}: what the terms would have meant", "", *(f"{md(line)}  " for line in _basis(found)), ""]
    names = _names(found)
    head = ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for promise in found.promises:
        lines += [f"## {md(promise.name)}", "", *head, *(_md_row(r) for r in _promise(promise, found)), ""]
    lines += ["## All commitments", "", *head, *(_md_row(r) for r in _figures(found, found.total_before, found.total_after, found.months)), ""]
    rows = list(_month_rows(found))
    if found.months:
        lines += ["## Month by month", "", _md_row(rows[0][:-1]), "|---|" + "---|" * len(names), *(_md_row(r[:-1]) for r in rows[1:]), ""]
    return "\n".join((*lines, *(f"- {md(note)}" for note in found.notes))).rstrip("\n") + "\n"


def _md_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(md(c.strip()) for c in cells) + " |"
