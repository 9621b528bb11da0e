"""The ledger of a figure as text, JSON, CSV and Markdown.

Law: every form lists the same spans and ends in the same sum; text and Markdown leave out plain up time, and say how much it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from upheld.assessment.explain import CaseLine, Ledger
from upheld.assessment.outcome import Outcome
from upheld.assessment.report import named, record_of
from upheld.assessment.show import show_condition, show_decimal, show_duration, show_value
from upheld.measures.result import WHY, Segments
from upheld.plans.plan import CombinePlan, ValuesPlan
from upheld.values.csv_text import csv_text
from upheld.values.instant import format_instant

__all__ = ["to_csv", "to_json", "to_lines", "to_markdown"]

_PLAIN = ("up", "base")
_CASES_SHOWN = 60
_BILLION = 10**9


def to_lines(ledger: Ledger) -> Iterator[str]:
    """The ledger for a terminal, a line at a time."""
    yield from _heading(ledger)
    if ledger.segments is not None:
        yield from _columns(_segment_rows(ledger, plain=False), right=(2, 3))
        yield from _sums(ledger)
    elif ledger.cases is not None:
        yield from _columns(_case_rows(ledger.cases[:_CASES_SHOWN]), right=(4, 5))
        if len(ledger.cases) > _CASES_SHOWN:
            yield f"  … and {len(ledger.cases) - _CASES_SHOWN} more cases (--format csv lists them all)"
        first = ledger.outcomes[0]
        yield ""
        yield f"One case: upheld explain {first.agreement} {first.commitment} {first.window} {ledger.cases[0].case}" if ledger.cases else \
            "No case was decided in this window."


def to_json(ledger: Ledger) -> str:
    """One JSON document: the outcomes, every segment, every case."""
    body: dict[str, Any] = {"schema": "upheld/ledger", "version": 1, "outcomes": [record_of(o) for o in ledger.outcomes]}
    if ledger.segments is not None:
        body["segments"] = [dict(zip(_SEGMENT_KEYS, row, strict=True)) for row in _exact_rows(ledger.segments, ledger.case)]
        body["counted_us"] = int(sum(ledger.segments.counted_us.tolist()))
    if ledger.cases is not None:
        body["cases"] = [_case_record(c) for c in ledger.cases]
    return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def to_csv(ledger: Ledger) -> str:
    """The segments, or the cases, one a row; times RFC 3339 UTC, durations in µs."""
    found = ""
    if ledger.segments is not None:
        found += csv_text(_SEGMENT_KEYS, _exact_rows(ledger.segments, ledger.case))
    if ledger.cases is not None:
        records = [_case_record(c) for c in ledger.cases]
        found += csv_text(list(records[0]) if records else ["case"], (r.values() for r in records))
    return found


def to_markdown(ledger: Ledger) -> str:
    """The heading as a list and the ledger as a table."""
    rows = _segment_rows(ledger, plain=False) if ledger.segments is not None else _case_rows(ledger.cases or ())
    table = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    table += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows[1:]]
    sums = [f"- {line.strip()}" for line in _sums(ledger) if line.strip()] if ledger.segments is not None else []
    return "\n".join([*(f"- {line.strip()}" for line in _heading(ledger) if line.strip()), "", *table, "", *sums, ""])


def _heading(ledger: Ledger) -> Iterator[str]:
    first = ledger.outcomes[0]
    of = f" · {named(first)}" if named(first) and len(ledger.outcomes) == 1 else ""
    yield f"{first.agreement} · {first.commitment} · {first.window}{of}"
    yield f"  {first.says}"
    zone = ledger.context.plan.zone
    running = " (not over yet)" if first.provisional else ""
    yield f"  window    {format_instant(first.start, zone)} to {format_instant(first.end, zone)}{running}"
    yield f"  judged by version {first.version}" + (f", {first.place}" if first.place else "")
    if ledger.case is not None:
        yield f"  case      {ledger.case}"
        for line in ledger.cases or ():
            target = "-" if line.target_us is None else show_duration(line.target_us)
            because = f": {line.reason}" if line.reason else ""
            yield f"  {line.verdict:<9} {show_duration(line.elapsed_us)} used of {target} ({line.part}){because}"
            yield f"            started {line.started}, due {line.due or '-'}, stopped {line.stopped or 'not yet'}"
    else:
        for outcome in ledger.outcomes:
            yield from _result(outcome, many=len(ledger.outcomes) > 1)
    yield ""


def _result(o: Outcome, *, many: bool) -> Iterator[str]:
    label = f"{named(o)}: " if many and named(o) else ""
    yield f"  result    {label}{o.shown}, target {show_condition(o.target)}: {o.verdict}" + (f" ({o.reason})" if o.reason else "")
    if o.shown_without != o.shown or o.verdict_without != o.verdict:
        yield f"            with nothing excluded {o.shown_without}: {o.verdict_without}"
    detail = dict(o.figure.detail)
    if o.unit == "share" and o.low is not None and o.low == o.high and {"base_us", "down_us"} <= detail.keys():
        yield f"            1 - {show_duration(detail['down_us'])} down / {show_duration(detail['base_us'], days=True)} = {o.shown}"
    if o.low is not None and o.low == o.high and detail.get("slices") and "sum_billionths" in detail:
        total = show_decimal(Fraction(detail["sum_billionths"], _BILLION), 3)
        empty = f" ({detail['empty']} of them empty)" if detail.get("empty") else ""
        yield f"            {total} in all / {detail['slices']} slices{empty} = {o.shown}"
    if o.low is not None and o.low == o.high and detail.get("total") and "good" in detail:
        yield f"            {detail['good']} good / {detail['total']} = {o.shown}"


def _counting(ledger: Ledger) -> Callable[[int, str], str]:
    """How a segment's number is written: time of clocks and availability; of values a slice's share, a count or a reading; of a combination
    what the part of that name came to.
    """
    first = ledger.outcomes[0]
    plan = ledger.context.plan.commitments[first.commitment]
    if isinstance(plan, CombinePlan):
        own, results = first.unit, ledger.context.results
        units = {name: results[name].unit for name in plan.parts if name in results}
        return lambda billionths, name: show_value(Fraction(billionths, _BILLION), units.get(name, own))
    if not isinstance(plan, ValuesPlan):
        return lambda us, _: show_duration(us) if us else "-"
    if plan.slices is not None:
        unit = first.unit
        return lambda billionths, _: show_value(Fraction(billionths, _BILLION), unit)
    scale = first.figure.detail.get("scale", 1)
    return lambda value, _: show_value(Fraction(value, scale), "number")


_SEGMENT_KEYS = ("subject", "start", "end", "wall_us", "counted_us", "why", "clause", "opened_by", "closed_by")


def _exact_rows(s: Segments, case: str | None) -> Iterator[tuple[Any, ...]]:
    # a case's ledger names its subject a row; a group's names the group once for all rows
    of = s.subject if case is not None else ("; ".join(s.subject),) * len(s.start)
    for i in range(len(s.start)):
        start, end = int(s.start[i]), int(s.end[i])
        yield (of[i], format_instant(start), format_instant(end), end - start, int(s.counted_us[i]), WHY[int(s.why[i])], s.clause[i],
               s.opened_by[i], s.closed_by[i])


def _segment_rows(ledger: Ledger, *, plain: bool) -> list[tuple[str, ...]]:
    s = ledger.segments
    assert s is not None
    zone, shown = ledger.context.plan.zone, _counting(ledger)
    rows: list[tuple[str, ...]] = [("from", "to", "wall", "counted", "why", "clause", "facts")]
    for i in range(len(s.start)):
        why = WHY[int(s.why[i])]
        if why in _PLAIN and not plain:
            continue
        start, end = int(s.start[i]), int(s.end[i])
        facts = " … ".join(dict.fromkeys(f for f in (s.opened_by[i], s.closed_by[i]) if f))
        rows.append((format_instant(start, zone), format_instant(end, zone), show_duration(end - start, days=True),
                     shown(int(s.counted_us[i]), s.clause[i]) if why == "counted" or s.counted_us[i] else "-", why, s.clause[i], facts))
    return rows


def _sums(ledger: Ledger) -> Iterator[str]:
    s = ledger.segments
    assert s is not None
    if isinstance(ledger.context.plan.commitments[ledger.outcomes[0].commitment], ValuesPlan | CombinePlan):
        return                                         # values and parts do not add up to time: the heading says what they add up to
    wall: dict[str, int] = {}
    for start, end, why in zip(s.start.tolist(), s.end.tolist(), s.why.tolist(), strict=True):
        wall[WHY[why]] = wall.get(WHY[why], 0) + end - start
    counted = sum(s.counted_us.tolist())
    yield ""
    yield f"  counted   {show_duration(counted)}"
    for why, us in wall.items():
        if why != "counted":
            yield f"  {why:<9} {show_duration(us, days=True)}"


def _case_rows(cases: tuple[CaseLine, ...]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("case", "started", "due", "stopped", "elapsed", "target", "verdict", "why")]
    rows += [(c.case, c.started, c.due or "-", c.stopped or "-", show_duration(c.elapsed_us),
              "-" if c.target_us is None else show_duration(c.target_us), c.verdict, c.reason) for c in cases]
    return rows


def _case_record(c: CaseLine) -> dict[str, Any]:
    return {"case": c.case, "part": c.part, "started": c.started, "due": c.due, "stopped": c.stopped, "missed_at": c.missed_at,
            "elapsed_us": c.elapsed_us, "paused_us": c.paused_us, "target_us": c.target_us, "verdict": c.verdict, "reason": c.reason}


def _columns(rows: list[tuple[str, ...]], right: tuple[int, ...]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
        yield ("  " + "  ".join(cells)).rstrip()
