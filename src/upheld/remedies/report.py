"""Settlements as plain text, records, JSON, CSV and Markdown: the same lines in every form.

Law: money travels as integer minor units beside what is shown; exact amounts as fractions in text; nothing is a float.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from upheld.remedies.settlement import Duty, Line, LineState, OpenRight, Settlement
from upheld.values.csv_text import csv_text
from upheld.values.instant import format_instant
from upheld.values.money import show_money

__all__ = ["amount_text", "record_of", "state_text", "to_csv", "to_json", "to_markdown", "to_text", "totals"]

_WORDS: dict[LineState, str] = {
    "owed": "owed", "claimable": "owed if claimed", "to choose": "owed, to choose", "lapsed": "lapsed", "not owed": "not owed",
    "unknown": "unknown",
}


def amount_text(line: Line) -> str:
    """What a line comes to: an amount, what is given instead, a range, or ``-``."""
    if line.grant and not line.amount:
        return line.grant
    if line.amount is not None:
        return show_money(line.amount, line.currency)
    if line.low is not None and line.high is not None and line.low != line.high:
        return f"{show_money(line.low, line.currency)} to {show_money(line.high, line.currency)}"
    return "-"


def state_text(line: Line, zone: str = "UTC") -> str:
    """The state in words, with the day by which to claim."""
    text = _WORDS[line.state]
    if line.state == "claimable" and line.claim_by is not None:
        # a deadline that ends with a day is told by that day
        text += f" by {format_instant(line.claim_by - 1, zone)[:10]}"
    if line.kind in ("reward", "earned back"):
        text = line.kind if line.state == "owed" else f"{line.kind}, {text}"
    if line.disputed:
        text += ", disputed"
    return text + (", so far" if line.provisional else "")


def totals(settlement: Settlement) -> dict[LineState, int]:
    """The sum of the known amounts by state, only the states there are."""
    found: dict[LineState, int] = {}
    for line in settlement.lines:
        if line.amount is not None and line.kind != "extension":
            found[line.state] = found.get(line.state, 0) + line.amount
    return found


def record_of(line: Line) -> dict[str, Any]:
    """One line as plain data."""
    return {
        "key": line.key, "agreement": line.agreement, "version": line.version, "commitment": line.commitment, "group": dict(line.group),
        "window": line.window, "start": format_instant(line.start), "end": format_instant(line.end), "case": line.case, "clause": line.clause,
        "kind": line.kind, "state": line.state, "payer": line.payer, "payee": line.payee, "currency": line.currency,
        "amount_minor": line.amount, "rounded_minor": line.rounded, "raw_minor": _text(line.raw), "low_minor": line.low,
        "high_minor": line.high,
        "shown": amount_text(line), "grant": line.grant, "reason": line.reason, "working": list(line.working),
        "cuts": [{"clause": c.clause, "period": c.period, "limit_minor": c.limit, "cut_minor": c.minor, "text": c.text} for c in line.cuts],
        "reverses": line.reverses, "claim_by": _at(line.claim_by), "claimed_at": _at(line.claimed_at), "missing": list(line.missing),
        "disputed": line.disputed, "provisional": line.provisional,
    }


def right_record(right: OpenRight) -> dict[str, Any]:
    """One right as plain data."""
    return {"give": right.give, "to": right.to, "why": right.why, "clause": right.clause, "opened_at": format_instant(right.opened_at),
            "use_by": _at(right.use_by), "state": right.state, "commitment": right.commitment, "group": dict(right.group)}


def duty_record(duty: Duty) -> dict[str, Any]:
    """One duty as plain data."""
    return {"do": duty.do, "by": duty.by, "clause": duty.clause, "commitment": duty.commitment, "group": dict(duty.group),
            "window": duty.window, "since": format_instant(duty.since), "due": format_instant(duty.due), "done_at": _at(duty.done_at),
            "state": duty.state}


def to_json(settlements: Iterable[Settlement]) -> str:
    """One JSON document; keys sorted, so equal settlements give equal bytes."""
    body = [{
        "agreement": s.agreement, "currency": s.currency, "as_of": _at(s.as_of), "lines": [record_of(line) for line in s.lines],
        "totals_minor": dict(totals(s)), "rights": [right_record(r) for r in s.rights], "duties": [duty_record(d) for d in s.duties],
        "notes": list(s.notes),
    } for s in settlements]
    return json.dumps({"schema": "upheld/credits", "version": 1, "settlements": body}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


_COLUMNS = ("agreement", "version", "commitment", "group", "window", "start", "end", "case", "clause", "kind", "state", "payer", "payee",
            "currency", "amount_minor", "shown", "grant", "reason", "claim_by", "claimed_at", "key")


def to_csv(settlements: Iterable[Settlement]) -> str:
    """RFC 4180 CSV, one row a line."""
    records = ({**record_of(line), "group": group_text(line)} for s in settlements for line in s.lines)
    return csv_text(_COLUMNS, ([record[c] for c in _COLUMNS] for record in records))


def to_markdown(settlements: Iterable[Settlement]) -> str:
    """A heading and a table an agreement."""
    parts: list[str] = []
    for s in settlements:
        parts += [f"# Credits of {s.agreement}", "", "| window | promise | amount | state | working |", "|---|---|---:|---|---|"]
        parts += [
            f"| {_md(line.window)} | {_md(name_of(line))} | {amount_text(line)} | {state_text(line)} | {_md('; '.join(_working(line)))} |"
            for line in s.lines
        ]
        parts += ["", *(f"- {_md(text)}" for text in _tail(s)), ""]
    return "\n".join(parts).rstrip() + "\n"


def to_text(settlements: Iterable[Settlement], zone: str = "UTC") -> str:
    """As a terminal shows it: each line with its working below it, the totals, rights, duties and notes."""
    parts: list[str] = []
    for s in settlements:
        parts += [f"Credits of {s.agreement}", ""]
        shown = [(line.window, name_of(line), amount_text(line), state_text(line, zone)) for line in s.lines]
        widths = [max((len(row[i]) for row in shown), default=0) for i in range(4)]
        for line, row in zip(s.lines, shown, strict=True):
            parts.append(f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip())
            parts += [f"{'':<{widths[0]}}    {text}" for text in _working(line)]
        if not s.lines:
            parts.append("nothing is owed")
        parts += ["", *_tail(s), ""]
    return "\n".join(parts).rstrip() + "\n"


def _tail(s: Settlement) -> Iterator[str]:
    for state, amount in totals(s).items():
        yield f"{_WORDS[state]}: {show_money(amount, s.currency)}"
    if unknown := s.unknown():
        yield f"unknown: {len(unknown)} line{'s' if len(unknown) > 1 else ''}"
    for right in s.rights:
        until = f", to be used by {format_instant(right.use_by - 1)[:10]}" if right.use_by is not None else ""
        yield f"right of {right.to} to {right.give} ({right.state}{until}): {right.why}"
    for duty in s.duties:
        yield f"{duty.do}, owed by {duty.by} by {format_instant(duty.due - 1)[:10]} ({duty.state}): {duty.commitment} breached in {duty.window}"
    yield from s.notes


def _working(line: Line) -> Iterator[str]:
    yield from line.working
    yield from (f"{cut.text}, so {show_money(cut.minor, line.currency)} less" for cut in line.cuts)
    if line.reason and line.reason not in line.working:
        yield line.reason


def name_of(line: Line) -> str:
    """The promise, its result, and its case."""
    return " ".join(part for part in (line.commitment, group_text(line), line.case) if part)


def group_text(line: Line) -> str:
    """``region=eu; tier=gold``."""
    return "; ".join(f"{k}={v}" for k, v in line.group)


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _at(us: int | None) -> str | None:
    return None if us is None else format_instant(us)


def _md(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
